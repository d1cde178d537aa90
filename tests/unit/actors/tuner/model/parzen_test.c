#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/model/parzen.h"

#include "proto/base/rng.h"

#include <math.h>
#include <stdlib.h>

enum { KERNELS = 64 };

static struct test_job test;
static struct space space;
static struct parzen parzen;
static void *memory;

static void assert_near(double got, double wanted, double error) {
    if (!(fabs(got - wanted) <= error))
        fail_msg("%.9g instead of %.9g", got, wanted);
}

static void begin(double even_weight) {
    space_of(&space, &test.job);
    size_t size = parzen_bytes(&space, KERNELS);
    memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    assert_true(parzen_init(&parzen, &space, KERNELS, &arena));
    parzen_begin(&parzen, even_weight);
}

static void end(void) {
    free(memory);
}

static double density(const double *point) {
    return exp(parzen_log_density(&parzen, point));
}

/* One kernel at 1/2 beside the even one, both of weight 1. Moments: mean 1/2, square (1/3 + 1/4) / 2
 * = 7/24, deviation sqrt(1/24) = 0.204; of one trial the magic clip is 1/3, and wider. The normal
 * of that width has the density 3 / sqrt(2 pi) = 1.19683 at its place and 0.866386 of its mass in
 * [0, 1]; at the border it is e^-(1.5^2 / 2) = 0.324652 of that. Half of all is even. */
static void one_number_is_as_worked_out(void **state) {
    (void)state;
    job_begin(&test, METHOD_TPE, 10);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    job_end(&test);
    begin(1);
    parzen_add(&parzen, (const float[]){0.5f}, 1);
    parzen_fit(&parzen);
    assert_near(parzen.widths[0], 1.0 / 3, 1e-12);
    double peak = 1.19683 / 0.866386;
    assert_near(density((const double[]){0.5}), (1 + peak) / 2, 2e-3);
    assert_near(density((const double[]){0.99}), (1 + peak * exp(-4.5 * 0.49 * 0.49)) / 2, 1e-2);
    end();
}

/* Scott's rule: four kernels at 0.2, 0.2, 0.8, 0.8, the even one as a fifth. Mean 1/2; mean square
 * (1/3 + 2 * 0.04 + 2 * 0.64) / 5 = 0.338667; variance 0.088667, deviation 0.297769. Two free
 * dimensions, so times 4^(-1/6) = 0.793701. */
static void the_width_follows_scotts_rule(void **state) {
    (void)state;
    job_begin(&test, METHOD_TPE, 10);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "y", PARAM_FLOAT, 0, 1);
    job_end(&test);
    begin(1);
    for (uint32_t i = 0; i < 4; i++)
        parzen_add(&parzen, (const float[]){i < 2 ? 0.2f : 0.8f, 0.5f}, 1);
    parzen_fit(&parzen);
    assert_near(parzen.widths[0], 0.297769 * 0.793701, 1e-5);
    end();
}

/* Two kernels on the first of three values and the even one, each a third. The chance of any value
 * is 3 / (2 + 3) = 0.6; relative to even a kernel has 3 * 0.4 + 0.6 = 1.8 on its own value and 0.6
 * on each other. First: (1 + 1.8 + 1.8) / 3; others: (1 + 0.6 + 0.6) / 3. Their mean is 1. */
static void a_choice_is_as_worked_out(void **state) {
    (void)state;
    job_begin(&test, METHOD_TPE, 10);
    add_choice(&test, "c", (const char *const[]){"a", "b", "c", NULL});
    job_end(&test);
    begin(1);
    parzen_add(&parzen, (const float[]){1.0f / 6}, 1);
    parzen_add(&parzen, (const float[]){1.0f / 6}, 1);
    parzen_fit(&parzen);
    assert_near(density((const double[]){1.0 / 6}), 4.6 / 3, 1e-6);
    assert_near(density((const double[]){0.5}), 2.2 / 3, 1e-6);
    assert_near(density((const double[]){5.0 / 6}), 2.2 / 3, 1e-6);
    end();
}

/* Over all configurations of one parameter, where both halves of the density are the same, chances
 * sum to one: a real in small steps, few and many cells, cells of unequal width. */
static double mass_of(const struct param *p, uint32_t steps) {
    double mass = 0;
    for (uint32_t i = 0; i < steps; i++) {
        struct value v;
        space_value(p, (i + 0.5) / steps, &v);
        double at = space_unit(&space, 0, &v);
        mass += density(&at) / steps;
    }
    return mass;
}

static void densities_sum_to_one(void **state) {
    (void)state;
    for (int kind = 0; kind < 5; kind++) {
        job_begin(&test, METHOD_TPE, 10);
        struct param *p = add_range(&test, "x", kind < 2 ? PARAM_FLOAT : PARAM_INT, 1,
                                    kind == 2   ? 4
                                    : kind == 3 ? 100
                                                : 400);
        p->scale = kind == 1 || kind == 4 ? SCALE_LOG : SCALE_LINEAR;
        job_end(&test);
        begin(0.5);
        const double places[] = {0.01, 0.3, 0.32, 0.34, 0.9};
        for (uint32_t i = 0; i < 5; i++) {
            struct value v;
            space_value(p, places[i], &v);
            parzen_add(&parzen, (const float[]){(float)space_unit(&space, 0, &v)}, i + 1);
        }
        parzen_fit(&parzen);
        assert_near(mass_of(p, 20000), 1, 0.02);
        end();
    }
}

