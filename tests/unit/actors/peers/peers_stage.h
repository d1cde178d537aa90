/* Ports on loopback, each with a board and a member that writes down what it hears. */
#ifndef ZYG_PEERS_STAGE_H
#define ZYG_PEERS_STAGE_H

#include "actors/guard/zap_actor.h"
#include "actors/peers/peers_port.h"
#include "proto/base/check.h"
#include "proto/edge.h"

#include <arpa/inet.h>
#include <czmq.h>
#include <dirent.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 20000, NOTES_MAX = 64, SIDES = 2, PART_BYTES = 65536 };

struct note {
    uint32_t edge;
    enum edge_end why;
    uint8_t curve[CURVE_KEY_BYTES];
    char address[ADDRESS_TEXT_BYTES];
};

struct side {
    struct keys keys;
    struct board *board;
    struct peers_port *port;
    uint32_t ups, downs;
    struct note up[NOTES_MAX], down[NOTES_MAX]; /* the newest ones, at [count % NOTES_MAX] */
    uint64_t beats, carries; /* heard; each tells its number, and they come in order */
    uint32_t beat_edge;
    bool foreign;   /* something was heard that no edge may bring */
    bool answers;   /* a beat is answered by one */
    uint32_t notes; /* lines for people */
    char said[256];
};

struct stage {
    zactor_t *zap;
    struct keys guest; /* is let in as well */
    struct side side[SIDES];
    int64_t deadline;
};

static inline int64_t stage_clock(void) {
    struct timespec mono;
    clock_gettime(CLOCK_MONOTONIC, &mono);
    return (int64_t)mono.tv_sec * 1000 + mono.tv_nsec / 1000000;
}

static inline void say_beat(struct side *s, uint32_t edge, uint64_t number) {
    board_post_to(s->board, ROOM_PEERS, ROOM_MEMBER, edge,
                  &(struct msg){.kind = MSG_beat, .beat.number = number});
}

/* 64 KiB that tell their number. */
static inline void say_carry(struct side *s, uint32_t edge, uint64_t number) {
    static uint8_t part[PART_BYTES];
    memset(part, (int)(number % 251), sizeof part);
    board_post_to(s->board, ROOM_PEERS, ROOM_MEMBER, edge,
                  &(struct msg){.kind = MSG_carry,
                                .carry = {.hops = number, .message = span_of(part, sizeof part)}});
}

static inline void hear_carry(struct side *s, const struct msg_carry *m) {
    ensure(m->hops == s->carries && m->message.len == PART_BYTES);
    for (size_t i = 0; i < PART_BYTES; i++)
        ensure(m->message.data[i] == (uint8_t)(s->carries % 251));
    s->carries++;
}

static inline void stage_member(void *self, const struct event *event) {
    struct side *s = self;
    const struct msg *m = &event->msg;
    ensure(event->from == ROOM_PEERS);
    if (m->kind == MSG_edge_up) {
        struct note *n = &s->up[s->ups++ % NOTES_MAX];
        *n = (struct note){.edge = (uint32_t)m->edge_up.edge};
        ensure(event->peer == n->edge && m->edge_up.curve.len == CURVE_KEY_BYTES);
        memcpy(n->curve, m->edge_up.curve.data, CURVE_KEY_BYTES);
        ensure(m->edge_up.address.len < sizeof n->address);
        memcpy(n->address, m->edge_up.address.data, m->edge_up.address.len);
    } else if (m->kind == MSG_edge_down) {
        ensure(event->peer == m->edge_down.edge);
        s->down[s->downs++ % NOTES_MAX] = (struct note){.edge = (uint32_t)m->edge_down.edge,
                                                        .why = (enum edge_end)m->edge_down.why};
    } else if (m->kind == MSG_beat) {
        ensure(m->beat.number == s->beats);
        s->beats++;
        s->beat_edge = event->peer;
        if (s->answers)
            say_beat(s, event->peer, m->beat.number);
    } else if (m->kind == MSG_carry) {
        hear_carry(s, &m->carry);
    } else {
        s->foreign = true;
    }
}

