#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/model/kernel.h"
#include "actors/tuner/num/matrix.h"
#include "proto/base/rng.h"

#include <math.h>

enum { DIMS = 5, POINTS = 40 };

/* Two choices, the others numbers; coordinates 1 and 4 may be inactive. */
static struct kernel mixed;
static double x[DIMS * POINTS];
static const struct kernel_points points = {.x = x, .ld = POINTS, .count = POINTS};

static void assert_near(double got, double wanted, double error) {
    if (!(fabs(got - wanted) <= error))
        fail_msg("%.17g instead of %.17g", got, wanted);
}

static void fill(struct rng *r) {
    mixed = (struct kernel){.dims = DIMS, .joint = 0.8, .apart = 0.5, .noise = 0};
    for (uint32_t i = 0; i < DIMS; i++) {
        mixed.choice[i] = i == 2 || i == 4;
        mixed.w[i] = 0.2 + 2 * rng_unit(r);
        mixed.v[i] = 0.2 + 10 * rng_unit(r);
        for (uint32_t j = 0; j < POINTS; j++) {
            double u = rng_unit(r);
            bool off = (i == 1 || i == 4) && rng_below(r, 3) == 0;
            x[i * POINTS + j] = off ? SPACE_OFF : mixed.choice[i] ? floor(u * 3) / 3 : u;
        }
    }
}

static void point_of(uint32_t j, double *point) {
    for (uint32_t i = 0; i < DIMS; i++)
        point[i] = x[i * POINTS + j];
}

static double between(const struct kernel *k, const double *a, const double *b) {
    double row, scratch[2];
    const struct kernel_points one = {.x = b, .ld = 1, .count = 1};
    kernel_row(k, &one, a, 1, &row, scratch);
    return row;
}

/* Rasmussen & Williams 2006, eq. 4.17, with r / l = 0.6 and then 1 / l^2 = 4: sqrt(5) 0.6 =
 * 1.3416407864998738; 1 + that + its square / 3 = 2.9416407864998738, times e^-1.34164... =
 * 0.26141639: 0.76899311. Of variance 2 with weight 4: r = sqrt(5) 1.2. */
static void matern_of_one_number(void **state) {
    (void)state;
    struct kernel k = {.dims = 1, .w = {1}, .v = {4}, .joint = 1};
    double r = sqrt(5.0) * 0.6;
    assert_near(between(&k, &(double){0.2}, &(double){0.8}), 2.9416407864998738 * exp(-r), 1e-15);
    assert_near(between(&k, &(double){0.2}, &(double){0.8}), 0.76899311, 1e-8);
    k.joint = 0;
    k.apart = 2;
    r = sqrt(5.0) * 1.2;
    assert_near(between(&k, &(double){0.2}, &(double){0.8}), 2 * (1 + r + r * r / 3) * exp(-r),
                1e-15);
    assert_near(between(&k, &(double){0.2}, &(double){0.2}), 2, 0);
    assert_near(kernel_self(&k), 2, 0);
}

/* Two numbers 0.3 and 0.4 apart, weights 4 and 1, choices that differ, weight 0.48: q = 0.36 +
 * 0.16 + 0.48 = 1, so m = (1 + sqrt 5 + 5/3) e^-sqrt 5 = 0.52399411. Each alone, weights 1, 1 and
 * 1, has q = 0.09, 0.16 and 1. */
static void parts_of_a_mixed_one(void **state) {
    (void)state;
    struct kernel k = {
        .dims = 3, .choice = {false, false, true}, .w = {4, 1, 0.48}, .v = {1, 1, 1}, .joint = 1};
    const double a[] = {0.1, 0.9, 0.25}, b[] = {0.4, 0.5, 0.75};
    const double one = (1 + sqrt(5) + 5.0 / 3) * exp(-sqrt(5));
    assert_near(between(&k, a, b), one, 1e-15);
    assert_near(one, 0.52399411, 1e-8);
    k.joint = 0;
    k.apart = 3;
    double sum = one;
    for (int i = 3; i <= 4; i++) { /* r = sqrt 5 times 0.3 and 0.4 */
        double r = sqrt(5) * i / 10;
        sum += (1 + r + r * r / 3) * exp(-r);
    }
    assert_near(between(&k, a, b), sum, 1e-15);
}

