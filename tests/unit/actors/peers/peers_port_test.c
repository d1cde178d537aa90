/* Edges between two ports: dialling, messages, ends. */
#include "tests/unit/actors/peers/peers_stage.h"

static void an_edge_carries_messages_both_ways_in_order(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0], *b = &st->side[1];
    uint32_t even = join(st, 7);
    assert_int_equal(even % 2, 0);
    assert_memory_equal(last_up(a)->curve, b->keys.curve_public, CURVE_KEY_BYTES);
    assert_memory_equal(last_up(b)->curve, a->keys.curve_public, CURVE_KEY_BYTES);
    assert_string_equal(last_up(a)->address, "127.0.0.1");
    assert_string_equal(last_up(b)->address, "127.0.0.1");
    for (uint64_t i = 0; i < 100; i++) {
        say_beat(a, 7, b->beats + i);
        say_beat(b, even, a->beats + i);
    }
    UNTIL(st, a->beats == 100 && b->beats == 101);
    assert_int_equal(a->beat_edge, 7);
    assert_int_equal(b->beat_edge, even);
    assert_int_equal(a->downs + b->downs, 0);
}

/* As a bulk sender does it: so many on the way, then the next when one has arrived. */
static void a_thousand_large_messages_arrive_in_order(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0], *b = &st->side[1];
#ifdef __SANITIZE_THREAD__
    skip(); /* it looks long at every byte that libzmq's thread has written: tests/lib/tsan.supp */
#endif
    uint32_t even = join(st, 1);
    uint64_t there = 0, back = 0;
    while (b->carries < 1000 || a->carries < 200) {
        for (; there < 1000 && there < b->carries + 100; there++)
            say_carry(a, 1, there);
        for (; back < 200 && back < a->carries + 20; back++)
            say_carry(b, even, back);
        uint64_t before = a->carries + b->carries;
        UNTIL(st, a->carries + b->carries > before);
    }
    assert_int_equal(a->downs + b->downs, 0);
}

static void the_dialler_closes(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0], *b = &st->side[1];
    uint32_t even = join(st, 3);
    say_beat(a, 3, b->beats);
    close_edge(a, 3);
    UNTIL(st, b->downs == 1);
    assert_int_equal(b->beats, 2); /* the last word was heard before the end */
    assert_int_equal(last_down(b)->edge, even);
    assert_int_equal(last_down(b)->why, EDGE_CLOSED);
    assert_int_equal(a->downs, 0);
    say_beat(a, 3, 9); /* to nobody: nothing happens */
    close_edge(a, 3);
    assert_int_equal(join(st, 5), even + 2);
    assert_int_equal(a->downs, 0);
}

static void the_acceptor_closes(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0], *b = &st->side[1];
    uint32_t even = join(st, 3);
    close_edge(b, even);
    UNTIL(st, a->downs == 1);
    assert_int_equal(last_down(a)->edge, 3);
    assert_int_equal(last_down(a)->why, EDGE_CLOSED);
    assert_int_equal(join(st, 5), even + 2);
    assert_int_equal(b->downs, 0);
    assert_int_equal(a->downs, 1);
}

/* What still comes over an edge that was closed here is neither heard nor a new edge. */
static void a_closed_edge_is_silent(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0], *b = &st->side[1];
    uint32_t even = join(st, 3);
    uint64_t heard = b->beats;
    for (uint64_t i = 0; i < 100; i++)
        say_beat(a, 3, heard + i);
    board_run(a->board, (struct moment){0});
    close_edge(b, even);
    board_run(b->board, (struct moment){0});
    UNTIL(st, a->downs == 1);
    assert_int_equal(b->beats, heard);
    assert_int_equal(b->ups, 1);
    assert_int_equal(b->downs, 0);
}

static void a_port_that_goes_leaves_its_last_words(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0], *b = &st->side[1];
    uint32_t even = join(st, 3);
    for (uint64_t i = 0; i < 40; i++)
        say_beat(b, even, i);
    board_run(b->board, (struct moment){0});
    side_close(b);
    UNTIL(st, a->downs == 1);
    assert_int_equal(a->beats, 40);
    assert_int_equal(last_down(a)->why, EDGE_CLOSED);
    side_open(b, "tcp://127.0.0.1:*");
}

