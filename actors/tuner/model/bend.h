/* bend - the power of a warp (warp.h) that is sought together with a kernel.
 *
 * The power that makes values look like normal draws is not the one under which a process explains
 * them best: where a search has been, most values lie near the best one, and a power that spreads
 * these evenly can bend a sum or a bowl, which few settings explain, into something that none do. So
 * the power is one setting more of the fit, and the density of the values as they were measured is
 * what is maximised (Snelson, Rasmussen and Ghahramani, "Warped Gaussian processes", NIPS 2003,
 * equation 6: the likelihood of the warped ones and the logarithm of the warp's slope at each).
 *
 * Memory   the struct is the caller's.
 */
#ifndef ZYG_BEND_H
#define ZYG_BEND_H

#include "actors/tuner/model/rows.h"

struct bend {
    uint32_t count;
    double power; /* where a fit starts, and what it has found */
    double u[ROWS_MOST];
    double logs[ROWS_MOST];
    double slopes[ROWS_MOST];
};

/* Of at most ROWS_MOST values, all finite; the power is the most likely one by warp_of. */
void bend_of(struct bend *b, const double *values, uint32_t count);
/* y: the values warped by a power, with mean 0 and deviation 1; slopes: their derivatives by it.
 * Answers the logarithm of the warp's slopes and of a prior of the power, by_power its derivative; or
 * -infinity, when doubles cannot tell the warped values apart. */
double bend_to(struct bend *b, double power, double *y, double *by_power);

#endif
