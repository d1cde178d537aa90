/* Draws each parameter of each slot by itself: what one slot gets depends on no other slot, no
 * result and no order. So a small space may give the same configuration twice; whoever wants each
 * once asks for the grid. */
#include "actors/tuner/algo/algo.h"

#include "actors/tuner/space.h"
#include "proto/base/rng.h"

static void propose_random(void *state, const struct job *job, uint64_t slot,
                           struct value *values) {
    (void)state;
    for (uint32_t i = 0; i < job->params_count; i++) {
        struct rng r = rng_of(job->seed, (uint32_t)PURPOSE_RANDOM << 16 | i, slot);
        space_value(&job->params[i], rng_unit(&r), &values[i]);
    }
}

const struct algo algo_random = {.name = "random", .propose = propose_random};
