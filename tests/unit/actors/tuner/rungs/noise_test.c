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

/* told values of a falling curve (by `fall`, over the step) with noise around it. */
static struct curve curve_of(uint64_t seed, uint32_t told, double fall, double noise) {
    struct rng r = rng_of(4, 5, seed);
    struct curve c = {0};
    for (uint32_t step = 1; step <= told; step++)
        (void)curve_tell(&c, step, 0.2 + fall / step + noise * gauss(&r));
    return c;
}

static void a_curve_is_drawn_towards_the_others(void **state) {
    (void)state;
    const struct noise_level others = {.variance = 8, .freedom = 10}, none = {.variance = NAN};
    struct curve c = {.bends = 2, .told = 4};
    assert_true(noise_variance(&c, &others) == 8); /* too short to say */
    assert_true(isnan(noise_variance(&c, &none)));
    c.told = 6; /* as much freedom as the others are given */
    expect_near(noise_variance(&c, &others), 5);
    c.told = 18;
    expect_near(noise_variance(&c, &others), (6 * 2 + 2 * 8) / 8.0);
    c.told = 1000; /* it remembers no more */
    expect_near(noise_variance(&c, &others), (6 * 2 + 2 * 8) / 8.0);
}

static void the_median_of_the_last_curves_is_typical(void **state) {
    (void)state;
    struct noise_pool pool = {0};
    for (uint32_t i = 0; i < 5 * NOISE_CURVES; i++) {
        struct curve n = {.bends = (double)(i % NOISE_CURVES), .told = 9};
        assert_true(noise_share(&pool, &n, false));
    }
    const struct noise_level typical = noise_typical(&pool);
    const double root = 1 - 2 / 27.0; /* three degrees of freedom */
    expect_near(typical.variance, NOISE_CURVES / 2 / (root * root * root));
    expect_near(typical.freedom, 0.637 * 3 * NOISE_CURVES);
}

/* One curve of nine values has shown too little, two have not; of short ones only the whole ones
 * say something, and there must be more of them. */
static void a_few_curves_are_enough(void **state) {
    (void)state;
    struct noise_pool pool = {0};
    const struct curve nine = curve_of(1, 9, 0, 1), three = curve_of(2, 3, 0, 1);
    assert_true(noise_share(&pool, &nine, true));
    assert_true(isnan(noise_typical(&pool).variance));
    assert_true(noise_share(&pool, &nine, true));
    assert_true(noise_typical(&pool).variance > 0);
    pool = (struct noise_pool){.count = 0};
    for (uint32_t i = 0; i < 9; i++)
        assert_false(noise_share(&pool, &three, false)); /* its trial goes on */
    assert_true(isnan(noise_typical(&pool).variance));
    for (uint32_t i = 0; i < 4; i++)
        assert_true(noise_share(&pool, &three, true));
    assert_true(isnan(noise_typical(&pool).variance));
    assert_true(noise_share(&pool, &three, true));
    assert_true(noise_typical(&pool).variance > 0);
}

/* The variance of a variance over the square of its mean is 2 over the degrees of freedom. */
static void freedom_is_a_third_of_what_was_told(void **state) {
    (void)state;
    static const uint32_t told[] = {3, 5, 6, 9, 12, 18, 40};
    enum { CURVES = 4000 };
    for (uint32_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        double mean = 0, squares = 0;
        for (uint32_t k = 0; k < CURVES; k++) {
            const struct curve c = curve_of(k, told[i], 0, 1);
            mean += c.bends / CURVES;
            squares += c.bends * c.bends / CURVES;
        }
        double freedom = 2 * mean * mean / (squares - mean * mean);
        double wanted = (told[i] < 18 ? told[i] : 18) / 3.0;
        assert_true(fabs(mean - 1) < 0.05);
        assert_true(freedom > 0.8 * wanted && freedom < 1.2 * wanted);
    }
}

static void an_estimate_asks_for_more_than_what_is_certain(void **state) {
    (void)state;
    /* The quantiles of Student's distribution where the normal one has 3 and 2: 3.957 and 2.195. */
    expect_near(noise_deviations(3, 10), 3 * (1 + 2.5 / 10 + 5.75 / 100));
    assert_true(fabs(noise_deviations(3, 10) - 3.957) < 0.05);
    assert_true(fabs(noise_deviations(2, 12) - 2.23) < 0.05);
    expect_near(noise_deviations(3, 1e15), 3);
}

/* Also where nine steps are all there is: how it falls is no noise. */
static void noise_of_a_falling_curve_is_found(void **state) {
    (void)state;
    static const uint32_t steps[] = {9, 30};
    for (uint32_t i = 0; i < 2; i++) {
        struct noise_pool pool = {0};
        for (uint32_t curve = 0; curve < 40; curve++) {
            const struct curve c = curve_of(curve, steps[i], 1, 0.02);
            assert_true(noise_share(&pool, &c, true));
        }
        double typical = sqrt(noise_typical(&pool).variance);
        assert_true(typical > 0.016 && typical < 0.026);
    }
}

enum { TRIALS = 400, AT_ONCE = 16 };

