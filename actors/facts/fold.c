#include "actors/facts/facts_state.h"

#include "actors/facts/seat_best.h"
#include "proto/base/check.h"
#include "proto/job/curve.h"
#include "proto/job/ladder.h"

#include <stdio.h>
#include <string.h>

enum {
    RESULT_BYTES_MAX = LIMIT_JOB_SPEC_BYTES - 1024, /* what a row holds of a result */
    FACT_BYTES = 512 + 2 * SEAT_EXTENSION_BYTES /* beside what it says, and what goes before it */
};

/* ---- rows ---- */

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

static void put_end(struct batch *batch, const struct seat *s, uint64_t slot,
                    enum trial_status status, bool put) {
    uint8_t key_memory[JOB_ID_BYTES + 16];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    if (status == TRIAL_DONE)
        return;
    trial_row_end_key(&key, &s->id, status, slot);
    if (put)
        ops_put(&batch->ops, TABLE_ends, buf_view(&key), (struct span){0});
    else
        ops_delete(&batch->ops, TABLE_ends, buf_view(&key));
}

void fold_log(struct batch *batch, const struct msg_log_fact *log, const struct fact_key *key) {
    uint8_t key_memory[128], value_memory[LIMIT_LOG_HEAD_BYTES + LIMIT_LOG_TAIL_BYTES + 64];
    struct buf row = buf_of(key_memory, sizeof key_memory);
    struct buf value = buf_of(value_memory, sizeof value_memory);
    trial_row_output_key(&row, &log->job, log->slot, key);
    mp_put_u64(&value, log->bytes);
    mp_put_bin(&value, log->head);
    mp_put_bin(&value, log->tail);
    if (!value.overflow)
        ops_put(&batch->ops, TABLE_logs, buf_view(&row), buf_view(&value));
}

void fold_series(struct batch *batch, const struct msg_series_fact *series,
                 const struct fact_key *key) {
    uint8_t key_memory[128];
    struct buf row = buf_of(key_memory, sizeof key_memory);
    trial_row_output_key(&row, &series->job, series->slot, key);
    ops_put(&batch->ops, TABLE_series, buf_view(&row), series->points);
}

void fold_stands(struct facts *f, struct batch *batch, const struct msg_reached_fact *reached,
                 const struct fact_key *key) {
    uint8_t key_memory[128], value_memory[LIMIT_JOB_SPEC_BYTES];
    struct buf row = buf_of(key_memory, sizeof key_memory);
    struct buf value = buf_of(value_memory, sizeof value_memory);
    const struct seat *s = facts_seat(f, &reached->job);
    if (reached->config.len > RESULT_BYTES_MAX || reached->curve.len > CURVE_BYTES ||
        reached->attempt == 0 || reached->attempt > UINT32_MAX)
        return;
    trial_row_output_key(&row, &reached->job, reached->slot, key);
    mp_put_bin(&value, reached->config);
    mp_put_bin(&value, reached->curve);
    mp_put_bool(&value, reached->saved);
    ensure(!value.overflow);
    ops_put(&batch->ops, TABLE_stands, buf_view(&row), buf_view(&value));
    if (s != NULL && (s->state == SEAT_OPEN || s->state == SEAT_OPENING) &&
        reached->slot < s->job.trials) /* else it may have as many soon (intake.c) */
        say(&batch->after, &(struct msg){.kind = MSG_stands,
                                         .stands = {.job = reached->job,
                                                    .slot = reached->slot,
                                                    .attempt = reached->attempt,
                                                    .config = reached->config,
                                                    .curve = reached->curve,
                                                    .saved = reached->saved}});
}

/* ---- what is signed here ---- */

/* Whoever has the log of this life as far as the next fact of it knows what extended its job: no other node hears of a trial
 * or an end that it would take for nonsense. */
static void carry_extension(struct facts *f, struct batch *batch, struct seat *s) {
    if (s->carries)
        return;
    s->carries = true;
    batch_carry(&f->batches, batch, s->row.extension);
}

static struct fact_key own_key(const struct facts *f, uint64_t attempt, uint64_t number) {
    return (struct fact_key){.attempt = attempt,
                             .author = f->config.signer.id,
                             .generation = f->batches.generation,
                             .number = number};
}

/* ---- proposals ---- */

