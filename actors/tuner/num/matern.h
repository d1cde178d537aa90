/* matern - the inner loops of a covariance: a row of distances, and what Matern's function with
 * smoothness 5/2 makes of it, m(q) = (1 + r + r^2/3) e^-r with r = sqrt(5 q) (Rasmussen & Williams
 * 2006, equation 4.17).
 *
 * Compiled for any processor and for those with AVX2 (wide.h), the same bits from both: each
 * element is worked out by itself. No array overlaps another.
 */
#ifndef ZYG_MATERN_H
#define ZYG_MATERN_H

#include "actors/tuner/num/wide.h"

/* The squared distance of a coordinate c from a place: off where c < 0, else
 * (c - centre)^2 + more. */
struct matern_place {
    double centre, more, off;
};

struct matern_loops {
    /* q = weight d^2, and q += weight d^2, of each coordinate of the column. */
    void (*begin)(const struct matern_place *place, const double *column, size_t count,
                  double weight, double *q);
    void (*weigh)(const struct matern_place *place, const double *column, size_t count,
                  double weight, double *q);
    /* q += same where the column says `at`, other elsewhere. */
    void (*differ)(const double *column, double at, size_t count, double same, double other,
                   double *q);
    void (*decay)(double *q, double *e, size_t count); /* q becomes r, e becomes e^-r */
    /* From r and e^-r: row += height m; and r becomes height dm/dq = -5/6 height (1 + r) e^-r. */
    void (*rise)(const double *r, const double *e, size_t count, double height, double *row);
    void (*slope)(double *r, const double *e, size_t count, double height);
};

extern const struct matern_loops matern_plain;
#ifdef NUM_AVX2
extern const struct matern_loops matern_avx2;
#endif

const struct matern_loops *matern_here(void); /* the quickest that this processor runs */

#endif
