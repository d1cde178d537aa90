/* The power of a warp, found together with a kernel: model/bend.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/model/bend.h"
#include "actors/tuner/model/gp.h"
#include "actors/tuner/model/warp.h"
#include "proto/base/rng.h"

#include <math.h>
#include <stdalign.h>

enum { ROWS = 60, DIMS = 3 };

static struct bend bend;
static double y[ROWS], again[ROWS];

static void assert_near(double got, double wanted, double error) {
    if (!(fabs(got - wanted) <= error))
        fail_msg("%.17g instead of %.17g", got, wanted);
}

static void make(double (*of)(double x)) {
    double values[ROWS];
    struct rng r = rng_of(1, 0, 0);
    for (int j = 0; j < ROWS; j++)
        values[j] = of(3 * rng_unit(&r));
    bend_of(&bend, values, ROWS);
}

static double squared(double x) {
    return x * x;
}

static double steep(double x) {
    return exp(2 * x);
}

/* Yeo and Johnson's equation 4.1 with power 2: u + u^2 / 2 above zero, whose slope is 1 + u, and
 * -ln(1 - u) below, whose slope is 1 / (1 - u); then all divided by the deviation. The prior is a
 * normal law about 1 of variance 1. */
static void density_by_hand(void **state) {
    (void)state;
    double slope, mean = 0, square = 0, sum = -0.5;
    make(squared);
    double answer = bend_to(&bend, 2, y, &slope);
    for (int j = 0; j < ROWS; j++) {
        double u = bend.u[j];
        again[j] = u >= 0 ? u + u * u / 2 : -log(1 - u);
        mean += again[j] / ROWS;
    }
    for (int j = 0; j < ROWS; j++)
        square += (again[j] - mean) * (again[j] - mean) / ROWS;
    for (int j = 0; j < ROWS; j++) {
        double u = bend.u[j];
        assert_near(y[j], (again[j] - mean) / sqrt(square), 1e-12);
        sum += log((u >= 0 ? 1 + u : 1 / (1 - u)) / sqrt(square));
    }
    assert_near(answer, sum, 1e-10);
}

static void slopes_agree_with_differences(void **state) {
    (void)state;
    static const double powers[] = {-3, -0.7, 0, 1e-9, 0.5, 1, 1.6, 2, 3};
    const double step = 1e-5;
    make(steep);
    for (size_t i = 0; i < sizeof powers / sizeof *powers; i++) {
        double slope, ignored, slopes[ROWS];
        double more = bend_to(&bend, powers[i] + step, y, &ignored);
        double less = bend_to(&bend, powers[i] - step, again, &ignored);
        for (int j = 0; j < ROWS; j++)
            slopes[j] = (y[j] - again[j]) / (2 * step);
        bend_to(&bend, powers[i], y, &slope);
        assert_near(slope, (more - less) / (2 * step), 1e-4 * (1 + fabs(slope)));
        for (int j = 0; j < ROWS; j++)
            assert_near(bend.slopes[j], slopes[j], 1e-5 * (1 + fabs(slopes[j])));
    }
}

static double nothing(double x) {
    (void)x;
    return 5;
}

static void equal_values_have_no_power(void **state) {
    (void)state;
    double slope;
    make(nothing);
    assert_true(bend_to(&bend, 1, y, &slope) == -INFINITY);
}

/* ---- a fit finds it ---- */

static alignas(max_align_t) uint8_t memory[1 << 18];
static struct gp gp;

/* The power found for a sum of squares that was itself raised to a power. */
static double power_of(double (*of)(double sum)) {
    struct arena arena = arena_of(memory, sizeof memory);
    struct rng r = rng_of(2, 0, 0);
    double values[ROWS];
    assert_true(gp_init(&gp, DIMS, ROWS, &arena));
    for (int j = 0; j < ROWS; j++) {
        double point[DIMS], sum = 0;
        for (int i = 0; i < DIMS; i++) {
            point[i] = rng_unit(&r);
            sum += (i + 1) * (point[i] - 0.4) * (point[i] - 0.4);
        }
        values[j] = of(sum);
        gp_add(&gp, point, 0);
    }
    for (int i = 0; i < DIMS; i++) {
        gp.kernel.w[i] = 1;
        gp.kernel.v[i] = 3;
    }
    gp.kernel.joint = 0.5;
    gp.kernel.apart = 0.5;
    gp.kernel.noise = 1e-3;
    bend_of(&bend, values, ROWS);
    bend.power = 1;
    double before = gp_fit(&gp, &bend, 0);
    assert_true(bend.power == 1);
    assert_true(gp_fit(&gp, &bend, 60) > before);
    return bend.power;
}

static double as_it_is(double sum) {
    return sum;
}

static double grown(double sum) {
    return exp(3 * sum);
}

static double logarithm(double sum) {
    return log(sum + 0.05);
}

/* What is a sum of bowls stays one; what hides it is undone. */
static void a_fit_finds_the_simple_form(void **state) {
    (void)state;
    assert_near(power_of(as_it_is), 1, 0.2);
    assert_true(power_of(grown) < 0.6);
    assert_true(power_of(logarithm) > 1.4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(density_by_hand),
        cmocka_unit_test(slopes_agree_with_differences),
        cmocka_unit_test(equal_values_have_no_power),
        cmocka_unit_test(a_fit_finds_the_simple_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
