/* jobs - small jobs for the tuner's tests, checked as every job is. */
#ifndef ZYG_TEST_JOBS_H
#define ZYG_TEST_JOBS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/job/job.h"

#include <stdalign.h>
#include <string.h>

enum { JOB_PARAMS_MAX = 10, JOB_CHOICES_MAX = 8 };

struct test_job {
    struct job job;
    struct param params[JOB_PARAMS_MAX];
    struct value choices[JOB_PARAMS_MAX][JOB_CHOICES_MAX];
    struct span command;
    alignas(max_align_t) uint8_t memory[JOB_ARENA_BYTES];
};

static inline struct value text_value(const char *text) {
    return (struct value){.kind = VALUE_TEXT, .text = span_text(text)};
}

static inline struct value float_value(double real) {
    return (struct value){.kind = VALUE_FLOAT, .real = real};
}

static inline struct value int_value(int64_t integer) {
    return (struct value){.kind = VALUE_INT, .integer = integer};
}

static inline void job_begin(struct test_job *t, enum method method, uint64_t trials) {
    memset(&t->job, 0, sizeof t->job);
    memset(t->params, 0, sizeof t->params);
    t->command = span_text("train");
    t->job = (struct job){
        .name = span_text("test"),
        .dir = span_text("/tmp"),
        .method = method,
        .trials = trials,
        .seed = 1,
        .params = t->params,
        .argv = &t->command,
        .argv_count = 1,
        .limits = {.grace = LIMITS_GRACE_DEFAULT, .output = LIMITS_OUTPUT_DEFAULT},
    };
}

static inline struct param *add_range(struct test_job *t, const char *name, enum param_kind kind,
                                      double low, double high) {
    struct param *p = &t->params[t->job.params_count++];
    *p = (struct param){.name = span_text(name), .kind = kind, .low = low, .high = high};
    return p;
}

/* texts: ended by NULL. */
static inline struct param *add_choice(struct test_job *t, const char *name,
                                       const char *const *texts) {
    uint32_t position = t->job.params_count++;
    struct param *p = &t->params[position];
    *p = (struct param){
        .name = span_text(name), .kind = PARAM_CHOICE, .choices = t->choices[position]};
    for (; texts[p->choices_count] != NULL; p->choices_count++)
        t->choices[position][p->choices_count] = text_value(texts[p->choices_count]);
    return p;
}

static inline void job_end(struct test_job *t) {
    struct job_fault fault = {.at = 0};
    struct arena arena = arena_of(t->memory, sizeof t->memory);
    bool good = job_check(&t->job, &arena, &fault);
    assert_string_equal(fault.what, "");
    assert_true(good);
}

/* Techniques with hyperparameters of their own: learner always, C and kernel for svm, degree for
 * its polynomial. */
static inline void job_conditional(struct test_job *t, enum method method, uint64_t trials) {
    job_begin(t, method, trials);
    add_choice(t, "learner", (const char *const[]){"svm", "forest", NULL});
    struct param *c = add_range(t, "C", PARAM_FLOAT, 0.001, 1000);
    c->scale = SCALE_LOG;
    c->points = 7;
    c->when_text = span_text("learner == svm");
    add_choice(t, "kernel", (const char *const[]){"rbf", "poly", NULL})->when_text =
        span_text("learner == svm");
    add_range(t, "degree", PARAM_INT, 2, 4)->when_text = span_text("kernel == poly");
    add_range(t, "trees", PARAM_INT, 10, 50)->when_text = span_text("learner == forest");
    t->params[4].step = 10;
    job_end(t);
}

#endif
