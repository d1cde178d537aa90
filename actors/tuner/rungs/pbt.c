/* The population is whoever is at work. Each `first` steps a member that is among the worst fifth of
 * it by its last value is stopped, and a copy of one of the best fifth takes its place ("truncation
 * selection", arXiv:1711.09846, section 4.1.1); so is one that failed. A copy's parameters are drawn
 * anew by a quarter, the others moved a little (the paper's factors 1.2 and 0.8 stand for steps of
 * NUDGE of a range here, which have a meaning on every scale). */
#include "actors/tuner/algo/algo.h"
#include "actors/tuner/rungs/state.h"
#include "proto/base/rng.h"

enum { FIFTH = 5, PBT_PURPOSE = PURPOSE_RUNGS << 16 | 1 };
#define NUDGE 0.1
#define REDRAW 0.25
/* One of the worst against one of the best, at each look: by chance alone they are further apart than
 * any two are, of 20 normal numbers by 4.5 deviations of a difference once in 300 times; and what is
 * known of the noise of curves that have just begun is rough. */
#define EXTREMES 2

static double last_of(const struct rungs *r, uint32_t trial) {
    return r->courses[trial].curve.last;
}

static double breach_of(const struct rungs *r, uint32_t trial) {
    return r->courses[trial].curve.breach;
}

static bool is_better(const struct rungs *r, uint32_t a, uint32_t b) {
    int order = rungs_order(breach_of(r, a), last_of(r, a), breach_of(r, b), last_of(r, b));
    return order < 0 || (order == 0 && a < b);
}

static bool is_member(const struct rungs *r, uint32_t trial) {
    return r->courses[trial].curve.told > 0;
}

static uint32_t members(const struct rungs *r) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->trials->active_count; i++)
        count += is_member(r, r->trials->active[i]);
    return count;
}

/* How many members are better. */
static uint32_t rank_of(const struct rungs *r, uint32_t trial) {
    uint32_t rank = 0;
    for (uint32_t i = 0; i < r->trials->active_count; i++)
        rank += is_member(r, r->trials->active[i]) && is_better(r, r->trials->active[i], trial);
    return rank;
}

/* The member of this rank; there are more than so many. */
static uint32_t member_at(const struct rungs *r, uint32_t rank) {
    uint32_t found = UINT32_MAX;
    for (uint32_t i = 0; i < r->trials->active_count && found == UINT32_MAX; i++) {
        uint32_t trial = r->trials->active[i];
        if (is_member(r, trial) && rank_of(r, trial) == rank)
            found = trial;
    }
    return found;
}

static uint32_t fifth_of(uint32_t count) {
    return count > FIFTH ? count / FIFTH : 1;
}

bool pbt_is_worst(const struct rungs *r, uint32_t trial) {
    uint32_t count = members(r);
    if (count <= r->setup.others || rank_of(r, trial) + fifth_of(count) < count)
        return false;
    uint32_t best = member_at(r, fifth_of(count) - 1);
    return breach_of(r, trial) > breach_of(r, best) ||
           last_of(r, trial) - last_of(r, best) > EXTREMES * rungs_margin(r, trial);
}

static void change(const struct rungs *r, uint32_t parent, struct rng *draw, double *point) {
    const struct space *space = r->trials->space;
    for (uint32_t i = 0; i < space->dims; i++) {
        double unit = trials_point(r->trials, parent)[i];
        double fresh = rng_unit(draw);
        double moved = unit + (rng_unit(draw) < 0.5 ? -NUDGE : NUDGE);
        bool redraw = rng_unit(draw) < REDRAW || unit < 0;
        if (space->dim[i].kind == DIM_CHOICE)
            moved = unit;
        point[i] = redraw ? fresh : moved < 0 ? 0 : moved > 1 ? 1 : moved;
    }
}

bool pbt_copy(struct rungs *r, struct rungs_choice *choice) {
    double point[LIMIT_PARAMS];
    struct rng draw = rng_of(r->setup.seed, PBT_PURPOSE, r->started);
    struct brief brief = {.space = r->trials->space, .trials = r->trials};
    uint32_t count = members(r);
    if (r->owed == 0 || count == 0)
        return false;
    uint32_t parent = member_at(r, (uint32_t)rng_below(&draw, fifth_of(count)));
    change(r, parent, &draw, point);
    if (!algo_fresh(&brief, &draw, point, r->values))
        return false;
    r->owed--;
    *choice = (struct rungs_choice){.next = RUNGS_COPY, .trial = parent, .values = r->values};
    return true;
}
