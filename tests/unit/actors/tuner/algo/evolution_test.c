#include "tests/unit/actors/tuner/played.h"
#include "tests/unit/actors/tuner/searched.h"

/* Static, as they are large. */
static struct test_job test;
static struct played played, again;

static double slope(const struct job *job, const struct value *values) {
    (void)job;
    return values[0].real + values[1].real + values[2].real;
}

static void job_cube(uint64_t trials, uint64_t seed) {
    job_begin(&test, METHOD_EVOLUTION, trials);
    for (uint32_t i = 0; i < 3; i++)
        add_range(&test, (const char *const[]){"x", "y", "z"}[i], PARAM_FLOAT, 0, 1);
    test.job.seed = seed;
    job_end(&test);
}

/* A sum of three even draws is below s in s^3 / 6 of the cases, so the least of 300 lies near
 * (6 / 300)^(1/3) = 0.27. */
static void climbs_a_slope(void **state) {
    (void)state;
    double sum = 0;
    for (uint64_t seed = 0; seed < 5; seed++) {
        job_cube(300, seed);
        play(&played, &test.job, 8, slope, false);
        sum += played.best;
    }
    assert_true(sum / 5 < 0.1);
}

static void same_facts_same_proposals(void **state) {
    (void)state;
    job_cube(100, 1);
    play(&played, &test.job, 4, slope, false);
    play(&again, &test.job, 4, slope, true);
    for (uint32_t i = 0; i < played.count; i++)
        assert_true(same_values(&test.job, played.values[i], again.values[i]));
}

/* The old best is no parent any more: 50 trials with x below 1/2 have ended since, and though all
 * are worse, all children are theirs. Of 100 children one third has x mutated. */
static void everyone_dies_of_age(void **state) {
    (void)state;
    struct searched search;
    job_cube(1000, 1);
    search_begin(&search, &test.job, 1000);
    for (uint32_t i = 0; i < 60; i++) {
        double x = i < 10 ? 0.9 : 0.1;
        struct value values[JOB_PARAMS_MAX];
        for (uint32_t j = 0; j < 3; j++)
            values[j] = float_value(j == 0 ? x : (i + 0.5) / 60);
        uint32_t place = trials_add(&search.trials, values);
        trials_end(&search.trials, place, ENDED_WELL, &(double){i}, 0, 0);
    }
    size_t size = algo_evolution.bytes(&search.brief) + 64;
    void *memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    void *self = algo_evolution.init(&search.brief, &arena);
    uint32_t old = 0, kept[3] = {0};
    assert_non_null(self);
    for (uint64_t number = 60; number < 160; number++) {
        struct value values[JOB_PARAMS_MAX];
        assert_true(algo_evolution.propose(self, &search.brief, number, values));
        old += fabs(values[0].real - 0.9) < 1e-6;
        kept[0] += fabs(values[0].real - 0.1) < 1e-6;
        for (uint32_t j = 1; j < 3; j++) {
            double at = values[j].real * 60 - 0.5; /* a parent's */
            kept[j] += fabs(at - floor(at + 0.5)) < 1e-4;
        }
    }
    assert_int_equal(old, 0);
    /* Each coordinate is the sure one in a third of the cases, else changes in a third: it stays in
     * (2/3)^2 = 0.44 of them. */
    for (uint32_t j = 0; j < 3; j++)
        assert_in_range(kept[j], 28, 61);
    free(memory);
    search_end(&search);
}

static double learner(const struct job *job, const struct value *values) {
    (void)job;
    if (values[4].kind != VALUE_NONE)
        return (double)values[4].integer;
    return values[1].real > 1 ? NAN : 20 + values[1].real;
}

static void goes_through_a_conditional_space(void **state) {
    (void)state;
    job_conditional(&test, METHOD_EVOLUTION, 80);
    play(&played, &test.job, 4, learner, false);
    assert_int_equal(played.count, 80);
    assert_true(played.best == 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(climbs_a_slope),
        cmocka_unit_test(same_facts_same_proposals),
        cmocka_unit_test(everyone_dies_of_age),
        cmocka_unit_test(goes_through_a_conditional_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
