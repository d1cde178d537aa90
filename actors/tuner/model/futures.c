#include "actors/tuner/model/futures.h"

#include "actors/tuner/num/draw.h"
#include "actors/tuner/num/matrix.h"
#include "actors/tuner/num/normal.h"
#include "actors/tuner/num/portable.h"
#include "proto/base/check.h"

#include <math.h>
#include <string.h>

/* The mean at an observation is y - noise alpha, as K alpha = y. */
static double least_measured(const struct gp *g, const bool *counts) {
    double least = INFINITY;
    double worst = -INFINITY;
    for (uint32_t j = 0; j < g->measured; j++) {
        double mean = g->y[j] - g->kernel.noise * g->alpha[j];
        worst = mean > worst ? mean : worst;
        if (counts == NULL || counts[j])
            least = mean < least ? mean : least;
    }
    return least < INFINITY ? least : worst;
}

/* The same of the believed ones in future s. Of alpha = L'^-1 L^-1 y the last ones need the last of
 * L alone. */
static double least_believed(const struct futures *f, const struct gp *g, uint32_t s) {
    const double *l = g->l + g->measured * ((size_t)g->capacity + 1);
    double white[FUTURES_BELIEVED], y[FUTURES_BELIEVED];
    double least = INFINITY;
    for (uint32_t j = 0; j < f->believed; j++)
        white[j] = f->white[j][s];
    for (uint32_t j = 0; j < f->believed; j++)
        y[j] = g->y[g->measured + j] + dot(l + j * (size_t)g->capacity, white, j + 1);
    solve_lower_transposed(l, f->believed, g->capacity, white);
    for (uint32_t j = 0; j < f->believed; j++) {
        double mean = y[j] - g->kernel.noise * white[j];
        least = mean < least ? mean : least;
    }
    return least;
}

void futures_draw(struct futures *f, const struct gp *g, const bool *counts, struct rng *r) {
    double least = least_measured(g, counts);
    f->believed = g->points.count - g->measured;
    ensure(f->believed <= FUTURES_BELIEVED);
    f->count = f->believed > 0 ? FUTURES : 1;
    for (uint32_t j = 0; j < f->believed; j++)
        for (uint32_t s = 0; s < FUTURES; s += 2) {
            f->white[j][s] = draw_normal(r);
            f->white[j][s + 1] = -f->white[j][s];
        }
    for (uint32_t s = 0; s < f->count; s++) {
        double then = least_believed(f, g, s);
        f->least[s] = then < least ? then : least;
    }
}

void futures_shifts(const struct futures *f, const struct gp *g, const double *seen, size_t step,
                    double shifts[FUTURES]) {
    memset(shifts, 0, FUTURES * sizeof *shifts);
    for (uint32_t j = 0; j < f->believed; j++) {
        double here = seen[(g->measured + j) * step];
        for (uint32_t s = 0; s < FUTURES; s++)
            shifts[s] += here * f->white[j][s];
    }
}

double futures_gain(const struct futures *f, const struct gp_belief *belief,
                    const double shifts[FUTURES], struct gp_belief *by,
                    double toward[FUTURES_BELIEVED]) {
    double z[FUTURES], gain[FUTURES], slope[FUTURES];
    double most = -INFINITY;
    double sum = 0;
    for (uint32_t s = 0; s < f->count; s++) {
        z[s] = (f->least[s] - belief->mean - shifts[s]) / belief->deviation;
        gain[s] = log_ei_h(z[s], &slope[s]);
        most = gain[s] > most ? gain[s] : most;
    }
    for (uint32_t s = 0; s < f->count; s++) {
        gain[s] = portable_exp(gain[s] - most);
        sum += gain[s];
    }
    double whole = portable_log(belief->deviation) + most + portable_log(sum / f->count);
    if (by == NULL)
        return whole;
    *by = (struct gp_belief){.mean = 0, .deviation = 1};
    for (uint32_t s = 0; s < f->count; s++) {
        slope[s] *= gain[s] / sum;
        by->mean -= slope[s] / belief->deviation;
        by->deviation -= slope[s] * z[s];
    }
    by->deviation /= belief->deviation;
    for (uint32_t j = 0; j < f->believed; j++)
        toward[j] = -dot(f->white[j], slope, FUTURES) / belief->deviation;
    return whole;
}
