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

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(never_is_later_than_any_moment)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
