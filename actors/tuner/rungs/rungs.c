#include "actors/tuner/algo/algo.h"
#include "actors/tuner/rungs/state.h"

#include "proto/base/check.h"
#include "proto/base/rng.h"

#include <math.h>

enum { HYPERBAND_SHARE = 10, MEDIAN_SHARE = 2, RANK_SLACK = 64 };

static bool has_curves(const struct rungs_setup *setup) {
    return rungs_count(setup) > 1;
}

size_t rungs_bytes(const struct rungs_setup *setup, uint32_t capacity) {
    size_t forecast = setup->policy == RUNGS_AUTO ? sizeof(struct forecast) : 0;
    size_t means = setup->policy == RUNGS_MEDIAN ? sizeof(double) : 0;
    size_t breaches = setup->constrained ? sizeof(double) : 0;
    size_t each =
        ranks_bytes(capacity) + capacity * (sizeof(uint32_t) + means + breaches) + 2 * RANK_SLACK;
    if (!has_curves(setup))
        return sizeof(struct rungs) + RANK_SLACK;
    return sizeof(struct rungs) + capacity * sizeof(struct course) + rungs_count(setup) * each +
           forecast + 4 * RANK_SLACK;
}

/* Of how many one goes on. */
static uint32_t share_of(const struct rungs_setup *setup) {
    if (setup->policy == RUNGS_MEDIAN)
        return MEDIAN_SHARE;
    return setup->policy == RUNGS_FINISH ? setup->steps / setup->first : setup->eta;
}

static bool init_rung(struct rungs *r, uint32_t at, struct arena *arena) {
    struct rung *rung = &r->rung[at];
    uint32_t capacity = r->trials->capacity;
    struct ranked by = {.values = r->trials->curve + at,
                        .breaches = r->breaches != NULL ? r->breaches + at : NULL,
                        .stride = r->count};
    struct ranked ranked = by;
    if (r->means != NULL)
        ranked.values = r->means + at;
    rung->step = rungs_step(&r->setup, at);
    return ranks_init(&rung->ranks, ranked, share_of(&r->setup), capacity, arena) &&
           heap_init(&rung->paused, by, false, capacity, arena);
}

struct rungs *rungs_init(const struct rungs_setup *setup, struct trials *trials,
                         struct arena *arena) {
    struct rungs *r = arena_take(arena, sizeof *r);
    if (r == NULL)
        return NULL;
    r->setup = *setup;
    r->trials = trials;
    r->count = rungs_count(setup);
    ensure(trials->rungs == r->count);
    r->ceiling = r->count - 1;
    if (!has_curves(setup))
        return r;
    if (setup->policy == RUNGS_PASHA && r->count > 2)
        r->ceiling = 1;
    r->courses = arena_take_unset(arena, trials->capacity * sizeof *r->courses);
    if (setup->policy == RUNGS_MEDIAN)
        r->means = arena_take_unset(arena, (size_t)trials->capacity * r->count * sizeof *r->means);
    if (setup->constrained)
        r->breaches =
            arena_take_unset(arena, (size_t)trials->capacity * r->count * sizeof *r->breaches);
    if (setup->policy == RUNGS_AUTO) {
        r->forecast = arena_take(arena, sizeof *r->forecast);
        if (r->forecast == NULL)
            return NULL;
        r->forecast->trials = trials;
    }
    for (uint32_t i = 0; i < r->count; i++) {
        if (!init_rung(r, i, arena))
            return NULL;
    }
    return arena->full ? NULL : r;
}

static void break_at(struct rungs *r, uint32_t trial, uint32_t at, double breach) {
    if (r->breaches != NULL)
        r->breaches[(size_t)trial * r->count + at] = breach;
}

static uint32_t first_goal(const struct rungs *r, uint32_t number) {
    uint32_t goal = 0;
    if (r->setup.policy == RUNGS_HYPERBAND) {
        for (; number % HYPERBAND_SHARE == 0 && goal + 1 < r->count; number /= HYPERBAND_SHARE)
            goal++;
    }
    return goal;
}

