/* What is on the disks (F1, F3), and what may be promised of it (F5). */
#include "proto/job_row.h"
#include "proto/status.h"
#include "store/store_mem.h"
#include "tests/sim/fleet/fleet.h"
#include "tests/sim/fleet/liar.h"

typedef unsigned long long ull; /* for printf */

static uint64_t hash_of(struct span bytes) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ bytes.data[i]) * 0x100000001b3u;
    return hash | 1;
}

/* ---- one number, one string of bytes, everywhere ---- */

static void judge_bytes(struct host *h, const struct bundle *b, struct span bytes) {
    struct rules *rules = h->fleet->rules;
    uint8_t memory[NODE_ID_BYTES + 16];
    struct buf key = buf_of(memory, sizeof memory);
    bundle_key(&key, &b->author, b->generation, b->sequence);
    uint64_t name = hash_of(buf_view(&key)), content = hash_of(bytes);
    size_t cell = name % BUNDLE_CELLS;
    for (; rules->bundles[cell].key != 0; cell = (cell + 1) % BUNDLE_CELLS) {
        if (rules->bundles[cell].key != name)
            continue;
        fleet_ensure(h->fleet, rules->bundles[cell].bytes == content,
                     "host %u keeps other facts under a number that is used", h->number);
        return;
    }
    fleet_ensure(h->fleet, ++rules->bundles_count < BUNDLE_CELLS / 2,
                 "too many bundles to be watched");
    rules->bundles[cell].key = name;
    rules->bundles[cell].bytes = content;
}

static void take_proposal(struct host *h, const struct msg_proposal_fact *m) {
    const struct work *work = crowd_work(h->fleet, &m->job);
    fleet_ensure(h->fleet, work != NULL && m->slot < rules_trials(h->fleet, work),
                 "host %u keeps a proposal of no trial", h->number);
}

static void take_result(struct host *h, const struct msg_result_fact *m) {
    const struct work *work = crowd_work(h->fleet, &m->job);
    fleet_ensure(h->fleet, work != NULL && m->slot < rules_trials(h->fleet, work),
                 "host %u keeps a result of no trial", h->number);
    uint64_t attempt = m->attempt < ATTEMPTS_WATCHED ? m->attempt : ATTEMPTS_WATCHED - 1;
    h->fleet->rules->result_on[work->number][m->slot][attempt] |= (uint64_t)1 << h->number;
    enum trial_status status = TRIAL_OPEN;
    fleet_ensure(h->fleet,
                 trial_status_of(m->status, &status) &&
                     runs_deserves(h->fleet, work->number, m->slot, m->attempt, status),
                 "host %u keeps that attempt %llu of job%u #%llu ended as '%s', which it did not",
                 h->number, (ull)m->attempt, work->number, (ull)m->slot, trial_status_name(status));
    uint64_t *ended_by = &h->fleet->rules->ended_by[work->number][m->slot];
    if (trial_status_final(status) && (*ended_by == 0 || attempt < *ended_by))
        *ended_by = attempt;
    uint64_t *done_by = &h->fleet->rules->done_by[work->number][m->slot];
    if (status == TRIAL_DONE && *done_by != 0 && *done_by != attempt)
        h->fleet->rules->differed[work->number] = true;
    if (status == TRIAL_DONE)
        *done_by = attempt;
}

bool rules_differed(const struct fleet *f, const struct work *work) {
    return f->rules->differed[work->number];
}

static void take_carried(struct host *h, struct span bytes) {
    struct rules *rules = h->fleet->rules;
    struct bundle b;
    struct msg fact;
    struct err err;
    fleet_ensure(h->fleet, bundle_open(&b, bytes, &err), "host %u keeps what nobody signed",
                 h->number);
    while (bundle_next(&b, &fact, &err)) {
        struct job_id id =
            fact.kind == MSG_job_fact ? job_id_of(&fact.job_fact) : fact.control_fact.job;
        const struct work *work = crowd_work(h->fleet, &id);
        fleet_ensure(h->fleet, work != NULL, "host %u keeps a job that nobody submitted",
                     h->number);
        fleet_ensure(h->fleet, node_id_equal(&b.author, &h->fleet->cast->people[work->owner].id),
                     "host %u keeps what somebody else than its owner says of job%u", h->number,
                     work->number);
        if (fact.kind == MSG_job_fact)
            rules->job_on[work->number] |= (uint64_t)1 << h->number;
        else if (fact.control_fact.verb == CONTROL_EXTEND)
            rules->more_on[work->number] |= (uint64_t)1 << h->number;
        else
            rules->cancel_on[work->number] |= (uint64_t)1 << h->number;
    }
}

