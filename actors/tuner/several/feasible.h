/* feasible - the chance that a trial at a point ends well and keeps all constraints on metrics.
 *
 * A Gaussian process is fitted to labels, 1 of what was feasible and -1 of what was not,
 * standardised; the chance is that of its function to lie above 0 (least-squares classification:
 * Rasmussen & Williams 2006, section 6.5, the probit of equation 6.40). Where all neighbours failed
 * it is as good as none, far from all trials it is about their share.
 *
 * A search multiplies what it expects to gain by the chance (Gardner and others, "Bayesian
 * optimization with inequality constraints", ICML 2014, equation 4).
 *
 * Memory   one arena at init, feasible_bytes().
 */
#ifndef ZYG_FEASIBLE_H
#define ZYG_FEASIBLE_H

#include "actors/tuner/model/rows.h"
#include "actors/tuner/model/surrogate.h"

struct feasible {
    struct surrogate surrogate;
    bool all;               /* every trial was: the surrogate has seen none of them */
    double mean, deviation; /* of the labels */
};

/* Ended with a value and without a breach, as far as all was told. */
bool feasible_is(const struct trials *t, uint32_t place);
/* Which of both it is is known. */
bool feasible_is_told(const struct trials *t, uint32_t place);

size_t feasible_bytes(const struct space *space, uint32_t rows);
bool feasible_init(struct feasible *f, const struct space *space, uint32_t rows,
                   struct arena *arena);
/* Rows of trials that have ended or are known to break constraints, at most as many as there is room
 * for; of those that were stopped before they told whether they are feasible nothing is learned. */
void feasible_see(struct feasible *f, const struct trials *t, const struct rows *rows);
void feasible_fit(struct feasible *f);   /* finds the kernel for what was seen, whatever it was */
void feasible_learn(struct feasible *f); /* under the present kernel */
/* The logarithm of the chance at a settled point; 0 when all were feasible. */
double feasible_log_chance(struct feasible *f, const double *settled);
/* Adds its derivatives by the coordinates of the surrogate's view. */
void feasible_slope_add(struct feasible *f, const double *settled, double *slope);

#endif
