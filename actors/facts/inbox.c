#include "actors/facts/facts_state.h"

#include "proto/base/check.h"

#include <string.h>

enum { ENTRY_HEADER = 5, FACT_OPS_BYTES = 700 };

/* ---- entries ---- */

bool inbox_put(struct inbox *b, enum inbox_kind kind, struct span bytes) {
    if (b->len + ENTRY_HEADER + bytes.len > INBOX_BYTES)
        return false;
    struct buf out = buf_of(b->entries + b->len, INBOX_BYTES - b->len);
    buf_byte(&out, (uint8_t)kind);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_byte(&out, (uint8_t)(bytes.len >> shift));
    buf_span(&out, bytes);
    b->len += out.len;
    return true;
}

static enum inbox_kind head_of(const struct inbox *b, struct span *bytes) {
    const uint8_t *at = b->entries;
    *bytes = span_of(at + ENTRY_HEADER,
                     (size_t)at[1] << 24 | (size_t)at[2] << 16 | (size_t)at[3] << 8 | at[4]);
    return (enum inbox_kind)at[0];
}

static void drop_head(struct inbox *b) {
    struct span bytes;
    (void)head_of(b, &bytes);
    size_t gone = ENTRY_HEADER + bytes.len;
    b->len -= gone;
    memmove(b->entries, b->entries + gone, b->len);
    b->wants_count = b->wants_read = 0;
    b->rows_len = 0;
    b->unknown = false;
    b->step = INBOX_IDLE;
    b->turns++;
}

/* It comes again, and all of its log that has come after it. */
static void refuse_head(struct facts *f, const struct bundle *bundle) {
    struct log *log = logs_find(&f->logs, &bundle->author, bundle->generation);
    log->queued = log->taken;
    drop_head(&f->inbox);
}

bool inbox_reads(const struct inbox *b, const struct job_id *job, uint64_t slot) {
    for (uint32_t i = 0; i < b->wants_count; i++) {
        if (b->wants[i].slot == slot && job_id_equal(&b->wants[i].job, job))
            return true;
    }
    return false;
}

/* ---- taking bundles ---- */

static void take_bundle(struct facts *f, struct neighbour *n, struct span bytes, when_ms now) {
    struct bundle b;
    struct err err;
    if (bytes.len > LIMIT_BUNDLE_BYTES || !bundle_peek(&b, bytes, &err) || b.count == 0 ||
        b.sequence > UINT64_MAX / 2 ||
        (node_id_equal(&b.author, &f->config.signer.id) && b.generation == f->batches.generation)) {
        f->nonsense++;
        return;
    }
    struct log *log = logs_get(&f->logs, &b.author, b.generation, false);
    if (log == NULL)
        return;
    uint32_t number = logs_number(&f->logs, log);
    uint64_t next = b.sequence + b.count;
    if (b.sequence == log->queued && f->inbox.len + bytes.len + ENTRY_HEADER <= INBOX_BYTES) {
        if (!bundle_open(&b, bytes, &err)) {
            f->nonsense++;
            return;
        }
        ensure(inbox_put(&f->inbox, INBOX_BUNDLE, bytes));
        log->queued = next;
    } else if (next > log->queued || next <= log->synced) {
        spread_remind(&f->spread, n, number, now); /* a gap, or it has not heard that it is here */
    }
    spread_sent_here(n, number, next, now);
}

void inbox_bundles(struct facts *f, uint32_t peer, const struct msg_bundles *bundles, when_ms now) {
    struct neighbour *n = spread_neighbour(&f->spread, peer);
    struct mp in = mp_of(bundles->bundles);
    while (n != NULL && mp_peek(&in) != MP_END && in.bad == NULL) {
        struct span bytes = mp_bin(&in);
        if (in.bad == NULL)
            take_bundle(f, n, bytes, now);
    }
    f->nonsense += n == NULL || in.bad != NULL;
}

/* ---- is the job known here? ---- */

void inbox_job_unknown(struct inbox *b, const struct job_id *job, bool carried) {
    if (carried || (b->asked && job_id_equal(&b->job, job)))
        b->unknown = true;
}

