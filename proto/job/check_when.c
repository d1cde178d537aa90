#include <stdio.h>
#include <string.h>

#include "proto/job/check.h"

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
        return numbers || use_fault(c, use, "has no numbers to compare or reckon with");
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

const struct expr *compile_condition(struct span text, struct expr_names *names, const char *where,
                                     struct arena *arena, struct job_fault *fault) {
    struct expr_fault wrong;
    const struct expr *test = expr_compile(text, names, arena, &wrong);
    if (test == NULL) {
        job_fault_set(fault, where, wrong.at, "%s", wrong.what);
        fault_nearest(fault, wrong.nearest);
    }
    return test;
}

static bool choices_of(const void *context, uint32_t name, struct expr_choices *out) {
    const struct job *job = context;
    const struct param *p = &job->params[name];
    *out = (struct expr_choices){
        .values = p->choices, .count = p->choices_count, .ordered = p->ordered};
    return p->kind == PARAM_CHOICE;
}

static struct expr_names names_of(const struct job *job, struct span names[LIMIT_PARAMS]) {
    for (uint32_t i = 0; i < job->params_count; i++)
        names[i] = job->params[i].name;
    return (struct expr_names){
        .names = names, .count = job->params_count, .choices = choices_of, .context = job};
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

bool check_when(struct job *job, struct param *params, struct arena *arena,
                struct job_fault *fault) {
    struct span names[LIMIT_PARAMS];
    struct expr_names all = names_of(job, names);
    struct family family = {{{false}}};
    uint32_t *order = arena_take(arena, job->params_count * sizeof *order);
    if (order == NULL)
        return job_fault_set(fault, "params", 0, "the job needs more memory than there is");
    for (uint32_t i = 0; i < job->params_count; i++) {
        char where[WHERE_BYTES];
        struct use_check check = {
            .job = job, .fault = fault, .where = where_of(where, &params[i], "when")};
        if (params[i].when_text.len > 0) {
            params[i].when =
                compile_condition(params[i].when_text, &all, check.where, arena, fault);
            if (params[i].when == NULL)
                return false;
        }
        if (params[i].when == NULL)
            continue;
        expr_visit(params[i].when, check_use, &check);
        if (check.failed)
            return false;
        memcpy(family.parents[i], check.parents, sizeof check.parents);
    }
    return find_order(job, &family, order, fault);
}

bool check_where(struct job *job, struct arena *arena, struct job_fault *fault) {
    struct span names[LIMIT_PARAMS];
    struct expr_names all = names_of(job, names);
    if (job->where_count > WHERE_MAX)
        return job_fault_set(fault, "where", 0, "more than %d conditions", WHERE_MAX);
    struct condition *compiled = arena_take(arena, job->where_count * sizeof *compiled);
    if (compiled == NULL)
        return job_fault_set(fault, "where", 0, "the job needs more memory than there is");
    uint32_t size = 0;
    for (uint32_t i = 0; i < job->where_count; i++) {
        char where[WHERE_BYTES];
        snprintf(where, sizeof where, "where[%u]", i);
        struct use_check check = {.job = job, .fault = fault, .where = where};
        compiled[i] = job->where[i];
        compiled[i].test = compile_condition(compiled[i].text, &all, where, arena, fault);
        if (compiled[i].test == NULL)
            return false;
        expr_visit(compiled[i].test, check_use, &check);
        if (check.failed)
            return false;
        size += expr_size(compiled[i].test);
        if (size > WHERE_SIZE_MAX)
            return job_fault_set(fault, where, 0, "all of 'where' is longer than %d parts",
                                 WHERE_SIZE_MAX);
    }
    job->where = compiled;
    return true;
}
