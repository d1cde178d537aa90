/* rules - what must hold after every step of every host, watched from outside with counts of its own (membership.md 4.5).
 *
 * Records   M1 M2 M5: what a host knows of another was issued by it, only goes up, and LEFT stays; M7: who was held up accuses
 *           nobody for two seconds; M8: dials (wires.c). M3 M4 and the rest of M8 the room checks itself in every step.
 *           M9 is a goal (goals.c).
 * Epochs    E1 E2 E4: the epoch on a disk never falls and is there before it is said; an epoch has one leader in one life; no
 *           lease of a term below the stored one is passed to the executor. E5: who was told that it does not lead gives out
 *           nothing.
 * Facts     F1 F2 F3 F5: a number is used once; what is kept is signed, a job by its owner; logs only grow; what is
 *           acknowledged lies on enough synced disks. Of the hosts that had a fact on their disks one has not given itself
 *           back. An attempt is charged with what it did alone, not with what its machine lacked or who stopped it.
 * Extended  a job has as many trials as its description says, or as its owner has asked for; who has accepted that never
 *           forgets it.
 * Trials    F8 F9: no attempt twice at once on a host; no start where the job is known to be cancelled, no number beyond the
 *           job, no attempt beyond the retries; a finished slot stays finished. Who is stopped early or paused came to a rung
 *           in the same attempt. A search is not called over by whoever has ended an attempt that is on its way to its disk.
 * Means     where configurations are run several times the ranks, the best and the front of every disk are those of their means.
 */
#ifndef ZYG_SIM_RULES_H
#define ZYG_SIM_RULES_H

#include "actors/kit/frame.h"
#include "actors/leader/epoch.h"
#include "store/ops.h"
#include "tests/sim/fleet/draft.h"
#include "tests/sim/work.h"

struct fleet;
struct host;

enum { ATTEMPTS_WATCHED = 16, LIVES_WATCHED = 128, EPOCHS_WATCHED = 4096, BUNDLE_CELLS = 1 << 16 };

struct issue { /* the highest incarnation a host gave itself in a generation */
    uint64_t generation, incarnation;
};

struct rule_version {
    uint64_t generation, incarnation, rank;
};

struct rule_host {
    /* of this life */
    uint64_t holders;                     /* set of hosts that facts here may count on */
    bool counts;                          /* ... and itself */
    enum job_state shut[FLEET_JOBS_MAX];  /* as the executor heard it is over */
    uint64_t opened_with[FLEET_JOBS_MAX]; /* trials */
    bool over_at_start[FLEET_JOBS_MAX];   /* the disk had it cancelled when this life began */
    struct rule_version seen[HOSTS_MAX];
    uint64_t map_sum; /* records are looked at when it changes */
    uint64_t lead_term;
    uint8_t stood[FLEET_JOBS_MAX][WORK_SLOTS_MAX]; /* the attempt that came to a rung last */
    uint64_t parent[FLEET_JOBS_MAX]
                   [WORK_SLOTS_MAX]; /* 1 + whose checkpoint was copied when it began last */
    uint8_t ended[FLEET_JOBS_MAX][WORK_SLOTS_MAX]; /* ... that has ended last, and will be a fact */
    int32_t leader;                                /* -1: nobody */
    bool leads;
    bool gives; /* sched was told so */
    uint64_t gives_term;
    when_ms
        late_at; /* it went on after it had been held up beyond what its member room waited for */
    struct epoch stored; /* as the leader room was told */
    /* of all lives */
    uint32_t issues_count;
    struct issue issues[LIVES_WATCHED];
    struct epoch disk;
};

