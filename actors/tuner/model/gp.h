/* gp - a Gaussian process over what trials came to (Rasmussen & Williams, "Gaussian processes for
 * machine learning", 2006, algorithm 2.1).
 *
 * Observations are added, then all are factored at once under a kernel; beliefs may be appended, and
 * taken back by making points.count less. The kernel that fits them best is found by gp_fit.
 *
 * Memory   one arena at init, gp_bytes(): three times capacity^2 doubles and some vectors.
 * Cost     n^3 / 6 for a factor, n^2 for a row appended to it or a prediction.
 */
#ifndef ZYG_GP_H
#define ZYG_GP_H

#include "actors/tuner/model/kernel.h"
#include "proto/base/arena.h"

struct bend;

enum { GP_SETTINGS = 2 * KERNEL_DIMS + 5 };

struct gp {
    struct kernel kernel;
    double noise_most; /* gp_fit finds no more: 1, the data's variance, unless somebody sets it */
    uint32_t capacity;
    struct kernel_points points; /* the observations' */
    double *y;                   /* their values: mean about 0, deviation about 1 */
    double *alpha;               /* K^-1 y */
    uint32_t measured;           /* the others, behind these, are believed */
    double *seen;                /* L^-1 k of the point last predicted, one an observation */

    double *x;     /* what points shows */
    double *l;     /* the factor, row i at i * capacity */
    double *white; /* L^-1 y */
    double *inverse, *work, *scratch, *descent;
};

size_t gp_bytes(uint32_t dims, uint32_t capacity);
/* The kernel has dims, no choices and no settings yet. False: the arena is too small. */
bool gp_init(struct gp *g, uint32_t dims, uint32_t capacity, struct arena *arena);

/* An observation more, which the factor does not know; there is room. */
void gp_add(struct gp *g, const double *point, double y);
void gp_point(const struct gp *g, uint32_t observation, double *point);
/* Factors the covariance of all observations; a kernel under which doubles cannot gets more noise
 * until they can. */
void gp_factor(struct gp *g);
/* The same; false instead. */
bool gp_try_factor(struct gp *g);
/* The same when the first `known` observations are those that the last factor began with, under the
 * same kernel, whatever their values: to the bit the same, at n^2 for each of the others. */
bool gp_factor_more(struct gp *g, uint32_t known);
/* An observation more, of what is believed there now, that the factor knows at once, to the bit as
 * if all were factored anew: no mean changes but by rounding, deviations become less. False: doubles
 * cannot tell it from others; it is left out. */
bool gp_believe(struct gp *g, const double *point);

/* The kernel that is most likely a posteriori, from the present one by at most so many descents.
 * Answers log p(y | kernel) + log p(kernel), up to a constant, never less than at the start; a NaN
 * when the start's kernel cannot be factored. With bend, when not NULL, the values are made of what
 * it was made of, and its power is found too: p is then that of those. The factor and the values are
 * of no use then. */
double gp_fit(struct gp *g, struct bend *bend, int descents);

struct gp_belief {
    double mean, deviation; /* of the function, without an observation's noise */
};
struct gp_belief gp_predict(struct gp *g, const double *point);
double gp_mean(struct gp *g, const double *point); /* the mean alone: n in place of n^2 */
/* What is believed of each observation by all others, under the same kernel; the factor stays
 * (Rasmussen & Williams 2006, equation 5.12). n^3 / 3. */
void gp_left_out(struct gp *g, double *means);
/* The point's belief was predicted last. Adds to slope, by the point's coordinates, the derivatives
 * of what has itself the derivatives `by` by mean and deviation and, when toward is not NULL,
 * toward[j] by what is `seen` at believed observation j. What is seen is lost. */
void gp_slopes_add(struct gp *g, const double *point, const struct gp_belief *belief,
                   const struct gp_belief *by, const double *toward, double *slope);
/* Of many points at once, columns like the observations': several times as fast, and the same but
 * for the order in which the sums are added. At most capacity^2 / 2 points; work: observations
 * times points, afterwards what is seen of each, in columns. */
void gp_predict_many(struct gp *g, const struct kernel_points *points, struct gp_belief *beliefs,
                     double *work);

#endif
