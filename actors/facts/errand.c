#include "actors/facts/facts_state.h"
#include "actors/facts/request.h"

#include "proto/base/check.h"

#include <string.h>

enum { OPEN_PAUSE_LEAST = 500, OPEN_PAUSE_MOST = 60000, OPEN_PAUSE_AGENT = 5000 };

bool errands_full(const struct errands *e) {
    return e->count == ERRANDS;
}

struct errand *errand_current(struct errands *e) {
    return &e->ring[e->first];
}

/* ---- answers ---- */

static const struct msg *answer(struct msg *m, uint64_t ticket, const struct job_id *job,
                                enum err_code code, const char *what) {
    *m = (struct msg){
        .kind = MSG_admitted,
        .admitted = {.ticket = ticket, .job = *job, .code = code, .what = span_text(what)}};
    return m;
}

/* One answer an errand; a batch to say it into makes it a promise. */
void errand_reply(struct errand *e, struct says *into, enum err_code code, const char *what) {
    struct msg m;
    if (e->ticket != 0 && !e->replied)
        say(into, answer(&m, e->ticket, &e->job, code, what));
    e->replied = true;
}

/* The inbox goes on: what was carried is done, or could not be done now. */
static void uncarry(struct facts *f, bool trouble) {
    struct errand *e = errand_current(&f->errands);
    if (!e->carried)
        return;
    e->carried = false;
    f->inbox.errand = false;
    f->inbox.trouble = trouble;
}

void errand_finish(struct facts *f) {
    struct errands *e = &f->errands;
    uncarry(f, false);
    e->step = ERRAND_WAITS;
    e->count--;
    /* An empty ring begins anew: places that were never needed at once stay untouched. */
    e->first = e->count == 0 ? 0 : (e->first + 1) % ERRANDS;
}

/* What comes next must find on the disk what this errand wrote. */
void errand_finish_saved(struct facts *f) {
    struct errand *e = errand_current(&f->errands);
    e->over = true;
    e->after_batch = f->batches.filling;
    f->errands.step = ERRAND_WAITS_SAVE;
}

static struct errand *append(struct errands *e, enum errand_kind kind, const struct job_id *job) {
    struct errand *added = &e->ring[(e->first + e->count++) % ERRANDS];
    added->kind = kind;
    added->ticket = 0;
    added->job = *job;
    added->run = added->replied = added->over = added->carried = added->known = false;
    added->wall = 0;
    added->trials = 0;
    added->pause = 0;
    added->not_before = INT64_MIN;
    added->bundle_len = 0;
    return added;
}

/* To the end of the ring, the first one; only OPEN, which has no bundle to carry along. */
static void rotate(struct facts *f) {
    struct errands *e = &f->errands;
    uncarry(f, false);
    const struct errand *first = errand_current(e);
    const struct job_id job = first->job;
    const dur_ms pause = first->pause;
    const when_ms not_before = first->not_before;
    e->step = ERRAND_WAITS;
    e->first = (e->first + 1) % ERRANDS;
    e->count--;
    struct errand *last = append(e, ERRAND_OPEN, &job);
    last->pause = pause;
    last->not_before = not_before;
}

void errand_fail(struct facts *f, struct says *out, enum err_code code, const char *what) {
    errand_reply(errand_current(&f->errands), out, code, what);
    errand_finish(f);
}

/* A trouble that may pass. Who waits for an answer is told and can ask again; a job that was promised to run is tried again
 * after a pause, because nobody is left who would ask. An agent looks through all open jobs for it. */
void errand_trouble(struct facts *f, struct says *out, enum err_code code, const char *what) {
    struct errand *e = errand_current(&f->errands);
    bool promised = e->kind == ERRAND_OPEN && (e->ticket == 0 || e->replied);
    inbox_job_later(&f->inbox, &e->job, false);
    if (e->kind == ERRAND_LATE)
        late_again(f);
    if (!promised)
        uncarry(f, true);
    else if (f->autorun)
        boot_list_again(f, f->errands.now + OPEN_PAUSE_AGENT);
    if (!promised || f->autorun) {
        errand_fail(f, out, code, what);
        return;
    }
    e->pause = e->pause == 0 ? OPEN_PAUSE_LEAST : e->pause * 2;
    if (e->pause > OPEN_PAUSE_MOST)
        e->pause = OPEN_PAUSE_MOST;
    e->not_before = f->errands.now + e->pause;
    rotate(f);
}

bool errand_pending(const struct errands *e, const struct job_id *job) {
    for (uint32_t i = 0; i < e->count; i++) {
        if (job_id_equal(&e->ring[(e->first + i) % ERRANDS].job, job))
            return true;
    }
    return false;
}

/* ---- taking errands ---- */

