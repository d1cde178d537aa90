#include <math.h>
#include <stdio.h>
#include <string.h>

#include "proto/job/check.h"
#include "proto/job/template.h"

const char *where_of(char where[WHERE_BYTES], const struct param *p, const char *part) {
    snprintf(where, WHERE_BYTES, "params.%.*s%s%s", SHOWN_NAME(p->name), part[0] == '\0' ? "" : ".",
             part);
    return where;
}

static bool equal_but_for_case(struct span a, struct span b) {
    return a.len == b.len && nearest_distance(a, b) == 0;
}

static bool check_param_name(const struct job *job, uint32_t i, struct job_fault *fault) {
    const struct param *p = &job->params[i];
    char where[WHERE_BYTES];
    enum template_word word;
    where_of(where, p, "");
    if (!is_identifier(p->name))
        return job_fault_set(fault, where, FAULT_AT_NAME,
                             "'%.*s' cannot be a parameter: letters, digits and _, no digit first, "
                             "at most %d of them",
                             SHOWN(p->name), LIMIT_NAME_BYTES);
    if (expr_reserved(p->name))
        return job_fault_set(fault, where, FAULT_AT_NAME,
                             "'%.*s' is a word of 'when'; give the parameter another name",
                             SHOWN(p->name));
    if (template_word_named(p->name, &word))
        return job_fault_set(
            fault, where, FAULT_AT_NAME,
            "'{%.*s}' already means something else; give the parameter another name",
            SHOWN(p->name));
    for (uint32_t j = 0; j < i; j++) {
        if (equal_but_for_case(job->params[j].name, p->name))
            return job_fault_set(
                fault, where, FAULT_AT_NAME,
                "'%.*s' and '%.*s' differ in letter case only, which variables cannot",
                SHOWN(job->params[j].name), SHOWN(p->name));
    }
    return true;
}

static bool check_choices(const struct param *p, struct job_fault *fault) {
    char where[WHERE_BYTES];
    where_of(where, p, "values");
    if (p->low != 0 || p->high != 0 || p->step != 0 || p->points != 0 || p->scale != SCALE_LINEAR)
        return job_fault_set(fault, where, 0, "a parameter has either values or a range");
    if (p->choices_count == 0)
        return job_fault_set(fault, where, 0, "a parameter needs at least one value");
    if (p->choices_count > LIMIT_CHOICES)
        return job_fault_set(fault, where, 0, "more than %d values", LIMIT_CHOICES);
    for (uint32_t i = 0; i < p->choices_count; i++) {
        const struct value *v = &p->choices[i];
        char memory[64];
        struct buf shown = buf_of(memory, sizeof memory);
        snprintf(where, sizeof where, "params.%.*s.values[%u]", SHOWN_NAME(p->name), i);
        if (v->kind == VALUE_NONE || (v->kind == VALUE_FLOAT && !isfinite(v->real)))
            return job_fault_set(fault, where, 0, "a value is text, a number, true or false");
        for (uint32_t j = 0; j < i; j++) {
            if (!value_equal(&p->choices[j], v))
                continue;
            value_print(&shown, v);
            return job_fault_set(fault, where, 0, "the value '%.*s' twice",
                                 SHOWN(buf_view(&shown)));
        }
    }
    return true;
}

/* Up to 2^53 a double tells any two neighbouring whole numbers apart. */
#define WHOLE_MOST 9007199254740992.0

static bool is_whole(double value) {
    return value >= -WHOLE_MOST && value <= WHOLE_MOST && (double)(int64_t)value == value;
}

static double largest(const struct param *p) {
    double low = fabs(p->low);
    double high = fabs(p->high);
    return low > high ? low : high;
}

/* 0.35 - 0.1 is a little less than 0.25. */
static bool is_one_step(const struct param *p) {
    return p->kind == PARAM_FLOAT && p->low < p->high && param_points(p) > 1;
}

