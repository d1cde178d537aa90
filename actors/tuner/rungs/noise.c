#include "actors/tuner/rungs/noise.h"

#include <math.h>

enum { OTHERS_WEIGH = 4, TOLD_MOST = CURVE_TOLD_ENOUGH + 6 /* further ones add nothing */ };

void noise_share(struct noise_pool *p, const struct curve *c) {
    if (c->told >= CURVE_TOLD_ENOUGH)
        p->variances[p->count++ % NOISE_CURVES] = c->bends;
}

double noise_typical(const struct noise_pool *p) {
    double sorted[NOISE_CURVES];
    uint32_t count = p->count < NOISE_CURVES ? (uint32_t)p->count : NOISE_CURVES;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = i;
        for (; at > 0 && sorted[at - 1] > p->variances[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = p->variances[i];
    }
    return count > 0 ? sorted[count / 2] : NAN;
}

double noise_variance(const struct curve *c, double typical) {
    if (c->told < CURVE_TOLD_ENOUGH)
        return typical;
    if (isnan(typical))
        return c->bends;
    double weight = (c->told < TOLD_MOST ? c->told : TOLD_MOST) - 2;
    return (weight * c->bends + OTHERS_WEIGH * typical) / (weight + OTHERS_WEIGH);
}
