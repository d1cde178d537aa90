#include <math.h>
#include <stdio.h>

#include "proto/job/check.h"
#include "proto/job/ladder.h"

bool is_metric_name(struct span name) {
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        if (c <= ' ' || c == '=' || c == '"' || c == '\'' || c == ',' || c == 0x7f)
            return false;
    }
    return name.len > 0 && name.len <= LIMIT_NAME_BYTES;
}

/* A metric can be told: any, or where there are patterns one of theirs. */
static bool check_told(const struct job *job, struct span metric, const char *where, size_t at,
                       struct job_fault *fault) {
    struct nearest nearest = nearest_of(metric);
    if (!is_metric_name(metric))
        return job_fault_set(
            fault, where, at,
            "'%.*s' cannot be a metric: at most %d characters, no spaces, quotes, '=' or ','",
            SHOWN(metric), LIMIT_NAME_BYTES);
    for (uint32_t i = 0; i < job->patterns_count; i++) {
        if (span_equal(job->patterns[i].name, metric))
            return true;
        nearest_offer(&nearest, job->patterns[i].name);
    }
    if (job->patterns_count == 0)
        return true;
    job_fault_set(fault, where, at, "no pattern of run.metrics.regex is called '%.*s'",
                  SHOWN(metric));
    return fault_nearest(fault, nearest.best);
}

/* ---- objectives ---- */

/* "search.objective.part" of a job that has one; "search.objectives[1].part". */
static const char *objective_where(char where[WHERE_BYTES], const struct job *job, uint32_t i,
                                   const char *part) {
    const char *dot = part[0] == '\0' ? "" : ".";
    if (job->objectives_count > 1)
        snprintf(where, WHERE_BYTES, "search.objectives[%u]%s%s", i, dot, part);
    else
        snprintf(where, WHERE_BYTES, "search.objective%s%s", dot, part);
    return where;
}

static bool check_objective(const struct job *job, uint32_t i, struct job_fault *fault) {
    const struct objective *o = &job->objectives[i];
    char where[WHERE_BYTES];
    if (!isfinite(o->target) || (!o->has_target && o->target != 0))
        return job_fault_set(fault, objective_where(where, job, i, "target"), 0,
                             "a target is a finite number, and 0 where there is none");
    if (o->metric.len == 0)
        return job_fault_set(fault, objective_where(where, job, i, ""), 0,
                             "a goal and a target need a metric");
    objective_where(where, job, i, "metric");
    for (uint32_t j = 0; j < i; j++) {
        if (span_equal(job->objectives[j].metric, o->metric))
            return job_fault_set(fault, where, 0, "the metric '%.*s' twice", SHOWN(o->metric));
    }
    return check_told(job, o->metric, where, 0, fault);
}

static bool is_empty(const struct objective *o) {
    return o->metric.len == 0 && !o->has_target && o->target == 0 && o->goal == GOAL_MINIMIZE;
}

static bool check_objectives(const struct job *job, struct job_fault *fault) {
    if (job->objectives_count > OBJECTIVES_MOST)
        return job_fault_set(fault, "search.objectives", 0, "more than %d objectives",
                             OBJECTIVES_MOST);
    for (uint32_t i = 0; i < job->objectives_count; i++) {
        if (!check_objective(job, i, fault))
            return false;
    }
    return job->objectives_count > 0 || is_empty(&job->objectives[0]) ||
           job_fault_set(fault, "search.objective", 0, "a goal and a target need a metric");
}

/* ---- constraints ---- */

struct told_check {
    const struct job *job;
    const struct expr_names *names;
    const char *where;
    struct job_fault *fault;
    bool failed;
};

static void check_use(void *context, const struct expr_use *use) {
    struct told_check *c = context;
    if (!c->failed)
        c->failed =
            !check_told(c->job, c->names->names[use->name], c->where, use->name_at, c->fault);
}

bool check_constraints(struct job *job, struct arena *arena, struct job_fault *fault) {
    if (job->constraints_count > CONSTRAINTS_MAX)
        return job_fault_set(fault, "search.constraints", 0, "more than %d constraints",
                             CONSTRAINTS_MAX);
    struct condition *compiled = arena_take(arena, job->constraints_count * sizeof *compiled);
    struct span *metrics = arena_take(arena, JOB_METRICS_MAX * sizeof *metrics);
    if (compiled == NULL || metrics == NULL)
        return job_fault_set(fault, "search.constraints", 0,
                             "the job needs more memory than there is");
    struct expr_names names = {.names = metrics, .most = JOB_METRICS_MAX, .open = true};
    for (uint32_t i = 0; i < job->objectives_count; i++)
        metrics[names.count++] = job->objectives[i].metric;
    for (uint32_t i = 0; i < job->constraints_count; i++) {
        char where[WHERE_BYTES];
        snprintf(where, sizeof where, "search.constraints[%u]", i);
        struct told_check check = {.job = job, .names = &names, .where = where, .fault = fault};
        compiled[i] = job->constraints[i];
        compiled[i].test = compile_condition(compiled[i].text, &names, where, arena, fault);
        if (compiled[i].test == NULL)
            return false;
        expr_visit(compiled[i].test, check_use, &check);
        if (check.failed)
            return false;
    }
    job->constraints = compiled;
    job->metrics = metrics;
    job->metrics_count = names.count;
    return true;
}

