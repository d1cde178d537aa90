#include "tests/unit/actors/tuner/rungs/stage.h"

#include "actors/tuner/num/draw.h"
#include "proto/base/rng.h"

static struct test_job test;
static struct stage s;

/* Vizier: stopped when the best until now is worse than the median of the running averages of those
 * that ended. */
static void median_compares_with_running_averages(void **state) {
    (void)state;
    stage_begin(&s, &test, stage_plain(RUNGS_MEDIAN, 9), 16);
    /* Averages until step 3: 4, 5, 6. */
    for (uint32_t i = 0; i < 3; i++) {
        stage_start(&s);
        for (uint32_t step = 1; step <= 3; step++)
            assert_int_equal(stage_report(&s, i, step, 6.0 + i - step), RUNGS_GO_ON);
    }
    for (uint32_t i = 0; i < 3; i++)
        stage_finish(&s, i, ENDED_WELL, 3);
    /* The best half of three is one: the bar is 4. */
    stage_start(&s);
    stage_report(&s, 3, 1, 4.5);
    stage_report(&s, 3, 2, 9);
    assert_int_equal(stage_report(&s, 3, 3, 9), RUNGS_STOP); /* best 4.5 > 4 */
    stage_start(&s);
    stage_report(&s, 4, 1, 4.9);
    stage_report(&s, 4, 2, 3.9);
    assert_int_equal(stage_report(&s, 4, 3, 9), RUNGS_GO_ON); /* best 3.9 */
    stage_end(&s);
}

/* Who passed step 3 without a word is no yardstick there: averages 4 and 6 are, the bar is 4. */
static void median_leaves_out_what_it_was_not_told(void **state) {
    (void)state;
    stage_begin(&s, &test, stage_plain(RUNGS_MEDIAN, 9), 16);
    for (uint32_t i = 0; i < 3; i++) {
        stage_start(&s);
        assert_int_equal(stage_report(&s, i, i == 1 ? 2 : 3, 4 + i), RUNGS_GO_ON);
    }
    assert_int_equal(stage_report(&s, 1, 2, 0), RUNGS_GO_ON);
    for (uint32_t i = 0; i < 3; i++)
        stage_finish(&s, i, ENDED_WELL, 3);
    stage_start(&s);
    assert_int_equal(stage_report(&s, 3, 3, 4.5), RUNGS_STOP);
    stage_start(&s);
    assert_int_equal(stage_report(&s, 4, 3, 3.9), RUNGS_GO_ON);
    stage_end(&s);
}

/* PASHA: nobody goes beyond rung 1 as long as the order there is that of rung 0. */
static void pasha_grows_when_the_order_changes(void **state) {
    (void)state;
    stage_begin(&s, &test, stage_plain(RUNGS_PASHA, 27), 64);
    for (uint32_t i = 0; i < 9; i++) {
        stage_start(&s);
        assert_int_equal(stage_report(&s, i, 1, i), RUNGS_PAUSE);
    }
    for (uint32_t i = 0; i < 3; i++) {
        stage_expect_resumed(&s, i, 3);
        assert_int_equal(stage_report(&s, i, 3, i - 0.5), RUNGS_PAUSE);
    }
    stage_expect_new(&s); /* three at rung 1, in the order of rung 0 */
    for (uint32_t i = 9; i < 12; i++) {
        stage_start(&s);
        assert_int_equal(stage_report(&s, i, 1, i), RUNGS_PAUSE);
    }
    stage_expect_resumed(&s, 3, 3);
    assert_int_equal(stage_report(&s, 3, 3, -1), RUNGS_GO_ON); /* last below, first here */
    assert_int_equal(stage_report(&s, 3, 9, -1), RUNGS_PAUSE);
    stage_end(&s);
}

/* Of two orders that values do not tell apart: the first breaks a constraint by the second rung. */
static void pasha_grows_when_one_breaks_constraints(void **state) {
    (void)state;
    struct rungs_setup setup = stage_plain(RUNGS_PASHA, 27);
    setup.constrained = true;
    for (uint32_t breaks = 0; breaks < 2; breaks++) {
        stage_begin(&s, &test, setup, 64);
        for (uint32_t i = 0; i < 12; i++) {
            stage_start(&s);
            assert_int_equal(stage_report(&s, i, 1, i), RUNGS_PAUSE);
        }
        for (uint32_t i = 0; i < 3; i++) {
            stage_expect_resumed(&s, i, 3);
            rungs_break(s.rungs, i, i == 0 && breaks ? 0.5 : 0);
            /* With three of them there one goes on: the best that breaks none, once it may. */
            assert_int_equal(stage_report(&s, i, 3, i - 0.5), RUNGS_PAUSE);
        }
        struct rungs_choice choice = stage_choose(&s, true);
        assert_int_equal(choice.next, RUNGS_RESUME);
        assert_int_equal(choice.trial, breaks ? 1 : 3); /* from rung 1, or from rung 0 */
        stage_end(&s);
    }
}

