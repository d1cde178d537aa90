#include "actors/facts/facts_state.h"

#include "proto/base/check.h"

#include <assert.h>
#include <string.h>

enum { ENTRY_HEADER = 5 };

static_assert(0 + INBOX_BYTES == 0 + SPREAD_INBOX_BYTES, "others send as much as fits");

/* ---- entries ---- */

static size_t room_of(const struct inbox *b) {
    return INBOX_BYTES - (b->end - b->begin);
}

static bool fits(const struct inbox *b, struct span bytes) {
    return ENTRY_HEADER + bytes.len <= room_of(b);
}

bool inbox_put(struct inbox *b, enum inbox_kind kind, struct span bytes) {
    if (!fits(b, bytes))
        return false;
    if (ENTRY_HEADER + bytes.len > INBOX_BYTES - b->end) {
        b->end -= b->begin;
        memmove(b->entries, b->entries + b->begin, b->end);
        b->begin = 0;
    }
    struct buf out = buf_of(b->entries + b->end, INBOX_BYTES - b->end);
    buf_byte(&out, (uint8_t)kind);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_byte(&out, (uint8_t)(bytes.len >> shift));
    buf_span(&out, bytes);
    b->end += out.len;
    return true;
}

static struct inbox_head head_of(const struct inbox *b) {
    const uint8_t *at = b->entries + b->begin;
    struct inbox_head h;
    struct err err;
    if (b->again.len > 0)
        h = (struct inbox_head){.kind = INBOX_AGAIN,
                                .bytes = span_of(b->again.bytes, b->again.len)};
    else
        h = (struct inbox_head){
            .kind = (enum inbox_kind)at[0],
            .bytes = span_of(at + ENTRY_HEADER, (size_t)at[1] << 24 | (size_t)at[2] << 16 |
                                                    (size_t)at[3] << 8 | at[4])};
    ensure(h.kind == INBOX_OWN || bundle_peek(&h.bundle, h.bytes, &err)); /* it was, when it came */
    return h;
}

/* What was found out is of one head: nothing of it may stand for the next one. */
static void change_head(struct inbox *b) {
    b->wants_count = b->wants_read = 0;
    b->rows_len = 0;
    b->looked = b->put_off_count = 0;
}

static void drop_head(struct inbox *b) {
    if (b->again.len > 0)
        b->again.len = 0;
    else
        b->begin += ENTRY_HEADER + head_of(b).bytes.len;
    if (b->begin == b->end) /* pages that were never needed stay untouched */
        b->begin = b->end = 0;
    change_head(b);
    b->step = INBOX_IDLE;
    b->turns++;
}

bool inbox_reads(const struct inbox *b, const struct job_id *job, uint64_t slot) {
    for (uint32_t i = 0; i < b->wants_count; i++) {
        if (b->wants[i].slot == slot && job_id_equal(&b->wants[i].job, job))
            return true;
    }
    return false;
}

void inbox_job_later(struct inbox *b, const struct job_id *job, bool carried) {
    if (carried || (b->asked && job_id_equal(&b->job, job)))
        b->later = true;
}

void inbox_job_over(struct inbox *b, const struct job_id *job, bool whole) {
    const uint32_t at = b->over_next++ % INBOX_OVER;
    b->over[at].job = *job;
    b->over[at].whole = whole;
}

void inbox_job_goes_on(struct inbox *b, const struct job_id *job) {
    for (uint32_t i = 0; i < INBOX_OVER; i++) {
        if (job_id_equal(&b->over[i].job, job))
            b->over[i].job = (struct job_id){{0}}; /* no job's: they are hashes */
    }
}

void inbox_backlog(struct inbox *b, struct seat *s) {
    s->backlog = b->backlogs = true;
    s->put_offs++;
}

/* ---- taking bundles ---- */

/* The author of a bundle that begins a log is one of the cluster: it is known as such, or this shows it. */
static bool knows_author(struct facts *f, const struct node_id *author, struct span certificate) {
    struct certificate c;
    struct err err;
    if (f->config.certificate_len == 0) /* not in a cluster: no other node signs anything */
        return false;
    if (authors_find(&f->logs.authors, author) != NULL)
        return true;
    return certificate_check(certificate, f->config.cluster, ROLE_NODE, 0, &c, &err) &&
           node_id_equal(&c.node, author) && authors_add(&f->logs.authors, author, certificate);
}

