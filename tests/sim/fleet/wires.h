/* wires - the PEERS ports of all hosts: connections, not packets, with the bytes that the real port sends.
 *
 * A connection is dialled (5 round trips; a lost first packet costs 1 and 3 s; 3 s to connect and 5 s to shake hands, as in
 * actors/peers), then ordered and reliable. Loss is a stall: what was lost is sent again later, and all behind it waits.
 *
 * Ends     a process that dies resets its connections: what it had said may or may not have gone out. A machine that dies says
 *          nothing: the other side notices after 45 s of silence, or when the machine is back. edge_close of a dialled edge
 *          lets go out what was said, of an accepted one it does not. An edge whose outbox is full is ended.
 * Breaks   a connection is reset between its ends: of what is on the way either way a part arrives, then both hear of it.
 * Strays   what a host passes on for others may reach the next one later than what was said behind it, or twice: it has
 *          gone another way.
 * Cuts     what is sent while a cut lasts arrives after it. When only the way back is cut, WINDOW messages still pass.
 * Edges    numbers as in the real port: odd ones are the member's, even ones are given when the first message has come.
 */
#ifndef ZYG_SIM_WIRES_H
#define ZYG_SIM_WIRES_H

#include "actors/kit/board.h"
#include "tests/sim/fleet/draft.h"

struct fleet;
struct host;

struct parcel {
    when_ms at; /* not before */
    uint8_t *bytes;
    size_t len;
};

/* One direction: a ring, in the order in which it was said. */
struct lane {
    struct parcel *parcels;
    size_t first, count, cap;
    uint64_t said;
    when_ms last;     /* arrival of the newest */
    uint32_t unknown; /* delivered while the way back was cut */
    bool ends;        /* after the last parcel, at `last` */
};

struct wire_end {
    uint32_t host, life, edge; /* edge 0: the acceptor has heard nothing yet */
    bool over;                 /* closed here, or its host is gone */
    bool lost;                 /* ... without a word: the other side was not told */
    when_ms heard;
};

enum wire_state { WIRE_FREE, WIRE_DIALS, WIRE_SHAKES, WIRE_UP };

struct wire {
    enum wire_state state;
    uint64_t draws;   /* the index of its stream */
    uint64_t version; /* of its plan on the timeline */
    when_ms due;      /* WHEN_NEVER: nothing planned */
    when_ms until;    /* dialling ends then */
    uint32_t tries;
    bool key_fits;
    bool broken;             /* nothing more goes out on it */
    struct wire_end ends[2]; /* who dialled, who was dialled */
    struct lane lanes[2];    /* from that end */
};

/* A message on a way of its own. */
struct stray {
    uint32_t host, life, edge; /* from where, over which edge */
    uint8_t *bytes;            /* NULL: it has arrived */
    size_t len;
};

struct wires {
    struct wire *items;
    size_t count, cap;
    struct stray *strays;
    size_t strays_count, strays_cap;
    uint64_t version;
    uint8_t cuts[HOSTS_MAX][HOSTS_MAX]; /* how many faults cut this way */
    uint32_t dialled[HOSTS_MAX][HOSTS_MAX];
};

struct port wires_port(struct host *h);
void wires_work(struct fleet *f, uint64_t wire, uint64_t version);
void wires_host_down(struct fleet *f, struct host *h, bool power, bool orderly);
void wires_host_up(struct fleet *f, struct host *h); /* its machine answers again */
void wires_resume(struct fleet *f, const struct host *h);
uint32_t wires_between(const struct fleet *f, uint32_t a, uint32_t b); /* that are up */
void wires_break(struct fleet *f, const struct fault *fault);
void wires_stray(struct fleet *f, uint64_t stray);
void wires_cut(struct fleet *f, const struct fault *fault, bool begins);
void wires_release(struct fleet *f);

#endif
