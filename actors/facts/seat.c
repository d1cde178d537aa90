#include "actors/facts/seat.h"

#include "actors/facts/seat_best.h"
#include "proto/base/check.h"
#include "proto/job_row.h"
#include "proto/trust/bundle.h"

#include <string.h>

/* A row for a job nobody has run. */
static void new_row(struct msg_job_row *row, const struct job *job, const struct job_id *id,
                    wall_ms created) {
    *row = (struct msg_job_row){.job = *id,
                                .name = job->name,
                                .state = JOB_OPEN,
                                .created = created,
                                .trials = job->trials,
                                .metric = job->objectives[0].metric,
                                .maximize = job->objectives[0].goal == GOAL_MAXIMIZE};
}

/* The row's copy of it. */
static void put_frontier(struct seat *s) {
    struct buf bytes = buf_of(s->frontier_bytes, sizeof s->frontier_bytes);
    s->row.frontier = (struct span){0};
    if (!job_has_frontier(&s->job))
        return;
    frontier_encode(&s->frontier, &bytes);
    ensure(!bytes.overflow);
    s->row.frontier = buf_view(&bytes);
}

/* When that was signed; 0: it cannot be read. */
static wall_ms wall_of(struct span extension) {
    struct bundle bundle;
    struct msg fact;
    struct err err;
    return extension.len > 0 && bundle_peek(&bundle, extension, &err) &&
                   bundle_next(&bundle, &fact, &err) && fact.kind == MSG_control_fact
               ? fact.control_fact.wall
               : 0;
}

/* The row's copy of it. */
static void put_extension(struct seat *s, uint64_t trials, struct span bundle, wall_ms wall) {
    means_extend(&s->means, s->job.trials, trials);
    s->job.trials = s->row.trials = trials;
    s->extended = wall;
    s->carries = false;
    memcpy(s->extension, bundle.data, bundle.len);
    s->row.extension = span_of(s->extension, bundle.len);
}

bool seat_may_extend(struct seat *s, uint64_t trials, struct job_fault *fault) {
    struct arena arena = {.data = s->arena, .used = s->arena_used, .cap = sizeof s->arena};
    return job_may_have(&s->job, trials, &arena, fault);
}

/* As the row says that it was extended. */
static void take_extension(struct seat *s, const struct msg_job_row *row) {
    s->described = s->job.trials;
    s->extended = 0;
    s->carries = true;
    struct job_fault fault;
    if (row->trials > s->described && row->extension.len > 0 &&
        row->extension.len <= sizeof s->extension && seat_may_extend(s, row->trials, &fault))
        put_extension(s, row->trials, row->extension, wall_of(row->extension));
}

bool seat_extend(struct seat *s, uint64_t trials, struct span bundle, wall_ms wall) {
    const bool same = trials == s->job.trials && trials > s->described;
    ensure(bundle.len <= sizeof s->extension);
    if (trials < s->job.trials || (!same && trials == s->job.trials) ||
        (same && span_compare(bundle, s->row.extension) >= 0))
        return false;
    put_extension(s, trials, bundle, wall);
    if (same)
        return true;
    s->no_better = 0;
    s->exhausted = s->hopeless = false;
    s->recommendation_len = 0;
    if (s->row.state != JOB_CANCELLED)
        seat_end(s, JOB_OPEN, (struct span){0}, 0);
    return true;
}

/* Likewise of how many have not told what constraints are about. */
static void put_untold_counts(struct seat *s) {
    struct buf bytes = buf_of(s->untold_counts, sizeof s->untold_counts);
    uint32_t kinds = 0;
    for (uint32_t i = 0; i < s->job.metrics_count; i++)
        kinds += s->untold[i] > 0;
    s->row.untold_counts = (struct span){0};
    if (kinds == 0)
        return;
    mp_put_array(&bytes, 2 * kinds);
    for (uint32_t i = 0; i < s->job.metrics_count; i++) {
        if (s->untold[i] == 0)
            continue;
        mp_put_u64(&bytes, i);
        mp_put_u64(&bytes, s->untold[i]);
    }
    ensure(!bytes.overflow);
    s->row.untold_counts = buf_view(&bytes);
}

