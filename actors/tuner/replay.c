#include "actors/tuner/replay.h"

#include "actors/tuner/chain_set.h"
#include "proto/base/mp.h"

void replay_init(struct replay *r, struct chain *chain, const struct replay_slots *slots) {
    r->chain = chain;
    r->slots = *slots;
    r->whole = false;
}

/* What comes from foreign bytes: only such as the job can have. */
static bool learn(struct replay *r, const struct chain_news *news) {
    const struct job *job = &r->chain->job;
    struct value values[LIMIT_PARAMS];
    struct measure m;
    if (news->slot >= job->trials || news->value - news->value != 0 ||
        (news->has_value && !measure_of(&m, job, news->value, news->others)) ||
        !job_config_read(job, news->config, values))
        return false;
    chain_learn(r->chain, news);
    return true;
}

/* ---- the first of a chain ---- */

/* A slot as the set names it: what is open or paused stands as it did, whatever has come of it since. */
static bool learn_slot(struct replay *r, uint32_t slot, uint32_t kind) {
    struct chain_news news = r->slots.slot(r->slots.context, slot);
    news.slot = slot;
    if (kind == CHAIN_SET_FINISHED)
        return news.status != TRIAL_OPEN && news.status != TRIAL_PAUSED && learn(r, &news);
    news = (struct chain_news){.slot = slot, .config = news.config, .status = TRIAL_OPEN};
    if (!learn(r, &news))
        return false;
    struct known_slot *item = known_find(&r->chain->known, slot);
    if (item != NULL && kind == CHAIN_SET_PAUSED)
        item->status = TRIAL_PAUSED;
    return item != NULL;
}

static bool learn_stood(struct replay *r, uint32_t slot, uint32_t rung) {
    const struct known_slot *item = known_find(&r->chain->known, slot);
    if (item == NULL || r->slots.stand == NULL)
        return false;
    struct known_stand *stand = known_stand(&r->chain->known, item, rung);
    *stand = r->slots.stand(r->slots.context, slot, rung);
    return stand->curve.told > 0;
}

/* Of the attempts those up to the one that stood there were made when it rested. */
static bool learn_rested(struct replay *r, uint32_t slot, uint32_t rung) {
    struct known_slot *item = known_find(&r->chain->known, slot);
    if (item == NULL || item->status != TRIAL_OPEN)
        return false;
    item->resumed = true;
    item->attempts = known_stand(&r->chain->known, item, rung)->attempt;
    return true;
}

static bool learn_as(struct replay *r, uint32_t slot, uint32_t kind) {
    const uint32_t rested = chain_set_rested(r->chain);
    if (kind < CHAIN_SET_STOOD)
        return learn_slot(r, slot, kind);
    return kind < rested ? learn_stood(r, slot, kind - CHAIN_SET_STOOD)
                         : learn_rested(r, slot, kind - rested);
}

static bool learn_ranges(struct replay *r, struct span bytes, uint32_t kind) {
    struct ranges ranges = ranges_of(r->ranges, LIMIT_RANGES);
    if (!ranges_decode(&ranges, bytes))
        return false;
    for (uint32_t i = 0; i < ranges.count; i++) {
        for (uint64_t slot = ranges.items[i].from; slot < ranges.items[i].to; slot++) {
            if (slot >= r->chain->job.trials || !learn_as(r, (uint32_t)slot, kind))
                return false;
        }
    }
    return true;
}

static bool learn_set(struct replay *r, struct mp *in) {
    uint32_t kinds = chain_set_kinds(r->chain);
    uint64_t trials = mp_peek(in) == MP_INT ? mp_u64(in) : r->chain->described;
    if (trials > LIMIT_SLOTS_JOB)
        return false;
    chain_clear(r->chain);
    chain_extend(r->chain, trials);
    for (uint32_t kind = 0; kind < kinds; kind++) {
        if (!learn_ranges(r, mp_bin(in), kind))
            return false;
    }
    (void)mp_u64(in); /* the digest; the chain makes it again */
    struct span method = mp_peek(in) == MP_END ? (struct span){0} : mp_str(in);
    return mp_done(in) && chain_use(r->chain, method);
}

