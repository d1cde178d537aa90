#include "actors/tuner/rungs/forecast.h"

#include "actors/tuner/num/matrix.h"

#include <math.h>

enum { ONE_HOT_MOST = 24 };
#define RIDGE 1.0
#define WORST_SHARE 0.75

static double value_at(const struct forecast *f, uint32_t place, uint32_t rung, double worst) {
    double value = trials_at_rung(f->trials, place, rung);
    return value < worst ? value : worst;
}

/* ---- features ---- */

struct features {
    double *out;
    uint32_t count;
};

static void put(struct features *f, double value) {
    if (f->count < FORECAST_FEATURES)
        f->out[f->count++] = value;
}

/* An inactive parameter says nothing: its features are zero. */
static void put_choice(struct features *f, const struct dim *dim, double unit, double value) {
    uint64_t cell = (uint64_t)(unit * (double)dim->cells);
    for (uint64_t i = 0; i < dim->cells; i++) {
        bool on = unit >= 0 && i == cell;
        put(f, on ? 1 : 0);
        put(f, on ? value : 0);
    }
}

static void put_number(struct features *f, double unit, double value) {
    double x = unit < 0 ? 0 : 2 * unit - 1;
    put(f, x);
    put(f, x * x);
    put(f, x * value);
}

static uint32_t put_all(const struct forecast *f, uint32_t place, uint32_t rung, double *out) {
    const struct forecast_rung *here = &f->rung[rung];
    const struct space *space = f->trials->space;
    struct features put_in = {.out = out};
    double now = value_at(f, place, rung, here->worst);
    double value = (now - here->centre) / here->spread;
    put(&put_in, value);
    bool fell = rung > 0 && !isnan(trials_at_rung(f->trials, place, rung - 1));
    put(&put_in,
        fell ? (value_at(f, place, rung - 1, f->rung[rung - 1].worst) - now) / here->spread : 0);
    for (uint32_t i = 0; i < space->dims; i++) {
        const struct dim *dim = &space->dim[i];
        double unit = trials_point(f->trials, place)[i];
        if (dim->kind == DIM_CHOICE && dim->cells <= ONE_HOT_MOST)
            put_choice(&put_in, dim, unit, value);
        else if (dim->kind != DIM_FIXED)
            put_number(&put_in, unit, value);
    }
    return put_in.count;
}

/* ---- fitting ---- */

static bool is_whole(const struct trials *t, uint32_t place) {
    for (uint32_t rung = 0; rung < t->rungs; rung++) {
        if (isnan(trials_at_rung(t, place, rung)))
            return false;
    }
    return t->states[place] == ENDED_WELL;
}

/* The last whole curves. */
static uint32_t whole_curves(const struct trials *t, uint32_t *places) {
    uint32_t count = 0;
    uint32_t first = t->finished_count > FORECAST_LOOKED ? t->finished_count - FORECAST_LOOKED : 0;
    for (uint32_t i = t->finished_count; i > first && count < FORECAST_CURVES; i--) {
        if (is_whole(t, t->finished[i - 1]))
            places[count++] = t->finished[i - 1];
    }
    return count;
}

struct summary {
    double mean, deviation, quantile;
};

/* Of values at a rung, those above the quantile counted as it. */
static struct summary summary_of(const struct trials *t, const uint32_t *places, uint32_t count,
                                 uint32_t rung) {
    double sorted[FORECAST_CURVES];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = i;
        for (; at > 0 && sorted[at - 1] > trials_at_rung(t, places[i], rung); at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = trials_at_rung(t, places[i], rung);
    }
    struct summary s = {.quantile = sorted[(uint32_t)(WORST_SHARE * (count - 1))]};
    double squares = 0;
    for (uint32_t i = 0; i < count; i++)
        s.mean += (sorted[i] < s.quantile ? sorted[i] : s.quantile) / count;
    for (uint32_t i = 0; i < count; i++) {
        double off = (sorted[i] < s.quantile ? sorted[i] : s.quantile) - s.mean;
        squares += off * off / count;
    }
    s.deviation = squares > 0 ? sqrt(squares) : 1;
    return s;
}

static bool solve(struct forecast *f, uint32_t count, uint32_t width, double *y) {
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j <= i; j++)
            f->gram[i * FORECAST_CURVES + j] =
                dot(f->features[i], f->features[j], width) + (i == j ? RIDGE : 0);
    }
    if (!cholesky(f->gram, count, FORECAST_CURVES))
        return false;
    solve_lower(f->gram, count, FORECAST_CURVES, y);
    solve_lower_transposed(f->gram, count, FORECAST_CURVES, y);
    return true;
}

static void summarize(struct forecast *f, const uint32_t *places, uint32_t count, uint32_t rung) {
    struct summary s = summary_of(f->trials, places, count, rung);
    f->rung[rung].centre = s.mean;
    f->rung[rung].spread = s.deviation;
    f->rung[rung].worst = s.quantile;
}

static void fit(struct forecast *f, uint32_t rung) {
    struct forecast_rung *here = &f->rung[rung];
    uint32_t places[FORECAST_CURVES];
    double y[FORECAST_CURVES];
    uint32_t top = f->trials->rungs - 1;
    uint32_t count = whole_curves(f->trials, places);
    uint32_t width = 0;
    here->ended = f->trials->finished_count;
    here->curves = 0;
    if (count < FORECAST_LEAST)
        return;
    struct summary last = summary_of(f->trials, places, count, top);
    if (rung > 0)
        summarize(f, places, count, rung - 1);
    summarize(f, places, count, rung);
    here->scale = last.deviation;
    here->gain = 0;
    for (uint32_t i = 0; i < count; i++) {
        y[i] = (value_at(f, places[i], top, last.quantile) -
                value_at(f, places[i], rung, here->worst)) /
               here->scale;
        here->gain += y[i] / count;
        width = put_all(f, places[i], rung, f->features[i]);
    }
    for (uint32_t i = 0; i < count; i++)
        y[i] -= here->gain;
    if (!solve(f, count, width, y))
        return;
    gemv_transposed(f->features[0], count, width, FORECAST_FEATURES, y, here->weights);
    here->curves = count;
}

bool forecast_of(struct forecast *f, uint32_t place, uint32_t rung, double *value) {
    const struct forecast_rung *here = &f->rung[rung];
    double features[FORECAST_FEATURES];
    if (f->trials->reached[place] == f->trials->rungs) {
        *value = trials_at_rung(f->trials, place, f->trials->rungs - 1);
        return true;
    }
    if (here->ended != f->trials->finished_count)
        fit(f, rung);
    if (here->curves == 0)
        return false;
    uint32_t width = put_all(f, place, rung, features);
    *value = value_at(f, place, rung, here->worst) +
             here->scale * (here->gain + dot(features, here->weights, width));
    return isfinite(*value);
}
