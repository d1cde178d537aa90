/* bits - what a test that compares results bit for bit between machines shares.
 *
 * Such a test is called bits_test.c and is a program of its own, without cmocka: tests/cross/bits.sh
 * also compiles it for other processors, with nothing but the pure files. It feeds what the code
 * under test gives it to a hash, doubles by their bits, and compares with constants; with
 * ZYG_REWRITE set it prints what the constants should be. A constant changes only with the results,
 * on purpose: then every search that depends on them changes too.
 */
#ifndef ZYG_BITS_H
#define ZYG_BITS_H

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a with words for bytes, and a turn so that high bits reach low ones. */
static inline void bits_u64(uint64_t *hash, uint64_t word) {
    uint64_t h = (*hash ^ word) * 0x100000001b3u;
    *hash = h ^ h >> 29;
}

static inline void bits_double(uint64_t *hash, double x) {
    uint64_t bits = 0x7ff8000000000000u; /* a NaN has many forms */
    if (!isnan(x))
        memcpy(&bits, &x, sizeof bits);
    bits_u64(hash, bits);
}

static inline void bits_doubles(uint64_t *hash, const double *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        bits_double(hash, x[i]);
}

struct bits_case {
    const char *name;
    void (*run)(uint64_t *hash);
    uint64_t expected;
};

/* The program's exit status. */
static inline int bits_compare(const struct bits_case *cases, size_t count) {
    bool rewrite = getenv("ZYG_REWRITE") != NULL;
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = 0xcbf29ce484222325u;
        cases[i].run(&hash);
        if (rewrite || hash != cases[i].expected)
            printf("%s: 0x%016" PRIx64 ", expected 0x%016" PRIx64 "\n", cases[i].name, hash,
                   cases[i].expected);
        wrong += hash != cases[i].expected;
    }
    printf("%zu of %zu have the bits expected\n", count - (size_t)wrong, count);
    return wrong > 0;
}

#endif
