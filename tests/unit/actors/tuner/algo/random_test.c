#include "tests/unit/actors/tuner/searched.h"

#include "actors/tuner/algo/algo.h"

#include <math.h>

enum { SLOTS = 20000 };

/* Static, as it is large. */
static struct test_job test;

static void propose(uint64_t slot, struct value *values) {
    propose_alone(&algo_random, &test.job, slot, values);
}

static double chi_square(const uint32_t *counts, size_t cells, double expected) {
    double sum = 0;
    for (size_t i = 0; i < cells; i++)
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    return sum;
}

/* Limits that one good generator in ten thousand would leave, for n - 1 degrees of freedom. */
enum {
    LIMIT_2_CELLS = 15,
    LIMIT_3_CELLS = 18,
    LIMIT_10_CELLS = 33,
    LIMIT_20_CELLS = 50,
    LIMIT_55_CELLS = 102,
    LIMIT_100_CELLS = 161
};

static void each_kind_is_spread_evenly(void **state) {
    (void)state;
    job_begin(&test, METHOD_RANDOM, SLOTS);
    add_range(&test, "linear", PARAM_FLOAT, -1, 1);
    add_range(&test, "logarithmic", PARAM_FLOAT, 1e-4, 1)->scale = SCALE_LOG;
    add_range(&test, "whole", PARAM_INT, 0, 9);
    add_range(&test, "stepped", PARAM_FLOAT, 0, 1)->step = 0.5;
    add_choice(&test, "choice", (const char *const[]){"a", "b", NULL});
    job_end(&test);
    uint32_t linear[20] = {0}, logarithmic[20] = {0}, whole[10] = {0}, stepped[3] = {0},
             choice[2] = {0};
    for (uint64_t slot = 0; slot < SLOTS; slot++) {
        struct value v[JOB_PARAMS_MAX];
        propose(slot, v);
        linear[(int)((v[0].real + 1) * 10)]++;
        logarithmic[(int)((log10(v[1].real) + 4) * 5)]++;
        whole[v[2].integer]++;
        stepped[(int)(v[3].real * 2)]++;
        choice[span_is(v[4].text, "b")]++;
    }
    assert_true(chi_square(linear, 20, SLOTS / 20) < LIMIT_20_CELLS);
    assert_true(chi_square(logarithmic, 20, SLOTS / 20) < LIMIT_20_CELLS);
    assert_true(chi_square(whole, 10, SLOTS / 10) < LIMIT_10_CELLS);
    assert_true(chi_square(stepped, 3, SLOTS / 3.0) < LIMIT_3_CELLS);
    assert_true(chi_square(choice, 2, SLOTS / 2) < LIMIT_2_CELLS);
}

/* Neighbouring parameters and neighbouring slots fill the square evenly, not along a line. */
static void draws_do_not_depend_on_each_other(void **state) {
    (void)state;
    job_begin(&test, METHOD_RANDOM, SLOTS);
    add_range(&test, "x", PARAM_INT, 0, 9);
    add_range(&test, "y", PARAM_INT, 0, 9);
    job_end(&test);
    uint32_t params[100] = {0}, slots[100] = {0};
    int64_t before = 0;
    for (uint64_t slot = 0; slot < SLOTS; slot++) {
        struct value v[JOB_PARAMS_MAX];
        propose(slot, v);
        params[10 * v[0].integer + v[1].integer]++;
        slots[10 * v[0].integer + before]++;
        before = v[0].integer;
    }
    assert_true(chi_square(params, 100, SLOTS / 100) < LIMIT_100_CELLS);
    assert_true(chi_square(slots, 100, SLOTS / 100) < LIMIT_100_CELLS);
}

/* Of the 55 cells of a triangle each as often: what is drawn again is drawn evenly, too. */
static void what_where_leaves_is_spread_evenly(void **state) {
    (void)state;
    static const struct condition sum[] = {{.text = {(const uint8_t *)"x + y <= 9", 10}}};
    job_begin(&test, METHOD_RANDOM, SLOTS);
    add_range(&test, "x", PARAM_INT, 0, 9);
    add_range(&test, "y", PARAM_INT, 0, 9);
    test.job.where = sum;
    test.job.where_count = 1;
    job_end(&test);
    uint32_t counts[55] = {0};
    for (uint64_t slot = 0; slot < SLOTS; slot++) {
        struct value v[JOB_PARAMS_MAX];
        propose(slot, v);
        assert_true(job_allows(&test.job, v));
        int64_t x = v[0].integer;
        counts[x * 10 - x * (x - 1) / 2 + v[1].integer]++;
    }
    assert_true(chi_square(counts, 55, SLOTS / 55.0) < LIMIT_55_CELLS);
}

