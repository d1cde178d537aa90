/* intake - what a bundle of another node does to the rows, or will do once its job is open here. */
#include "actors/facts/facts_state.h"

#include "proto/base/check.h"

#include <string.h>

enum { FACT_OPS_BYTES = 700 };

static const struct job_id *job_of(const struct msg *fact) {
    switch (fact->kind) {
    case MSG_proposal_fact: return &fact->proposal_fact.job;
    case MSG_result_fact: return &fact->result_fact.job;
    case MSG_end_fact: return &fact->end_fact.job;
    default: return NULL; /* what was printed is kept whatever becomes of its job */
    }
}

static struct seat *folding_seat_of(struct facts *f, const struct job_id *job) {
    struct seat *s = facts_seat(f, job);
    return s != NULL && seat_folds(s) ? s : NULL;
}

/* Of a bundle of the backlog only what was put off of one job. */
static bool concerns(const struct inbox *b, const struct inbox_head *h, const struct job_id *job,
                     uint64_t number) {
    return h->kind != INBOX_AGAIN ||
           (job != NULL && job_id_equal(job, &b->again.job) && number >= b->again.from);
}

/* ---- what is put off ---- */

static struct put_off *put_off_of(struct inbox *b, const struct job_id *job) {
    for (uint32_t i = 0; i < b->put_off_count; i++) {
        if (job_id_equal(&b->put_off[i].job, job))
            return &b->put_off[i];
    }
    return NULL;
}

static struct put_off *put_off(struct inbox *b, const struct job_id *job) {
    struct put_off *p = put_off_of(b, job);
    if (p == NULL) {
        ensure(b->put_off_count < LIMIT_BATCH_FACTS);
        p = &b->put_off[b->put_off_count++];
        *p = (struct put_off){.job = *job};
    }
    return p;
}

/* Its place among the jobs that are known to be over; -1: it is none. */
static int over_of(const struct inbox *b, const struct job_id *job) {
    uint32_t known = b->over_next < INBOX_OVER ? b->over_next : INBOX_OVER;
    for (uint32_t i = 0; i < known; i++) {
        if (job_id_equal(&b->over[i].job, job))
            return (int)i;
    }
    return -1;
}

static void backlog_key(struct buf *out, const struct job_id *job, uint64_t place) {
    buf_put(out, job->bytes, sizeof job->bytes);
    buf_be64(out, place);
}

/* The facts of this job from this number on are folded when it is open here. */
static void write_off(struct facts *f, struct batch *batch, const struct job_id *job,
                      uint64_t place, uint64_t number) {
    struct put_off *p = put_off(&f->inbox, job);
    struct seat *s = facts_seat(f, job);
    if (p->written)
        return;
    p->written = true;
    uint8_t key_memory[JOB_ID_BYTES + 8], value_memory[16];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    struct buf value = buf_of(value_memory, sizeof value_memory);
    backlog_key(&key, job, place);
    mp_put_u64(&value, number);
    ops_put(&batch->ops, TABLE_backlog, buf_view(&key), buf_view(&value));
    f->inbox.backlog_batch = f->batches.filling;
    f->inbox.put_off_ever = true;
    if (s != NULL && seat_folds(s))
        inbox_backlog(&f->inbox, s);
    else if (s != NULL || over_of(&f->inbox, job) >= 0)
        f->inbox.late.wanted = true;
}

/* ---- is the job known here? ---- */

enum settled {
    SETTLED_HERE,  /* open */
    SETTLED_LATER, /* it cannot be opened now, or is over */
    SETTLED_NOT    /* an errand has to find out */
};

