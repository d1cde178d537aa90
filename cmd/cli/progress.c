#include "cmd/cli/progress.h"

#include "cmd/cli/ends.h"
#include "cmd/cli/measures.h"
#include "cmd/cli/object.h"
#include "cmd/cli/out.h"
#include "cmd/cli/table.h"
#include "proto/base/num.h"
#include "proto/job_row.h"
#include "proto/status.h"

enum { BAR_WIDTH = 20, BAR_WIDTH_LEAST = 4, VALUE_DIGITS = 6, TENTHS = 10 };

#define SGR_BOLD "\033[1m"
#define SGR_GREEN "\033[32m"
#define SGR_RED "\033[31m"
#define SGR_NONE "\033[0m"

/* Some that have paused may go on: nobody knows how many. */
static bool may_go_on(const struct msg_job_row *row) {
    return row->state == JOB_OPEN && ends_of(row).paused > 0;
}

static const char *state_word(const struct msg_job_row *row) {
    switch (row->state) {
    case JOB_OPEN: return row->active ? "RUNNING" : "INTERRUPTED";
    case JOB_DONE: return "DONE";
    case JOB_FAILED: return "FAILED";
    default: return "CANCELLED";
    }
}

static const char *state_color(const struct msg_job_row *row) {
    return row->state == JOB_OPEN ? SGR_BOLD : row->state == JOB_DONE ? SGR_GREEN : SGR_RED;
}

/* Cuts the text from `from` on to `width` characters. A character that takes two columns is not
 * known here: the painter keeps the terminal from breaking lines. */
static void text_cut(struct buf *out, size_t from, uint32_t width) {
    uint32_t columns = 0;
    for (size_t i = from; width > 0 && i < out->len; i++) {
        if ((out->data[i] & 0xc0) != 0x80 && columns++ == width)
            out->len = i;
    }
}

static void put_count(struct buf *out, uint64_t count, const char *what) {
    if (count == 0)
        return;
    buf_text(out, "  ");
    buf_u64(out, count);
    buf_text(out, what);
}

static void put_counts(struct buf *out, const struct msg_job_row *row) {
    const struct ends ends = ends_of(row);
    put_count(out, row->running, " running");
    put_count(out, ends.done, " done");
    put_count(out, ends.stopped, " stopped early");
    put_count(out, ends.paused, row->state == JOB_OPEN ? " paused" : " paused, not resumed");
    put_count(out, row->infeasible, " infeasible");
    put_count(out, row->failed, " failed");
    put_count(out, row->retried, " retried");
}

/* What several objectives and constraints add: how many break one, how many no other beats. */
static void put_front(struct buf *out, const struct msg_job_row *row) {
    struct frontier f;
    if (!measures_frontier(row, &f))
        return;
    put_count(out, f.broken, f.broken == 1 ? " breaks constraints" : " break constraints");
    if (f.objectives < 2)
        return;
    buf_text(out, "  ");
    measures_print_front(out, &f);
}

static void put_progress(struct buf *out, const struct msg_job_row *row) {
    buf_u64(out, job_row_over(row));
    buf_byte(out, '/');
    buf_u64(out, row->trials);
}

static void put_bar(struct buf *out, const struct msg_job_row *row, uint32_t width) {
    uint64_t cells = width == 0 || width >= 4 * BAR_WIDTH ? BAR_WIDTH : width / 4;
    if (cells < BAR_WIDTH_LEAST)
        cells = BAR_WIDTH_LEAST;
    uint64_t full = row->trials == 0 ? 0 : job_row_over(row) * cells / row->trials;
    buf_byte(out, '[');
    for (uint64_t i = 0; i < cells; i++)
        buf_byte(out, i < full ? '#' : '-');
    buf_text(out, "] ");
}

/* (mean of 3 runs, standard error 0.002) */
static void put_runs(struct buf *out, const struct msg_job_row *row) {
    if (row->best_runs == 0)
        return;
    buf_text(out, row->best_runs > 1 ? " (mean of " : " (");
    buf_u64(out, row->best_runs);
    buf_text(out, row->best_runs > 1 ? " runs, standard error " : " run");
    if (row->best_runs > 1)
        num_print_short(out, row->best_error, 2);
    if (row->recommended) {
        buf_text(out, "; recommended, expected to be worth ");
        num_print_short(out, row->best_expected, VALUE_DIGITS);
    }
    buf_byte(out, ')');
}

static void put_best(struct buf *out, const struct msg_job_row *row) {
    size_t from = out->len;
    buf_text(out, "best ");
    buf_span(out, row->metric);
    buf_byte(out, ' ');
    num_print_short(out, row->best_value, VALUE_DIGITS);
    put_runs(out, row);
    buf_text(out, "  #");
    buf_u64(out, row->best_slot);
    buf_text(out, "  ");
    out_print_object(out, row->best_params);
    put_front(out, row);
    table_clean(out, from);
}

