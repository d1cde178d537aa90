/* The same facts, in any order, twice, late and read again from the disk: the same rows, ranks and summary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/base/rng.h"
#include "tests/unit/actors/facts/authors.h"

enum { TRIALS = 20, SLOTS = 5 /* with results */, BUNDLES = 24, DUMP_BYTES = 65536 };

/* What two islands say of the same slots. */
struct mix {
    const char *name;
    bool rungs;
    bool fails; /* somebody who had heard of nothing good has ended the job */
    uint32_t endings_count;
    enum trial_status endings[8];
};

static const struct mix mixes[] = {
    {.name = "plain",
     .endings = {TRIAL_DONE, TRIAL_CRASHED, TRIAL_DONE, TRIAL_TRANSIENT, TRIAL_TIMED_OUT},
     .endings_count = 5},
    {.name = "rungs",
     .rungs = true,
     .endings = {TRIAL_PAUSED, TRIAL_DONE, TRIAL_TIMED_OUT, TRIAL_PAUSED, TRIAL_STOPPED,
                 TRIAL_CRASHED, TRIAL_INFEASIBLE, TRIAL_NO_METRIC},
     .endings_count = 8},
    {.name = "pauses",
     .rungs = true,
     .endings = {TRIAL_PAUSED, TRIAL_TIMED_OUT, TRIAL_PAUSED, TRIAL_CRASHED},
     .endings_count = 4},
    {.name = "late",
     .rungs = true,
     .fails = true,
     .endings = {TRIAL_PAUSED, TRIAL_CRASHED, TRIAL_FLOODED, TRIAL_PAUSED},
     .endings_count = 4},
};

/* The rows of the tables that are a fold of the logs. */
static size_t dump(struct facts_stage *f, uint8_t *memory) {
    static const enum table tables[] = {TABLE_trials, TABLE_rank, TABLE_ends, TABLE_logs,
                                        TABLE_heads};
    struct buf out = buf_of(memory, DUMP_BYTES);
    struct span key, value;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        for (size_t row = 0; row < store_mem_rows(f->stage->store, tables[i]); row++) {
            store_mem_row(f->stage->store, tables[i], row, &key, &value);
            if (tables[i] == TABLE_heads && memcmp(key.data, f->node.id.bytes, 32) == 0)
                continue; /* what this node itself has signed */
            mp_put_bin(&out, key);
            mp_put_bin(&out, value);
        }
    }
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_summaries), 1);
    store_mem_row(f->stage->store, TABLE_summaries, 0, &key, &value);
    struct msg m;
    struct err err;
    assert_true(msg_decode(&m, value, &err));
    assert_true(msg_encode(&m, &out));
    assert_false(out.overflow);
    return out.len;
}

/* Two leaders gave out the same slots: what their workers say, in two logs. */
static void make_logs(struct author *authors[2], const struct job_id *id, const struct mix *mix,
                      uint64_t seed) {
    struct rng r = rng_of(seed, 1, 0);
    for (uint32_t i = 0; i < BUNDLES; i++) {
        struct msg facts[3];
        for (uint32_t j = 0; j < 3; j++) {
            uint64_t slot = rng_below(&r, SLOTS), attempt = 1 + rng_below(&r, 4);
            enum trial_status status = mix->endings[rng_below(&r, mix->endings_count)];
            facts[j] = result_of(id, slot, attempt, status, (double)rng_below(&r, 10));
            facts[j].result_fact.has_value =
                status == TRIAL_DONE || status == TRIAL_STOPPED || status == TRIAL_PAUSED;
            if (rng_below(&r, 4) == 0)
                facts[j] = (struct msg){.kind = MSG_proposal_fact,
                                        .proposal_fact = {.job = *id,
                                                          .slot = SLOTS + slot,
                                                          .config = span_of(&"abcdef"[slot], 1)}};
        }
        if (mix->fails && i == 2)
            facts[0] = failed_of(id, "nothing went well", 4321);
        (void)author_says(authors[i % 2], facts, 3);
    }
}

