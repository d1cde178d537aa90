#include "actors/tuner/model/kernel.h"

#include "actors/tuner/num/matrix.h"
#include "actors/tuner/num/portable.h"

#include <math.h>
#include <string.h>

#define ROOT5 2.2360679774997896964

/* Squared distances along one dimension. */
static void squares(const struct kernel *k, uint32_t dim, const double *column, double at,
                    uint32_t count, double *d2) {
    if (k->choice[dim]) {
        for (uint32_t j = 0; j < count; j++)
            d2[j] = column[j] != at ? 1 : 0;
    } else if (at < 0) {
        for (uint32_t j = 0; j < count; j++)
            d2[j] = column[j] < 0 ? 0 : 1;
    } else {
        for (uint32_t j = 0; j < count; j++) {
            double d = column[j] - at;
            d2[j] = column[j] < 0 ? 1 : d * d;
        }
    }
}

static const double *column_of(const struct kernel_points *points, uint32_t dim) {
    return points->x + dim * points->ld;
}

/* q becomes r, e becomes e^-r. */
static void decays(double *q, double *e, uint32_t count) {
    for (uint32_t j = 0; j < count; j++) {
        q[j] = ROOT5 * sqrt(q[j]);
        e[j] = -q[j];
    }
    portable_exp_all(e, count);
}

/* row += height m(q); q becomes r. */
static void matern_add(double *q, double *e, uint32_t count, double height, double *row) {
    decays(q, e, count);
    for (uint32_t j = 0; j < count; j++)
        row[j] += height * (1 + q[j] + q[j] * q[j] / 3) * e[j];
}

/* From r and e^-r: dm/dq = -5/6 (1 + r) e^-r, times `height`. */
static void matern_slopes(double *q, const double *e, uint32_t count, double height) {
    for (uint32_t j = 0; j < count; j++)
        q[j] = height * (-5.0 / 6) * (1 + q[j]) * e[j];
}

static void joint_q(const struct kernel *k, const struct kernel_points *points, const double *point,
                    uint32_t count, double *q, double *d2) {
    for (uint32_t j = 0; j < count; j++)
        q[j] = 0;
    for (uint32_t i = 0; i < k->dims; i++) {
        squares(k, i, column_of(points, i), point[i], count, d2);
        for (uint32_t j = 0; j < count; j++)
            q[j] += k->w[i] * d2[j];
    }
}

/* What the dimension alone makes of q. */
static void apart_q(const struct kernel *k, const struct kernel_points *points, uint32_t dim,
                    double at, uint32_t count, double *q) {
    squares(k, dim, column_of(points, dim), at, count, q);
    for (uint32_t j = 0; j < count; j++)
        q[j] *= k->v[dim];
}

static void clear(double *row, uint32_t count) {
    memset(row, 0, count * sizeof *row);
}

void kernel_row(const struct kernel *k, const struct kernel_points *points, const double *point,
                uint32_t count, double *row, double *scratch) {
    double *q = scratch;
    double *e = scratch + count;
    double *d2 = e; /* not needed at once */
    clear(row, count);
    joint_q(k, points, point, count, q, d2);
    matern_add(q, e, count, k->joint, row);
    for (uint32_t i = 0; i < k->dims; i++) {
        apart_q(k, points, i, point[i], count, q);
        matern_add(q, e, count, k->apart / k->dims, row);
    }
}

static void joint_slopes(const struct kernel *k, const struct kernel_points *points,
                         const double *point, uint32_t count, const double *c,
                         struct kernel_slopes *slopes, double *scratch) {
    double *q = scratch;
    double *e = scratch + count;
    double *row = scratch + 2 * (size_t)count;
    double *d2 = e;
    joint_q(k, points, point, count, q, d2);
    clear(row, count);
    matern_add(q, e, count, 1, row);
    slopes->joint += dot(c, row, count);
    matern_slopes(q, e, count, k->joint);
    for (uint32_t j = 0; j < count; j++)
        q[j] *= c[j];
    for (uint32_t i = 0; i < k->dims; i++) {
        squares(k, i, column_of(points, i), point[i], count, d2);
        slopes->w[i] += k->w[i] * dot(q, d2, count);
    }
}

static void apart_slopes(const struct kernel *k, const struct kernel_points *points,
                         const double *point, uint32_t count, const double *c,
                         struct kernel_slopes *slopes, double *scratch) {
    double *q = scratch;
    double *e = scratch + count;
    double *row = scratch + 2 * (size_t)count;
    double *vd2 = scratch + 3 * (size_t)count;
    clear(row, count);
    for (uint32_t i = 0; i < k->dims; i++) {
        apart_q(k, points, i, point[i], count, q);
        memcpy(vd2, q, count * sizeof *q);
        matern_add(q, e, count, 1.0 / k->dims, row);
        matern_slopes(q, e, count, k->apart / k->dims);
        for (uint32_t j = 0; j < count; j++)
            vd2[j] *= q[j];
        slopes->v[i] += dot(c, vd2, count);
    }
    slopes->apart += dot(c, row, count);
}

void kernel_slopes_add(const struct kernel *k, const struct kernel_points *points,
                       const double *point, uint32_t count, const double *c,
                       struct kernel_slopes *slopes, double *scratch) {
    joint_slopes(k, points, point, count, c, slopes, scratch);
    apart_slopes(k, points, point, count, c, slopes, scratch);
}

/* The sum of c_j slope_j d(d_j^2)/dx over the points whose coordinate is active. */
static double along(const double *column, double x, uint32_t count, const double *c,
                    const double *slope) {
    double sum = 0;
    for (uint32_t j = 0; j < count; j++)
        sum += column[j] < 0 ? 0 : c[j] * slope[j] * 2 * (x - column[j]);
    return sum;
}

void kernel_gradient(const struct kernel *k, const struct kernel_points *points,
                     const double *point, const double *c, double *gradient, double *scratch) {
    uint32_t count = points->count;
    double *joint = scratch;
    double *e = scratch + count;
    double *apart = scratch + 2 * (size_t)count;
    joint_q(k, points, point, count, joint, e);
    decays(joint, e, count);
    matern_slopes(joint, e, count, k->joint);
    for (uint32_t i = 0; i < k->dims; i++) {
        const double *column = column_of(points, i);
        gradient[i] = 0;
        if (k->choice[i] || point[i] < 0)
            continue;
        apart_q(k, points, i, point[i], count, apart);
        decays(apart, e, count);
        matern_slopes(apart, e, count, k->apart / k->dims);
        gradient[i] = k->w[i] * along(column, point[i], count, c, joint) +
                      k->v[i] * along(column, point[i], count, c, apart);
    }
}
