#include "actors/facts/trial_row.h"

#include "proto/base/mp.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct job_id job = {.bytes = {7, 1}};

static struct job job_with(uint32_t crash, uint32_t transient) {
    return (struct job){.retry = {.crash = crash, .transient = transient},
                        .objectives_count = 1,
                        .objectives[0].goal = GOAL_MAXIMIZE};
}

static struct msg_result_fact ended(enum trial_status status, double value) {
    return (struct msg_result_fact){.job = job,
                                    .slot = 3,
                                    .status = status,
                                    .has_value = status == TRIAL_DONE || status == TRIAL_STOPPED ||
                                                 status == TRIAL_PAUSED,
                                    .value = value,
                                    .began = 100,
                                    .run_ms = 20,
                                    .cpu_ms = 10,
                                    .rss_kib = 4096,
                                    .config = span_text("c"),
                                    .metrics = span_text("m"),
                                    .cause = span_text("why")};
}

static void a_row_survives_its_bytes(void **state) {
    (void)state;
    const struct trial_row row = {
        .status = TRIAL_CRASHED,
        .end = TRIAL_END_FINAL,
        .finished = true,
        .attempts = {.made = 5, .crash = 2, .transient = 1, .again = 1, .paused = 1},
        .has_value = true,
        .value = -0.125,
        .began = 1700000000000,
        .run_ms = 1500,
        .cpu_ms = 700,
        .rss_kib = 65536,
        .config = span_text("config"),
        .metrics = span_text("metrics"),
        .cause = span_text("exit 1"),
        .unable = {.nodes = 3, .count = 2, .authors = {{{5}}, {{6}}}},
        .last_end = 1700000009000,
        .others = span_text("others"),
        .curve = span_text("curve"),
        .from = {.attempt = 4, .author = {{8}}, .generation = (uint64_t)1 << 40, .number = 77}};
    uint8_t memory[512];
    struct buf out = buf_of(memory, sizeof memory);
    struct trial_row again;
    trial_row_encode(&row, &out);
    assert_true(trial_row_decode(&again, buf_view(&out)));
    assert_int_equal(again.status, TRIAL_CRASHED);
    assert_int_equal(again.end, TRIAL_END_FINAL);
    assert_true(again.finished);
    assert_memory_equal(&again.attempts, &row.attempts, sizeof row.attempts);
    assert_true(again.has_value);
    assert_true(again.value == -0.125);
    assert_int_equal(again.began, 1700000000000);
    assert_int_equal(again.run_ms, 1500);
    assert_int_equal(again.cpu_ms, 700);
    assert_int_equal(again.rss_kib, 65536);
    assert_true(span_is(again.config, "config"));
    assert_true(span_is(again.metrics, "metrics"));
    assert_true(span_is(again.cause, "exit 1"));
    assert_int_equal(fact_key_compare(&again.from, &row.from), 0);
    assert_memory_equal(&again.unable, &row.unable, sizeof row.unable);
    assert_int_equal(again.last_end, 1700000009000);
    assert_true(span_is(again.others, "others"));
    assert_true(span_is(again.curve, "curve"));

    for (size_t len = 0; len < out.len; len++)
        assert_false(trial_row_decode(&again, span_of(memory, len)));
    memory[out.len] = 0xc0;
    assert_false(trial_row_decode(&again, span_of(memory, out.len + 1)));
    memory[3] = TRIAL_STATUS_COUNT; /* a status nobody knows */
    assert_false(trial_row_decode(&again, buf_view(&out)));
}

static void crashes_use_up_their_allowance(void **state) {
    (void)state;
    const struct job test_job = job_with(2, 1);
    struct trial_row row = {.status = TRIAL_OPEN};
    const struct msg_result_fact crash = ended(TRIAL_CRASHED, 0);
    for (uint32_t made = 1; made <= 3; made++) {
        trial_row_fold(&row, &crash, &(struct fact_key){.attempt = made}, &test_job);
        assert_int_equal(row.attempts.made, made);
        assert_int_equal(row.attempts.crash, made);
        assert_int_equal(row.finished, made == 3);
        assert_int_equal(row.status, TRIAL_CRASHED);
    }
    assert_false(row.has_value);
    assert_true(span_is(row.cause, "why"));
}

