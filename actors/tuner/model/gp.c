#include "actors/tuner/model/gp.h"

#include "actors/tuner/num/lbfgs.h"
#include "actors/tuner/num/matrix.h"
#include "proto/base/check.h"

#include <math.h>
#include <string.h>

#define JITTER 1e-8

size_t gp_bytes(uint32_t dims, uint32_t capacity) {
    size_t n = capacity;
    return (dims * n + 3 * n * n + 10 * n + lbfgs_doubles(GP_SETTINGS)) * sizeof(double) + 4096;
}

static double *vector(struct arena *arena, size_t count) {
    return arena_take_unset(arena, count * sizeof(double));
}

bool gp_init(struct gp *g, uint32_t dims, uint32_t capacity, struct arena *arena) {
    size_t n = capacity;
    *g = (struct gp){.capacity = capacity, .kernel.dims = dims, .noise_most = 1};
    g->x = vector(arena, dims * n);
    g->y = vector(arena, n);
    g->l = vector(arena, n * n);
    g->inverse = vector(arena, n * n);
    g->work = vector(arena, n * n);
    g->alpha = vector(arena, n);
    g->white = vector(arena, n);
    g->scratch = vector(arena, 5 * n);
    g->seen = vector(arena, n);
    g->descent = vector(arena, lbfgs_doubles(GP_SETTINGS));
    g->points = (struct kernel_points){.x = g->x, .ld = n};
    return !arena->full;
}

void gp_add(struct gp *g, const double *point, double y) {
    uint32_t at = g->points.count;
    ensure(at < g->capacity);
    for (uint32_t i = 0; i < g->kernel.dims; i++)
        g->x[i * (size_t)g->capacity + at] = point[i];
    g->y[at] = y;
    g->points.count++;
}

void gp_point(const struct gp *g, uint32_t j, double *point) {
    for (uint32_t i = 0; i < g->kernel.dims; i++)
        point[i] = g->x[i * (size_t)g->capacity + j];
}

static double *row_of(struct gp *g, uint32_t j) {
    return g->l + j * (size_t)g->capacity;
}

/* Row j of the covariance, where the factor's will be. */
static void fill_row(struct gp *g, uint32_t j) {
    double point[KERNEL_DIMS];
    double *row = row_of(g, j);
    gp_point(g, j, point);
    kernel_row(&g->kernel, &g->points, point, j, row, g->scratch);
    row[j] = kernel_self(&g->kernel) * (1 + JITTER) + g->kernel.noise;
}

static void solve_alpha(struct gp *g) {
    uint32_t n = g->points.count;
    memcpy(g->alpha, g->white, n * sizeof *g->alpha);
    solve_lower_transposed(g->l, n, g->capacity, g->alpha);
}

/* All that is known has its row of the factor. */
static void solve_values(struct gp *g) {
    uint32_t n = g->points.count;
    g->measured = n;
    memcpy(g->white, g->y, n * sizeof *g->white);
    solve_lower(g->l, n, g->capacity, g->white);
    solve_alpha(g);
}

bool gp_try_factor(struct gp *g) {
    uint32_t n = g->points.count;
    for (uint32_t j = 0; j < n; j++)
        fill_row(g, j);
    if (!cholesky(g->l, n, g->capacity))
        return false;
    solve_values(g);
    return true;
}

bool gp_factor_more(struct gp *g, uint32_t known) {
    uint32_t n = g->points.count;
    if (known == 0)
        return gp_try_factor(g);
    for (uint32_t j = known; j < n; j++) {
        fill_row(g, j);
        if (!cholesky_append(g->l, j, g->capacity))
            return false;
    }
    solve_values(g);
    return true;
}

void gp_factor(struct gp *g) {
    while (!gp_try_factor(g))
        g->kernel.noise = 10 * g->kernel.noise + JITTER;
}

/* L white = y has 0 as its last, as y is what L white before says: so has L' alpha = white, and the
 * rest of alpha stays. */
bool gp_believe(struct gp *g, const double *point) {
    uint32_t at = g->points.count;
    gp_add(g, point, 0);
    fill_row(g, at);
    g->y[at] = dot(row_of(g, at), g->alpha, at);
    g->white[at] = 0;
    g->alpha[at] = 0;
    if (cholesky_append(g->l, at, g->capacity))
        return true;
    g->points.count--;
    return false;
}

static double deviation_of(const struct gp *g, double explained) {
    double whole = kernel_self(&g->kernel);
    double rest = whole - explained;
    return sqrt(rest > 1e-10 * whole ? rest : 1e-10 * whole);
}

double gp_mean(struct gp *g, const double *point) {
    uint32_t n = g->points.count;
    kernel_row(&g->kernel, &g->points, point, n, g->scratch, g->scratch + n);
    return dot(g->scratch, g->alpha, n);
}

void gp_left_out(struct gp *g, double *means) {
    uint32_t n = g->points.count;
    cholesky_inverse(g->l, n, g->capacity, g->inverse, g->work, g->capacity);
    for (uint32_t j = 0; j < n; j++)
        means[j] = g->y[j] - g->alpha[j] / g->inverse[j * (size_t)g->capacity + j];
}

struct gp_belief gp_predict(struct gp *g, const double *point) {
    uint32_t n = g->points.count;
    double *k = g->seen;
    kernel_row(&g->kernel, &g->points, point, n, k, g->scratch);
    double mean = dot(k, g->alpha, n);
    solve_lower(g->l, n, g->capacity, k);
    return (struct gp_belief){mean, deviation_of(g, dot(k, k, n))};
}

void gp_predict_many(struct gp *g, const struct kernel_points *points, struct gp_belief *beliefs,
                     double *work) {
    uint32_t n = g->points.count;
    uint32_t many = points->count;
    double point[KERNEL_DIMS];
    double *sums = g->work; /* free now, as is the room of kernel_row behind it */
    ensure(2 * (size_t)many <= g->capacity * (size_t)g->capacity);
    for (uint32_t j = 0; j < n; j++) {
        gp_point(g, j, point);
        kernel_row(&g->kernel, points, point, many, work + j * (size_t)many, g->work);
    }
    gemv_transposed(work, n, many, many, g->alpha, sums);
    for (uint32_t c = 0; c < many; c++)
        beliefs[c].mean = sums[c];
    solve_lower_many(g->l, n, g->capacity, work, many, many);
    column_squares(work, n, many, many, sums);
    for (uint32_t c = 0; c < many; c++)
        beliefs[c].deviation = deviation_of(g, sums[c]);
}

/* With k of the point: the mean is alpha . k, what is seen L^-1 k, and the deviation the root of what
 * is left of the variance by |L^-1 k|^2. So each is a sum over k with a weight for each observation,
 * and all together are one. */
void gp_slopes_add(struct gp *g, const double *point, const struct gp_belief *belief,
                   const struct gp_belief *by, const double *toward, double *slope) {
    uint32_t n = g->points.count;
    double gradient[KERNEL_DIMS];
    double *weights = g->seen;
    for (uint32_t j = 0; j < n; j++)
        weights[j] *= -by->deviation / belief->deviation;
    for (uint32_t j = g->measured; j < n && toward != NULL; j++)
        weights[j] += toward[j - g->measured];
    solve_lower_transposed(g->l, n, g->capacity, weights);
    for (uint32_t j = 0; j < n; j++)
        weights[j] += by->mean * g->alpha[j];
    kernel_gradient(&g->kernel, &g->points, point, weights, gradient, g->scratch);
    for (uint32_t i = 0; i < g->kernel.dims; i++)
        slope[i] += gradient[i];
}
