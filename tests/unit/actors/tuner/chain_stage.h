/* chain_stage - chains of a small job whose method learns: nodes that propose, the facts between
 * them, and what can be derived from those again. */
#ifndef ZYG_TEST_CHAIN_STAGE_H
#define ZYG_TEST_CHAIN_STAGE_H

#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/replay.h"
#include "proto/base/rng.h"

#include <stdlib.h>

enum { STAGE_SLOTS = 400, STAGE_FACTS = 1000, STAGE_CONFIG = 128, STAGE_KNOWN = 8192 };

/* ---- a method that remembers all it is shown, and in which order ---- */

struct elephant {
    uint64_t seen;
};

static inline size_t elephant_bytes(const struct brief *b) {
    (void)b;
    return sizeof(struct elephant);
}

static inline void *elephant_init(const struct brief *b, struct arena *arena) {
    (void)b;
    return arena_take(arena, sizeof(struct elephant));
}

static inline void elephant_mix(struct elephant *e, uint64_t bits) {
    if (bits << 1 > (uint64_t)0xffe << 52) /* whatever NAN it is */
        bits = 1;
    e->seen = (e->seen ^ bits) * 0x9e3779b97f4a7c15u;
    e->seen ^= e->seen >> 31;
}

static inline void elephant_learn(void *state, const struct brief *b, uint32_t place) {
    struct elephant *e = state;
    const struct trials *t = b->trials;
    uint64_t bits;
    for (uint32_t i = 0; i < t->objectives; i++) {
        memcpy(&bits, &t->values[(size_t)place * t->objectives + i], sizeof bits);
        elephant_mix(e, bits);
    }
    memcpy(&bits, &t->breaches[place], sizeof bits);
    elephant_mix(e, bits);
    elephant_mix(e, (t->keys[place] ^ t->states[place]) >> 1);
    elephant_mix(e, t->active_count);
}

static inline bool elephant_propose(void *state, const struct brief *b, uint64_t number,
                                    struct value *values) {
    const struct elephant *e = state;
    double point[LIMIT_PARAMS];
    struct rng r = rng_of(b->job->seed ^ e->seen, PURPOSE_AUTO << 16, number);
    for (uint32_t i = 0; i < b->space->dims; i++)
        point[i] = rng_unit(&r);
    return algo_fresh(b, &r, point, values);
}

static const struct algo elephant = {.name = "elephant",
                                     .bytes = elephant_bytes,
                                     .init = elephant_init,
                                     .propose = elephant_propose,
                                     .learn = elephant_learn};

/* ---- nodes ---- */

struct node {
    struct chain chain;
    void *memory;
    struct node_id id;
    uint64_t generation;
};

struct proposal {
    struct replay_proposal p;
    uint8_t config[STAGE_CONFIG];
    uint8_t known[STAGE_KNOWN];
};

struct chain_stage {
    struct test_job job;
    struct node nodes[4];
    uint32_t proposals_count;
    struct proposal proposals[STAGE_FACTS];
    struct chain_news rows[STAGE_SLOTS]; /* what each slot came to; config empty: nothing */
    uint8_t configs[STAGE_SLOTS][STAGE_CONFIG];
    struct replay replay;
};

static inline void node_begin(struct chain_stage *s, uint32_t number, uint32_t capacity) {
    struct node *n = &s->nodes[number];
    size_t size = chain_bytes(&s->job.job, &elephant, capacity);
    free(n->memory);
    n->memory = malloc(size);
    memset(n->memory, 0xa5, size); /* whatever lay there before */
    struct arena arena = arena_of(n->memory, size);
    assert_true(chain_init(&n->chain, &s->job.job, &elephant, capacity, &arena));
    n->id = (struct node_id){{(uint8_t)(number + 1)}};
    n->generation++;
}

/* several: two objectives and a constraint on a third metric. */
static inline void stage_begin_with(struct chain_stage *s, bool several, uint32_t capacity) {
    static const struct condition small = {.text = {(const uint8_t *)"mb <= 8", 7}};
    memset(s, 0, sizeof *s);
    job_begin(&s->job, METHOD_RANDOM, STAGE_SLOTS);
    add_choice(&s->job, "learner", (const char *const[]){"svm", "forest", NULL});
    add_range(&s->job, "C", PARAM_FLOAT, 0.001, 1000)->scale = SCALE_LOG;
    add_range(&s->job, "trees", PARAM_INT, 1, 1000)->when_text = span_text("learner == forest");
    s->job.job.objectives_count = 1;
    s->job.job.objectives[0] =
        (struct objective){.metric = span_text("accuracy"), .goal = GOAL_MAXIMIZE};
    if (several) {
        s->job.job.objectives[1] = (struct objective){.metric = span_text("seconds")};
        s->job.job.objectives_count = 2;
        s->job.job.constraints = &small;
        s->job.job.constraints_count = 1;
    }
    job_end(&s->job);
    for (uint32_t i = 0; i < 4; i++)
        node_begin(s, i, capacity);
}