/* Only a bundle that can be kept makes a log. NULL: nothing of it is taken. */
static struct log *begin_log(struct facts *f, const struct bundle *b, struct span certificate) {
    if (!knows_author(f, &b->author, certificate)) {
        f->strangers++;
        return NULL;
    }
    if (!logs_has_share(&f->logs, &b->author))
        return NULL;
    return logs_get(&f->logs, &b->author, b->generation, false);
}

static void take_next(struct facts *f, struct neighbour *n, const struct bundle *b, struct log *log,
                      struct span bytes, when_ms now) {
    uint32_t number = logs_number(&f->logs, log);
    uint64_t next = b->sequence + b->count;
    if (b->sequence == log->queued && inbox_put(&f->inbox, INBOX_BUNDLE, bytes))
        log->queued = next;
    else if (next > log->queued || next <= log->synced)
        spread_remind(&f->spread, n, number, now); /* a gap, or it has not heard that it is here */
    courier_came(n, number, next, now);
}

/* Whoever sends what this life has signed itself has missed that it is synced here, and would send it for ever. */
static void own_came_back(struct facts *f, struct neighbour *n, const struct bundle *b,
                          when_ms now) {
    const struct log *log = logs_find(&f->logs, &b->author, b->generation);
    if (log != NULL && b->sequence + b->count <= log->synced)
        spread_remind(&f->spread, n, logs_number(&f->logs, log), now);
    else if (log == NULL || b->sequence + b->count > log->taken)
        f->nonsense++;
}

static void take_bundle(struct facts *f, struct neighbour *n, struct span bytes, struct mp *certs,
                        when_ms now) {
    struct bundle b, opened;
    struct err err;
    if (bytes.len > LIMIT_BUNDLE_BYTES || !bundle_peek(&b, bytes, &err) || b.count == 0 ||
        b.sequence > UINT64_MAX / 2) {
        f->forged++;
        return;
    }
    if (node_id_equal(&b.author, &f->config.signer.id) && b.generation == f->batches.generation) {
        own_came_back(f, n, &b, now);
        return;
    }
    bool begins = b.sequence == 0 && mp_peek(certs) != MP_END;
    struct span certificate = begins ? mp_bin(certs) : (struct span){0};
    struct log *log = logs_find(&f->logs, &b.author, b.generation);
    bool room = fits(&f->inbox, bytes);
    if (log == NULL && (b.sequence > 0 || !room))
        return; /* a gap, or it comes again */
    /* A signature is looked at only where it matters: to verify what is dropped anyway would cost as much each time. */
    bool taken = room && (log == NULL || b.sequence == log->queued);
    bool sound = !taken || bundle_open(&opened, bytes, &err);
    f->forged += !sound;
    if (sound && log == NULL)
        log = begin_log(f, &b, certificate);
    if (sound && log != NULL)
        take_next(f, n, &b, log, bytes, now);
    else
        spread_refuse(&f->spread, n, &b.author, b.generation, now);
}

void inbox_bundles(struct facts *f, uint32_t peer, const struct msg_bundles *bundles, when_ms now) {
    struct neighbour *n = spread_neighbour(&f->spread, peer);
    struct mp in = mp_of(bundles->bundles), certs = mp_of(bundles->certificates);
    while (n != NULL && mp_peek(&in) != MP_END && in.bad == NULL) {
        struct span bytes = mp_bin(&in);
        if (in.bad == NULL)
            take_bundle(f, n, bytes, &certs, now);
    }
    f->nonsense += n == NULL;
    f->forged += in.bad != NULL;
}

/* ---- one after the other ---- */

static void wait_for_batch(struct facts *f, enum inbox_step step, uint64_t batch) {
    f->inbox.step = step;
    f->inbox.barrier = batch;
    f->urgent = f->urgent || f->batches.flying <= batch;
    f->inbox.turns++;
}

/* A batch with nothing in it may never go to the disk: what was to be waited for lies before it. */
static void wait_for_disk(struct facts *f, enum inbox_step step) {
    const struct batches *b = &f->batches;
    bool empty = batch_is_empty(batches_at(b, b->filling));
    wait_for_batch(f, step, empty ? b->filling - 1 : b->filling);
}

static bool has_landed(const struct facts *f) {
    return f->batches.flying > f->inbox.barrier;
}

static void read_rows(struct facts *f, enum table table, struct span prefix, struct says *out) {
    f->inbox.scan =
        facts_scan(f, out, &(struct msg_scan){.table = table, .prefix = prefix, .limit = 1});
}

static void read_trial(struct facts *f, const struct job_id *job, uint64_t slot, struct says *out) {
    uint8_t memory[JOB_ID_BYTES + 8];
    struct buf key = buf_of(memory, sizeof memory);
    trial_row_key(&key, job, slot);
    read_rows(f, TABLE_trials, buf_view(&key), out);
}

