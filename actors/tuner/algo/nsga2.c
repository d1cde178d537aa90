/* Evolution for several objectives (or one): what is kept are the best so far, by rank, then by how
 * lonely they are; each proposal is a child of two of them, each the better of two drawn.
 *
 * Deb, Pratap, Agarwal, Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II",
 * IEEE Trans. Evol. Comp. 6 (2002), but without generations: workers finish one by one, so each
 * proposal breeds from what has finished until then. Whoever ends enters the population; when it
 * has doubled it is sorted and the worse half goes. Constraints on metrics count by constraint
 * domination; trials that failed never enter. */
#include "actors/tuner/algo/algo.h"
#include "actors/tuner/several/breed.h"
#include "actors/tuner/several/pareto.h"
#include "proto/base/rng.h"

#include <string.h>

enum { KEPT_FEWEST = 20, KEPT_MOST = 100, PLACES = 2 * KEPT_MOST };

struct population {
    uint32_t kept;  /* how many stay */
    uint32_t count; /* .. 2 * kept */
    uint32_t places[PLACES];
    bool sorted; /* ranks and distances are those of the places */
    uint32_t ranks[PLACES];
    double distances[PLACES];
    /* While sorting. */
    double values[PLACES * OBJECTIVES_MOST];
    double breaches[PLACES];
    uint32_t scratch[3 * PLACES];
};

/* A tenth of all trials. */
static uint32_t kept_of(const struct brief *b) {
    uint64_t kept = b->budget / 10;
    return kept < KEPT_FEWEST ? KEPT_FEWEST : kept > KEPT_MOST ? KEPT_MOST : (uint32_t)kept;
}

static size_t bytes_nsga2(const struct brief *b) {
    (void)b;
    return sizeof(struct population);
}

static void *init_nsga2(const struct brief *b, struct arena *arena) {
    struct population *p = arena_take(arena, sizeof *p);
    if (p != NULL)
        p->kept = kept_of(b);
    return p;
}

/* Distances within each rank. */
static void rank_all(struct population *p, const struct trials *t) {
    uint32_t some[PLACES];
    double distances[PLACES];
    for (uint32_t k = 0; k < p->count; k++) {
        memcpy(p->values + (size_t)k * t->objectives,
               t->values + (size_t)p->places[k] * t->objectives, t->objectives * sizeof *p->values);
        p->breaches[k] = t->breaches[p->places[k]];
    }
    uint32_t ranks =
        pareto_ranks(p->values, p->breaches, t->objectives, p->count, p->ranks, p->scratch);
    for (uint32_t rank = 0; rank < ranks; rank++) {
        uint32_t count = 0;
        for (uint32_t k = 0; k < p->count; k++)
            if (p->ranks[k] == rank)
                some[count++] = k;
        pareto_crowding(p->values, t->objectives, some, count, distances, p->scratch);
        for (uint32_t k = 0; k < count; k++)
            p->distances[some[k]] = distances[k];
    }
    p->sorted = true;
}

/* Of equals the older. */
static bool is_better(const struct population *p, uint32_t a, uint32_t b) {
    if (p->ranks[a] != p->ranks[b])
        return p->ranks[a] < p->ranks[b];
    if (p->distances[a] != p->distances[b])
        return p->distances[a] > p->distances[b];
    return p->places[a] < p->places[b];
}

/* Those stay that fewer than `kept` are better than, in their order. */
static void thin_out(struct population *p) {
    uint32_t stay[PLACES];
    uint32_t count = 0;
    for (uint32_t k = 0; k < p->count; k++) {
        uint32_t better = 0;
        for (uint32_t j = 0; j < p->count; j++)
            better += j != k && is_better(p, j, k);
        if (better < p->kept)
            stay[count++] = p->places[k];
    }
    memcpy(p->places, stay, count * sizeof *stay);
    p->count = count;
    p->sorted = false;
}

static void learn_nsga2(void *state, const struct brief *b, uint32_t place) {
    struct population *p = state;
    const struct trials *t = b->trials;
    if (t->states[place] != ENDED_WELL && t->states[place] != ENDED_SOON)
        return;
    p->places[p->count++] = place;
    p->sorted = false;
    if (p->count < 2 * p->kept)
        return;
    rank_all(p, t);
    thin_out(p);
}

static uint32_t parent_of(const struct population *p, struct rng *r) {
    uint32_t a = (uint32_t)rng_below(r, p->count);
    uint32_t b = (uint32_t)rng_below(r, p->count);
    return p->places[is_better(p, b, a) ? b : a];
}

static bool propose_nsga2(void *state, const struct brief *b, uint64_t number,
                          struct value *values) {
    struct population *p = state;
    struct rng r = rng_of(b->job->seed, (uint32_t)PURPOSE_NSGA2 << 16, number);
    double child[LIMIT_PARAMS];
    if (b->trials->count < p->kept || p->count < 2)
        return algo_random.propose(NULL, b, number, values);
    if (!p->sorted)
        rank_all(p, b->trials);
    uint32_t first = parent_of(p, &r);
    uint32_t second = parent_of(p, &r);
    breed(b->space, &r, trials_point(b->trials, first), trials_point(b->trials, second), child);
    return algo_fresh(b, &r, child, values);
}

const struct algo algo_nsga2 = {.name = "nsga2",
                                .bytes = bytes_nsga2,
                                .init = init_nsga2,
                                .propose = propose_nsga2,
                                .learn = learn_nsga2};