void fold_known(struct batch *batch, const struct msg_proposal_fact *proposal,
                const struct fact_key *key) {
    uint8_t key_memory[128], value_memory[LIMIT_BUNDLE_BYTES];
    struct buf row = buf_of(key_memory, sizeof key_memory);
    struct buf value = buf_of(value_memory, sizeof value_memory);
    if (proposal->known.len == 0)
        return;
    buf_put(&row, proposal->job.bytes, sizeof proposal->job.bytes);
    bundle_key(&row, &key->author, key->generation, key->number);
    mp_put_u64(&value, proposal->slot);
    mp_put_u64(&value, proposal->term);
    mp_put_bin(&value, proposal->config);
    mp_put_bin(&value, proposal->known);
    mp_put_u64(&value, proposal->asked);
    if (!value.overflow)
        ops_put(&batch->ops, TABLE_proposals, buf_view(&row), buf_view(&value));
}

/* key: of what was just folded in; saved: it ended with a checkpoint. That is newer than what a pause which stands for the slot
 * by its value has left; read from the disk again the row knows that alone. */
static void say_learned(struct facts *f, struct batch *batch, struct seat *s, uint64_t slot,
                        const struct trial_row *row, const struct fact_key *key, bool saved) {
    s->learned++;
    s->learned_in = f->batches.filling;
    s->exhausted = s->exhausted && s->hopeless; /* its last word did not know of that */
    struct msg_learned learned = trial_row_learned(&s->id, &s->job, slot, row);
    if (saved && fact_key_compare(key, &row->from) > 0)
        learned.author = key->author;
    say(&batch->after, &(struct msg){.kind = MSG_learned, .learned = learned});
}

void fold_proposal(struct facts *f, struct batch *batch, struct seat *s,
                   const struct msg_proposal_fact *proposal, const struct fact_key *key) {
    uint32_t seat = facts_seat_number(f, s);
    struct open_slot *open = open_slots_find(&f->open_slots, seat, proposal->slot);
    if (proposal->slot >= s->job.trials || ranges_has(&s->finished, proposal->slot) ||
        proposal->config.len > RESULT_BYTES_MAX)
        return;
    if (open != NULL && (open->attempts.made > 0 || fact_key_compare(key, &open->from) > 0))
        return; /* results say themselves what they are results of; of proposals the lowest stands */
    if (open == NULL &&
        (s->crowded || (open = open_slots_put(&f->open_slots, seat, proposal->slot)) == NULL)) {
        s->crowded = true;
        return;
    }
    open->from = *key;
    const struct trial_row row = {.config = proposal->config, .from = *key};
    put_trial(batch, &proposal->job, proposal->slot, &row);
    if (job_learns(&s->job) && !node_id_equal(&key->author, &f->config.signer.id))
        say_learned(f, batch, s, proposal->slot, &row, key, false);
}

struct trial_row fold_proposal_late(struct batch *batch, const struct seat *s,
                                    const struct msg_proposal_fact *proposal,
                                    const struct fact_key *key, const struct trial_row *old) {
    bool had = old->config.len > 0 || old->attempts.made > 0;
    if (proposal->slot >= s->job.trials || proposal->config.len > RESULT_BYTES_MAX ||
        old->attempts.made > 0 || (had && fact_key_compare(key, &old->from) > 0))
        return *old;
    const struct trial_row row = {.config = proposal->config, .from = *key};
    put_trial(batch, &proposal->job, proposal->slot, &row);
    return row;
}

void fold_proposed(struct facts *f, const struct msg_proposed *proposed, when_ms now) {
    struct seat *s = facts_seat(f, &proposed->job);
    if (s == NULL || s->state != SEAT_OPEN)
        return;
    bool ended = ranges_has(&s->finished, proposed->slot);
    bool open = open_slots_find(&f->open_slots, facts_seat_number(f, s), proposed->slot) != NULL;
    bool full = f->open_slots.count == OPEN_SLOTS_MAX;
    if ((ended || open || full) && proposed->known.len == 0)
        return; /* the slot has ended, or it is a further attempt of one that is known */
    struct batch *batch = facts_room_by(
        f, 2 * (proposed->config.len + proposed->known.len) + FACT_BYTES, now + FACTS_GATHER_MS);
    if (batch == NULL)
        return; /* the result will say by itself what it is a result of */
    carry_extension(f, batch, s);
    struct msg fact = {.kind = MSG_proposal_fact,
                       .proposal_fact = {.job = proposed->job,
                                         .slot = proposed->slot,
                                         .config = proposed->config,
                                         .term = f->term,
                                         .known = proposed->known,
                                         .asked = proposed->asked}};
    if (fact.proposal_fact.config.len + fact.proposal_fact.known.len > RESULT_BYTES_MAX)
        fact.proposal_fact.known = span_text("\xc0"); /* too long to be said (chain.h) */
    const struct fact_key key = own_key(f, 0, batch_add_fact(&f->batches, batch, &fact));
    fold_known(batch, &fact.proposal_fact, &key);
    if (open || !full)
        fold_proposal(f, batch, s, &fact.proposal_fact, &key);
}

