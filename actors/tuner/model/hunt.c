#include "actors/tuner/model/hunt.h"

#include "actors/tuner/num/lbfgs.h"
#include "actors/tuner/num/normal.h"
#include "actors/tuner/space/allowed.h"
#include "proto/base/check.h"
#include "proto/base/rng.h"

#include <math.h>
#include <string.h>

enum {
    CLIMB_STEPS = 15,
    ROUNDS = 3,
    CELLS_TRIED = 6, /* more cells than that are tried next to where one is */
    MOVED = 20,      /* coordinates that leave the centre of a region, on average */
};

#define GAIN_LEAST 0.01 /* of the logarithm, for another round */

static size_t doubles_of(const struct space *space, uint32_t rows) {
    return (size_t)HUNT_CANDIDATES * (space->dims + space->free + 2 + rows) +
           lbfgs_doubles(space->free);
}

size_t hunt_bytes(const struct space *space, uint32_t rows, uint32_t count) {
    return doubles_of(space, rows) * sizeof(double) +
           (size_t)HUNT_CANDIDATES * (count + 1) * sizeof(struct gp_belief) + 1024;
}

bool hunt_init(struct hunt *h, const struct brief *brief, struct surrogate *surrogates,
               uint32_t count, uint32_t rows, struct arena *arena) {
    const struct space *space = brief->space;
    size_t candidates = HUNT_CANDIDATES;
    ensure(count >= 1 && count <= HUNT_OBJECTIVES);
    *h = (struct hunt){.brief = brief, .surrogates = surrogates, .count = count};
    h->full = arena_take_unset(arena, candidates * space->dims * sizeof(double));
    h->columns = arena_take_unset(arena, candidates * (space->free + 1) * sizeof(double));
    h->work = arena_take_unset(arena, candidates * rows * sizeof(double));
    h->descent = arena_take_unset(arena, lbfgs_doubles(space->free) * sizeof(double));
    h->beliefs = arena_take_unset(arena, candidates * count * sizeof *h->beliefs);
    h->gains = arena_take_unset(arena, candidates * sizeof(double));
    h->one = arena_take_unset(arena, candidates * sizeof *h->one);
    return !arena->full;
}

static void settle(const struct hunt *h, const double *full, double *settled) {
    memcpy(settled, full, h->brief->space->dims * sizeof *full);
    space_settle(h->brief->space, settled);
}

static double bonus_at(const struct hunt *h, const double *settled) {
    return h->bonus != NULL ? h->bonus(h->context, settled) : 0;
}

/* What a view gains; its derivatives are added to slope, when that is not NULL. */
static double gain_at(const struct hunt *h, const double *view, double *slope) {
    struct gp_belief beliefs[HUNT_OBJECTIVES], by[HUNT_OBJECTIVES];
    double shifts[FUTURES], toward[FUTURES_BELIEVED];
    double gain;
    for (uint32_t o = 0; o < h->count; o++)
        beliefs[o] = gp_predict(&h->surrogates[o].gp, view);
    if (h->gain == NULL) {
        const struct gp *g = &h->surrogates->gp;
        futures_shifts(&h->futures, g, g->seen, 1, shifts);
        gain = futures_gain(&h->futures, beliefs, shifts, slope != NULL ? by : NULL, toward);
    } else {
        gain = h->gain(h->gain_context, beliefs, slope != NULL ? by : NULL);
    }
    for (uint32_t o = 0; o < h->count && slope != NULL; o++)
        gp_slopes_add(&h->surrogates[o].gp, view, &beliefs[o], &by[o],
                      h->gain == NULL ? toward : NULL, slope);
    return gain;
}

static double worth(const struct hunt *h, const double *full) {
    double settled[LIMIT_PARAMS];
    double view[KERNEL_DIMS];
    settle(h, full, settled);
    surrogate_view(h->surrogates, settled, 1, view);
    return gain_at(h, view, NULL) + bonus_at(h, settled);
}

/* Whether the configuration may be proposed. */
static bool is_open(const struct hunt *h, const double *full) {
    struct value values[LIMIT_PARAMS];
    space_values(h->brief->space, full, values);
    return space_allows(h->brief->space, values) &&
           !trials_know(h->brief->trials, space_key(h->brief->space, values));
}

/* ---- along the gradient ---- */

struct climb {
    struct hunt *hunt;
    double view[KERNEL_DIMS];
    double settled[LIMIT_PARAMS];
    uint32_t moved[LIMIT_PARAMS]; /* coordinates of the view */
    uint32_t moved_count;
};

static double loss(void *context, const double *x, double *gradient) {
    struct climb *c = context;
    const struct hunt *h = c->hunt;
    double slope[KERNEL_DIMS] = {0};
    for (uint32_t k = 0; k < c->moved_count; k++) {
        c->view[c->moved[k]] = x[k];
        c->settled[h->surrogates->seen[c->moved[k]]] = x[k];
    }
    double gain = gain_at(h, c->view, slope);
    if (h->bonus_slope != NULL) {
        gain += bonus_at(h, c->settled);
        h->bonus_slope(h->context, c->settled, slope);
    }
    for (uint32_t k = 0; k < c->moved_count; k++)
        gradient[k] = -slope[c->moved[k]];
    return -gain;
}

