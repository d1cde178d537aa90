/* Several objectives by Gaussian processes: one for each, and next is the configuration that is
 * expected to add most to the hypervolume (several/ehvi.h).
 *
 * Each objective is warped on its own (model/warp.h): who dominates whom stays the same. What the
 * front gains counts up to a reference point beyond it (several/hypervolume.h), so its ends are
 * worth something and what is far behind them is worth nothing. Trials that run are believed to
 * come to what their processes say, and stand on the front like others. What ended badly counts
 * as the worst that was seen in everything; it and what breaks a constraint on metrics never stands
 * on the front, and the chance that a point is not like that multiplies what it would gain
 * (several/feasible.h). Of a job that is cost_aware it is divided by what the point is expected to
 * cost (model/cost.h). Of more trials than there is room for stay the front and the newest.
 *
 * With more objectives than OBJECTIVES_MODELLED, where boxes become too many, it is NSGA-II.
 */
#include "actors/tuner/several/pareto.h"
#include "actors/tuner/algo/algo.h"
#include "actors/tuner/model/cost.h"
#include "actors/tuner/model/hunt.h"
#include "actors/tuner/model/rows.h"
#include "actors/tuner/model/warp.h"
#include "actors/tuner/num/portable.h"
#include "actors/tuner/num/sobol.h"
#include "actors/tuner/several/ehvi.h"
#include "actors/tuner/several/feasible.h"
#include "actors/tuner/several/hypervolume.h"
#include "proto/base/rng.h"

#include <math.h>

enum {
    ROWS_HERE = 256,
    BELIEVED_MOST = 64,
    CAPACITY = ROWS_HERE + BELIEVED_MOST,
    BOXES_MOST = 4096,
};

struct pareto {
    uint32_t objectives;
    struct surrogate surrogates[OBJECTIVES_MODELLED];
    struct warp warps[OBJECTIVES_MODELLED];
    struct feasible feasible;
    struct cost *cost; /* NULL: it does not matter */
    struct hunt hunt;
    struct sobol sobol;
    struct front front;    /* of what was measured, as measured */
    struct front believed; /* warped, running trials included */
    struct boxes boxes;
    double *ehvi; /* scratch */
    bool learned; /* the surrogates know all trials as they are now */
    struct refit refit;
    struct rows rows; /* now */
    double targets[ROWS_HERE];
    double scratch[ROWS_HERE];
    void *many; /* objectives: NSGA-II's state */
};

static bool is_modelled(const struct brief *b) {
    return b->trials->objectives <= OBJECTIVES_MODELLED;
}

/* Of the front so many stand for it: beyond two objectives each makes more boxes. */
static uint32_t front_most(uint32_t objectives) {
    return objectives <= 2 ? 100 : objectives == 3 ? 60 : 30;
}

static uint32_t believed_most(uint32_t objectives) {
    return front_most(objectives) + BELIEVED_MOST;
}

static size_t ehvi_doubles(uint32_t objectives) {
    return 3 * (size_t)objectives * (believed_most(objectives) + 2);
}

static size_t bytes_pareto(const struct brief *b) {
    uint32_t objectives = b->trials->objectives;
    size_t slack = 1024; /* what the arena aligns */
    if (!is_modelled(b))
        return slack + sizeof(struct pareto) + algo_nsga2.bytes(b);
    return slack + sizeof(struct pareto) + objectives * surrogate_bytes(b->space, CAPACITY) +
           feasible_bytes(b->space, ROWS_HERE) + hunt_bytes(b->space, CAPACITY, objectives) +
           sobol_bytes(b->space->dims) + front_bytes(objectives, front_most(objectives)) +
           front_bytes(objectives, believed_most(objectives)) +
           boxes_bytes(objectives, believed_most(objectives), BOXES_MOST) +
           ehvi_doubles(objectives) * sizeof(double) + cost_heed_bytes(b);
}

static double bonus(void *context, const double *settled) {
    struct pareto *m = context;
    return feasible_log_chance(&m->feasible, settled) + cost_bonus(m->cost, settled);
}

