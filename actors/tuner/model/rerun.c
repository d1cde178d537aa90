#include "actors/tuner/model/rerun.h"

#include "actors/tuner/num/matrix.h"
#include "actors/tuner/num/normal.h"
#include "actors/tuner/num/portable.h"
#include "actors/tuner/trials/again.h"

#include <math.h>
#include <string.h>

size_t rerun_bytes(const struct space *space, uint32_t rows) {
    return RERUN_POINTS * (rows + space->free + 1) * sizeof(double) + 256;
}

bool rerun_init(struct rerun *r, const struct space *space, uint32_t rows, struct arena *arena) {
    *r = (struct rerun){.count = 0};
    r->seen = arena_take_unset(arena, (size_t)RERUN_POINTS * rows * sizeof(double));
    r->columns = arena_take_unset(arena, (size_t)RERUN_POINTS * (space->free + 1) * sizeof(double));
    return !arena->full;
}

void rerun_due(struct rerun *r, const struct rows *before) {
    r->before = r->newest;
    r->before_rows = *before;
    r->newest = RERUN_UNASKED;
}

enum rerun_noise rerun_doubt(struct surrogate *s, const struct bend *bend) {
    const bool found =
        s->kernel.noise >= RERUN_NOISE_LEAST && surrogate_noise_odds(s, bend) >= RERUN_ODDS_LEAST;
    return found ? RERUN_NOISE : RERUN_NO_NOISE;
}

/* What is seen counts more than what is suspected. */
static bool is_noisy(const struct rerun *r, enum again_noise seen) {
    const bool suspected = r->newest == RERUN_NOISE && r->before == RERUN_NOISE;
    return seen == AGAIN_SOME || (seen != AGAIN_NONE && suspected);
}

/* ---- the best few ---- */

/* The mean at an observation is y - noise alpha, as K alpha = y. */
static double mean_at(const struct gp *g, uint32_t row) {
    return g->y[row] - g->kernel.noise * g->alpha[row];
}

/* Its first row in this order, and nothing speaks against it. */
static bool stands(const struct trials *t, const struct rows *rows, uint32_t row) {
    const uint32_t head = trials_head(t, rows->row[row].place);
    for (uint32_t j = 0; j < row; j++) {
        if (trials_head(t, rows->row[j].place) == head)
            return false;
    }
    return !rows->row[row].bad && !again_sum(t, head).failed;
}

/* The least means first. */
static void enter(struct rerun *r, uint32_t place, double mean) {
    uint32_t at = r->count;
    while (at > 0 && r->means[at - 1] > mean)
        at--;
    if (at == RERUN_RIVALS)
        return;
    r->count += r->count < RERUN_RIVALS;
    for (uint32_t i = r->count - 1; i > at; i--) {
        r->means[i] = r->means[i - 1];
        r->places[i] = r->places[i - 1];
    }
    r->means[at] = mean;
    r->places[at] = place;
}

bool rerun_best(const struct rerun *r, const struct surrogate *s, const struct trials *t,
                const struct rows *rows, uint32_t *place, double *mean) {
    bool any = false;
    if (!is_noisy(r, again_noise(t)))
        return false;
    for (uint32_t j = 0; j < rows->count; j++) {
        const double here = mean_at(&s->gp, j);
        if ((any && here >= *mean) || !stands(t, rows, j))
            continue;
        any = true;
        *mean = here;
        *place = again_sum(t, rows->row[j].place).first;
    }
    return any;
}

/* ---- what a run is worth ---- */

/* h(-|c|) of log_ei_h. */
static double tail(double c) {
    return portable_exp(log_ei_h(-fabs(c), NULL));
}

static void swap(double *a, double *b) {
    const double c = *a;
    *a = *b;
    *b = c;
}

/* By slope, of equal slopes the higher last. */
static void sort_lines(double *a, double *b, uint32_t count) {
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t j = i; j > 0 && (b[j - 1] > b[j] || (b[j - 1] == b[j] && a[j - 1] > a[j]));
             j--) {
            swap(&a[j - 1], &a[j]);
            swap(&b[j - 1], &b[j]);
        }
}

/* A line, and where it becomes the highest. */
struct edge {
    double a, b, from;
};

/* The line is steeper than all of the hull, or as steep as its last one and no lower. */
static uint32_t add_edge(struct edge *hull, uint32_t count, double a, double b) {
    double from = -INFINITY;
    for (; count > 0; count--) {
        const struct edge *last = &hull[count - 1];
        from = last->b < b ? (last->a - a) / (b - last->b) : -INFINITY;
        if (from > last->from)
            break;
    }
    hull[count] = (struct edge){a, b, count > 0 ? from : -INFINITY};
    return count + 1;
}

