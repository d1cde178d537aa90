#include "tests/sim/work.h"

#include "proto/base/check.h"
#include "tests/sim/draw.h"

#include <stdio.h>

enum { CREATED = 1000 };

/* One list for all: job_encode copies it. */
struct sketch {
    struct job job;
    struct param params[3];
    struct value choices[3];
    struct value configs[WORK_SLOTS_MAX * 2];
    char name[16], number[16];
};

static void sketch_space(struct sketch *s, struct rng *r, int64_t trials_max) {
    struct job *job = &s->job;
    uint64_t trials = (uint64_t)draw_between(r, 1, trials_max);
    const char *const names[] = {"a", "b", "c"};
    for (uint32_t i = 0; i < 3; i++)
        s->choices[i] = (struct value){.kind = VALUE_TEXT, .text = span_text(names[i])};
    s->params[0] = (struct param){
        .name = span_text("x"), .kind = PARAM_INT, .low = 0, .high = (double)(trials - 1) / 3};
    s->params[0].high = (double)(int64_t)s->params[0]
                            .high; /* so that the grid has at least as many points as trials */
    s->params[1] = (struct param){
        .name = span_text("kind"), .kind = PARAM_CHOICE, .choices = s->choices, .choices_count = 3};
    job->params = s->params;
    job->params_count = 2;
    job->trials = trials;
    switch (rng_below(r, 4)) {
    case 0: job->method = METHOD_GRID; break;
    case 1: job->method = METHOD_LIST; break;
    case 2: job->method = METHOD_TPE; break; /* learns */
    default: job->method = METHOD_RANDOM; break;
    }
    if (job->method == METHOD_RANDOM || job->method == METHOD_TPE) {
        s->params[2] = (struct param){.name = span_text("lr"),
                                      .kind = PARAM_FLOAT,
                                      .low = 1e-4,
                                      .high = 1,
                                      .scale = SCALE_LOG};
        job->params_count = 3;
    }
    if (job->method != METHOD_LIST)
        return;
    for (uint64_t i = 0; i < trials; i++) {
        s->configs[2 * i] = (struct value){.kind = VALUE_INT, .integer = (int64_t)(i / 3)};
        s->configs[2 * i + 1] = s->choices[i % 3];
    }
    job->configs = s->configs;
    job->configs_count = (uint32_t)trials;
}

static void sketch_rules(struct job *job, struct rng *r) {
    job->parallel = (uint32_t)(rng_below(r, 3) == 0 ? draw_between(r, 1, 3) : 0);
    job->seed = rng_u64(r) >> 12;
    if (draw_chance(r, 0.9))
        job->objectives[0] =
            (struct objective){.metric = span_text("loss"),
                               .goal = draw_chance(r, 0.5) ? GOAL_MINIMIZE : GOAL_MAXIMIZE,
                               .has_target = draw_chance(r, 0.15)};
    job->objectives[0].target = job->objectives[0].goal == GOAL_MINIMIZE ? 0.1 : 0.9;
    if (!job->objectives[0].has_target)
        job->objectives[0].target = 0;
    job->objectives_count = job->objectives[0].metric.len > 0;
    job->retry =
        (struct retry){.crash = (uint32_t)rng_below(r, 3), .transient = (uint32_t)rng_below(r, 3)};
    job->limits = (struct limits){.wall = draw_chance(r, 0.6) ? draw_between(r, 100, 5000) : 0,
                                  .grace = draw_between(r, 0, 2) * 500,
                                  .output = draw_chance(r, 0.7) ? 65536 : LIMITS_OUTPUT_DEFAULT};
}

/* Drawn apart, so that all else of the job is as it would be without. Some have a constraint, on what their programs tell from
 * the second rung on. */
