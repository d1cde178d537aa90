/* signals: what is asked of a verb is told by a descriptor. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/cli/signals.h"

static void every_one_is_told(void **state) {
    (void)state;
    static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    struct err err = {0};
    int fd = -1;
    assert_true(signals_open(&fd, false, &err));
    assert_int_equal(signals_take(fd), 0);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        raise(numbers[i]);
        assert_int_equal(signals_take(fd), numbers[i]);
        assert_int_equal(signals_take(fd), 0);
    }
    raise(SIGWINCH);
    assert_int_equal(signals_take(fd), 0);
    close(fd);
}

static void the_size_is_told_to_who_wants_it(void **state) {
    (void)state;
    struct err err = {0};
    int fd = -1;
    assert_true(signals_open(&fd, true, &err));
    raise(SIGWINCH);
    assert_int_equal(signals_take(fd), SIGWINCH);
    close(fd);
}

static void by_default_they_are_not_blocked(void **state) {
    (void)state;
    struct err err = {0};
    sigset_t set;
    int fd = -1;
    assert_true(signals_open(&fd, false, &err));
    pthread_sigmask(SIG_BLOCK, NULL, &set);
    assert_int_equal(sigismember(&set, SIGQUIT), 1);
    signals_default();
    pthread_sigmask(SIG_BLOCK, NULL, &set);
    assert_int_equal(sigismember(&set, SIGINT), 0);
    assert_int_equal(sigismember(&set, SIGQUIT), 0);
    close(fd);
}

static void only_quit_hurries(void **state) {
    (void)state;
    assert_true(signal_hurries(SIGQUIT));
    assert_false(signal_hurries(SIGINT));
    assert_false(signal_hurries(SIGTERM));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_one_is_told),
        cmocka_unit_test(the_size_is_told_to_who_wants_it),
        cmocka_unit_test(by_default_they_are_not_blocked),
        cmocka_unit_test(only_quit_hurries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