void rungs_begin(struct rungs *r, uint32_t trial, uint32_t parent) {
    if (r->count == 1)
        return;
    struct rng draw = rng_of(r->setup.seed, (uint32_t)PURPOSE_RUNGS << 16, trial);
    r->courses[trial] = (struct course){
        .goal = (uint8_t)first_goal(r, ++r->started),
    };
    r->courses[trial].passes = r->setup.policy == RUNGS_AUTO ? auto_is_probe(r, r->started)
                                                             : rng_unit(&draw) < r->setup.pass;
    if (parent == UINT32_MAX)
        return;
    rungs_copied(r, trial);
    /* It begins where its parent is; what it comes to is its own. */
    r->courses[trial].curve.step = r->courses[parent].curve.step;
    r->courses[trial].goal = r->trials->reached[parent];
}

void rungs_copied(struct rungs *r, uint32_t trial) {
    if (r->count == 1)
        return;
    r->copied++;
    r->courses[trial].copy = true;
}

void rungs_loaded(struct rungs *r, uint32_t trial) {
    if (r->count > 1)
        r->courses[trial].loaded = true;
}

bool rungs_is_copy(const struct rungs *r, uint32_t trial) {
    return r->count > 1 && r->courses[trial].copy;
}

static bool pauses(enum rungs_policy policy) {
    return policy != RUNGS_STOPPING && policy != RUNGS_MEDIAN;
}

static bool are_enough(const struct rungs *r, const struct rung *rung) {
    return ranks_count(&rung->ranks) > r->setup.others;
}

/* It would be let on from the rung it waits at. */
static bool is_promotable(const struct rungs *r, uint32_t at, uint32_t trial) {
    const struct rung *rung = &r->rung[at];
    return at < r->ceiling && are_enough(r, rung) && ranks_has_best(&rung->ranks, trial);
}

static uint8_t next_goal(const struct rungs *r, uint32_t at) {
    return (uint8_t)(r->setup.policy == RUNGS_FINISH ? r->count - 1 : at + 1);
}

double rungs_margin(const struct rungs *r, uint32_t trial) {
    const struct course *course = &r->courses[trial];
    const struct noise_level typical = noise_typical(&r->pool);
    double own = noise_variance(&course->curve, &typical);
    if (r->setup.sigmas < 0)
        return 0;
    if (isnan(own))
        return INFINITY;
    return noise_deviations(r->setup.sigmas, typical.freedom) * sqrt(own + typical.variance);
}

static bool is_to_stop(const struct rungs *r, uint32_t at, uint32_t trial) {
    const struct rung *rung = &r->rung[at];
    const struct course *course = &r->courses[trial];
    const double *values = r->means != NULL ? r->means : r->trials->curve;
    bool automatic = r->setup.policy == RUNGS_AUTO;
    uint32_t bar = 0;
    bool is_set = automatic ? auto_bar(r, at, &bar) : ranks_bar(&rung->ranks, &bar);
    if (course->passes || !is_set || (!automatic && !are_enough(r, rung)) ||
        course->curve.step - course->curve.improved < r->setup.patience)
        return false;
    double breach = rungs_breach(r, trial, at), breach_there = rungs_breach(r, bar, at);
    if (breach != breach_there)
        return breach > breach_there;
    return course->curve.best - values[(size_t)bar * r->count + at] > rungs_margin(r, trial);
}

/* The trial has just come to rung `at`, its goal. */
static enum rungs_verdict judge(struct rungs *r, uint32_t at, uint32_t trial, bool may_rest) {
    struct course *course = &r->courses[trial];
    if (!pauses(r->setup.policy)) {
        course->goal = next_goal(r, at);
        return is_to_stop(r, at, trial) ? RUNGS_STOP : RUNGS_GO_ON;
    }
    bool goes_on =
        r->setup.policy == RUNGS_AUTO ? auto_goes_on(r, at, trial) : is_promotable(r, at, trial);
    if (course->passes || goes_on || (!may_rest && !is_to_stop(r, at, trial))) {
        course->goal = next_goal(r, at);
        return RUNGS_GO_ON;
    }
    return may_rest ? RUNGS_PAUSE : RUNGS_STOP;
}

