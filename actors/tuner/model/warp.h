/* warp - measured values brought into a shape that a Gaussian process believes in.
 *
 * Yeo and Johnson, "A new family of power transformations to improve normality or symmetry",
 * Biometrika 87 (2000), section 4, between two standardisations, as Cowen-Rivers et al. do
 * (HEBO, arXiv:2012.03826, section 3.1). The power is the most likely one of a grid.
 */
#ifndef ZYG_WARP_H
#define ZYG_WARP_H

#include <stdint.h>

struct warp {
    double mean, deviation; /* of the values; deviation 1 where all are equal */
    double power;
    double warped_mean, warped_deviation; /* of what the power makes of them */
};

/* Makes the warp of count values, all finite, and warps them: mean 0, deviation 1 (all 0 if all are
 * equal), in the same order. scratch: count doubles. */
struct warp warp_of(double *y, uint32_t count, double *scratch);
/* The same by a power that is given, -3 .. 3. */
struct warp warp_by(double power, double *y, uint32_t count, double *scratch);
/* What a value that was not among them is warped to. */
double warp_to(const struct warp *w, double value);
/* The value that is warped to y, and how steep the way back is there. A y beyond all values that
 * can be gives the last one. */
double warp_back(const struct warp *w, double y, double *slope);

/* In between: what a value is before the power; and what the power makes of it, by_power its
 * derivative (log1p_y is ln(1 + |y|)). */
double warp_standardised(const struct warp *w, double value);
double warp_transformed(double y, double log1p_y, double power, double *by_power);

#endif
