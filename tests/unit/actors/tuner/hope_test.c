/* A job that goes on until it is hopeless: its chain proposes nothing new when no further improvement is expected, says so once
 * and for all, and whoever derives its proposals again comes to the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/tuner/chain_node.h"

#include "actors/kit/frame.h"
#include "actors/tuner/replay.h"
#include "actors/tuner/tuner.h"

#include <stdlib.h>

enum { TRIALS = 102, CONFIG_BYTES = 64, WORKERS = 2 };

static struct test_job test;
static struct job described; /* with the trials of its description */

/* What became of each slot, and who proposed it from what. */
static struct kept {
    size_t config_len, known_len;
    double value;
    bool has_value;
    uint8_t config[CONFIG_BYTES], known[2048];
} kept[2 * TRIALS];

static struct node leader, other;
static struct replay replay;

static void begin(uint32_t repeat) {
    memset(kept, 0, sizeof kept);
    job_begin(&test, METHOD_GP, TRIALS);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "y", PARAM_FLOAT, 0, 1);
    test.job.objectives_count = 1;
    test.job.objectives[0] = (struct objective){.metric = span_text("loss")};
    test.job.until_hopeless = true;
    test.job.parallel = WORKERS;
    test.job.repeat = repeat;
    job_end(&test);
    described = test.job;
    node_begin(&leader, &described, 2 * TRIALS);
    node_begin(&other, &described, 2 * TRIALS);
}

static int end(void **state) {
    (void)state;
    node_end(&leader);
    node_end(&other);
    return 0;
}

static struct chain_answer ask(struct node *n, uint32_t slot) {
    struct kept *k = &kept[slot];
    struct buf config = buf_of(k->config, sizeof k->config);
    static uint8_t known_memory[CHAIN_KNOWN_BYTES];
    struct buf known = buf_of(known_memory, sizeof known_memory);
    const struct chain_answer a = chain_ask(&n->chain, slot, (struct span){0}, &config, &known);
    k->config_len = config.len;
    assert_true(known.len <= sizeof k->known);
    memcpy(k->known, known_memory, known.len);
    k->known_len = known.len;
    return a;
}

static struct chain_news news_of(const struct kept *k, uint32_t slot) {
    return (struct chain_news){.slot = slot,
                               .config = span_of(k->config, k->config_len),
                               .status = k->has_value ? TRIAL_DONE : TRIAL_OPEN,
                               .has_value = k->has_value,
                               .value = k->value};
}

/* A bowl: what is left to gain is soon less than anybody cares for. */
static void finish(struct node *n, uint32_t slot) {
    struct kept *k = &kept[slot];
    struct value v[LIMIT_PARAMS];
    assert_true(config_decode(span_of(k->config, k->config_len), v, described.params_count));
    k->value = (v[0].real - 0.3) * (v[0].real - 0.3) + (v[1].real - 0.6) * (v[1].real - 0.6);
    k->has_value = true;
    const struct chain_news news = news_of(k, slot);
    chain_learn(&n->chain, &news);
}

/* How many slots are given out before there is no hope, two at once. */
static uint32_t run(struct node *n, uint32_t from, uint32_t to) {
    uint32_t slot = from;
    for (; slot < to; slot++) {
        const struct chain_answer a = ask(n, slot);
        if (a.answer == STUDY_OVER) {
            assert_true(a.hopeless && kept[slot].config_len == 0 && kept[slot].known_len == 0);
            break;
        }
        assert_int_equal(a.answer, STUDY_START);
        if (slot > from)
            finish(n, slot - 1);
    }
    return slot;
}

static struct chain_news row(void *context, uint32_t slot) {
    (void)context;
    return news_of(&kept[slot], slot);
}

static void expect_replayed(uint32_t from, uint32_t to, uint64_t generation) {
    const struct replay_slots slots = {.slot = row};
    size_t derived;
    replay_init(&replay, &other.chain, &slots);
    for (uint32_t slot = from; slot < to; slot++) {
        const struct kept *k = &kept[slot];
        const struct replay_proposal p = {.author = {{1}},
                                          .generation = generation,
                                          .slot = slot,
                                          .config = span_of(k->config, k->config_len),
                                          .known = span_of(k->known, k->known_len)};
        if (p.known.len > 0) /* else it is a further run of a configuration */
            assert_int_equal(replay_next(&replay, &p, &derived), REPLAY_SAME);
    }
}

static void nothing_new_is_proposed_without_hope(void **state) {
    (void)state;
    begin(1);
    const uint32_t over = run(&leader, 0, TRIALS);
    assert_in_range(over, 8 + 10 + WORKERS, 60); /* a process knows something from 8 on */
    finish(&leader, over - 1);
    for (uint32_t slot = over; slot < over + 5; slot++)
        assert_true(ask(&leader, slot).hopeless); /* whatever has ended since */
    /* What has a configuration may be asked for again. */
    const struct kept before = kept[over - 2];
    const struct chain_answer again = ask(&leader, over - 2);
    assert_int_equal(again.answer, STUDY_START);
    assert_memory_equal(before.config, kept[over - 2].config, before.config_len);
    kept[over - 2] = before;
    expect_replayed(0, over, 1);
    assert_true(ask(&other, over).hopeless); /* who derived them all has come to it, too */
}

