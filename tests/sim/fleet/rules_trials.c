/* What is run and what becomes of a slot (F8, F9). */
#include "actors/facts/trial_row.h"
#include "proto/job/ladder.h"
#include "store/store_mem.h"
#include "tests/sim/fleet/fleet.h"

#include <string.h>

typedef unsigned long long ull; /* for printf */

static void note_parent(struct host *h, const struct msg_spawn *m, uint32_t number, uint64_t slot) {
    uint64_t parent;
    const struct work *work = &h->fleet->crowd.works[number];
    h->fleet->rules->hosts[h->number].parent[number][slot] =
        runs_parent(m, &parent) ? parent + 1 : 0;
    fleet_ensure(h->fleet,
                 m->from.len == 0 || (job_copies(&work->job) && runs_parent(m, &parent) &&
                                      parent != slot && parent < rules_trials(h->fleet, work)),
                 "host %u begins job%u #%llu with the checkpoint '%.*s'", h->number, number,
                 (ull)slot, (int)m->from.len, (const char *)m->from.data);
}

/* What ran is whose copy its configuration says. */
static void ran_as_said(struct host *h, const struct work *work, const struct msg_result_fact *r) {
    const uint64_t parent = job_config_parent(&work->job, r->config);
    const uint64_t said = parent == JOB_NO_PARENT ? 0 : parent + 1;
    fleet_ensure(h->fleet, h->fleet->rules->hosts[h->number].parent[work->number][r->slot] == said,
                 "host %u: job%u #%llu is a copy of %llu, and began as one of %llu", h->number,
                 work->number, (ull)r->slot, (ull)said,
                 (ull)h->fleet->rules->hosts[h->number].parent[work->number][r->slot]);
}

void rule_spawn(struct host *h, const struct msg_spawn *m) {
    uint32_t number;
    uint64_t slot, attempt;
    if (runs_is_look(m))
        return;
    runs_what(h, m, &number, &slot, &attempt);
    const struct rule_host *r = &h->fleet->rules->hosts[h->number];
    fleet_ensure(h->fleet, number < h->fleet->crowd.works_count, "host %u runs a trial of no job",
                 h->number);
    const struct job *job = &h->fleet->crowd.works[number].job;
    fleet_ensure(h->fleet, slot < rules_trials(h->fleet, &h->fleet->crowd.works[number]),
                 "job%u has no #%llu, host %u runs it", number, (ull)slot, h->number);
    /* What could not be started where it was given to is tried elsewhere, or there once more. */
    bool bounded = h->fleet->draft.unable == 0;
    const uint32_t pauses = ladder_of_job(&job->rungs).count - 1;
    fleet_ensure(h->fleet,
                 attempt >= 1 &&
                     (!bounded || attempt <= 1u + pauses + job->retry.crash + job->retry.transient),
                 "job%u #%llu: attempt %llu is one too many", number, (ull)slot, (ull)attempt);
    fleet_ensure(h->fleet, !runs_now(h, number, slot, attempt),
                 "host %u runs attempt %llu of job%u #%llu twice at once", h->number, (ull)attempt,
                 number, (ull)slot);
    note_parent(h, m, number, slot);
    fleet_ensure(h->fleet, r->shut[number] == JOB_OPEN && !r->over_at_start[number],
                 "host %u runs #%llu of job%u, which it knows to be over", h->number, (ull)slot,
                 number);
}

void rule_reached(struct host *h, const struct msg_reached *m) {
    struct msg fact;
    struct err err;
    fleet_ensure(h->fleet, msg_decode(&fact, m->fact, &err) && fact.kind == MSG_reached_fact,
                 "host %u says a rung that cannot be read", h->number);
    const struct msg_reached_fact *reached = &fact.reached_fact;
    const struct work *work = crowd_work(h->fleet, &reached->job);
    fleet_ensure(h->fleet, work != NULL && reached->slot < rules_trials(h->fleet, work),
                 "host %u says a rung of no trial", h->number);
    h->fleet->rules->hosts[h->number].stood[work->number][reached->slot] =
        (uint8_t)reached->attempt;
}

