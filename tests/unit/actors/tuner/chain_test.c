#include "tests/unit/actors/tuner/chain_stage.h"

#include "proto/base/mp.h"

static struct chain_stage stage;

static int begin_test(void **state) {
    (void)state;
    stage_begin(&stage);
    return 0;
}

static int end_test(void **state) {
    (void)state;
    stage_end(&stage);
    return 0;
}

/* With several objectives the third metric is told by some trials only. */
static struct chain_news result_of(uint32_t slot) {
    static uint8_t memory[STAGE_SLOTS][32];
    struct chain_news news = stage_result(slot, stage.rows[slot].config);
    struct buf others = buf_of(memory[slot], sizeof memory[slot]);
    if (!news.has_value || stage.job.job.objectives_count < 2)
        return news;
    mp_put_array(&others, 2);
    mp_put_f64(&others, (double)(slot % 7));
    if (slot % 5 == 0)
        mp_put_nil(&others);
    else
        mp_put_f64(&others, (double)(slot % 11));
    news.others = buf_view(&others);
    return news;
}

/* One leader with four places: results come in the order in which the draws say. */
static void run(uint32_t leader, uint32_t from, uint32_t to, struct rng *r) {
    uint32_t open[4], count = 0, next = from;
    while (next < to || count > 0) {
        if (next < to && count < 4) {
            struct span config = node_asks(&stage, leader, next);
            (void)stage_keeps(&stage, (struct chain_news){.slot = next, .config = config});
            open[count++] = next++;
            continue;
        }
        uint32_t which = (uint32_t)rng_below(r, count), slot = open[which];
        open[which] = open[--count];
        everybody_learns(&stage, stage_keeps(&stage, result_of(slot)));
    }
}

static void expect_all_same(uint32_t proposals) {
    struct replayed r = stage_replays(&stage);
    assert_int_equal(stage.proposals_count, proposals);
    assert_int_equal(r.differ, 0);
    assert_int_equal(r.unknown, 0);
    assert_int_equal(r.same, proposals);
}

static void every_proposal_is_derived_again(void **state) {
    (void)state;
    struct rng r = rng_of(1, 0, 0);
    run(0, 0, STAGE_SLOTS, &r);
    expect_all_same(STAGE_SLOTS);
    size_t known = 0;
    for (uint32_t i = 1; i < STAGE_SLOTS; i++)
        known += stage.proposals[i].p.known.len;
    assert_true(known / STAGE_SLOTS < 24); /* one result a proposal */
}

static void several_objectives_are_derived_again(void **state) {
    (void)state;
    struct rng r = rng_of(11, 0, 0);
    stage_end(&stage);
    stage_begin_with(&stage, true, STAGE_SLOTS + 64);
    run(0, 0, 200, &r);
    run(1, 200, STAGE_SLOTS, &r); /* it has never proposed: its chain begins with a set */
    const struct trials *t = study_trials(stage.nodes[1].chain.study);
    uint32_t broken = 0, untold = 0;
    for (uint32_t place = 0; place < t->count; place++) {
        broken += t->breaches[place] > 0 && t->breaches[place] < 1;
        untold += t->breaches[place] == BREACH_UNKNOWN;
    }
    assert_int_equal(t->objectives, 2);
    assert_true(broken > 30 && untold > 50);
    expect_all_same(STAGE_SLOTS);
    /* With one value of one trial told otherwise nothing that knew of it is the same. */
    struct chain_news other = result_of(20);
    for (uint32_t slot = 20; !other.has_value; slot++)
        other = result_of(slot);
    uint8_t *seconds = (uint8_t *)other.others.data + 1;
    seconds[1] ^= 0x40;
    struct replayed replayed = stage_replays(&stage);
    assert_true(replayed.same < STAGE_SLOTS && replayed.unknown > 0);
}

/* The best of each objective stay, of those that keep the constraint. */
static void who_forgets_keeps_the_best_of_each_objective(void **state) {
    (void)state;
    struct rng r = rng_of(12, 0, 0);
    stage_end(&stage);
    stage_begin_with(&stage, true, 96);
    run(0, 0, STAGE_SLOTS, &r);
    const struct chain *c = &stage.nodes[0].chain;
    uint32_t best = STAGE_SLOTS;
    assert_true(c->forgot > 0);
    for (uint32_t slot = 0; slot < STAGE_SLOTS; slot++) {
        bool keeps = stage.rows[slot].has_value && slot % 5 != 0 && slot % 11 <= 8;
        if (keeps && (best == STAGE_SLOTS || stage.rows[slot].value > stage.rows[best].value))
            best = slot;
    }
    assert_non_null(known_find(&c->known, best));
    struct known_slot *item = known_find(&c->known, best);
    assert_true(span_equal(known_others(&c->known, item), stage.rows[best].others));
    uint32_t quick = 0; /* 0 seconds is the least there is */
    for (uint32_t slot = 0; slot < STAGE_SLOTS / 2; slot += 7)
        quick += slot % 5 != 0 && slot % 11 <= 8 && known_find(&c->known, slot) != NULL;
    assert_true(quick > 0);
}

