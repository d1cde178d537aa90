#include "actors/tuner/several/breed.h"

#include "actors/tuner/num/portable.h"
#include "proto/base/rng.h"

#include <math.h>

static double clamped(double x) {
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

double breed_cross(double a, double b, bool upper, double u) {
    double low = a < b ? a : b;
    double high = a < b ? b : a;
    double apart = high - low;
    if (!(apart > 1e-12))
        return a;
    double room = upper ? 1 - high : low;
    double alpha = 2 - portable_pow(1 + 2 * room / apart, -(BREED_ETA + 1));
    double spread = u * alpha <= 1 ? portable_pow(u * alpha, 1 / (BREED_ETA + 1))
                                   : portable_pow(1 / (2 - u * alpha), 1 / (BREED_ETA + 1));
    double half = spread * apart / 2;
    return clamped(upper ? (low + high) / 2 + half : (low + high) / 2 - half);
}

double breed_move(double x, double u) {
    if (u < 0.5) {
        double reach = portable_pow(1 - x, BREED_ETA + 1);
        return clamped(x + portable_pow(2 * u + (1 - 2 * u) * reach, 1 / (BREED_ETA + 1)) - 1);
    }
    double reach = portable_pow(x, BREED_ETA + 1);
    double rest = 2 * (1 - u) + (2 * u - 1) * reach;
    return clamped(x + 1 - portable_pow(rest, 1 / (BREED_ETA + 1)));
}

/* A number among few cells moves by one at least, where there is one in its direction. */
static double moved(const struct dim *d, struct rng *r, double x) {
    double u = rng_unit(r);
    double to = breed_move(x, u);
    if (d->kind != DIM_STEPS)
        return to;
    double cell = 1 / (double)d->cells;
    if (fabs(to - x) >= cell)
        return to;
    double neighbour = u < 0.5 ? x - cell : x + cell;
    return neighbour < 0 || neighbour > 1 ? to : neighbour;
}

static double inherited(const struct dim *d, struct rng *r, double a, double b) {
    bool cross = rng_below(r, 2) == 1;
    bool upper = rng_below(r, 2) == 1;
    double u = rng_unit(r);
    if (a < 0 && b < 0)
        return u;
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    if (d->kind == DIM_CHOICE)
        return cross ? b : a;
    return cross ? breed_cross(a, b, upper, u) : a;
}

void breed(const struct space *s, struct rng *r, const float *first, const float *second,
           double *child) {
    for (uint32_t i = 0; i < s->dims; i++) {
        const struct dim *d = &s->dim[i];
        child[i] = inherited(d, r, (double)first[i], (double)second[i]);
        if (d->kind == DIM_FIXED || rng_below(r, s->free) != 0)
            continue;
        child[i] = d->kind == DIM_CHOICE ? rng_unit(r) : moved(d, r, child[i]);
    }
}
