#include "actors/gateway/ask.h"

#include "actors/executor/metrics.h"
#include "actors/facts/trial_row.h"
#include "proto/base/mp.h"
#include "proto/base/num.h"

#include <string.h>

void refuse(struct says *out, uint32_t peer, uint64_t ticket, enum err_code code,
            const char *what) {
    say_to(out, ROOM_CLIENTS, peer,
           &(struct msg){.kind = MSG_refused,
                         .refused = {.ticket = ticket, .code = code, .what = span_text(what)}});
}

static void send_end(struct ask *ask, bool more, struct span cursor, struct says *out) {
    say_to(out, ROOM_CLIENTS, ask->peer,
           &(struct msg){.kind = MSG_end,
                         .end = {.ticket = ask->ticket, .more = more, .cursor = cursor}});
    ask->kind = ASK_NONE;
}

static void give_up(struct ask *ask, enum err_code code, const char *what, struct says *out) {
    refuse(out, ask->peer, ask->ticket, code, what);
    ask->kind = ASK_NONE;
}

struct ask *ask_take(struct asks *a, enum ask_kind kind, uint32_t peer, uint64_t ticket) {
    for (size_t i = 0; i < ASKS; i++) {
        struct ask *ask = &a->items[i];
        if (ask->kind != ASK_NONE)
            continue;
        /* Only the small fields: the large ones are written before they are read. */
        ask->kind = kind;
        ask->peer = peer;
        ask->ticket = ticket;
        ask->scan = ++a->tickets;
        ask->step = ask->pending = 0;
        ask->slot = ask->attempt = ask->limit = ask->found = ask->from = ask->ended = 0;
        ask->more = ask->open = ask->waits = ask->again = ask->stays = ask->configs = false;
        ask->cursor_len = ask->kept_len = 0;
        return ask;
    }
    return NULL;
}

struct ask *ask_new(struct asks *a, enum ask_kind kind, uint32_t peer, uint64_t ticket,
                    struct says *out) {
    struct ask *ask = ask_take(a, kind, peer, ticket);
    if (ask == NULL)
        refuse(out, peer, ticket, ERR_BUSY, "too many questions at once; try again");
    return ask;
}

struct ask *asks_admitted(struct asks *a, uint64_t ticket) {
    for (size_t i = 0; i < ASKS; i++) {
        if (a->items[i].kind == ASK_ADMIT && a->items[i].scan == ticket)
            return &a->items[i];
    }
    return NULL;
}

void asks_left(struct asks *a, uint32_t peer) {
    for (size_t i = 0; i < ASKS; i++) {
        if (a->items[i].kind == ASK_NONE || a->items[i].peer != peer)
            continue;
        a->waiting -= a->items[i].waits;
        a->items[i].kind = ASK_NONE; /* answers that still come find nobody */
    }
}

/* ---- scans ---- */

static void scan(struct asks *a, struct ask *ask, const struct msg_scan *what, struct says *out) {
    struct msg m = {.kind = MSG_scan, .scan = *what};
    ask->scan = ++a->tickets;
    m.scan.ticket = ask->scan;
    say(out, &m);
}

static struct span cursor_of(const struct ask *ask) {
    return span_of(ask->cursor, ask->cursor_len);
}

static void keep_cursor(struct ask *ask, struct span key) {
    if (key.len <= sizeof ask->cursor) {
        memcpy(ask->cursor, key.data, key.len);
        ask->cursor_len = key.len;
    }
}

static void scan_of_job(struct asks *a, struct ask *ask, enum table table, bool page,
                        struct says *out) {
    scan(a, ask,
         &(struct msg_scan){.table = table,
                            .prefix = span_of(ask->job.bytes, sizeof ask->job.bytes),
                            .after = page ? cursor_of(ask) : (struct span){0},
                            .limit = page ? ask->limit : 1},
         out);
}

/* Ranks, or how trials ended: keys that end in a slot. */
static void scan_of_index(struct asks *a, struct ask *ask, struct says *out) {
    uint8_t memory[JOB_ID_BYTES + 8];
    struct buf key = buf_of(memory, sizeof memory);
    buf_put(&key, ask->job.bytes, sizeof ask->job.bytes);
    if (ask->ended != 0)
        buf_be64(&key, ask->ended);
    scan(a, ask,
         &(struct msg_scan){.table = ask->ended != 0 ? TABLE_ends : TABLE_rank,
                            .prefix = buf_view(&key),
                            .after = cursor_of(ask),
                            .limit = ask->limit},
         out);
}