/* A study that hears another order proposes something else: the method sees it. */
static void the_method_of_these_tests_sees_the_order(void **state) {
    (void)state;
    struct span first = node_asks(&stage, 0, 0), second;
    uint8_t kept[STAGE_CONFIG];
    memcpy(kept, first.data, first.len);
    first.data = kept;
    second = node_asks(&stage, 0, 1);
    const struct chain_news a = *stage_keeps(&stage, stage_result(0, first));
    const struct chain_news b = *stage_keeps(&stage, stage_result(1, second));
    (void)node_asks(&stage, 1, 0);
    (void)node_asks(&stage, 1, 1);
    chain_learn(&stage.nodes[0].chain, &a);
    chain_learn(&stage.nodes[0].chain, &b);
    chain_learn(&stage.nodes[1].chain, &b);
    chain_learn(&stage.nodes[1].chain, &a);
    struct span one = node_asks(&stage, 0, 2);
    memcpy(kept, one.data, one.len);
    assert_false(span_equal(span_of(kept, one.len), node_asks(&stage, 1, 2)));
    stage_replays(&stage);
    expect_all_same(6); /* and each can be derived */
}

/* Facts in any order, twice and late: who begins a chain then proposes the same, and says the same
 * of what he knew. */
static void the_order_of_facts_does_not_matter(void **state) {
    (void)state;
    struct rng r = rng_of(2, 0, 0);
    run(0, 0, 120, &r);
    for (uint32_t slot = 120; slot < 126; slot++) /* these are not finished */
        (void)stage_keeps(&stage,
                          (struct chain_news){.slot = slot, .config = node_asks(&stage, 0, slot)});
    uint8_t config[STAGE_CONFIG];
    size_t config_len = 0;
    for (uint32_t time = 0; time < 5; time++) {
        node_begin(&stage, 1, STAGE_SLOTS + 64);
        for (uint32_t i = 0; i < 126 * time; i++) { /* some of them before, or after all */
            const struct chain_news *row = &stage.rows[rng_below(&r, 126)];
            struct chain_news open = {.slot = row->slot, .config = row->config};
            chain_learn(&stage.nodes[1].chain, rng_below(&r, 2) == 0 ? row : &open);
        }
        for (uint32_t i = 0; i < 126; i++)
            chain_learn(&stage.nodes[1].chain, &stage.rows[(i * 25 + time) % 126]);
        struct span got = node_asks(&stage, 1, 200);
        if (time == 0)
            memcpy(config, got.data, config_len = got.len);
        assert_true(span_equal(got, span_of(config, config_len)));
        const struct proposal *p = &stage.proposals[stage.proposals_count - 1];
        assert_true(span_equal(p->p.known, stage.proposals[126].p.known));
    }
    struct replayed again = stage_replays(&stage);
    assert_int_equal(again.same, 131);
}

static void a_new_leader_in_the_middle(void **state) {
    (void)state;
    struct rng r = rng_of(3, 0, 0);
    run(0, 0, 100, &r);
    run(1, 100, 200, &r);                    /* the other one is gone, or thinks it leads */
    run(0, 200, 300, &r);                    /* it leads again, in the same life */
    node_begin(&stage, 0, STAGE_SLOTS + 64); /* ... and in the next */
    for (uint32_t slot = 0; slot < 300; slot++)
        chain_learn(&stage.nodes[0].chain, &stage.rows[slot]);
    run(0, 300, 400, &r);
    expect_all_same(400);
}

/* Two islands give out the same slot, and hear their own result. */
static void both_run(uint32_t slot, struct chain_news rows[2], uint8_t configs[2][STAGE_CONFIG]) {
    for (uint32_t i = 0; i < 2; i++) {
        struct span config = node_asks(&stage, i, slot);
        memcpy(configs[i], config.data, config.len);
        rows[i] = stage_result(slot, span_of(configs[i], config.len));
        chain_learn(&stage.nodes[i].chain, &rows[i]);
    }
}

