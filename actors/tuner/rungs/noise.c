#include "actors/tuner/rungs/noise.h"

#include <math.h>

enum { TOLD_ENOUGH = 5, MEMORY = 6, OTHERS_WEIGH = 4 };

void noise_tell(struct noise *n, double value) {
    if (n->told >= 2) {
        double bend = value - 2 * n->last + n->before;
        uint32_t bends = n->told - 1 < MEMORY ? n->told - 1 : MEMORY;
        n->bends += (bend * bend / 6 - n->bends) / bends;
    }
    n->before = n->last;
    n->last = value;
    n->told += n->told < TOLD_ENOUGH + MEMORY;
}

void noise_share(struct noise_pool *p, const struct noise *n) {
    if (n->told >= TOLD_ENOUGH)
        p->variances[p->count++ % NOISE_CURVES] = n->bends;
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

double noise_variance(const struct noise *n, double typical) {
    if (n->told < TOLD_ENOUGH)
        return typical;
    if (isnan(typical))
        return n->bends;
    double weight = n->told - 2;
    return (weight * n->bends + OTHERS_WEIGH * typical) / (weight + OTHERS_WEIGH);
}