/* ---- every further one ---- */

static bool read_stand(struct mp *in, struct known_stand *stand) {
    uint64_t attempt = mp_u64(in);
    stand->saved = mp_bool(in);
    stand->attempt = (uint32_t)attempt;
    return curve_decode(&stand->curve, mp_bin(in)) && attempt <= UINT32_MAX && in->bad == NULL;
}

/* known: of the job, which says whether it wants to know other metrics, and has rungs. */
static bool read_end(struct mp *in, const struct known *known, struct chain_news *news) {
    news->run_ms = mp_i64(in);
    news->has_value = mp_peek(in) != MP_NIL;
    if (news->has_value)
        news->value = mp_f64(in);
    else
        mp_nil(in);
    if (news->has_value && known->others_cap > 0)
        news->others = mp_bin(in);
    if (news->has_value && known->rungs > 0 && news->status != TRIAL_PAUSED)
        chain_news_curve(news, mp_bin(in));
    uint64_t attempts = news->status == TRIAL_PAUSED ? mp_u64(in) : 0;
    news->attempts = (uint32_t)attempts;
    return attempts <= UINT32_MAX && in->bad == NULL;
}

static bool learn_one(struct replay *r, struct mp *in) {
    struct chain_stand stands = {.slot = (uint32_t)mp_u64(in)};
    struct chain_news news = {.slot = stands.slot};
    const struct known_slot *item = known_find(&r->chain->known, news.slot);
    uint64_t status = mp_u64(in);
    news.config = mp_bin(in);
    if (in->bad != NULL || (news.config.len == 0 && item == NULL))
        return false;
    if (status == CHAIN_STAND) {
        if (item == NULL || r->chain->known.rungs == 0 || !read_stand(in, &stands.stand))
            return false;
        stands.config = known_config(&r->chain->known, item);
        chain_stand(r->chain, &stands);
        return true;
    }
    if (!trial_status_of(status, &news.status) ||
        (news.status != TRIAL_OPEN && !read_end(in, &r->chain->known, &news)))
        return false;
    if (news.config.len == 0)
        news.config = known_config(&r->chain->known, item);
    return learn(r, &news);
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
    r->near = job_copies(&r->chain->job) ? mp_bin(&in) : (struct span){0};
    return number == 0 ? learn_set(r, &in) : follows && learn_news(r, &in);
}

bool replay_recommend(struct replay *r, uint64_t trials, struct recommended *out) {
    r->whole = false;
    chain_clear(r->chain);
    chain_extend(r->chain, trials);
    for (uint32_t slot = 0; slot < trials; slot++)
        (void)learn_slot(r, slot, CHAIN_SET_FINISHED);
    return chain_recommend(r->chain, out);
}

enum replay_verdict replay_next(struct replay *r, const struct replay_proposal *p,
                                size_t *derived) {
    struct buf config = buf_of(r->config, sizeof r->config);
    struct buf known = buf_of(r->known, sizeof r->known);
    *derived = 0;
    uint64_t asked = p->asked > 0 ? p->asked - 1 : p->slot;
    r->whole = learn_known(r, p) && p->slot < r->chain->job.trials && asked <= r->chain->job.trials;
    if (!r->whole)
        return REPLAY_UNKNOWN;
    const struct chain_answer answer =
        chain_ask(r->chain, (uint32_t)asked, r->near, &config, &known);
    r->whole = span_equal(buf_view(&known), p->known);
    if (!r->whole)
        return REPLAY_UNKNOWN;
    *derived = config.len;
    r->whole = answer.slot == p->slot && span_equal(buf_view(&config), p->config);
    return r->whole ? REPLAY_SAME : REPLAY_DIFFERS;
}
