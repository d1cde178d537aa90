/* What a trial came to. */
#include "actors/tuner/talk/talk_parts.h"
#include "proto/job/measure.h"
#include "proto/job/shown.h"

/* From "value", "values" or, of objectives that have names, "metrics". */
static bool read_listed(struct talk *t, struct span json, const char *where, double *values) {
    struct foreign_where at = foreign_at("%s, \"values\"", where);
    struct foreign_items items;
    if (!foreign_items(&t->foreign, json, at.text, '[', &items))
        return false;
    while (foreign_next(&t->foreign, at.text, &items)) {
        if (items.count <= t->objectives &&
            !foreign_number(&t->foreign, items.value, at.text, &values[items.count - 1]))
            return false;
    }
    return !items.bad && (items.count == t->objectives ||
                          foreign_refuse(&t->foreign, at.text, "%u numbers, expected %u",
                                         items.count, t->objectives));
}

static bool take_metrics(struct talk *t, const char *where, const struct value *metrics,
                         double *values) {
    for (uint32_t i = 0; i < t->objectives; i++) {
        if (metrics[i].kind == VALUE_NONE)
            return foreign_refuse(&t->foreign, where, "there is no \"%.*s\", expected a number",
                                  SHOWN(t->job.objectives[i].metric));
        values[i] = metrics[i].real;
    }
    return true;
}

static bool are_named(const struct talk *t) {
    for (uint32_t i = 0; i < t->objectives; i++)
        if (t->job.objectives[i].metric.len == 0)
            return false;
    return true;
}

static bool read_values(struct talk *t, const struct span *given, const char *where,
                        const struct value *metrics, double *values) {
    struct foreign_where value_at = foreign_at("%s, \"value\"", where);
    struct foreign_where metrics_at = foreign_at("%s, \"metrics\"", where);
    if (given[OUTCOME_VALUES].len > 0 && given[OUTCOME_VALUE].len > 0)
        return foreign_refuse(&t->foreign, where, "either \"value\" or \"values\", not both");
    if (given[OUTCOME_VALUES].len > 0)
        return read_listed(t, given[OUTCOME_VALUES], where, values);
    if (given[OUTCOME_VALUE].len == 0 && given[OUTCOME_METRICS].len > 0 && are_named(t))
        return take_metrics(t, metrics_at.text, metrics, values);
    if (t->objectives > 1)
        return foreign_refuse(&t->foreign, where, "there is no \"values\":[...] with %u numbers",
                              t->objectives);
    if (given[OUTCOME_VALUE].len == 0)
        return foreign_refuse(&t->foreign, where, "there is no \"value\"");
    return foreign_number(&t->foreign, given[OUTCOME_VALUE], value_at.text, values);
}

/* Those that the search has to know; null is one that is not known. The others are the caller's
 * affair. */
static bool read_metrics(struct talk *t, struct span json, const char *where,
                         struct value *metrics) {
    struct foreign_where at = foreign_at("%s, \"metrics\"", where);
    struct foreign_items items;
    for (uint32_t i = 0; i < JOB_METRICS_MAX; i++)
        metrics[i] = (struct value){.kind = VALUE_NONE};
    if (json.len == 0)
        return true;
    if (!foreign_items(&t->foreign, json, at.text, '{', &items))
        return false;
    while (foreign_next(&t->foreign, at.text, &items)) {
        uint32_t i = 0;
        while (i < t->job.metrics_count && !span_equal(t->job.metrics[i], items.key))
            i++;
        if (i == t->job.metrics_count || foreign_is_null(items.value))
            continue;
        struct foreign_where metric_at = foreign_at("%s, \"%.*s\"", at.text, SHOWN(items.key));
        if (!foreign_number(&t->foreign, items.value, metric_at.text, &metrics[i].real))
            return false;
        metrics[i].kind = VALUE_FLOAT;
    }
    return !items.bad;
}

/* A trial that ran to its end has to say what constraints are about, if only that it is not known;
 * one that was stopped before may not know. */
