/* Two to five facts rooms with a disk each, linked by a carry that delays, loses and doubles: whatever happens, all stores end
 * with equal logs and equal rows, and nothing is promised before it lies on as many disks as its job wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/facts/cluster_world.h"

/* ---- equal ---- */

static void assert_same_table(const struct world *w, enum table table) {
    const struct store *a = w->nodes[0].store;
    for (uint32_t i = 1; i < w->count; i++) {
        const struct store *b = w->nodes[i].store;
        assert_int_equal(store_mem_rows(a, table), store_mem_rows(b, table));
        for (size_t row = 0; row < store_mem_rows(a, table); row++) {
            struct span key, value, other_key, other;
            store_mem_row(a, table, row, &key, &value);
            store_mem_row(b, table, row, &other_key, &other);
            assert_true(span_equal(key, other_key));
            if (table != TABLE_log_index && table != TABLE_summaries)
                assert_true(span_equal(value, other));
        }
    }
}

static void assert_same_summaries(const struct world *w) {
    for (uint32_t i = 0; i < w->count; i++) {
        for (size_t row = 0; row < store_mem_rows(w->nodes[0].store, TABLE_summaries); row++) {
            struct span key, value, other;
            struct msg a, b;
            struct err err;
            store_mem_row(w->nodes[0].store, TABLE_summaries, row, &key, &value);
            assert_true(store_mem_get(w->nodes[i].store, TABLE_summaries, key, &other));
            assert_true(msg_decode(&a, value, &err) && msg_decode(&b, other, &err));
            assert_true(msg_equal(&a, &b));
        }
    }
}

static bool logs_agree(const struct world *w) {
    size_t rows = store_mem_rows(w->nodes[0].store, TABLE_log);
    for (uint32_t i = 1; i < w->count; i++) {
        if (store_mem_rows(w->nodes[i].store, TABLE_log) != rows)
            return false;
    }
    for (uint32_t i = 0; i < w->count; i++) { /* what came late is folded */
        if (store_mem_rows(w->nodes[i].store, TABLE_backlog) > 0)
            return false;
    }
    return w->packets_count == 0;
}

static bool all_answered(const struct world *w) {
    return w->works[0].answers == 2 && w->works[1].answers >= 1 && w->works[2].answers == 2;
}

/* Until nobody has anything to say any more; an answer may wait for heads that were lost. */
static void come_to_rest(struct world *w, bool answered) {
    uint32_t waited = 0;
    do
        pass(w, 3 * SPREAD_AGAIN_MOST);
    while ((!logs_agree(w) || (answered && !all_answered(w))) && waited++ < 100);
    assert_true(waited < 100);
}

static void assert_equal_stores(struct world *w) {
    static const enum table tables[] = {TABLE_heads,   TABLE_log_index, TABLE_jobs,
                                        TABLE_bundles, TABLE_trials,    TABLE_rank,
                                        TABLE_logs,    TABLE_series,    TABLE_summaries};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        assert_same_table(w, tables[i]);
    assert_same_summaries(w);
}

static void cancel(struct world *w, struct node *n, const struct work *work) {
    struct span bundle =
        one_fact(w->scratch, &w->scratch->user,
                 &(struct msg){.kind = MSG_control_fact,
                               .control_fact = {.job = work->id, .verb = 1, .wall = w->at.wall}});
    tell(n, ROOM_GATEWAY, 0,
         &(struct msg){.kind = MSG_admit, .admit = {.ticket = ++w->tickets, .bundle = bundle}});
}

/* Of several the most trials hold. */
static void extend(struct world *w, struct node *n, const struct work *work, uint64_t trials) {
    struct span bundle = one_fact(w->scratch, &w->scratch->user,
                                  &(struct msg){.kind = MSG_control_fact,
                                                .control_fact = {.job = work->id,
                                                                 .verb = CONTROL_EXTEND,
                                                                 .wall = w->at.wall,
                                                                 .trials = trials}});
    tell(n, ROOM_GATEWAY, 0,
         &(struct msg){.kind = MSG_admit, .admit = {.ticket = ++w->tickets, .bundle = bundle}});
}

/* One that is up, and has heard of this job where any has; -1: of none. */
static struct node *any_up(struct world *w, int job) {
    struct node *n;
    uint32_t tries = 0;
    do
        n = &w->nodes[below(w, w->count)];
    while (!n->up || (job >= 0 && !n->open[job] && tries++ < 100));
    return n;
}

