#include "store/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int open_store(void **state) {
    *state = store_open_mem();
    return *state == NULL;
}

static int close_store(void **state) {
    struct store *s = *state;
    store_close(&s);
    return 0;
}

static bool write_key(struct store *s, const char *key, struct err *err) {
    uint8_t memory[64];
    struct buf ops = buf_of(memory, sizeof memory);
    ops_put(&ops, TABLE_jobs, span_text(key), span_text("v"));
    return store_mem_write(s, buf_view(&ops), err);
}

static bool save_key(struct store *s, const char *key, struct err *err) {
    uint8_t memory[64];
    struct buf ops = buf_of(memory, sizeof memory);
    ops_put(&ops, TABLE_jobs, span_text(key), span_text("v"));
    return store_save(s, buf_view(&ops), err);
}

static void what_is_not_synced_is_lost_in_a_crash(void **state) {
    struct store *s = *state;
    struct err err;
    assert_true(write_key(s, "a", &err));
    assert_int_equal(store_mem_rows(s, TABLE_jobs), 0); /* not there before the sync */
    store_mem_sync(s);
    assert_true(write_key(s, "b", &err));
    assert_true(write_key(s, "c", &err));
    store_mem_crash(s);
    store_mem_sync(s);
    assert_int_equal(store_mem_rows(s, TABLE_jobs), 1);
    struct span key, value;
    store_mem_row(s, TABLE_jobs, 0, &key, &value);
    assert_true(span_is(key, "a"));
    assert_true(span_is(value, "v"));
}

static void a_save_is_synced(void **state) {
    struct store *s = *state;
    struct err err;
    assert_true(save_key(s, "a", &err));
    store_mem_crash(s);
    struct span value;
    assert_true(store_mem_get(s, TABLE_jobs, span_text("a"), &value));
    assert_false(store_mem_get(s, TABLE_jobs, span_text("b"), &value));
    assert_int_equal(store_mem_find(s, TABLE_jobs, span_text("b")), 1);
}

static void a_full_disk_refuses_until_there_is_room(void **state) {
    struct store *s = *state;
    struct err err = {.code = ERR_NONE};
    store_mem_set_full(s, true);
    assert_false(save_key(s, "a", &err));
    assert_int_equal(err.code, ERR_STORE_FULL);
    store_mem_set_full(s, false);
    assert_true(save_key(s, "a", &err));
    assert_int_equal(store_mem_rows(s, TABLE_jobs), 1);
}

static void the_chosen_write_fails_once(void **state) {
    struct store *s = *state;
    struct err err = {.code = ERR_NONE};
    store_mem_fail_after(s, 1);
    assert_true(save_key(s, "a", &err));
    assert_false(save_key(s, "b", &err));
    assert_int_equal(err.code, ERR_STORE);
    assert_true(save_key(s, "c", &err));
    assert_int_equal(store_mem_rows(s, TABLE_jobs), 2);
}

static void a_failed_save_leaves_earlier_writes_alone(void **state) {
    struct store *s = *state;
    struct err err;
    assert_true(write_key(s, "a", &err));
    store_mem_fail_after(s, 0);
    assert_false(save_key(s, "b", &err));
    store_mem_sync(s);
    assert_int_equal(store_mem_rows(s, TABLE_jobs), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_not_synced_is_lost_in_a_crash, open_store,
                                        close_store),
        cmocka_unit_test_setup_teardown(a_save_is_synced, open_store, close_store),
        cmocka_unit_test_setup_teardown(a_full_disk_refuses_until_there_is_room, open_store,
                                        close_store),
        cmocka_unit_test_setup_teardown(the_chosen_write_fails_once, open_store, close_store),
        cmocka_unit_test_setup_teardown(a_failed_save_leaves_earlier_writes_alone, open_store,
                                        close_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