/* ... and of what nobody has told. */
static void put_untold(struct seat *s) {
    struct buf text = buf_of(s->untold_text, sizeof s->untold_text);
    size_t whole = 0;
    for (uint32_t i = s->job.objectives_count; i < s->job.metrics_count; i++) {
        if (s->row.done < SEAT_NO_METRIC_MAX || s->untold[i] < s->row.done)
            continue;
        buf_text(&text, whole > 0 ? ", " : "");
        buf_span(&text, s->job.metrics[i]);
        whole = text.overflow ? whole : text.len;
    }
    s->row.untold = span_of(s->untold_text, whole);
    put_untold_counts(s);
}

bool seat_take(struct seat *s, const struct job_id *id, struct span spec,
               const struct node_id *owner, const struct msg_job_row *row, struct err *err) {
    if (spec.len > sizeof s->spec)
        return err_set(err, ERR_BAD_FACT, "a job of %zu bytes, expected at most %zu", spec.len,
                       sizeof s->spec);
    memcpy(s->spec, spec.data, spec.len);
    s->spec_len = spec.len;
    struct arena arena = arena_of(s->arena, sizeof s->arena);
    if (!job_decode(&s->job, span_of(s->spec, s->spec_len), &arena, err))
        return false;
    wall_ms created = row->created;
    s->arena_used = arena.used;
    s->id = *id;
    s->owner = *owner;
    s->finished = ranges_of(s->ranges_memory, LIMIT_RANGES);
    s->touched = s->late = s->crowded = s->asked = s->told = s->unjudged = false;
    s->exhausted = s->hopeless = s->early = false;
    s->learned = s->learned_in = 0;
    s->recommendation_len = 0;
    s->events = 0;
    s->unable = (struct unable){0};
    s->no_start_len = 0;
    s->reached = s->valued = false;
    memset(s->end_counts, 0, sizeof s->end_counts);
    s->no_better = 0;
    s->best_end = 0;
    s->best_slot = 0;
    means_begin(&s->means, &s->job);
    new_row(&s->row, &s->job, id, created);
    s->frontier = frontier_of(&s->job);
    put_frontier(s);
    memset(s->untold, 0, sizeof s->untold);
    put_untold(s);
    (void)ran_decode(&s->ran, row->ran);
    take_extension(s, row);
    s->state = SEAT_OPENING;
    return true;
}

bool seat_read_kept(struct job_kept *kept, struct span rows) {
    struct mp in = mp_of(rows);
    (void)mp_bin(&in); /* the key */
    struct mp value = mp_of(mp_bin(&in));
    kept->spec = mp_bin(&value);
    struct span owner = mp_bin(&value);
    kept->created = mp_i64(&value);
    if (in.bad != NULL || !mp_done(&value) || owner.len != sizeof kept->owner.bytes)
        return false;
    memcpy(kept->owner.bytes, owner.data, owner.len);
    return true;
}

/* A better one than all before it begins the count anew; one that is only as good does not. trials: that it stands for. */
static void note_patience(struct seat *s, const struct trial_row *trial, bool better,
                          uint32_t trials) {
    if (better) {
        s->no_better = 0;
        s->best_end = trial->last_end;
    } else if (s->state != SEAT_OPENING ||
               (trial->last_end >= s->best_end && trial->last_end > s->extended)) {
        s->no_better += trials;
    }
}

static void note_best(struct seat *s, const struct worth *worth, const struct trial_row *trial) {
    s->valued = true;
    s->best = worth->measure;
    s->best_slot = worth->slot;
    if (!(worth->measure.breach > 0))
        seat_best_put(s, worth, trial->config);
}

bool seat_worth(const struct seat *s, uint64_t slot, const struct trial_row *trial,
                struct worth *out) {
    if (s->job.repeat > 1)
        return means_of(&s->means, slot, out);
    *out = (struct worth){.slot = slot, .runs = 1};
    if (trial->finished && trial->has_value)
        out->measure = trial_row_measure(trial, &s->job);
    return trial->finished && trial->has_value;
}

/* trial: one of the configuration; trials: that it stands for and that were not counted. */
static void note_worth(struct seat *s, const struct worth *worth, const struct trial_row *trial,
                       uint32_t trials) {
    const struct measure *m = &worth->measure;
    int order = s->valued ? measure_compare(&s->job, m, &s->best) : -1;
    bool better = order < 0;
    if (m->breach > 0)
        s->frontier.broken++;
    else if (s->frontier.objectives > 1)
        better = frontier_enter(&s->frontier, &s->job, worth->slot, m->values);
    put_frontier(s);
    note_patience(s, trial, better, trials);
    s->reached = s->reached || measure_reaches(&s->job, m);
    /* Of equal ones the lowest slot is the best, so the answer does not depend on who finished first. */
    if (order < 0 || (order == 0 && worth->slot <= s->best_slot))
        note_best(s, worth, trial);
}