/* ---- results ---- */

/* Who was judged at a rung has told what it is worth. */
static bool is_early_well(const struct job *job, const struct msg_result_fact *result) {
    struct measure m;
    return job_has_rungs(job) && result->has_value &&
           measure_of(&m, job, result->value, result->others);
}

static bool is_early(enum trial_status status) {
    return status == TRIAL_STOPPED || status == TRIAL_PAUSED;
}

bool fold_makes_sense(const struct seat *s, const struct msg_result_fact *result) {
    enum trial_status status;
    struct value values[LIMIT_PARAMS];
    return trial_status_of(result->status, &status) && status != TRIAL_OPEN &&
           status != TRIAL_LOST && status != TRIAL_CANCELLED && result->slot < s->job.trials &&
           (!is_early(status) || is_early_well(&s->job, result)) && result->attempt > 0 &&
           result->attempt <= UINT32_MAX &&
           result->value - result->value == 0 && /* a number that can be compared */
           result->curve.len <= CURVE_BYTES &&
           result->config.len + result->metrics.len + result->cause.len + result->others.len <=
               RESULT_BYTES_MAX &&
           job_config_read(&s->job, result->config, values); /* else the search never hears of it */
}

enum fold_need fold_needs(struct facts *f, struct seat *s, const struct msg_result_fact *result,
                          const struct fact_key *key) {
    if (s->state == SEAT_LATE || ranges_has(&s->finished, result->slot))
        return FOLD_WANTS_ROW;
    const struct open_slot *open =
        open_slots_find(&f->open_slots, facts_seat_number(f, s), result->slot);
    if (open == NULL)
        return s->crowded ? FOLD_WANTS_ROW : FOLD_IS_READY;
    if (open->unable)
        return FOLD_WANTS_ROW;
    return trial_row_replaces(&open->attempts, &open->from, (enum trial_status)result->status, key)
               ? FOLD_IS_READY
               : FOLD_WANTS_ROW;
}

static void note_trial(struct facts *f, struct batch *batch, struct seat *s,
                       const struct msg_result_fact *result, bool new_best, wall_ms wall) {
    enum trial_status status = (enum trial_status)result->status;
    const struct msg_job_row *job = &s->row;
    char runs[32] = "";
    if (job->best_runs > 0)
        snprintf(runs, sizeof runs, " to #%llu",
                 (unsigned long long)(job->best_slot + job->best_runs - 1));
    if (new_best)
        facts_event(f, batch, s, wall, "best %.*s %.6g by #%llu%s", (int)job->metric.len,
                    (const char *)job->metric.data, job->best_value,
                    (unsigned long long)job->best_slot, runs);
    else if (!trial_status_well(status))
        facts_event(f, batch, s, wall, "#%llu %s%s%.*s", (unsigned long long)result->slot,
                    trial_status_name(status), result->cause.len > 0 ? ": " : "",
                    (int)(result->cause.len < 200 ? result->cause.len : 200),
                    (const char *)result->cause.data);
}

/* What is left of the slot in memory once it is finished, and while it is not. */
static void keep_open(struct facts *f, struct seat *s, uint64_t slot, const struct trial_row *row) {
    uint32_t seat = facts_seat_number(f, s);
    struct open_slot *open = open_slots_find(&f->open_slots, seat, slot);
    if (row->finished) {
        if (open != NULL)
            open_slots_remove(&f->open_slots, open);
        return;
    }
    if (open == NULL)
        open = open_slots_put(&f->open_slots, seat, slot);
    if (open == NULL) {
        s->crowded = true;
        return;
    }
    open_slots_show(open, row);
}

