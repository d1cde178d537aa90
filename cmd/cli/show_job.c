#include "cmd/cli/show_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/ends.h"
#include "cmd/cli/job_spec.h"
#include "cmd/cli/matters.h"
#include "cmd/cli/measures.h"
#include "cmd/cli/pages.h"
#include "cmd/cli/spec_text.h"
#include "cmd/cli/table.h"
#include "proto/base/check.h"
#include "proto/base/num.h"
#include "proto/job/job.h"

enum {
    EVENTS_SHOWN = 6,
    EVENT_BYTES = 200,
    YAML_BYTES = 1 << 20,
    MATTERS_BYTES = 1 << 20,
    SMALL_TRIALS = 100,
    GOAL_BYTES = 4096,
};

static const struct column columns[] = {
    {"id", NULL, COLUMN_TEXT, SHOWN_DATA},
    {"job", "JOB", COLUMN_TEXT, SHOWN_ALWAYS},
    {"state", "STATE", COLUMN_TEXT, SHOWN_ALWAYS},
    {"cause", "CAUSE", COLUMN_TEXT, SHOWN_ALWAYS},
    {NULL, "TRIALS", COLUMN_TEXT, SHOWN_TABLE},
    {"trials", NULL, COLUMN_COUNT, SHOWN_DATA},
    {"done", NULL, COLUMN_COUNT, SHOWN_DATA},
    {"stopped", NULL, COLUMN_COUNT, SHOWN_DATA},
    {"paused", NULL, COLUMN_COUNT, SHOWN_DATA},
    {"infeasible", NULL, COLUMN_COUNT, SHOWN_DATA},
    {"failed", NULL, COLUMN_COUNT, SHOWN_DATA},
    {"retried", NULL, COLUMN_COUNT, SHOWN_DATA},
    {"running", NULL, COLUMN_COUNT, SHOWN_DATA},
    {NULL, "OBJECTIVE", COLUMN_TEXT, SHOWN_TABLE},
    {"metric", NULL, COLUMN_TEXT, SHOWN_DATA},
    {"maximize", NULL, COLUMN_FLAG, SHOWN_DATA},
    {"best", "BEST", COLUMN_REAL, SHOWN_ALWAYS},
    {"best_runs", "MEAN OF", COLUMN_COUNT, SHOWN_ALWAYS},
    {"best_error", "ERROR", COLUMN_REAL, SHOWN_ALWAYS},
    {"best_expected", "EXPECTED", COLUMN_REAL, SHOWN_ALWAYS},
    {"best_trial", "BY TRIAL", COLUMN_COUNT, SHOWN_ALWAYS},
    {"best_params", "WITH", COLUMN_JSON, SHOWN_ALWAYS},
    {"run_seconds", "TIME", COLUMN_DURATION, SHOWN_ALWAYS},
    {"created", "CREATED", COLUMN_TIME, SHOWN_ALWAYS},
    {"finished", "FINISHED", COLUMN_TIME, SHOWN_ALWAYS},
    {NULL, "ID", COLUMN_TEXT, SHOWN_TABLE},
    {"importance", NULL, COLUMN_JSON, SHOWN_DATA}, /* null unless it was asked for */
    /* Of jobs with several objectives or constraints: */
    {"front", "FRONT", COLUMN_COUNT, SHOWN_ALWAYS},
    {"front_full", NULL, COLUMN_FLAG, SHOWN_DATA},
    {"broken", "BROKEN", COLUMN_COUNT, SHOWN_ALWAYS},
    {"untold", "UNTOLD", COLUMN_TEXT, SHOWN_ALWAYS},
};
enum { COLUMNS = sizeof columns / sizeof *columns, COLUMNS_MEASURED = 4 };

static void part_print(struct buf *out, uint64_t count, const char *what, const char **gap) {
    if (count == 0)
        return;
    buf_text(out, *gap);
    buf_u64(out, count);
    buf_byte(out, ' ');
    buf_text(out, what);
    *gap = ", ";
}

/* 58/60: 25 done, 30 stopped early, 1 infeasible, 2 failed, 3 attempts repeated */
static void progress_print(struct buf *out, const struct msg_job_row *row) {
    const struct ends ends = ends_of(row);
    const char *gap = ": ";
    buf_u64(out, job_row_over(row));
    buf_byte(out, '/');
    buf_u64(out, row->trials);
    part_print(out, ends.done, "done", &gap);
    part_print(out, ends.stopped, "stopped early", &gap);
    part_print(out, ends.paused, row->state == JOB_OPEN ? "paused" : "paused, not resumed", &gap);
    part_print(out, row->infeasible, "infeasible", &gap);
    part_print(out, row->failed, "failed", &gap);
    part_print(out, row->running, "running", &gap);
    part_print(out, row->retried, row->retried == 1 ? "attempt repeated" : "attempts repeated",
               &gap);
}

static void text_or_none(struct out *o, struct span text) {
    text.len > 0 ? out_text(o, text) : out_none(o);
}

