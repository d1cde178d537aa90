#include "actors/gateway/clients_port.h"

#include "actors/guard/zap_actor.h"
#include "proto/base/check.h"
#include "proto/base/mp.h"

#include <czmq.h>
#include <stdlib.h>
#include <string.h>

/* libzmq gives each connection a routing id of its own: a zero byte and a number. */
enum {
    ROUTING_BYTES = 5,
    READ_AT_ONCE = 64,
    HIGH_WATER = 1024,
    Z85_KEY = 40,
    ENDPOINT_BYTES = 256
};

struct clients_port {
    struct board *board;
    zsock_t *router;
    char endpoint[ENDPOINT_BYTES];
    uint8_t frame[LIMIT_FRAME_BYTES];
    uint64_t dropped;
    bool look;
};

static void set_options(zsock_t *router, const struct keys *keys) {
    void *socket = zsock_resolve(router);
    const int server = 1;
    zsock_set_zap_domain(router, ZAP_DOMAIN);
    ensure(zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &server, sizeof server) == 0);
    ensure(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys->curve_secret, CURVE_KEY_BYTES) == 0);
    zsock_set_router_mandatory(router, 1);
    zsock_set_sndtimeo(router, 0);
    zsock_set_rcvtimeo(router, 0);
    zsock_set_sndhwm(router, HIGH_WATER);
    zsock_set_rcvhwm(router, 256);
    zsock_set_maxmsgsize(router, LIMIT_FRAME_BYTES);
    zsock_set_handshake_ivl(router, 5000);
    zsock_set_heartbeat_ivl(router, 2000);
    zsock_set_heartbeat_timeout(router, 10000);
    zsock_set_backlog(router, 128);
    zsock_set_linger(router, 500); /* the last answers of a node that stops */
}

/* libzmq leaves it to the system which port any port is; CZMQ would take the first that is free, which after a restart is
 * somebody else's. */
static bool listen_on(struct clients_port *p, const char *endpoint) {
    void *socket = zsock_resolve(p->router);
    size_t len = sizeof p->endpoint;
    return strncmp(endpoint, "tcp://", 6) == 0 && zmq_bind(socket, endpoint) == 0 &&
           zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, p->endpoint, &len) == 0;
}

struct clients_port *clients_port_new(struct board *board, const struct keys *keys,
                                      const char *listen, struct err *err) {
    struct clients_port *p = calloc(1, sizeof *p);
    ensure(p != NULL);
    p->board = board;
    p->look = true;
    p->router = zsock_new(ZMQ_ROUTER);
    ensure(p->router != NULL);
    set_options(p->router, keys);
    if (listen_on(p, listen))
        return p;
    err_set(err, ERR_SYSTEM, "cannot listen on '%s': %s; expected tcp://ADDRESS:PORT", listen,
            zmq_strerror(errno));
    clients_port_destroy(&p);
    return NULL;
}

void clients_port_destroy(struct clients_port **p) {
    if (*p == NULL)
        return;
    zsock_destroy(&(*p)->router);
    free(*p);
    *p = NULL;
}

const char *clients_port_endpoint(const struct clients_port *p) {
    return p->endpoint;
}

int clients_port_fd(const struct clients_port *p) {
    return zsock_fd(p->router);
}

bool clients_port_look(const struct clients_port *p) {
    return p->look;
}

/* ---- out ---- */

