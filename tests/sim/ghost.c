#include "tests/sim/world.h"

#include "actors/facts/trial_row.h"
#include "proto/base/check.h"
#include "proto/job_row.h"
#include "proto/running.h"
#include "store/store_mem.h"

#include <string.h>

typedef unsigned long long ull; /* for printf */

void ghost_node_up(struct world *w) {
    struct ghost *g = &w->ghost;
    memset(g->works, 0, sizeof g->works);
    g->capacity = 0;
    g->leases = 0;
}

void ghost_node_down(struct world *w) {
    ghost_check_promises(w);
}

static struct ghost_work *ghost_of(struct world *w, const struct job_id *id) {
    const struct work *work = people_work(w, id);
    world_ensure(w, work != NULL, "a job is spoken of that nobody submitted");
    return &w->ghost.works[work->number];
}

static const struct work *work_of(struct world *w, const struct ghost_work *g) {
    return &w->people.works[g - w->ghost.works];
}

static struct ghost_slot *slot_of(struct world *w, struct ghost_work *g, uint64_t slot) {
    const struct work *work = work_of(w, g);
    world_ensure(w, slot < work->job.trials, "slot %llu of job%u, which has %llu trials", (ull)slot,
                 work->number, (ull)work->job.trials);
    return &g->slots[slot];
}

static bool kept_trial(const struct world *w, const struct job_id *job, uint64_t slot,
                       struct trial_row *row) {
    uint8_t memory[JOB_ID_BYTES + 8];
    struct buf key = buf_of(memory, sizeof memory);
    struct span value;
    trial_row_key(&key, job, slot);
    *row = (struct trial_row){0};
    if (!store_mem_get(w->disk.store, TABLE_trials, buf_view(&key), &value))
        return false;
    ensure(trial_row_decode(row, value)); /* it was checked when it was kept */
    return true;
}

/* ---- leases ---- */

static void lease_said(struct world *w, const struct msg_lease *m) {
    struct ghost_work *g = ghost_of(w, &m->job);
    const struct work *work = work_of(w, g);
    struct ghost_slot *slot = slot_of(w, g, m->slot);
    struct trial_row row;
    bool kept = kept_trial(w, &m->job, m->slot, &row);
    world_ensure(w, !row.finished, "job%u #%llu is leased although it is finished", work->number,
                 (ull)m->slot);
    world_ensure(w, !slot->leased, "job%u #%llu is leased twice at once", work->number,
                 (ull)m->slot);
    world_ensure(w, g->open_at_sched, "job%u #%llu is leased although its job is over",
                 work->number, (ull)m->slot);
    world_ensure(w, m->attempt == row.attempts.made + 1,
                 "job%u #%llu is leased as attempt %llu after %u", work->number, (ull)m->slot,
                 (ull)m->attempt, row.attempts.made);
    world_ensure(w, !kept || span_equal(row.config, m->config),
                 "job%u #%llu is leased with another configuration", work->number, (ull)m->slot);
    g->leases++;
    w->ghost.leases++;
    world_ensure(w, w->ghost.leases <= w->ghost.capacity, "%u leases and room for %llu",
                 w->ghost.leases, (ull)w->ghost.capacity);
    world_ensure(w, work->job.parallel == 0 || g->leases <= work->job.parallel,
                 "job%u has %u leases at once, wants %u", work->number, g->leases,
                 work->job.parallel);
    *slot = (struct ghost_slot){.leased = true, .taken = true, .attempt = m->attempt};
}

static bool read_result(struct world *w, struct span bytes, struct msg_result_fact *result) {
    struct msg m;
    struct err err;
    world_ensure(w, msg_decode(&m, bytes, &err) && m.kind == MSG_result_fact,
                 "an outcome holds no result");
    *result = m.result_fact;
    return true;
}

static void outcome_said(struct world *w, const struct msg_outcome *m) {
    struct msg_result_fact result;
    read_result(w, m->result, &result);
    struct ghost_work *g = ghost_of(w, &result.job);
    struct ghost_slot *slot = slot_of(w, g, result.slot);
    world_ensure(w, slot->taken, "job%u #%llu has an outcome without a lease",
                 work_of(w, g)->number, (ull)result.slot);
    world_ensure(w, slot->attempt == result.attempt, "job%u #%llu: the outcome of another attempt",
                 work_of(w, g)->number, (ull)result.slot);
    slot->taken = false;
}

