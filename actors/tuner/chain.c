#include "actors/tuner/chain.h"

#include "proto/base/check.h"
#include "proto/base/mp.h"

#include <string.h>

enum {
    STUDY_ALIGN = 64,
    MORE_SLOTS = 64, /* for slots with two configurations */
    EVENT_BYTES = 64 /* one piece of news without its configuration */
};

/* ---- memory ---- */

uint32_t chain_wants(const struct job *job) {
    uint64_t wanted = job->trials + job->trials / 8 + MORE_SLOTS;
    return wanted < TRIALS_MOST ? (uint32_t)wanted : TRIALS_MOST;
}

static struct study_setup setup_of(const struct job *job, const struct algo *algo,
                                   uint32_t capacity) {
    return (struct study_setup){
        .job = job,
        .algo = algo,
        .goals = &job->objectives[0].goal,
        .objectives = 1,
        .workers = job->parallel < LIMIT_SLOTS_NODE ? job->parallel : LIMIT_SLOTS_NODE,
        .steps = 1,
        .capacity = capacity,
    };
}

size_t chain_bytes(const struct job *job, const struct algo *algo, uint32_t capacity) {
    const struct study_setup setup = setup_of(job, algo, capacity);
    struct space space;
    space_of(&space, job);
    return known_bytes(capacity, known_config_cap(job)) + trials_bytes(&space, 1, 1, 1) +
           CHAIN_NEWS_BYTES + study_bytes(&setup) + 4 * STUDY_ALIGN;
}

bool chain_init(struct chain *c, const struct job *job, const struct algo *algo, uint32_t capacity,
                struct arena *arena) {
    *c = (struct chain){.setup = setup_of(job, algo, capacity)};
    space_of(&c->space, job);
    void *news = arena_take_unset(arena, CHAIN_NEWS_BYTES);
    if (news == NULL || !trials_init(&c->none, &c->space, 1, 1, 1, arena) ||
        !known_init(&c->known, capacity, known_config_cap(job), arena))
        return false;
    c->news = buf_of(news, CHAIN_NEWS_BYTES);
    c->blind = (struct brief){
        .job = job, .space = &c->space, .trials = &c->none, .workers = 1, .budget = job->trials};
    c->memory_size = study_bytes(&c->setup);
    c->memory = arena_take_unset(arena, c->memory_size);
    return c->memory != NULL;
}

/* ---- what the study hears ---- */

static void break_off(struct chain *c) {
    c->study = NULL;
    buf_clear(&c->news);
}

void chain_clear(struct chain *c) {
    break_off(c);
    known_clear(&c->known);
}

static bool is_at_work(const struct chain *c, uint32_t trial) {
    return trial != KNOWN_NO_TRIAL && study_trials(c->study)->states[trial] == AT_WORK;
}

static uint32_t repeat_of(const struct chain *c) {
    return c->setup.job->repeat > 1 ? c->setup.job->repeat : 1;
}

/* The next slot of this one's configuration that something is known of, from `from` on. NULL: there
 * are no more. */
static struct known_slot *next_run(const struct chain *c, uint32_t slot, uint32_t from) {
    const uint32_t repeat = repeat_of(c), first = slot / repeat * repeat;
    struct known_slot *item = NULL;
    for (uint32_t i = from > first ? from : first; i - first < repeat && item == NULL; i++)
        item = i == slot ? NULL : known_find(&c->known, i);
    return item;
}

/* Runs of one configuration are one trial. */
static uint32_t trial_of_siblings(const struct chain *c, const struct known_slot *item) {
    const struct known_slot *other = next_run(c, item->slot, 0);
    while (other != NULL &&
           (other->trial == KNOWN_NO_TRIAL ||
            !span_equal(known_config(&c->known, other), known_config(&c->known, item))))
        other = next_run(c, item->slot, other->slot + 1);
    return other == NULL ? KNOWN_NO_TRIAL : other->trial;
}

/* False: the study has no more room. */
static bool adopt(struct chain *c, struct known_slot *item) {
    struct value values[LIMIT_PARAMS];
    item->trial = trial_of_siblings(c, item);
    if (item->trial != KNOWN_NO_TRIAL)
        return true;
    ensure(config_decode(known_config(&c->known, item), values, c->setup.job->params_count));
    return study_adopt(c->study, values, &item->trial);
}

