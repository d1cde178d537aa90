#include "actors/tuner/num/lbfgs.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* What is enough: Nocedal and Wright, Numerical Optimization, 2nd edition, 3.1. */
#define FALL_ENOUGH 1e-4
#define SLOPE_ENOUGH 0.9
#define CURVATURE_LEAST 1e-12 /* of |s| |y|: below, a pair says nothing */

enum { TRIES_MAX = 30, FARTHER = 4, VECTORS = 7 };

struct place {
    double *x;
    double *gradient;
    double value;
};

struct search {
    const struct lbfgs_problem *p;
    size_t n;
    struct place here, there, good; /* where we are, where a step leads, the best step so far */
    double *direction;
    double *steps, *changes; /* LBFGS_PAIRS x n: of x, and of the gradient */
    size_t pairs, newest;
    int evaluations;
};

/* fmin and fmax of the C library do not say which of 0 and -0 is the less: that is said here. */
static double lesser(double a, double b) {
    return a < b ? a : b;
}

static double greater(double a, double b) {
    return a > b ? a : b;
}

static double clamped(const struct search *s, size_t i, double x) {
    return lesser(greater(x, s->p->low[i]), s->p->high[i]); /* low for a NaN */
}

/* Leaves a NaN for a value when anything is not finite. */
static void evaluate(struct search *s, struct place *at) {
    s->evaluations++;
    at->value = s->p->function(s->p->context, at->x, at->gradient);
    bool finite = isfinite(at->value);
    for (size_t i = 0; i < s->n; i++)
        finite = finite && isfinite(at->gradient[i]);
    if (!finite)
        at->value = NAN;
}

static bool is_free(const struct search *s, size_t i) {
    double x = s->here.x[i];
    return s->here.gradient[i] > 0 ? x > s->p->low[i] : x < s->p->high[i];
}

static double dot_free(const struct search *s, const double *a, const double *b) {
    double sum = 0;
    for (size_t i = 0; i < s->n; i++)
        if (is_free(s, i))
            sum += a[i] * b[i];
    return sum;
}

/* How far a step of 1 against the gradient leads, in the coordinate that goes farthest. */
static double gradient_left(const struct search *s) {
    double most = 0;
    for (size_t i = 0; i < s->n; i++)
        most =
            greater(most, fabs(clamped(s, i, s->here.x[i] - s->here.gradient[i]) - s->here.x[i]));
    return most;
}

/* ---- the direction ---- */

struct pair {
    const double *step, *change;
    double product, alpha; /* product 0: it says nothing about the free coordinates */
};

static size_t pairs_of(const struct search *s, struct pair pairs[LBFGS_PAIRS]) { /* newest first */
    for (size_t i = 0; i < s->pairs; i++) {
        size_t at = (s->newest + LBFGS_PAIRS - i) % LBFGS_PAIRS;
        struct pair *pair = &pairs[i];
        *pair = (struct pair){.step = s->steps + at * s->n, .change = s->changes + at * s->n};
        double product = dot_free(s, pair->step, pair->change);
        double sizes =
            dot_free(s, pair->step, pair->step) * dot_free(s, pair->change, pair->change);
        if (product > CURVATURE_LEAST * sqrt(sizes))
            pair->product = product;
    }
    return s->pairs;
}

/* direction += factor * v */
static void add(struct search *s, double factor, const double *v) {
    for (size_t i = 0; i < s->n; i++)
        s->direction[i] += factor * v[i];
}

static void against_gradient(struct search *s) {
    for (size_t i = 0; i < s->n; i++)
        s->direction[i] = is_free(s, i) ? -s->here.gradient[i] : 0;
}

/* The two loops of Liu and Nocedal among the free coordinates; false when no pair had a say. */
static bool bent_by_pairs(struct search *s) {
    struct pair pairs[LBFGS_PAIRS];
    size_t count = pairs_of(s, pairs);
    double scale = 0;
    for (size_t i = 0; i < count; i++) {
        struct pair *pair = &pairs[i];
        if (pair->product == 0)
            continue;
        pair->alpha = dot_free(s, pair->step, s->direction) / pair->product;
        add(s, -pair->alpha, pair->change);
        if (scale == 0)
            scale = pair->product / dot_free(s, pair->change, pair->change);
    }
    if (scale == 0)
        return false;
    for (size_t i = 0; i < s->n; i++)
        s->direction[i] *= scale;
    for (size_t i = count; i-- > 0;) {
        struct pair *pair = &pairs[i];
        if (pair->product > 0)
            add(s, pair->alpha - dot_free(s, pair->change, s->direction) / pair->product,
                pair->step);
    }
    for (size_t i = 0; i < s->n; i++)
        if (!is_free(s, i))
            s->direction[i] = 0;
    return true;
}

/* Sets the direction; the length of the first step to try. */
static double choose_direction(struct search *s) {
    against_gradient(s);
    if (bent_by_pairs(s) && dot_free(s, s->here.gradient, s->direction) < 0)
        return 1;
    s->pairs = 0;
    against_gradient(s);
    return lesser(1, 1 / sqrt(dot_free(s, s->direction, s->direction)));
}

/* ---- a step ---- */