void seat_remember(struct seat *s, uint64_t slot, const struct trial_row *trial) {
    if (s->job.repeat == 1 || !trial->has_value)
        return;
    const struct measure m = trial_row_measure(trial, &s->job);
    means_put(&s->means, slot, &m, trial->config);
}

/* What the configuration had beaten comes back, where all that others are worth is known. */
static void frontier_without(struct seat *s, uint64_t slot) {
    struct worth other;
    s->frontier = frontier_of(&s->job);
    for (uint64_t i = 0; i < s->job.trials; i += s->job.repeat) {
        if (i == slot || !means_of(&s->means, i, &other))
            continue;
        s->frontier.broken += other.measure.breach > 0;
        if (!(other.measure.breach > 0))
            (void)frontier_enter(&s->frontier, &s->job, i, other.measure.values);
    }
}

/* The best and what was reached stay: what comes in its place is no worse. */
static void take_back(struct seat *s, const struct worth *worth) {
    if (s->job.repeat > 1 && !s->late) {
        frontier_without(s, worth->slot);
    } else {
        s->frontier.broken -= worth->measure.breach > 0;
        frontier_leave(&s->frontier, worth->slot);
    }
    put_frontier(s);
}

/* What a trial with values came to. old: as it stood before, of none a row of zeros. counts: its slot was not finished before. */
static void note_value(struct seat *s, uint64_t slot, const struct trial_row *old,
                       const struct trial_row *trial, bool counts) {
    struct worth before, now;
    const bool had = seat_worth(s, slot, old, &before);
    if (had)
        take_back(s, &before);
    seat_remember(s, slot, trial);
    if (!seat_worth(s, slot, trial, &now))
        return;
    if (now.runs > 1)
        counts = !had;
    note_worth(s, &now, trial, counts ? now.runs : 0);
}

/* The row's copy of how the trials ended: the same bytes, whether there never was such an end or it was taken back. */
static void put_end_counts(struct seat *s) {
    uint64_t sum = 0;
    for (int status = 0; status < TRIAL_STATUS_COUNT; status++)
        sum += s->end_counts[status];
    s->row.end_counts = (struct span){0};
    if (sum == 0)
        return;
    struct buf bytes = buf_of(s->end_counts_bytes, sizeof s->end_counts_bytes);
    end_counts_encode(s->end_counts, &bytes);
    ensure(!bytes.overflow);
    s->row.end_counts = buf_view(&bytes);
}

static bool rests(const struct seat *s, const struct trial_row *trial) {
    return trial_row_ended_as(trial, &s->job) == TRIAL_PAUSED;
}

/* Of the attempts of a finished slot: all but the one that ended it and those that let it rest. */
static uint64_t retries(const struct seat *s, const struct trial_row *trial) {
    return trial->attempts.made - trial->attempts.paused - !rests(s, trial);
}

/* by: 1, or -1 to take it back. */
static void tally_untold(struct seat *s, const struct trial_row *trial, uint64_t by) {
    struct value metrics[JOB_METRICS_MAX];
    if (!measure_metrics(&s->job, trial->value, trial->others, metrics))
        return;
    for (uint32_t i = s->job.objectives_count; i < s->job.metrics_count; i++)
        if (metrics[i].kind == VALUE_NONE && s->untold[i] + by <= s->row.trials)
            s->untold[i] += by; /* a summary of an older version does not say how many there are */
}

/* by: 1, or -1 to take it back. */
static void tally(struct seat *s, const struct trial_row *trial, uint64_t by) {
    const enum trial_status status = trial_row_ended_as(trial, &s->job);
    if (trial_status_well(status))
        s->row.done += by;
    else if (status == TRIAL_INFEASIBLE)
        s->row.infeasible += by;
    else
        s->row.failed += by;
    s->row.retried += by * retries(s, trial);
    if (trial->has_value)
        tally_untold(s, trial, by);
    put_untold(s);
    if (status == TRIAL_DONE)
        return;
    s->end_counts[status] += by;
    put_end_counts(s);
}