struct meant_check {
    const struct job *job;
    const char *where;
    struct job_fault *fault;
    bool failed;
};

static void check_meant(void *context, const struct expr_use *use) {
    struct meant_check *c = context;
    const struct span metric = c->job->metrics[use->name];
    if (use->name < c->job->objectives_count || c->job->patterns_count > 0)
        return;
    for (uint32_t i = 0; i < c->job->params_count && !c->failed; i++) {
        if (!span_equal(c->job->params[i].name, metric))
            continue;
        c->failed = true;
        job_fault_set(c->fault, c->where, use->name_at,
                      "'%.*s' is a parameter, and constraints are about what trials print; "
                      "parameters belong in 'where'",
                      SHOWN(metric));
    }
}

/* One of which nobody could ever be copied. */
static bool check_population(const struct job *job, struct job_fault *fault) {
    const struct job_rungs *r = &job->rungs;
    const struct ladder ladder = ladder_of_job(r);
    const uint32_t first_most = ladder_breeding_first(r->steps);
    if (r->policy != RUNGS_PBT || r->steps == 0)
        return true;
    if (first_most == 0)
        return job_fault_set(fault, "search.rungs.max", 0,
                             "a population is compared twice before the end, or nobody is copied: "
                             "expected 3 steps or more, not %u",
                             r->steps);
    if (!ladder_breeds(&ladder))
        return job_fault_set(fault, "search.rungs.min", 0,
                             "a population is compared each 'min' steps, twice before 'max', or "
                             "nobody is copied: expected 1 to %u, not %u",
                             first_most, r->first);
    return job->parallel != 1 ||
           job_fault_set(fault, "search.parallel", 0,
                         "a population of one has nobody to copy: expected 2 members or more, or "
                         "0, as many as there are slots");
}

/* A list may name one as often as it likes. */
static bool check_first(const struct job *job, struct job_fault *fault) {
    char where[WHERE_BYTES];
    for (uint32_t i = 0; i < job->configs_count && job->method != METHOD_LIST; i++) {
        const uint32_t first = job_config_first(job, i);
        snprintf(where, sizeof where, "try_first[%u]", i);
        if (first < i)
            return job_fault_set(
                fault, where, 0,
                "the same as try_first[%u]; 'search.repeat' runs one several times", first);
    }
    return true;
}

bool job_check_meant(const struct job *job, struct job_fault *fault) {
    bool meant = check_population(job, fault) && check_first(job, fault);
    for (uint32_t i = 0; i < job->constraints_count && meant; i++) {
        char where[WHERE_BYTES];
        snprintf(where, sizeof where, "search.constraints[%u]", i);
        struct meant_check check = {.job = job, .where = where, .fault = fault};
        expr_visit(job->constraints[i].test, check_meant, &check);
        meant = !check.failed;
    }
    return meant;
}

/* ---- how the search goes on ---- */

/* What counts the steps is not what they come to. */
static bool check_budget(const struct job *job, struct job_fault *fault) {
    static const char where[] = "search.rungs.budget";
    const struct span budget = job->rungs.budget;
    if (budget.len > 0 && !is_metric_name(budget))
        return job_fault_set(fault, where, 0,
                             "'%.*s' is no word for a step: at most %d characters, no spaces",
                             SHOWN(budget), LIMIT_NAME_BYTES);
    for (uint32_t i = 0; i < job->metrics_count; i++)
        if (span_equal(job->metrics[i], budget))
            return job_fault_set(fault, where, 0,
                                 "'%.*s' is a metric of the search: a budget is what a step is "
                                 "called, like epochs",
                                 SHOWN(budget));
    return true;
}

static bool check_rungs(const struct job *job, struct job_fault *fault) {
    const struct job_rungs *r = &job->rungs;
    if (r->steps == 0)
        return (r->policy == RUNGS_AUTO && r->first == 0 && r->eta == 0 && r->patience == 0 &&
                r->budget.len == 0) ||
               job_fault_set(fault, "search.rungs", 0,
                             "rungs need 'max', how many steps a whole trial has");
    if (r->policy >= RUNGS_POLICIES)
        return job_fault_set(fault, "search.rungs.scheduler", 0, "there is no such scheduler");
    if (r->steps > STEPS_MAX)
        return job_fault_set(fault, "search.rungs.max", 0, "a trial has at most %d steps",
                             STEPS_MAX);
    if (r->first > r->steps)
        return job_fault_set(fault, "search.rungs.min", 0,
                             "the first rung, %u, is beyond 'max', %u", r->first, r->steps);
    if (r->eta == 1 || r->eta > RUNGS_ETA_MOST)
        return job_fault_set(fault, "search.rungs.eta", 0, "'eta' is 2 to %d", RUNGS_ETA_MOST);
    if (r->patience > r->steps)
        return job_fault_set(fault, "search.rungs.patience", 0,
                             "a patience of %u steps is longer than a trial, %u", r->patience,
                             r->steps);
    return check_budget(job, fault);
}

