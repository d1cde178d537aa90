#include "cmd/cli/trial_rows.h"

#include <assert.h>
#include <string.h>

#include "proto/status.h"

enum { AT_VALUE = 4, AT_CAUSE = 11 };

static const struct column columns[] = {
    {"id", NULL, COLUMN_TEXT, SHOWN_DATA},
    {"job", NULL, COLUMN_TEXT, SHOWN_DATA},
    {"trial", "TRIAL", COLUMN_COUNT, SHOWN_ALWAYS},
    {"status", "STATUS", COLUMN_TEXT, SHOWN_ALWAYS},
    [AT_VALUE] = {"value", "VALUE", COLUMN_REAL, SHOWN_ALWAYS},
    {"attempts", "ATTEMPTS", COLUMN_COUNT, SHOWN_WIDE},
    {"parent", "PARENT", COLUMN_COUNT, SHOWN_WIDE},
    {"began", "BEGAN", COLUMN_TIME, SHOWN_WIDE},
    {"run_seconds", "TIME", COLUMN_DURATION, SHOWN_ALWAYS},
    {"cpu_seconds", "CPU", COLUMN_DURATION, SHOWN_WIDE},
    {"memory_bytes", "MEMORY", COLUMN_SIZE, SHOWN_WIDE},
    [AT_CAUSE] = {"cause", "CAUSE", COLUMN_TEXT, SHOWN_WIDE},
    {"params", "PARAMETERS", COLUMN_JSON, SHOWN_ALWAYS},
    {"metrics", NULL, COLUMN_JSON, SHOWN_DATA},
};
static_assert(sizeof columns / sizeof *columns == TRIAL_COLUMNS, "every column is in the struct");

const char *trial_row_status(const struct msg_trial_row *row) {
    enum trial_status status;
    if (row->running) /* also one that was paused */
        return "running";
    return trial_status_of(row->status, &status) ? trial_status_name(status) : "unknown";
}

bool trial_row_ran(const struct msg_trial_row *row) {
    return row->began != 0 && !row->running && row->status != TRIAL_NO_START;
}

void trial_row_parent_put(struct out *o, const struct msg_trial_row *row) {
    row->parent > 0 ? out_count(o, row->parent - 1) : out_none(o);
}

void trial_rows_begin(struct trial_rows *t, const struct subject *subject,
                      const struct job_spec *spec, enum format format, bool record, bool causes) {
    t->subject = subject;
    t->job = spec != NULL ? &spec->job : NULL;
    const size_t count =
        measures_beside(t->job, columns, TRIAL_COLUMNS, AT_VALUE, t->columns, t->keys);
    struct span metric = subject->row.metric;
    if (metric.len > 0 && metric.len < sizeof t->metric) {
        memcpy(t->metric, metric.data, metric.len);
        t->metric[metric.len] = '\0';
        t->columns[AT_VALUE].heading = t->metric;
    }
    if (causes)
        t->columns[AT_CAUSE + count - TRIAL_COLUMNS].shown = SHOWN_ALWAYS;
    t->out = out_new_stdout(format, record, record ? "trial" : "trials", t->columns, count);
}

static void json_or_none(struct out *o, struct span json) {
    if (json.len > 0)
        out_json(o, json);
    else
        out_none(o);
}

bool trial_rows_put(struct trial_rows *t, const struct msg_trial_row *row) {
    struct out *o = t->out;
    char id[TRIAL_TEXT_BYTES];
    out_text(o, trial_id_text(t->subject, row->slot, id));
    out_text(o, span_text(t->subject->handle));
    out_count(o, row->slot);
    out_text(o, span_text(trial_row_status(row)));
    row->has_value ? out_real(o, row->value) : out_none(o);
    measures_put(o, t->job, row);
    out_count(o, row->attempts);
    trial_row_parent_put(o, row);
    out_time(o, row->began);
    bool ended = trial_row_ran(row);
    ended ? out_duration(o, row->run_ms) : out_none(o);
    ended ? out_duration(o, row->cpu_ms) : out_none(o);
    ended ? out_count(o, row->rss_kib * 1024) : out_none(o);
    row->cause.len > 0 ? out_text(o, row->cause) : out_none(o);
    json_or_none(o, row->params);
    json_or_none(o, row->metrics);
    return out_row(o);
}

bool trial_rows_end(struct trial_rows *t, struct err *err) {
    return out_close(&t->out, err);
}