void rule_bundle_kept(struct host *h, struct span bytes) {
    struct bundle b;
    struct msg fact;
    struct err err;
    fleet_ensure(h->fleet, bundle_open(&b, bytes, &err),
                 "host %u keeps a bundle that does not verify", h->number);
    judge_bytes(h, &b, bytes);
    fleet_ensure(h->fleet, fleet_host_of(h->fleet, &b.author) >= 0,
                 "host %u keeps the facts of a node that is none", h->number);
    if (b.generation == LIAR_GENERATION) { /* kept, and nothing may come of it */
        fleet_ensure(h->fleet, h->fleet->hosts[fleet_host_of(h->fleet, &b.author)].has_lied,
                     "host %u keeps a lie in the name of another", h->number);
        return;
    }
    while (bundle_next(&b, &fact, &err)) {
        if (fact.kind == MSG_result_fact)
            take_result(h, &fact.result_fact);
        else if (fact.kind == MSG_proposal_fact)
            take_proposal(h, &fact.proposal_fact);
        else if (fact.kind == MSG_carried_fact)
            take_carried(h, fact.carried_fact.bundle);
    }
}

/* A job's own rows may be there before the bundle that brought it is. */
void rule_summary_kept(struct host *h, struct span value) {
    struct rules *rules = h->fleet->rules;
    struct msg m;
    struct err err;
    fleet_ensure(h->fleet, msg_decode(&m, value, &err) && m.kind == MSG_job_row,
                 "host %u keeps a summary that is none", h->number);
    const struct work *work = crowd_work(h->fleet, &m.job_row.job);
    fleet_ensure(h->fleet, work != NULL, "host %u keeps a job that nobody submitted", h->number);
    rules->job_on[work->number] |= (uint64_t)1 << h->number;
    fleet_ensure(h->fleet, m.job_row.state != JOB_CANCELLED || rules->cancel_asked[work->number],
                 "host %u takes job%u for cancelled, its owner never asked for that", h->number,
                 work->number);
    if (m.job_row.state == JOB_CANCELLED)
        rules->cancel_on[work->number] |= (uint64_t)1 << h->number;
    const bool more = m.job_row.trials > work->job.trials;
    fleet_ensure(h->fleet, m.job_row.trials == (more ? work->more : work->job.trials),
                 "host %u gives job%u %llu trials", h->number, work->number, (ull)m.job_row.trials);
    fleet_ensure(h->fleet, !more || rules->more_asked[work->number],
                 "host %u extends job%u, its owner never asked for that", h->number, work->number);
    fleet_ensure(h->fleet, more || (rules->more_counts[work->number] >> h->number & 1) == 0,
                 "host %u forgets that job%u was extended", h->number, work->number);
    rules->more_counts[work->number] |= (uint64_t)more << h->number;
}

void rule_head_kept(struct host *h, const struct op *op) {
    struct span old;
    fleet_ensure(h->fleet, op->put, "host %u forgets how far a log is", h->number);
    if (!store_mem_get(h->disk.store, TABLE_heads, op->key, &old))
        return;
    fleet_ensure(h->fleet,
                 old.len == 8 && op->value.len == 8 &&
                     read_be64(old.data) <= read_be64(op->value.data),
                 "host %u: a log becomes shorter", h->number);
}

/* ---- promises: on as many disks as the job wants, of those that stay, as far as there are so many ---- */

static uint32_t bits(uint64_t set) {
    uint32_t count = 0;
    for (; set != 0; set &= set - 1)
        count++;
    return count;
}

static bool is_enough(const struct host *h, const struct work *work, uint64_t on) {
    const struct rule_host *r = &h->fleet->rules->hosts[h->number];
    uint64_t self = (uint64_t)1 << h->number;
    uint64_t holders = r->holders | (r->counts || r->holders == 0 ? self : 0);
    uint32_t want = bits(holders);
    if (want > work->job.copies)
        want = work->job.copies;
    for (uint32_t i = 0; i < h->fleet->draft.hosts; i++)
        on |= (uint64_t)h->fleet->hosts[i].has_lied << i; /* nobody can know better */
    return bits(on & holders) >= want;
}

void rule_admitted(struct host *h, const struct msg_admitted *m) {
    struct rules *rules = h->fleet->rules;
    const struct work *work = m->code == ERR_NONE ? crowd_work(h->fleet, &m->job) : NULL;
    if (work == NULL)
        return;
    uint32_t i = work->number;
    if (is_enough(h, work, rules->job_on[i]))
        rules->job_promised[i] = true;
    if (rules->cancel_on[i] != 0 && is_enough(h, work, rules->cancel_on[i]))
        rules->cancel_promised[i] = true;
    if (rules->more_on[i] != 0 && is_enough(h, work, rules->more_on[i]))
        rules->more_promised[i] = true;
}

