/* peers_dial - the edges that this node dials: a DEALER, its monitor and a number each.
 *
 * connecting -> shaking hands -> up -> ended; before `up` also -> asking. Every end but that of an edge_close is told by
 * exactly one edge_down.
 *
 * Asking   ZMQ's monitor says that a connect failed or that the handshake was broken off, not why. Then one connect of our own
 *          tells: refused, an answer (there is somebody, who did not want us or is not who we think), or nothing. Only failures
 *          pay for that: a connect before every dial would cost a round trip each, and on a bad line the worst one.
 * Ended    what had arrived before the end is read first, then comes edge_down.
 */
#ifndef ZYG_PEERS_DIAL_H
#define ZYG_PEERS_DIAL_H

#include "actors/guard/keys.h"
#include "actors/kit/board.h"
#include "actors/peers/peers_socket.h"
#include "proto/edge.h"

struct dial {
    uint32_t number; /* 0: free */
    enum dial_state { DIAL_CONNECTING, DIAL_SHAKING, DIAL_ASKING, DIAL_UP, DIAL_ENDED } state;
    struct endpoint to;
    uint8_t curve[CURVE_KEY_BYTES];
    struct peers_socket dealer, monitor;
    int ask; /* -1: none */
    bool answered;
    bool met; /* a connection was made */
    when_ms due;
};

struct dials {
    struct board *board;
    const struct keys *keys;
    int epoll;
    struct dial edges[LIMIT_EDGES];
};

void dials_init(struct dials *d, struct board *board, const struct keys *keys, int epoll);
void dials_release(struct dials *d);
void dials_dial(struct dials *d, const struct msg_edge_dial *m, when_ms now);
void dials_close(struct dials *d, uint32_t number);
void dials_send(struct dials *d, uint32_t number, struct span frame);
void dials_watch(struct dials *d, when_ms now); /* what has happened to the edges */
uint32_t dials_read(struct dials *d, uint32_t place, uint32_t limit); /* messages read */
bool dials_look(const struct dials *d);
when_ms dials_due(const struct dials *d);

#endif