bool rungs_rest(struct rungs *r, uint32_t trial) {
    uint32_t reached = r->trials->reached[trial];
    if (r->count == 1 || reached == 0)
        return false;
    uint32_t at = reached - 1;
    r->courses[trial].goal = (uint8_t)at;
    r->courses[trial].due = false; /* that it rests is the answer */
    trials_pause(r->trials, trial);
    if (r->setup.policy != RUNGS_AUTO)
        heap_push(&r->rung[at].paused, trial);
    return true;
}

void rungs_go_on(struct rungs *r, uint32_t trial) {
    r->courses[trial].goal = next_goal(r, r->courses[trial].goal);
    trials_resume(r->trials, trial);
}

static void arrive(struct rungs *r, uint32_t at, uint32_t trial) {
    struct course *course = &r->courses[trial];
    trials_curve(r->trials, trial, at, course->curve.best);
    trials_break(r->trials, trial, course->curve.breach);
    break_at(r, trial, at, course->curve.breach);
    if (r->means != NULL)
        r->means[(size_t)trial * r->count + at] = course->curve.sum / course->curve.told;
    else if (r->forecast != NULL)
        auto_arrive(r, at, trial);
    else
        ranks_add(&r->rung[at].ranks, trial);
    if (r->setup.policy == RUNGS_PASHA && at == r->ceiling)
        pasha_arrive(r, trial);
}

static void share(struct rungs *r, uint32_t trial, const struct curve *curve, bool whole) {
    struct course *course = &r->courses[trial];
    if (curve->told > course->shared && noise_share(&r->pool, curve, whole))
        course->shared = curve->told;
}

/* Its curve has gone on. */
static bool climb(struct rungs *r, uint32_t trial) {
    struct course *course = &r->courses[trial];
    uint32_t step = course->curve.step;
    uint32_t before = r->trials->reached[trial];
    uint32_t reached = before;
    while (reached + 1 < r->count && r->rung[reached].step <= step)
        reached++;
    course->due = reached > before && reached > course->goal;
    if (reached == before)
        return false;
    arrive(r, reached - 1, trial);
    share(r, trial, &course->curve, false);
    return true;
}

void rungs_break(struct rungs *r, uint32_t trial, double breach) {
    if (r->count > 1)
        r->courses[trial].curve.breach = breach;
}

bool rungs_report(struct rungs *r, uint32_t trial, uint32_t step, double value) {
    if (r->count == 1)
        return false;
    return curve_tell(&r->courses[trial].curve, step, value) && climb(r, trial);
}

bool rungs_stand(struct rungs *r, uint32_t trial, const struct curve *curve) {
    if (r->count == 1 || curve->step <= r->courses[trial].curve.step)
        return false;
    r->courses[trial].curve = *curve;
    return climb(r, trial);
}

enum rungs_verdict rungs_judge(struct rungs *r, uint32_t trial, bool may_rest) {
    if (r->count == 1 || !r->courses[trial].due)
        return RUNGS_GO_ON;
    const uint32_t at = r->trials->reached[trial] - 1u;
    r->courses[trial].due = false;
    if (r->setup.policy == RUNGS_PBT)
        return pbt_is_worst(r, at, trial) ? RUNGS_STOP : RUNGS_GO_ON;
    return judge(r, at, trial, may_rest);
}