/* Where the slot, or its configuration, stands among the best. */
static void put_rank(struct batch *batch, const struct seat *s, const struct worth *worth,
                     bool put) {
    uint8_t key_memory[RANK_KEY_BYTES_MAX], value_memory[RANK_BYTES_MAX];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    struct buf value = buf_of(value_memory, sizeof value_memory);
    trial_row_rank_key(&key, &s->id, &s->job, &worth->measure, worth->slot);
    trial_row_rank_put(&value, &s->job, worth->runs, &worth->measure);
    ensure(!value.overflow);
    if (put)
        ops_put(&batch->ops, TABLE_rank, buf_view(&key), buf_view(&value));
    else
        ops_delete(&batch->ops, TABLE_rank, buf_view(&key));
}

static void count_finished(struct facts *f, struct batch *batch, struct seat *s, uint64_t slot,
                           const struct trial_row *before, const struct trial_row *row) {
    struct worth old, now;
    const bool ranked = seat_worth(s, slot, before, &old);
    if (before->finished)
        seat_recount(s, slot, before, row);
    else if (!seat_count(s, slot, row))
        f->nonsense++; /* more gaps than can be remembered: the row is kept, the job will not open again */
    if (before->finished)
        put_end(batch, s, slot, trial_row_ended_as(before, &s->job), false);
    put_end(batch, s, slot, trial_row_ended_as(row, &s->job), true);
    if (ranked)
        put_rank(batch, s, &old, false);
    if (seat_worth(s, slot, row, &now))
        put_rank(batch, s, &now, true);
}

static void say_folded(struct facts *f, struct batch *batch, struct seat *s, uint64_t slot,
                       const struct trial_row *row, enum trial_status status,
                       const struct fact_key *key) {
    bool saved = status == TRIAL_PAUSED || status == TRIAL_AGAIN;
    dur_ms pause = row->finished ? 0 : attempts_pause(&row->attempts, status);
    batch_wants(batch, s->job.copies);
    say_learned(f, batch, s, slot, row, key, saved); /* before the next is asked for */
    if (f->leading)
        say(&batch->after, &(struct msg){.kind = MSG_recorded,
                                         .recorded = {.job = s->id,
                                                      .slot = slot,
                                                      .finished = row->finished,
                                                      .attempts = row->attempts.made,
                                                      .pause_ms = pause,
                                                      .attempt = key->attempt,
                                                      .author = key->author}});
}

/* It had not ended before, or only rested. */
static bool ends_anew(const struct seat *s, const struct trial_row *before,
                      const struct trial_row *row) {
    return !before->finished || (trial_row_ended_as(before, &s->job) == TRIAL_PAUSED &&
                                 trial_row_ended_as(row, &s->job) != TRIAL_PAUSED);
}

struct trial_row fold_result(struct facts *f, struct batch *batch, struct seat *s,
                             const struct msg_result_fact *result, const struct fact_key *key,
                             const struct trial_row *old, struct moment at) {
    const struct open_slot *open =
        open_slots_find(&f->open_slots, facts_seat_number(f, s), result->slot);
    struct trial_row row = {0};
    if (old != NULL)
        row = *old;
    else if (open != NULL) /* an ending that does not finish a slot; which one does not matter */
        row = (struct trial_row){.status = TRIAL_TRANSIENT,
                                 .attempts = open->attempts,
                                 .from = open->from,
                                 .last_end = open->last_end};
    const struct trial_row before = row;
    bool stands = trial_row_fold(&row, result, key, &s->job);
    ensure(stands || old != NULL);
    put_trial(batch, &s->id, result->slot, &row);
    if (!s->late)
        keep_open(f, s, result->slot, &row);
    seat_ran(s, result->began, result->run_ms);
    seat_note(s, &row);
    if (row.finished) {
        const struct msg_job_row was = s->row;
        count_finished(f, batch, s, result->slot, &before, &row);
        bool new_best = s->row.has_best && (!was.has_best || s->row.best_slot != was.best_slot ||
                                            s->row.best_value != was.best_value);
        if (ends_anew(s, &before, &row) && !s->late)
            note_trial(f, batch, s, result, new_best, at.wall);
    }
    facts_touch(f, s);
    if (!s->late)
        say_folded(f, batch, s, result->slot, &row, (enum trial_status)result->status, key);
    return row;
}

/* ---- ends ---- */

