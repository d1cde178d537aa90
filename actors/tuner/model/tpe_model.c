#include "actors/tuner/model/tpe_model.h"

enum { GOOD_KERNELS = TPE_GOOD_MOST + 1, OTHER_KERNELS = TPE_OTHERS_MOST + 1 };

size_t tpe_model_bytes(const struct space *s) {
    return parzen_bytes(s, GOOD_KERNELS) + parzen_bytes(s, OTHER_KERNELS);
}

bool tpe_model_init(struct tpe_model *m, const struct space *s, struct arena *arena) {
    return parzen_init(&m->good, s, GOOD_KERNELS, arena) &&
           parzen_init(&m->others, s, OTHER_KERNELS, arena);
}

static bool is_good(const struct tpe_split *split, uint32_t place) {
    for (uint32_t i = 0; i < split->count; i++) {
        if (split->good[i] == place)
            return true;
    }
    return false;
}

static void add_other(struct parzen *p, const struct trials *t, const struct tpe_split *split,
                      uint32_t place) {
    if (!is_good(split, place))
        parzen_add(p, trials_point(t, place), 1);
}

static void fit_others(struct parzen *p, const struct trials *t, const struct tpe_split *split) {
    bool all = t->count <= TPE_OTHERS_MOST;
    uint32_t newest = all ? t->count : TPE_OTHERS_MOST - TPE_OTHERS_MOST / 2;
    uint32_t older = all ? 0 : TPE_OTHERS_MOST / 2;
    parzen_begin(p, 1);
    for (uint32_t i = 0; i < older; i++)
        add_other(p, t, split, (uint32_t)((uint64_t)i * (t->count - newest) / older));
    for (uint32_t place = t->count - newest; place < t->count; place++)
        add_other(p, t, split, place);
    parzen_fit(p);
}

bool tpe_model_fit(struct tpe_model *m, const struct trials *t) {
    struct tpe_split split;
    tpe_split(&split, t);
    if (split.count == 0)
        return false;
    parzen_begin(&m->good, 1);
    for (uint32_t i = 0; i < split.count; i++)
        parzen_add(&m->good, trials_point(t, split.good[i]), split.weights[i]);
    parzen_fit(&m->good);
    fit_others(&m->others, t, &split);
    return true;
}

void tpe_model_draw(struct tpe_model *m, struct rng *r, bool together, double *point,
                    struct value *values) {
    parzen_draw(&m->good, r, together, point, values);
}

double tpe_model_score(struct tpe_model *m, const double *point) {
    return parzen_log_density(&m->good, point) - parzen_log_density(&m->others, point);
}