static void send_to(struct clients_port *p, uint32_t peer, const struct msg *m) {
    struct buf out = buf_of(p->frame, sizeof p->frame);
    uint8_t routing[ROUTING_BYTES] = {0};
    for (int i = 0; i < 4; i++)
        routing[1 + i] = (uint8_t)(peer >> (24 - 8 * i));
    if (!msg_encode(m, &out)) {
        p->dropped++;
        return;
    }
    void *socket = zsock_resolve(p->router);
    p->look = true; /* sending can swallow the descriptor's word of a request */
    if (zmq_send(socket, routing, sizeof routing, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
        if (errno == EHOSTUNREACH ||
            errno == EAGAIN) /* gone, or it does not read: half an answer helps nobody */
            board_post(p->board, ROOM_CLIENTS, peer,
                       &(struct msg){.kind = MSG_left, .left.peer = peer});
        p->dropped++;
        return;
    }
    zmq_send(socket, out.data, out.len,
             ZMQ_DONTWAIT); /* the pipe has been chosen: this cannot fail */
}

static void perform(void *self, const struct event *event) {
    send_to(self, event->peer, &event->msg);
}

static void spare_frame(void *self, const struct spare *spare) {
    struct clients_port *p = self;
    spare_take(spare, p->frame, sizeof p->frame);
}

struct port clients_port_seat(struct clients_port *p) {
    return (struct port){.room = ROOM_CLIENTS, .self = p, .perform = perform, .spare = spare_frame};
}

/* ---- in ---- */

/* The ticket of a request that cannot be read as a whole. */
static uint64_t ticket_of(struct span frame) {
    struct mp in = mp_of(frame);
    (void)mp_array(&in);
    (void)mp_u64(&in);
    return mp_u64(&in);
}

static void refuse(struct clients_port *p, uint32_t peer, struct span frame, const char *what) {
    send_to(p, peer,
            &(struct msg){.kind = MSG_refused,
                          .refused = {.ticket = ticket_of(frame),
                                      .code = ERR_BAD_MESSAGE,
                                      .what = span_text(what)}});
}

/* Who it is that says hello: every session begins with that. */
static void introduce(struct clients_port *p, uint32_t peer, zmq_msg_t *message,
                      const uint8_t key[CURVE_KEY_BYTES]) {
    const char *address = zmq_msg_gets(message, "Peer-Address");
    const bool told = address != NULL && span_is_utf8(span_text(address));
    board_post(p->board, ROOM_CLIENTS, peer,
               &(struct msg){.kind = MSG_met,
                             .met = {.peer = peer,
                                     .curve = span_of(key, CURVE_KEY_BYTES),
                                     .address = span_text(told ? address : "")}});
}

static void on_frame(struct clients_port *p, uint32_t peer, zmq_msg_t *message,
                     const uint8_t key[CURVE_KEY_BYTES]) {
    const struct span frame = span_of(zmq_msg_data(message), zmq_msg_size(message));
    struct msg m;
    struct err err;
    if (!msg_decode(&m, frame, &err)) {
        refuse(p, peer, frame, err.what);
    } else if (m.kind >= MSG_welcome) {
        refuse(p, peer, frame, "a client may not send this message");
    } else {
        if (m.kind == MSG_hello)
            introduce(p, peer, message, key);
        board_post(p->board, ROOM_CLIENTS, peer, &m);
    }
}

/* The key is read from the last frame: after a poll the first one carries no metadata (libzmq 4.3.4). */
static bool is_authenticated(zmq_msg_t *last, uint8_t key[CURVE_KEY_BYTES]) {
    const char *user = zmq_msg_gets(last, "User-Id");
    return user != NULL && strlen(user) == Z85_KEY && zmq_z85_decode(key, user) != NULL;
}

static bool read_one(struct clients_port *p) {
    void *socket = zsock_resolve(p->router);
    zmq_msg_t routing, frame;
    zmq_msg_init(&routing);
    if (zmq_msg_recv(&routing, socket, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&routing);
        return false;
    }
    const uint8_t *id = zmq_msg_data(&routing);
    bool good = zmq_msg_size(&routing) == ROUTING_BYTES && id[0] == 0;
    uint32_t peer =
        !good ? 0 : (uint32_t)id[1] << 24 | (uint32_t)id[2] << 16 | (uint32_t)id[3] << 8 | id[4];
    bool more = zmq_msg_more(&routing);
    zmq_msg_close(&routing);
    int frames = 0;
    while (more) {
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&frame);
            break;
        }
        more = zmq_msg_more(&frame);
        bool only = ++frames == 1 && !more;
        uint8_t key[CURVE_KEY_BYTES];
        if (good && only && is_authenticated(&frame, key))
            on_frame(p, peer, &frame, key);
        else
            p->dropped++;
        zmq_msg_close(&frame);
    }
    return true;
}

void clients_port_ready(struct clients_port *p) {
    int count = 0;
    p->look = false;
    while (count < READ_AT_ONCE && read_one(p))
        count++;
    p->look = p->look || count == READ_AT_ONCE;
}
