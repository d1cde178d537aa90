/* gp - a Gaussian process learns what trials came to, the configuration that is expected to improve
 * most upon the best is next (efficient global optimisation: Jones, Schonlau and Welch 1998).
 *
 * A row is a finished trial; with learning curves, each rung that a trial has reached. Trials that
 * ended badly count as the worst that was seen. Of more rows than there is room for stay the best
 * and the newest.
 *
 * The kernel is found anew each time a tenth more is known, from the rows of that moment: they are
 * noted then and worked on when somebody asks, so that it does not matter who asks when.
 */
#include "actors/tuner/algo/algo.h"

#include "actors/tuner/model/hunt.h"
#include "actors/tuner/model/warp.h"
#include "actors/tuner/num/portable.h"
#include "actors/tuner/num/sobol.h"
#include "actors/tuner/rungs/rungs.h"
#include "proto/base/rng.h"

#include <math.h>
#include <string.h>

enum {
    ROWS_MOST = 320,
    BELIEVED_MOST = 64, /* trials that run, as far as they count */
    CAPACITY = ROWS_MOST + BELIEVED_MOST,
    FIRST_TRIALS = 8, /* drawn evenly, before the process says anything */
    PARENTS = 5,      /* whose changes are candidates */
    REFIT_PART = 10,
};

struct row {
    uint32_t place;
    uint8_t rung;
    bool bad;
};

struct rows {
    uint32_t count;
    struct row row[ROWS_MOST];
};

struct gp_method {
    struct surrogate surrogate;
    struct hunt hunt;
    struct sobol sobol;
    struct warp warp;
    bool learned;    /* the surrogate knows all trials as they are now */
    uint64_t news;   /* what was heard that makes rows */
    uint64_t fit_at; /* the news at which a kernel is found again */
    bool fit_due;    /* from these rows */
    struct rows then;
    struct rows rows; /* now */
    double targets[ROWS_MOST];
    double scratch[ROWS_MOST];
};

static size_t bytes_gp(const struct brief *b) {
    return sizeof(struct gp_method) + surrogate_bytes(b->space, CAPACITY) +
           hunt_bytes(b->space, CAPACITY, 1) + sobol_bytes(b->space->dims) + 1024;
}

static void *init_gp(const struct brief *b, struct arena *arena) {
    struct gp_method *m = arena_take(arena, sizeof *m);
    struct rng r = rng_of(b->job->seed, (uint32_t)PURPOSE_GP_SEARCH << 16 | 1, 0);
    bool all = m != NULL && sobol_init(&m->sobol, b->space->dims, &r, arena) &&
               surrogate_init(&m->surrogate, b->space, b->trials->rungs > 1, CAPACITY, arena) &&
               hunt_init(&m->hunt, b, &m->surrogate, 1, CAPACITY, arena);
    return all ? m : NULL;
}

/* ---- what is known, as rows ---- */

static double stage_of(const struct brief *b, uint32_t rung) {
    if (b->trials->rungs < 2)
        return 1;
    double first = rungs_step(b->rungs, 0);
    return portable_log(rungs_step(b->rungs, rung) / first) / portable_log(b->rungs->steps / first);
}

static double value_of(const struct trials *t, uint32_t place, uint32_t rung) {
    if (t->rungs > 1)
        return t->curve[(size_t)place * t->rungs + rung];
    return t->values[(size_t)place * t->objectives];
}

static void add_row(struct rows *rows, uint32_t place, uint32_t rung, bool bad) {
    if (rows->count < ROWS_MOST)
        rows->row[rows->count++] = (struct row){place, (uint8_t)rung, bad};
}

static void add_trial(struct rows *m, const struct trials *t, uint32_t place) {
    if (t->states[place] == ENDED_BADLY)
        add_row(m, place, t->rungs - 1, true);
    else if (t->rungs == 1)
        add_row(m, place, 0, false);
    else
        for (uint32_t rung = t->reached[place]; rung-- > 0;)
            add_row(m, place, rung, false);
}

static bool is_learnable(const struct trials *t, uint32_t place) {
    return t->states[place] <= AT_REST ? t->reached[place] > 0 && t->rungs > 1
                                       : t->states[place] != TAKEN_BACK;
}

/* All, when there is room; else half of it for the best, the rest for the newest. */
static void gather(struct rows *rows, const struct trials *t) {
    bool all = (uint64_t)t->count * t->rungs <= ROWS_MOST;
    rows->count = 0;
    for (uint32_t i = 0; !all && i < t->best_count && rows->count < ROWS_MOST / 2; i++)
        add_trial(rows, t, t->best[i]);
    uint32_t chosen = rows->count;
    for (uint32_t place = t->count; place-- > 0 && rows->count < ROWS_MOST;) {
        bool has = false;
        for (uint32_t i = 0; i < chosen && !has; i++)
            has = rows->row[i].place == place;
        if (!has && is_learnable(t, place))
            add_trial(rows, t, place);
    }
}

