#include "actors/facts/seat_best.h"

#include "proto/base/check.h"
#include "proto/base/mp.h"

#include <string.h>

/* Of one set of parameters. */
static size_t params_cap(const struct seat *s) {
    return s->job.repeat_auto ? SEAT_AUTO_PARAMS_BYTES : SEAT_PARAMS_BYTES;
}

/* Shown as JSON; what has no room is not told. */
static struct span params_of(const struct seat *s, struct span config, uint8_t *memory) {
    struct value values[LIMIT_PARAMS];
    struct buf text = buf_of(memory, params_cap(s));
    if (job_config_decode(&s->job, config, values, NULL))
        job_config_json(&s->job, values, &text);
    return text.overflow ? span_text("{}") : buf_view(&text);
}

/* ---- by the results, while something else is recommended ---- */

static void put_aside(struct seat *s, uint64_t slot, double value, struct span params) {
    struct buf out = buf_of(s->by_results, sizeof s->by_results);
    mp_put_u64(&out, slot);
    mp_put_f64(&out, value);
    mp_put_bin(&out, params);
    ensure(!out.overflow);
    s->row.by_results = buf_view(&out);
}

/* False: nothing is. */
static bool is_aside(const struct msg_job_row *row, uint64_t *slot, double *value,
                     struct span *params) {
    struct mp in = mp_of(row->by_results);
    if (mp_peek(&in) == MP_END)
        return false;
    *slot = mp_u64(&in);
    *value = mp_f64(&in);
    *params = mp_bin(&in);
    return mp_done(&in) && params->len <= SEAT_AUTO_PARAMS_BYTES;
}

/* ---- the row's ---- */

void seat_best_put(struct seat *s, const struct worth *worth, struct span config) {
    struct msg_job_row *row = &s->row;
    uint8_t memory[SEAT_AUTO_PARAMS_BYTES];
    if (row->recommended) {
        put_aside(s, worth->slot, worth->measure.values[0], params_of(s, config, memory));
        return;
    }
    row->has_best = true;
    row->best_slot = worth->slot;
    row->best_value = worth->measure.values[0];
    row->best_runs = worth->runs > 1 ? worth->runs : 0;
    row->best_error = worth->error;
    row->best_params = worth->mixed ? span_text("{}") : params_of(s, config, s->best_params);
}

void seat_hear_best(struct seat *s, struct span best) {
    struct recommended r;
    s->recommendation_len = 0;
    if (!s->job.repeat_auto || !recommended_decode(&r, &s->job, best))
        return;
    memcpy(s->recommendation, best.data, best.len);
    s->recommendation_len = best.len;
}

void seat_best_recommend(struct seat *s) {
    struct msg_job_row *row = &s->row;
    struct recommended r;
    seat_best_take_back(s);
    if (!recommended_decode(&r, &s->job, span_of(s->recommendation, s->recommendation_len)))
        return;
    if (row->has_best)
        put_aside(s, row->best_slot, row->best_value, row->best_params);
    row->has_best = row->recommended = true;
    row->best_slot = r.slot;
    row->best_value = r.value;
    row->best_runs = r.runs;
    row->best_error = r.error;
    row->best_expected = r.expected;
    row->best_params = params_of(s, r.config, s->best_params);
}

void seat_best_take_back(struct seat *s) {
    struct msg_job_row *row = &s->row;
    struct span params = {0};
    if (!row->recommended)
        return;
    row->recommended = false;
    row->best_expected = row->best_error = row->best_value = 0;
    row->best_runs = row->best_slot = 0;
    row->has_best = is_aside(row, &row->best_slot, &row->best_value, &params);
    if (params.len > 0)
        memcpy(s->best_params, params.data, params.len);
    row->best_params = span_of(s->best_params, params.len);
    row->by_results = (struct span){0};
}

/* ---- which of two ---- */

static void put_numbers(struct buf *out, const struct recommended *r) {
    mp_put_u64(out, r->slot);
    mp_put_u64(out, r->runs);
    mp_put_f64(out, r->value);
    mp_put_f64(out, r->error);
    mp_put_f64(out, r->expected);
}

int seat_best_compare(const struct seat *s, struct span best) {
    const struct msg_job_row *row = &s->row;
    uint8_t ours_memory[64], theirs_memory[64], params[SEAT_AUTO_PARAMS_BYTES];
    struct buf ours = buf_of(ours_memory, sizeof ours_memory);
    struct buf theirs = buf_of(theirs_memory, sizeof theirs_memory);
    struct recommended r;
    const bool says = s->job.repeat_auto && recommended_decode(&r, &s->job, best);
    if (!says || !row->recommended)
        return (int)row->recommended - (int)says;
    put_numbers(&theirs, &r);
    put_numbers(&ours, &(struct recommended){.slot = row->best_slot,
                                             .runs = row->best_runs,
                                             .value = row->best_value,
                                             .error = row->best_error,
                                             .expected = row->best_expected});
    const int order = span_compare(buf_view(&theirs), buf_view(&ours));
    return order != 0 ? order : span_compare(params_of(s, r.config, params), row->best_params);
}

/* ---- as a summary says it ---- */

void seat_best_resume(struct seat *s, const struct msg_job_row *row) {
    struct buf params = buf_of(s->best_params, params_cap(s));
    struct buf aside = buf_of(s->by_results, sizeof s->by_results);
    struct span none;
    buf_span(&params, row->best_params);
    s->row.best_params = params.overflow ? span_text("{}") : buf_view(&params);
    buf_span(&aside, row->by_results);
    s->row.by_results = aside.overflow ? (struct span){0} : buf_view(&aside);
    s->valued = row->has_best;
    s->best_slot = row->best_slot;
    s->best = (struct measure){.values = {row->best_value}};
    if (row->recommended)
        s->valued = is_aside(&s->row, &s->best_slot, &s->best.values[0], &none);
}
