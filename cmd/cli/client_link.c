#include "cmd/cli/client_link.h"

#include "proto/msg.h"

#include <errno.h>
#include <stdio.h>

enum {
    BEAT_MS = 1000,
    NEVER_MS = 3600 * 1000, /* libzmq would connect again after that; the link is closed by then */
    ENDS = ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
};

static bool set(void *socket, int option, const void *value, size_t len, struct err *err) {
    if (zmq_setsockopt(socket, option, value, len) == 0)
        return true;
    return err_set(err, ERR_INTERNAL, "socket option %d: %s", option, zmq_strerror(zmq_errno()));
}

static bool set_int(void *socket, int option, int value, struct err *err) {
    return set(socket, option, &value, sizeof value, err);
}

static bool set_all(void *s, const struct token_seed *door, const struct keys *keys, bool own,
                    struct err *err) {
    if (!set_int(s, ZMQ_LINGER, 0, err) || !set_int(s, ZMQ_SNDTIMEO, 0, err) ||
        !set(s, ZMQ_MAXMSGSIZE, &(int64_t){LIMIT_FRAME_BYTES}, sizeof(int64_t), err) ||
        !set(s, ZMQ_CURVE_SERVERKEY, door->curve, CURVE_KEY_BYTES, err) ||
        !set(s, ZMQ_CURVE_PUBLICKEY, keys->curve_public, CURVE_KEY_BYTES, err) ||
        !set(s, ZMQ_CURVE_SECRETKEY, keys->curve_secret, CURVE_KEY_BYTES, err))
        return false;
    return own || (set_int(s, ZMQ_RECONNECT_IVL, NEVER_MS, err) &&
                   set_int(s, ZMQ_CONNECT_TIMEOUT, LINK_SILENCE_MS, err) &&
                   set_int(s, ZMQ_HANDSHAKE_IVL, LINK_SILENCE_MS, err) &&
                   set_int(s, ZMQ_HEARTBEAT_IVL, BEAT_MS, err) &&
                   set_int(s, ZMQ_HEARTBEAT_TIMEOUT, LINK_SILENCE_MS, err));
}

static bool no_socket(struct err *err) {
    return err_set(err, ERR_SYSTEM, "cannot make a socket: %s", zmq_strerror(zmq_errno()));
}

/* A link has few events in all, so a queue of them that is not read at once blocks nobody. */
static bool watch(struct link *l, void *socket, struct err *err) {
    static unsigned count;
    char name[48];
    snprintf(name, sizeof name, "inproc://zyg-link-%u", ++count);
    if (zmq_socket_monitor(socket, name, ENDS) != 0)
        return no_socket(err);
    l->monitor = zsock_new(ZMQ_PAIR);
    return (l->monitor != NULL && zsock_connect(l->monitor, "%s", name) == 0) || no_socket(err);
}

bool link_open(struct link *l, const struct token_seed *door, const struct keys *keys, bool own,
               struct err *err) {
    l->socket = zsock_new(ZMQ_DEALER);
    if (l->socket == NULL)
        return no_socket(err);
    void *s = zsock_resolve(l->socket);
    if (!set_all(s, door, keys, own, err) || (!own && !watch(l, s, err)))
        return false;
    return zmq_connect(s, door->endpoint) == 0 ||
           err_set(err, ERR_UNREACHABLE, "cannot connect to %s: %s", door->endpoint,
                   zmq_strerror(zmq_errno()));
}

void link_close(struct link *l) {
    if (l->monitor != NULL)
        zmq_socket_monitor(zsock_resolve(l->socket), NULL, 0);
    zsock_destroy(&l->monitor);
    zsock_destroy(&l->socket);
}

bool link_send(const struct link *l, struct span bytes) {
    return zmq_send(zsock_resolve(l->socket), bytes.data, bytes.len, 0) >= 0;
}

bool link_take(const struct link *l, zmq_msg_t *frame, struct msg *m) {
    void *s = zsock_resolve(l->socket);
    for (;;) {
        struct err ignored;
        if (zmq_msg_recv(frame, s, ZMQ_DONTWAIT) < 0)
            return false;
        if (zmq_msg_more(frame)) {
            /* A node sends single frames; the parts of anything else are passed over one by one. */
            while (zmq_msg_more(frame) && zmq_msg_recv(frame, s, ZMQ_DONTWAIT) >= 0)
                continue;
        } else if (msg_decode(m, span_of(zmq_msg_data(frame), zmq_msg_size(frame)), &ignored)) {
            return true;
        }
    }
}

/* An event is two frames; the first begins with its number. */
static int next_event(void *monitor) {
    zmq_msg_t frame;
    int event = 0;
    for (bool more = true, first = true; more; first = false) {
        zmq_msg_init(&frame);
        more = zmq_msg_recv(&frame, monitor, ZMQ_DONTWAIT) >= 0;
        if (more && first)
            event = *(const uint16_t *)zmq_msg_data(&frame);
        more = more && zmq_msg_more(&frame);
        zmq_msg_close(&frame);
    }
    return event;
}

enum link_end link_look(struct link *l) {
    int event = l->monitor == NULL ? 0 : next_event(zsock_resolve(l->monitor));
    for (; event != 0; event = next_event(zsock_resolve(l->monitor))) {
        if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
            l->end = LINK_REFUSED;
        else if (l->end == LINK_LIVES)
            l->end = LINK_GONE;
    }
    return l->end;
}

int link_polls(const struct link *l, zmq_pollitem_t items[LINK_POLLS]) {
    items[0] = (zmq_pollitem_t){.socket = zsock_resolve(l->socket), .events = ZMQ_POLLIN};
    if (l->monitor == NULL)
        return 1;
    items[1] = (zmq_pollitem_t){.socket = zsock_resolve(l->monitor), .events = ZMQ_POLLIN};
    return 2;
}
