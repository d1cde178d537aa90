/* gp - a Gaussian process learns what trials came to, the configuration that is expected to improve
 * most upon the best is next (efficient global optimisation: Jones, Schonlau and Welch 1998).
 *
 * What it learns from, and when it finds its kernel again: model/rows.h. Of more rows than there is
 * room for stay the best and the newest. Between two kernels the factor of what is known only grows,
 * by n^2 for each row. Trials that ended badly say nothing of the values, nor is one that breaks a
 * constraint what others are compared with: the chance that a point is not like them multiplies what
 * it would gain (several/feasible.h), so that a crash by bad luck spoils no neighbourhood. Of a job
 * that is cost_aware a gain counts by what it costs: model/cost.h. Once hundreds have ended it looks
 * around the best alone, in a region that grows and shrinks: model/region.h.
 *
 * Of few trials in many dimensions a process is the least sure in the corners, of which there are
 * more than could ever be tried, and far from most of what is good (Oh, Gavves and Welling, "BOCK:
 * Bayesian optimization with cylindrical kernels", ICML 2018): until a few times as many have ended
 * as there are numbers, it looks around the best as well. What a condition takes away is none of
 * them: a branch that was not looked at lies nowhere near.
 */
#include "actors/tuner/algo/algo.h"

#include "actors/tuner/model/bend.h"
#include "actors/tuner/model/cost.h"
#include "actors/tuner/model/hunt.h"
#include "actors/tuner/model/rerun.h"
#include "actors/tuner/model/rows.h"
#include "actors/tuner/model/warp.h"
#include "actors/tuner/num/portable.h"
#include "actors/tuner/num/sobol.h"
#include "actors/tuner/several/feasible.h"
#include "proto/base/rng.h"

#include <math.h>
#include <string.h>

enum {
    BELIEVED_MOST = FUTURES_BELIEVED, /* trials that run, as far as they count */
    CAPACITY = ROWS_MOST + BELIEVED_MOST,
    PARENTS = 5,         /* whose changes are candidates */
    FEASIBLE_MOST = 160, /* trials from which the chance to fail is learned */
    REGION_FROM = 250,   /* as many as have ended, it looks around the best alone */
    NEAR_NUMBERS = 10,   /* that are always active: of so many ... */
    NEAR_TIMES = 3,      /* ... until so many times as many have ended, too */
    USUAL = 16,          /* trials that tell what is usual */
};

#define NEAR_LENGTH 0.4 /* then, as a region's */

struct gp_method {
    struct surrogate surrogate;
    struct feasible feasible;
    struct hunt hunt;
    struct cost *cost;   /* NULL: it does not matter */
    struct rerun *rerun; /* NULL: each configuration is run once */
    struct sobol sobol;
    struct bend bend;
    struct warp warp;
    bool measured; /* the surrogate knows all rows */
    bool learned;  /* and believes of those that run what it will */
    struct region region;
    struct region_box box;
    uint32_t region_place; /* + 1; the first trial that was begun in it; 0: none yet */
    bool hunted;           /* the newest proposal was found by it, wherever it may be */
    bool gauged;           /* it has found one, which was expected to gain hunt.most */
    struct refit refit;
    struct rows rows;              /* now */
    struct rows ended, ended_then; /* the same, of what is feasible */
    uint32_t same;                 /* of them, from the first: the surrogate has them already */
    double targets[ROWS_MOST];
    double scratch[ROWS_MOST];
};

static size_t bytes_gp(const struct brief *b) {
    return sizeof(struct gp_method) + surrogate_bytes(b->space, CAPACITY) +
           feasible_bytes(b->space, FEASIBLE_MOST) + hunt_bytes(b->space, CAPACITY, 1) +
           sobol_bytes(b->space->dims) + cost_heed_bytes(b) +
           (b->job->repeat_auto ? sizeof(struct rerun) + rerun_bytes(b->space, CAPACITY) : 0) +
           1024;
}

static double bonus_gp(void *context, const double *settled) {
    struct gp_method *m = context;
    return feasible_log_chance(&m->feasible, settled) + cost_bonus(m->cost, settled);
}

static void slope_gp(void *context, const double *settled, double *slope) {
    struct gp_method *m = context;
    feasible_slope_add(&m->feasible, settled, slope);
    cost_slope(m->cost, settled, slope);
}

