#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/model/gp.h"
#include "actors/tuner/num/draw.h"

#include <math.h>
#include <stdalign.h>
#include <string.h>

enum { DIMS = 3, CAPACITY = 64, ROWS = 50 };

static struct gp gp, again;
static alignas(max_align_t) uint8_t memory[2][1 << 18];

static void assert_near(double got, double wanted, double error) {
    if (!(fabs(got - wanted) <= error))
        fail_msg("%.17g instead of %.17g", got, wanted);
}

static void begin(struct gp *g, uint32_t dims) {
    struct arena arena = arena_of(memory[g == &again], sizeof memory[0]);
    assert_true(gp_bytes(dims, CAPACITY) <= sizeof memory[0]);
    assert_true(gp_init(g, dims, CAPACITY, &arena));
    assert_true(arena.used <= gp_bytes(dims, CAPACITY));
    for (uint32_t i = 0; i < dims; i++) {
        g->kernel.w[i] = 2 + i;
        g->kernel.v[i] = 8;
    }
    g->kernel.joint = 0.7;
    g->kernel.apart = 0.4;
    g->kernel.noise = 1e-3;
}

/* Two numbers, of which the first may be inactive, and a choice. */
static void draw_point(struct rng *r, double *point) {
    point[0] = rng_below(r, 4) == 0 ? SPACE_OFF : rng_unit(r);
    point[1] = rng_unit(r);
    point[2] = rng_below(r, 2) == 0 ? 0.25 : 0.75;
}

static double smooth(const double *point) {
    return sin(5 * point[1]) + point[0] * point[0] + point[2];
}

static void fill(struct gp *g, uint32_t rows, uint64_t seed) {
    struct rng r = rng_of(seed, 0, 0);
    double point[DIMS];
    begin(g, DIMS);
    g->kernel.choice[2] = true;
    for (uint32_t j = 0; j < rows; j++) {
        draw_point(&r, point);
        gp_add(g, point, smooth(point) - 1);
    }
}

/* Observations 1 and -1 at distance r = sqrt 5, so covariance c = 0.5239941088318203 (kernel_test),
 * noise 0.25: K = [1.25 c; c 1.25], K^-1 y = (1, -1) / (1.25 - c). At the first point k = (1, c):
 * mean (1 - c) / (1.25 - c), variance 1 - k' K^-1 k = 1 - (1.25 - 2 c c + 1.25 c c) / (1.25^2 -
 * c c). Rasmussen & Williams 2006, algorithm 2.1 and equations 2.25, 2.26. */
static void two_observations_by_hand(void **state) {
    (void)state;
    const double c = 0.5239941088318203;
    begin(&gp, 1);
    gp.kernel.w[0] = 1;
    gp.kernel.joint = 1;
    gp.kernel.apart = 0;
    gp.kernel.noise = 0.25;
    gp_add(&gp, &(double){0}, 1);
    gp_add(&gp, &(double){1}, -1);
    assert_true(gp_try_factor(&gp));
    assert_near(gp.alpha[0], 1 / (1.25 - c), 1e-7);
    assert_near(gp.alpha[1], -1 / (1.25 - c), 1e-7);
    struct gp_belief b = gp_predict(&gp, &(double){0});
    assert_near(b.mean, (1 - c) / (1.25 - c), 1e-7);
    assert_near(b.deviation, sqrt(1 - (1.25 - 0.75 * c * c) / (1.5625 - c * c)), 1e-7);
    assert_near(gp_predict(&gp, &(double){0.5}).mean, 0, 1e-12);
}

static void passes_through_what_has_no_noise(void **state) {
    (void)state;
    double point[DIMS];
    fill(&gp, 20, 1);
    gp.kernel.noise = 1e-9;
    gp_factor(&gp);
    for (uint32_t j = 0; j < 20; j++) {
        gp_point(&gp, j, point);
        struct gp_belief b = gp_predict(&gp, point);
        assert_near(b.mean, gp.y[j], 1e-4);
        assert_true(b.deviation < 0.01);
    }
}

static void far_away_it_believes_the_prior(void **state) {
    (void)state;
    begin(&gp, 1);
    gp.kernel.w[0] = gp.kernel.v[0] = 1e6;
    gp_add(&gp, &(double){0}, 1);
    gp_factor(&gp);
    struct gp_belief b = gp_predict(&gp, &(double){1});
    assert_near(b.mean, 0, 1e-12);
    assert_near(b.deviation, sqrt(1.1), 1e-12);
}

/* Believed is what an observation of the mean would be: its row of the factor is to the bit the one
 * of a factor made anew, and alpha, which nobody worked out again, is what it would be. */
