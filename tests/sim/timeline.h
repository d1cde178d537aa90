/* timeline - what will happen and when: a heap ordered by (time, keyed hash of a serial).
 *
 * Two things at one moment come in an order of the seed's choosing, so no accident of the heap
 * hides a race.
 */
#ifndef ZYG_SIM_TIMELINE_H
#define ZYG_SIM_TIMELINE_H

#include "proto/base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What calendars show when a run begins. */
#define SIM_WALL_BEGIN ((wall_ms)1800000000000)

enum timed_kind {
    TIMED_NODE_UP,
    TIMED_STOP, /* an orderly stop of the node begins */
    TIMED_DISK, /* the oldest request of the disk is done */
    TIMED_FULL, /* the disk becomes full or has room again */
    TIMED_RUN,  /* a trial's program does its next thing */
    TIMED_LAUNCHER_DOWN,
    TIMED_LAUNCHER_UP,
    TIMED_PERSON,
    TIMED_CALM,
    /* of whole clusters only */
    TIMED_FAULT_BEGINS,
    TIMED_FAULT_ENDS,
    TIMED_WIRE,  /* something on this wire is due */
    TIMED_STRAY, /* what was passed on arrives late */
    TIMED_ROLL,  /* this host's turn in a rolling restart */
};

struct timed {
    when_ms at;
    uint64_t tie;
    enum timed_kind kind;
    uint32_t life;    /* of the node when it was planned */
    uint32_t host;    /* which node, where there are several */
    uint64_t subject; /* which run, person, ... */
    uint64_t version; /* of the subject: an older plan for it is void */
};

struct timeline {
    struct timed *items;
    size_t count;
    size_t cap;
    uint64_t serial;
};

void timeline_push(struct timeline *t, uint64_t seed, const struct timed *timed);
when_ms timeline_soonest(const struct timeline *t); /* WHEN_NEVER: empty */
struct timed timeline_pop(struct timeline *t);
void timeline_release(struct timeline *t);

#endif
