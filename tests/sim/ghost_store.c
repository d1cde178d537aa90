#include "tests/sim/world.h"

#include "actors/facts/trial_row.h"
#include "proto/base/check.h"
#include "store/store_mem.h"

#include <string.h>

typedef unsigned long long ull; /* for printf */

enum { PUTS_MAX = 4 * LIMIT_BATCH_FACTS };

/* What one transaction says about slots, in its order. */
struct slot_put {
    uint32_t work;
    uint64_t slot;
    uint64_t attempt; /* 0: a proposal */
    enum trial_status status;
};

/* ---- reading the disk ---- */

bool ghost_summary(const struct world *w, const struct work *work, struct msg_job_row *row,
                   struct span *bytes) {
    uint8_t memory[8 + JOB_ID_BYTES];
    struct buf key = buf_of(memory, sizeof memory);
    struct msg m;
    struct err err;
    buf_be64(&key, (uint64_t)work->created);
    buf_put(&key, work->id.bytes, sizeof work->id.bytes);
    if (!store_mem_get(w->disk.store, TABLE_summaries, buf_view(&key), bytes))
        return false;
    ensure(msg_decode(&m, *bytes, &err) &&
           m.kind == MSG_job_row); /* it was checked when it was kept */
    *row = m.job_row;
    return true;
}

static bool is_of(struct span key, const struct job_id *job) {
    return key.len >= JOB_ID_BYTES && memcmp(key.data, job->bytes, JOB_ID_BYTES) == 0;
}

uint64_t ghost_rows(const struct world *w, int table, const struct job_id *job) {
    const struct store *s = w->disk.store;
    size_t first = store_mem_find(s, (enum table)table, span_of(job->bytes, JOB_ID_BYTES));
    uint64_t count = 0;
    struct span key, value;
    for (size_t i = first; i < store_mem_rows(s, (enum table)table); i++, count++) {
        store_mem_row(s, (enum table)table, i, &key, &value);
        if (!is_of(key, job))
            break;
    }
    return count;
}

static const struct work *work_of_key(struct world *w, struct span key) {
    struct job_id id;
    world_ensure(w, key.len >= JOB_ID_BYTES, "a key that begins with no job");
    memcpy(id.bytes, key.data, JOB_ID_BYTES);
    const struct work *work = people_work(w, &id);
    world_ensure(w, work != NULL, "rows of a job that nobody submitted");
    return work;
}

/* ---- before it is kept ---- */

static void judge_write_once(struct world *w, const struct op *op) {
    struct span old;
    world_ensure(w, op->put, "a row of table '%s' is deleted", table_name(op->table));
    if (store_mem_get(w->disk.store, op->table, op->key, &old))
        world_ensure(w, span_equal(old, op->value),
                     "a row of table '%s' is changed, which is written once",
                     table_name(op->table));
}

/* How the slot stands after one more attempt: written once more, so that a wrong rule is not
 * measured by itself. */
static bool fold(struct attempts *a, const struct retry *allowed, enum trial_status status) {
    a->made++;
    switch (status) {
    case TRIAL_AGAIN: return ++a->again > 1000;
    case TRIAL_CRASHED: return ++a->crash > allowed->crash;
    case TRIAL_TRANSIENT:
    case TRIAL_INTERRUPTED: return ++a->transient > allowed->transient;
    default: return true;
    }
}

