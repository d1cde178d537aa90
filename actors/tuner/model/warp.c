#include "actors/tuner/model/warp.h"

#include "actors/tuner/num/portable.h"

#include <math.h>
#include <stdbool.h>

#define POWER_LEAST (-3.0)
#define POWER_STEP 0.125
#define BASE_LEAST 1e-6
#define SMALL 1e-4
enum { POWERS = 41 };

/* Then their mean, being rounded, need not be what they are. */
static bool all_equal(const double *y, uint32_t count) {
    for (uint32_t j = 1; j < count; j++)
        if (y[j] != y[0])
            return false;
    return true;
}

/* In parts, as a sum of doubles may be beyond a double. */
static void standardise(double *y, uint32_t count, double *mean, double *deviation) {
    double largest = 0;
    double square = 0;
    if (all_equal(y, count)) {
        *mean = count > 0 ? y[0] : 0;
        *deviation = 1;
        for (uint32_t j = 0; j < count; j++)
            y[j] = 0;
        return;
    }
    *mean = 0;
    for (uint32_t j = 0; j < count; j++)
        *mean += y[j] / count;
    for (uint32_t j = 0; j < count; j++) {
        y[j] = y[j] / 2 - *mean / 2;
        largest = fabs(y[j]) > largest ? fabs(y[j]) : largest;
    }
    for (uint32_t j = 0; j < count && largest > 0; j++)
        square += y[j] / largest * (y[j] / largest) / count;
    double half = largest * sqrt(square);
    *deviation = half > 0 ? 2 * half : 1;
    for (uint32_t j = 0; j < count; j++)
        y[j] = half > 0 ? y[j] / half : 0;
}

/* Equation 4.1; log1p_y is ln(1 + |y|). */
static double transformed(double y, double log1p_y, double power) {
    double p = y >= 0 ? power : 2 - power;
    double size = p == 0 ? log1p_y : portable_expm1(p * log1p_y) / p;
    return y >= 0 ? size : -size;
}

/* The size is (e^x - 1) / p with x = p log1p_y; its derivative by p begins as log1p_y^2 (1/2 + x/3),
 * which is used where it cancels. Below zero p is 2 - power and the size is taken off: twice a
 * sign. */
double warp_transformed(double y, double log1p_y, double power, double *by_power) {
    double p = y >= 0 ? power : 2 - power;
    double x = p * log1p_y;
    if (fabs(x) < SMALL) {
        *by_power = log1p_y * log1p_y * (0.5 + x / 3);
    } else {
        double grown = portable_expm1(x);
        *by_power = (log1p_y * (grown + 1) - grown / p) / p;
    }
    return transformed(y, log1p_y, power);
}

double warp_standardised(const struct warp *w, double value) {
    return (value / 2 - w->mean / 2) / (w->deviation / 2);
}

/* Up to a constant; section 4. */
static double likelihood(const double *y, const double *log1p_y, uint32_t count, double power) {
    double mean = 0;
    double square = 0;
    double jacobian = 0;
    for (uint32_t j = 0; j < count; j++) {
        double v = transformed(y[j], log1p_y[j], power);
        mean += v;
        square += v * v;
        jacobian += y[j] >= 0 ? log1p_y[j] : -log1p_y[j];
    }
    mean /= count;
    double variance = square / count - mean * mean;
    if (!(variance > 0))
        return -INFINITY;
    return -0.5 * count * portable_log(variance) + (power - 1) * jacobian;
}

/* Before the power. */
static struct warp begin(double *y, uint32_t count, double *log1p_y) {
    struct warp w = {.power = 1};
    standardise(y, count, &w.mean, &w.deviation);
    for (uint32_t j = 0; j < count; j++)
        log1p_y[j] = portable_log1p(fabs(y[j]));
    return w;
}

static void end(struct warp *w, double *y, const double *log1p_y, uint32_t count) {
    for (uint32_t j = 0; j < count; j++)
        y[j] = transformed(y[j], log1p_y[j], w->power);
    standardise(y, count, &w->warped_mean, &w->warped_deviation);
}

struct warp warp_of(double *y, uint32_t count, double *scratch) {
    struct warp w = begin(y, count, scratch);
    double most = likelihood(y, scratch, count, w.power);
    for (int k = 0; k < POWERS; k++) {
        double power = POWER_LEAST + k * POWER_STEP;
        double likely = likelihood(y, scratch, count, power);
        if (likely > most) {
            most = likely;
            w.power = power;
        }
    }
    end(&w, y, scratch, count);
    return w;
}

struct warp warp_by(double power, double *y, uint32_t count, double *scratch) {
    struct warp w = begin(y, count, scratch);
    w.power = power;
    end(&w, y, scratch, count);
    return w;
}

double warp_to(const struct warp *w, double value) {
    double y = warp_standardised(w, value);
    double warped = transformed(y, portable_log1p(fabs(y)), w->power);
    return (warped - w->warped_mean) / w->warped_deviation;
}

double warp_back(const struct warp *w, double y, double *slope) {
    double v = w->warped_mean + y * w->warped_deviation;
    double p = v >= 0 ? w->power : 2 - w->power;
    double size = fabs(v);
    /* (1 + p size)^(1/p) - 1, whose base must be above zero: a negative p has a last value. */
    double base = p * size;
    if (base < BASE_LEAST - 1)
        base = BASE_LEAST - 1;
    double log_base = p == 0 ? size : portable_log1p(base) / p;
    *slope = portable_exp((1 - p) * log_base) * w->warped_deviation * w->deviation;
    double unwarped = portable_expm1(log_base);
    return w->mean + (v >= 0 ? unwarped : -unwarped) * w->deviation;
}