/* Both give the same slots other configurations; of each the one that facts pick stands. */
static void two_islands(void **state) {
    (void)state;
    struct rng r = rng_of(4, 0, 0);
    run(0, 0, 40, &r);
    (void)node_asks(&stage, 1, 399); /* so that it has learned something else */
    for (uint32_t slot = 40; slot < 80; slot++) {
        struct chain_news rows[2];
        uint8_t configs[2][STAGE_CONFIG];
        both_run(slot, rows, configs);
        assert_false(span_equal(rows[0].config, rows[1].config));
        (void)stage_keeps(&stage, rows[slot % 2]);
    }
    uint32_t before = stage_replays(&stage).same;
    assert_int_equal(before, stage.proposals_count); /* while apart */
    for (uint32_t slot = 40; slot < 80; slot++)      /* they meet */
        everybody_learns(&stage, &stage.rows[slot]);
    run(0, 80, 120, &r);
    run(1, 120, 160, &r);
    expect_all_same(40 + 1 + 80 + 80);
    /* Pairs were learned, not slots: the first has run both configurations of each slot. */
    assert_true(study_trials(stage.nodes[0].chain.study)->ended_count > 120);
}

static void a_slot_that_is_asked_for_again_keeps_its_configuration(void **state) {
    (void)state;
    uint8_t kept[STAGE_CONFIG];
    struct rng r = rng_of(5, 0, 0);
    run(0, 0, 20, &r);
    struct span config = node_asks(&stage, 0, 20);
    memcpy(kept, config.data, config.len);
    config.data = kept;
    (void)node_asks(&stage, 0, 21);
    assert_true(span_equal(node_asks(&stage, 0, 20), config));
    assert_int_equal(stage.proposals_count, 22); /* and is no other proposal */
    chain_learn(&stage.nodes[1].chain, &(struct chain_news){.slot = 20, .config = config});
    assert_true(span_equal(node_asks(&stage, 1, 20), config)); /* whoever is asked */
    assert_int_equal(stage.proposals_count, 22);
}

/* A trial that ended over its machine says nothing; one that crashed does. */
static void what_the_machine_did_is_not_learned(void **state) {
    (void)state;
    static const enum trial_status nothing[] = {TRIAL_INTERRUPTED, TRIAL_TRANSIENT, TRIAL_CANCELLED,
                                                TRIAL_NO_START, TRIAL_LOST};
    uint32_t slot = 0;
    const struct trials *t = NULL;
    for (; slot < 5; slot++) {
        struct chain_news news = {.slot = slot, .status = nothing[slot]};
        news.config = node_asks(&stage, 0, slot);
        chain_learn(&stage.nodes[0].chain, &news);
        t = study_trials(stage.nodes[0].chain.study);
        assert_int_equal(t->states[slot], TAKEN_BACK);
    }
    assert_int_equal(t->finished_count, 0);
    assert_int_equal(t->active_count, 0);
    struct chain_news news = {.slot = slot, .status = TRIAL_CRASHED};
    news.config = node_asks(&stage, 0, slot);
    chain_learn(&stage.nodes[0].chain, &news);
    assert_int_equal(t->failed_count, 1);
}

/* The value goes in as the goal has it, the time in seconds. */
static void the_best_is_the_best_of_the_job(void **state) {
    (void)state;
    for (uint32_t slot = 0; slot < 3; slot++) {
        struct chain_news news = {.slot = slot,
                                  .status = TRIAL_DONE,
                                  .has_value = true,
                                  .value = slot == 1 ? 0.9 : 0.1,
                                  .run_ms = 1500};
        news.config = node_asks(&stage, 0, slot);
        chain_learn(&stage.nodes[0].chain, &news);
    }
    const struct trials *t = study_trials(stage.nodes[0].chain.study);
    assert_int_equal(t->best[0], 1); /* maximize */
    assert_true(t->values[1] == -0.9);
    assert_true(t->seconds[1] == 1.5);
}

/* While another node leads, more comes than one proposal can say: a new chain begins. */
static void who_has_not_led_for_long_begins_anew(void **state) {
    (void)state;
    struct rng r = rng_of(6, 0, 0);
    run(0, 0, 4, &r);
    run(1, 4, 360, &r);
    assert_null(stage.nodes[0].chain.study);
    run(0, 360, 400, &r);
    expect_all_same(400);
}

