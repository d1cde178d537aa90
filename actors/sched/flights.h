/* flights - the slots that are on their way: asked for, leased, or ended and not yet recorded.
 *
 * Found by (job, slot) through a hash table with chains, kept in lists by where they are: with a worker, ended there, or with
 * nobody any more. Every call but flights_clear costs the same however many there are.
 * Memory   LIMIT_BEGUN of them; zeros are an empty table, and only what is used is touched.
 */
#ifndef ZYG_FLIGHTS_H
#define ZYG_FLIGHTS_H

#include "actors/kit/core.h"
#include "actors/sched/plan.h"

enum flight_state {
    FLIGHT_NONE,
    FLIGHT_ASKED,     /* the tuner is thinking of a configuration */
    FLIGHT_LEASED,    /* a worker has it */
    FLIGHT_UNRECORDED /* ended; not yet on the disk */
};

enum {
    FLIGHTS_NOWHERE,   /* asked for: no worker has it */
    FLIGHTS_ENDED,     /* a worker that lives has ended it: its fact is on its way */
    FLIGHTS_ORPHANS,   /* its worker is gone, knows nothing of it, or ended it before we led */
    FLIGHTS_AT_WORKER, /* + the worker's place */
    FLIGHTS_LISTS = FLIGHTS_AT_WORKER + LIMIT_WORKERS,
    FLIGHTS_BUCKETS = 16384
};

struct flight {
    enum flight_state state;
    bool moot;     /* its slot is finished: it is not given out again */
    bool recorded; /* its own end is: nothing more of it is waited for */
    bool adopted;  /* was leased by an earlier leader */
    bool saved;    /* its last attempt ended with a checkpoint, at slot.home */
    bool asked;    /* ADOPTED: the tuner was asked whether it shall go on */
    enum flight_verdict {
        FLIGHT_GOES_ON,
        FLIGHT_STOPS,
        FLIGHT_PAUSES
    } verdict; /* on the attempt that runs */
    uint32_t list;
    struct job_id job;
    struct plan_slot slot;
    uint32_t made;   /* attempts that are recorded, whoever made them */
    when_ms rest;    /* the recorded one's pause ends */
    uint32_t place;  /* who has ended it */
    when_ms since;   /* it was leased */
    when_ms due;     /* what has ended or is an orphan is given out again */
    uint64_t seen;   /* the report that last named it */
    uint32_t next;   /* in its list, or of those that are free; 1 + index, 0: none */
    uint32_t before; /* in its list */
    uint32_t chain;  /* in its bucket */
};

struct flights {
    uint32_t count;
    uint32_t used; /* entries from here on were never used */
    uint32_t free;
    struct {
        uint32_t first, last;
    } lists[FLIGHTS_LISTS];
    uint32_t buckets[FLIGHTS_BUCKETS];
    struct flight entries[LIMIT_BEGUN];
};

struct flight *flights_find(struct flights *t, const struct job_id *job, uint64_t slot);
/* NULL: there is no room. The pair must not be there; it is in no list. */
struct flight *flights_add(struct flights *t, const struct job_id *job,
                           const struct plan_slot *slot);
void flights_remove(struct flights *t, struct flight *f);
void flights_move(struct flights *t, struct flight *f, uint32_t list); /* to its end */
struct flight *flights_first(struct flights *t, uint32_t list);
struct flight *flights_next(struct flights *t, const struct flight *f); /* in its list */
/* Of its first; WHEN_NEVER: there is none. */
when_ms flights_due(const struct flights *t, uint32_t list);
void flights_clear(struct flights *t);
void flights_spare(struct flights *t, const struct spare *spare);

#endif
