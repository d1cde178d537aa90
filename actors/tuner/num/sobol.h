/* sobol - scrambled Sobol points: any number of them fills the unit cube evenly.
 *
 * In each coordinate every aligned run of 2^k points has one in each interval of length 2^-k; in
 * pairs of coordinates, early ones above all, that holds for boxes up to a small factor (the first
 * two: exactly). Sobol', "On the distribution of points in a cube and the approximate evaluation of
 * integrals", USSR Computational Mathematics and Mathematical Physics 7 (1967). Coordinate 0 is van
 * der Corput's; coordinate d takes the d-th primitive polynomial over GF(2), by degree, then by
 * value, and first numbers chosen by the rule stated in sobol.def.
 *
 * Scrambling is Owen's nested one by a hash (Laine and Karras, "Stratified sampling for stochastic
 * transparency", 2011; Burley, "Practical hash-based Owen scrambling", JCGT 9 (2020)): each point
 * alone is uniform, the fairness of the set stays.
 *
 * Shape   a point is a function of its index, so points can be drawn in any order; from 2^32 on a new
 *         set with another scrambling begins. Values are odd multiples of 2^-33: never 0 or 1.
 * Memory  sobol_bytes(dimensions) of the arena, as long as the struct is used.
 * Errors  init answers false when the arena is full or there are more than SOBOL_DIMENSIONS_MAX.
 */
#ifndef ZYG_SOBOL_H
#define ZYG_SOBOL_H

#include "proto/base/arena.h"
#include "proto/base/rng.h"

enum { SOBOL_DIMENSIONS_MAX = 256, SOBOL_DIGITS = 32, SOBOL_DEGREE_MAX = 11 };

struct sobol {
    size_t dimensions;
    uint64_t *seeds;                   /* of each coordinate's scrambling */
    uint32_t (*columns)[SOBOL_DIGITS]; /* of each coordinate's matrix; bit 0 is the first digit */
};

size_t sobol_bytes(size_t dimensions);
/* Scrambled by one draw of r for each dimension. */
bool sobol_init(struct sobol *s, size_t dimensions, struct rng *r, struct arena *a);
double sobol_at(const struct sobol *s, uint64_t index, size_t dimension);
void sobol_point(const struct sobol *s, uint64_t index, double *point); /* all dimensions */

/* The matrix of a coordinate before it is scrambled. */
void sobol_columns(size_t dimension, uint32_t columns[SOBOL_DIGITS]);
/* The same from a primitive polynomial (x^2 + x + 1 is 7) and, for its degree s, s first numbers
 * m_i, odd and below 2^i. */
void sobol_columns_of(uint32_t polynomial, const uint16_t *first, uint32_t columns[SOBOL_DIGITS]);

#endif
