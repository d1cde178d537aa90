/* breed - points of the cube from points of the cube: crossover and mutation.
 *
 * Sources: Deb, Agrawal, "Simulated binary crossover for continuous search space", Complex Systems
 * 9 (1995), and Deb, Deb, "Analysing mutation schemes for real-parameter genetic algorithms", Int.
 * J. Artificial Intelligence and Soft Computing 4 (2014), section 2.4, each in the form that stays
 * between bounds, here 0 and 1. Both are symmetric about their parents but for the bounds, and with
 * an index eta the larger the nearer to them.
 */
#ifndef ZYG_BREED_H
#define ZYG_BREED_H

#include "actors/tuner/space/space.h"

struct rng;

#define BREED_ETA 20.0 /* of both, as in NSGA-II */

/* One child of a and b (0 .. 1) for u in [0, 1): `upper` says on whose side it lies, of the larger
 * or the smaller. */
double breed_cross(double a, double b, bool upper, double u);
/* x moved, for u in [0, 1): down below 1/2, up above. */
double breed_move(double x, double u);

/* A full point from two settled ones: each number crossed or the first parent's, with the same
 * chance; each choice either parent's; what only one parent has is his, and what none has is drawn.
 * Then each free coordinate is moved (a number to another cell at least, a choice drawn anew) with
 * the chance 1 / free. */
void breed(const struct space *s, struct rng *r, const float *first, const float *second,
           double *child);

#endif
