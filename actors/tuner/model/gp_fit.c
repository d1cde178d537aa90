/* The kernel of a Gaussian process from its data. */
#include "actors/tuner/model/bend.h"
#include "actors/tuner/model/gp.h"

#include "actors/tuner/num/lbfgs.h"
#include "actors/tuner/num/matrix.h"
#include "actors/tuner/num/portable.h"

#include <math.h>
#include <string.h>

/* The settings as one vector of logarithms: w and v of each dimension, then these, of which the last
 * is there only where the kernel has one; and last the power of the warp as it is, when there is one. */
enum { JOINT, APART, NOISE, OWN };

#define NOISE_LOG_LEAST (-13.8) /* a millionth of the data's variance; of own, too */
#define POWER_MOST 3.0          /* and at least its opposite */

/* What is fitted: a process, and what its values are made of, or NULL. */
struct fit {
    struct gp *gp;
    struct bend *bend;
};

static uint32_t settings_count(const struct kernel *k) {
    return 2 * k->dims + OWN + (k->own > 0);
}

static void settings_get(const struct kernel *k, double *t) {
    double *others = t + 2 * k->dims;
    for (uint32_t i = 0; i < k->dims; i++) {
        t[i] = portable_log(k->w[i]);
        t[k->dims + i] = portable_log(k->v[i]);
    }
    others[JOINT] = portable_log(k->joint);
    others[APART] = portable_log(k->apart);
    others[NOISE] = portable_log(k->noise);
    if (k->own > 0)
        others[OWN] = portable_log(k->own);
}

static void settings_put(struct kernel *k, const double *t) {
    const double *others = t + 2 * k->dims;
    for (uint32_t i = 0; i < k->dims; i++) {
        k->w[i] = portable_exp(t[i]);
        k->v[i] = portable_exp(t[k->dims + i]);
    }
    k->joint = portable_exp(others[JOINT]);
    k->apart = portable_exp(others[APART]);
    k->noise = portable_exp(others[NOISE]);
    if (k->own > 0)
        k->own = portable_exp(others[OWN]);
}

/* ---- priors ---- */

/* Of log w: a length scale of log-normal law with location sqrt 2 + log(D) / 2 and scale sqrt 3
 * (Hvarfner, Hellsten and Nardi, arXiv:2402.02229, section 4.1), as w = length^-2. Of log v the
 * same thought for one dimension, narrower. Of the noise variance what Optuna's process has, a
 * gamma law with shape 1.1 and rate 30, and of own, which is noise to whoever sees one rung, too. */
struct normal_law {
    double mean, variance;
};
static const struct normal_law law_of_w = {-2.82842712474619, 12};
static const struct normal_law law_of_v = {0, 6};
static const struct normal_law law_of_joint = {0, 2};
static const struct normal_law law_of_apart = {-1, 3};
#define NOISE_SHAPE_LESS_1 0.1
#define NOISE_RATE 30.0

static double normal_prior(struct normal_law law, double t, double *slope) {
    *slope -= (t - law.mean) / law.variance;
    return -(t - law.mean) * (t - law.mean) / (2 * law.variance);
}

/* More than `sum` by that of a variance, by its logarithm. */
static double gamma_prior(double sum, double variance, double log_variance, double *slope) {
    *slope += NOISE_SHAPE_LESS_1 - NOISE_RATE * variance;
    return sum + NOISE_SHAPE_LESS_1 * log_variance - NOISE_RATE * variance;
}

/* Adds its slopes. */
static double log_prior(const struct kernel *k, const double *t, double *slope) {
    uint32_t others = 2 * k->dims;
    struct normal_law scaled = {law_of_w.mean - portable_log(k->dims), law_of_w.variance};
    double sum = 0;
    for (uint32_t i = 0; i < k->dims; i++) {
        sum += normal_prior(scaled, t[i], &slope[i]);
        sum += normal_prior(law_of_v, t[k->dims + i], &slope[k->dims + i]);
    }
    sum += normal_prior(law_of_joint, t[others + JOINT], &slope[others + JOINT]);
    sum += normal_prior(law_of_apart, t[others + APART], &slope[others + APART]);
    if (k->own > 0)
        sum = gamma_prior(sum, k->own, t[others + OWN], &slope[others + OWN]);
    return gamma_prior(sum, k->noise, t[others + NOISE], &slope[others + NOISE]);
}

