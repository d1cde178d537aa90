#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/several/hypervolume.h"
#include "actors/tuner/several/pareto.h"
#include "proto/base/rng.h"

#include <math.h>
#include <string.h>

#define assert_near(a, b, most) assert_true(fabs((a) - (b)) <= (most))

enum { MANY = 24, OBJECTIVES = 5, LEVELS = 6 };

static double rows[MANY * OBJECTIVES], shares[MANY], memory[1 << 16];
static uint32_t orders[1 << 12];
static const struct hypervolume_scratch scratch = {.rows = memory, .orders = orders};

/* By hand: three stairs; three slabs by inclusion and exclusion, 3 * 4 - 3 * 2 + 1. */
static void test_by_hand(void **state) {
    double stairs[] = {3, 1, 1, 3, 2, 2};
    double slabs[] = {0, 0, 1, 0, 1, 0, 1, 0, 0};
    (void)state;
    assert_near(hypervolume(stairs, 2, 3, (double[]){4, 4}, scratch), 6, 0);
    assert_near(hypervolume(slabs, 3, 3, (double[]){2, 2, 2}, scratch), 7, 0);
    assert_near(hypervolume((double[]){3, 5, 4}, 1, 3, (double[]){7}, scratch), 4, 0);
    assert_near(hypervolume(stairs, 2, 3, (double[]){3, 3}, scratch), 1, 0);
    assert_near(hypervolume(stairs, 2, 0, (double[]){4, 4}, scratch), 0, 0);
}

static void fill(uint64_t seed, uint32_t objectives) {
    struct rng r = rng_of(seed, objectives, 0);
    for (uint32_t k = 0; k < MANY * objectives; k++)
        rows[k] = (double)rng_below(&r, LEVELS + 1); /* some lie on the reference */
}

/* Cells of a lattice that a row dominates; `without` is left out. */
static double cells(uint32_t objectives, uint32_t without) {
    uint32_t all = 1;
    double dominated = 0;
    for (uint32_t i = 0; i < objectives; i++)
        all *= LEVELS;
    for (uint32_t cell = 0; cell < all; cell++) {
        bool found = false;
        for (uint32_t k = 0; k < MANY && !found; k++) {
            uint32_t rest = cell;
            found = k != without;
            for (uint32_t i = 0; i < objectives; i++, rest /= LEVELS)
                found = found && rows[k * objectives + i] <= rest % LEVELS;
        }
        dominated += found;
    }
    return dominated;
}

static void test_lattice(void **state) {
    const double reference[] = {LEVELS, LEVELS, LEVELS, LEVELS, LEVELS};
    (void)state;
    for (uint32_t objectives = 1; objectives <= OBJECTIVES; objectives++)
        for (uint64_t seed = 0; seed < 4; seed++) {
            fill(seed, objectives);
            double whole = cells(objectives, MANY);
            assert_near(hypervolume(rows, objectives, MANY, reference, scratch), whole, 0);
            hypervolume_shares(rows, objectives, MANY, reference, shares, scratch);
            for (uint32_t k = 0; k < MANY; k += seed == 0 ? 1 : 5)
                assert_near(shares[k], whole - cells(objectives, k), 0);
        }
    assert_true(hypervolume_rows(OBJECTIVES, MANY) <= sizeof memory / sizeof *memory);
    assert_true(hypervolume_orders(OBJECTIVES, MANY) <= sizeof orders / sizeof *orders);
}

static void test_reference(void **state) {
    double front[] = {0, 7, 10, 7};
    double all[] = {0, 7, 10, 7, 50, 27};
    double reference[2];
    (void)state;
    hypervolume_reference(front, 2, all, 2, 3, 0.1, reference);
    assert_near(reference[0], 11, 0); /* a tenth of the front's range beyond it */
    assert_near(reference[1], 9, 0);  /* none: of all results' */
    hypervolume_reference(front, 1, front, 2, 1, 0.1, reference);
    assert_near(reference[0], 1, 0);
    assert_near(reference[1], 8, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_lattice),
        cmocka_unit_test(test_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
