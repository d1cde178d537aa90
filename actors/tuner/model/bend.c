#include "actors/tuner/model/bend.h"

#include "actors/tuner/model/warp.h"
#include "actors/tuner/num/matrix.h"
#include "actors/tuner/num/portable.h"

#include <math.h>
#include <string.h>

/* The prior: a normal law, about values as they are. */
#define POWER_MEAN 1.0
#define POWER_VARIANCE 1.0

void bend_of(struct bend *b, const double *values, uint32_t count) {
    double y[ROWS_MOST];
    memcpy(y, values, count * sizeof *y);
    struct warp w = warp_of(y, count, b->logs);
    b->count = count;
    b->power = w.power;
    for (uint32_t j = 0; j < count; j++) {
        b->u[j] = warp_standardised(&w, values[j]);
        b->logs[j] = portable_log1p(fabs(b->u[j]));
    }
}

static void centre(double *y, uint32_t count) {
    double mean = 0;
    for (uint32_t j = 0; j < count; j++)
        mean += y[j] / count;
    for (uint32_t j = 0; j < count; j++)
        y[j] -= mean;
}

double bend_to(struct bend *b, double power, double *y, double *by_power) {
    uint32_t n = b->count;
    double steep = 0;
    for (uint32_t j = 0; j < n; j++) {
        y[j] = warp_transformed(b->u[j], b->logs[j], power, &b->slopes[j]);
        steep += b->u[j] >= 0 ? b->logs[j] : -b->logs[j];
    }
    centre(y, n);
    centre(b->slopes, n);
    double variance = dot(y, y, n) / n;
    if (!(variance > 0 && isfinite(variance)))
        return -INFINITY;
    double deviation = sqrt(variance);
    double growth = dot(y, b->slopes, n) / n / variance; /* of the deviation, in its logarithm */
    for (uint32_t j = 0; j < n; j++) {
        y[j] /= deviation;
        b->slopes[j] = b->slopes[j] / deviation - y[j] * growth;
    }
    double off = power - POWER_MEAN;
    *by_power = steep - n * growth - off / POWER_VARIANCE;
    return (power - 1) * steep - n * portable_log(deviation) - off * off / (2 * POWER_VARIANCE);
}
