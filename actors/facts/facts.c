#include "actors/facts/facts_state.h"

#include "proto/base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { GATHER_MS = 5, RETRY_PAUSE_LEAST = 250, RETRY_PAUSE_MOST = 5000, LIST_PAGE = 8 };

size_t facts_size(void) {
    return sizeof(struct facts);
}

struct facts *facts_init(void *memory, const struct facts_config *config) {
    struct facts *f = memory;
    f->config = *config;
    f->retry_at = WHEN_NEVER;
    f->list_at = INT64_MIN;
    batches_init(&f->batches, &f->config.signer);
    return f;
}

/* ---- what the other files of the room use ---- */

struct seat *facts_seat(struct facts *f, const struct job_id *job) {
    for (uint32_t i = 0; i < f->seats_used; i++) {
        if (f->seats[i].state != SEAT_FREE && job_id_equal(&f->seats[i].id, job))
            return &f->seats[i];
    }
    return NULL;
}

struct seat *facts_free_seat(struct facts *f) {
    for (uint32_t i = 0; i < f->seats_used; i++) {
        if (f->seats[i].state == SEAT_FREE)
            return &f->seats[i];
    }
    return f->seats_used < LIMIT_JOBS_OPEN ? &f->seats[f->seats_used++] : NULL;
}

uint32_t facts_seat_number(const struct facts *f, const struct seat *s) {
    return (uint32_t)(s - f->seats);
}

uint64_t facts_scan(struct facts *f, struct says *out, const struct msg_scan *scan) {
    struct msg m = {.kind = MSG_scan, .scan = *scan};
    m.scan.ticket = ++f->scans;
    say(out, &m);
    return f->scans;
}

void facts_event(struct facts *f, struct batch *batch, struct seat *s, wall_ms wall,
                 const char *format, ...) {
    if (s->events++ >= SEAT_EVENTS_MAX)
        return;
    char text[320];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* Keys grow with the clock and stay unique when it stands still or is set back. */
    uint64_t number = (uint64_t)wall * 1000;
    f->last_event = number > f->last_event ? number : f->last_event + 1;
    uint8_t key_memory[JOB_ID_BYTES + 8], value_memory[400];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    struct buf value = buf_of(value_memory, sizeof value_memory);
    trial_row_key(&key, &s->id, f->last_event);
    struct span line = span_text(text);
    bytes_make_utf8((uint8_t *)text, line.len);
    mp_put_i64(&value, wall);
    mp_put_str(&value, line);
    ops_put(&batch->ops, TABLE_events, buf_view(&key), buf_view(&value));
}

void facts_put_summary(struct batch *batch, const struct seat *s) {
    uint8_t key_memory[8 + JOB_ID_BYTES], row_memory[BATCH_SUMMARY_BYTES - 64];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    struct buf row = buf_of(row_memory, sizeof row_memory);
    seat_summary_key(&key, &s->row);
    ensure(msg_encode(&(struct msg){.kind = MSG_job_row, .job_row = s->row}, &row));
    ops_put(&batch->ops, TABLE_summaries, buf_view(&key), buf_view(&row));
    say(&batch->after, &(struct msg){.kind = MSG_job_stand, .job_stand.row = buf_view(&row)});
}

/* The row of every seat that has changed goes into the batch that ends here: never counts that are not in it. */
static void put_summaries(struct facts *f, struct batch *batch) {
    for (uint32_t i = 0; i < f->seats_used; i++) {
        struct seat *s = &f->seats[i];
        if (s->state == SEAT_FREE || !s->touched)
            continue;
        s->touched = false;
        facts_put_summary(batch, s);
    }
}

struct batch *facts_room(struct facts *f, size_t bytes) {
    uint64_t before = f->batches.filling;
    struct batch *batch = batches_room(&f->batches, bytes);
    if (f->batches.filling != before && before >= f->batches.flying)
        put_summaries(f, &f->batches.ring[before % BATCHES]);
    return batch;
}

void facts_touch(struct facts *f, struct seat *s) {
    ensure(s >= f->seats && s < f->seats + f->seats_used);
    s->touched = true;
}

