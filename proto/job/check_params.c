#include <math.h>
#include <stdio.h>
#include <string.h>

#include "proto/job/check.h"
#include "proto/job/template.h"

enum { WHERE_BYTES = sizeof((struct job_fault *)0)->where };

/* "params.NAME" or "params.NAME.part". */
static const char *where_of(char where[WHERE_BYTES], const struct param *p, const char *part) {
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

static bool check_spacing(const struct param *p, struct job_fault *fault) {
    char where[WHERE_BYTES];
    if (p->step != 0 && !(isfinite(p->step) && p->step > 0))
        return job_fault_set(fault, where_of(where, p, "step"), 0, "a step is greater than 0");
    if (p->step > p->high - p->low)
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
    if (p->choices_count > 0)
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

/* ---- when ---- */

/* What a condition says about the parameters it mentions must be possible. */
struct use_check {
    const struct job *job;
    struct job_fault *fault;
    const char *where;
    bool parents[LIMIT_PARAMS];
    bool failed;
};

static bool use_fault(struct use_check *c, const struct expr_use *use, const char *what) {
    const struct param *p = &c->job->params[use->name];
    return job_fault_set(c->fault, c->where, use->at, "'%.*s' %s", SHOWN(p->name), what);
}

static bool choice_use(struct use_check *c, const struct expr_use *use) {
    const struct param *p = &c->job->params[use->name];
    bool numbers = false;
    bool booleans = true;
    for (uint32_t i = 0; i < p->choices_count; i++) {
        numbers = numbers || value_is_number(&p->choices[i]);
        booleans = booleans && p->choices[i].kind == VALUE_BOOL;
    }
    if (use->how == EXPR_TESTED)
        return booleans || use_fault(c, use, "is not true or false: compare it with something");
    if (use->how == EXPR_ORDERED)
        return numbers || use_fault(c, use, "has no numbers to compare");
    if (use->with == NULL)
        return true;
    struct value copy = *use->with;
    if (param_fit(p, &copy))
        return true;
    char memory[64];
    struct buf shown = buf_of(memory, sizeof memory);
    value_print(&shown, use->with);
    job_fault_set(c->fault, c->where, use->at, "'%.*s' is not a value of '%.*s'",
                  SHOWN(buf_view(&shown)), SHOWN(p->name));
    struct nearest nearest =
        nearest_of(use->with->kind == VALUE_TEXT ? use->with->text : (struct span){0});
    for (uint32_t i = 0; i < p->choices_count; i++) {
        if (p->choices[i].kind == VALUE_TEXT)
            nearest_offer(&nearest, p->choices[i].text);
    }
    return fault_nearest(c->fault, nearest.best);
}

static bool number_use(struct use_check *c, const struct expr_use *use) {
    if (use->how == EXPR_TESTED)
        return use_fault(c, use, "is a number, not true or false: compare it with something");
    if (use->with == NULL || use->how == EXPR_ORDERED)
        return true;
    if (!value_is_number(use->with))
        return use_fault(c, use, "is a number; it never equals this");
    struct value copy = *use->with;
    return param_fit(&c->job->params[use->name], &copy) ||
           use_fault(c, use, "never has this value");
}

static void check_use(void *context, const struct expr_use *use) {
    struct use_check *c = context;
    c->parents[use->name] = true;
    if (c->failed)
        return;
    bool choice = c->job->params[use->name].kind == PARAM_CHOICE;
    c->failed = choice ? !choice_use(c, use) : !number_use(c, use);
}

static bool compile_when(struct param *p, struct expr_names *names, struct arena *arena,
                         struct job_fault *fault) {
    struct expr_fault wrong;
    char where[WHERE_BYTES];
    p->when = expr_compile(p->when_text, names, arena, &wrong);
    if (p->when != NULL)
        return true;
    job_fault_set(fault, where_of(where, p, "when"), wrong.at, "%s", wrong.what);
    return fault_nearest(fault, wrong.nearest);
}

/* parents[i][j]: parameter i is decided after parameter j. */
struct family {
    bool parents[LIMIT_PARAMS][LIMIT_PARAMS];
};

static bool is_ready(const struct family *f, uint32_t i, const bool *placed, uint32_t count) {
    for (uint32_t j = 0; j < count; j++) {
        if (f->parents[i][j] && !placed[j])
            return false;
    }
    return true;
}

/* Among the parameters that cannot be placed one that surely waits for itself: whoever walks from
 * any of them to a parent that is not placed either, again and again, ends inside a circle. */
static uint32_t in_circle(const struct family *f, const bool *placed, uint32_t count) {
    uint32_t at = 0;
    while (placed[at])
        at++;
    for (uint32_t steps = 0; steps < count; steps++) {
        uint32_t parent = 0;
        while (placed[parent] || !f->parents[at][parent])
            parent++;
        at = parent;
    }
    return at;
}

static bool find_order(struct job *job, const struct family *f, uint32_t *order,
                       struct job_fault *fault) {
    bool placed[LIMIT_PARAMS] = {false};
    char where[WHERE_BYTES];
    for (uint32_t done = 0; done < job->params_count; done++) {
        uint32_t i = 0;
        while (i < job->params_count && (placed[i] || !is_ready(f, i, placed, job->params_count)))
            i++;
        if (i == job->params_count) {
            i = in_circle(f, placed, job->params_count);
            return job_fault_set(fault, where_of(where, &job->params[i], "when"), 0,
                                 "whether '%.*s' is active depends, in a circle, on itself",
                                 SHOWN(job->params[i].name));
        }
        placed[i] = true;
        order[done] = i;
    }
    job->order = order;
    return true;
}

static bool check_when(struct job *job, struct param *params, struct arena *arena,
                       struct job_fault *fault) {
    struct span names[LIMIT_PARAMS];
    struct family family = {{{false}}};
    uint32_t *order = arena_take(arena, job->params_count * sizeof *order);
    if (order == NULL)
        return job_fault_set(fault, "params", 0, "the job needs more memory than there is");
    struct expr_names all = {.names = names, .count = job->params_count};
    for (uint32_t i = 0; i < job->params_count; i++)
        names[i] = params[i].name;
    for (uint32_t i = 0; i < job->params_count; i++) {
        char where[WHERE_BYTES];
        struct use_check check = {
            .job = job, .fault = fault, .where = where_of(where, &params[i], "when")};
        if (params[i].when_text.len > 0 && !compile_when(&params[i], &all, arena, fault))
            return false;
        if (params[i].when == NULL)
            continue;
        expr_visit(params[i].when, check_use, &check);
        if (check.failed)
            return false;
        memcpy(family.parents[i], check.parents, sizeof check.parents);
    }
    return find_order(job, &family, order, fault);
}

/* Names (of a job that has programs to run), ranges and choices; then `when` of each, compiled, and
 * the order that follows from them. */
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
    return check_when(job, params, arena, fault);
}

bool job_check_params(struct job *job, struct arena *arena, struct job_fault *fault) {
    return check_params(job, true, arena, fault);
}

bool job_check_space(struct job *job, struct arena *arena, struct job_fault *fault) {
    return check_params(job, false, arena, fault);
}