static double gain(void *context, const struct gp_belief *beliefs, struct gp_belief *slopes) {
    struct pareto *m = context;
    double means[OBJECTIVES_MODELLED], deviations[OBJECTIVES_MODELLED];
    double by_mean[OBJECTIVES_MODELLED], by_deviation[OBJECTIVES_MODELLED];
    for (uint32_t i = 0; i < m->objectives; i++) {
        means[i] = beliefs[i].mean;
        deviations[i] = beliefs[i].deviation;
    }
    double expected = ehvi(&m->boxes, means, deviations, slopes != NULL ? by_mean : NULL,
                           slopes != NULL ? by_deviation : NULL, m->ehvi);
    for (uint32_t i = 0; i < m->objectives && slopes != NULL; i++)
        slopes[i] = (struct gp_belief){by_mean[i] / expected, by_deviation[i] / expected};
    return portable_log(expected);
}

static void *init_pareto(const struct brief *b, struct arena *arena) {
    uint32_t objectives = b->trials->objectives;
    struct pareto *m = arena_take(arena, sizeof *m);
    struct rng r = rng_of(b->job->seed, (uint32_t)PURPOSE_PARETO << 16 | 1, 0);
    if (m == NULL)
        return NULL;
    m->objectives = objectives;
    if (!is_modelled(b)) {
        m->many = algo_nsga2.init(b, arena);
        return m->many != NULL ? m : NULL;
    }
    bool all = sobol_init(&m->sobol, b->space->dims, &r, arena) &&
               feasible_init(&m->feasible, b->space, ROWS_HERE, arena) &&
               cost_heed(&m->cost, b, arena) &&
               hunt_init(&m->hunt, b, m->surrogates, objectives, CAPACITY, arena) &&
               front_init(&m->front, objectives, front_most(objectives), arena) &&
               front_init(&m->believed, objectives, believed_most(objectives), arena) &&
               boxes_init(&m->boxes, objectives, believed_most(objectives), BOXES_MOST, arena);
    for (uint32_t i = 0; i < objectives && all; i++)
        all = surrogate_init(&m->surrogates[i], b->space, false, CAPACITY, arena);
    m->ehvi = arena_take_unset(arena, ehvi_doubles(objectives) * sizeof(double));
    m->hunt.gain = gain;
    m->hunt.gain_context = m;
    m->hunt.bonus = bonus;
    m->hunt.context = m;
    m->rows.ends = m->refit.then.ends = true;
    return all && m->ehvi != NULL ? m : NULL;
}

/* ---- what is known, as rows ---- */

static void gather(const struct pareto *m, const struct trials *t, struct rows *rows) {
    rows_gather(rows, t, ROWS_HERE, m->front.names, m->front.count);
}

static void see_objective(struct pareto *m, const struct trials *t, const struct rows *rows,
                          uint32_t objective) {
    struct surrogate *s = &m->surrogates[objective];
    rows_values(rows, t, objective, m->targets);
    m->warps[objective] = warp_of(m->targets, rows->count, m->scratch);
    surrogate_clear(s);
    for (uint32_t j = 0; j < rows->count; j++)
        surrogate_see(s, trials_point(t, rows->row[j].place), 1, m->targets[j]);
}

static void see(struct pareto *m, const struct trials *t, const struct rows *rows) {
    for (uint32_t i = 0; i < m->objectives; i++)
        see_objective(m, t, rows, i);
    feasible_see(&m->feasible, t, rows);
}

/* ---- what is to be gained ---- */

static void believe_running(struct pareto *m, const struct trials *t) {
    uint32_t count = t->active_count < BELIEVED_MOST ? t->active_count : BELIEVED_MOST;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t place = t->active[t->active_count - count + k];
        double view[KERNEL_DIMS], row[OBJECTIVES_MODELLED];
        surrogate_view_of_row(&m->surrogates[0], trials_point(t, place), 1, view);
        for (uint32_t i = 0; i < m->objectives; i++) {
            row[i] = gp_predict(&m->surrogates[i].gp, view).mean;
            surrogate_believe(&m->surrogates[i], view);
        }
        front_enter(&m->believed, row, place);
    }
}

/* How far the reference lies beyond the front, as a share of its range. Early fronts end short of
 * the true one's ends, so of two objectives the ends are to pull; of three and more, where corners
 * are most of a box, no more than a report's. (Regret at 100 trials over seven functions of two
 * objectives and one of three: 0.09 and 0.06 with 0.01, 0.06 and 0.06 with 0.1, 0.05 and 0.09 with
 * 0.3, 0.04 and 0.11 with 0.5.) */
