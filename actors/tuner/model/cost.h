/* cost - what a trial is expected to cost, for a search that counts improvement by the second: a
 * Gaussian process over the logarithms of the seconds that finished trials took.
 *
 * The gain of a point is divided by its cost to the power of `thrift`, which goes from 1 to 0 while
 * the budget is used up: at first what is cheap teaches most for its price, in the end only the best
 * counts (Lee, Perrone, Archambeau and Seeger, "Cost-aware Bayesian optimization",
 * arXiv:2003.10870, section 4.2, EI-cool; there the budget is time, here it is trials). Whatever
 * trials cost the same in changes nothing, nor does the unit.
 * With learning curves it is the cost of the full length. Of a trial that was paused only its last
 * attempt is known, which has done at least 1 - 1 / eta of the steps it ended at.
 *
 * Memory   one arena at init, cost_bytes().
 */
#ifndef ZYG_COST_H
#define ZYG_COST_H

#include "actors/tuner/algo/algo.h"
#include "actors/tuner/model/rows.h"
#include "actors/tuner/model/surrogate.h"

/* The exponent of proposal `number`. 0 for a job that is not cost_aware. */
double cost_thrift(const struct brief *b, uint64_t number);

struct cost {
    struct surrogate surrogate;
    double thrift;
    double spread; /* deviation of the logarithms */
    bool fitted;   /* a kernel was found */
    bool tells;    /* there is enough to go by */
    double logs[ROWS_MOST];
};

size_t cost_bytes(const struct space *space);
bool cost_init(struct cost *c, const struct space *space, struct arena *arena);
/* Of a method that may look at it: NULL where its job is not cost_aware. False: the arena is too small. */
size_t cost_heed_bytes(const struct brief *b);
bool cost_heed(struct cost **c, const struct brief *b, struct arena *arena);

/* With NULL all that follows does nothing, and the bonus is 0. */

/* Finds the kernel: of these rows it is a function. Each trial that has ended well counts once. */
void cost_fit(struct cost *c, const struct trials *t, const struct rows *rows);
void cost_learn(struct cost *c, const struct trials *t, const struct rows *rows);
void cost_spare(struct cost *c, double thrift); /* from now on */
/* Of a hunt, whose context a cost is: minus the logarithm of the cost at a settled point, times
 * thrift; a constant is left out. */
double cost_bonus(void *cost, const double *settled);
/* Adds its derivatives by the coordinates of the view. */
void cost_slope(void *cost, const double *settled, double *slope);

#endif