/* An inactive number is as far from all inactive ones as 0 and from an active x as the root of
 * (x - 1/2)^2 + 3/4; an inactive choice is one choice more. */
static void inactive_ones_stand_aside(void **state) {
    (void)state;
    struct kernel k = {.dims = 1, .w = {1}, .v = {1}, .joint = 1};
    const double off = SPACE_OFF;
    const double one = (1 + sqrt(5) + 5.0 / 3) * exp(-sqrt(5));
    const double r = sqrt(5 * 0.79); /* (0.3 - 0.5)^2 + 0.75 = 0.79 */
    assert_near(between(&k, &off, &off), 1, 0);
    assert_near(between(&k, &off, &(double){1}), one, 1e-15);
    assert_near(between(&k, &(double){0}, &off), one, 1e-15);
    assert_near(between(&k, &(double){0.3}, &off), (1 + r + r * r / 3) * exp(-r), 1e-15);
    k.choice[0] = true;
    assert_near(between(&k, &off, &off), 1, 0);
    assert_near(between(&k, &(double){0.5}, &off), one, 1e-15);
}

/* To the bit: whoever is the point and whoever the column, alone or in a row of many. */
static void is_symmetric(void **state) {
    (void)state;
    struct rng r = rng_of(1, 0, 0);
    double a[DIMS], b[DIMS], row[POINTS], scratch[2 * POINTS];
    fill(&r);
    for (uint32_t i = 0; i < POINTS; i++) {
        point_of(i, a);
        kernel_row(&mixed, &points, a, POINTS, row, scratch);
        assert_true(fabs(row[i] - kernel_self(&mixed)) < 1e-15);
        for (uint32_t j = 0; j < POINTS; j++) {
            point_of(j, b);
            assert_true(row[j] == between(&mixed, a, b));
            assert_true(row[j] == between(&mixed, b, a));
        }
    }
}

/* Whatever the last coordinates are, and only then. */
static void a_configuration_is_more_like_itself(void **state) {
    (void)state;
    struct kernel k = {.dims = 3, .w = {1, 1, 1}, .v = {1, 1, 1}, .joint = 0.7, .apart = 0.2};
    const double here[] = {0.2, SPACE_OFF, 0}, later[] = {0.2, SPACE_OFF, 1};
    const double near[] = {nextafter(0.2, 1), SPACE_OFF, 0}, active[] = {0.2, 0.5, 0};
    const double *const others[] = {here, later, near, active};
    for (size_t i = 0; i < 4; i++) {
        k.own = 0;
        double without = between(&k, here, others[i]);
        k.own = 0.25;
        assert_near(between(&k, here, others[i]) - without, i < 2 ? 0.25 : 0, 1e-15);
    }
    assert_near(kernel_self(&k), 1.15, 1e-15);
}

/* With 1e-9 of the diagonal more, a factor exists for all weights, few and many: eigenvalues below
 * zero would be far larger. A distance of 1 between every active and every inactive number fails
 * here. */
static void is_a_covariance(void **state) {
    (void)state;
    struct rng r = rng_of(2, 0, 0);
    double a[DIMS], k[POINTS * POINTS], scratch[2 * POINTS];
    for (int round = 0; round < 60; round++) {
        fill(&r);
        double smooth = round % 3 == 0 ? 1e-3 : round % 3 == 1 ? 0.1 : 1;
        for (uint32_t i = 0; i < DIMS; i++) {
            mixed.w[i] *= i % 2 == 1 ? smooth : 1e-3;
            mixed.v[i] *= i % 2 == 1 ? smooth : 1e-3;
        }
        for (uint32_t j = 0; j < POINTS; j++) {
            point_of(j, a);
            kernel_row(&mixed, &points, a, j, k + j * POINTS, scratch);
            k[j * POINTS + j] = kernel_self(&mixed) + 1e-9;
        }
        assert_true(cholesky(k, POINTS, POINTS));
    }
}

