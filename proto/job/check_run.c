#include <stdio.h>

#include "proto/job/check.h"
#include "proto/job/template.h"

enum { ROW_BYTES = 152 };

/* ---- configurations of a list or of try_first ---- */

static const char *rows_name(const struct job *job) {
    return job->method == METHOD_LIST ? "list" : "try_first";
}

static bool missing_value(const struct job *job, const struct value *row, const struct param *p,
                          const char *where, struct job_fault *fault) {
    char memory[ROW_BYTES + 8]; /* what does not fit may end in half a character: not shown */
    struct buf shown = buf_of(memory, sizeof memory);
    job_config_print(job, row, 0, &shown);
    struct span text = buf_view(&shown);
    return job_fault_set(fault, where, 0, "'%.*s' is missing%s%.*s", SHOWN(p->name),
                         text.len == 0 ? "" : ", which is active with ",
                         SHOWN_UP_TO(text, ROW_BYTES));
}

static bool wrong_value(const struct param *p, const struct value *v, const char *where,
                        struct job_fault *fault) {
    char memory[64];
    struct buf shown = buf_of(memory, sizeof memory);
    value_print(&shown, v);
    struct span text = buf_view(&shown);
    if (p->kind == PARAM_CHOICE) {
        job_fault_set(fault, where, 0, "'%.*s' is not a value of '%.*s'", SHOWN(text),
                      SHOWN(p->name));
        struct nearest nearest = nearest_of(text);
        for (uint32_t i = 0; i < p->choices_count; i++) {
            if (p->choices[i].kind == VALUE_TEXT)
                nearest_offer(&nearest, p->choices[i].text);
        }
        return fault_nearest(fault, nearest.best);
    }
    bool stepped = value_is_number(v) && value_number(v) >= p->low && value_number(v) <= p->high &&
                   p->step > 0;
    return job_fault_set(fault, where, 0, "'%.*s' is %s from %s to %s%s%s, not %.*s",
                         SHOWN(p->name), p->kind == PARAM_INT ? "a whole number" : "a number",
                         number_text_of(p->low).text, number_text_of(p->high).text,
                         stepped ? " in steps of " : "",
                         stepped ? number_text_of(p->step).text : "", SHOWN(text));
}

static bool row_fault(const struct job *job, uint32_t row, uint32_t position,
                      struct job_fault *fault) {
    const struct param *p = &job->params[position];
    const struct value *values = job->configs + (size_t)row * job->params_count;
    char where[WHERE_BYTES];
    snprintf(where, sizeof where, "%s[%u].%.*s", rows_name(job), row, SHOWN_NAME(p->name));
    if (p->when != NULL && !expr_true(p->when, values))
        return job_fault_set(fault, where, 0, "'%.*s' is not active here: its 'when' is %.*s",
                             SHOWN(p->name), SHOWN_UP_TO(p->when_text, 120));
    if (values[position].kind == VALUE_NONE)
        return missing_value(job, values, p, where, fault);
    return wrong_value(p, &values[position], where, fault);
}

/* A configuration that the job itself keeps out. */
static bool row_allowed(const struct job *job, uint32_t row, struct job_fault *fault) {
    const struct value *values = job->configs + (size_t)row * job->params_count;
    char where[WHERE_BYTES];
    snprintf(where, sizeof where, "%s[%u]", rows_name(job), row);
    for (uint32_t i = 0; i < job->where_count; i++) {
        if (expr_truth(job->where[i].test, values) == EXPR_NO)
            return job_fault_set(fault, where, 0, "this configuration is against 'where': %.*s",
                                 SHOWN_UP_TO(job->where[i].text, 160));
    }
    return true;
}

bool check_configs(const struct job *job, struct job_fault *fault) {
    uint32_t wrong;
    if (job->method == METHOD_LIST && job->configs_count == 0)
        return job_fault_set(fault, "search.method", 0,
                             "'method: list' needs a 'list' of configurations");
    if (job->configs_count > 0 && job->params_count == 0)
        return job_fault_set(fault, rows_name(job), 0, "there are no parameters to give values to");
    if (job->configs_count > 0 && job->configs_count > CONFIG_VALUES_MAX / job->params_count)
        return job_fault_set(fault, rows_name(job), 0, "at most %u configurations of %u parameters",
                             CONFIG_VALUES_MAX / job->params_count, job->params_count);
    if (job->configs_count > 0 && job->method == METHOD_GRID)
        return job_fault_set(
            fault, "try_first", 0,
            "a grid has its own order and tries every point; leave 'try_first' out");
    for (uint32_t i = 0; i < job->configs_count; i++) {
        if (!job_config_valid(job, job->configs + (size_t)i * job->params_count, &wrong))
            return row_fault(job, i, wrong, fault);
        if (!row_allowed(job, i, fault))
            return false;
    }
    return true;
}

/* ---- command and variables ---- */