double rerun_gradient(const double *a, const double *b, uint32_t count) {
    double values[RERUN_POINTS], slopes[RERUN_POINTS];
    struct edge hull[RERUN_POINTS];
    uint32_t edges = 0;
    double sum = 0;
    memcpy(values, a, count * sizeof *a);
    memcpy(slopes, b, count * sizeof *b);
    sort_lines(values, slopes, count);
    for (uint32_t i = 0; i < count; i++)
        edges = add_edge(hull, edges, values[i], slopes[i]);
    for (uint32_t i = 1; i < edges; i++)
        sum += (hull[i].b - hull[i - 1].b) * tail(hull[i].from);
    return sum;
}

/* ---- the choice ---- */

static void look_at(struct rerun *r, struct surrogate *s, uint32_t at, const double *view) {
    struct gp *g = &s->gp;
    const uint32_t n = g->points.count;
    struct kernel_points points = {.x = r->columns, .ld = RERUN_POINTS, .count = at};
    double *seen = r->seen + at * (size_t)g->capacity;
    struct gp_belief belief = gp_predict(g, view);
    memcpy(seen, g->seen, n * sizeof *seen);
    r->means[at] = belief.mean;
    r->shared[at][at] = belief.deviation * belief.deviation;
    kernel_row(&g->kernel, &points, view, at, r->shared[at], g->scratch);
    for (uint32_t j = 0; j < at; j++) {
        r->shared[at][j] -= dot(seen, r->seen + j * (size_t)g->capacity, n);
        r->shared[j][at] = r->shared[at][j];
    }
    for (uint32_t i = 0; i < g->kernel.dims; i++)
        r->columns[i * RERUN_POINTS + at] = view[i];
}

static double worth_of(const struct rerun *r, uint32_t at, uint32_t count, double noise) {
    double a[RERUN_POINTS], b[RERUN_POINTS];
    const double scale = sqrt(r->shared[at][at] + noise);
    for (uint32_t j = 0; j < count; j++) {
        a[j] = -r->means[j];
        b[j] = -r->shared[at][j] / scale;
    }
    return rerun_gradient(a, b, count);
}

bool rerun_instead(struct rerun *r, struct surrogate *s, const struct trials *t,
                   const struct rows *rows, const double *view, uint32_t *place) {
    const enum again_noise seen = again_noise(t);
    const bool probes = view == NULL && seen == AGAIN_UNTRIED;
    const double noise = s->kernel.noise;
    double own[KERNEL_DIMS];
    r->count = 0;
    if (seen == AGAIN_AWAITED || !(is_noisy(r, seen) || probes))
        return false;
    for (uint32_t j = 0; j < rows->count; j++)
        if (stands(t, rows, j))
            enter(r, rows->row[j].place, mean_at(&s->gp, j));
    if (probes) {
        *place = r->places[0];
        return r->count > 0;
    }
    for (uint32_t i = 0; i < r->count; i++) {
        surrogate_view_of_row(s, trials_point(t, r->places[i]), 1, own);
        look_at(r, s, i, own);
    }
    if (view != NULL)
        look_at(r, s, r->count, view);
    const uint32_t count = r->count + (view != NULL);
    double most = view != NULL ? worth_of(r, r->count, count, noise) : 0;
    bool any = false;
    for (uint32_t i = 0; i < r->count; i++) {
        const double worth = worth_of(r, i, r->count, noise);
        if (worth <= most)
            continue;
        most = worth;
        *place = r->places[i];
        any = true;
    }
    return any;
}

/* Begun, whether or not they have ended. */
static uint32_t runs_of(const struct trials *t, uint32_t head) {
    uint32_t runs = 0, run = head;
    do {
        runs += t->states[run] != TAKEN_BACK;
        run = t->again.next[run];
    } while (run != 0);
    return runs;
}

bool rerun_evenly(const struct trials *t, uint32_t *place) {
    const enum again_noise seen = again_noise(t);
    uint32_t choices = 0, fewest = UINT32_MAX;
    double least = INFINITY;
    for (uint32_t head = 0; head < t->count; head++) {
        if (trials_head(t, head) != head)
            continue;
        const struct again_sum sum = again_sum(t, head);
        const uint32_t runs = seen == AGAIN_UNTRIED ? 0 : runs_of(t, head);
        if (sum.runs == 0 || sum.failed)
            continue;
        choices++;
        if (runs > fewest || (runs == fewest && !(sum.mean < least)))
            continue;
        *place = sum.first;
        fewest = runs;
        least = sum.mean;
    }
    return choices > 1 && (seen == AGAIN_UNTRIED || seen == AGAIN_SOME);
}
