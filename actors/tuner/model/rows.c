#include "actors/tuner/model/rows.h"

#include "actors/tuner/several/feasible.h"

#include <math.h>

enum { REFIT_PART = 10 };

static bool has_curves(const struct trials *t) {
    return t->rungs > 1 && t->objectives == 1;
}

static bool is_learnable(const struct rows *rows, const struct trials *t, uint32_t place) {
    if (t->states[place] > AT_REST)
        return t->states[place] != TAKEN_BACK;
    return rows->ends ? rows->broken && t->breaches[place] > 0
                      : t->reached[place] > 0 && has_curves(t);
}

/* ---- which ---- */

static struct row row_of(const struct trials *t, uint32_t place, uint32_t rung) {
    return (struct row){.place = place,
                        .rung = (uint8_t)rung,
                        .bad = t->states[place] == ENDED_BADLY,
                        .ended = t->states[place] > AT_REST,
                        .feasible = feasible_is(t, place),
                        .told = feasible_is_told(t, place)};
}

static void add_row(struct rows *rows, uint32_t most, struct row row) {
    if (rows->count < most)
        rows->row[rows->count++] = row;
}

static void add_trial(struct rows *rows, const struct trials *t, uint32_t most, uint32_t place) {
    bool bad = t->states[place] == ENDED_BADLY;
    if (bad && rows->valued)
        return;
    if (rows->ends)
        add_row(rows, most, row_of(t, place, t->rungs));
    else if (bad || !has_curves(t))
        add_row(rows, most, row_of(t, place, t->rungs - 1));
    else
        for (uint32_t rung = t->reached[place]; rung-- > 0;) {
            if (!isnan(trials_at_rung(t, place, rung)))
                add_row(rows, most, row_of(t, place, rung));
        }
}

static bool is_row(const struct rows *rows, const struct trials *t, struct row row) {
    bool bad = t->states[row.place] == ENDED_BADLY;
    return is_learnable(rows, t, row.place) && bad == row.bad;
}

/* Answers how many leading ones are as they were. */
static uint32_t drop_of(struct rows *rows, const struct trials *t, uint32_t place) {
    uint32_t first = rows->count, stay = 0;
    for (uint32_t j = 0; j < rows->count; j++) {
        const bool its = rows->row[j].place == place;
        const bool goes = its && !is_row(rows, t, rows->row[j]);
        if (goes && first == rows->count)
            first = j;
        rows->row[stay] = its ? row_of(t, place, rows->row[j].rung) : rows->row[j];
        stay += !goes;
    }
    bool any = stay < rows->count;
    rows->count = stay;
    return any ? first : stay;
}

static bool has_row(const struct rows *rows, struct row row) {
    for (uint32_t j = rows->count; j-- > 0;) {
        if (rows->row[j].place == row.place && rows->row[j].rung == row.rung)
            return true;
    }
    return false;
}

uint32_t rows_follow(struct rows *rows, const struct trials *t, uint32_t most, uint32_t place,
                     const uint32_t *places, uint32_t count) {
    struct rows of_it = {.ends = rows->ends, .broken = rows->broken, .valued = rows->valued};
    uint32_t same = drop_of(rows, t, place);
    if (is_learnable(rows, t, place))
        add_trial(&of_it, t, ROWS_MOST, place);
    for (uint32_t i = of_it.count; i-- > 0;) { /* the lowest rung first */
        if (has_row(rows, of_it.row[i]))
            continue;
        if (rows->count == most) {
            rows_gather(rows, t, most - most / 4, places, count);
            return 0;
        }
        add_row(rows, most, of_it.row[i]);
    }
    return same;
}

/* All that is known of its configuration. */
static void add_runs(struct rows *rows, const struct trials *t, uint32_t most, uint32_t place) {
    add_trial(rows, t, most, place);
    for (uint32_t run = place; t->again.head != NULL && (run = t->again.next[run]) != 0;) {
        if (is_learnable(rows, t, run))
            add_trial(rows, t, most, run);
    }
}

void rows_gather(struct rows *rows, const struct trials *t, uint32_t most, const uint32_t *places,
                 uint32_t count) {
    bool curves = has_curves(t) && !rows->ends;
    bool all = (uint64_t)t->count * (curves ? t->rungs : 1) <= most;
    rows->count = 0;
    for (uint32_t i = 0; !all && i < count && rows->count < most / 2; i++)
        add_runs(rows, t, most, places[i]);
    uint32_t chosen = rows->count;
    for (uint32_t place = t->count; place-- > 0 && rows->count < most;) {
        bool has = false;
        for (uint32_t i = 0; i < chosen && !has; i++)
            has = rows->row[i].place == place;
        if (!has && is_learnable(rows, t, place))
            add_trial(rows, t, most, place);
    }
}

/* ---- what they came to ---- */

double rows_value(const struct trials *t, struct row row, uint32_t objective) {
    if (has_curves(t) && row.rung < t->rungs)
        return trials_at_rung(t, row.place, row.rung);
    return trials_own(t, row.place, objective);
}

void rows_values(const struct rows *rows, const struct trials *t, uint32_t objective,
                 double *values) {
    double worst = -INFINITY;
    for (uint32_t j = 0; j < rows->count; j++) {
        if (rows->row[j].bad)
            continue;
        values[j] = rows_value(t, rows->row[j], objective);
        worst = values[j] > worst ? values[j] : worst;
    }
    for (uint32_t j = 0; j < rows->count; j++)
        if (rows->row[j].bad)
            values[j] = isfinite(worst) ? worst : 0;
}

/* ---- when ---- */

static bool has_value(const struct trials *t, uint32_t place) {
    return has_curves(t) && t->states[place] != ENDED_BADLY;
}

/* Of trials that failed before the first value there is nothing to say. */
bool refit_hear(struct refit *r, const struct trials *t, uint32_t place) {
    if (!is_learnable(&r->then, t, place) || (t->ended_count == 0 && !has_value(t, place)))
        return false;
    uint32_t least = t->ended_count > 0 ? ROWS_TRIALS_LEAST : ROWS_OPEN_LEAST;
    r->news++;
    if (r->news < r->at || r->news < least)
        return false;
    r->at = r->news + 1 + r->news / REFIT_PART;
    r->due = true;
    return true;
}