void facts_close_seat(struct facts *f, struct batch *batch, struct seat *s, wall_ms wall) {
    static const char *const ends[] = {"", "done", "failed", "cancelled"};
    s->state = SEAT_CLOSING;
    s->closed_in = f->batches.filling;
    f->urgent = true;
    s->events = 0; /* the end is always told */
    facts_event(f, batch, s, wall, "%s%s%.*s", ends[s->row.state], s->row.cause.len > 0 ? ": " : "",
                (int)s->row.cause.len, (const char *)s->row.cause.data);
    facts_touch(f, s);
    say(&batch->after,
        &(struct msg){.kind = MSG_job_shut,
                      .job_shut = {.job = s->id, .state = s->row.state, .cause = s->row.cause}});
}

/* ---- proposals and results ---- */

static void put_trial(struct batch *batch, const struct job_id *job, uint64_t slot,
                      const struct trial_row *row) {
    uint8_t key_memory[JOB_ID_BYTES + 8];
    uint8_t value_memory[LIMIT_JOB_SPEC_BYTES];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    struct buf value = buf_of(value_memory, sizeof value_memory);
    trial_row_key(&key, job, slot);
    trial_row_encode(row, &value);
    ensure(!value.overflow);
    ops_put(&batch->ops, TABLE_trials, buf_view(&key), buf_view(&value));
}

static void on_proposed(struct facts *f, const struct msg_proposed *proposed) {
    struct seat *s = facts_seat(f, &proposed->job);
    uint32_t seat = s == NULL ? 0 : facts_seat_number(f, s);
    if (s == NULL || s->state != SEAT_OPEN ||
        open_slots_find(&f->open_slots, seat, proposed->slot) != NULL)
        return; /* the job has ended, or it is a further attempt of a slot that is known */
    struct batch *batch = facts_room(f, proposed->config.len + 256);
    if (batch == NULL || open_slots_put(&f->open_slots, seat, proposed->slot) == NULL)
        return; /* the result will say by itself what it is a result of */
    batch_add_fact(&f->batches, batch,
                   &(struct msg){.kind = MSG_proposal_fact,
                                 .proposal_fact = {.job = proposed->job,
                                                   .slot = proposed->slot,
                                                   .config = proposed->config}});
    const struct trial_row row = {.config = proposed->config};
    put_trial(batch, &proposed->job, proposed->slot, &row);
}

static void put_rank(struct batch *batch, struct seat *s, uint64_t slot, double value) {
    uint8_t key_memory[JOB_ID_BYTES + 16];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    trial_row_rank_key(&key, &s->id, s->row.maximize, value, slot);
    ops_put(&batch->ops, TABLE_rank, buf_view(&key), (struct span){0});
}

static void put_output(struct batch *batch, const struct job_id *job, uint64_t slot,
                       uint64_t attempt, const struct msg_outcome *outcome) {
    uint8_t key_memory[JOB_ID_BYTES + 12];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    trial_row_attempt_key(&key, job, slot, attempt);
    if (outcome->log_bytes > 0) {
        uint8_t value_memory[LIMIT_LOG_HEAD_BYTES + LIMIT_LOG_TAIL_BYTES + 64];
        struct buf value = buf_of(value_memory, sizeof value_memory);
        mp_put_u64(&value, outcome->log_bytes);
        mp_put_bin(&value, outcome->log_head);
        mp_put_bin(&value, outcome->log_tail);
        if (!value.overflow)
            ops_put(&batch->ops, TABLE_logs, buf_view(&key), buf_view(&value));
    }
    if (outcome->series.len > 0)
        ops_put(&batch->ops, TABLE_series, buf_view(&key), outcome->series);
}

static void note_trial(struct facts *f, struct batch *batch, struct seat *s,
                       const struct msg_result_fact *result, bool new_best, wall_ms wall) {
    enum trial_status status = (enum trial_status)result->status;
    if (new_best)
        facts_event(f, batch, s, wall, "best %.*s %.6g by #%llu", (int)s->row.metric.len,
                    (const char *)s->row.metric.data, s->row.best_value,
                    (unsigned long long)result->slot);
    else if (status != TRIAL_DONE)
        facts_event(f, batch, s, wall, "#%llu %s%s%.*s", (unsigned long long)result->slot,
                    trial_status_name(status), result->cause.len > 0 ? ": " : "",
                    (int)(result->cause.len < 200 ? result->cause.len : 200),
                    (const char *)result->cause.data);
}

