#include "actors/executor/suspects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct job_id job_a = {{0xaa}};
static const struct job_id job_b = {{0xbb}};
static struct suspects suspects;

static int set_up(void **state) {
    (void)state;
    memset(&suspects, 0, sizeof suspects);
    return 0;
}

static void deaths_are_counted_for_each_slot(void **state) {
    (void)state;
    assert_int_equal(suspects_add(&suspects, &job_a, 1), 1);
    assert_int_equal(suspects_add(&suspects, &job_a, 2), 1);
    assert_int_equal(suspects_add(&suspects, &job_b, 1), 1);
    assert_int_equal(suspects_add(&suspects, &job_a, 1), 2);
    assert_int_equal(suspects_add(&suspects, &job_a, 1), 3);
    suspects_forget(&suspects, &job_a, 1);
    suspects_forget(&suspects, &job_a, 99); /* was never seen */
    assert_int_equal(suspects_add(&suspects, &job_a, 1), 1);
    assert_int_equal(suspects_add(&suspects, &job_b, 1), 2);
}

static void the_oldest_gives_way(void **state) {
    (void)state;
    for (uint64_t slot = 0; slot < LIMIT_SLOTS_NODE; slot++)
        assert_int_equal(suspects_add(&suspects, &job_a, slot), 1);
    assert_int_equal(suspects_add(&suspects, &job_a, 0), 2); /* now slot 1 is the oldest */
    assert_int_equal(suspects_add(&suspects, &job_b, 0), 1);
    assert_int_equal(suspects_add(&suspects, &job_a, 0), 3);
    assert_int_equal(suspects_add(&suspects, &job_a, 2), 2);
    assert_int_equal(suspects_add(&suspects, &job_a, 1), 1); /* in place of slot 3 */
    assert_int_equal(suspects_add(&suspects, &job_a, 4), 2);
    assert_int_equal(suspects_add(&suspects, &job_a, 3), 1);
    suspects_forget(&suspects, &job_b, 0);
    assert_int_equal(suspects_add(&suspects, &job_b, 7), 1); /* there is a free place */
    assert_int_equal(suspects_add(&suspects, &job_a, 6), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(deaths_are_counted_for_each_slot, set_up),
        cmocka_unit_test_setup(the_oldest_gives_way, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
