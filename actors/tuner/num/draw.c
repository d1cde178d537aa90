#include "actors/tuner/num/draw.h"

#include "actors/tuner/num/normal.h"

double draw_open(struct rng *r) {
    return ((double)(rng_u64(r) >> 12) + 0.5) * 0x1p-52;
}

double draw_normal(struct rng *r) {
    return normal_quantile(draw_open(r));
}

void draw_order(struct rng *r, uint32_t *order, size_t n) {
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (size_t i = n; i-- > 1;) {
        size_t other = (size_t)rng_below(r, i + 1);
        uint32_t kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

size_t draw_weighted(struct rng *r, const double *weights, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += weights[i] > 0 ? weights[i] : 0;
    double left = rng_unit(r) * sum;
    size_t last = n; /* with a chance: what rounding leaves goes to it */
    for (size_t i = 0; i < n; i++) {
        if (!(weights[i] > 0))
            continue;
        if (left < weights[i])
            return i;
        left -= weights[i];
        last = i;
    }
    return last;
}