static inline void stage_begin(struct chain_stage *s) {
    stage_begin_with(s, false, STAGE_SLOTS + 64);
}

static inline void stage_end(struct chain_stage *s) {
    for (uint32_t i = 0; i < 4; i++)
        free(s->nodes[i].memory);
}

/* The slot's configuration as the node proposes it, kept as a fact when it is one. */
static inline struct span node_asks(struct chain_stage *s, uint32_t number, uint32_t slot) {
    static uint8_t config_memory[4096], known_memory[CHAIN_KNOWN_BYTES];
    struct buf config = buf_of(config_memory, sizeof config_memory);
    struct buf known = buf_of(known_memory, sizeof known_memory);
    struct node *n = &s->nodes[number];
    struct value values[LIMIT_PARAMS];
    uint32_t wrong;
    chain_ask(&n->chain, slot, (struct span){0}, &config, &known);
    assert_true(config_decode(buf_view(&config), values, s->job.job.params_count));
    assert_true(job_config_valid(&s->job.job, values, &wrong));
    if (known.len == 0)
        return buf_view(&config);
    assert_true(s->proposals_count < STAGE_FACTS && known.len <= STAGE_KNOWN);
    struct proposal *p = &s->proposals[s->proposals_count++];
    memcpy(p->config, config.data, config.len);
    memcpy(p->known, known.data, known.len);
    p->p = (struct replay_proposal){.author = n->id,
                                    .generation = n->generation,
                                    .slot = slot,
                                    .config = span_of(p->config, config.len),
                                    .known = span_of(p->known, known.len)};
    return buf_view(&config);
}

/* How a trial of this configuration ends: mostly well, sometimes not, sometimes for no reason of
 * its own. */
static inline struct chain_news stage_result(uint32_t slot, struct span config) {
    uint64_t mix = 7;
    for (size_t i = 0; i < config.len; i++)
        mix = (mix ^ config.data[i]) * 0x100000001b3u;
    struct chain_news news = {.slot = slot,
                              .config = config,
                              .status = TRIAL_DONE,
                              .has_value = true,
                              .value = (double)(mix >> 40) / 1000,
                              .run_ms = 1000 + (dur_ms)(mix % 1000)};
    if (mix % 16 < 2) {
        news.status = mix % 16 == 0 ? TRIAL_CRASHED : TRIAL_INTERRUPTED;
        news.has_value = false;
        news.value = 0;
    }
    return news;
}

/* The fact that stands for the slot. */
static inline const struct chain_news *stage_keeps(struct chain_stage *s, struct chain_news news) {
    memcpy(s->configs[news.slot], news.config.data, news.config.len);
    news.config = span_of(s->configs[news.slot], news.config.len);
    s->rows[news.slot] = news;
    return &s->rows[news.slot];
}

static inline void everybody_learns(struct chain_stage *s, const struct chain_news *news) {
    for (uint32_t i = 0; i < 4; i++)
        chain_learn(&s->nodes[i].chain, news);
}

/* ---- deriving all of it again ---- */

static inline struct chain_news stage_row(void *context, uint32_t slot) {
    return ((struct chain_stage *)context)->rows[slot];
}

/* By author and generation; those of one stay in their order. */
static inline bool goes_before(const struct proposal *a, const struct proposal *b) {
    int order = memcmp(a->p.author.bytes, b->p.author.bytes, sizeof a->p.author.bytes);
    return order != 0 ? order < 0 : a->p.generation < b->p.generation;
}

struct replayed {
    uint32_t same, differ, unknown;
};

static inline struct replayed stage_replays(struct chain_stage *s) {
    static uint32_t order[STAGE_FACTS];
    struct replayed r = {0};
    const struct replay_slots slots = {.slot = stage_row, .context = s};
    node_begin(s, 3, STAGE_SLOTS + 64);
    replay_init(&s->replay, &s->nodes[3].chain, &slots);
    for (uint32_t i = 0; i < s->proposals_count; i++) { /* insertion: stable */
        uint32_t at = i;
        for (; at > 0 && goes_before(&s->proposals[i], &s->proposals[order[at - 1]]); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    for (uint32_t i = 0; i < s->proposals_count; i++) {
        struct proposal *p = &s->proposals[order[i]];
        p->p.config.data = p->config;
        p->p.known.data = p->known;
        size_t derived;
        enum replay_verdict verdict = replay_next(&s->replay, &p->p, &derived);
        r.same += verdict == REPLAY_SAME;
        r.differ += verdict == REPLAY_DIFFERS;
        r.unknown += verdict == REPLAY_UNKNOWN;
    }
    return r;
}

#endif