/* learner, C (svm), kernel (svm), degree (poly), trees (forest). */
static const float svm[] = {0.25f, 0.3f, 0.25f, (float)SPACE_OFF, (float)SPACE_OFF};
static const float forest[] = {0.75f, (float)SPACE_OFF, (float)SPACE_OFF, (float)SPACE_OFF, 0.9f};

/* A trial of the other branch says nothing about C: with it alone all C are alike. The chance of
 * any learner is 2 / (1 + 2), so relative to even forest has 2 / 3 + 2 / 3 and svm 2 / 3. */
static void what_a_trial_lacks_is_even(void **state) {
    (void)state;
    job_conditional(&test, METHOD_TPE, 10);
    begin(1);
    parzen_add(&parzen, forest, 1);
    parzen_fit(&parzen);
    const double low[] = {0.25, 0.1, 0.25, SPACE_OFF, SPACE_OFF};
    const double high[] = {0.25, 0.9, 0.75, 0.5, SPACE_OFF};
    assert_near(density(low), (1 + 2.0 / 3) / 2, 1e-6);
    assert_near(density(high), (1 + 2.0 / 3) / 2, 1e-6);
    end();
}

/* The product of mixtures would put half of the weight on (low, high) and (high, low); the mixture
 * of products does not, and half the logarithm comes from each. */
static void parameters_belong_together(void **state) {
    (void)state;
    job_begin(&test, METHOD_TPE, 10);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "y", PARAM_FLOAT, 0, 1);
    job_end(&test);
    begin(1);
    for (uint32_t i = 0; i < 40; i++) {
        float at = i % 2 == 0 ? 0.1f : 0.9f;
        parzen_add(&parzen, (const float[]){at, at}, 1);
    }
    parzen_fit(&parzen);
    assert_true(density((const double[]){0.1, 0.1}) > 1.5 * density((const double[]){0.1, 0.9}));
    uint32_t apart[2] = {0};
    struct rng r = rng_of(1, 1, 1);
    for (uint32_t i = 0; i < 4000; i++) {
        double point[2];
        struct value values[JOB_PARAMS_MAX];
        parzen_draw(&parzen, &r, i % 2 == 1, point, values);
        apart[i % 2] += (point[0] < 0.5) != (point[1] < 0.5);
    }
    assert_in_range(apart[0], 900, 1100); /* each coordinate by itself: half of 2000 */
    assert_in_range(apart[1], 0, 500);
    end();
}

/* Draws of a mixture of products are as frequent as its density says: 20 bins of the coordinate of
 * the branch, chi square of 19 degrees of freedom, one in ten thousand. */
static void draws_follow_the_density(void **state) {
    (void)state;
    enum { DRAWS = 20000, BINS = 20 };
    job_begin(&test, METHOD_TPE, 10);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    job_end(&test);
    begin(1);
    for (uint32_t i = 0; i < 6; i++)
        parzen_add(&parzen, (const float[]){0.05f + 0.12f * (float)i}, 1 + i % 3);
    parzen_fit(&parzen);
    uint32_t counts[BINS] = {0};
    double sum = 0;
    struct rng r = rng_of(3, 1, 1);
    for (uint32_t i = 0; i < DRAWS; i++) {
        double point[1];
        struct value values[JOB_PARAMS_MAX];
        parzen_draw(&parzen, &r, true, point, values);
        counts[(int)(point[0] * BINS)]++;
    }
    for (uint32_t i = 0; i < BINS; i++) {
        double expected = 0;
        for (uint32_t k = 0; k < 50; k++)
            expected += density((const double[]){(i + (k + 0.5) / 50) / BINS}) / 50 * DRAWS / BINS;
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    assert_true(sum < 50);
    end();
}

/* Children are drawn from trials that have them, those first that agree with the parents drawn: an
 * svm comes with C near 0.3, a forest with many trees. */
static void children_come_from_trials_that_have_them(void **state) {
    (void)state;
    job_conditional(&test, METHOD_TPE, 10);
    begin(0.1);
    for (uint32_t i = 0; i < 20; i++)
        parzen_add(&parzen, i % 2 == 0 ? svm : forest, 1);
    parzen_fit(&parzen);
    uint32_t near[2] = {0}, all[2] = {0};
    struct rng r = rng_of(5, 1, 1);
    for (uint32_t i = 0; i < 2000; i++) {
        double point[5];
        struct value values[JOB_PARAMS_MAX];
        uint32_t wrong;
        parzen_draw(&parzen, &r, i % 2 == 1, point, values);
        assert_true(job_config_valid(&test.job, values, &wrong));
        uint32_t is_forest = values[1].kind == VALUE_NONE;
        all[is_forest]++;
        near[is_forest] += is_forest ? values[4].integer >= 40 : fabs(point[1] - 0.3) < 0.3;
    }
    assert_in_range(all[0], 800, 1200);
    assert_true(near[0] > all[0] * 8 / 10);
    assert_true(near[1] > all[1] * 6 / 10);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_number_is_as_worked_out),
        cmocka_unit_test(the_width_follows_scotts_rule),
        cmocka_unit_test(a_choice_is_as_worked_out),
        cmocka_unit_test(densities_sum_to_one),
        cmocka_unit_test(what_a_trial_lacks_is_even),
        cmocka_unit_test(parameters_belong_together),
        cmocka_unit_test(draws_follow_the_density),
        cmocka_unit_test(children_come_from_trials_that_have_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
