#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/num/normal.h"
#include "actors/tuner/several/ehvi.h"
#include "actors/tuner/several/hypervolume.h"
#include "proto/base/arena.h"
#include "proto/base/rng.h"

#include <math.h>
#include <stdalign.h>
#include <string.h>

#define assert_near(a, b, most) assert_true(fabs((a) - (b)) <= (most))

enum { MANY = 12, BOXES = 1024 };

static alignas(max_align_t) uint8_t memory[1 << 18];
static double scratch[3 * 3 * (MANY + 2)], work[1 << 12];
static uint32_t orders[1 << 8];

static struct boxes boxes_around(const double *rows, uint32_t objectives, uint32_t count,
                                 const double *reference) {
    struct arena arena = arena_of(memory, sizeof memory);
    struct boxes b;
    assert_true(boxes_init(&b, objectives, MANY, BOXES, &arena));
    assert_true(boxes_of(&b, rows, count, reference));
    return b;
}

/* One standard normal has E max(-y, 0) = phi(0) = 1 / sqrt(2 pi). Two without a front: its square.
 * With (-1, -1) on the front what both share with its box goes: (phi(0) - h(-1))^2 with h(-1) =
 * phi(1) - Phi(-1) = 0.0833154706. */
static void test_by_hand(void **state) {
    const double zeros[] = {0, 0}, ones[] = {1, 1}, row[] = {-1, -1};
    struct boxes b = boxes_around(row, 1, 0, zeros);
    (void)state;
    assert_near(ehvi(&b, zeros, ones, NULL, NULL, scratch), 0.3989422804014327, 1e-15);
    b = boxes_around(row, 2, 0, zeros);
    assert_near(ehvi(&b, zeros, ones, NULL, NULL, scratch), 0.15915494309189535, 1e-15);
    b = boxes_around(row, 2, 1, zeros);
    double shared = 0.3989422804014327 - 0.08331547058768634;
    assert_near(ehvi(&b, zeros, ones, NULL, NULL, scratch), 0.15915494309189535 - shared * shared,
                1e-14);
}

static void fill(double *rows, uint32_t count, uint64_t seed) {
    struct rng r = rng_of(seed, 0, 0);
    for (uint32_t k = 0; k < count; k++)
        rows[k] = rng_unit(&r);
}

static double improvement(double *rows, uint32_t objectives, const double *row,
                          const double *reference) {
    const struct hypervolume_scratch s = {.rows = work, .orders = orders};
    double before = hypervolume(rows, objectives, MANY - 1, reference, s);
    memcpy(rows + (size_t)(MANY - 1) * objectives, row, objectives * sizeof *row);
    return hypervolume(rows, objectives, MANY, reference, s) - before;
}

/* Without doubt it is what the volume grows by. */
static void test_certain(void **state) {
    const double reference[] = {1, 1, 1}, none[] = {0, 0, 0};
    (void)state;
    for (uint32_t objectives = 1; objectives <= 3; objectives++)
        for (uint64_t seed = 0; seed < 50; seed++) {
            double rows[MANY * 3], row[3];
            fill(rows, MANY * objectives, seed);
            fill(row, objectives, 1000 + seed);
            for (uint32_t i = 0; i < objectives; i++)
                row[i] *= 0.5;
            struct boxes b = boxes_around(rows, objectives, MANY - 1, reference);
            assert_near(ehvi(&b, row, none, NULL, NULL, scratch),
                        improvement(rows, objectives, row, reference), 1e-12);
        }
}

/* The mean over draws, three standard errors off at most (they are about 0.4 %). */
static void test_draws(void **state) {
    enum { DRAWS = 20000 };
    const double reference[] = {1, 1, 1}, means[] = {0.4, 0.5, 0.3}, deviations[] = {0.2, 0.1, 0.3};
    (void)state;
    for (uint32_t objectives = 2; objectives <= 3; objectives++) {
        double rows[MANY * 3], sum = 0, squares = 0;
        struct rng r = rng_of(5, 0, 0);
        fill(rows, MANY * objectives, 3);
        struct boxes b = boxes_around(rows, objectives, MANY - 1, reference);
        for (int k = 0; k < DRAWS; k++) {
            double row[3];
            for (uint32_t i = 0; i < objectives; i++)
                row[i] = means[i] + deviations[i] * normal_quantile(rng_unit(&r) + 1e-17);
            double gain = improvement(rows, objectives, row, reference);
            sum += gain;
            squares += gain * gain;
        }
        double mean = sum / DRAWS;
        double error = sqrt((squares / DRAWS - mean * mean) / DRAWS);
        assert_near(ehvi(&b, means, deviations, NULL, NULL, scratch), mean, 3 * error);
    }
}

/* By differences, to their own error. */
static void test_slopes(void **state) {
    const double reference[] = {1, 1, 1}, step = 1e-5;
    (void)state;
    for (uint32_t objectives = 1; objectives <= 3; objectives++) {
        double rows[MANY * 3], at[6] = {0.4, 0.5, 0.3, 0.2, 0.1, 0.3}, slopes[6];
        fill(rows, MANY * objectives, 3);
        struct boxes b = boxes_around(rows, objectives, MANY - 1, reference);
        double here = ehvi(&b, at, at + 3, slopes, slopes + 3, scratch);
        assert_near(ehvi(&b, at, at + 3, NULL, NULL, scratch), here, 0);
        for (uint32_t i = 0; i < 6; i++) {
            if (i % 3 >= objectives)
                continue;
            double keep = at[i];
            at[i] = keep + step;
            double above = ehvi(&b, at, at + 3, NULL, NULL, scratch);
            at[i] = keep - step;
            double below = ehvi(&b, at, at + 3, NULL, NULL, scratch);
            at[i] = keep;
            assert_near(slopes[i], (above - below) / (2 * step), 1e-8);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_certain),
        cmocka_unit_test(test_draws),
        cmocka_unit_test(test_slopes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