/* Folds a result into its slot and its job, all in one batch. */
static void record(struct facts *f, struct batch *batch, struct seat *s,
                   const struct msg_outcome *outcome, struct msg_result_fact *result,
                   struct moment at) {
    uint32_t seat = facts_seat_number(f, s);
    struct open_slot *open = open_slots_find(&f->open_slots, seat, result->slot);
    if (open == NULL)
        open = open_slots_put(&f->open_slots, seat, result->slot);
    ensure(open != NULL); /* sched keeps fewer slots open than there is room for */
    struct trial_row row = {.attempts = open->attempts};
    trial_row_fold(&row, result, &s->job.retry);
    result->attempt = row.attempts.made;
    open->attempts = row.attempts;

    batch_add_fact(&f->batches, batch,
                   &(struct msg){.kind = MSG_result_fact, .result_fact = *result});
    put_trial(batch, &result->job, result->slot, &row);
    put_output(batch, &result->job, result->slot, result->attempt, outcome);
    if (row.finished) {
        uint64_t best_before = s->row.has_best ? s->row.best_slot : UINT64_MAX;
        open_slots_remove(&f->open_slots, open);
        ensure(seat_count(s, result->slot, &row));
        if (row.has_value)
            put_rank(batch, s, result->slot, row.value);
        bool new_best = s->row.has_best && s->row.best_slot != best_before;
        note_trial(f, batch, s, result, new_best, at.wall);
    }
    facts_touch(f, s);
    say(&batch->after,
        &(struct msg){.kind = MSG_recorded,
                      .recorded = {.job = result->job,
                                   .slot = result->slot,
                                   .finished = row.finished,
                                   .attempts = row.attempts.made,
                                   .pause_ms = row.finished
                                                   ? 0
                                                   : attempts_pause(&row.attempts, row.status)}});
    say(&batch->after,
        &(struct msg){.kind = MSG_learned,
                      .learned = {.job = result->job,
                                  .slot = result->slot,
                                  .config = result->config,
                                  .status = row.finished ? result->status : TRIAL_OPEN,
                                  .has_value = row.has_value,
                                  .value = row.value}});
}

static void on_outcome(struct facts *f, const struct msg_outcome *outcome, struct moment at) {
    struct msg fact;
    struct err err;
    enum trial_status status;
    if (!msg_decode(&fact, outcome->result, &err) || fact.kind != MSG_result_fact ||
        !trial_status_of(fact.result_fact.status, &status)) {
        f->nonsense++;
        return;
    }
    struct msg_result_fact *result = &fact.result_fact;
    struct seat *s = facts_seat(f, &result->job);
    if (s == NULL || s->state != SEAT_OPEN || status == TRIAL_LOST || status == TRIAL_CANCELLED ||
        result->slot >= s->job.trials || ranges_has(&s->finished, result->slot))
        return; /* lost attempts leave no trace; a job that has ended wants no more */
    size_t bytes = outcome->series.len + outcome->log_head.len + outcome->log_tail.len +
                   2 * outcome->result.len + 1024;
    struct batch *batch = facts_room(f, bytes);
    if (batch == NULL) {
        /* The disk has not kept up although nothing new was begun. The attempt is as if it was lost: sched will not hear
         * that it was recorded and the slot stays open for the next start. */
        f->nonsense++;
        return;
    }
    record(f, batch, s, outcome, result, at);
    seat_clock(s, at.now);
    if (status == TRIAL_NO_START && s->row.done == 0)
        seat_end(s, JOB_FAILED, result->cause, at.wall);
    if (seat_is_over(s, at.wall))
        facts_close_seat(f, batch, s, at.wall);
}

/* ---- the store ---- */

static void set_hold(struct facts *f, bool on, struct says *out) {
    if (f->holding == on)
        return;
    f->holding = on;
    say(out, &(struct msg){.kind = MSG_hold, .hold.on = on});
}

static void on_saved(struct facts *f, const struct msg_saved *saved, struct says *out) {
    if (!f->batches.under_way || saved->ticket != f->batches.flying) {
        f->nonsense++;
        return;
    }
    uint64_t landed = f->batches.flying;
    batches_landed(&f->batches, out);
    errands_landed(f, landed);
    for (uint32_t i = 0; i < f->seats_used; i++) {
        struct seat *s = &f->seats[i];
        if (s->state == SEAT_CLOSING && s->closed_in <= landed) {
            open_slots_forget(&f->open_slots, i);
            s->state = SEAT_FREE;
        }
    }
    f->retry_pause = 0;
    f->retry_at = WHEN_NEVER;
    if (f->ailing)
        say(out, &(struct msg){.kind = MSG_ailing, .ailing.code = ERR_NONE});
    f->ailing = false;
}