/* The sum that kernel_slopes_add differentiates. */
static double weighted(const struct kernel *k, const double *point, const double *c) {
    double row[POINTS], scratch[2 * POINTS];
    kernel_row(k, &points, point, POINTS, row, scratch);
    return dot(row, c, POINTS);
}

#define STEP 1e-5

static double by_difference(struct kernel k, double *setting, double factor, const double *point,
                            const double *c, const struct kernel *at) {
    ptrdiff_t offset = (const char *)setting - (const char *)at;
    double *mine = (double *)((char *)&k + offset);
    double before = *mine;
    *mine = before * (factor > 0 ? exp(STEP) : 1) + (factor > 0 ? 0 : STEP);
    double more = weighted(&k, point, c);
    *mine = before * (factor > 0 ? exp(-STEP) : 1) - (factor > 0 ? 0 : STEP);
    return (more - weighted(&k, point, c)) / (2 * STEP);
}

static void slopes_agree_with_differences(void **state) {
    (void)state;
    struct rng r = rng_of(3, 0, 0);
    double a[DIMS], c[POINTS], scratch[4 * POINTS];
    fill(&r);
    mixed.own = 0.3;
    for (uint32_t j = 0; j < POINTS; j++)
        c[j] = 2 * rng_unit(&r) - 1;
    for (uint32_t j = 0; j < POINTS; j += 7) {
        struct kernel_slopes s = {.joint = 5}; /* they are added */
        point_of(j, a);
        kernel_slopes_add(&mixed, &points, a, POINTS, c, &s, scratch);
        for (uint32_t i = 0; i < DIMS; i++) {
            assert_near(s.w[i], by_difference(mixed, &mixed.w[i], 1, a, c, &mixed), 1e-8);
            assert_near(s.v[i], by_difference(mixed, &mixed.v[i], 1, a, c, &mixed), 1e-8);
        }
        assert_near(s.joint - 5, by_difference(mixed, &mixed.joint, 0, a, c, &mixed), 1e-8);
        assert_near(s.apart, by_difference(mixed, &mixed.apart, 0, a, c, &mixed), 1e-8);
        assert_near(s.own, by_difference(mixed, &mixed.own, 0, a, c, &mixed), 1e-8);
        assert_near(s.own, c[j], 0); /* each is like itself alone */
    }
}

static void gradient_agrees_with_differences(void **state) {
    (void)state;
    struct rng r = rng_of(4, 0, 0);
    double a[DIMS], c[POINTS], gradient[DIMS], scratch[3 * POINTS];
    fill(&r);
    for (uint32_t j = 0; j < POINTS; j++)
        c[j] = 2 * rng_unit(&r) - 1;
    for (uint32_t j = 0; j < POINTS; j += 3) {
        point_of(j, a);
        for (uint32_t i = 0; i < DIMS; i++)
            if (!mixed.choice[i] && a[i] >= 0)
                a[i] = 0.01 + 0.98 * rng_unit(&r);
        kernel_gradient(&mixed, &points, a, c, gradient, scratch);
        for (uint32_t i = 0; i < DIMS; i++) {
            if (mixed.choice[i] || a[i] < 0) {
                assert_near(gradient[i], 0, 0);
                continue;
            }
            double at = a[i];
            a[i] = at + STEP;
            double more = weighted(&mixed, a, c);
            a[i] = at - STEP;
            double wanted = (more - weighted(&mixed, a, c)) / (2 * STEP);
            a[i] = at;
            assert_near(gradient[i], wanted, 1e-7);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matern_of_one_number),
        cmocka_unit_test(parts_of_a_mixed_one),
        cmocka_unit_test(inactive_ones_stand_aside),
        cmocka_unit_test(is_symmetric),
        cmocka_unit_test(a_configuration_is_more_like_itself),
        cmocka_unit_test(is_a_covariance),
        cmocka_unit_test(slopes_agree_with_differences),
        cmocka_unit_test(gradient_agrees_with_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