static void believed_as_if_observed(void **state) {
    (void)state;
    struct rng r = rng_of(3, 0, 0);
    double at[DIMS], point[DIMS];
    fill(&gp, 30, 3);
    gp_factor(&gp);
    fill(&again, 30, 3);
    for (int i = 0; i < 10; i++) {
        draw_point(&r, at);
        double mean = gp_predict(&gp, at).mean;
        assert_true(gp_believe(&gp, at));
        assert_near(gp_predict(&gp, at).mean, mean, 1e-9);
        gp_add(&again, at, mean);
    }
    gp_factor(&again);
    for (uint32_t j = 0; j < 40; j++) {
        assert_memory_equal(gp.l + j * CAPACITY, again.l + j * CAPACITY, (j + 1) * sizeof(double));
        assert_near(gp.alpha[j], again.alpha[j], 1e-9);
    }
    draw_point(&r, point);
    assert_near(gp_predict(&gp, point).mean, gp_predict(&again, point).mean, 1e-9);
    assert_true(gp_predict(&gp, point).deviation == gp_predict(&again, point).deviation);
}

/* What was believed goes, values change, rows come: to the bit what a factor made at once is. */
static void more_rows_as_if_factored_at_once(void **state) {
    (void)state;
    struct rng r = rng_of(4, 0, 0);
    double at[DIMS];
    fill(&again, 30, 3);
    gp_factor(&again);
    fill(&gp, 30, 3);
    gp.points.count = 20;
    gp.y[7] = 99;
    gp_factor(&gp);
    for (int i = 0; i < 3; i++) {
        draw_point(&r, at);
        assert_true(gp_believe(&gp, at));
    }
    gp.points.count = 20;
    gp.y[7] = again.y[7];
    for (uint32_t j = 20; j < 30; j++) {
        gp_point(&again, j, at);
        gp_add(&gp, at, again.y[j]);
    }
    assert_true(gp_factor_more(&gp, 20));
    for (uint32_t j = 0; j < 30; j++)
        assert_memory_equal(gp.l + j * CAPACITY, again.l + j * CAPACITY, (j + 1) * sizeof(double));
    assert_memory_equal(gp.white, again.white, 30 * sizeof(double));
    assert_memory_equal(gp.alpha, again.alpha, 30 * sizeof(double));
}

/* Each lane of a sum adds up to 1e2 terms of at most 1e3 in size: within 1e-10. */
static void many_at_once_as_one_by_one(void **state) {
    (void)state;
    enum { MANY = 77 };
    struct rng r = rng_of(4, 0, 0);
    static double x[DIMS * 80], work[CAPACITY * MANY];
    struct gp_belief beliefs[MANY];
    double point[DIMS];
    for (int j = 0; j < MANY; j++) {
        draw_point(&r, point);
        for (int i = 0; i < DIMS; i++)
            x[i * 80 + j] = point[i];
    }
    fill(&gp, ROWS, 4);
    gp_factor(&gp);
    gp_predict_many(&gp, &(struct kernel_points){.x = x, .ld = 80, .count = MANY}, beliefs, work);
    for (int j = 0; j < MANY; j++) {
        for (int i = 0; i < DIMS; i++)
            point[i] = x[i * 80 + j];
        struct gp_belief one = gp_predict(&gp, point);
        assert_near(beliefs[j].mean, one.mean, 1e-10);
        assert_near(beliefs[j].deviation, one.deviation, 1e-10);
    }
}

static void slopes_agree_with_differences(void **state) {
    (void)state;
    const double step = 1e-6;
    struct rng r = rng_of(5, 0, 0);
    double point[DIMS];
    fill(&gp, ROWS, 5);
    gp.kernel.noise = 0.01;
    gp_factor(&gp);
    for (int round = 0; round < 20; round++) {
        draw_point(&r, point);
        double mean[DIMS] = {0}, deviation[DIMS] = {0};
        struct gp_belief at = gp_predict(&gp, point);
        gp_slopes_add(&gp, point, &at, &(struct gp_belief){1, 0}, NULL, mean);
        at = gp_predict(&gp, point);
        gp_slopes_add(&gp, point, &at, &(struct gp_belief){0, 1}, NULL, deviation);
        assert_true(mean[2] == 0 && deviation[2] == 0);
        for (int i = 0; i < 2; i++) {
            double here = point[i];
            if (here < 2 * step)
                continue;
            point[i] = here + step;
            struct gp_belief more = gp_predict(&gp, point);
            point[i] = here - step;
            struct gp_belief less = gp_predict(&gp, point);
            point[i] = here;
            assert_near(mean[i], (more.mean - less.mean) / (2 * step), 1e-6);
            assert_near(deviation[i], (more.deviation - less.deviation) / (2 * step), 1e-6);
        }
    }
}

/* Without a descent it says how likely the start is; more descents never find less. */
static void a_fit_never_ends_below_its_start(void **state) {
    (void)state;
    double before = -INFINITY;
    for (int descents = 0; descents <= 32; descents = descents * 2 + (descents == 0)) {
        fill(&gp, ROWS, 6);
        double found = gp_fit(&gp, NULL, descents);
        assert_true(found >= before);
        before = found;
    }
}

/* What gp_fit answers is a function of the kernel, so the kernel it finds has no slope: a little to
 * either side of each setting nothing is more likely, as far as the fit goes: it ends when a
 * descent gains a ten-thousandth. */
