#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/base/check.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void nothing_happens_while_it_holds(void **state) {
    (void)state;
    int evaluated = 0;
    ensure(++evaluated == 1);
    assert_int_equal(evaluated, 1);
}

/* A child that finds its belief wrong says where and which, and dies of SIGABRT. */
static void stops_with_place_and_condition(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL); /* cmocka catches it */
        dup2(ends[1], STDERR_FILENO);
        int two = 2;
        ensure(two + two == 5);
        _exit(0);
    }
    close(ends[1]);
    char said[512] = "";
    size_t len = 0;
    ssize_t got;
    while ((got = read(ends[0], said + len, sizeof said - 1 - len)) > 0)
        len += (size_t)got;
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(said, "check_test.c:"));
    assert_non_null(strstr(said, ": this should always hold: two + two == 5\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_happens_while_it_holds),
        cmocka_unit_test(stops_with_place_and_condition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
