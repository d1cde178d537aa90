/* opening - the last part of an errand that opens a job: its trials are read page by page, counted, told to the tuner, and
 * then every room hears that the job runs here. */
#include "actors/facts/facts_state.h"

#include "proto/base/check.h"
#include "proto/job/ladder.h"

enum { TRIALS_PAGE = 1024, ANNOUNCED_MOST = 4 /* jobs in one step: each may be nearly a frame */ };

void opening_leave(struct facts *f, struct says *out) {
    struct seat *s = &f->seats[f->errands.seat];
    if (f->errands.step == ERRAND_READS_TRIALS ||
        f->errands.step == ERRAND_READS_STANDS) /* the tuner has heard of it */
        say_to(out, ROOM_TUNER, 0,
               &(struct msg){.kind = MSG_job_shut, .job_shut = {.job = s->id, .state = JOB_OPEN}});
    open_slots_forget(&f->open_slots, f->errands.seat);
    s->state = SEAT_FREE;
}

static void read_page(struct facts *f, enum errand_step step, uint64_t table, struct span after,
                      struct says *out) {
    struct errands *e = &f->errands;
    e->step = step;
    e->scan = facts_scan(f, out,
                         &(struct msg_scan){.table = table,
                                            .prefix = span_of(errand_current(e)->job.bytes,
                                                              sizeof errand_current(e)->job.bytes),
                                            .after = after,
                                            .limit = TRIALS_PAGE});
}

static void read_trials(struct facts *f, struct span after, struct says *out) {
    read_page(f, ERRAND_READS_TRIALS, TABLE_trials, after, out);
}

/* The tuner hears of the job before it hears what was learned of it. NULL: there is no seat. */
static struct seat *take_seat(struct facts *f, const struct seat *read,
                              const struct msg_job_row *row, struct says *out) {
    struct seat *s = facts_free_seat(f);
    struct err err;
    if (s == NULL) {
        f->unseated = true;
        return NULL;
    }
    ensure(seat_take(s, &read->id, span_of(read->spec, read->spec_len), &read->owner, row, &err));
    say_to(out, ROOM_TUNER, 0,
           &(struct msg){.kind = MSG_job_open,
                         .job_open = {.job = s->id,
                                      .spec = span_of(s->spec, s->spec_len),
                                      .trials = s->job.trials}});
    return s;
}

void opening_begin(struct facts *f, struct seat *read, const struct msg_job_row *row,
                   struct says *out) {
    struct seat *s = take_seat(f, read, row, out);
    read->state = SEAT_FREE;
    if (s == NULL) {
        errand_trouble(f, out, ERR_BUSY, "as many jobs run here as can; wait for one to end");
        return;
    }
    f->errands.seat = facts_seat_number(f, s);
    read_trials(f, (struct span){0}, out);
}

/* One row of an earlier life: into the counts, or among the slots that are begun. */
static bool take_trial(struct facts *f, struct seat *s, uint64_t slot,
                       const struct trial_row *row) {
    seat_note(s, row);
    if (row->finished)
        return seat_count(s, slot, row);
    if (f->open_slots.count >= OPEN_SLOTS_RESUMED)
        return false;
    struct open_slot *open = open_slots_put(&f->open_slots, facts_seat_number(f, s), slot);
    open_slots_show(open, row);
    return true;
}

/* The job as it stands. False: its finished trials have too many gaps. */
static bool say_open(struct facts *f, const struct seat *s, const enum room *rooms, size_t count,
                     struct says *out) {
    uint8_t finished_memory[LIMIT_JOB_SPEC_BYTES], begun_memory[LIMIT_JOB_SPEC_BYTES];
    struct buf finished = buf_of(finished_memory, sizeof finished_memory);
    struct buf begun = buf_of(begun_memory, sizeof begun_memory);
    uint32_t seat = facts_seat_number(f, s);
    ranges_encode(&s->finished, &finished);
    for (uint32_t i = 0; i < f->open_slots.count; i++) {
        const struct open_slot *open = &f->open_slots.items[i];
        if (open->seat != seat)
            continue;
        mp_put_u64(&begun, open->slot);
        mp_put_u64(&begun, open->attempts.made);
    }
    if (finished.overflow || begun.overflow)
        return false;
    for (size_t i = 0; i < count; i++)
        say_to(out, rooms[i], 0,
               &(struct msg){.kind = MSG_job_open,
                             .job_open = {.job = s->id,
                                          .spec = span_of(s->spec, s->spec_len),
                                          .finished = buf_view(&finished),
                                          .begun = buf_view(&begun),
                                          .trials = s->job.trials}});
    return true;
}

