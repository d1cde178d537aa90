/* leader_state - the leader room's state and what its files say to each other; for its own files only. */
#ifndef ZYG_LEADER_STATE_H
#define ZYG_LEADER_STATE_H

#include "actors/leader/epoch.h"
#include "actors/leader/held.h"
#include "actors/leader/leader.h"
#include "actors/leader/roll.h"

enum { REPORT_EVERY_MS = 5000 };

enum role {
    ROLE_NOBODY,  /* no leader is known, or its epoch is not on the disk yet */
    ROLE_FOLLOWS, /* another node */
    ROLE_CLAIMS,  /* has claimed and hears reports */
    ROLE_LEADS
};

enum disk { DISK_UNREAD, DISK_READING, DISK_RESTS, DISK_SAVING };

struct leader {
    struct leader_config config;
    bool up;
    bool quitting;
    bool settled;         /* somebody was followed, or this node has claimed */
    bool knew_leader;     /* the leader of `highest` was followed */
    bool given_up;        /* ... has said that it leads no more */
    bool claiming;        /* `highest` is this node's own, made in this life */
    when_ms slow_since;   /* the disk does not keep up; WHEN_NEVER: it does */
    when_ms ailing_since; /* it refuses */
    enum role role;
    enum disk disk;
    uint64_t ticket;
    when_ms disk_at; /* after a refusal it is asked again */
    dur_ms disk_pause;
    struct epoch stored, highest, saving;
    uint32_t followed; /* its peer number */
    when_ms began;
    when_ms claim_at;  /* the best candidate's turn */
    when_ms turn_at;   /* this node's */
    when_ms lead_at;   /* reports had their time */
    when_ms remind_at; /* those who have not reported hear the claim again */
    when_ms settle_at; /* the soonest of these, of the disk's and of this node's own health */
    when_ms report_at;
    uint64_t slots;      /* that the executor has */
    uint64_t said_slots; /* as was reported */
    uint64_t load;
    uint64_t working; /* trials that run here, as elastic was told */
    struct roll roll;
    struct held held;
    uint64_t nonsense;
    uint8_t leases[HELD_BYTES];
};

static inline bool leader_leads(const struct leader *l) {
    return l->role == ROLE_CLAIMS || l->role == ROLE_LEADS;
}

/* term.c: epochs, the disk, claims */
void term_boot(struct leader *l, struct says *out);
void term_rows(struct leader *l, const struct msg_rows *m, when_ms now, struct says *out);
void term_saved(struct leader *l, const struct msg_saved *m, when_ms now, struct says *out);
void term_save_failed(struct leader *l, const struct msg_save_failed *m, when_ms now);
/* An epoch that exists; true: it is higher than any known, and this node leads no more. */
bool term_learn(struct leader *l, const struct epoch *e, struct says *out);
void term_tell(const struct leader *l, uint32_t peer, struct says *out); /* the highest, as claim */
void term_step_down(struct leader *l, struct says *out);
/* The same, and the others hear that the lead is free. */
void term_hand_on(struct leader *l, struct says *out);
/* The other end of that; leader: who has said so. */
void term_handed_on(struct leader *l, const struct epoch *e, struct roll_entry *leader,
                    struct says *out);
void term_settle_later(struct leader *l, when_ms now); /* somebody has joined */
/* After every event that bears on it, and at settle_at: whom to follow, whether to claim, what to store. */
void term_settle(struct leader *l, when_ms now, struct says *out);

/* work.c: leases and reports */
void work_lease(struct leader *l, const struct event *event, struct says *out);
void work_verdict(struct leader *l, const struct event *event, struct says *out);
void work_outcome(struct leader *l, const struct msg_outcome *m, when_ms now, struct says *out);
void work_dropped(struct leader *l, const struct msg_dropped *m, struct says *out);
void work_report(struct leader *l, when_ms now, struct says *out);
void work_slots_changed(struct leader *l, when_ms now, struct says *out);
void work_ended(struct leader *l, const struct event *event, struct says *out);
void work_reported(struct leader *l, const struct event *event, struct says *out);
/* What sched should know of this worker; told: with these leases. */
void work_say_worker(const struct roll_entry *e, bool gone, const struct span *told,
                     struct says *out);
void work_say_self(struct leader *l, bool told, when_ms now, struct says *out);

#endif
