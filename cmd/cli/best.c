#include <string.h>

#include "cmd/cli/best_front.h"
#include "cmd/cli/best_named.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/details.h"
#include "cmd/cli/object.h"
#include "cmd/cli/pages.h"
#include "cmd/cli/shell_text.h"
#include "cmd/cli/trial_rows.h"
#include "proto/base/num.h"

const char cli_best_details[] =
    "JOB               last (default), a name, a handle or the start of an id\n"
    "                  with several objectives: all trials that no other beats, as a table\n"
    "-n, --limit N     the N best as a table\n"
    "--args            the parameters as arguments for a shell, as {args} in a job file\n"
    "-o FORMAT         table (default), wide, json, jsonl, csv, id\n";

/* A quote in a text takes four bytes in quotes. */
enum { ARGS_BYTES = 4 * LIMIT_FRAME_BYTES };

struct best_listing {
    struct trial_rows rows;
    bool (*put)(struct best_listing *l, const struct msg_trial_row *row);
    uint64_t left;
};

static bool row_put(struct best_listing *l, const struct msg_trial_row *row) {
    return trial_rows_put(&l->rows, row);
}

/* 0.5 +- 0.01, the mean of 3 runs; how sure that is the job's row knows of its best. */
static void put_runs(struct buf *out, const struct msg_trial_row *row,
                     const struct msg_job_row *job) {
    const bool best = job->best_slot == row->slot;
    if (best && row->runs > 1) {
        buf_text(out, " +- ");
        num_print_short(out, job->best_error, 2);
    }
    buf_text(out, row->runs > 1 ? ", the mean of " : ", ");
    buf_u64(out, row->runs);
    buf_text(out, row->runs > 1 ? " runs" : " run");
    if (best && job->recommended) {
        buf_text(out, "; recommended, expected to be worth ");
        num_print(out, job->best_expected);
    }
}

/* The value and then the parameters, one a line, with all their digits: they are there to be
 * copied. */
static bool lines_put(struct best_listing *l, const struct msg_trial_row *row) {
    struct object object;
    struct object_item item;
    const char *metric = l->rows.metric;
    size_t width = strlen(metric);
    object_start(&object, row->params);
    while (object_next(&object, &item))
        width = item.name.len > width ? item.name.len : width;

    uint8_t memory[256];
    struct buf value = buf_of(memory, sizeof memory);
    num_print(&value, row->value);
    if (row->runs > 0)
        put_runs(&value, row, &l->rows.subject->row);
    printf("%-*s  %.*s  (trial %llu of %s)\n", (int)width, metric, (int)value.len,
           (const char *)value.data, (unsigned long long)row->slot, l->rows.subject->handle);
    object_start(&object, row->params);
    while (object_next(&object, &item))
        printf("%-*.*s  %.*s\n", (int)width, (int)item.name.len, (const char *)item.name.data,
               (int)item.text.len, (const char *)item.text.data);
    return !ferror(stdout);
}

/* What {args} in a job's command stands for. */
static bool args_put(struct best_listing *l, const struct msg_trial_row *row) {
    (void)l;
    struct object object;
    struct object_item item;
    static uint8_t memory[ARGS_BYTES];
    struct buf line = buf_of(memory, sizeof memory);
    object_start(&object, row->params);
    for (const char *gap = "--"; object_next(&object, &item); gap = " --") {
        buf_text(&line, gap);
        buf_span(&line, item.name);
        buf_byte(&line, ' ');
        shell_print_word(&line, item.text);
    }
    buf_byte(&line, '\n');
    fwrite(line.data, 1, line.len, stdout);
    return !ferror(stdout);
}

/* The trial that the job's row names: of one that is repeat_auto not the one with the best value. */
static bool named_put(void *context, const struct msg *answer) {
    struct best_listing *l = context;
    if (answer->kind != MSG_trial_row)
        return true;
    const struct msg_trial_row row = best_named(&l->rows.subject->row, &answer->trial_row);
    l->left = 0;
    (void)l->put(l, &row);
    return false;
}