/* Its whole way is told of each, one after the other, as when a job is opened again: who stood above the ceiling then counts when
 * that rises. */
static void pasha_knows_who_was_above_before(void **state) {
    static const double ways[][3] = {{0, 0, -2}, {1, 1, -3}, {2, -1, 0}};
    (void)state;
    stage_begin(&s, &test, stage_plain(RUNGS_PASHA, 27), 64);
    for (uint32_t i = 0; i < 3; i++) {
        stage_start(&s);
        for (uint32_t rung = 0, step = 1; rung < (i == 2 ? 2 : 3); rung++, step *= 3)
            rungs_report(s.rungs, i, step, ways[i][rung]);
    }
    /* The third has changed the order at rung 1, and that of the first two was another at rung 2. */
    stage_start(&s);
    for (uint32_t step = 1; step <= 9; step *= 3)
        rungs_report(s.rungs, 3, step, -5);
    assert_int_equal(rungs_judge(s.rungs, 3, true), RUNGS_GO_ON);
    stage_end(&s);
}

/* Differences that the curves' noise explains leave the order as it was (soft ranking). */
static void pasha_does_not_grow_for_noise(void **state) {
    (void)state;
    struct rungs_setup setup = stage_plain(RUNGS_PASHA, 27);
    setup.first = 6;
    setup.eta = 2;
    setup.sigmas = 2;
    stage_begin(&s, &test, setup, 64);
    for (uint32_t i = 0; i < 4; i++) {
        stage_start(&s);
        for (uint32_t step = 1; step < 6; step++)
            stage_report(&s, i, step, 1 + step % 2); /* a variance of 16 / 6 */
        assert_int_equal(stage_report(&s, i, 6, 0.1 * i), RUNGS_PAUSE);
    }
    for (uint32_t i = 0; i < 2; i++) {
        stage_expect_resumed(&s, i, 12);
        assert_int_equal(stage_report(&s, i, 12, -1.0 - i), RUNGS_PAUSE);
    }
    stage_expect_new(&s);
    stage_end(&s);
}

static void finish_runs_the_best_few_to_the_end(void **state) {
    (void)state;
    stage_begin(&s, &test, stage_plain(RUNGS_FINISH, 9), 64);
    for (uint32_t i = 0; i < 8; i++) {
        stage_start(&s);
        assert_int_equal(stage_report(&s, i, 1, 10 - (i == 4)), RUNGS_PAUSE);
        stage_expect_new(&s);
    }
    stage_start(&s);
    stage_report(&s, 8, 1, 11);
    struct rungs_choice choice = stage_choose(&s, true); /* one of nine */
    assert_int_equal(choice.next, RUNGS_RESUME);
    assert_int_equal(choice.trial, 4);
    assert_int_equal(choice.until, 9);
    assert_int_equal(stage_report(&s, 4, 3, 9), RUNGS_GO_ON);
    stage_end(&s);
}

static void hyperband_starts_some_higher(void **state) {
    (void)state;
    struct rungs_setup setup = stage_plain(RUNGS_HYPERBAND, 27);
    setup.others = 1000;
    stage_begin(&s, &test, setup, 128);
    for (uint32_t i = 0; i < 100; i++) {
        stage_start(&s);
        uint32_t rung = i == 99 ? 2 : i % 10 == 9 ? 1 : 0;
        static const uint32_t step[] = {1, 3, 9};
        for (uint32_t at = 0; at < rung; at++)
            assert_int_equal(stage_report(&s, i, step[at], 1), RUNGS_GO_ON);
        assert_int_equal(stage_report(&s, i, step[rung], 1), RUNGS_PAUSE);
    }
    stage_end(&s);
}

static void a_population_copies_its_best(void **state) {
    (void)state;
    struct rungs_setup setup = stage_plain(RUNGS_PBT, 20);
    setup.first = 2;
    setup.others = 4;
    stage_begin(&s, &test, setup, 64);
    for (uint32_t i = 0; i < 5; i++) {
        stage_expect_new(&s);
        stage_start(&s);
        assert_int_equal(stage_report(&s, i, 1, 10 * i), RUNGS_GO_ON);
    }
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(stage_report(&s, i, 2, 10 * i), RUNGS_GO_ON);
    assert_int_equal(stage_report(&s, 4, 2, 40), RUNGS_STOP);
    stage_finish(&s, 4, ENDED_SOON, 40);
    struct rungs_choice choice = stage_choose(&s, true);
    assert_int_equal(choice.next, RUNGS_COPY);
    assert_int_equal(choice.trial, 0); /* the best fifth of four is one */
    uint32_t copy = trials_add(&s.trials, choice.values);
    rungs_begin(s.rungs, copy, choice.trial);
    /* It is where its parent is: its first step is the third. What the parent came to there is not its own. */
    assert_int_equal(s.trials.reached[copy], 0);
    stage_expect_new(&s);
    /* Nobody is judged between two of the population's steps. */
    assert_int_equal(stage_report(&s, copy, 3, 99), RUNGS_GO_ON);
    assert_int_equal(stage_report(&s, copy, 4, 99), RUNGS_STOP);
    stage_end(&s);
}

