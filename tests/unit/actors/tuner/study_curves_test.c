/* What a study says and keeps when trials report step by step. */
#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/study.h"

#include <stdlib.h>

static struct test_job test;
static struct study *study;
static void *memory;

enum { STEPS = 9 };

static void begin(enum goal goal, uint64_t trials, uint32_t others) {
    static enum goal goals[1];
    goals[0] = goal;
    job_begin(&test, METHOD_RANDOM, trials);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    job_end(&test);
    const struct study_setup setup = {
        .job = &test.job,
        .goals = goals,
        .objectives = 1,
        .workers = 4,
        .steps = STEPS,
        .rungs = {.policy = RUNGS_ASHA, .first = 1, .others = others, .pass = -1},
    };
    size_t bytes = study_bytes(&setup);
    memory = malloc(bytes);
    struct arena arena = arena_of(memory, bytes);
    study = study_init(&setup, &arena);
    assert_non_null(study);
}

static int end(void **state) {
    (void)state;
    free(memory);
    return 0;
}

static void expect_ask(enum study_answer answer, uint32_t trial) {
    struct study_proposal p;
    study_ask(study, &p);
    assert_int_equal(p.answer, answer);
    if (answer == STUDY_START || answer == STUDY_RESUME)
        assert_int_equal(p.trial, trial);
    if (answer == STUDY_START)
        assert_int_equal(p.parent, STUDY_NO_PARENT);
}

static void expect_report(uint32_t trial, uint32_t step, double value, enum study_verdict wanted) {
    enum study_verdict verdict;
    assert_true(study_report(study, trial, step, value, &verdict));
    assert_int_equal(verdict, wanted);
}

static bool tell(uint32_t trial, enum trial_state state, double value) {
    const struct study_result result = {
        .state = state, .values = state == ENDED_BADLY ? NULL : &value, .seconds = 1};
    return study_tell(study, trial, &result);
}

static void a_trial_is_worth_its_best_step(void **state) {
    (void)state;
    begin(GOAL_MAXIMIZE, 10, 1);
    expect_ask(STUDY_START, 0);
    expect_report(0, 1, 0.5, STUDY_PAUSE);
    assert_true(study_trials(study)->values[0] == -0.5); /* inside, less is better */
    expect_ask(STUDY_START, 1);
    expect_report(1, 1, 0.4, STUDY_PAUSE);
    expect_ask(STUDY_START, 2);
    expect_report(2, 1, 0.3, STUDY_PAUSE);
    expect_ask(STUDY_RESUME, 0);
    expect_report(0, 2, 0.9, STUDY_GO_ON);
    assert_true(tell(0, ENDED_WELL, 0.7)); /* it ended by itself */
    assert_true(study_trials(study)->values[0] == -0.9);
    assert_true(study_trials(study)->curve[study_trials(study)->rungs - 1] == -0.9);
}

static void what_somebody_else_has_settled_counts(void **state) {
    (void)state;
    const double values[] = {0.7};
    const struct study_result result = {.state = ENDED_WELL, .values = values, .settled = true};
    begin(GOAL_MAXIMIZE, 10, 100);
    expect_ask(STUDY_START, 0);
    expect_report(0, 1, 0.9, STUDY_PAUSE);
    assert_true(study_tell(study, 0, &result));
    assert_true(study_trials(study)->values[0] == -0.7);
    assert_true(study_trials(study)->curve[study_trials(study)->rungs - 1] == -0.7);
}

static void who_was_stopped_would_have_cost_more(void **state) {
    const struct curve curve = {.step = 2, .told = 2, .improved = 1};
    const double value = 3;
    struct study_result result = {.state = ENDED_SOON, .values = &value, .seconds = 1};
    (void)state;
    begin(GOAL_MINIMIZE, 10, 100);
    for (uint32_t i = 0; i < 4; i++)
        expect_ask(STUDY_START, i);
    expect_report(0, 3, 1, STUDY_PAUSE);
    assert_true(tell(0, ENDED_SOON, 3));
    assert_true(study_trials(study)->seconds[0] == 3);
    result.curve = &curve;
    assert_true(study_tell(study, 1, &result));
    assert_true(study_trials(study)->seconds[1] == 4.5);
    assert_true(tell(2, ENDED_SOON, 3)); /* nobody knows where */
    assert_true(study_trials(study)->seconds[2] == 0);
    assert_true(tell(3, ENDED_WELL, 3)); /* by itself */
    assert_true(study_trials(study)->seconds[3] == 1);
}

