/* played - a whole search of a test job, with workers that end one after the other. */
#ifndef ZYG_TEST_PLAYED_H
#define ZYG_TEST_PLAYED_H

#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/study.h"

#include <math.h>
#include <stdlib.h>

enum { PLAYED_MOST = 512 };

/* What a configuration is worth (less is better); NAN: it fails. */
typedef double worth_fn(const struct job *job, const struct value *values);

struct played {
    uint32_t count; /* trials that were started */
    struct value values[PLAYED_MOST][JOB_PARAMS_MAX];
    double worth[PLAYED_MOST];
    double best;
};

static inline bool same_values(const struct job *job, const struct value *a,
                               const struct value *b) {
    for (uint32_t j = 0; j < job->params_count; j++) {
        if (a[j].kind != b[j].kind || (a[j].kind != VALUE_NONE && !value_equal(&a[j], &b[j])))
            return false;
    }
    return true;
}

static inline void played_check(const struct played *p, const struct job *job) {
    const struct value *newest = p->values[p->count - 1];
    uint32_t wrong;
    assert_true(job_config_valid(job, newest, &wrong));
    for (uint32_t i = 0; i + 1 < p->count; i++)
        assert_false(same_values(job, p->values[i], newest));
}

static inline void played_tell(struct study *s, struct played *p, uint32_t trial) {
    double worth = p->worth[trial];
    struct study_result result = {.state = isnan(worth) ? ENDED_BADLY : ENDED_WELL,
                                  .values = isnan(worth) ? NULL : &worth};
    assert_true(study_tell(s, trial, &result));
    if (worth < p->best)
        p->best = worth;
}

/* A worth_fn of job_conditional: svm fails with a large C; else the forest with 30 trees is best, next the
 * polynomial of degree 3. */
static inline double worth_of_learners(const struct job *job, const struct value *values) {
    (void)job;
    if (values[4].kind != VALUE_NONE)
        return fabs((double)values[4].integer - 30);
    if (values[1].real > 100)
        return NAN;
    return 2 + fabs(log10(values[1].real)) + (values[3].kind != VALUE_NONE ? 0 : 1);
}

/* Until the budget is spent or nothing is left. Every proposal must be valid and new; with several
 * workers the one that ends is not always the oldest. prepare: calls study_prepare before some of
 * the questions, which must not change any answer. */
static inline void play(struct played *p, const struct job *job, uint32_t workers, worth_fn *worth,
                        bool prepare) {
    const enum goal goal = GOAL_MINIMIZE;
    const struct study_setup setup = {
        .job = job, .goals = &goal, .objectives = 1, .workers = workers, .steps = 1};
    size_t size = study_bytes(&setup);
    void *memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    struct study *s = study_init(&setup, &arena);
    uint32_t running[64];
    uint32_t busy = 0;
    assert_non_null(s);
    assert_true(workers <= 64);
    *p = (struct played){.best = INFINITY};
    for (;;) {
        struct study_proposal proposal;
        if (prepare && p->count % 3 != 0)
            study_prepare(s);
        study_ask(s, &proposal);
        if (proposal.answer != STUDY_START)
            break;
        assert_int_equal(proposal.trial, p->count);
        assert_true(p->count < PLAYED_MOST);
        memcpy(p->values[p->count], proposal.values, job->params_count * sizeof(struct value));
        p->worth[p->count] = worth(job, proposal.values);
        running[busy++] = p->count++;
        played_check(p, job);
        if (busy < workers)
            continue;
        uint32_t ends = p->count * 7 % busy;
        played_tell(s, p, running[ends]);
        running[ends] = running[--busy];
    }
    free(memory);
}

static inline double worth_of_number(const struct job *job, const struct value *values) {
    (void)job;
    return (double)values[0].integer;
}

/* Of 2 * numbers configurations each comes once, then nothing. */
static inline void play_small_space(struct played *p, struct test_job *t, enum method method,
                                    uint32_t numbers) {
    job_begin(t, method, 100);
    add_range(t, "n", PARAM_INT, 1, numbers);
    add_choice(t, "c", (const char *const[]){"a", "b", NULL});
    job_end(t);
    play(p, &t->job, 3, worth_of_number, false);
    assert_int_equal(p->count, 2 * numbers);
}

#endif
