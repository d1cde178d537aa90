/* make - jobs for the tests of proto/job, built by hand. */
#ifndef ZYG_TEST_JOB_MAKE_H
#define ZYG_TEST_JOB_MAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/job/job.h"

#define TEXT(text) ((struct span){(const uint8_t *)(text), sizeof(text) - 1})
#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))
#define NONE ((struct value){.kind = VALUE_NONE})
#define BOOL(b) ((struct value){.kind = VALUE_BOOL, .boolean = (b)})
#define INT(i) ((struct value){.kind = VALUE_INT, .integer = (i)})
#define FLOAT(f) ((struct value){.kind = VALUE_FLOAT, .real = (f)})
#define WORD(text_) ((struct value){.kind = VALUE_TEXT, .text = TEXT(text_)})

static uint8_t arena_memory[JOB_ARENA_BYTES];

static inline struct arena fresh_arena(void) {
    return arena_of(arena_memory, sizeof arena_memory);
}

static const struct value learners[] = {{.kind = VALUE_TEXT, .text = {(const uint8_t *)"svm", 3}},
                                        {.kind = VALUE_TEXT, .text = {(const uint8_t *)"knn", 3}},
                                        {.kind = VALUE_TEXT, .text = {(const uint8_t *)"lda", 3}}};
static const struct value kernels[] = {
    {.kind = VALUE_TEXT, .text = {(const uint8_t *)"rbf", 3}},
    {.kind = VALUE_TEXT, .text = {(const uint8_t *)"linear", 6}}};

/* gamma is written before the kernel that decides about it, so that the order of the parameters is
 * not that of the file. */
enum { GAMMA, LEARNER, KERNEL, C, NEIGHBORS, PARAMS };

static inline void job_example_params(struct param *p) {
    memset(p, 0, PARAMS * sizeof *p);
    p[GAMMA] = (struct param){.name = TEXT("gamma"),
                              .kind = PARAM_FLOAT,
                              .low = 0.001,
                              .high = 1,
                              .scale = SCALE_LOG,
                              .points = 4,
                              .when_text = TEXT("kernel != linear")};
    p[LEARNER] = (struct param){
        .name = TEXT("learner"), .kind = PARAM_CHOICE, .choices = learners, .choices_count = 3};
    p[KERNEL] = (struct param){.name = TEXT("kernel"),
                               .kind = PARAM_CHOICE,
                               .choices = kernels,
                               .choices_count = 2,
                               .when_text = TEXT("learner == svm")};
    p[C] = (struct param){.name = TEXT("C"),
                          .kind = PARAM_FLOAT,
                          .low = 0.5,
                          .high = 2,
                          .step = 0.5,
                          .when_text = TEXT("learner == svm")};
    p[NEIGHBORS] = (struct param){.name = TEXT("neighbors"),
                                  .kind = PARAM_INT,
                                  .low = 1,
                                  .high = 5,
                                  .step = 2,
                                  .when_text = TEXT("learner == knn")};
}

/* A valid job with those parameters; not checked yet. */
static inline struct job job_example(struct param *params) {
    static const struct span argv[] = {{(const uint8_t *)"./train", 7},
                                       {(const uint8_t *)"--C={C}", 7}};
    static const struct variable env[] = {
        {{(const uint8_t *)"MODE", 4}, {(const uint8_t *)"{learner}", 9}}};
    job_example_params(params);
    return (struct job){
        .name = TEXT("example"),
        .dir = TEXT("/srv/jobs"),
        .method = METHOD_RANDOM,
        .trials = 20,
        .parallel = 2,
        .seed = 7,
        .objectives = {{.metric = TEXT("accuracy"),
                        .goal = GOAL_MAXIMIZE,
                        .has_target = true,
                        .target = 0.99}},
        .objectives_count = 1,
        .params = params,
        .params_count = PARAMS,
        .argv = argv,
        .argv_count = 2,
        .env = env,
        .env_count = 1,
        .limits = {.wall = 60000, .grace = LIMITS_GRACE_DEFAULT, .output = LIMITS_OUTPUT_DEFAULT},
        .retry = {.crash = 1, .transient = 5},
    };
}

static inline void assert_text(struct span got, const char *expected) {
    size_t same = 0;
    while (same < got.len && expected[same] != '\0' && got.data[same] == (uint8_t)expected[same])
        same++;
    if (!span_is(got, expected))
        fail_msg("from byte %zu expected \"%.60s\", got \"%.*s\"", same, expected + same,
                 (int)(got.len - same < 60 ? got.len - same : 60), (const char *)got.data + same);
}

static inline void assert_value(const struct value *got, struct value expected) {
    if (got->kind != expected.kind || !value_equal(got, &expected))
        fail_msg("a value of kind %d, expected kind %d, or another value of it", (int)got->kind,
                 (int)expected.kind);
}

#endif
