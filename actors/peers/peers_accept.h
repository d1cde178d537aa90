/* peers_accept - the edges that others dial: one ROUTER, its monitor, a routing id and a number for each edge.
 *
 * Edge     made by the first sound message of a connection whose key was proved (User-Id), in one of ACCEPTED_MAX places.
 *          It knows the descriptor that its messages come from (SRCFD) and who is connected there.
 * End      the monitor tells which descriptor was disconnected; edges of that descriptor are over once all has been read that
 *          had arrived. The monitor is always drained before messages are read, so a number that the system gives again is not
 *          taken for the one before. What is missed so is noticed by the next send, which finds nobody. While others say more
 *          than can be read, an end is told after ENDED_MS, and what still comes of that edge is dropped.
 * Cut      ROUTER cannot end one connection. It is shut down beneath it, after a look at who is connected; until its end is
 *          reported the edge is `cut` and what still comes from it is dropped. A stranger's message cuts its connection, too.
 * Crowd    beyond CONNECTIONS_MAX connections, strangers' included, a new one is cut at once: descriptors are for members. One
 *          that does not shake hands is dropped by ZMQ after 5 s, one that did and has said nothing SILENT_MS after it came
 *          is cut: a node says who it is as soon as it may, and any key may shake hands. A look that comes LATE_MS too late
 *          (this node stood still) cuts nobody, and all of them have SILENT_MS from then on.
 * Refused  a handshake that failed (another key was meant, or none is proved) and a message that is none are told to
 *          people, once for an address, and once for all that were gone before they could be looked at. A connection that
 *          ends without a word is not: so asks a node that wants to know who listens here.
 */
#ifndef ZYG_PEERS_ACCEPT_H
#define ZYG_PEERS_ACCEPT_H

#include "actors/guard/keys.h"
#include "actors/kit/board.h"
#include "actors/peers/peers_says.h"
#include "actors/peers/peers_socket.h"
#include "proto/edge.h"

enum {
    ACCEPTED_MAX = 4 * LIMIT_EDGES,
    CONNECTIONS_MAX = 512,
    ENDED_MS = 100,
    SILENT_MS = 10000,
    LATE_MS = 1000
};

struct accepted {
    uint32_t number; /* 0: free */
    uint8_t routing[ROUTING_BYTES];
    bool cut;   /* ended here; nobody is told of it any more */
    bool ended; /* by the other side; what had arrived is still read */
    when_ms ended_at;
    int fd;
    struct endpoint peer;
};

struct connection {
    int fd;     /* -1: none */
    bool spoke; /* it has had an edge, or was cut */
    when_ms since;
    struct endpoint peer;
};

struct accepts {
    struct board *board;
    int epoll;
    struct peers_socket router, monitor;
    uint16_t port;
    when_ms now;          /* when connections were last looked at */
    uint32_t last;        /* number given */
    uint32_t connections; /* open now */
    when_ms silent_at;    /* when one that has not spoken may have to go */
    struct connection open[CONNECTIONS_MAX];
    bool broken; /* the handshake of the connection that ends next has failed */
    struct peers_refused refused;
    struct accepted edges[ACCEPTED_MAX];
};

bool accepts_open(struct accepts *a, struct board *board, const struct keys *keys, int epoll,
                  const char *listen, struct err *err);
void accepts_release(struct accepts *a); /* after it the port is free */
void accepts_close(struct accepts *a, uint32_t number);
void accepts_send(struct accepts *a, uint32_t number, struct span frame);
void accepts_watch(struct accepts *a, when_ms now);
uint32_t accepts_read(struct accepts *a, uint32_t limit); /* messages read */
when_ms accepts_due(const struct accepts *a);
bool accepts_look(const struct accepts *a);

#endif
