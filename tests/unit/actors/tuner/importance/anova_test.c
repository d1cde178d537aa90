#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/importance/anova.h"

#include <math.h>
#include <stdlib.h>

/* Static, as they are large. */
static struct test_job test;
static struct space space;
static struct anova anova;
static void *memory;

static void assert_near(double got, double wanted, double error) {
    if (!(fabs(got - wanted) <= error))
        fail_msg("%.17g instead of %.17g", got, wanted);
}

static void cube(uint32_t dims) {
    static const char *const names[] = {"x", "y", "z"};
    job_begin(&test, METHOD_RANDOM, 10);
    for (uint32_t i = 0; i < dims; i++)
        add_range(&test, names[i], PARAM_FLOAT, 0, 1);
}

static void begin(double (*at)(void *context, const double *settled)) {
    job_end(&test);
    space_of(&space, &test.job);
    size_t size = anova_bytes(&space, ANOVA_SAMPLES);
    memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    const struct anova_function f = {at, NULL};
    assert_true(anova_init(&anova, &space, f, ANOVA_SAMPLES, &arena));
}

static void end(void) {
    free(memory);
}

static double sum_123(void *context, const double *x) {
    (void)context;
    return x[0] + 2 * x[1] + 3 * x[2];
}

/* The variance of a_i x_i is a_i^2 / 12: 1, 4 and 9 of 14 parts, and nothing is explained
 * together. */
static void a_sum(void **state) {
    (void)state;
    cube(3);
    begin(sum_123);
    for (uint32_t i = 0; i < 3; i++) {
        struct anova_part part = anova_of(&anova, i);
        assert_near(part.alone, (i + 1) * (i + 1) / 14.0, 0.02);
        assert_near(part.total, (i + 1) * (i + 1) / 14.0, 0.02);
        assert_true(part.active == 1);
        assert_near(part.where_active, part.total, 0.02);
    }
    assert_near(anova_pair(&anova, 0, 1), 0, 1e-12);
    assert_near(anova_pair(&anova, 1, 2), 0, 1e-12);
    end();
}

static double product(void *context, const double *x) {
    (void)context;
    return x[0] * x[1];
}

/* Variance 1/9 - 1/16 = 7/144; of x / 2, which is what x explains alone, 1/48 = 3/144. */
static void a_product(void **state) {
    (void)state;
    cube(3);
    begin(product);
    for (uint32_t i = 0; i < 2; i++) {
        struct anova_part part = anova_of(&anova, i);
        assert_near(part.alone, 3 / 7.0, 0.03);
        assert_near(part.total, 4 / 7.0, 0.03);
    }
    struct anova_part none = anova_of(&anova, 2);
    assert_true(none.alone == 0 && none.total == 0);
    assert_near(anova_pair(&anova, 0, 1), 1 / 7.0, 0.02);
    assert_near(anova_pair(&anova, 0, 2), 0, 1e-12);
    end();
}

static double saddle(void *context, const double *x) {
    (void)context;
    return (x[0] - 0.5) * (x[1] - 0.5);
}

/* Neither has a say alone: the mean over the other is 0. */
static void only_together(void **state) {
    (void)state;
    cube(2);
    begin(saddle);
    assert_near(anova_of(&anova, 0).alone, 0, 0.05);
    assert_near(anova_of(&anova, 1).total, 1, 0.05);
    assert_near(anova_pair(&anova, 0, 1), 1, 0.05);
    end();
}

static const double g_weights[] = {0, 1, 4.5};

static double g_function(void *context, const double *x) {
    (void)context;
    double product = 1;
    for (int i = 0; i < 3; i++)
        product *= (fabs(4 * x[i] - 2) + g_weights[i]) / (1 + g_weights[i]);
    return product;
}

/* Sobol's g function (Saltelli and Sobol', 1995): factor i has mean 1 and the variance
 * V_i = 1 / (3 (1 + a_i)^2), so V_ij = V_i V_j and the whole is prod (1 + V_i) - 1. */