static void scan_of_slot(struct asks *a, struct ask *ask, enum table table, struct says *out) {
    uint8_t memory[JOB_ID_BYTES + 12];
    struct buf key = buf_of(memory, sizeof memory);
    if (ask->attempt > 0)
        trial_row_attempt_key(&key, &ask->job, ask->slot, ask->attempt);
    else
        trial_row_key(&key, &ask->job, ask->slot);
    scan(a, ask,
         &(struct msg_scan){.table = table, .prefix = buf_view(&key), .backward = true, .limit = 1},
         out);
}

static void scan_summaries(struct asks *a, struct ask *ask, struct says *out) {
    scan(a, ask,
         &(struct msg_scan){.table = TABLE_summaries,
                            .after = cursor_of(ask),
                            .backward = true,
                            .limit = ask->limit},
         out);
}

void ask_wait(struct asks *a, struct ask *ask, when_ms until) {
    a->waiting += !ask->waits;
    ask->waits = true;
    ask->until = until;
}

void ask_begin(struct asks *a, struct ask *ask, struct says *out) {
    if (ask->limit == 0 || ask->limit > LIMIT_PAGE_ROWS)
        ask->limit = LIMIT_PAGE_ROWS;
    switch (ask->kind) {
    case ASK_NONE:
    case ASK_ADMIT: break;
    case ASK_FIND:
    case ASK_JOBS: scan_summaries(a, ask, out); break;
    case ASK_SHOW:
    case ASK_WATCH:
    case ASK_TRIALS:
    case ASK_RANKED: scan_of_job(a, ask, TABLE_jobs, false, out); break;
    case ASK_LOG: scan_of_slot(a, ask, TABLE_logs, out); break;
    case ASK_SERIES:
    case ASK_RECORDED: scan_of_slot(a, ask, TABLE_trials, out); break;
    case ASK_EVENTS: scan_of_job(a, ask, TABLE_events, true, out); break;
    case ASK_PROPOSALS: scan_of_job(a, ask, TABLE_proposals, true, out); break;
    case ASK_STANDS: scan_of_job(a, ask, TABLE_stands, true, out); break;
    }
}

/* ---- rows of jobs ---- */

static bool read_job_row(struct span bytes, struct msg_job_row *row) {
    struct msg m;
    struct err err;
    if (!msg_decode(&m, bytes, &err) || m.kind != MSG_job_row)
        return false;
    *row = m.job_row;
    return true;
}

static void send_job_row(struct ask *ask, struct msg_job_row *row, const struct ask_hooks *hooks,
                         struct says *out) {
    row->ticket = ask->ticket;
    hooks->job(hooks->context, row);
    say_to(out, ROOM_CLIENTS, ask->peer, &(struct msg){.kind = MSG_job_row, .job_row = *row});
    ask->found++;
}

/* last, a name, a handle, or the beginning of an id. */
static bool fits(const char *selector, const struct msg_job_row *row) {
    char text[LIMIT_NAME_BYTES + 2 * JOB_ID_BYTES + 2];
    struct buf handle = buf_of(text, sizeof text - 1);
    job_handle_print(&handle, row->name, &row->job);
    if (span_is(row->name, selector) || span_is(buf_view(&handle), selector))
        return true;
    buf_clear(&handle);
    job_id_print(&handle, &row->job);
    return strlen(selector) >= 4 && span_starts(buf_view(&handle), selector);
}

static void on_summaries(struct asks *a, struct ask *ask, const struct msg_rows *rows,
                         const struct ask_hooks *hooks, struct says *out) {
    struct mp in = mp_of(rows->rows);
    bool last_wanted = ask->kind == ASK_FIND && strcmp(ask->selector, "last") == 0;
    while (mp_peek(&in) != MP_END && in.bad == NULL) {
        struct msg_job_row row;
        keep_cursor(ask, mp_bin(&in));
        if (!read_job_row(mp_bin(&in), &row))
            continue;
        if (ask->kind == ASK_JOBS || last_wanted || fits(ask->selector, &row))
            send_job_row(ask, &row, hooks, out);
        if (last_wanted && ask->found > 0)
            break;
    }
    if (ask->kind == ASK_JOBS)
        send_end(ask, rows->more, cursor_of(ask), out);
    else if (rows->more && !(last_wanted && ask->found > 0))
        scan_summaries(a, ask, out);
    else
        send_end(ask, false, (struct span){0}, out);
}

