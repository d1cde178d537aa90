#include "actors/peers/peers_accept.h"

#include "actors/guard/zap_actor.h"
#include "actors/peers/peers_says.h"
#include "actors/peers/peers_tcp.h"
#include "proto/base/check.h"

#include <errno.h>
#include <string.h>

enum { EVENTS_AT_ONCE = 1024, KEY_TEXT_LEN = 40, UNBOUND_MS = 1000 };

enum {
    EVENTS = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
             ZMQ_EVENT_CLOSED /* the listener's, when it is released */
};

/* ---- edges ---- */

static struct accepted *find(struct accepts *a, uint32_t number) {
    for (uint32_t i = 0; i < ACCEPTED_MAX; i++) {
        if (a->edges[i].number == number)
            return &a->edges[i];
    }
    return NULL;
}

static struct accepted *find_routing(struct accepts *a, const uint8_t routing[ROUTING_BYTES]) {
    for (uint32_t i = 0; i < ACCEPTED_MAX; i++) {
        struct accepted *e = &a->edges[i];
        if (e->number != 0 && memcmp(e->routing, routing, ROUTING_BYTES) == 0)
            return e;
    }
    return NULL;
}

/* Its place is free again when all that it had sent has been read. */
static void end_later(struct accepts *a, struct accepted *e) {
    if (!e->ended)
        e->ended_at = a->now;
    e->ended = true;
    a->router.look = true;
}

static void cut(struct accepts *a, struct accepted *e) {
    e->cut = true;
    if (!peers_tcp_cut(e->fd, a->port, &e->peer))
        end_later(a, e); /* the connection is gone already */
}

static void tell_ends(struct accepts *a) {
    for (uint32_t i = 0; i < ACCEPTED_MAX; i++) {
        struct accepted *e = &a->edges[i];
        if (e->number == 0 || !e->ended)
            continue;
        if (!e->cut && (!a->router.look || a->now - e->ended_at >= ENDED_MS)) {
            peers_say_down(a->board, e->number, EDGE_CLOSED);
            e->cut = true;
        }
        if (!a->router.look)
            *e = (struct accepted){.number = 0};
    }
}

/* ---- connections ---- */

/* What the number meant before has ended by now, so such an edge is this connection's. */
static bool has_edge(const struct accepts *a, int fd) {
    for (uint32_t i = 0; i < ACCEPTED_MAX; i++) {
        const struct accepted *e = &a->edges[i];
        if (e->number != 0 && !e->ended && e->fd == fd)
            return true;
    }
    return false;
}

static struct connection *connection_of(struct accepts *a, int fd) {
    for (uint32_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (a->open[i].fd == fd)
            return &a->open[i];
    }
    return NULL;
}

static void on_accepted(struct accepts *a, int fd) {
    struct connection *c = connection_of(a, -1);
    a->connections++;
    if (c != NULL && peers_tcp_peer(fd, a->port, &c->peer)) {
        c->fd = fd;
        c->spoke = has_edge(a, fd); /* its first message was read before this was told */
        c->since = a->now;
        if (!c->spoke)
            a->silent_at = when_sooner(a->silent_at, a->now + SILENT_MS);
    }
    if (a->connections > CONNECTIONS_MAX)
        peers_tcp_cut(fd, a->port, NULL);
    else
        peers_tcp_tune_accepted(fd, a->port);
}

static void on_disconnected(struct accepts *a, int fd) {
    struct connection *c = connection_of(a, fd);
    a->connections -= a->connections > 0;
    if (a->broken) /* it may have been gone before it could be looked at */
        peers_say_refused(a->board, &a->refused, c != NULL ? &c->peer : NULL,
                          "it meant a node with another key, or proved none");
    if (c != NULL)
        c->fd = -1;
    a->broken = false;
    for (uint32_t i = 0; i < ACCEPTED_MAX; i++) {
        struct accepted *e = &a->edges[i];
        if (e->number != 0 && e->fd == fd)
            end_later(a, e);
    }
}

