/* Chains of a job that decides itself what is run again (job->repeat_auto): the slots of one configuration are runs of it,
 * whoever proposed them, and whoever derives the proposals again comes to the same. */
#include "tests/unit/actors/tuner/chain_node.h"

#include "actors/tuner/num/draw.h"
#include "actors/tuner/replay.h"
#include "actors/tuner/trials/again.h"
#include "proto/base/rng.h"

#include <math.h>

enum { TRIALS = 60, WORKERS = 3, CAPACITY = 2 * TRIALS, CONFIG_BYTES = 64, KNOWN_BYTES = 2048 };

struct kept {
    size_t config_len, known_len;
    uint64_t author;
    double value;
    bool has_value;
    uint8_t config[CONFIG_BYTES], known[KNOWN_BYTES];
};

static struct test_job test;
static struct kept kept[TRIALS];
static struct node nodes[3];
static struct replay replay;

/* step: of both; 0: none. */
static void begin_with(double step, const struct known_trial *history, uint32_t history_count) {
    memset(kept, 0, sizeof kept);
    job_begin(&test, METHOD_GP, TRIALS);
    add_range(&test, "x", PARAM_FLOAT, 0, 1)->step = step;
    add_range(&test, "y", PARAM_FLOAT, 0, 1)->step = step;
    test.job.objectives_count = 1;
    test.job.objectives[0] = (struct objective){.metric = span_text("loss")};
    test.job.parallel = WORKERS;
    test.job.history = history;
    test.job.history_count = history_count;
    job_end(&test);
    test.job.repeat_auto = true;
    for (uint32_t i = 0; i < 3; i++)
        node_begin(&nodes[i], &test.job, CAPACITY);
}

static int begin(void **state) {
    (void)state;
    begin_with(0, NULL, 0);
    return 0;
}

static int end(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 3; i++)
        node_end(&nodes[i]);
    return 0;
}

static struct span config_of(uint32_t slot) {
    return span_of(kept[slot].config, kept[slot].config_len);
}

static struct chain_news news_of(uint32_t slot) {
    return (struct chain_news){.slot = slot,
                               .config = config_of(slot),
                               .status = kept[slot].has_value ? TRIAL_DONE : TRIAL_OPEN,
                               .has_value = kept[slot].has_value,
                               .value = kept[slot].value};
}

static void learn(struct node *n, uint32_t slot) {
    const struct chain_news news = news_of(slot);
    chain_learn(&n->chain, &news);
}

static void ask(uint32_t node, uint32_t slot) {
    static uint8_t known_memory[CHAIN_KNOWN_BYTES];
    struct kept *k = &kept[slot];
    struct buf config = buf_of(k->config, sizeof k->config);
    struct buf known = buf_of(known_memory, sizeof known_memory);
    const struct chain_answer a =
        chain_ask(&nodes[node].chain, slot, (struct span){0}, &config, &known);
    assert_int_equal(a.answer, STUDY_START);
    assert_int_equal(a.slot, slot);
    assert_in_range(known.len, 1, sizeof k->known);
    memcpy(k->known, known_memory, known.len);
    k->known_len = known.len;
    k->config_len = config.len;
    k->author = node;
}

/* A bowl with noise; each run has a draw of its own. */
static void finish(struct node *n, uint32_t slot) {
    struct rng r = rng_of(21, 0, slot);
    struct value v[LIMIT_PARAMS];
    assert_true(config_decode(config_of(slot), v, test.job.params_count));
    const double x = v[0].real - 0.3, y = v[1].real - 0.6;
    kept[slot].value = x * x + y * y + 0.1 * draw_normal(&r);
    kept[slot].has_value = true;
    learn(n, slot);
}

/* Some run at once, of which the oldest ends first; all have ended in the end. */
static void run(uint32_t node, uint32_t from, uint32_t to) {
    for (uint32_t slot = from; slot < to; slot++) {
        ask(node, slot);
        if (slot >= from + WORKERS - 1)
            finish(&nodes[node], slot - (WORKERS - 1));
    }
    for (uint32_t slot = to - (WORKERS - 1); slot < to; slot++)
        finish(&nodes[node], slot);
}

static uint32_t reruns(uint32_t from, uint32_t to) {
    uint32_t count = 0;
    for (uint32_t slot = from; slot < to; slot++) {
        bool again = false;
        for (uint32_t i = 0; i < slot; i++)
            again = again || span_equal(config_of(i), config_of(slot));
        count += again;
    }
    return count;
}

static uint32_t count_of(struct span config) {
    uint32_t count = 0;
    for (uint32_t slot = 0; slot < TRIALS; slot++)
        count += span_equal(config_of(slot), config);
    return count;
}

static struct chain_news row(void *context, uint32_t slot) {
    (void)context;
    return news_of(slot);
}

static void expect_replayed(void) {
    const struct replay_slots slots = {.slot = row};
    size_t derived;
    node_begin(&nodes[2], &test.job, CAPACITY);
    replay_init(&replay, &nodes[2].chain, &slots);
    for (uint32_t slot = 0; slot < TRIALS; slot++) {
        const struct kept *k = &kept[slot];
        const struct replay_proposal p = {.author = {{(uint8_t)(k->author + 1)}},
                                          .generation = 1,
                                          .slot = slot,
                                          .config = config_of(slot),
                                          .known = span_of(k->known, k->known_len)};
        assert_int_equal(replay_next(&replay, &p, &derived), REPLAY_SAME);
    }
}