/* What zyg or its machines did to a trial says nothing about its configuration. */
static bool says_nothing(const struct known_slot *item) {
    switch ((enum trial_status)item->status) {
    case TRIAL_DONE: return !item->has_value;
    case TRIAL_INFEASIBLE:
    case TRIAL_CRASHED:
    case TRIAL_TIMED_OUT:
    case TRIAL_FLOODED:
    case TRIAL_NO_METRIC: return false;
    default: return true;
    }
}

static void tell(struct chain *c, const struct known_slot *item) {
    const struct study_result result = {
        .state = item->has_value ? ENDED_WELL : ENDED_BADLY,
        .values = item->has_value ? &item->value : NULL,
        .seconds = item->run_ms > 0 ? (double)item->run_ms / 1000 : 0,
        .run = item->slot % repeat_of(c),
    };
    if (!is_at_work(c, item->trial))
        return; /* of one configuration a second result that is better, or of one that has failed */
    if (says_nothing(item))
        ensure(study_drop(c->study, item->trial));
    else if (study_awaits(c->study, item->trial, result.run))
        ensure(study_tell(c->study, item->trial, &result));
}

/* ---- the set ---- */

static void keep(struct known_slot *item, const struct chain_news *news) {
    item->status = (uint8_t)news->status;
    item->has_value = news->status == TRIAL_DONE && news->has_value;
    item->value = item->has_value ? news->value : 0;
    item->run_ms = news->status == TRIAL_OPEN ? 0 : news->run_ms;
}

static struct known_slot *put(struct chain *c, uint32_t slot) {
    struct known_slot *item = known_put(&c->known, slot);
    if (item != NULL)
        return item;
    break_off(c);
    c->forgot++;
    known_forget(&c->known, c->setup.job->objectives[0].goal, repeat_of(c));
    return known_put(&c->known, slot); /* NULL: all of it is open */
}

static void note(struct chain *c, const struct known_slot *item, bool moved) {
    mp_put_u64(&c->news, item->slot);
    mp_put_u64(&c->news, item->status);
    mp_put_bin(&c->news, moved ? known_config(&c->known, item) : (struct span){0});
    if (item->status == TRIAL_OPEN)
        return;
    mp_put_i64(&c->news, item->run_ms);
    if (item->has_value)
        mp_put_f64(&c->news, item->value);
    else
        mp_put_nil(&c->news);
}

/* It has another configuration by now, and no other slot may have the old one. */
static void leave(struct chain *c, struct known_slot *item) {
    const struct known_slot *other = next_run(c, item->slot, 0);
    while (other != NULL && other->trial != item->trial)
        other = next_run(c, item->slot, other->slot + 1);
    if (other == NULL)
        (void)study_drop(c->study, item->trial);
}

/* moved: it has a configuration that the study does not know of this slot. */
static void follow(struct chain *c, struct known_slot *item, bool moved) {
    if (moved && item->trial != KNOWN_NO_TRIAL)
        leave(c, item);
    note(c, item, moved);
    if (c->news.overflow || (moved && !adopt(c, item)))
        break_off(c);
    else if (item->status != TRIAL_OPEN)
        tell(c, item);
}

void chain_learn(struct chain *c, const struct chain_news *news) {
    struct known_slot *item = known_find(&c->known, news->slot);
    bool ended = item != NULL && item->status != TRIAL_OPEN;
    bool moved = item == NULL || !span_equal(known_config(&c->known, item), news->config);
    if (ended && news->status == TRIAL_OPEN)
        return;
    if (item == NULL && (item = put(c, news->slot)) == NULL)
        return;
    if (moved)
        known_set_config(&c->known, item, news->config);
    keep(item, news);
    bool matters = moved || (!ended && news->status != TRIAL_OPEN);
    if (c->study != NULL && matters)
        follow(c, item, moved);
}

/* ---- a new chain ---- */

/* FNV-1a (Fowler, Noll, Vo), 64 bits. */
static uint64_t digest_of(uint64_t digest, struct span bytes) {
    for (size_t i = 0; i < bytes.len; i++)
        digest = (digest ^ bytes.data[i]) * 0x100000001b3u;
    return digest;
}

