#include "tests/sim/fleet/rules.h"

#include "store/store_mem.h"
#include "tests/sim/fleet/fleet.h"

#include <string.h>

/* ---- what a disk holds of a job ---- */

bool rules_summary(const struct host *h, const struct work *work, struct msg_job_row *row) {
    uint8_t memory[8 + JOB_ID_BYTES];
    struct buf key = buf_of(memory, sizeof memory);
    struct span bytes;
    struct msg m;
    struct err err;
    buf_be64(&key, (uint64_t)work->created);
    buf_put(&key, work->id.bytes, sizeof work->id.bytes);
    if (!store_mem_get(h->disk.store, TABLE_summaries, buf_view(&key), &bytes))
        return false;
    fleet_ensure(h->fleet, msg_decode(&m, bytes, &err) && m.kind == MSG_job_row,
                 "host %u keeps a summary that is none", h->number);
    *row = m.job_row;
    return true;
}

bool rules_is_over(const struct fleet *f, uint32_t work) {
    struct msg_job_row row;
    for (uint32_t i = 0; i < f->draft.hosts; i++) {
        if (rules_summary(&f->hosts[i], &f->crowd.works[work], &row) && row.state != JOB_OPEN)
            return true;
    }
    return false;
}

bool rules_is_shut(const struct fleet *f, uint32_t work) {
    const struct work *w = &f->crowd.works[work];
    struct msg_job_row row;
    for (uint32_t i = 0; i < f->draft.hosts; i++) {
        if (!rules_summary(&f->hosts[i], w, &row))
            continue;
        bool reached = row.state == JOB_DONE && w->job.objectives[0].has_target;
        if (row.state == JOB_CANCELLED || row.state == JOB_FAILED || reached)
            return true;
    }
    return f->rules->cancel_asked[work];
}

uint64_t rules_trials(const struct fleet *f, const struct work *work) {
    return f->rules->more_asked[work->number] ? work->more : work->job.trials;
}

bool rules_has_result(const struct host *h, const struct work *work, uint64_t slot) {
    uint64_t on = 0;
    for (size_t i = 0; i < ATTEMPTS_WATCHED; i++)
        on |= h->fleet->rules->result_on[work->number][slot][i];
    return (on >> h->number & 1) != 0;
}

/* ---- lives ---- */

void rules_host_up(struct host *h) {
    struct fleet *f = h->fleet;
    struct rule_host *r = &f->rules->hosts[h->number];
    struct msg_job_row row;
    f->rules->gone &= ~((uint64_t)1 << h->number);
    r->holders = 0;
    r->counts = false;
    r->leads = r->gives = false;
    r->late_at = INT64_MIN / 2;
    r->leader = -1;
    r->lead_term = 0;
    r->map_sum = 0;
    r->stored = (struct epoch){0};
    memset(r->shut, 0, sizeof r->shut);
    memset(r->stood, 0, sizeof r->stood);
    memset(r->ended, 0, sizeof r->ended);
    memset(r->seen, 0, sizeof r->seen);
    for (uint32_t i = 0; i < f->crowd.works_count; i++) {
        const struct work *work = &f->crowd.works[i];
        r->over_at_start[i] = rules_summary(h, work, &row) && row.state == JOB_CANCELLED;
    }
}

/* ---- ears ---- */

static void facts_heard(struct host *h, const struct event *event) {
    const struct msg_node_known *m = &event->msg.node_known;
    struct rule_host *r = &h->fleet->rules->hosts[h->number];
    if (event->msg.kind != MSG_node_known)
        return;
    int32_t host = fleet_host_of(h->fleet, &m->node);
    bool holds = m->active && m->state == MEMBER_ALIVE && (m->flags & MEMBER_STORES) != 0;
    fleet_ensure(h->fleet, host >= 0, "host %u knows a node that is none", h->number);
    if (m->peer == 0)
        r->counts = holds;
    else if (holds)
        r->holders |= (uint64_t)1 << host;
    else
        r->holders &= ~((uint64_t)1 << host);
}

/* Of the ends only a failure may turn out to be none; what is done is opened again with more trials than it was before. */
static void hear_state(struct host *h, const struct job_id *job, enum job_state state,
                       uint64_t trials) {
    const struct work *work = crowd_work(h->fleet, job);
    fleet_ensure(h->fleet, work != NULL, "host %u opens or ends a job that nobody submitted",
                 h->number);
    struct rule_host *r = &h->fleet->rules->hosts[h->number];
    enum job_state *shut = &r->shut[work->number];
    const bool more = *shut == JOB_DONE && trials > r->opened_with[work->number];
    if (state == JOB_OPEN)
        r->opened_with[work->number] = trials;
    fleet_ensure(h->fleet, state != JOB_OPEN || *shut == JOB_OPEN || *shut == JOB_FAILED || more,
                 "host %u opens job%u again, which is %s", h->number, work->number,
                 job_state_name(*shut));
    *shut = state;
}

