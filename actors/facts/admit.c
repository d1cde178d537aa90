/* admit - what becomes of a request that a client has signed: a job is kept, a cancellation, or more trials; what was asked
 * before is answered once more. */
#include "actors/facts/facts_state.h"

#include "proto/base/check.h"
#include "proto/job/ladder.h"

#include <stdio.h>
#include <string.h>

/* What came from a client goes into this node's log; what was carried here lies in another's, which goes on with the same
 * transaction. */
static void keep_bundle(struct facts *f, struct batch *batch, struct errand *e, struct moment at) {
    uint8_t key_memory[NODE_ID_BYTES + 16];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    errand_bundle_key(e, &key);
    const struct span bundle = span_of(e->bundle, e->bundle_len);
    ops_put(&batch->ops, TABLE_bundles, buf_view(&key), bundle);
    struct mark place;
    if (e->carried) {
        place = inbox_carries(f);
        e->carried = !inbox_carried(f, at);
    } else {
        batch_carry(&f->batches, batch, bundle);
        place = mark_of(&f->logs, logs_own(&f->logs));
    }
    if (e->kind != ERRAND_EXTEND) /* of these there may be several */
        carriers_note(&f->carriers, &e->job, e->kind == ERRAND_CANCEL, place);
    f->urgent = f->urgent || batch->due == INT64_MIN;
}

/* Room for what an errand writes, and for the bundle that carried it here: both lie in one transaction. Who has signed that
 * bundle says how much it hurries. */
static struct batch *room_for(struct facts *f, const struct errand *e, size_t bytes, when_ms now) {
    const bool gathers =
        e->carried && e->kind == ERRAND_ADMIT; /* a cancellation is seldom, and looked for */
    const when_ms due = gathers ? now + FACTS_LAZY_MS : INT64_MIN;
    const size_t carried = e->carried ? inbox_carried_bytes(&f->inbox) : 0;
    return facts_room_by(f, e->bundle_len + bytes + 1024 + carried, due);
}

/* It came in this life and lies on too few disks. */
static bool is_lacking(const struct facts *f, uint32_t number, uint32_t copies) {
    const struct log *log = &f->logs.items[number];
    return log->taken != log->found &&
           spread_copies(&f->spread, number, log->taken) < spread_wanted(&f->spread, copies);
}

/* For what the disk had before this life each promise waits anyway (pledge.h). False: too many logs lie on too few disks. */
static bool relies_on_all(struct facts *f, struct batch *batch, uint32_t copies) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < f->logs.count; i++)
        count += is_lacking(f, i, copies);
    if (!batch_has_marks(batch, count))
        return false;
    for (uint32_t i = 0; i < f->logs.count; i++) {
        if (is_lacking(f, i, copies))
            batch_relies(batch, mark_of(&f->logs, &f->logs.items[i]));
    }
    return true;
}

/* What was answered before lies in this log; what is not known any more in any one. */
static bool relies_on_carrier(struct facts *f, struct batch *batch, uint32_t copies) {
    const struct errand *e = errand_current(&f->errands);
    if (e->kind == ERRAND_EXTEND)
        return relies_on_all(f, batch, copies);
    const struct mark *place = carriers_find(&f->carriers, &e->job, e->kind == ERRAND_CANCEL);
    if (place != NULL)
        batch_relies(batch, *place);
    return place != NULL || carriers_knows_all(&f->carriers) || relies_on_all(f, batch, copies);
}

bool admit_again(struct facts *f, uint32_t copies, struct says *out) {
    struct errand *e = errand_current(&f->errands);
    if (e->ticket == 0 || e->replied || spread_suffices(&f->spread, copies)) {
        errand_reply(e, out, ERR_NONE, "");
        return true;
    }
    struct batch *batch = facts_room(f, 1024);
    if (batch == NULL || !relies_on_carrier(f, batch, copies)) {
        errand_trouble(f, out, ERR_BUSY, "the disks do not keep up; try again");
        return false;
    }
    batch_wants(batch, copies);
    errand_reply(e, &batch->after, ERR_NONE, "");
    f->urgent = true;
    return true;
}

/* Of several cancellations the earliest stands, so all stores say the same. None was before the job. */
static wall_ms cancelled_at(const struct errand *e, const struct seat *s) {
    return e->wall > s->row.created ? e->wall : s->row.created;
}

/* The cluster's key stands above all whom it has admitted, and every store of the cluster knows it. */
static bool is_by_cluster(const struct facts *f, const struct errand *e) {
    return f->config.clustered &&
           memcmp(e->author.bytes, f->config.cluster, sizeof f->config.cluster) == 0;
}

static struct span cause_of(const struct facts *f, const struct errand *e) {
    return span_text(is_by_cluster(f, e) ? "with the cluster's key" : "by its owner");
}

static bool may_order(struct facts *f, const struct seat *s, struct says *out) {
    const struct errand *e = errand_current(&f->errands);
    if (node_id_equal(&s->owner, &e->author) || is_by_cluster(f, e))
        return true;
    errand_fail(f, out, ERR_NOT_ALLOWED,
                e->kind == ERRAND_CANCEL ? "only the job's owner may cancel it"
                                         : "only the job's owner may extend it");
    return false;
}

