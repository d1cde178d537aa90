#include "actors/peers/peers_socket.h"

#include "proto/base/check.h"
#include "proto/limits.h"

#include <czmq.h>
#include <sodium.h>
#include <string.h>
#include <sys/epoll.h>

static int descriptor_of(const struct peers_socket *s) {
    int fd = -1;
    size_t len = sizeof fd;
    ensure(zmq_getsockopt(s->zmq, ZMQ_FD, &fd, &len) == 0);
    return fd;
}

/* Not zsock_new: it ends the program when descriptors run out. */
bool peers_socket_open(struct peers_socket *s, int type, int epoll) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &s->look};
    *s = (struct peers_socket){.zmq = zmq_socket(zsys_init(), type)};
    if (s->zmq == NULL)
        return false;
    peers_socket_set(s, ZMQ_LINGER, 0);
    s->look = epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor_of(s), &event) == 0;
    if (!s->look)
        peers_socket_close(s, epoll);
    return s->look;
}

void peers_socket_close(struct peers_socket *s, int epoll) {
    if (s->zmq == NULL)
        return;
    epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor_of(s), NULL);
    zmq_close(s->zmq);
    *s = (struct peers_socket){.zmq = NULL};
}

void peers_socket_set_bytes(struct peers_socket *s, int option, const void *data, size_t len) {
    ensure(zmq_setsockopt(s->zmq, option, data, len) == 0);
}

void peers_socket_set(struct peers_socket *s, int option, int value) {
    peers_socket_set_bytes(s, option, &value, sizeof value);
}

/* The heartbeat is only for connections that nobody uses: member's own beats find out sooner. One frame has to pass within
 * it. */
void peers_socket_profile(struct peers_socket *s) {
    peers_socket_set(s, ZMQ_SNDHWM, OUTBOX_MAX);
    peers_socket_set(s, ZMQ_RCVHWM, INBOX_MAX);
    int64_t frame_max = LIMIT_FRAME_BYTES;
    peers_socket_set_bytes(s, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max);
    peers_socket_set(s, ZMQ_HEARTBEAT_IVL, 15000);
    peers_socket_set(s, ZMQ_HEARTBEAT_TIMEOUT, 30000);
    peers_socket_set(s, ZMQ_HEARTBEAT_TTL, 30000);
}

void peers_socket_settle(struct peers_socket *s) {
    int events;
    size_t len = sizeof events;
    zmq_getsockopt(s->zmq, ZMQ_EVENTS, &events, &len);
}

static bool send_first(struct peers_socket *s, const void *data, size_t len, int flags) {
    if (zmq_send(s->zmq, data, len, flags | ZMQ_DONTWAIT) >= 0)
        return true;
    if (errno != EAGAIN)
        return false;
    peers_socket_settle(s); /* a place may have become free without the socket having noticed */
    return zmq_send(s->zmq, data, len, flags | ZMQ_DONTWAIT) >= 0;
}

int peers_socket_send(struct peers_socket *s, const uint8_t *routing, const void *frame,
                      size_t len) {
    s->look = true;
    if (routing == NULL)
        return send_first(s, frame, len, 0) ? 0 : errno;
    if (!send_first(s, routing, ROUTING_BYTES, ZMQ_SNDMORE))
        return errno;
    zmq_send(s->zmq, frame, len, ZMQ_DONTWAIT); /* its pipe has been chosen: this cannot fail */
    return 0;
}

/* False: there is no further frame. */
static bool receive_frame(struct peers_socket *s, zmq_msg_t *frame) {
    zmq_msg_init(frame);
    if (zmq_msg_recv(frame, s->zmq, ZMQ_DONTWAIT) >= 0)
        return true;
    zmq_msg_close(frame);
    return false;
}

bool peers_socket_receive(struct peers_socket *s, bool routed, struct peers_letter *letter) {
    const int wanted = routed ? 2 : 1;
    int frames = 1;
    if (!receive_frame(s, &letter->frame)) {
        s->look = false;
        return false;
    }
    letter->sound = true;
    if (routed) {
        const uint8_t *id = zmq_msg_data(&letter->frame);
        letter->sound = zmq_msg_size(&letter->frame) == ROUTING_BYTES && id[0] == 0;
        if (letter->sound)
            memcpy(letter->routing, id, ROUTING_BYTES);
    }
    while (zmq_msg_more(&letter->frame)) { /* what was sent as one arrives as one */
        zmq_msg_close(&letter->frame);
        ensure(receive_frame(s, &letter->frame));
        frames++;
    }
    letter->sound = letter->sound && frames == wanted;
    return true;
}

/* The name is never used twice: ZMQ lets go of one only some time after the socket was closed. */
bool peers_monitor_open(struct peers_socket *monitor, struct peers_socket *of, int events,
                        int epoll) {
    uint8_t life[16];
    char hex[2 * sizeof life + 1], name[sizeof hex + 32];
    randombytes_buf(life, sizeof life);
    sodium_bin2hex(hex, sizeof hex, life, sizeof life);
    snprintf(name, sizeof name, "inproc://peers-%s", hex);
    if (zmq_socket_monitor(of->zmq, name, events) != 0)
        return false;
    if (peers_socket_open(monitor, ZMQ_PAIR, epoll) && zmq_connect(monitor->zmq, name) == 0)
        return true;
    peers_monitor_close(monitor, of, epoll);
    return false;
}

/* ZMQ's thread may wait for room in the monitor while it holds what stopping needs: room first. */
void peers_monitor_close(struct peers_socket *monitor, struct peers_socket *of, int epoll) {
    struct peers_event event;
    while (monitor->zmq != NULL && peers_monitor_next(monitor, &event))
        ;
    if (of->zmq != NULL)
        zmq_socket_monitor(of->zmq, NULL, 0);
    peers_socket_close(monitor, epoll);
}

bool peers_monitor_next(struct peers_socket *monitor, struct peers_event *event) {
    uint8_t first[sizeof event->kind + sizeof event->value], address[1];
    if (zmq_recv(monitor->zmq, first, sizeof first, ZMQ_DONTWAIT) != (int)sizeof first) {
        monitor->look = false;
        return false;
    }
    zmq_recv(monitor->zmq, address, sizeof address, ZMQ_DONTWAIT); /* is there: sent as one */
    memcpy(&event->kind, first, sizeof event->kind);
    memcpy(&event->value, first + sizeof event->kind, sizeof event->value);
    return true;
}
