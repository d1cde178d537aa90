#include "actors/tuner/several/ehvi.h"

#include "actors/tuner/num/normal.h"
#include "actors/tuner/num/portable.h"

#include <math.h>

/* EI at each edge of an objective, and its derivatives: by the mean -Phi(z), by the deviation
 * phi(z). */
struct improvements {
    double *below, *by_mean, *by_deviation;
};

static void improve(const struct improvements *e, uint32_t k, double edge, double mean,
                    double deviation, bool slopes) {
    if (!(deviation > 0)) {
        e->below[k] = edge > mean ? edge - mean : 0;
        e->by_mean[k] = edge > mean ? -1 : 0;
        e->by_deviation[k] = 0;
        return;
    }
    double z = (edge - mean) / deviation;
    e->below[k] = deviation * portable_exp(log_ei_h(z, NULL));
    if (!slopes)
        return;
    e->by_mean[k] = -normal_cdf(z);
    e->by_deviation[k] = normal_pdf(z);
}

static struct improvements improvements_of(const struct boxes *b, uint32_t objective, double mean,
                                           double deviation, bool slopes, double *scratch) {
    double *from = scratch + 3 * (size_t)objective * b->edges;
    const struct improvements e = {from, from + b->edges, from + 2 * (size_t)b->edges};
    e.below[0] = e.by_mean[0] = e.by_deviation[0] = 0;
    for (uint32_t k = 1; k < b->edges; k++)
        improve(&e, k, boxes_edge(b, objective, k), mean, deviation, slopes);
    return e;
}

/* The product of a box's factors; without[i]: of all but factor i. */
static double product_of(const double *factors, uint32_t count, double *without) {
    double before = 1;
    double after = 1;
    for (uint32_t i = 0; i < count; i++) {
        without[i] = before;
        before *= factors[i];
    }
    for (uint32_t i = count; i > 0; i--) {
        without[i - 1] *= after;
        after *= factors[i - 1];
    }
    return before;
}

double ehvi(const struct boxes *b, const double *means, const double *deviations,
            double *mean_slopes, double *deviation_slopes, double *scratch) {
    struct improvements e[BOXES_OBJECTIVES];
    bool slopes = mean_slopes != NULL;
    double sum = 0;
    for (uint32_t i = 0; i < b->objectives; i++)
        e[i] = improvements_of(b, i, means[i], deviations[i], slopes, scratch);
    for (uint32_t i = 0; i < b->objectives && slopes; i++)
        mean_slopes[i] = deviation_slopes[i] = 0;
    for (uint32_t k = 0; k < b->count; k++) {
        const uint16_t *low = b->low + (size_t)k * b->objectives;
        const uint16_t *high = b->high + (size_t)k * b->objectives;
        double factors[BOXES_OBJECTIVES], without[BOXES_OBJECTIVES];
        for (uint32_t i = 0; i < b->objectives; i++)
            factors[i] = e[i].below[high[i]] - e[i].below[low[i]];
        sum += product_of(factors, b->objectives, without);
        for (uint32_t i = 0; i < b->objectives && slopes; i++) {
            mean_slopes[i] += without[i] * (e[i].by_mean[high[i]] - e[i].by_mean[low[i]]);
            deviation_slopes[i] +=
                without[i] * (e[i].by_deviation[high[i]] - e[i].by_deviation[low[i]]);
        }
    }
    return sum;
}