static void outcome_heard_by_sched(struct world *w, const struct msg_outcome *m) {
    struct msg_result_fact result;
    read_result(w, m->result, &result);
    struct ghost_work *g = ghost_of(w, &result.job);
    struct ghost_slot *slot = slot_of(w, g, result.slot);
    if (!slot->leased)
        return;
    slot->leased = false;
    g->leases--;
    w->ghost.leases--;
}

void ghost_spawned(struct world *w, uint32_t work, uint64_t number, uint64_t attempt) {
    struct ghost_slot *slot = slot_of(w, &w->ghost.works[work], number);
    world_ensure(w, slot->taken, "job%u #%llu is started without a lease", work, (ull)number);
    world_ensure(w, slot->attempt == attempt,
                 "job%u #%llu is started as attempt %llu, leased as %llu", work, (ull)number,
                 (ull)attempt, (ull)slot->attempt);
    world_ensure(w, !slot->spawned, "job%u #%llu is started twice under one lease", work,
                 (ull)number);
    slot->spawned = true;
}

/* ---- words of facts: true on the disk when they are said ---- */

static void admitted_said(struct world *w, const struct msg_admitted *m) {
    struct span value;
    if (m->code != ERR_NONE)
        return;
    world_ensure(w,
                 store_mem_get(w->disk.store, TABLE_jobs,
                               span_of(m->job.bytes, sizeof m->job.bytes), &value),
                 "a job is admitted that is not on the disk");
}

static void recorded_said(struct world *w, const struct msg_recorded *m) {
    const struct work *work = work_of(w, ghost_of(w, &m->job));
    struct trial_row row;
    world_ensure(w,
                 kept_trial(w, &m->job, m->slot, &row) && row.attempts.made == m->attempts &&
                     row.finished == m->finished,
                 "job%u #%llu is recorded, but not so on the disk", work->number, (ull)m->slot);
}

static void stand_said(struct world *w, const struct msg_job_stand *m) {
    struct msg row;
    struct msg_job_row kept;
    struct err err;
    struct span bytes;
    world_ensure(w, msg_decode(&row, m->row, &err) && row.kind == MSG_job_row,
                 "a summary that is none");
    const struct work *work = work_of(w, ghost_of(w, &row.job_row.job));
    world_ensure(w, ghost_summary(w, work, &kept, &bytes) && span_equal(bytes, m->row),
                 "job%u: the summary that is told is not the one on the disk", work->number);
}

static void shut_said(struct world *w, const struct msg_job_shut *m) {
    struct msg_job_row kept;
    struct span bytes;
    const struct work *work = work_of(w, ghost_of(w, &m->job));
    world_ensure(w,
                 /* trials of a cancelled job do not wait for the disk, only the answer does */
                 m->state == JOB_OPEN || m->state == JOB_CANCELLED ||
                     (ghost_summary(w, work, &kept, &bytes) && kept.state == m->state),
                 "job%u is said to be over, but not so on the disk", work->number);
}

/* ---- what the gateway shows ---- */

static void row_said(struct world *w, const struct msg_job_row *row) {
    struct ghost_work *g = ghost_of(w, &row->job);
    const struct work *work = work_of(w, g);
    struct msg_job_row kept;
    struct span bytes;
    world_ensure(w, ghost_summary(w, work, &kept, &bytes), "job%u is shown and not on the disk",
                 work->number);
    bool active = g->open_at_gateway && row->state == JOB_OPEN;
    world_ensure(w, row->active == active, "job%u is shown %s and is not", work->number,
                 row->active ? "active" : "resting");
    uint64_t running = active && w->now < g->running_until ? g->running : 0;
    uint64_t left = row->trials - job_row_finished(row);
    world_ensure(w, row->running == (running < left ? running : left),
                 "job%u is shown with %llu running, %llu are, %llu are left", work->number,
                 (ull)row->running, (ull)running, (ull)left);
    world_ensure(w, job_row_finished(row) <= job_row_finished(&kept),
                 "job%u is shown with %llu finished, %llu are", work->number,
                 (ull)job_row_finished(row), (ull)job_row_finished(&kept));
    world_ensure(w, !g->stood || job_row_finished(row) >= g->stood_finished,
                 "job%u is shown with %llu finished after %llu", work->number,
                 (ull)job_row_finished(row), (ull)g->stood_finished);
}

