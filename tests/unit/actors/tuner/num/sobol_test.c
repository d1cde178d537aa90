#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/num/sobol.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POWER_MAX = 11, POINTS = 1 << POWER_MAX, RULE_DIMENSIONS = 12, CANDIDATES = 256 };

static _Alignas(16) uint8_t memory[SOBOL_DIMENSIONS_MAX * 200];

static struct sobol sobol_of(size_t dimensions, uint64_t seed) {
    struct arena a = arena_of(memory, sizeof memory);
    struct rng r = rng_of(seed, 0, 0);
    struct sobol s;
    assert_true(sobol_bytes(dimensions) <= sizeof memory);
    assert_true(sobol_init(&s, dimensions, &r, &a));
    assert_true(a.used <= sobol_bytes(dimensions));
    return s;
}

/* The first numbers of coordinates 0 and 1: van der Corput's 0, 1/2, 1/4, 3/4, ... and, from x + 1,
 * 0, 1/2, 3/4, 1/4, 5/8, 1/8, 3/8, 7/8 (Bratley and Fox 1988, in the order of plain binary). */
static void matrices_by_hand(void **state) {
    (void)state;
    const uint32_t expected[2][8] = {{0, 4, 2, 6, 1, 5, 3, 7}, {0, 4, 6, 2, 5, 1, 3, 7}};
    for (size_t d = 0; d < 2; d++) {
        uint32_t columns[SOBOL_DIGITS];
        sobol_columns(d, columns);
        for (uint32_t i = 0; i < 8; i++) {
            uint32_t digits = 0;
            for (int k = 0; k < 3; k++)
                digits ^= i >> k & 1 ? columns[k] : 0;
            uint32_t eighths = (digits & 1) * 4 + (digits >> 1 & 1) * 2 + (digits >> 2 & 1);
            assert_int_equal(eighths, expected[d][i]);
        }
    }
    /* Bratley and Fox's example: x^3 + x + 1 with 1, 3, 7 goes on with 5, 7, 43. */
    uint32_t columns[SOBOL_DIGITS];
    sobol_columns_of(11, (const uint16_t[]){1, 3, 7}, columns);
    const uint32_t numbers[6] = {1, 3, 7, 5, 7, 43};
    for (int i = 0; i < 6; i++) {
        uint32_t number = 0;
        for (int k = 0; k <= i; k++)
            number |= (columns[i] >> k & 1) << (i - k);
        assert_int_equal(number, numbers[i]);
        assert_int_equal(columns[i] >> (i + 1), 0);
    }
}

/* One of every aligned 2^k points in each interval of length 2^-k, in every coordinate. */
static void each_coordinate_is_even(void **state) {
    (void)state;
    struct sobol s = sobol_of(SOBOL_DIMENSIONS_MAX, 7);
    static double x[1024];
    for (size_t d = 0; d < s.dimensions; d++) {
        for (size_t i = 0; i < 1024; i++)
            x[i] = sobol_at(&s, i, d);
        for (int k = 1; k <= 10; k++)
            for (size_t first = 0; first < 1024; first += (size_t)1 << k) {
                uint8_t seen[1024] = {0};
                for (size_t i = first; i < first + ((size_t)1 << k); i++) {
                    assert_true(x[i] > 0 && x[i] < 1);
                    seen[(size_t)ldexp(x[i], k)]++;
                }
                for (size_t box = 0; box < (size_t)1 << k; box++)
                    assert_int_equal(seen[box], 1);
            }
    }
}

/* The most points of the first 2^k in a box of volume 2^-k. */
static int fullest_box(const struct sobol *s, size_t a, size_t b, int k) {
    static uint16_t count[POINTS];
    int most = 0;
    for (int along = 0; along <= k; along++) {
        memset(count, 0, sizeof count);
        for (size_t i = 0; i < (size_t)1 << k; i++) {
            size_t box = (size_t)ldexp(sobol_at(s, i, a), along) << (k - along);
            box += (size_t)ldexp(sobol_at(s, i, b), k - along);
            if (++count[box] > most)
                most = count[box];
        }
    }
    return most;
}

