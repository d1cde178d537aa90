#include "actors/tuner/importance/importance.h"

#include "proto/base/json.h"

#include <math.h>

static const char *const verdicts[] = {
    [IMPORTANCE_KNOWN] = "known",
    [IMPORTANCE_FEW] = "few",
    [IMPORTANCE_EQUAL] = "equal",
    [IMPORTANCE_VAGUE] = "vague",
};

/* Further digits say nothing. */
static void put(struct json_out *out, const char *key, double number) {
    json_put_key(out, key);
    json_put_number(out, floor(number * 1e4 + 0.5) / 1e4 + 0.0);
}

static void put_name(struct json_out *out, const char *key, const struct job *job, uint32_t param) {
    json_put_key(out, key);
    json_put_string(out, job->params[param].name);
}

static void put_count(struct json_out *out, const char *key, uint32_t count) {
    json_put_key(out, key);
    json_put_u64(out, count);
}

void importance_json(const struct importance *all, const struct job *job, struct json_out *out) {
    json_put_key(out, "verdict");
    json_put_string(out, span_text(verdicts[all->verdict]));
    put_count(out, "trials", all->trials);
    put_count(out, "used", all->used);
    put(out, "tau", all->tau);
    json_put_key(out, "params");
    json_open(out, '[');
    for (uint32_t k = 0; k < all->params_count; k++) {
        const struct importance_param *p = &all->params[k];
        json_open(out, '{');
        put_name(out, "name", job, p->param);
        put(out, "alone", p->part.alone);
        put(out, "total", p->part.total);
        put(out, "active", p->part.active);
        put(out, "where_active", p->part.where_active);
        json_close(out, '}');
    }
    json_close(out, ']');
    json_put_key(out, "pairs");
    json_open(out, '[');
    for (uint32_t k = 0; k < all->pairs_count; k++) {
        json_open(out, '{');
        put_name(out, "a", job, all->pairs[k].a);
        put_name(out, "b", job, all->pairs[k].b);
        put(out, "share", all->pairs[k].share);
        json_close(out, '}');
    }
    json_close(out, ']');
}