/* Who comes late stood still, and what was said meanwhile has not been read: all have their time once more. */
static void cut_the_silent(struct accepts *a) {
    const bool late = a->now - a->silent_at >= LATE_MS;
    if (a->now < a->silent_at)
        return;
    a->silent_at = WHEN_NEVER;
    for (uint32_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *c = &a->open[i];
        if (c->fd < 0 || c->spoke)
            continue;
        c->since = late ? a->now : c->since;
        c->spoke = a->now - c->since >= SILENT_MS;
        if (c->spoke)
            peers_tcp_cut(c->fd, a->port, &c->peer); /* its end is reported like any other */
        else
            a->silent_at = when_sooner(a->silent_at, c->since + SILENT_MS);
    }
}

when_ms accepts_due(const struct accepts *a) {
    return a->silent_at;
}

void accepts_watch(struct accepts *a, when_ms now) {
    struct peers_event event;
    a->now = now;
    cut_the_silent(a);
    for (int i = 0; i < EVENTS_AT_ONCE && a->monitor.look; i++) {
        if (!peers_monitor_next(&a->monitor, &event))
            return;
        if (event.kind == ZMQ_EVENT_ACCEPTED)
            on_accepted(a, (int)event.value);
        else if (event.kind == ZMQ_EVENT_DISCONNECTED)
            on_disconnected(a, (int)event.value);
        else
            a->broken = true;
    }
}

/* ---- messages ---- */

/* The key that ZAP has proved; without a handler there is none, and everybody would be let in. */
static bool take_key(zmq_msg_t *frame, uint8_t curve[CURVE_KEY_BYTES]) {
    const char *user = zmq_msg_gets(frame, "User-Id");
    return user != NULL && strlen(user) == KEY_TEXT_LEN && zmq_z85_decode(curve, user) != NULL;
}

/* NULL: not from anybody, or there is no room. */
static struct accepted *welcome(struct accepts *a, struct peers_letter *letter) {
    uint8_t curve[CURVE_KEY_BYTES];
    struct accepted *e = find(a, 0);
    struct accepted new = {.fd = zmq_msg_get(&letter->frame, ZMQ_SRCFD)};
    if (e == NULL || !letter->sound || !take_key(&letter->frame, curve) ||
        !peers_tcp_peer(new.fd, a->port, &new.peer))
        return NULL;
    struct connection *c = connection_of(a, new.fd);
    if (c != NULL)
        c->spoke = true;
    a->last += 2;
    ensure(a->last != 0); /* two thousand million edges in one life */
    new.number = a->last;
    memcpy(new.routing, letter->routing, ROUTING_BYTES);
    *e = new;
    peers_say_up(a->board, e->number, curve, &e->peer);
    return e;
}

static void take(struct accepts *a, struct peers_letter *letter) {
    struct span frame = span_of(zmq_msg_data(&letter->frame), zmq_msg_size(&letter->frame));
    struct accepted *e = letter->sound ? find_routing(a, letter->routing) : NULL;
    if (e == NULL)
        e = welcome(a, letter);
    if (e == NULL) {
        peers_tcp_cut(zmq_msg_get(&letter->frame, ZMQ_SRCFD), a->port, NULL);
        return;
    }
    if (e->cut || peers_say_heard(a->board, e->number, frame))
        return;
    peers_say_refused(a->board, &a->refused, &e->peer, "what it said is no message between nodes");
    peers_say_down(a->board, e->number, EDGE_NONSENSE);
    cut(a, e);
}

uint32_t accepts_read(struct accepts *a, uint32_t limit) {
    struct peers_letter letter;
    uint32_t count = 0;
    /* Connections first. */
    while (!a->monitor.look && count < limit && a->router.look &&
           peers_socket_receive(&a->router, true, &letter)) {
        take(a, &letter);
        zmq_msg_close(&letter.frame);
        count++;
    }
    tell_ends(a);
    return count;
}

void accepts_send(struct accepts *a, uint32_t number, struct span frame) {
    struct accepted *e = find(a, number);
    if (e == NULL || e->cut || e->ended)
        return;
    int error = peers_socket_send(&a->router, e->routing, frame.data, frame.len);
    if (error == EHOSTUNREACH)
        end_later(a, e);
    if (error != EAGAIN)
        return;
    peers_say_down(a->board, number, EDGE_TIMED_OUT);
    cut(a, e);
}

