#include "actors/executor/climb.h"

#include "actors/executor/cause.h"
#include "proto/base/check.h"

void climb_begin(struct climb *c, const struct job *job, struct span before) {
    *c = (struct climb){.job = job};
    if (job->rungs.steps == 0)
        return;
    c->ladder = ladder_of_job(&job->rungs);
    if (before.len == 0 || !curve_decode(&c->curve, before))
        c->curve = (struct curve){0};
    c->reached = c->before = ladder_reached(&c->ladder, c->curve.step);
    c->lines = c->curve.step; /* whoever says no steps goes on from there */
}

bool climb_has_rungs(const struct climb *c) {
    return c->ladder.count > 1;
}

static uint32_t step_of(struct climb *c, int64_t step) {
    if (step < 0)
        return c->says_steps ? 0 : ++c->lines;
    c->says_steps = true;
    return step > UINT32_MAX ? UINT32_MAX : (uint32_t)step;
}

/* Outside it is the job's goal that counts. */
static double turned(const struct climb *c, double value) {
    return goal_inward(c->job->objectives[0].goal, value);
}

void climb_measure(struct climb *c, const struct value *metrics) {
    double told = job_breach_told(c->job, metrics);
    if (told > 0 || job_breach(c->job, metrics) == 0)
        c->curve.breach = told;
}

void climb_tell(struct climb *c, int64_t step, double value) {
    if (!climb_has_rungs(c) || !curve_tell(&c->curve, step_of(c, step), turned(c, value)))
        return;
    uint32_t reached = ladder_reached(&c->ladder, c->curve.step);
    if (reached == c->reached)
        return;
    c->reached = reached;
    ensure(c->stands_count < RUNGS_MOST);
    c->stands[c->stands_count++] = (struct climb_stand){.curve = c->curve, .saved = c->saved};
}

void climb_save(struct climb *c) {
    c->saved = true;
}

bool climb_value(const struct climb *c, double *value) {
    if (c->curve.told == 0)
        return false;
    *value = turned(c, c->curve.best);
    return true;
}

bool climb_is_whole(const struct climb *c) {
    return climb_has_rungs(c) && c->curve.step >= c->ladder.steps;
}

bool climb_is_on_last_stretch(const struct climb *c) {
    return climb_has_rungs(c) && c->reached + 1 >= c->ladder.count;
}

bool climb_is_judged(const struct climb *c) {
    return climb_has_rungs(c) && c->reached > c->before;
}

bool climb_is_missed(const struct climb *c) {
    return climb_has_rungs(c) && c->reached == 0;
}

/* What people call a step; empty: a step. */
static struct span unit_of(const struct climb *c) {
    return c->job->rungs.budget;
}

static void put_step(const struct climb *c, uint32_t step, struct buf *out) {
    if (unit_of(c).len == 0)
        buf_text(out, "step ");
    buf_u64(out, step);
}

static void put_unit(const struct climb *c, struct buf *out) {
    if (unit_of(c).len == 0)
        return;
    buf_byte(out, ' ');
    cause_put(out, unit_of(c), LIMIT_NAME_BYTES);
}

void climb_explain(const struct climb *c, bool paused, struct buf *out) {
    buf_text(out, paused ? "paused at " : "stopped early at ");
    put_step(c, c->curve.step, out);
    buf_text(out, " of ");
    buf_u64(out, c->ladder.steps);
    put_unit(c, out);
    buf_text(out, paused ? ": others go first" : ": others were better there");
    if (c->curve.breach > 0)
        buf_text(out, "; it broke constraints");
    if (c->curve.improved < c->curve.step) {
        buf_text(out, "; its best was at ");
        put_step(c, c->curve.improved, out);
    }
}

void climb_explain_missed(const struct climb *c, struct span objective, struct buf *out) {
    buf_text(out, "could not be compared with others: the first rung is at ");
    put_step(c, ladder_step(&c->ladder, 0), out);
    put_unit(c, out);
    buf_text(out, ", ");
    cause_quote(out, '\'', objective, 2 * LIMIT_NAME_BYTES);
    if (c->curve.told == 0) {
        buf_text(out, " was told at no step");
    } else {
        buf_text(out, " was told up to ");
        put_step(c, c->curve.step, out);
    }
    if (!c->says_steps && c->curve.told > 0)
        buf_text(out, " (its lines say no step, so each counts as one)");
}
