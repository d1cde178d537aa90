/* Who goes on is told by what he would come to at the full length, not by what he is now: the method
 * foresees it when it can, else forecast.c. The first trials run their full length, so that there is
 * something to learn from. A method that knows what it is unsure of says how much a trial would
 * improve upon the best: he goes on when that is, for what is left to train, not much less than what a
 * new trial promises for a whole training (as a new one is the better bet, freeze-thaw would run it
 * instead: Swersky, Snoek and Adams, arXiv:1406.3896, section 4; but the newest always looks best, and
 * most new ones are paused themselves). Else, of a rung's last AUTO_WINDOW arrivals the best one in eta
 * goes on. Some are let up one rung by chance, so that what is believed of a region is tried again. */
#include "actors/tuner/algo/algo.h"
#include "actors/tuner/num/portable.h"
#include "actors/tuner/rungs/state.h"
#include "proto/base/rng.h"

#include <math.h>

enum { PROBES_MOST = 12, PROBES_OF_GAINS = 6, PROBES_LEAST = 4, PROBES_SHARE = 8 };
#define GAIN_LEAST (-2.0) /* logarithm of the share of a new trial's gain for each training */
enum { AUTO_PURPOSE = PURPOSE_RUNGS << 16 | 2 };

/* A forecast from whole curves alone wants more of them: of method tpe, over the suite's six tasks with
 * 4 seeds, 12 took 42 / 59 / 81 trainings to 10, 5, 1 %, and 6 took 48 / 65 / 81. */
bool auto_is_probe(const struct rungs *r, uint32_t number) {
    const uint64_t most = r->seer.gains != NULL ? PROBES_OF_GAINS : PROBES_MOST;
    uint64_t trials = r->setup.trials > 0 ? r->setup.trials : r->trials->capacity;
    uint64_t probes = trials / PROBES_SHARE;
    if (probes < PROBES_LEAST)
        probes = PROBES_LEAST;
    return number <= (probes < most ? probes : most);
}

static bool is_lucky(const struct rungs *r, uint32_t at, uint32_t trial) {
    struct rng draw = rng_of(r->setup.seed, AUTO_PURPOSE, (uint64_t)trial * RUNGS_MOST + at);
    return rng_unit(&draw) < r->setup.pass;
}

void auto_arrive(struct rungs *r, uint32_t at, uint32_t trial) {
    struct arrivals *a = &r->rung[at].arrivals;
    a->places[a->count++ % AUTO_WINDOW] = trial;
}

static double prospect(struct rungs *r, uint32_t at, uint32_t trial) {
    double value;
    if (r->trials->reached[trial] < r->count && r->seer.foresee != NULL) {
        if (r->seer.foresee(r->seer.context, trial, &value))
            return value;
    } else if (forecast_of(r->forecast, trial, at, &value)) {
        return value;
    }
    return rungs_value(r, trial, at);
}

static uint32_t window(const struct arrivals *a) {
    return a->count < AUTO_WINDOW ? (uint32_t)a->count : AUTO_WINDOW;
}

static bool waits_at(const struct rungs *r, uint32_t at, uint32_t trial) {
    return r->trials->states[trial] == AT_REST && r->courses[trial].goal == at;
}

/* Of those that wait (or is `self`) the one with the best prospect, and how many are better. */
static bool find(struct rungs *r, uint32_t at, uint32_t self, struct auto_best *best) {
    const struct arrivals *a = &r->rung[at].arrivals;
    double prospects[AUTO_WINDOW];
    *best = (struct auto_best){.prospect = INFINITY, .breach = INFINITY, .trial = UINT32_MAX};
    for (uint32_t i = 0; i < window(a); i++) {
        prospects[i] = prospect(r, at, a->places[i]);
        bool stands = self != UINT32_MAX ? a->places[i] == self : waits_at(r, at, a->places[i]);
        double breach = rungs_breach(r, a->places[i], at);
        if (stands && (best->trial == UINT32_MAX ||
                       rungs_order(breach, prospects[i], best->breach, best->prospect) < 0))
            *best = (struct auto_best){
                .prospect = prospects[i], .breach = breach, .trial = a->places[i]};
    }
    for (uint32_t i = 0; i < window(a); i++) {
        int order = rungs_order(rungs_breach(r, a->places[i], at), prospects[i], best->breach,
                                best->prospect);
        best->better += order < 0 || (order == 0 && a->places[i] < best->trial);
    }
    return best->trial != UINT32_MAX;
}

bool auto_best_waiting(struct rungs *r, uint32_t at, struct auto_best *best) {
    return find(r, at, UINT32_MAX, best);
}

static bool is_among_the_best(const struct rungs *r, uint32_t at, const struct auto_best *best) {
    uint32_t count = window(&r->rung[at].arrivals);
    return count > r->setup.others && best->better < count / r->setup.eta;
}

/* Whether it is worth what is left to train. False: nobody can say. */
static bool gains(const struct rungs *r, uint32_t at, uint32_t trial, bool *enough) {
    const double left = 1 - (double)r->rung[at].step / r->rung[r->count - 1].step;
    double more;
    if (r->seer.gains == NULL || rungs_breach(r, trial, at) > 0 ||
        !r->seer.gains(r->seer.context, trial, &more))
        return false;
    *enough = more - portable_log(left) > GAIN_LEAST;
    return true;
}

bool auto_promotable(struct rungs *r, uint32_t at, struct auto_best *best) {
    bool enough;
    if (!auto_best_waiting(r, at, best))
        return false;
    return gains(r, at, best->trial, &enough) ? enough : is_among_the_best(r, at, best);
}

bool auto_goes_on(struct rungs *r, uint32_t at, uint32_t trial) {
    struct auto_best best;
    bool enough;
    if (is_lucky(r, at, trial))
        return true;
    if (gains(r, at, trial, &enough))
        return enough;
    return find(r, at, trial, &best) && is_among_the_best(r, at, &best);
}

bool auto_bar(const struct rungs *r, uint32_t at, uint32_t *place) {
    const struct arrivals *a = &r->rung[at].arrivals;
    uint32_t count = window(a), best = count / r->setup.eta;
    for (uint32_t i = 0; i < count && count > r->setup.others; i++) {
        uint32_t below = 0, same = 0;
        *place = a->places[i];
        for (uint32_t k = 0; k < count; k++) {
            int order = rungs_order_at(r, at, a->places[k], *place);
            below += order < 0;
            same += order == 0;
        }
        if (below < best && best <= below + same)
            return true;
    }
    return false;
}