/* ---- what is maximised ---- */

/* The sum over all pairs of half (alpha alpha' - K^-1) times dK (Rasmussen & Williams 2006,
 * equation 5.9), by the logarithms of the settings. */
static void likelihood_slopes(struct gp *g, double *slope) {
    uint32_t n = g->points.count;
    const struct kernel *k = &g->kernel;
    struct kernel_slopes sums = {0};
    double diagonal = 0;
    double *weights = g->scratch;
    double point[KERNEL_DIMS];
    cholesky_inverse(g->l, n, g->capacity, g->inverse, g->work, g->capacity);
    for (uint32_t j = 0; j < n; j++) {
        const double *row = g->inverse + j * (size_t)g->capacity;
        for (uint32_t i = 0; i < j; i++) /* each pair stands twice */
            weights[i] = g->alpha[i] * g->alpha[j] - row[i];
        diagonal += (g->alpha[j] * g->alpha[j] - row[j]) / 2;
        gp_point(g, j, point);
        kernel_slopes_add(k, &g->points, point, j, weights, &sums, g->scratch + n);
    }
    memcpy(slope, sums.w, k->dims * sizeof *slope);
    memcpy(slope + k->dims, sums.v, k->dims * sizeof *slope);
    slope[2 * k->dims + JOINT] = (sums.joint + diagonal) * k->joint;
    slope[2 * k->dims + APART] = (sums.apart + diagonal) * k->apart;
    slope[2 * k->dims + NOISE] = diagonal * k->noise;
    if (k->own > 0)
        slope[2 * k->dims + OWN] = (sums.own + diagonal) * k->own;
}

/* -(log p(y | kernel) + log p(kernel)), up to a constant; equation 2.30. */
static double unlikeliness(void *context, const double *t, double *slope) {
    struct fit *fit = context;
    struct gp *g = fit->gp;
    uint32_t n = g->points.count;
    uint32_t count = settings_count(&g->kernel);
    double warp = 0;
    settings_put(&g->kernel, t);
    if (fit->bend != NULL)
        warp = bend_to(fit->bend, t[count], g->y, &slope[count]);
    if (warp == -INFINITY || !gp_try_factor(g))
        return INFINITY;
    likelihood_slopes(g, slope);
    double sum = -(dot(g->white, g->white, n) + log_determinant(g->l, n, g->capacity)) / 2;
    sum += log_prior(&g->kernel, t, slope) + warp;
    if (fit->bend != NULL)
        slope[count++] -= dot(g->alpha, fit->bend->slopes, n);
    for (uint32_t i = 0; i < count; i++)
        slope[i] = -slope[i];
    return -sum;
}

double gp_fit(struct gp *g, struct bend *bend, int descents) {
    struct fit fit = {g, bend};
    uint32_t count = settings_count(&g->kernel);
    uint32_t others = 2 * g->kernel.dims;
    double t[GP_SETTINGS], low[GP_SETTINGS], high[GP_SETTINGS];
    for (uint32_t i = 0; i < count; i++) {
        low[i] = i < others ? -14 : -9;
        high[i] = i < others ? 9 : 5;
    }
    for (uint32_t i = others + NOISE; i < count; i++) {
        low[i] = NOISE_LOG_LEAST;
        high[i] = 0;
    }
    if (g->noise_most < 1)
        high[others + NOISE] = portable_log(g->noise_most);
    settings_get(&g->kernel, t);
    if (bend != NULL) {
        low[count] = -POWER_MOST;
        high[count] = POWER_MOST;
        t[count] = bend->power;
    }
    const struct lbfgs_problem problem = {.n = count + (bend != NULL),
                                          .low = low,
                                          .high = high,
                                          .function = unlikeliness,
                                          .context = &fit,
                                          .iterations_max = descents,
                                          .evaluations_max = 2 * descents,
                                          .gradient_tolerance = 1e-3,
                                          .value_tolerance = 1e-4};
    struct lbfgs_result found = lbfgs_minimise(&problem, t, g->descent);
    settings_put(&g->kernel, t);
    if (bend != NULL)
        bend->power = t[count];
    return -found.value;
}