void accepts_close(struct accepts *a, uint32_t number) {
    struct accepted *e = find(a, number);
    if (e != NULL && !e->cut)
        cut(a, e);
}

bool accepts_look(const struct accepts *a) {
    return a->router.look || a->monitor.look;
}

/* ---- opening and closing ---- */

static bool listen_on(struct accepts *a, const char *listen) {
    char bound[ENDPOINT_TEXT_BYTES + 64];
    size_t len = sizeof bound;
    if (strncmp(listen, "tcp://", strlen("tcp://")) != 0) {
        errno = EPROTONOSUPPORT;
        return false;
    }
    peers_socket_set(&a->router, ZMQ_IPV6, strchr(listen, '[') != NULL);
    if (zmq_bind(a->router.zmq, listen) != 0 ||
        zmq_getsockopt(a->router.zmq, ZMQ_LAST_ENDPOINT, bound, &len) != 0)
        return false;
    const char *port = strrchr(bound, ':') + 1;
    for (; *port >= '0' && *port <= '9'; port++)
        a->port = (uint16_t)(10 * a->port + *port - '0');
    return true;
}

static void set_options(struct peers_socket *router, const struct keys *keys) {
    peers_socket_profile(router);
    peers_socket_set_bytes(router, ZMQ_ZAP_DOMAIN, ZAP_MESH_DOMAIN, strlen(ZAP_MESH_DOMAIN));
    peers_socket_set(router, ZMQ_CURVE_SERVER, 1);
    peers_socket_set_bytes(router, ZMQ_CURVE_SECRETKEY, keys->curve_secret, CURVE_KEY_BYTES);
    peers_socket_set(router, ZMQ_ROUTER_MANDATORY, 1);
    peers_socket_set(router, ZMQ_HANDSHAKE_IVL, 5000);
    peers_socket_set(router, ZMQ_BACKLOG, 1024);
}

bool accepts_open(struct accepts *a, struct board *board, const struct keys *keys, int epoll,
                  const char *listen, struct err *err) {
    a->board = board;
    a->epoll = epoll;
    a->silent_at = WHEN_NEVER;
    for (uint32_t i = 0; i < CONNECTIONS_MAX; i++)
        a->open[i].fd = -1;
    if (peers_socket_open(&a->router, ZMQ_ROUTER, epoll)) {
        set_options(&a->router, keys);
        if (peers_monitor_open(&a->monitor, &a->router, EVENTS, epoll) && listen_on(a, listen))
            return true;
    }
    err_set(err, ERR_SYSTEM,
            "cannot listen for other nodes on '%s': %s; expected tcp://ADDRESS:PORT", listen,
            zmq_strerror(errno));
    accepts_release(a);
    return false;
}

/* Closing leaves that to ZMQ's thread, some time later, and who listens here next would find the port taken. */
static void stop_listening(struct accepts *a) {
    char bound[ENDPOINT_TEXT_BYTES + 64];
    size_t len = sizeof bound;
    struct peers_event event = {.kind = 0};
    zmq_pollitem_t news = {.socket = a->monitor.zmq, .events = ZMQ_POLLIN};
    if (zmq_getsockopt(a->router.zmq, ZMQ_LAST_ENDPOINT, bound, &len) != 0 ||
        zmq_unbind(a->router.zmq, bound) != 0)
        return;
    while (event.kind != ZMQ_EVENT_CLOSED &&
           (peers_monitor_next(&a->monitor, &event) || zmq_poll(&news, 1, UNBOUND_MS) > 0))
        ;
}

void accepts_release(struct accepts *a) {
    if (a->router.zmq == NULL)
        return;
    peers_socket_set(&a->router, ZMQ_LINGER, PEERS_LINGER_MS);
    stop_listening(a);
    peers_monitor_close(&a->monitor, &a->router, a->epoll);
    peers_socket_close(&a->router, a->epoll);
}
