#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/space/space.h"
#include "proto/base/rng.h"
#include "tests/unit/proto/job/random_param.h"

#include <float.h>
#include <math.h>

#define BELOW_ONE (1 - DBL_EPSILON / 2)

static double real_at(const struct param *p, double unit) {
    struct value v = {0};
    space_value(p, unit, &v);
    assert_int_equal(v.kind, VALUE_FLOAT);
    return v.real;
}

static int64_t integer_at(const struct param *p, double unit) {
    struct value v = {0};
    space_value(p, unit, &v);
    assert_int_equal(v.kind, VALUE_INT);
    return v.integer;
}

static void floats_are_even(void **state) {
    (void)state;
    const struct param p = {.kind = PARAM_FLOAT, .low = -2, .high = 6};
    assert_true(real_at(&p, 0) == -2);
    assert_true(real_at(&p, 0.25) == 0 && !signbit(real_at(&p, 0.25)));
    assert_true(real_at(&p, 0.5) == 2);
    assert_true(real_at(&p, BELOW_ONE) <= 6);
    assert_true(real_at(&p, BELOW_ONE) > 6 - 1e-14);
    const struct param widest = {.kind = PARAM_FLOAT, .low = -DBL_MAX, .high = DBL_MAX};
    assert_true(real_at(&widest, 0) == -DBL_MAX);
    assert_true(real_at(&widest, 0.5) == 0);
    const struct param one = {.kind = PARAM_FLOAT, .low = 0.1, .high = 0.1};
    for (double unit = 0; unit < 1; unit += 0.01)
        assert_true(real_at(&one, unit) == 0.1);
}

static void log_floats_are_even_in_the_logarithm(void **state) {
    (void)state;
    const struct param p = {.kind = PARAM_FLOAT, .low = 1e-5, .high = 0.1, .scale = SCALE_LOG};
    assert_true(real_at(&p, 0) == 1e-5);
    assert_true(fabs(real_at(&p, 0.25) / 1e-4 - 1) < 1e-14);
    assert_true(fabs(real_at(&p, 0.5) / 1e-3 - 1) < 1e-14);
    assert_true(fabs(real_at(&p, 0.75) / 1e-2 - 1) < 1e-14);
    assert_true(real_at(&p, BELOW_ONE) <= 0.1);
    assert_true(real_at(&p, BELOW_ONE) > 0.1 * (1 - 1e-14));
    const struct param widest = {
        .kind = PARAM_FLOAT, .low = 1e-307, .high = 1e307, .scale = SCALE_LOG};
    assert_true(real_at(&widest, 0) == 1e-307);
    assert_true(fabs(real_at(&widest, 0.5) - 1) < 1e-11);
    assert_true(real_at(&widest, BELOW_ONE) <= 1e307);
    assert_true(real_at(&widest, BELOW_ONE) > 1e307 * (1 - 1e-11));
}

/* A value that would only come out equal where every step is rounded alike. */
static void log_floats_have_fixed_bits(void **state) {
    (void)state;
    const struct param p = {.kind = PARAM_FLOAT, .low = 1e-5, .high = 0.1, .scale = SCALE_LOG};
    assert_true(real_at(&p, 0.3) == 0x1.4c604e2c75fb4p-13);
    assert_true(real_at(&p, 0.7) == 0x1.9d811398ddcc2p-8);
}

static void stepped_floats_are_steps(void **state) {
    (void)state;
    const struct param p = {.kind = PARAM_FLOAT, .low = 0.1, .high = 0.75, .step = 0.2};
    const double steps[] = {0.1, 0.3, 0.5, 0.7};
    for (int i = 0; i < 4; i++) {
        assert_true(real_at(&p, 0.25 * i) == steps[i]);
        assert_true(real_at(&p, 0.25 * i + 0.2499) == steps[i]);
    }
    assert_true(real_at(&p, BELOW_ONE) == 0.7);
}

static void integers_have_equal_cells(void **state) {
    (void)state;
    const struct param p = {.kind = PARAM_INT, .low = -1, .high = 2};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(integer_at(&p, 0.25 * i), i - 1);
        assert_int_equal(integer_at(&p, 0.25 * i + 0.2499), i - 1);
    }
    assert_int_equal(integer_at(&p, BELOW_ONE), 2);
    const struct param stepped = {.kind = PARAM_INT, .low = 10, .high = 55, .step = 20};
    assert_int_equal(integer_at(&stepped, 0), 10);
    assert_int_equal(integer_at(&stepped, 0.34), 30);
    assert_int_equal(integer_at(&stepped, BELOW_ONE), 50);
    const struct param gridded = {.kind = PARAM_INT, .low = 0, .high = 9, .points = 2};
    assert_int_equal(integer_at(&gridded, 0.55), 5); /* points are the grid's alone */
    const struct param wide = {.kind = PARAM_INT, .low = -0x1p53, .high = 0x1p53};
    assert_true(integer_at(&wide, 0) == -(1ll << 53));
    assert_true(integer_at(&wide, BELOW_ONE) <= 1ll << 53);
    assert_true(integer_at(&wide, BELOW_ONE) >= (1ll << 53) - 2);
}