void opening_lead(struct facts *f) {
    for (uint32_t i = 0; i < f->seats_used; i++) {
        f->seats[i].told = false;
        f->seats[i].exhausted = f->seats[i].hopeless = f->seats[i].early =
            false; /* it says so again */
        f->seats[i].unjudged = true;
    }
    f->announcing = true;
}

/* ... since it was called exhausted. */
static bool tuner_has_caught_up(const struct facts *f, const struct seat *s) {
    return s->early && s->learned_in < f->batches.flying &&
           pledge_has_said(&f->pledge, s->learned_in);
}

/* False: there is no room in a batch for how it might end. */
static bool announce(struct facts *f, struct seat *s, struct moment at, struct says *out) {
    static const enum room sched[] = {ROOM_SCHED};
    if (f->leading && !s->told) {
        if (!say_open(f, s, sched, 1, out))
            f->nonsense++;
        s->told = true;
    }
    if (tuner_has_caught_up(f, s)) {
        s->early = false;
        say(out, &(struct msg){.kind = MSG_too_early, .too_early.job = s->id});
    }
    if (!s->unjudged)
        return true;
    const size_t bytes = 1024 + 2 * s->recommendation_len; /* said, and a part of the row */
    struct batch *batch = facts_room_by(f, bytes, facts_due(f, &f->config.signer.id, at.now));
    if (batch == NULL)
        return false;
    s->unjudged = false;
    fold_judge(f, batch, s, at);
    return true;
}

void opening_announce(struct facts *f, struct moment at, struct says *out) {
    uint32_t said = 0;
    if (!f->announcing || out->frames.len >= SAYS_BYTES / 8)
        return;
    f->announcing = false;
    for (uint32_t i = 0; i < f->seats_used; i++) {
        struct seat *s = &f->seats[i];
        if (s->state != SEAT_OPEN || s->backlog ||
            !(s->unjudged || (f->leading && !s->told) || tuner_has_caught_up(f, s)))
            continue; /* with a backlog it would be told of slots that are finished */
        if (said == ANNOUNCED_MOST || !announce(f, s, at, out)) {
            f->announcing = true;
            return;
        }
        said++;
    }
}

/* Every room but sched hears that it runs here; sched when it is announced. False: its finished trials have too many gaps. */
static bool open_seat(struct facts *f, struct seat *s, struct says *out) {
    static const enum room others[] = {ROOM_EXECUTOR, ROOM_GATEWAY, ROOM_ELASTIC};
    if (!say_open(f, s, others, 3, out))
        return false;
    s->state = SEAT_OPEN;
    s->asked = errand_current(&f->errands)->ticket != 0;
    facts_touch(f, s);
    s->unjudged = f->announcing = true;
    if (f->inbox.put_off_ever)
        inbox_backlog(&f->inbox, s);
    return true;
}

bool opening_fresh(struct facts *f, const struct seat *read, struct says *out) {
    struct seat *s = take_seat(f, read, &(struct msg_job_row){.created = read->row.created}, out);
    if (s != NULL)
        ensure(open_seat(f, s, out)); /* nothing is finished */
    return s != NULL;
}

/* All its trials are read. */
static void resume(struct facts *f, struct seat *s, struct moment at, struct says *out) {
    struct errand *e = errand_current(&f->errands);
    uint32_t seat = facts_seat_number(f, s);
    bool begun = false;
    for (uint32_t i = 0; i < f->open_slots.count && !begun; i++)
        begun = f->open_slots.items[i].seat == seat;
    struct batch *batch = facts_room(f, 1024);
    if (batch == NULL) {
        opening_leave(f, out);
        errand_trouble(f, out, ERR_BUSY, "the disk does not keep up; try again");
        return;
    }
    if (!open_seat(f, s, out)) {
        opening_leave(f, out);
        errand_fail(f, out, ERR_STORE, "the finished trials of the job have too many gaps");
        return;
    }
    uint64_t before = ranges_size(&s->finished);
    if (before > 0 || begun)
        facts_event(f, batch, s, at.wall, "resumed with %llu of %llu trials finished",
                    (unsigned long long)before, (unsigned long long)s->row.trials);
    batch_wants(batch, s->job.copies);
    errand_reply(e, out, ERR_NONE, "");
    errand_finish(f);
}

/* Of slots from this one on. What comes behind the last is of one that the job may have soon (errand_stands). To the tuner
 * alone while the job opens. */
static void say_stand(const struct seat *s, uint64_t from, struct span key, struct span value,
                      struct says *out) {
    struct mp row = mp_of(value);
    struct msg m = {.kind = MSG_stands,
                    .stands = {.job = s->id,
                               .slot = trial_row_key_slot(key),
                               .attempt = trial_row_key_attempt(key)}};
    m.stands.config = mp_bin(&row);
    m.stands.curve = mp_bin(&row);
    m.stands.saved = mp_bool(&row);
    if (!mp_done(&row) || m.stands.slot < from || m.stands.slot >= s->job.trials)
        return;
    if (s->state == SEAT_OPEN)
        say(out, &m);
    else
        say_to(out, ROOM_TUNER, 0, &m);
}

