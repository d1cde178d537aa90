/* Edges whose other side is no friend, and many of them. */
#include "tests/unit/actors/peers/peers_stage.h"

#include "actors/peers/peers_accept.h"

#include <malloc.h>
#include <sys/epoll.h>
#include <sys/resource.h>

enum { STRANGERS = 200, CYCLES = 1000, MANY = 640, PLACES = 4 * LIMIT_EDGES };

/* ---- a libzmq socket of our own on the other side ---- */

/* A client with the guest's key; what it sends first makes an edge. */
static zsock_t *guest(const struct stage *st, int receive_max) {
    zsock_t *dealer = zsock_new(ZMQ_DEALER);
    const struct side *b = &st->side[1];
    zsock_set_linger(dealer, 0);
    zsock_set_rcvhwm(dealer, receive_max);
    curve_client(dealer, &st->guest, b->keys.curve_public);
    ensure(zsock_connect(dealer, "%s", peers_port_endpoint(b->port)) == 0);
    return dealer;
}

static void send_beat(zsock_t *dealer, uint64_t number) {
    uint8_t memory[64];
    size_t len = encode_beat(memory, sizeof memory, number);
    ensure(zmq_send(zsock_resolve(dealer), memory, len, 0) == (int)len);
}

static uint32_t guest_is_up(struct stage *st, zsock_t *dealer) {
    struct side *b = &st->side[1];
    uint32_t ups = b->ups;
    send_beat(dealer, b->beats);
    UNTIL(st, b->ups == ups + 1);
    assert_memory_equal(last_up(b)->curve, st->guest.curve_public, CURVE_KEY_BYTES);
    return last_up(b)->edge;
}

/* The edge ends once, and nothing of what ended it was heard. */
/* What is longer than a frame may be ZMQ ends itself, and a message of several frames is nobody's. */
static void assert_nonsense(const struct note *down, bool unread) {
    assert_int_equal(down->why, unread ? EDGE_CLOSED : EDGE_NONSENSE);
}

static void assert_ends(struct stage *st, uint32_t edge, uint32_t downs, uint64_t beats,
                        bool unread) {
    struct side *b = &st->side[1];
    UNTIL(st, b->downs == downs + 1);
    assert_int_equal(last_down(b)->edge, edge);
    assert_nonsense(last_down(b), unread);
    assert_int_equal(b->beats, beats);
    assert_false(b->foreign);
}

static void garbage_ends_an_accepted_edge(void **state) {
    struct stage *st = *state;
    struct side *b = &st->side[1];
    zsock_t *dealer = guest(st, 100);
    static uint8_t huge[LIMIT_FRAME_BYTES + 1];
    uint8_t forged[128];
    struct buf up = buf_of(forged, sizeof forged);
    ensure(msg_encode(
        &(struct msg){.kind = MSG_edge_up,
                      .edge_up = {.edge = 99, .curve = span_of(st->guest.curve_public, 32)}},
        &up));
    const struct span bad[] = {span_of("", 0), span_of("\xff\xff\xff", 3),
                               span_of(huge, sizeof huge), buf_view(&up)};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint32_t edge = guest_is_up(st, dealer), downs = b->downs; /* it has connected again */
        uint64_t beats = b->beats;
        ensure(zmq_send(zsock_resolve(dealer), bad[i].data, bad[i].len, 0) == (int)bad[i].len);
        assert_ends(st, edge, downs, beats, bad[i].len == sizeof huge);
    }
    uint32_t edge = guest_is_up(st, dealer), downs = b->downs;
    uint64_t beats = b->beats;
    zstr_sendx(dealer, "two", "frames", NULL);
    assert_ends(st, edge, downs, beats, true);
    assert_int_equal(b->ups, b->downs);
    zsock_destroy(&dealer);
}

/* A turn of a port that has no time to read more than so many messages. */
static void turn_of(struct accepts *a, struct board *board, when_ms now, uint32_t messages) {
    struct epoll_event ignored[4];
    epoll_wait(a->epoll, ignored, 4, 1);
    a->monitor.look = a->router.look = true;
    accepts_watch(a, now);
    accepts_read(a, messages);
    board_run(board, (struct moment){0});
}

