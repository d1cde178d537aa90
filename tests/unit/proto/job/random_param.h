/* random_param - ranges of every shape and size, ugly ones among them: for the promise that each
 * point and each draw of a parameter that job_check lets pass is one of its values. */
#ifndef ZYG_TEST_RANDOM_PARAM_H
#define ZYG_TEST_RANDOM_PARAM_H

#include <math.h>

#include "proto/base/rng.h"
#include "proto/job/job.h"

/* Between 10^-most and 10^most, most often with few digits, as people write numbers. */
static inline double random_number(struct rng *r, int most) {
    static const double digits[] = {1, 10, 1000, 1e6, 0x1p52};
    double precision = digits[rng_below(r, 5)];
    double number = floor(rng_unit(r) * 9 * precision + precision) / precision;
    number *= pow(10, (double)rng_below(r, 2 * (uint64_t)most + 1) - most);
    return rng_below(r, 3) == 0 ? -number : number;
}

static inline void random_whole_ends(struct rng *r, struct param *p) {
    const double most = 9007199254740992.0;
    p->low = trunc(random_number(r, 16));
    p->low = p->low > most ? most - (double)rng_below(r, 9) : p->low < -most ? -most : p->low;
    p->high = p->low + trunc(fabs(random_number(r, 16)));
    p->high = p->high > most ? most - (double)rng_below(r, 2) : p->high;
}

static inline void random_ends(struct rng *r, struct param *p) {
    static const int magnitudes[] = {2, 15, 300};
    int most = magnitudes[rng_below(r, 3)];
    p->low = rng_below(r, 6) == 0 ? 0 : random_number(r, most);
    if (rng_below(r, 4) == 0) /* ends that differ in their last digits only */
        p->high = p->low + fabs(p->low) * pow(10, -(double)rng_below(r, 16));
    else
        p->high = random_number(r, most);
}

/* Many are refused by job_check. */
static inline struct param random_param(struct rng *r) {
    struct param p = {.name = {(const uint8_t *)"p", 1}};
    p.kind = rng_below(r, 2) == 0 ? PARAM_FLOAT : PARAM_INT;
    if (p.kind == PARAM_INT)
        random_whole_ends(r, &p);
    else
        random_ends(r, &p);
    uint64_t shape = rng_below(r, 5);
    if (shape == 0)
        p.scale = SCALE_LOG;
    if (shape <= 1)
        p.points = 2 + (uint32_t)rng_below(r, 40);
    if (shape == 2)
        p.step =
            p.kind == PARAM_INT ? trunc(fabs(random_number(r, 15))) : fabs(random_number(r, 15));
    if (shape == 3) { /* steps of the range's own size, some of which end on its end */
        p.step = (p.high - p.low) / (double)(1 + rng_below(r, (uint64_t)1 << rng_below(r, 45)));
        p.step = p.kind == PARAM_INT ? trunc(p.step) : p.step;
    }
    return p;
}

#endif
