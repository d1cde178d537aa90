#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/num/normal.h"
#include "proto/base/rng.h"

#include <float.h>
#include <math.h>

struct known {
    double x;
    double y;
};

static double relative(double a, double b) {
    return a == b ? 0 : fabs(a - b) / fabs(b);
}

static double slope_of(double z) {
    double slope;
    log_ei_h(z, &slope);
    return slope;
}

static double log_ei_of(double z) {
    return log_ei_h(z, NULL);
}

static void expect(double (*f)(double), const struct known *table, size_t count, double error) {
    for (size_t i = 0; i < count; i++)
        if (!(relative(f(table[i].x), table[i].y) <= error))
            fail_msg("of %a: %a, not %a", table[i].x, f(table[i].x), table[i].y);
}

#define EXPECT(f, table, error) expect(f, table, sizeof(table) / sizeof *(table), error)

/* Every value was worked out with at least 60 decimal digits and rounded to the nearest double. */

static void erfc_of_known_values(void **state) {
    (void)state;
    const struct known table[] = {
        {0, 1},
        {0.1, 0x1.c66b42bb60999p-1},
        {-0.1, 0x1.1cca5ea24fb33p+0},
        {0.5, 0x1.eb02147ce245cp-2},
        {1, 0x1.4226162fbddd5p-3},
        {-1, 0x1.d7bb3d3a08445p+0},
        {2, 0x1.328f5ec350e67p-8},
        {-3, 0x1.fffe8d6209afdp+0},
        {5, 0x1.b0c1a759f7739p-40},
        {10, 0x1.7d8a7f2a8a2d0p-149},
        {26, 0x1.284bfe1cdea24p-981},
        {28, 0},
        {INFINITY, 0},
        {-INFINITY, 2},
    };
    EXPECT(portable_erfc, table, 1e-15);
}

static void density_of_known_values(void **state) {
    (void)state;
    const struct known table[] = {
        {0, 0x1.9884533d43651p-2},   {1, 0x1.ef8e58e331737p-3},     {-2.5, 0x1.1f2f0557f5256p-6},
        {10, 0x1.7416846b4d5d9p-74}, {-37, 0x1.1bf35e596c740p-989}, {INFINITY, 0},
    };
    EXPECT(normal_pdf, table, 1e-15);
    assert_true(relative(normal_log_pdf(0), -0x1.d67f1c864beb5p-1) <= 4e-16);
    assert_true(relative(normal_log_pdf(-100), -5000 - 0x1.d67f1c864beb5p-1) <= 4e-16);
}

static void probability_of_known_values(void **state) {
    (void)state;
    const struct known table[] = {
        {0, 0.5},
        {0.5, 0x1.62075e232ac77p-1},
        {-0.5, 0x1.3bf143b9aa712p-2},
        {1.96, 0x1.f33379d3bd367p-1},
        {-1.96, 0x1.9990c58859312p-6},
        {-5, 0x1.33ca2f2133831p-22},
        {-10, 0x1.26c75e84fb10dp-77},
        {-20, 0x1.c0bd0f1880783p-295},
        {-37, 0x1.eaccc6bfeb0afp-995},
        {3, 0x1.ff4f10f033d25p-1},
        {INFINITY, 1},
        {-INFINITY, 0},
    };
    EXPECT(normal_cdf, table, 1e-15);
    const struct known of_log[] = {
        {0, -0x1.62e42fefa39efp-1},
        {0.5, -0x1.79cd16ce909a5p-2},
        {-0.5, -0x1.2d088d9f06be4p+0},
        {-5, -0x1.e21477830f2bdp+3},
        {-40, -0x1.924de16d8b4aep+9},
        {-1000, -0x1.e849f4e8915b8p+18},
        {-1e8, -0x1.1c37937e08013p+52},
        {5, -0x1.33ca320550a5cp-22},
        {10, -0x1.26c75e84fb10dp-77},
        {37, -0x1.eaccc6bfeb0afp-995},
        {-INFINITY, -INFINITY},
        {-1e200, -INFINITY},
        {INFINITY, 0},
    };
    EXPECT(normal_log_cdf, of_log, 2e-15);
}

