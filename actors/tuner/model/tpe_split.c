#include "actors/tuner/model/tpe_split.h"

#include <math.h>

/* The good ones' values and the next one's, ascending. */
struct ranked {
    uint32_t most, count;
    uint32_t places[TPE_GOOD_MOST + 1];
    double values[TPE_GOOD_MOST + 1];
    double breaches[TPE_GOOD_MOST + 1]; /* the lesser comes first, whatever the value */
};

static uint32_t good_of(uint32_t known) {
    double share = ceil(TPE_GOOD_SHARE * known);
    return share < TPE_GOOD_MOST ? (uint32_t)share : TPE_GOOD_MOST;
}

static void rank_ended(struct ranked *r, const struct trials *t) {
    r->count = r->most < t->best_count ? r->most : t->best_count;
    for (uint32_t i = 0; i < r->count; i++) {
        r->places[i] = t->best[i];
        r->values[i] = t->values[(size_t)t->best[i] * t->objectives];
        r->breaches[i] = t->breaches[t->best[i]];
    }
}

static bool is_worse(const struct ranked *r, uint32_t at, double breach, double value) {
    return r->breaches[at] != breach ? r->breaches[at] > breach : r->values[at] > value;
}

/* Of equal ones the lower place stays first. */
static void enter(struct ranked *r, uint32_t place, double breach, double value) {
    uint32_t at = r->count;
    if (r->count == r->most && !is_worse(r, r->count - 1, breach, value))
        return;
    if (r->count == r->most)
        at--;
    for (; at > 0 && is_worse(r, at - 1, breach, value); at--) {
        r->breaches[at] = r->breaches[at - 1];
        r->values[at] = r->values[at - 1];
        r->places[at] = r->places[at - 1];
    }
    r->breaches[at] = breach;
    r->values[at] = value;
    r->places[at] = place;
    r->count += r->count < r->most;
}

static uint32_t first_curve(const struct trials *t) {
    return t->count > TPE_CURVES_MOST ? t->count - TPE_CURVES_MOST : 0;
}

/* how_many[r] trials have a value at rung r; answers how many have one at all. */
static uint32_t count_curves(const struct trials *t, uint32_t *how_many) {
    uint32_t known = 0;
    for (uint32_t r = 0; r < t->rungs; r++)
        how_many[r] = 0;
    for (uint32_t place = first_curve(t); place < t->count; place++) {
        if (t->states[place] == ENDED_BADLY || t->reached[place] == 0)
            continue;
        known++;
        for (uint32_t r = 0; r < t->reached[place]; r++)
            how_many[r] += isnan(trials_at_rung(t, place, r)) ? 0 : 1;
    }
    return known;
}

/* The highest rung that enough have reached, else that which most have. */
static uint32_t rung_of(const struct trials *t, const uint32_t *how_many, uint32_t enough) {
    uint32_t most = 0;
    for (uint32_t r = t->rungs; r-- > 0;) {
        if (how_many[r] >= enough)
            return r;
    }
    for (uint32_t r = 1; r < t->rungs; r++)
        most = how_many[r] > how_many[most] ? r : most;
    return most;
}

static void rank_curves(struct ranked *r, const struct trials *t, const uint32_t *how_many) {
    uint32_t rung = rung_of(t, how_many, 2 * (r->most - 1));
    for (uint32_t place = first_curve(t); place < t->count; place++) {
        double value = trials_at_rung(t, place, rung);
        if (!isnan(value) && t->states[place] != ENDED_BADLY)
            enter(r, place, t->breaches[place], value);
    }
}

static void weigh(struct tpe_split *s, const struct ranked *r) {
    double edge = r->values[r->count - 1];
    double sum = 0;
    for (uint32_t i = 0; i < s->count; i++)
        sum += edge - r->values[i];
    bool flat = !(sum > 0) || !isfinite(sum);
    for (uint32_t i = 0; i < r->count; i++)
        flat = flat || r->breaches[i] > 0; /* values do not say what is better */
    for (uint32_t i = 0; i < s->count; i++) {
        double weight = flat ? 1 : (edge - r->values[i]) / sum * s->count;
        s->weights[i] = weight > TPE_WEIGHT_LEAST ? weight : TPE_WEIGHT_LEAST;
    }
}

void tpe_split(struct tpe_split *s, const struct trials *t) {
    uint32_t how_many[RUNGS_MOST];
    s->known = t->rungs > 1 ? count_curves(t, how_many) : t->ended_count;
    s->count = good_of(s->known);
    struct ranked r = {.most = s->count + 1};
    if (s->count == 0)
        return;
    if (t->rungs > 1)
        rank_curves(&r, t, how_many);
    else
        rank_ended(&r, t);
    s->count = s->count < r.count ? s->count : r.count;
    for (uint32_t i = 0; i < s->count; i++)
        s->good[i] = r.places[i];
    weigh(s, &r);
}