/* The answer to the scan of table jobs: [spec, owner, created]. */
static void on_job(struct asks *a, struct ask *ask, const struct msg_rows *rows, struct says *out) {
    struct mp in = mp_of(rows->rows);
    if (rows->rows.len == 0) {
        give_up(ask, ERR_NOT_FOUND, "there is no such job here", out);
        return;
    }
    (void)mp_bin(&in);
    struct mp value = mp_of(mp_bin(&in));
    struct span spec = mp_bin(&value);
    (void)mp_bin(&value);
    wall_ms created = mp_i64(&value);
    struct arena arena = arena_of(ask->arena, sizeof ask->arena);
    struct err err;
    if (value.bad != NULL || spec.len > sizeof ask->kept) {
        give_up(ask, ERR_STORE, "the job's description in the store cannot be read", out);
        return;
    }
    memcpy(ask->kept, spec.data, spec.len);
    ask->kept_len = spec.len;
    if (!job_decode(&ask->decoded, span_of(ask->kept, ask->kept_len), &arena, &err)) {
        give_up(ask, ERR_STORE, "the job's description in the store cannot be read", out);
        return;
    }
    if (ask->kind == ASK_TRIALS) {
        scan_of_job(a, ask, TABLE_trials, true, out);
    } else if (ask->kind == ASK_RANKED) {
        ask->limit = ask->limit < ASK_RANKED_PAGE ? ask->limit : ASK_RANKED_PAGE;
        scan_of_index(a, ask, out);
    } else {
        uint8_t memory[8 + JOB_ID_BYTES];
        struct buf key = buf_of(memory, sizeof memory);
        buf_be64(&key, (uint64_t)created);
        buf_put(&key, ask->job.bytes, sizeof ask->job.bytes);
        scan(a, ask,
             &(struct msg_scan){.table = TABLE_summaries, .prefix = buf_view(&key), .limit = 1},
             out);
    }
}

static void on_summary(struct ask *ask, const struct msg_rows *rows, const struct ask_hooks *hooks,
                       struct says *out) {
    struct mp in = mp_of(rows->rows);
    struct msg_job_row row;
    (void)mp_bin(&in);
    if (!read_job_row(mp_bin(&in), &row)) {
        give_up(ask, ERR_STORE, "the job's summary in the store cannot be read", out);
        return;
    }
    send_job_row(ask, &row, hooks, out);
    ask->open = row.state == JOB_OPEN;
    if (ask->kind == ASK_WATCH) {
        ask->kind = ASK_NONE;
        return;
    }
    say_to(out, ROOM_CLIENTS, ask->peer,
           &(struct msg){.kind = MSG_job_spec,
                         .job_spec = {.ticket = ask->ticket,
                                      .job = ask->job,
                                      .spec = span_of(ask->kept, ask->kept_len)}});
    send_end(ask, false, (struct span){0}, out);
}

/* ---- rows of trials ---- */

/* The trial stands for its configuration. False: what it told cannot be read. */
static bool put_mean(struct msg_trial_row *row, const struct job *job, const struct ask_rank *rank,
                     struct buf *others) {
    struct value metrics[JOB_METRICS_MAX];
    if (!measure_metrics(job, row->value, row->others, metrics))
        return false;
    for (uint32_t i = 0; i < job->objectives_count; i++)
        metrics[i] = (struct value){.kind = VALUE_FLOAT, .real = rank->mean.values[i]};
    measure_put_others(job, metrics, others);
    row->value = rank->mean.values[0];
    row->others = buf_view(others);
    row->runs = rank->runs;
    row->breach = rank->mean.breach;
    return !others->overflow;
}

