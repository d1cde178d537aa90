#include "actors/tuner/model/tpe_model.h"

#include "actors/tuner/num/portable.h"

enum { GOOD_KERNELS = TPE_GOOD_MOST + 1, OTHER_KERNELS = TPE_OTHERS_MOST + 1 };

size_t tpe_model_bytes(const struct space *s) {
    return parzen_bytes(s, GOOD_KERNELS) + parzen_bytes(s, OTHER_KERNELS);
}

bool tpe_model_init(struct tpe_model *m, const struct space *s, struct arena *arena) {
    return parzen_init(&m->good, s, GOOD_KERNELS, arena) &&
           parzen_init(&m->others, s, OTHER_KERNELS, arena);
}

/* Or a further run of one. */
static bool is_good(const struct trials *t, const struct tpe_split *split, uint32_t place) {
    for (uint32_t i = 0; i < split->count; i++) {
        if (trials_head(t, split->good[i]) == place)
            return true;
    }
    return false;
}

/* How much what a trial cost counts, and what they cost: the mean of the logarithms. */
struct thrift {
    double exponent;
    double usual;
};

static struct thrift thrift_of(const struct trials *t, double exponent) {
    uint32_t first = t->finished_count > TPE_OTHERS_MOST ? t->finished_count - TPE_OTHERS_MOST : 0;
    double sum = 0;
    uint32_t known = 0;
    for (uint32_t i = first; exponent > 0 && i < t->finished_count; i++) {
        const double seconds = t->seconds[t->finished[i]];
        sum += seconds > 0 ? portable_log(seconds) : 0;
        known += seconds > 0;
    }
    return (struct thrift){.exponent = known > 0 ? exponent : 0,
                           .usual = known > 0 ? sum / known : 0};
}

static void add_other(struct parzen *p, const struct trials *t, const struct tpe_split *split,
                      const struct thrift *thrift, uint32_t place) {
    const double seconds = t->seconds[place];
    double weight = 1;
    if (thrift->exponent > 0 && seconds > 0)
        weight = portable_exp(thrift->exponent * (portable_log(seconds) - thrift->usual));
    if (trials_head(t, place) == place && !is_good(t, split, place))
        parzen_add(p, trials_point(t, place), weight);
}

static void fit_others(struct parzen *p, const struct trials *t, const struct tpe_split *split,
                       double exponent) {
    const struct thrift thrift = thrift_of(t, exponent);
    bool all = t->count <= TPE_OTHERS_MOST;
    uint32_t newest = all ? t->count : TPE_OTHERS_MOST - TPE_OTHERS_MOST / 2;
    uint32_t older = all ? 0 : TPE_OTHERS_MOST / 2;
    parzen_begin(p, 1);
    for (uint32_t i = 0; i < older; i++)
        add_other(p, t, split, &thrift, (uint32_t)((uint64_t)i * (t->count - newest) / older));
    for (uint32_t place = t->count - newest; place < t->count; place++)
        add_other(p, t, split, &thrift, place);
    parzen_fit(p);
}

bool tpe_model_fit(struct tpe_model *m, const struct trials *t, double thrift) {
    struct tpe_split split;
    tpe_split(&split, t);
    if (split.count == 0)
        return false;
    parzen_begin(&m->good, 1);
    for (uint32_t i = 0; i < split.count; i++)
        parzen_add(&m->good, trials_point(t, split.good[i]), split.weights[i]);
    parzen_fit(&m->good);
    fit_others(&m->others, t, &split, thrift);
    return true;
}

void tpe_model_draw(struct tpe_model *m, struct rng *r, bool together, double *point,
                    struct value *values) {
    parzen_draw(&m->good, r, together, point, values);
}

double tpe_model_score(struct tpe_model *m, const double *point) {
    return parzen_log_density(&m->good, point) - parzen_log_density(&m->others, point);
}
