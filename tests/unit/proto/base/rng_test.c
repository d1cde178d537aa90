#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/base/rng.h"

#include <string.h>

/* The known-answer vectors of philox4x32_10 published with the paper's library (kat_vectors). */
static void gives_known_answers(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } table[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        uint32_t out[4];
        philox4x32_10(table[i].counter, table[i].key, out);
        assert_memory_equal(out, table[i].out, sizeof out);
    }
}

static void streams_are_made_of_blocks(void **state) {
    (void)state;
    struct rng r = rng_of(0, 0, 0);
    assert_true(rng_u64(&r) == 0xe169c58d6627e8d5ull);
    assert_true(rng_u64(&r) == 0x9b00dbd8bc57ac4cull);
    const uint32_t counter[4] = {1, 9, 0x55667788, 0x11223344};
    const uint32_t key[2] = {0xddccbbaa, 0x00ffee11};
    uint32_t second[4];
    philox4x32_10(counter, key, second);
    r = rng_of(0x00ffee11ddccbbaaull, 9, 0x1122334455667788ull);
    rng_u64(&r);
    rng_u64(&r);
    assert_true(rng_u64(&r) == ((uint64_t)second[1] << 32 | second[0]));
}

static void streams_differ(void **state) {
    (void)state;
    uint64_t first[] = {0, 0, 0, 0};
    struct rng streams[] = {rng_of(7, 1, 2), rng_of(8, 1, 2), rng_of(7, 2, 2), rng_of(7, 1, 3)};
    for (size_t i = 0; i < 4; i++)
        first[i] = rng_u64(&streams[i]);
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < i; k++)
            assert_true(first[i] != first[k]);
    }
}

static void unit_is_uniform(void **state) {
    (void)state;
    enum { DRAWS = 100000, CELLS = 100 };
    struct rng r = rng_of(42, 0, 0);
    uint32_t cells[CELLS] = {0};
    double sum = 0;
    for (int i = 0; i < DRAWS; i++) {
        double u = rng_unit(&r);
        assert_true(u >= 0 && u < 1);
        cells[(int)(u * CELLS)]++;
        sum += u;
    }
    double chi2 = 0;
    for (int i = 0; i < CELLS; i++)
        chi2 += ((double)cells[i] - 1000) * ((double)cells[i] - 1000) / 1000;
    /* 99 degrees of freedom: 50.9 and 161 leave one in ten thousand outside on each side. */
    assert_true(chi2 > 50.9 && chi2 < 161);
    assert_true(sum / DRAWS > 0.4963 && sum / DRAWS < 0.5037); /* four standard errors of 0.00091 */
}

static void below_is_even(void **state) {
    (void)state;
    enum { DRAWS = 60000 };
    struct rng r = rng_of(3, 0, 0);
    uint32_t counts[6] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint64_t drawn = rng_below(&r, 6);
        assert_true(drawn < 6);
        counts[drawn]++;
    }
    for (int i = 0; i < 6; i++)
        assert_in_range(counts[i], 10000 - 400, 10000 + 400); /* standard deviation 91 */
    assert_true(rng_below(&r, 1) == 0);
}

/* Of a bound of 3 * 2^62 a plain remainder would draw the first third twice as often as each
 * other. */
static void below_has_no_bias(void **state) {
    (void)state;
    enum { DRAWS = 30000 };
    struct rng r = rng_of(4, 0, 0);
    uint32_t thirds[3] = {0};
    for (int i = 0; i < DRAWS; i++)
        thirds[rng_below(&r, 3ull << 62) >> 62]++;
    for (int i = 0; i < 3; i++)
        assert_in_range(thirds[i], 10000 - 330, 10000 + 330); /* standard deviation 82 */
    assert_true(rng_below(&r, UINT64_MAX) < UINT64_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_known_answers), cmocka_unit_test(streams_are_made_of_blocks),
        cmocka_unit_test(streams_differ),      cmocka_unit_test(unit_is_uniform),
        cmocka_unit_test(below_is_even),       cmocka_unit_test(below_has_no_bias),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