static bool send_trial(struct ask *ask, uint64_t slot, struct span stored,
                       const struct ask_hooks *hooks, struct says *out) {
    uint8_t memory[RENDER_BYTES], others_memory[OTHERS_BYTES];
    struct buf scratch = buf_of(memory, sizeof memory);
    struct buf others = buf_of(others_memory, sizeof others_memory);
    struct msg answer = {.kind = MSG_trial_row};
    if (!render_trial(&answer.trial_row, &ask->decoded, slot, stored, &scratch))
        return false;
    if (!ask->configs)
        answer.trial_row.config = answer.trial_row.curve = (struct span){0};
    if (ask->kind == ASK_RANKED && ask->ranks[ask->pending - 1].runs > 0 &&
        !put_mean(&answer.trial_row, &ask->decoded, &ask->ranks[ask->pending - 1], &others))
        return false;
    answer.trial_row.ticket = ask->ticket;
    hooks->trial(hooks->context, &ask->job, &answer.trial_row);
    say_to(out, ROOM_CLIENTS, ask->peer, &answer);
    return true;
}

static void on_trials(struct ask *ask, const struct msg_rows *rows, const struct ask_hooks *hooks,
                      struct says *out) {
    struct mp in = mp_of(rows->rows);
    size_t begun = out->frames.len;
    bool full = false;
    while (mp_peek(&in) != MP_END && in.bad == NULL && !full) {
        struct span key = mp_bin(&in);
        keep_cursor(ask, key);
        if (!send_trial(ask, trial_row_key_slot(key), mp_bin(&in), hooks, out)) {
            give_up(ask, ERR_STORE, "a trial in the store cannot be read", out);
            return;
        }
        full = out->frames.len - begun >
               LIMIT_FRAME_BYTES; /* names make rows larger than they are stored */
    }
    send_end(ask, rows->more || mp_peek(&in) != MP_END, cursor_of(ask), out);
}

/* The trial of each rank, all asked for at once under one ticket: the store answers in order. */
static void on_ranks(struct asks *a, struct ask *ask, const struct msg_rows *rows,
                     struct says *out) {
    struct mp in = mp_of(rows->rows);
    uint64_t ticket = ++a->tickets;
    ask->more = rows->more;
    while (mp_peek(&in) != MP_END && in.bad == NULL && ask->pending < ASK_RANKED_PAGE) {
        struct span key = mp_bin(&in);
        const struct span value = mp_bin(&in);
        keep_cursor(ask, key);
        memmove(ask->ranks + 1, ask->ranks, ask->pending * sizeof *ask->ranks);
        if (!trial_row_rank_read(value, &ask->decoded, &ask->ranks[0].runs, &ask->ranks[0].mean))
            ask->ranks[0].runs = 0;
        uint8_t memory[JOB_ID_BYTES + 8];
        struct buf trial = buf_of(memory, sizeof memory);
        trial_row_key(&trial, &ask->job, trial_row_rank_key_slot(key));
        say(out, &(struct msg){.kind = MSG_scan,
                               .scan = {.ticket = ticket,
                                        .table = TABLE_trials,
                                        .prefix = buf_view(&trial),
                                        .limit = 1}});
        ask->pending++;
    }
    ask->scan = ticket;
    if (ask->pending == 0)
        send_end(ask, false, cursor_of(ask), out);
}

static void on_ranked(struct ask *ask, const struct msg_rows *rows, const struct ask_hooks *hooks,
                      struct says *out) {
    struct mp in = mp_of(rows->rows);
    struct span key = mp_bin(&in);
    struct span value = mp_bin(&in);
    if (!send_trial(ask, trial_row_key_slot(key), value, hooks, out))
        give_up(ask, ERR_STORE, "a trial in the store cannot be read", out);
    else if (--ask->pending == 0)
        send_end(ask, ask->more, cursor_of(ask), out);
}

/* ---- what a trial printed, its curves, a job's history ---- */

static void on_log(struct ask *ask, const struct msg_rows *rows, struct says *out) {
    struct mp in = mp_of(rows->rows);
    if (rows->rows.len == 0) {
        send_end(ask, false, (struct span){0}, out);
        return;
    }
    struct span key = mp_bin(&in);
    struct mp value = mp_of(mp_bin(&in));
    uint64_t bytes = mp_u64(&value);
    struct span head = mp_bin(&value), tail = mp_bin(&value);
    if (!mp_done(&value) || key.len < JOB_ID_BYTES + 12 || tail.len > bytes) {
        give_up(ask, ERR_STORE, "the log in the store cannot be read", out);
        return;
    }
    uint64_t attempt = trial_row_key_attempt(key);
    const struct span parts[] = {head, tail};
    const uint64_t offsets[] = {0, bytes - tail.len};
    for (int i = 0; i < 2; i++) {
        uint64_t skip = ask->from > offsets[i] ? ask->from - offsets[i] : 0;
        if (skip < parts[i].len)
            say_to(out, ROOM_CLIENTS, ask->peer,
                   &(struct msg){.kind = MSG_log_part,
                                 .log_part = {.ticket = ask->ticket,
                                              .attempt = attempt,
                                              .offset = offsets[i] + skip,
                                              .bytes = span_from(parts[i], (size_t)skip)}});
    }
    send_end(ask, false, (struct span){0}, out);
}

