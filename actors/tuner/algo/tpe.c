/* Proposes where the good trials lie more densely than the others: tpe_model.h. Begins with Sobol
 * points: as many as there are workers, who ask before anything is known, and until enough has
 * ended to tell good from other.
 *
 * No part of the proposals is drawn evenly for good measure: every value keeps its chance in both
 * densities, and one that is left alone becomes rare among the others, which speaks for it. An even
 * draw in sixteen cost a tenth of the regret on the suite of tests/bench. */
#include "actors/tuner/algo/algo.h"
#include "actors/tuner/model/cost.h"
#include "actors/tuner/model/tpe_model.h"
#include "actors/tuner/num/sobol.h"

#include <math.h>
#include <string.h>

/* Of a small budget a quarter is begun with. Of the candidates every second is drawn from one
 * kernel, the others from one for each coordinate. */
enum { BEGIN_MOST = 10, BEGIN_LEAST = 3, CANDIDATES = 24 };

struct tpe {
    struct sobol sobol;
    struct tpe_model model;
    void *process; /* knows what is noise; NULL: each configuration is run once */
};

/* As a part of another method it need not. */
static bool is_asked_again(const struct brief *b) {
    return b->job->repeat_auto && b->job->method == METHOD_TPE;
}

static size_t bytes_tpe(const struct brief *b) {
    return sizeof(struct tpe) + sobol_bytes(b->space->dims) + tpe_model_bytes(b->space) +
           (is_asked_again(b) ? algo_gp.bytes(b) : 0);
}

static void *init_tpe(const struct brief *b, struct arena *arena) {
    struct tpe *t = arena_take(arena, sizeof *t);
    struct rng r = rng_of(b->job->seed, (uint32_t)PURPOSE_TPE << 16 | 1, 0);
    if (t == NULL || !sobol_init(&t->sobol, b->space->dims, &r, arena) ||
        !tpe_model_init(&t->model, b->space, arena))
        return NULL;
    if (is_asked_again(b))
        t->process = algo_gp.init(b, arena);
    return t->process == NULL && is_asked_again(b) ? NULL : t;
}

/* How many of the trials have failed or reached the lowest rung, as far as it matters. */
static uint32_t told_of_curves(const struct trials *t, uint32_t most) {
    uint32_t told = 0;
    for (uint32_t place = 0; place < t->count && told < most; place++)
        told += t->reached[place] > 0 || t->states[place] == ENDED_BADLY;
    return told;
}

static bool is_beginning(const struct brief *b, uint64_t number) {
    uint64_t wanted = b->budget / 4 < BEGIN_MOST ? b->budget / 4 : BEGIN_MOST;
    uint32_t told =
        b->trials->rungs > 1 ? told_of_curves(b->trials, BEGIN_MOST) : b->trials->finished_count;
    return told < wanted || told < BEGIN_LEAST ||
           (b->trials->count < b->workers && number < b->budget / 2);
}

/* `best` becomes the best of the candidates that no trial has had; all known: it stays. */
static void best_candidate(struct tpe *t, const struct brief *b, struct rng *r, double *best) {
    double score = -INFINITY;
    for (uint32_t i = 0; i < CANDIDATES; i++) {
        double point[LIMIT_PARAMS], settled[LIMIT_PARAMS];
        struct value values[LIMIT_PARAMS];
        tpe_model_draw(&t->model, r, i % 2 == 0, point, values);
        if (trials_know(b->trials, space_key(b->space, values)))
            continue;
        space_point(b->space, values, settled);
        double worth = tpe_model_score(&t->model, settled);
        if (worth > score) {
            score = worth;
            memcpy(best, point, b->space->dims * sizeof *best);
        }
    }
}

static bool propose_tpe(void *state, const struct brief *b, uint64_t number, struct value *values) {
    struct tpe *t = state;
    double point[LIMIT_PARAMS];
    struct rng r = rng_of(b->job->seed, (uint32_t)PURPOSE_TPE << 16, number);
    sobol_point(&t->sobol, number, point);
    if (!is_beginning(b, number) && tpe_model_fit(&t->model, b->trials, cost_thrift(b, number)))
        best_candidate(t, b, &r, point);
    return algo_fresh(b, &r, point, values);
}

static void learn_tpe(void *state, const struct brief *b, uint32_t place) {
    struct tpe *t = state;
    if (t->process != NULL)
        algo_gp.learn(t->process, b, place);
}

static bool again_tpe(void *state, const struct brief *b, const struct value *fresh,
                      uint32_t *place) {
    struct tpe *t = state;
    return t->process != NULL && algo_gp.again(t->process, b, fresh, place);
}

static bool recommend_tpe(void *state, const struct brief *b, uint32_t *place, double *value) {
    struct tpe *t = state;
    return t->process != NULL && algo_gp.recommend(t->process, b, place, value);
}

const struct algo algo_tpe = {
    .name = "tpe",
    .bytes = bytes_tpe,
    .init = init_tpe,
    .propose = propose_tpe,
    .learn = learn_tpe,
    .again = again_tpe,
    .recommend = recommend_tpe,
};
