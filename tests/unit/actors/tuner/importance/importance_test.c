#include "tests/unit/actors/tuner/searched.h"

#include "actors/tuner/importance/importance.h"
#include "actors/tuner/model/rows.h"
#include "proto/base/rng.h"

#include <math.h>

/* Static, as they are large. */
static struct test_job test;
static struct searched search;
static struct importance found, again;

static void assert_near(double got, double wanted, double error) {
    if (!(fabs(got - wanted) <= error))
        fail_msg("%.17g instead of %.17g", got, wanted);
}

/* What a full point is worth; NAN: it fails. */
typedef double worth_fn(const double *point, struct rng *r);

/* So many trials drawn evenly. */
static void run(uint32_t count, worth_fn *worth) {
    search_begin(&search, &test.job, count > 0 ? count : 1);
    struct rng r = rng_of(3, 0, 0);
    for (uint32_t n = 0; n < count; n++) {
        struct value values[JOB_PARAMS_MAX];
        double point[JOB_PARAMS_MAX];
        for (uint32_t i = 0; i < test.job.params_count; i++)
            point[i] = rng_unit(&r);
        space_values(&search.space, point, values);
        uint32_t place = trials_add(&search.trials, values);
        double value = worth(point, &r);
        trials_end(&search.trials, place, isnan(value) ? ENDED_BADLY : ENDED_WELL,
                   isnan(value) ? NULL : &value, 0, 1);
    }
}

static void ask(struct importance *out) {
    size_t size = importance_bytes(&search.space);
    void *memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    assert_true(importance_of(&search.brief, 0, &arena, out));
    free(memory);
}

static const struct importance_param *of_param(const struct importance *all, uint32_t param) {
    for (uint32_t k = 0; k < all->params_count; k++)
        if (all->params[k].param == param)
            return &all->params[k];
    fail();
    return NULL;
}

static void cube(void) {
    job_begin(&test, METHOD_RANDOM, 1000);
    for (uint32_t i = 0; i < 4; i++)
        add_range(&test, (const char *const[]){"a", "b", "c", "d"}[i], PARAM_FLOAT, 0,
                  i == 3 ? 0 : 1);
    job_end(&test);
}

static double sum(const double *x, struct rng *r) {
    (void)r;
    return x[0] + 3 * x[1];
}

/* Shares 1/10 and 9/10; nothing of what is not in it, nothing of a constant. */
static void a_sum_is_split(void **state) {
    (void)state;
    cube();
    run(40, sum);
    ask(&found);
    assert_int_equal(found.verdict, IMPORTANCE_KNOWN);
    assert_int_equal(found.trials, 40);
    assert_int_equal(found.used, 40);
    assert_true(found.tau > 0.9);
    assert_int_equal(found.params_count, 4);
    assert_int_equal(found.params[0].param, 1);
    assert_int_equal(found.params[1].param, 0);
    assert_near(found.params[0].part.alone, 0.9, 0.03);
    assert_near(found.params[1].part.alone, 0.1, 0.03);
    assert_near(of_param(&found, 2)->part.total, 0, 0.01);
    assert_true(of_param(&found, 3)->part.total == 0);
    assert_int_equal(found.pairs_count, 0);
    search_end(&search);
}

static double saddle(const double *x, struct rng *r) {
    (void)r;
    return (x[0] - 0.5) * (x[2] - 0.5);
}

static void a_pair_is_found(void **state) {
    (void)state;
    cube();
    run(80, saddle);
    ask(&found);
    ask(&again);
    assert_memory_equal(&found, &again, sizeof found);
    assert_int_equal(found.verdict, IMPORTANCE_KNOWN);
    assert_true(found.pairs_count >= 1);
    assert_int_equal(found.pairs[0].a, 0);
    assert_int_equal(found.pairs[0].b, 2);
    assert_near(found.pairs[0].share, 1, 0.15);
    assert_near(of_param(&found, 1)->part.total, 0, 0.1);
    search_end(&search);
}

static double noise(const double *x, struct rng *r) {
    (void)x;
    return rng_unit(r);
}

static double flat(const double *x, struct rng *r) {
    (void)r;
    return x[0] < 0.1 ? NAN : 5;
}

static void no_numbers_without_knowledge(void **state) {
    (void)state;
    cube();
    run(19, sum);
    ask(&found);
    assert_int_equal(found.verdict, IMPORTANCE_FEW);
    assert_int_equal(found.trials, 19);
    search_end(&search);
    cube();
    run(60, noise);
    ask(&found);
    assert_int_equal(found.verdict, IMPORTANCE_VAGUE);
    assert_true(found.tau < IMPORTANCE_TAU_LEAST);
    assert_int_equal(found.params_count, 0);
    search_end(&search);
    cube();
    run(60, flat);
    ask(&found);
    assert_int_equal(found.verdict, IMPORTANCE_EQUAL);
    search_end(&search);
}

static double fails_below(const double *x, struct rng *r) {
    (void)r;
    return x[2] < 0.5 ? NAN : x[0];
}

/* What fails counts as the worst, so what makes it fail matters. Of y = 1 where z < 1/2, else x:
 * variance 1/6 + 1/2 - (3/4)^2 = 5/48, of which z explains 3/48 alone and x 1/48. */
static void failures_count_as_the_worst(void **state) {
    (void)state;
    cube();
    run(120, fails_below);
    ask(&found);
    assert_int_equal(found.verdict, IMPORTANCE_KNOWN);
    assert_int_equal(found.params[0].param, 2);
    assert_true(found.params[0].part.total > 0.5);
    search_end(&search);
}

/* Of more than are looked at count the best and the newest. */
static void many_trials_are_some(void **state) {
    (void)state;
    cube();
    run(2 * ROWS_MOST, sum);
    ask(&found);
    assert_int_equal(found.trials, 2 * ROWS_MOST);
    assert_int_equal(found.used, ROWS_MOST);
    assert_near(found.params[0].part.alone, 0.9, 0.03);
    search_end(&search);
}

static double by_learner(const double *x, struct rng *r) {
    (void)r;
    return x[0] < 0.5 ? 4 * x[1] : x[4];
}

/* C counts where it is: in half of the space, and there it is nearly all. */
static void conditions_are_seen(void **state) {
    (void)state;
    job_conditional(&test, METHOD_RANDOM, 1000);
    run(150, by_learner);
    ask(&found);
    assert_int_equal(found.verdict, IMPORTANCE_KNOWN);
    const struct importance_param *c = of_param(&found, 1);
    assert_near(c->part.active, 0.5, 0.02);
    assert_true(c->part.where_active > 0.9);
    assert_true(c->part.total < c->part.where_active);
    assert_true(of_param(&found, 3)->part.active < 0.3);
    assert_true(of_param(&found, 3)->part.where_active < 0.1);
    search_end(&search);
}

static void too_little_memory(void **state) {
    (void)state;
    cube();
    run(30, sum);
    static uint8_t little[1 << 16];
    struct arena arena = arena_of(little, sizeof little);
    assert_false(importance_of(&search.brief, 0, &arena, &found));
    search_end(&search);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_is_split),
        cmocka_unit_test(a_pair_is_found),
        cmocka_unit_test(no_numbers_without_knowledge),
        cmocka_unit_test(failures_count_as_the_worst),
        cmocka_unit_test(many_trials_are_some),
        cmocka_unit_test(conditions_are_seen),
        cmocka_unit_test(too_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
