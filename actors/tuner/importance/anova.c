#include "actors/tuner/importance/anova.h"

#include "actors/tuner/algo/algo.h"
#include "actors/tuner/num/sobol.h"
#include "actors/tuner/space/allowed.h"
#include "proto/base/rng.h"

#include <math.h>
#include <string.h>

size_t anova_bytes(const struct space *space, uint32_t samples) {
    size_t doubles = 2 * (size_t)space->dims + 2 + 2 * (size_t)space->dims;
    return samples * (doubles * sizeof(double) + 2 * (size_t)space->dims * sizeof(bool)) +
           sobol_bytes(2 * (size_t)space->dims) + 1024;
}

static double *doubles(struct arena *arena, size_t count) {
    return arena_take_unset(arena, count * sizeof(double));
}

/* f at a full point; NAN where it is forbidden. active: NULL, or one bool for each parameter,
 * `stride` apart. */
static double value_at(const struct anova *a, const double *full, bool *active, size_t stride) {
    struct value values[LIMIT_PARAMS];
    double settled[LIMIT_PARAMS];
    space_values(a->space, full, values);
    if (!space_allows(a->space, values))
        return NAN;
    for (uint32_t i = 0; active != NULL && i < a->space->dims; i++)
        active[i * stride] = values[i].kind != VALUE_NONE;
    space_point(a->space, values, settled);
    return a->f.at(a->f.context, settled);
}

/* An allowed point: the even one that is given, or else another. */
static bool draw(const struct anova *a, struct rng *r, const double *even, double *point) {
    struct value values[LIMIT_PARAMS];
    memcpy(point, even, a->space->dims * sizeof *point);
    space_values(a->space, point, values);
    return space_allows(a->space, values) || allowed_draw(a->space, r, point, values);
}

bool anova_init(struct anova *a, const struct space *space, struct anova_function f,
                uint32_t samples, struct arena *arena) {
    struct rng scramble = rng_of(0, (uint32_t)PURPOSE_IMPORTANCE << 16, 0);
    struct sobol sobol;
    size_t dims = space->dims;
    double even[2 * LIMIT_PARAMS];
    *a = (struct anova){.space = space, .f = f, .samples = samples};
    a->x = doubles(arena, samples * dims);
    a->y = doubles(arena, samples * dims);
    a->fx = doubles(arena, samples);
    a->fy = doubles(arena, samples);
    a->fu = doubles(arena, samples * dims);
    a->fv = doubles(arena, samples * dims);
    a->active = arena_take_unset(arena, 2 * samples * dims * sizeof *a->active);
    if (!sobol_init(&sobol, 2 * dims, &scramble, arena) || arena->full)
        return false;
    for (uint32_t n = 0; n < samples; n++) {
        struct rng r = rng_of(0, (uint32_t)PURPOSE_IMPORTANCE << 16 | 1, n);
        double *x = a->x + n * dims;
        double *y = a->y + n * dims;
        sobol_point(&sobol, n, even);
        if (!draw(a, &r, even, x) || !draw(a, &r, even + dims, y))
            return false;
        a->fx[n] = value_at(a, x, a->active + n, samples);
        a->fy[n] = value_at(a, y, a->active + samples * dims + n, samples);
    }
    return true;
}

/* f at `from` with coordinate i, and j too unless it is i, taken from `other`. */
static double exchanged(const struct anova *a, const double *from, const double *other, uint32_t i,
                        uint32_t j) {
    double point[LIMIT_PARAMS];
    memcpy(point, from, a->space->dims * sizeof *point);
    point[i] = other[i];
    point[j] = other[j];
    return value_at(a, point, NULL, 0);
}

static double share(double part, double whole) {
    double s = whole > 0 ? part / whole : 0;
    return s < 0 ? 0 : s > 1 ? 1 : s;
}

/* Of the configurations that have parameter `dim`: how many there are, their mean, variance, and
 * what changes when it does. */
struct among {
    uint32_t count, moved_count;
    double sum, squares, moved;
};

static void among_add(struct among *m, bool active, double value, double changed) {
    if (!active)
        return;
    m->count++;
    m->sum += value;
    m->squares += value * value;
    if (isnan(changed))
        return;
    m->moved_count++;
    m->moved += (value - changed) * (value - changed) / 2;
}

static double among_share(const struct among *m) {
    if (m->moved_count == 0)
        return 0;
    double mean = m->sum / m->count;
    return share(m->moved / m->moved_count, m->squares / m->count - mean * mean);
}

struct anova_part anova_of(struct anova *a, uint32_t dim) {
    size_t dims = a->space->dims;
    double *fu = a->fu + dim * (size_t)a->samples;
    double *fv = a->fv + dim * (size_t)a->samples;
    const bool *in_x = a->active + dim * (size_t)a->samples;
    const bool *in_y = in_x + a->samples * dims;
    double variance = 0, alone = 0, total = 0;
    struct among among = {0};
    for (uint32_t n = 0; n < a->samples; n++) {
        fu[n] = exchanged(a, a->x + n * dims, a->y + n * dims, dim, dim);
        fv[n] = exchanged(a, a->y + n * dims, a->x + n * dims, dim, dim);
        among_add(&among, in_x[n], a->fx[n], fu[n]);
        among_add(&among, in_y[n], a->fy[n], fv[n]);
        if (isnan(fu[n]) || isnan(fv[n]))
            continue;
        double at_x = a->fx[n] - fu[n];
        double at_y = fv[n] - a->fy[n];
        double whole = a->fx[n] - a->fy[n];
        variance += whole * whole / 2;
        alone += at_x * at_y / 2;
        total += (at_x * at_x + at_y * at_y) / 4;
    }
    return (struct anova_part){.alone = share(alone, variance),
                               .total = share(total, variance),
                               .active = among.count / (2.0 * a->samples),
                               .where_active = among_share(&among)};
}

double anova_pair(struct anova *a, uint32_t i, uint32_t j) {
    size_t dims = a->space->dims;
    size_t at_i = i * (size_t)a->samples;
    size_t at_j = j * (size_t)a->samples;
    double variance = 0, together = 0;
    for (uint32_t n = 0; n < a->samples; n++) {
        double u = exchanged(a, a->x + n * dims, a->y + n * dims, i, j);
        double v = exchanged(a, a->y + n * dims, a->x + n * dims, i, j);
        double at_x = a->fx[n] - a->fu[at_i + n] - a->fu[at_j + n] + u;
        double at_y = v - a->fv[at_i + n] - a->fv[at_j + n] + a->fy[n];
        double whole = a->fx[n] - a->fy[n];
        if (isnan(at_x) || isnan(at_y))
            continue;
        variance += whole * whole / 2;
        together += at_x * at_y / 4;
    }
    return share(together, variance);
}