/* What was kept while the job had no seat is said to nobody when it is on the disk, and may not be there yet: the store
 * answers in order, so it is in what will be read or still in a batch. What the tuner hears twice changes nothing. */
static void say_unsaved_stands(const struct facts *f, const struct seat *s, uint64_t from,
                               struct says *out) {
    const struct span job = span_of(s->id.bytes, sizeof s->id.bytes);
    for (uint64_t serial = f->batches.flying; serial <= f->batches.filling; serial++) {
        struct ops ops = ops_of(buf_view(&batches_at(&f->batches, serial)->ops));
        struct op op;
        bool wrong;
        while (ops_next(&ops, &op, &wrong)) {
            if (op.table == TABLE_stands && op.put && op.key.len > job.len &&
                span_equal(span_of(op.key.data, job.len), job))
                say_stand(s, from, op.key, op.value, out);
        }
    }
}

static void read_stands(struct facts *f, const struct seat *s, struct says *out) {
    say_unsaved_stands(f, s, 0, out);
    read_page(f, ERRAND_READS_STANDS, TABLE_stands, (struct span){0}, out);
}

void opening_rows(struct facts *f, const struct msg_rows *rows, struct moment at,
                  struct says *out) {
    struct seat *s = &f->seats[f->errands.seat];
    struct mp in = mp_of(rows->rows);
    struct span key = {0};
    while (mp_peek(&in) != MP_END && in.bad == NULL) {
        struct trial_row row;
        key = mp_bin(&in);
        uint64_t slot = trial_row_key_slot(key);
        bool readable = trial_row_decode(&row, mp_bin(&in));
        if (!readable || !take_trial(f, s, slot, &row)) {
            bool crowded = readable && !row.finished;
            opening_leave(f, out);
            if (crowded)
                errand_trouble(
                    f, out, ERR_BUSY,
                    "too many trials are begun and not finished; let other jobs end first");
            else
                errand_fail(f, out, ERR_STORE, "the job's trials in the store cannot be read");
            return;
        }
        s->learned++;
        say(out, &(struct msg){.kind = MSG_learned,
                               .learned = trial_row_learned(&s->id, &s->job, slot, &row)});
    }
    if (rows->more)
        read_trials(f, key, out);
    else if (job_has_rungs(&s->job))
        read_stands(f, s, out);
    else
        resume(f, s, at, out);
}

/* How its trials stood at rungs: the tuner hears of that, too, before anybody runs one. */
void opening_stands(struct facts *f, const struct msg_rows *rows, struct moment at,
                    struct says *out) {
    struct seat *s = &f->seats[f->errands.seat];
    struct mp in = mp_of(rows->rows);
    struct span key = {0};
    while (mp_peek(&in) != MP_END && in.bad == NULL) {
        key = mp_bin(&in);
        say_stand(s, 0, key, mp_bin(&in), out);
    }
    if (rows->more)
        read_page(f, ERRAND_READS_STANDS, TABLE_stands, key, out);
    else
        resume(f, s, at, out);
}

void opening_new_stands(struct facts *f, struct says *out) {
    const struct errand *e = errand_current(&f->errands);
    const struct seat *s = facts_seat(f, &e->job);
    uint8_t memory[JOB_ID_BYTES + 8];
    struct buf after = buf_of(memory, sizeof memory);
    if (s == NULL || s->state != SEAT_OPEN) {
        errand_finish(f);
        return;
    }
    trial_row_key(&after, &e->job, e->trials); /* all keys of its stands come behind that */
    say_unsaved_stands(f, s, e->trials, out);
    read_page(f, ERRAND_READS_NEW, TABLE_stands, buf_view(&after), out);
}

void opening_new_rows(struct facts *f, const struct msg_rows *rows, struct says *out) {
    const struct errand *e = errand_current(&f->errands);
    const struct seat *s = facts_seat(f, &e->job);
    struct mp in = mp_of(rows->rows);
    struct span key = {0};
    const bool open = s != NULL && s->state == SEAT_OPEN;
    while (open && mp_peek(&in) != MP_END && in.bad == NULL) {
        key = mp_bin(&in);
        say_stand(s, e->trials, key, mp_bin(&in), out);
    }
    if (open && rows->more)
        read_page(f, ERRAND_READS_NEW, TABLE_stands, key, out);
    else
        errand_finish(f);
}