static inline void stage_people(void *self, const struct event *event) {
    struct side *s = self;
    ensure(event->msg.kind == MSG_note && event->msg.note.text.len < sizeof s->said);
    memset(s->said, 0, sizeof s->said);
    memcpy(s->said, event->msg.note.text.data, event->msg.note.text.len);
    s->notes++;
}

static inline const struct note *last_up(const struct side *s) {
    return &s->up[(s->ups - 1) % NOTES_MAX];
}

static inline const struct note *last_down(const struct side *s) {
    return &s->down[(s->downs - 1) % NOTES_MAX];
}

static inline void side_open(struct side *s, const char *listen) {
    struct err err;
    s->board = board_new();
    s->port = peers_port_new(s->board, &s->keys, listen, &err);
    ensure(s->port != NULL);
    struct port seat = peers_port_seat(s->port);
    board_seat_port(s->board, &seat);
    board_seat_port(s->board,
                    &(struct port){.room = ROOM_MEMBER, .self = s, .perform = stage_member});
    board_seat_port(s->board,
                    &(struct port){.room = ROOM_NODE, .self = s, .perform = stage_people});
}

static inline void side_close(struct side *s) {
    peers_port_destroy(&s->port);
    board_destroy(&s->board);
}

/* One turn of the node's loop for each side that is open; waits at most `patience` ms. */
static inline void sides_turn(struct side *sides, int count, int patience) {
    struct pollfd fds[SIDES];
    for (int i = 0; i < count; i++) {
        struct side *s = &sides[i];
        fds[i] = (struct pollfd){.fd = -1, .events = POLLIN};
        if (s->port == NULL)
            continue;
        uint64_t before = board_delivered(s->board);
        board_run(s->board, (struct moment){0}); /* what the test says, and answers to it */
        fds[i].fd = peers_port_fd(s->port);
        if (peers_port_look(s->port) || board_delivered(s->board) > before)
            patience = 0;
    }
    poll(fds, (nfds_t)count, patience);
    for (int i = 0; i < count; i++) {
        if (sides[i].port == NULL)
            continue;
        peers_port_ready(sides[i].port);
        board_run(sides[i].board, (struct moment){0});
    }
}

static inline void stage_turn(struct stage *st, int patience) {
    assert_true(stage_clock() < st->deadline);
    sides_turn(st->side, SIDES, patience);
}

/* Turns until the condition holds; the ports' own descriptors end the waiting. */
#define UNTIL(st, condition)                                                                       \
    do {                                                                                           \
        (st)->deadline = stage_clock() + PATIENCE_MS;                                              \
        while (!(condition))                                                                       \
            stage_turn(st, PATIENCE_MS);                                                           \
    } while (0)

/* ... for facts of which no port's descriptor tells: looks again every 20 ms. */
#define UNTIL_SEEN(st, condition)                                                                  \
    do {                                                                                           \
        (st)->deadline = stage_clock() + PATIENCE_MS;                                              \
        while (!(condition))                                                                       \
            stage_turn(st, 20);                                                                    \
    } while (0)

static inline void make_keys(struct keys *keys) {
    crypto_box_keypair(keys->curve_public, keys->curve_secret);
}

static inline int stage_open(void **state) {
    struct stage *st = calloc(1, sizeof *st);
    const struct zap_config closed = {.count = 0}; /* nobody but those who are made known */
    ensure(st != NULL && sodium_init() >= 0);
    signal(SIGPIPE, SIG_IGN);
    zsys_handler_set(NULL);
    make_keys(&st->guest);
    st->zap = zap_actor_new(&closed);
    zap_actor_know(st->zap, st->guest.curve_public, true);
    for (int i = 0; i < SIDES; i++) {
        make_keys(&st->side[i].keys);
        zap_actor_know(st->zap, st->side[i].keys.curve_public, true);
    }
    for (int i = 0; i < SIDES; i++)
        side_open(&st->side[i], "tcp://127.0.0.1:*");
    *state = st;
    return 0;
}

