/* forecast - what a trial would come to at its full length, told from where it lies in the space and
 * how its curve began.
 *
 * Ridge regression, one for each rung: the gain still to come, final value less the value here, on
 * the value here, the fall since the rung below, each coordinate, its square and its product with
 * the value. Ridge draws towards one gain for all, so that without evidence the order is that of
 * the values now, and curves are known to cross only when whole ones have shown it: low learning
 * rates begin worst and end best, and that is a matter of the coordinates more than of the curve.
 * It learns from the last FORECAST_CURVES trials that went their full length, in the dual form
 * (FORECAST_CURVES equations, however many parameters there are): Hoerl and Kennard, "Ridge
 * regression", Technometrics 12 (1970), equation 2.1; w = F' (F F' + l I)^-1 y.
 *
 * Memory   the struct, FORECAST_BYTES of work.
 * Cost     fitting about a tenth of a millisecond and more with many parameters, once a curve has
 *          ended; a forecast one product a feature.
 */
#ifndef ZYG_FORECAST_H
#define ZYG_FORECAST_H

#include "actors/tuner/trials/trials.h"

enum {
    FORECAST_CURVES = 64,
    FORECAST_LEAST = 6,      /* whole curves, told at every rung, before which nothing is said */
    FORECAST_FEATURES = 512, /* further ones are left out: of the last parameters */
    FORECAST_LOOKED = 1024,  /* how many ended trials are looked through for whole curves */
};

struct forecast_rung {
    uint32_t curves;       /* it was fitted to, 0: not yet */
    uint32_t ended;        /* trials->finished_count when it was */
    double centre, spread; /* of values here */
    double worst;          /* higher values count as this */
    double gain;           /* on average */
    double scale;          /* of final values */
    double weights[FORECAST_FEATURES];
};

struct forecast {
    const struct trials *trials;
    struct forecast_rung rung[RUNGS_MOST];
    double features[FORECAST_CURVES][FORECAST_FEATURES];
    double gram[FORECAST_CURVES * FORECAST_CURVES];
};

/* What trial `place`, whose curve at rung `rung` is known, would be worth at the last one; what it
 * was when it has been there. False: too few curves were seen whole. */
bool forecast_of(struct forecast *f, uint32_t place, uint32_t rung, double *value);

#endif
