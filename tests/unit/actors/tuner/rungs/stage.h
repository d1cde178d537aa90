/* stage - trials without a method, told by hand. */
#ifndef ZYG_TEST_RUNGS_STAGE_H
#define ZYG_TEST_RUNGS_STAGE_H

#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/rungs/rungs.h"

#include <math.h>
#include <stdlib.h>

struct stage {
    struct test_job *test;
    struct space space;
    struct trials trials;
    struct rungs *rungs;
    struct rungs_setup setup;
    void *memory;
};

/* As the papers have it: from the first trial on, nobody let through, noise not looked at. */
static inline struct rungs_setup stage_plain(enum rungs_policy policy, uint32_t steps) {
    return (struct rungs_setup){.policy = policy,
                                .steps = steps,
                                .first = 1,
                                .eta = 3,
                                .others = 1,
                                .pass = -1,
                                .sigmas = -1,
                                .workers = 8,
                                .copies = true};
}

static inline void stage_begin(struct stage *s, struct test_job *test, struct rungs_setup setup,
                               uint32_t capacity) {
    job_begin(test, METHOD_RANDOM, capacity);
    add_range(test, "x", PARAM_FLOAT, 0, 1);
    job_end(test);
    s->test = test;
    space_of(&s->space, &test->job);
    rungs_settle(&setup);
    s->setup = setup;
    size_t size = trials_bytes(&s->space, 1, rungs_count(&setup), capacity) +
                  rungs_bytes(&setup, capacity) + 4096;
    s->memory = malloc(size);
    struct arena arena = arena_of(s->memory, size);
    assert_true(trials_init(&s->trials, &s->space, 1, rungs_count(&setup), capacity, &arena));
    s->rungs = rungs_init(&s->setup, &s->trials, &arena);
    assert_non_null(s->rungs);
}

static inline void stage_end(struct stage *s) {
    free(s->memory);
}

static inline uint32_t stage_start(struct stage *s) {
    struct value x = float_value((double)s->trials.count / s->trials.capacity);
    uint32_t trial = trials_add(&s->trials, &x);
    rungs_begin(s->rungs, trial, UINT32_MAX);
    return trial;
}

static inline enum rungs_verdict stage_report(struct stage *s, uint32_t trial, uint32_t step,
                                              double value) {
    rungs_report(s->rungs, trial, step, value);
    enum rungs_verdict verdict = rungs_judge(s->rungs, trial, true);
    if (verdict == RUNGS_PAUSE)
        assert_true(rungs_rest(s->rungs, trial));
    return verdict;
}

static inline void stage_finish(struct stage *s, uint32_t trial, enum trial_state state,
                                double value) {
    bool badly = state == ENDED_BADLY;
    rungs_end(s->rungs, trial, state == ENDED_WELL, badly ? NAN : value, NULL);
    trials_end(&s->trials, trial, state, badly ? NULL : &value, 0, 0);
}

static inline struct rungs_choice stage_choose(struct stage *s, bool may_start) {
    struct rungs_choice choice;
    rungs_choose(s->rungs, may_start ? RUNGS_ANYTHING_NEW : RUNGS_NOTHING_NEW, NULL, &choice);
    return choice;
}

static inline void stage_expect_new(struct stage *s) {
    assert_int_equal(stage_choose(s, true).next, RUNGS_NEW);
}

static inline void stage_expect_resumed(struct stage *s, uint32_t trial, uint32_t until) {
    struct rungs_choice choice = stage_choose(s, true);
    assert_int_equal(choice.next, RUNGS_RESUME);
    assert_int_equal(choice.trial, trial);
    assert_int_equal(choice.until, until);
    assert_int_equal(s->trials.states[trial], AT_WORK);
}

#endif
