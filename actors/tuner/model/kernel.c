#include "actors/tuner/model/kernel.h"

#include "actors/tuner/num/matern.h"
#include "actors/tuner/num/matrix.h"

#include <string.h>

/* Where an inactive coordinate stands: beside the middle of the active ones' interval. */
#define MIDDLE 0.5
#define ASIDE 0.75 /* squared */

static struct matern_place place_of(double at) {
    double d = at - MIDDLE;
    return at < 0 ? (struct matern_place){.centre = MIDDLE, .more = ASIDE, .off = 0}
                  : (struct matern_place){.centre = at, .more = 0, .off = d * d + ASIDE};
}

static const double *column_of(const struct kernel_points *points, uint32_t dim) {
    return points->x + dim * points->ld;
}

static void clear(double *row, uint32_t count) {
    memset(row, 0, count * sizeof *row);
}

/* q += weight d^2 along one dimension. */
static void weigh(const struct kernel *k, uint32_t dim, const double *column, double at,
                  uint32_t count, double weight, double *q) {
    if (k->choice[dim]) {
        matern_here()->differ(column, at, count, 0, weight, q);
    } else {
        struct matern_place place = place_of(at);
        matern_here()->weigh(&place, column, count, weight, q);
    }
}

static void joint_q(const struct kernel *k, const struct kernel_points *points, const double *point,
                    uint32_t count, double *q) {
    clear(q, count);
    for (uint32_t i = 0; i < k->dims; i++)
        weigh(k, i, column_of(points, i), point[i], count, k->w[i], q);
}

/* m and v dm/dq where q is v: a choice's only distance. */
struct unlike {
    double m, slope;
};
static struct unlike unlike_of(double v) {
    double r = v, e;
    struct unlike u = {.m = 0};
    matern_here()->decay(&r, &e, 1);
    matern_here()->rise(&r, &e, 1, 1, &u.m);
    matern_here()->slope(&r, &e, 1, v);
    u.slope = r;
    return u;
}

/* All coordinates but how far along the curve it is. */
static bool is_same(const struct kernel *k, const struct kernel_points *points, uint32_t j,
                    const double *point) {
    for (uint32_t i = 0; i + 1 < k->dims; i++)
        if (column_of(points, i)[j] != point[i])
            return false;
    return true;
}

void kernel_row(const struct kernel *k, const struct kernel_points *points, const double *point,
                uint32_t count, double *row, double *scratch) {
    const struct matern_loops *loops = matern_here();
    double *q = scratch;
    double *e = scratch + count;
    double height = k->apart / k->dims;
    clear(row, count);
    joint_q(k, points, point, count, q);
    loops->decay(q, e, count);
    loops->rise(q, e, count, k->joint, row);
    for (uint32_t i = 0; i < k->dims; i++) {
        const double *column = column_of(points, i);
        if (k->choice[i]) {
            double other = height * unlike_of(k->v[i]).m;
            loops->differ(column, point[i], count, height, other, row);
            continue;
        }
        struct matern_place place = place_of(point[i]);
        loops->begin(&place, column, count, k->v[i], q);
        loops->decay(q, e, count);
        loops->rise(q, e, count, height, row);
    }
    for (uint32_t j = 0; k->own > 0 && j < count; j++)
        if (is_same(k, points, j, point))
            row[j] += k->own;
}

static void joint_slopes(const struct kernel *k, const struct kernel_points *points,
                         const double *point, uint32_t count, const double *c,
                         struct kernel_slopes *slopes, double *scratch) {
    const struct matern_loops *loops = matern_here();
    double *q = scratch;
    double *e = scratch + count;
    double *row = scratch + 2 * (size_t)count;
    double *d2 = e; /* not needed at once */
    joint_q(k, points, point, count, q);
    loops->decay(q, e, count);
    clear(row, count);
    loops->rise(q, e, count, 1, row);
    slopes->joint += dot(c, row, count);
    loops->slope(q, e, count, k->joint);
    for (uint32_t j = 0; j < count; j++)
        q[j] *= c[j];
    for (uint32_t i = 0; i < k->dims; i++) {
        clear(d2, count);
        weigh(k, i, column_of(points, i), point[i], count, 1, d2);
        slopes->w[i] += k->w[i] * dot(q, d2, count);
    }
}

static void apart_slopes(const struct kernel *k, const struct kernel_points *points,
                         const double *point, uint32_t count, const double *c,
                         struct kernel_slopes *slopes, double *scratch) {
    const struct matern_loops *loops = matern_here();
    double *q = scratch;
    double *e = scratch + count;
    double *row = scratch + 2 * (size_t)count;
    double *vd2 = scratch + 3 * (size_t)count;
    double share = 1.0 / k->dims;
    clear(row, count);
    for (uint32_t i = 0; i < k->dims; i++) {
        const double *column = column_of(points, i);
        if (k->choice[i]) {
            struct unlike u = unlike_of(k->v[i]);
            loops->differ(column, point[i], count, share, share * u.m, row);
            clear(vd2, count);
            loops->differ(column, point[i], count, 0, u.slope, vd2);
        } else {
            struct matern_place place = place_of(point[i]);
            loops->begin(&place, column, count, k->v[i], q);
            memcpy(vd2, q, count * sizeof *q);
            loops->decay(q, e, count);
            loops->rise(q, e, count, share, row);
            loops->slope(q, e, count, 1);
            for (uint32_t j = 0; j < count; j++)
                vd2[j] *= q[j];
        }
        slopes->v[i] += k->apart * share * dot(c, vd2, count);
    }
    slopes->apart += dot(c, row, count);
}

void kernel_slopes_add(const struct kernel *k, const struct kernel_points *points,
                       const double *point, uint32_t count, const double *c,
                       struct kernel_slopes *slopes, double *scratch) {
    joint_slopes(k, points, point, count, c, slopes, scratch);
    apart_slopes(k, points, point, count, c, slopes, scratch);
    for (uint32_t j = 0; k->own > 0 && j < count; j++)
        if (is_same(k, points, j, point))
            slopes->own += c[j];
}

void kernel_gradient(const struct kernel *k, const struct kernel_points *points,
                     const double *point, const double *c, double *gradient, double *scratch) {
    const struct matern_loops *loops = matern_here();
    uint32_t count = points->count;
    double *joint = scratch;
    double *e = scratch + count;
    double *apart = scratch + 2 * (size_t)count;
    joint_q(k, points, point, count, joint);
    loops->decay(joint, e, count);
    loops->slope(joint, e, count, k->joint);
    for (uint32_t i = 0; i < k->dims; i++) {
        const double *column = column_of(points, i);
        gradient[i] = 0;
        if (k->choice[i] || point[i] < 0)
            continue;
        struct matern_place place = place_of(point[i]);
        loops->begin(&place, column, count, k->v[i], apart);
        loops->decay(apart, e, count);
        loops->slope(apart, e, count, k->apart / k->dims);
        for (uint32_t j = 0; j < count; j++)
            apart[j] = 2 * (k->w[i] * joint[j] + k->v[i] * apart[j]) *
                       (point[i] - (column[j] < 0 ? MIDDLE : column[j]));
        gradient[i] = dot(c, apart, count);
    }
}