static double share_beyond(uint32_t objectives) {
    return objectives <= 2 ? 0.5 : 0.1;
}

/* The reference point, warped. */
static void set_reference(const struct pareto *m, const struct trials *t, double *reference) {
    double values[ROWS_HERE * OBJECTIVES_MODELLED];
    uint32_t count = 0;
    for (uint32_t j = 0; j < m->rows.count; j++) {
        if (m->rows.row[j].bad)
            continue;
        for (uint32_t i = 0; i < m->objectives; i++)
            values[(size_t)count * m->objectives + i] = rows_value(t, m->rows.row[j], i);
        count++;
    }
    bool any = m->front.count > 0;
    hypervolume_reference(any ? m->front.values : values, any ? m->front.count : count, values,
                          m->objectives, count, share_beyond(m->objectives), reference);
    for (uint32_t i = 0; i < m->objectives; i++)
        reference[i] = warp_to(&m->warps[i], reference[i]);
}

static void learn_all(struct pareto *m, const struct brief *b) {
    const struct trials *t = b->trials;
    double reference[OBJECTIVES_MODELLED], row[OBJECTIVES_MODELLED];
    if (m->refit.due) {
        see(m, t, &m->refit.then);
        for (uint32_t i = 0; i < m->objectives; i++)
            surrogate_fit(&m->surrogates[i], NULL);
        feasible_fit(&m->feasible);
        cost_fit(m->cost, t, &m->refit.then);
        m->refit.due = false;
    }
    gather(m, t, &m->rows);
    see(m, t, &m->rows);
    for (uint32_t i = 0; i < m->objectives; i++)
        surrogate_learn(&m->surrogates[i]);
    feasible_learn(&m->feasible);
    cost_learn(m->cost, t, &m->rows);
    m->believed.count = 0;
    for (uint32_t k = 0; k < m->front.count; k++) {
        for (uint32_t i = 0; i < m->objectives; i++)
            row[i] = warp_to(&m->warps[i], m->front.values[(size_t)k * m->objectives + i]);
        front_enter(&m->believed, row, m->front.names[k]);
    }
    believe_running(m, t);
    set_reference(m, t, reference);
    for (uint32_t most = m->believed.count;
         !boxes_of(&m->boxes, m->believed.values, most, reference); most /= 2) {}
    m->learned = true;
}

/* ---- the method ---- */

static bool propose_pareto(void *state, const struct brief *b, uint64_t number,
                           struct value *values) {
    struct pareto *m = state;
    double point[LIMIT_PARAMS];
    if (m->many != NULL)
        return algo_nsga2.propose(m->many, b, number, values);
    struct rng r = rng_of(b->job->seed, (uint32_t)PURPOSE_PARETO << 16, number);
    if (b->trials->count < ROWS_TRIALS_LEAST || !refit_began(&m->refit)) {
        sobol_point(&m->sobol, number, point);
        return algo_fresh(b, &r, point, values);
    }
    if (!m->learned)
        learn_all(m, b);
    cost_spare(m->cost, cost_thrift(b, number));
    if (!hunt_best(&m->hunt, &r, m->front.names, m->front.count, point))
        sobol_point(&m->sobol, number, point);
    return algo_fresh(b, &r, point, values);
}

static void learn_pareto(void *state, const struct brief *b, uint32_t place) {
    struct pareto *m = state;
    const struct trials *t = b->trials;
    if (m->many != NULL) {
        algo_nsga2.learn(m->many, b, place);
        return;
    }
    m->learned = false;
    if (feasible_is(t, place))
        front_enter(&m->front, t->values + (size_t)place * t->objectives, place);
    if (refit_hear(&m->refit, t, place))
        gather(m, t, &m->refit.then);
}

static void prepare_pareto(void *state, const struct brief *b) {
    struct pareto *m = state;
    if (m->many == NULL && !m->learned && refit_began(&m->refit) &&
        b->trials->active_count < b->workers)
        learn_all(m, b);
}

const struct algo algo_pareto = {
    .name = "pareto",
    .bytes = bytes_pareto,
    .init = init_pareto,
    .propose = propose_pareto,
    .learn = learn_pareto,
    .prepare = prepare_pareto,
};