/* Moves all active numbers at once, as if none had steps; the point stays when that gains nothing.
 * Answers its worth. */
static double climb(struct hunt *h, double *full, double now) {
    const struct surrogate *s = h->surrogates;
    struct climb c = {.hunt = h};
    double settled[LIMIT_PARAMS], x[LIMIT_PARAMS], low[LIMIT_PARAMS], high[LIMIT_PARAMS];
    settle(h, full, c.settled);
    surrogate_view(s, c.settled, 1, c.view);
    for (uint32_t k = 0; k < s->dims; k++) {
        if (c.view[k] < 0 || s->gp.kernel.choice[k])
            continue;
        x[c.moved_count] = c.view[k];
        low[c.moved_count] = h->box != NULL ? h->box->low[s->seen[k]] : 0;
        high[c.moved_count] = h->box != NULL ? h->box->high[s->seen[k]] : 1;
        c.moved[c.moved_count++] = k;
    }
    if (c.moved_count == 0)
        return now;
    const struct lbfgs_problem problem = {.n = c.moved_count,
                                          .low = low,
                                          .high = high,
                                          .function = loss,
                                          .context = &c,
                                          .iterations_max = CLIMB_STEPS,
                                          .evaluations_max = 2 * CLIMB_STEPS,
                                          .gradient_tolerance = 1e-4,
                                          .value_tolerance = 1e-5};
    lbfgs_minimise(&problem, x, h->descent);
    memcpy(settled, full, h->brief->space->dims * sizeof *full);
    for (uint32_t k = 0; k < c.moved_count; k++)
        settled[s->seen[c.moved[k]]] = x[k];
    double then = worth(h, settled);
    if (!(then > now) || !is_open(h, settled))
        return now;
    memcpy(full, settled, h->brief->space->dims * sizeof *full);
    return then;
}

/* ---- cell by cell ---- */

/* Each choice, and each step next to where it is, as long as one pays. From an open place only to
 * open ones, as everywhere here: the best that climb would all meet at what is known else. */
static double sweep(struct hunt *h, double *full, double now) {
    const struct surrogate *s = h->surrogates;
    for (uint32_t k = 0; k < s->dims; k++) {
        const struct dim *d = &h->brief->space->dim[s->seen[k]];
        double *x = &full[s->seen[k]];
        double stays = *x;
        if (d->kind == DIM_REAL)
            continue;
        uint64_t at = space_cell(h->brief->space, s->seen[k], stays);
        bool near = d->kind == DIM_STEPS && d->cells > CELLS_TRIED;
        uint64_t first = near ? (at > 0 ? at - 1 : 0) : 0;
        uint64_t last = near && at + 1 < d->cells ? at + 1 : d->cells - 1;
        for (uint64_t cell = first; cell <= last; cell++) {
            if (cell == at)
                continue;
            *x = space_cell_unit(h->brief->space, s->seen[k], cell);
            if (h->box != NULL && region_within(h->box, s->seen[k], *x) != *x)
                continue;
            double then = worth(h, full);
            if (then > now && is_open(h, full)) {
                now = then;
                stays = *x;
            }
        }
        *x = stays;
    }
    return now;
}

static double improve(struct hunt *h, double *full, double now) {
    for (int round = 0; round < ROUNDS; round++) {
        double before = now;
        double climbed = climb(h, full, now);
        now = sweep(h, full, climbed);
        if (now == climbed || now < before + GAIN_LEAST)
            break;
    }
    return now;
}

/* ---- candidates ---- */

static double normal_draw(struct rng *r) {
    double u = rng_unit(r);
    return normal_quantile(u < 0x1p-40 ? 0x1p-40 : u);
}

/* Bent back at the ends. */
static double within(double x) {
    x = x < 0 ? -x : x;
    x = x > 1 ? 2 - x : x;
    return x < 0 ? 0 : x;
}

/* One coordinate for sure, others by chance. */
static void change(const struct hunt *h, struct rng *r, double share, double scale, double *full) {
    const struct surrogate *s = h->surrogates;
    uint32_t sure = (uint32_t)rng_below(r, s->dims);
    for (uint32_t k = 0; k < s->dims; k++) {
        const struct dim *d = &h->brief->space->dim[s->seen[k]];
        double *x = &full[s->seen[k]];
        if (rng_unit(r) > share && k != sure)
            continue;
        if (d->kind == DIM_CHOICE) {
            *x = rng_unit(r);
            continue;
        }
        double cell = d->cells > 0 ? 1.0 / (double)d->cells : 0;
        double step = normal_draw(r) * scale;
        if (fabs(step) < cell)
            step = step < 0 ? -cell : cell;
        *x = within(*x + step);
    }
}

/* In a region of many coordinates only some leave the centre (Eriksson et al., arXiv:1910.01739, on
 * their implementation: 20 on average), and choices none: what changes the best tries others. */