static void put_none(struct buf *out, const struct msg_job_row *row) {
    buf_text(out, row->done == 0 || row->frontier.len == 0 ? "no value yet"
                                                           : "no trial keeps all constraints yet");
}

static void put_rate(struct buf *out, double rate) {
    bool slow = rate < 1;
    num_print_short(out, slow ? rate * 60 : rate, 2);
    buf_text(out, slow ? " trials/min" : " trials/s");
}

static void put_pace(struct buf *out, const struct msg_job_row *row,
                     const struct progress_look *look) {
    if (look->rate > 0) {
        put_rate(out, look->rate);
        buf_text(out, "  ");
    }
    buf_text(out, "elapsed ");
    num_print_duration(out, look->elapsed);
    if (look->rate > 0 && row->state == JOB_OPEN) {
        buf_text(out, "  left ");
        num_print_duration(out,
                           (dur_ms)((double)(row->trials - job_row_over(row)) / look->rate * 1000));
        buf_text(out, may_go_on(row) ? " or more" : "");
    }
}

static void put_handle(struct buf *out, const struct msg_job_row *row) {
    job_handle_print(out, row->name, &row->job);
}

static bool lacks_metrics(const struct msg_job_row *row) {
    return row->untold.len > 0;
}

/* A misspelled metric in a constraint, most often. */
static void put_lacking(struct buf *out, const struct msg_job_row *row) {
    size_t from = out->len;
    buf_text(out, "no trial has told ");
    buf_span(out, row->untold);
    buf_text(out, ", which 'constraints' are about; zyg try shows what is understood");
    table_clean(out, from);
}

static bool is_troubled(const struct msg_job_row *row) {
    return row->state == JOB_OPEN && row->cause.len > 0;
}

static void put_trouble(struct buf *out, const struct msg_job_row *row) {
    size_t from = out->len;
    buf_text(out, "trouble: ");
    buf_span(out, row->cause);
    table_clean(out, from);
}

void progress_block(struct buf *out, const struct msg_job_row *row,
                    const struct progress_look *look) {
    size_t from = out->len;
    put_handle(out, row);
    buf_text(out, "  ");
    size_t state_at = out->len;
    buf_text(out, state_word(row));
    size_t state_end = out->len;
    buf_text(out, "  ");
    put_bar(out, row, look->width);
    put_progress(out, row);
    put_counts(out, row);
    text_cut(out, from, look->width);
    if (look->color && out->len > state_end) {
        /* Colours are put in after the cut, because they take no columns: the rest of the line
         * moves up. */
        char rest[512];
        struct buf tail = buf_of(rest, sizeof rest);
        buf_text(&tail, state_color(row));
        buf_put(&tail, out->data + state_at, state_end - state_at);
        buf_text(&tail, SGR_NONE);
        buf_put(&tail, out->data + state_end, out->len - state_end);
        if (!tail.overflow) {
            out->len = state_at;
            buf_span(out, buf_view(&tail));
        }
    }
    buf_byte(out, '\n');

    from = out->len;
    if (row->has_best)
        put_best(out, row);
    else if (row->metric.len > 0)
        put_none(out, row);
    text_cut(out, from, look->width);
    if (out->len > from)
        buf_byte(out, '\n');

    from = out->len;
    put_pace(out, row, look);
    text_cut(out, from, look->width);
    buf_byte(out, '\n');

    from = out->len;
    if (lacks_metrics(row)) {
        put_lacking(out, row);
        text_cut(out, from, look->width);
        buf_byte(out, '\n');
    }

    from = out->len;
    if (is_troubled(row)) {
        put_trouble(out, row);
        text_cut(out, from, look->width);
        buf_byte(out, '\n');
    }
}

static void begin_line(struct buf *out, const struct msg_job_row *row) {
    put_handle(out, row);
    buf_text(out, "  ");
}

static void put_start(struct buf *out, const struct msg_job_row *row, bool fresh) {
    const uint64_t finished = fresh ? 0 : job_row_over(row);
    begin_line(out, row);
    buf_text(out, finished > 0 ? "goes on: " : "started: ");
    if (finished > 0) {
        buf_u64(out, finished);
        buf_text(out, " of ");
    }
    buf_u64(out, row->trials);
    buf_text(out, row->trials == 1 ? " trial" : " trials");
    buf_text(out, finished > 0 ? " are finished\n" : "\n");
}

