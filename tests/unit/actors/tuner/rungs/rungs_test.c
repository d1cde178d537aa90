#include "tests/unit/actors/tuner/rungs/stage.h"

/* Static, as they are large. */
static struct test_job test;
static struct stage s;

static void start_all(const double *values, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        stage_expect_new(&s);
        assert_int_equal(stage_start(&s), i);
        assert_int_equal(stage_report(&s, i, 1, values[i]), RUNGS_PAUSE);
    }
}

/* Algorithm 2 of the ASHA paper, get_job (lines 12 to 22), with eta 3 and R 9: of the first three
 * at rung 0 the best goes on; the next two bring no third candidate, the sixth a second one. Values
 * fall with the number, so that no one is promotable the moment he arrives unless he says so. */
static void asha_promotes_the_best_third(void **state) {
    (void)state;
    stage_begin(&s, &test, stage_plain(RUNGS_ASHA, 9), 16);
    start_all((const double[]){5, 6, 7}, 3);
    stage_expect_resumed(&s, 0, 3);

    assert_int_equal(stage_start(&s), 3);
    assert_int_equal(stage_report(&s, 3, 1, 8), RUNGS_PAUSE);
    stage_expect_new(&s);
    assert_int_equal(stage_start(&s), 4);
    /* The best of five: |rung| / eta is 1 still, and it is him now. */
    assert_int_equal(stage_report(&s, 4, 1, 4), RUNGS_GO_ON);
    stage_expect_new(&s);
    assert_int_equal(stage_start(&s), 5);
    assert_int_equal(stage_report(&s, 5, 1, 9), RUNGS_PAUSE);
    /* Two of six: 4 and 5, who are promoted already. */
    stage_expect_new(&s);
    stage_end(&s);
}

/* The same, lines 13 and 14: higher rungs first. */
static void asha_looks_at_higher_rungs_first(void **state) {
    (void)state;
    stage_begin(&s, &test, stage_plain(RUNGS_ASHA, 9), 32);

    for (uint32_t i = 0; i < 8; i++) {
        stage_start(&s);
        /* Falling values: each would be the best; he goes on as soon as two others are there. */
        enum rungs_verdict verdict = stage_report(&s, i, 1, 20 - i);
        assert_int_equal(verdict, i < 2 ? RUNGS_PAUSE : RUNGS_GO_ON);
    }
    /* 2..7 work on; three of them come to rung 1. */
    assert_int_equal(stage_report(&s, 2, 3, 10), RUNGS_PAUSE);
    assert_int_equal(stage_report(&s, 3, 3, 11), RUNGS_PAUSE);
    assert_int_equal(stage_report(&s, 4, 3, 12), RUNGS_PAUSE);
    /* A ninth at rung 0 makes room for three; the best three, 5 to 7, are on their way. */
    stage_expect_resumed(&s, 2, 9);
    stage_end(&s);
}

static void the_best_value_until_then_counts(void **state) {
    (void)state;
    stage_begin(&s, &test, stage_plain(RUNGS_ASHA, 27), 8);
    uint32_t trial = stage_start(&s);
    assert_int_equal(stage_report(&s, trial, 1, 3), RUNGS_PAUSE);
    assert_int_equal(s.trials.reached[trial], 1);
    assert_true(s.trials.curve[0] == 3);
    trials_resume(&s.trials, trial);
    stage_report(&s, trial, 2, 1);
    stage_report(&s, trial, 3, 2);
    assert_true(s.trials.curve[1] == 1);
    stage_end(&s);
}

/* Who tells every few steps only: the rungs between two reports are not known, and it waits, and
 * goes on, where it is. */