static void judge_trial(struct world *w, const struct op *op, struct slot_put *put) {
    const struct work *work = work_of_key(w, op->key);
    struct span bytes;
    struct trial_row old = {0}, row;
    uint64_t slot = trial_row_key_slot(op->key);
    bool had = store_mem_get(w->disk.store, TABLE_trials, op->key, &bytes);
    world_ensure(w, op->put && trial_row_decode(&row, op->value), "a trial's row cannot be read");
    world_ensure(w, slot < work->job.trials, "job%u has no #%llu", work->number, (ull)slot);
    ensure(!had || trial_row_decode(&old, bytes));
    world_ensure(w, !old.finished, "job%u #%llu is finished and changes", work->number, (ull)slot);
    world_ensure(w, !had || span_equal(old.config, row.config),
                 "job%u #%llu gets another configuration", work->number, (ull)slot);
    *put = (struct slot_put){
        .work = work->number, .slot = slot, .attempt = row.attempts.made, .status = row.status};
    if (row.status == TRIAL_OPEN) {
        world_ensure(w, !had, "job%u #%llu was begun and is proposed anew", work->number,
                     (ull)slot);
        return;
    }
    world_ensure(w, row.status != TRIAL_LOST, "job%u #%llu: an attempt that was lost is kept",
                 work->number, (ull)slot);
    struct attempts a = old.attempts;
    bool finished = fold(&a, &work->job.retry, row.status);
    world_ensure(w, memcmp(&a, &row.attempts, sizeof a) == 0,
                 "job%u #%llu: its attempts were forgotten", work->number, (ull)slot);
    world_ensure(w, finished == row.finished, "job%u #%llu: finished too early or too late",
                 work->number, (ull)slot);
}

static void judge_summary(struct world *w, const struct op *op) {
    struct msg m;
    struct err err;
    struct msg_job_row old;
    struct span bytes;
    world_ensure(w, op->put && msg_decode(&m, op->value, &err) && m.kind == MSG_job_row,
                 "a summary cannot be read");
    const struct work *work = people_work(w, &m.job_row.job);
    world_ensure(w, work != NULL && op->key.len == 8 + JOB_ID_BYTES, "a summary of no job");
    if (!ghost_summary(w, work, &old, &bytes) || old.state == JOB_OPEN)
        return;
    world_ensure(w, old.state == m.job_row.state, "job%u was %s and becomes %s", work->number,
                 job_state_name((enum job_state)old.state),
                 job_state_name((enum job_state)m.job_row.state));
}

/* The results and proposals of the node are the rows of the transaction, in their order; `at` goes on from bundle to
 * bundle. */
static void judge_facts(struct world *w, struct bundle *b, const struct slot_put *puts,
                        size_t count, size_t *at) {
    struct msg fact;
    struct err err;
    while (bundle_next(b, &fact, &err)) {
        if (fact.kind != MSG_result_fact && fact.kind != MSG_proposal_fact)
            continue;
        world_ensure(w, *at < count, "a fact has no row");
        const struct slot_put *put = &puts[(*at)++];
        const struct job_id *job = &w->people.works[put->work].id;
        bool same = fact.kind == MSG_result_fact
                        ? job_id_equal(&fact.result_fact.job, job) &&
                              fact.result_fact.slot == put->slot &&
                              fact.result_fact.attempt == put->attempt &&
                              fact.result_fact.status == put->status
                        : job_id_equal(&fact.proposal_fact.job, job) &&
                              fact.proposal_fact.slot == put->slot && put->attempt == 0;
        world_ensure(w, same, "a fact and its row differ: job%u #%llu", put->work, (ull)put->slot);
    }
}

static void open_bundle(const struct world *w, const struct op *op, struct bundle *b) {
    struct err err;
    world_ensure(w, bundle_open(b, op->value, &err), "a bundle that does not verify: %s", err.what);
}

/* What a client signed stands under its own key. */
static void judge_bundle(struct world *w, const struct op *op) {
    struct bundle b;
    uint8_t memory[NODE_ID_BYTES + 16];
    struct buf key = buf_of(memory, sizeof memory);
    open_bundle(w, op, &b);
    bundle_key(&key, &b.author, b.generation, b.sequence);
    world_ensure(w, span_equal(buf_view(&key), op->key), "a bundle under another one's key");
}

/* One more bundle of the node's log: it goes on where the one before ended, under the next serial. */
static void judge_log(struct world *w, const struct op *op, const struct slot_put *puts,
                      size_t count, size_t *at) {
    struct ghost *g = &w->ghost;
    struct bundle b;
    open_bundle(w, op, &b);
    world_ensure(w, node_id_equal(&b.author, &w->cast->node.id),
                 "a log of a node that there is not");
    bool next = b.generation == g->generation ? b.sequence == g->sequence
                                              : b.generation > g->generation && b.sequence == 0;
    world_ensure(w, next, "the number of a fact is used twice, or one is left out");
    world_ensure(w, b.generation != g->generation || g->generation_life == w->node.life,
                 "a generation goes on after a restart");
    world_ensure(w, op->key.len == 8 && read_be64(op->key.data) == g->serial + 1,
                 "a bundle arrives under another serial than the next");
    g->serial++;
    g->generation = b.generation;
    g->generation_life = w->node.life;
    g->sequence = b.sequence + b.count;
    judge_facts(w, &b, puts, count, at);
}

