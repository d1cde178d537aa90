#include "actors/tuner/several/feasible.h"

#include "actors/tuner/num/normal.h"
#include "actors/tuner/num/portable.h"

#include <math.h>

#define LOG_ROOT_2_PI 0.91893853320467274

bool feasible_is(const struct trials *t, uint32_t place) {
    bool valued = t->states[place] == ENDED_WELL || t->states[place] == ENDED_SOON;
    return valued && !(t->breaches[place] > 0) && !t->untold[place];
}

bool feasible_is_told(const struct trials *t, uint32_t place) {
    return !t->untold[place] || t->breaches[place] > 0;
}

size_t feasible_bytes(const struct space *space, uint32_t rows) {
    return surrogate_bytes(space, rows);
}

bool feasible_init(struct feasible *f, const struct space *space, uint32_t rows,
                   struct arena *arena) {
    f->all = true;
    return surrogate_init(&f->surrogate, space, false, rows, arena);
}

void feasible_see(struct feasible *f, const struct trials *t, const struct rows *rows) {
    uint32_t kept = 0, count = 0;
    surrogate_clear(&f->surrogate);
    for (uint32_t k = 0; k < rows->count; k++) {
        kept += rows->row[k].feasible;
        count += rows->row[k].told;
    }
    f->all = kept == count;
    if (f->all)
        return;
    f->mean = 2.0 * kept / count - 1;
    f->deviation = kept > 0 ? sqrt(1 - f->mean * f->mean) : 1;
    for (uint32_t k = 0; k < rows->count; k++) {
        if (!rows->row[k].told)
            continue;
        double label = rows->row[k].feasible ? 1 : -1;
        surrogate_see(&f->surrogate, trials_point(t, rows->row[k].place), 1,
                      (label - f->mean) / f->deviation);
    }
}

void feasible_fit(struct feasible *f) {
    if (f->all)
        surrogate_plain(&f->surrogate);
    else
        surrogate_fit(&f->surrogate, NULL);
}

void feasible_learn(struct feasible *f) {
    if (!f->all)
        surrogate_learn(&f->surrogate);
}

/* How many deviations the function lies above 0. */
static double above(const struct feasible *f, const struct gp_belief *g) {
    return (g->mean * f->deviation + f->mean) / (g->deviation * f->deviation);
}

double feasible_log_chance(struct feasible *f, const double *settled) {
    double view[KERNEL_DIMS];
    if (f->all)
        return 0;
    surrogate_view(&f->surrogate, settled, 1, view);
    struct gp_belief g = gp_predict(&f->surrogate.gp, view);
    return normal_log_cdf(above(f, &g));
}

/* ln Phi(z) has the derivative phi(z) / Phi(z). */
void feasible_slope_add(struct feasible *f, const double *settled, double *slope) {
    double view[KERNEL_DIMS];
    if (f->all)
        return;
    surrogate_view(&f->surrogate, settled, 1, view);
    struct gp_belief g = gp_predict(&f->surrogate.gp, view);
    double z = above(f, &g);
    double steep = portable_exp(-z * z / 2 - LOG_ROOT_2_PI - normal_log_cdf(z));
    struct gp_belief by = {.mean = steep / g.deviation, .deviation = -steep * z / g.deviation};
    gp_slopes_add(&f->surrogate.gp, view, &g, &by, NULL, slope);
}
