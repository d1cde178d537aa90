/* noise - how much of a learning curve's ups and downs is chance.
 *
 * Second differences take a curve's trend away and leave, of independent noise of variance v at
 * each step, 6 v on average. They are averaged with a memory of a few steps, so that the bend of a
 * curve's beginning is forgotten. Of one curve that is little to go by: it is drawn towards the
 * median of what the other curves last showed.
 */
#ifndef ZYG_NOISE_H
#define ZYG_NOISE_H

#include <stdint.h>

/* Of one curve; all zero at the start. */
struct noise {
    double last, before; /* its last two values */
    double bends;        /* mean square of second differences, over 6 */
    uint32_t told;
};

void noise_tell(struct noise *n, double value);

enum { NOISE_CURVES = 32 };
/* Of the others; all zero at the start. */
struct noise_pool {
    double variances[NOISE_CURVES]; /* what the last curves showed */
    uint64_t count;
};

/* A curve stands at a rung or ends: the others may learn from it, when it is long enough. */
void noise_share(struct noise_pool *p, const struct noise *n);
/* NAN while no curve has been long enough. */
double noise_typical(const struct noise_pool *p);
/* Variance of this curve's values; NAN when nothing is known. */
double noise_variance(const struct noise *n, double typical);

#endif
