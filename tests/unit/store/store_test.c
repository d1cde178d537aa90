/* The contract of store.h, kept by both kinds: every test runs once on each. */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct store *store;
    char dir[160];
};

static int open_mem(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->store = store_open_mem();
    *state = f;
    return f->store == NULL;
}

static int open_lmdb(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    struct err err;
    const char *tmp = getenv("TMPDIR");
    snprintf(f->dir, sizeof f->dir, "%s/zyg-XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    f->store = store_open_lmdb(f->dir, &err);
    *state = f;
    return f->store == NULL;
}

static int close_store(void **state) {
    struct fixture *f = *state;
    store_close(&f->store);
    assert_null(f->store);
    const char *files[] = {"data.mdb", "lock.mdb", "owner"};
    for (size_t i = 0; f->dir[0] != '\0' && i < sizeof files / sizeof files[0]; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", f->dir, files[i]);
        unlink(path);
    }
    int rc = f->dir[0] == '\0' ? 0 : rmdir(f->dir);
    free(f);
    return rc;
}

static struct store *store_of(void **state) {
    return ((struct fixture *)*state)->store;
}

static void put(struct store *s, enum table table, const char *key, const char *value) {
    uint8_t memory[1024];
    struct buf ops = buf_of(memory, sizeof memory);
    struct err err;
    ops_put(&ops, table, span_text(key), span_text(value));
    assert_true(store_save(s, buf_view(&ops), &err));
}

/* "k=v k=v +" with the plus when there is more. */
static const char *scanned(struct store *s, const struct store_scan *scan, size_t cap) {
    static char text[4096];
    uint8_t memory[4096];
    struct buf rows = buf_of(memory, cap);
    struct buf out = buf_of(text, sizeof text);
    struct err err;
    bool more;
    if (!store_scan(s, scan, &rows, &more, &err)) {
        buf_text(&out, err_sentence(err.code));
        buf_zero(&out);
        return text;
    }
    struct mp mp = mp_of(buf_view(&rows));
    while (!mp_done(&mp)) {
        buf_span(&out, mp_bin(&mp));
        buf_byte(&out, '=');
        buf_span(&out, mp_bin(&mp));
        buf_byte(&out, ' ');
        assert_null(mp.bad);
    }
    if (more)
        buf_byte(&out, '+');
    buf_zero(&out);
    return text;
}

static struct store_scan all_of(enum table table) {
    return (struct store_scan){.table = table};
}

static void an_empty_table_has_no_rows(void **state) {
    struct store_scan scan = all_of(TABLE_jobs);
    assert_string_equal(scanned(store_of(state), &scan, 4096), "");
    scan.backward = true;
    assert_string_equal(scanned(store_of(state), &scan, 4096), "");
    scan.prefix = span_text("a");
    assert_string_equal(scanned(store_of(state), &scan, 4096), "");
}

static void rows_come_in_key_order_both_ways(void **state) {
    struct store *s = store_of(state);
    put(s, TABLE_jobs, "b", "2");
    put(s, TABLE_jobs, "a", "1");
    put(s, TABLE_jobs, "ab", "3");
    put(s, TABLE_trials, "z", "other table");
    struct store_scan scan = all_of(TABLE_jobs);
    assert_string_equal(scanned(s, &scan, 4096), "a=1 ab=3 b=2 ");
    scan.backward = true;
    assert_string_equal(scanned(s, &scan, 4096), "b=2 ab=3 a=1 ");
}

static void puts_replace_and_deletes_remove(void **state) {
    struct store *s = store_of(state);
    put(s, TABLE_jobs, "a", "1");
    put(s, TABLE_jobs, "a", "longer than before");
    put(s, TABLE_jobs, "b", "");
    uint8_t memory[64];
    struct buf ops = buf_of(memory, sizeof memory);
    struct err err;
    ops_delete(&ops, TABLE_jobs, span_text("a"));
    ops_delete(&ops, TABLE_jobs, span_text("never there"));
    assert_true(store_save(s, buf_view(&ops), &err));
    struct store_scan scan = all_of(TABLE_jobs);
    assert_string_equal(scanned(s, &scan, 4096), "b= ");
}

static void a_prefix_bounds_a_scan(void **state) {
    struct store *s = store_of(state);
    const char *keys[] = {"a", "b", "ba", "bb", "c"};
    for (size_t i = 0; i < 5; i++)
        put(s, TABLE_rank, keys[i], "");
    struct store_scan scan = {.table = TABLE_rank, .prefix = span_text("b")};
    assert_string_equal(scanned(s, &scan, 4096), "b= ba= bb= ");
    scan.backward = true;
    assert_string_equal(scanned(s, &scan, 4096), "bb= ba= b= ");
    scan.prefix = span_text("bc");
    assert_string_equal(scanned(s, &scan, 4096), "");
    scan.prefix = span_text("c");
    assert_string_equal(scanned(s, &scan, 4096), "c= ");
}

static void a_prefix_of_ff_has_an_end_too(void **state) {
    struct store *s = store_of(state);
    put(s, TABLE_rank, "\xff", "1");
    put(s, TABLE_rank, "\xff\xff", "2");
    put(s, TABLE_rank, "a\xff", "3");
    put(s, TABLE_rank, "b", "4");
    struct store_scan scan = {.table = TABLE_rank, .prefix = span_text("\xff"), .backward = true};
    assert_string_equal(scanned(s, &scan, 4096), "\xff\xff=2 \xff=1 ");
    scan.prefix = span_text("a\xff");
    assert_string_equal(scanned(s, &scan, 4096), "a\xff=3 ");
}

static void pages_go_on_after_the_last_key(void **state) {
    struct store *s = store_of(state);
    const char *keys[] = {"p1", "p2", "p3", "q"};
    for (size_t i = 0; i < 4; i++)
        put(s, TABLE_events, keys[i], "v");
    struct store_scan scan = {.table = TABLE_events, .prefix = span_text("p"), .limit = 2};
    assert_string_equal(scanned(s, &scan, 4096), "p1=v p2=v +");
    scan.after = span_text("p2");
    assert_string_equal(scanned(s, &scan, 4096), "p3=v ");
    scan.after = span_text("p3");
    assert_string_equal(scanned(s, &scan, 4096), "");
    scan.after = span_text("p15"); /* a key that is not there */
    assert_string_equal(scanned(s, &scan, 4096), "p2=v p3=v ");
    scan.after = span_text("a"); /* before the prefix */
    assert_string_equal(scanned(s, &scan, 4096), "p1=v p2=v +");
    scan.backward = true;
    scan.after = (struct span){0};
    assert_string_equal(scanned(s, &scan, 4096), "p3=v p2=v +");
    scan.after = span_text("p2");
    assert_string_equal(scanned(s, &scan, 4096), "p1=v ");
    scan.after = span_text("p1");
    assert_string_equal(scanned(s, &scan, 4096), "");
    scan.after = span_text("x"); /* beyond the prefix */
    assert_string_equal(scanned(s, &scan, 4096), "p3=v p2=v +");
}

static void a_page_ends_where_the_next_row_does_not_fit(void **state) {
    struct store *s = store_of(state);
    put(s, TABLE_events, "a", "12345");
    put(s, TABLE_events, "b", "12345");
    struct store_scan scan = all_of(TABLE_events);
    assert_string_equal(scanned(s, &scan, 20), "a=12345 b=12345 "); /* 2 * (3 + 7) bytes */
    assert_string_equal(scanned(s, &scan, 19), "a=12345 +");
    assert_string_equal(scanned(s, &scan, 10), "a=12345 +");
    assert_string_equal(scanned(s, &scan, 9), "the store failed"); /* not even one */
    scan.bytes_max = 4; /* but the first row is never held back by a wish */
    assert_string_equal(scanned(s, &scan, 4096), "a=12345 +");
}

static void a_transaction_that_cannot_be_read_changes_nothing(void **state) {
    struct store *s = store_of(state);
    put(s, TABLE_jobs, "a", "1");
    uint8_t memory[64];
    struct buf ops = buf_of(memory, sizeof memory);
    struct err err = {.code = ERR_NONE};
    ops_put(&ops, TABLE_jobs, span_text("b"), span_text("2"));
    buf_byte(&ops, 0xc0);
    assert_false(store_save(s, buf_view(&ops), &err));
    assert_int_equal(err.code, ERR_BAD_MESSAGE);
    struct store_scan scan = all_of(TABLE_jobs);
    assert_string_equal(scanned(s, &scan, 4096), "a=1 ");
}

static void several_transactions_are_kept_all_or_none(void **state) {
    struct store *s = store_of(state);
    uint8_t memory[2][64];
    struct span ops[3];
    struct err err = {.code = ERR_NONE};
    for (int i = 0; i < 2; i++) {
        struct buf out = buf_of(memory[i], sizeof memory[i]);
        ops_put(&out, TABLE_jobs, span_text(i == 0 ? "a" : "b"), span_text("v"));
        ops[i] = buf_view(&out);
    }
    ops[2] = span_text("nonsense");
    assert_false(store_save_all(s, ops, 3, &err));
    assert_int_equal(err.code, ERR_BAD_MESSAGE);
    struct store_scan scan = all_of(TABLE_jobs);
    assert_string_equal(scanned(s, &scan, 4096), "");
    assert_true(store_save_all(s, ops, 2, &err));
    assert_string_equal(scanned(s, &scan, 4096), "a=v b=v ");
}

static void scans_of_nonsense_are_refused(void **state) {
    struct store *s = store_of(state);
    struct store_scan scan = {.table = (enum table)77};
    assert_string_equal(scanned(s, &scan, 4096), "a message could not be read");
    uint8_t key[STORE_KEY_BYTES_MAX + 1] = {0};
    scan = (struct store_scan){.table = TABLE_jobs, .prefix = span_of(key, sizeof key)};
    assert_string_equal(scanned(s, &scan, 4096), "a message could not be read");
}

static void the_longest_key_is_kept(void **state) {
    struct store *s = store_of(state);
    char key[STORE_KEY_BYTES_MAX + 1];
    memset(key, 0xff, sizeof key - 1);
    key[sizeof key - 1] = '\0';
    put(s, TABLE_meta, key, "x");
    struct store_scan scan = {.table = TABLE_meta, .prefix = span_text(key), .backward = true};
    assert_int_equal(strlen(scanned(s, &scan, 4096)), STORE_KEY_BYTES_MAX + 3);
}

#define ON_BOTH(test)                                                                              \
    {#test " (mem)", test, open_mem, close_store, NULL}, {                                         \
#test " (lmdb)", test, open_lmdb, close_store, NULL                                        \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_empty_table_has_no_rows),
        ON_BOTH(rows_come_in_key_order_both_ways),
        ON_BOTH(puts_replace_and_deletes_remove),
        ON_BOTH(a_prefix_bounds_a_scan),
        ON_BOTH(a_prefix_of_ff_has_an_end_too),
        ON_BOTH(pages_go_on_after_the_last_key),
        ON_BOTH(a_page_ends_where_the_next_row_does_not_fit),
        ON_BOTH(a_transaction_that_cannot_be_read_changes_nothing),
        ON_BOTH(several_transactions_are_kept_all_or_none),
        ON_BOTH(scans_of_nonsense_are_refused),
        ON_BOTH(the_longest_key_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
