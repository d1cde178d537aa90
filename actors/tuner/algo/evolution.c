/* Regularised evolution: the population are the newest trials that have ended with a value, so
 * everyone dies of age and luck does not last; a parent is the best of some drawn from it, the
 * child a mutation of him. Real, Aggarwal, Huang, Le, "Regularized evolution for image classifier
 * architecture search", arXiv:1802.01548, section 3 and algorithm 1.
 *
 * Workers end one by one: the population is looked at as it is when somebody asks. As spaces here
 * are not choices alone, a number moves by a normal step whose width is drawn by its logarithm, so
 * that near and far are both tried; beside the one coordinate that always changes each other one
 * does with a chance of 1 / dimensions. What the parent does not have is drawn.
 *
 * It keeps nothing and costs the same however many trials there are, and is not as good as the
 * methods with a model: for searches too long for them. */

#include "actors/tuner/algo/algo.h"
#include "actors/tuner/num/draw.h"
#include "actors/tuner/num/portable.h"
#include "actors/tuner/num/sobol.h"

#include <math.h>

/* Both as measured on the suite of tests/bench; the paper's 100 and 25 are for longer searches. */
enum { POPULATION = 50, TOURNAMENT = 10, BEGIN = 10, LOOKED_AT_MOST = 8 * POPULATION };

/* Of a number's steps: e^-0.9 = 0.4 down to a fortieth of that. */
#define WIDEST_LOG (-0.9)
#define WIDTHS_LOG 3.7

struct population {
    uint32_t count;
    uint32_t places[POPULATION]; /* the newest first */
};

static void gather(struct population *p, const struct trials *t) {
    uint32_t looked_at = 0;
    p->count = 0;
    for (uint32_t i = t->finished_count; i-- > 0 && p->count < POPULATION;) {
        uint32_t place = t->finished[i];
        if (t->states[place] != ENDED_BADLY)
            p->places[p->count++] = place;
        if (++looked_at == LOOKED_AT_MOST)
            return;
    }
}

static bool is_better(const struct trials *t, uint32_t a, uint32_t b) {
    if (t->breaches[a] != t->breaches[b])
        return t->breaches[a] < t->breaches[b];
    return t->values[(size_t)a * t->objectives] < t->values[(size_t)b * t->objectives];
}

static uint32_t parent_of(const struct population *p, const struct trials *t, struct rng *r) {
    uint32_t parent = p->places[rng_below(r, p->count)];
    for (uint32_t i = 1; i < TOURNAMENT; i++) {
        uint32_t other = p->places[rng_below(r, p->count)];
        if (is_better(t, other, parent))
            parent = other;
    }
    return parent;
}

/* Turned round at the borders. */
static double mirrored(double x) {
    double folded = fabs(x - 2 * floor(x / 2));
    return folded > 1 ? 2 - folded : folded;
}

static double mutated(const struct dim *d, struct rng *r, double at) {
    if (d->kind == DIM_CHOICE || d->kind == DIM_FIXED)
        return draw_open(r);
    double width = portable_exp(WIDEST_LOG - WIDTHS_LOG * draw_open(r));
    if (d->kind == DIM_STEPS && width * (double)d->cells < 1)
        width = 1 / (double)d->cells;
    return mirrored(at + width * draw_normal(r));
}

static void breed_one(const struct space *s, struct rng *r, const float *parent, double *child) {
    uint32_t sure = (uint32_t)rng_below(r, s->dims);
    for (uint32_t j = 0; j < s->dims; j++) {
        child[j] = parent[j] < 0 ? draw_open(r) : (double)parent[j];
        if (j == sure || draw_open(r) * s->dims < 1)
            child[j] = mutated(&s->dim[j], r, child[j]);
    }
}

static size_t bytes_evolution(const struct brief *b) {
    return sizeof(struct sobol) + sobol_bytes(b->space->dims) + 64;
}

static void *init_evolution(const struct brief *b, struct arena *arena) {
    struct rng r = rng_of(b->job->seed, (uint32_t)PURPOSE_EVOLUTION << 16 | 1, 0);
    struct sobol *s = arena_take(arena, sizeof *s);
    return s != NULL && sobol_init(s, b->space->dims, &r, arena) ? s : NULL;
}

static bool propose_evolution(void *state, const struct brief *b, uint64_t number,
                              struct value *values) {
    struct rng r = rng_of(b->job->seed, (uint32_t)PURPOSE_EVOLUTION << 16, number);
    struct population population;
    double child[LIMIT_PARAMS];
    gather(&population, b->trials);
    if (population.count < BEGIN || b->trials->count < b->workers)
        sobol_point(state, number, child);
    else
        breed_one(b->space, &r, trials_point(b->trials, parent_of(&population, b->trials, &r)),
                  child);
    return algo_fresh(b, &r, child, values);
}

const struct algo algo_evolution = {
    .name = "evolution",
    .bytes = bytes_evolution,
    .init = init_evolution,
    .propose = propose_evolution,
};