static void draw_in_box(const struct hunt *h, struct rng *r, double *full) {
    const struct space *space = h->brief->space;
    uint32_t sure = h->surrogates->seen[rng_below(r, h->surrogates->dims)];
    for (uint32_t i = 0; i < space->dims; i++) {
        const double centre = (double)h->box->centre[i];
        bool leaves = rng_unit(r) * space->dims < MOVED || i == sure;
        if (centre < 0)
            continue;
        full[i] = leaves && space->dim[i].kind != DIM_CHOICE
                      ? h->box->low[i] + full[i] * (h->box->high[i] - h->box->low[i])
                      : centre;
    }
}

static void keep_in_box(const struct hunt *h, double *full) {
    for (uint32_t i = 0; i < h->brief->space->dims; i++)
        full[i] = region_within(h->box, i, full[i]);
}

static void candidate(const struct hunt *h, struct rng *r, const uint32_t *parents,
                      uint32_t parents_count, double *full) {
    static const double scales[] = {0.3, 0.1, 0.03, 0.01};
    uint32_t dims = h->brief->space->dims;
    for (uint32_t i = 0; i < dims; i++)
        full[i] = rng_unit(r);
    if (parents_count == 0 && h->box != NULL)
        draw_in_box(h, r, full);
    if (parents_count == 0)
        return;
    const float *x = trials_point(h->brief->trials, parents[rng_below(r, parents_count)]);
    for (uint32_t i = 0; i < dims; i++)
        full[i] = x[i] < 0 ? full[i] : (double)x[i];
    double share = rng_below(r, 2) == 0 ? 0.5 : 1.5 / h->surrogates->dims;
    change(h, r, share, scales[rng_below(r, 4)], full);
    if (h->box != NULL)
        keep_in_box(h, full);
}

/* What each gains; the surrogates' beliefs of all are known. */
static void find_gains(struct hunt *h, uint32_t count) {
    double shifts[FUTURES];
    for (uint32_t c = 0; c < count; c++) {
        const struct gp_belief *beliefs = h->beliefs + (size_t)c * h->count;
        if (h->gain == NULL) {
            futures_shifts(&h->futures, &h->surrogates->gp, h->work + c, count, shifts);
            h->gains[c] = futures_gain(&h->futures, beliefs, shifts, NULL, NULL);
        } else {
            h->gains[c] = h->gain(h->gain_context, beliefs, NULL);
        }
    }
}

/* Draws and judges them; answers how many there are. */
static uint32_t judge_candidates(struct hunt *h, struct rng *r, const uint32_t *parents,
                                 uint32_t parents_count) {
    struct kernel_points points = {.x = h->columns, .ld = HUNT_CANDIDATES};
    double settled[LIMIT_PARAMS], view[KERNEL_DIMS];
    for (uint32_t c = 0; c < HUNT_CANDIDATES; c++) {
        double *full = h->full + (size_t)points.count * h->brief->space->dims;
        candidate(h, r, parents, c < HUNT_CANDIDATES / 2 ? 0 : parents_count, full);
        if (!is_open(h, full))
            continue;
        settle(h, full, settled);
        surrogate_view(h->surrogates, settled, 1, view);
        for (uint32_t i = 0; i < h->surrogates->gp.kernel.dims; i++)
            h->columns[i * points.ld + points.count] = view[i];
        points.count++;
    }
    for (uint32_t o = 0; o < h->count && points.count > 0; o++) {
        gp_predict_many(&h->surrogates[o].gp, &points, h->one, h->work);
        for (uint32_t c = 0; c < points.count; c++)
            h->beliefs[(size_t)c * h->count + o] = h->one[c];
    }
    find_gains(h, points.count);
    return points.count;
}

struct climber {
    uint32_t candidate;
    double worth;
};

/* The best few, the best first. */
static uint32_t choose(const struct hunt *h, uint32_t count, struct climber *climbers) {
    uint32_t have = 0;
    double settled[LIMIT_PARAMS];
    for (uint32_t c = 0; c < count; c++) {
        settle(h, h->full + (size_t)c * h->brief->space->dims, settled);
        double w = h->gains[c] + bonus_at(h, settled);
        uint32_t at = have;
        while (at > 0 && climbers[at - 1].worth < w)
            at--;
        if (at == HUNT_CLIMBERS)
            continue;
        have += have < HUNT_CLIMBERS;
        memmove(climbers + at + 1, climbers + at, (have - at - 1) * sizeof *climbers);
        climbers[at] = (struct climber){c, w};
    }
    return have;
}

bool hunt_best(struct hunt *h, struct rng *r, const uint32_t *parents, uint32_t parents_count,
               double *point) {
    struct climber climbers[HUNT_CLIMBERS];
    uint32_t dims = h->brief->space->dims;
    if (h->surrogates->dims == 0)
        return false;
    uint32_t count = choose(h, judge_candidates(h, r, parents, parents_count), climbers);
    double most = -INFINITY;
    for (uint32_t i = 0; i < count; i++) {
        double *full = h->full + (size_t)climbers[i].candidate * dims;
        double then = improve(h, full, climbers[i].worth);
        if (then > most) {
            most = then;
            memcpy(point, full, dims * sizeof *point);
        }
    }
    const bool found = most > -INFINITY;
    h->most = found ? most : h->most;
    return found;
}
