#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/num/lbfgs.h"

#include <math.h>
#include <string.h>

enum { N_MAX = 40 };

struct counter {
    int calls;
    int nan_until;    /* the first so many calls but one say NaN */
    double low, high; /* x must never leave this */
};

static double memory[(N_MAX + 1) * 64];

static void inside(const struct counter *c, const double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        assert_true(x[i] >= c->low && x[i] <= c->high);
}

/* Rosenbrock 1960: least value 0 at (1, 1). */
static double rosenbrock(void *context, const double *x, double *g) {
    struct counter *c = context;
    c->calls++;
    inside(c, x, 2);
    double a = 1 - x[0], b = x[1] - x[0] * x[0];
    g[0] = -2 * a - 400 * x[0] * b;
    g[1] = 200 * b;
    return a * a + 100 * b * b;
}

/* sum w_i (x_i - c_i)^2 with w from 1 to 10^4: ill-conditioned, its least value in a box is where
 * each c_i is clamped. */
static double centre(size_t i) {
    return (double)i / 4 - 3;
}

static double bowl(void *context, const double *x, double *g) {
    struct counter *c = context;
    c->calls++;
    inside(c, x, N_MAX);
    double sum = 0;
    for (size_t i = 0; i < N_MAX; i++) {
        double w = pow(10, 4.0 * (double)(i * 17 % N_MAX) / N_MAX), d = x[i] - centre(i);
        g[i] = 2 * w * d;
        sum += w * d * d;
    }
    return sum;
}

/* -ln(1 - x^2) - ln(1 - y^2) + x: finite only in the open square, and NaN or infinite outside. */
static double barrier(void *context, const double *x, double *g) {
    struct counter *c = context;
    c->calls++;
    double sum = 3 * x[0];
    for (size_t i = 0; i < 2; i++) {
        sum -= log(1 - x[i] * x[i]);
        g[i] = 2 * x[i] / (1 - x[i] * x[i]) + (i == 0 ? 3 : 0);
    }
    return sum;
}

static double never(void *context, const double *x, double *g) {
    struct counter *c = context;
    c->calls++;
    g[0] = x[0];
    return c->nan_until ? NAN : -INFINITY;
}

static double bad_gradient(void *context, const double *x, double *g) {
    struct counter *c = context;
    c->calls++;
    g[0] = x[0] > 0.5 ? 2 * (x[0] - 0.25) : NAN;
    return (x[0] - 0.25) * (x[0] - 0.25);
}

/* Falls for ever. */
static double slope(void *context, const double *x, double *g) {
    struct counter *c = context;
    c->calls++;
    g[0] = -1;
    return -x[0];
}

static const double open_low[2] = {-INFINITY, -INFINITY}, open_high[2] = {INFINITY, INFINITY};

static struct lbfgs_problem problem_of(size_t n, const double *low, const double *high,
                                       lbfgs_function *function, struct counter *c) {
    return (struct lbfgs_problem){.n = n,
                                  .low = low,
                                  .high = high,
                                  .function = function,
                                  .context = c,
                                  .iterations_max = 500,
                                  .evaluations_max = 1000,
                                  .gradient_tolerance = 1e-8,
                                  .value_tolerance = 0};
}

static void finds_the_bottom_of_the_valley(void **state) {
    (void)state;
    struct counter c = {.low = -INFINITY, .high = INFINITY};
    struct lbfgs_problem p = problem_of(2, open_low, open_high, rosenbrock, &c);
    double x[2] = {-1.2, 1}; /* the customary start */
    struct lbfgs_result r = lbfgs_minimise(&p, x, memory);
    assert_int_equal(r.end, LBFGS_CONVERGED);
    assert_true(fabs(x[0] - 1) < 1e-6 && fabs(x[1] - 1) < 1e-6);
    assert_true(r.value < 1e-12);
    assert_int_equal(r.evaluations, c.calls);
    assert_true(r.iterations < 50 && r.evaluations < 60);
}

/* With x <= 0.5 the least value is at (0.5, 0.25): 0.25. */
static void stops_at_a_bound(void **state) {
    (void)state;
    const double low[2] = {-2, -2}, high[2] = {0.5, 2};
    struct counter c = {.low = -2, .high = 2};
    struct lbfgs_problem p = problem_of(2, low, high, rosenbrock, &c);
    double x[2] = {-1.2, 9}; /* outside */
    struct lbfgs_result r = lbfgs_minimise(&p, x, memory);
    assert_int_equal(r.end, LBFGS_CONVERGED);
    assert_true(x[0] == 0.5 && fabs(x[1] - 0.25) < 1e-8);
    assert_true(fabs(r.value - 0.25) < 1e-14);
}

