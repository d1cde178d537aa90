#include <stdio.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/details.h"
#include "cmd/cli/object.h"
#include "cmd/cli/pages.h"
#include "cmd/cli/show_job.h"
#include "cmd/cli/trial_rows.h"

const char cli_show_details[] =
    "JOB               last (default), a name, a handle or the start of an id: the job's summary\n"
    "JOB/TRIAL         as in last/17: one trial, its parameters, metrics and why it ended as it "
    "did\n"
    "--spec            the job file in its long form, with every default written out\n"
    "--importance      of a job, which parameters matter: the share of the variance that each "
    "explains,\n"
    "                  with all that it does together with others; tables of small jobs say it "
    "anyway\n"
    "--curve           of a trial, every point that is kept of its metrics\n"
    "-o FORMAT         table (default), wide, json, jsonl, csv, id\n";

static const struct column metric_columns[] = {
    {"metric", "METRIC", COLUMN_TEXT, SHOWN_ALWAYS},
    {"last", "LAST", COLUMN_VALUE, SHOWN_ALWAYS},
    {"min", "MIN", COLUMN_VALUE, SHOWN_ALWAYS},
    {"max", "MAX", COLUMN_VALUE, SHOWN_ALWAYS},
};

static const struct column curve_columns[] = {
    {"metric", "METRIC", COLUMN_TEXT, SHOWN_ALWAYS},
    {"step", "STEP", COLUMN_COUNT, SHOWN_ALWAYS},
    {"value", "VALUE", COLUMN_REAL, SHOWN_ALWAYS},
    {"after_seconds", "AFTER", COLUMN_DURATION, SHOWN_ALWAYS},
};

struct showing {
    const struct subject *subject;
    const struct job_spec *spec;
    enum format format;
    struct out *out;
    bool found;
    bool ok;
    struct err *err;
};

static void metrics_put(struct out *o, struct span metrics) {
    struct object object;
    struct object_item item;
    object_start(&object, metrics);
    while (object_next(&object, &item)) {
        struct object parts;
        struct object_item part;
        out_text(o, item.name);
        object_start(&parts, item.json);
        size_t count = 0;
        for (; count < 3 && object_next(&parts, &part); count++)
            out_value(o, part.json, part.text);
        for (; count < 3; count++)
            out_none(o);
        out_row(o);
    }
}

static bool trial_put(void *context, const struct msg *answer) {
    struct showing *w = context;
    if (answer->kind != MSG_trial_row || answer->trial_row.slot < w->subject->slot)
        return true;
    const struct msg_trial_row *row = &answer->trial_row;
    w->found = row->slot == w->subject->slot;
    if (!w->found)
        return false;
    struct trial_rows rows;
    trial_rows_begin(&rows, w->subject, w->spec,
                     w->format == FORMAT_TABLE ? FORMAT_WIDE : w->format, true, true);
    trial_rows_put(&rows, row);
    w->ok = trial_rows_end(&rows, w->err);
    if (w->ok && w->format <= FORMAT_WIDE && row->metrics.len > 2) {
        printf("\n");
        struct out *o = out_new_stdout(w->format, false, "metrics", metric_columns, 4);
        metrics_put(o, row->metrics);
        w->ok = out_close(&o, w->err);
    }
    return false;
}

static bool trial_show(struct client *c, const struct args *args, const struct subject *s,
                       struct err *err) {
    struct showing w = {.subject = s, .format = args->format, .err = err};
    uint8_t before[TRIAL_CURSOR_BYTES];
    struct msg request = {.kind = MSG_list_trials, .list_trials = {.job = s->job, .limit = 1}};
    request.list_trials.after = trial_cursor(s, s->slot, before);
    struct pages_reader reader = {.row = trial_put, .context = &w};
    bool known;
    struct job_spec *spec = job_spec_measured(c, s, &known, err);
    w.spec = spec;
    bool read = known && pages_read(c, &request, &reader, err);
    job_spec_free(&spec);
    if (!read)
        return false;
    if (!w.found)
        return err_set(err, ERR_NOT_FOUND, "trial %llu of %s has not begun (%llu of %llu finished)",
                       (unsigned long long)s->slot, s->handle,
                       (unsigned long long)job_row_finished(&s->row),
                       (unsigned long long)s->row.trials);
    if (w.ok && args->format <= FORMAT_WIDE && !args->quiet)
        printf("\nwhat it printed:  zyg logs %s/%llu\n", s->handle, (unsigned long long)s->slot);
    return w.ok;
}

static bool point_put(void *context, const struct msg *answer) {
    struct showing *w = context;
    if (answer->kind != MSG_point_row)
        return true;
    const struct msg_point_row *point = &answer->point_row;
    w->found = true;
    out_text(w->out, point->metric);
    point->step >= 0 ? out_count(w->out, (uint64_t)point->step) : out_none(w->out);
    out_real(w->out, point->value);
    out_duration(w->out, point->after_ms);
    return out_row(w->out);
}

static bool curve_show(struct client *c, const struct args *args, const struct subject *s,
                       struct err *err) {
    struct showing w = {.subject = s};
    w.out = out_new_stdout(args->format, false, "points", curve_columns, 4);
    struct msg request = {.kind = MSG_read_series, .read_series = {.job = s->job, .slot = s->slot}};
    struct pages_reader reader = {.row = point_put, .context = &w};
    bool read = pages_read(c, &request, &reader, err);
    bool ok = out_close(&w.out, read ? err : &(struct err){0}) && read;
    if (ok && !w.found && args->format <= FORMAT_WIDE && !args->quiet)
        fprintf(stderr, "zyg: nothing is kept of a curve of %s/%llu\n", s->handle,
                (unsigned long long)s->slot);
    return ok;
}

struct show_request {
    bool spec;
    bool curve;
    bool importance;
};

static bool subject_show(struct client *c, const struct args *args, const struct subject *s,
                         const struct show_request *wanted, struct err *err) {
    if (wanted->curve && !s->has_slot)
        return err_set(err, ERR_USAGE, "--curve: expected a trial, as in %s/0", s->handle);
    if ((wanted->spec || wanted->importance) && s->has_slot)
        return subject_is_job(s, err);
    if (wanted->curve)
        return curve_show(c, args, s, err);
    if (wanted->spec)
        return job_show_spec(c, s, err);
    return s->has_slot ? trial_show(c, args, s, err)
                       : job_show(c, args, s, wanted->importance, err);
}

int cli_show(int argc, char **argv) {
    struct show_request wanted = {0};
    const struct args_option options[] = {
        {"spec", 0, ARGS_FLAG, &wanted.spec},
        {"curve", 0, ARGS_FLAG, &wanted.curve},
        {"importance", 0, ARGS_FLAG, &wanted.importance},
        {0},
    };
    const struct args_rules rules = {
        .options = options, .formats = FORMATS_ROWS, .most = 1, .operand = "JOB"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    if (wanted.spec && (args.format_given || wanted.curve || wanted.importance))
        return cli_usage("show", "--spec prints YAML; it does not go with %s",
                         wanted.curve        ? "--curve"
                         : wanted.importance ? "--importance"
                                             : "-o");
    if (wanted.curve && wanted.importance)
        return cli_usage("show", "--curve is of a trial, --importance of a job");
    struct err err = {0};
    struct subject subject;
    struct client *c = look_open(&args, &subject, &err);
    bool ok = c != NULL && subject_show(c, &args, &subject, &wanted, &err);
    return look_end(&c, ok, &err);
}
