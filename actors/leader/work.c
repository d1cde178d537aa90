/* work - both ends of a lease: the fence and the report of a worker, the workers of a leader. */
#include "actors/leader/leader_state.h"

#include "proto/ended.h"

enum { MORE_SLOTS_MS = 100 };

/* ---- as a worker ---- */

static void say_working(struct leader *l, struct says *out) {
    uint64_t running = l->held.running_count;
    if (running != l->working)
        say(out, &(struct msg){.kind = MSG_working, .working.running = running});
    l->working = running;
}

/* To whoever leads: another node, or this one's sched. */
static void say_ended(uint32_t peer, const struct msg_ended *ended, struct says *out) {
    say_to(out, peer == 0 ? ROOM_SCHED : ROOM_MEMBER, peer,
           &(struct msg){.kind = MSG_ended, .ended = *ended});
}

/* The giver leads the epoch that this node has stored, and no higher one is known. */
static bool is_from_leader(const struct leader *l, const struct event *event, uint64_t term) {
    bool leads = event->from == ROOM_SCHED ? l->role == ROLE_LEADS
                                           : l->role == ROLE_FOLLOWS && event->peer == l->followed;
    return leads && term == l->stored.term;
}

/* Whoever gives in a term that is over must hear it; one that leads in a higher term than is known here will say so. */
static void refuse(const struct event *event, struct says *out) {
    const struct msg_lease *m = &event->msg.lease;
    say_ended(
        event->peer,
        &(struct msg_ended){.job = m->job, .slot = m->slot, .attempt = m->attempt, .lost = true},
        out);
}

void work_lease(struct leader *l, const struct event *event, struct says *out) {
    const struct msg_lease *m = &event->msg.lease;
    const struct held_lease *held = held_find(&l->held, &m->job, m->slot);
    if (!is_from_leader(l, event, m->term)) {
        refuse(event, out);
        if (event->from != ROOM_SCHED && m->term <= l->stored.term)
            term_tell(l, event->peer, out);
        return;
    }
    if (held != NULL && held->attempt == m->attempt)
        return; /* it runs already, since an earlier term */
    if (l->quitting || l->ailing_since != WHEN_NEVER || held != NULL ||
        !held_add(&l->held, &m->job, m->slot, m->attempt)) {
        refuse(event, out);
        return;
    }
    say_to(out, ROOM_EXECUTOR, 0, &event->msg);
    say_working(l, out);
}

/* One that gets lost is said again, and one for what has ended is late. */
void work_verdict(struct leader *l, const struct event *event, struct says *out) {
    const struct msg_verdict *m = &event->msg.verdict;
    const struct held_lease *held = held_find(&l->held, &m->job, m->slot);
    if (is_from_leader(l, event, m->term) && held != NULL && held->attempt == m->attempt)
        say_to(out, ROOM_EXECUTOR, 0, &event->msg);
}

void work_outcome(struct leader *l, const struct msg_outcome *m, when_ms now, struct says *out) {
    struct msg_ended ended;
    if (!ended_of(&ended, m)) {
        l->nonsense++;
        return;
    }
    if (!held_end(&l->held, &ended.job, ended.slot, ended.attempt, ended.lost, now))
        return;
    if (l->role == ROLE_FOLLOWS || leader_leads(l))
        say_ended(leader_leads(l) ? 0 : l->followed, &ended, out);
    say_working(l, out);
}

/* The outcome was told before, as one of which a fact comes. */
void work_dropped(struct leader *l, const struct msg_dropped *m, struct says *out) {
    bool told = held_forget(&l->held, &m->job, m->slot, m->attempt);
    if (told && (l->role == ROLE_FOLLOWS || leader_leads(l)))
        say_ended(leader_leads(l) ? 0 : l->followed,
                  &(struct msg_ended){
                      .job = m->job, .slot = m->slot, .attempt = m->attempt, .lost = true},
                  out);
}

/* For which this node takes trials now. */
static uint64_t work_slots(const struct leader *l) {
    bool takes = !l->quitting && l->slow_since == WHEN_NEVER && l->ailing_since == WHEN_NEVER;
    return takes ? l->slots : 0;
}

static struct span encode_leases(struct leader *l, when_ms now) {
    struct buf leases = buf_of(l->leases, sizeof l->leases);
    held_encode(&l->held, now, &leases);
    return buf_view(&leases);
}

void work_report(struct leader *l, when_ms now, struct says *out) {
    l->report_at = now + REPORT_EVERY_MS;
    l->said_slots = work_slots(l);
    say_to(out, ROOM_MEMBER, l->followed,
           &(struct msg){.kind = MSG_report,
                         .report = {.term = l->stored.term,
                                    .slots = l->said_slots,
                                    .load = l->load,
                                    .leases = encode_leases(l, now)}});
}

/* Fewer places are told at once, more of them after a moment: a disk that is slow is so again and again. */
void work_slots_changed(struct leader *l, when_ms now, struct says *out) {
    if (l->role == ROLE_FOLLOWS && work_slots(l) < l->said_slots)
        work_report(l, now, out);
    else if (l->role == ROLE_FOLLOWS && work_slots(l) > l->said_slots)
        l->report_at = when_sooner(l->report_at, now + MORE_SLOTS_MS);
    work_say_self(l, false, now, out);
}

/* ---- as the leader ---- */

void work_say_worker(const struct roll_entry *e, bool gone, const struct span *told,
                     struct says *out) {
    struct msg m = {.kind = MSG_worker};
    m.worker.peer = e->peer;
    m.worker.node = e->node;
    m.worker.slots = roll_is_well(e) && !gone ? e->report_slots : 0;
    m.worker.rtt_us = e->peer == 0 ? 0 : e->rtt_us;
    m.worker.load = e->load;
    m.worker.gone = gone;
    m.worker.told = told != NULL;
    if (told != NULL)
        m.worker.leases = *told;
    say(out, &m);
}

void work_say_self(struct leader *l, bool told, when_ms now, struct says *out) {
    struct roll_entry *self = roll_find(&l->roll, &l->config.self);
    struct span leases = {0};
    if (!leader_leads(l) || self == NULL)
        return;
    self->report_slots = work_slots(l);
    self->load = l->load;
    if (told)
        leases = encode_leases(l, now);
    work_say_worker(self, false, told ? &leases : NULL, out);
}

void work_ended(struct leader *l, const struct event *event, struct says *out) {
    if (leader_leads(l))
        say_to(out, ROOM_SCHED, event->peer, &event->msg);
    else
        l->nonsense++; /* its next report says it to whoever leads now */
}

void work_reported(struct leader *l, const struct event *event, struct says *out) {
    const struct msg_report *m = &event->msg.report;
    struct roll_entry *e = roll_peer(&l->roll, event->peer);
    if (e == NULL || e->peer == 0) {
        l->nonsense++;
        return;
    }
    if (!leader_leads(l) || m->term != l->stored.term) {
        term_tell(l, event->peer, out); /* it does not know whom to follow */
        return;
    }
    e->reported = true;
    e->report_slots = m->slots;
    e->load = m->load;
    work_say_worker(e, false, &m->leases, out);
}
