/* parzen - a density over the configurations of a space: a mixture of one kernel for each of some
 * trials, and an even one.
 *
 * Densities are relative to the even draw, which is 1 everywhere: the even kernel costs nothing and
 * dimensions of all kinds multiply. A kernel is a product over the parameters. A number's is the
 * normal around its place, truncated to [0, 1]; where values have cells, the mass of a cell to
 * second order: an even draw from a cell of width c has the variance c^2 / 12, which adds to the
 * kernel's. A choice's is the trial's own value, or, by a chance, any (Aitchison and Aitken, 1976).
 * A parameter that a trial does not have is even in its kernel: what is known of a parameter that
 * several branches share counts in all of them, and a branch the trial was not in stays open.
 *
 * The widths are Scott's rule (Multivariate Density Estimation, 1992, 6.43; BOHB's too,
 * arXiv:1807.01774 section 3.2): the deviation, weights and the even kernel counted in, times
 * n^(-1/(d+4)); never below PARZEN_WIDTH_LEAST (arXiv:2304.11127, 3.3.4), the magic clip of 1 in
 * n + 2 and half a cell.
 *
 * log_density is the mean of two logarithms: of the mixture of products, which knows how parameters
 * belong together, and of the product over the parameters of mixtures, which needs fewer trials to
 * be right. Between the two BOHB and the older TPE are apart; the mean did better than either on
 * the suite of tests/bench.
 *
 * Memory   parzen_bytes() of the arena, for `capacity` kernels.
 * Cost     fit: kernels x dims + 2 x 64 x 64 x dims; a density: kernels x dims.
 */
#ifndef ZYG_PARZEN_H
#define ZYG_PARZEN_H

#include "actors/tuner/trials/trials.h"

struct rng;

enum { PARZEN_BINS = 64 }; /* of a number's own density: see log_own */
#define PARZEN_WIDTH_LEAST 0.03

struct parzen {
    const struct space *space;
    uint32_t capacity;
    uint32_t count;  /* kernels; kernel 0 is the even one */
    double *weights; /* their sum is 1 once fitted */
    /* By dimension, then by kernel: where it lies (SPACE_OFF: the trial does not have it), and its
     * logarithm at x: of a number norm - keen (x - at)^2, of a choice norm - keen [x is not at]. */
    float *at, *norm, *keen;
    /* The logarithm of one dimension's own density: of a number at the middles of PARZEN_BINS equal
     * bins, of a choice by its cell. */
    double *log_own[LIMIT_PARAMS];
    double widths[LIMIT_PARAMS]; /* of a number's kernels; of a choice the chance of any */
    double *logs, *work;         /* one a kernel, of the present call */
};

size_t parzen_bytes(const struct space *s, uint32_t capacity);
/* False: the arena is too small. */
bool parzen_init(struct parzen *p, const struct space *s, uint32_t capacity, struct arena *arena);

/* Fill it, in this order: the even kernel with its weight, above 0; the trials' settled points, a
 * weight above 0 each, no more than capacity - 1; fit. */
void parzen_begin(struct parzen *p, double even_weight);
void parzen_add(struct parzen *p, const float *point, double weight);
void parzen_fit(struct parzen *p);

/* At a settled point. */
double parzen_log_density(struct parzen *p, const double *point);

/* Draws along the conditions, parents first. together: all coordinates from one kernel, and those
 * that it lacks from one that has them, by how likely it has brought forth what is drawn already
 * (else from the mixture of products); otherwise each from a kernel of its own (the product of
 * mixtures). The point is full; the values are those of the configuration. */
void parzen_draw(struct parzen *p, struct rng *r, bool together, double *point,
                 struct value *values);

#endif