static void a_fit_ends_at_a_summit(void **state) {
    (void)state;
    fill(&gp, ROWS, 7);
    gp_fit(&gp, NULL, 200);
    const struct kernel found = gp.kernel;
    double summit = gp_fit(&gp, NULL, 0);
    for (uint32_t i = 0; i < 2 * DIMS; i++)
        for (int side = -1; side <= 1; side += 2) {
            gp.kernel = found;
            double *setting = i < DIMS ? &gp.kernel.w[i] : &gp.kernel.v[i - DIMS];
            *setting *= exp(0.05 * side);
            assert_true(gp_fit(&gp, NULL, 0) < summit + 0.05);
        }
}

/* Values drawn from a process of one number with w = 40 (a length of 0.16), noise 1e-4: y = L z
 * with K = L L'. The prior is wide, 60 observations say more: w comes out within a factor of 3. */
static void finds_the_length_of_a_known_kernel(void **state) {
    (void)state;
    struct rng r = rng_of(8, 0, 0);
    double z[60];
    begin(&gp, 1);
    gp.kernel.w[0] = 40;
    gp.kernel.joint = 1;
    gp.kernel.apart = 1e-3;
    gp.kernel.noise = 1e-4;
    for (int j = 0; j < 60; j++) {
        gp_add(&gp, &(double){rng_unit(&r)}, 0);
        z[j] = draw_normal(&r);
    }
    assert_true(gp_try_factor(&gp));
    for (int j = 0; j < 60; j++)
        for (int i = 0; i <= j; i++)
            gp.y[j] += gp.l[j * CAPACITY + i] * z[i];
    gp.kernel.w[0] = 2;
    gp.kernel.noise = 1e-3;
    gp_fit(&gp, NULL, 100);
    assert_true(gp.kernel.w[0] > 40 / 3.0 && gp.kernel.w[0] < 40 * 3);
    assert_true(gp.kernel.noise < 1e-2);
}

static void singular_data_survive(void **state) {
    (void)state;
    for (int what = 0; what < 3; what++) {
        double point[DIMS] = {0.5, 0.5, 0.25};
        fill(&gp, what == 0 ? 0 : 30, 9);
        gp.kernel.noise = 1e-14;
        for (uint32_t j = 0; j < 30; j++) {
            if (what == 0)
                gp_add(&gp, point, j % 2 == 0 ? 1 : -1);
            else
                gp.y[j] = what == 1 ? 0 : 1e300;
        }
        gp_factor(&gp);
        struct gp_belief b = gp_predict(&gp, point);
        assert_true(isfinite(b.mean) && b.deviation > 0);
        gp_fit(&gp, NULL, 20);
        assert_true(gp.kernel.noise > 0 && isfinite(gp.kernel.w[0]));
        gp_factor(&gp);
        assert_true(gp_predict(&gp, point).deviation > 0);
    }
}

/* Without noise a point twice is a pivot of a hundred-millionth: appended all the same, or left
 * out with all before as it was. */
static void the_same_again_does_no_harm(void **state) {
    (void)state;
    double point[DIMS];
    fill(&gp, 20, 10);
    gp.kernel.noise = 0;
    gp_factor(&gp);
    gp_point(&gp, 3, point);
    double mean = gp_predict(&gp, point).mean;
    for (int i = 0; i < 20; i++)
        gp_believe(&gp, point);
    assert_near(gp_predict(&gp, point).mean, mean, 1e-6);
}

/* What is believed of an observation by all others is what a process without it believes there. */
static void left_out_as_if_never_seen(void **state) {
    (void)state;
    double means[20], point[DIMS];
    fill(&gp, 20, 11);
    gp_factor(&gp);
    gp_left_out(&gp, means);
    for (uint32_t out = 0; out < 20; out += 5) {
        begin(&again, DIMS);
        again.kernel.choice[2] = true;
        for (uint32_t j = 0; j < 20; j++) {
            gp_point(&gp, j, point);
            if (j != out)
                gp_add(&again, point, gp.y[j]);
        }
        gp_factor(&again);
        gp_point(&gp, out, point);
        assert_near(means[out], gp_mean(&again, point), 1e-6);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_observations_by_hand),
        cmocka_unit_test(passes_through_what_has_no_noise),
        cmocka_unit_test(far_away_it_believes_the_prior),
        cmocka_unit_test(believed_as_if_observed),
        cmocka_unit_test(more_rows_as_if_factored_at_once),
        cmocka_unit_test(many_at_once_as_one_by_one),
        cmocka_unit_test(slopes_agree_with_differences),
        cmocka_unit_test(a_fit_never_ends_below_its_start),
        cmocka_unit_test(a_fit_ends_at_a_summit),
        cmocka_unit_test(finds_the_length_of_a_known_kernel),
        cmocka_unit_test(singular_data_survive),
        cmocka_unit_test(the_same_again_does_no_harm),
        cmocka_unit_test(left_out_as_if_never_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
