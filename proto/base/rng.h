/* rng - counter-based random numbers: a draw is a function of (seed, purpose, index, counter) and
 * of nothing else.
 *
 * Philox4x32-10 of Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * SC'11. The same on every machine; drawing or not drawing one number never changes another.
 */
#ifndef ZYG_RNG_H
#define ZYG_RNG_H

#include <stdint.h>

struct rng {
    uint32_t key[2];
    uint32_t counter[4]; /* counter[0] counts draws, the rest names the stream */
    uint32_t block[4];
    uint32_t left;
};

/* A stream of its own for each (seed, purpose, index). */
struct rng rng_of(uint64_t seed, uint32_t purpose, uint64_t index);
uint64_t rng_u64(struct rng *r);
double rng_unit(struct rng *r);                    /* [0, 1) in steps of 2^-53 */
uint64_t rng_below(struct rng *r, uint64_t bound); /* [0, bound), without bias; bound >= 1 */
void philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

#endif