/* A node that takes the place of another finds the port free. */
static void a_port_that_is_gone_is_free(void **state) {
    struct stage *st = *state;
    struct side *b = &st->side[1];
    for (int i = 0; i < 50; i++) {
        struct sockaddr_in name = loopback(port_of(peers_port_endpoint(b->port)));
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        side_close(b);
        assert_int_equal(bind(fd, (const struct sockaddr *)&name, sizeof name), 0);
        close(fd);
        side_open(b, "tcp://127.0.0.1:*");
    }
}

static enum edge_end dial_ends(struct stage *st, uint32_t edge, const char *endpoint,
                               const uint8_t curve[CURVE_KEY_BYTES]) {
    struct side *a = &st->side[0];
    uint32_t downs = a->downs, ups = a->ups;
    dial(a, edge, endpoint, curve);
    UNTIL(st, a->downs == downs + 1);
    assert_int_equal(last_down(a)->edge, edge);
    assert_int_equal(a->ups, ups);
    return last_down(a)->why;
}

static void a_port_where_nobody_listens_refuses(void **state) {
    struct stage *st = *state;
    char endpoint[ENDPOINT_TEXT_BYTES];
    int fd = listener(1, endpoint);
    close(fd);
    for (uint32_t edge = 1; edge < 21; edge += 2)
        assert_int_equal(dial_ends(st, edge, endpoint, st->side[1].keys.curve_public),
                         EDGE_REFUSED);
}

static void another_key_than_ours_is_not_trusted(void **state) {
    struct stage *st = *state;
    const char *endpoint = peers_port_endpoint(st->side[1].port);
    struct keys other;
    make_keys(&other);
    assert_int_equal(dial_ends(st, 1, endpoint, other.curve_public), EDGE_UNTRUSTED);
    assert_int_equal(st->side[1].ups, 0);
}

/* Points of the curve that make a secret everybody knows. */
static void a_key_that_is_none_is_not_dialled(void **state) {
    struct stage *st = *state;
    const uint8_t zero[CURVE_KEY_BYTES] = {0}, one[CURVE_KEY_BYTES] = {1};
    const char *endpoint = peers_port_endpoint(st->side[1].port);
    assert_int_equal(dial_ends(st, 1, endpoint, zero), EDGE_UNTRUSTED);
    assert_int_equal(dial_ends(st, 3, endpoint, one), EDGE_UNTRUSTED);
}

static void a_key_that_is_not_let_in_hears_so(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0];
    side_close(a);
    make_keys(&a->keys);
    side_open(a, "tcp://127.0.0.1:*");
    assert_int_equal(
        dial_ends(st, 1, peers_port_endpoint(st->side[1].port), st->side[1].keys.curve_public),
        EDGE_UNTRUSTED);
    assert_int_equal(st->side[1].ups, 0);
}

static void somebody_who_hangs_up_is_not_trusted(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0];
    char endpoint[ENDPOINT_TEXT_BYTES];
    int fd = listener(8, endpoint);
    dial(a, 1, endpoint, st->side[1].keys.curve_public);
    st->deadline = stage_clock() + PATIENCE_MS;
    while (a->downs == 0) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        stage_turn(st, 5);
        if (poll(&wait, 1, 5) == 1)
            close(accept(fd, NULL, NULL));
    }
    assert_int_equal(last_down(a)->why, EDGE_UNTRUSTED);
    close(fd);
}

/* One does not take connections, one takes them and says nothing: 3 and 5 s. */
static void who_does_not_answer_times_out(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0];
    char hole[ENDPOINT_TEXT_BYTES], mute[ENDPOINT_TEXT_BYTES];
    int full = listener(0, hole), silent = listener(8, mute), crowd[4];
    for (int i = 0; i < 4; i++)
        crowd[i] = knock(port_of(hole));
    int64_t began = stage_clock();
    dial(a, 1, hole, st->side[1].keys.curve_public);
    dial(a, 3, mute, st->side[1].keys.curve_public);
    UNTIL(st, a->downs == 1);
    assert_int_equal(last_down(a)->edge, 1);
    assert_int_equal(last_down(a)->why, EDGE_TIMED_OUT);
    assert_in_range(stage_clock() - began, 2990, 4500);
    UNTIL(st, a->downs == 2);
    assert_int_equal(last_down(a)->edge, 3);
    assert_int_equal(last_down(a)->why, EDGE_TIMED_OUT);
    assert_in_range(stage_clock() - began, 4990, 6500);
    for (int i = 0; i < 4; i++)
        close(crowd[i]);
    close(full);
    close(silent);
}

