/* What can be said of a job's configurations without its bytes. */
#include "proto/base/json.h"
#include "proto/base/num.h"
#include "proto/job/job.h"
#include "proto/job/ladder.h"

#include <string.h>

void job_deactivate(const struct job *job, struct value *values) {
    for (uint32_t i = 0; i < job->params_count; i++) {
        const struct param *p = &job->params[job->order[i]];
        if (p->when != NULL && !expr_true(p->when, values))
            values[job->order[i]] = (struct value){.kind = VALUE_NONE};
    }
}

void job_complete(const struct job *job, struct value *values) {
    for (uint32_t i = 0; i < job->params_count; i++) {
        const struct param *p = &job->params[job->order[i]];
        struct value *v = &values[job->order[i]];
        struct value only;
        if (v->kind == VALUE_NONE && (p->when == NULL || expr_true(p->when, values)) &&
            param_only(p, &only))
            *v = only;
    }
}

bool job_config_valid(const struct job *job, const struct value *values, uint32_t *wrong) {
    for (uint32_t i = 0; i < job->params_count; i++) {
        uint32_t position = job->order[i];
        const struct param *p = &job->params[position];
        bool active = p->when == NULL || expr_true(p->when, values);
        bool right =
            active ? param_allows(p, &values[position]) : values[position].kind == VALUE_NONE;
        if (!right) {
            *wrong = position;
            return false;
        }
    }
    return true;
}

void job_config_encode(const struct job *job, const struct value *values, uint64_t parent,
                       struct buf *out) {
    struct value all[LIMIT_PARAMS + 1];
    const uint32_t count = job->params_count;
    if (parent == JOB_NO_PARENT) {
        config_encode(out, values, count);
        return;
    }
    memcpy(all, values, count * sizeof *values);
    all[count] = (struct value){.kind = VALUE_INT, .integer = (int64_t)parent};
    config_encode(out, all, count + 1);
}

bool job_config_decode(const struct job *job, struct span bytes, struct value *values,
                       uint64_t *parent) {
    struct value all[LIMIT_PARAMS + 1];
    const uint32_t count = job->params_count;
    if (parent != NULL)
        *parent = JOB_NO_PARENT;
    if (config_decode(bytes, values, count))
        return true;
    if (job->rungs.policy != RUNGS_PBT || !config_decode(bytes, all, count + 1) ||
        all[count].kind != VALUE_INT || all[count].integer < 0 || all[count].integer > UINT32_MAX)
        return false;
    memcpy(values, all, count * sizeof *values);
    if (parent != NULL)
        *parent = (uint64_t)all[count].integer;
    return true;
}

uint64_t job_config_parent(const struct job *job, struct span bytes) {
    struct value values[LIMIT_PARAMS];
    uint64_t parent;
    return job_config_decode(job, bytes, values, &parent) ? parent : JOB_NO_PARENT;
}

bool job_config_read(const struct job *job, struct span bytes, struct value *values) {
    uint32_t wrong;
    return job_config_decode(job, bytes, values, NULL) && job_config_valid(job, values, &wrong);
}

void job_config_json(const struct job *job, const struct value *values, struct buf *out) {
    struct json_out json = json_out_of(out);
    json_open(&json, '{');
    for (uint32_t i = 0; i < job->params_count; i++) {
        if (values[i].kind == VALUE_NONE)
            continue;
        json_put_key_span(&json, job->params[i].name);
        value_json(&json, &values[i]);
    }
    json_close(&json, '}');
}

/* Text that would not read as one word is quoted. */
static bool is_word(struct span text) {
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c <= ' ' || c == '"' || c == '\'' || c == '=' || c == '\\')
            return false;
    }
    return text.len > 0;
}

void job_config_print(const struct job *job, const struct value *values, int significant,
                      struct buf *out) {
    bool first = true;
    for (uint32_t i = 0; i < job->params_count; i++) {
        const struct value *v = &values[i];
        if (v->kind == VALUE_NONE)
            continue;
        if (!first)
            buf_byte(out, ' ');
        first = false;
        buf_span(out, job->params[i].name);
        buf_byte(out, '=');
        if (v->kind == VALUE_FLOAT && significant > 0) {
            num_print_short(out, v->real, significant);
        } else if (v->kind == VALUE_TEXT && !is_word(v->text)) {
            struct json_out json = json_out_of(out);
            json_put_string(&json, v->text);
        } else {
            value_print(out, v);
        }
    }
}

bool job_better(const struct job *job, double a, double b) {
    return job->objectives[0].goal == GOAL_MAXIMIZE ? a > b : a < b;
}

bool job_learns(const struct job *job) {
    static const bool by_number[METHOD_COUNT] = {
        [METHOD_RANDOM] = true, [METHOD_GRID] = true, [METHOD_LIST] = true, [METHOD_SOBOL] = true};
    return !by_number[job->method] || job_has_rungs(job);
}

bool job_method_heeds_cost(enum method method, uint32_t objectives) {
    return objectives < 2 ? method == METHOD_AUTO || method == METHOD_GP || method == METHOD_TPE
                          : objectives <= OBJECTIVES_MODELLED &&
                                (method == METHOD_AUTO || method == METHOD_PARETO);
}

bool job_method_weighs_all(enum method method) {
    static const bool all[METHOD_COUNT] = {
        [METHOD_RANDOM] = true, [METHOD_GRID] = true,   [METHOD_LIST] = true, [METHOD_SOBOL] = true,
        [METHOD_NSGA2] = true,  [METHOD_PARETO] = true, [METHOD_AUTO] = true};
    return all[method];
}

bool job_method_hopes(enum method method) {
    return method == METHOD_AUTO || method == METHOD_GP;
}

bool job_method_reruns(enum method method) {
    return method == METHOD_AUTO || method == METHOD_GP || method == METHOD_TPE;
}

const char *job_method_name(enum method method) {
    static const char *const names[METHOD_COUNT] = {
#define METHOD(NAME, name) [METHOD_##NAME] = #name,
#include "proto/job/methods.def"
#undef METHOD
    };
    return names[method];
}

const char *job_policy_name(enum rungs_policy policy) {
    static const char *const names[RUNGS_POLICIES] = {
#define POLICY(NAME, name) [RUNGS_##NAME] = #name,
#include "proto/job/policies.def"
#undef POLICY
    };
    return names[policy];
}

bool job_config_equal(const struct job *job, const struct value *a, const struct value *b) {
    for (uint32_t i = 0; i < job->params_count; i++) {
        if (a[i].kind != b[i].kind || (a[i].kind != VALUE_NONE && !value_equal(&a[i], &b[i])))
            return false;
    }
    return true;
}

uint32_t job_config_first(const struct job *job, uint32_t row) {
    const size_t width = job->params_count;
    uint32_t first = 0;
    while (first < row &&
           !job_config_equal(job, job->configs + first * width, job->configs + row * width))
        first++;
    return first;
}