/* By who has heard of all in another order, and by who only looks at what the slots came to. */
static void expect_recommended(const struct recommended *said) {
    uint8_t memory[3][256];
    struct buf bytes[3];
    struct recommended r;
    const struct replay_slots slots = {.slot = row};
    for (uint32_t i = 0; i < 3; i++)
        bytes[i] = buf_of(memory[i], sizeof memory[i]);
    recommended_encode(said, &bytes[0]);
    for (uint32_t slot = TRIALS; slot-- > 0;)
        learn(&nodes[1], slot);
    assert_true(chain_recommend(&nodes[1].chain, &r));
    recommended_encode(&r, &bytes[1]);
    replay_init(&replay, &nodes[2].chain, &slots);
    assert_true(replay_recommend(&replay, TRIALS, &r));
    recommended_encode(&r, &bytes[2]);
    assert_true(span_equal(buf_view(&bytes[0]), buf_view(&bytes[1])));
    assert_true(span_equal(buf_view(&bytes[0]), buf_view(&bytes[2])));
}

static void what_is_run_again_is_derived_again(void **state) {
    (void)state;
    run(0, 0, TRIALS);
    assert_true(reruns(0, TRIALS) >= 3);
    expect_replayed();
}

/* It has heard of all runs, backwards and some of them twice, and knows which are of one configuration. */
static void a_new_leader_knows_what_is_a_run_of_what(void **state) {
    enum { HALF = 40 };
    (void)state;
    run(0, 0, HALF);
    const uint32_t before = reruns(0, HALF);
    assert_true(before >= 1);
    for (uint32_t slot = HALF; slot-- > 0;) {
        learn(&nodes[1], slot);
        learn(&nodes[1], slot / 2);
    }
    run(1, HALF, TRIALS);
    const struct trials *t = study_trials(nodes[1].chain.study);
    uint32_t further = 0;
    for (uint32_t place = 0; place < t->count; place++)
        further += again_sum(t, place).first != place;
    assert_int_equal(t->count, TRIALS);
    assert_int_equal(further, reruns(0, TRIALS));
    expect_replayed();
}

/* In the end it is named which one to take: by its first run, with the mean of all, whatever was asked for meanwhile. */
static void in_the_end_one_is_recommended(void **state) {
    (void)state;
    uint8_t memory[64];
    struct recommended r;
    struct buf config = buf_of(memory, sizeof memory), known = buf_of(NULL, 0);
    assert_false(chain_recommend(&nodes[0].chain, &r));
    run(0, 0, TRIALS);
    const struct chain_answer a =
        chain_ask(&nodes[0].chain, TRIALS, (struct span){0}, &config, &known);
    assert_int_equal(a.answer, STUDY_OVER);
    assert_false(a.hopeless);
    assert_true(chain_recommend(&nodes[0].chain, &r));
    expect_recommended(&r);
    double sum = 0;
    uint32_t runs = 0, first = TRIALS;
    for (uint32_t slot = TRIALS; slot-- > 0;) {
        if (!span_equal(config_of(slot), r.config))
            continue;
        sum += kept[slot].value;
        runs++;
        first = slot;
    }
    assert_int_equal(r.slot, first);
    assert_int_equal(r.runs, runs);
    assert_true(fabs(r.value - sum / runs) < 1e-12 && (r.error > 0) == (runs > 1));
    nodes[0].chain.job.repeat_auto = false;
    assert_false(chain_recommend(&nodes[0].chain, &r));
}

/* An earlier job has run the best of a few, and this one does so again: its own first run is named, with the mean of all. */
static void what_an_earlier_job_knew_is_recommended_once_it_ran(void **state) {
    (void)state;
    static const struct value best[] = {{.kind = VALUE_FLOAT, .real = 0.25},
                                        {.kind = VALUE_FLOAT, .real = 0.5}};
    static const struct known_trial history = {.values = best, .value = -0.05};
    struct recommended r;
    struct value v[LIMIT_PARAMS];
    uint32_t first = 0;
    begin_with(0.25, &history, 1);
    run(0, 0, TRIALS);
    assert_true(chain_recommend(&nodes[0].chain, &r));
    assert_true(config_decode(r.config, v, test.job.params_count));
    assert_true(value_equal(&v[0], &best[0]) && value_equal(&v[1], &best[1]));
    while (!span_equal(config_of(first), r.config))
        first++;
    assert_int_equal(r.slot, first);
    assert_int_equal(r.runs, 1 + count_of(r.config));
    expect_replayed();
    expect_recommended(&r);
}

/* Where memory is short another method proposes in the place of the job's; whoever signs a proposal names it. */
static void a_method_that_runs_nothing_again_goes_on(void **state) {
    struct study_best best;
    (void)state;
    assert_true(chain_use(&nodes[0].chain, span_text("random")));
    run(0, 0, TRIALS);
    assert_int_equal(reruns(0, TRIALS), 0);
    assert_true(study_best(nodes[0].chain.study, &best));
    double least = kept[0].value;
    for (uint32_t slot = 1; slot < TRIALS; slot++)
        least = kept[slot].value < least ? kept[slot].value : least;
    assert_true(best.runs == 1 && best.value == least && best.expected == least);
    expect_replayed();
}

#define AGAIN(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        AGAIN(what_is_run_again_is_derived_again),
        AGAIN(a_new_leader_knows_what_is_a_run_of_what),
        AGAIN(in_the_end_one_is_recommended),
        AGAIN(what_an_earlier_job_knew_is_recommended_once_it_ran),
        AGAIN(a_method_that_runs_nothing_again_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
