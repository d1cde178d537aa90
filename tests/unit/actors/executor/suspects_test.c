#include "actors/executor/suspects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct job_id job_a = {{0xaa}};
static const struct job_id job_b = {{0xbb}};
static struct suspects suspects;

/* A death of the slot while it was alone; how often that was so. */
static uint32_t add(const struct job_id *job, uint64_t slot) {
    return suspects_add(&suspects, job, slot, true, 100);
}

static int set_up(void **state) {
    (void)state;
    memset(&suspects, 0, sizeof suspects);
    return 0;
}

static void deaths_are_counted_for_each_slot(void **state) {
    (void)state;
    assert_int_equal(add(&job_a, 1), 1);
    assert_int_equal(add(&job_a, 2), 1);
    assert_int_equal(add(&job_b, 1), 1);
    assert_int_equal(add(&job_a, 1), 2);
    assert_int_equal(add(&job_a, 1), 3);
    suspects_forget(&suspects, &job_a, 1);
    suspects_forget(&suspects, &job_a, 99); /* was never seen */
    assert_int_equal(add(&job_a, 1), 1);
    assert_int_equal(add(&job_b, 1), 2);
}

static void the_oldest_gives_way(void **state) {
    (void)state;
    for (uint64_t slot = 0; slot < LIMIT_SLOTS_NODE; slot++)
        assert_int_equal(add(&job_a, slot), 1);
    assert_int_equal(add(&job_a, 0), 2); /* now slot 1 is the oldest */
    assert_int_equal(add(&job_b, 0), 1);
    assert_int_equal(add(&job_a, 0), 3);
    assert_int_equal(add(&job_a, 2), 2);
    assert_int_equal(add(&job_a, 1), 1); /* in place of slot 3 */
    assert_int_equal(add(&job_a, 4), 2);
    assert_int_equal(add(&job_a, 3), 1);
    suspects_forget(&suspects, &job_b, 0);
    assert_int_equal(add(&job_b, 7), 1); /* there is a free place */
    assert_int_equal(add(&job_a, 6), 2);
}

static void three_deaths_in_company_set_apart(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(suspects_apart_until(&suspects, 1000), INT64_MIN);
        assert_int_equal(suspects_add(&suspects, &job_a, 1, false, 1000), 0);
        assert_int_equal(suspects_add(&suspects, &job_b, 2, false, 1000 + i), 0);
    }
    assert_int_equal(suspects_apart_until(&suspects, 1000), 1002 + SUSPECTS_MEMORY_MS);
    assert_int_equal(suspects_add(&suspects, &job_a, 1, true, 1000), 1);
    suspects_forget_job(&suspects, &job_b);
    assert_int_equal(suspects_apart_until(&suspects, 1000), 1000 + SUSPECTS_MEMORY_MS);
    assert_int_equal(suspects_apart_until(&suspects, 1000 + SUSPECTS_MEMORY_MS), INT64_MIN);
    suspects_forget(&suspects, &job_a, 1);
    assert_int_equal(suspects_apart_until(&suspects, 1000), INT64_MIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(deaths_are_counted_for_each_slot, set_up),
        cmocka_unit_test_setup(the_oldest_gives_way, set_up),
        cmocka_unit_test_setup(three_deaths_in_company_set_apart, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
