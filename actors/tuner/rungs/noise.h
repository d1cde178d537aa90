/* noise - how much of a learning curve's ups and downs is chance (proto/job/curve.h says how it
 * shows). Of one curve that is little to go by: it is drawn towards the median of what the other
 * curves last showed.
 */
#ifndef ZYG_NOISE_H
#define ZYG_NOISE_H

#include "proto/job/curve.h"

enum { NOISE_CURVES = 32 };
/* Of the others; all zero at the start. */
struct noise_pool {
    double variances[NOISE_CURVES]; /* what the last curves showed */
    uint64_t count;
};

/* A curve stands at a rung or ends: the others may learn from it, when it is long enough. */
void noise_share(struct noise_pool *p, const struct curve *c);
/* NAN while no curve has been long enough. */
double noise_typical(const struct noise_pool *p);
/* Variance of this curve's values; NAN when nothing is known. */
double noise_variance(const struct curve *c, double typical);

#endif
