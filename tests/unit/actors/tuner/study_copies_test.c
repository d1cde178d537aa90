/* What a study of a population (scheduler pbt) answers, and what it makes of copies. */
#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/study.h"

#include <stdlib.h>

enum { STEPS = 9, POPULATION = 3, GIVEN = 5 };

static struct test_job test;
static struct study *study;
static void *memory;
static struct value given[GIVEN];

static void begin(uint32_t given_count) {
    static const enum goal goals[] = {GOAL_MINIMIZE};
    job_begin(&test, METHOD_RANDOM, 20);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    for (uint32_t i = 0; i < given_count; i++)
        given[i] = float_value(0.01 * (i + 1));
    test.job.configs = given;
    test.job.configs_count = given_count;
    job_end(&test);
    const struct study_setup setup = {
        .job = &test.job,
        .goals = goals,
        .objectives = 1,
        .workers = POPULATION,
        .steps = STEPS,
        .loaded = 2,
        .rungs = {.policy = RUNGS_PBT,
                  .first = 1,
                  .others = POPULATION - 1,
                  .sigmas = -1,
                  .copies = true},
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

static struct study_proposal ask(void) {
    struct study_proposal p;
    study_ask(study, &p);
    assert_int_equal(p.answer, STUDY_START);
    return p;
}

static void tell(uint32_t trial, enum trial_state state, double value) {
    const struct study_result result = {
        .state = state, .values = state == ENDED_BADLY ? NULL : &value, .seconds = 1};
    assert_true(study_tell(study, trial, &result));
}

/* The first three stand at the first rung, and the last of them is stopped there. */
static void stop_one(void) {
    for (uint32_t i = 0; i < POPULATION; i++) {
        enum study_verdict verdict;
        assert_int_equal(ask().parent, STUDY_NO_PARENT);
        assert_true(study_report(study, i, 1, i, &verdict));
        assert_int_equal(verdict, i + 1 < POPULATION ? STUDY_GO_ON : STUDY_STOP);
    }
    tell(POPULATION - 1, ENDED_SOON, POPULATION - 1);
}

static void what_was_asked_for_first_is_no_copy(void **state) {
    (void)state;
    begin(GIVEN);
    stop_one();
    for (uint32_t i = POPULATION; i < GIVEN; i++) {
        const struct study_proposal p = ask();
        assert_int_equal(p.parent, STUDY_NO_PARENT);
        assert_true(p.values[0].real == given[i].real);
    }
    assert_int_equal(ask().parent, 0);
}

static void nobody_is_copied_for_who_failed_elsewhere(void **state) {
    const struct study_result failed = {.state = ENDED_BADLY};
    enum study_verdict verdict;
    const struct value x = float_value(0.5);
    (void)state;
    begin(0);
    assert_true(study_load(study, &x, &failed));
    const uint32_t first = ask().trial;
    assert_true(study_report(study, first, 1, 1, &verdict));
    assert_int_equal(ask().parent, STUDY_NO_PARENT);
    tell(first + 1, ENDED_BADLY, 0);
    assert_int_equal(ask().parent, first); /* in place of that one */
    assert_int_equal(ask().parent, STUDY_NO_PARENT);
}

/* Nobody knows what its parent's steps cost. */
static void what_a_copy_cost_says_nothing(void **state) {
    uint32_t adopted;
    (void)state;
    begin(0);
    stop_one();
    assert_true(study_trials(study)->seconds[POPULATION - 1] == STEPS);
    const struct study_proposal copy = ask();
    assert_int_equal(copy.parent, 0);
    tell(copy.trial, ENDED_WELL, 0);
    assert_true(study_trials(study)->seconds[copy.trial] == 0);
    const struct value x = float_value(0.5);
    assert_true(study_adopt(study, &x, true, &adopted));
    tell(adopted, ENDED_WELL, 0);
    assert_true(study_trials(study)->seconds[adopted] == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_was_asked_for_first_is_no_copy, end),
        cmocka_unit_test_teardown(nobody_is_copied_for_who_failed_elsewhere, end),
        cmocka_unit_test_teardown(what_a_copy_cost_says_nothing, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
