/* Trials that are runs of one configuration. */
#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/trials/again.h"

#include <math.h>
#include <stdalign.h>

enum { MOST = 16 };

static struct test_job job;
static struct space space;
static struct trials trials;
static alignas(max_align_t) uint8_t memory[1 << 20];

static int begin(void **state) {
    struct arena arena = arena_of(memory, sizeof memory);
    (void)state;
    job_conditional(&job, METHOD_GP, 100);
    space_of(&space, &job.job);
    assert_true(trials_bytes(&space, 1, 1, MOST) + again_bytes(&space, MOST) < sizeof memory);
    assert_true(trials_init(&trials, &space, 1, 1, MOST, &arena) && again_init(&trials, &arena));
    return 0;
}

static uint32_t add(double c) {
    const struct value values[] = {
        text_value("svm"), float_value(c), text_value("poly"), int_value(3), {.kind = VALUE_NONE}};
    return trials_add(&trials, values);
}

static void end(uint32_t place, double value) {
    trials_end(&trials, place, ENDED_WELL, &value, 0, 0);
}

static void a_value_is_the_mean_of_all_runs(void **state) {
    (void)state;
    assert_int_equal(add(1), 0);
    add(2);
    end(0, 1);
    end(1, 3);
    assert_int_equal(trials.best[0], 0);
    assert_int_equal(add(1), 2); /* the same again, and once more */
    assert_int_equal(add(1), 3);
    end(3, 9);
    assert_true(trials.values[0] == 5 && trials.values[3] == 5 && isnan(trials.values[2]));
    assert_true(trials.best_count == 2 && trials.best[0] == 1 && trials.best[1] == 0);
    struct again_sum sum = again_sum(&trials, 3);
    assert_true(sum.runs == 2 && sum.first == 0 && sum.mean == 5 && !sum.failed);
    end(2, -7);
    assert_true(trials.values[0] == 1 && trials.values[2] == 1 && trials.values[3] == 1);
    assert_true(trials.best_count == 2 && trials.best[0] == 0);
    assert_true(trials_own(&trials, 2, 0) == -7 && trials_own(&trials, 0, 0) == 1);
    assert_true(trials_head(&trials, 3) == 0 && trials_head(&trials, 1) == 1);
}

static void the_first_that_ended_stands_for_it(void **state) {
    (void)state;
    add(1);
    add(1);
    end(1, 4);
    assert_true(trials.best_count == 1 && trials.best[0] == 1);
    end(0, 6);
    assert_true(trials.best_count == 1 && trials.best[0] == 0 && trials.values[1] == 5);
}

/* In whatever order they end, and what was taken back counts for nothing. */
static void one_that_failed_fails_all(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        add(1);
    end(0, 4);
    trials_drop(&trials, 1);
    assert_true(trials.best_count == 1 && trials.values[0] == 4);
    trials_end(&trials, 2, ENDED_BADLY, NULL, 0, 0);
    assert_int_equal(trials.best_count, 0);
    assert_true(again_sum(&trials, 1).failed);
    assert_int_equal(add(1), 3);
    end(3, 2);
    assert_int_equal(trials.best_count, 0);
}

/* To the bit, though points are floats. */
static void a_configuration_is_given_back(void **state) {
    struct value back[JOB_PARAMS_MAX];
    (void)state;
    add(0.1);
    add(0.1 + 1e-16);
    again_values(&trials, 0, back);
    assert_true(
        value_equal(&back[0], &(struct value){.kind = VALUE_TEXT, .text = span_text("svm")}));
    assert_true(back[1].real == 0.1 && back[3].integer == 3 && back[4].kind == VALUE_NONE);
    for (uint32_t place = 0; place < 2; place++) {
        again_values(&trials, place, back);
        assert_true(space_key(&space, back) == trials.keys[place]);
    }
}

static void runs_that_are_equal_show_that_there_is_no_noise(void **state) {
    (void)state;
    add(1);
    add(2);
    end(0, 1);
    end(1, 1);
    assert_int_equal(again_noise(&trials), AGAIN_UNTRIED);
    add(1);
    assert_int_equal(again_noise(&trials), AGAIN_AWAITED);
    end(2, 1);
    assert_int_equal(again_noise(&trials), AGAIN_NONE);
    add(2);
    assert_int_equal(again_noise(&trials), AGAIN_NONE);
    end(3, 1.5);
    assert_int_equal(again_noise(&trials), AGAIN_SOME);
    add(2);
    trials_drop(&trials, 4);
    assert_int_equal(again_noise(&trials), AGAIN_SOME);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_value_is_the_mean_of_all_runs, begin),
        cmocka_unit_test_setup(the_first_that_ended_stands_for_it, begin),
        cmocka_unit_test_setup(one_that_failed_fails_all, begin),
        cmocka_unit_test_setup(a_configuration_is_given_back, begin),
        cmocka_unit_test_setup(runs_that_are_equal_show_that_there_is_no_noise, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