static struct errand *queue(struct facts *f, uint64_t ticket, const struct job_id *job,
                            struct says *out) {
    struct errands *e = &f->errands;
    struct msg m;
    if (errands_full(e)) {
        if (ticket != 0)
            say(out, answer(&m, ticket, job, ERR_BUSY, "too many jobs come at once; try again"));
        return NULL;
    }
    struct errand *added = append(e, ERRAND_OPEN, job);
    added->ticket = ticket;
    return added;
}

void errand_late(struct facts *f, const struct job_id *job, struct says *out) {
    struct errand *e = queue(f, 0, job, out);
    if (e != NULL)
        e->kind = ERRAND_LATE;
}

void errand_want(struct facts *f, uint64_t ticket, const struct job_id *job, struct says *out) {
    (void)queue(f, ticket, job, out);
}

void errand_stands(struct facts *f, const struct job_id *job, uint64_t before, struct says *out) {
    struct errand *e = queue(f, 0, job, out);
    if (e == NULL)
        return;
    e->kind = ERRAND_STANDS;
    e->trials = before;
}

static void prepare(struct errand *e, const struct bundle *bundle, const struct msg *fact,
                    struct span bytes) {
    const struct msg_control_fact *control = &fact->control_fact;
    e->kind = fact->kind == MSG_job_fact        ? ERRAND_ADMIT
              : control->verb == CONTROL_CANCEL ? ERRAND_CANCEL
                                                : ERRAND_EXTEND;
    e->wall = fact->kind == MSG_control_fact ? control->wall : 0;
    e->trials = e->kind == ERRAND_EXTEND ? control->trials : 0;
    e->author = bundle->author;
    e->generation = bundle->generation;
    e->sequence = bundle->sequence;
    e->bundle_len = bytes.len;
    memcpy(e->bundle, bytes.data, bytes.len);
}

void errand_admit(struct facts *f, const struct msg_admit *admit, struct says *out) {
    struct bundle bundle;
    struct msg fact, m;
    struct err err;
    struct job_id job = {{0}};
    bool good = request_read(admit->bundle, &bundle, &fact, &job, &err);
    if (good && pledge_holds(&f->pledge))
        good = err_set(&err, ERR_BUSY, "the other nodes do not keep up; try again");
    if (!good) {
        say(out, answer(&m, admit->ticket, &job, err.code, err.what));
        return;
    }
    struct errand *e = queue(f, admit->ticket, &job, out);
    if (e == NULL)
        return;
    prepare(e, &bundle, &fact, admit->bundle);
    e->run = admit->run;
}

bool errand_carried(struct facts *f, struct span bytes, struct job_id *job, struct says *out) {
    struct bundle bundle;
    struct msg fact;
    struct err err;
    if (!request_read(bytes, &bundle, &fact, job, &err)) {
        f->nonsense++;
        return false;
    }
    struct errand *e = queue(f, 0, job, out);
    ensure(e != NULL);
    prepare(e, &bundle, &fact, bytes);
    e->carried = true;
    return true;
}

/* ---- doing them ---- */

static void ask_job(struct facts *f, struct says *out) {
    struct errands *e = &f->errands;
    const struct job_id *job = &errand_current(e)->job;
    e->job_scan = facts_scan(f, out,
                             &(struct msg_scan){.table = TABLE_jobs,
                                                .prefix = span_of(job->bytes, sizeof job->bytes),
                                                .limit = 1});
}

void errand_bundle_key(const struct errand *e, struct buf *key) {
    bundle_key(key, &e->author, e->generation, e->sequence);
}

/* A signed request: is its place among the bundles free, or taken by the very same one? */
static void read_bundle(struct facts *f, struct says *out) {
    struct errands *e = &f->errands;
    uint8_t key_memory[NODE_ID_BYTES + 16];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    errand_bundle_key(errand_current(e), &key);
    e->step = ERRAND_READS_BUNDLE;
    e->scan = facts_scan(
        f, out, &(struct msg_scan){.table = TABLE_bundles, .prefix = buf_view(&key), .limit = 1});
    ask_job(f, out);
}

static void read_job(struct facts *f, struct says *out) {
    struct errands *e = &f->errands;
    if (e->job_scan == 0)
        ask_job(f, out);
    e->step = ERRAND_READS_JOB;
    e->scan = e->job_scan;
    e->job_scan = 0;
}

/* Asked for, or admitted once more: it runs, so it is durable. */
static void answer_open(struct facts *f, struct seat *s, struct says *out) {
    s->asked = s->asked || errand_current(&f->errands)->ticket != 0;
    if (errand_current(&f->errands)->bundle_len == 0)
        errand_reply(errand_current(&f->errands), out, ERR_NONE, "");
    else if (!admit_again(f, s->job.copies, out))
        return;
    errand_finish(f);
}