/* Two results of one slot, of a job with two objectives and a constraint: the lesser breach stands, then the better first
 * value, then the better second one; whichever comes first. */
static void the_best_measure_stands(void **state) {
    (void)state;
    static uint8_t arena_memory[1 << 16], specs[8][32];
    struct arena arena = arena_of(arena_memory, sizeof arena_memory);
    const struct condition small = {.text = span_text("mb <= 20")};
    struct job two = {.name = span_text("two"),
                      .dir = span_text("/"),
                      .argv = &(struct span){(const uint8_t *)"a", 1},
                      .argv_count = 1,
                      .trials = 9,
                      .limits = {.grace = 1, .output = 1},
                      .objectives = {{.metric = span_text("acc"), .goal = GOAL_MAXIMIZE},
                                     {.metric = span_text("mb")}},
                      .objectives_count = 2,
                      .constraints = &small,
                      .constraints_count = 1};
    struct job_fault fault;
    if (!job_check(&two, &arena, &fault))
        fail_msg("%s: %s", fault.where, fault.what);
    /* From the worst to the best. */
    static const struct {
        double acc, mb;
    } came[] = {{0.99, 50}, {0.5, 30}, {0.7, 19}, {0.7, 11}, {0.8, 12}};
    struct msg_result_fact results[6];
    for (size_t i = 0; i < 5; i++) {
        struct buf others = buf_of(specs[i], sizeof specs[i]);
        mp_put_array(&others, 1);
        mp_put_f64(&others, came[i].mb);
        results[i] = ended(TRIAL_DONE, came[i].acc);
        results[i].others = buf_view(&others);
    }
    results[5] = ended(TRIAL_DONE, 0.9); /* does not tell the second: as good as none */
    for (uint64_t first = 0; first < 6; first++) {
        for (uint64_t second = 0; second < 6; second++) {
            struct trial_row row = {.status = TRIAL_OPEN};
            trial_row_fold(&row, &results[first], &(struct fact_key){.attempt = 9 - first}, &two);
            trial_row_fold(&row, &results[second], &(struct fact_key){.attempt = 9 - second}, &two);
            uint64_t best = first == 5       ? second
                            : second == 5    ? first
                            : first > second ? first
                                             : second;
            assert_int_equal(row.from.attempt, 9 - best);
            assert_int_equal(row.has_value, best < 5);
            if (best < 5)
                assert_true(trial_row_measure(&row, &two).values[1] == came[best].mb);
        }
    }
}

static void a_value_counts_only_when_the_slot_is_finished(void **state) {
    (void)state;
    const struct job test_job = job_with(0, 5);
    struct trial_row row = {.status = TRIAL_OPEN};
    struct msg_result_fact transient = ended(TRIAL_TRANSIENT, 9);
    transient.has_value = true; /* it printed one before it gave up */
    assert_true(trial_row_fold(&row, &transient, &(struct fact_key){.attempt = 1}, &test_job));
    assert_false(row.finished);
    assert_false(row.has_value);
    assert_true(row.value == 0);
    const struct msg_result_fact done = ended(TRIAL_DONE, 0.5);
    assert_true(trial_row_fold(&row, &done, &(struct fact_key){.attempt = 2}, &test_job));
    assert_true(row.finished);
    assert_true(row.has_value);
    assert_true(row.value == 0.5);
    assert_int_equal(row.attempts.made, 2);
    assert_int_equal(row.attempts.transient, 1);
}