static void executor_heard(struct host *h, const struct event *event) {
    const struct msg *m = &event->msg;
    if (m->kind == MSG_lease && event->from == ROOM_LEADER)
        rule_lease_passed(h, &m->lease);
    if (m->kind == MSG_job_open)
        hear_state(h, &m->job_open.job, JOB_OPEN, m->job_open.trials);
    if (m->kind == MSG_job_shut && m->job_shut.state != JOB_OPEN)
        hear_state(h, &m->job_shut.job, (enum job_state)m->job_shut.state, 0);
}

void rules_heard(struct host *h, enum room room, const struct event *event) {
    enum msg_kind kind = event->msg.kind;
    if (room == ROOM_FACTS)
        facts_heard(h, event);
    else if (room == ROOM_EXECUTOR)
        executor_heard(h, event);
    else if (room == ROOM_SCHED && kind == MSG_lead)
        rule_sched_told(h, &event->msg.lead);
    else if (room == ROOM_LEADER && (kind == MSG_saved || kind == MSG_rows))
        rule_epoch_told(h);
}

static bool is_judged(enum room from, enum room to, enum msg_kind kind) {
    switch (kind) {
    case MSG_claim:
    case MSG_report: return from == ROOM_LEADER;
    case MSG_lead: return to == ROOM_GATEWAY;
    case MSG_farewell: return from == ROOM_ELASTIC;
    case MSG_exhausted:
    case MSG_lease: return from == ROOM_SCHED;
    case MSG_reached:
    case MSG_spawn: return from == ROOM_EXECUTOR;
    case MSG_outcome: return from == ROOM_EXECUTOR && to == ROOM_FACTS;
    case MSG_accuse: return from == ROOM_MEMBER;
    case MSG_note: return from == ROOM_TUNER;
    case MSG_admitted:
    case MSG_job_stand:
    case MSG_dropped:
    case MSG_recorded: return from == ROOM_FACTS;
    default: return false;
    }
}

void rules_said(struct host *h, enum room room, const struct frame *frame) {
    struct mp peek = mp_of(frame->message);
    struct msg m;
    struct err err;
    (void)mp_array(&peek);
    if (!is_judged(room, frame->to, (enum msg_kind)mp_u64(&peek)))
        return;
    fleet_ensure(h->fleet, msg_decode(&m, frame->message, &err), "a frame that cannot be read");
    switch (m.kind) {
    case MSG_admitted: rule_admitted(h, &m.admitted); break;
    case MSG_farewell: rule_farewell(h, &m.farewell); break;
    case MSG_job_stand: rule_stand(h, &m.job_stand); break;
    case MSG_recorded: rule_recorded(h, &m.recorded); break;
    case MSG_spawn: rule_spawn(h, &m.spawn); break;
    case MSG_reached: rule_reached(h, &m.reached); break;
    case MSG_outcome: rule_ended(h, &m.outcome); break;
    case MSG_dropped: rule_dropped(h, &m.dropped); break;
    case MSG_exhausted: rule_exhausted(h, &m.exhausted); break;
    case MSG_accuse: rule_accused(h); break;
    case MSG_note: rule_noted(h, &m.note); break;
    default: rule_epoch_said(h, &m); break;
    }
}

/* ---- disks ---- */

static bool is_term(const struct op *op) {
    return op->table == TABLE_meta && op->put && span_equal(op->key, span_text("term"));
}

void rules_save(struct host *h, struct span bytes) {
    struct op op;
    bool wrong;
    for (struct ops ops = ops_of(bytes); ops_next(&ops, &op, &wrong);) {
        if (is_term(&op))
            rule_epoch_kept(h, op.value);
        else if (op.table == TABLE_heads)
            rule_head_kept(h, &op);
        else if (op.table == TABLE_trials)
            rule_trial_kept(h, &op);
    }
    fleet_ensure(h->fleet, !wrong, "host %u says a transaction that cannot be read", h->number);
}

void rules_saved(struct host *h, struct span bytes) {
    struct op op;
    bool wrong;
    for (struct ops ops = ops_of(bytes); ops_next(&ops, &op, &wrong);) {
        if (op.table == TABLE_log)
            rule_bundle_kept(h, op.value);
        else if (op.table == TABLE_summaries)
            rule_summary_kept(h, op.value);
    }
}
