#include "cmd/cli/cli.h"
#include "cmd/cli/details.h"
#include "cmd/cli/ends.h"
#include "cmd/cli/look.h"
#include "cmd/cli/measures.h"
#include "cmd/cli/pages.h"

const char cli_ls_details[] = "-n, --limit N     the newest N jobs only\n"
                              "-o FORMAT         table (default), wide, json, jsonl, csv, id\n";

static const struct column columns[] = {
    {"id", NULL, COLUMN_TEXT, SHOWN_DATA},
    {"job", "JOB", COLUMN_TEXT, SHOWN_ALWAYS},
    {"state", "STATE", COLUMN_TEXT, SHOWN_ALWAYS},
    {NULL, "TRIALS", COLUMN_TEXT, SHOWN_TABLE},
    {"trials", NULL, COLUMN_COUNT, SHOWN_DATA},
    {"done", "DONE", COLUMN_COUNT, SHOWN_WIDE},
    {"stopped", "STOPPED", COLUMN_COUNT, SHOWN_WIDE},
    {"paused", "PAUSED", COLUMN_COUNT, SHOWN_WIDE},
    {"infeasible", "INFEASIBLE", COLUMN_COUNT, SHOWN_WIDE},
    {"failed", "FAILED", COLUMN_COUNT, SHOWN_WIDE},
    {"retried", "RETRIED", COLUMN_COUNT, SHOWN_WIDE},
    {"running", "RUNNING", COLUMN_COUNT, SHOWN_WIDE},
    {"metric", "METRIC", COLUMN_TEXT, SHOWN_ALWAYS},
    {"best", "BEST", COLUMN_REAL, SHOWN_ALWAYS},
    {"best_trial", "TRIAL", COLUMN_COUNT, SHOWN_WIDE},
    {"run_seconds", "TIME", COLUMN_DURATION, SHOWN_ALWAYS},
    {"created", "AGE", COLUMN_AGE, SHOWN_ALWAYS},
    {"finished", NULL, COLUMN_TIME, SHOWN_DATA},
    {"cause", "CAUSE", COLUMN_TEXT, SHOWN_WIDE},
    {"best_params", "BEST PARAMETERS", COLUMN_JSON, SHOWN_WIDE},
};

struct job_listing {
    enum format format;
    struct out *out;
    uint64_t left; /* rows that are still wanted */
};

static void text_or_none(struct out *o, struct span text) {
    text.len > 0 ? out_text(o, text) : out_none(o);
}

/* People read beside the metric how many trials are on the front. */
static void metric_put(struct out *o, const struct msg_job_row *row, enum format format) {
    uint8_t memory[LIMIT_NAME_BYTES + 48];
    struct buf text = buf_of(memory, sizeof memory);
    struct frontier f;
    if (format > FORMAT_WIDE || !measures_frontier(row, &f) || f.objectives < 2) {
        text_or_none(o, row->metric);
        return;
    }
    buf_span(&text, row->metric);
    buf_text(&text, ", ");
    measures_print_front(&text, &f);
    out_text(o, buf_view(&text));
}

static bool job_put(void *context, const struct msg *answer) {
    struct job_listing *l = context;
    if (answer->kind != MSG_job_row)
        return true;
    const struct msg_job_row *row = &answer->job_row;
    struct out *o = l->out;
    char id[JOB_TEXT_BYTES];
    char handle[HANDLE_BYTES];
    char progress[48];
    out_text(o, job_id_text(&row->job, id));
    out_text(o, job_handle_text(row, handle));
    out_text(o, span_text(job_row_state(row)));
    int len = snprintf(progress, sizeof progress, "%llu/%llu",
                       (unsigned long long)job_row_over(row), (unsigned long long)row->trials);
    out_text(o, span_of(progress, (size_t)len));
    out_count(o, row->trials);
    const struct ends ends = ends_of(row);
    out_count(o, ends.done);
    out_count(o, ends.stopped);
    out_count(o, ends.paused);
    out_count(o, row->infeasible);
    out_count(o, row->failed);
    out_count(o, row->retried);
    out_count(o, row->running);
    metric_put(o, row, l->format);
    row->has_best ? out_real(o, row->best_value) : out_none(o);
    row->has_best ? out_count(o, row->best_slot) : out_none(o);
    out_duration(o, row->run_ms);
    out_time(o, row->created);
    out_time(o, row->finished);
    text_or_none(o, row->cause);
    row->has_best ? out_json(o, row->best_params) : out_none(o);
    return out_row(o) && --l->left > 0;
}

/* c may be NULL: there is nothing to ask. */
static bool jobs_print(struct client *c, const struct args *args, uint64_t limit, struct err *err) {
    struct job_listing l = {
        .format = args->format,
        .out =
            out_new_stdout(args->format, false, "jobs", columns, sizeof columns / sizeof *columns),
        .left = limit,
    };
    struct msg request = {.kind = MSG_list_jobs};
    if (limit < LIMIT_PAGE_ROWS)
        request.list_jobs.limit = limit;
    struct pages_reader reader = {.row = job_put, .context = &l};
    bool read = c == NULL || pages_read(c, &request, &reader, err);
    bool none = read && l.left == limit;
    bool ok = out_close(&l.out, read ? err : &(struct err){0}) && read;
    if (none && args->format <= FORMAT_WIDE && !args->quiet)
        fprintf(stderr, "no jobs yet; start one: zyg submit JOB_FILE --wait\n");
    return ok;
}

int cli_ls(int argc, char **argv) {
    uint64_t limit = UINT64_MAX;
    const struct args_option options[] = {{"limit", 'n', ARGS_NUMBER, &limit}, {0}};
    const struct args_rules rules = {
        .options = options, .formats = FORMATS_ROWS, .operand = "nothing"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    if (limit == 0)
        return cli_usage("ls", "--limit 0: expected at least 1");
    struct err err = {0};
    bool missing = client_state_missing(args.state_dir);
    struct client *c = missing ? NULL : client_open(args.state_dir, &err);
    bool ok = (missing || c != NULL) && jobs_print(c, &args, limit, &err);
    return look_end(&c, ok, &err);
}
