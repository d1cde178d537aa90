#include "actors/tuner/several/ehvi.h"

#include "actors/tuner/num/normal.h"
#include "actors/tuner/num/portable.h"

#include <math.h>

static double improvement(double edge, double mean, double deviation) {
    if (!(deviation > 0))
        return edge > mean ? edge - mean : 0;
    return deviation * portable_exp(log_ei_h((edge - mean) / deviation, NULL));
}

double ehvi(const struct boxes *b, const double *means, const double *deviations, double *scratch) {
    double sum = 0;
    for (uint32_t i = 0; i < b->objectives; i++) {
        double *below = scratch + (size_t)i * b->edges;
        below[0] = 0;
        for (uint32_t k = 1; k < b->edges; k++)
            below[k] = improvement(boxes_edge(b, i, k), means[i], deviations[i]);
    }
    for (uint32_t k = 0; k < b->count; k++) {
        const uint16_t *low = b->low + (size_t)k * b->objectives;
        const uint16_t *high = b->high + (size_t)k * b->objectives;
        double product = 1;
        for (uint32_t i = 0; i < b->objectives; i++)
            product *=
                scratch[(size_t)i * b->edges + high[i]] - scratch[(size_t)i * b->edges + low[i]];
        sum += product;
    }
    return sum;
}
