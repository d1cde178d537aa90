#include "actors/facts/logs.h"

#include "proto/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct logs *logs_new(void) {
    struct logs *l = calloc(1, sizeof *l);
    ensure(l != NULL);
    l->serial = 1;
    return l;
}

static void a_log_is_an_author_and_a_life(void **state) {
    (void)state;
    struct logs *l = logs_new();
    const struct node_id a = {{1}}, b = {{2}};
    assert_null(logs_find(l, &a, 1));
    struct log *first = logs_get(l, &a, 1, false);
    assert_ptr_equal(logs_get(l, &a, 1, false), first);
    assert_ptr_not_equal(logs_get(l, &a, 2, false), first);
    assert_ptr_not_equal(logs_get(l, &b, 1, false), first);
    assert_ptr_equal(logs_find(l, &a, 1), first);
    assert_int_equal(l->count, 3);
    assert_int_equal(logs_number(l, logs_find(l, &b, 1)), 2);
    free(l);
}

static void the_last_place_is_for_this_node(void **state) {
    (void)state;
    struct logs *l = logs_new();
    const struct node_id a = {{1}};
    for (uint64_t i = 0; i + 1 < LIMIT_LOGS; i++)
        assert_non_null(logs_get(l, &a, i, false));
    assert_null(logs_get(l, &a, LIMIT_LOGS, false));
    struct log *own = logs_get(l, &a, LIMIT_LOGS, true);
    assert_non_null(own);
    assert_ptr_equal(logs_get(l, &a, LIMIT_LOGS, false), own);
    assert_null(logs_get(l, &a, LIMIT_LOGS + 1, true));
    for (uint64_t i = 0; i + 1 < LIMIT_LOGS; i++)
        assert_int_equal(logs_number(l, logs_find(l, &a, i)), i);
    free(l);
}

static void rows_of_heads_are_taken_up(void **state) {
    (void)state;
    struct logs *l = logs_new();
    const struct log log = {.author = {{7}}, .generation = 9};
    uint8_t key_memory[LOG_KEY_BYTES], value_memory[8];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    struct buf value = buf_of(value_memory, sizeof value_memory);
    buf_put(&key, log.author.bytes, NODE_ID_BYTES);
    buf_be64(&key, log.generation);
    buf_be64(&value, 12);
    assert_true(logs_take_row(l, buf_view(&key), buf_view(&value)));
    const struct log *taken = logs_find(l, &log.author, 9);
    assert_non_null(taken);
    assert_true(taken->synced == 12 && taken->taken == 12 && taken->queued == 12);
    assert_false(logs_take_row(l, span_of(key_memory, 39), buf_view(&value)));
    assert_false(logs_take_row(l, buf_view(&key), span_of(value_memory, 7)));
    logs_check(l, 0);
    free(l);
}

static void one_author_does_not_take_the_places_of_all(void **state) {
    (void)state;
    struct logs *l = logs_new();
    const struct node_id a = {{1}}, b = {{2}};
    for (uint64_t i = 0; i < LOGS_SHARED / 4; i++)
        assert_non_null(logs_get(l, &b, i, false));
    for (uint64_t i = 0; l->count < LOGS_SHARED; i++) {
        assert_true(logs_has_share(l, &a));
        assert_non_null(logs_get(l, &a, i, false));
    }
    assert_false(logs_has_share(l, &a));
    for (uint64_t i = LOGS_SHARED; i < LIMIT_LOGS - 1; i++) {
        assert_true(logs_has_share(l, &b));
        assert_non_null(logs_get(l, &b, i, false));
    }
    free(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_is_an_author_and_a_life),
        cmocka_unit_test(the_last_place_is_for_this_node),
        cmocka_unit_test(one_author_does_not_take_the_places_of_all),
        cmocka_unit_test(rows_of_heads_are_taken_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
