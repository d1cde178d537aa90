#include "actors/tuner/replay.h"

#include "proto/base/mp.h"

void replay_init(struct replay *r, struct chain *chain, const struct replay_slots *slots) {
    r->chain = chain;
    r->slots = *slots;
    r->whole = false;
}

/* What comes from foreign bytes: only such as the job can have. */
static bool learn(struct replay *r, const struct chain_news *news) {
    const struct job *job = r->chain->setup.job;
    struct value values[LIMIT_PARAMS];
    uint32_t wrong;
    if (news->slot >= job->trials || news->value - news->value != 0 ||
        !config_decode(news->config, values, job->params_count) ||
        !job_config_valid(job, values, &wrong))
        return false;
    chain_learn(r->chain, news);
    return true;
}

/* ---- the first of a chain ---- */

/* Open slots stand as they were, whatever has come of them since. */
static bool learn_ranges(struct replay *r, const struct ranges *ranges, bool open) {
    for (uint32_t i = 0; i < ranges->count; i++) {
        for (uint64_t slot = ranges->items[i].from; slot < ranges->items[i].to; slot++) {
            if (slot >= r->chain->setup.job->trials)
                return false;
            struct chain_news news = r->slots.slot(r->slots.context, (uint32_t)slot);
            news.slot = (uint32_t)slot;
            if (!open && news.status == TRIAL_OPEN)
                return false;
            if (open)
                news = (struct chain_news){
                    .slot = (uint32_t)slot, .config = news.config, .status = TRIAL_OPEN};
            if (!learn(r, &news))
                return false;
        }
    }
    return true;
}

static bool learn_set(struct replay *r, struct mp *in) {
    struct ranges ended = ranges_of(r->ranges[0], LIMIT_RANGES);
    struct ranges open = ranges_of(r->ranges[1], LIMIT_RANGES);
    chain_clear(r->chain);
    bool good = ranges_decode(&ended, mp_bin(in)) && ranges_decode(&open, mp_bin(in));
    (void)mp_u64(in); /* the digest; the chain makes it again */
    return good && mp_done(in) && learn_ranges(r, &ended, false) && learn_ranges(r, &open, true);
}

/* ---- every further one ---- */

static bool learn_one(struct replay *r, struct mp *in) {
    struct chain_news news = {.slot = (uint32_t)mp_u64(in)};
    uint64_t status = mp_u64(in);
    news.config = mp_bin(in);
    if (in->bad != NULL || !trial_status_of(status, &news.status))
        return false;
    if (news.status != TRIAL_OPEN) {
        news.run_ms = mp_i64(in);
        news.has_value = mp_peek(in) != MP_NIL;
        if (news.has_value)
            news.value = mp_f64(in);
        else
            mp_nil(in);
    }
    if (news.config.len == 0) {
        const struct known_slot *item = known_find(&r->chain->known, news.slot);
        if (item == NULL)
            return false;
        news.config = known_config(&r->chain->known, item);
    }
    return in->bad == NULL && learn(r, &news);
}

static bool learn_news(struct replay *r, struct mp *in) {
    while (mp_peek(in) != MP_END) {
        if (!learn_one(r, in))
            return false;
    }
    return mp_done(in);
}

static bool is_of_chain(const struct replay *r, const struct replay_proposal *p) {
    return r->whole && node_id_equal(&r->author, &p->author) && r->generation == p->generation;
}

static bool learn_known(struct replay *r, const struct replay_proposal *p) {
    struct mp in = mp_of(p->known);
    if (mp_peek(&in) != MP_INT)
        return false;
    uint64_t number = mp_u64(&in);
    bool follows = is_of_chain(r, p) && number == r->chain->number;
    r->author = p->author;
    r->generation = p->generation;
    return number == 0 ? learn_set(r, &in) : follows && learn_news(r, &in);
}

enum replay_verdict replay_next(struct replay *r, const struct replay_proposal *p,
                                size_t *derived) {
    struct buf config = buf_of(r->config, sizeof r->config);
    struct buf known = buf_of(r->known, sizeof r->known);
    *derived = 0;
    r->whole = p->slot < r->chain->setup.job->trials && learn_known(r, p);
    if (!r->whole)
        return REPLAY_UNKNOWN;
    chain_ask(r->chain, p->slot, &config, &known);
    r->whole = span_equal(buf_view(&known), p->known);
    if (!r->whole)
        return REPLAY_UNKNOWN;
    *derived = config.len;
    r->whole = span_equal(buf_view(&config), p->config);
    return r->whole ? REPLAY_SAME : REPLAY_DIFFERS;
}