/* Ten are at the first rung and the last is stopped. Of the best two one is copied, unless only others
 * are near, and of those only such as are in the better half; never one that is beyond the last rung. */
static void who_is_copied_is_near(void **state) {
    static const struct {
        uint32_t near, ahead, least, most;
    } cases[] = {{3, 20, 3, 3}, {8, 20, 0, 1}, {20, 20, 0, 1}, {1, 20, 1, 1}, {1, 1, 0, 0}};
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct rungs_setup setup = stage_plain(RUNGS_PBT, 20);
        struct rungs_choice choice;
        setup.first = 4;
        setup.others = 9;
        stage_begin(&s, &test, setup, 64);
        for (uint32_t i = 0; i < 10; i++)
            stage_start(&s);
        for (uint32_t i = 0; i < 9; i++)
            assert_int_equal(stage_report(&s, i, 4, 10 * i), RUNGS_GO_ON);
        assert_int_equal(stage_report(&s, 9, 4, 90), RUNGS_STOP);
        stage_finish(&s, 9, ENDED_SOON, 90);
        if (cases[k].ahead < 10)
            assert_int_equal(stage_report(&s, cases[k].ahead, 16, 0), RUNGS_GO_ON);
        const struct rungs_near near = {.trials = &cases[k].near, .count = 1};
        rungs_choose(s.rungs, RUNGS_ANYTHING_NEW, &near, &choice);
        assert_int_equal(choice.next, RUNGS_COPY);
        assert_in_range(choice.trial, cases[k].least, cases[k].most);
        stage_end(&s);
    }
}

/* Curves that are chance alone, round about the same value: whoever looks at noise stops nobody, as
 * often as they are compared; whoever does not stops many. Of curves that differ by more than their
 * noise he stops, too. */
static uint32_t stopped_of(enum rungs_policy policy, double sigmas, double apart) {
    enum { MANY = 120, LONG = 27 };
    struct rungs_setup setup = stage_plain(policy, LONG);
    struct rng r = rng_of(5, 0, policy);
    uint32_t stopped = 0;
    setup.sigmas = sigmas;
    stage_begin(&s, &test, setup, MANY);
    for (uint32_t i = 0; i < MANY; i += 4) {
        bool ends[4] = {false};
        for (uint32_t k = 0; k < 4; k++)
            stage_start(&s);
        for (uint32_t step = 1; step < LONG; step++) {
            for (uint32_t k = 0; k < 4; k++) {
                double value = apart * (i + k) / MANY + draw_normal(&r);
                if (ends[k] || stage_report(&s, i + k, step, value) == RUNGS_GO_ON)
                    continue;
                ends[k] = true;
                stopped++;
                stage_finish(&s, i + k, ENDED_SOON, value);
            }
        }
        for (uint32_t k = 0; k < 4; k++) {
            if (!ends[k])
                stage_finish(&s, i + k, ENDED_WELL, apart * (i + k) / MANY);
        }
    }
    stage_end(&s);
    return stopped;
}

static void noise_alone_stops_nobody(void **state) {
    (void)state;
    static const enum rungs_policy policies[] = {RUNGS_STOPPING, RUNGS_MEDIAN, RUNGS_PBT};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(stopped_of(policies[i], 0, 0), 0); /* as jobs have it */
        assert_true(stopped_of(policies[i], -1, 0) > 20);
        assert_true(stopped_of(policies[i], 0, 2000) > 20);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(median_compares_with_running_averages),
        cmocka_unit_test(median_leaves_out_what_it_was_not_told),
        cmocka_unit_test(pasha_grows_when_the_order_changes),
        cmocka_unit_test(pasha_grows_when_one_breaks_constraints),
        cmocka_unit_test(pasha_knows_who_was_above_before),
        cmocka_unit_test(pasha_does_not_grow_for_noise),
        cmocka_unit_test(finish_runs_the_best_few_to_the_end),
        cmocka_unit_test(hyperband_starts_some_higher),
        cmocka_unit_test(a_population_copies_its_best),
        cmocka_unit_test(who_is_copied_is_near),
        cmocka_unit_test(noise_alone_stops_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