static void more_trials_give_hope_for_a_while(void **state) {
    (void)state;
    begin(1);
    const uint32_t over = run(&leader, 0, TRIALS);
    finish(&leader, over - 1);
    chain_extend(&leader.chain, TRIALS + 50);
    const uint32_t again = run(&leader, over, TRIALS + 50);
    assert_true(again >= over + 10 + WORKERS);
    expect_replayed(0, over, 1);
    expect_replayed(over, again, 1);
}

/* It has heard of no end: it counts from none on, as the header says. */
static void a_new_leader_counts_anew(void **state) {
    (void)state;
    begin(1);
    const uint32_t over = run(&leader, 0, TRIALS);
    finish(&leader, over - 1);
    for (uint32_t slot = 0; slot < over; slot++) {
        const struct chain_news news = news_of(&kept[slot], slot);
        chain_learn(&other.chain, &news);
    }
    const uint32_t again = run(&other, over, TRIALS);
    assert_true(again >= over + 10 + WORKERS && again < TRIALS);
}

/* All runs of what was begun are given out. */
static void a_configuration_is_run_as_often_as_it_should(void **state) {
    (void)state;
    begin(3);
    const uint32_t over = run(&leader, 0, TRIALS);
    assert_true(over < TRIALS && over % 3 == 0);
    expect_replayed(0, over, 1);
}

/* ---- the tuner ---- */

static struct tuner tuner;
static uint8_t frames[1 << 18];
static struct says says;

static void tell(const struct msg *m) {
    const struct event event = {.from = ROOM_FACTS, .msg = *m};
    struct core core = tuner_core(&tuner);
    says = (struct says){.frames = buf_of(frames, sizeof frames), .from = ROOM_TUNER};
    core.step(core.self, &event, (struct moment){0}, &says);
    core.check(core.self);
}

static struct msg answer(void) {
    struct span rest = buf_view(&says.frames);
    struct msg m;
    struct err err;
    assert_true(rest.len > 0 && msg_decode(&m, frame_take(&rest).message, &err));
    return m;
}

static void the_tuner_says_of_how_many_trials_that_is(void **state) {
    static uint8_t spec_memory[4096], config_memory[CONFIG_BYTES];
    const struct job_id id = {{7}};
    struct buf spec = buf_of(spec_memory, sizeof spec_memory);
    const size_t size = tuner_memory(TUNER_POOL_LEAST);
    void *memory = malloc(size);
    (void)state;
    begin(1);
    tuner_init(&tuner, memory, size);
    assert_true(job_encode(&described, &spec));
    tell(&(struct msg){.kind = MSG_job_open, .job_open = {.job = id, .spec = buf_view(&spec)}});
    struct msg m = {.kind = MSG_proposed};
    for (uint64_t slot = 0; slot < TRIALS && m.kind == MSG_proposed; slot++) {
        tell(&(struct msg){.kind = MSG_propose, .propose = {.job = id, .slot = slot}});
        m = answer();
        if (m.kind != MSG_proposed)
            break;
        struct value v[LIMIT_PARAMS];
        memcpy(config_memory, m.proposed.config.data, m.proposed.config.len);
        const struct span config = span_of(config_memory, m.proposed.config.len);
        assert_true(config_decode(config, v, described.params_count));
        tell(&(struct msg){.kind = MSG_learned,
                           .learned = {.job = id,
                                       .slot = slot,
                                       .config = config,
                                       .status = TRIAL_DONE,
                                       .has_value = true,
                                       .value = v[0].real * v[0].real + v[1].real}});
    }
    assert_int_equal(m.kind, MSG_unproposed);
    assert_true(m.unproposed.over && m.unproposed.slot < TRIALS);
    assert_int_equal(m.unproposed.hopeless, TRIALS);
    tell(&(struct msg){.kind = MSG_job_extended,
                       .job_extended = {.job = id, .trials = TRIALS + 10}});
    tell(&(struct msg){.kind = MSG_propose, .propose = {.job = id, .slot = m.unproposed.slot}});
    assert_int_equal(answer().kind, MSG_proposed);
    free(memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(nothing_new_is_proposed_without_hope, end),
        cmocka_unit_test_teardown(more_trials_give_hope_for_a_while, end),
        cmocka_unit_test_teardown(a_new_leader_counts_anew, end),
        cmocka_unit_test_teardown(a_configuration_is_run_as_often_as_it_should, end),
        cmocka_unit_test_teardown(the_tuner_says_of_how_many_trials_that_is, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
