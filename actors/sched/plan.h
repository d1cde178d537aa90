/* plan - what is left to give out of one job: slots to run again first, then new ones in order of number, then, where there
 * are rungs, whichever paused one the tuner names: that is asked for as the slot behind the last. So is the tuner's last word on a
 * job that is repeat_auto.
 *
 * Slots to run again lie in a heap by the end of their rest, those that end together in the order in which they came: what is
 * next costs one comparison, taking and putting back log2 of them. A slot that goes on from a checkpoint has a home, the worker
 * that has it: from the end of its rest that one may take it, others only from `not_before` on. While such slots wait, who is
 * next at home costs a look at all that wait.
 * Of a hopeless job no new slot is given out, and one that was asked for lies in the heap until there is hope.
 * Holds    of the slots that are in flight or wait to run again there is room for all: again_count + away <= PLAN_AGAIN_MAX.
 * Errors   plan_open: more gaps or begun slots than there is room for.
 */
#ifndef ZYG_PLAN_H
#define ZYG_PLAN_H

#include "actors/sched/workers.h"
#include "proto/base/ids.h"
#include "proto/base/ranges.h"

enum {
    PLAN_BEGUN_MAX = 4096, /* slots that a job may be opened with */
    PLAN_AGAIN_MAX = PLAN_BEGUN_MAX + LIMIT_BEGUN
};

struct plan_slot {
    uint64_t slot;
    uint32_t attempts;  /* made before */
    when_ms not_before; /* it rests until then */
    uint32_t home;      /* 1 + the place of the worker that has its checkpoint; 0: there is none */
    when_ms at_home;    /* it rests until then if that one takes it */
    /* It goes on after it was finished: so many attempts of it were recorded before. 0: it was never finished. */
    uint32_t rested;
};

struct plan_again {
    struct plan_slot slot;
    uint64_t order;
};

struct plan {
    bool used;
    struct job_id job;
    uint64_t opened; /* serial number: older jobs have smaller ones */
    uint64_t trials;
    uint32_t parallel; /* 0: no limit */
    uint32_t running;
    uint32_t away;       /* slots in flight: the caller counts them */
    uint32_t inherited;  /* of those that ever ran: how many an earlier leader had given out */
    dur_ms trial_ms;     /* how long its trials take, a moving mean; 0: none has ended */
    when_ms rests_until; /* nothing of it is given out before */
    bool learns;         /* what it is given next depends on what is known (job_learns) */
    bool rungs;          /* it may have paused slots */
    bool concludes;      /* the tuner has a word to say when all of it have ended */
    bool copies;         /* ... or none, and some begin with the checkpoints of others */
    bool asking;         /* RUNGS, CONCLUDES: the tuner has not answered yet whether any goes on */
    bool idle;          /* ... was asked, and nothing has happened since that it could go on with */
    bool alone;         /* IDLE: nothing of the job was on its way when it was asked */
    bool hopeless;      /* no new slot of it promises anything, as long as it has no more of them */
    bool ends;          /* HOPELESS: facts was told that nothing of it is left */
    uint32_t unlearned; /* flights that have ended and are not recorded; the caller counts them */
    when_ms learns_until;     /* ... are waited for until then */
    struct worker_set unable; /* who cannot start it */
    when_ms unable_until;     /* they are asked again; WHEN_NEVER: nobody is unable */
    dur_ms unable_pause;
    struct ranges taken; /* finished or given out */
    uint64_t order;
    uint32_t again_count;
    uint32_t homing;                         /* of these: how many have a home */
    uint32_t shelved;                        /* ... and how many are not worth while */
    struct plan_again again[PLAN_AGAIN_MAX]; /* a heap: the first is next */
    struct range ranges_memory[LIMIT_RANGES];
};

/* finished and begun are as in job_open. */
bool plan_open(struct plan *p, const struct job_id *job, uint64_t trials, uint32_t parallel,
               struct span finished, struct span begun);
/* False: only such as were begun before. */
bool plan_has_next(const struct plan *p, when_ms now, bool may_begin);
/* Takes the next slot. False: nothing left to give out now. */
bool plan_next(struct plan *p, when_ms now, struct plan_slot *next);
/* This slot is on its way or finished without having been taken from here. False: it was not left to give out, or more than
 * `attempts` attempts of it were made. */
bool plan_take(struct plan *p, uint64_t slot, uint32_t attempts);
/* The same of one that somebody else has given out. Where there are rungs one that is finished may have been resumed by him:
 * that it `rested` the slot then says. */
bool plan_take_over(struct plan *p, struct plan_slot *slot);
/* ... of one that waits, however many attempts of it were made; it says how many. False: it does not wait. */
bool plan_take_waiting(struct plan *p, uint64_t slot, uint32_t *attempts);
/* So many recorded attempts have finished this slot; what goes on after a rest waits on until there are more. */
void plan_finish(struct plan *p, uint64_t slot, uint64_t attempts);
/* This one, which was taken, is not worth while, nor is any new one. */
void plan_shelve(struct plan *p, const struct plan_slot *slot);
/* It has so many trials from now on, and there is hope. */
void plan_extend(struct plan *p, uint64_t trials);
/* No slot waits to be given out, and none is on its way. */
bool plan_is_empty(const struct plan *p);
bool plan_has_room(const struct plan *p);    /* for one more slot in flight */
void plan_took(struct plan *p, dur_ms took); /* one of its trials */
/* A trial has ended; it will be known soon. */
void plan_ended(struct plan *p, when_ms now);
/* So many free places wait for what has just been found out there. */
uint32_t plan_waiting(const struct plan *p, when_ms now);
/* Of a job that copies: so many that have their turn wait for a place at home. They are members of the population, which grows by
 * nobody meanwhile. */
uint32_t plan_longing(const struct plan *p, when_ms now);
void plan_again(struct plan *p, uint64_t slot, uint32_t attempts, when_ms not_before);
void plan_again_as(struct plan *p, const struct plan_slot *slot);
/* Takes a slot whose home has a free place. */
bool plan_next_at_home(struct plan *p, const struct workers *w, when_ms now,
                       struct plan_slot *next);
void plan_homeless(struct plan *p, uint32_t place); /* that worker is gone, and what it had */
/* That worker could not start it: it gets nothing of this job for a while, longer each time. */
void plan_unable(struct plan *p, uint32_t place, when_ms now);
/* The worker is another one now. */
void plan_able(struct plan *p, uint32_t place);
void plan_wake(struct plan *p, when_ms now); /* whoever could not start it may try again */
/* The soonest end of a rest; WHEN_NEVER: what could be given out now can be given out already. */
when_ms plan_wakes(const struct plan *p, when_ms now);

#endif
