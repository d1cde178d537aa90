#include "tests/unit/actors/tuner/searched.h"

#include "actors/tuner/model/tpe_model.h"

#include <math.h>

enum { TRIALS = 3000 };

static struct test_job test;
static struct searched search;
static struct tpe_model model;
static void *memory;

static void assert_near(double got, double wanted, double error) {
    if (!(fabs(got - wanted) <= error))
        fail_msg("%.9g instead of %.9g", got, wanted);
}

static void begin(void) {
    job_begin(&test, METHOD_TPE, TRIALS);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    job_end(&test);
    search_begin(&search, &test.job, TRIALS);
    size_t size = tpe_model_bytes(&search.space);
    memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    assert_true(tpe_model_init(&model, &search.space, &arena));
}

static void end(void) {
    free(memory);
    search_end(&search);
}

static uint32_t start(double x) {
    return trials_add(&search.trials, &(struct value){.kind = VALUE_FLOAT, .real = x});
}

static void trial(double x, double value, double breach) {
    trials_end(&search.trials, start(x), ENDED_WELL, &value, breach, 0);
}

static double score(double x) {
    return tpe_model_score(&model, &x);
}

/* Of 20 trials two are good: ceil(0.1 * 20). The best of the others is worth 5, the good ones 1 and
 * 4: 4 and 1 below it, on average 2.5; so 1.6 and 0.4 beside an even kernel of 1, all over 3. */
static void good_ones_weigh_by_improvement(void **state) {
    (void)state;
    begin();
    for (uint32_t i = 0; i < 18; i++)
        trial(0.5 + i * 0.02, 5 + i, 0);
    trial(0.1, 1, 0);
    trial(0.2, 4, 0);
    tpe_model_fit(&model, &search.trials);
    assert_int_equal(model.good.count, 3);
    assert_int_equal(model.others.count, 19);
    assert_near(model.good.weights[0], 1.0 / 3, 1e-12);
    assert_near(model.good.weights[1], 1.6 / 3, 1e-12);
    assert_near(model.good.weights[2], 0.4 / 3, 1e-12);
    assert_true(score(0.1) > score(0.2));
    assert_true(score(0.2) > score(0.7));
    end();
}

/* No more than 25 are good, and equal values, or an order by broken constraints, leave all alike. */
static void flat_when_improvement_says_nothing(void **state) {
    (void)state;
    for (int broken = 0; broken < 2; broken++) {
        begin();
        for (uint32_t i = 0; i < 300; i++)
            trial(i / 300.0, broken ? i : 7, broken ? 1 : 0);
        tpe_model_fit(&model, &search.trials);
        assert_int_equal(model.good.count, 26);
        for (uint32_t k = 0; k < 26; k++)
            assert_near(model.good.weights[k], 1.0 / 26, 1e-12);
        end();
    }
}

static void running_and_failed_ones_repel(void **state) {
    (void)state;
    begin();
    for (uint32_t i = 0; i < 20; i++)
        trial(i / 20.0, fabs(i / 20.0 - 0.5), 0);
    tpe_model_fit(&model, &search.trials);
    double before = score(0.5);
    uint32_t place = start(0.51);
    tpe_model_fit(&model, &search.trials);
    double running = score(0.5);
    assert_true(running < before);
    trials_end(&search.trials, place, ENDED_BADLY, NULL, 0, 0);
    tpe_model_fit(&model, &search.trials);
    assert_near(score(0.5), running, 1e-9);
    end();
}

/* Of very many trials, 400 of them running: all that run, the newest half of the rest, and every
 * so many of those before. */
static void no_more_than_so_many_count(void **state) {
    (void)state;
    begin();
    for (uint32_t i = 0; i < 2400; i++)
        trial(i / 3000.0, 1 + i, 0);
    for (uint32_t i = 0; i < 400; i++)
        start(0.99);
    tpe_model_fit(&model, &search.trials);
    assert_int_equal(model.good.count, 1 + TPE_GOOD_MOST);
    const float *at = model.others.at;
    uint32_t running = 0, newest = 0;
    for (uint32_t k = 1; k < model.others.count; k++) {
        running += at[k] > 0.985f;
        newest += at[k] > 0.6995f && at[k] < 0.985f; /* from trial 2100 on */
    }
    assert_int_equal(running, 400);
    assert_int_equal(newest, 300);
    assert_in_range(model.others.count, 1 + 975, 1 + TPE_OTHERS_MOST);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones_weigh_by_improvement),
        cmocka_unit_test(flat_when_improvement_says_nothing),
        cmocka_unit_test(running_and_failed_ones_repel),
        cmocka_unit_test(no_more_than_so_many_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