static inline int stage_close(void **state) {
    struct stage *st = *state;
    for (int i = 0; i < SIDES; i++)
        side_close(&st->side[i]);
    zactor_destroy(&st->zap);
    free(st);
    return 0;
}

static inline void dial(struct side *s, uint32_t edge, const char *endpoint,
                        const uint8_t curve[CURVE_KEY_BYTES]) {
    board_post_to(s->board, ROOM_PEERS, ROOM_MEMBER, 0,
                  &(struct msg){.kind = MSG_edge_dial,
                                .edge_dial = {.edge = edge,
                                              .endpoint = span_text(endpoint),
                                              .curve = span_of(curve, CURVE_KEY_BYTES)}});
}

static inline void dial_side(struct side *s, uint32_t edge, const struct side *to) {
    dial(s, edge, peers_port_endpoint(to->port), to->keys.curve_public);
}

static inline void close_edge(struct side *s, uint32_t edge) {
    board_post_to(s->board, ROOM_PEERS, ROOM_MEMBER, 0,
                  &(struct msg){.kind = MSG_edge_close, .edge_close.edge = edge});
}

/* Both know the edge: side 0 by `edge`, side 1 by the number that is returned. */
static inline uint32_t join(struct stage *st, uint32_t edge) {
    uint32_t ups = st->side[0].ups, there = st->side[1].ups;
    dial_side(&st->side[0], edge, &st->side[1]);
    UNTIL(st, st->side[0].ups == ups + 1);
    say_beat(&st->side[0], edge, st->side[1].beats);
    UNTIL(st, st->side[1].ups == there + 1);
    assert_int_equal(last_up(&st->side[0])->edge, edge);
    return last_up(&st->side[1])->edge;
}

/* ---- what is not a port ---- */

static inline uint16_t port_of(const char *endpoint) {
    struct endpoint e;
    ensure(endpoint_parse(&e, span_text(endpoint)));
    return e.port;
}

static inline struct sockaddr_in loopback(uint16_t port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* A bare listener; its endpoint is written to `text`. */
static inline int listener(int backlog, char text[ENDPOINT_TEXT_BYTES]) {
    struct sockaddr_in name = loopback(0);
    socklen_t len = sizeof name;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ensure(fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof name) == 0);
    ensure(listen(fd, backlog) == 0 && getsockname(fd, (struct sockaddr *)&name, &len) == 0);
    snprintf(text, ENDPOINT_TEXT_BYTES, "tcp://127.0.0.1:%u", ntohs(name.sin_port));
    return fd;
}

static inline int knock(uint16_t port) {
    struct sockaddr_in name = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ensure(fd >= 0);
    ensure(connect(fd, (struct sockaddr *)&name, sizeof name) == 0 || errno == EINPROGRESS);
    return fd;
}

static inline int open_descriptors(void) {
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    ensure(dir != NULL);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

static inline void curve_client(zsock_t *sock, const struct keys *keys, const uint8_t server[32]) {
    void *zmq = zsock_resolve(sock);
    zmq_setsockopt(zmq, ZMQ_CURVE_SERVERKEY, server, CURVE_KEY_BYTES);
    zmq_setsockopt(zmq, ZMQ_CURVE_PUBLICKEY, keys->curve_public, CURVE_KEY_BYTES);
    zmq_setsockopt(zmq, ZMQ_CURVE_SECRETKEY, keys->curve_secret, CURVE_KEY_BYTES);
}

static inline void curve_server(zsock_t *sock, const struct keys *keys) {
    const int on = 1;
    void *zmq = zsock_resolve(sock);
    zmq_setsockopt(zmq, ZMQ_CURVE_SERVER, &on, sizeof on);
    zmq_setsockopt(zmq, ZMQ_CURVE_SECRETKEY, keys->curve_secret, CURVE_KEY_BYTES);
    zsock_set_zap_domain(sock, ZAP_MESH_DOMAIN);
}

static inline size_t encode_beat(uint8_t *memory, size_t size, uint64_t number) {
    struct buf out = buf_of(memory, size);
    ensure(msg_encode(&(struct msg){.kind = MSG_beat, .beat.number = number}, &out));
    return out.len;
}

#endif