void errands_go(struct facts *f, struct moment at, struct says *out) {
    struct errands *e = &f->errands;
    uint32_t resting = 0;
    e->now = at.now;
    while (resting < e->count && e->step == ERRAND_WAITS) {
        if (errand_current(e)->not_before > at.now) {
            rotate(f);
            resting++;
            continue;
        }
        if (errand_current(e)->kind == ERRAND_STANDS) {
            opening_new_stands(f, out);
            continue;
        }
        struct seat *s = facts_seat(f, &errand_current(e)->job);
        if (s != NULL && s->state == SEAT_LATE) { /* the inbox may wait for this errand */
            late_again(f);
            late_leave(f, s);
            s = facts_seat(f, &errand_current(e)->job); /* it may be free at once */
        }
        if (s != NULL && s->state == SEAT_CLOSING)
            return; /* it ends with the batch under way; look again then */
        if (errand_current(e)->bundle_len > 0)
            read_bundle(f, out);
        else if (s != NULL) /* open already */
            answer_open(f, s, out);
        else
            read_job(f, out);
    }
}

/* Nobody uses a pair of generation and sequence for two bundles: stores that hold different ones could never agree. */
static void on_bundle(struct facts *f, const struct msg_rows *rows, struct moment at,
                      struct says *out) {
    struct errand *e = errand_current(&f->errands);
    struct seat *s = facts_seat(f, &e->job);
    struct mp in = mp_of(rows->rows);
    (void)mp_bin(&in);
    e->known = rows->rows.len > 0;
    if (e->known && !span_equal(mp_bin(&in), span_of(e->bundle, e->bundle_len)))
        errand_fail(f, out, ERR_BAD_FACT, "another request was signed with the same number");
    else if (s != NULL && (s->state == SEAT_CLOSING || s->state == SEAT_LATE))
        f->errands.step = ERRAND_WAITS; /* from the start, when it has ended */
    else if (s != NULL && e->kind == ERRAND_CANCEL)
        admit_cancel(f, s, at, out);
    else if (s != NULL && e->kind == ERRAND_EXTEND)
        admit_extend(f, s, at, out);
    else if (s != NULL)
        answer_open(f, s, out);
    else
        read_job(f, out);
}

static void read_row(struct facts *f, const struct job_kept *kept, struct says *out) {
    struct errands *e = &f->errands;
    uint8_t key_memory[8 + JOB_ID_BYTES];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    seat_summary_key(
        &key, &(struct msg_job_row){.created = kept->created, .job = errand_current(e)->job});
    e->step = ERRAND_READS_ROW;
    e->scan = facts_scan(
        f, out, &(struct msg_scan){.table = TABLE_summaries, .prefix = buf_view(&key), .limit = 1});
}

/* Sent again by a client that has not heard our answer: it is durable. False: nothing more is to be done. */
static bool goes_on(struct facts *f, uint32_t copies, struct says *out) {
    struct errand *e = errand_current(&f->errands);
    if (!admit_again(f, copies, out))
        return false;
    const bool runs = e->run || f->autorun;
    e->kind = ERRAND_OPEN;
    e->bundle_len = 0;
    if (!runs)
        errand_finish(f);
    return runs;
}

static void on_job_row(struct facts *f, const struct msg_rows *rows, struct moment at,
                       struct says *out) {
    struct errand *e = errand_current(&f->errands);
    struct job_kept kept;
    struct err err;
    bool known = rows->rows.len > 0;
    if (!known && e->kind == ERRAND_ADMIT) {
        admit_job(f, at, out);
        return;
    }
    if (!known) {
        inbox_job_later(&f->inbox, &e->job, e->carried);
        errand_fail(f, out, ERR_NOT_FOUND, "there is no such job here");
        return;
    }
    struct seat *s = &f->seats[SEAT_SCRATCH];
    if (!seat_read_kept(&kept, rows->rows) ||
        !seat_take(s, &e->job, kept.spec, &kept.owner,
                   &(struct msg_job_row){.created = kept.created}, &err)) {
        s->state = SEAT_FREE;
        errand_fail(f, out, ERR_STORE, "the job's description in the store cannot be read");
        return;
    }
    if (e->kind == ERRAND_ADMIT && !goes_on(f, s->job.copies, out)) {
        s->state = SEAT_FREE;
        return;
    }
    f->errands.seat = SEAT_SCRATCH;
    read_row(f, &kept, out);
}

const char *errand_over_because(uint64_t state) {
    return state == JOB_DONE        ? "the job is done; there is nothing left to run"
           : state == JOB_CANCELLED ? "the job was cancelled; nothing undoes that"
                                    : "the job has failed; submit it again";
}

