#define _GNU_SOURCE
#include "actors/executor/launcher_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct launcher_queue queue;
static struct launcher_refused refused;
static int ours, theirs;
static uint8_t large[256 * 1024];

static int set_up(void **state) {
    const int bytes = 16384;
    int pair[2];
    (void)state;
    launcher_queue_init(&queue);
    refused = (struct launcher_refused){0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    ours = pair[0];
    theirs = pair[1];
    assert_int_equal(setsockopt(ours, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes), 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    launcher_queue_clear(&queue);
    close(ours);
    if (theirs >= 0)
        close(theirs);
    return 0;
}

static enum launcher_queue_state send_all(void) {
    return launcher_queue_send(&queue, ours, &refused);
}

static void assert_packet(const char *text) {
    char got[64];
    ssize_t len = recv(theirs, got, sizeof got, MSG_DONTWAIT);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(got, text, strlen(text));
}

static void packets_keep_their_order(void **state) {
    (void)state;
    assert_true(launcher_queue_is_empty(&queue));
    launcher_queue_add(&queue, span_text("one"), 1, -1);
    launcher_queue_add(&queue, span_text("two"), 2, -1);
    assert_false(launcher_queue_is_empty(&queue));
    assert_int_equal(send_all(), QUEUE_EMPTY);
    assert_true(launcher_queue_is_empty(&queue));
    assert_packet("one");
    assert_packet("two");
}

static void a_full_socket_is_waited_for(void **state) {
    (void)state;
    enum { PACKETS = 100 };
    for (int i = 0; i < PACKETS; i++)
        launcher_queue_add(&queue, span_of(large, 4096), 1, -1);
    assert_int_equal(send_all(), QUEUE_FULL);
    int got = 0;
    while (recv(theirs, large, sizeof large, MSG_DONTWAIT) == 4096) {
        got++;
        send_all();
    }
    assert_int_equal(got, PACKETS);
    assert_int_equal(send_all(), QUEUE_EMPTY);
}

static void what_is_too_long_is_refused_and_nothing_else(void **state) {
    (void)state;
    int pipe[2];
    assert_int_equal(pipe2(pipe, O_CLOEXEC), 0);
    launcher_queue_add(&queue, span_text("one"), 1, -1);
    launcher_queue_add(&queue, span_of(large, sizeof large), 2, pipe[1]);
    launcher_queue_add(&queue, span_text("three"), 3, -1);
    assert_int_equal(send_all(), QUEUE_REFUSED);
    assert_int_equal(refused.run, 2);
    assert_int_equal(refused.error, EMSGSIZE);
    assert_int_equal(fcntl(pipe[1], F_GETFD), -1); /* its descriptor is not needed any more */
    assert_int_equal(send_all(), QUEUE_EMPTY);
    assert_packet("one");
    assert_packet("three");
    close(pipe[0]);
}

static void a_socket_without_another_end_swallows_everything(void **state) {
    (void)state;
    close(theirs);
    theirs = -1;
    launcher_queue_add(&queue, span_text("one"), 1, -1);
    launcher_queue_add(&queue, span_text("two"), 2, -1);
    assert_int_equal(send_all(), QUEUE_EMPTY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(packets_keep_their_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_socket_is_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_too_long_is_refused_and_nothing_else, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_socket_without_another_end_swallows_everything, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
