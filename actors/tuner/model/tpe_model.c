#include "actors/tuner/model/tpe_model.h"

#include "proto/base/check.h"

#include <math.h>

enum { GOOD_KERNELS = TPE_GOOD_MOST + 1, OTHER_KERNELS = TPE_OTHERS_MOST + 1 };

size_t tpe_model_bytes(const struct space *s) {
    return parzen_bytes(s, GOOD_KERNELS) + parzen_bytes(s, OTHER_KERNELS);
}

bool tpe_model_init(struct tpe_model *m, const struct space *s, struct arena *arena) {
    return parzen_init(&m->good, s, GOOD_KERNELS, arena) &&
           parzen_init(&m->others, s, OTHER_KERNELS, arena);
}

/* Of weights whose mean is 1: the worst of the good still says where good ones lie. */
#define TPE_WEIGHT_LEAST 1e-3

static double value_of(const struct trials *t, uint32_t place) {
    return t->values[(size_t)place * t->objectives];
}

/* How far the good ones are below the best of the others, 1 on average. Flat when that says
 * nothing: all are equal, or some break constraints and so have an order that is not by value. */
static void weigh_good(const struct trials *t, uint32_t good, double *weights) {
    uint32_t edge = t->best[good < t->best_count ? good : good - 1];
    double sum = 0;
    for (uint32_t i = 0; i < good; i++) {
        weights[i] = value_of(t, edge) - value_of(t, t->best[i]);
        sum += weights[i];
    }
    bool flat = !(sum > 0) || !isfinite(sum) || t->breaches[edge] > 0;
    for (uint32_t i = 0; i < good; i++)
        weights[i] = flat ? 1 : fmax(weights[i] / sum * good, TPE_WEIGHT_LEAST);
}

static void fit_good(struct parzen *p, const struct trials *t, uint32_t good) {
    double weights[TPE_GOOD_MOST];
    weigh_good(t, good, weights);
    parzen_begin(p, 1);
    for (uint32_t i = 0; i < good; i++)
        parzen_add(p, trials_point(t, t->best[i]), weights[i]);
    parzen_fit(p);
}

static bool is_good(const struct trials *t, uint32_t good, uint32_t place) {
    for (uint32_t i = 0; i < good; i++) {
        if (t->best[i] == place)
            return true;
    }
    return false;
}

static void add_other(struct parzen *p, const struct trials *t, uint32_t good, uint32_t place) {
    if (!is_good(t, good, place))
        parzen_add(p, trials_point(t, place), 1);
}

static void fit_others(struct parzen *p, const struct trials *t, uint32_t good) {
    uint32_t running = t->active_count < TPE_OTHERS_MOST ? t->active_count : TPE_OTHERS_MOST;
    uint32_t room = TPE_OTHERS_MOST - running;
    uint32_t ended = t->finished_count;
    uint32_t newest = ended <= room ? ended : room - room / 2;
    uint32_t older = ended <= room ? 0 : room / 2;
    parzen_begin(p, 1);
    for (uint32_t i = 0; i < older; i++)
        add_other(p, t, good, t->finished[(uint64_t)i * (ended - newest) / older]);
    for (uint32_t i = ended - newest; i < ended; i++)
        add_other(p, t, good, t->finished[i]);
    for (uint32_t i = t->active_count - running; i < t->active_count; i++)
        add_other(p, t, good, t->active[i]);
    parzen_fit(p);
}

void tpe_model_fit(struct tpe_model *m, const struct trials *t) {
    ensure(t->best_count > 0);
    double share = ceil(TPE_GOOD_SHARE * t->ended_count);
    uint32_t good = share < TPE_GOOD_MOST ? (uint32_t)share : TPE_GOOD_MOST;
    fit_good(&m->good, t, good);
    fit_others(&m->others, t, good);
}

void tpe_model_draw(struct tpe_model *m, struct rng *r, bool together, double *point,
                    struct value *values) {
    parzen_draw(&m->good, r, together, point, values);
}

double tpe_model_score(struct tpe_model *m, const double *point) {
    return parzen_log_density(&m->good, point) - parzen_log_density(&m->others, point);
}
