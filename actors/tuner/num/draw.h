/* draw - what a search method draws from a stream of random numbers (proto/base/rng.h), with the
 * same bits on every machine. Each says how many numbers of the stream it takes, so that what
 * follows can be told. */
#ifndef ZYG_DRAW_H
#define ZYG_DRAW_H

#include "proto/base/rng.h"

#include <stddef.h>

double draw_open(struct rng *r);   /* (0, 1): odd multiples of 2^-53; one number */
double draw_normal(struct rng *r); /* the quantile of draw_open: within 8.3 of zero; one number */
/* 0 .. n - 1 in an order each as likely as any other (Fisher and Yates); n < 2^32. As many numbers
 * as rng_below takes for n - 1 draws. */
void draw_order(struct rng *r, uint32_t *order, size_t n);
/* An index with the chance weights[i] / their sum; those that are not above zero are never drawn.
 * n - 1 or so when rounding says so; n when none is above zero. One number. */
size_t draw_weighted(struct rng *r, const double *weights, size_t n);

#endif
