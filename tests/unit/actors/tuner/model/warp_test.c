#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/model/warp.h"

#include <math.h>
#include <string.h>

enum { COUNT = 40 };

static double scratch[COUNT];

static void assert_near(double got, double wanted, double error) {
    if (!(fabs(got - wanted) <= error))
        fail_msg("%.17g instead of %.17g", got, wanted);
}

/* Yeo and Johnson 2000, section 4: the inverse of ((y + 1)^p - 1) / p and of -((1 - y)^(2 - p) - 1)
 * / (2 - p), logarithms where the power is 0. */
static void back_by_hand(void **state) {
    (void)state;
    double slope;
    struct warp w = {.mean = 0, .deviation = 1, .power = 1, .warped_deviation = 1};
    assert_near(warp_back(&w, 3, &slope), 3, 1e-14); /* the identity */
    assert_near(slope, 1, 1e-14);
    assert_near(warp_back(&w, -3, &slope), -3, 1e-14);
    w.power = 2;
    assert_near(warp_back(&w, 4, &slope), 2, 1e-14); /* (3^2 - 1) / 2 = 4 */
    assert_near(slope, 1.0 / 3, 1e-14);
    assert_near(warp_back(&w, -log(3), &slope), -2, 1e-14);
    assert_near(slope, 3, 1e-13);
    w.power = 0;
    assert_near(warp_back(&w, log(3), &slope), 2, 1e-14);
    assert_near(slope, 3, 1e-13);
    assert_near(warp_back(&w, -4, &slope), -2, 1e-14);
    assert_near(slope, 1.0 / 3, 1e-14);
    w.power = -1; /* 1 - 1 / (y + 1) = 3/4 at 3; never 1 */
    assert_near(warp_back(&w, 0.75, &slope), 3, 1e-13);
    assert_near(slope, 16, 1e-12);
    double last = warp_back(&w, 1, &slope);
    assert_true(isfinite(last) && last > 1000 && warp_back(&w, 1e9, &slope) == last);
    w = (struct warp){
        .mean = 10, .deviation = 5, .power = 1, .warped_mean = 2, .warped_deviation = 3};
    assert_near(warp_back(&w, -1, &slope), 5, 1e-13); /* 10 + 5 (2 - 3) */
    assert_near(slope, 15, 1e-13);
}

static void check(const double *values, const char *what) {
    double y[COUNT], mean = 0, square = 0, slope;
    memcpy(y, values, sizeof y);
    struct warp w = warp_of(y, COUNT, scratch);
    for (int j = 0; j < COUNT; j++) {
        mean += y[j] / COUNT;
        square += y[j] * y[j] / COUNT;
        double back = warp_back(&w, y[j], &slope);
        if (!(fabs(back - values[j]) <= 1e-9 * (fabs(values[j]) + w.deviation)))
            fail_msg("%s: %g instead of %g", what, back, values[j]);
        assert_true(slope > 0);
        for (int i = 0; i < j; i++) /* in the same order */
            assert_true((values[i] < values[j]) == (y[i] < y[j]));
    }
    assert_near(mean, 0, 1e-12);
    assert_near(square, 1, 1e-12);
}

static void back_is_where_it_came_from(void **state) {
    (void)state;
    double even[COUNT], steep[COUNT], huge[COUNT], flat[COUNT];
    for (int j = 0; j < COUNT; j++) {
        even[j] = (j * 7 % COUNT) - 3;
        steep[j] = exp(j * 0.5);
        huge[j] = (j - 20) * 1e306;
        flat[j] = -exp(-j * 0.1);
    }
    check(even, "even");
    check(steep, "steep");
    check(huge, "huge");
    check(flat, "flat");
}

/* A long tail above is pulled in: a power below 1; one below, above 1. */
static void tails_are_pulled_in(void **state) {
    (void)state;
    double y[COUNT];
    for (int j = 0; j < COUNT; j++)
        y[j] = exp(j * 0.2);
    assert_true(warp_of(y, COUNT, scratch).power < 0.5);
    assert_true(y[COUNT - 1] < 2.5); /* 4.3 without a warp */
    for (int j = 0; j < COUNT; j++)
        y[j] = -exp(j * 0.2);
    assert_true(warp_of(y, COUNT, scratch).power > 1.5);
}

static void equal_values_are_nothing(void **state) {
    (void)state;
    double y[COUNT], slope;
    for (int j = 0; j < COUNT; j++)
        y[j] = 7;
    struct warp w = warp_of(y, COUNT, scratch);
    for (int j = 0; j < COUNT; j++)
        assert_true(y[j] == 0);
    assert_near(warp_back(&w, 0, &slope), 7, 1e-12);
    y[0] = 1e300;
    w = warp_of(y, 1, scratch);
    assert_true(y[0] == 0);
    assert_near(warp_back(&w, 0, &slope) / 1e300, 1, 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(back_by_hand),
        cmocka_unit_test(back_is_where_it_came_from),
        cmocka_unit_test(tails_are_pulled_in),
        cmocka_unit_test(equal_values_are_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