static void sketch_rungs(struct job *job, const struct work_draft *draft) {
    static const enum rungs_policy policies[] = {RUNGS_ASHA, RUNGS_STOPPING, RUNGS_AUTO,
                                                 RUNGS_HYPERBAND};
    static const struct condition small = {.text = {(const uint8_t *)"mb <= 0.5", 9}};
    struct rng r = draw_of(draft->seed, DRAW_JOB, 1000u + draft->number);
    if (!draft->rungs || job->objectives_count == 0 || !draw_chance(&r, 0.4))
        return;
    job->rungs =
        (struct job_rungs){.steps = 9, .first = 1, .eta = 3, .policy = policies[rng_below(&r, 4)]};
    job->constraints = &small;
    job->constraints_count = draw_chance(&r, 0.3);
    if (draw_chance(&r, 0.25))
        job->rungs.policy = RUNGS_PBT;
}

/* Drawn apart, too. A search that ends when no improvement is expected, of a program that is told what it comes to. */
static void sketch_hope(struct job *job, const struct work_draft *draft) {
    struct rng r = draw_of(draft->seed, DRAW_JOB, 3000u + draft->number);
    if (!draft->hopes || job->objectives_count != 1 || job->rungs.steps > 0 ||
        (job->method != METHOD_TPE && job->method != METHOD_RANDOM) || !draw_chance(&r, 0.1))
        return;
    job->method = METHOD_GP;
    job->until_hopeless = true;
    job->trials = WORK_SLOTS_MAX - 15;
    job->parallel = (uint32_t)draw_between(&r, 1, 3);
    job->objectives[0].has_target = false;
    job->objectives[0].target = 0;
}

/* Drawn apart, too. Each configuration several times, mostly with a second objective or a constraint. */
static void sketch_repeat(struct job *job, const struct work_draft *draft) {
    static const struct condition small = {.text = {(const uint8_t *)"mb <= 0.8", 9}};
    struct rng r = draw_of(draft->seed, DRAW_JOB, 4000u + draft->number);
    const bool fits = job->method == METHOD_TPE || job->method == METHOD_RANDOM;
    if (!draft->repeats || job->objectives_count != 1 || job->rungs.steps > 0 || !fits ||
        job->until_hopeless || !draw_chance(&r, 0.3))
        return;
    job->repeat = (uint32_t)draw_between(&r, 2, 3);
    job->trials = (job->trials + job->repeat - 1) / job->repeat * job->repeat;
    job->constraints = &small;
    job->constraints_count = draw_chance(&r, 0.5);
    if (!draw_chance(&r, 0.7))
        return;
    job->method = job->method == METHOD_TPE ? METHOD_NSGA2 : METHOD_RANDOM;
    job->objectives[1] = (struct objective){
        .metric = span_text("size"), .goal = draw_chance(&r, 0.5) ? GOAL_MINIMIZE : GOAL_MAXIMIZE};
    job->objectives_count = 2;
}

/* Drawn apart, too. The search itself decides what is run again, and says in the end what to recommend. */
static void sketch_again(struct job *job, const struct work_draft *draft) {
    struct rng r = draw_of(draft->seed, DRAW_JOB, 5000u + draft->number);
    if (!draft->repeats || job->objectives_count != 1 || job->rungs.steps > 0 ||
        job->method != METHOD_TPE || job->repeat > 1 || !draw_chance(&r, 0.3))
        return;
    job->repeat_auto = true;
    if (draw_chance(&r, 0.5)) { /* enough of them for noise to be found out */
        job->method = METHOD_GP;
        job->trials = WORK_SLOTS_MAX - 15;
    }
    job->objectives[0].has_target = false;
    job->objectives[0].target = 0;
}

static void sign(const struct signer *signer, uint64_t sequence, const struct msg *fact,
                 uint8_t *memory, size_t cap, size_t *len) {
    struct bundle_writer writer;
    bundle_begin(&writer, signer, 1, sequence, memory, cap);
    ensure(bundle_add(&writer, fact));
    *len = bundle_seal(&writer).len;
}

