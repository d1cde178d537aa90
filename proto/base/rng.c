#include "proto/base/rng.h"

#include "proto/base/check.h"

/* The constants of section 4.1 of the paper: two multipliers, and the Weyl steps of the key
 * schedule. */
#define MULTIPLIER_0 0xD2511F53u
#define MULTIPLIER_1 0xCD9E8D57u
#define WEYL_0 0x9E3779B9u
#define WEYL_1 0xBB67AE85u

enum { ROUNDS = 10 };

void philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t product_0 = (uint64_t)MULTIPLIER_0 * c0;
        uint64_t product_1 = (uint64_t)MULTIPLIER_1 * c2;
        c0 = (uint32_t)(product_1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)product_1;
        c2 = (uint32_t)(product_0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)product_0;
        k0 += WEYL_0;
        k1 += WEYL_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

struct rng rng_of(uint64_t seed, uint32_t purpose, uint64_t index) {
    return (struct rng){
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .counter = {0, purpose, (uint32_t)index, (uint32_t)(index >> 32)},
    };
}

static uint32_t draw_word(struct rng *r) {
    if (r->left == 0) {
        philox4x32_10(r->counter, r->key, r->block);
        r->counter[0]++;
        r->left = 4;
    }
    return r->block[4 - r->left--];
}

uint64_t rng_u64(struct rng *r) {
    uint64_t low = draw_word(r);
    return (uint64_t)draw_word(r) << 32 | low;
}

double rng_unit(struct rng *r) {
    return (double)(rng_u64(r) >> 11) * 0x1p-53;
}

uint64_t rng_below(struct rng *r, uint64_t bound) {
    ensure(bound >= 1);
    /* 2^64 mod bound: the numbers below it would make the small results likelier, so they are drawn
     * again. */
    uint64_t surplus = (0 - bound) % bound;
    uint64_t drawn = rng_u64(r);
    while (drawn < surplus)
        drawn = rng_u64(r);
    return drawn % bound;
}