static void a_report_speaks_of_the_highest_rung(void **state) {
    (void)state;
    stage_begin(&s, &test, stage_plain(RUNGS_ASHA, 27), 8);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(stage_start(&s), i);
        assert_int_equal(stage_report(&s, i, 4, 3 + i), RUNGS_PAUSE);
    }
    assert_int_equal(s.trials.reached[0], 2);
    assert_true(isnan(s.trials.curve[0]));
    assert_true(s.trials.curve[1] == 3);
    stage_expect_resumed(&s, 0, 9);
    assert_int_equal(stage_report(&s, 0, 8, 2), RUNGS_GO_ON);
    stage_finish(&s, 0, ENDED_WELL, 1);
    assert_int_equal(s.trials.reached[0], 4);
    assert_true(isnan(s.trials.curve[2]));
    assert_true(s.trials.curve[3] == 1);
    stage_end(&s);
}

static void nobody_is_stopped_before_others_stood_there(void **state) {
    (void)state;
    struct rungs_setup setup = stage_plain(RUNGS_STOPPING, 9);
    setup.others = 3;
    stage_begin(&s, &test, setup, 8);
    for (uint32_t i = 0; i < 4; i++)
        stage_start(&s);
    assert_int_equal(stage_report(&s, 0, 1, 1), RUNGS_GO_ON);
    assert_int_equal(stage_report(&s, 1, 1, 2), RUNGS_GO_ON);
    assert_int_equal(stage_report(&s, 2, 1, 3), RUNGS_GO_ON);
    assert_int_equal(stage_report(&s, 3, 1, 4), RUNGS_STOP);
    assert_int_equal(stage_report(&s, 0, 2, 1), RUNGS_GO_ON);
    stage_end(&s);
}

static void patience_waits_for_those_that_still_improve(void **state) {
    (void)state;
    struct rungs_setup setup = stage_plain(RUNGS_STOPPING, 27);
    setup.patience = 2;
    stage_begin(&s, &test, setup, 8);
    for (uint32_t i = 0; i < 5; i++) {
        stage_start(&s);
        assert_int_equal(stage_report(&s, i, 1, i), RUNGS_GO_ON);
    }
    for (uint32_t i = 0; i < 3; i++) {
        stage_report(&s, i, 2, i - 0.1);
        assert_int_equal(stage_report(&s, i, 3, i - 0.2), RUNGS_GO_ON);
    }
    /* 3 improved at step 2, 4 at step 1 for the last time: two steps ago. */
    stage_report(&s, 3, 2, 2.9);
    assert_int_equal(stage_report(&s, 3, 3, 3.5), RUNGS_GO_ON);
    stage_report(&s, 4, 2, 4.1);
    assert_int_equal(stage_report(&s, 4, 3, 4.1), RUNGS_STOP);
    stage_end(&s);
}

/* At the end: whoever is furthest goes on until one has come all the way and none is better. */
static void the_best_is_brought_to_its_end(void **state) {
    (void)state;
    struct rungs_setup setup = stage_plain(RUNGS_ASHA, 9);
    setup.others = 100;
    stage_begin(&s, &test, setup, 8);
    start_all((const double[]){3, 1, 2}, 3);
    struct rungs_choice choice = stage_choose(&s, false);
    assert_int_equal(choice.next, RUNGS_RESUME);
    assert_int_equal(choice.trial, 1);
    assert_int_equal(stage_choose(&s, false).next, RUNGS_WAIT);
    assert_int_equal(stage_report(&s, 1, 3, 1), RUNGS_PAUSE);
    choice = stage_choose(&s, false);
    assert_int_equal(choice.trial, 1);
    assert_int_equal(choice.until, 9);
    stage_finish(&s, 1, ENDED_WELL, 1);
    choice = stage_choose(&s, false);
    assert_int_equal(choice.next, RUNGS_WAIT);
    assert_int_equal(s.trials.active_count, 0);
    stage_end(&s);
}

static void who_failed_is_not_resumed(void **state) {
    (void)state;
    stage_begin(&s, &test, stage_plain(RUNGS_ASHA, 9), 8);
    start_all((const double[]){3, 1}, 2);
    stage_finish(&s, 1, ENDED_BADLY, NAN);
    struct rungs_choice choice = stage_choose(&s, false);
    assert_int_equal(choice.next, RUNGS_RESUME);
    assert_int_equal(choice.trial, 0);
    stage_end(&s);
}

