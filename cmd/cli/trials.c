#include <string.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/details.h"
#include "cmd/cli/ends.h"
#include "cmd/cli/pages.h"
#include "cmd/cli/trial_rows.h"
#include "proto/status.h"

const char cli_trials_details[] =
    "JOB               last (default), a name, a handle or the start of an id\n"
    "--best            only trials with a value, the best first\n"
    "-s, --status WORD only those: done, infeasible, crashed, timed_out, flooded, no_metric,\n"
    "                  no_start, interrupted, ...; failed: all that did not end well;\n"
    "                  stopped, paused: early, as others were better;\n"
    "                  running: those under way\n"
    "-n, --limit N     at most N trials\n"
    "-o FORMAT         table (default), wide, json, jsonl, csv, id\n";

/* Words that are no status of their own. */
static const char *const words[] = {"failed", "running"};
enum { WORD_FAILED, WORD_RUNNING, WORDS };

enum { NAMES_MAX = TRIAL_STATUS_COUNT + WORDS };

struct filter {
    bool statuses[TRIAL_STATUS_COUNT];
    bool running;
};

static void filter_fill(struct filter *f, bool value) {
    for (size_t i = 0; i < TRIAL_STATUS_COUNT; i++)
        f->statuses[i] = value;
    f->running = value;
}

static bool filter_read(struct filter *f, const char *text, struct err *err) {
    enum trial_status status;
    filter_fill(f, text == NULL);
    if (text == NULL)
        return true;
    if (strcmp(text, words[WORD_RUNNING]) == 0) {
        f->running = true;
        return true;
    }
    if (strcmp(text, words[WORD_FAILED]) == 0) {
        filter_fill(f, true);
        f->running = false;
        f->statuses[TRIAL_OPEN] = f->statuses[TRIAL_DONE] = f->statuses[TRIAL_INFEASIBLE] = false;
        f->statuses[TRIAL_STOPPED] = f->statuses[TRIAL_PAUSED] = false;
        return true;
    }
    if (trial_status_named(span_text(text), &status)) {
        f->statuses[status] = true;
        return true;
    }
    const char *names[NAMES_MAX + 1] = {0};
    for (size_t i = 0; i < TRIAL_STATUS_COUNT; i++)
        names[i] = trial_status_name((enum trial_status)i);
    for (size_t i = 0; i < WORDS; i++)
        names[TRIAL_STATUS_COUNT + i] = words[i];
    const char *nearest = name_nearest(text, names);
    if (nearest != NULL)
        return err_set(err, ERR_USAGE,
                       "--status %.40s: there is no such status (did you mean '%s'?)", text,
                       nearest);
    return err_set(err, ERR_USAGE,
                   "--status %.40s: expected done, failed, running or another status of a trial",
                   text);
}

static bool filter_takes(const struct filter *f, const struct msg_trial_row *row) {
    if (row->running)
        return f->running;
    return row->status < TRIAL_STATUS_COUNT && f->statuses[row->status];
}

struct trials_request {
    bool best;
    const char *status;
    struct filter filter; /* what status means */
    uint64_t limit;
};

struct trial_listing {
    struct trial_rows rows;
    const struct filter *filter;
    uint64_t left; /* rows that are still wanted */
};

static bool trial_put(void *context, const struct msg *answer) {
    struct trial_listing *l = context;
    if (answer->kind != MSG_trial_row || !filter_takes(l->filter, &answer->trial_row))
        return true;
    return trial_rows_put(&l->rows, &answer->trial_row) && --l->left > 0;
}

static bool trials_print(struct client *c, const struct args *args, const struct subject *s,
                         const struct trials_request *wanted, struct err *err) {
    struct trial_listing l = {.filter = &wanted->filter, .left = wanted->limit};
    if (!subject_is_job(s, err))
        return false;
    struct msg request = {.kind = MSG_list_trials,
                          .list_trials = {.job = s->job, .best_first = wanted->best}};
    if (wanted->limit < LIMIT_PAGE_ROWS && wanted->status == NULL)
        request.list_trials.limit = wanted->limit;
    const struct ends ends = ends_of(&s->row);
    bool causes = (wanted->status != NULL && !wanted->filter.statuses[TRIAL_DONE]) ||
                  ends.stopped + ends.paused > 0; /* where they were stopped */
    bool known;
    struct job_spec *spec = job_spec_measured(c, s, &known, err);
    if (!known)
        return false;
    trial_rows_begin(&l.rows, s, spec, args->format, false, causes);
    struct pages_reader reader = {.row = trial_put, .context = &l};
    bool read = pages_read(c, &request, &reader, err);
    bool none = read && l.left == wanted->limit;
    bool ok = trial_rows_end(&l.rows, read ? err : &(struct err){0}) && read;
    if (none && args->format <= FORMAT_WIDE && !args->quiet)
        fprintf(stderr, "%s has no such trials yet\n", s->handle);
    job_spec_free(&spec);
    return ok;
}

int cli_trials(int argc, char **argv) {
    struct trials_request wanted = {.limit = UINT64_MAX};
    const struct args_option options[] = {
        {"best", 0, ARGS_FLAG, &wanted.best},
        {"status", 's', ARGS_TEXT, &wanted.status},
        {"limit", 'n', ARGS_NUMBER, &wanted.limit},
        {0},
    };
    const struct args_rules rules = {
        .options = options, .formats = FORMATS_ROWS, .most = 1, .operand = "JOB"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    struct err err = {0};
    if (wanted.limit == 0)
        return cli_usage("trials", "--limit 0: expected at least 1");
    if (!filter_read(&wanted.filter, wanted.status, &err))
        return cli_fail(&err);
    struct subject subject;
    struct client *c = look_open(&args, &subject, &err);
    bool ok = c != NULL && trials_print(c, &args, &subject, &wanted, &err);
    return look_end(&c, ok, &err);
}