static bool check_told(struct talk *t, struct span json, const char *where,
                       const struct value *metrics) {
    for (uint32_t i = t->objectives; i < t->job.metrics_count; i++) {
        struct span name = t->job.metrics[i];
        struct foreign_items items;
        bool told = metrics[i].kind != VALUE_NONE;
        if (!told && json.len > 0 && foreign_items(&t->foreign, json, where, '{', &items))
            while (!told && foreign_next(&t->foreign, where, &items))
                told = span_equal(items.key, name);
        if (!told)
            return foreign_refuse(&t->foreign, where,
                                  "there is no \"metrics\":{\"%.*s\":NUMBER}, which a constraint "
                                  "is about",
                                  SHOWN(name));
    }
    return true;
}

bool talk_reaches(const struct talk *t, uint32_t trial) {
    const struct trials *trials = study_trials(t->study);
    struct measure m = {.breach = trials->breaches[trial]};
    if (trials->untold[trial])
        return false;
    if (trials->states[trial] != ENDED_WELL && trials->states[trial] != ENDED_SOON)
        return false;
    for (uint32_t i = 0; i < t->objectives; i++)
        m.values[i] =
            goal_inward(t->goals[i], trials->values[(size_t)trial * trials->objectives + i]);
    return measure_reaches(&t->job, &m);
}

static bool read_good(struct talk *t, const struct span *given, const char *where,
                      struct talk_outcome *o) {
    struct value metrics[JOB_METRICS_MAX];
    if (!read_metrics(t, given[OUTCOME_METRICS], where, metrics) ||
        !read_values(t, given, where, metrics, o->values))
        return false;
    if (o->result.state == ENDED_WELL && !check_told(t, given[OUTCOME_METRICS], where, metrics))
        return false;
    for (uint32_t i = 0; i < t->objectives; i++)
        metrics[i] = (struct value){.kind = VALUE_FLOAT, .real = o->values[i]};
    const double told = job_breach_told(&t->job, metrics);
    o->result.breach = job_breach(&t->job, metrics);
    o->result.untold = o->result.state == ENDED_SOON && t->steps > 1 && told < o->result.breach;
    if (o->result.untold)
        o->result.breach = told;
    return true;
}

bool talk_breach_read(struct talk *t, struct span json, const char *where, double value,
                      double *breach) {
    struct value metrics[JOB_METRICS_MAX];
    if (!read_metrics(t, json, where, metrics))
        return false;
    metrics[0] = (struct value){.kind = VALUE_FLOAT, .real = value};
    const double told = job_breach_told(&t->job, metrics);
    if (told > 0 || job_breach(&t->job, metrics) == 0)
        *breach = told;
    return true;
}

/* What failed is worth nothing: whoever says a value means another state. */
static bool has_no_value(struct talk *t, const struct span *given, const char *where) {
    for (int i = OUTCOME_VALUE; i <= OUTCOME_VALUES; i++)
        if (given[i].len > 0 && !foreign_is_null(given[i]))
            return foreign_refuse(&t->foreign, where,
                                  "what failed has no value, expected \"state\" ok or stopped, or "
                                  "no \"%s\"",
                                  i == OUTCOME_VALUE ? "value" : "values");
    return true;
}

bool talk_outcome_read(struct talk *t, const struct span *given, const char *where,
                       struct talk_outcome *o) {
    static const char *const states[] = {"ok", "stopped", "failed"};
    struct foreign_where state_at = foreign_at("%s, \"state\"", where);
    struct foreign_where seconds_at = foreign_at("%s, \"seconds\"", where);
    size_t state = 0;
    *o = (struct talk_outcome){.result = {.values = o->values}};
    if (given[OUTCOME_STATE].len > 0 &&
        !foreign_word(&t->foreign, given[OUTCOME_STATE], state_at.text, states, 3, &state))
        return false;
    o->result.state = state == 0 ? ENDED_WELL : state == 1 ? ENDED_SOON : ENDED_BADLY;
    if (o->result.state == ENDED_BADLY && !has_no_value(t, given, where))
        return false;
    if (o->result.state == ENDED_BADLY)
        o->result.values = NULL;
    else if (!read_good(t, given, where, o))
        return false;
    if (given[OUTCOME_SECONDS].len > 0 && !foreign_is_null(given[OUTCOME_SECONDS]) &&
        !foreign_number(&t->foreign, given[OUTCOME_SECONDS], seconds_at.text, &o->result.seconds))
        return false;
    return o->result.seconds >= 0 ||
           foreign_refuse(&t->foreign, seconds_at.text, "expected no less than 0");
}
