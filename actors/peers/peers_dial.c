#include "actors/peers/peers_dial.h"

#include "actors/peers/peers_says.h"
#include "actors/peers/peers_tcp.h"
#include "proto/base/check.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { CONNECT_MS = 3000, SHAKE_MS = 5000, ASK_MS = 1000, RECONNECT_MS = 3600000 };

enum {
    EVENTS = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED |
             ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
             ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
};

/* ---- an edge's life ---- */

static struct dial *find(struct dials *d, uint32_t number) {
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        if (d->edges[i].number == number)
            return &d->edges[i];
    }
    return NULL;
}

static void close_sockets(const struct dials *d, struct dial *e) {
    peers_monitor_close(&e->monitor, &e->dealer, d->epoll);
    peers_socket_close(&e->dealer, d->epoll);
}

static void forget(const struct dials *d, struct dial *e) {
    close_sockets(d, e);
    if (e->ask >= 0)
        close(e->ask);
    *e = (struct dial){.ask = -1, .due = WHEN_NEVER};
}

static void end(struct dials *d, struct dial *e, enum edge_end why) {
    peers_say_down(d->board, e->number, why);
    forget(d, e);
}

static bool open_dealer(const struct dials *d, struct dial *e) {
    char endpoint[ENDPOINT_TEXT_BYTES];
    struct peers_socket *s = &e->dealer;
    if (!peers_socket_open(s, ZMQ_DEALER, d->epoll))
        return false;
    peers_socket_profile(s);
    /* It is closed long before. With "never" (-1), or with ZMQ_IMMEDIATE, what had arrived before an end would be lost. */
    peers_socket_set(s, ZMQ_RECONNECT_IVL, RECONNECT_MS);
    peers_socket_set(s, ZMQ_HANDSHAKE_IVL, 0); /* `due` ends it, and then it is known why */
    peers_socket_set(s, ZMQ_IPV6, e->to.v6);
    peers_socket_set_bytes(s, ZMQ_CURVE_SERVERKEY, e->curve, CURVE_KEY_BYTES);
    peers_socket_set_bytes(s, ZMQ_CURVE_PUBLICKEY, d->keys->curve_public, CURVE_KEY_BYTES);
    peers_socket_set_bytes(s, ZMQ_CURVE_SECRETKEY, d->keys->curve_secret, CURVE_KEY_BYTES);
    endpoint_print(&e->to, endpoint);
    return peers_monitor_open(&e->monitor, s, EVENTS, d->epoll) &&
           zmq_connect(s->zmq, endpoint) == 0;
}

/* Some keys of the curve make a secret that everybody knows; libsodium refuses them, and ZMQ's client is not prepared for
 * it. */
static bool is_key(const struct dials *d, struct span curve) {
    uint8_t shared[crypto_box_BEFORENMBYTES];
    bool good = curve.len == CURVE_KEY_BYTES &&
                crypto_box_beforenm(shared, curve.data, d->keys->curve_secret) == 0;
    sodium_memzero(shared, sizeof shared);
    return good;
}

void dials_dial(struct dials *d, const struct msg_edge_dial *m, when_ms now) {
    uint32_t number = (uint32_t)m->edge;
    ensure(m->edge <= UINT32_MAX && number % 2 == 1 && find(d, number) == NULL);
    struct dial *e = find(d, 0);
    struct endpoint to;
    if (e == NULL || !endpoint_parse(&to, m->endpoint)) {
        peers_say_down(d->board, number, EDGE_TIMED_OUT); /* nobody can be reached so */
        return;
    }
    if (!is_key(d, m->curve)) {
        peers_say_down(d->board, number, EDGE_UNTRUSTED);
        return;
    }
    *e = (struct dial){.number = number, .to = to, .ask = -1, .due = now + CONNECT_MS};
    memcpy(e->curve, m->curve.data, CURVE_KEY_BYTES);
    if (!open_dealer(d, e))
        end(d, e, EDGE_TIMED_OUT);
}

/* ---- why it came to nothing ---- */

static void judge(struct dials *d, struct dial *e, int error) {
    if (error == ECONNREFUSED)
        end(d, e, EDGE_REFUSED);
    else if (error != 0)
        end(d, e, EDGE_TIMED_OUT);
    else
        end(d, e, e->met ? EDGE_UNTRUSTED : EDGE_CLOSED);
}

static void ask(struct dials *d, struct dial *e, when_ms now) {
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = &e->answered};
    close_sockets(d, e);
    e->state = DIAL_ASKING;
    e->due = now + ASK_MS;
    e->ask = peers_tcp_ask(&e->to);
    if (e->ask < 0 || epoll_ctl(d->epoll, EPOLL_CTL_ADD, e->ask, &event) != 0)
        judge(d, e, errno);
}