/* Turns at this time for as long as there are so many connections. */
static void turn_while(struct accepts *a, struct board *board, when_ms now, uint32_t connections) {
    for (int64_t end = stage_clock() + PATIENCE_MS; a->connections == connections;
         assert_true(stage_clock() < end))
        turn_of(a, board, now, 64);
}

static void open_accepts(struct accepts *a, struct side *b, char endpoint[256]) {
    size_t len = 256;
    struct err err;
    *a = (struct accepts){.port = 0};
    assert_true(accepts_open(a, b->board, &b->keys, epoll_create1(EPOLL_CLOEXEC),
                             "tcp://127.0.0.1:*", &err));
    assert_int_equal(zmq_getsockopt(a->router.zmq, ZMQ_LAST_ENDPOINT, endpoint, &len), 0);
}

static void close_accepts(struct accepts *a) {
    int epoll = a->epoll;
    accepts_release(a);
    close(epoll);
}

static void an_end_is_told_though_others_say_more_than_can_be_read(void **state) {
    struct stage *st = *state;
    struct side *b = &st->side[1];
    static struct accepts a;
    char endpoint[256];
    open_accepts(&a, b, endpoint);
    zsock_t *dealer = zsock_new(ZMQ_DEALER);
    curve_client(dealer, &st->guest, b->keys.curve_public);
    assert_int_equal(zsock_connect(dealer, "%s", endpoint), 0);
    send_beat(dealer, 0);
    for (int64_t end = stage_clock() + PATIENCE_MS; b->ups == 0; assert_true(stage_clock() < end))
        turn_of(&a, b->board, 1000, 64);
    zsock_destroy(&dealer);
    for (int64_t end = stage_clock() + PATIENCE_MS; !a.edges[0].ended;
         assert_true(stage_clock() < end))
        turn_of(&a, b->board, 1000, 0);
    turn_of(&a, b->board, 1000 + ENDED_MS - 1, 0);
    assert_int_equal(b->downs, 0);
    turn_of(&a, b->board, 1000 + ENDED_MS, 0);
    assert_int_equal(b->downs, 1);
    assert_int_equal(last_down(b)->edge, last_up(b)->edge);
    assert_int_not_equal(a.edges[0].number, 0); /* it is known until all was read */
    turn_of(&a, b->board, 1000 + ENDED_MS, 64);
    assert_int_equal(a.edges[0].number, 0);
    assert_int_equal(b->downs, 1);
    close_accepts(&a);
}

static zsock_t *dialler(const struct stage *st, const char *endpoint) {
    zsock_t *dealer = zsock_new(ZMQ_DEALER);
    zsock_set_reconnect_ivl(dealer, -1);
    curve_client(dealer, &st->guest, st->side[1].keys.curve_public);
    assert_int_equal(zsock_connect(dealer, "%s", endpoint), 0);
    return dealer;
}

/* It has a key and shook hands: any key does. One that speaks stays, whatever came before it. */
static void who_shakes_hands_and_says_nothing_is_cut(void **state) {
    struct stage *st = *state;
    struct side *b = &st->side[1];
    static struct accepts a;
    char endpoint[256];
    open_accepts(&a, b, endpoint);
    assert_int_equal(accepts_due(&a), WHEN_NEVER);
    zsock_t *dealers[2];
    for (int i = 0; i < 2; i++)
        dealers[i] = dialler(st, endpoint);
    send_beat(dealers[0], 0);
    for (int64_t end = stage_clock() + PATIENCE_MS; b->ups == 0 || a.connections < 2;
         assert_true(stage_clock() < end))
        turn_of(&a, b->board, 1000, 64);
    assert_int_equal(accepts_due(&a), 1000 + SILENT_MS);
    turn_of(&a, b->board, 1000 + SILENT_MS - 1, 64);
    assert_int_equal(a.connections, 2);
    turn_while(&a, b->board, 1000 + SILENT_MS, 2);
    assert_int_equal(a.connections, 1);
    assert_int_equal(b->downs, 0);
    assert_int_equal(accepts_due(&a), WHEN_NEVER);
    zsock_destroy(&dealers[0]);
    zsock_destroy(&dealers[1]);
    close_accepts(&a);
}

