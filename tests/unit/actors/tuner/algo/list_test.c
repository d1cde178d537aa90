#include "tests/unit/actors/tuner/searched.h"

#include "actors/tuner/algo/algo.h"

static void proposes_rows_in_order(void **state) {
    (void)state;
    static struct test_job test;
    const struct value rows[] = {float_value(0.25), int_value(3),      float_value(0.5),
                                 int_value(1),      float_value(0.75), int_value(2)};
    job_begin(&test, METHOD_LIST, 0);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "k", PARAM_INT, 1, 5);
    test.job.configs = rows;
    test.job.configs_count = 3;
    job_end(&test);
    assert_int_equal(test.job.trials, 3);
    for (uint64_t slot = 3; slot-- > 0;) {
        struct value v[JOB_PARAMS_MAX];
        propose_alone(&algo_list, &test.job, slot, v);
        assert_true(value_equal(&v[0], &rows[2 * slot]));
        assert_true(value_equal(&v[1], &rows[2 * slot + 1]));
    }
}

static void methods_have_their_algorithms(void **state) {
    (void)state;
    assert_ptr_equal(algo_of(METHOD_RANDOM), &algo_random);
    assert_ptr_equal(algo_of(METHOD_GRID), &algo_grid);
    assert_ptr_equal(algo_of(METHOD_LIST), &algo_list);
    assert_string_equal(algo_of(METHOD_RANDOM)->name, "random");
    assert_string_equal(algo_of(METHOD_GRID)->name, "grid");
    assert_string_equal(algo_of(METHOD_LIST)->name, "list");
}

static void who_runs_again_is_known_to_jobs(void **state) {
    (void)state;
    for (enum method m = 0; m < METHOD_COUNT; m++)
        assert_true(job_method_reruns(m) == (algo_of(m)->again != NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proposes_rows_in_order),
        cmocka_unit_test(methods_have_their_algorithms),
        cmocka_unit_test(who_runs_again_is_known_to_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
