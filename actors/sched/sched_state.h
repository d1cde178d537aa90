/* sched_state - the scheduler's state and what its files share; for its own files only. */
#ifndef ZYG_SCHED_STATE_H
#define ZYG_SCHED_STATE_H

#include "actors/sched/flights.h"
#include "actors/sched/look.h"
#include "actors/sched/sched.h"
#include "actors/sched/workers.h"
#include "proto/job/job.h"

struct sched {
    bool up;
    bool held;
    bool quitting;
    bool follows;   /* somebody else leads, or nobody yet */
    bool clustered; /* there is a leader room: places come by `worker` */
    uint64_t term;
    when_ms now; /* of the newest event */
    uint64_t opened;
    uint32_t asked;
    uint64_t reports;
    uint64_t nonsense;
    struct flights flights;
    struct workers workers;
    struct looks looks;
    struct plan plans[LIMIT_JOBS_OPEN];
    uint32_t plans_used;
    uint8_t arena[JOB_ARENA_BYTES];
};

struct plan *sched_plan(struct sched *s, const struct job_id *job);
/* Every move of a flight goes through here, so the counts cannot drift; to FLIGHT_NONE it is gone. A flight that is leased
 * stands in its worker's list before. */
void sched_move(struct sched *s, struct flight *f, enum flight_state to);
/* Nothing more of it is to come, whether its end was heard or not. */
bool sched_is_settled(struct sched *s, const struct flight *f);
/* It ends; unless its slot is finished or its job over, it is given out again after `attempts` attempts, not before then. */
void sched_again(struct sched *s, struct flight *f, uint32_t attempts, when_ms not_before);
/* To whoever has the flight, or is to have it. */
void sched_say_to_worker(struct sched *s, const struct flight *f, const struct msg *m,
                         struct says *out);

/* verdicts.c */
void verdicts_stands(struct sched *s, const struct msg_stands *m, struct says *out);
void verdicts_judged(struct sched *s, const struct msg_judged *m, struct says *out);
/* Its worker reports a flight that it has: a verdict may have been lost, or be another leader's. */
void verdicts_remind(struct sched *s, struct flight *f, struct says *out);

/* copies.c */
/* Slots of the job that run on workers with a place for one more, LIMIT_NEAR at most, as ranges_encode. */
void copies_put_near(struct sched *s, const struct plan *plan, struct buf *out);
/* It begins with the checkpoint of that slot: while that runs its worker comes first, for a little while. */
void copies_send_home(struct sched *s, struct flight *f, uint64_t parent);
/* There is a place for one more than those of the job that wait for theirs. */
bool copies_leave_place(const struct sched *s, const struct plan *plan);

/* crew.c */
void crew_capacity(struct sched *s, uint64_t slots);
void crew_worker(struct sched *s, const struct msg_worker *m, struct says *out);
void crew_ended(struct sched *s, uint32_t peer, const struct msg_ended *m);
void crew_wake(struct sched *s); /* what has waited for its fact for too long is given out again */
void crew_hold(struct sched *s, bool on);
when_ms crew_deadline(const struct sched *s);

#endif
