#include "actors/tuner/rungs/noise.h"

#include <math.h>

enum {
    TOLD_LEAST = 3, /* one second difference */
    TOLD_MOST = 18, /* further ones add nothing: a curve remembers six */
    TOLD_A_FREEDOM = 3,
};
#define OTHERS_WEIGH 2.0  /* degrees of freedom of the others, beside one's own */
#define FREEDOM_LEAST 3.0 /* that is enough to judge by */
#define MEDIAN_WORTH 0.637

static double freedom_of(const struct curve *c) {
    return (double)(c->told < TOLD_MOST ? c->told : TOLD_MOST) / TOLD_A_FREEDOM;
}

bool noise_share(struct noise_pool *p, const struct curve *c, bool whole) {
    if (c->told < TOLD_LEAST || (c->told < CURVE_TOLD_ENOUGH && !whole))
        return false;
    double n = freedom_of(c), root = 1 - 2 / (9 * n);
    p->shown[p->count++ % NOISE_CURVES] =
        (struct noise_level){.variance = c->bends / (root * root * root), .freedom = n};
    return true;
}

struct noise_level noise_typical(const struct noise_pool *p) {
    double sorted[NOISE_CURVES], freedom = 0;
    uint32_t count = p->count < NOISE_CURVES ? (uint32_t)p->count : NOISE_CURVES;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = i;
        for (; at > 0 && sorted[at - 1] > p->shown[i].variance; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = p->shown[i].variance;
        freedom += MEDIAN_WORTH * p->shown[i].freedom;
    }
    bool known = freedom >= FREEDOM_LEAST;
    return (struct noise_level){.variance = known ? sorted[count / 2] : NAN, .freedom = freedom};
}

double noise_variance(const struct curve *c, const struct noise_level *typical) {
    double own = freedom_of(c);
    if (c->told < CURVE_TOLD_ENOUGH)
        return typical->variance;
    return (own * c->bends + OTHERS_WEIGH * typical->variance) / (own + OTHERS_WEIGH);
}

double noise_deviations(double sigmas, double freedom) {
    double square = sigmas * sigmas;
    double first = (square + 1) / 4, second = (5 * square * square + 16 * square + 3) / 96;
    return sigmas * (1 + (first + second / freedom) / freedom);
}
