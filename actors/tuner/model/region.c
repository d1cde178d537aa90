#include "actors/tuner/model/region.h"

#include "actors/tuner/num/portable.h"

#include <math.h>

/* Length scales beyond what can be told in a box of length 1 are not. */
#define SCALE_LEAST 0.005
#define SCALE_MOST 2.0

static double between(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

static double length_of(const struct region *r) {
    return r->length > 0 ? r->length : REGION_LENGTH;
}

void region_hear(struct region *r, bool better, uint32_t dims, uint32_t workers) {
    uint32_t vain = (dims > REGION_FAILURES_LEAST ? dims : REGION_FAILURES_LEAST) + workers;
    r->successes = better ? r->successes + 1 : 0;
    r->failures = better ? 0 : r->failures + 1;
    if (r->successes >= REGION_SUCCESSES) {
        r->length = between(2 * length_of(r), 0, REGION_LENGTH_MOST);
        r->successes = 0;
    } else if (r->failures >= vain) {
        r->length = length_of(r) / 2;
        r->failures = 0;
    }
    if (length_of(r) < REGION_LENGTH_LEAST)
        r->length = REGION_LENGTH;
}

/* The logarithm of how far one has to go along a coordinate until the process knows little: from how
 * its kernel falls near a point, which both of its parts have a share in. */
static double log_scale(const struct kernel *k, uint32_t i) {
    double fall = (k->joint * k->w[i] + k->apart * k->v[i] / k->dims) / (k->joint + k->apart);
    double scale = 1 / sqrt(fall);
    return portable_log(between(scale, SCALE_LEAST, SCALE_MOST));
}

void region_box(const struct region *r, const struct surrogate *s, const float *centre,
                struct region_box *box) {
    double logs[LIMIT_PARAMS], sum = 0;
    uint32_t numbers = 0;
    box->centre = centre;
    for (uint32_t i = 0; i < s->space->dims; i++) {
        box->low[i] = 0;
        box->high[i] = 1;
    }
    for (uint32_t i = 0; i < s->dims; i++) {
        if (s->gp.kernel.choice[i])
            continue;
        logs[i] = log_scale(&s->gp.kernel, i);
        sum += logs[i];
        numbers++;
    }
    for (uint32_t i = 0; i < s->dims; i++) {
        const uint32_t at = s->seen[i];
        const struct dim *d = &s->space->dim[at];
        const double x = (double)centre[at];
        if (s->gp.kernel.choice[i] || x < 0)
            continue;
        double half = length_of(r) / 2 * portable_exp(logs[i] - sum / numbers);
        if (d->cells > 0 && half < 1.0 / (double)d->cells)
            half = 1.0 / (double)d->cells;
        box->low[at] = between(x - half, 0, 1);
        box->high[at] = between(x + half, 0, 1);
    }
}

double region_within(const struct region_box *box, uint32_t dim, double x) {
    return between(x, box->low[dim], box->high[dim]);
}