/* Trials whose curves differ by `spread` and have noise beside; how many are stopped, and how many of
 * these belong to the best quarter. */
struct play {
    double sigmas, spread, fall;
    uint32_t steps;
    uint64_t seed;
    enum rungs_policy policy;
};
struct played {
    uint32_t stopped, wrongly;
};

static double level_of(const struct play *p, uint32_t trial) {
    struct rng r = rng_of(p->seed, UINT32_MAX, trial);
    return p->spread * rng_unit(&r);
}

static double value_at(const struct play *p, uint32_t trial, uint32_t step) {
    struct rng r = rng_of(p->seed, step, trial);
    return level_of(p, trial) + p->fall / step + 0.05 * gauss(&r);
}

static void finish(const struct play *p, uint32_t trial, uint32_t step, bool stopped) {
    struct curve curve = {0};
    double value = value_at(p, trial, step);
    for (uint32_t i = 1; i <= step; i++)
        (void)curve_tell(&curve, i, value_at(p, trial, i));
    rungs_end(s.rungs, trial, !stopped, value, stopped ? NULL : &curve);
    trials_end(&s.trials, trial, stopped ? ENDED_SOON : ENDED_WELL, &value, 0, 0);
}

/* May not rest: it has no checkpoint. */
static enum rungs_verdict report(uint32_t trial, uint32_t step, double value) {
    if (rungs_report(s.rungs, trial, step, value))
        return rungs_judge(s.rungs, trial, false);
    return RUNGS_GO_ON;
}

static struct played play(const struct play *p) {
    struct rungs_setup setup = {
        .policy = p->policy, .steps = p->steps, .pass = -1, .sigmas = p->sigmas};
    struct played played = {0};
    uint32_t begun = 0, done = 0, trial[AT_ONCE], step[AT_ONCE];
    stage_begin(&s, &test, setup, TRIALS);
    for (; begun < AT_ONCE; begun++) {
        trial[begun] = stage_start(&s);
        step[begun] = 0;
    }
    while (done < TRIALS) {
        for (uint32_t i = 0; i < AT_ONCE; i++) {
            if (trial[i] == UINT32_MAX)
                continue;
            double value = value_at(p, trial[i], ++step[i]);
            enum rungs_verdict verdict =
                step[i] < p->steps ? report(trial[i], step[i], value) : RUNGS_GO_ON;
            if (verdict == RUNGS_GO_ON && step[i] < p->steps)
                continue;
            played.stopped += verdict == RUNGS_STOP;
            played.wrongly += verdict == RUNGS_STOP && level_of(p, trial[i]) < p->spread / 4;
            finish(p, trial[i], step[i], verdict == RUNGS_STOP);
            done++;
            step[i] = 0;
            trial[i] = begun++ < TRIALS ? stage_start(&s) : UINT32_MAX;
        }
    }
    stage_end(&s);
    return played;
}

static const uint32_t ladders[] = {3, 9, 27};

/* Who is no worse than the others is stopped in three of a hundred cases at most; the plain rule stops
 * two of three at the first rung. */
static void noise_alone_stops_nobody(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 3 * 2 * 5; i++) {
        struct play p = {.policy = RUNGS_STOPPING,
                         .sigmas = 2,
                         .fall = i % 2 == 0 ? 0 : 1,
                         .steps = ladders[i / 2 % 3],
                         .seed = 1 + i / 6};
        assert_true(play(&p).stopped <= 12);
        p.sigmas = 3;
        p.policy = i % 2 == 0 ? RUNGS_MEDIAN : RUNGS_ASHA;
        assert_true(play(&p).stopped <= 2);
        p.sigmas = -1;
        p.policy = RUNGS_STOPPING;
        assert_true(play(&p).stopped > TRIALS / 2);
    }
}

/* Levels lie twenty deviations of the noise apart. On the ladder of three steps second differences are
 * mostly the fall itself, which is taken for noise. */
static void who_is_clearly_behind_is_stopped(void **state) {
    (void)state;
    static const enum rungs_policy policies[] = {RUNGS_STOPPING, RUNGS_MEDIAN, RUNGS_ASHA,
                                                 RUNGS_HYPERBAND, RUNGS_PASHA};
    for (uint32_t i = 0; i < 3 * 5; i++) {
        const uint32_t steps = ladders[i % 3];
        const struct play p = {.policy = policies[i / 3],
                               .sigmas = 3,
                               .spread = 1,
                               .fall = steps == 3 ? 0.2 : 1,
                               .steps = steps,
                               .seed = 7};
        const struct played played = play(&p);
        assert_true(played.stopped >= TRIALS / 6);
        assert_int_equal(played.wrongly, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_curve_is_drawn_towards_the_others),
        cmocka_unit_test(the_median_of_the_last_curves_is_typical),
        cmocka_unit_test(a_few_curves_are_enough),
        cmocka_unit_test(freedom_is_a_third_of_what_was_told),
        cmocka_unit_test(an_estimate_asks_for_more_than_what_is_certain),
        cmocka_unit_test(noise_of_a_falling_curve_is_found),
        cmocka_unit_test(noise_alone_stops_nobody),
        cmocka_unit_test(who_is_clearly_behind_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
