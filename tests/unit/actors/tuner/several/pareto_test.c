#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/several/pareto.h"
#include "proto/base/arena.h"
#include "proto/base/rng.h"

#include <math.h>
#include <stdalign.h>
#include <string.h>

#define assert_near(a, b, most) assert_true(fabs((a) - (b)) <= (most))

enum { MANY = 300, OBJECTIVES = 5 };

static double values[MANY * OBJECTIVES], breaches[MANY];
static uint32_t ranks[MANY], scratch[3 * MANY];

/* Few different values, so that ties and equal rows are common. */
static void fill(uint64_t seed, uint32_t objectives, uint32_t levels) {
    struct rng r = rng_of(seed, objectives, levels);
    for (uint32_t k = 0; k < MANY * objectives; k++)
        values[k] = (double)rng_below(&r, levels);
    for (uint32_t k = 0; k < MANY; k++)
        breaches[k] = rng_below(&r, 3) == 0 ? (double)rng_below(&r, 5) : 0;
}

static void test_dominates(void **state) {
    (void)state;
    assert_true(dominates((double[]){1, 2}, (double[]){1, 3}, 2));
    assert_false(dominates((double[]){1, 2}, (double[]){1, 2}, 2));
    assert_false(dominates((double[]){1, 4}, (double[]){2, 3}, 2));
    assert_true(pareto_beats((double[]){9, 9}, 0, (double[]){1, 1}, 0.1, 2));
    assert_true(pareto_beats((double[]){9, 9}, 0.1, (double[]){1, 1}, 0.2, 2));
    assert_false(pareto_beats((double[]){1, 1}, 0.2, (double[]){9, 9}, 0.2, 2));
    assert_false(pareto_beats((double[]){1, 1}, 0.1, (double[]){9, 9}, 0, 2));
}

static void test_order(void **state) {
    double rows[] = {3, 1, 1, 2, 3, 0, 1, 2};
    uint32_t order[4];
    (void)state;
    pareto_order(rows, 2, 0, order, 4);
    assert_memory_equal(order, ((uint32_t[]){1, 3, 2, 0}), sizeof order);
    pareto_order(rows, 2, 1, order, 4);
    assert_memory_equal(order, ((uint32_t[]){2, 0, 1, 3}), sizeof order);
}

/* Rank after rank, those that nobody left beats are taken away. */
static void check_ranks(uint32_t objectives, const double *broken) {
    bool gone[MANY] = {false};
    uint32_t left = MANY;
    uint32_t last = pareto_ranks(values, broken, objectives, MANY, ranks, scratch);
    for (uint32_t rank = 0; rank < last; rank++) {
        uint32_t peeled[MANY];
        uint32_t count = 0;
        for (uint32_t k = 0; k < MANY; k++) {
            bool beaten = gone[k];
            for (uint32_t j = 0; j < MANY && !beaten; j++)
                beaten = !gone[j] &&
                         pareto_beats(values + (size_t)j * objectives, broken ? broken[j] : 0,
                                      values + (size_t)k * objectives, broken ? broken[k] : 0,
                                      objectives);
            if (!beaten)
                peeled[count++] = k;
        }
        for (uint32_t k = 0; k < count; k++) {
            assert_int_equal(ranks[peeled[k]], rank);
            gone[peeled[k]] = true;
        }
        assert_true(count > 0);
        left -= count;
    }
    assert_int_equal(left, 0);
}

static void test_ranks(void **state) {
    (void)state;
    for (uint32_t objectives = 1; objectives <= OBJECTIVES; objectives++)
        for (uint32_t levels = 4; levels <= 4000; levels *= 10) {
            fill(levels, objectives, levels);
            check_ranks(objectives, NULL);
            check_ranks(objectives, breaches);
        }
    assert_int_equal(pareto_ranks(values, NULL, 2, 0, ranks, scratch), 0);
}

/* Deb and others, section III.B, by hand. */
static void test_crowding(void **state) {
    double rows[] = {10, 0, 3, 3, 99, 99, 0, 10, 1, 6};
    uint32_t some[] = {0, 1, 3, 4};
    double distances[4];
    (void)state;
    pareto_crowding(rows, 2, some, 4, distances, scratch);
    assert_true(isinf(distances[0]) && isinf(distances[2]));
    assert_near(distances[1], 0.9 + 0.6, 1e-15); /* (10 - 1) / 10 + (6 - 0) / 10 */
    assert_near(distances[3], 0.3 + 0.7, 1e-15);
    pareto_crowding((double[]){5, 5, 5, 5}, 2, NULL, 2, distances, scratch);
    assert_true(distances[0] == 0 && distances[1] == 0);
}

static alignas(max_align_t) uint8_t memory[1 << 16];

static void test_front(void **state) {
    (void)state;
    for (uint32_t objectives = 1; objectives <= 4; objectives++) {
        struct arena arena = arena_of(memory, front_bytes(objectives, MANY));
        struct front f;
        bool entered[MANY];
        fill(7, objectives, 12);
        assert_true(front_init(&f, objectives, MANY, &arena));
        for (uint32_t k = 0; k < MANY; k++)
            entered[k] = front_enter(&f, values + (size_t)k * objectives, k);
        pareto_ranks(values, NULL, objectives, MANY, ranks, scratch);
        for (uint32_t i = 0; i < f.count; i++) {
            assert_int_equal(ranks[f.names[i]], 0);
            assert_true(entered[f.names[i]]);
            assert_memory_equal(f.values + (size_t)i * objectives,
                                values + (size_t)f.names[i] * objectives,
                                objectives * sizeof(double));
        }
        for (uint32_t k = 0; k < MANY; k++) { /* each of rank 0 is there, or one equal to it */
            uint32_t i = 0;
            while (i < f.count &&
                   memcmp(f.values + (size_t)i * objectives, values + (size_t)k * objectives,
                          objectives * sizeof(double)) != 0)
                i++;
            assert_int_equal(ranks[k] == 0, i < f.count);
        }
    }
}

static void test_full_front(void **state) {
    struct arena arena = arena_of(memory, front_bytes(2, 4));
    struct front f;
    (void)state;
    assert_true(front_init(&f, 2, 4, &arena));
    assert_true(front_enter(&f, (double[]){0, 10}, 0));
    assert_true(front_enter(&f, (double[]){10, 0}, 1));
    assert_true(front_enter(&f, (double[]){5, 5}, 2));
    assert_true(front_enter(&f, (double[]){4.5, 5.5}, 3));
    assert_true(front_enter(&f, (double[]){2, 8}, 4)); /* 3 has 2 and 5 beside it: 0.6 */
    assert_int_equal(f.count, 4);
    assert_memory_equal(f.names, ((uint32_t[]){0, 1, 2, 4}), 4 * sizeof(uint32_t));
    assert_false(front_enter(&f, (double[]){1.9, 8.1}, 5)); /* the least lonely itself */
    assert_true(front_enter(&f, (double[]){1, 1}, 6));
    assert_memory_equal(f.names, ((uint32_t[]){0, 1, 6}), 3 * sizeof(uint32_t));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dominates), cmocka_unit_test(test_order),
        cmocka_unit_test(test_ranks),     cmocka_unit_test(test_crowding),
        cmocka_unit_test(test_front),     cmocka_unit_test(test_full_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
