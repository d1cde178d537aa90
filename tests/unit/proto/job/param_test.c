#include "tests/unit/proto/base/comma.h"
#include "tests/unit/proto/job/make.h"
#include "tests/unit/proto/job/random_param.h"

/* The points of a parameter as text. */
static const char *points_of(const struct param *p, char out[1024]) {
    struct buf text = buf_of(out, 1023);
    for (uint64_t k = 0; k < param_points(p); k++) {
        struct value v;
        param_point(p, k, &v);
        if (k > 0)
            buf_byte(&text, ' ');
        value_print(&text, &v);
        assert_true(param_allows(p, &v));
    }
    assert_false(text.overflow);
    out[text.len] = '\0';
    return out;
}

static void floats_have_the_points_people_expect(void **state) {
    (void)state;
    char out[1024];
    struct param stepped = {.kind = PARAM_FLOAT, .low = 0.1, .high = 0.7, .step = 0.1};
    assert_string_equal(points_of(&stepped, out), "0.1 0.2 0.3 0.4 0.5 0.6 0.7");
    struct param across = {.kind = PARAM_FLOAT, .low = -0.3, .high = 0.35, .step = 0.1};
    assert_string_equal(points_of(&across, out), "-0.3 -0.2 -0.1 0 0.1 0.2 0.3");
    struct param spread = {.kind = PARAM_FLOAT, .low = 0, .high = 1, .points = 5};
    assert_string_equal(points_of(&spread, out), "0 0.25 0.5 0.75 1");
    struct param decades = {
        .kind = PARAM_FLOAT, .low = 1e-5, .high = 0.1, .scale = SCALE_LOG, .points = 5};
    assert_string_equal(points_of(&decades, out), "1e-5 0.0001 0.001 0.01 0.1");
    struct param halves = {
        .kind = PARAM_FLOAT, .low = 1, .high = 1000, .scale = SCALE_LOG, .points = 7};
    assert_string_equal(points_of(&halves, out),
                        "1 3.16227766017 10 31.6227766017 100 316.227766017 1000");
    struct param wide = {
        .kind = PARAM_FLOAT, .low = 1e-300, .high = 1e300, .scale = SCALE_LOG, .points = 3};
    assert_string_equal(points_of(&wide, out), "1e-300 1 1e300");
    struct param one = {.kind = PARAM_FLOAT, .low = 2, .high = 2};
    assert_string_equal(points_of(&one, out), "2");
    struct param endless = {.kind = PARAM_FLOAT, .low = 0, .high = 1};
    assert_true(param_points(&endless) == 0);
    struct param tiny = {.kind = PARAM_FLOAT, .low = 0, .high = 1, .step = 1e-300};
    assert_true(param_points(&tiny) == UINT64_MAX);
}

static void points_are_the_same_in_every_locale(void **state) {
    const locale_t comma = comma_locale();
    if (comma == (locale_t)0)
        skip(); /* another C library */
    const locale_t before = uselocale(comma);
    floats_have_the_points_people_expect(state);
    uselocale(before);
    freelocale(comma);
}

static void integers_have_distinct_points(void **state) {
    (void)state;
    char out[1024];
    struct param all = {.kind = PARAM_INT, .low = -1, .high = 3};
    assert_string_equal(points_of(&all, out), "-1 0 1 2 3");
    struct param stepped = {.kind = PARAM_INT, .low = 50, .high = 220, .step = 50};
    assert_string_equal(points_of(&stepped, out), "50 100 150 200");
    struct param spread = {.kind = PARAM_INT, .low = 0, .high = 10, .points = 4};
    assert_string_equal(points_of(&spread, out), "0 3 7 10");
    struct param powers = {
        .kind = PARAM_INT, .low = 16, .high = 512, .scale = SCALE_LOG, .points = 6};
    assert_string_equal(points_of(&powers, out), "16 32 64 128 256 512");
    struct param crowded = {
        .kind = PARAM_INT, .low = 1, .high = 20, .scale = SCALE_LOG, .points = 10};
    assert_string_equal(points_of(&crowded, out), "1 2 3 4 5 6 7 10 14 20");
    struct param more_than_there_are = {.kind = PARAM_INT, .low = 1, .high = 3, .points = 9};
    assert_string_equal(points_of(&more_than_there_are, out), "1 2 3");
    struct param largest = {.kind = PARAM_INT, .low = -0x1p53, .high = 0x1p53};
    assert_true(param_points(&largest) == ((uint64_t)1 << 54) + 1);
}

