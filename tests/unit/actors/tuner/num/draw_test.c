#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/num/draw.h"

#include <math.h>
#include <stdlib.h>

enum { DRAWS = 100000 };

static void open_units_and_normals(void **state) {
    (void)state;
    struct rng r = rng_of(1, 0, 0);
    double sum = 0, squares = 0, cubes = 0, fourths = 0;
    int beyond = 0;
    for (int i = 0; i < DRAWS; i++) {
        double u = draw_open(&r);
        assert_true(u > 0 && u < 1);
        double z = draw_normal(&r);
        sum += z;
        squares += z * z;
        cubes += z * z * z;
        fourths += z * z * z * z;
        beyond += fabs(z) > 2.5758293035489; /* one in a hundred */
    }
    /* Moments 0, 1, 0, 3, each within five of its standard errors. */
    assert_true(fabs(sum / DRAWS) < 5 * sqrt(1.0 / DRAWS));
    assert_true(fabs(squares / DRAWS - 1) < 5 * sqrt(2.0 / DRAWS));
    assert_true(fabs(cubes / DRAWS) < 5 * sqrt(15.0 / DRAWS));
    assert_true(fabs(fourths / DRAWS - 3) < 5 * sqrt(96.0 / DRAWS));
    assert_true(abs(beyond - DRAWS / 100) < 5 * sqrt(DRAWS / 100.0));
}

/* Each of the 24 orders of 4 as often as any other. */
static void orders(void **state) {
    (void)state;
    int count[256] = {0};
    int kinds = 0;
    struct rng r = rng_of(2, 0, 0);
    for (int i = 0; i < 24000; i++) {
        uint32_t order[4];
        draw_order(&r, order, 4);
        count[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    for (int i = 0; i < 256; i++) {
        kinds += count[i] > 0;
        assert_true(count[i] == 0 || abs(count[i] - 1000) < 160); /* five standard errors */
    }
    assert_int_equal(kinds, 24);
    uint32_t one = 9;
    draw_order(&r, &one, 0);
    assert_int_equal(one, 9);
    draw_order(&r, &one, 1);
    assert_int_equal(one, 0);
}

static void weights(void **state) {
    (void)state;
    const double w[6] = {0, 1, -5, 2, NAN, 1};
    int count[6] = {0};
    struct rng r = rng_of(3, 0, 0);
    for (int i = 0; i < 40000; i++)
        count[draw_weighted(&r, w, 6)]++;
    assert_true(count[0] == 0 && count[2] == 0 && count[4] == 0);
    assert_true(abs(count[1] - 10000) < 450 && abs(count[3] - 20000) < 500);
    assert_int_equal(draw_weighted(&r, w, 1), 1); /* none can be */
    assert_int_equal(draw_weighted(&r, w, 0), 0);
    const double tiny[2] = {1, 1e-300};
    assert_int_equal(draw_weighted(&r, tiny, 2), 0);
}

/* The numbers of the stream that a draw takes. */
static void takes_what_it_says(void **state) {
    (void)state;
    struct rng a = rng_of(4, 0, 0), b = rng_of(4, 0, 0);
    draw_normal(&a);
    rng_u64(&b);
    draw_open(&a);
    rng_u64(&b);
    const double w[2] = {1, 1};
    draw_weighted(&a, w, 2);
    rng_u64(&b);
    assert_true(rng_u64(&a) == rng_u64(&b));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_units_and_normals),
        cmocka_unit_test(orders),
        cmocka_unit_test(weights),
        cmocka_unit_test(takes_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
