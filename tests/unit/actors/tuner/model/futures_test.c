/* The improvement that is expected while trials run: model/futures.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/model/futures.h"
#include "proto/base/rng.h"

#include <math.h>
#include <stdalign.h>

enum { DIMS = 2, MEASURED = 9, BELIEVED = 3, CAPACITY = 16 };

static alignas(max_align_t) uint8_t memory[2][1 << 16];
static struct gp gp, other;
static struct futures futures;

static void assert_near(double got, double wanted, double error) {
    if (!(fabs(got - wanted) <= error))
        fail_msg("%.17g instead of %.17g", got, wanted);
}

static void begin(struct gp *g, uint8_t *at) {
    struct arena arena = arena_of(at, sizeof memory[0]);
    struct rng r = rng_of(1, 0, 0);
    assert_true(gp_init(g, DIMS, CAPACITY, &arena));
    for (int i = 0; i < DIMS; i++) {
        g->kernel.w[i] = 3 + i;
        g->kernel.v[i] = 5;
    }
    g->kernel.joint = 0.7;
    g->kernel.apart = 0.4;
    g->kernel.noise = 0.05;
    for (int j = 0; j < MEASURED; j++) {
        double point[DIMS] = {rng_unit(&r), rng_unit(&r)};
        gp_add(g, point, 2 * point[0] - point[1] + 0.3 * rng_unit(&r) - 0.6);
    }
    gp_factor(g);
}

static void believe(void) {
    static const double points[BELIEVED][DIMS] = {{0.1, 0.9}, {0.15, 0.8}, {0.6, 0.3}};
    struct rng r = rng_of(2, 0, 0);
    begin(&gp, memory[0]);
    for (int j = 0; j < BELIEVED; j++)
        assert_true(gp_believe(&gp, points[j]));
    futures_draw(&futures, &gp, NULL, &r);
}

/* The gain at a point in view of what runs; slope may be NULL. */
static double gain_at(const double *point, double *slope) {
    double shifts[FUTURES], toward[FUTURES_BELIEVED];
    struct gp_belief by;
    struct gp_belief b = gp_predict(&gp, point);
    futures_shifts(&futures, &gp, gp.seen, 1, shifts);
    double gain = futures_gain(&futures, &b, shifts, &by, toward);
    if (slope != NULL)
        gp_slopes_add(&gp, point, &b, &by, toward, slope);
    return gain;
}

/* Then it is expected improvement over the least of the means at the observations (Jones, Schonlau
 * and Welch 1998, equation 15: (y* - m) Phi(z) + s phi(z)). */
static void nothing_runs(void **state) {
    (void)state;
    double point[DIMS];
    double least = INFINITY;
    begin(&gp, memory[0]);
    futures_draw(&futures, &gp, NULL, NULL);
    assert_int_equal(futures.count, 1);
    for (uint32_t j = 0; j < MEASURED; j++) {
        gp_point(&gp, j, point);
        least = fmin(least, gp_mean(&gp, point));
    }
    assert_near(futures.least[0], least, 1e-7); /* the jitter of an observation with itself */
    point[0] = 0.2;
    point[1] = 0.7;
    struct gp_belief b = gp_predict(&gp, point);
    double z = (least - b.mean) / b.deviation;
    double density = exp(-z * z / 2) / sqrt(2 * acos(-1.0));
    double expected = (least - b.mean) * erfc(-z / sqrt(2)) / 2 + b.deviation * density;
    assert_near(gain_at(point, NULL), log(expected), 1e-6);
}

/* Each future is what a process says that has measured it. */
static void a_future_is_as_if_measured(void **state) {
    (void)state;
    double point[DIMS], shifts[FUTURES];
    const double at[DIMS] = {0.3, 0.6};
    believe();
    assert_int_equal(futures.count, FUTURES);
    struct gp_belief b = gp_predict(&gp, at);
    futures_shifts(&futures, &gp, gp.seen, 1, shifts);
    for (uint32_t s = 0; s < FUTURES; s++) {
        double least = futures.least[s];
        begin(&other, memory[1]);
        for (uint32_t j = 0; j < BELIEVED; j++) {
            const double *row = gp.l + (MEASURED + j) * (size_t)gp.capacity;
            double y = gp.y[MEASURED + j];
            for (uint32_t i = 0; i <= j; i++)
                y += row[MEASURED + i] * futures.white[i][s];
            gp_point(&gp, MEASURED + j, point);
            gp_add(&other, point, y);
        }
        gp_factor(&other);
        assert_near(b.mean + shifts[s], gp_mean(&other, at), 1e-9);
        assert_near(b.deviation, gp_predict(&other, at).deviation, 1e-9);
        for (uint32_t j = 0; j < BELIEVED; j++) {
            gp_point(&gp, MEASURED + j, point);
            assert_true(least <= gp_mean(&other, point) + 1e-6);
        }
    }
}

/* The draws come in opposites, so on the whole they move nothing; and they are of unit variance. */
static void draws_are_even(void **state) {
    (void)state;
    double square = 0;
    believe();
    for (uint32_t j = 0; j < BELIEVED; j++)
        for (uint32_t s = 0; s < FUTURES; s++) {
            assert_true(futures.white[j][s] == -futures.white[j][s ^ 1]);
            square += futures.white[j][s] * futures.white[j][s] / (BELIEVED * FUTURES);
        }
    assert_true(square > 0.6 && square < 1.5);
}

/* Where a trial runs there is less to be gained than if it did not, however promising the place. */
static void what_runs_is_not_asked_for_twice(void **state) {
    (void)state;
    const double near[DIMS] = {0.1, 0.9};
    begin(&gp, memory[0]);
    futures_draw(&futures, &gp, NULL, NULL);
    double before = gain_at(near, NULL);
    believe();
    assert_true(gain_at(near, NULL) < before - 0.5);
}

static void slopes_agree_with_differences(void **state) {
    (void)state;
    const double step = 1e-6;
    struct rng r = rng_of(3, 0, 0);
    believe();
    for (int round = 0; round < 10; round++) {
        double point[DIMS] = {0.1 + 0.8 * rng_unit(&r), 0.1 + 0.8 * rng_unit(&r)};
        double slope[DIMS] = {0};
        gain_at(point, slope);
        for (int i = 0; i < DIMS; i++) {
            double here = point[i];
            point[i] = here + step;
            double more = gain_at(point, NULL);
            point[i] = here - step;
            double less = gain_at(point, NULL);
            point[i] = here;
            assert_near(slope[i], (more - less) / (2 * step), 1e-5 * (1 + fabs(slope[i])));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_runs),
        cmocka_unit_test(a_future_is_as_if_measured),
        cmocka_unit_test(draws_are_even),
        cmocka_unit_test(what_runs_is_not_asked_for_twice),
        cmocka_unit_test(slopes_agree_with_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