static void quantiles_of_known_values(void **state) {
    (void)state;
    const struct known table[] = {
        {0.5, 0},
        {0.6, 0x1.036d6c4a04b59p-2},
        {0.025, -0x1.f5c0331eeff85p+0},
        {0.975, 0x1.f5c0331eeff83p+0},
        {0.999, 0x1.8b8cbb7204470p+1},
        {0.001, -0x1.8b8cbb7204471p+1},
        {1e-5, -0x1.10f3f8843a3d9p+2},
        {1e-10, -0x1.97203597a2155p+2},
        {1e-20, -0x1.2865170b43a4cp+3},
        {1e-100, -0x1.546010d755221p+4},
        {1e-300, -0x1.286074064c26ep+5},
        {0.07, -0x1.79cd70d9c27f2p+0},
        {0.925, 0x1.7085226d3e525p+0},
        {0, -INFINITY},
        {1, INFINITY},
    };
    EXPECT(normal_quantile, table, 2e-15);
}

static void quantile_undoes_probability(void **state) {
    (void)state;
    struct rng r = rng_of(1, 0, 0);
    for (int i = 0; i < 20000; i++) {
        double p = i % 2 ? rng_unit(&r) + 0x1p-60 : ldexp(rng_unit(&r) + 0.5, -i / 25);
        if (p >= 1)
            continue;
        double back = normal_cdf(normal_quantile(p));
        double z = normal_quantile(p); /* an error of z shows z times as large in a tail */
        assert_true(relative(back, p) <= 4e-15 + 2e-15 * z * z);
    }
}

static void log_ei_of_known_values(void **state) {
    (void)state;
    const struct known table[] = {
        {0, -0x1.d67f1c864beb5p-1},     {1, 0x1.47c9928c7c288p-4},
        {-1, -0x1.3e18721e04d5ap+1},    {3, 0x1.194700b166868p+0},
        {-5, -0x1.0be8a856000f4p+4},    {-20, -0x1.9dd5eeedd9fb0p+7},
        {-40, -0x1.9426377ce7a6dp+9},   {-1000, -0x1.e84baf0143580p+18},
        {-1e5, -0x1.2a05f217f1ddcp+32}, {50, 0x1.f4bd2b7ac1bafp+1},
        {-INFINITY, -INFINITY},         {INFINITY, INFINITY},
    };
    EXPECT(log_ei_of, table, 2e-15);
    const struct known slopes[] = {
        {0, 0x1.40d931ff62706p+0},     {1, 0x1.8da3974b18e24p-1},  {-1, 0x1.e77e51cddd573p+0},
        {3, 0x1.54d4434913e50p-2},     {-5, 0x1.5727ff4edf9d7p+2}, {-40, 0x1.40663576339fep+5},
        {-1000, 0x1.f40041892a694p+9}, {50, 0x1.47ae147ae147bp-6},
    };
    EXPECT(slope_of, slopes, 2e-15);
}

/* The slope is what differences of the values say, from the far tail to above. */
static void log_ei_and_its_slope_agree(void **state) {
    (void)state;
    for (double z = -300; z < 8; z += 0.37) {
        double step = 1e-5 * fmax(1, fabs(z));
        double by_difference = (log_ei_of(z + step) - log_ei_of(z - step)) / (2 * step);
        assert_true(fabs(by_difference - slope_of(z)) <= 1e-6 * fmax(1, fabs(z)));
        assert_true(log_ei_of(z + step) > log_ei_of(z));
    }
}

/* erfc of the C library here is right to 2 ulp or so. */
static void erfc_agrees_with_the_library(void **state) {
    (void)state;
    struct rng r = rng_of(2, 0, 0);
    for (int i = 0; i < 100000; i++) {
        double x = rng_unit(&r) * 32 - 6;
        assert_true(relative(portable_erfc(x), erfc(x)) <= 2e-15);
    }
}

static void nonsense_gives_nan(void **state) {
    (void)state;
    double (*const functions[])(double) = {portable_erfc, normal_pdf,     normal_log_pdf,
                                           normal_cdf,    normal_log_cdf, normal_quantile,
                                           log_ei_of,     slope_of};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        assert_true(isnan(functions[i](NAN)));
    assert_true(isnan(normal_quantile(-0.1)));
    assert_true(isnan(normal_quantile(1.1)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(erfc_of_known_values),
        cmocka_unit_test(density_of_known_values),
        cmocka_unit_test(probability_of_known_values),
        cmocka_unit_test(quantiles_of_known_values),
        cmocka_unit_test(quantile_undoes_probability),
        cmocka_unit_test(log_ei_of_known_values),
        cmocka_unit_test(log_ei_and_its_slope_agree),
        cmocka_unit_test(erfc_agrees_with_the_library),
        cmocka_unit_test(nonsense_gives_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
