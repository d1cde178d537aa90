#include "actors/tuner/model/cost.h"

#include "actors/tuner/num/portable.h"

#include <math.h>

/* Of logarithms: where all trials cost the same within a tenth, nobody is cheap. */
#define SPREAD_LEAST 0.1

double cost_thrift(const struct brief *b, uint64_t number) {
    if (!b->job->cost_aware || number >= b->budget)
        return 0;
    return 1 - (double)number / (double)b->budget;
}

size_t cost_bytes(const struct space *space) {
    return surrogate_bytes(space, ROWS_MOST);
}

bool cost_init(struct cost *c, const struct space *space, struct arena *arena) {
    *c = (struct cost){.thrift = 0};
    return surrogate_init(&c->surrogate, space, false, ROWS_MOST, arena);
}

size_t cost_heed_bytes(const struct brief *b) {
    return b->job->cost_aware ? sizeof(struct cost) + cost_bytes(b->space) : 0;
}

bool cost_heed(struct cost **c, const struct brief *b, struct arena *arena) {
    *c = b->job->cost_aware ? arena_take(arena, sizeof **c) : NULL;
    return !b->job->cost_aware || (*c != NULL && cost_init(*c, b->space, arena));
}

void cost_spare(struct cost *c, double thrift) {
    if (c != NULL)
        c->thrift = thrift;
}

/* Makes the logarithms' mean 0 and their deviation 1; says whether there is enough to go by. */
static bool standardise(struct cost *c, uint32_t count) {
    double sum = 0, squares = 0;
    for (uint32_t j = 0; j < count; j++)
        sum += c->logs[j];
    for (uint32_t j = 0; j < count; j++) {
        c->logs[j] -= sum / count;
        squares += c->logs[j] * c->logs[j];
    }
    c->spread = count > 0 ? sqrt(squares / count) : 0;
    if (count < ROWS_TRIALS_LEAST || !(c->spread >= SPREAD_LEAST))
        return false;
    for (uint32_t j = 0; j < count; j++)
        c->logs[j] /= c->spread;
    return true;
}

/* Of the rungs of a curve the last one stands for the trial. */
static bool counts(const struct trials *t, struct row row) {
    return row.ended && !row.bad && t->seconds[row.place] > 0 &&
           (t->rungs == 1 || row.rung + 1 >= t->reached[row.place]);
}

static bool see(struct cost *c, const struct trials *t, const struct rows *rows) {
    uint32_t count = 0;
    for (uint32_t j = 0; j < rows->count; j++) {
        if (counts(t, rows->row[j]))
            c->logs[count++] = portable_log(t->seconds[rows->row[j].place]);
    }
    if (!standardise(c, count))
        return false;
    surrogate_clear(&c->surrogate);
    count = 0;
    for (uint32_t j = 0; j < rows->count; j++) {
        const struct row row = rows->row[j];
        if (counts(t, row))
            surrogate_see(&c->surrogate, trials_point(t, row.place), 1, c->logs[count++]);
    }
    return true;
}

void cost_fit(struct cost *c, const struct trials *t, const struct rows *rows) {
    if (c == NULL)
        return;
    c->fitted = see(c, t, rows);
    if (c->fitted)
        surrogate_fit(&c->surrogate, NULL);
}

void cost_learn(struct cost *c, const struct trials *t, const struct rows *rows) {
    if (c == NULL)
        return;
    c->tells = c->fitted && see(c, t, rows);
    if (c->tells)
        surrogate_learn(&c->surrogate);
}

double cost_bonus(void *cost, const double *settled) {
    struct cost *c = cost;
    double view[KERNEL_DIMS];
    if (c == NULL || !c->tells || c->thrift == 0)
        return 0;
    surrogate_view(&c->surrogate, settled, 1, view);
    return -c->thrift * c->spread * gp_mean(&c->surrogate.gp, view);
}

void cost_slope(void *cost, const double *settled, double *slope) {
    struct cost *c = cost;
    double view[KERNEL_DIMS], gradient[KERNEL_DIMS];
    if (c == NULL || !c->tells || c->thrift == 0)
        return;
    const struct gp *g = &c->surrogate.gp;
    surrogate_view(&c->surrogate, settled, 1, view);
    kernel_gradient(&g->kernel, &g->points, view, g->alpha, gradient, g->scratch);
    for (uint32_t i = 0; i < g->kernel.dims; i++)
        slope[i] -= c->thrift * c->spread * gradient[i];
}
