#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/base/time.h"

static void never_is_later_than_any_moment(void **state) {
    (void)state;
    assert_true(when_sooner(3, 5) == 3);
    assert_true(when_sooner(5, 3) == 3);
    assert_true(when_sooner(-1, 0) == -1);
    assert_true(when_sooner(WHEN_NEVER, 7) == 7);
    assert_true(when_sooner(WHEN_NEVER, WHEN_NEVER) == WHEN_NEVER);
}

static void a_rest_allows_a_burst_and_no_more(void **state) {
    (void)state;
    when_ms due = 0;
    int at_once = 0;
    for (; due <= 1000; at_once++)
        due = when_paced(due, 1000, 5, 4);
    assert_int_equal(at_once, 5);
    assert_true(due == 1005);
    due = when_paced(due, 1005, 5, 4); /* one more each time the pace has passed */
    assert_true(due == 1010);
    due = when_paced(due, 1020, 5, 4); /* half a burst is saved up */
    assert_true(due == 1015);
    assert_true(when_paced(1015, 1001, 5, 4) == 1006); /* too soon, and nobody pays for it */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(never_is_later_than_any_moment),
                                       cmocka_unit_test(a_rest_allows_a_burst_and_no_more)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
