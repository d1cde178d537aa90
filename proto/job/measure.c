#include "proto/job/measure.h"

#include "proto/base/dominates.h"
#include "proto/base/mp.h"

bool measure_metrics(const struct job *job, double value, struct span others,
                     struct value metrics[JOB_METRICS_MAX]) {
    struct mp in = mp_of(others);
    uint32_t count = job->metrics_count > 0 ? job->metrics_count - 1 : 0;
    metrics[0] = (struct value){.kind = VALUE_FLOAT, .real = value};
    if (count == 0)
        return others.len == 0;
    if (mp_array(&in) != count)
        return false;
    for (uint32_t i = 1; i <= count; i++) {
        bool told = mp_peek(&in) != MP_NIL;
        metrics[i] = (struct value){.kind = VALUE_NONE};
        if (told)
            metrics[i] = (struct value){.kind = VALUE_FLOAT, .real = mp_f64(&in)};
        else
            mp_nil(&in);
        if (told && metrics[i].real - metrics[i].real != 0)
            return false;
    }
    return mp_done(&in);
}

void measure_put_others(const struct job *job, const struct value metrics[JOB_METRICS_MAX],
                        struct buf *out) {
    if (job->metrics_count > 1)
        mp_put_array(out, job->metrics_count - 1);
    for (uint32_t i = 1; i < job->metrics_count; i++) {
        if (metrics[i].kind == VALUE_NONE)
            mp_put_nil(out);
        else
            mp_put_f64(out, metrics[i].real);
    }
}

bool measure_of(struct measure *m, const struct job *job, double value, struct span others) {
    struct value metrics[JOB_METRICS_MAX];
    *m = (struct measure){.breach = 0};
    if (!measure_metrics(job, value, others, metrics))
        return false;
    for (uint32_t i = 0; i < job->objectives_count; i++) {
        if (metrics[i].kind != VALUE_FLOAT)
            return false;
        m->values[i] = metrics[i].real;
    }
    m->breach = job_breach(job, metrics);
    m->told = job_breach_told(job, metrics);
    return job->objectives_count > 0;
}

static double inward(const struct job *job, uint32_t objective, double value) {
    return goal_inward(job->objectives[objective].goal, value);
}

static int compare(double a, double b) {
    return (a > b) - (a < b);
}

int measure_compare(const struct job *job, const struct measure *a, const struct measure *b) {
    int order = compare(a->breach, b->breach);
    for (uint32_t i = 0; i < job->objectives_count && order == 0; i++)
        order = compare(inward(job, i, a->values[i]), inward(job, i, b->values[i]));
    return order;
}

bool measure_dominates(const struct job *job, const double *a, const double *b) {
    double inside[2][OBJECTIVES_MOST];
    for (uint32_t i = 0; i < job->objectives_count; i++) {
        inside[0][i] = inward(job, i, a[i]);
        inside[1][i] = inward(job, i, b[i]);
    }
    return dominates(inside[0], inside[1], job->objectives_count);
}

bool measure_reaches(const struct job *job, const struct measure *m) {
    bool any = false;
    if (m->breach > 0)
        return false;
    for (uint32_t i = 0; i < job->objectives_count; i++) {
        const struct objective *o = &job->objectives[i];
        if (o->has_target && inward(job, i, m->values[i]) > inward(job, i, o->target))
            return false;
        any = any || o->has_target;
    }
    return any;
}