static void on_save_failed(struct facts *f, const struct msg_save_failed *failed, when_ms now,
                           struct says *out) {
    if (!f->batches.under_way || failed->ticket != f->batches.flying) {
        f->nonsense++;
        return;
    }
    f->retry_pause = f->retry_pause == 0 ? RETRY_PAUSE_LEAST : f->retry_pause * 2;
    if (f->retry_pause > RETRY_PAUSE_MOST)
        f->retry_pause = RETRY_PAUSE_MOST;
    f->retry_at = now + f->retry_pause;
    f->ailing = true;
    say(out,
        &(struct msg){.kind = MSG_ailing, .ailing = {.code = failed->code, .what = failed->what}});
}

/* ---- life ---- */

static const struct span boot_key = {.data = (const uint8_t *)"boot", .len = 4};

static void read_boot_counter(struct facts *f, struct says *out) {
    f->list_scan =
        facts_scan(f, out, &(struct msg_scan){.table = TABLE_meta, .prefix = boot_key, .limit = 1});
}

static void on_start(struct facts *f, const struct msg_start *start, struct says *out) {
    if (f->life != FACTS_DOWN)
        return;
    f->life = FACTS_BOOTING;
    f->autorun = start->autorun;
    read_boot_counter(f, out);
}

static void raise_generation(struct facts *f, const struct msg_rows *rows, when_ms now) {
    if (rows->code != ERR_NONE) { /* a counter that cannot be read must not begin again at one */
        f->retry_at = now + RETRY_PAUSE_LEAST;
        return;
    }
    struct mp in = mp_of(rows->rows);
    uint64_t boots = 0;
    if (rows->rows.len > 0) {
        (void)mp_bin(&in);
        struct mp value = mp_of(mp_bin(&in));
        boots = mp_u64(&value);
    }
    boots++;
    f->batches.generation = boots << 32 | f->config.nonce;
    uint8_t value_memory[16];
    struct buf value = buf_of(value_memory, sizeof value_memory);
    mp_put_u64(&value, boots);
    struct batch *batch = facts_room(f, 64);
    ensure(batch != NULL);
    ops_put(&batch->ops, TABLE_meta, boot_key, buf_view(&value));
    f->life = FACTS_UP;
    f->listing = f->autorun;
    f->list_scan = 0;
}

static bool has_room_to_list(const struct facts *f) {
    return f->errands.count + LIST_PAGE <= ERRANDS / 2; /* the other half is for those who ask */
}

/* An agent runs every open job: it looks through all of them once, a page whenever there is room for its errands. */
static void list_on(struct facts *f, when_ms now, struct says *out) {
    if (!f->listing || f->list_scan != 0 || !has_room_to_list(f) || f->list_at > now)
        return;
    f->list_scan = facts_scan(f, out,
                              &(struct msg_scan){.table = TABLE_summaries,
                                                 .after = span_of(f->list_after, f->list_after_len),
                                                 .limit = LIST_PAGE});
}

static void on_list_rows(struct facts *f, const struct msg_rows *rows, when_ms now,
                         struct says *out) {
    struct mp in = mp_of(rows->rows);
    while (mp_peek(&in) != MP_END && in.bad == NULL) {
        struct span key = mp_bin(&in);
        struct msg row;
        struct err err;
        bool whole = msg_decode(&row, mp_bin(&in), &err) && row.kind == MSG_job_row;
        if (errands_full(&f->errands))
            break; /* the rest is read again when there is room */
        if (key.len == sizeof f->list_after) {
            memcpy(f->list_after, key.data, key.len);
            f->list_after_len = key.len;
        }
        if (whole && row.job_row.state == JOB_OPEN)
            errand_want(f, 0, &row.job_row.job, out);
    }
    f->list_scan = 0;
    f->listing = rows->more || rows->code != ERR_NONE || mp_peek(&in) != MP_END;
    f->list_at = rows->code != ERR_NONE ? now + RETRY_PAUSE_MOST : INT64_MIN;
}

static void on_rows(struct facts *f, const struct msg_rows *rows, struct moment at,
                    struct says *out) {
    if (rows->ticket != f->list_scan)
        errand_rows(f, rows, at, out);
    else if (f->life == FACTS_BOOTING)
        raise_generation(f, rows, at.now);
    else
        on_list_rows(f, rows, at.now, out);
}

