/* look - gateways, here and on other nodes, that want to know what of a job runs.
 *
 * A look is answered at once and, for LOOK_MS, after changes: not sooner than LOOK_PAUSE_MS after the last answer, and
 * not sooner than the size of that one allows (LOOK_RATE), so that many trials told to many do not fill an edge. Who does
 * not look again is forgotten; nobody is told anything who does not look.
 * Memory   LOOKERS pairs of node and job; one more is answered, but not told of changes: it will look again.
 *          All those together are answered as often as one that has a place.
 */
#ifndef ZYG_SCHED_LOOK_H
#define ZYG_SCHED_LOOK_H

#include "actors/kit/core.h"
#include "proto/running.h"

enum {
    LOOKERS = 256,
    LOOK_PAUSE_MS = 100,
    LOOK_RATE = 40 /* bytes a millisecond for one looker */
};

struct looker {
    uint32_t peer; /* 0: this node */
    struct job_id job;
    bool changed;        /* since it was told */
    when_ms until;       /* it wants to know how many run ... */
    when_ms which_until; /* ... and which */
    when_ms next;        /* not before */
};

struct looks {
    uint32_t count;
    struct looker items[LOOKERS];
    when_ms passing; /* one without a place is answered then at the soonest */
    uint8_t trials[RUNNING_BYTES];
};

struct sched;

void look_heard(struct sched *s, uint32_t peer, const struct msg_look *m, struct says *out);
/* One of its trials runs, or runs no more. */
void look_changed(struct looks *l, const struct job_id *job);
void look_tell(struct sched *s, struct says *out); /* those whose time has come */
when_ms look_deadline(const struct looks *l);

#endif
