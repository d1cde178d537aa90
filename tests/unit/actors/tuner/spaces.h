/* spaces - random jobs to search: ints, steps, logs, choices, conditions in conditions. */
#ifndef ZYG_TEST_SPACES_H
#define ZYG_TEST_SPACES_H

#include "tests/unit/actors/tuner/jobs.h"

#include "proto/base/rng.h"

#include <stdio.h>

/* The texts of conditions. */
struct space_words {
    char when[JOB_PARAMS_MAX][64];
};

static inline void random_range(struct test_job *t, struct rng *r, const char *name, bool finite) {
    bool whole = finite || rng_below(r, 2) == 0;
    struct param *p = add_range(t, name, whole ? PARAM_INT : PARAM_FLOAT, 1, 1);
    if (finite) {
        p->high = (double)(1 + rng_below(r, 3));
        p->scale = rng_below(r, 2) == 0 ? SCALE_LOG : SCALE_LINEAR;
        return;
    }
    p->high = whole ? (double)(1 + rng_below(r, 200)) : 1 + 100 * rng_unit(r);
    if (rng_below(r, 3) == 0)
        p->scale = SCALE_LOG;
    else if (rng_below(r, 3) == 0 && p->high > 2)
        p->step = whole ? 2 : (p->high - 1) / 8;
}

/* Under an earlier parameter, which may have a condition of its own. */
static inline void random_when(struct test_job *t, struct rng *r, char text[64], uint32_t i) {
    uint32_t parent = (uint32_t)rng_below(r, i);
    const struct param *p = &t->params[parent];
    if (p->kind == PARAM_CHOICE && rng_below(r, 2) == 0)
        snprintf(text, 64, "p%u == a", parent);
    else if (p->kind == PARAM_CHOICE)
        snprintf(text, 64, "p%u in [b, c] or p%u == d", parent, parent);
    else
        snprintf(text, 64, "p%u %s %g", parent, rng_below(r, 2) == 0 ? "<=" : ">",
                 (p->low + p->high) / 2);
    t->params[i].when_text = span_text(text);
}

/* finite: at most 64 configurations. */
static inline void random_space(struct test_job *t, struct space_words *words, enum method method,
                                uint64_t number, bool finite) {
    static const char *const letters[] = {"a", "b", "c", "d", "e", "f", "g", NULL};
    static const char *const names[JOB_PARAMS_MAX] = {"p0", "p1", "p2", "p3",
                                                      "p4", "p5", "p6", "p7"};
    struct rng r = rng_of(20261122, finite ? 2 : 1, number);
    uint32_t count = 1 + (uint32_t)rng_below(&r, finite ? 3 : JOB_PARAMS_MAX);
    job_begin(t, method, 1000);
    t->job.seed = number;
    for (uint32_t i = 0; i < count; i++) {
        if (rng_below(&r, 2) == 0)
            add_choice(t, names[i], finite ? letters + 3 : letters);
        else
            random_range(t, &r, names[i], finite);
        if (t->params[i].kind == PARAM_CHOICE && finite) { /* a to d */
            memcpy(t->choices[i],
                   (struct value[]){text_value("a"), text_value("b"), text_value("c"),
                                    text_value("d")},
                   4 * sizeof(struct value));
            t->params[i].choices_count = 4;
        }
        if (i > 0 && rng_below(&r, 2) == 0)
            random_when(t, &r, words->when[i], i);
    }
    job_end(t);
}

#endif
