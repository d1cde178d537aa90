/* Lines for people that nobody reads. */
#define _GNU_SOURCE /* pipe2 */
#include "actors/node/notes_actor.h"

#include <czmq.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 20000, LINES = 3000 };

static char seen[1 << 20];
static size_t seen_len;

static void read_some(int fd) {
    ssize_t got = read(fd, seen + seen_len, sizeof seen - 1 - seen_len);
    assert_true(got > 0 || errno == EAGAIN);
    seen_len += got > 0 ? (size_t)got : 0;
}

static void read_until(int fd, const char *text) {
    struct pollfd item = {.fd = fd, .events = POLLIN};
    while (strstr(seen, text) == NULL) {
        assert_int_equal(poll(&item, 1, PATIENCE_MS), 1);
        read_some(fd);
    }
}

static void who_does_not_read_holds_up_nobody(void **state) {
    int fds[2], before = dup(STDERR_FILENO);
    char line[200];
    (void)state;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    dup2(fds[1], STDERR_FILENO);
    zactor_t *notes = notes_actor_new();
    memset(line, 'x', sizeof line);
    notes_actor_say(notes, span_text("first"));
    read_until(fds[0], "zyg-node: first\n");
    for (int i = 0; i < LINES; i++) /* more than the pipe and the queue hold */
        notes_actor_say(notes, span_of(line, sizeof line));
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    while (strstr(seen, "zyg-node: last\n") == NULL) {
        notes_actor_say(notes, span_text("last"));
        read_some(fds[0]);
    }
    assert_non_null(strstr(seen, "lines are missing here)\n"));
    for (int i = 0; i < LINES; i++)
        notes_actor_say(notes, span_of(line, sizeof line));
    notes_actor_stop(&notes); /* though nobody reads; a thread that were left would abort at exit */
    dup2(before, STDERR_FILENO);
    close(before);
    close(fds[0]);
    close(fds[1]);
}

int main(void) {
    zsys_handler_set(NULL);
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_does_not_read_holds_up_nobody)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
