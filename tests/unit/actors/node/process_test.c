#include "actors/node/node.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <cmocka.h>

static void a_process_is_prepared(void **state) {
    (void)state;
    setenv("ZSYS_LINGER", "5", 1);
    setenv("ZSYS_MAX_SOCKETS", "1", 1);
    setenv("ZSYSTEM", "stays", 1);
    process_prepare();
    assert_null(getenv("ZSYS_LINGER"));
    assert_null(getenv("ZSYS_MAX_SOCKETS"));
    assert_string_equal(getenv("ZSYSTEM"), "stays");

    sigset_t blocked;
    struct sigaction action;
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &blocked), 0);
    assert_true(sigismember(&blocked, SIGINT));
    assert_true(sigismember(&blocked, SIGTERM));
    assert_true(sigismember(&blocked, SIGCHLD));
    assert_false(sigismember(&blocked, SIGSEGV)); /* a fault is not to be waited for */
    assert_false(sigismember(&blocked, SIGABRT));
    assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
    assert_ptr_equal(action.sa_handler, SIG_IGN);

    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(limit.rlim_cur == limit.rlim_max || limit.rlim_cur == 65536);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_process_is_prepared)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