void rungs_end(struct rungs *r, uint32_t trial, bool whole, double best,
               const struct curve *curve) {
    const struct course *course = &r->courses[trial];
    if (r->count == 1)
        return;
    share(r, trial, curve != NULL ? curve : &course->curve, whole);
    r->lost += r->setup.policy == RUNGS_PBT && !whole && !course->loaded;
    if (isnan(best))
        return;
    for (uint32_t i = 0; r->means != NULL && i < r->trials->reached[trial]; i++) {
        if (!isnan(rungs_value(r, trial, i)))
            ranks_add(&r->rung[i].ranks, trial);
    }
    if (!whole)
        return;
    trials_curve(r->trials, trial, r->count - 1, best);
    break_at(r, trial, r->count - 1, course->curve.breach);
}

/* The best that is still paused at this rung; promotable: and deserves to go on. */
static bool first_paused(struct rungs *r, uint32_t at, bool promotable, uint32_t *trial) {
    struct heap *paused = &r->rung[at].paused;
    while (paused->count > 0) {
        *trial = paused->places[0];
        if (r->trials->states[*trial] == AT_REST && r->courses[*trial].goal == at)
            return !promotable || is_promotable(r, at, *trial);
        heap_pop(paused);
    }
    return false;
}

static bool next_paused(struct rungs *r, uint32_t at, bool promotable, struct auto_best *best) {
    if (r->setup.policy == RUNGS_AUTO)
        return promotable ? auto_promotable(r, at, best) : auto_best_waiting(r, at, best);
    if (!first_paused(r, at, promotable, &best->trial))
        return false;
    best->prospect = rungs_value(r, best->trial, at);
    best->breach = rungs_breach(r, best->trial, at);
    return true;
}

static void resume(struct rungs *r, uint32_t at, uint32_t trial, struct rungs_choice *choice) {
    struct course *course = &r->courses[trial];
    course->goal = next_goal(r, at);
    trials_resume(r->trials, trial);
    *choice = (struct rungs_choice){
        .next = RUNGS_RESUME, .trial = trial, .until = r->rung[course->goal].step};
}

static bool promote(struct rungs *r, struct rungs_choice *choice) {
    struct auto_best best;
    for (uint32_t at = r->ceiling; at-- > 0;) {
        if (next_paused(r, at, true, &best)) {
            resume(r, at, best.trial, choice);
            return true;
        }
    }
    return false;
}

/* Among those that went their full length there is none as good. */
static bool beats_finished(const struct trials *t, const struct auto_best *best) {
    for (uint32_t i = 0; i < t->best_count; i++) {
        const uint32_t place = t->best[i];
        if (t->states[place] == ENDED_WELL)
            return rungs_order(best->breach, best->prospect, t->breaches[place],
                               t->values[(size_t)place * t->objectives]) < 0;
    }
    return isfinite(best->prospect);
}

/* Nothing new will come: whoever is furthest, and better than all that went the whole way. */
static bool finish(struct rungs *r, struct rungs_choice *choice) {
    struct auto_best best;
    for (uint32_t at = r->count - 1; at-- > 0;) {
        if (next_paused(r, at, false, &best) && beats_finished(r->trials, &best)) {
            resume(r, at, best.trial, choice);
            return true;
        }
    }
    return false;
}

void rungs_choose(struct rungs *r, enum rungs_may may, const struct rungs_near *near,
                  struct rungs_choice *choice) {
    const bool may_start = may != RUNGS_NOTHING_NEW, may_copy = may == RUNGS_ANYTHING_NEW;
    *choice = (struct rungs_choice){.next = may_start ? RUNGS_NEW : RUNGS_WAIT};
    if (may_copy && r->setup.policy == RUNGS_PBT && pbt_copy(r, near, choice))
        return;
    if (r->count == 1 || promote(r, choice) || may_start || r->trials->active_count > 0)
        return;
    finish(r, choice);
}

uint32_t rungs_steps(const struct rungs *r, uint32_t trial) {
    return r->count > 1 ? r->courses[trial].curve.step : 0;
}

void rungs_ask_seer(struct rungs *r, struct rungs_seer seer) {
    r->seer = seer;
}
