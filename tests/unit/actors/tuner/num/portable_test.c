#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/num/portable.h"
#include "actors/tuner/num/wide.h"
#include "proto/base/rng.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* How many doubles lie between two of the same sign, near enough. */
static double distance(double a, double b) {
    return fabs(a - b) / (nextafter(fabs(b), INFINITY) - fabs(b));
}

/* Worked out with 60 decimal digits and rounded to the nearest double. */
static void exp_of_known_values(void **state) {
    (void)state;
    const struct {
        double x;
        double y;
    } table[] = {
        {1, 0x1.5bf0a8b145769p+1},       {-1, 0x1.78b56362cef38p-2},
        {0.5, 0x1.a61298e1e069cp+0},     {10, 0x1.5829dcf950560p+14},
        {-10, 0x1.7cd79b5647c9bp-15},    {700, 0x1.d945df4f8ec8ep+1009},
        {-700, 0x1.14f2b0fb9307fp-1010}, {1e-10, 0x1.000000006df38p+0},
        {0.6931471805599453, 2},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_true(distance(portable_exp(table[i].x), table[i].y) <= 2);
}

static void log_of_known_values(void **state) {
    (void)state;
    const struct {
        double x;
        double y;
    } table[] = {
        {2, 0x1.62e42fefa39efp-1},          {10, 0x1.26bb1bbb55516p+1},
        {0.5, -0x1.62e42fefa39efp-1},       {3, 0x1.193ea7aad030bp+0},
        {1.0000001, 0x1.ad7f2847b6492p-24}, {1e-5, -0x1.7069e2aa2aa5bp+3},
        {1e5, 0x1.7069e2aa2aa5bp+3},        {0.1, -0x1.26bb1bbb55515p+1},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_true(distance(portable_log(table[i].x), table[i].y) <= 2);
}

static void ends_are_exact(void **state) {
    (void)state;
    assert_true(portable_exp(0) == 1);
    assert_true(portable_exp(-0.0) == 1);
    assert_true(portable_exp(709) < INFINITY);
    assert_true(portable_exp(710) == INFINITY);
    assert_true(portable_exp(DBL_MAX) == INFINITY);
    assert_true(portable_exp(-745) == 0x1p-1074);
    assert_true(portable_exp(-746) == 0);
    assert_true(portable_exp(-INFINITY) == 0);
    assert_true(portable_log(1) == 0);
    assert_true(distance(portable_log(DBL_MAX), 709.782712893384) <= 2);
    assert_true(distance(portable_log(DBL_MIN), -708.3964185322641) <= 2);
    assert_true(distance(portable_log(0x1p-1074), -744.4400719213812) <= 2);
    assert_true(distance(portable_log(nextafter(1, 2)), DBL_EPSILON) <= 2);
    assert_true(distance(portable_log(nextafter(1, 0)), -DBL_EPSILON / 2) <= 2);
}

static void agree_with_the_library(void **state) {
    (void)state;
    struct rng r = rng_of(1, 0, 0);
    for (int i = 0; i < 200000; i++) {
        double wide = rng_unit(&r) * 1400 - 700;
        double narrow = rng_unit(&r) * 4 - 2;
        assert_true(distance(portable_exp(wide), exp(wide)) <= 2);
        assert_true(distance(portable_exp(narrow), exp(narrow)) <= 2);
        assert_true(distance(portable_log(exp(wide)), log(exp(wide))) <= 2);
        assert_true(distance(portable_log(exp(narrow)), log(exp(narrow))) <= 2);
        assert_true(distance(portable_log1p(narrow / 2.1), log1p(narrow / 2.1)) <= 3);
        assert_true(distance(portable_expm1(narrow), expm1(narrow)) <= 4);
    }
}

/* Worked out with 60 decimal digits and rounded to the nearest double. */
static void log1p_and_expm1_of_known_values(void **state) {
    (void)state;
    const struct {
        double x;
        double y;
    } of_log1p[] = {
        {1e-20, 0x1.79ca10c924223p-67},   {1e-10, 0x1.b7cdfd9d1d693p-34},
        {-1e-10, -0x1.b7cdfd9dda4e3p-34}, {0.001, 0x1.060354f8c3ebfp-10},
        {-0.5, -0x1.62e42fefa39efp-1},    {-0.999, -0x1.ba18a998fff9fp+2},
        {0.25, 0x1.c8ff7c79a9a22p-3},     {1, 0x1.62e42fefa39efp-1},
        {1e10, 0x1.7069e2aa3184ep+4},
    };
    const struct {
        double x;
        double y;
    } of_expm1[] = {
        {1e-20, 0x1.79ca10c924223p-67},
        {1e-10, 0x1.b7cdfd9dda4e3p-34},
        {-1e-10, -0x1.b7cdfd9d1d693p-34},
        {0.001, 0x1.06466dfb8cf3ap-10},
        {-0.5, -0x1.92e9a0720d3ecp-2},
        {0.36, 0x1.bbbab4bfb9d7ep-2},
        {-0.36, -0x1.359456515371fp-2},
        {1, 0x1.b7e151628aed3p+0},
        {-5, -0x1.fc8cd803fe559p-1},
        {50, 0x1.19103e4080b45p+72},
        {-50, -1},
        {700, 0x1.d945df4f8ec8ep+1009},
    };
    for (size_t i = 0; i < sizeof of_log1p / sizeof *of_log1p; i++)
        assert_true(distance(portable_log1p(of_log1p[i].x), of_log1p[i].y) <= 2);
    for (size_t i = 0; i < sizeof of_expm1 / sizeof *of_expm1; i++)
        assert_true(distance(portable_expm1(of_expm1[i].x), of_expm1[i].y) <= 3);
    assert_true(portable_log1p(0) == 0);
    assert_true(portable_log1p(-1) == -INFINITY);
    assert_true(portable_expm1(0) == 0);
    assert_true(portable_expm1(INFINITY) == INFINITY);
    assert_true(portable_expm1(-INFINITY) == -1);
}

static void powers(void **state) {
    (void)state;
    assert_true(portable_pow(2, 10) == 1024);
    assert_true(portable_pow(3, 20) == 3486784401.0);
    assert_true(portable_pow(2, -3) == 0.125);
    assert_true(portable_pow(10, 22) == 1e22);
    assert_true(portable_pow(0, 0) == 1);
    assert_true(portable_pow(0, 0.5) == 0);
    assert_true(portable_pow(0, -0.5) == INFINITY);
    assert_true(portable_pow(0, -1) == INFINITY);
    assert_true(portable_pow(1, 1e300) == 1);
    assert_true(isnan(portable_pow(-1, 0.5)));
    /* sqrt 2, 10^0.3 and 1.0001^12345.6 with 60 digits */
    assert_true(distance(portable_pow(2, 0.5), 0x1.6a09e667f3bcdp+0) <= 3);
    assert_true(distance(portable_pow(10, 0.3), 0x1.fec982d5bb8afp+0) <= 3);
    assert_true(distance(portable_pow(1.0001, 12345.6), 0x1.b7e445de4bfe7p+1) <= 4);
}

static void nonsense_gives_nan(void **state) {
    (void)state;
    double (*const of_one[])(double) = {portable_exp, portable_log, portable_log1p, portable_expm1};
    for (size_t i = 0; i < sizeof of_one / sizeof *of_one; i++)
        assert_true(isnan(of_one[i](NAN)));
    assert_true(isnan(portable_log(-1)));
    assert_true(isnan(portable_log1p(-1.5)));
    assert_true(isnan(portable_pow(NAN, 0.5)));
    assert_true(isnan(portable_pow(2, NAN)));
    assert_true(portable_log(0) == -INFINITY);
    assert_true(portable_log(INFINITY) == INFINITY);
}

/* The array form gives the bits of the scalar one, in every copy of it that runs here. */
static void arrays_give_the_same_bits(void **state) {
    (void)state;
    enum { COUNT = 4099 };
    static double x[COUNT];
    static double all[COUNT];
    static double plain[COUNT];
    struct rng r = rng_of(3, 0, 0);
    for (int i = 0; i < COUNT; i++)
        x[i] = i % 2 ? rng_unit(&r) * 1600 - 800 : rng_unit(&r) * 4 - 3;
    const double ends[] = {0, -0.0, 709.79, -745.2, 1e300, -1e300, INFINITY, -INFINITY, 5e-324};
    memcpy(x, ends, sizeof ends);
    memcpy(all, x, sizeof x);
    memcpy(plain, x, sizeof x);
    portable_exp_all(all, COUNT);
    exp_all_plain(plain, COUNT);
#ifdef NUM_AVX2
    static double wide[COUNT];
    memcpy(wide, x, sizeof x);
    if (num_has_avx2()) {
        exp_all_avx2(wide, COUNT);
        assert_memory_equal(wide, plain, sizeof wide);
    }
#endif
    for (int i = 0; i < COUNT; i++) {
        double one = portable_exp(x[i]);
        assert_memory_equal(&all[i], &one, sizeof one);
        assert_memory_equal(&plain[i], &one, sizeof one);
    }
    portable_exp_all(all, 0);
    double nan = NAN;
    portable_exp_all(&nan, 1);
    assert_true(isnan(nan));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_of_known_values),
        cmocka_unit_test(log_of_known_values),
        cmocka_unit_test(ends_are_exact),
        cmocka_unit_test(agree_with_the_library),
        cmocka_unit_test(log1p_and_expm1_of_known_values),
        cmocka_unit_test(powers),
        cmocka_unit_test(nonsense_gives_nan),
        cmocka_unit_test(arrays_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