static void end_job(struct facts *f, struct batch *batch, struct seat *s, enum job_state state,
                    struct span cause, wall_ms wall) {
    seat_end(s, state, cause, wall);
    struct span best = {0};
    if (state == JOB_DONE) {
        seat_best_recommend(s);
        best = span_of(s->recommendation, s->recommendation_len);
    }
    carry_extension(f, batch, s);
    (void)batch_add_fact(&f->batches, batch,
                         &(struct msg){.kind = MSG_end_fact,
                                       .end_fact = {.job = s->id,
                                                    .state = state,
                                                    .cause = s->row.cause,
                                                    .wall = wall,
                                                    .trials = s->job.trials,
                                                    .best = best}});
}

/* What a leader alone says of a job that its results do not end by themselves. */
static void judge_early(struct facts *f, struct batch *batch, struct seat *s, wall_ms wall) {
    uint8_t memory[sizeof s->no_start + 32];
    struct buf cause = buf_of(memory, sizeof memory);
    if (seat_has_failed(s, &cause))
        end_job(f, batch, s, JOB_FAILED, buf_view(&cause), wall);
    else if (seat_has_stalled(s, &cause) || seat_is_hopeless(s, &cause) ||
             (s->exhausted && seat_is_whole(s)))
        end_job(f, batch, s, JOB_DONE, buf_view(&cause), wall);
}

/* What came late may show that the job was done after all, or that it goes on. */
static void judge_late(struct facts *f, struct batch *batch, struct seat *s, wall_ms wall) {
    uint64_t before = s->row.state;
    (void)seat_is_over(s);
    facts_touch(f, s);
    if (before == s->row.state)
        return;
    if (s->row.state == JOB_OPEN)
        inbox_job_goes_on(&f->inbox, &s->id);
    facts_event(f, batch, s, wall, "%s",
                s->row.state == JOB_DONE ? "done after all" : "goes on: some trials ended well");
}

void fold_judge(struct facts *f, struct batch *batch, struct seat *s, struct moment at) {
    if (s->state == SEAT_LATE)
        judge_late(f, batch, s, at.wall);
    if (s->state != SEAT_OPEN)
        return;
    if (s->backlog) { /* what was put off may be its end; it is judged when that is folded */
        s->unjudged = true;
        return;
    }
    if (!seat_is_over(s) && f->leading)
        judge_early(f, batch, s, at.wall);
    if (seat_is_over(s))
        facts_close_seat(f, batch, s, at.wall, &batch->after);
}

void fold_end(struct facts *f, struct batch *batch, struct seat *s, const struct msg_end_fact *end,
              struct moment at) {
    if ((end->trials > 0 ? end->trials : s->described) != s->job.trials)
        return; /* it has more of them by now */
    if (end->state == JOB_FAILED)
        seat_fail(s, end->cause, end->wall);
    else if (end->state == JOB_DONE)
        seat_stop(s, end->cause, end->wall, end->best);
    else
        return;
    if (s->state == SEAT_OPEN && s->row.state != JOB_OPEN)
        facts_close_seat(f, batch, s, at.wall, &batch->after);
    else
        facts_touch(f, s);
}

/* The search has nothing more to run: what it has paused stays so, or nothing new is worth while. */
void fold_exhausted(struct facts *f, const struct msg_exhausted *m) {
    struct seat *s = facts_seat(f, &m->job);
    if (s == NULL || s->state != SEAT_OPEN || m->trials != s->job.trials)
        return;
    if (!m->hopeless && m->learned < s->learned) { /* its last word would be of a part */
        s->early = f->announcing = true;
        return;
    }
    s->exhausted = s->unjudged = f->announcing = true;
    s->hopeless = m->hopeless && s->job.until_hopeless;
    seat_hear_best(s, m->best);
}

/* ---- the executor of this node ---- */

void fold_reached(struct facts *f, const struct msg_reached *m, when_ms now) {
    struct msg fact;
    struct err err;
    if (!msg_decode(&fact, m->fact, &err) || fact.kind != MSG_reached_fact) {
        f->nonsense++;
        return;
    }
    struct seat *s = facts_seat(f, &fact.reached_fact.job);
    if (s == NULL || s->state != SEAT_OPEN)
        return;
    struct batch *batch = facts_room_by(f, 4 * m->fact.len + FACT_BYTES, now + FACTS_GATHER_MS);
    if (batch == NULL)
        return; /* it is judged at the next rung */
    carry_extension(f, batch, s);
    const struct fact_key key =
        own_key(f, fact.reached_fact.attempt, batch_add_fact(&f->batches, batch, &fact));
    fold_stands(f, batch, &fact.reached_fact, &key);
}

