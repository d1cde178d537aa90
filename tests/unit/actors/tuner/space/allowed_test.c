#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/space/allowed.h"
#include "proto/base/rng.h"

#include <math.h>

static struct test_job test;
static struct space space;

static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};

/* So many reals from 0 to 1, under one condition. */
static void reals(uint32_t count, const char *where) {
    static struct condition conditions[1];
    job_begin(&test, METHOD_RANDOM, 10);
    for (uint32_t i = 0; i < count; i++)
        add_range(&test, names[i], PARAM_FLOAT, 0, 1);
    conditions[0] = (struct condition){.text = span_text(where)};
    test.job.where = conditions;
    test.job.where_count = 1;
    job_end(&test);
    space_of(&space, &test.job);
}

static bool draw(uint64_t number, double *point) {
    struct value values[JOB_PARAMS_MAX];
    struct rng r = rng_of(1, 0, number);
    bool found = allowed_draw(&space, &r, point, values);
    assert_true(!found || space_allows(&space, values));
    return found;
}

/* Of the triangle a + b <= 1 the parts where a < 1/2 and b < 1/2, a >= 1/2, b >= 1/2 have 1/2, 1/4
 * and 1/4 of the area. Three standard deviations of 8000 draws are 134 and 116. */
static void draws_are_even_over_what_is_allowed(void **state) {
    (void)state;
    double point[2];
    int low = 0, right = 0;
    reals(2, "a + b <= 1");
    for (uint64_t i = 0; i < 8000; i++) {
        assert_true(draw(i, point));
        low += point[0] < 0.5 && point[1] < 0.5;
        right += point[0] >= 0.5;
    }
    assert_in_range(low, 4000 - 134, 4000 + 134);
    assert_in_range(right, 2000 - 116, 2000 + 116);
}

/* A simplex of one part in 8! = 40320 of the cube, found by walking: a coordinate of an even draw is
 * 1/9 in the mean, and its variance 8 / (81 * 10), as of any part of a Dirichlet(1, .. 1) of nine. The
 * walk ends near the border; what is drawn anew from there must have forgotten it. */
static void a_small_simplex_is_filled(void **state) {
    (void)state;
    enum { DRAWN = 400 };
    double point[8];
    double mean = 0, rest = 0;
    reals(8, "a + b + c + d + e + f + g + h <= 1");
    for (uint64_t i = 0; i < DRAWN; i++) {
        double sum = 0;
        assert_true(draw(i, point));
        for (int k = 0; k < 8; k++) {
            mean += point[k] / 8 / DRAWN;
            sum += point[k];
        }
        rest += (1 - sum) / DRAWN;
    }
    /* the mean of 8 of them varies by sqrt(rest's variance) / 8; 5 standard errors each */
    double error = 5 * sqrt(8.0 / 810 / DRAWN);
    assert_true(fabs(mean - 1.0 / 9) < error / 8);
    assert_true(fabs(rest - 1.0 / 9) < error);
}

static void equalities_of_whole_numbers_are_met(void **state) {
    (void)state;
    static struct condition conditions[2];
    struct value values[JOB_PARAMS_MAX];
    double point[3];
    job_begin(&test, METHOD_RANDOM, 10);
    add_range(&test, "layers", PARAM_INT, 1, 64);
    add_range(&test, "width", PARAM_INT, 1, 512)->scale = SCALE_LOG;
    add_range(&test, "heads", PARAM_INT, 1, 16);
    conditions[0].text = span_text("layers * width == 480");
    conditions[1].text = span_text("width % heads == 0 and heads > 2");
    test.job.where = conditions;
    test.job.where_count = 2;
    job_end(&test);
    space_of(&space, &test.job);
    for (uint64_t i = 0; i < 50; i++) {
        struct rng r = rng_of(2, 0, i);
        assert_true(allowed_draw(&space, &r, point, values));
        assert_int_equal(values[0].integer * values[1].integer, 480);
        assert_int_equal(values[1].integer % values[2].integer, 0);
    }
}

static void what_is_allowed_stays_where_it_is(void **state) {
    (void)state;
    struct value values[JOB_PARAMS_MAX];
    struct rng r = rng_of(3, 0, 0);
    reals(2, "a + b <= 1");
    double point[] = {0.25, 0.75};
    assert_true(allowed_near(&space, &r, point, values));
    assert_true(point[0] == 0.25 && point[1] == 0.75);
    assert_true(values[0].real == 0.25 && values[1].real == 0.75);
}

/* As much of what was asked for as can be: one of two coordinates, and the other up to the border. */
static void what_is_not_is_brought_near(void **state) {
    (void)state;
    struct value values[JOB_PARAMS_MAX];
    reals(3, "a + b <= 1");
    for (uint64_t i = 0; i < 100; i++) {
        struct rng r = rng_of(4, 0, i);
        double point[] = {0.75, 0.5, 0.125};
        assert_true(allowed_near(&space, &r, point, values));
        assert_true(space_allows(&space, values));
        assert_true(point[2] == 0.125);
        assert_true(point[0] <= 0.75 && point[1] <= 0.5);
        assert_true(point[0] + point[1] > 0.999);
    }
}

/* A choice that is not allowed wakes other parameters; the point finds its way to another. */
static void conditions_are_looked_through(void **state) {
    (void)state;
    static struct condition conditions[1] = {{.text = {(const uint8_t *)"degree >= 3", 11}}};
    struct value values[JOB_PARAMS_MAX];
    job_conditional(&test, METHOD_RANDOM, 10);
    test.job.where = conditions;
    test.job.where_count = 1;
    static uint8_t memory[65536]; /* the job's parameters lie in its own */
    struct arena arena = arena_of(memory, sizeof memory);
    struct job_fault fault;
    assert_true(job_check(&test.job, &arena, &fault));
    space_of(&space, &test.job);
    int polys = 0;
    for (uint64_t i = 0; i < 2000; i++) {
        struct rng r = rng_of(5, 0, i);
        double point[JOB_PARAMS_MAX];
        assert_true(allowed_draw(&space, &r, point, values));
        polys += values[3].kind == VALUE_INT;
        assert_true(values[3].kind == VALUE_NONE || values[3].integer >= 3);
    }
    /* 1/4 of all is svm with poly, a third of which is forbidden: 2/11 of the rest, +- 3 deviations */
    assert_in_range(polys, 364 - 52, 364 + 52);
}

static void nothing_is_found_where_nothing_is(void **state) {
    (void)state;
    struct value values[JOB_PARAMS_MAX];
    double point[2];
    reals(2, "a + b > 2");
    assert_false(draw(0, point));
    assert_false(allowed_some(&space, point, values));
    struct rng r = rng_of(6, 0, 0);
    assert_false(allowed_near(&space, &r, point, values));
    reals(2, "a + b > 1.9999");
    assert_true(allowed_some(&space, point, values));
    assert_true(values[0].real + values[1].real > 1.9999);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_are_even_over_what_is_allowed),
        cmocka_unit_test(a_small_simplex_is_filled),
        cmocka_unit_test(equalities_of_whole_numbers_are_met),
        cmocka_unit_test(what_is_allowed_stays_where_it_is),
        cmocka_unit_test(what_is_not_is_brought_near),
        cmocka_unit_test(conditions_are_looked_through),
        cmocka_unit_test(nothing_is_found_where_nothing_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
