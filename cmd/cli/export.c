#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/details.h"
#include "cmd/cli/measures.h"
#include "cmd/cli/object.h"
#include "cmd/cli/pages.h"
#include "cmd/cli/trial_rows.h"
#include "proto/job/job.h"

const char cli_export_details[] =
    "JOB               last (default), a name, a handle or the start of an id\n"
    "--metrics         also the last, least and greatest value of every metric:\n"
    "                  metrics.NAME, metrics.NAME.min, metrics.NAME.max\n"
    "-o FORMAT         csv (default), jsonl, json, table, id\n";

enum {
    FIXED = 10,
    PER_METRIC = 3,
    KEY_BYTES = LIMIT_NAME_BYTES + 16,
    ARENA_BYTES = 4 << 20,
    FORMATS_EXPORT = FORMATS_ROWS & ~FORMAT_BIT(FORMAT_WIDE)
};

static const struct column fixed[FIXED] = {
    {"id", NULL, COLUMN_TEXT, SHOWN_ID},
    {"trial", "TRIAL", COLUMN_COUNT, SHOWN_ALWAYS},
    {"status", "STATUS", COLUMN_TEXT, SHOWN_ALWAYS},
    {"value", "VALUE", COLUMN_REAL, SHOWN_ALWAYS},
    {"attempts", "ATTEMPTS", COLUMN_COUNT, SHOWN_ALWAYS},
    {"began", "BEGAN", COLUMN_TIME, SHOWN_ALWAYS},
    {"run_seconds", "TIME", COLUMN_DURATION, SHOWN_ALWAYS},
    {"cpu_seconds", "CPU", COLUMN_DURATION, SHOWN_ALWAYS},
    {"memory_bytes", "MEMORY", COLUMN_SIZE, SHOWN_ALWAYS},
    {"cause", "CAUSE", COLUMN_TEXT, SHOWN_ALWAYS},
};

/* Of a population. */
static const struct column parent = {"parent", "PARENT", COLUMN_COUNT, SHOWN_ALWAYS};

/* The columns of one job, which only its spec and, for metrics, its trials tell. */
struct export {
    struct client *client;
    const struct subject *subject;
    struct column columns[COLUMNS_MAX];
    char keys[COLUMNS_MAX][KEY_BYTES];
    size_t columns_count;
    struct span params[LIMIT_PARAMS];
    size_t params_count;
    char metrics[LIMIT_METRICS][LIMIT_NAME_BYTES + 1];
    size_t metrics_count;
    uint64_t metrics_dropped;
    struct out *out;
    struct job job; /* its texts lie in what follows */
    char measures[MEASURE_COLUMNS][MEASURE_KEY_BYTES];
    uint8_t spec[LIMIT_JOB_SPEC_BYTES];
    size_t spec_len;
    uint8_t arena[ARENA_BYTES];
};
static_assert(FIXED + 1 + MEASURE_COLUMNS + LIMIT_PARAMS + PER_METRIC * LIMIT_METRICS <=
                  COLUMNS_MAX,
              "every column has a place");

static void column_add(struct export *e, enum column_kind kind, const char *group, struct span name,
                       const char *part) {
    char *key = e->keys[e->columns_count];
    snprintf(key, KEY_BYTES, "%s.%.*s%s", group, (int)name.len, (const char *)name.data, part);
    e->columns[e->columns_count++] = (struct column){.key = key, .heading = key, .kind = kind};
}

static bool spec_take(void *context, const struct msg *answer) {
    struct export *e = context;
    if (answer->kind == MSG_job_spec && answer->job_spec.spec.len <= sizeof e->spec) {
        e->spec_len = answer->job_spec.spec.len;
        memcpy(e->spec, answer->job_spec.spec.data, e->spec_len);
    }
    return true;
}

static bool params_learn(struct export *e, struct err *err) {
    struct msg request = {.kind = MSG_show_job, .show_job = {.job = e->subject->job}};
    struct pages_reader reader = {.row = spec_take, .context = e};
    if (!pages_read(e->client, &request, &reader, err))
        return false;
    struct arena arena = arena_of(e->arena, sizeof e->arena);
    if (!job_decode(&e->job, span_of(e->spec, e->spec_len), &arena, err))
        return err_context(err, "reading the job of %s", e->subject->handle);
    if (job_has_frontier(&e->job))
        e->columns_count += measures_columns(&e->job, e->columns + e->columns_count, e->measures);
    if (e->job.rungs.policy == RUNGS_PBT)
        e->columns[e->columns_count++] = parent;
    e->params_count = e->job.params_count;
    for (size_t i = 0; i < e->params_count; i++) {
        e->params[i] = e->job.params[i].name;
        column_add(e, COLUMN_VALUE, "params", e->params[i], "");
    }
    return true;
}

static void metric_learn(struct export *e, struct span name) {
    for (size_t i = 0; i < e->metrics_count; i++) {
        if (span_is(name, e->metrics[i]))
            return;
    }
    if (e->metrics_count == LIMIT_METRICS) {
        e->metrics_dropped++;
        return;
    }
    memcpy(e->metrics[e->metrics_count], name.data, name.len);
    e->metrics[e->metrics_count++][name.len] = '\0';
}

