#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/rungs/ranks.h"
#include "proto/base/rng.h"

#include <stdalign.h>

enum { MOST = 300 };
static alignas(max_align_t) uint8_t memory[64 << 10];

/* How many of the first `count` values come before that of `place`. */
static uint32_t rank_among(const double *values, uint32_t count, uint32_t place) {
    uint32_t rank = 0;
    for (uint32_t i = 0; i < count; i++)
        rank += values[i] < values[place] || (values[i] == values[place] && i < place);
    return rank;
}

static void compare_with_counting(const double *values, uint32_t share) {
    struct arena arena = arena_of(memory, ranks_bytes(MOST));
    struct ranks ranks;
    assert_true(
        ranks_init(&ranks, (struct ranked){.values = values, .stride = 1}, share, MOST, &arena));
    uint32_t bar;
    assert_false(ranks_bar(&ranks, &bar));
    for (uint32_t count = 1; count <= MOST; count++) {
        ranks_add(&ranks, count - 1);
        assert_int_equal(ranks_count(&ranks), count);
        for (uint32_t i = 0; i < count; i += 1 + count / 10)
            assert_int_equal(ranks_has_best(&ranks, i),
                             rank_among(values, count, i) < count / share);
    }
}

static void the_best_are_those_that_counting_finds(void **state) {
    (void)state;
    double drawn[MOST], rising[MOST], falling[MOST], equal[MOST];
    struct rng r = rng_of(1, 2, 3);
    for (uint32_t i = 0; i < MOST; i++) {
        drawn[i] = (double)rng_below(&r, 50); /* many are equal */
        rising[i] = i;
        falling[i] = -(double)i;
        equal[i] = 7;
    }
    for (uint32_t share = 1; share <= 4; share++) {
        compare_with_counting(drawn, share);
        compare_with_counting(rising, share);
        compare_with_counting(falling, share);
        compare_with_counting(equal, share);
    }
}

static void the_bar_is_the_worst_of_the_best(void **state) {
    (void)state;
    const double values[] = {5, 3, 9, 1, 7, 4};
    struct arena arena = arena_of(memory, sizeof memory);
    struct ranks ranks;
    uint32_t bar = 0;
    ranks_init(&ranks, (struct ranked){.values = values, .stride = 1}, 3, 6, &arena);
    for (uint32_t i = 0; i < 6; i++)
        ranks_add(&ranks, i);
    assert_true(ranks_bar(&ranks, &bar) && values[bar] == 3); /* of 1 and 3 */
}

static void a_lesser_breach_comes_before_any_value(void **state) {
    (void)state;
    const double values[] = {1, 9, 5, 2, 8, 7}, breaches[] = {0.5, 0, 0, 0.25, 0.25, 2};
    const uint32_t order[] = {2, 1, 3, 4, 0, 5};
    struct arena arena = arena_of(memory, sizeof memory);
    struct ranked by = {.values = values, .breaches = breaches, .stride = 1};
    for (uint32_t best = 1; best <= 6; best++) {
        struct heap heap;
        heap_init(&heap, by, false, 6, &arena);
        for (uint32_t i = 0; i < 6; i++)
            heap_push(&heap, i);
        for (uint32_t i = 0; i < best; i++)
            assert_int_equal(heap_pop(&heap), order[i]);
    }
    struct ranks ranks;
    uint32_t bar = 0;
    ranks_init(&ranks, by, 2, 6, &arena);
    for (uint32_t i = 0; i < 6; i++)
        ranks_add(&ranks, i);
    assert_true(ranks_bar(&ranks, &bar) && bar == 3);
    assert_true(ranks_has_best(&ranks, 1) && !ranks_has_best(&ranks, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_are_those_that_counting_finds),
        cmocka_unit_test(the_bar_is_the_worst_of_the_best),
        cmocka_unit_test(a_lesser_breach_comes_before_any_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