static void read_of_job(struct facts *f, enum table table, const struct job_id *job,
                        struct says *out) {
    read_rows(f, table, span_of(job->bytes, sizeof job->bytes), out);
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
    const struct inbox_head h = head_of(&f->inbox);
    if (h.kind == INBOX_OWN ? intake_keep_own(f, h.bytes, at) : intake_keep(f, &h, at))
        drop_head(&f->inbox);
}

struct mark inbox_carries(struct facts *f) {
    const struct inbox_head h = head_of(&f->inbox);
    const struct log *log = logs_find(&f->logs, &h.bundle.author, h.bundle.generation);
    /* NULL: found on a disk with more logs than are known, so it is waited for anyway */
    return (struct mark){.log = log == NULL ? 0 : logs_number(&f->logs, log),
                         .next = log == NULL ? 0 : h.bundle.sequence + h.bundle.count};
}

size_t inbox_carried_bytes(const struct inbox *b) {
    const struct inbox_head h = head_of(b);
    return intake_bytes(b, &h);
}

bool inbox_carried(struct facts *f, struct moment at) {
    ensure(f->inbox.step == INBOX_CARRIES && f->inbox.errand);
    finish_head(f, at);
    f->inbox.errand = f->inbox.step == INBOX_CARRIES;
    return !f->inbox.errand;
}

static void begin_own(struct facts *f, struct span bytes, struct moment at) {
    struct msg fact;
    struct err err;
    ensure(msg_decode(&fact, bytes, &err)); /* it was, when it was taken */
    const struct seat *s = facts_seat(f, &fact.result_fact.job);
    if (s == NULL || s->state != SEAT_OPEN) {
        finish_head(f, at);
        return;
    }
    intake_want(&f->inbox, &fact.result_fact.job, fact.result_fact.slot, false);
    wait_for_disk(f, INBOX_LANDS);
}

static void begin_carried(struct facts *f, struct span carried, struct moment at,
                          struct says *out) {
    struct inbox *b = &f->inbox;
    if (errands_full(&f->errands))
        return;
    b->asked = b->later = b->trouble = false;
    b->errand = errand_carried(f, carried, &b->job, out);
    if (!b->errand) { /* nothing a client may say: kept, because the log goes on behind it */
        finish_head(f, at);
        return;
    }
    b->step = INBOX_CARRIES;
    b->turns++;
}

static void begin_head(struct facts *f, struct moment at, struct says *out) {
    struct inbox *b = &f->inbox;
    const struct inbox_head h = head_of(b);
    struct span carried;
    if (h.kind == INBOX_OWN) {
        begin_own(f, h.bytes, at);
        return;
    }
    if (is_carried(h.bundle, &carried)) {
        begin_carried(f, carried, at, out);
        return;
    }
    if (!intake_look(f, &h, out))
        return;
    if (b->wants_count > 0)
        wait_for_disk(f, INBOX_LANDS);
    else
        finish_head(f, at);
}

static bool find_backlog(struct facts *f) {
    struct inbox *b = &f->inbox;
    if (!b->backlogs || pledge_holds(&f->pledge))
        return false;
    for (uint32_t i = 0; i < f->seats_used; i++) {
        if (seat_folds(&f->seats[i]) && f->seats[i].backlog) {
            b->backlog_seat = i;
            return true;
        }
    }
    b->backlogs = false;
    return false;
}

static void carried_on(struct facts *f, struct moment at) {
    struct inbox *b = &f->inbox;
    if (b->errand)
        return;
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
    read_trial(f, &w->job, w->slot, out);
}

static void begin(struct facts *f, struct moment at, struct says *out) {
    struct inbox *b = &f->inbox;
    if (b->again.len > 0)
        begin_head(f, at, out);
    else if (find_backlog(f))
        wait_for_batch(f, INBOX_AGAIN_LANDS, b->backlog_batch);
    else if (late_is_due(f, at.now))
        wait_for_batch(f, INBOX_LATE_LANDS, b->backlog_batch);
    else if (b->end > b->begin)
        begin_head(f, at, out);
}

/* What comes while it is looked for is looked for again. */
static void seek_backlog(struct facts *f, struct says *out) {
    struct inbox *b = &f->inbox;
    struct seat *s = &f->seats[b->backlog_seat];
    b->backlog_put_offs = s->put_offs;
    b->step = INBOX_AGAIN_SEEKS;
    read_of_job(f, TABLE_backlog, &s->id, out);
}

