#include "tests/unit/actors/tuner/rungs/stage.h"

#include "actors/tuner/num/normal.h"
#include "actors/tuner/rungs/noise.h"
#include "proto/base/rng.h"

static struct test_job test;
static struct stage s;

static double gauss(struct rng *r) {
    return normal_quantile((rng_unit(r) + 0x1p-54));
}

static void expect_near(double value, double wanted) {
    assert_true(fabs(value - wanted) < 1e-12);
}

static void second_differences_are_averaged(void **state) {
    (void)state;
    struct curve n = {0};
    struct noise_pool none = {0};
    const double values[] = {1, 3, 2, 4, 4};
    for (uint32_t i = 0; i < 4; i++)
        (void)curve_tell(&n, i + 1, values[i]);
    assert_true(isnan(noise_variance(&n, noise_typical(&none)))); /* too short to say */
    (void)curve_tell(&n, 5, values[4]);
    /* Bends -3, 3, -2: their mean square over 6. */
    expect_near(noise_variance(&n, noise_typical(&none)), (9 + 9 + 4) / 3.0 / 6);
    /* A straight line has none. */
    struct curve line = {0};
    for (uint32_t i = 0; i < 9; i++)
        (void)curve_tell(&line, i + 1, 5 - 0.5 * i);
    expect_near(noise_variance(&line, noise_typical(&none)), 0);
}

static void the_median_of_the_last_curves_is_typical(void **state) {
    (void)state;
    struct noise_pool pool = {0};
    for (uint32_t i = 0; i < 5 * NOISE_CURVES; i++) {
        struct curve n = {.bends = (double)(i % NOISE_CURVES), .told = 5};
        noise_share(&pool, &n);
    }
    assert_true(noise_typical(&pool) == NOISE_CURVES / 2);
    struct curve n = {.bends = 0, .told = 6};
    /* Four of its bends weigh as much as the others. */
    expect_near(noise_variance(&n, 8), 4);
}

static void noise_of_a_falling_curve_is_found(void **state) {
    (void)state;
    struct noise_pool pool = {0};
    for (uint32_t curve = 0; curve < 40; curve++) {
        struct rng r = rng_of(4, 5, curve);
        struct curve n = {0};
        for (uint32_t step = 1; step <= 30; step++)
            (void)curve_tell(&n, step, 0.2 + 1.0 / step + 0.02 * gauss(&r));
        noise_share(&pool, &n);
    }
    double typical = sqrt(noise_typical(&pool));
    assert_true(typical > 0.015 && typical < 0.025);
}

/* 400 trials with the same curve and noise beside; how many are stopped. */
static uint32_t stopped_of_equals(double sigmas, bool falling, uint64_t seed) {
    enum { TRIALS = 400, STEPS = 27, AT_ONCE = 16 };
    struct rungs_setup setup = {
        .policy = RUNGS_STOPPING, .steps = STEPS, .pass = -1, .sigmas = sigmas};
    uint32_t stopped = 0, begun = 0, done = 0;
    uint32_t trial[AT_ONCE], step[AT_ONCE];
    stage_begin(&s, &test, setup, TRIALS);
    for (; begun < AT_ONCE; begun++) {
        trial[begun] = stage_start(&s);
        step[begun] = 0;
    }
    while (done < TRIALS) {
        for (uint32_t i = 0; i < AT_ONCE; i++) {
            if (trial[i] == UINT32_MAX)
                continue;
            struct rng r = rng_of(seed, ++step[i], trial[i]);
            double value = (falling ? 1.0 / step[i] : 0) + 0.05 * gauss(&r);
            enum rungs_verdict verdict = stage_report(&s, trial[i], step[i], value);
            if (verdict == RUNGS_GO_ON && step[i] + 1 < STEPS)
                continue;
            stopped += verdict == RUNGS_STOP;
            stage_finish(&s, trial[i], verdict == RUNGS_STOP ? ENDED_SOON : ENDED_WELL, value);
            done++;
            step[i] = 0;
            trial[i] = begun++ < TRIALS ? stage_start(&s) : UINT32_MAX;
        }
    }
    stage_end(&s);
    return stopped;
}

/* Who is no worse than the others is stopped in three of a hundred cases at most; the plain rule stops
 * two of three at the first rung. */
static void noise_alone_stops_nobody(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        assert_true(stopped_of_equals(2, false, seed) <= 12);
        assert_true(stopped_of_equals(2, true, seed) <= 12);
    }
    assert_true(stopped_of_equals(-1, false, 1) > 400 / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(second_differences_are_averaged),
        cmocka_unit_test(the_median_of_the_last_curves_is_typical),
        cmocka_unit_test(noise_of_a_falling_curve_is_found),
        cmocka_unit_test(noise_alone_stops_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