void inbox_job_over(struct inbox *b, const struct job_id *job) {
    b->over[b->over_next++ % INBOX_OVER] = *job;
}

static bool is_over(const struct inbox *b, const struct job_id *job) {
    uint32_t known = b->over_next < INBOX_OVER ? b->over_next : INBOX_OVER;
    for (uint32_t i = 0; i < known; i++) {
        if (job_id_equal(&b->over[i], job))
            return true;
    }
    return false;
}

/* False: an errand has to open it first, or to find that it is over. */
static bool is_settled(struct facts *f, const struct job_id *job, struct says *out) {
    struct inbox *b = &f->inbox;
    const struct seat *s = facts_seat(f, job);
    if (s != NULL)
        return s->state != SEAT_OPENING;
    if (is_over(b, job))
        return true;
    if (errand_pending(&f->errands, job))
        return false;
    if (b->asked && job_id_equal(&b->job, job)) {
        b->asked = false;
        if (b->unknown)
            return false;
        inbox_job_over(b, job);
        return true;
    }
    if (errands_full(&f->errands))
        return false;
    b->asked = true;
    b->unknown = false;
    b->job = *job;
    b->turns++;
    errand_want(f, 0, job, out);
    return false;
}

static const struct job_id *job_of(const struct msg *fact) {
    switch (fact->kind) {
    case MSG_proposal_fact: return &fact->proposal_fact.job;
    case MSG_result_fact: return &fact->result_fact.job;
    case MSG_end_fact: return &fact->end_fact.job;
    default: return NULL; /* what was printed is kept whatever becomes of its job */
    }
}

static bool all_settled(struct facts *f, struct bundle b, struct says *out) {
    struct msg fact;
    struct err err;
    while (bundle_next(&b, &fact, &err)) {
        const struct job_id *job = job_of(&fact);
        if (job != NULL && !is_settled(f, job, out))
            return false;
    }
    return true;
}

/* ---- rows that are wanted ---- */

static struct want *want_of(struct inbox *b, const struct job_id *job, uint64_t slot) {
    for (uint32_t i = 0; i < b->wants_count; i++) {
        if (b->wants[i].slot == slot && job_id_equal(&b->wants[i].job, job))
            return &b->wants[i];
    }
    return NULL;
}

static struct fact_key key_of(const struct bundle *b, uint64_t attempt, uint64_t number) {
    return (struct fact_key){
        .attempt = attempt, .author = b->author, .generation = b->generation, .number = number};
}

static struct seat *open_seat_of(struct facts *f, const struct job_id *job) {
    struct seat *s = facts_seat(f, job);
    return s != NULL && s->state == SEAT_OPEN ? s : NULL;
}

static void want(struct inbox *b, const struct job_id *job, uint64_t slot, bool again) {
    struct want *w = want_of(b, job, slot);
    if (w == NULL) {
        w = &b->wants[b->wants_count++];
        *w = (struct want){.job = *job, .slot = slot};
    }
    w->again = w->again || again;
}

/* The first of several results of one slot makes the row that the next one may want. */
static void want_rows(struct facts *f, struct bundle b) {
    struct {
        const struct seat *s;
        uint64_t slot;
    } seen[LIMIT_BATCH_FACTS];
    uint32_t seen_count = 0;
    struct msg fact;
    struct err err;
    for (uint64_t number = b.sequence; bundle_next(&b, &fact, &err); number++) {
        const struct msg_result_fact *r = &fact.result_fact;
        struct seat *s = fact.kind == MSG_result_fact ? open_seat_of(f, &r->job) : NULL;
        if (s == NULL || !fold_makes_sense(s, r))
            continue;
        const struct fact_key key = key_of(&b, r->attempt, number);
        bool again = false;
        for (uint32_t i = 0; i < seen_count && !again; i++)
            again = seen[i].slot == r->slot && seen[i].s == s;
        if (again || fold_needs(f, s, r, &key) == FOLD_WANTS_ROW)
            want(&f->inbox, &r->job, r->slot, again);
        seen[seen_count].s = s;
        seen[seen_count++].slot = r->slot;
    }
}

/* ---- folding ---- */