/* Cut to the room there is, but not through a letter; `text` may lie in `to`. */
static size_t keep_text(char *to, size_t room, struct span text) {
    size_t len = text.len < room ? text.len : room;
    if (len > 0)
        memmove(to, text.data, len);
    while (len > 0 && !span_is_utf8(span_of(to, len)))
        len--;
    return len;
}

void seat_ran(struct seat *s, wall_ms began, dur_ms run_ms) {
    wall_ms ended = trial_ended_at(began, run_ms);
    ran_add(&s->ran, began > s->row.created ? began : s->row.created, ended);
}

void seat_note(struct seat *s, const struct trial_row *trial) {
    seat_ran(s, trial->began, trial->run_ms);
    if (trial->last_end > s->row.last_end)
        s->row.last_end = trial->last_end;
    unable_merge(&s->unable, &trial->unable);
    if (trial->status == TRIAL_NO_START)
        s->no_start_len = keep_text(s->no_start, sizeof s->no_start, trial->cause);
}

bool seat_count(struct seat *s, uint64_t slot, const struct trial_row *trial) {
    ensure(trial->finished);
    if (slot >= s->job.trials ||
        (!s->late && (ranges_has(&s->finished, slot) || !ranges_add(&s->finished, slot))))
        return false;
    tally(s, trial, 1);
    if (trial->has_value)
        note_value(s, slot, &(struct trial_row){0}, trial, !rests(s, trial));
    return true;
}

void seat_recount(struct seat *s, uint64_t slot, const struct trial_row *old,
                  const struct trial_row *trial) {
    ensure(old->finished && trial->finished && (s->late || ranges_has(&s->finished, slot)));
    tally(s, old, (uint64_t)-1);
    tally(s, trial, 1);
    if (trial->has_value)
        note_value(s, slot, old, trial, rests(s, old) && !rests(s, trial));
}

void seat_end(struct seat *s, enum job_state state, struct span cause, wall_ms wall) {
    size_t len = keep_text(s->cause, sizeof s->cause, cause);
    s->row.state = state;
    s->row.cause = span_of(s->cause, len);
    s->row.finished = wall;
    s->row.running = 0;
    if (state != JOB_DONE)
        seat_best_take_back(s);
}

static void done(struct seat *s, const char *cause) {
    const struct msg_job_row *row = &s->row;
    seat_end(s, JOB_DONE, span_text(cause),
             row->last_end > row->created ? row->last_end : row->created);
}

static uint64_t finished_count(const struct seat *s) {
    return job_row_finished(&s->row);
}

bool seat_is_whole(const struct seat *s) {
    return finished_count(s) == s->job.trials;
}

void seat_fail(struct seat *s, struct span cause, wall_ms wall) {
    const struct msg_job_row *row = &s->row;
    bool first = row->state == JOB_OPEN || wall < row->finished ||
                 (wall == row->finished && span_compare(cause, row->cause) < 0);
    if ((row->state == JOB_OPEN || row->state == JOB_FAILED) && row->done == 0 && first)
        seat_end(s, JOB_FAILED, cause, wall);
}

/* Why its results alone say that it is done; NULL: they do not. More of them take nothing back. */
static const char *is_done(const struct seat *s) {
    /* The search may go on with them, or has a last word. */
    bool rest = s->end_counts[TRIAL_PAUSED] > 0 || (s->job.repeat_auto && s->row.trials > 0);
    if (s->reached)
        return s->job.objectives_count > 1 ? "the targets were reached" : "the target was reached";
    return seat_is_whole(s) && !rest && (s->row.done > 0 || s->row.trials == 0) ? "" : NULL;
}

void seat_stop(struct seat *s, struct span cause, wall_ms wall, struct span best) {
    const struct msg_job_row *row = &s->row;
    char memory[sizeof s->cause];
    const struct span kept = span_of(memory, keep_text(memory, sizeof memory, cause));
    int order = span_compare(kept, row->cause);
    if (order == 0)
        order = seat_best_compare(s, best);
    bool first =
        row->state != JOB_DONE || wall < row->finished || (wall == row->finished && order < 0);
    bool asked_for = job_has_patience(&s->job) || s->job.rungs.steps > 0 || s->job.repeat_auto;
    if (!asked_for || row->state == JOB_CANCELLED || is_done(s) != NULL || !first)
        return;
    seat_end(s, JOB_DONE, kept, wall);
    seat_hear_best(s, best);
    seat_best_recommend(s);
}