static void on_quit(struct facts *f, struct moment at) {
    f->quitting = true;
    for (uint32_t i = 0; i < f->seats_used; i++) {
        struct seat *s = &f->seats[i];
        struct batch *batch = s->state == SEAT_OPEN ? facts_room(f, 1024) : NULL;
        if (batch == NULL)
            continue;
        seat_clock(s, at.now);
        facts_event(f, batch, s, at.wall, "interrupted");
        facts_touch(f, s);
    }
}

/* A batch goes at once when somebody waits for it or the disk has rested; results alone gather for a moment, because a sync
 * costs the same for one as for a hundred and the processor belongs to the trials. */
static when_ms launch_time(const struct facts *f) {
    const struct batches *b = &f->batches;
    if (b->under_way || batch_is_empty(&b->ring[b->flying % BATCHES]))
        return WHEN_NEVER;
    return f->urgent || f->quitting || b->filling != b->flying ? INT64_MIN
                                                               : f->launched + GATHER_MS;
}

static bool is_due(const struct facts *f, when_ms now) {
    return launch_time(f) <= now;
}

/* After every event: what can go to the store goes, what can be promised is promised. */
static void settle(struct facts *f, struct moment at, struct says *out) {
    if (f->life == FACTS_UP && !f->quitting) {
        errands_go(f, at, out);
        list_on(f, at.now, out);
    }
    struct batches *b = &f->batches;
    if (f->retry_at <= at.now) {
        f->retry_at = WHEN_NEVER;
        if (f->life == FACTS_BOOTING)
            read_boot_counter(f, out);
        else
            batches_relaunch(b, out);
    }
    if (is_due(f, at.now)) {
        if (b->flying == b->filling)
            put_summaries(f, batches_oldest(b));
        batches_launch(b, out);
        f->launched = at.now;
        f->urgent = false;
    }
    set_hold(f, f->ailing || batches_waiting(b) >= BATCHES_HOLD, out);
    /* A disk that stays full would keep the process for ever; what it refused was not acknowledged. */
    bool kept = !b->under_way && batch_is_empty(batches_oldest(b));
    if (f->quitting && !f->said_quiet && (kept || f->ailing)) {
        f->said_quiet = true;
        say(out, &(struct msg){.kind = MSG_quiet, .quiet.room = ROOM_FACTS});
    }
}

static void facts_step(void *self, const struct event *event, struct moment at, struct says *out) {
    struct facts *f = self;
    const struct msg *m = &event->msg;
    switch (m->kind) {
    case MSG_NONE: break;
    case MSG_start: on_start(f, &m->start, out); break;
    case MSG_admit: errand_admit(f, &m->admit, out); break;
    case MSG_job_want: errand_want(f, m->job_want.ticket, &m->job_want.job, out); break;
    case MSG_proposed: on_proposed(f, &m->proposed); break;
    case MSG_outcome: on_outcome(f, &m->outcome, at); break;
    case MSG_saved: on_saved(f, &m->saved, out); break;
    case MSG_save_failed: on_save_failed(f, &m->save_failed, at.now, out); break;
    case MSG_rows: on_rows(f, &m->rows, at, out); break;
    case MSG_quit: on_quit(f, at); break;
    default: f->nonsense++; break;
    }
    settle(f, at, out);
}

static when_ms facts_deadline(const void *self) {
    const struct facts *f = self;
    when_ms soonest = when_sooner(f->retry_at, launch_time(f));
    if (f->life != FACTS_UP || f->quitting)
        return soonest;
    if (f->listing && f->list_scan == 0 && f->list_at != INT64_MIN && has_room_to_list(f))
        soonest = when_sooner(soonest, f->list_at);
    return when_sooner(soonest, errands_deadline(&f->errands));
}

static void facts_check(const void *self) {
    const struct facts *f = self;
    for (uint32_t i = 0; i < f->seats_used; i++)
        seat_check(&f->seats[i]);
    ensure(f->batches.flying <= f->batches.filling);
    ensure(f->batches.filling - f->batches.flying < BATCHES);
}

struct core facts_core(struct facts *f) {
    return (struct core){.room = ROOM_FACTS,
                         .self = f,
                         .step = facts_step,
                         .deadline = facts_deadline,
                         .check = facts_check};
}
