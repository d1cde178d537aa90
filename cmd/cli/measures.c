#include "cmd/cli/measures.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/num.h"

enum { DIGITS = 6, BROKEN_BYTES = 2048, PREFIX = 7 /* of keys: "values." */ };

size_t measures_columns(const struct job *job, struct column *to,
                        char keys[MEASURE_COLUMNS][MEASURE_KEY_BYTES]) {
    size_t count = 0;
    for (uint32_t i = 1; job != NULL && i < job->objectives_count; i++) {
        struct span name = job->objectives[i].metric;
        snprintf(keys[count], MEASURE_KEY_BYTES, "values.%.*s", (int)name.len,
                 (const char *)name.data);
        to[count] = (struct column){keys[count], keys[count] + PREFIX, COLUMN_REAL, SHOWN_ALWAYS};
        count++;
    }
    if (job != NULL && job->constraints_count > 0)
        to[count++] = (struct column){"broken", "BROKEN", COLUMN_TEXT, SHOWN_ALWAYS};
    return count;
}

size_t measures_beside(const struct job *job, const struct column *table, size_t count,
                       size_t value, struct column *to,
                       char keys[MEASURE_COLUMNS][MEASURE_KEY_BYTES]) {
    const size_t before = value + 1;
    memcpy(to, table, before * sizeof *to);
    const size_t own = measures_columns(job, to + before, keys);
    memcpy(to + before + own, table + before, (count - before) * sizeof *to);
    return count + own;
}

struct told {
    const struct job *job;
    const struct value *metrics;
    struct buf *out;
    const char *gap;
    bool said[JOB_METRICS_MAX];
};

static void print_told(void *context, const struct expr_use *use) {
    struct told *t = context;
    const struct value *v = &t->metrics[use->name];
    if (t->said[use->name])
        return;
    t->said[use->name] = true;
    buf_text(t->out, t->gap);
    buf_span(t->out, t->job->metrics[use->name]);
    if (v->kind == VALUE_NONE) {
        buf_text(t->out, " was not told");
    } else {
        buf_byte(t->out, ' ');
        num_print_short(t->out, v->real, DIGITS);
    }
    t->gap = ", ";
}

void measures_broken(struct buf *out, const struct job *job, double value, struct span others) {
    struct value metrics[JOB_METRICS_MAX];
    const char *gap = "";
    if (!measure_metrics(job, value, others, metrics))
        return;
    for (uint32_t i = 0; i < job->constraints_count; i++) {
        const struct condition *c = &job->constraints[i];
        struct told told = {.job = job, .metrics = metrics, .out = out, .gap = " ("};
        if (expr_true(c->test, metrics))
            continue;
        buf_text(out, gap);
        buf_span(out, c->text);
        expr_visit(c->test, print_told, &told);
        buf_byte(out, ')');
        gap = "; ";
    }
}

bool measures_of(struct measure *m, const struct job *job, const struct msg_trial_row *row) {
    if (!row->has_value || !measure_of(m, job, row->value, row->others))
        return false;
    if (row->runs > 0)
        m->breach = row->breach;
    return true;
}

/* Which of its runs break what is in their own rows. */
static void some_broken(struct buf *out, uint64_t runs) {
    buf_text(out, "by some of ");
    buf_u64(out, runs);
    buf_text(out, " runs");
}

void measures_put(struct out *o, const struct job *job, const struct msg_trial_row *row) {
    uint8_t memory[BROKEN_BYTES];
    struct buf broken = buf_of(memory, sizeof memory);
    struct measure m;
    if (job == NULL)
        return;
    const bool valued = measures_of(&m, job, row);
    for (uint32_t i = 1; i < job->objectives_count; i++)
        valued ? out_real(o, m.values[i]) : out_none(o);
    if (job->constraints_count == 0)
        return;
    if (valued && m.breach > 0 && row->runs > 0)
        some_broken(&broken, row->runs);
    else if (valued && row->runs == 0)
        measures_broken(&broken, job, row->value, row->others);
    broken.len > 0 ? out_text(o, buf_view(&broken)) : out_none(o);
}

bool measures_frontier(const struct msg_job_row *row, struct frontier *f) {
    return row->frontier.len > 0 && frontier_decode(f, row->frontier);
}

bool measures_none_kept(const struct msg_job_row *row) {
    struct frontier f;
    return row->done > 0 && !row->has_best && measures_frontier(row, &f) && f.broken > 0;
}

void measures_print_front(struct buf *out, const struct frontier *f) {
    if (f->objectives < 2)
        return;
    buf_text(out, f->full ? "front of more than " : "front ");
    buf_u64(out, f->count);
    buf_text(out, f->count == 1 ? " point" : " points");
}
