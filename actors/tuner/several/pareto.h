/* pareto - which of many results are worth keeping when there are several objectives.
 *
 * All objectives are minimised. Values are rows: those of number k are values[k * objectives ..],
 * all finite. One row dominates another when it is nowhere worse and somewhere better. Constraints
 * on metrics come first (constraint domination; Deb, Pratap, Agarwal, Meyarivan, "A fast and
 * elitist multiobjective genetic algorithm: NSGA-II", IEEE Trans. Evol. Comp. 6 (2002), section
 * VI.A): what breaks none beats what breaks some, and of two that break some the lesser breach wins
 * whatever the values are.
 *
 * Memory   the caller's.
 * Errors   none.
 */
#ifndef ZYG_PARETO_H
#define ZYG_PARETO_H

#include "proto/base/dominates.h"

#include <stddef.h>

/* Constraint domination; a breach is 0 when all constraints are kept. */
bool pareto_beats(const double *a, double breach_a, const double *b, double breach_b,
                  uint32_t objectives);

/* Numbers 0.. count - 1 in rising order of objective `first`; of equals by the objectives after it
 * and then those before it, at last the lower number first. */
void pareto_order(const double *values, uint32_t objectives, uint32_t first, uint32_t *order,
                  uint32_t count);

/* ranks[k] becomes 0 where nothing beats number k, 1 where only numbers of rank 0 do, and so on;
 * breaches: NULL when there are no constraints. Equal rows have equal ranks, and so have equal
 * breaches. Answers how many ranks there are. scratch: 3 * count.
 *
 * Efficient non-dominated sort with binary search (Zhang, Tian, Cheng, Jin, "An efficient approach
 * to nondominated sorting for evolutionary multiobjective optimization", IEEE Trans. Evol. Comp. 19
 * (2015)): of two objectives count log count comparisons, of more at worst count^2. */
uint32_t pareto_ranks(const double *values, const double *breaches, uint32_t objectives,
                      uint32_t count, uint32_t *ranks, uint32_t *scratch);

/* How lonely each of the numbers some[0.. count - 1] (NULL: 0.. count - 1) is among them:
 * crowding distance (Deb and others, section III.B), the sum over the objectives of the gap
 * between its neighbours as a share of the range; infinite at the ends of an objective that has
 * a range. distances[k] is of some[k]. scratch: count. */
void pareto_crowding(const double *values, uint32_t objectives, const uint32_t *some,
                     uint32_t count, double *distances, uint32_t *scratch);

/* The rows that nothing else dominates, kept as results come in. */
struct front {
    uint32_t objectives;
    uint32_t capacity;
    uint32_t count;
    double *values;  /* capacity + 1 rows */
    uint32_t *names; /* capacity + 1: what the caller calls them */
    double *distances;
    uint32_t *scratch;
};

struct arena;
size_t front_bytes(uint32_t objectives, uint32_t capacity);
/* False: the arena is too small. */
bool front_init(struct front *f, uint32_t objectives, uint32_t capacity, struct arena *arena);
/* False: something kept dominates the row, or is equal to it. What it dominates goes. When the
 * front is full the least lonely goes, which may be the row itself (then false). */
bool front_enter(struct front *f, const double *row, uint32_t name);

#endif