/* What it says can be read before its coming is told. */
static void who_speaks_before_it_is_told_of_is_not_silent(void **state) {
    struct stage *st = *state;
    struct side *b = &st->side[1];
    static struct accepts a;
    char endpoint[256];
    open_accepts(&a, b, endpoint);
    zsock_t *dealer = dialler(st, endpoint);
    send_beat(dealer, 0);
    for (int64_t end = stage_clock() + PATIENCE_MS; b->ups == 0; assert_true(stage_clock() < end)) {
        struct epoll_event ignored[4];
        epoll_wait(a.epoll, ignored, 4, 1);
        a.monitor.look = false;
        a.router.look = true;
        accepts_read(&a, 64);
        board_run(b->board, (struct moment){0});
    }
    assert_int_equal(a.connections, 0);
    turn_while(&a, b->board, 1000, 0);
    assert_int_equal(accepts_due(&a), WHEN_NEVER);
    for (int i = 0; i < 20; i++)
        turn_of(&a, b->board, 1000 + SILENT_MS, 64);
    assert_int_equal(b->downs, 0);
    zsock_destroy(&dealer);
    close_accepts(&a);
}

static void who_stood_still_cuts_nobody_for_it(void **state) {
    struct stage *st = *state;
    struct side *b = &st->side[1];
    static struct accepts a;
    char endpoint[256];
    open_accepts(&a, b, endpoint);
    zsock_t *dealer = dialler(st, endpoint);
    turn_while(&a, b->board, 1000, 0);
    const when_ms late = 1000 + SILENT_MS + LATE_MS;
    turn_of(&a, b->board, late, 64);
    assert_int_equal(accepts_due(&a), late + SILENT_MS);
    turn_while(&a, b->board, late + SILENT_MS + LATE_MS - 1, 1);
    zsock_destroy(&dealer);
    close_accepts(&a);
}

/* The first thing a connection says is nonsense: the edge is there and gone. */
static void garbage_before_anything_else(void **state) {
    struct stage *st = *state;
    struct side *b = &st->side[1];
    zsock_t *dealer = guest(st, 100);
    zstr_send(dealer, "nonsense");
    UNTIL(st, b->downs == 1);
    assert_int_equal(b->ups, 1);
    assert_int_equal(last_down(b)->edge, last_up(b)->edge);
    assert_string_equal(
        b->said, "somebody at 127.0.0.1 was refused: what it said is no message between nodes");
    zsock_destroy(&dealer);
    dealer = guest(st, 100); /* it comes again: people know */
    zstr_send(dealer, "nonsense");
    UNTIL(st, b->downs == 2);
    assert_int_equal(b->notes, 1);
    zsock_destroy(&dealer);
}

/* Who means another node cannot shake hands; people hear of it once, however often it tries. */
static void a_broken_handshake_is_told_once(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0], *b = &st->side[1];
    for (uint32_t i = 0; i < 5; i++) {
        dial(a, 2 * i + 1, peers_port_endpoint(b->port), st->guest.curve_public);
        UNTIL(st, a->downs == i + 1);
        assert_int_equal(last_down(a)->why, EDGE_UNTRUSTED);
    }
    UNTIL(st, b->notes > 0);
    assert_non_null(
        strstr(b->said, " was refused: it meant a node with another key, or proved none"));
    assert_in_range(b->notes, 1, 2); /* one may have been gone before it was looked at */
    assert_int_equal(a->notes, 0);
    assert_int_equal(b->ups, 0);
}

/* Waits until the other side has ended the only connection of the socket. ZMQ lets go of a monitor's name only some time later:
 * another `round` has another. */