static uint64_t digest_item(uint64_t digest, const struct chain *c, const struct known_slot *item) {
    uint8_t memory[EVENT_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    mp_put_u64(&out, item->slot);
    mp_put_u64(&out, item->status);
    mp_put_i64(&out, item->run_ms);
    mp_put_f64(&out, item->value);
    return digest_of(digest_of(digest, buf_view(&out)), known_config(&c->known, item));
}

/* As ranges_encode writes them. */
static void put_ranges(const struct chain *c, bool open, struct buf *out) {
    const struct known *k = &c->known;
    for (int pass = 0; pass < 2; pass++) { /* counts, then writes */
        uint32_t count = 0, from = 0, to = 0;
        for (uint32_t i = 0; i <= k->count; i++) {
            const struct known_slot *item = i < k->count ? &k->items[k->order[i]] : NULL;
            if (item != NULL && (item->status == TRIAL_OPEN) != open)
                continue;
            if (item != NULL && to > from && item->slot == to) {
                to++;
                continue;
            }
            if (to > from && pass == 1) {
                mp_put_u64(out, from);
                mp_put_u64(out, to - from);
            }
            count += to > from ? 2 : 0;
            from = item != NULL ? item->slot : 0;
            to = item != NULL ? item->slot + 1 : 0;
        }
        if (pass == 0)
            mp_put_array(out, count);
    }
}

static void put_set(const struct chain *c, struct buf *known) {
    static const bool which[] = {false, true};
    uint64_t digest = 0xcbf29ce484222325u;
    for (size_t i = 0; i < 2; i++) {
        uint8_t memory[CHAIN_KNOWN_BYTES];
        struct buf ranges = buf_of(memory, sizeof memory);
        put_ranges(c, which[i], &ranges);
        mp_put_bin(known, buf_view(&ranges));
        known->overflow = known->overflow || ranges.overflow;
    }
    for (uint32_t i = 0; i < c->known.count; i++)
        digest = digest_item(digest, c, &c->known.items[c->known.order[i]]);
    mp_put_u64(known, digest);
}

static void begin_again(struct chain *c) {
    struct known *k = &c->known;
    struct arena arena = arena_of(c->memory, c->memory_size);
    if (k->count >= k->capacity - k->capacity / 8) {
        known_forget(k, c->setup.job->objectives[0].goal, repeat_of(c));
        c->forgot++;
    }
    known_sort(k);
    buf_clear(&c->news);
    c->number = 0;
    c->study = study_init(&c->setup, &arena);
    ensure(c->study != NULL);
    for (uint32_t i = 0; i < k->count; i++)
        k->items[i].trial = KNOWN_NO_TRIAL; /* those of the study before */
    for (uint32_t i = 0; i < k->count; i++) {
        struct known_slot *item = &k->items[k->order[i]];
        ensure(adopt(c, item)); /* as many as can be known */
        if (item->status != TRIAL_OPEN)
            tell(c, item);
    }
}

/* ---- asking ---- */

static uint32_t propose(struct chain *c, uint32_t slot, struct buf *config) {
    struct study_proposal p;
    struct value values[LIMIT_PARAMS];
    uint32_t trial = KNOWN_NO_TRIAL, count = c->setup.job->params_count;
    study_ask_as(c->study, slot / repeat_of(c), &p);
    if (p.answer == STUDY_START) {
        config_encode(config, p.values, count);
        return p.trial;
    }
    /* There are more slots than configurations: some come twice. */
    ensure(algo_random.propose(NULL, &c->blind, slot, values));
    config_encode(config, values, count);
    (void)study_adopt(c->study, values, &trial);
    return trial;
}

static bool is_full(const struct chain *c) {
    const struct trials *t = study_trials(c->study);
    return t->count == t->capacity;
}

static void put_known(struct chain *c, struct buf *known) {
    mp_put_u64(known, c->number);
    if (c->number == 0)
        put_set(c, known);
    else
        buf_span(known, buf_view(&c->news));
    if (known->overflow || known->len > CHAIN_KNOWN_BYTES) {
        buf_clear(known);
        mp_put_nil(known);
    }
    buf_clear(&c->news);
    c->number++;
}

/* A further run of a configuration is news like another's proposal. */
static void run_again(struct chain *c, uint32_t slot, struct span config) {
    chain_learn(c, &(struct chain_news){.slot = slot, .config = config, .status = TRIAL_OPEN});
}

void chain_ask(struct chain *c, uint32_t slot, struct buf *config, struct buf *known) {
    struct known_slot *item = known_find(&c->known, slot);
    const bool again = item == NULL && (item = next_run(c, slot, 0)) != NULL;
    if (item != NULL)
        buf_span(config, known_config(&c->known, item));
    if (again)
        run_again(c, slot, buf_view(config));
    if (item != NULL)
        return;
    if (c->study == NULL || is_full(c))
        begin_again(c);
    uint32_t trial = propose(c, slot, config);
    put_known(c, known);
    item = put(c, slot);
    if (item == NULL) { /* thousands are open, and little memory */
        break_off(c);
        return;
    }
    item->trial = trial;
    known_set_config(&c->known, item, buf_view(config));
}
