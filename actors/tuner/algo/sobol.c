/* Scrambled Sobol points: however many there are, they lie evenly in each parameter and in most
 * pairs. A parameter has its coordinate whether or not it is active, so those under a condition are
 * spread among the trials that have them as any part of a set is. What a number gets depends on
 * nothing but that no configuration comes twice. */
#include "actors/tuner/num/sobol.h"
#include "actors/tuner/algo/algo.h"

enum { STREAM_SCRAMBLE = PURPOSE_SOBOL << 16, STREAM_AGAIN };

static size_t bytes_sobol(const struct brief *b) {
    return sizeof(struct sobol) + sobol_bytes(b->space->dims) + 64;
}

static void *init_sobol(const struct brief *b, struct arena *arena) {
    struct rng r = rng_of(b->job->seed, STREAM_SCRAMBLE, 0);
    struct sobol *s = arena_take(arena, sizeof *s);
    return s != NULL && sobol_init(s, b->space->dims, &r, arena) ? s : NULL;
}

static bool propose_sobol(void *state, const struct brief *b, uint64_t number,
                          struct value *values) {
    double point[LIMIT_PARAMS];
    struct rng r = rng_of(b->job->seed, STREAM_AGAIN, number);
    sobol_point(state, number, point);
    return algo_fresh(b, &r, point, values);
}

const struct algo algo_sobol = {
    .name = "sobol", .bytes = bytes_sobol, .init = init_sobol, .propose = propose_sobol};
