#include "actors/tuner/space/allowed.h"

#include "proto/base/rng.h"

#include <math.h>
#include <string.h>

enum {
    DRAWS = 1024,
    WALKED = 12288,   /* steps of all walks of one draw */
    STEPS_BASE = 512, /* of a walk, and for each parameter */
    STEPS_EACH = 16,
    FINEST = 40,   /* binary digits of the shortest step */
    ROUNDS = 4,    /* how often each coordinate is drawn anew */
    DARING = 32,   /* one change in so many is taken though it leads away */
    SHRINKS = 24,  /* of the interval it is drawn from */
    HALVINGS = 12, /* of the way to the coordinate that was asked for */
    SEARCHES = ALLOWED_LOOKS / DRAWS,
    LOOK_SEED = 20, /* and its seed: the same answer for the same job, whatever its seed */
};

bool space_allows(const struct space *s, const struct value *values) {
    return job_allows(s->job, values);
}

static bool is_allowed(const struct space *s, const double *point, struct value *values) {
    space_values(s, point, values);
    return space_allows(s, values);
}

static void draw_all(const struct space *s, struct rng *r, double *point) {
    for (uint32_t i = 0; i < s->dims; i++)
        point[i] = rng_unit(r);
}

static double miss_at(const struct space *s, const double *point, struct value *values) {
    space_values(s, point, values);
    return job_miss(s->job, values);
}

/* Anywhere, or near `from`: every second time, at every scale alike. */
static double changed(struct rng *r, double from) {
    double to = rng_unit(r);
    uint64_t scale = rng_below(r, 2 * FINEST);
    if (scale < FINEST)
        to = from + ldexp(2 * to - 1, -(int)scale);
    return to < 0 ? 0 : to > 1 ? 1 : to;
}

/* A change that makes nothing worse is taken, so plateaus are crossed, and now and then one that
 * does, so that no hollow holds the walk. */
static bool walk(const struct space *s, struct rng *r, uint32_t steps, double *point,
                 struct value *values) {
    double miss = miss_at(s, point, values);
    for (uint32_t step = 0; step < steps && miss > 0; step++) {
        uint32_t i = (uint32_t)rng_below(r, s->dims);
        double before = point[i];
        point[i] = changed(r, before);
        double now = miss_at(s, point, values);
        if (now <= miss || rng_below(r, DARING) == 0)
            miss = now;
        else
            point[i] = before;
    }
    return is_allowed(s, point, values);
}

/* One coordinate of an allowed point, evenly from where the point stays allowed. */
static void redraw(const struct space *s, struct rng *r, uint32_t i, double *point,
                   struct value *values) {
    double low = 0;
    double high = 1;
    double here = point[i];
    for (int shrink = 0; shrink < SHRINKS; shrink++) {
        point[i] = low + (high - low) * rng_unit(r);
        if (is_allowed(s, point, values))
            return;
        if (point[i] < here)
            low = point[i];
        else
            high = point[i];
    }
    point[i] = here;
}

static void spread(const struct space *s, struct rng *r, double *point, struct value *values) {
    for (uint32_t round = 0; round < ROUNDS * s->dims; round++)
        redraw(s, r, (uint32_t)rng_below(r, s->dims), point, values);
    space_values(s, point, values);
}

bool allowed_draw(const struct space *s, struct rng *r, double *point, struct value *values) {
    for (int draw = 0; draw < DRAWS; draw++) {
        draw_all(s, r, point);
        if (is_allowed(s, point, values))
            return true;
    }
    uint32_t steps = STEPS_BASE + STEPS_EACH * s->dims;
    for (uint32_t walked = 0; walked < WALKED; walked += steps) {
        draw_all(s, r, point);
        if (!walk(s, r, steps, point, values))
            continue;
        spread(s, r, point, values);
        return true;
    }
    return false;
}

/* Brings coordinate i of an allowed point towards `wanted` as far as it stays allowed. */
static void approach(const struct space *s, uint32_t i, double wanted, double *point,
                     struct value *values) {
    double good = point[i];
    double bad = wanted;
    point[i] = wanted;
    for (int halving = 0; halving < HALVINGS; halving++) {
        if (is_allowed(s, point, values)) {
            if (point[i] == wanted)
                return;
            good = point[i];
        } else {
            bad = point[i];
        }
        point[i] = good + (bad - good) / 2;
    }
    point[i] = good;
}

bool allowed_near(const struct space *s, struct rng *r, double *point, struct value *values) {
    double wanted[LIMIT_PARAMS];
    if (is_allowed(s, point, values))
        return true;
    memcpy(wanted, point, s->dims * sizeof *wanted);
    if (!allowed_draw(s, r, point, values))
        return false;
    uint32_t first = (uint32_t)rng_below(r, s->dims);
    for (uint32_t round = 0; round < 2 * s->dims; round++) {
        uint32_t i = (first + round) % s->dims;
        approach(s, i, wanted[i], point, values);
    }
    space_values(s, point, values);
    return true;
}

bool allowed_some(const struct space *s, double *point, struct value *values) {
    for (uint64_t search = 0; search < SEARCHES; search++) {
        struct rng r = rng_of(LOOK_SEED, 0, search);
        if (allowed_draw(s, &r, point, values))
            return true;
    }
    return false;
}