static void set_targets(struct gp_method *m, const struct trials *t, const struct rows *rows) {
    double worst = -INFINITY;
    for (uint32_t j = 0; j < rows->count; j++) {
        if (rows->row[j].bad)
            continue;
        m->targets[j] = value_of(t, rows->row[j].place, rows->row[j].rung);
        worst = m->targets[j] > worst ? m->targets[j] : worst;
    }
    for (uint32_t j = 0; j < rows->count; j++)
        if (rows->row[j].bad)
            m->targets[j] = worst;
    m->warp = warp_of(m->targets, rows->count, m->scratch);
}

static void see(struct gp_method *m, const struct brief *b, const struct rows *rows) {
    double view[KERNEL_DIMS];
    set_targets(m, b->trials, rows);
    surrogate_clear(&m->surrogate);
    for (uint32_t j = 0; j < rows->count; j++) {
        const float *x = trials_point(b->trials, rows->row[j].place);
        surrogate_view_of_row(&m->surrogate, x, stage_of(b, rows->row[j].rung), view);
        surrogate_see(&m->surrogate, view, m->targets[j]);
    }
}

static void learn_all(struct gp_method *m, const struct brief *b) {
    const struct trials *t = b->trials;
    double view[KERNEL_DIMS];
    if (m->fit_due) {
        see(m, b, &m->then);
        surrogate_fit(&m->surrogate);
        m->fit_due = false;
    }
    gather(&m->rows, t);
    see(m, b, &m->rows);
    surrogate_learn(&m->surrogate);
    m->hunt.best = surrogate_least(&m->surrogate);
    uint32_t believed = t->active_count < BELIEVED_MOST ? t->active_count : BELIEVED_MOST;
    for (uint32_t i = 0; i < believed; i++) {
        const float *x = trials_point(t, t->active[t->active_count - believed + i]);
        surrogate_view_of_row(&m->surrogate, x, 1, view);
        surrogate_believe(&m->surrogate, view);
    }
    m->learned = true;
}

/* ---- the method ---- */

static bool knows_enough(const struct gp_method *m) {
    return m->news >= FIRST_TRIALS;
}

static bool propose_gp(void *state, const struct brief *b, uint64_t number, struct value *values) {
    struct gp_method *m = state;
    struct rng r = rng_of(b->job->seed, (uint32_t)PURPOSE_GP_SEARCH << 16, number);
    double point[LIMIT_PARAMS];
    const struct trials *t = b->trials;
    if (number < FIRST_TRIALS || !knows_enough(m)) {
        sobol_point(&m->sobol, number, point);
        return algo_fresh(b, &r, point, values);
    }
    if (!m->learned)
        learn_all(m, b);
    uint32_t parents = t->best_count < PARENTS ? t->best_count : PARENTS;
    if (!hunt_best(&m->hunt, &r, t->best, parents, point))
        sobol_point(&m->sobol, number, point);
    return algo_fresh(b, &r, point, values);
}

static void learn_gp(void *state, const struct brief *b, uint32_t place) {
    struct gp_method *m = state;
    const struct trials *t = b->trials;
    m->learned = false;
    if (!is_learnable(t, place) || t->ended_count == 0)
        return;
    m->news++;
    if (m->news < m->fit_at || !knows_enough(m))
        return;
    m->fit_at = m->news + 1 + m->news / REFIT_PART;
    m->fit_due = true;
    gather(&m->then, t);
}

static void prepare_gp(void *state, const struct brief *b) {
    struct gp_method *m = state;
    if (!m->learned && knows_enough(m) && b->trials->active_count < b->workers)
        learn_all(m, b);
}

static bool foresee_gp(void *state, const struct brief *b, uint32_t place, double *value) {
    struct gp_method *m = state;
    double view[KERNEL_DIMS], slope;
    if (!knows_enough(m))
        return false;
    if (!m->learned)
        learn_all(m, b);
    surrogate_view_of_row(&m->surrogate, trials_point(b->trials, place), 1, view);
    *value = warp_back(&m->warp, gp_mean(&m->surrogate.gp, view), &slope);
    return true;
}

const struct algo algo_gp = {
    .name = "gp",
    .bytes = bytes_gp,
    .init = init_gp,
    .propose = propose_gp,
    .learn = learn_gp,
    .foresee = foresee_gp,
    .prepare = prepare_gp,
};
