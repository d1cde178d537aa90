#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct test_job test;
static uint32_t by_process, by_parzen, by_front, by_breed; /* proposals of the last search */

static struct study_result result_of(const struct value *v, double *values) {
    double x = v[0].real - 0.3;
    double y = v[1].real - 0.6;
    values[0] = x * x + y * y;
    values[1] = x * x + (y + 0.2) * (y + 0.2);
    return (struct study_result){.state = ENDED_WELL, .values = values};
}

/* Loads trials that lie evenly, asks and tells some more, one after the other; answers the best
 * first value of these. */
static double search(uint32_t objectives, uint64_t budget, uint32_t loaded, uint32_t asked) {
    static const enum goal goals[] = {GOAL_MINIMIZE, GOAL_MINIMIZE};
    double values[2];
    double best = INFINITY;
    by_process = by_parzen = by_front = by_breed = 0;
    job_begin(&test, METHOD_AUTO, budget);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "y", PARAM_FLOAT, 0, 1);
    job_end(&test);
    const struct study_setup setup = {.job = &test.job,
                                      .goals = goals,
                                      .objectives = objectives,
                                      .workers = 1,
                                      .steps = 1,
                                      .loaded = loaded,
                                      .beyond = asked};
    size_t size = study_bytes(&setup);
    void *memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    struct study *s = study_init(&setup, &arena);
    assert_non_null(s);
    for (uint32_t i = 0; i < loaded; i++) {
        const struct value v[] = {float_value((i % 32) / 31.0), float_value((i / 32) / 31.0)};
        struct study_result result = result_of(v, values);
        assert_true(study_load(s, v, &result));
    }
    for (uint32_t i = 0; i < asked; i++) {
        struct study_proposal p;
        study_ask(s, &p);
        assert_int_equal(p.answer, STUDY_START);
        by_process += strcmp(p.by, "auto:gp") == 0;
        by_parzen += strcmp(p.by, "auto:tpe") == 0;
        by_front += strcmp(p.by, "auto:pareto") == 0;
        by_breed += strcmp(p.by, "auto:nsga2") == 0;
        struct study_result result = result_of(p.values, values);
        assert_true(study_tell(s, p.trial, &result));
        best = values[0] < best ? values[0] : best;
    }
    free(memory);
    assert_int_equal(by_process + by_parzen + by_front + by_breed, asked);
    return best;
}

/* From number 20 on each fifth: 20, 25 ... 55. */
static void now_and_then_the_estimator_has_a_word(void **state) {
    (void)state;
    assert_true(search(1, 60, 0, 60) < 1e-4);
    assert_int_equal(by_process, 52);
    assert_int_equal(by_parzen, 8);
}

static void goes_on_beyond_what_the_process_holds(void **state) {
    (void)state;
    assert_true(search(1, 1050, 1010, 40) < 1e-3);
    assert_int_equal(by_process, 2); /* proposals 0 and 32 */
    assert_int_equal(by_parzen, 38);
}

static void the_process_goes_on_for_a_thousand(void **state) {
    (void)state;
    assert_true(search(1, 1050, 996, 8) < 1e-3);
    assert_int_equal(by_process, 3); /* numbers 1 to 3, the last with 999 known */
    assert_int_equal(by_parzen, 5);
}

/* Where trials are stopped early there are more of them than the budget says. */
static void a_small_budget_does_not_bound_it(void **state) {
    (void)state;
    assert_true(search(1, 10, 1010, 40) < 1e-3);
}

static void several_objectives_have_their_own_method(void **state) {
    (void)state;
    assert_true(search(2, 30, 0, 30) < 0.01);
    assert_int_equal(by_front, 30);
}

static void so_do_they_beyond_what_processes_hold(void **state) {
    (void)state;
    assert_true(search(2, 1050, 1010, 40) < 0.01);
    assert_int_equal(by_front, 2);
    assert_int_equal(by_breed, 38);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(now_and_then_the_estimator_has_a_word),
        cmocka_unit_test(goes_on_beyond_what_the_process_holds),
        cmocka_unit_test(the_process_goes_on_for_a_thousand),
        cmocka_unit_test(a_small_budget_does_not_bound_it),
        cmocka_unit_test(several_objectives_have_their_own_method),
        cmocka_unit_test(so_do_they_beyond_what_processes_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