static bool may_rerun(struct gp_method *m, const struct brief *b, struct arena *arena) {
    if (!b->job->repeat_auto)
        return true;
    m->rerun = arena_take(arena, sizeof *m->rerun);
    return m->rerun != NULL && rerun_init(m->rerun, b->space, CAPACITY, arena);
}

static void *init_gp(const struct brief *b, struct arena *arena) {
    struct gp_method *m = arena_take(arena, sizeof *m);
    struct rng r = rng_of(b->job->seed, (uint32_t)PURPOSE_GP_SEARCH << 16 | 1, 0);
    bool all = m != NULL && sobol_init(&m->sobol, b->space->dims, &r, arena) &&
               surrogate_init(&m->surrogate, b->space, b->trials->rungs > 1, CAPACITY, arena) &&
               feasible_init(&m->feasible, b->space, FEASIBLE_MOST, arena) &&
               hunt_init(&m->hunt, b, &m->surrogate, 1, CAPACITY, arena) &&
               cost_heed(&m->cost, b, arena) && may_rerun(m, b, arena);
    if (!all)
        return NULL;
    m->rows.valued = m->refit.then.valued = true;
    m->ended.ends = m->ended_then.ends = true;
    m->ended.broken = m->ended_then.broken = true;
    m->hunt.bonus = bonus_gp;
    m->hunt.bonus_slope = slope_gp;
    m->hunt.context = m;
    return m;
}

/* ---- what is known, as rows ---- */

/* Of which the surrogate has seen the first `same`. */
static void see(struct gp_method *m, const struct brief *b, const struct rows *rows,
                uint32_t same) {
    surrogate_keep(&m->surrogate, same);
    for (uint32_t j = 0; j < same; j++)
        surrogate_aim(&m->surrogate, j, m->targets[j]);
    for (uint32_t j = same; j < rows->count; j++) {
        const float *x = trials_point(b->trials, rows->row[j].place);
        surrogate_see(&m->surrogate, x, algo_stage(b, rows->row[j].rung), m->targets[j]);
    }
}

static void fit(struct gp_method *m, const struct brief *b, const struct rows *rows) {
    rows_values(rows, b->trials, 0, m->targets);
    bend_of(&m->bend, m->targets, rows->count);
    see(m, b, rows, 0);
    surrogate_fit(&m->surrogate, &m->bend);
}

/* Where two kernels in a row are asked for noise the first may have been passed over. */
static void doubt(struct gp_method *m, const struct brief *b) {
    struct rerun *r = m->rerun;
    const struct kernel found = m->surrogate.kernel;
    const double power = m->bend.power;
    r->newest = rerun_doubt(&m->surrogate, &m->bend);
    if (r->newest != RERUN_NOISE || r->before != RERUN_UNASKED)
        return;
    fit(m, b, &r->before_rows);
    r->before = rerun_doubt(&m->surrogate, &m->bend);
    m->surrogate.kernel = found;
    m->bend.power = power;
}

static void measure(struct gp_method *m, const struct brief *b) {
    const struct trials *t = b->trials;
    if (m->refit.due) {
        fit(m, b, &m->refit.then);
        if (m->rerun != NULL)
            doubt(m, b);
        feasible_see(&m->feasible, t, &m->ended_then);
        feasible_fit(&m->feasible);
        cost_fit(m->cost, t, &m->refit.then);
        m->refit.due = false;
        m->same = 0;
    }
    rows_values(&m->rows, t, 0, m->targets);
    m->warp = warp_by(m->bend.power, m->targets, m->rows.count, m->scratch);
    see(m, b, &m->rows, m->same);
    m->same = m->rows.count;
    surrogate_learn(&m->surrogate);
    feasible_see(&m->feasible, t, &m->ended);
    feasible_learn(&m->feasible);
    cost_learn(m->cost, t, &m->rows);
    m->measured = true;
}

/* Of those that run but one; UINT32_MAX: of all. */
static void learn_but(struct gp_method *m, const struct brief *b, uint32_t one) {
    const struct trials *t = b->trials;
    double view[KERNEL_DIMS];
    if (!m->measured)
        measure(m, b);
    surrogate_keep(&m->surrogate, m->rows.count);
    uint32_t believed = t->active_count < BELIEVED_MOST ? t->active_count : BELIEVED_MOST;
    for (uint32_t i = 0; i < believed; i++) {
        const uint32_t place = t->active[t->active_count - believed + i];
        if (place == one)
            continue;
        surrogate_view_of_row(&m->surrogate, trials_point(t, place), 1, view);
        surrogate_believe(&m->surrogate, view);
    }
    struct rng r = rng_of(b->job->seed, (uint32_t)PURPOSE_GP_SEARCH << 16 | 2, 0);
    bool counts[ROWS_MOST];
    for (uint32_t j = 0; j < m->rows.count; j++)
        counts[j] = !(t->breaches[m->rows.row[j].place] > 0);
    futures_draw(&m->hunt.futures, &m->surrogate.gp, counts, &r);
    m->learned = one == UINT32_MAX;
}

