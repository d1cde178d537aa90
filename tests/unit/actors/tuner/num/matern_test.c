#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/num/matern.h"
#include "proto/base/rng.h"

#include <math.h>
#include <string.h>

enum { COUNT = 37 }; /* no multiple of any processor's lanes */

static double column[COUNT], q[COUNT], e[COUNT], row[COUNT];

static void fill(uint64_t seed) {
    struct rng r = rng_of(seed, 0, 0);
    for (int j = 0; j < COUNT; j++) {
        column[j] = j % 5 == 0 ? -1 : rng_unit(&r);
        row[j] = rng_unit(&r);
    }
    column[1] = 0.25;
}

static void run(const struct matern_loops *loops) {
    const struct matern_place place = {.centre = 0.25, .more = 0.125, .off = 3};
    fill(1);
    loops->begin(&place, column, COUNT, 2, q);
    loops->weigh(&place, column, COUNT, 4, q);
    loops->differ(column, 0.25, COUNT, 0.5, 1, q);
}

static void distances(void **state) {
    (void)state;
    run(matern_here());
    for (int j = 0; j < COUNT; j++) {
        double d = column[j] - 0.25;
        double square = column[j] < 0 ? 3 : d * d + 0.125;
        double wanted = 2 * square + 4 * square + (j == 1 ? 0.5 : 1);
        assert_true(fabs(q[j] - wanted) < 1e-14);
    }
}

/* Rasmussen & Williams 2006, eq. 4.17; its derivative by r^2 / 5 is -5/6 (1 + r) e^-r. */
static void values_and_slopes(void **state) {
    (void)state;
    fill(2);
    for (int j = 0; j < COUNT; j++)
        q[j] = j == 0 ? 0 : 0.1 * j;
    matern_here()->decay(q, e, COUNT);
    memset(row, 0, sizeof row);
    matern_here()->rise(q, e, COUNT, 3, row);
    matern_here()->slope(q, e, COUNT, 2);
    for (int j = 0; j < COUNT; j++) {
        double r = sqrt(0.5 * j);
        assert_true(fabs(e[j] - exp(-r)) < 1e-15);
        assert_true(fabs(row[j] - 3 * (1 + r + r * r / 3) * exp(-r)) < 1e-14);
        assert_true(fabs(q[j] + 5.0 / 3 * (1 + r) * exp(-r)) < 1e-14);
    }
}

static void same_bits_from_both_copies(void **state) {
    (void)state;
    const struct matern_loops *copies[] = {&matern_plain, matern_here()};
    double kept[2][3][COUNT];
    for (int copy = 0; copy < 2; copy++) {
        run(copies[copy]);
        memcpy(kept[copy][0], q, sizeof q);
        copies[copy]->decay(q, e, COUNT);
        copies[copy]->rise(q, e, COUNT, 0.7, row);
        memcpy(kept[copy][1], row, sizeof row);
        copies[copy]->slope(q, e, COUNT, 0.7);
        memcpy(kept[copy][2], q, sizeof q);
    }
    assert_memory_equal(kept[0], kept[1], sizeof kept[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances),
        cmocka_unit_test(values_and_slopes),
        cmocka_unit_test(same_bits_from_both_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
