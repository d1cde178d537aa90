/* region - where a search looks once it knows much: in a box around the best trial.
 *
 * Of hundreds of trials most say that there is nothing to gain where they are, and what is left over
 * everywhere else draws a search away from the place that it has just found. So it stays near the
 * best as long as that pays (Eriksson et al., "Scalable global optimization via local Bayesian
 * optimization", arXiv:1910.01739, section 2, TuRBO with one region): the box is `length` wide, along
 * each coordinate by as much more or less as the process finds that one smooth or rough (their
 * section 2: side lengths in proportion to the length scales, the volume kept); it doubles after
 * some successes in a row and halves after as many trials in vain as there are coordinates, besides
 * those that were on the way; when it is too small it begins again, as wide as at first: what lies
 * elsewhere is then looked at, from where the best is now, and nothing that is known is forgotten.
 *
 * Memory   the structs are the caller's.
 * Errors   none.
 */
#ifndef ZYG_REGION_H
#define ZYG_REGION_H

#include "actors/tuner/model/surrogate.h"

#define REGION_LENGTH 0.8      /* at first */
#define REGION_LENGTH_MOST 1.6 /* TuRBO's own, as are all of these: appendix on its settings */
#define REGION_LENGTH_LEAST 0x1p-7
enum { REGION_SUCCESSES = 3, REGION_FAILURES_LEAST = 4 };

struct region {
    double length;      /* 0: as at first */
    uint32_t successes; /* in a row */
    uint32_t failures;
};

/* A trial that was proposed, whoever did, has ended; `better`: than all before it. workers: that run
 * at once. */
void region_hear(struct region *r, bool better, uint32_t dims, uint32_t workers);

/* By coordinate of the space: numbers lie between, choices and what is inactive at the centre
 * anywhere. */
struct region_box {
    const float *centre; /* settled; borrowed */
    double low[LIMIT_PARAMS], high[LIMIT_PARAMS];
};

/* Under the kernel of the surrogate. A number with cells may always go one cell each way. */
void region_box(const struct region *r, const struct surrogate *s, const float *centre,
                struct region_box *box);
/* x, or the end of the box that is next to it. */
double region_within(const struct region_box *box, uint32_t dim, double x);

#endif
