/* plan - what is left to give out of one job: slots to run again first, then new ones in order of number.
 *
 * Errors   plan_open: more gaps or begun slots than there is room for.
 */
#ifndef ZYG_PLAN_H
#define ZYG_PLAN_H

#include "proto/base/ids.h"
#include "proto/base/ranges.h"
#include "proto/base/time.h"
#include "proto/limits.h"

enum {
    PLAN_BEGUN_MAX = 4096, /* slots that a job may be opened with */
    PLAN_AGAIN_MAX = PLAN_BEGUN_MAX + LIMIT_BEGUN
};

struct plan_slot {
    uint64_t slot;
    uint32_t attempts;  /* made before */
    when_ms not_before; /* it rests until then */
};

struct plan {
    bool used;
    struct job_id job;
    uint64_t opened; /* serial number: older jobs have smaller ones */
    uint64_t trials;
    uint32_t parallel; /* 0: no limit */
    uint32_t running;
    uint32_t inherited;  /* of those that ever ran: how many an earlier leader had given out */
    dur_ms trial_ms;     /* how long its trials take, a moving mean; 0: none has ended */
    struct ranges taken; /* finished or given out */
    uint32_t again_first, again_count;
    struct plan_slot again[PLAN_AGAIN_MAX]; /* a ring */
    struct range ranges_memory[LIMIT_RANGES];
};

/* finished and begun are as in job_open. */
bool plan_open(struct plan *p, const struct job_id *job, uint64_t trials, uint32_t parallel,
               struct span finished, struct span begun);
bool plan_has_next(const struct plan *p, when_ms now,
                   bool may_begin); /* false: only such as were begun before */
/* Takes the next slot. False: nothing left to give out now. */
bool plan_next(struct plan *p, when_ms now, struct plan_slot *next);
/* This slot is on its way or finished without having been taken from here. False: it was not left to give out. */
bool plan_take(struct plan *p, uint64_t slot);
void plan_took(struct plan *p, dur_ms took); /* one of its trials */
void plan_again(struct plan *p, uint64_t slot, uint32_t attempts, when_ms not_before);
when_ms plan_wakes(const struct plan *p,
                   when_ms now); /* the soonest end of a rest; WHEN_NEVER: nobody rests */

#endif