static void connect_in_vain(zsock_t *dealer, const char *endpoint, int round) {
    char name[32];
    uint8_t event[6];
    snprintf(name, sizeof name, "inproc://in-vain-%d", round);
    assert_int_equal(zmq_socket_monitor(zsock_resolve(dealer), name, ZMQ_EVENT_DISCONNECTED), 0);
    zsock_t *monitor = zsock_new(ZMQ_PAIR);
    assert_int_equal(zsock_connect(monitor, "%s", name), 0);
    zsock_set_rcvtimeo(monitor, PATIENCE_MS);
    assert_int_equal(zsock_connect(dealer, "%s", endpoint), 0);
    assert_int_equal(zmq_recv(zsock_resolve(monitor), event, sizeof event, 0), sizeof event);
    zmq_socket_monitor(zsock_resolve(dealer), NULL, 0);
    zsock_destroy(&monitor);
}

static void who_is_gone_before_it_is_looked_at_is_told_of_as_well(void **state) {
    struct stage *st = *state;
    struct side *b = &st->side[1];
    static struct accepts a;
    char endpoint[256];
    open_accepts(&a, b, endpoint);
    for (int i = 0; i < 3; i++) {
        zsock_t *dealer = zsock_new(ZMQ_DEALER);
        zsock_set_reconnect_ivl(dealer, -1);
        curve_client(dealer, &st->guest, st->guest.curve_public);
        connect_in_vain(dealer, endpoint, i);
        turn_of(&a, b->board, 1000, 64);
        assert_int_equal(a.connections, 0);
        assert_int_equal(b->notes, 1);
        zsock_destroy(&dealer);
    }
    assert_string_equal(b->said,
                        "somebody was refused: it meant a node with another key, or proved none");
    close_accepts(&a);
}

/* A connection without a word is how a node asks who listens here: that is nothing to tell. */
static void silence_is_not_told(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0], *b = &st->side[1];
    struct endpoint port;
    assert_true(endpoint_parse(&port, span_text(peers_port_endpoint(b->port))));
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons(port.port)};
    for (int i = 0; i < 5; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
        st->deadline = stage_clock() + PATIENCE_MS;
        stage_turn(st, 20);
        close(fd);
    }
    dial(a, 1, peers_port_endpoint(b->port), b->keys.curve_public);
    UNTIL(st, a->ups == 1);
    say_beat(a, 1, 0);
    UNTIL(st, b->beats == 1);
    assert_int_equal(b->notes, 0);
}

static zsock_t *host(const struct stage *st, int receive_max) {
    zsock_t *router = zsock_new(ZMQ_ROUTER);
    zsock_set_linger(router, 0);
    zsock_set_rcvhwm(router, receive_max);
    zsock_set_rcvtimeo(router, PATIENCE_MS);
    curve_server(router, &st->guest);
    ensure(zsock_bind(router, "tcp://127.0.0.1:*") > 0);
    return router;
}

/* Dials the host, and tells it the routing id by a beat. */
static zframe_t *dial_host(struct stage *st, zsock_t *router, uint32_t edge) {
    struct side *a = &st->side[0];
    uint32_t ups = a->ups;
    dial(a, edge, zsock_endpoint(router), st->guest.curve_public);
    UNTIL(st, a->ups == ups + 1);
    say_beat(a, edge, 0);
    stage_turn(st, 0);
    zframe_t *id = zframe_recv(router), *beat = zframe_recv(router);
    assert_non_null(id);
    assert_non_null(beat);
    zframe_destroy(&beat);
    return id;
}

static void garbage_ends_a_dialled_edge(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0];
    zsock_t *router = host(st, 100);
    static uint8_t huge[LIMIT_FRAME_BYTES + 1];
    const struct span bad[] = {span_of("", 0), span_of("\x93\x01", 2), span_of(huge, sizeof huge)};
    for (uint32_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint32_t edge = 2 * i + 1, downs = a->downs;
        zframe_t *id = dial_host(st, router, edge);
        zframe_send(&id, router, ZFRAME_MORE);
        ensure(zmq_send(zsock_resolve(router), bad[i].data, bad[i].len, 0) == (int)bad[i].len);
        UNTIL(st, a->downs == downs + 1);
        assert_int_equal(last_down(a)->edge, edge);
        assert_nonsense(last_down(a), bad[i].len == sizeof huge);
    }
    assert_int_equal(a->beats, 0);
    zsock_destroy(&router);
}

