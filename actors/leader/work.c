/* work - both ends of a lease: the fence and the report of a worker, the workers of a leader. */
#include "actors/leader/leader_state.h"

#include "proto/status.h"

/* ---- as a worker ---- */

static void say_working(struct leader *l, struct says *out) {
    uint64_t running = l->held.running_count;
    if (running != l->working)
        say(out, &(struct msg){.kind = MSG_working, .working.running = running});
    l->working = running;
}

static void say_ended(uint32_t peer, const struct job_id *job, uint64_t slot, uint64_t attempt,
                      bool lost, struct says *out) {
    say_to(out, ROOM_MEMBER, peer,
           &(struct msg){.kind = MSG_ended,
                         .ended = {.job = *job, .slot = slot, .attempt = attempt, .lost = lost}});
}

/* The giver leads the epoch that this node has stored, and no higher one is known. */
static bool is_from_leader(const struct leader *l, const struct event *event) {
    return l->role == ROLE_FOLLOWS && event->peer == l->followed &&
           event->msg.lease.term == l->stored.term;
}

/* Whoever gives in a term that is over must hear it; one that leads in a higher term than is known here will say so. */
static void refuse(struct leader *l, const struct event *event, struct says *out) {
    const struct msg_lease *m = &event->msg.lease;
    say_ended(event->peer, &m->job, m->slot, m->attempt, true, out);
    if (m->term <= l->stored.term)
        term_tell(l, event->peer, out);
}

void work_lease(struct leader *l, const struct event *event, struct says *out) {
    const struct msg_lease *m = &event->msg.lease;
    const struct held_lease *held = held_find(&l->held, &m->job, m->slot);
    if (event->from == ROOM_SCHED) { /* the executor has it already */
        if (held == NULL)
            (void)held_add(&l->held, &m->job, m->slot, m->attempt);
        say_working(l, out);
        return;
    }
    if (!is_from_leader(l, event) || l->quitting) {
        refuse(l, event, out);
        return;
    }
    if (held != NULL && held->attempt == m->attempt)
        return; /* it runs already, since an earlier term */
    if (held != NULL || !held_add(&l->held, &m->job, m->slot, m->attempt)) {
        say_ended(event->peer, &m->job, m->slot, m->attempt, true, out);
        return;
    }
    say_to(out, ROOM_EXECUTOR, 0, &event->msg);
    say_working(l, out);
}

void work_outcome(struct leader *l, const struct msg_outcome *m, when_ms now, struct says *out) {
    struct msg fact;
    struct err err;
    if (!msg_decode(&fact, m->result, &err) || fact.kind != MSG_result_fact) {
        l->nonsense++;
        return;
    }
    const struct msg_result_fact *result = &fact.result_fact;
    bool lost = result->status == TRIAL_LOST || result->status == TRIAL_CANCELLED;
    if (!held_end(&l->held, &result->job, result->slot, result->attempt, lost, now))
        return;
    if (l->role == ROLE_FOLLOWS)
        say_ended(l->followed, &result->job, result->slot, result->attempt, lost, out);
    say_working(l, out);
}

static struct span encode_leases(struct leader *l, when_ms now) {
    struct buf leases = buf_of(l->leases, sizeof l->leases);
    held_encode(&l->held, now, &leases);
    return buf_view(&leases);
}

void work_report(struct leader *l, when_ms now, struct says *out) {
    l->report_at = now + REPORT_EVERY_MS;
    say_to(out, ROOM_MEMBER, l->followed,
           &(struct msg){.kind = MSG_report,
                         .report = {.term = l->stored.term,
                                    .slots = l->quitting ? 0 : l->slots,
                                    .load = l->load,
                                    .leases = encode_leases(l, now)}});
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
    self->report_slots = l->quitting ? 0 : l->slots;
    self->load = l->load;
    if (told)
        leases = encode_leases(l, now);
    work_say_worker(self, false, told ? &leases : NULL, out);
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
