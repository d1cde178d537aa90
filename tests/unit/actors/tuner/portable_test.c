#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/portable.h"
#include "proto/base/rng.h"

#include <float.h>
#include <math.h>

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
    }
}

/* The sum of many results, bit for bit: a machine or compiler that rounds otherwise would show
 * here. */
static void bits_are_the_same_everywhere(void **state) {
    (void)state;
    struct rng r = rng_of(2, 0, 0);
    double sum = 0;
    for (int i = 0; i < 10000; i++) {
        double x = rng_unit(&r) * 20 - 10;
        sum += portable_exp(x) + portable_log(x * x + 0.001);
    }
    assert_true(sum == 0x1.4d266ef7cf17bp+23);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_of_known_values),
        cmocka_unit_test(log_of_known_values),
        cmocka_unit_test(ends_are_exact),
        cmocka_unit_test(agree_with_the_library),
        cmocka_unit_test(bits_are_the_same_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