/* ---- an outbox that is full ---- */

/* Says 64 KiB after 64 KiB until the edge is ended; how many. */
static uint32_t fill(struct stage *st, struct side *s, uint32_t edge) {
    uint32_t said = 0, downs = s->downs;
    while (s->downs == downs) {
        assert_in_range(said, 0, 4000);
        say_carry(s, edge, said++);
        board_run(s->board, (struct moment){0});
    }
    assert_int_equal(last_down(s)->edge, edge);
    assert_int_equal(last_down(s)->why, EDGE_TIMED_OUT);
    stage_turn(st, 0);
    assert_int_equal(s->downs, downs + 1);
    return said;
}

static void an_accepted_edge_that_stalls_is_ended(void **state) {
    struct stage *st = *state;
    struct side *b = &st->side[1];
    uint32_t even = join(st, 1);
    zsock_t *dealer = guest(st, 4);
    uint32_t edge = guest_is_up(st, dealer);
    assert_in_range(fill(st, b, edge), 500, 4000);
    say_beat(b, even, 0); /* the others are as they were */
    UNTIL(st, st->side[0].beats == 1);
    zsock_destroy(&dealer);
    assert_int_equal(b->downs, 1);
}

static void a_dialled_edge_that_stalls_is_ended(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0];
    zsock_t *router = host(st, 4);
    join(st, 1);
    zframe_t *id = dial_host(st, router, 3);
    assert_in_range(fill(st, a, 3), 500, 4000);
    say_beat(a, 1, st->side[1].beats);
    uint64_t beats = st->side[1].beats;
    UNTIL(st, st->side[1].beats == beats + 1);
    zframe_destroy(&id);
    zsock_destroy(&router);
}

/* ---- strangers ---- */

static int count_closed(const int *fds, int count) {
    int closed = 0;
    for (int i = 0; i < count; i++) {
        char byte;
        struct pollfd fd = {.fd = fds[i], .events = POLLIN};
        if (poll(&fd, 1, 0) != 1)
            continue;
        ssize_t got;
        while ((got = recv(fds[i], &byte, 1, MSG_DONTWAIT)) > 0)
            ; /* the greeting of ZMTP */
        closed += got == 0 || errno != EAGAIN;
    }
    return closed;
}

static void strangers_who_say_nothing_are_sent_away(void **state) {
    struct stage *st = *state;
    struct side *b = &st->side[1];
    int fds[STRANGERS], before = open_descriptors();
    for (int i = 0; i < STRANGERS; i++)
        fds[i] = knock(port_of(peers_port_endpoint(b->port)));
    uint32_t even = join(st, 1); /* it serves */
    int with_edge = open_descriptors() - before - 2 * STRANGERS;
    UNTIL_SEEN(st, count_closed(fds, STRANGERS) == STRANGERS);
    for (int i = 0; i < STRANGERS; i++)
        close(fds[i]);
    UNTIL_SEEN(st, open_descriptors() <= before + (with_edge > 8 ? with_edge : 8));
    say_beat(b, even, 0);
    UNTIL(st, st->side[0].beats == 1);
    assert_int_equal(b->ups, 1);
    assert_int_equal(st->side[0].downs + b->downs, 0);
}

/* More than there may be: edges that are there stay, the crowd finds the door shut, and then it is open again. */
static void a_crowd_of_strangers_takes_no_more_than_its_share(void **state) {
    struct stage *st = *state;
    struct side *b = &st->side[1];
    static int fds[MANY];
    struct rlimit limit;
    ensure(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    ensure(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_max < 4 * MANY)
        skip();
    uint32_t even = join(st, 1);
    int64_t began = stage_clock();
    for (int i = 0; i < MANY; i++)
        fds[i] = knock(port_of(peers_port_endpoint(b->port)));
    UNTIL_SEEN(st, count_closed(fds, MANY) >= MANY - 512);
    assert_in_range(stage_clock() - began, 0, 4500); /* before their silence is held against them */
    say_beat(b, even, 0);
    UNTIL(st, st->side[0].beats == 1);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    UNTIL_SEEN(st, open_descriptors() < MANY / 2);
    assert_int_equal(join(st, 3), even + 2);
    assert_int_equal(st->side[0].downs + b->downs, 0);
}

/* libzmq lets everybody in then; without the name that a handler gives, nobody is heard. */
static void without_a_zap_handler_nobody_is_heard(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0], *b = &st->side[1];
    zactor_destroy(&st->zap);
    dial_side(a, 1, b);
    UNTIL(st, a->ups == 1);
    say_beat(a, 1, 0);
    UNTIL(st, a->downs == 1);
    assert_int_equal(last_down(a)->why, EDGE_CLOSED);
    assert_int_equal(b->ups, 0);
    assert_int_equal(b->beats, 0);
}

