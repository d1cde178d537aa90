/* spread - who the other stores are, and what is known of how far each log is there: heads both ways. courier.h sends what they
 * lack.
 *
 * Both sides of an edge say which logs they have synced and how far (`heads`: all of it in pages when they meet, then what
 * has changed: a few changes at once, many in a row no more often than every 5 ms). Each sends what the other lacks
 * (courier.h). A holder to which no edge leads (a link is cut) says its heads by way of others while too few are near for
 * what jobs want.
 *
 * Holds    - what is counted as lying on a disk was said to be there by the one who has that disk, and by its life of now;
 *          - at most a share of SPREAD_INBOX_BYTES are on the way to a neighbour unacknowledged (one bundle may go beyond).
 * Refused  what the other side takes nothing of (no such author there, or no room for another log) it says with its heads, and
 *          it is passed over from then on.
 * Losses   a bundle that is not acknowledged in time is sought and sent again, with growing pauses; one that was there is
 *          acknowledged once more; heads that were never heard whole are asked for by saying ours again,
 *          those of a holder that is far as long as it seems to lack something.
 * Memory   fixed: LIMIT_EDGES neighbours and a few far holders with a number for each of LIMIT_LOGS logs, LIMIT_MEMBERS
 *          holders.
 * Errors   what another node says is counted in `nonsense` and dropped when it makes no sense: also that it has more of what
 *          this node signs in this life than there is. How far it is with other logs nobody can check.
 */
#ifndef ZYG_SPREAD_H
#define ZYG_SPREAD_H

#include "actors/facts/logs.h"
#include "actors/kit/core.h"

enum {
    SPREAD_HEADS_MS = 5,
    SPREAD_HEADS_BURST = 4,
    SPREAD_LAZY_MS = 100,
    SPREAD_AGAIN_LEAST = 500,
    SPREAD_AGAIN_MOST = 8000,
    SPREAD_FLIGHTS = 256,
    SPREAD_MOMENTS = 16,
    SPREAD_SAID_MOST = SAYS_BYTES / 2, /* neighbours of one step are said something until then */
    SPREAD_INBOX_BYTES = 1 << 20,      /* of the other side, which its neighbours share */
    SPREAD_FAR = 4,                    /* holders that are asked although no edge leads there */
    SPREAD_FAR_MS = 2000,
    /* Logs of one neighbour that are refused at once; further ones when they come again. */
    SPREAD_REFUSED = 16,
    STORE_ID_BYTES = 16
};

enum neighbour_step {
    NEIGHBOUR_NONE,
    NEIGHBOUR_MEETS, /* has not said all its heads yet */
    NEIGHBOUR_SEEKS, /* the oldest bundle it lacks is being looked for, log by log */
    NEIGHBOUR_WALKS
};

struct shipment {
    uint32_t log;
    uint32_t bytes; /* 0: it came from there */
    uint64_t next;  /* acknowledged when the neighbour has synced up to here */
};

struct neighbour {
    enum neighbour_step step;
    uint32_t peer;
    uint64_t generation;
    bool eager;
    bool far;      /* no edge leads there: heads are exchanged by way of others, bundles are not */
    bool holds;    /* it keeps facts and stays */
    bool tell_all; /* all our heads are to be said */
    bool tell;     /* ... those in `news` */
    bool has_store;
    uint8_t store[STORE_ID_BYTES];
    uint64_t scan;      /* ticket of the scan under way; 0: none */
    uint32_t seek_log;  /* SEEKS: the log that is looked at */
    uint64_t cursor;    /* SEEKS: the least serial found; WALKS: the next to be looked at */
    when_ms told_all;   /* when that was last done */
    when_ms again_at;   /* MEETS: our heads are said again; else the flights are given up */
    when_ms rest_until; /* the store could not be read */
    dur_ms again_pause;
    uint32_t first, count; /* of the flights, a ring */
    size_t flying;         /* bytes */
    struct shipment flights[SPREAD_FLIGHTS];
    uint8_t news[LIMIT_LOGS / 8]; /* logs whose heads have changed since they were said */
    uint64_t next[LIMIT_LOGS];    /* what it has synced */
    uint64_t sent[LIMIT_LOGS]; /* ... and will have: it is on the way there, or came from there */
    uint8_t unwanted[LIMIT_LOGS / 8]; /* logs of which it takes nothing: they hold up no others */
    uint32_t refused_count;
    struct {
        struct node_id author;
        uint64_t generation;
    } refused
        [SPREAD_REFUSED]; /* logs of which nothing is taken from it: to be said with the next heads */
};