/* Each trial's report, and how far it breaks constraints there. */
static enum rungs_verdict breaks(uint32_t trial, double value, double breach) {
    rungs_break(s.rungs, trial, breach);
    return stage_report(&s, trial, 1, value);
}

static struct rungs_setup constrained(enum rungs_policy policy) {
    struct rungs_setup setup = stage_plain(policy, 9);
    setup.constrained = true;
    setup.others = 3;
    return setup;
}

static void who_breaks_constraints_waits_behind_all_others(void **state) {
    const double breaches[] = {0.5, 0.25, 0, 0, 0, 0.5};
    (void)state;
    stage_begin(&s, &test, constrained(RUNGS_ASHA), 16);
    for (uint32_t i = 0; i < 6; i++) {
        stage_start(&s);
        assert_int_equal(breaks(i, i, breaches[i]), RUNGS_PAUSE);
    }
    assert_true(s.trials.breaches[0] == 0.5 && s.trials.breaches[2] == 0);
    stage_expect_resumed(&s, 2, 3);
    stage_expect_resumed(&s, 3, 3);
    stage_expect_new(&s);
    stage_end(&s);
}

static void who_breaks_constraints_more_is_stopped_whatever_his_value(void **state) {
    (void)state;
    struct rungs_setup setup = constrained(RUNGS_STOPPING);
    setup.sigmas = 0; /* the noise counts, and nothing is known of it */
    stage_begin(&s, &test, setup, 16);
    for (uint32_t i = 0; i < 7; i++)
        stage_start(&s);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(breaks(i, i, 0.25), RUNGS_GO_ON);
    assert_int_equal(breaks(4, -100, 0.5), RUNGS_STOP);
    assert_int_equal(breaks(5, 100, 0), RUNGS_GO_ON);
    assert_int_equal(breaks(6, 100, 0), RUNGS_GO_ON);
    stage_end(&s);
}

static void prospects_count_among_those_that_break_no_more(void **state) {
    (void)state;
    stage_begin(&s, &test, constrained(RUNGS_AUTO), 16);
    for (uint32_t i = 0; i < 9; i++)
        stage_start(&s);
    for (uint32_t i = 0; i < 4; i++) /* the first run to the end */
        assert_int_equal(breaks(i, 5 + i, 0), RUNGS_GO_ON);
    assert_int_equal(breaks(4, -100, 0.5), RUNGS_PAUSE);
    assert_int_equal(breaks(5, 1, 0), RUNGS_GO_ON);
    assert_int_equal(breaks(6, 4, 0), RUNGS_GO_ON);
    stage_expect_new(&s);
    rungs_break(s.rungs, 7, 0.125);
    rungs_report(s.rungs, 7, 1, -100);
    assert_int_equal(rungs_judge(s.rungs, 7, false), RUNGS_STOP); /* it has no checkpoint */
    for (uint32_t i = 0; i < 9; i++) {
        if (i != 4)
            stage_finish(&s, i, ENDED_WELL, i);
    }
    assert_int_equal(stage_choose(&s, false).next, RUNGS_WAIT);
    stage_end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asha_promotes_the_best_third),
        cmocka_unit_test(asha_looks_at_higher_rungs_first),
        cmocka_unit_test(the_best_value_until_then_counts),
        cmocka_unit_test(a_report_speaks_of_the_highest_rung),
        cmocka_unit_test(nobody_is_stopped_before_others_stood_there),
        cmocka_unit_test(patience_waits_for_those_that_still_improve),
        cmocka_unit_test(the_best_is_brought_to_its_end),
        cmocka_unit_test(who_failed_is_not_resumed),
        cmocka_unit_test(who_breaks_constraints_waits_behind_all_others),
        cmocka_unit_test(who_breaks_constraints_more_is_stopped_whatever_his_value),
        cmocka_unit_test(prospects_count_among_those_that_break_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
