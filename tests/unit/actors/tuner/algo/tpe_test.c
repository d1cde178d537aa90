#include "tests/unit/actors/tuner/played.h"

/* Static, as they are large. */
static struct test_job test;
static struct played played, again;

static double bowl(const struct job *job, const struct value *values) {
    (void)job;
    double x = values[0].real - 0.3;
    double y = values[1].real - 0.7;
    return x * x + y * y;
}

static void job_square(uint64_t trials, uint64_t seed) {
    job_begin(&test, METHOD_TPE, trials);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "y", PARAM_FLOAT, 0, 1);
    test.job.seed = seed;
    job_end(&test);
}

/* Of 80 even draws the best lies at a distance of about sqrt(1 / (80 pi)): 0.004 = 1 / (80 pi) is
 * its square. */
static void finds_the_bottom_of_a_bowl(void **state) {
    (void)state;
    double sum = 0;
    for (uint64_t seed = 0; seed < 10; seed++) {
        job_square(80, seed);
        play(&played, &test.job, 8, bowl, false);
        assert_int_equal(played.count, 80);
        sum += played.best;
    }
    assert_true(sum / 10 < 0.0008);
}

static void goes_through_a_conditional_space(void **state) {
    (void)state;
    job_conditional(&test, METHOD_TPE, 60);
    play(&played, &test.job, 4, worth_of_learners, false);
    assert_int_equal(played.count, 60);
    assert_true(played.best == 0);
}

static void same_facts_same_proposals(void **state) {
    (void)state;
    job_conditional(&test, METHOD_TPE, 40);
    play(&played, &test.job, 6, worth_of_learners, false);
    play(&again, &test.job, 6, worth_of_learners, true);
    for (uint32_t i = 0; i < played.count; i++)
        assert_true(same_values(&test.job, played.values[i], again.values[i]));
    test.job.seed = 2;
    play(&again, &test.job, 6, worth_of_learners, false);
    uint32_t same = 0;
    for (uint32_t i = 0; i < played.count; i++)
        same += same_values(&test.job, played.values[i], again.values[i]);
    assert_true(same < 20);
}

static void a_small_space_is_used_up(void **state) {
    (void)state;
    play_small_space(&played, &test, METHOD_TPE, 6);
}

static double fails(const struct job *job, const struct value *values) {
    (void)job;
    (void)values;
    return NAN;
}

/* Nothing to tell good from bad: it goes on evenly. */
static void all_may_fail(void **state) {
    (void)state;
    job_square(50, 1);
    play(&played, &test.job, 5, fails, false);
    assert_int_equal(played.count, 50);
}

static double same_for_all(const struct job *job, const struct value *values) {
    (void)job;
    (void)values;
    return 1;
}

static void all_may_be_equal(void **state) {
    (void)state;
    job_square(50, 1);
    play(&played, &test.job, 5, same_for_all, false);
    assert_int_equal(played.count, 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_bottom_of_a_bowl),
        cmocka_unit_test(goes_through_a_conditional_space),
        cmocka_unit_test(same_facts_same_proposals),
        cmocka_unit_test(a_small_space_is_used_up),
        cmocka_unit_test(all_may_fail),
        cmocka_unit_test(all_may_be_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
