#include "cmd/node/on_idle.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_error(const struct err *err, const char *what) {
    assert_int_equal(err->code, ERR_USAGE);
    assert_string_equal(err->what, what);
}

static void times_are_durations_of_a_second_to_a_year(void **state) {
    (void)state;
    struct on_idle o = {0};
    struct err err;
    assert_true(on_idle_read_time(&o, "30s", &err));
    assert_int_equal(o.idle_ms, 30000);
    assert_true(on_idle_read_time(&o, "1000ms", &err));
    assert_true(on_idle_read_time(&o, "365d", &err));
    assert_false(on_idle_read_time(&o, "soon", &err));
    expect_error(&err, "--idle soon: expected a duration such as 30s, 5m or 2h");
    assert_false(on_idle_read_time(&o, "10", &err)); /* of what? */
    assert_false(on_idle_read_time(&o, "-5s", &err));
    assert_false(on_idle_read_time(&o, "999ms", &err));
    expect_error(&err, "--idle 999ms: expected 1s to 365d");
    assert_false(on_idle_read_time(&o, "366d", &err));
    assert_int_equal(o.idle_ms, (dur_ms)365 * 24 * 3600 * 1000);
}

static void actions_are_three(void **state) {
    (void)state;
    static const char *const wrong[] = {"",     "EXIT",  "halt",      "exit ",
                                        "exec", "exec:", "poweroff:", "exec true"};
    struct on_idle o = {0};
    struct err err;
    assert_true(on_idle_read_action(&o, "poweroff", &err));
    assert_int_equal(o.action, IDLE_POWEROFF);
    assert_true(on_idle_read_action(&o, "exec:echo : exit", &err));
    assert_int_equal(o.action, IDLE_EXEC);
    assert_string_equal(o.command, "echo : exit");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(on_idle_read_action(&o, wrong[i], &err));
    expect_error(&err, "--on-idle exec true: expected exit, poweroff or exec:COMMAND");
    assert_true(on_idle_read_action(&o, "exit", &err));
    assert_int_equal(o.action, IDLE_EXIT);
}

static void when_is_said_before_what(void **state) {
    (void)state;
    struct on_idle neither = {0}, time = {.idle_ms = 1000}, action = {.action = IDLE_EXIT};
    struct on_idle both = {.idle_ms = 1000, .action = IDLE_EXEC};
    struct err err;
    assert_true(on_idle_settle(&neither, &err));
    assert_int_equal(neither.action, IDLE_NONE);
    assert_true(on_idle_settle(&time, &err));
    assert_int_equal(time.action, IDLE_EXIT);
    assert_true(on_idle_settle(&both, &err));
    assert_int_equal(both.action, IDLE_EXEC);
    assert_false(on_idle_settle(&action, &err));
    expect_error(&err, "--on-idle says what to do, not when: add --idle TIME, such as --idle 10m");
}

static int status_of(const char *command) {
    const struct on_idle o = {.idle_ms = 1000, .action = IDLE_EXEC, .command = command};
    return on_idle_do(&o, true);
}

static void the_command_decides_the_status(void **state) {
    (void)state;
    assert_int_equal(status_of("true"), 0);
    assert_int_equal(status_of("exit 7"), 7);
    assert_int_equal(status_of("kill -TERM $$"), 128 + 15);
    assert_int_equal(status_of("no-such-program 2>/dev/null"), 127);
    const struct on_idle ends = {.idle_ms = 1000, .action = IDLE_EXIT};
    assert_int_equal(on_idle_do(&ends, true), 0);
}

/* zyg-node blocks every signal in itself; what it starts must not inherit that. */
static void the_command_can_be_ended(void **state) {
    (void)state;
    sigset_t all, before;
    sigfillset(&all);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &all, &before), 0);
    assert_int_equal(status_of("kill -TERM $$; exit 3"), 128 + 15);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_durations_of_a_second_to_a_year),
        cmocka_unit_test(actions_are_three),
        cmocka_unit_test(when_is_said_before_what),
        cmocka_unit_test(the_command_decides_the_status),
        cmocka_unit_test(the_command_can_be_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