void admit_cancel(struct facts *f, struct seat *s, struct moment at, struct says *out) {
    struct errand *e = errand_current(&f->errands);
    if (!may_order(f, s, out))
        return;
    struct batch *batch = room_for(f, e, 0, at.now);
    if (batch == NULL) {
        errand_trouble(f, out, ERR_BUSY, "the disk does not keep up; try again");
        return;
    }
    keep_bundle(f, batch, e, at);
    batch_wants(batch, s->job.copies);
    seat_end(s, JOB_CANCELLED, cause_of(f, e), cancelled_at(e, s));
    /* Nothing undoes it, so trials need not wait until it is on enough disks: only the answer does. */
    facts_close_seat(f, batch, s, at.wall, out);
    errand_reply(e, &batch->after, ERR_NONE, "");
    errand_finish(f);
}

/* A job nobody has seen: kept whole, with its first summary and the first line of its history. */
void admit_job(struct facts *f, struct moment at, struct says *out) {
    struct errand *e = errand_current(&f->errands);
    struct seat *s = &f->seats[SEAT_SCRATCH];
    struct bundle bundle;
    struct msg fact;
    struct err err;
    if (!e->carried && facts_free_seat(f) == NULL) {
        errand_trouble(f, out, ERR_BUSY, "as many jobs run here as can; wait for one to end");
        return;
    }
    ensure(bundle_peek(&bundle, span_of(e->bundle, e->bundle_len), &err) &&
           bundle_next(&bundle, &fact, &err)); /* its signature was checked when it was taken */
    const struct msg_job_fact *body = &fact.job_fact;
    /* Decoded before it is kept, so that a bad description is refused. */
    if (!seat_take(s, &e->job, body->spec, &body->owner,
                   &(struct msg_job_row){.created = body->created}, &err)) {
        s->state = SEAT_FREE;
        errand_fail(f, out, err.code, err.what);
        return;
    }
    struct batch *batch = room_for(f, e, body->spec.len, at.now);
    if (batch == NULL) {
        s->state = SEAT_FREE;
        errand_trouble(f, out, ERR_BUSY, "the disk does not keep up; try again");
        return;
    }
    uint8_t value_memory[LIMIT_JOB_SPEC_BYTES + 64];
    struct buf value = buf_of(value_memory, sizeof value_memory);
    mp_put_bin(&value, body->spec);
    mp_put_bin(&value, span_of(body->owner.bytes, sizeof body->owner.bytes));
    mp_put_i64(&value, body->created);
    ops_put(&batch->ops, TABLE_jobs, span_of(e->job.bytes, sizeof e->job.bytes), buf_view(&value));
    keep_bundle(f, batch, e, at);
    batch_wants(batch, s->job.copies);
    facts_event(f, batch, s, at.wall, "submitted");
    errand_reply(e, &batch->after, ERR_NONE, "");
    errand_finish_saved(f);
    const bool runs = e->run || f->autorun;
    /* What this disk refuses is not confirmed: its effects should not be there before. */
    const bool open = runs && !f->ailing && opening_fresh(f, s, out);
    if (!open)
        facts_put_summary(batch, s);
    if (runs && !open) {
        e->kind = ERRAND_OPEN; /* when the batch is saved, as any other */
        e->bundle_len = 0;
        e->over = false;
    }
    s->state = SEAT_FREE;
}

/* A job that does not run here, or not any more: its summary is rewritten as it stands, nothing is opened. */
static void cancel_resting(struct facts *f, struct seat *s, struct moment at, struct says *out) {
    struct errand *e = errand_current(&f->errands);
    struct batch *batch = room_for(f, e, SEAT_PARAMS_BYTES + FRONTIER_BYTES, at.now);
    if (batch == NULL) {
        errand_trouble(f, out, ERR_BUSY, "the disk does not keep up; try again");
        return;
    }
    bool first = s->row.state != JOB_CANCELLED;
    seat_end(s, JOB_CANCELLED, cause_of(f, e), cancelled_at(e, s));
    keep_bundle(f, batch, e, at);
    batch_wants(batch, s->job.copies);
    if (first)
        facts_event(f, batch, s, at.wall, "cancelled: %.*s", (int)s->row.cause.len,
                    (const char *)s->row.cause.data);
    if (f->inbox.put_off_ever)
        late_again(f);
    facts_put_summary(batch, s);
    errand_reply(e, &batch->after, ERR_NONE, "");
    errand_finish_saved(f);
}

/* Of two at the same moment the one whose cause sorts first. */
static bool goes_before(const struct facts *f, const struct errand *e, const struct seat *s) {
    const wall_ms wall = cancelled_at(e, s), other = s->row.finished;
    return wall < other || (wall == other && span_compare(cause_of(f, e), s->row.cause) < 0);
}