/* A node that keeps facts and stays. */
struct holder {
    uint32_t peer;
    uint64_t generation;
    struct node_id node;
};

struct spread {
    struct logs *logs;
    uint64_t *tickets; /* of the room's scans */
    uint8_t store[STORE_ID_BYTES];
    bool unsure;      /* in a cluster, and member has not said yet who there is */
    bool self_leaves; /* this store is no holder any more */
    bool leaving;     /* ... because it goes */
    bool mesh; /* an edge leads to every holder: what others have signed gets there without us */
    uint32_t near; /* neighbours to which an edge leads */
    uint32_t holders_count;
    struct holder holders[LIMIT_MEMBERS];
    uint64_t turns; /* how often who holds has changed: what lay on enough disks then may not now */
    when_ms tell_at;     /* changed heads are said then */
    when_ms tell_least;  /* ... and no sooner than this */
    uint64_t own_serial; /* of the newest synced bundle of this node */
    uint32_t moments_count;
    struct {
        when_ms when;
        uint64_t serial;
    } moments[SPREAD_MOMENTS]; /* when the newest serials were synced, oldest first */
    uint64_t old_serial;       /* synced SPREAD_LAZY_MS ago */
    uint64_t nonsense;
    uint32_t neighbours_used; /* those from here on were never any */
    struct neighbour neighbours[LIMIT_EDGES + SPREAD_FAR];
};

void spread_init(struct spread *s, struct logs *logs, uint64_t *tickets);
void spread_known(struct spread *s, const struct msg_node_known *known, when_ms now);
bool neighbour_refuses(const struct neighbour *n, uint32_t log);
struct neighbour *spread_neighbour(struct spread *s, uint32_t peer); /* NULL: it is none */
void spread_heads(struct spread *s, uint32_t peer, const struct msg_heads *heads, when_ms now);
/* It does not know how far this log is here: it is told once more. */
void spread_remind(struct spread *s, struct neighbour *n, uint32_t log, when_ms now);
/* Nothing of this log is taken here, until the two meet again: it is told so. */
void spread_refuse(struct spread *s, struct neighbour *n, const struct node_id *author,
                   uint64_t generation, when_ms now);
/* This log has come further on the disk here. */
void spread_synced(struct spread *s, uint32_t log, when_ms now);
void spread_landed(struct spread *s, uint64_t own_serial, when_ms now);
void spread_go(struct spread *s, when_ms now, struct says *out);
when_ms spread_deadline(const struct spread *s);

/* On how many disks of those that stay this log has come so far, this one included; and how many there can be. */
uint32_t spread_copies(const struct spread *s, uint32_t log, uint64_t next);
uint32_t spread_holders(const struct spread *s);
/* How many of them a promise needs that wants so many copies: nobody has as many while that cannot be said yet. */
uint32_t spread_wanted(const struct spread *s, uint32_t copies);
/* Whether a promise about what `author` has signed, and that wants so many copies, is likely to wait for the disk of `self`,
 * this node: after the author's and the leader's (NULL: nobody leads) come those that follow the author in the ring of ids. */
bool spread_is_awaited(const struct spread *s, const struct node_id *self,
                       const struct node_id *leader, const struct node_id *author, uint32_t copies);
/* This node's own disk is all that it needs. */
bool spread_suffices(const struct spread *s, uint32_t copies);
/* How many facts of this store are on fewer than so many others of those that stay, or than all of them. */
uint64_t spread_lacking(const struct spread *s, uint32_t copies);

#endif