bool seat_is_over(struct seat *s) {
    const char *why = is_done(s);
    if (s->row.state == JOB_CANCELLED)
        return true;
    if (why != NULL) {
        done(s, why);
        return true;
    }
    if (s->row.state == JOB_FAILED && s->row.done > 0) /* whoever failed it had not heard of that */
        seat_end(s, JOB_OPEN, (struct span){0}, 0);
    return s->row.state != JOB_OPEN;
}

bool seat_folds(const struct seat *s) {
    return s->state == SEAT_OPEN || s->state == SEAT_LATE;
}

/* "a, b" has a and b. */
static bool is_listed(struct span list, struct span name) {
    for (size_t from = 0, at = 0; at <= list.len; at++) {
        if (at < list.len && list.data[at] != ',')
            continue;
        if (span_equal(span_trim(span_of(list.data + from, at - from)), name))
            return true;
        from = at + 1;
    }
    return false;
}

static void resume_untold(struct seat *s, const struct msg_job_row *row) {
    struct mp in = mp_of(row->untold_counts);
    for (uint32_t i = s->job.objectives_count; i < s->job.metrics_count; i++)
        s->untold[i] = is_listed(row->untold, s->job.metrics[i]) ? row->done : 0;
    uint32_t left = mp_peek(&in) == MP_END ? 0 : mp_array(&in);
    for (; left > 1 && in.bad == NULL; left -= 2) {
        const uint64_t metric = mp_u64(&in), count = mp_u64(&in);
        if (in.bad == NULL && metric < s->job.metrics_count && count <= row->trials)
            s->untold[metric] = count;
    }
    put_untold(s);
}

/* What the summary says of the best, the frontier and what was not told. */
static void resume_values(struct seat *s, const struct msg_job_row *row) {
    seat_best_resume(s, row);
    if (!frontier_decode(&s->frontier, row->frontier) ||
        s->frontier.objectives != s->job.objectives_count)
        s->frontier = frontier_of(&s->job);
    put_frontier(s);
    resume_untold(s, row);
    const struct frontier_point *point = frontier_find(&s->frontier, row->best_slot);
    if (row->has_best && point != NULL)
        memcpy(s->best.values, point->values, sizeof s->best.values);
    s->reached = row->has_best && s->frontier.objectives < 2 && measure_reaches(&s->job, &s->best);
    for (uint32_t i = 0; i < s->frontier.count; i++) {
        struct measure m = {.breach = 0};
        memcpy(m.values, s->frontier.points[i].values, sizeof m.values);
        s->reached = s->reached || measure_reaches(&s->job, &m);
    }
}

void seat_resume(struct seat *s, const struct msg_job_row *row) {
    const struct span name = s->row.name, metric = s->row.metric;
    s->late = true;
    s->row = *row; /* and what it borrows: */
    s->row.name = name;
    s->row.metric = metric;
    s->row.trials = s->described;
    s->row.extension = (struct span){0};
    s->job.trials = s->described;
    take_extension(s, row);
    seat_end(s, (enum job_state)row->state, row->cause, row->finished);
    resume_values(s, row);
    (void)ran_decode(&s->ran, row->ran);
    s->row.ran = (struct span){0};
    if (!end_counts_decode(s->end_counts, row->end_counts))
        memset(s->end_counts, 0, sizeof s->end_counts);
    put_end_counts(s);
}

struct msg_job_row seat_kept_row(const struct seat *s, uint8_t ran[RAN_BYTES]) {
    struct msg_job_row row = s->row;
    struct buf out = buf_of(ran, RAN_BYTES);
    ran_encode(&s->ran, &out);
    ensure(!out.overflow);
    row.ran = buf_view(&out);
    row.run_ms = ran_ms(&s->ran);
    return row;
}

void seat_summary_key(struct buf *out, const struct msg_job_row *row) {
    buf_be64(out, (uint64_t)row->created);
    buf_put(out, row->job.bytes, sizeof row->job.bytes);
}

void seat_check(const struct seat *s) {
    if (s->state == SEAT_FREE)
        return;
    ensure(s->late || finished_count(s) == ranges_size(&s->finished));
    ensure(finished_count(s) <= s->job.trials && s->row.trials == s->job.trials);
    ensure(s->state != SEAT_OPEN || s->row.state == JOB_OPEN);
}