static void learn_all(struct gp_method *m, const struct brief *b) {
    learn_but(m, b, UINT32_MAX);
}

/* ---- around the best ---- */

static bool is_crowded(const struct trials *t) {
    return t->ended_count >= REGION_FROM;
}

static bool is_number(const struct param *p) {
    return p->kind != PARAM_CHOICE && p->low < p->high && p->when == NULL;
}

static bool is_lost(const struct brief *b) {
    uint32_t numbers = 0;
    for (uint32_t i = 0; i < b->job->params_count; i++)
        numbers += is_number(&b->job->params[i]);
    return numbers >= NEAR_NUMBERS && b->trials->rungs == 1 && b->trials->best_count > 0 &&
           b->trials->ended_count < NEAR_TIMES * numbers;
}

/* NULL: anywhere. */
static const struct region_box *box_around_best(struct gp_method *m, const struct brief *b) {
    static const struct region near = {.length = NEAR_LENGTH};
    const struct trials *t = b->trials;
    const struct region *region = is_crowded(t) ? &m->region : is_lost(b) ? &near : NULL;
    if (region == NULL)
        return NULL;
    region_box(region, &m->surrogate, trials_point(t, t->best[0]), &m->box);
    return &m->box;
}

/* What was loaded, or was begun before, says nothing of the region. */
static void follow_region(struct gp_method *m, const struct brief *b, uint32_t place) {
    const struct trials *t = b->trials;
    if (!is_crowded(t) || t->states[place] == TAKEN_BACK)
        return;
    if (t->states[place] == AT_WORK && m->region_place == 0)
        m->region_place = place + 1;
    if (t->states[place] > AT_REST && m->region_place > 0 && place + 1 >= m->region_place)
        region_hear(&m->region, t->best[0] == place, m->surrogate.dims, b->workers);
}

/* ---- the method ---- */

static bool propose_gp(void *state, const struct brief *b, uint64_t number, struct value *values) {
    struct gp_method *m = state;
    struct rng r = rng_of(b->job->seed, (uint32_t)PURPOSE_GP_SEARCH << 16, number);
    double point[LIMIT_PARAMS];
    const struct trials *t = b->trials;
    m->hunted = false;
    if (t->count < ROWS_TRIALS_LEAST || !refit_began(&m->refit)) {
        sobol_point(&m->sobol, number, point);
        return algo_fresh(b, &r, point, values);
    }
    if (!m->learned)
        learn_all(m, b);
    cost_spare(m->cost, cost_thrift(b, number));
    uint32_t parents = t->best_count < PARENTS ? t->best_count : PARENTS;
    m->hunt.box = box_around_best(m, b);
    const bool found = hunt_best(&m->hunt, &r, t->best, parents, point);
    m->hunted = found && m->hunt.box == NULL;
    m->gauged = m->gauged || found;
    if (!found)
        sobol_point(&m->sobol, number, point);
    return algo_fresh(b, &r, point, values);
}

static void learn_gp(void *state, const struct brief *b, uint32_t place) {
    struct gp_method *m = state;
    const struct trials *t = b->trials;
    follow_region(m, b, place);
    uint32_t same = rows_follow(&m->rows, t, ROWS_MOST, place, t->best, t->best_count);
    m->same = same < m->same ? same : m->same;
    /* Who begins, pauses or goes on changes what is believed alone. */
    if (t->states[place] > AT_REST || m->same < m->rows.count)
        m->measured = false;
    m->learned = false;
    rows_follow(&m->ended, t, FEASIBLE_MOST, place, t->best, t->best_count);
    if (!refit_hear(&m->refit, t, place))
        return;
    if (m->rerun != NULL)
        rerun_due(m->rerun, &m->refit.then);
    m->refit.then = m->rows;
    m->ended_then = m->ended;
    m->measured = false;
}