static void who_has_little_memory_forgets(void **state) {
    (void)state;
    struct rng r = rng_of(7, 0, 0);
    node_begin(&stage, 0, CHAIN_LEAST);
    run(0, 0, STAGE_SLOTS, &r);
    assert_true(stage.nodes[0].chain.forgot > 5);
    const struct known *k = &stage.nodes[0].chain.known;
    assert_true(k->count <= CHAIN_LEAST);
    double best = 0; /* which is not forgotten */
    bool known = false;
    for (uint32_t slot = 0; slot < STAGE_SLOTS; slot++)
        best = stage.rows[slot].value > best ? stage.rows[slot].value : best;
    for (uint32_t i = 0; i < k->count; i++)
        known = known || k->items[i].value == best;
    assert_true(known);
    expect_all_same(STAGE_SLOTS);
}

/* Nobody refuses a slot because every configuration was tried. */
static void a_space_that_is_used_up_repeats_itself(void **state) {
    (void)state;
    stage_end(&stage);
    memset(&stage, 0, sizeof stage);
    job_begin(&stage.job, METHOD_RANDOM, 20);
    add_range(&stage.job, "k", PARAM_INT, 1, 8);
    stage.job.job.objectives[0] = (struct objective){.metric = span_text("loss")};
    stage.job.job.objectives_count = 1;
    job_end(&stage.job);
    for (uint32_t i = 0; i < 4; i++)
        node_begin(&stage, i, 128);
    struct rng r = rng_of(8, 0, 0);
    run(0, 0, 20, &r);
    uint32_t seen = 0;
    for (uint32_t slot = 0; slot < 8; slot++) {
        struct value v;
        assert_true(config_decode(stage.rows[slot].config, &v, 1));
        seen |= 1u << v.integer;
    }
    assert_int_equal(seen, 0x1fe); /* all of them first */
    expect_all_same(20);
}

static void what_is_not_as_it_says_is_found_out(void **state) {
    (void)state;
    struct rng r = rng_of(9, 0, 0);
    run(0, 0, 100, &r);
    struct proposal *p = &stage.proposals[50];
    memcpy(p->config, stage.proposals[51].config, stage.proposals[51].p.config.len);
    struct span config = p->p.config;
    p->p.config.len = stage.proposals[51].p.config.len;
    struct replayed found = stage_replays(&stage);
    assert_int_equal(found.same, 50);
    assert_int_equal(found.differ, 1);
    assert_int_equal(found.unknown, 49); /* nobody knows what comes after */
    p->p.config = config;
    memcpy(p->config, stage.rows[50].config.data, stage.rows[50].config.len);
    p->known[p->p.known.len - 1] ^= 1; /* another value */
    found = stage_replays(&stage);
    assert_int_equal(found.same + found.differ + found.unknown, 100);
    assert_int_equal(found.same, 50);
}

/* A result that names what it cannot name. */
static void nonsense_is_unknown(void **state) {
    (void)state;
    static const uint8_t bad[][24] = {
        {0},                            /* number 0 and no set */
        {0xc0},                         /* nil */
        {1},                            /* no chain to go on with */
        {0xff, 0xff},                   /* no number */
        {0, 0xc4, 1, 0x92, 0xc4, 0, 0}, /* no ranges */
        {0, 0xc4, 6, 0x92, 0, 0xce, 0x7f, 0xff, 0xff, 0xc4, 1, 0x90,
         0}, /* of slots that are none */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        stage.proposals_count = 1;
        struct proposal *p = &stage.proposals[0];
        memcpy(p->known, bad[i], sizeof bad[i]);
        for (size_t len = 0; len <= sizeof bad[i]; len++) {
            p->p = (struct replay_proposal){.known = span_of(p->known, len)};
            assert_int_equal(stage_replays(&stage).unknown, 1);
        }
    }
}

/* Every configuration for four slots. */
static void repeat_four(void) {
    stage.job.job.repeat = 4;
    for (uint32_t i = 0; i < 4; i++)
        node_begin(&stage, i, STAGE_SLOTS + 64);
}

static void expect_repeated(uint32_t slots) {
    for (uint32_t slot = 0; slot < slots; slot++) {
        const struct span first = stage.rows[slot / 4 * 4].config;
        const struct span before =
            slot < 4 ? (struct span){0} : stage.rows[slot / 4 * 4 - 4].config;
        assert_true(span_equal(stage.rows[slot].config, first));
        assert_false(span_equal(stage.rows[slot].config, before));
    }
}