/* Every slot of job 1 that is left ends, on nodes that know that it has it. */
static void finish_job_1(struct world *w, uint64_t slots) {
    for (uint64_t slot = 0; slot < slots; slot++) {
        for (uint32_t tries = 0; w->works[1].attempts[slot] == 0; tries++) {
            struct node *n = any_up(w, -1);
            if (n->open[1] && n->trials[1] > slot && ++w->works[1].attempts[slot] > 0)
                finish(w, n, 1, slot, 1, TRIAL_DONE);
            pass(w, 100);
            assert_true(tries < 10000);
        }
    }
}

/* By people who do not know of each other. */
static void extend_job_1(struct world *w) {
    extend(w, any_up(w, 1), &w->works[1], SLOTS + MORE_SLOTS / 2);
    extend(w, any_up(w, 1), &w->works[1], SLOTS + MORE_SLOTS);
    extend(w, any_up(w, 1), &w->works[1], SLOTS + MORE_SLOTS);
}

static uint32_t ended_early;

static void run(uint64_t seed, uint32_t count, uint32_t loss, bool crash) {
    struct world *w = world_new(seed, count, loss);
    pass(w, 200);
    for (uint32_t i = 0; i < JOBS; i++)
        submit(w, any_up(w, -1), &w->works[i]);
    submit(w, any_up(w, -1), &w->works[0]); /* a client that has asked two nodes */
    const uint64_t extended =
        seed / 2 % 3; /* 1: while it runs; 2: when it is done here or everywhere */
    const uint32_t cancelled = OUTCOMES / 2 + (uint32_t)below(w, OUTCOMES / 2);
    for (uint32_t i = 0; i < OUTCOMES; i++) {
        pass(w, (dur_ms)below(w, 40));
        if (i == cancelled) /* some nodes hear of it later, and count what ends meanwhile */
            cancel(w, any_up(w, 2), &w->works[2]);
        if (i == OUTCOMES / 3 && extended == 1)
            extend_job_1(w);
        something_ends(w);
        struct node *victim = &w->nodes[1 + below(w, count - 1)];
        if (crash && i % 40 == 20) {
            die(victim);
            everybody_knows(w);
            pass(w, (dur_ms)below(w, 3000));
            boot(victim, false);
            everybody_knows(w);
        }
    }
    if (extended == 2)
        finish_job_1(w, SLOTS);
    if (extended == 2 && below(w, 2) == 0)
        pass(w, 5000);
    if (extended == 2)
        extend_job_1(w);
    finish_job_1(w, extended > 0 ? SLOTS + MORE_SLOTS : SLOTS);
    come_to_rest(w, !crash);
    assert_equal_stores(w);
    assert_true(w->recorded > 30);
    const struct job_id *done = &w->works[1].id;
    for (uint32_t i = 0; i < count && !crash; i++) {
        uint64_t states[] = {JOB_OPEN, JOB_DONE, JOB_CANCELLED};
        for (size_t row = 0; row < store_mem_rows(w->nodes[i].store, TABLE_summaries); row++) {
            struct span key, value;
            struct msg m;
            struct err err;
            store_mem_row(w->nodes[i].store, TABLE_summaries, row, &key, &value);
            assert_true(msg_decode(&m, value, &err));
            const struct span cause = m.job_row.cause;
            const bool early = cause.len > 10 && memcmp(cause.data, "no better ", 10) == 0;
            ended_early += early;
            if (early || (m.job_row.has_best && m.job_row.best_value <= 0.05))
                states[0] = JOB_DONE;
            assert_int_equal(m.job_row.state, states[work_of(w, &m.job_row.job) - w->works]);
            states[0] = JOB_OPEN;
            if (job_id_equal(&m.job_row.job, done))
                assert_int_equal(m.job_row.done, extended > 0 ? SLOTS + MORE_SLOTS : SLOTS);
        }
    }
    world_destroy(w);
}

static void stores_agree_over_a_good_carry(void **state) {
    (void)state;
    for (uint32_t count = 2; count <= NODES_MAX; count++)
        run(count, count, 0, false);
}

static void stores_agree_over_a_bad_carry(void **state) {
    (void)state;
    for (uint64_t seed = 100; seed < 108; seed++)
        run(seed, 2 + (uint32_t)(seed % 4), 20, false);
    assert_true(ended_early > 0);
}

static void stores_agree_when_nodes_die_and_return(void **state) {
    (void)state;
    for (uint64_t seed = 200; seed < 208; seed++)
        run(seed, 3 + (uint32_t)(seed % 3), 10, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stores_agree_over_a_good_carry),
        cmocka_unit_test(stores_agree_over_a_bad_carry),
        cmocka_unit_test(stores_agree_when_nodes_die_and_return),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
