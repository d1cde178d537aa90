/* searched - what a method sees of a test job: its space, no trial yet. */
#ifndef ZYG_TEST_SEARCHED_H
#define ZYG_TEST_SEARCHED_H

#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/algo/algo.h"

#include <stdlib.h>

struct searched {
    struct space space;
    struct trials trials;
    struct brief brief;
    void *memory;
};

/* For one objective and no learning curves; the job is borrowed. */
static inline void search_begin(struct searched *s, const struct job *job, uint32_t capacity) {
    space_of(&s->space, job);
    size_t size = trials_bytes(&s->space, 1, 1, capacity) + 1024;
    s->memory = malloc(size);
    struct arena arena = arena_of(s->memory, size);
    assert_true(trials_init(&s->trials, &s->space, 1, 1, capacity, &arena));
    s->brief = (struct brief){
        .job = job, .space = &s->space, .trials = &s->trials, .workers = 1, .budget = job->trials};
}

static inline void search_end(struct searched *s) {
    free(s->memory);
}

/* What a method without state and without trials proposes. */
static inline void propose_alone(const struct algo *algo, const struct job *job, uint64_t number,
                                 struct value *values) {
    struct searched s;
    search_begin(&s, job, 1);
    assert_true(algo->propose(NULL, &s.brief, number, values));
    search_end(&s);
}

#endif