void inbox_go(struct facts *f, struct moment at, struct says *out) {
    struct inbox *b = &f->inbox;
    if (b->retry_at > at.now)
        return;
    b->retry_at = INT64_MIN;
    switch (b->step) {
    case INBOX_IDLE: begin(f, at, out); break;
    case INBOX_CARRIES: carried_on(f, at); break;
    case INBOX_LANDS:
        if (has_landed(f))
            read_on(f, at, out);
        break;
    case INBOX_READS:
        if (b->wants_read == b->wants_count) /* there was no room in a batch */
            finish_head(f, at);
        break;
    case INBOX_AGAIN_LANDS:
        if (has_landed(f))
            seek_backlog(f, out);
        break;
    case INBOX_LATE_LANDS:
        if (!has_landed(f))
            break;
        b->step = INBOX_LATE_SEEKS;
        late_scan(f, out);
        break;
    case INBOX_AGAIN_SEEKS:
    case INBOX_AGAIN_READS:
    case INBOX_LATE_SEEKS: break;
    }
}

/* ---- what the store answers ---- */

static void idle(struct inbox *b) {
    b->step = INBOX_IDLE;
    b->turns++;
}

static void backlog_found(struct facts *f, struct span key, struct span value, struct says *out) {
    struct inbox *b = &f->inbox;
    struct seat *s = &f->seats[b->backlog_seat];
    struct mp in = mp_of(value);
    if (!seat_folds(s) || key.len != JOB_ID_BYTES + 8) {
        if (s->put_offs == b->backlog_put_offs) { /* that was all */
            s->backlog = false;
            f->announcing = true;
            if (s->state == SEAT_LATE)
                late_leave(f, s);
        }
        idle(b);
        return;
    }
    b->again.job = s->id;
    b->again.place = read_be64(key.data + JOB_ID_BYTES);
    b->again.from = mp_u64(&in);
    b->step = INBOX_AGAIN_READS;
    uint8_t memory[8];
    struct buf serial = buf_of(memory, sizeof memory);
    buf_be64(&serial, b->again.place & ~BACKLOG_OTHERS);
    read_rows(f, TABLE_log, buf_view(&serial), out);
}

static void backlog_read(struct facts *f, struct span bundle) {
    struct inbox *b = &f->inbox;
    struct bundle peeked;
    struct err err;
    if (bundle.len > 0 && bundle.len <= sizeof b->again.bytes &&
        bundle_peek(&peeked, bundle, &err)) {
        memcpy(b->again.bytes, bundle.data, bundle.len);
        b->again.len = bundle.len;
        change_head(b); /* the first entry, which may wait for an errand, is looked at anew */
    } else { /* the store has lost it: the rest of the backlog stays for the next opening */
        f->nonsense++;
        struct seat *s = &f->seats[b->backlog_seat];
        s->backlog = false;
        f->announcing = true;
        if (s->state == SEAT_LATE)
            late_leave(f, s);
    }
    idle(b);
}

static enum inbox_step asks_again(enum inbox_step step) {
    return step == INBOX_READS        ? INBOX_LANDS
           : step == INBOX_LATE_SEEKS ? INBOX_LATE_LANDS
                                      : INBOX_AGAIN_LANDS;
}

bool inbox_rows(struct facts *f, const struct msg_rows *rows, struct moment at, struct says *out) {
    struct inbox *b = &f->inbox;
    struct mp in = mp_of(rows->rows);
    if (b->scan == 0 || rows->ticket != b->scan)
        return false;
    b->scan = 0;
    struct span key = rows->rows.len > 0 ? mp_bin(&in) : (struct span){0};
    struct span value = rows->rows.len > 0 ? mp_bin(&in) : (struct span){0};
    if (rows->code != ERR_NONE) { /* the same question after a while */
        b->step = asks_again(b->step);
        b->retry_at = at.now + INBOX_RETRY_MS;
    } else if (b->step == INBOX_READS) {
        intake_row(f, &b->wants[b->wants_read++], value);
        read_on(f, at, out);
    } else if (b->step == INBOX_AGAIN_SEEKS) {
        backlog_found(f, key, value, out);
    } else if (b->step == INBOX_LATE_SEEKS) {
        late_found(f, key, out);
        idle(b);
    } else {
        backlog_read(f, value);
    }
    return true;
}

when_ms inbox_deadline(const struct inbox *b) {
    return b->retry_at == INT64_MIN ? WHEN_NEVER : b->retry_at;
}
