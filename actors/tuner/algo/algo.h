/* algo - what a search algorithm is: a fold over observations that proposes configurations.
 *
 * The same job and the same set of observations give the same proposals on every machine, in
 * whatever order they came: an algorithm draws only from rng_of(job->seed, its own purpose, slot),
 * computes only with + - * / and actors/tuner/portable.h, and orders what it has learned by slot
 * before it uses it.
 * To add one: a file here, its enum method in proto/job/job.h, a line in algos.def.
 *
 * Memory   state_bytes of state, zeroed, and an arena of ALGO_ARENA_BYTES, both for as long as the
 *          job is open; init takes all it will ever need.
 * Errors   init answers false when the memory is not enough for the job. propose cannot fail.
 */
#ifndef ZYG_ALGO_H
#define ZYG_ALGO_H

#include "proto/job/job.h"

enum { ALGO_ARENA_BYTES = 1 << 20 };

/* What a purpose of rng_of is made of: who draws in the upper half, the parameter's position in the
 * lower. */
enum { PURPOSE_RANDOM = 1 };

/* What is known for good about a slot. status TRIAL_OPEN: it was proposed and has no result. */
struct observation {
    uint64_t slot;
    const struct value *values; /* borrowed for the call; a valid configuration of the job */
    enum trial_status status;
    bool has_value;
    double value;
};

struct algo {
    const char *name;
    size_t state_bytes;
    /* NULL: nothing to prepare. */
    bool (*init)(void *state, const struct job *job, struct arena *arena);
    /* Fills in params_count values, active or not: the tuner empties the inactive ones. slot <
     * job->trials. */
    void (*propose)(void *state, const struct job *job, uint64_t slot, struct value *values);
    /* NULL: does not learn. The same observation may come twice. */
    void (*learn)(void *state, const struct job *job, const struct observation *seen);
};

extern const struct algo algo_random, algo_grid, algo_list;

const struct algo *algo_of(enum method method);

#endif
