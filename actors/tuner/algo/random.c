/* Draws each parameter of each proposal by itself: what a number gets depends on no other number and
 * no result, but that no configuration comes twice. */
#include "actors/tuner/algo/algo.h"
#include "proto/base/rng.h"

static bool propose_random(void *state, const struct brief *b, uint64_t number,
                           struct value *values) {
    double point[LIMIT_PARAMS];
    (void)state;
    for (uint32_t i = 0; i < b->space->dims; i++) {
        struct rng r = rng_of(b->job->seed, (uint32_t)PURPOSE_RANDOM << 16 | i, number);
        point[i] = rng_unit(&r);
    }
    struct rng r = rng_of(b->job->seed, (uint32_t)PURPOSE_RANDOM << 16 | LIMIT_PARAMS, number);
    return algo_fresh(b, &r, point, values);
}

const struct algo algo_random = {.name = "random", .propose = propose_random};