static enum settled settle(struct facts *f, const struct job_id *job, struct says *out) {
    struct inbox *b = &f->inbox;
    const struct seat *s = facts_seat(f, job);
    /* What is folded makes promises; what is only kept makes none, and others wait for it. */
    if (s != NULL && s->state <= SEAT_OPEN && pledge_holds(&f->pledge))
        return SETTLED_LATER;
    if (s != NULL)
        return s->state == SEAT_OPENING ? SETTLED_NOT
               : s->state == SEAT_OPEN  ? SETTLED_HERE
                                        : SETTLED_LATER;
    if (over_of(b, job) >= 0)
        return SETTLED_LATER;
    if (errand_pending(&f->errands, job))
        return SETTLED_NOT;
    if (b->asked && job_id_equal(&b->job, job)) {
        b->asked = false;
        if (!b->later)
            inbox_job_over(b, job, false);
        return SETTLED_LATER;
    }
    if (errands_full(&f->errands))
        return SETTLED_NOT;
    b->asked = true;
    b->later = false;
    b->job = *job;
    b->turns++;
    errand_want(f, 0, job, out);
    return SETTLED_NOT;
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

void intake_want(struct inbox *b, const struct job_id *job, uint64_t slot, bool again) {
    struct want *w = want_of(b, job, slot);
    if (w == NULL) {
        w = &b->wants[b->wants_count++];
        *w = (struct want){.job = *job, .slot = slot};
    }
    w->again = w->again || again;
    w->beside = false;
}

/* Of a job that is over nothing is remembered: what the other runs of a configuration came to is read, too. Without room for
 * them the result is put off; the first of a bundle has some. */
static void want_runs(struct inbox *b, const struct seat *s, uint64_t slot) {
    const uint64_t repeat = s->job.repeat, first = slot / repeat * repeat;
    for (uint64_t i = first; s->late && i - first < repeat; i++) {
        if (want_of(b, &s->id, i) != NULL)
            continue;
        if (b->wants_count + LIMIT_BATCH_FACTS >= INBOX_WANTS) {
            want_of(b, &s->id, slot)->bad = true;
            return;
        }
        b->wants[b->wants_count++] = (struct want){.job = s->id, .slot = i, .beside = true};
    }
}

/* Slots of which results came before in the same bundle. */
struct seen {
    uint32_t count;
    struct {
        const struct seat *s;
        uint64_t slot;
    } items[LIMIT_BATCH_FACTS];
};

/* The first of several results of one slot makes the row that the next one may want. */
static void look_for_row(struct facts *f, struct seen *seen, const struct msg_result_fact *r,
                         const struct fact_key *key) {
    struct seat *s = folding_seat_of(f, &r->job);
    if (s == NULL || !fold_makes_sense(s, r) || put_off_of(&f->inbox, &r->job) != NULL)
        return;
    bool again = false;
    for (uint32_t i = 0; i < seen->count && !again; i++)
        again = seen->items[i].slot == r->slot && seen->items[i].s == s;
    if (again || fold_needs(f, s, r, key) == FOLD_WANTS_ROW) {
        intake_want(&f->inbox, &r->job, r->slot, again);
        want_runs(&f->inbox, s, r->slot);
    }
    seen->items[seen->count].s = s;
    seen->items[seen->count++].slot = r->slot;
}

/* Of a job that is over every fact wants the slot's row, and makes the one that the next wants. */
static void look_for_late_row(struct facts *f, const struct msg_proposal_fact *p) {
    const struct seat *s = facts_seat(f, &p->job);
    if (s != NULL && s->state == SEAT_LATE)
        intake_want(&f->inbox, &p->job, p->slot, true);
}

/* Of a job of which facts were put off: an end, because a cancellation among them would hold and is folded first; and a slot
 * that it does not have, because what gives it more may be among them. */
static bool comes_early(struct facts *f, const struct msg *fact) {
    const struct seat *s = folding_seat_of(f, job_of(fact));
    if (!s->backlog)
        return false;
    switch (fact->kind) {
    case MSG_end_fact: return true;
    case MSG_result_fact: return fact->result_fact.slot >= s->job.trials;
    default: return fact->proposal_fact.slot >= s->job.trials;
    }
}

bool intake_look(struct facts *f, const struct inbox_head *h, struct says *out) {
    struct inbox *b = &f->inbox;
    struct bundle rest = h->bundle;
    struct seen seen = {.count = 0};
    struct msg fact;
    struct err err;
    b->wants_count = 0;
    for (uint64_t number = rest.sequence; bundle_next(&rest, &fact, &err); number++) {
        const struct job_id *job = job_of(&fact);
        uint32_t index = (uint32_t)(number - h->bundle.sequence);
        if (job == NULL || !concerns(b, h, job, number))
            continue;
        if (h->kind != INBOX_AGAIN && index >= b->looked) {
            enum settled settled = settle(f, job, out);
            if (settled == SETTLED_NOT)
                return false;
            if (settled == SETTLED_LATER || (settled == SETTLED_HERE && comes_early(f, &fact)))
                (void)put_off(b, job);
            b->looked = index + 1;
        }
        if (fact.kind == MSG_result_fact) {
            const struct fact_key key = key_of(&h->bundle, fact.result_fact.attempt, number);
            look_for_row(f, &seen, &fact.result_fact, &key);
        } else if (fact.kind == MSG_proposal_fact) {
            look_for_late_row(f, &fact.proposal_fact);
        }
    }
    return true;
}

/* ---- folding ---- */

/* What the mean of its configuration is made of. */
static void note_run(struct facts *f, const struct want *w, struct span bytes) {
    struct seat *s = folding_seat_of(f, &w->job);
    struct trial_row row;
    if (s != NULL && s->late && s->job.repeat > 1 && w->slot < s->job.trials && bytes.len > 0 &&
        trial_row_decode(&row, bytes) && row.finished)
        seat_remember(s, w->slot, &row);
}

void intake_row(struct facts *f, struct want *w, struct span row) {
    struct inbox *b = &f->inbox;
    note_run(f, w, row);
    if (w->beside)
        return;
    if (sizeof b->rows - b->rows_len < row.len) {
        w->bad = true;
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
    intake_row(f, w, buf_view(&out));
}

/* False: its row is wanted and was not read, because there was no room or because it was not wanted before. */
static bool fold_one_result(struct facts *f, struct batch *batch, struct seat *s,
                            const struct msg_result_fact *result, const struct fact_key *key,
                            struct moment at) {
    struct want *w = want_of(&f->inbox, &result->job, result->slot);
    struct trial_row old = {0};
    if (w == NULL ? fold_needs(f, s, result, key) == FOLD_WANTS_ROW : w->bad)
        return false;
    if (w != NULL && w->len > 0 &&
        !trial_row_decode(&old, span_of(f->inbox.rows + w->at, w->len))) {
        f->nonsense++;
        return true;
    }
    const struct trial_row row = fold_result(f, batch, s, result, key, w == NULL ? NULL : &old, at);
    if (w != NULL && w->again)
        keep_row(f, w, &row);
    fold_judge(f, batch, s, at);
    return true;
}

static bool fold_output(struct facts *f, struct batch *batch, const struct bundle *b,
                        const struct msg *fact, uint64_t number) {
    struct fact_key key = key_of(b, 0, number);
    if (fact->kind == MSG_log_fact) {
        key.attempt = fact->log_fact.attempt;
        fold_log(batch, &fact->log_fact, &key);
    } else if (fact->kind == MSG_series_fact) {
        key.attempt = fact->series_fact.attempt;
        fold_series(batch, &fact->series_fact, &key);
    } else if (fact->kind == MSG_reached_fact) {
        key.attempt = fact->reached_fact.attempt;
        fold_stands(f, batch, &fact->reached_fact, &key);
    } else {
        return false;
    }
    return true;
}

static bool fold_one_proposal(struct facts *f, struct batch *batch, struct seat *s,
                              const struct msg_proposal_fact *proposal,
                              const struct fact_key *key) {
    struct want *w = want_of(&f->inbox, &proposal->job, proposal->slot);
    struct trial_row old = {0};
    if (s->state == SEAT_OPEN) {
        fold_proposal(f, batch, s, proposal, key);
        return true;
    }
    if (w == NULL || w->bad)
        return false;
    if (w->len > 0 && !trial_row_decode(&old, span_of(f->inbox.rows + w->at, w->len))) {
        f->nonsense++;
        return true;
    }
    const struct trial_row row = fold_proposal_late(batch, s, proposal, key, &old);
    keep_row(f, w, &row);
    return true;
}

/* Is it a proposal of a job all of whose slots were finished? */
static bool matters_no_more(const struct inbox *b, const struct msg *fact) {
    int at = fact->kind == MSG_proposal_fact ? over_of(b, &fact->proposal_fact.job) : -1;
    return at >= 0 && b->over[at].whole;
}

/* False: it is to be folded later. */
static bool fold_fact(struct facts *f, struct batch *batch, const struct bundle *b,
                      const struct msg *fact, uint64_t number, struct moment at) {
    const struct job_id *job = job_of(fact);
    struct seat *s = facts_seat(f, job);
    struct fact_key key = key_of(b, 0, number);
    if (matters_no_more(&f->inbox, fact))
        return true;
    if (put_off_of(&f->inbox, job) != NULL || s == NULL || !seat_folds(s))
        return false;
    if (fact->kind == MSG_proposal_fact) {
        return fold_one_proposal(f, batch, s, &fact->proposal_fact, &key);
    }
    if (fact->kind == MSG_end_fact)
        fold_end(f, batch, s, &fact->end_fact, at);
    else if (fold_makes_sense(s, &fact->result_fact)) {
        key.attempt = fact->result_fact.attempt;
        return fold_one_result(f, batch, s, &fact->result_fact, &key, at);
    }
    return true;
}

/* What was put off of this bundle is folded, but for what was put off again. */
static void finish_again(struct facts *f, struct batch *batch) {
    struct inbox *b = &f->inbox;
    uint8_t memory[JOB_ID_BYTES + 8];
    struct buf key = buf_of(memory, sizeof memory);
    if (b->put_off_count > 0)
        return;
    backlog_key(&key, &b->again.job, b->again.place);
    ops_delete(&batch->ops, TABLE_backlog, buf_view(&key));
    b->backlog_batch = f->batches.filling; /* before that it would be found once more */
}

/* Its first bundle brings what shows that it may sign. */
static void keep_author(const struct facts *f, struct batch *batch, const struct node_id *node) {
    struct span certificate = author_certificate(authors_find(&f->logs.authors, node));
    if (certificate.len > 0)
        ops_put(&batch->ops, TABLE_authors, span_of(node->bytes, sizeof node->bytes), certificate);
}

size_t intake_bytes(const struct inbox *b, const struct inbox_head *h) {
    return 3 * h->bytes.len + h->bundle.count * FACT_OPS_BYTES + b->rows_len + AUTHOR_ROW_BYTES;
}

/* What a proposal was derived from is kept like what was printed, when its bundle is. */
static void keep_known(struct batch *batch, const struct inbox_head *h, const struct msg *fact,
                       uint64_t number) {
    const struct fact_key key = key_of(&h->bundle, 0, number);
    if (h->kind == INBOX_BUNDLE && fact->kind == MSG_proposal_fact)
        fold_known(batch, &fact->proposal_fact, &key);
}

bool intake_keep(struct facts *f, const struct inbox_head *h, struct moment at) {
    struct inbox *b = &f->inbox;
    struct bundle rest = h->bundle;
    struct batch *batch = facts_room_by(f, intake_bytes(b, h), facts_due(f, &rest.author, at.now));
    struct msg fact;
    struct err err;
    if (batch == NULL)
        return false;
    if (h->kind == INBOX_BUNDLE) {
        struct log *log = logs_find(&f->logs, &rest.author, rest.generation);
        ensure(log != NULL && log->taken == rest.sequence);
        if (rest.sequence == 0)
            keep_author(f, batch, &rest.author);
        batch_keep(&f->batches, batch, log, rest.count, h->bytes);
    }
    if (h->kind == INBOX_AGAIN) {
        const struct log *log = logs_find(&f->logs, &rest.author, rest.generation);
        if (log != NULL)
            batch_relies(batch, mark_of(&f->logs, log));
    }
    const uint64_t carried = h->kind == INBOX_BUNDLE ? batch->serial : b->again.place;
    const uint64_t others = carried | BACKLOG_OTHERS;
    for (uint64_t number = rest.sequence; bundle_next(&rest, &fact, &err); number++) {
        const struct job_id *job = job_of(&fact);
        keep_known(batch, h, &fact, number);
        if (fact.kind == MSG_carried_fact && b->step == INBOX_CARRIES && b->later)
            write_off(f, batch, &b->job, carried, number);
        else if (job == NULL && h->kind == INBOX_BUNDLE)
            (void)fold_output(f, batch, &h->bundle, &fact, number);
        else if (job != NULL && concerns(b, h, job, number) &&
                 !fold_fact(f, batch, &h->bundle, &fact, number, at))
            write_off(f, batch, job, others, number);
    }
    if (h->kind == INBOX_AGAIN)
        finish_again(f, batch);
    return true;
}

bool intake_keep_own(struct facts *f, struct span bytes, struct moment at) {
    struct msg fact;
    struct err err;
    ensure(msg_decode(&fact, bytes, &err)); /* it was, when it was taken */
    struct seat *s = folding_seat_of(f, &fact.result_fact.job);
    struct batch *batch = facts_room(f, 3 * bytes.len + FACT_OPS_BYTES + f->inbox.rows_len);
    if (batch == NULL)
        return false;
    if (s == NULL || s->state != SEAT_OPEN)
        return true; /* its job has ended meanwhile: it becomes no fact */
    const struct fact_key key = fold_sign(f, batch, s, &fact);
    if (!fold_one_result(f, batch, s, &fact.result_fact, &key, at))
        f->nonsense++; /* its row was read, and there is room for one */
    return true;
}