static void hear_answer(struct dials *d, struct dial *e) {
    int fd = e->ask;
    e->ask = -1;
    judge(d, e, peers_tcp_answer(fd));
}

/* ---- what happens ---- */

static void go_up(struct dials *d, struct dial *e) {
    e->state = DIAL_UP;
    e->due = WHEN_NEVER;
    peers_socket_settle(&e->dealer); /* before the first message is sent */
    e->dealer.look = true;
    peers_say_up(d->board, e->number, e->curve, &e->to);
}

static void on_event(struct dials *d, struct dial *e, struct peers_event event, when_ms now) {
    switch (event.kind) {
    case ZMQ_EVENT_CONNECTED:
        peers_tcp_tune_dialled((int)event.value, &e->to);
        e->met = true;
        if (e->state == DIAL_CONNECTING) {
            e->state = DIAL_SHAKING;
            e->due = now + SHAKE_MS;
        }
        return;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: go_up(d, e); return;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: end(d, e, EDGE_UNTRUSTED); return;
    case ZMQ_EVENT_CLOSED:
    case ZMQ_EVENT_DISCONNECTED:
        if (e->state == DIAL_CONNECTING || e->state == DIAL_SHAKING)
            ask(d, e, now);
        else
            e->state = DIAL_ENDED;
        e->dealer.look = e->dealer.zmq != NULL;
        return;
    default: return; /* nothing else was asked for */
    }
}

static void watch(struct dials *d, struct dial *e, when_ms now) {
    struct peers_event event;
    while (e->monitor.look && peers_monitor_next(&e->monitor, &event))
        on_event(d, e, event, now);
    if (e->dealer.look && e->state < DIAL_UP) { /* what it has to do of its own */
        e->dealer.look = false;
        peers_socket_settle(&e->dealer);
    }
    if (e->answered)
        hear_answer(d, e);
    if (e->due <= now)
        end(d, e, EDGE_TIMED_OUT);
}

void dials_watch(struct dials *d, when_ms now) {
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        if (d->edges[i].number != 0)
            watch(d, &d->edges[i], now);
    }
}

/* ---- messages ---- */

uint32_t dials_read(struct dials *d, uint32_t place, uint32_t limit) {
    struct dial *e = &d->edges[place];
    struct peers_letter letter;
    uint32_t count = 0;
    if (e->number == 0 || e->state < DIAL_UP)
        return 0;
    while (count < limit && e->dealer.look && peers_socket_receive(&e->dealer, false, &letter)) {
        count++;
        struct span frame = span_of(zmq_msg_data(&letter.frame), zmq_msg_size(&letter.frame));
        bool good = letter.sound && peers_say_heard(d->board, e->number, frame);
        zmq_msg_close(&letter.frame);
        if (!good) {
            end(d, e, EDGE_NONSENSE);
            return count;
        }
    }
    if (e->state == DIAL_ENDED && !e->dealer.look)
        end(d, e, EDGE_CLOSED);
    return count;
}

void dials_send(struct dials *d, uint32_t number, struct span frame) {
    struct dial *e = find(d, number);
    if (e != NULL && e->state == DIAL_UP &&
        peers_socket_send(&e->dealer, NULL, frame.data, frame.len) != 0)
        end(d, e, EDGE_TIMED_OUT);
}

void dials_close(struct dials *d, uint32_t number) {
    struct dial *e = find(d, number);
    if (e == NULL)
        return;
    if (e->state == DIAL_UP)
        peers_socket_set(&e->dealer, ZMQ_LINGER, PEERS_LINGER_MS);
    forget(d, e);
}

/* ---- all of them ---- */

bool dials_look(const struct dials *d) {
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        const struct dial *e = &d->edges[i];
        if (e->monitor.look || e->dealer.look || e->answered)
            return true;
    }
    return false;
}

when_ms dials_due(const struct dials *d) {
    when_ms soonest = WHEN_NEVER;
    for (uint32_t i = 0; i < LIMIT_EDGES; i++)
        soonest = when_sooner(soonest, d->edges[i].due);
    return soonest;
}

void dials_init(struct dials *d, struct board *board, const struct keys *keys, int epoll) {
    *d = (struct dials){.board = board, .keys = keys, .epoll = epoll};
    for (uint32_t i = 0; i < LIMIT_EDGES; i++)
        d->edges[i] = (struct dial){.ask = -1, .due = WHEN_NEVER};
}

void dials_release(struct dials *d) {
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        if (d->edges[i].number != 0)
            dials_close(d, d->edges[i].number);
    }
}