static void matters_put(struct out *o, const struct matters *m) {
    struct buf json = buf_of(malloc(MATTERS_BYTES), MATTERS_BYTES);
    ensure(json.data != NULL);
    matters_json(m, &json);
    ensure(!json.overflow);
    out_json(o, buf_view(&json));
    free(json.data);
}

/* goal: what is searched for; m may be NULL. */
static void row_put(struct out *o, const struct subject *s, struct span goal,
                    const struct matters *m) {
    const struct msg_job_row *row = &s->row;
    const struct ends ends = ends_of(row);
    uint8_t memory[256];
    struct buf text = buf_of(memory, sizeof memory);
    out_text(o, span_text(s->id));
    out_text(o, span_text(s->handle));
    out_text(o, span_text(job_row_state(row)));
    text_or_none(o, row->cause);
    progress_print(&text, row);
    out_text(o, buf_view(&text));
    out_count(o, row->trials);
    out_count(o, ends.done);
    out_count(o, ends.stopped);
    out_count(o, ends.paused);
    out_count(o, row->infeasible);
    out_count(o, row->failed);
    out_count(o, row->retried);
    out_count(o, row->running);
    out_text(o, goal);
    text_or_none(o, row->metric);
    row->metric.len > 0 ? out_flag(o, row->maximize) : out_none(o);
    row->has_best ? out_real(o, row->best_value) : out_none(o);
    row->best_runs > 0 ? out_count(o, row->best_runs) : out_none(o);
    row->best_runs > 0 ? out_real(o, row->best_error) : out_none(o);
    row->recommended ? out_real(o, row->best_expected) : out_none(o);
    row->has_best ? out_count(o, row->best_slot) : out_none(o);
    row->has_best ? out_json(o, row->best_params) : out_none(o);
    out_duration(o, row->run_ms);
    out_time(o, row->created);
    out_time(o, row->finished);
    out_text(o, span_text(s->id));
    m != NULL ? matters_put(o, m) : out_none(o);
    struct frontier f;
    if (measures_frontier(row, &f)) {
        f.objectives > 1 ? out_count(o, f.count) : out_none(o);
        f.objectives > 1 ? out_flag(o, f.full) : out_none(o);
        out_count(o, f.broken);
        text_or_none(o, row->untold);
    }
    out_row(o);
}

static void goal_print(const struct msg_job_row *row, const struct job_spec *spec,
                       struct buf *out) {
    if (spec != NULL) {
        spec_print_objective(&spec->job, out);
        return;
    }
    buf_text(out, row->metric.len == 0 ? "none" : row->maximize ? "maximize " : "minimize ");
    buf_span(out, row->metric);
}

/* What is too long ends in "..." and never within a character. */
static void text_shorten(char out[EVENT_BYTES], struct span text) {
    static const char dots[] = "...";
    struct buf to = buf_of(out, EVENT_BYTES - 1);
    bool cut = text.len > to.cap;
    if (cut) {
        text.len = to.cap - (sizeof dots - 1);
        while (text.len > 0 && (text.data[text.len] & 0xc0) == 0x80)
            text.len--;
    }
    buf_span(&to, text);
    buf_text(&to, cut ? dots : "");
    table_clean(&to, 0);
    out[to.len] = '\0';
}

struct example {
    uint64_t slot;
    char cause[EVENT_BYTES];
};

/* The first is enough. */
static bool example_take(void *context, const struct msg *answer) {
    struct example *example = context;
    if (answer->kind != MSG_trial_row)
        return true;
    example->slot = answer->trial_row.slot;
    text_shorten(example->cause, answer->trial_row.cause);
    return false;
}

/* How many trials ended in each way that is not well, and the first cause of each. */
static bool causes_show(struct client *c, const struct subject *s, struct err *err) {
    const struct ends ends = ends_of(&s->row);
    uint64_t end_counts[TRIAL_STATUS_COUNT];
    if (job_row_over(&s->row) == ends.done || !end_counts_decode(end_counts, s->row.end_counts))
        return true; /* one of an older version has not counted them */
    end_counts[TRIAL_PAUSED] = ends.paused;
    printf("\nnot done\n");
    for (size_t i = 0; i < TRIAL_STATUS_COUNT; i++) {
        struct example example = {0};
        struct msg request = {.kind = MSG_list_trials,
                              .list_trials = {.job = s->job, .limit = 1, .ended = i}};
        struct pages_reader reader = {.row = example_take, .context = &example};
        if (end_counts[i] == 0)
            continue;
        if (!pages_read(c, &request, &reader, err))
            return false;
        printf("  %4llu  %-11s  #%llu: %s\n", (unsigned long long)end_counts[i],
               trial_status_name((enum trial_status)i), (unsigned long long)example.slot,
               example.cause);
    }
    return true;
}

struct events {
    uint64_t count;
    struct {
        wall_ms wall;
        char text[EVENT_BYTES];
    } last[EVENTS_SHOWN];
};