/* Members, too, are let in only as long as there is a place; the first that goes makes one. */
static void there_is_a_place_for_so_many_edges(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0], *b = &st->side[1];
    zsock_t *guests[PLACES];
    for (uint32_t i = 0; i < PLACES; i++) {
        guests[i] = guest(st, 100);
        assert_int_equal(guest_is_up(st, guests[i]), 2 * (i + 1));
    }
    dial_side(a, 1, b);
    UNTIL(st, a->ups == 1);
    say_beat(a, 1, b->beats);
    UNTIL(st, a->downs == 1);
    assert_int_equal(b->ups, PLACES);
    assert_int_equal(b->downs, 0);
    zsock_destroy(&guests[7]);
    UNTIL(st, b->downs == 1);
    assert_int_equal(last_down(b)->edge, 16);
    assert_int_equal(join(st, 3), 2 * (PLACES + 1));
    for (uint32_t i = 0; i < PLACES; i++)
        zsock_destroy(&guests[i]);
    UNTIL(st, b->downs == PLACES);
}

/* ---- again and again ---- */

static void cycle(struct stage *st, uint32_t edge) {
    struct side *a = &st->side[0], *b = &st->side[1];
    uint32_t downs = a->downs + b->downs, even = join(st, edge);
    close_edge(edge % 4 == 1 ? a : b, edge % 4 == 1 ? edge : even);
    UNTIL(st, a->downs + b->downs == downs + 1);
}

static void edges_come_and_go_and_leave_nothing(void **state) {
    struct stage *st = *state;
    uint32_t edge = 1;
    for (int i = 0; i < 50; i++, edge += 2)
        cycle(st, edge);
    size_t memory = mallinfo2().uordblks;
    int descriptors = open_descriptors();
    for (int i = 0; i < CYCLES; i++, edge += 2)
        cycle(st, edge);
    UNTIL_SEEN(st, open_descriptors() <= descriptors + 8);
    assert_in_range(mallinfo2().uordblks, 0, memory + (1 << 20));
    assert_int_equal(st->side[0].downs + st->side[1].downs, CYCLES + 50);
    assert_int_equal(st->side[0].ups, CYCLES + 50);
    assert_int_equal(st->side[1].ups, CYCLES + 50);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_open, stage_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(garbage_ends_an_accepted_edge),
        STAGED(garbage_before_anything_else),
        STAGED(who_shakes_hands_and_says_nothing_is_cut),
        STAGED(who_speaks_before_it_is_told_of_is_not_silent),
        STAGED(who_stood_still_cuts_nobody_for_it),
        STAGED(an_end_is_told_though_others_say_more_than_can_be_read),
        STAGED(a_broken_handshake_is_told_once),
        STAGED(who_is_gone_before_it_is_looked_at_is_told_of_as_well),
        STAGED(silence_is_not_told),
        STAGED(garbage_ends_a_dialled_edge),
        STAGED(an_accepted_edge_that_stalls_is_ended),
        STAGED(a_dialled_edge_that_stalls_is_ended),
        STAGED(strangers_who_say_nothing_are_sent_away),
        STAGED(a_crowd_of_strangers_takes_no_more_than_its_share),
        STAGED(without_a_zap_handler_nobody_is_heard),
        STAGED(there_is_a_place_for_so_many_edges),
        STAGED(edges_come_and_go_and_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