static void many_bounds_at_once(void **state) {
    (void)state;
    double low[N_MAX], high[N_MAX], x[N_MAX];
    for (size_t i = 0; i < N_MAX; i++) {
        low[i] = -1;
        high[i] = i % 7 == 3 ? -1 : 2; /* one in seven is fixed */
        x[i] = i % 2 ? -1 : 2;
    }
    struct counter c = {.low = -1, .high = 2};
    struct lbfgs_problem p = problem_of(N_MAX, low, high, bowl, &c);
    struct lbfgs_result r = lbfgs_minimise(&p, x, memory);
    assert_int_equal(r.end, LBFGS_CONVERGED);
    for (size_t i = 0; i < N_MAX; i++) /* the sum is about 10^5, so its last digit is 1e-11 */
        assert_true(fabs(x[i] - fmin(fmax(centre(i), low[i]), high[i])) < 2e-5);
    assert_true(r.evaluations < 150);
}

/* The first long steps leave the square where there is a value. 3 + 2x / (1 - x^2) = 0 at
 * (1 - sqrt 10) / 3. */
static void survives_what_is_not_finite(void **state) {
    (void)state;
    struct counter c = {.low = -INFINITY, .high = INFINITY};
    struct lbfgs_problem p = problem_of(2, open_low, open_high, barrier, &c);
    double x[2] = {0.999, -0.999};
    struct lbfgs_result r = lbfgs_minimise(&p, x, memory);
    assert_int_equal(r.end, LBFGS_CONVERGED);
    assert_true(fabs(x[0] - (1 - sqrt(10)) / 3) < 1e-7 && fabs(x[1]) < 1e-7);

    p = problem_of(1, open_low, open_high, bad_gradient, &c);
    x[0] = 3;
    r = lbfgs_minimise(&p, x, memory);
    assert_true(r.end == LBFGS_STUCK || r.end == LBFGS_LIMIT);
    assert_true(x[0] > 0.5 && x[0] < 0.51);

    for (c.nan_until = 0; c.nan_until < 2; c.nan_until++) {
        p = problem_of(1, open_low, open_high, never, &c);
        x[0] = 3;
        r = lbfgs_minimise(&p, x, memory);
        assert_int_equal(r.end, LBFGS_NO_START);
        assert_true(isnan(r.value) && x[0] == 3 && r.evaluations == 1);
    }
}

static void keeps_to_its_limits(void **state) {
    (void)state;
    struct counter c = {.low = -INFINITY, .high = INFINITY};
    double x[2];
    for (int limit = 1; limit < 40; limit++) {
        struct lbfgs_problem p = problem_of(2, open_low, open_high, rosenbrock, &c);
        p.evaluations_max = limit;
        memcpy(x, (double[]){-1.2, 1}, sizeof x);
        struct lbfgs_result r = lbfgs_minimise(&p, x, memory);
        assert_true(r.evaluations <= limit && r.end == LBFGS_LIMIT);
        assert_true(r.value <= 24.2 + 1e-9); /* at the start */
        p.evaluations_max = 1000;
        p.iterations_max = limit / 2;
        memcpy(x, (double[]){-1.2, 1}, sizeof x);
        r = lbfgs_minimise(&p, x, memory);
        assert_true(r.iterations == limit / 2 && r.end == LBFGS_LIMIT);
    }
    c.calls = 0;
    struct lbfgs_problem p = problem_of(1, open_low, open_high, slope, &c);
    x[0] = 0;
    struct lbfgs_result r = lbfgs_minimise(&p, x, memory);
    assert_true(c.calls <= 1000 && r.value == -x[0] && r.value < -1e6);
    p.n = 0;
    assert_int_equal(lbfgs_minimise(&p, x, memory).end, LBFGS_CONVERGED);
}

static void stops_when_little_is_gained(void **state) {
    (void)state;
    struct counter c = {.low = -INFINITY, .high = INFINITY};
    struct lbfgs_problem p = problem_of(2, open_low, open_high, rosenbrock, &c);
    double x[2] = {-1.2, 1};
    int all = lbfgs_minimise(&p, x, memory).evaluations;
    p.value_tolerance = 1e-3;
    memcpy(x, (double[]){-1.2, 1}, sizeof x);
    struct lbfgs_result r = lbfgs_minimise(&p, x, memory);
    assert_int_equal(r.end, LBFGS_CONVERGED);
    assert_true(r.evaluations < all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_bottom_of_the_valley),
        cmocka_unit_test(stops_at_a_bound),
        cmocka_unit_test(many_bounds_at_once),
        cmocka_unit_test(survives_what_is_not_finite),
        cmocka_unit_test(keeps_to_its_limits),
        cmocka_unit_test(stops_when_little_is_gained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