static void on_series_trial(struct asks *a, struct ask *ask, const struct msg_rows *rows,
                            struct says *out) {
    struct mp in = mp_of(rows->rows);
    struct trial_row row;
    (void)mp_bin(&in);
    if (rows->rows.len == 0 || !trial_row_decode(&row, mp_bin(&in)) ||
        row.metrics.len > sizeof ask->kept) {
        give_up(ask, ERR_NOT_FOUND, "there is no such trial here", out);
        return;
    }
    if (row.metrics.len > 0)
        memcpy(ask->kept, row.metrics.data, row.metrics.len);
    ask->kept_len = row.metrics.len;
    scan_of_slot(a, ask, TABLE_series, out);
}

static void on_series(struct ask *ask, const struct msg_rows *rows, struct says *out) {
    struct mp in = mp_of(rows->rows);
    (void)mp_bin(&in);
    struct metrics_reader reader = metrics_read(mp_bin(&in));
    struct point point;
    uint8_t memory[LIMIT_NAME_BYTES + 1];
    struct buf scratch = buf_of(memory, sizeof memory);
    struct span metrics = span_of(ask->kept, ask->kept_len);
    while (rows->rows.len > 0 && series_next(&reader, &point))
        say_to(out, ROOM_CLIENTS, ask->peer,
               &(struct msg){
                   .kind = MSG_point_row,
                   .point_row = {.ticket = ask->ticket,
                                 .metric = render_metric_name(metrics, point.metric, &scratch),
                                 .step = point.step,
                                 .value = point.value,
                                 .after_ms = point.after}});
    send_end(ask, false, (struct span){0}, out);
}

static void on_events(struct ask *ask, const struct msg_rows *rows, struct says *out) {
    struct mp in = mp_of(rows->rows);
    while (mp_peek(&in) != MP_END && in.bad == NULL) {
        keep_cursor(ask, mp_bin(&in));
        struct mp value = mp_of(mp_bin(&in));
        wall_ms wall = mp_i64(&value);
        struct span text = mp_str(&value);
        if (value.bad == NULL)
            say_to(out, ROOM_CLIENTS, ask->peer,
                   &(struct msg){.kind = MSG_event_row,
                                 .event_row = {.ticket = ask->ticket, .wall = wall, .text = text}});
    }
    send_end(ask, rows->more, cursor_of(ask), out);
}

/* Key and value as store/tables.def says. */
static bool read_proposal(struct msg_proposal_row *row, struct span key, struct span stored) {
    struct mp value = mp_of(stored);
    row->slot = mp_u64(&value);
    row->term = mp_u64(&value);
    row->config = mp_bin(&value);
    row->known = mp_bin(&value);
    row->asked =
        mp_peek(&value) == MP_END ? 0 : mp_u64(&value); /* the first rows have no such thing */
    if (!mp_done(&value) || key.len != JOB_ID_BYTES + NODE_ID_BYTES + 16)
        return false;
    const uint8_t *author = key.data + JOB_ID_BYTES;
    memcpy(row->author.bytes, author, NODE_ID_BYTES);
    row->generation = read_be64(author + NODE_ID_BYTES);
    row->number = read_be64(author + NODE_ID_BYTES + 8);
    return true;
}

static void on_proposals(struct ask *ask, const struct msg_rows *rows, struct says *out) {
    struct mp in = mp_of(rows->rows);
    while (mp_peek(&in) != MP_END && in.bad == NULL) {
        struct msg answer = {.kind = MSG_proposal_row};
        struct span key = mp_bin(&in);
        keep_cursor(ask, key);
        if (!read_proposal(&answer.proposal_row, key, mp_bin(&in))) {
            give_up(ask, ERR_STORE, "a proposal in the store cannot be read", out);
            return;
        }
        answer.proposal_row.ticket = ask->ticket;
        say_to(out, ROOM_CLIENTS, ask->peer, &answer);
    }
    send_end(ask, rows->more, cursor_of(ask), out);
}

