#include "actors/gateway/render.h"

#include "actors/executor/metrics.h"
#include "proto/base/json.h"

#include <string.h>

static void metrics_json(struct span metrics, struct buf *out) {
    struct json_out json = json_out_of(out);
    struct metrics_reader reader = metrics_read(metrics);
    struct metric metric;
    json_open(&json, '{');
    while (metrics_next(&reader, &metric)) {
        json_put_key(&json, metric.name);
        json_open(&json, '{');
        json_put_key(&json, "last");
        json_put_number(&json, metric.last);
        json_put_key(&json, "min");
        json_put_number(&json, metric.least);
        json_put_key(&json, "max");
        json_put_number(&json, metric.greatest);
        json_close(&json, '}');
    }
    json_close(&json, '}');
}

bool render_trial(struct msg_trial_row *answer, const struct job *job, uint64_t slot,
                  struct span stored, struct buf *scratch) {
    struct trial_row row;
    struct value values[LIMIT_PARAMS];
    uint64_t parent;
    if (!trial_row_decode(&row, stored) || !job_config_decode(job, row.config, values, &parent))
        return false;
    buf_clear(scratch);
    job_config_json(job, values, scratch);
    size_t params_len = scratch->len;
    metrics_json(row.metrics, scratch);
    if (scratch->overflow)
        return false;
    *answer = (struct msg_trial_row){
        .slot = slot,
        .status = row.finished ? trial_row_ended_as(&row, job) : TRIAL_OPEN,
        .attempts = row.attempts.made,
        .has_value = row.has_value,
        .value = row.value,
        .params = span_of(scratch->data, params_len),
        .metrics = span_of(scratch->data + params_len, scratch->len - params_len),
        .began = row.began,
        .run_ms = row.run_ms,
        .cpu_ms = row.cpu_ms,
        .rss_kib = row.rss_kib,
        .cause = row.cause,
        .config = row.config,
        .others = row.others,
        .curve = row.curve,
        .parent = parent == JOB_NO_PARENT ? 0 : parent + 1};
    return true;
}

struct span render_metric_name(struct span metrics, uint32_t position, struct buf *scratch) {
    struct metrics_reader reader = metrics_read(metrics);
    struct metric metric;
    for (uint32_t i = 0; metrics_next(&reader, &metric); i++) {
        if (i == position) {
            buf_clear(scratch);
            buf_text(scratch, metric.name);
            return buf_view(scratch);
        }
    }
    return (struct span){0};
}