static void what_cannot_be_changes_nothing(void **state) {
    enum study_verdict verdict;
    (void)state;
    begin(GOAL_MINIMIZE, 10, 1);
    expect_ask(STUDY_START, 0);
    assert_false(study_report(study, 1, 1, 0, &verdict));
    assert_false(study_report(study, 0, 0, 0, &verdict));
    assert_false(study_report(study, 0, STEPS + 1, 0, &verdict));
    expect_report(0, 1, 3, STUDY_PAUSE);
    assert_false(study_report(study, 0, 2, 2, &verdict)); /* it is paused */
    assert_true(tell(0, ENDED_SOON, 3));                  /* nobody wants to wait for it */
    assert_false(tell(0, ENDED_SOON, 3));
}

/* Three trials and no more: none is judged, the best is brought to its end, then it is over. */
static void at_the_end_the_best_goes_all_the_way(void **state) {
    (void)state;
    begin(GOAL_MINIMIZE, 3, 100);
    for (uint32_t i = 0; i < 3; i++) {
        expect_ask(STUDY_START, i);
        if (i < 2)
            expect_report(i, 1, 2.0 - i, STUDY_PAUSE);
    }
    expect_ask(STUDY_WAIT, 0); /* one is at work still */
    assert_true(tell(2, ENDED_BADLY, 0));
    expect_ask(STUDY_RESUME, 1);
    expect_report(1, 3, 0.5, STUDY_PAUSE);
    expect_ask(STUDY_RESUME, 1);
    expect_ask(STUDY_WAIT, 0);
    assert_true(tell(1, ENDED_WELL, 0.5));
    expect_ask(STUDY_OVER, 0); /* the paused one is worse */
}

/* Whoever finds a kernel when it was due and whoever finds it later find the same, though some that broke
 * a constraint then have kept it since, and of others it is known by now what they cost. */
static void work_ahead(bool costs) {
    enum { ROUND = 14, ROUNDS = 3 };
    const enum goal goal = GOAL_MINIMIZE;
    struct study *two[2];
    void *memories[2];
    job_begin(&test, METHOD_GP, ROUND * ROUNDS);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "y", PARAM_FLOAT, 0, 1);
    job_end(&test);
    test.job.cost_aware = costs;
    const struct study_setup setup = {
        .job = &test.job,
        .goals = &goal,
        .objectives = 1,
        .workers = ROUND + 1,
        .steps = STEPS,
        .rungs = {.policy = RUNGS_STOPPING, .first = 1, .others = 100}};
    for (int i = 0; i < 2; i++) {
        const size_t bytes = study_bytes(&setup);
        memories[i] = malloc(bytes);
        struct arena arena = arena_of(memories[i], bytes);
        two[i] = study_init(&setup, &arena);
        assert_non_null(two[i]);
    }
    for (uint32_t from = 0; from < ROUND * ROUNDS; from += ROUND) {
        double values[ROUND];
        for (uint32_t k = 0; k < ROUND; k++) {
            struct study_proposal p[2];
            for (int i = 0; i < 2; i++)
                study_ask(two[i], &p[i]);
            assert_true(p[0].answer == STUDY_START && p[0].trial == from + k);
            assert_true(value_equal(&p[0].values[0], &p[1].values[0]));
            assert_true(value_equal(&p[0].values[1], &p[1].values[1]));
            values[k] = p[0].values[0].real + p[0].values[1].real;
        }
        for (uint32_t step = 1; step < STEPS; step++) {
            for (uint32_t k = 0; k < ROUND; k++) {
                enum study_verdict verdict;
                const double breach = !costs && k % 2 == 1 ? 0.5 : 0;
                for (int i = 0; i < 2; i++) {
                    assert_true(study_break(two[i], from + k, breach));
                    assert_true(
                        study_report(two[i], from + k, step, values[k] + 1.0 / step, &verdict));
                }
                (void)study_prepare(two[1]);
            }
        }
        for (uint32_t k = 0; k < ROUND; k++) {
            const struct study_result result = {.state =
                                                    costs && k % 3 > 0 ? ENDED_SOON : ENDED_WELL,
                                                .values = &values[k],
                                                .breach = !costs && k % 5 == 4 ? 1 : 0,
                                                .seconds = 1 + values[k] * values[k]};
            for (int i = 0; i < 2; i++)
                assert_true(study_tell(two[i], from + k, &result));
            (void)study_prepare(two[1]);
        }
    }
    free(memories[0]);
    free(memories[1]);
}

static void work_ahead_changes_nothing(void **state) {
    (void)state;
    work_ahead(false);
    work_ahead(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_trial_is_worth_its_best_step, end),
        cmocka_unit_test_teardown(what_somebody_else_has_settled_counts, end),
        cmocka_unit_test_teardown(who_was_stopped_would_have_cost_more, end),
        cmocka_unit_test_teardown(what_cannot_be_changes_nothing, end),
        cmocka_unit_test_teardown(at_the_end_the_best_goes_all_the_way, end),
        cmocka_unit_test(work_ahead_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