static bool metrics_take(void *context, const struct msg *answer) {
    struct object object;
    struct object_item item;
    if (answer->kind != MSG_trial_row)
        return true;
    object_start(&object, answer->trial_row.metrics);
    while (object_next(&object, &item))
        metric_learn(context, item.name);
    return true;
}

/* Names of metrics are in the results only, so all trials are read once before the first row can
 * be written. */
static bool metrics_learn(struct export *e, struct err *err) {
    struct msg request = {.kind = MSG_list_trials, .list_trials = {.job = e->subject->job}};
    struct pages_reader reader = {.row = metrics_take, .context = e};
    if (!pages_read(e->client, &request, &reader, err))
        return false;
    static const char *const parts[PER_METRIC] = {"", ".min", ".max"};
    for (size_t i = 0; i < e->metrics_count; i++) {
        for (size_t p = 0; p < PER_METRIC; p++)
            column_add(e, COLUMN_VALUE, "metrics", span_text(e->metrics[i]), parts[p]);
    }
    if (e->metrics_dropped > 0)
        fprintf(stderr, "zyg: more than %d metrics; the columns of the others are left out\n",
                LIMIT_METRICS);
    return true;
}

/* Members come in the order of the columns, those that are not active are missing. */
static void params_put(struct export *e, struct span params) {
    struct object object;
    struct object_item item;
    object_start(&object, params);
    bool more = object_next(&object, &item);
    for (size_t i = 0; i < e->params_count; i++) {
        bool present = more && span_equal(item.name, e->params[i]);
        present ? out_value(e->out, item.json, item.text) : out_none(e->out);
        more = present ? object_next(&object, &item) : more;
    }
}

/* {"last":0.9,"min":0.1,"max":0.9} */
static void metric_put(struct export *e, struct span parts) {
    static const char *const names[PER_METRIC] = {"last", "min", "max"};
    for (size_t p = 0; p < PER_METRIC; p++) {
        struct object object;
        struct object_item item;
        object_start(&object, parts);
        bool found = false;
        while (!found && object_next(&object, &item))
            found = span_is(item.name, names[p]);
        found ? out_value(e->out, item.json, item.text) : out_none(e->out);
    }
}

static void metrics_put(struct export *e, struct span metrics) {
    for (size_t i = 0; i < e->metrics_count; i++) {
        struct object object;
        struct object_item item;
        object_start(&object, metrics);
        bool found = false;
        while (!found && object_next(&object, &item))
            found = span_is(item.name, e->metrics[i]);
        metric_put(e, found ? item.json : span_text("{}"));
    }
}

static bool trial_put(void *context, const struct msg *answer) {
    struct export *e = context;
    if (answer->kind != MSG_trial_row)
        return true;
    const struct msg_trial_row *row = &answer->trial_row;
    struct out *o = e->out;
    bool ended = trial_row_ran(row);
    char id[TRIAL_TEXT_BYTES];
    out_text(o, trial_id_text(e->subject, row->slot, id));
    out_count(o, row->slot);
    out_text(o, span_text(trial_row_status(row)));
    row->has_value ? out_real(o, row->value) : out_none(o);
    out_count(o, row->attempts);
    out_time(o, row->began);
    ended ? out_duration(o, row->run_ms) : out_none(o);
    ended ? out_duration(o, row->cpu_ms) : out_none(o);
    ended ? out_count(o, row->rss_kib * 1024) : out_none(o);
    row->cause.len > 0 ? out_text(o, row->cause) : out_none(o);
    measures_put(o, job_has_frontier(&e->job) ? &e->job : NULL, row);
    if (e->job.rungs.policy == RUNGS_PBT)
        trial_row_parent_put(o, row);
    params_put(e, row->params);
    metrics_put(e, row->metrics);
    return out_row(o);
}

static bool export_run(struct export *e, enum format format, bool metrics, struct err *err) {
    memcpy(e->columns, fixed, sizeof fixed);
    e->columns_count = FIXED;
    if (!subject_is_job(e->subject, err) || !params_learn(e, err) ||
        (metrics && !metrics_learn(e, err)))
        return false;
    e->out = out_new_stdout(format, false, "trials", e->columns, e->columns_count);
    struct msg request = {.kind = MSG_list_trials, .list_trials = {.job = e->subject->job}};
    struct pages_reader reader = {.row = trial_put, .context = e};
    bool read = pages_read(e->client, &request, &reader, err);
    return out_close(&e->out, read ? err : &(struct err){0}) && read;
}

int cli_export(int argc, char **argv) {
    bool metrics = false;
    const struct args_option options[] = {{"metrics", 0, ARGS_FLAG, &metrics}, {0}};
    const struct args_rules rules = {
        .options = options, .formats = FORMATS_EXPORT, .most = 1, .operand = "JOB"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    struct err err = {0};
    struct subject subject;
    struct client *c = look_open(&args, &subject, &err);
    struct export *e = c == NULL ? NULL : calloc(1, sizeof *e);
    bool ok = e != NULL;
    if (ok) {
        e->client = c;
        e->subject = &subject;
        ok = export_run(e, args.format_given ? args.format : FORMAT_CSV, metrics, &err);
    } else if (c != NULL) {
        err_set(&err, ERR_SYSTEM, "there is no memory left");
    }
    free(e);
    return look_end(&c, ok, &err);
}