static struct facts_stage *stage_of(const struct mix *mix, struct author *authors[2],
                                    struct job_id *id, uint64_t seed) {
    struct facts_stage *f = facts_stage_new();
    authors[0] = author_new(f, 40);
    authors[1] = author_new(f, 41);
    facts_stage_boot(f, 1, true);
    know(f, PEER, MEMBER_ALIVE);
    job_begin(&f->job, METHOD_RANDOM, TRIALS);
    add_range(&f->job, "lr", PARAM_FLOAT, 0, 1);
    f->job.job.objectives[0] = (struct objective){.metric = span_text("loss")};
    f->job.job.objectives_count = 1;
    f->job.job.retry = (struct retry){.crash = 2, .transient = 3};
    f->job.job.rungs.steps = mix->rungs ? 9 : 0;
    job_end(&f->job);
    hear(f, PEER, author_carries(authors[0], job_bundle(f, 1, id)));
    make_logs(authors, id, mix, seed);
    return f;
}

/* Each log in its own order, as logs come; some bundles once more. */
static void hear_both(struct facts_stage *f, struct author *authors[2], struct rng *r) {
    uint32_t next[] = {1, 0};
    while (next[0] < authors[0]->count || next[1] < authors[1]->count) {
        uint32_t which = (uint32_t)rng_below(r, 2);
        if (next[which] < authors[which]->count)
            hear(f, PEER, authors[which]->bundles[next[which]++]);
        if (rng_below(r, 4) == 0)
            hear(f, PEER, authors[which]->bundles[rng_below(r, next[which] + (next[which] == 0))]);
    }
    say_heads(f, PEER, 99); /* whatever this node has promised, it may say */
    stage_pass(f->stage, 3000);
}

static void rows_do_not_depend_on_the_order(void **state) {
    enum { LOGS = 5, ORDERS = 8 };
    static uint8_t first[DUMP_BYTES], other[DUMP_BYTES];
    (void)state;
    for (uint64_t i = 0; i < sizeof mixes / sizeof mixes[0] * LOGS * ORDERS; i++) {
        const struct mix *mix = &mixes[i / (LOGS * ORDERS)];
        static size_t first_len;
        bool is_first = i % ORDERS == 0; /* of the orders of the same logs */
        struct rng r = rng_of(i, 2, 0);
        struct author *authors[2];
        struct job_id id;
        struct facts_stage *f = stage_of(mix, authors, &id, i / ORDERS);
        hear_both(f, authors, &r);
        size_t len = dump(f, is_first ? first : other);
        first_len = is_first ? len : first_len;
        if (len != first_len || memcmp(is_first ? first : other, first, len) != 0)
            fail_msg("%s: order %u of logs %u comes to other rows", mix->name,
                     (unsigned)(i % ORDERS), (unsigned)(i / ORDERS % LOGS));
        assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
        assert_true(stored_row(f, &id).has_best);

        facts_stage_crash(f, true); /* counted again from the rows */
        stage_pass(f->stage, 3000);
        assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), 1);
        len = dump(f, other);
        if (len != first_len || memcmp(other, first, len) != 0)
            fail_msg("%s: logs %u, read again, come to another summary", mix->name,
                     (unsigned)(i / ORDERS % LOGS));
        facts_stage_destroy(&f);
    }
}

/* A seat keeps what it says: what is done only grows in number, the best gets no worse. */
static void more_facts_take_nothing_back(void **state) {
    (void)state;
    for (uint64_t i = 0; i < sizeof mixes / sizeof mixes[0] * 10; i++) {
        struct rng r = rng_of(i, 3, 0);
        struct author *authors[2];
        struct job_id id;
        struct facts_stage *f = stage_of(&mixes[i / 10], authors, &id, 100 + i);
        struct msg_job_row before = stored_row(f, &id);
        uint32_t next[] = {1, 0};
        while (next[0] < authors[0]->count || next[1] < authors[1]->count) {
            uint32_t which = (uint32_t)rng_below(&r, 2);
            if (next[which] == authors[which]->count)
                continue;
            hear(f, PEER, authors[which]->bundles[next[which]++]);
            const struct msg_job_row row = stored_row(f, &id);
            assert_true(row.done >= before.done);
            assert_true(!before.has_best || (row.has_best && row.best_value <= before.best_value));
            assert_int_equal(row.has_best, row.done > 0);
            before = row;
        }
        facts_stage_destroy(&f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_do_not_depend_on_the_order),
        cmocka_unit_test(more_facts_take_nothing_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