static bool trial_put(void *context, const struct msg *answer) {
    struct best_listing *l = context;
    const struct job *job = l->rows.job;
    struct measure m;
    if (answer->kind != MSG_trial_row)
        return true;
    if (job != NULL && measures_of(&m, job, &answer->trial_row) && m.breach > 0)
        return false; /* and so do all that follow */
    return l->put(l, &answer->trial_row) && --l->left > 0;
}

static bool none_yet(const struct subject *s, struct err *err) {
    if (s->row.metric.len == 0)
        return err_set(err, ERR_NOT_FOUND, "%s has no objective, so no trial of it is the best",
                       s->handle);
    if (s->row.frontier.len > 0 && s->row.done > 0)
        return err_set(err, ERR_NOT_FOUND, "no trial of %s keeps all constraints (%llu are done)",
                       s->handle, (unsigned long long)s->row.done);
    return err_set(err, ERR_NOT_FOUND, "no trial of %s has a value yet (%llu of %llu finished)",
                   s->handle, (unsigned long long)job_row_finished(&s->row),
                   (unsigned long long)s->row.trials);
}

static bool best_print(struct client *c, const struct args *args, const struct subject *s,
                       const struct job_spec *spec, uint64_t limit, bool as_args, struct err *err) {
    bool lines = limit == 0 && args->format == FORMAT_TABLE;
    struct best_listing l = {.left = limit == 0 ? 1 : limit,
                             .put = as_args ? args_put
                                    : lines ? lines_put
                                            : row_put};
    const bool named = limit == 0 && s->row.frontier.len == 0;
    uint8_t before[TRIAL_CURSOR_BYTES];
    struct msg request = {.kind = MSG_list_trials,
                          .list_trials = {.job = s->job, .best_first = !named}};
    if (named)
        request.list_trials.after = trial_cursor(s, s->row.best_slot, before);
    request.list_trials.limit = l.left < LIMIT_PAGE_ROWS ? l.left : LIMIT_PAGE_ROWS;
    trial_rows_begin(&l.rows, s, spec, as_args || lines ? FORMAT_TABLE : args->format, false,
                     false);
    struct pages_reader reader = {.row = named ? named_put : trial_put, .context = &l};
    bool read = pages_read(c, &request, &reader, err);
    if (read && named && l.left > 0) {
        const struct msg_trial_row row = best_named(&s->row, NULL);
        (void)l.put(&l, &row);
    }
    return trial_rows_end(&l.rows, read ? err : &(struct err){0}) && read;
}

static bool any_print(struct client *c, const struct args *args, const struct subject *s,
                      uint64_t limit, bool as_args, struct err *err) {
    if (!subject_is_job(s, err))
        return false;
    if (!s->row.has_best)
        return none_yet(s, err);
    bool ok;
    struct job_spec *spec = job_spec_measured(c, s, &ok, err);
    if (ok && spec != NULL && spec->job.objectives_count > 1 && !as_args)
        ok = best_front_print(c, args, s, spec, limit, err);
    else if (ok)
        ok = best_print(c, args, s, spec, limit, as_args, err);
    job_spec_free(&spec);
    return ok;
}

int cli_best(int argc, char **argv) {
    uint64_t limit = 0;
    bool as_args = false;
    const struct args_option options[] = {
        {"limit", 'n', ARGS_NUMBER, &limit},
        {"args", 0, ARGS_FLAG, &as_args},
        {0},
    };
    const struct args_rules rules = {
        .options = options, .formats = FORMATS_ROWS, .most = 1, .operand = "JOB"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    if (as_args && args.format_given)
        return cli_usage("best", "--args and -o exclude each other");
    struct err err = {0};
    struct subject subject;
    struct client *c = look_open(&args, &subject, &err);
    bool ok = c != NULL && any_print(c, &args, &subject, limit, as_args, &err);
    return look_end(&c, ok, &err);
}
