#include "tests/unit/actors/tuner/rungs/stage.h"

#include "actors/tuner/rungs/forecast.h"
#include "proto/base/rng.h"

static struct test_job test;
static struct stage s;
static struct forecast forecast;

enum { STEPS = 27, BLESSED = 14 }; /* rungs 1, 3, 9, 27 */

/* A rate x: low ones begin worst and end best. */
static double crossing(double x, uint32_t step) {
    return 0.2 * x + (1 - 0.5 * x) / (1 + 0.1 * step);
}

static double plain(double x, uint32_t step) {
    return x + 1.0 / step;
}

static uint32_t start_at(double x) {
    struct value v = float_value(x);
    uint32_t trial = trials_add(&s.trials, &v);
    rungs_begin(s.rungs, trial, UINT32_MAX);
    return trial;
}

/* Nobody judges it on its way. */
static void run_to(uint32_t trial, double x, double (*curve)(double, uint32_t), uint32_t end) {
    for (uint32_t step = 1; step <= end && step < STEPS; step++)
        rungs_report(s.rungs, trial, step, curve(x, step));
    if (end == STEPS)
        stage_finish(&s, trial, ENDED_WELL, curve(x, STEPS));
}

static void begin(enum rungs_policy policy) {
    stage_begin(&s, &test,
                (struct rungs_setup){.policy = policy, .steps = STEPS, .first = 1, .pass = -1},
                400);
    forecast = (struct forecast){.trials = &s.trials};
}

static void learn_from(uint32_t curves, double (*curve)(double, uint32_t)) {
    for (uint32_t i = 0; i < curves; i++) {
        double x = (i + 0.5) / curves;
        run_to(start_at(x), x, curve, STEPS);
    }
}

static void nothing_is_said_before_six_curves(void **state) {
    (void)state;
    double value;
    begin(RUNGS_STOPPING);
    learn_from(FORECAST_LEAST - 1, plain);
    uint32_t trial = start_at(0.3);
    run_to(trial, 0.3, plain, 3);
    assert_false(forecast_of(&forecast, trial, 1, &value));
    run_to(start_at(0.9), 0.9, plain, STEPS);
    assert_true(forecast_of(&forecast, trial, 1, &value));
    assert_true(forecast_of(&forecast, 2, 1, &value));
    assert_true(value == s.trials.values[2]); /* it went all the way */
    double before;
    assert_true(forecast_of(&forecast, trial, 1, &before));
    for (uint32_t i = 0; i < 20; i++) /* an end alone is no curve to learn from */
        stage_finish(&s, start_at(i / 20.0), ENDED_WELL, 99);
    assert_true(forecast_of(&forecast, trial, 1, &value));
    assert_true(value == before);
    stage_end(&s);
}

static void equal_gains_keep_the_order_of_now(void **state) {
    (void)state;
    begin(RUNGS_STOPPING);
    learn_from(20, plain);
    for (uint32_t i = 0; i < 10; i++) {
        double x = 0.05 + 0.07 * i, value;
        uint32_t trial = start_at(x);
        run_to(trial, x, plain, 3);
        assert_true(forecast_of(&forecast, trial, 1, &value));
        assert_true(fabs(value - plain(x, STEPS)) < 0.02);
    }
    stage_end(&s);
}

static void curves_that_cross_are_told_apart(void **state) {
    (void)state;
    begin(RUNGS_STOPPING);
    learn_from(12, crossing);
    double last = -1;
    for (uint32_t i = 0; i < 9; i++) {
        double x = 0.1 + 0.1 * i, value;
        uint32_t trial = start_at(x);
        run_to(trial, x, crossing, 1);
        assert_true(forecast_of(&forecast, trial, 0, &value));
        assert_true(value > last); /* though they are the better now the higher x is */
        last = value;
    }
    stage_end(&s);
}