/* There is x + t d, in the box. What the gradient promises for that way: below zero, or 0 when the
 * step is too short to lead anywhere. */
static double go(struct search *s, double t) {
    double promised = 0;
    for (size_t i = 0; i < s->n; i++) {
        s->there.x[i] = clamped(s, i, s->here.x[i] + t * s->direction[i]);
        promised += s->here.gradient[i] * (s->there.x[i] - s->here.x[i]);
    }
    return promised;
}

/* Along the path, there: coordinates that the box stopped do not move any more. */
static double slope_there(const struct search *s) {
    double slope = 0;
    for (size_t i = 0; i < s->n; i++) {
        double d = s->direction[i];
        if (d < 0 ? s->there.x[i] > s->p->low[i] : s->there.x[i] < s->p->high[i])
            slope += s->there.gradient[i] * d;
    }
    return slope;
}

struct bound { /* of the search along the path */
    double t, value, slope;
};

/* Between a bound that is too near and one too far: where the parabola through what is known has
 * its least value, but neither too close to the one nor to the other. */
static double between(const struct bound *near, double far, double far_value) {
    double width = far - near->t;
    double bend = far_value - near->value - near->slope * width;
    double part = isfinite(bend) && bend > 0 ? -near->slope * width / (2 * bend) : 0.25;
    return near->t + width * lesser(greater(part, 0.1), 0.5);
}

static void swap(struct place *a, struct place *b) {
    struct place c = *a;
    *a = *b;
    *b = c;
}

/* Whether a step along the direction lowers the value; it is in good. */
static bool find_step(struct search *s, double t) {
    double slope = dot_free(s, s->here.gradient, s->direction);
    struct bound near = {0, s->here.value, slope};
    double far = INFINITY;
    for (int try = 0; try < TRIES_MAX && s->evaluations < s->p->evaluations_max; try++) {
        double promised = go(s, t);
        if (!(promised < 0))
            break;
        evaluate(s, &s->there);
        if (s->there.value <= s->here.value + FALL_ENOUGH * promised) {
            near = (struct bound){t, s->there.value, slope_there(s)};
            swap(&s->there, &s->good);
            if (near.slope >= SLOPE_ENOUGH * slope)
                break;
            t = isfinite(far) ? (near.t + far) / 2 : t * FARTHER;
        } else {
            far = t;
            t = between(&near, far, s->there.value);
        }
    }
    return near.t > 0;
}

static void keep_pair(struct search *s) {
    size_t at = s->pairs == 0 ? 0 : (s->newest + 1) % LBFGS_PAIRS;
    double *step = s->steps + at * s->n;
    double *change = s->changes + at * s->n;
    double product = 0;
    for (size_t i = 0; i < s->n; i++) {
        step[i] = s->good.x[i] - s->here.x[i];
        change[i] = s->good.gradient[i] - s->here.gradient[i];
        product += step[i] * change[i];
    }
    if (!(product > 0))
        return;
    s->newest = at;
    if (s->pairs < LBFGS_PAIRS)
        s->pairs++;
}

/* ---- the whole ---- */

size_t lbfgs_doubles(size_t n) {
    return n * (VECTORS + 2 * LBFGS_PAIRS);
}

static struct search begin(const struct lbfgs_problem *p, const double *x, double *memory) {
    struct search s = {.p = p, .n = p->n};
    double **vectors[] = {&s.here.x, &s.here.gradient, &s.there.x,  &s.there.gradient,
                          &s.good.x, &s.good.gradient, &s.direction};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++, memory += p->n)
        *vectors[i] = memory;
    s.steps = memory;
    s.changes = memory + LBFGS_PAIRS * p->n;
    for (size_t i = 0; i < p->n; i++)
        s.here.x[i] = clamped(&s, i, x[i]);
    evaluate(&s, &s.here);
    return s;
}

static enum lbfgs_end walk(struct search *s, int *iterations) {
    const struct lbfgs_problem *p = s->p;
    if (isnan(s->here.value))
        return LBFGS_NO_START;
    for (;;) {
        if (gradient_left(s) <= p->gradient_tolerance)
            return LBFGS_CONVERGED;
        if (*iterations >= p->iterations_max || s->evaluations >= p->evaluations_max)
            return LBFGS_LIMIT;
        double first = choose_direction(s);
        if (!find_step(s, first)) {
            if (s->evaluations >= p->evaluations_max)
                return LBFGS_LIMIT;
            if (s->pairs == 0)
                return LBFGS_STUCK;
            s->pairs = 0; /* they misled: once more, along the gradient */
            continue;
        }
        ++*iterations;
        double fallen = s->here.value - s->good.value;
        keep_pair(s);
        swap(&s->here, &s->good);
        if (fallen <= p->value_tolerance * greater(fabs(s->here.value), 1))
            return LBFGS_CONVERGED;
    }
}

struct lbfgs_result lbfgs_minimise(const struct lbfgs_problem *problem, double *x, double *memory) {
    struct search s = begin(problem, x, memory);
    struct lbfgs_result result = {.iterations = 0};
    result.end = walk(&s, &result.iterations);
    result.value = s.here.value;
    result.evaluations = s.evaluations;
    memcpy(x, s.here.x, problem->n * sizeof *x);
    return result;
}
