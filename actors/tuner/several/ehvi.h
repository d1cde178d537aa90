/* ehvi - by how much a trial is expected to add to the hypervolume.
 *
 * Objectives are believed to be independent and normal. Over the boxes of what is not dominated yet
 * (boxes.h) the expectation is a sum of products of differences of expected improvements,
 *
 *   EHVI = sum over boxes of prod_i (EI_i(high_i) - EI_i(low_i)),   EI_i(t) = E max(t - y_i, 0),
 *
 * the form of Yang, Emmerich, Deutz, Bäck, "Efficient computation of expected hypervolume
 * improvement using box decomposition algorithms", J. Global Optimization 75 (2019), equation 13.
 *
 * Errors   none; deviations are 0 or more.
 */
#ifndef ZYG_EHVI_H
#define ZYG_EHVI_H

#include "actors/tuner/several/boxes.h"

/* scratch: 3 * objectives * (rows_most + 2). The derivatives by each mean and deviation go into
 * mean_slopes and deviation_slopes, when those are not NULL. */
double ehvi(const struct boxes *b, const double *means, const double *deviations,
            double *mean_slopes, double *deviation_slopes, double *scratch);

#endif