void progress_news(struct buf *out, struct progress_told *told, const struct msg_job_row *row,
                   const struct progress_look *look) {
    if (row->state != JOB_OPEN)
        return; /* progress_end says it all */
    uint64_t tenths = row->trials == 0 ? 0 : job_row_over(row) * TENTHS / row->trials;
    if (!told->started && !row->active)
        return;
    if (!told->started) {
        put_start(out, row, told->fresh);
        told->started = true;
        told->tenths = tenths;
    }
    if (row->has_best && (!told->best || told->best_slot != row->best_slot)) {
        begin_line(out, row);
        put_best(out, row);
        buf_byte(out, '\n');
        told->best = true;
        told->best_slot = row->best_slot;
    }
    if (lacks_metrics(row) && !told->lacking) {
        begin_line(out, row);
        put_lacking(out, row);
        buf_byte(out, '\n');
        told->lacking = true;
    }
    if (tenths > told->tenths && (tenths < TENTHS || !may_go_on(row))) {
        begin_line(out, row);
        buf_u64(out, tenths * TENTHS);
        buf_text(out, "%  ");
        put_progress(out, row);
        put_counts(out, row);
        put_front(out, row);
        buf_text(out, "  ");
        put_pace(out, row, look);
        buf_byte(out, '\n');
        told->tenths = tenths;
    }
}

void progress_trouble(struct buf *out, struct progress_told *told, const struct msg_job_row *row) {
    if (row->state != JOB_OPEN || is_troubled(row) == told->trouble)
        return;
    told->trouble = is_troubled(row);
    begin_line(out, row);
    if (told->trouble)
        put_trouble(out, row);
    else
        buf_text(out, "is well again");
    buf_byte(out, '\n');
}

/* One parameter a line, in full: these are the numbers that people copy. */
static void put_params(struct buf *out, struct span params) {
    struct object object;
    struct object_item item;
    size_t widest = 0;
    object_start(&object, params);
    while (object_next(&object, &item))
        widest = item.name.len > widest ? item.name.len : widest;
    object_start(&object, params);
    while (object_next(&object, &item)) {
        buf_text(out, "  ");
        size_t from = out->len;
        buf_span(out, item.name);
        while (out->len < from + widest + 2 && !out->overflow)
            buf_byte(out, ' ');
        buf_span(out, item.text);
        table_clean(out, from);
        buf_byte(out, '\n');
    }
}

static void put_ending(struct buf *out, const struct msg_job_row *row,
                       const struct progress_look *look) {
    put_handle(out, row);
    if (look->color)
        buf_text(out, state_color(row));
    buf_text(out, row->state == JOB_DONE     ? " is done"
                  : row->state == JOB_FAILED ? " failed"
                                             : " was cancelled");
    if (look->color)
        buf_text(out, SGR_NONE);
    if (row->state == JOB_DONE && measures_none_kept(row))
        buf_text(out, ", but no trial keeps all constraints");
    if (row->cause.len > 0) {
        size_t from = out->len;
        buf_text(out, ": ");
        buf_span(out, row->cause);
        table_clean(out, from);
    }
    buf_text(out, row->cause.len > 0 ? "\n  " : ": ");
    put_progress(out, row);
    buf_text(out, " trials in ");
    num_print_duration(out, look->elapsed);
    put_counts(out, row);
    buf_byte(out, '\n');
}

static void put_command(struct buf *out, const char *before, const char *verb,
                        const struct msg_job_row *row) {
    buf_text(out, before);
    buf_text(out, "zyg ");
    buf_text(out, verb);
    buf_byte(out, ' ');
    put_handle(out, row);
}

/* What there is beside the best of the first objective. */
static void put_end_of_front(struct buf *out, const struct msg_job_row *row) {
    struct frontier f;
    if (!measures_frontier(row, &f))
        return;
    if (f.broken > 0) {
        buf_u64(out, f.broken);
        buf_text(out, row->best_runs > 0 ? " configuration" : " trial");
        buf_text(out, f.broken == 1 ? " breaks constraints\n" : "s break constraints\n");
    }
    if (lacks_metrics(row)) {
        put_lacking(out, row);
        buf_byte(out, '\n');
    }
    if (f.objectives < 2 || f.count == 0)
        return;
    measures_print_front(out, &f);
    put_command(out, ":  ", "best", row);
    buf_byte(out, '\n');
}

void progress_end(struct buf *out, const struct msg_job_row *row,
                  const struct progress_look *look) {
    put_ending(out, row, look);
    if (row->has_best) {
        buf_text(out, "best ");
        buf_span(out, row->metric);
        buf_byte(out, ' ');
        buf_text(out, look->color ? SGR_BOLD : "");
        num_print(out, row->best_value);
        buf_text(out, look->color ? SGR_NONE : "");
        put_runs(out, row);
        buf_text(out, ", trial ");
        buf_u64(out, row->best_slot);
        buf_text(out, row->best_params.len > 2 ? ":\n" : "\n");
        put_params(out, row->best_params);
    }
    put_end_of_front(out, row);
    put_command(out, "see more:  ", "trials", row);
    put_command(out, "   ", "show", row);
    put_command(out, "   ", "logs", row);
    buf_byte(out, '/');
    buf_u64(out, row->has_best ? row->best_slot : 0);
    buf_byte(out, '\n');
}
