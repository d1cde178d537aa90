#include "cmd/cli/spec_text.h"

#include "actors/tuner/algo/algo.h"
#include "proto/base/num.h"
#include "proto/job/ladder.h"
#include "proto/job/shown.h"

enum { SIGNIFICANT = 6, DOMAIN_RESERVE = 80, CONSTRAINTS_SHOWN = 3, CONDITION_SHOWN = 100 };

static void count_print(struct buf *out, uint64_t count, const char *noun) {
    buf_u64(out, count);
    buf_byte(out, ' ');
    buf_text(out, noun);
    if (count != 1)
        buf_byte(out, 's');
}

void spec_print_params(const struct job *job, struct buf *out) {
    uint32_t conditional = 0;
    for (uint32_t i = 0; i < job->params_count; i++)
        conditional += job->params[i].when_text.len > 0;
    count_print(out, job->params_count, "parameter");
    if (conditional == 0)
        return;
    buf_text(out, " (");
    buf_u64(out, conditional);
    buf_text(out, " conditional)");
}

void spec_print_summary(const struct job *job, struct buf *out) {
    spec_print_params(job, out);
    buf_text(out, ", ");
    buf_text(out, algo_of(job->method)->name);
    buf_text(out, job->method == METHOD_LIST ? " of " : " search of ");
    count_print(out, job->trials, "trial");
    buf_text(out, ", ");
    if (job->objectives_count > 0)
        spec_print_objective(job, out);
    else
        buf_text(out, "no objective");
    if (job->rungs.steps > 0) {
        buf_text(out, ", rungs ");
        spec_print_rungs(job, out);
    }
    spec_print_learns(job, out);
}

void spec_print_learns(const struct job *job, struct buf *out) {
    if (job->learn_from_count == 0)
        return;
    buf_text(out, ", learns from ");
    count_print(out, job->learn_from_count, "job");
    buf_text(out, " that 'submit' looks for");
}

static void constraints_print(const struct job *job, struct buf *out) {
    uint32_t shown =
        job->constraints_count < CONSTRAINTS_SHOWN ? job->constraints_count : CONSTRAINTS_SHOWN;
    for (uint32_t i = 0; i < shown; i++) {
        struct span text = job->constraints[i].text;
        buf_text(out, i == 0 ? ", with " : " and ");
        buf_put(out, text.data, (size_t)shown_length(text, CONDITION_SHOWN));
        buf_text(out, text.len > CONDITION_SHOWN ? "..." : "");
    }
    if (shown < job->constraints_count) {
        buf_text(out, " and ");
        buf_u64(out, job->constraints_count - shown);
        buf_text(out, " more");
    }
}

void spec_print_objective(const struct job *job, struct buf *out) {
    if (job->objectives_count == 0)
        buf_text(out, "none: a trial that ends with exit 0 is done");
    for (uint32_t i = 0; i < job->objectives_count; i++) {
        const struct objective *o = &job->objectives[i];
        buf_text(out, i == 0 ? "" : "; ");
        buf_text(out, o->goal == GOAL_MAXIMIZE ? "maximize " : "minimize ");
        buf_span(out, o->metric);
        if (o->has_target) {
            buf_text(out, ", done early at ");
            num_print(out, o->target);
        }
    }
    constraints_print(job, out);
}

/* Of a population, whose rungs are evenly spaced: "every 2 of 12". */
static void spacing_print(const struct job_rungs *r, const struct ladder *ladder, struct buf *out) {
    buf_text(out, " every ");
    buf_u64(out, ladder->first);
    buf_text(out, " of ");
    buf_u64(out, r->steps);
}

/* Why it is not as often as the job says. */
static void raised_print(const struct job_rungs *r, const struct ladder *ladder, struct buf *out) {
    if (!ladder->even || ladder->first == r->first || r->first == 0)
        return;
    buf_text(out, " (not every ");
    buf_u64(out, r->first);
    buf_text(out, ": members are compared ");
    count_print(out, RUNGS_MOST - 1, "time");
    buf_text(out, " at most)");
}

static void ladder_print(const struct ladder *ladder, struct buf *out) {
    for (uint32_t i = 0; i < ladder->count; i++) {
        buf_byte(out, i == 0 ? ' ' : '-');
        buf_u64(out, ladder_step(ladder, i));
    }
}

void spec_print_rungs(const struct job *job, struct buf *out) {
    const struct job_rungs *r = &job->rungs;
    if (r->steps == 0)
        return;
    const struct ladder ladder = ladder_of_job(r);
    buf_text(out, job_policy_name(r->policy));
    if (ladder.even && ladder.count > 1)
        spacing_print(r, &ladder, out);
    else
        ladder_print(&ladder, out);
    buf_byte(out, ' ');
    if (r->budget.len == 0)
        buf_text(out, r->steps == 1 ? "step" : "steps");
    else
        buf_put(out, r->budget.data, (size_t)shown_length(r->budget, CONDITION_SHOWN));
    raised_print(r, &ladder, out);
}

void spec_print_limits(const struct job *job, struct buf *out) {
    const struct limits *l = &job->limits;
    if (l->wall > 0) {
        buf_text(out, "wall ");
        num_print_duration(out, l->wall);
    } else {
        buf_text(out, "no wall");
    }
    buf_text(out, ", output ");
    num_print_size(out, l->output);
    buf_text(out, ", grace ");
    num_print_duration(out, l->grace);
}

static void times_print(struct buf *out, const char *what, uint32_t times) {
    buf_text(out, what);
    if (times == 0) {
        buf_text(out, " never");
        return;
    }
    buf_text(out, " up to ");
    count_print(out, times, "time");
}

void spec_print_retry(const struct job *job, struct buf *out) {
    times_print(out, "crash", job->retry.crash);
    times_print(out, ", exit 75 or interrupted", job->retry.transient);
}

static void choices_print(const struct param *param, struct buf *out) {
    for (uint32_t i = 0; i < param->choices_count; i++) {
        if (i > 0)
            buf_text(out, param->ordered ? " < " : " | ");
        if (out->cap - out->len < DOMAIN_RESERVE) {
            buf_text(out, "... ");
            count_print(out, param->choices_count, "choice");
            return;
        }
        value_print(out, &param->choices[i]);
    }
}

void spec_print_domain(const struct param *param, struct buf *out) {
    if (param->kind == PARAM_CHOICE) {
        choices_print(param, out);
        return;
    }
    num_print_short(out, param->low, SIGNIFICANT);
    buf_text(out, " to ");
    num_print_short(out, param->high, SIGNIFICANT);
    if (param->step > 0) {
        buf_text(out, " step ");
        num_print_short(out, param->step, SIGNIFICANT);
    }
    if (param->points > 0) {
        buf_text(out, " in ");
        count_print(out, param->points, "point");
    }
    buf_text(out, param->kind == PARAM_INT ? ", int" : "");
    buf_text(out, param->scale == SCALE_LOG ? ", log" : "");
}