static void add_output(struct facts *f, struct batch *batch, const struct msg_result_fact *result,
                       const struct msg_outcome *outcome) {
    struct msg fact = {.kind = MSG_log_fact,
                       .log_fact = {.job = result->job,
                                    .slot = result->slot,
                                    .attempt = result->attempt,
                                    .bytes = outcome->log_bytes,
                                    .head = outcome->log_head,
                                    .tail = outcome->log_tail}};
    struct fact_key key;
    if (outcome->log_bytes > 0 && outcome->log_head.len <= LIMIT_LOG_HEAD_BYTES &&
        outcome->log_tail.len <= LIMIT_LOG_TAIL_BYTES) {
        key = own_key(f, result->attempt, batch_add_fact(&f->batches, batch, &fact));
        fold_log(batch, &fact.log_fact, &key);
    }
    fact = (struct msg){.kind = MSG_series_fact,
                        .series_fact = {.job = result->job,
                                        .slot = result->slot,
                                        .attempt = result->attempt,
                                        .points = outcome->series}};
    if (outcome->series.len > 0 && outcome->series.len <= RESULT_BYTES_MAX) {
        key = own_key(f, result->attempt, batch_add_fact(&f->batches, batch, &fact));
        fold_series(batch, &fact.series_fact, &key);
    }
}

/* What could not be started here: how many nodes there are to be asked. */
static void say_who_is_asked(const struct facts *f, struct msg_result_fact *result) {
    result->nodes = result->status != TRIAL_NO_START ? 0
                    : f->spread.unsure               ? UNABLE_UNKNOWN
                                                     : f->others.count + 1;
}

struct fact_key fold_sign(struct facts *f, struct batch *batch, struct seat *s,
                          struct msg *result) {
    say_who_is_asked(f, &result->result_fact);
    carry_extension(f, batch, s);
    return own_key(f, result->result_fact.attempt, batch_add_fact(&f->batches, batch, result));
}

/* False: it becomes no fact, because its job does not run here (any more), or because neither the disk nor the inbox has
 * kept up although nothing new was begun. */
static bool keep_outcome(struct facts *f, const struct msg_outcome *outcome, struct msg *fact,
                         struct moment at) {
    const struct msg_result_fact *result = &fact->result_fact;
    struct seat *s = facts_seat(f, &result->job);
    if (s == NULL || s->state != SEAT_OPEN || !fold_makes_sense(s, result))
        return false;
    size_t bytes = outcome->series.len + outcome->log_head.len + outcome->log_tail.len +
                   2 * outcome->result.len + 512 + FACT_BYTES + 2 * s->recommendation_len;
    struct batch *batch = facts_room(f, bytes);
    if (batch == NULL)
        return false;
    carry_extension(f, batch, s);
    struct fact_key key = own_key(f, result->attempt, f->batches.sequence); /* as it will be */
    bool waits = fold_needs(f, s, result, &key) == FOLD_WANTS_ROW ||
                 inbox_reads(&f->inbox, &result->job, result->slot);
    if (waits && !inbox_put(&f->inbox, INBOX_OWN, outcome->result))
        return false;
    if (!waits) {
        key = fold_sign(f, batch, s, fact);
        (void)fold_result(f, batch, s, result, &key, NULL, at);
    }
    add_output(f, batch, result, outcome);
    if (!waits)
        fold_judge(f, batch, s, at);
    return true;
}

void fold_outcome(struct facts *f, const struct msg_outcome *outcome, struct moment at,
                  struct says *out) {
    struct msg fact;
    struct err err;
    if (!msg_decode(&fact, outcome->result, &err) || fact.kind != MSG_result_fact) {
        f->nonsense++;
        return;
    }
    const struct msg_result_fact *result = &fact.result_fact;
    bool lost = result->status == TRIAL_LOST || result->status == TRIAL_CANCELLED;
    if (lost || keep_outcome(f, outcome, &fact, at))
        return; /* lost attempts leave no trace, and everybody knows it from their status */
    say(out,
        &(struct msg){
            .kind = MSG_dropped,
            .dropped = {.job = result->job, .slot = result->slot, .attempt = result->attempt}});
}
