#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/pool.h"

enum { PAGES = 64 };

static uint8_t memory[1]; /* only places are given out */

static struct piece taken(struct pool *p, size_t pages) {
    struct piece piece = {0};
    assert_true(pool_take(p, pages * POOL_ALIGN - 1, &piece));
    assert_int_equal(piece.size, pages * POOL_ALIGN);
    return piece;
}

static void nobody_gets_more_than_half_of_what_is_free(void **state) {
    (void)state;
    struct pool p = pool_of(memory, PAGES * POOL_ALIGN);
    struct piece piece;
    assert_int_equal(pool_most(&p), 32 * POOL_ALIGN);
    assert_false(pool_take(&p, 33 * POOL_ALIGN, &piece));
    assert_int_equal(taken(&p, 32).from, 0);
    assert_false(pool_take(&p, 17 * POOL_ALIGN, &piece));
    assert_int_equal(taken(&p, 16).from, 32 * POOL_ALIGN);
    assert_int_equal(pool_most(&p), 8 * POOL_ALIGN);
}

static void what_is_given_back_is_taken_again(void **state) {
    (void)state;
    struct pool p = pool_of(memory, PAGES * POOL_ALIGN);
    struct piece first = taken(&p, 4), second = taken(&p, 4), third = taken(&p, 4);
    pool_give(&p, &(struct piece){0}); /* of a job that has none */
    pool_give(&p, &second);
    assert_int_equal(taken(&p, 5).from, 12 * POOL_ALIGN); /* it does not fit between */
    assert_int_equal(taken(&p, 3).from, 4 * POOL_ALIGN);
    pool_give(&p, &first);
    pool_give(&p, &third);
    assert_int_equal(taken(&p, 4).from, 0);
    assert_int_equal(taken(&p, 4).from, 7 * POOL_ALIGN);
}

static void gaps_are_what_nobody_has(void **state) {
    (void)state;
    struct pool p = pool_of(memory, PAGES * POOL_ALIGN);
    size_t from = 0;
    assert_int_equal(pool_gap(&p, &from), 0); /* nothing was ever touched */
    struct piece first = taken(&p, 4);
    (void)taken(&p, 4);
    struct piece third = taken(&p, 4);
    from = 0;
    size_t to = pool_gap(&p, &from);
    assert_int_equal(to, from);
    pool_give(&p, &first);
    pool_give(&p, &third);
    from = 0;
    assert_int_equal(pool_gap(&p, &from), 4 * POOL_ALIGN);
    assert_int_equal(from, 0);
    from = 4 * POOL_ALIGN;
    assert_int_equal(pool_gap(&p, &from), 12 * POOL_ALIGN);
    assert_int_equal(from, 8 * POOL_ALIGN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_gets_more_than_half_of_what_is_free),
        cmocka_unit_test(what_is_given_back_is_taken_again),
        cmocka_unit_test(gaps_are_what_nobody_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