/* Who is paused and who is resumed, after twelve whole curves at 0.04, 0.13 ... 0.96. */
static void the_best_at_the_end_goes_on(void **state) {
    (void)state;
    begin(RUNGS_AUTO);
    learn_from(12, crossing);
    uint32_t high = start_at(0.995), low = start_at(0.06), middle = start_at(0.5);
    assert_int_equal(stage_report(&s, high, 1, crossing(0.995, 1)), RUNGS_PAUSE);
    assert_int_equal(stage_report(&s, low, 1, crossing(0.06, 1)), RUNGS_GO_ON);
    assert_int_equal(stage_report(&s, middle, 1, crossing(0.5, 1)), RUNGS_PAUSE);
    /* Seven are better than 0.5: with 24 there it is one of the best third. */
    for (uint32_t i = 0; i < 9; i++) {
        assert_int_equal(stage_choose(&s, true).next, RUNGS_NEW);
        uint32_t trial = start_at(0.7 + 0.03 * i);
        assert_int_equal(stage_report(&s, trial, 1, crossing(0.7 + 0.03 * i, 1)), RUNGS_PAUSE);
    }
    struct rungs_choice choice = stage_choose(&s, true);
    assert_int_equal(choice.next, RUNGS_RESUME);
    assert_int_equal(choice.trial, middle);
    stage_end(&s);
}

static bool foresee_by_number(void *context, uint32_t trial, double *value) {
    (void)context;
    *value = trial == BLESSED ? -1 : 1;
    return true;
}

static void who_foresees_is_believed(void **state) {
    (void)state;
    begin(RUNGS_AUTO);
    rungs_ask_seer(s.rungs, (struct rungs_seer){.foresee = foresee_by_number});
    for (uint32_t i = 0; i < 12; i++) /* run on */
        assert_int_equal(stage_report(&s, start_at(i / 12.0), 1, 9), RUNGS_GO_ON);
    for (uint32_t i = 12; i < 16; i++)
        assert_int_equal(stage_report(&s, start_at(i / 16.0), 1, i == BLESSED ? 99 : 1),
                         i == BLESSED ? RUNGS_GO_ON : RUNGS_PAUSE);
    stage_end(&s);
}

enum { PROBES = 6 /* whoever gains has fewer */ };

/* By number: 0 is worth a new training after all, of 1 it depends on what is left, of the others
 * nobody can say. */
static bool gain_by_number(void *context, uint32_t trial, double *more) {
    const uint32_t first = *(const uint32_t *)context;
    *more = trial == first ? -1.9 : -2.05;
    return trial <= first + 1;
}

/* At 1 and 3 of 27 steps 96 and 89 hundredths are left, at 9 two thirds. */
static void who_gains_for_what_is_left_goes_on(void **state) {
    (void)state;
    uint32_t first = PROBES;
    begin(RUNGS_AUTO);
    rungs_ask_seer(s.rungs, (struct rungs_seer){.foresee = foresee_by_number,
                                                .gains = gain_by_number,
                                                .context = &first});
    for (uint32_t i = 0; i < PROBES; i++)
        (void)stage_report(&s, start_at(i / 12.0), 1, 9);
    uint32_t worth = start_at(0.91), hardly = start_at(0.92), unsaid = start_at(0.93);
    assert_int_equal(stage_report(&s, worth, 1, 99), RUNGS_GO_ON);
    assert_int_equal(stage_report(&s, hardly, 1, 1), RUNGS_PAUSE);
    assert_int_equal(stage_report(&s, unsaid, 1, 1), RUNGS_PAUSE);
    assert_int_equal(stage_report(&s, worth, 9, 99), RUNGS_GO_ON);
    first = hardly; /* is worth it now */
    struct rungs_choice choice = stage_choose(&s, true);
    assert_int_equal(choice.next, RUNGS_RESUME);
    assert_int_equal(choice.trial, hardly);
    first = PROBES;
    assert_int_equal(stage_report(&s, hardly, 3, 1), RUNGS_GO_ON); /* as less is left */
    stage_end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_said_before_six_curves),
        cmocka_unit_test(equal_gains_keep_the_order_of_now),
        cmocka_unit_test(curves_that_cross_are_told_apart),
        cmocka_unit_test(the_best_at_the_end_goes_on),
        cmocka_unit_test(who_foresees_is_believed),
        cmocka_unit_test(who_gains_for_what_is_left_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