static bool unknown_name(const struct job *job, const struct template_part *part, const char *where,
                         struct job_fault *fault) {
    struct nearest nearest = nearest_of(part->text);
    for (uint32_t i = 0; i < job->params_count; i++)
        nearest_offer(&nearest, job->params[i].name);
    for (int i = 0; i < TEMPLATE_WORD_COUNT; i++)
        nearest_offer(&nearest, span_text(template_word_name((enum template_word)i)));
    job_fault_set(
        fault, where, part->at,
        is_identifier(part->text)
            ? "'{%.*s}' is no parameter of this job"
            : "'{%.*s}' is no parameter; write '{{' and '}}' for braces that mean themselves",
        SHOWN(part->text));
    return fault_nearest(fault, nearest.best);
}

static bool is_param(const struct job *job, struct span name) {
    for (uint32_t i = 0; i < job->params_count; i++) {
        if (span_equal(job->params[i].name, name))
            return true;
    }
    return false;
}

bool job_check_template(const struct job *job, struct span text, const char *where,
                        struct job_fault *fault) {
    struct template t = template_of(text);
    struct template_part part;
    enum template_kind kind;
    while ((kind = template_next(&t, &part)) != TEMPLATE_END) {
        enum template_word word;
        if (kind == TEMPLATE_BAD)
            return job_fault_set(fault, where, part.at, "%s", part.what);
        if (kind == TEMPLATE_TEXT || is_param(job, part.text))
            continue;
        if (!template_word_named(part.text, &word))
            return unknown_name(job, &part, where, fault);
    }
    return true;
}

static bool check_command(const struct job *job, size_t *bytes, struct job_fault *fault) {
    if (job->argv_count == 0 || job->argv[0].len == 0)
        return job_fault_set(fault, "run.command", 0, "a command needs a program");
    if (job->argv_count > ARGV_MAX)
        return job_fault_set(fault, "run.command", 0, "more than %d arguments", ARGV_MAX);
    for (uint32_t i = 0; i < job->argv_count; i++) {
        char where[WHERE_BYTES];
        snprintf(where, sizeof where, "run.command[%u]", i);
        if (!job_check_template(job, job->argv[i], where, fault))
            return false;
        *bytes += job->argv[i].len + 1;
    }
    return true;
}

static bool check_env(const struct job *job, size_t *bytes, struct job_fault *fault) {
    if (job->env_count > ENV_MAX)
        return job_fault_set(fault, "run.env", 0, "more than %d variables", ENV_MAX);
    for (uint32_t i = 0; i < job->env_count; i++) {
        const struct variable *v = &job->env[i];
        char where[WHERE_BYTES];
        snprintf(where, sizeof where, "run.env.%.*s", SHOWN_NAME(v->name));
        if (!is_identifier(v->name))
            return job_fault_set(fault, where, FAULT_AT_NAME,
                                 "'%.*s' cannot be a variable: letters, digits and _, no digit "
                                 "first, at most %d of them",
                                 SHOWN(v->name), LIMIT_NAME_BYTES);
        if (span_starts(v->name, "ZYG_"))
            return job_fault_set(fault, where, FAULT_AT_NAME,
                                 "variables that begin with ZYG_ are set by zyg");
        for (uint32_t j = 0; j < i; j++) {
            if (span_equal(job->env[j].name, v->name))
                return job_fault_set(fault, where, FAULT_AT_NAME, "the variable '%.*s' twice",
                                     SHOWN(v->name));
        }
        if (!job_check_template(job, v->value, where, fault))
            return false;
        *bytes += v->name.len + v->value.len + 2;
    }
    return true;
}

static bool check_limits(const struct job *job, struct job_fault *fault) {
    const struct limits *l = &job->limits;
    if (l->wall < 0 || l->wall > LIMITS_WALL_MAX)
        return job_fault_set(fault, "run.limits.wall", 0, "a trial runs at most ten years");
    if (l->grace < 0 || l->grace > LIMITS_GRACE_MAX)
        return job_fault_set(fault, "run.limits.grace", 0,
                             "a trial gets at most an hour to end by itself");
    if (l->output == 0 || l->output > INT64_MAX)
        return job_fault_set(fault, "run.limits.output", 0, "a trial may print at least one byte");
    if (job->retry.crash > REPEATS_MAX)
        return job_fault_set(fault, "run.retry.crash", 0, "at most %d retries", REPEATS_MAX);
    if (job->retry.transient > REPEATS_MAX)
        return job_fault_set(fault, "run.retry.transient", 0, "at most %d retries", REPEATS_MAX);
    return true;
}

bool check_run(const struct job *job, struct job_fault *fault) {
    size_t bytes = 0;
    if (!check_command(job, &bytes, fault) || !check_env(job, &bytes, fault))
        return false;
    if (bytes > LIMIT_ARGV_BYTES)
        return job_fault_set(fault, "run.command", 0,
                             "command and variables are longer than %d bytes", LIMIT_ARGV_BYTES);
    return check_limits(job, fault);
}