static void on_stands(struct ask *ask, const struct msg_rows *rows, struct says *out) {
    struct mp in = mp_of(rows->rows);
    while (mp_peek(&in) != MP_END && in.bad == NULL) {
        struct msg answer = {.kind = MSG_stand_row};
        struct msg_stand_row *row = &answer.stand_row;
        struct span key = mp_bin(&in);
        struct mp value = mp_of(mp_bin(&in));
        keep_cursor(ask, key);
        row->ticket = ask->ticket;
        row->slot = trial_row_key_slot(key);
        row->attempt = trial_row_key_attempt(key);
        (void)mp_bin(&value); /* its configuration, which its trial has, too */
        row->curve = mp_bin(&value);
        row->saved = mp_bool(&value);
        if (!mp_done(&value)) {
            give_up(ask, ERR_STORE, "how a trial stood at a rung cannot be read", out);
            return;
        }
        say_to(out, ROOM_CLIENTS, ask->peer, &answer);
    }
    send_end(ask, rows->more, cursor_of(ask), out);
}

static void on_record(struct ask *ask, const struct msg_rows *rows, const struct ask_hooks *hooks,
                      struct says *out) {
    struct mp in = mp_of(rows->rows);
    struct trial_row row;
    (void)mp_bin(&in);
    bool known = rows->rows.len > 0 && trial_row_decode(&row, mp_bin(&in));
    hooks->recorded(hooks->context, ask, known && row.finished, known ? row.attempts.made : 0, out);
    ask->kind = ASK_NONE;
}

static void on_rows(struct asks *a, struct ask *ask, const struct msg_rows *rows,
                    const struct ask_hooks *hooks, struct says *out) {
    uint32_t step = ask->step++;
    switch (ask->kind) {
    case ASK_NONE:
    case ASK_ADMIT: break;
    case ASK_FIND:
    case ASK_JOBS: on_summaries(a, ask, rows, hooks, out); break;
    case ASK_SHOW:
    case ASK_WATCH:
        if (step == 0)
            on_job(a, ask, rows, out);
        else
            on_summary(ask, rows, hooks, out);
        break;
    case ASK_TRIALS:
        if (step == 0)
            on_job(a, ask, rows, out);
        else
            on_trials(ask, rows, hooks, out);
        break;
    case ASK_RANKED:
        if (step == 0)
            on_job(a, ask, rows, out);
        else if (step == 1)
            on_ranks(a, ask, rows, out);
        else
            on_ranked(ask, rows, hooks, out);
        break;
    case ASK_LOG: on_log(ask, rows, out); break;
    case ASK_SERIES:
        if (step == 0)
            on_series_trial(a, ask, rows, out);
        else
            on_series(ask, rows, out);
        break;
    case ASK_EVENTS: on_events(ask, rows, out); break;
    case ASK_PROPOSALS: on_proposals(ask, rows, out); break;
    case ASK_STANDS: on_stands(ask, rows, out); break;
    case ASK_RECORDED: on_record(ask, rows, hooks, out); break;
    }
}

void asks_rows(struct asks *a, const struct msg_rows *rows, const struct ask_hooks *hooks,
               struct says *out) {
    for (size_t i = 0; i < ASKS; i++) {
        struct ask *ask = &a->items[i];
        if (ask->kind == ASK_NONE || ask->kind == ASK_ADMIT || ask->waits ||
            ask->scan != rows->ticket)
            continue;
        bool watches = ask->kind == ASK_WATCH;
        if (rows->code != ERR_NONE && ask->peer == ASK_NOBODY)
            ask->kind = ASK_NONE;
        else if (rows->code != ERR_NONE)
            give_up(ask, err_code_of(rows->code), "the store could not be read", out);
        else
            on_rows(a, ask, rows, hooks, out);
        if (watches && ask->kind == ASK_NONE && !ask->open)
            hooks->unwatch(hooks->context, ask->peer, &ask->job);
        return;
    }
}