/* What is only about results, of a job that compares none. */
static const char *needless(const struct job *job) {
    return job->constraints_count > 0 ? "constraints"
           : job->rungs.steps > 0     ? "rungs"
           : job->repeat > 1          ? "repeat"
           : job->repeat_auto         ? "repeat"
           : job_has_patience(job)    ? "patience"
           : job->cost_aware          ? "cost_aware"
                                      : NULL;
}

/* ---- what is known before the first trial ---- */

static bool check_history(const struct job *job, struct job_fault *fault) {
    static const char where[] = "search.learn_from";
    uint32_t wrong;
    if (job->history_count == 0)
        return true;
    if (job->objectives_count != 1 || !job_learns(job))
        return job_fault_set(fault, where, FAULT_AT_NAME,
                             "earlier trials need one objective and a method that learns");
    if (job->history_count > HISTORY_MAX || job->params_count == 0 ||
        job->history_count > CONFIG_VALUES_MAX / job->params_count)
        return job_fault_set(fault, where, FAULT_AT_NAME, "%u earlier trials are too many",
                             job->history_count);
    for (uint32_t i = 0; i < job->history_count; i++) {
        const struct known_trial *t = &job->history[i];
        if (!isfinite(t->value) || (t->failed && (t->value != 0 || t->breach != 0)) ||
            t->run_ms < 0 || !(t->breach >= 0 && isfinite(t->breach)) ||
            (t->breach > 0 && job->constraints_count == 0) ||
            !job_config_valid(job, t->values, &wrong) || !job_allows(job, t->values))
            return job_fault_set(fault, where, FAULT_AT_NAME,
                                 "the earlier trial %u is none of this search", i);
    }
    return true;
}

/* ---- who can search ---- */

/* One that learns from the first objective alone would never come to the others' ends. */
static bool check_several(const struct job *job, struct job_fault *fault) {
    return job->objectives_count < 2 || job_method_weighs_all(job->method) ||
           job_fault_set(fault, "search.method", 0,
                         "'%s' looks at one objective; auto, pareto and nsga2 look at all %u",
                         job_method_name(job->method), job->objectives_count);
}

/* What is expected of it is known of one objective, at full length, whatever it costs. */
static bool check_patience(const struct job *job, struct job_fault *fault) {
    static const char where[] = "search.patience";
    if (job->patience > PATIENCE_MAX || (job->until_hopeless && job->patience > 0))
        return job_fault_set(fault, where, 0, "a patience of at most %d trials", PATIENCE_MAX);
    return !job->until_hopeless ||
           (job_method_hopes(job->method) && job->objectives_count == 1 && job->rungs.steps == 0 &&
            !job->cost_aware) ||
           job_fault_set(fault, where, 0,
                         "'auto' goes with the methods auto and gp, with one objective, and "
                         "without 'rungs' and 'cost_aware'");
}

/* What a further run tells is known of one objective at full length, whatever it costs, and of none that breaks a limit; and what
 * ends a job by single values, which are mostly luck, is none of it. */
static bool check_repeat(const struct job *job, struct job_fault *fault) {
    return !job->repeat_auto ||
           (job_method_reruns(job->method) && job->repeat == 1 && job->objectives_count == 1 &&
            job->rungs.steps == 0 && job->constraints_count == 0 && !job->cost_aware &&
            !job->objectives[0].has_target && !job_has_patience(job)) ||
           job_fault_set(fault, "search.repeat", 0,
                         "'auto' goes with the methods auto, gp and tpe, with one objective, and "
                         "without 'rungs', 'constraints', 'cost_aware', 'target' and 'patience'");
}

bool check_search(struct job *job, struct arena *arena, struct job_fault *fault) {
    const char *part = job->objectives_count == 0 ? needless(job) : NULL;
    if (!check_objectives(job, fault))
        return false;
    if (part != NULL) {
        char where[WHERE_BYTES];
        snprintf(where, sizeof where, "search.%s", part);
        return job_fault_set(fault, where, FAULT_AT_NAME,
                             "'%s' needs an objective: what is a better trial?", part);
    }
    return check_history(job, fault) && check_constraints(job, arena, fault) &&
           check_rungs(job, fault) && check_several(job, fault) && check_patience(job, fault) &&
           check_repeat(job, fault);
}
