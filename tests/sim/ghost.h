/* ghost - the rules the node must keep, watched from outside with a count of its own.
 *
 * Leases   no slot beyond the job; none that is finished on the disk; none that is under way; never
 *          more than capacity or `parallel`; none after sched heard that the job is over; each
 *          answered by one outcome; a program runs only under a lease, and each attempt once.
 * Disk     jobs and bundles are write-once; a finished slot never changes and its attempts are the
 *          fold of what was kept before; an ended job stays ended; summaries and ranks are those of
 *          the trials in the same transaction; every row of a slot has its fact under the node's
 *          signature; no number of a fact is used twice.
 * Words    what facts promises (admitted, recorded, job_stand, job_shut) is on the disk when it is
 *          said; what the gateway shows is what it has heard.
 */
#ifndef ZYG_SIM_GHOST_H
#define ZYG_SIM_GHOST_H

#include "actors/kit/frame.h"
#include "tests/sim/plan.h"
#include "tests/sim/work.h"

struct world;

struct ghost_slot {
    bool leased; /* said by sched, its outcome not heard by sched yet */
    bool taken;  /* its outcome was not said by the executor yet */
    bool spawned;
    uint64_t attempt;
};

struct ghost_work {
    bool open_at_sched, open_at_gateway;
    uint32_t leases;
    uint64_t running;      /* as the gateway was told */
    when_ms running_until; /* and for how long that counts */
    bool stood;            /* the gateway heard a summary in this life */
    uint64_t stood_finished;
    struct ghost_slot slots[WORK_SLOTS_MAX];
};

struct ghost {
    struct ghost_work works[PLAN_JOBS_MAX];
    uint64_t capacity; /* as sched heard it */
    uint32_t leases;
    uint64_t generation, sequence; /* the next number of a fact of the node */
    uint64_t serial;               /* of the newest bundle in the log */
    uint32_t generation_life;
};

void ghost_node_up(struct world *w);
void ghost_node_down(struct world *w);
void ghost_heard(struct world *w, enum room room, const struct event *event);
void ghost_said(struct world *w, enum room room, const struct frame *frame);
void ghost_spawned(struct world *w, uint32_t work, uint64_t slot, uint64_t attempt);

/* Before and after a transaction is kept. */
void ghost_save(struct world *w, struct span ops);
void ghost_saved(struct world *w, struct span ops);

/* What the disk holds of a job: false when it has no summary. Spans point into the disk. */
bool ghost_summary(const struct world *w, const struct work *work, struct msg_job_row *row,
                   struct span *bytes);
/* How many rows of a table belong to a job. */
uint64_t ghost_rows(const struct world *w, int table, const struct job_id *job);
/* All promises are kept by the disk as it is. */
void ghost_check_promises(const struct world *w);

#endif