void ghost_save(struct world *w, struct span bytes) {
    static struct slot_put puts[PUTS_MAX];
    size_t count = 0, told = 0;
    struct op op;
    bool wrong;
    for (struct ops ops = ops_of(bytes); ops_next(&ops, &op, &wrong);) {
        if (op.table == TABLE_jobs || op.table == TABLE_bundles || op.table == TABLE_series ||
            op.table == TABLE_logs || op.table == TABLE_log || op.table == TABLE_log_index)
            judge_write_once(w, &op);
        if (op.table == TABLE_summaries)
            judge_summary(w, &op);
        if (op.table == TABLE_bundles)
            judge_bundle(w, &op);
        if (op.table == TABLE_trials) {
            ensure(count < PUTS_MAX);
            judge_trial(w, &op, &puts[count++]);
        }
    }
    world_ensure(w, !wrong, "a transaction cannot be read");
    for (struct ops ops = ops_of(bytes); ops_next(&ops, &op, &wrong);) {
        if (op.table == TABLE_log)
            judge_log(w, &op, puts, count, &told);
    }
    world_ensure(w, told == count, "rows without facts: %zu of %zu", count - told, count);
}

/* ---- after it is kept: the summary and the ranks are those of the trials ---- */

static void judge_rank(const struct world *w, const struct work *work, uint64_t slot,
                       const struct trial_row *row) {
    uint8_t memory[RANK_KEY_BYTES_MAX];
    struct buf key = buf_of(memory, sizeof memory);
    struct span value;
    const struct measure m = trial_row_measure(row, &work->job);
    trial_row_rank_key(&key, &work->id, &work->job, &m, slot);
    world_ensure(w, store_mem_get(w->disk.store, TABLE_rank, buf_view(&key), &value),
                 "job%u #%llu has a value and no rank", work->number, (ull)slot);
}

static void judge_end(const struct world *w, const struct work *work, uint64_t slot,
                      enum trial_status status) {
    uint8_t memory[JOB_ID_BYTES + 16];
    struct buf key = buf_of(memory, sizeof memory);
    struct span value;
    trial_row_end_key(&key, &work->id, status, slot);
    world_ensure(w, store_mem_get(w->disk.store, TABLE_ends, buf_view(&key), &value),
                 "job%u #%llu is not among those that are %s", work->number, (ull)slot,
                 trial_status_name(status));
}

static void count_trial(struct msg_job_row *sum, const struct work *work, uint64_t slot,
                        const struct trial_row *row) {
    if (!row->finished)
        return;
    sum->done += row->status == TRIAL_DONE;
    sum->infeasible += row->status == TRIAL_INFEASIBLE;
    sum->failed += row->status != TRIAL_DONE && row->status != TRIAL_INFEASIBLE;
    sum->retried += row->attempts.made - 1;
    if (!row->has_value || (sum->has_best && !job_better(&work->job, row->value, sum->best_value)))
        return;
    sum->has_best = true;
    sum->best_slot = slot;
    sum->best_value = row->value;
}

static void judge_end_counts(const struct work *work, const struct msg_job_row *kept,
                             const uint64_t sum[TRIAL_STATUS_COUNT], const struct world *w) {
    uint64_t of[TRIAL_STATUS_COUNT] = {0};
    if (kept->infeasible + kept->failed > 0)
        world_ensure(w, end_counts_decode(of, kept->end_counts),
                     "job%u: its counts of endings cannot be read", work->number);
    for (size_t i = 0; i < TRIAL_STATUS_COUNT; i++)
        world_ensure(w, of[i] == sum[i], "job%u: %llu trials are %s, the summary says %llu",
                     work->number, (ull)sum[i], trial_status_name((enum trial_status)i),
                     (ull)of[i]);
}

