/* What one more run is worth: against sums over many draws, and by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/model/rerun.h"
#include "actors/tuner/num/normal.h"
#include "proto/base/rng.h"

#include <math.h>

/* E max(a + b z) - max a by the middles of a million equally likely pieces of z. */
static double summed(const double *a, const double *b, uint32_t count) {
    enum { PIECES = 1000000 };
    double sum = 0, most = -INFINITY;
    for (uint32_t i = 0; i < count; i++)
        most = a[i] > most ? a[i] : most;
    for (int k = 0; k < PIECES; k++) {
        const double z = normal_quantile((k + 0.5) / PIECES);
        double best = -INFINITY;
        for (uint32_t i = 0; i < count; i++)
            best = a[i] + b[i] * z > best ? a[i] + b[i] * z : best;
        sum += best - most;
    }
    return sum / PIECES;
}

/* Of two lines it is s h(-d / s), d how far their values at 0 are apart and s their slopes: with
 * d = s = 1, phi(1) - Phi(-1) = 0.0833154706. */
static void of_two_it_is_expected_improvement(void **state) {
    (void)state;
    assert_true(fabs(rerun_gradient((double[]){1, 0}, (double[]){0, 1}, 2) - 0.0833154706) < 1e-9);
    assert_true(fabs(rerun_gradient((double[]){0, 1}, (double[]){-3, -2}, 2) - 0.0833154706) <
                1e-9);
    assert_true(rerun_gradient((double[]){3}, (double[]){2}, 1) == 0);
}

/* Nothing that a run moves alike changes who is best. */
static void what_moves_all_alike_is_worth_nothing(void **state) {
    (void)state;
    assert_true(rerun_gradient((double[]){1, 2, 3}, (double[]){.5, .5, .5}, 3) == 0);
    assert_true(rerun_gradient((double[]){1, 2, 3}, (double[]){0, 0, 0}, 3) == 0);
}

static void of_many_it_is_the_sum(void **state) {
    struct rng r = rng_of(5, 0, 0);
    (void)state;
    for (int round = 0; round < 12; round++) {
        double a[RERUN_POINTS], b[RERUN_POINTS];
        const uint32_t count = 2 + (uint32_t)rng_below(&r, RERUN_POINTS - 1);
        for (uint32_t i = 0; i < count; i++) {
            a[i] = rng_unit(&r);
            b[i] = i % 4 == 3 ? b[i - 1] : 2 * rng_unit(&r) - 1;
        }
        assert_true(fabs(rerun_gradient(a, b, count) - summed(a, b, count)) < 1e-5);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_two_it_is_expected_improvement),
        cmocka_unit_test(what_moves_all_alike_is_worth_nothing),
        cmocka_unit_test(of_many_it_is_the_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