struct rules {
    struct rule_host hosts[HOSTS_MAX];
    uint32_t epochs_count;
    struct epoch epochs[EPOCHS_WATCHED];
    struct {
        uint64_t key, bytes; /* hashes; 0: empty */
    } bundles[BUNDLE_CELLS];
    uint32_t bundles_count;
    uint64_t gone; /* who was idle and went, disk and all */
    /* On whose synced disks. */
    uint64_t job_on[FLEET_JOBS_MAX], cancel_on[FLEET_JOBS_MAX], more_on[FLEET_JOBS_MAX];
    uint64_t more_counts[FLEET_JOBS_MAX]; /* whose summaries say so */
    uint64_t result_on[FLEET_JOBS_MAX][WORK_SLOTS_MAX][ATTEMPTS_WATCHED];
    uint64_t ended_by[FLEET_JOBS_MAX][WORK_SLOTS_MAX]; /* the first final attempt; 0: none */
    uint64_t done_by[FLEET_JOBS_MAX][WORK_SLOTS_MAX];  /* the attempt that was done; 0: none */
    bool differed[FLEET_JOBS_MAX];                     /* some slot has two of them */
    bool blind[FLEET_JOBS_MAX]; /* some leader had no memory for what it learned */
    /* What some host has told, with enough copies as it saw the cluster then: slots are bits. */
    bool cancel_asked[FLEET_JOBS_MAX], more_asked[FLEET_JOBS_MAX]; /* by its owner */
    bool job_promised[FLEET_JOBS_MAX], cancel_promised[FLEET_JOBS_MAX];
    bool more_promised[FLEET_JOBS_MAX];
    uint64_t promised[FLEET_JOBS_MAX];
};

void rules_host_up(struct host *h);
bool rules_has_result(const struct host *h, const struct work *work,
                      uint64_t slot); /* on its disk */
bool rules_summary(const struct host *h, const struct work *work, struct msg_job_row *row);
bool rules_is_over(const struct fleet *f, uint32_t work); /* on some disk */
bool rules_is_shut(const struct fleet *f,
                   uint32_t work); /* likewise, and no more trials would run */
/* The most trials it may have by now. */
uint64_t rules_trials(const struct fleet *f, const struct work *work);
void rules_heard(struct host *h, enum room room, const struct event *event);
void rules_said(struct host *h, enum room room, const struct frame *frame);
void rules_save(struct host *h, struct span ops);  /* is about to be kept */
void rules_saved(struct host *h, struct span ops); /* is kept */

/* rules_member.c */
void rule_records(struct host *h);
void rule_accused(struct host *h);
/* rules_epoch.c */
void rule_epoch_said(struct host *h, const struct msg *m);
void rule_epoch_kept(struct host *h, struct span value);
void rule_epoch_told(struct host *h); /* the leader room hears that it is stored */
void rule_sched_told(struct host *h, const struct msg_lead *m);
void rule_lease_passed(struct host *h, const struct msg_lease *m);
/* rules_facts.c */
void rule_bundle_kept(struct host *h, struct span bytes);
void rule_summary_kept(struct host *h, struct span value);
void rule_head_kept(struct host *h, const struct op *op);
void rule_admitted(struct host *h, const struct msg_admitted *m);
void rule_stand(struct host *h, const struct msg_job_stand *m);
enum rule_order { RULE_JOB, RULE_CANCEL, RULE_MORE };
void rule_accepted(struct host *h, uint32_t work, enum rule_order order);
void rule_row_shown(struct host *h, const struct msg_job_row *row);
void rule_recorded(struct host *h, const struct msg_recorded *m);
/* At the end: each proposal of a method that learns can be derived on every host. */
void rule_proposals(struct fleet *f, const struct work *work);
/* Two results of one slot may have been measured. */
bool rules_differed(const struct fleet *f, const struct work *work);
void rule_noted(struct host *h, const struct msg_note *m); /* by its tuner */
void rule_farewell(struct host *h, const struct msg_farewell *m);
/* rules_means.c, at the end */
void rule_means(struct fleet *f, const struct work *work);
/* rules_best.c, at the end */
void rule_recommended(struct fleet *f, const struct work *work);
/* rules_trials.c */
void rule_spawn(struct host *h, const struct msg_spawn *m);
void rule_reached(struct host *h, const struct msg_reached *m);
void rule_ended(struct host *h, const struct msg_outcome *m);
void rule_dropped(struct host *h, const struct msg_dropped *m);
void rule_exhausted(struct host *h, const struct msg_exhausted *m);
void rule_trial_kept(struct host *h, const struct op *op);

#endif