static void slots_of_one_configuration_are_one_proposal(void **state) {
    (void)state;
    struct rng r = rng_of(7, 0, 0);
    repeat_four();
    run(0, 0, 150, &r); /* the leader goes in the middle of a configuration */
    run(1, 150, 250, &r);
    node_begin(&stage, 0, STAGE_SLOTS + 64);
    for (uint32_t slot = 0; slot < 250; slot++)
        chain_learn(&stage.nodes[0].chain, &stage.rows[slot]);
    run(0, 250, 400, &r);
    expect_repeated(400);
    expect_all_same(100);
}

static void a_trial_of_several_runs_is_told_their_mean(void **state) {
    (void)state;
    struct chain *c = &stage.nodes[0].chain;
    repeat_four();
    for (uint32_t slot = 0; slot < 12; slot++)
        (void)stage_keeps(&stage,
                          (struct chain_news){.slot = slot, .config = node_asks(&stage, 0, slot)});
    static const double values[] = {1, 2, 4, 9};
    for (uint32_t i = 4; i-- > 0;) {
        struct chain_news news = stage.rows[i];
        news.status = TRIAL_DONE;
        news.has_value = true;
        news.value = values[i];
        news.run_ms = 2000;
        const struct trials *t = study_trials(c->study);
        assert_true(t->count == 3 && t->ended_count == 0);
        chain_learn(c, &news);
        news.slot += 4;
        if (i % 2 == 1)
            news.status = TRIAL_CRASHED;
        news.has_value = i % 2 == 0;
        news.value = news.has_value ? 5 : 0;
        news.config = stage.rows[news.slot].config;
        if (i > 0)
            chain_learn(c, &news);
    }
    const struct trials *t = study_trials(c->study);
    assert_int_equal(t->ended_count, 1);
    assert_true(t->values[0] == -4 && t->seconds[0] == 2); /* inside, less is better */
    assert_int_equal(t->states[1], ENDED_BADLY);
    assert_int_equal(t->states[2], AT_WORK);
}

/* Both go on with configurations of the other's slots, and have begun their own. */
static void two_islands_that_repeat(void **state) {
    (void)state;
    struct rng r = rng_of(8, 0, 0);
    repeat_four();
    run(0, 0, 42, &r);
    for (uint32_t slot = 42; slot < 81; slot++) {
        struct chain_news rows[2];
        uint8_t configs[2][STAGE_CONFIG];
        both_run(slot, rows, configs);
        (void)stage_keeps(&stage, rows[rng_below(&r, 2)]);
    }
    for (uint32_t slot = 42; slot < 81; slot++) /* they meet */
        everybody_learns(&stage, &stage.rows[slot]);
    const uint32_t apart = stage.proposals_count;
    node_begin(&stage, 2,
               STAGE_SLOTS + 64); /* who begins a chain now proposes what can be derived */
    for (uint32_t slot = 0; slot < 81; slot++)
        chain_learn(&stage.nodes[2].chain, &stage.rows[slot]);
    run(2, 81, 400, &r);
    const struct replayed again = stage_replays(&stage);
    assert_int_equal(stage.proposals_count - apart, 79);
    assert_true(again.same >= 79);
    assert_int_equal(again.differ, 0);
}

#define CHAIN(test) cmocka_unit_test_setup_teardown(test, begin_test, end_test)

int main(void) {
    const struct CMUnitTest tests[] = {
        CHAIN(every_proposal_is_derived_again),
        CHAIN(several_objectives_are_derived_again),
        CHAIN(who_forgets_keeps_the_best_of_each_objective),
        CHAIN(the_method_of_these_tests_sees_the_order),
        CHAIN(the_order_of_facts_does_not_matter),
        CHAIN(a_new_leader_in_the_middle),
        CHAIN(two_islands),
        CHAIN(a_slot_that_is_asked_for_again_keeps_its_configuration),
        CHAIN(what_the_machine_did_is_not_learned),
        CHAIN(the_best_is_the_best_of_the_job),
        CHAIN(who_has_not_led_for_long_begins_anew),
        CHAIN(who_has_little_memory_forgets),
        CHAIN(a_space_that_is_used_up_repeats_itself),
        CHAIN(what_is_not_as_it_says_is_found_out),
        CHAIN(nonsense_is_unknown),
        CHAIN(slots_of_one_configuration_are_one_proposal),
        CHAIN(a_trial_of_several_runs_is_told_their_mean),
        CHAIN(two_islands_that_repeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