static void prepare_gp(void *state, const struct brief *b) {
    struct gp_method *m = state;
    if (!m->learned && refit_began(&m->refit) && b->trials->active_count < b->workers)
        learn_all(m, b);
}

/* A mean is the same, to the bit, whether or not anything is believed. */
static bool foresee_gp(void *state, const struct brief *b, uint32_t place, double *value) {
    struct gp_method *m = state;
    double view[KERNEL_DIMS], slope;
    if (!refit_began(&m->refit))
        return false;
    if (!m->measured)
        measure(m, b);
    surrogate_view_of_row(&m->surrogate, trials_point(b->trials, place), 1, view);
    *value = warp_back(&m->warp, gp_mean(&m->surrogate.gp, view), &slope);
    return true;
}

/* What a trial that runs will come to is the question, not to be believed. */
static bool gains_gp(void *state, const struct brief *b, uint32_t place, double *more) {
    struct gp_method *m = state;
    struct gp *gp = &m->surrogate.gp;
    const float *x = trials_point(b->trials, place);
    double settled[LIMIT_PARAMS], view[KERNEL_DIMS], shifts[FUTURES];
    if (!m->gauged)
        return false;
    if (b->trials->states[place] == AT_WORK)
        learn_but(m, b, place);
    else if (!m->learned)
        learn_all(m, b);
    for (uint32_t i = 0; i < b->space->dims; i++)
        settled[i] = (double)x[i];
    surrogate_view_of_row(&m->surrogate, x, 1, view);
    const struct gp_belief belief = gp_predict(gp, view);
    futures_shifts(&m->hunt.futures, gp, gp->seen, 1, shifts);
    *more = futures_gain(&m->hunt.futures, &belief, shifts, NULL, NULL) + bonus_gp(m, settled) -
            m->hunt.most;
    return true;
}

/* The median of what the first trials that came to something came to: of what was known before the
 * process chose, most of it. */
static double usual_of(const struct trials *t) {
    double sorted[USUAL];
    uint32_t count = 0;
    for (uint32_t place = 0; place < t->count && count < USUAL; place++) {
        uint32_t at = count;
        if (t->states[place] != ENDED_WELL && t->states[place] != ENDED_SOON)
            continue;
        for (; at > 0 && sorted[at - 1] > t->values[place]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = t->values[place];
        count++;
    }
    return count > 0 ? sorted[count / 2] : NAN;
}

/* As good as a straight line brings what is expected of the process' targets back to values. */
static bool hope_gp(void *state, const struct brief *b, double *share) {
    struct gp_method *m = state;
    const struct trials *t = b->trials;
    double slope;
    if (!m->hunted || t->best_count == 0 || m->cost != NULL)
        return false;
    const double best = t->values[t->best[0]];
    const double spread = usual_of(t) - best;
    (void)warp_back(&m->warp, warp_to(&m->warp, best), &slope);
    *share = portable_exp(m->hunt.most) * slope / spread;
    return spread > 0;
}

static bool again_gp(void *state, const struct brief *b, const struct value *fresh,
                     uint32_t *place) {
    struct gp_method *m = state;
    double settled[LIMIT_PARAMS], view[KERNEL_DIMS];
    if (!refit_began(&m->refit))
        return fresh == NULL && rerun_evenly(b->trials, place);
    if (!m->learned)
        learn_all(m, b);
    if (fresh != NULL) {
        space_point(b->space, fresh, settled);
        surrogate_view(&m->surrogate, settled, 1, view);
    }
    return rerun_instead(m->rerun, &m->surrogate, b->trials, &m->rows, fresh != NULL ? view : NULL,
                         place);
}

static bool recommend_gp(void *state, const struct brief *b, uint32_t *place, double *value) {
    struct gp_method *m = state;
    double mean, slope;
    if (!refit_began(&m->refit))
        return false;
    if (!m->measured)
        measure(m, b);
    if (!rerun_best(m->rerun, &m->surrogate, b->trials, &m->rows, place, &mean))
        return false;
    *value = warp_back(&m->warp, mean, &slope);
    return true;
}

const struct algo algo_gp = {
    .name = "gp",
    .bytes = bytes_gp,
    .init = init_gp,
    .propose = propose_gp,
    .learn = learn_gp,
    .foresee = foresee_gp,
    .gains = gains_gp,
    .hope = hope_gp,
    .again = again_gp,
    .recommend = recommend_gp,
    .prepare = prepare_gp,
};