static bool event_keep(void *context, const struct msg *answer) {
    struct events *events = context;
    if (answer->kind != MSG_event_row)
        return true;
    size_t at = events->count++ % EVENTS_SHOWN;
    text_shorten(events->last[at].text, answer->event_row.text);
    events->last[at].wall = answer->event_row.wall;
    return true;
}

static bool events_show(struct client *c, const struct subject *s, struct err *err) {
    struct events events = {0};
    struct msg request = {.kind = MSG_read_events, .read_events = {.job = s->job}};
    struct pages_reader reader = {.row = event_keep, .context = &events};
    if (!pages_read(c, &request, &reader, err))
        return false;
    uint64_t first = events.count > EVENTS_SHOWN ? events.count - EVENTS_SHOWN : 0;
    if (events.count > 0)
        printf("\n%s\n", first > 0 ? "last events" : "events");
    for (uint64_t i = first; i < events.count; i++) {
        uint8_t memory[40];
        struct buf time = buf_of(memory, sizeof memory);
        num_print_time(&time, events.last[i % EVENTS_SHOWN].wall);
        printf("  %.*s  %s\n", (int)time.len, (const char *)time.data,
               events.last[i % EVENTS_SHOWN].text);
    }
    return true;
}

static void next_line(const char *what, const char *command, const char *handle, const char *rest) {
    printf("  %-26s %s %s%s\n", what, command, handle, rest);
}

static void next_show(const struct subject *s, bool without_importance) {
    const struct msg_job_row *row = &s->row;
    printf("\nnext\n");
    if (row->state == JOB_OPEN && !row->active)
        next_line("go on with it", "zyg resume", s->handle, "");
    if (row->state == JOB_OPEN && row->active)
        next_line("watch it", "zyg watch", s->handle, "");
    if (row->has_best)
        next_line(row->frontier.len > 0 ? "the best" : "the best parameters", "zyg best", s->handle,
                  "");
    if (row->failed > 0)
        next_line("what failed", "zyg trials", s->handle, " --status failed");
    if (row->has_best)
        next_line("trials, the best first", "zyg trials", s->handle, " --best");
    else if (job_row_finished(row) > 0)
        next_line("trials", "zyg trials", s->handle, "");
    if (without_importance && row->metric.len > 0 && row->done >= IMPORTANCE_TRIALS_LEAST)
        next_line("which parameters matter", "zyg show", s->handle, " --importance");
    if (job_row_finished(row) > 0)
        next_line("all of it", "zyg export", s->handle, " -o csv");
}

/* It is reckoned within some tens of milliseconds. */
static bool is_small(const struct msg_job_row *row) {
    return row->metric.len > 0 && row->done >= IMPORTANCE_TRIALS_LEAST &&
           job_row_finished(row) <= SMALL_TRIALS;
}

static bool record_put(struct client *c, const struct args *args, const struct subject *s,
                       const struct matters *m, struct err *err) {
    uint8_t memory[GOAL_BYTES];
    struct buf goal = buf_of(memory, sizeof memory);
    bool known;
    struct job_spec *spec = job_spec_measured(c, s, &known, err);
    if (!known)
        return false;
    goal_print(&s->row, spec, &goal);
    struct out *o = out_new_stdout(args->format, true, "job", columns,
                                   spec != NULL ? COLUMNS : COLUMNS - COLUMNS_MEASURED);
    row_put(o, s, buf_view(&goal), m);
    job_spec_free(&spec);
    return out_close(&o, err);
}

bool job_show(struct client *c, const struct args *args, const struct subject *s, bool importance,
              struct err *err) {
    bool table = args->format <= FORMAT_WIDE;
    struct matters *m = NULL;
    if ((importance || (table && is_small(&s->row))) && (m = matters_read(c, s, err)) == NULL)
        return false;
    bool ok = record_put(c, args, s, m, err);
    if (ok && table) {
        ok = causes_show(c, s, err);
        if (ok && m != NULL)
            matters_print(m, importance);
        ok = ok && events_show(c, s, err);
        if (ok && !args->quiet)
            next_show(s, m == NULL);
    }
    if (m != NULL)
        matters_free(&m);
    return ok;
}

bool job_show_spec(struct client *c, const struct subject *s, struct err *err) {
    struct job_spec *spec = job_spec_read(c, s, err);
    if (spec == NULL)
        return false;
    uint8_t *memory = malloc(YAML_BYTES);
    ensure(memory != NULL);
    struct buf yaml = buf_of(memory, YAML_BYTES);
    job_print(&spec->job, &yaml);
    if (!yaml.overflow)
        fwrite(yaml.data, 1, yaml.len, stdout);
    else
        err_set(err, ERR_INTERNAL, "the long form of %s is too long", s->handle);
    bool ok = !yaml.overflow;
    free(memory);
    job_spec_free(&spec);
    return ok;
}