void rule_ended(struct host *h, const struct msg_outcome *m) {
    struct msg fact;
    struct err err;
    fleet_ensure(h->fleet, msg_decode(&fact, m->result, &err) && fact.kind == MSG_result_fact,
                 "host %u says an end that cannot be read", h->number);
    const struct msg_result_fact *r = &fact.result_fact;
    const struct work *work = crowd_work(h->fleet, &r->job);
    struct rule_host *rules = &h->fleet->rules->hosts[h->number];
    if (work == NULL)
        return;
    if (r->status != TRIAL_LOST && r->status != TRIAL_CANCELLED)
        rules->ended[work->number][r->slot] = (uint8_t)r->attempt;
    if (r->status == TRIAL_DONE || r->status == TRIAL_STOPPED)
        ran_as_said(h, work, r);
    fleet_ensure(h->fleet,
                 (r->status != TRIAL_STOPPED && r->status != TRIAL_PAUSED) ||
                     rules->stood[work->number][r->slot] == (uint8_t)r->attempt,
                 "host %u: attempt %llu of job%u #%llu is %s and came to no rung itself", h->number,
                 (ull)r->attempt, work->number, (ull)r->slot,
                 trial_status_name((enum trial_status)r->status));
}

void rule_dropped(struct host *h, const struct msg_dropped *m) {
    const struct work *work = crowd_work(h->fleet, &m->job);
    if (work != NULL)
        h->fleet->rules->hosts[h->number].ended[work->number][m->slot] = 0;
}

/* What runs is waited for, where a search ends before its last trial. */
static void nothing_runs(const struct host *h, const struct work *work) {
    for (uint64_t slot = 0; slot < rules_trials(h->fleet, work); slot++)
        for (uint64_t attempt = 1; attempt < ATTEMPTS_WATCHED; attempt++)
            fleet_ensure(h->fleet, !runs_now(h, work->number, slot, attempt),
                         "host %u calls job%u over, and #%llu runs there", h->number, work->number,
                         (ull)slot);
}

void rule_exhausted(struct host *h, const struct msg_exhausted *m) {
    const struct work *work = crowd_work(h->fleet, &m->job);
    const struct rules *rules = h->fleet->rules;
    fleet_ensure(h->fleet, work != NULL, "host %u calls a job over that nobody submitted",
                 h->number);
    if (m->hopeless)
        nothing_runs(h, work);
    for (uint64_t slot = 0; slot < rules_trials(h->fleet, work); slot++) {
        uint8_t attempt = rules->hosts[h->number].ended[work->number][slot];
        if (attempt == 0 || attempt >= ATTEMPTS_WATCHED)
            continue;
        fleet_ensure(h->fleet,
                     (rules->result_on[work->number][slot][attempt] >> h->number & 1) != 0,
                     "host %u calls job%u over, and attempt %u of #%llu has just ended there",
                     h->number, work->number, attempt, (ull)slot);
    }
}

void rule_trial_kept(struct host *h, const struct op *op) {
    struct span bytes;
    struct trial_row old = {0}, row;
    fleet_ensure(h->fleet, op->put && trial_row_decode(&row, op->value),
                 "host %u keeps a trial that cannot be read", h->number);
    struct job_id job;
    memcpy(job.bytes, op->key.data, sizeof job.bytes);
    const struct work *work = crowd_work(h->fleet, &job);
    fleet_ensure(h->fleet,
                 work != NULL && trial_row_key_slot(op->key) < rules_trials(h->fleet, work) &&
                     row.attempts.made <= (uint64_t)ATTEMPTS_WATCHED * HOSTS_MAX,
                 "host %u keeps a trial that does not exist", h->number);
    if (!store_mem_get(h->disk.store, TABLE_trials, op->key, &bytes) ||
        !trial_row_decode(&old, bytes))
        return;
    fleet_ensure(h->fleet, row.finished || !old.finished,
                 "host %u: #%llu was finished and is not any more", h->number,
                 (ull)trial_row_key_slot(op->key));
    fleet_ensure(h->fleet, row.attempts.made >= old.attempts.made,
                 "host %u: #%llu forgets attempts", h->number, (ull)trial_row_key_slot(op->key));
}