/* A small space is used up to the last allowed configuration, and no other is proposed. */
static void every_allowed_configuration_is_found(void **state) {
    (void)state;
    static const struct condition few[] = {{.text = {(const uint8_t *)"x * y == 12", 11}}};
    struct searched s;
    struct value v[JOB_PARAMS_MAX];
    job_begin(&test, METHOD_RANDOM, 10);
    add_range(&test, "x", PARAM_INT, 1, 64);
    add_range(&test, "y", PARAM_INT, 1, 64);
    test.job.where = few;
    test.job.where_count = 1;
    job_end(&test);
    search_begin(&s, &test.job, 10);
    for (uint64_t slot = 0; slot < 6; slot++) { /* 1 2 3 4 6 12 */
        assert_true(algo_random.propose(NULL, &s.brief, slot, v));
        assert_int_equal(v[0].integer * v[1].integer, 12);
        assert_false(trials_know(&s.trials, space_key(&s.space, v)));
        trials_add(&s.trials, v);
    }
    assert_false(algo_random.propose(NULL, &s.brief, 6, v));
    search_end(&s);
}

static void seeds_differ(void **state) {
    (void)state;
    job_begin(&test, METHOD_RANDOM, 10);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    job_end(&test);
    struct value first[JOB_PARAMS_MAX], again[JOB_PARAMS_MAX], other[JOB_PARAMS_MAX];
    propose(3, first);
    test.job.seed = 2;
    propose(3, other);
    test.job.seed = 1;
    propose(3, again);
    assert_true(first[0].real == again[0].real);
    assert_true(first[0].real != other[0].real);
}

/* The proposals of a released version stand: a resumed job goes on as it began. */
static void proposals_are_fixed(void **state) {
    (void)state;
    job_begin(&test, METHOD_RANDOM, 1000000000);
    add_range(&test, "lr", PARAM_FLOAT, 1e-5, 0.1)->scale = SCALE_LOG;
    add_range(&test, "layers", PARAM_INT, 1, 12);
    add_choice(&test, "activation", (const char *const[]){"relu", "gelu", "tanh", NULL});
    test.job.seed = 42;
    job_end(&test);
    const struct {
        uint64_t slot;
        double lr;
        int64_t layers;
        const char *activation;
    } table[] = {
        {0, 0x1.f55fafd6c59d8p-6, 10, "gelu"},
        {1, 0x1.7ef9a6322a8efp-7, 7, "relu"},
        {999999999, 0x1.5add6dbef9663p-16, 9, "tanh"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct value v[JOB_PARAMS_MAX];
        propose(table[i].slot, v);
        assert_true(v[0].real == table[i].lr);
        assert_int_equal(v[1].integer, table[i].layers);
        assert_true(span_is(v[2].text, table[i].activation));
    }
}

/* What a parameter gets does not change when others are put after it. */
static void streams_are_of_their_own(void **state) {
    (void)state;
    struct value alone[JOB_PARAMS_MAX], together[JOB_PARAMS_MAX];
    job_begin(&test, METHOD_RANDOM, 10);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    job_end(&test);
    propose(7, alone);
    job_begin(&test, METHOD_RANDOM, 10);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "y", PARAM_FLOAT, 0, 1);
    job_end(&test);
    propose(7, together);
    assert_true(alone[0].real == together[0].real);
    assert_true(together[0].real != together[1].real);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_spread_evenly),
        cmocka_unit_test(draws_do_not_depend_on_each_other),
        cmocka_unit_test(what_where_leaves_is_spread_evenly),
        cmocka_unit_test(every_allowed_configuration_is_found),
        cmocka_unit_test(seeds_differ),
        cmocka_unit_test(proposals_are_fixed),
        cmocka_unit_test(streams_are_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
