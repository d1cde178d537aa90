#include "actors/tuner/algo/algo.h"

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

static bool is_new(const struct brief *b, const double *point, struct value *values) {
    space_values(b->space, point, values);
    return !trials_know(b->trials, space_key(b->space, values));
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

bool algo_fresh(const struct brief *b, struct rng *r, double *point, struct value *values) {
    uint32_t dims = b->space->dims;
    if (is_new(b, point, values))
        return true;
    for (int tries = 1; tries < ALGO_TRIES && dims > 0; tries++) {
        bool all = tries > ALGO_TRIES / 2;
        for (uint32_t i = all ? 0 : (uint32_t)rng_below(r, dims), end = all ? dims : i + 1; i < end;
             i++)
            point[i] = rng_unit(r);
        if (is_new(b, point, values))
            return true;
    }
    return search_through(b, point, values);
}