/* k of 1..3 has ln((k + 1/2) / (k - 1/2)) / ln 7 of the interval: 0.5646, 0.2625, 0.1729. */
static void log_integers_have_the_law_of_the_scale(void **state) {
    (void)state;
    const struct param p = {.kind = PARAM_INT, .low = 1, .high = 3, .scale = SCALE_LOG};
    assert_int_equal(integer_at(&p, 0), 1);
    assert_int_equal(integer_at(&p, 0.5645), 1);
    assert_int_equal(integer_at(&p, 0.5647), 2);
    assert_int_equal(integer_at(&p, 0.8270), 2);
    assert_int_equal(integer_at(&p, 0.8272), 3);
    assert_int_equal(integer_at(&p, BELOW_ONE), 3);
}

static void choices_are_even(void **state) {
    (void)state;
    const struct value choices[] = {{.kind = VALUE_BOOL, .boolean = true},
                                    {.kind = VALUE_INT, .integer = 7},
                                    {.kind = VALUE_FLOAT, .real = 0.5}};
    const struct param p = {.kind = PARAM_CHOICE, .choices = choices, .choices_count = 3};
    const struct {
        double unit;
        enum value_kind kind;
    } table[] = {{0, VALUE_BOOL},     {0.3333, VALUE_BOOL},  {0.3334, VALUE_INT},
                 {0.6666, VALUE_INT}, {0.6667, VALUE_FLOAT}, {BELOW_ONE, VALUE_FLOAT}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct value v = {0};
        space_value(&p, table[i].unit, &v);
        assert_int_equal(v.kind, table[i].kind);
    }
    const struct param constant = {
        .kind = PARAM_CHOICE, .choices = choices + 1, .choices_count = 1};
    struct value v = {0};
    space_value(&constant, BELOW_ONE, &v);
    assert_int_equal(v.integer, 7);
}

/* A value of a cell lies where it comes out again; a real may differ in its last bits. */
static void there_and_back(const struct job *job, const struct value *v) {
    struct space space;
    struct value again;
    double unit;
    space_of(&space, job);
    space_point(&space, v, &unit);
    assert_true(unit >= 0 && unit <= 1);
    if (space.dim[0].kind == DIM_CHOICE)
        assert_true(unit == (double)(float)unit); /* trials keep floats, models ask for equality */
    space_value(&job->params[0], unit, &again);
    if (space.dim[0].kind == DIM_REAL) {
        double spread = job->params[0].high / 2 - job->params[0].low / 2;
        assert_true(fabs(again.real / 2 - v->real / 2) <= 1e-12 * spread ||
                    fabs(again.real - v->real) <= 1e-9 * fabs(v->real));
    } else if (space.dim[0].cells < 1ull << 40 &&
               (job->params[0].scale == SCALE_LINEAR || job->params[0].high < 1e9)) {
        /* A cell near the upper end of a long logarithmic scale is thinner than its logarithm is
         * exact. */
        assert_true(value_equal(&again, v));
    }
}

/* Random parameters of every kind: whatever is drawn is a value of the parameter. */
static void every_value_is_allowed(void **state) {
    (void)state;
    static uint8_t memory[4096];
    struct rng r = rng_of(9, 0, 0);
    int drawn = 0;
    for (int i = 0; i < 20000; i++) {
        struct param p = random_param(&r);
        struct job job = {.params = &p, .params_count = 1};
        struct arena arena = arena_of(memory, sizeof memory);
        struct job_fault fault;
        if (!job_check_params(&job, &arena, &fault))
            continue;
        const double units[] = {0, rng_unit(&r), rng_unit(&r), BELOW_ONE};
        for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
            struct value v = {0};
            space_value(&p, units[k], &v);
            if (!param_allows(&p, &v))
                fail_msg("at %.17g of %.17g to %.17g, step %.17g: %.17g", units[k], p.low, p.high,
                         p.step, value_number(&v));
            there_and_back(&job, &v);
        }
        drawn++;
    }
    assert_true(drawn > 5000); /* the others cannot be */
}

static void the_largest_whole_numbers_stay_inside(void **state) {
    (void)state;
    const struct param p = {
        .kind = PARAM_INT, .low = 0x1p53 - 1, .high = 0x1p53, .scale = SCALE_LOG};
    assert_true(integer_at(&p, 0) == 9007199254740991);
    assert_true(integer_at(&p, BELOW_ONE) >= 9007199254740991);
    assert_true(integer_at(&p, BELOW_ONE) <= 9007199254740992);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_are_even),
        cmocka_unit_test(log_floats_are_even_in_the_logarithm),
        cmocka_unit_test(log_floats_have_fixed_bits),
        cmocka_unit_test(stepped_floats_are_steps),
        cmocka_unit_test(integers_have_equal_cells),
        cmocka_unit_test(log_integers_have_the_law_of_the_scale),
        cmocka_unit_test(choices_are_even),
        cmocka_unit_test(every_value_is_allowed),
        cmocka_unit_test(the_largest_whole_numbers_stay_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
