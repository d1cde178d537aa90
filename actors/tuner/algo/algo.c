#include "actors/tuner/algo/algo.h"

#include "actors/tuner/space/allowed.h"
#include "proto/base/check.h"
#include "proto/base/rng.h"

#include <string.h>

/* So many configurations are looked through when tries do not find a new one. */
enum { SEARCHED_MOST = 65536 };

static const struct algo *const algos[METHOD_COUNT] = {
#define METHOD(NAME, name) [METHOD_##NAME] = &algo_##name,
#include "proto/job/methods.def"
#undef METHOD
};

const struct algo *algo_of(enum method method) {
    ensure(method < METHOD_COUNT);
    return algos[method];
}

const struct algo *algo_named(struct span name) {
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (span_is(name, algos[i]->name))
            return algos[i];
    }
    return NULL;
}

enum method algo_lighter(enum method method, uint32_t objectives) {
    bool has_process = method == METHOD_AUTO || method == METHOD_GP || method == METHOD_PARETO;
    if (!has_process)
        return METHOD_RANDOM;
    return objectives > 1 ? METHOD_NSGA2 : METHOD_TPE;
}

double algo_stage(const struct brief *b, uint32_t rung) {
    return b->rungs != NULL ? rungs_stage(b->rungs, rung) : 1;
}

static bool is_new(const struct brief *b, const double *point, struct value *values) {
    space_values(b->space, point, values);
    return space_allows(b->space, values) && !trials_know(b->trials, space_key(b->space, values));
}

/* In a circle from a place that differs each time, so that no corner is preferred. */
static bool search_through(const struct brief *b, double *point, struct value *values) {
    space_values(b->space, point, values);
    uint64_t first = space_key(b->space, values);
    for (int i = 0; i < SEARCHED_MOST; i++) {
        space_next(b->space, point);
        if (is_new(b, point, values))
            return true;
        if (space_key(b->space, values) == first)
            return false;
    }
    return false;
}

/* One coordinate elsewhere, if that is allowed. */
static void move_one(const struct brief *b, struct rng *r, double *point, struct value *values) {
    uint32_t i = (uint32_t)rng_below(r, b->space->dims);
    double before = point[i];
    point[i] = rng_unit(r);
    space_values(b->space, point, values);
    if (!space_allows(b->space, values))
        point[i] = before;
}

bool algo_fresh(const struct brief *b, struct rng *r, double *point, struct value *values) {
    bool found = allowed_near(b->space, r, point, values);
    for (int tries = 0; found; tries++) {
        if (is_new(b, point, values))
            return true;
        if (tries + 1 == ALGO_TRIES || b->space->dims == 0)
            break;
        if (tries < ALGO_TRIES / 2)
            move_one(b, r, point, values);
        else
            found = allowed_draw(b->space, r, point, values);
    }
    return search_through(b, point, values);
}