void rule_accepted(struct host *h, uint32_t work, enum rule_order order) {
    const struct rules *rules = h->fleet->rules;
    const struct rule_host *r = &rules->hosts[h->number];
    static const char *const orders[] = {"", "to cancel ", "to extend "};
    const bool promised[] = {rules->job_promised[work], rules->cancel_promised[work],
                             rules->more_promised[work]};
    const uint64_t on[] = {rules->job_on[work], rules->cancel_on[work], rules->more_on[work]};
    fleet_ensure(h->fleet, promised[order],
                 "host %u accepts %sjob%u, which lies on the disks of %llx; it counts on %llx%s",
                 h->number, orders[order], work, (ull)on[order], (ull)r->holders,
                 r->counts ? " and itself" : "");
}

/* Every attempt up to this one that this disk knows of lies on enough of them. */
static bool slot_is_safe(const struct host *h, const struct work *work, uint64_t slot,
                         uint64_t up_to) {
    const uint64_t *on = h->fleet->rules->result_on[work->number][slot];
    bool known = false;
    for (size_t i = 0; i < ATTEMPTS_WATCHED && i <= up_to; i++) {
        if ((on[i] >> h->number & 1) == 0)
            continue;
        known = true;
        if (!is_enough(h, work, on[i]))
            return false;
    }
    return known;
}

/* Attempts beyond the first one that ends a slot are not waited for. */
static uint64_t promised_slots(const struct host *h, const struct work *work) {
    uint64_t *promised = &h->fleet->rules->promised[work->number];
    uint64_t count = 0;
    for (uint64_t slot = 0; slot < rules_trials(h->fleet, work); slot++) {
        uint64_t ended_by = h->fleet->rules->ended_by[work->number][slot];
        if (slot_is_safe(h, work, slot, ended_by > 0 ? ended_by : ATTEMPTS_WATCHED))
            *promised |= (uint64_t)1 << slot;
        count += *promised >> slot & 1;
    }
    return count;
}

void rule_stand(struct host *h, const struct msg_job_stand *m) {
    struct msg row;
    struct err err;
    fleet_ensure(h->fleet, msg_decode(&row, m->row, &err) && row.kind == MSG_job_row,
                 "host %u says a summary that is none", h->number);
    const struct msg_job_row *r = &row.job_row;
    const struct work *work = crowd_work(h->fleet, &r->job);
    fleet_ensure(h->fleet, work != NULL, "host %u sums up a job that nobody submitted", h->number);
    uint64_t safe = promised_slots(h, work), told = job_row_finished(r);
    fleet_ensure(h->fleet, told <= safe,
                 "host %u tells that %llu trials of job%u are over, %llu lie on enough disks",
                 h->number, (ull)told, work->number, (ull)safe);
}

void rule_recorded(struct host *h, const struct msg_recorded *m) {
    const struct work *work = crowd_work(h->fleet, &m->job);
    fleet_ensure(h->fleet, work != NULL && m->slot < rules_trials(h->fleet, work),
                 "a result of no trial is recorded");
    (void)promised_slots(h, work);
    fleet_ensure(h->fleet,
                 slot_is_safe(h, work, m->slot, m->attempts) ||
                     (h->fleet->rules->promised[work->number] >> m->slot & 1) != 0,
                 "host %u: job%u #%llu counts as recorded and lies on too few disks", h->number,
                 work->number, (ull)m->slot);
}

/* A host shows what its own disk has. */
void rule_row_shown(struct host *h, const struct msg_job_row *row) {
    const struct work *work = crowd_work(h->fleet, &row->job);
    fleet_ensure(h->fleet, work != NULL, "host %u shows a job that nobody submitted", h->number);
    uint64_t told = job_row_finished(row), known = 0;
    for (uint64_t slot = 0; slot < rules_trials(h->fleet, work); slot++)
        known += rules_has_result(h, work, slot);
    fleet_ensure(h->fleet, told <= known, "host %u shows %llu trials of job%u, its disk has %llu",
                 h->number, (ull)told, work->number, (ull)known);
}

/* ---- departures ---- */

static bool is_left(const struct rules *rules, uint64_t on) {
    return on == 0 || (on & ~rules->gone) != 0;
}

/* Who was killed has not gone: its disk comes back. */
void rule_farewell(struct host *h, const struct msg_farewell *m) {
    struct fleet *f = h->fleet;
    struct rules *rules = f->rules;
    if (!m->done || !h->gone_for_good)
        return;
    rules->gone |= (uint64_t)1 << h->number;
    for (uint32_t i = 0; i < f->crowd.works_count; i++) {
        bool left = is_left(rules, rules->job_on[i]) && is_left(rules, rules->cancel_on[i]) &&
                    is_left(rules, rules->more_on[i]);
        for (size_t slot = 0; slot < WORK_SLOTS_MAX; slot++) {
            for (size_t attempt = 0; attempt < ATTEMPTS_WATCHED; attempt++)
                left = left && is_left(rules, rules->result_on[i][slot][attempt]);
        }
        fleet_ensure(f, left, "host %u goes, and with it the last disk with a fact of job%u",
                     h->number, i);
    }
}