static void keys_order_by_attempt_then_by_author(void **state) {
    (void)state;
    static const struct fact_key keys[] = {
        {.attempt = 1, .author = {{1}}, .generation = 9, .number = 9},
        {.attempt = 1, .author = {{2}}, .generation = 1, .number = 9},
        {.attempt = 1, .author = {{2}}, .generation = 2, .number = 1},
        {.attempt = 1, .author = {{2}}, .generation = 2, .number = 2},
        {.attempt = 2, .author = {{1}}, .generation = 0, .number = 0}};
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++) {
            int order = fact_key_compare(&keys[i], &keys[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}

/* Two leaders gave out one slot: every order of its results makes the same row. */
static void the_row_does_not_depend_on_the_order(void **state) {
    (void)state;
    static const enum trial_status mixes[][4] = {
        {TRIAL_DONE, TRIAL_DONE, TRIAL_DONE, TRIAL_DONE},
        {TRIAL_CRASHED, TRIAL_DONE, TRIAL_CRASHED, TRIAL_TIMED_OUT},
        {TRIAL_CRASHED, TRIAL_TRANSIENT, TRIAL_AGAIN, TRIAL_CRASHED},
        {TRIAL_TRANSIENT, TRIAL_CRASHED, TRIAL_CRASHED, TRIAL_CRASHED},
        {TRIAL_AGAIN, TRIAL_CRASHED, TRIAL_DONE, TRIAL_CRASHED},
        {TRIAL_NO_START, TRIAL_NO_START, TRIAL_CRASHED, TRIAL_NO_START},
        {TRIAL_NO_START, TRIAL_DONE, TRIAL_NO_START, TRIAL_TIMED_OUT},
        {TRIAL_PAUSED, TRIAL_TIMED_OUT, TRIAL_PAUSED, TRIAL_CRASHED},
        {TRIAL_PAUSED, TRIAL_DONE, TRIAL_STOPPED, TRIAL_INFEASIBLE}};
    static const uint64_t attempts[] = {2, 1, 2, 1};
    const struct job test_job = job_with(1, 5);
    for (size_t mix = 0; mix < sizeof mixes / sizeof mixes[0]; mix++) {
        uint8_t first[512], memory[512];
        size_t first_len = 0;
        for (int order = 0; order < 256; order++) {
            int at[4] = {order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6 & 3};
            if ((1 << at[0] | 1 << at[1] | 1 << at[2] | 1 << at[3]) != 15)
                continue; /* no permutation */
            struct trial_row row = {.status = TRIAL_OPEN};
            for (int i = 0; i < 4; i++) {
                struct msg_result_fact result = ended(mixes[mix][at[i]], at[i]);
                result.began = at[i];
                result.nodes = 2 + (uint64_t)at[i];
                (void)trial_row_fold(&row, &result,
                                     &(struct fact_key){.attempt = attempts[at[i]],
                                                        .author = {{(uint8_t)(at[i] / 2)}},
                                                        .number = (uint64_t)at[i]},
                                     &test_job);
            }
            struct buf out = buf_of(memory, sizeof memory);
            trial_row_encode(&row, &out);
            assert_int_equal(row.attempts.made, 4);
            if (first_len == 0) {
                memcpy(first, memory, out.len);
                first_len = out.len;
            }
            assert_int_equal(out.len, first_len);
            assert_memory_equal(first, memory, first_len);
        }
    }
}

/* A pause has a value, and what follows takes none away: two results of one slot, in both orders. */
static void what_was_paused_keeps_its_value(void **state) {
    (void)state;
    const struct job test_job = job_with(0, 5); /* more is better */
    static const struct {
        enum trial_status status;
        double value;
        enum trial_status stands, ended;
        double worth;
    } cases[] = {
        {TRIAL_TIMED_OUT, 9, TRIAL_PAUSED, TRIAL_STOPPED, 0.5},
        {TRIAL_INFEASIBLE, 9, TRIAL_PAUSED, TRIAL_STOPPED, 0.5},
        {TRIAL_CRASHED, 9, TRIAL_PAUSED, TRIAL_STOPPED, 0.5}, /* the only one that was allowed */
        {TRIAL_TRANSIENT, 9, TRIAL_PAUSED, TRIAL_PAUSED, 0.5},
        {TRIAL_DONE, 0.6, TRIAL_DONE, TRIAL_DONE, 0.6},
        {TRIAL_DONE, 0.5, TRIAL_DONE, TRIAL_DONE, 0.5},
        {TRIAL_DONE, 0.4, TRIAL_PAUSED, TRIAL_DONE, 0.5}, /* it began anew, and came to less */
        {TRIAL_STOPPED, 0.5, TRIAL_STOPPED, TRIAL_STOPPED, 0.5},
        {TRIAL_STOPPED, 0.4, TRIAL_PAUSED, TRIAL_STOPPED, 0.5},
        {TRIAL_PAUSED, 0.5, TRIAL_PAUSED, TRIAL_PAUSED, 0.5},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct trial_row row = {.status = TRIAL_OPEN};
        const struct msg_result_fact results[] = {ended(TRIAL_PAUSED, 0.5),
                                                  ended(cases[i / 2].status, cases[i / 2].value)};
        for (uint64_t k = 0; k < 2; k++) {
            uint64_t which = (k + i) % 2;
            trial_row_fold(&row, &results[which], &(struct fact_key){.attempt = 1 + which},
                           &test_job);
        }
        assert_true(row.finished && row.has_value && row.value == cases[i / 2].worth);
        assert_int_equal(row.status, cases[i / 2].stands);
        assert_int_equal(trial_row_ended_as(&row, &test_job), cases[i / 2].ended);
        assert_int_equal(row.attempts.made, 2);
        assert_int_equal(row.from.attempt,
                         row.status == cases[i / 2].status ? 2 : 1); /* of pauses the last */
        assert_int_equal(trial_row_learned(&job, &test_job, 3, &row).status, cases[i / 2].ended);
    }
}

static void the_best_of_what_is_done_stands(void **state) {
    (void)state;
    const struct job test_job = job_with(0, 9);
    struct trial_row row = {.status = TRIAL_OPEN};
    const struct msg_result_fact crash = ended(TRIAL_CRASHED, 0), slow = ended(TRIAL_TIMED_OUT, 9),
                                 good = ended(TRIAL_DONE, 1), best = ended(TRIAL_DONE, 2);
    assert_true(trial_row_fold(&row, &crash, &(struct fact_key){.attempt = 5}, &test_job));
    assert_true(row.finished && !row.has_value); /* the allowance is used up */
    assert_true(trial_row_fold(&row, &slow, &(struct fact_key){.attempt = 3}, &test_job));
    assert_true(trial_row_fold(&row, &slow, &(struct fact_key){.attempt = 2}, &test_job));
    assert_false(trial_row_fold(&row, &slow, &(struct fact_key){.attempt = 4}, &test_job));
    assert_int_equal(row.from.attempt, 2);
    assert_true(trial_row_fold(&row, &good, &(struct fact_key){.attempt = 3}, &test_job));
    assert_true(row.value == 1);
    assert_true(trial_row_fold(&row, &best, &(struct fact_key){.attempt = 4}, &test_job));
    assert_true(row.value == 2);
    assert_false(trial_row_fold(&row, &good, &(struct fact_key){.attempt = 1}, &test_job));
    assert_false(trial_row_fold(&row, &slow, &(struct fact_key){.attempt = 1}, &test_job));
    assert_false(trial_row_fold(&row, &crash, &(struct fact_key){.attempt = 9}, &test_job));
    assert_true(trial_row_fold(&row, &best, &(struct fact_key){.attempt = 3}, &test_job));
    assert_false(trial_row_fold(&row, &best, &(struct fact_key){.attempt = 4}, &test_job));
    assert_true(row.finished && row.value == 2);
    assert_int_equal(row.from.attempt, 3);
    assert_int_equal(row.attempts.made, 11);
}

/* Three nodes finish the slot, or as many as there are. */
static void what_cannot_be_started_is_tried_on_other_nodes(void **state) {
    (void)state;
    const struct job test_job = job_with(0, 0);
    static const struct {
        uint64_t nodes, needed;
    } cases[] = {{0, 1}, {1, 1}, {2, 2}, {3, 3}, {50, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trial_row row = {.status = TRIAL_OPEN};
        struct msg_result_fact result = ended(TRIAL_NO_START, 0);
        result.nodes = cases[i].nodes;
        for (uint64_t author = 1; author <= cases[i].needed; author++) {
            for (uint64_t again = 0; again < 2; again++) {
                assert_int_equal(row.finished, again == 1 && author == cases[i].needed);
                trial_row_fold(&row, &result,
                               &(struct fact_key){.attempt = 2 * author + again,
                                                  .author = {{(uint8_t)author}}},
                               &test_job);
            }
        }
        assert_true(row.finished);
        assert_int_equal(row.status, TRIAL_NO_START);
        assert_int_equal(row.attempts.made, 2 * cases[i].needed);
        const struct msg_result_fact good = ended(TRIAL_DONE, 1);
        assert_true(trial_row_fold(&row, &good, &(struct fact_key){.attempt = 1}, &test_job));
        assert_int_equal(row.status, TRIAL_DONE);
    }
}

static void the_last_end_of_all_attempts_is_kept(void **state) {
    (void)state;
    const struct job test_job = job_with(0, 9);
    struct trial_row row = {.status = TRIAL_OPEN};
    struct msg_result_fact result = ended(TRIAL_DONE, 1);
    trial_row_fold(&row, &result, &(struct fact_key){.attempt = 1}, &test_job);
    assert_int_equal(row.last_end, 120);
    result = ended(TRIAL_CRASHED, 0);
    result.began = 500;
    assert_false(trial_row_fold(&row, &result, &(struct fact_key){.attempt = 2}, &test_job));
    assert_int_equal(row.last_end, 520);
    result.began = INT64_MAX; /* nonsense */
    (void)trial_row_fold(&row, &result, &(struct fact_key){.attempt = 3}, &test_job);
    assert_int_equal(row.last_end, 520);
}

/* As the first version wrote it. */
static void a_row_of_nineteen_parts_is_read(void **state) {
    (void)state;
    static const uint8_t bytes[] = "\xdc\x00\x13\x01\xc3\x01\x00\x00\x00\xc3"
                                   "\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00\x64\x14\x0a\x05"
                                   "\xc4\x01"
                                   "c\xc4\x01m\xa0\x02\xc4\x20"
                                   "01234567890123456789012345678901\x03\x04";
    struct trial_row row;
    assert_true(trial_row_decode(&row, span_of(bytes, sizeof bytes - 1)));
    assert_true(row.finished && row.has_value && row.value == 0.5);
    assert_int_equal(row.status, TRIAL_DONE);
    assert_int_equal(row.last_end, 120);
    assert_int_equal(row.from.number, 4);
    assert_int_equal(row.unable.count, 0);
}

static void rank_put(struct buf *key, bool maximize, const struct measure *m, uint64_t slot) {
    const struct job one = {.objectives_count = 1,
                            .objectives[0].goal = maximize ? GOAL_MAXIMIZE : GOAL_MINIMIZE};
    trial_row_rank_key(key, &job, &one, m, slot);
}

static struct buf rank_key(uint8_t memory[32 + 8], bool maximize, double value, uint64_t slot) {
    struct buf key = buf_of(memory, 40);
    const struct measure m = {.values = {value}};
    rank_put(&key, maximize, &m, slot);
    return key;
}

/* Ascending, as many kinds of double as there are; infinities never come here: executor gives no such value. */
static const double ascending[] = {
    -DBL_MAX, -1e300, -2,      -1.5,    -1,  -DBL_MIN, -5e-324,
    0,        5e-324, DBL_MIN, 0x1p-52, 0.1, 1,        1.0000000000000002,
    1e10,     1e300,  DBL_MAX};

static void better_values_sort_first(void **state) {
    (void)state;
    size_t count = sizeof ascending / sizeof ascending[0];
    for (size_t i = 0; i < 2 * count; i++) {
        uint8_t memory[40];
        const bool maximize = i % 2 == 1;
        struct buf key = rank_key(memory, maximize, ascending[i / 2], 9);
        assert_int_equal(trial_row_rank_key_slot(buf_view(&key)), 9);
    }
    for (size_t i = 0; i + 1 < count; i++) {
        uint8_t a[40], b[40];
        /* Slots the other way round: the value decides first. */
        struct buf low = rank_key(a, false, ascending[i], 9);
        struct buf high = rank_key(b, false, ascending[i + 1], 1);
        assert_int_equal(low.len, JOB_ID_BYTES + 16);
        assert_true(span_compare(buf_view(&low), buf_view(&high)) < 0);
        low = rank_key(a, true, ascending[i], 1);
        high = rank_key(b, true, ascending[i + 1], 9);
        assert_true(span_compare(buf_view(&high), buf_view(&low)) < 0);
    }
}

static void what_breaks_constraints_sorts_last(void **state) {
    (void)state;
    static const double breaches[] = {1e-300, 0.5, 0.5 + 1e-12, 1, 1000, 1.6e101};
    for (int maximize = 0; maximize < 2; maximize++) {
        uint8_t a[40], b[40];
        struct buf before = rank_key(a, maximize != 0, maximize ? -DBL_MAX : DBL_MAX, 9);
        for (size_t i = 0; i < sizeof breaches / sizeof breaches[0]; i++) {
            /* Better in its value, and of no use. */
            const struct measure m = {.values = {maximize ? 1 : -1}, .breach = breaches[i]};
            struct buf key = buf_of(b, sizeof b);
            rank_put(&key, maximize != 0, &m, 1);
            assert_true(span_compare(buf_view(&before), buf_view(&key)) < 0);
            before = buf_of(a, sizeof a);
            buf_span(&before, buf_view(&key));
        }
    }
}

/* Of two objectives, the second one greater: as the job's best is found. */
static void ranks_agree_with_the_best(void **state) {
    (void)state;
    const struct job two = {.objectives_count = 2,
                            .objectives = {{.goal = GOAL_MINIMIZE}, {.goal = GOAL_MAXIMIZE}}};
    static const double values[] = {-1, 0, 0.5};
    for (uint64_t i = 0; i < 81; i++) {
        uint8_t memory[2][RANK_KEY_BYTES_MAX];
        struct buf a = buf_of(memory[0], RANK_KEY_BYTES_MAX),
                   b = buf_of(memory[1], sizeof memory[1]);
        const struct measure x = {.values = {values[i % 3], values[i / 3 % 3]}};
        const struct measure y = {.values = {values[i / 9 % 3], values[i / 27]}};
        int order = measure_compare(&two, &x, &y);
        trial_row_rank_key(&a, &job, &two, &x, 7);
        trial_row_rank_key(&b, &job, &two, &y, 8);
        assert_int_equal(span_compare(buf_view(&a), buf_view(&b)) < 0, order <= 0);
        assert_int_equal(trial_row_rank_key_slot(buf_view(&b)), 8);
    }
}

static void what_stands_under_a_rank_is_read_again(void **state) {
    (void)state;
    const struct job two = {.objectives_count = 2}, three = {.objectives_count = 3};
    const struct measure m = {.values = {0.5, -3}, .breach = 0.25};
    struct measure back;
    uint64_t runs;
    uint8_t memory[RANK_BYTES_MAX];
    struct buf out = buf_of(memory, sizeof memory);
    trial_row_rank_put(&out, &two, 1, &m);
    assert_int_equal(out.len, 0); /* the trial says it */
    assert_false(trial_row_rank_read(buf_view(&out), &two, &runs, &back));
    trial_row_rank_put(&out, &two, 64, &m);
    assert_true(trial_row_rank_read(buf_view(&out), &two, &runs, &back));
    assert_true(runs == 64 && back.values[0] == 0.5 && back.values[1] == -3);
    assert_true(back.breach == 0.25 && back.told == 0.25);
    assert_false(trial_row_rank_read(buf_view(&out), &three, &runs, &back));
    assert_false(trial_row_rank_read(span_of(memory, out.len - 1), &two, &runs, &back));
}

static void equal_values_sort_by_slot(void **state) {
    (void)state;
    for (int maximize = 0; maximize < 2; maximize++) {
        uint8_t a[40], b[40];
        struct buf first = rank_key(a, maximize != 0, -0.0, 255);
        struct buf second = rank_key(b, maximize != 0, 0.0, 256);
        assert_memory_equal(a, b, JOB_ID_BYTES + 8); /* both zeros are one value */
        assert_true(span_compare(buf_view(&first), buf_view(&second)) < 0);
        assert_int_equal(trial_row_rank_key_slot(buf_view(&first)), 255);
        assert_int_equal(trial_row_rank_key_slot(buf_view(&second)), 256);
    }
}

static void keys_of_trials_order_by_slot_and_attempt(void **state) {
    (void)state;
    uint8_t a[40], b[40], c[40];
    struct buf trial = buf_of(a, sizeof a), first = buf_of(b, sizeof b), next = buf_of(c, sizeof c);
    trial_row_key(&trial, &job, 0x0102030405060708);
    trial_row_attempt_key(&first, &job, 0x0102030405060708, 255);
    trial_row_attempt_key(&next, &job, 0x0102030405060708, 256);
    assert_int_equal(trial.len, JOB_ID_BYTES + 8);
    assert_int_equal(first.len, JOB_ID_BYTES + 12);
    assert_memory_equal(a + JOB_ID_BYTES, "\1\2\3\4\5\6\7\10", 8);
    assert_memory_equal(a, b, trial.len);
    assert_true(span_compare(buf_view(&first), buf_view(&next)) < 0);
    assert_true(trial_row_key_slot(buf_view(&trial)) == 0x0102030405060708);
    assert_int_equal(trial_row_key_slot(span_of(a, JOB_ID_BYTES + 7)), 0);
    assert_int_equal(trial_row_rank_key_slot(span_of(a, JOB_ID_BYTES + 15)), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_survives_its_bytes),
        cmocka_unit_test(crashes_use_up_their_allowance),
        cmocka_unit_test(the_best_measure_stands),
        cmocka_unit_test(a_value_counts_only_when_the_slot_is_finished),
        cmocka_unit_test(keys_order_by_attempt_then_by_author),
        cmocka_unit_test(the_row_does_not_depend_on_the_order),
        cmocka_unit_test(what_was_paused_keeps_its_value),
        cmocka_unit_test(the_best_of_what_is_done_stands),
        cmocka_unit_test(what_cannot_be_started_is_tried_on_other_nodes),
        cmocka_unit_test(the_last_end_of_all_attempts_is_kept),
        cmocka_unit_test(a_row_of_nineteen_parts_is_read),
        cmocka_unit_test(better_values_sort_first),
        cmocka_unit_test(what_breaks_constraints_sorts_last),
        cmocka_unit_test(ranks_agree_with_the_best),
        cmocka_unit_test(what_stands_under_a_rank_is_read_again),
        cmocka_unit_test(equal_values_sort_by_slot),
        cmocka_unit_test(keys_of_trials_order_by_slot_and_attempt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