static void store_row(struct facts *f, struct want *w, struct span row) {
    struct inbox *b = &f->inbox;
    if (sizeof b->rows - b->rows_len < row.len) {
        w->bad =
            true; /* rows are about as large as the results that want them: not of our making */
        f->nonsense++;
        return;
    }
    if (row.len > 0)
        memcpy(b->rows + b->rows_len, row.data, row.len);
    w->at = b->rows_len;
    w->len = row.len;
    b->rows_len += row.len;
}

static void keep_row(struct facts *f, struct want *w, const struct trial_row *row) {
    uint8_t memory[LIMIT_JOB_SPEC_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    trial_row_encode(row, &out);
    store_row(f, w, buf_view(&out));
}

static void fold_one_result(struct facts *f, struct batch *batch, struct seat *s,
                            const struct msg_result_fact *result, const struct fact_key *key,
                            struct moment at) {
    struct want *w = want_of(&f->inbox, &result->job, result->slot);
    struct trial_row old = {0};
    if (w == NULL) {
        (void)fold_result(f, batch, s, result, key, NULL, at);
    } else if (!w->bad &&
               (w->len == 0 || trial_row_decode(&old, span_of(f->inbox.rows + w->at, w->len)))) {
        const struct trial_row row = fold_result(f, batch, s, result, key, &old, at);
        if (w->again)
            keep_row(f, w, &row);
    } else {
        f->nonsense++;
        return;
    }
    fold_judge_result(f, batch, s, result, at);
}

static void fold_fact(struct facts *f, struct batch *batch, const struct bundle *b,
                      const struct msg *fact, uint64_t number, struct moment at) {
    const struct job_id *job = job_of(fact);
    struct seat *s = job == NULL ? NULL : open_seat_of(f, job);
    struct fact_key key = key_of(b, 0, number);
    if (fact->kind == MSG_log_fact) {
        key.attempt = fact->log_fact.attempt;
        fold_log(batch, &fact->log_fact, &key);
    } else if (fact->kind == MSG_series_fact) {
        key.attempt = fact->series_fact.attempt;
        fold_series(batch, &fact->series_fact, &key);
    } else if (s != NULL && fact->kind == MSG_proposal_fact) {
        fold_proposal(f, batch, s, &fact->proposal_fact, &key);
    } else if (s != NULL && fact->kind == MSG_end_fact) {
        fold_end(f, batch, s, &fact->end_fact, at);
    } else if (s != NULL && fact->kind == MSG_result_fact &&
               fold_makes_sense(s, &fact->result_fact)) {
        key.attempt = fact->result_fact.attempt;
        fold_one_result(f, batch, s, &fact->result_fact, &key, at);
    }
}

/* Kept and folded in one transaction; waits while the disk does not keep up. */
static bool keep_bundle(struct facts *f, struct span bytes, struct bundle b, struct moment at) {
    struct log *log = logs_find(&f->logs, &b.author, b.generation);
    struct batch *batch =
        facts_room(f, 2 * bytes.len + b.count * FACT_OPS_BYTES + f->inbox.rows_len);
    struct msg fact;
    struct err err;
    ensure(log != NULL && log->taken == b.sequence);
    if (batch == NULL)
        return false;
    batch_keep(&f->batches, batch, log, b.count, bytes);
    bool alone = b.count == 1;
    for (uint64_t number = b.sequence; bundle_next(&b, &fact, &err); number++) {
        if (!alone || fact.kind != MSG_carried_fact)
            fold_fact(f, batch, &b, &fact, number, at);
    }
    return true;
}

static bool keep_own(struct facts *f, const struct msg *fact, size_t len, struct moment at) {
    const struct msg_result_fact *result = &fact->result_fact;
    struct seat *s = open_seat_of(f, &result->job);
    struct batch *batch = facts_room(f, 3 * len + FACT_OPS_BYTES + f->inbox.rows_len);
    if (batch == NULL)
        return false;
    const struct fact_key key = fold_sign(f, batch, fact);
    if (s != NULL)
        fold_one_result(f, batch, s, result, &key, at);
    return true;
}

/* ---- one after the other ---- */

static void wait_for_disk(struct facts *f, enum inbox_step step) {
    const struct batches *b = &f->batches;
    bool empty = !b->under_way && batch_is_empty(&b->ring[b->filling % BATCHES]);
    f->inbox.step = step;
    f->inbox.barrier = empty && b->filling == b->flying ? b->filling - 1 : b->filling;
    f->urgent = true;
    f->inbox.turns++;
}

static bool has_landed(const struct facts *f) {
    return f->batches.flying > f->inbox.barrier;
}

static void read_row(struct facts *f, enum table table, const struct job_id *job, bool one,
                     uint64_t slot, struct says *out) {
    uint8_t memory[JOB_ID_BYTES + 8];
    struct buf key = buf_of(memory, sizeof memory);
    if (one)
        trial_row_key(&key, job, slot);
    else
        buf_put(&key, job->bytes, sizeof job->bytes);
    f->inbox.scan = facts_scan(
        f, out, &(struct msg_scan){.table = table, .prefix = buf_view(&key), .limit = 1});
}

/* The one fact of a bundle, when it carries what a client signed. */
static bool is_carried(struct bundle b, struct span *carried) {
    struct msg fact;
    struct err err;
    if (b.count != 1 || !bundle_next(&b, &fact, &err) || fact.kind != MSG_carried_fact)
        return false;
    *carried = fact.carried_fact.bundle;
    return true;
}

/* The head with all that it wants: folded, kept, gone. */
static void finish_head(struct facts *f, struct moment at) {
    struct inbox *b = &f->inbox;
    struct span bytes;
    struct bundle bundle;
    struct msg fact;
    struct err err;
    bool done;
    if (head_of(b, &bytes) == INBOX_OWN) {
        ensure(msg_decode(&fact, bytes, &err));
        done = keep_own(f, &fact, bytes.len, at);
    } else {
        ensure(bundle_peek(&bundle, bytes, &err));
        done = keep_bundle(f, bytes, bundle, at);
    }
    if (done)
        drop_head(b);
}

static void begin_own(struct facts *f, struct span bytes, struct moment at) {
    struct msg fact;
    struct err err;
    ensure(msg_decode(&fact, bytes, &err)); /* it was, when it was taken */
    if (open_seat_of(f, &fact.result_fact.job) == NULL) {
        finish_head(f, at);
        return;
    }
    want(&f->inbox, &fact.result_fact.job, fact.result_fact.slot, false);
    wait_for_disk(f, INBOX_LANDS);
}

static void begin_carried(struct facts *f, struct span carried, struct moment at,
                          struct says *out) {
    struct inbox *b = &f->inbox;
    if (errands_full(&f->errands))
        return;
    b->errand = errand_carried(f, carried, out);
    b->trouble = false;
    if (!b->errand) { /* nothing a client may say: kept, because the log goes on behind it */
        finish_head(f, at);
        return;
    }
    b->step = INBOX_CARRIES;
    b->turns++;
}

static void begin_head(struct facts *f, struct moment at, struct says *out) {
    struct inbox *b = &f->inbox;
    struct span bytes, carried;
    struct bundle bundle;
    struct err err;
    if (head_of(b, &bytes) == INBOX_OWN) {
        begin_own(f, bytes, at);
        return;
    }
    ensure(bundle_peek(&bundle, bytes, &err));
    if (logs_find(&f->logs, &bundle.author, bundle.generation)->taken != bundle.sequence) {
        drop_head(b); /* came after one that was refused */
        return;
    }
    if (is_carried(bundle, &carried)) {
        begin_carried(f, carried, at, out);
        return;
    }
    if (!all_settled(f, bundle, out)) {
        if (!b->asked && b->unknown)
            refuse_head(f, &bundle);
        return;
    }
    want_rows(f, bundle);
    if (b->wants_count > 0)
        wait_for_disk(f, INBOX_LANDS);
    else
        finish_head(f, at);
}

static bool find_doubt(struct facts *f) {
    for (uint32_t i = 0; i < f->seats_used; i++) {
        if (f->seats[i].state == SEAT_OPEN && f->seats[i].doubtful) {
            f->inbox.doubted = i;
            return true;
        }
    }
    return false;
}

static void carried_on(struct facts *f, struct moment at) {
    struct inbox *b = &f->inbox;
    struct span bytes;
    struct bundle bundle;
    struct err err;
    if (b->errand)
        return;
    if (b->unknown) {
        (void)head_of(b, &bytes);
        ensure(bundle_peek(&bundle, bytes, &err));
        refuse_head(f, &bundle);
        return;
    }
    if (!b->trouble) {
        finish_head(f, at);
        return;
    }
    b->step = INBOX_IDLE;
    b->retry_at = at.now + INBOX_RETRY_MS;
    b->turns++;
}

/* The rows that are left, or the end of it. */
static void read_on(struct facts *f, struct moment at, struct says *out) {
    struct inbox *b = &f->inbox;
    if (b->wants_read == b->wants_count) {
        finish_head(f, at);
        return;
    }
    const struct want *w = &b->wants[b->wants_read];
    b->step = INBOX_READS;
    read_row(f, TABLE_trials, &w->job, true, w->slot, out);
}

void inbox_go(struct facts *f, struct moment at, struct says *out) {
    struct inbox *b = &f->inbox;
    if (b->retry_at > at.now)
        return;
    b->retry_at = INT64_MIN;
    switch (b->step) {
    case INBOX_IDLE:
        if (find_doubt(f))
            wait_for_disk(f, INBOX_DOUBTS);
        else if (b->len > 0)
            begin_head(f, at, out);
        break;
    case INBOX_CARRIES: carried_on(f, at); break;
    case INBOX_LANDS:
        if (has_landed(f))
            read_on(f, at, out);
        break;
    case INBOX_READS:
        if (b->wants_read == b->wants_count) /* there was no room in a batch */
            finish_head(f, at);
        break;
    case INBOX_DOUBTS:
        if (!has_landed(f))
            break;
        b->step = INBOX_READS_RANK;
        read_row(f, TABLE_rank, &f->seats[b->doubted].id, false, 0, out);
        break;
    case INBOX_READS_RANK:
    case INBOX_READS_BEST: break;
    }
}

/* ---- what the store answers ---- */

static void best_known(struct facts *f, const struct trial_row *row, struct moment at) {
    struct inbox *b = &f->inbox;
    struct seat *s = &f->seats[b->doubted];
    b->step = INBOX_IDLE;
    b->turns++;
    if (s->state != SEAT_OPEN || !s->doubtful) /* it was cancelled meanwhile */
        return;
    struct batch *batch = facts_room(f, 2 * BATCH_SUMMARY_BYTES);
    if (batch == NULL)
        return; /* asked again */
    seat_has_best(s, b->best, row);
    facts_touch(f, s);
    fold_judge(f, batch, s, at);
}

bool inbox_rows(struct facts *f, const struct msg_rows *rows, struct moment at, struct says *out) {
    struct inbox *b = &f->inbox;
    struct mp in = mp_of(rows->rows);
    struct trial_row row;
    if (b->scan == 0 || rows->ticket != b->scan)
        return false;
    b->scan = 0;
    struct span key = rows->rows.len > 0 ? mp_bin(&in) : (struct span){0};
    struct span value = rows->rows.len > 0 ? mp_bin(&in) : (struct span){0};
    if (rows->code != ERR_NONE) { /* the same question after a while */
        b->step = b->step == INBOX_READS ? INBOX_LANDS : INBOX_DOUBTS;
        b->retry_at = at.now + INBOX_RETRY_MS;
    } else if (b->step == INBOX_READS) {
        store_row(f, &b->wants[b->wants_read++], value);
        read_on(f, at, out);
    } else if (b->step == INBOX_READS_RANK && key.len > 0) {
        b->best = trial_row_rank_key_slot(key);
        b->step = INBOX_READS_BEST;
        read_row(f, TABLE_trials, &f->seats[b->doubted].id, true, b->best, out);
    } else {
        best_known(f, key.len > 0 && trial_row_decode(&row, value) ? &row : NULL, at);
    }
    return true;
}

when_ms inbox_deadline(const struct inbox *b) {
    return b->retry_at == INT64_MIN ? WHEN_NEVER : b->retry_at;
}