static void what_is_no_endpoint_is_not_dialled(void **state) {
    struct stage *st = *state;
    static const char *const bad[] = {"", "inproc://zeromq.zap.01", "tcp://localhost:80",
                                      "ipc:///tmp/x", "tcp://127.0.0.1:99999"};
    for (uint32_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(dial_ends(st, 2 * i + 1, bad[i], st->side[1].keys.curve_public),
                         EDGE_TIMED_OUT);
}

static void an_edge_more_than_there_may_be_is_told(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0];
    for (uint32_t i = 0; i < LIMIT_EDGES; i++)
        dial_side(a, 2 * i + 1, &st->side[1]);
    UNTIL(st, a->ups == LIMIT_EDGES);
    assert_int_equal(
        dial_ends(st, 999, peers_port_endpoint(st->side[1].port), st->side[1].keys.curve_public),
        EDGE_TIMED_OUT);
    assert_int_equal(a->downs, 1);
}

static void edges_run_over_ipv6_too(void **state) {
    struct stage *st = *state;
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool there = fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof name) == 0;
    if (fd >= 0)
        close(fd);
    if (!there)
        return; /* this machine has no IPv6 */
    side_close(&st->side[1]);
    side_open(&st->side[1], "tcp://[::1]:*");
    uint32_t even = join(st, 1);
    assert_string_equal(last_up(&st->side[0])->address, "::1");
    assert_string_equal(last_up(&st->side[1])->address, "::1");
    close_edge(&st->side[1], even);
    UNTIL(st, st->side[0].downs == 1);
}

static bool is_between(int fd, uint16_t port) {
    struct sockaddr_in here, there;
    socklen_t len = sizeof here;
    return getsockname(fd, (struct sockaddr *)&here, &len) == 0 &&
           getpeername(fd, (struct sockaddr *)&there, &len) == 0 && here.sin_family == AF_INET &&
           (here.sin_port == htons(port) || there.sin_port == htons(port));
}

/* Both ends of the only edge. */
static void connections_are_made_for_streams_that_say_little(void **state) {
    struct stage *st = *state;
    int tuned = 0, probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool reno = setsockopt(probe, IPPROTO_TCP, TCP_CONGESTION, "reno", 4) == 0;
    close(probe);
    join(st, 1);
    for (int fd = 0; fd < 1024; fd++) {
        int no_delay = 0, thin = 0;
        socklen_t len = sizeof thin;
        char control[16] = "";
        if (!is_between(fd, port_of(peers_port_endpoint(st->side[1].port))))
            continue;
        assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &len), 0);
        assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, &thin, &len), 0);
        assert_true(no_delay && thin);
        len = sizeof control - 1;
        assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, control, &len), 0);
        if (reno)
            assert_string_equal(control, "reno");
        tuned++;
    }
    assert_int_equal(tuned, 2);
}

static void what_cannot_be_listened_on_is_said(void **state) {
    struct stage *st = *state;
    struct err err;
    static const char *const bad[] = {"ipc:///tmp/x", "tcp://127.0.0.1", "tcp://300.0.0.1:1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_null(peers_port_new(st->side[0].board, &st->side[0].keys, bad[i], &err));
        assert_int_equal(err.code, ERR_SYSTEM);
        assert_non_null(strstr(err.what, bad[i]));
    }
    assert_null(peers_port_new(st->side[0].board, &st->side[0].keys,
                               peers_port_endpoint(st->side[1].port), &err));
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_open, stage_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(an_edge_carries_messages_both_ways_in_order),
        STAGED(a_thousand_large_messages_arrive_in_order),
        STAGED(the_dialler_closes),
        STAGED(the_acceptor_closes),
        STAGED(a_closed_edge_is_silent),
        STAGED(a_port_that_goes_leaves_its_last_words),
        STAGED(a_port_that_is_gone_is_free),
        STAGED(a_port_where_nobody_listens_refuses),
        STAGED(another_key_than_ours_is_not_trusted),
        STAGED(a_key_that_is_none_is_not_dialled),
        STAGED(a_key_that_is_not_let_in_hears_so),
        STAGED(somebody_who_hangs_up_is_not_trusted),
        STAGED(who_does_not_answer_times_out),
        STAGED(what_is_no_endpoint_is_not_dialled),
        STAGED(an_edge_more_than_there_may_be_is_told),
        STAGED(edges_run_over_ipv6_too),
        STAGED(connections_are_made_for_streams_that_say_little),
        STAGED(what_cannot_be_listened_on_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