/* The summary says whether the job is open; its counts are not believed but made again from the trials. */
static void on_summary(struct facts *f, const struct msg_rows *rows, struct moment at,
                       struct says *out) {
    struct errand *e = errand_current(&f->errands);
    struct seat *s = &f->seats[SEAT_SCRATCH];
    struct mp in = mp_of(rows->rows);
    struct msg row;
    struct err err;
    (void)mp_bin(&in);
    struct span encoded = mp_bin(&in);
    if (encoded.len > BATCH_SUMMARY_BYTES - 1024 || !msg_decode(&row, encoded, &err) ||
        row.kind != MSG_job_row) {
        opening_leave(f, out);
        errand_fail(f, out, ERR_STORE, "the job's summary in the store cannot be read");
        return;
    }
    uint64_t state = row.job_row.state;
    if (e->kind == ERRAND_LATE) {
        if (state != JOB_OPEN && !late_open(f, s, &row.job_row))
            late_again(f);
        s->state = SEAT_FREE;
        errand_finish(f);
        return;
    }
    if (state == JOB_OPEN && e->kind == ERRAND_OPEN && facts_is_shut(f, &e->job)) {
        opening_leave(f, out);
        errand_trouble(f, out, ERR_BUSY, "the job was over and goes on in a moment; try again");
        return;
    }
    if (state == JOB_OPEN && e->kind == ERRAND_OPEN) {
        opening_begin(f, s, &row.job_row, out);
        return;
    }
    /* Where another node has admitted it the job ran: it absorbs the end that came first here. */
    if (e->kind == ERRAND_CANCEL && (state == JOB_OPEN || state == JOB_CANCELLED || e->carried))
        admit_cancel_resting(f, s, &row.job_row, at, out);
    else if (e->kind == ERRAND_EXTEND)
        admit_extend_resting(f, s, &row.job_row, at, out);
    else
        errand_fail(f, out, ERR_NOT_FOUND, errand_over_because(state));
    s->state = SEAT_FREE;
}

void errand_rows(struct facts *f, const struct msg_rows *rows, struct moment at, struct says *out) {
    struct errands *e = &f->errands;
    e->now = at.now;
    if (rows->ticket == e->unused) {
        e->unused = 0;
        return;
    }
    if (e->count == 0 || e->step == ERRAND_WAITS || e->step == ERRAND_WAITS_SAVE ||
        rows->ticket != e->scan) {
        f->nonsense++;
        return;
    }
    if (rows->code != ERR_NONE) {
        e->unused = e->job_scan;
        e->job_scan = 0;
        if (e->step == ERRAND_READS_NEW) {
            errand_finish(f); /* it is told when the job opens again */
            return;
        }
        if (e->step == ERRAND_READS_ROW || e->step == ERRAND_READS_TRIALS ||
            e->step == ERRAND_READS_STANDS)
            opening_leave(f, out);
        errand_trouble(f, out, err_code_of(rows->code), "the store could not be read");
        return;
    }
    switch (e->step) {
    case ERRAND_READS_BUNDLE:
        on_bundle(f, rows, at, out);
        e->unused = e->job_scan; /* none when it is waited for now */
        e->job_scan = 0;
        break;
    case ERRAND_READS_JOB: on_job_row(f, rows, at, out); break;
    case ERRAND_READS_ROW: on_summary(f, rows, at, out); break;
    case ERRAND_READS_TRIALS: opening_rows(f, rows, at, out); break;
    case ERRAND_READS_STANDS: opening_stands(f, rows, at, out); break;
    case ERRAND_READS_NEW: opening_new_rows(f, rows, out); break;
    case ERRAND_WAITS:
    case ERRAND_WAITS_SAVE: break;
    }
}

bool errands_wait(const struct errands *e) {
    return e->step == ERRAND_WAITS_SAVE && e->count > 1;
}

when_ms errands_deadline(const struct errands *e) {
    when_ms soonest = WHEN_NEVER;
    for (uint32_t i = 0; e->step == ERRAND_WAITS && i < e->count; i++) {
        const struct errand *waiting = &e->ring[(e->first + i) % ERRANDS];
        if (waiting->not_before > e->now)
            soonest = when_sooner(soonest, waiting->not_before);
    }
    return soonest;
}

void errands_landed(struct facts *f, uint64_t landed, when_ms now) {
    struct errands *e = &f->errands;
    const struct errand *errand = errand_current(e);
    if (e->step != ERRAND_WAITS_SAVE || errand->after_batch > landed)
        return;
    e->step = ERRAND_WAITS;
    e->now = now;
    if (errand->over)
        errand_finish(f);
}
