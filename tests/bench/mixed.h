/* mixed - a study over eight mixed parameters and something to find in it: for benchmarks. */
#ifndef ZYG_BENCH_MIXED_H
#define ZYG_BENCH_MIXED_H

#include "actors/tuner/study.h"
#include "proto/base/check.h"
#include "proto/base/rng.h"

#include <math.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { MIXED_PARAMS = 8 };

struct mixed {
    struct job job;
    struct param params[MIXED_PARAMS];
    struct value choices[6];
    enum goal goal;
    struct study *study;
    struct space space;
    void *memory;
    size_t bytes;
    alignas(max_align_t) uint8_t arena[1 << 16];
};

static inline struct param mixed_range(const char *name, enum param_kind kind, double low,
                                       double high, enum scale scale) {
    return (struct param){
        .name = span_text(name), .kind = kind, .low = low, .high = high, .scale = scale};
}

static inline void mixed_begin(struct mixed *m, enum method method, uint64_t trials,
                               uint32_t loaded) {
    static const char *const texts[] = {"a", "b", "c", "d", "e", "f"};
    struct arena arena = arena_of(m->arena, sizeof m->arena);
    struct job_fault fault;
    for (int i = 0; i < 6; i++)
        m->choices[i] = (struct value){.kind = VALUE_TEXT, .text = span_text(texts[i])};
    m->params[0] = mixed_range("rate", PARAM_FLOAT, 1e-5, 1, SCALE_LOG);
    m->params[1] = mixed_range("decay", PARAM_FLOAT, 1e-6, 0.1, SCALE_LOG);
    m->params[2] = mixed_range("momentum", PARAM_FLOAT, 0, 1, SCALE_LINEAR);
    m->params[3] = mixed_range("dropout", PARAM_FLOAT, 0, 0.8, SCALE_LINEAR);
    m->params[4] = mixed_range("layers", PARAM_INT, 1, 12, SCALE_LINEAR);
    m->params[5] = mixed_range("width", PARAM_INT, 8, 1024, SCALE_LOG);
    m->params[6] = mixed_range("kind", PARAM_CHOICE, 0, 0, SCALE_LINEAR);
    m->params[7] = mixed_range("loss", PARAM_CHOICE, 0, 0, SCALE_LINEAR);
    m->params[6].choices = m->params[7].choices = m->choices;
    m->params[6].choices_count = 6;
    m->params[7].choices_count = 3;
    m->job = (struct job){.method = method,
                          .trials = trials,
                          .seed = 1,
                          .params = m->params,
                          .params_count = MIXED_PARAMS};
    ensure(job_check_space(&m->job, &arena, &fault));
    m->goal = GOAL_MINIMIZE;
    const struct study_setup setup = {.job = &m->job,
                                      .goals = &m->goal,
                                      .objectives = 1,
                                      .workers = 16,
                                      .steps = 1,
                                      .loaded = loaded};
    m->bytes = study_bytes(&setup);
    m->memory = mmap(NULL, m->bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ensure(m->memory != MAP_FAILED);
    struct arena for_study = arena_of(m->memory, m->bytes);
    m->study = study_init(&setup, &for_study);
    ensure(m->study != NULL);
    space_of(&m->space, &m->job);
}

static inline void mixed_end(struct mixed *m) {
    munmap(m->memory, m->bytes);
}

/* Smooth, with a slope in each parameter and a little noise. */
static inline double mixed_value(const struct mixed *m, uint32_t trial, struct rng *r) {
    const float *point = trials_point(study_trials(m->study), trial);
    double sum = 0.01 * rng_unit(r);
    for (uint32_t i = 0; i < MIXED_PARAMS; i++)
        sum += (point[i] - 0.1 * (i + 1)) * (point[i] - 0.1 * (i + 1));
    return sum;
}

static inline void mixed_tell(struct mixed *m, uint32_t trial, struct rng *r) {
    double value = mixed_value(m, trial, r);
    const struct study_result result = {.state = ENDED_WELL, .values = &value, .seconds = 1};
    ensure(study_tell(m->study, trial, &result));
}

/* Of this process: what others do at the same time is not counted. */
static inline double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

#endif