static void sign_orders(struct work *work, const struct signer *owner) {
    work->created = CREATED + work->number % 2; /* two jobs may be as old as each other */
    const struct msg order = {.kind = MSG_job_fact,
                              .job_fact = {.owner = owner->id,
                                           .nonce = work->number,
                                           .created = work->created,
                                           .spec = span_of(work->spec, work->spec_len)}};
    work->id = job_id_of(&order.job_fact);
    sign(owner, 10u + 2 * work->number, &order, work->order, sizeof work->order, &work->order_len);
    const struct msg cancel = {
        .kind = MSG_control_fact,
        .control_fact = {.job = work->id, .verb = CONTROL_CANCEL, .wall = CREATED}};
    sign(owner, 11u + 2 * work->number, &cancel, work->cancel, sizeof work->cancel,
         &work->cancel_len);
    const struct msg extend = {
        .kind = MSG_control_fact,
        .control_fact = {
            .job = work->id, .verb = CONTROL_EXTEND, .wall = CREATED, .trials = work->more}};
    sign(owner, 500u + work->number, &extend, work->extend, sizeof work->extend, &work->extend_len);
}

/* Drawn apart, as rungs are. Not a list, nor a grid: they have as many configurations as trials. */
static void draw_more(struct work *work, const struct work_draft *draft) {
    struct rng r = draw_of(draft->seed, DRAW_JOB, 2000u + draft->number);
    const uint64_t trials = work->job.trials;
    work->extend_at = WHEN_NEVER;
    if (!draft->extends || trials >= WORK_SLOTS_MAX || work->job.method == METHOD_LIST ||
        work->job.method == METHOD_GRID || !draw_chance(&r, 0.4))
        return;
    work->more = trials + (uint64_t)draw_between(&r, 1, (int64_t)(WORK_SLOTS_MAX - trials));
    if (work->more > trials + 12)
        work->more = trials + 12;
    work->more -= work->more % job_runs_each(&work->job);
    if (work->more == trials)
        work->more = 0;
    if (work->more == 0)
        return;
    work->extend_at = work->submit_at + draw_between(&r, 0, 2 * draft->spread);
}

void work_draw(struct work *work, const struct work_draft *draft) {
    uint32_t number = draft->number;
    struct rng r = draw_of(draft->seed, DRAW_JOB, number);
    struct sketch sketch = {0};
    work->number = number;
    work->owner = draft->owner;
    snprintf(sketch.name, sizeof sketch.name, "job%u", number);
    snprintf(sketch.number, sizeof sketch.number, "%u", number);
    sketch_space(&sketch, &r, draft->trials_max);
    sketch_rules(&sketch.job, &r);
    sketch_rungs(&sketch.job, draft);
    sketch_hope(&sketch.job, draft);
    sketch_repeat(&sketch.job, draft);
    sketch_again(&sketch.job, draft);
    const struct span argv[] = {span_text("train"), span_text(sketch.number), span_text("{trial}"),
                                span_text("{attempt}"), span_text("{lr}")};
    const size_t told = sketch.job.until_hopeless ? 0 : 1; /* less than all */
    sketch.job.name = span_text(sketch.name);
    sketch.job.copies = draft->copies;
    sketch.job.dir = span_text("/");
    sketch.job.argv = argv;
    sketch.job.argv_count = (uint32_t)(sizeof argv / sizeof argv[0] - told);
    struct buf spec = buf_of(work->spec, sizeof work->spec);
    ensure(job_encode(&sketch.job, &spec));
    work->spec_len = spec.len;
    struct arena arena = arena_of(work->arena, sizeof work->arena);
    struct err err;
    ensure(job_decode(&work->job, buf_view(&spec), &arena, &err));
    work->submit_at = draft->now + (number == 0 ? 0 : draw_between(&r, 0, draft->spread));
    work->cancel_at =
        draw_chance(&r, 0.15) ? work->submit_at + draw_between(&r, 0, draft->spread) : WHEN_NEVER;
    work->run = draw_chance(&r, 0.9);
    draw_more(work, draft);
    sign_orders(work, draft->signer);
}