static bool check_spacing(const struct param *p, struct job_fault *fault) {
    char where[WHERE_BYTES];
    if (p->step != 0 && !(isfinite(p->step) && p->step > 0))
        return job_fault_set(fault, where_of(where, p, "step"), 0, "a step is greater than 0");
    if (p->step > p->high - p->low && !is_one_step(p))
        return job_fault_set(fault, where_of(where, p, "step"), 0,
                             "a step of %s is longer than the range from %s to %s",
                             number_text_of(p->step).text, number_text_of(p->low).text,
                             number_text_of(p->high).text);
    if (p->kind == PARAM_FLOAT && p->step > 0 && p->step < PARAM_STEP_FINEST * largest(p))
        return job_fault_set(fault, where_of(where, p, "step"), 0,
                             "a step of %s is too fine: beside %s there are not enough digits to "
                             "tell one step from the next",
                             number_text_of(p->step).text, number_text_of(largest(p)).text);
    if (p->kind == PARAM_INT && !is_whole(p->step))
        return job_fault_set(fault, where_of(where, p, "step"), 0,
                             "the step of an int is a whole number");
    if (p->step > 0 && p->scale == SCALE_LOG)
        return job_fault_set(fault, where_of(where, p, "step"), 0,
                             "steps go with 'scale: linear'; on a log scale say how many 'points'");
    if (p->step > 0 && p->points > 0)
        return job_fault_set(fault, where_of(where, p, "points"), 0,
                             "either 'step' or 'points', not both");
    if (p->points == 1 || p->points > POINTS_MAX)
        return job_fault_set(fault, where_of(where, p, "points"), 0, "2 to %d points", POINTS_MAX);
    return true;
}

/* direction: "from" for the lower end, "to" for the upper. */
static bool check_whole_end(const struct param *p, const char *key, const char *direction,
                            double end, struct job_fault *fault) {
    char where[WHERE_BYTES];
    if (is_whole(end))
        return true;
    return job_fault_set(fault, where_of(where, p, key), 0,
                         "an int runs between whole numbers from %s to %s, not %s %s",
                         number_text_of(-WHOLE_MOST).text, number_text_of(WHOLE_MOST).text,
                         direction, number_text_of(end).text);
}

static bool check_range(const struct param *p, struct job_fault *fault) {
    char where[WHERE_BYTES];
    if (p->choices_count > 0 || p->ordered)
        return job_fault_set(fault, where_of(where, p, ""), 0,
                             "a parameter has either values or a range");
    if (!isfinite(p->low) || !isfinite(p->high) || !isfinite(p->high - p->low))
        return job_fault_set(fault, where_of(where, p, ""), 0, "a range has two finite ends");
    if (p->low > p->high)
        return job_fault_set(fault, where_of(where, p, "min"), 0,
                             "'min' %s is greater than 'max' %s", number_text_of(p->low).text,
                             number_text_of(p->high).text);
    if (p->scale == SCALE_LOG && p->low <= 0)
        return job_fault_set(fault, where_of(where, p, "min"), 0,
                             "on a log scale 'min' must be greater than 0, not %s",
                             number_text_of(p->low).text);
    if (p->kind == PARAM_INT && (!check_whole_end(p, "min", "from", p->low, fault) ||
                                 !check_whole_end(p, "max", "to", p->high, fault)))
        return false;
    return check_spacing(p, fault);
}

/* Names (of a job that has programs to run), ranges and choices; then `when` of each, compiled, the
 * order that follows from them, and `where`. */
static bool check_params(struct job *job, bool named, struct arena *arena,
                         struct job_fault *fault) {
    if (job->params_count > LIMIT_PARAMS)
        return job_fault_set(fault, "params", 0, "more than %d parameters", LIMIT_PARAMS);
    /* The caller's array is const to all who only use the job; compiling `when` is the one change
     * to it. */
    struct param *params = arena_take(arena, job->params_count * sizeof *params);
    if (params == NULL)
        return job_fault_set(fault, "params", 0, "the job needs more memory than there is");
    for (uint32_t i = 0; i < job->params_count; i++) {
        const struct param *p = &job->params[i];
        params[i] = *p;
        if (named && !check_param_name(job, i, fault))
            return false;
        if (p->kind == PARAM_CHOICE ? !check_choices(p, fault) : !check_range(p, fault))
            return false;
    }
    job->params = params;
    return check_when(job, params, arena, fault) && check_where(job, arena, fault);
}

bool job_check_params(struct job *job, struct arena *arena, struct job_fault *fault) {
    return check_params(job, true, arena, fault);
}

bool job_check_space(struct job *job, struct arena *arena, struct job_fault *fault) {
    return check_params(job, false, arena, fault) && check_constraints(job, arena, fault);
}
