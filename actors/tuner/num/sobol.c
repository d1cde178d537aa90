#include "actors/tuner/num/sobol.h"

#include "proto/base/check.h"

#include <assert.h>

static const struct numbers {
    uint16_t polynomial;
    uint16_t first[SOBOL_DEGREE_MAX];
} numbers[] = {
#define COORDINATE(polynomial, ...) {polynomial, {__VA_ARGS__}},
#include "actors/tuner/num/sobol.def"
#undef COORDINATE
};

static_assert(sizeof numbers / sizeof *numbers == SOBOL_DIMENSIONS_MAX - 1,
              "one line for each coordinate but the first");

static uint32_t reversed(uint32_t x) {
    x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
    x = (x >> 4 & 0x0f0f0f0fu) | (x & 0x0f0f0f0fu) << 4;
    x = (x >> 8 & 0x00ff00ffu) | (x & 0x00ff00ffu) << 8;
    return x >> 16 | x << 16;
}

/* Bratley and Fox, "Algorithm 659: implementing Sobol's quasirandom sequence generator", ACM TOMS
 * 14 (1988): v_i = a_1 v_(i-1) ^ ... ^ a_(s-1) v_(i-s+1) ^ v_(i-s) ^ (v_(i-s) >> s), where bit 31 is
 * the first digit. Here bit 0 is, so they shift to the left. */
void sobol_columns_of(uint32_t polynomial, const uint16_t *first, uint32_t columns[SOBOL_DIGITS]) {
    int degree = 0;
    while (polynomial >> (degree + 1))
        degree++;
    for (int i = 0; i < SOBOL_DIGITS; i++) {
        if (i < degree) {
            columns[i] = reversed((uint32_t)first[i] << (SOBOL_DIGITS - 1 - i));
            continue;
        }
        columns[i] = columns[i - degree] ^ columns[i - degree] << degree;
        for (int k = 1; k < degree; k++)
            if (polynomial >> (degree - k) & 1)
                columns[i] ^= columns[i - k];
    }
}

void sobol_columns(size_t dimension, uint32_t columns[SOBOL_DIGITS]) {
    ensure(dimension < SOBOL_DIMENSIONS_MAX);
    if (dimension > 0) {
        const struct numbers *n = &numbers[dimension - 1];
        sobol_columns_of(n->polynomial, n->first, columns);
        return;
    }
    for (int i = 0; i < SOBOL_DIGITS; i++)
        columns[i] = 1u << i;
}

enum { ALIGNMENT_SLACK = 64 }; /* of two pieces of an arena */

size_t sobol_bytes(size_t dimensions) {
    return dimensions * (sizeof(uint64_t) + SOBOL_DIGITS * sizeof(uint32_t)) + ALIGNMENT_SLACK;
}

bool sobol_init(struct sobol *s, size_t dimensions, struct rng *r, struct arena *a) {
    *s = (struct sobol){.dimensions = dimensions};
    if (dimensions > SOBOL_DIMENSIONS_MAX)
        return false;
    s->seeds = arena_take_unset(a, dimensions * sizeof *s->seeds);
    s->columns = arena_take_unset(a, dimensions * sizeof *s->columns);
    if (!s->seeds || !s->columns)
        return false;
    for (size_t i = 0; i < dimensions; i++) {
        s->seeds[i] = rng_u64(r);
        sobol_columns(i, s->columns[i]);
    }
    return true;
}

/* Bit i of the result depends on bits 0 to i of x: Burley's listing 2, with the seed added a second
 * time so that the last bits of x and of the seed mix too. */
static uint32_t scrambled(uint32_t x, uint64_t seed) {
    x += (uint32_t)seed;
    x ^= x * 0x6c50b47cu;
    x ^= x * 0xb82f1e52u;
    x += (uint32_t)(seed >> 32);
    x ^= x * 0xc7afe638u;
    x ^= x * 0x8d22f6e6u;
    return x;
}

double sobol_at(const struct sobol *s, uint64_t index, size_t dimension) {
    ensure(dimension < s->dimensions);
    const uint32_t *columns = s->columns[dimension];
    uint32_t digits = 0;
    uint32_t low = (uint32_t)index;
    for (int i = 0; low; i++, low >>= 1)
        if (low & 1)
            digits ^= columns[i];
    uint64_t set = index >> 32;
    uint64_t seed = s->seeds[dimension] + set * 0x9e3779b97f4a7c15u; /* the golden ratio's digits */
    return (reversed(scrambled(digits, seed)) + 0.5) * 0x1p-32;
}

void sobol_point(const struct sobol *s, uint64_t index, double *point) {
    for (size_t i = 0; i < s->dimensions; i++)
        point[i] = sobol_at(s, index, i);
}
