/* draw - every random choice of the simulator, by purpose and index, so that taking one fault away
 * moves no other.
 *
 * The index says which choice it is (the number of a crash, a slot and its attempt), never how many
 * came before it.
 */
#ifndef ZYG_SIM_DRAW_H
#define ZYG_SIM_DRAW_H

#include "proto/base/rng.h"

#include <stdbool.h>

enum purpose {
    DRAW_PLAN,
    DRAW_TIE,
    DRAW_JOB,
    DRAW_PERSON,
    DRAW_DISK,
    DRAW_CRASH,
    DRAW_RUN,
    DRAW_LAUNCHER,
    DRAW_HOST,
    DRAW_WIRE,
    DRAW_LIE,
    DRAW_SPARE,
};

/* A stream for one choice or a few that belong together. */
static inline struct rng draw_of(uint64_t seed, enum purpose purpose, uint64_t index) {
    return rng_of(seed, 0x5a000000u | (uint32_t)purpose, index);
}

static inline bool draw_chance(struct rng *r, double chance) {
    return rng_unit(r) < chance;
}

/* Between least and most, both included. */
static inline int64_t draw_between(struct rng *r, int64_t least, int64_t most) {
    return least + (int64_t)rng_below(r, (uint64_t)(most - least) + 1);
}

#endif
