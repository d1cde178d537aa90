#include "actors/peers/peers_port.h"

#include "actors/kit/clock_shell.h"
#include "actors/peers/peers_accept.h"
#include "actors/peers/peers_dial.h"
#include "actors/peers/peers_says.h"
#include "proto/base/check.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    READ_AT_ONCE = 64,  /* messages in one peers_port_ready: a quarter of what the board holds */
    READ_OF_ONE = 16,   /* ... of one socket, before it is the next one's turn */
    NEWS_AT_ONCE = 128, /* descriptors; the rest is told next time */
    SOCKETS = LIMIT_EDGES + 1 /* the dialled edges, then the ROUTER */
};

struct peers_port {
    struct board *board;
    struct keys keys;
    int epoll;
    int timer;
    bool rang;
    when_ms rings; /* what the timer is set to, so that a message costs no system call more */
    uint32_t turn; /* whose messages are read first */
    struct accepts accepts;
    struct dials dials;
    char endpoint[256];
    uint8_t frame[LIMIT_FRAME_BYTES];
};

/* At the time when a dial has lasted too long, or a connection has said nothing for too long. */
static void set_timer(struct peers_port *p) {
    struct itimerspec at = {0};
    when_ms due = when_sooner(dials_due(&p->dials), accepts_due(&p->accepts));
    if (due == p->rings)
        return;
    p->rings = due;
    if (due != WHEN_NEVER) {
        at.it_value.tv_sec = (time_t)(due / 1000);
        at.it_value.tv_nsec = (long)(due % 1000) * 1000000 + 1;
    }
    timerfd_settime(p->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

/* ---- out ---- */

static void send_over(struct peers_port *p, uint32_t edge, const struct msg *m) {
    struct buf out = buf_of(p->frame, sizeof p->frame);
    ensure(peers_say_knows(m->kind));
    if (!msg_encode(m, &out))
        return; /* with what carries it, it is longer than a frame: no way leads over edges */
    if (edge % 2 == 1)
        dials_send(&p->dials, edge, buf_view(&out));
    else
        accepts_send(&p->accepts, edge, buf_view(&out));
}

static void close_edge(struct peers_port *p, uint32_t edge) {
    if (edge % 2 == 1)
        dials_close(&p->dials, edge);
    else
        accepts_close(&p->accepts, edge);
}

static void perform(void *self, const struct event *event) {
    struct peers_port *p = self;
    if (event->msg.kind == MSG_edge_dial)
        dials_dial(&p->dials, &event->msg.edge_dial, clock_now());
    else if (event->msg.kind == MSG_edge_close)
        close_edge(p, (uint32_t)event->msg.edge_close.edge);
    else
        send_over(p, event->peer, &event->msg);
    set_timer(p);
}

static void spare_frame(void *self, const struct spare *spare) {
    struct peers_port *p = self;
    spare_take(spare, p->frame, sizeof p->frame);
}

struct port peers_port_seat(struct peers_port *p) {
    return (struct port){.room = ROOM_PEERS, .self = p, .perform = perform, .spare = spare_frame};
}

/* ---- in ---- */

/* Each descriptor is registered with the flag that it raises. */
static void take_news(struct peers_port *p) {
    struct epoll_event news[NEWS_AT_ONCE];
    uint64_t expirations;
    int count = epoll_wait(p->epoll, news, NEWS_AT_ONCE, 0);
    for (int i = 0; i < count; i++)
        *(bool *)news[i].data.ptr = true;
    if (p->rang) {
        if (read(p->timer, &expirations, sizeof expirations) < 0)
            ensure(errno == EAGAIN); /* it was set anew */
        p->rings = WHEN_NEVER;       /* and is not set any more */
    }
    p->rang = false;
}

static void read_messages(struct peers_port *p) {
    uint32_t left = READ_AT_ONCE;
    p->turn = (p->turn + 1) % SOCKETS;
    for (uint32_t i = 0; i < SOCKETS && left > 0; i++) {
        uint32_t place = (p->turn + i) % SOCKETS;
        uint32_t limit = left < READ_OF_ONE ? left : READ_OF_ONE;
        left -= place == LIMIT_EDGES ? accepts_read(&p->accepts, limit)
                                     : dials_read(&p->dials, place, limit);
    }
}

void peers_port_ready(struct peers_port *p) {
    const when_ms now = clock_now();
    take_news(p);
    accepts_watch(&p->accepts, now);
    dials_watch(&p->dials, now);
    read_messages(p);
    set_timer(p);
}

int peers_port_fd(const struct peers_port *p) {
    return p->epoll;
}

bool peers_port_look(const struct peers_port *p) {
    return accepts_look(&p->accepts) || dials_look(&p->dials);
}

const char *peers_port_endpoint(const struct peers_port *p) {
    return p->endpoint;
}

/* ---- making and ending ---- */

static bool prepare(struct peers_port *p, struct err *err) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &p->rang};
    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (p->epoll >= 0 && p->timer >= 0 && epoll_ctl(p->epoll, EPOLL_CTL_ADD, p->timer, &event) == 0)
        return true;
    return err_set(err, ERR_SYSTEM, "cannot prepare to speak to other nodes: %s", strerror(errno));
}

struct peers_port *peers_port_new(struct board *board, const struct keys *keys, const char *listen,
                                  struct err *err) {
    struct peers_port *p = calloc(1, sizeof *p);
    ensure(p != NULL);
    size_t len = sizeof p->endpoint;
    p->board = board;
    p->keys = *keys;
    p->rings = WHEN_NEVER;
    if (!prepare(p, err) || !accepts_open(&p->accepts, board, &p->keys, p->epoll, listen, err)) {
        peers_port_destroy(&p);
        return NULL;
    }
    dials_init(&p->dials, board, &p->keys, p->epoll);
    ensure(zmq_getsockopt(p->accepts.router.zmq, ZMQ_LAST_ENDPOINT, p->endpoint, &len) == 0);
    return p;
}

void peers_port_destroy(struct peers_port **port) {
    struct peers_port *p = *port;
    if (p == NULL)
        return;
    dials_release(&p->dials);
    accepts_release(&p->accepts);
    if (p->timer >= 0)
        close(p->timer);
    if (p->epoll >= 0)
        close(p->epoll);
    sodium_memzero(&p->keys, sizeof p->keys);
    free(p);
    *port = NULL;
}