static void the_g_function(void **state) {
    (void)state;
    double v[3], whole = 1;
    for (int i = 0; i < 3; i++) {
        v[i] = 1 / (3 * (1 + g_weights[i]) * (1 + g_weights[i]));
        whole *= 1 + v[i];
    }
    whole -= 1;
    cube(3);
    begin(g_function);
    for (uint32_t i = 0; i < 3; i++) {
        double others = (whole + 1) / (1 + v[i]);
        struct anova_part part = anova_of(&anova, i);
        assert_near(part.alone, v[i] / whole, 0.04);
        assert_near(part.total, v[i] * others / whole, 0.04);
    }
    assert_near(anova_pair(&anova, 0, 1), v[0] * v[1] / whole, 0.03);
    assert_near(anova_pair(&anova, 0, 2), v[0] * v[2] / whole, 0.01);
    end();
}

static double in_a(void *context, const double *x) {
    (void)context;
    assert_true((x[1] == SPACE_OFF) == (x[0] > 0.5)); /* it is settled */
    return x[0] < 0.5 ? x[1] : 0;
}

/* x where c is a, else 0. Mean 1/4, mean of the square 1/6: variance 5/48. c alone: 1/2 or 0, so
 * 1/16 = 3/48; x alone: x / 2, so 1/48; the rest, 1/48, together. Among those that have x all is
 * x's. */
static void a_condition(void **state) {
    (void)state;
    job_begin(&test, METHOD_RANDOM, 10);
    add_choice(&test, "c", (const char *const[]){"a", "b", NULL});
    add_range(&test, "x", PARAM_FLOAT, 0, 1)->when_text = span_text("c == a");
    begin(in_a);
    struct anova_part c = anova_of(&anova, 0);
    struct anova_part x = anova_of(&anova, 1);
    assert_near(c.alone, 0.6, 0.03);
    assert_near(c.total, 0.8, 0.03);
    assert_near(x.alone, 0.2, 0.03);
    assert_near(x.total, 0.4, 0.03);
    assert_near(x.active, 0.5, 0.01);
    assert_near(x.where_active, 1, 0.05);
    assert_near(anova_pair(&anova, 0, 1), 0.2, 0.03);
    end();
}

static double corner(void *context, const double *x) {
    (void)context;
    assert_true(x[0] + x[1] <= 0.5);
    return 3 * x[0];
}

/* No forbidden configuration is asked for, though seven of eight are; and what y forbids x is not
 * counted for y. */
static void only_what_is_allowed(void **state) {
    (void)state;
    static struct condition where;
    cube(2);
    where = (struct condition){.text = span_text("x + y <= 0.5")};
    test.job.where = &where;
    test.job.where_count = 1;
    begin(corner);
    struct anova_part x = anova_of(&anova, 0);
    struct anova_part y = anova_of(&anova, 1);
    assert_near(x.alone, 1, 1e-9);
    assert_near(x.total, 1, 1e-9);
    assert_true(y.alone == 0 && y.total == 0);
    assert_near(anova_pair(&anova, 0, 1), 0, 1e-12);
    end();
}

static double flat(void *context, const double *x) {
    (void)context;
    (void)x;
    return 7;
}

static void nothing_to_explain(void **state) {
    (void)state;
    cube(1);
    begin(flat);
    struct anova_part part = anova_of(&anova, 0);
    assert_true(part.alone == 0 && part.total == 0 && part.where_active == 0);
    end();
}

static void too_little_memory(void **state) {
    (void)state;
    static uint8_t little[1000];
    const struct anova_function f = {flat, NULL};
    cube(2);
    job_end(&test);
    space_of(&space, &test.job);
    struct arena arena = arena_of(little, sizeof little);
    assert_false(anova_init(&anova, &space, f, ANOVA_SAMPLES, &arena));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum),
        cmocka_unit_test(a_product),
        cmocka_unit_test(only_together),
        cmocka_unit_test(the_g_function),
        cmocka_unit_test(a_condition),
        cmocka_unit_test(only_what_is_allowed),
        cmocka_unit_test(nothing_to_explain),
        cmocka_unit_test(too_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
