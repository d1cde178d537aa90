#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/several/breed.h"
#include "proto/base/rng.h"

#include <math.h>

#define assert_near(a, b, most) assert_true(fabs((a) - (b)) <= (most))

/* Deb and Agrawal: u = 1/2 gives the parents back, 0 their middle; far from the bounds the spread is
 * (2 u)^(1 / 21) and (1 / (2 (1 - u)))^(1 / 21); near them nothing is beyond. */
static void test_cross(void **state) {
    (void)state;
    assert_near(breed_cross(0.6, 0.4, false, 0.5), 0.4, 1e-12);
    assert_near(breed_cross(0.4, 0.6, true, 0.5), 0.6, 1e-12);
    assert_near(breed_cross(0.4, 0.6, true, 0), 0.5, 1e-12);
    assert_near(breed_cross(0.49, 0.51, false, 0.2), 0.5 - 0.01 * pow(0.4, 1.0 / 21), 1e-12);
    assert_near(breed_cross(0.49, 0.51, true, 0.9), 0.5 + 0.01 * pow(5, 1.0 / 21), 1e-12);
    assert_near(breed_cross(0.1, 0.9, true, 1 - 0x1p-53), 1, 1e-4);
    assert_near(breed_cross(0.1, 0.9, false, 1 - 0x1p-53), 0, 1e-6);
    assert_near(breed_cross(0.3, 0.3, true, 0.7), 0.3, 0);
}

/* The moves are polynomial: delta = (2 u)^(1 / 21) - 1 far from the bounds, all the way to them at
 * the ends of u. */
static void test_move(void **state) {
    (void)state;
    assert_near(breed_move(0.5, 0.5), 0.5, 1e-12);
    assert_near(breed_move(0.5, 0.25), 0.5 + pow(0.5, 1.0 / 21) - 1, 1e-7);
    assert_near(breed_move(0.5, 0.75), 0.5 + 1 - pow(0.5, 1.0 / 21), 1e-7);
    assert_near(breed_move(0.25, 0), 0, 1e-12);
    assert_near(breed_move(0.25, 1 - 0x1p-53), 1, 1e-4);
}

/* Numbers lie near their parents', choices are one of theirs, a coordinate that one parent lacks is
 * the other's, but for mutations: those touch one coordinate in five. */
static void test_breed(void **state) {
    struct test_job test;
    struct space space;
    struct value values[5];
    uint32_t touched = 0;
    (void)state;
    job_conditional(&test, METHOD_RANDOM, 10);
    space_of(&space, &test.job);
    const float first[] = {0.25f, 0.5f, 0.25f, SPACE_OFF, SPACE_OFF};
    const float second[] = {0.25f, 0.5f, 0.75f, 0.5f, SPACE_OFF};
    for (uint64_t k = 0; k < 1000; k++) {
        struct rng r = rng_of(1, 2, k);
        double child[5];
        uint32_t wrong;
        breed(&space, &r, first, second, child);
        for (uint32_t i = 0; i < 5; i++)
            assert_true(child[i] >= 0 && child[i] <= 1);
        touched += child[0] != 0.25;
        touched += child[1] != 0.5;
        touched += child[2] != 0.25 && child[2] != 0.75;
        touched += child[3] != 0.5;
        space_values(&space, child, values);
        assert_true(job_config_valid(&test.job, values, &wrong));
    }
    assert_true(touched > 650 && touched < 950); /* 4000 / 5, six deviations */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cross),
        cmocka_unit_test(test_move),
        cmocka_unit_test(test_breed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