static void pairs_of_coordinates_are_even(void **state) {
    (void)state;
    struct sobol s = sobol_of(16, 3);
    for (int k = 1; k <= 10; k++)
        assert_int_equal(fullest_box(&s, 0, 1, k), 1);
    for (size_t a = 0; a < 16; a++)
        for (size_t b = 0; b < a; b++)
            assert_true(fullest_box(&s, a, b, 8) <= (a < 8 ? 8 : 16));
}

/* ---- the rule of sobol.def: worked out for the first coordinates, since it takes long ---- */

static bool is_primitive(uint32_t polynomial, int degree) {
    uint32_t x = 1, period = 0;
    do {
        x <<= 1;
        x ^= x >> degree ? polynomial : 0;
        period++;
    } while (x != 1 && period < 1u << degree);
    return period == (1u << degree) - 1;
}

/* Row r of a matrix is digit r of its columns; bit c of it belongs to column c. */
static void rows_of(const uint32_t columns[SOBOL_DIGITS], uint32_t rows[POWER_MAX]) {
    for (int r = 0; r < POWER_MAX; r++) {
        rows[r] = 0;
        for (int c = 0; c < POWER_MAX; c++)
            rows[r] |= (columns[c] >> r & 1) << c;
    }
}

/* How many of b's rows are independent of each other and of the first `taken` of a, whose row r
 * begins with bit r. */
static int independent(const uint32_t *a, int taken, const uint32_t *b, int k) {
    uint32_t mask = (1u << k) - 1, basis[POWER_MAX] = {0};
    for (int row = 0; row < k - taken; row++) {
        uint32_t x = b[row] & mask;
        for (int r = 0; r < taken; r++)
            x ^= x >> r & 1 ? a[r] & mask : 0;
        int lowest = 0;
        for (; x; x ^= basis[lowest]) {
            lowest = __builtin_ctz(x);
            if (!basis[lowest])
                break;
        }
        if (!x)
            return row;
        basis[lowest] = x;
    }
    return k - taken;
}

static int quality(const uint32_t *a, const uint32_t *b, int k) { /* t; 0 is best */
    int least = k;
    for (int taken = 0; taken <= k; taken++) {
        int all = taken + independent(a, taken, b, k);
        least = all < least ? all : least;
    }
    return k - least;
}

static long badness(uint32_t earlier[][POWER_MAX], size_t count, const uint32_t *rows) {
    long sum = 0;
    for (size_t i = 0; i < count; i++)
        for (int k = 2; k <= POWER_MAX; k++)
            sum += 1L << quality(earlier[i], rows, k);
    return sum;
}

static void numbers_follow_the_rule(void **state) {
    (void)state;
    static uint32_t rows[SOBOL_DIMENSIONS_MAX][POWER_MAX];
    uint32_t columns[SOBOL_DIGITS];
    sobol_columns(0, columns);
    rows_of(columns, rows[0]);
    uint32_t polynomial = 1;
    for (size_t d = 1; d < RULE_DIMENSIONS; d++) {
        int degree;
        do {
            polynomial += 2;
            degree = 31 - __builtin_clz(polynomial);
        } while (!is_primitive(polynomial, degree));
        long least = -1;
        uint32_t best[SOBOL_DIGITS] = {0};
        for (uint32_t c = 0; c < CANDIDATES; c++) {
            struct rng r = rng_of(d, 0x50b01, c);
            uint16_t first[SOBOL_DEGREE_MAX];
            for (int i = 0; i < degree; i++)
                first[i] = (uint16_t)(2 * rng_below(&r, 1ull << i) + 1);
            sobol_columns_of(polynomial, first, columns);
            rows_of(columns, rows[d]);
            long bad = badness(rows, d, rows[d]);
            if (least < 0 || bad < least) {
                least = bad;
                memcpy(best, columns, sizeof best);
            }
        }
        rows_of(best, rows[d]);
        sobol_columns(d, columns);
        assert_memory_equal(columns, best, sizeof columns);
    }
}

