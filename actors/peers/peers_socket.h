/* peers_socket - a socket of libzmq on a shared epoll descriptor, with the flag that its own descriptor needs.
 *
 * ZMQ_FD tells of news once, and any call on the socket can swallow it. So whoever sends sets `look`, epoll sets it too, and
 * only a receive that found nothing takes it away. While it is set the socket may have something.
 */
#ifndef ZYG_PEERS_SOCKET_H
#define ZYG_PEERS_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

/* libzmq gives each connection of a ROUTER a routing id of its own: a zero byte and a number. */
enum { ROUTING_BYTES = 5 };

enum {
    /* Messages that wait for one connection; who sends much at once lets itself be answered. */
    OUTBOX_MAX = 512,
    /* Messages of one connection that wait for this node; then TCP makes the other side wait. */
    INBOX_MAX = 64,
    PEERS_LINGER_MS = 500 /* for the last words on an edge that is closed here */
};

struct peers_socket {
    void *zmq; /* NULL: closed */
    bool look;
};

/* What was received: `sound` when it was one frame, after a routing id of libzmq's own making if `routed`. */
struct peers_letter {
    bool sound;
    uint8_t routing[ROUTING_BYTES];
    /* The last one: the only one whose metadata can be trusted after a poll (libzmq 4.3.4) */
    zmq_msg_t frame;
};

/* An event of ZMQ's socket monitor: which, and its value. */
struct peers_event {
    uint16_t kind;
    uint32_t value;
};

/* False: no descriptors are left, or the like (errno). The socket's epoll entry points to s->look, so s does not move. */
bool peers_socket_open(struct peers_socket *s, int type, int epoll);
void peers_socket_close(struct peers_socket *s, int epoll); /* closed already: nothing happens */
void peers_socket_set(struct peers_socket *s, int option, int value);
void peers_socket_set_bytes(struct peers_socket *s, int option, const void *data, size_t len);
void peers_socket_profile(struct peers_socket *s); /* what both ends of an edge have in common */

/* Lets the socket take note of what has happened to its connections; ZMQ does that lazily. */
void peers_socket_settle(struct peers_socket *s);

/* One frame, to the connection `routing` of a ROUTER (NULL: a DEALER). 0 or errno; EAGAIN: there is no room. */
int peers_socket_send(struct peers_socket *s, const uint8_t *routing, const void *frame,
                      size_t len);

/* False: nothing is there. The frame has to be closed. */
bool peers_socket_receive(struct peers_socket *s, bool routed, struct peers_letter *letter);

/* monitor hears the events of `of`. Its peer waits for it when it is not read: it has to be drained, always. */
bool peers_monitor_open(struct peers_socket *monitor, struct peers_socket *of, int events,
                        int epoll);
void peers_monitor_close(struct peers_socket *monitor, struct peers_socket *of, int epoll);
bool peers_monitor_next(struct peers_socket *monitor, struct peers_event *event);

#endif