static void running_said(struct world *w, const struct msg_running *m) {
    const struct ghost_work *g = ghost_of(w, &m->job);
    world_ensure(w, m->count == g->leases, "job%u is told to have %llu running, has %u",
                 work_of(w, g)->number, (ull)m->count, g->leases);
}

static void gateway_heard(struct world *w, const struct msg *m) {
    struct msg row;
    struct err err;
    struct ghost_work *g;
    switch (m->kind) {
    case MSG_job_open: ghost_of(w, &m->job_open.job)->open_at_gateway = true; break;
    case MSG_job_shut:
        g = ghost_of(w, &m->job_shut.job);
        g->open_at_gateway = false;
        g->running_until = 0;
        break;
    case MSG_running:
        g = ghost_of(w, &m->running.job);
        g->running = m->running.count;
        g->running_until = g->open_at_gateway ? w->now + LOOK_MS : 0;
        break;
    case MSG_job_stand:
        ensure(msg_decode(&row, m->job_stand.row, &err)); /* stand_said has seen it */
        g = ghost_of(w, &row.job_row.job);
        g->stood = true;
        g->stood_finished = job_row_finished(&row.job_row);
        break;
    default: break;
    }
}

/* ---- the two ears ---- */

static void sched_heard(struct world *w, const struct msg *m) {
    switch (m->kind) {
    case MSG_capacity: w->ghost.capacity = m->capacity.slots; break;
    case MSG_job_open: ghost_of(w, &m->job_open.job)->open_at_sched = true; break;
    case MSG_job_shut: ghost_of(w, &m->job_shut.job)->open_at_sched = false; break;
    case MSG_outcome: outcome_heard_by_sched(w, &m->outcome); break;
    default: break;
    }
}

static void executor_heard(struct world *w, const struct msg *m) {
    if (m->kind == MSG_job_shut)
        programs_unwanted(w, people_work(w, &m->job_shut.job)->number);
    else if (m->kind == MSG_quit)
        programs_unwanted(w, UINT32_MAX);
}

void ghost_heard(struct world *w, enum room room, const struct event *event) {
    if (room == ROOM_SCHED)
        sched_heard(w, &event->msg);
    else if (room == ROOM_GATEWAY)
        gateway_heard(w, &event->msg);
    else if (room == ROOM_EXECUTOR)
        executor_heard(w, &event->msg);
}

static bool is_judged(enum room from, enum room to, enum msg_kind kind) {
    switch (from) {
    case ROOM_SCHED: return (kind == MSG_lease && to == ROOM_EXECUTOR) || kind == MSG_running;
    case ROOM_EXECUTOR: return kind == MSG_outcome && to == ROOM_SCHED;
    case ROOM_GATEWAY: return kind == MSG_job_row;
    case ROOM_FACTS:
        return kind == MSG_admitted || kind == MSG_recorded || kind == MSG_job_stand ||
               (kind == MSG_job_shut && to == ROOM_SCHED);
    default: return false;
    }
}

void ghost_said(struct world *w, enum room room, const struct frame *frame) {
    struct mp peek = mp_of(frame->message);
    (void)mp_array(&peek);
    enum msg_kind kind = (enum msg_kind)mp_u64(&peek);
    struct msg m;
    struct err err;
    if (!is_judged(room, frame->to, kind))
        return;
    ensure(msg_decode(&m, frame->message, &err));
    switch (kind) {
    case MSG_lease: lease_said(w, &m.lease); break;
    case MSG_running: running_said(w, &m.running); break;
    case MSG_outcome: outcome_said(w, &m.outcome); break;
    case MSG_job_row: row_said(w, &m.job_row); break;
    case MSG_admitted: admitted_said(w, &m.admitted); break;
    case MSG_recorded: recorded_said(w, &m.recorded); break;
    case MSG_job_stand: stand_said(w, &m.job_stand); break;
    case MSG_job_shut: shut_said(w, &m.job_shut); break;
    default: break;
    }
}
