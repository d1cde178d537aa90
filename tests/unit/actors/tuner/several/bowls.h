/* bowls - a search of two objectives with several workers, and what front it finds. */
#ifndef ZYG_TEST_BOWLS_H
#define ZYG_TEST_BOWLS_H

#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/several/hypervolume.h"
#include "actors/tuner/study.h"

#include <math.h>
#include <stdlib.h>

enum { BOWLS_WORKERS = 4, BOWLS_MOST = 400 };

static double bowls_values[BOWLS_MOST * 2];

/* Squared distances from two places; a branch with a number of its own is nearer to the second. The
 * best front lies between the places: x in [0.3, 0.7], y = 0.5, n = 6. */
static inline void bowls_job(struct test_job *t, enum method method, uint64_t trials) {
    job_begin(t, method, trials);
    add_range(t, "x", PARAM_FLOAT, 0, 1);
    add_range(t, "y", PARAM_FLOAT, 0, 1);
    add_range(t, "n", PARAM_INT, 1, 12);
    add_choice(t, "side", (const char *const[]){"left", "right", NULL});
    add_range(t, "z", PARAM_FLOAT, 0, 1)->when_text = span_text("side == right");
    job_end(t);
}

static inline void bowls_at(const struct value *v, double *out) {
    double x = v[0].real, y = v[1].real, n = ((double)v[2].integer - 6) / 12;
    double off = (y - 0.5) * (y - 0.5) + n * n;
    bool right = v[4].kind != VALUE_NONE;
    double z = right ? v[4].real - 0.5 : 0;
    out[0] = (x - 0.3) * (x - 0.3) + off + (right ? 0.05 + z * z : 0);
    out[1] = (x - 0.7) * (x - 0.7) + off + (right ? z * z : 0.05);
}

/* The hypervolume after all trials up to (0.5, 0.5): four at once, the oldest ends first. */
static inline double bowls_search(const struct test_job *t) {
    static const enum goal goals[] = {GOAL_MINIMIZE, GOAL_MINIMIZE};
    static double rows[BOWLS_MOST * 6];
    static uint32_t orders[BOWLS_MOST * 2];
    const double reference[] = {0.5, 0.5};
    const struct study_setup setup = {
        .job = &t->job, .goals = goals, .objectives = 2, .workers = BOWLS_WORKERS, .steps = 1};
    size_t size = study_bytes(&setup);
    void *memory = malloc(size);
    assert_non_null(memory);
    struct arena arena = arena_of(memory, size);
    struct study *s = study_init(&setup, &arena);
    assert_non_null(s);
    uint32_t count = (uint32_t)t->job.trials;
    assert_true(count <= BOWLS_MOST);
    for (uint32_t k = 0, told = 0; told < count; k++) {
        struct study_proposal p;
        study_ask(s, &p);
        if (p.answer == STUDY_START) {
            assert_int_equal(p.trial, k);
            bowls_at(p.values, bowls_values + (size_t)k * 2);
        }
        if (k + 1 < BOWLS_WORKERS)
            continue;
        struct study_result result = {.state = ENDED_WELL,
                                      .values = bowls_values + (size_t)told * 2};
        assert_true(study_tell(s, told++, &result));
    }
    free(memory);
    return hypervolume(bowls_values, 2, count, reference,
                       (struct hypervolume_scratch){.rows = rows, .orders = orders});
}

#endif
