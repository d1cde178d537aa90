#include "actors/tuner/importance/importance.h"

#include "actors/tuner/model/bend.h"
#include "actors/tuner/model/rows.h"
#include "actors/tuner/model/surrogate.h"
#include "actors/tuner/model/warp.h"
#include "proto/base/check.h"

#include <math.h>

/* A pair can explain no more than what either does together with others: below that it is not
 * looked at. */
#define TOGETHER_LEAST 0.01
/* Values of the process that may be asked for, by how long one takes. */
enum { SAMPLES_LEAST = 64, EFFORT = 100000 };

struct lesson {
    struct rows rows;
    struct bend bend;
    double y[ROWS_MOST], left_out[ROWS_MOST];
};

size_t importance_bytes(const struct space *space) {
    return sizeof(struct lesson) + sizeof(struct surrogate) + surrogate_bytes(space, ROWS_MOST) +
           anova_bytes(space, ANOVA_SAMPLES) + 1024;
}

/* ---- the trials ---- */

/* A trial's rows stand together. */
static void count_trials(const struct rows *rows, uint32_t *all, uint32_t *well) {
    *all = *well = 0;
    for (uint32_t j = 0; j < rows->count; j++) {
        if (j > 0 && rows->row[j].place == rows->row[j - 1].place)
            continue;
        ++*all;
        *well += !rows->row[j].bad;
    }
}

static bool all_equal(const double *y, uint32_t count) {
    for (uint32_t j = 1; j < count; j++)
        if (y[j] != y[0])
            return false;
    return true;
}

static enum importance_verdict gather(struct lesson *l, const struct trials *t, uint32_t objective,
                                      uint32_t *used) {
    uint32_t well;
    rows_gather(&l->rows, t, ROWS_MOST, t->best, t->best_count);
    count_trials(&l->rows, used, &well);
    if (well < IMPORTANCE_TRIALS_LEAST)
        return IMPORTANCE_FEW;
    rows_values(&l->rows, t, objective, l->y);
    if (t->space->free == 0 || all_equal(l->y, l->rows.count))
        return IMPORTANCE_EQUAL;
    return IMPORTANCE_KNOWN;
}

/* ---- the process ---- */

static void see(struct surrogate *s, const struct lesson *l, const struct brief *b) {
    surrogate_clear(s);
    for (uint32_t j = 0; j < l->rows.count; j++) {
        struct row row = l->rows.row[j];
        surrogate_see(s, trials_point(b->trials, row.place), algo_stage(b, row.rung), l->y[j]);
    }
}

static void learn(struct surrogate *s, struct lesson *l, const struct brief *b) {
    bend_of(&l->bend, l->y, l->rows.count);
    see(s, l, b);
    surrogate_fit(s, &l->bend);
    (void)warp_by(l->bend.power, l->y, l->rows.count, l->left_out);
    see(s, l, b);
    surrogate_learn(s);
}

static int sign_of(double difference) {
    return (difference > 0) - (difference < 0);
}

/* Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945). */
static double tau_b(const double *a, const double *b, uint32_t count) {
    double agree = 0, a_pairs = 0, b_pairs = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            int by_a = sign_of(a[i] - a[j]);
            int by_b = sign_of(b[i] - b[j]);
            agree += by_a * by_b;
            a_pairs += by_a != 0;
            b_pairs += by_b != 0;
        }
    }
    return a_pairs > 0 && b_pairs > 0 ? agree / sqrt(a_pairs * b_pairs) : 0;
}

static double believed(void *context, const double *settled) {
    struct surrogate *s = context;
    double view[KERNEL_DIMS];
    surrogate_view(s, settled, 1, view);
    return gp_mean(&s->gp, view);
}

/* ---- the shares ---- */

/* Insertion keeps equal ones in the order in which they came. */
static void put_param(struct importance *out, struct importance_param item) {
    uint32_t at = out->params_count++;
    for (; at > 0 && out->params[at - 1].part.total < item.part.total; at--)
        out->params[at] = out->params[at - 1];
    out->params[at] = item;
}

static void put_pair(struct importance *out, struct importance_pair item) {
    uint32_t at = out->pairs_count++;
    for (; at > 0 && out->pairs[at - 1].share < item.share; at--)
        out->pairs[at] = out->pairs[at - 1];
    out->pairs[at] = item;
}

static void pairs_of(struct importance *out, struct anova *anova) {
    uint32_t count = out->params_count < IMPORTANCE_PAIRED ? out->params_count : IMPORTANCE_PAIRED;
    for (uint32_t k = 1; k < count; k++) {
        for (uint32_t l = 0; l < k; l++) {
            const struct importance_param *p = &out->params[l];
            const struct importance_param *q = &out->params[k];
            if (p->part.total - p->part.alone < TOGETHER_LEAST ||
                q->part.total - q->part.alone < TOGETHER_LEAST)
                continue;
            struct importance_pair pair = {p->param < q->param ? p->param : q->param,
                                           p->param < q->param ? q->param : p->param, 0};
            pair.share = anova_pair(anova, pair.a, pair.b);
            if (pair.share > 0)
                put_pair(out, pair);
        }
    }
}

/* Fewer where there are many parameters, as each needs some and each value takes longer. */
static uint32_t samples_for(const struct space *space) {
    uint32_t free = space->free > 0 ? space->free : 1;
    uint32_t samples = EFFORT / (free * free) / 2 * 2;
    return samples > ANOVA_SAMPLES   ? ANOVA_SAMPLES
           : samples < SAMPLES_LEAST ? SAMPLES_LEAST
                                     : samples;
}

static bool split(struct importance *out, struct surrogate *s, struct arena *arena) {
    const struct space *space = s->space;
    const struct anova_function f = {believed, s};
    struct anova anova;
    if (!anova_init(&anova, space, f, samples_for(space), arena))
        return false;
    for (uint32_t i = 0; i < space->dims; i++) {
        struct importance_param item = {.param = i};
        if (space->dim[i].kind != DIM_FIXED)
            item.part = anova_of(&anova, i);
        put_param(out, item);
    }
    pairs_of(out, &anova);
    return true;
}

bool importance_of(const struct brief *b, uint32_t objective, struct arena *arena,
                   struct importance *out) {
    const struct trials *t = b->trials;
    struct lesson *l = arena_take(arena, sizeof *l);
    struct surrogate *s = arena_take(arena, sizeof *s);
    ensure(objective < t->objectives);
    *out = (struct importance){.trials = t->finished_count};
    if (l == NULL || s == NULL)
        return false;
    out->verdict = gather(l, t, objective, &out->used);
    if (out->verdict != IMPORTANCE_KNOWN)
        return true;
    if (!surrogate_init(s, t->space, b->rungs != NULL, ROWS_MOST, arena))
        return false;
    learn(s, l, b);
    gp_left_out(&s->gp, l->left_out);
    out->tau = tau_b(l->y, l->left_out, l->rows.count);
    if (out->tau < IMPORTANCE_TAU_LEAST)
        out->verdict = IMPORTANCE_VAGUE;
    return out->verdict == IMPORTANCE_VAGUE || split(out, s, arena);
}
