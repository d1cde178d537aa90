#include "tests/unit/actors/tuner/searched.h"

#include "actors/tuner/several/feasible.h"
#include "proto/base/rng.h"

#include <math.h>

enum { MANY = 120 };

static struct test_job test;
static struct searched s;

/* What a trial at x came to: it crashes below 0.3, and above 0.8 it breaks a constraint. */
static void add(double x, bool choice, bool crashes) {
    struct value values[2] = {float_value(x), text_value(choice ? "a" : "b")};
    uint32_t place = trials_add(&s.trials, values);
    if (crashes || x < 0.3)
        trials_end(&s.trials, place, ENDED_BADLY, NULL, 0, 1);
    else
        trials_end(&s.trials, place, ENDED_WELL, (double[]){x}, x > 0.8 ? x - 0.8 : 0, 1);
    assert_true(feasible_is(&s.trials, place) == (!crashes && x >= 0.3 && x <= 0.8));
}

static void begin(void) {
    job_begin(&test, METHOD_RANDOM, MANY);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_choice(&test, "side", (const char *const[]){"a", "b", NULL});
    job_end(&test);
    search_begin(&s, &test.job, MANY);
}

static struct feasible f;
static struct rows rows;
static uint8_t memory[1 << 20];

static void learn(void) {
    struct arena arena = arena_of(memory, sizeof memory);
    assert_true(feasible_init(&f, &s.space, MANY, &arena));
    rows_gather(&rows, &s.trials, MANY, NULL, 0);
    feasible_see(&f, &s.trials, &rows);
    feasible_fit(&f);
    feasible_learn(&f);
}

static double chance(double x, double side) {
    return exp(feasible_log_chance(&f, (double[]){x, side}));
}

static void test_regions(void **state) {
    (void)state;
    begin();
    for (int k = 0; k < MANY; k++)
        add((k + 0.5) / MANY, k % 2 == 0, false);
    learn();
    assert_true(chance(0.1, 0.25) < 0.15);
    assert_true(chance(0.55, 0.25) > 0.85);
    assert_true(chance(0.9, 0.75) < 0.15);
    assert_true(chance(0.3, 0.25) > 0.3 && chance(0.3, 0.25) < 0.7);
    search_end(&s);
}

/* A choice that always fails is told from one that never does. */
static void test_choice(void **state) {
    (void)state;
    begin();
    for (int k = 0; k < MANY; k++)
        add(0.3 + 0.5 * (k + 0.5) / MANY, k % 2 == 0, k % 2 == 0);
    learn();
    assert_true(chance(0.5, 0.25) < 0.15);
    assert_true(chance(0.5, 0.75) > 0.85);
    search_end(&s);
}

/* Nothing has failed: nothing is known of failures. */
static void test_all(void **state) {
    (void)state;
    begin();
    add(0.5, true, false);
    learn();
    assert_true(chance(0.1, 0.25) == 1);
    search_end(&s);
}

/* Where nobody was it is about the share of all; where all failed next to nothing. */
static void test_nobody(void **state) {
    (void)state;
    begin();
    for (int k = 0; k < 30; k++)
        add(0.4 + 0.01 * k, true, k >= 20);
    learn();
    assert_true(chance(0.69, 0.25) < 0.01);
    assert_true(chance(0.42, 0.25) > 0.99);
    assert_true(chance(0.42, 0.75) > 0.4);
    search_end(&s);
}

static void slopes_agree_with_differences(void **state) {
    (void)state;
    const double step = 1e-6;
    begin();
    for (int k = 0; k < 40; k++)
        add((k + 0.5) / 40, k % 2 == 0, false);
    learn();
    for (double x = 0.05; x < 1; x += 0.1) {
        double slope[2] = {0};
        feasible_slope_add(&f, (double[]){x, 0.25}, slope);
        double more = feasible_log_chance(&f, (double[]){x + step, 0.25});
        double less = feasible_log_chance(&f, (double[]){x - step, 0.25});
        assert_true(fabs(slope[0] - (more - less) / (2 * step)) < 1e-4 * (1 + fabs(slope[0])));
        assert_true(slope[1] == 0);
    }
    search_end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_nobody),
        cmocka_unit_test(slopes_agree_with_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