/* All 255 lines: primitive polynomials in order, and a first digit for each column. */
static void every_line_is_sound(void **state) {
    (void)state;
    static const struct {
        uint32_t polynomial;
        uint32_t first[SOBOL_DEGREE_MAX];
    } lines[] = {
#define COORDINATE(polynomial, ...) {polynomial, {__VA_ARGS__}},
#include "actors/tuner/num/sobol.def"
#undef COORDINATE
    };
    uint32_t before = 1;
    for (size_t d = 0; d < sizeof lines / sizeof *lines; d++) {
        int degree = 31 - __builtin_clz(lines[d].polynomial);
        assert_true(is_primitive(lines[d].polynomial, degree));
        for (uint32_t between = before + 2; between < lines[d].polynomial; between += 2)
            assert_false(is_primitive(between, 31 - __builtin_clz(between)));
        before = lines[d].polynomial;
        for (int i = 0; i < SOBOL_DEGREE_MAX; i++) {
            assert_int_equal(lines[d].first[i] % 2, i < degree);
            assert_true(lines[d].first[i] < 2u << i);
        }
    }
}

/* ---- scrambling ---- */

static uint64_t seed_of(int i) {
    return (uint64_t)i * 1000003;
}

/* Over many seeds each point alone is uniform, and two points of one set are as random scrambling
 * leaves them: chi-squared with 63 degrees is above 110 once in 5000 times. */
static void each_point_alone_is_uniform(void **state) {
    (void)state;
    enum { SEEDS = 16384, BOXES = 64 };
    const uint64_t indices[] = {0, 1, 77, 1ull << 32, (5ull << 32) + 77};
    for (size_t which = 0; which < sizeof indices / sizeof *indices; which++) {
        int count[3][BOXES] = {{0}};
        for (int i = 0; i < SEEDS; i++) {
            struct sobol s = sobol_of(2, seed_of(i));
            double x = sobol_at(&s, indices[which], 1);
            count[0][(int)(x * BOXES)]++;
            count[1][(int)(fmod(x * 4096, 1) * BOXES)]++;
            int both = (int)(x * 8) * 8 + (int)(sobol_at(&s, indices[which], 0) * 8);
            count[2][both]++;
        }
        for (int kind = 0; kind < 3; kind++) {
            double chi = 0;
            for (int box = 0; box < BOXES; box++)
                chi += pow(count[kind][box] - SEEDS / BOXES, 2) / (SEEDS / BOXES);
            assert_true(chi < 110);
        }
    }
}

/* The mean of a smooth function of 4 coordinates over 256 points, 64 times. Independent points: the
 * variance of the product is (13/12)^4 - 1 = 0.377, of the mean that divided by 256: an error of
 * 0.0384. */
static void means_are_found_quickly(void **state) {
    (void)state;
    double squared = 0;
    for (int i = 0; i < 64; i++) {
        struct sobol s = sobol_of(4, seed_of(i));
        double mean = 0;
        for (uint64_t k = 0; k < 256; k++) {
            double x[4];
            sobol_point(&s, k, x);
            mean += (0.5 + x[0]) * (0.5 + x[1]) * (0.5 + x[2]) * (0.5 + x[3]) / 256;
        }
        squared += (mean - 1) * (mean - 1) / 64;
    }
    assert_true(sqrt(squared) < 0.0384 / 10);
}

static void sets_differ(void **state) {
    (void)state;
    struct sobol s = sobol_of(3, 1);
    double one = sobol_at(&s, 12, 2);
    assert_true(sobol_at(&s, 12, 2) == one);
    assert_true(sobol_at(&s, 12 + (1ull << 32), 2) != one);
    struct sobol other = sobol_of(3, 2);
    assert_true(sobol_at(&other, 12, 2) != one);
}

static void says_when_it_cannot(void **state) {
    (void)state;
    struct arena a = arena_of(memory, sizeof memory);
    struct rng r = rng_of(1, 0, 0);
    struct sobol s;
    assert_false(sobol_init(&s, SOBOL_DIMENSIONS_MAX + 1, &r, &a));
    a = arena_of(memory, 100);
    assert_false(sobol_init(&s, 10, &r, &a));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrices_by_hand),
        cmocka_unit_test(each_coordinate_is_even),
        cmocka_unit_test(pairs_of_coordinates_are_even),
        cmocka_unit_test(numbers_follow_the_rule),
        cmocka_unit_test(every_line_is_sound),
        cmocka_unit_test(each_point_alone_is_uniform),
        cmocka_unit_test(means_are_found_quickly),
        cmocka_unit_test(sets_differ),
        cmocka_unit_test(says_when_it_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