static void judge_job(const struct world *w, const struct work *work) {
    const struct store *s = w->disk.store;
    struct msg_job_row kept, sum = {0};
    uint64_t end_counts[TRIAL_STATUS_COUNT] = {0}, ended = 0;
    struct span bytes, key, value;
    uint64_t valued = 0, trials = ghost_rows(w, TABLE_trials, &work->id);
    size_t first = store_mem_find(s, TABLE_trials, span_of(work->id.bytes, JOB_ID_BYTES));
    for (size_t i = first; i < first + trials; i++) {
        struct trial_row row;
        store_mem_row(s, TABLE_trials, i, &key, &value);
        ensure(trial_row_decode(&row, value));
        count_trial(&sum, work, trial_row_key_slot(key), &row);
        if (row.finished && row.status != TRIAL_DONE) {
            end_counts[row.status]++;
            ended++;
            judge_end(w, work, trial_row_key_slot(key), row.status);
        }
        if (!row.finished || !row.has_value)
            continue;
        valued++;
        judge_rank(w, work, trial_row_key_slot(key), &row);
    }
    world_ensure(w, ghost_rows(w, TABLE_rank, &work->id) == valued, "job%u has ranks of no trial",
                 work->number);
    world_ensure(w, ghost_rows(w, TABLE_ends, &work->id) == ended, "job%u has ends of no trial",
                 work->number);
    world_ensure(w, ghost_summary(w, work, &kept, &bytes), "job%u has no summary", work->number);
    world_ensure(w,
                 kept.done == sum.done && kept.infeasible == sum.infeasible &&
                     kept.failed == sum.failed && kept.retried == sum.retried,
                 "job%u: the summary counts %llu done %llu infeasible %llu failed %llu retried, "
                 "the trials are %llu %llu "
                 "%llu %llu",
                 work->number, (ull)kept.done, (ull)kept.infeasible, (ull)kept.failed,
                 (ull)kept.retried, (ull)sum.done, (ull)sum.infeasible, (ull)sum.failed,
                 (ull)sum.retried);
    judge_end_counts(work, &kept, end_counts, w);
    world_ensure(w,
                 kept.has_best == sum.has_best &&
                     (!sum.has_best ||
                      (kept.best_slot == sum.best_slot && kept.best_value >= sum.best_value &&
                       kept.best_value <= sum.best_value)),
                 "job%u: the summary has another best trial", work->number);
    world_ensure(w,
                 kept.state != JOB_DONE || kept.cause.len > 0 ||
                     sum.done + sum.infeasible + sum.failed == work->job.trials,
                 "job%u is done with %llu of %llu trials", work->number,
                 (ull)(sum.done + sum.infeasible + sum.failed), (ull)work->job.trials);
}

void ghost_saved(struct world *w, struct span bytes) {
    bool touched[PLAN_JOBS_MAX] = {false};
    struct op op;
    bool wrong;
    for (struct ops ops = ops_of(bytes); ops_next(&ops, &op, &wrong);) {
        if (op.table == TABLE_trials || op.table == TABLE_rank || op.table == TABLE_jobs)
            touched[work_of_key(w, op.key)->number] = true;
        else if (op.table == TABLE_summaries)
            touched[work_of_key(w, span_from(op.key, 8))->number] = true;
    }
    for (uint32_t i = 0; i < w->people.works_count; i++) {
        if (touched[i])
            judge_job(w, &w->people.works[i]);
    }
}

void ghost_check_promises(const struct world *w) {
    for (uint32_t i = 0; i < w->people.works_count; i++) {
        const struct work *work = &w->people.works[i];
        struct msg_job_row row;
        struct span bytes;
        if (!work->accepted)
            continue;
        world_ensure(w,
                     store_mem_get(w->disk.store, TABLE_jobs, span_of(work->id.bytes, JOB_ID_BYTES),
                                   &bytes) &&
                         ghost_summary(w, work, &row, &bytes),
                     "job%u was accepted and is lost", i);
        world_ensure(w, !work->cancelled || row.state == JOB_CANCELLED,
                     "job%u was cancelled and is not", i);
    }
}
