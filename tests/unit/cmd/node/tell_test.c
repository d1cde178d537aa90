/* A line for people whom nobody reads. */
#define _GNU_SOURCE /* pipe2 */
#include "cmd/node/tell.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char seen[1 << 17];

static size_t drain(int fd) {
    size_t len = 0;
    for (ssize_t got; (got = read(fd, seen + len, sizeof seen - 1 - len)) > 0;)
        len += (size_t)got;
    seen[len] = '\0';
    return len;
}

static void a_full_pipe_loses_the_line_and_a_read_one_gets_it(void **state) {
    int fds[2], before = dup(STDERR_FILENO);
    char much[3 * TELL_BYTES];
    (void)state;
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    memset(much, 'x', sizeof much);
    while (write(fds[1], much, sizeof much) > 0)
        continue;
    assert_int_equal(fcntl(fds[1], F_SETFL, 0), 0); /* a write would wait for ever */
    dup2(fds[1], STDERR_FILENO);
    tell("zyg-node: %s\n", "lost");
    assert_null(strstr((drain(fds[0]), seen), "lost"));
    tell("zyg-node: %s %d\n", "found", 7);
    drain(fds[0]);
    assert_string_equal(seen, "zyg-node: found 7\n");
    much[sizeof much - 1] = '\0';
    tell("%s", much); /* what is too long is cut, and is a line all the same */
    assert_int_equal(drain(fds[0]), TELL_BYTES - 1);
    assert_int_equal(seen[TELL_BYTES - 2], '\n');
    close(fds[0]);
    tell("nobody will ever read this\n");
    dup2(before, STDERR_FILENO);
    close(before);
    close(fds[1]);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_pipe_loses_the_line_and_a_read_one_gets_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
