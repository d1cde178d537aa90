#include "actors/tuner/algo/algo.h"

#include "proto/base/check.h"
#include "proto/base/rng.h"

#include <string.h>

/* A space of no more configurations is searched through when tries do not find a new one. */
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

/* Point `number` of all that the cells make. */
static void point_of(const struct space *s, uint64_t number, double *point) {
    for (uint32_t i = 0; i < s->dims; i++) {
        uint64_t cells = s->dim[i].kind == DIM_FIXED ? 1 : s->dim[i].cells;
        point[i] = ((double)(number % cells) + 0.5) / (double)cells;
        number /= cells;
    }
}

/* In a circle from a place that differs each time, so that no corner is preferred. */
static bool search_through(const struct brief *b, struct rng *r, double *point,
                           struct value *values) {
    uint64_t size = space_size(b->space, SEARCHED_MOST);
    uint64_t first = size > 0 ? rng_below(r, size) : 0;
    for (uint64_t i = 0; i < size; i++) {
        point_of(b->space, (first + i) % size, point);
        if (is_new(b, point, values))
            return true;
    }
    return false;
}

bool algo_fresh(const struct brief *b, struct rng *r, double *point, struct value *values) {
    uint32_t dims = b->space->dims;
    for (int tries = 0; tries < ALGO_TRIES; tries++) {
        if (is_new(b, point, values))
            return true;
        bool all = tries >= ALGO_TRIES / 2;
        for (uint32_t i = all ? 0 : (uint32_t)rng_below(r, dims), end = all ? dims : i + 1; i < end;
             i++)
            point[i] = rng_unit(r);
    }
    return search_through(b, r, point, values);
}