static void values_take_the_form_of_their_parameter(void **state) {
    (void)state;
    const struct value choices[] = {INT(1), FLOAT(2.5), WORD("x")};
    struct param real = {.kind = PARAM_FLOAT, .low = -1, .high = 1};
    struct param whole = {.kind = PARAM_INT, .low = 0, .high = 10, .step = 5};
    struct param stepped = {.kind = PARAM_FLOAT, .low = 0, .high = 1, .step = 0.1};
    struct param choice = {.kind = PARAM_CHOICE, .choices = choices, .choices_count = 3};
    struct value v = INT(1);
    assert_true(param_fit(&real, &v));
    assert_value(&v, FLOAT(1.0));
    v = FLOAT(5.0);
    assert_true(param_fit(&whole, &v));
    assert_value(&v, INT(5));
    v = FLOAT(0.1 + 0.2);
    assert_true(param_fit(&stepped, &v));
    assert_value(&v, FLOAT(0.3));
    v = FLOAT(1.0);
    assert_true(param_fit(&choice, &v));
    assert_value(&v, INT(1));
    v = FLOAT(2.5);
    assert_true(param_fit(&choice, &v));

    const struct {
        const struct param *param;
        struct value value;
    } wrong[] = {
        {&real, FLOAT(1.5)},     {&real, WORD("x")},   {&real, BOOL(true)},  {&real, NONE},
        {&whole, INT(6)},        {&whole, FLOAT(5.5)}, {&whole, INT(15)},    {&whole, INT(-5)},
        {&stepped, FLOAT(0.35)}, {&choice, INT(2)},    {&choice, WORD("y")}, {&choice, NONE},
    };
    for (uint32_t i = 0; i < COUNT(wrong); i++) {
        v = wrong[i].value;
        assert_false(param_fit(wrong[i].param, &v));
        assert_value(&v, wrong[i].value);
    }
}

static void only_the_right_form_is_allowed(void **state) {
    (void)state;
    struct param real = {.kind = PARAM_FLOAT, .low = 0, .high = 1};
    struct param whole = {.kind = PARAM_INT, .low = 0, .high = 1};
    assert_true(param_allows(&real, &FLOAT(1.0)));
    assert_false(param_allows(&real, &INT(1)));
    assert_true(param_allows(&whole, &INT(1)));
    assert_false(param_allows(&whole, &FLOAT(1.0)));
    struct param stepped = {.kind = PARAM_FLOAT, .low = 0, .high = 1, .step = 0.1};
    assert_true(param_allows(&stepped, &FLOAT(0.3)));
    assert_false(param_allows(
        &stepped, &FLOAT(0.1 + 0.2))); /* 0.30000000000000004: near, but not that value */
}

static bool passes(const struct param *p) {
    struct arena arena = fresh_arena();
    struct job job = {.params = p, .params_count = 1};
    struct job_fault fault;
    return job_check_params(&job, &arena, &fault);
}

static void the_last_step_is_inside(void **state) {
    (void)state;
    struct param whole = {
        .name = TEXT("p"), .kind = PARAM_INT, .low = 0, .high = 5999999999, .step = 2000000000};
    struct value v;
    assert_true(passes(&whole));
    assert_true(param_points(&whole) == 3);
    param_point(&whole, 2, &v);
    assert_value(&v, INT(4000000000));
    whole.high = 6000000000;
    assert_true(param_points(&whole) == 4);
    v = INT(6000000000);
    assert_true(param_fit(&whole, &v));
    v = INT(5999999999);
    assert_false(param_fit(&whole, &v));
    /* A billion steps, each of them further off than a billionth of a step. */
    struct param many = {
        .name = TEXT("p"), .kind = PARAM_FLOAT, .low = -1e8, .high = 1e8, .step = 0.1};
    assert_true(passes(&many));
    assert_true(param_points(&many) == 2000000001);
    param_point(&many, 1000000000, &v);
    assert_value(&v, FLOAT(0));
    param_point(&many, 1999999999, &v);
    assert_value(&v, FLOAT(99999999.9));
    assert_true(param_allows(&many, &v));
    struct param high = {.name = TEXT("p"),
                         .kind = PARAM_INT,
                         .low = 1,
                         .high = 0x1p53 - 1,
                         .scale = SCALE_LOG,
                         .points = 4};
    param_point(&high, 3, &v);
    assert_value(&v, INT(9007199254740991));
}

static void assert_point(const struct param *p, uint64_t k) {
    struct value v;
    param_point(p, k, &v);
    if (!param_allows(p, &v))
        fail_msg("point %llu of %s %.17g to %.17g, step %.17g, points %u is none of its values: "
                 "%.17g",
                 (unsigned long long)k, p->kind == PARAM_INT ? "int" : "float", p->low, p->high,
                 p->step, p->points, value_number(&v));
}

static void every_point_is_allowed(void **state) {
    (void)state;
    struct rng r = rng_of(11, 0, 0);
    uint32_t checked = 0;
    for (int i = 0; i < 20000; i++) {
        struct param p = random_param(&r);
        if (!passes(&p))
            continue;
        uint64_t count = param_points(&p);
        assert_true(count > 0 || p.kind == PARAM_FLOAT);
        assert_true(count < UINT64_MAX);
        for (uint64_t k = 0; k < 8 && k < count; k++) {
            assert_point(&p, k);
            assert_point(&p, count - 1 - k);
            assert_point(&p, rng_below(&r, count));
        }
        checked += count > 1;
    }
    assert_true(checked > 4000); /* the rest cannot be, or has no points */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_have_the_points_people_expect),
        cmocka_unit_test(points_are_the_same_in_every_locale),
        cmocka_unit_test(integers_have_distinct_points),
        cmocka_unit_test(values_take_the_form_of_their_parameter),
        cmocka_unit_test(only_the_right_form_is_allowed),
        cmocka_unit_test(the_last_step_is_inside),
        cmocka_unit_test(every_point_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
