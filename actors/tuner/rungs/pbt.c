/* The population is whoever is at work. At each rung a member that is among the worst fifth of it is
 * stopped, and a copy of one of the best fifth takes its place ("truncation selection",
 * arXiv:1711.09846, section 4.1.1); so does one of a member that failed. Members are compared by what
 * they had come to at the same rung; whoever is not there yet by the last one it stood at, since more
 * steps are no excuse for less. A copy's parameters are drawn anew by a quarter, the others moved a
 * little (the paper's factors 1.2 and 0.8 stand for steps of NUDGE of a range here, which have a
 * meaning on every scale).
 *
 * A copy goes on from a checkpoint, which is where its parent runs: of the best fifth one is taken
 * that is near, else the best of the better half that is; else it will be a member that begins with
 * the parameters alone. Who is beyond the last rung before the end is nobody's parent: what he has
 * left to do is not worth a slot, and when the copy begins he may be done. */
#include "actors/tuner/algo/algo.h"
#include "actors/tuner/rungs/state.h"
#include "proto/base/rng.h"

#include <math.h>

enum { FIFTH = 5, HALF = 2, PBT_PURPOSE = PURPOSE_RUNGS << 16 | 1 };
#define NUDGE 0.1
#define REDRAW 0.25
/* One of the worst against one of the best, at each look: by chance alone they are further apart than
 * any two are, of 20 normal numbers by 4.5 deviations of a difference once in 300 times; and what is
 * known of the noise of curves that have just begun is rough. */
#define EXTREMES 2

/* What it had come to at a rung, or at the last one before that it stood at. */
struct member {
    bool is; /* it stood at one */
    uint32_t trial;
    double breach, value;
};

static struct member member_of(const struct rungs *r, uint32_t at, uint32_t trial) {
    uint32_t rung = r->trials->reached[trial];
    rung = rung > at + 1 ? at + 1 : rung;
    while (rung > 0 && isnan(rungs_value(r, trial, rung - 1)))
        rung--;
    if (rung == 0)
        return (struct member){.trial = trial};
    return (struct member){.is = true,
                           .trial = trial,
                           .breach = rungs_breach(r, trial, rung - 1),
                           .value = rungs_value(r, trial, rung - 1)};
}

static bool is_better(const struct member *a, const struct member *b) {
    int order = rungs_order(a->breach, a->value, b->breach, b->value);
    return order < 0 || (order == 0 && a->trial < b->trial);
}

static uint32_t members(const struct rungs *r, uint32_t at) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->trials->active_count; i++)
        count += member_of(r, at, r->trials->active[i]).is;
    return count;
}

/* How many members are better. */
static uint32_t rank_of(const struct rungs *r, uint32_t at, const struct member *member) {
    uint32_t rank = 0;
    for (uint32_t i = 0; i < r->trials->active_count; i++) {
        const struct member other = member_of(r, at, r->trials->active[i]);
        rank += other.is && is_better(&other, member);
    }
    return rank;
}

/* The best of those that are worse than this one; of all, where that is none. */
static struct member next_to(const struct rungs *r, uint32_t at, const struct member *before) {
    struct member best = {.is = false};
    for (uint32_t i = 0; i < r->trials->active_count; i++) {
        const struct member member = member_of(r, at, r->trials->active[i]);
        if (member.is && (!before->is || is_better(before, &member)) &&
            (!best.is || is_better(&member, &best)))
            best = member;
    }
    return best;
}

/* The member of this rank; there are more than so many. */
static struct member member_at(const struct rungs *r, uint32_t at, uint32_t rank) {
    struct member member = {.is = false};
    for (uint32_t i = 0; i <= rank; i++)
        member = next_to(r, at, &member);
    return member;
}

static uint32_t part_of(uint32_t count, uint32_t parts) {
    return count > parts ? count / parts : 1;
}

bool pbt_is_worst(const struct rungs *r, uint32_t at, uint32_t trial) {
    const uint32_t count = members(r, at), fifth = part_of(count, FIFTH);
    const struct member member = member_of(r, at, trial);
    if (count <= r->setup.others || rank_of(r, at, &member) + fifth < count)
        return false;
    const struct member best = member_at(r, at, fifth - 1);
    if (member.breach != best.breach)
        return member.breach > best.breach;
    return member.value - best.value > EXTREMES * rungs_margin(r, trial);
}

static bool is_near(const struct rungs_near *near, uint32_t trial) {
    bool found = near == NULL;
    for (uint32_t i = 0; !found && i < near->count; i++)
        found = near->trials[i] == trial;
    return found;
}

/* False: there is none. */
static bool choose_parent(const struct rungs *r, const struct rungs_near *near, struct rng *draw,
                          uint32_t *parent) {
    const uint32_t top = r->count - 1, count = members(r, top);
    const uint32_t fifth = part_of(count, FIFTH), half = part_of(count, HALF);
    const uint32_t first = (uint32_t)rng_below(draw, fifth);
    struct member member = {.is = false};
    bool found = false;
    for (uint32_t i = 0, next = 0; i < count && (i < half || !found); i++) {
        const uint32_t rank = i < fifth ? (first + i) % fifth : i;
        member = rank == next ? next_to(r, top, &member) : member_at(r, top, rank);
        next = rank + 1;
        if (r->trials->reached[member.trial] >= top)
            continue;
        if (i < half && is_near(near, member.trial)) {
            *parent = member.trial;
            return true;
        }
        if (!found)
            *parent = member.trial;
        found = true;
    }
    return found;
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

bool pbt_copy(struct rungs *r, const struct rungs_near *near, struct rungs_choice *choice) {
    double point[LIMIT_PARAMS];
    struct rng draw = rng_of(r->setup.seed, PBT_PURPOSE, r->started);
    struct brief brief = {.space = r->trials->space, .trials = r->trials};
    uint32_t parent = 0;
    if (r->lost <= r->copied || members(r, r->count - 1) == 0 ||
        !choose_parent(r, near, &draw, &parent))
        return false;
    change(r, parent, &draw, point);
    if (!algo_fresh(&brief, &draw, point, r->values))
        return false;
    *choice = (struct rungs_choice){.next = RUNGS_COPY, .trial = parent, .values = r->values};
    return true;
}
