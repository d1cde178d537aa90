/* Draws each parameter of each proposal by itself: what a number gets depends on no other number and
 * no result, but that no configuration comes twice. */
#include "actors/tuner/algo/algo.h"
#include "actors/tuner/space/allowed.h"
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
    space_values(b->space, point, values);
    /* The last, a valid configuration that `where` forbids, is for a job that nobody looked at before
     * it was handed in: nothing at all would hold it up for ever. */
    if (!space_allows(b->space, values) && !allowed_draw(b->space, &r, point, values) &&
        !allowed_some(b->space, point, values)) {
        space_values(b->space, point, values);
        return true;
    }
    return algo_fresh(b, &r, point, values);
}

const struct algo algo_random = {.name = "random", .propose = propose_random};