void admit_cancel_resting(struct facts *f, struct seat *s, const struct msg_job_row *row,
                          struct moment at, struct says *out) {
    const struct errand *e = errand_current(&f->errands);
    if (!may_order(f, s, out))
        return;
    seat_resume(s, row);
    bool stands = row->state == JOB_CANCELLED && (!e->carried || !goes_before(f, e, s));
    if (!stands)
        cancel_resting(f, s, at, out);
    else if (admit_again(f, s->job.copies, out))
        errand_finish(f);
}

/* ---- more trials ---- */

/* Why no job that stands like this has more trials; ERR_NONE: it may. */
static enum err_code over_for_good(const struct seat *s, const char **why) {
    *why = errand_over_because(s->row.state);
    if (s->row.state == JOB_CANCELLED)
        return ERR_CANCELLED;
    if (s->row.state == JOB_FAILED)
        return ERR_JOB_FAILED;
    *why = "the job has reached its target; more trials would not be run";
    return s->reached ? ERR_JOB_FAILED : ERR_NONE;
}

/* Why a job as it stands cannot have as many; ERR_NONE: it can, or has them by this very request. What another node has taken
 * stands: where it was asked for the job may have been open. */
static enum err_code cannot_have(struct seat *s, const struct errand *e, struct job_fault *fault,
                                 const char **why) {
    *why = fault->what;
    if (!seat_may_extend(s, e->trials, fault))
        return ERR_USAGE;
    if (e->carried || (e->known && e->trials <= s->job.trials))
        return ERR_NONE;
    const enum err_code over = over_for_good(s, why);
    if (over != ERR_NONE || e->trials > s->job.trials)
        return over;
    *why = fault->what;
    snprintf(fault->what, sizeof fault->what, "the job has %llu trials already, expected more",
             (unsigned long long)s->job.trials);
    return ERR_USAGE;
}

/* False: it is answered. */
static bool may_extend(struct facts *f, struct seat *s, struct says *out) {
    const struct errand *e = errand_current(&f->errands);
    struct job_fault fault;
    if (!may_order(f, s, out))
        return false;
    const char *why;
    const enum err_code code = cannot_have(s, e, &fault, &why);
    if (code != ERR_NONE) {
        errand_fail(f, out, code, why);
        return false;
    }
    if (!e->known || e->carried || e->trials > s->job.trials)
        return true;
    if (admit_again(f, s->job.copies, out))
        errand_finish(f);
    return false;
}

/* Kept, and the job has as many; NULL: the disk does not keep up, which is answered. */
static struct batch *extend(struct facts *f, struct seat *s, struct moment at, struct says *out) {
    struct errand *e = errand_current(&f->errands);
    const bool own = !e->carried;
    struct batch *batch = room_for(f, e, SEAT_PARAMS_BYTES + FRONTIER_BYTES, at.now);
    if (batch == NULL) {
        errand_trouble(f, out, ERR_BUSY, "the disk does not keep up; try again");
        return NULL;
    }
    const uint64_t before = s->job.trials;
    const bool more = seat_extend(s, e->trials, span_of(e->bundle, e->bundle_len), e->wall);
    keep_bundle(f, batch, e, at);
    batch_wants(batch, s->job.copies);
    if (more)
        s->carries = own;
    if (s->job.trials > before)
        facts_event(f, batch, s, at.wall, "extended from %llu to %llu trials %.*s",
                    (unsigned long long)before, (unsigned long long)s->job.trials,
                    (int)cause_of(f, e).len, (const char *)cause_of(f, e).data);
    errand_reply(e, &batch->after, ERR_NONE, "");
    return batch;
}

void admit_extend(struct facts *f, struct seat *s, struct moment at, struct says *out) {
    const uint64_t before = s->job.trials;
    if (!may_extend(f, s, out) || extend(f, s, at, out) == NULL)
        return;
    facts_touch(f, s);
    if (job_has_rungs(&s->job) && s->job.trials > before)
        errand_stands(f, &s->id, before, out);
    say(out, &(struct msg){.kind = MSG_job_extended,
                           .job_extended = {.job = s->id, .trials = s->job.trials}});
    errand_finish_saved(f); /* whoever asks for the same again finds it there */
}

void admit_extend_resting(struct facts *f, struct seat *s, const struct msg_job_row *row,
                          struct moment at, struct says *out) {
    struct errand *e = errand_current(&f->errands);
    seat_resume(s, row);
    if (!may_extend(f, s, out))
        return;
    const bool was_open = row->state == JOB_OPEN;
    struct batch *batch = extend(f, s, at, out);
    if (batch == NULL)
        return;
    (void)seat_is_over(s);
    if (f->inbox.put_off_ever)
        late_again(f);
    facts_put_summary(batch, s);
    errand_finish_saved(f);
    if (s->row.state != JOB_OPEN)
        return;
    inbox_job_goes_on(&f->inbox, &s->id);
    if (was_open || !(e->run || f->autorun))
        return;
    e->kind = ERRAND_OPEN; /* when the batch is saved, as any other */
    e->bundle_len = 0;
    e->over = false;
}
