/* A job whose method learns gets more trials: the method knows, all that was known stays, and each proposal is derived again
 * with the total that held when it was made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/tuner/chain_stage.h"

#include "actors/kit/frame.h"
#include "actors/tuner/tuner.h"
#include "proto/base/mp.h"

#include <stdlib.h>

static struct chain_stage stage;

/* A job that says it has so many trials, at four nodes. */
static void begin_with(uint32_t trials) {
    stage_begin(&stage);
    stage.job.job.trials = trials;
    for (uint32_t i = 0; i < 4; i++)
        node_begin(&stage, i, STAGE_SLOTS + 64);
}

static void run(uint32_t leader, uint32_t from, uint32_t to) {
    for (uint32_t slot = from; slot < to; slot++) {
        const struct span config = node_asks(&stage, leader, slot);
        everybody_learns(&stage, stage_keeps(&stage, stage_result(slot, config)));
    }
}

static void expect_all_same(uint32_t proposals) {
    struct replayed r = stage_replays(&stage);
    assert_int_equal(stage.proposals_count, proposals);
    assert_int_equal(r.differ, 0);
    assert_int_equal(r.unknown, 0);
    assert_int_equal(r.same, proposals);
}

static uint64_t budget_of(uint32_t node) {
    return study_brief(stage.nodes[node].chain.study)->budget;
}

static void each_proposal_is_derived_with_the_total_of_its_time(void **state) {
    (void)state;
    begin_with(100);
    run(0, 0, 100);
    assert_int_equal(budget_of(0), 100);
    chain_extend(&stage.nodes[0].chain, 200);
    assert_null(stage.nodes[0].chain.study); /* a new chain says so */
    run(0, 100, 150);
    assert_int_equal(budget_of(0), 200);
    chain_extend(&stage.nodes[1].chain,
                 300); /* the next leader has heard more than the one before */
    run(1, 150, 250);
    assert_int_equal(budget_of(1), 300);
    chain_extend(&stage.nodes[0].chain, 300);
    run(0, 250, 260); /* and the one before leads again, in the same life */
    expect_all_same(260);
    /* As the description says it a chain says nothing of the total. */
    assert_true(stage.proposals[100].p.known.len > stage.proposals[0].p.known.len);
    stage.job.job.trials =
        99; /* of a job that has fewer all those are unknown that believed to have 100 */
    assert_true(stage_replays(&stage).unknown > 0);
    stage_end(&stage);
}

/* A total that nobody can have, as hostile facts may name it. */
static void a_total_beyond_all_jobs_is_unknown(void **state) {
    (void)state;
    begin_with(100);
    chain_extend(&stage.nodes[0].chain, (uint64_t)LIMIT_SLOTS_JOB + 1);
    run(0, 0, 1);
    assert_int_equal(stage_replays(&stage).unknown, 1);
    stage_end(&stage);
}

static void what_is_known_moves_to_more_room(void **state) {
    (void)state;
    begin_with(100);
    run(0, 0, 80);
    node_begin(&stage, 2, STAGE_SLOTS + 64);
    chain_inherit(&stage.nodes[2].chain, &stage.nodes[0].chain);
    const struct known *a = &stage.nodes[0].chain.known, *b = &stage.nodes[2].chain.known;
    assert_int_equal(b->count, 80);
    for (uint32_t i = 0; i < 80; i++) {
        assert_int_equal(b->items[i].slot, a->items[i].slot);
        assert_int_equal(b->items[i].trial, KNOWN_NO_TRIAL);
        assert_true(b->items[i].value == a->items[i].value);
        assert_true(span_equal(known_config(a, &a->items[i]), known_config(b, &b->items[i])));
    }
    run(2, 80, 100);
    expect_all_same(100);
    stage_end(&stage);
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

static struct msg_proposed ask(uint64_t slot) {
    struct msg m;
    struct err err;
    tell(&(struct msg){.kind = MSG_propose, .propose.slot = slot});
    struct span run = buf_view(&says.frames);
    assert_true(run.len > 0 && msg_decode(&m, frame_take(&run).message, &err));
    assert_int_equal(m.kind, MSG_proposed);
    assert_int_equal(m.proposed.slot, slot);
    return m.proposed;
}

static void extend(uint64_t trials) {
    tell(&(struct msg){.kind = MSG_job_extended, .job_extended.trials = trials});
}

static void run_slots(uint64_t from, uint64_t to) {
    uint8_t config[256];
    for (uint64_t slot = from; slot < to; slot++) {
        const struct span got = ask(slot).config;
        memcpy(config, got.data, got.len);
        tell(&(struct msg){.kind = MSG_learned,
                           .learned = {.slot = slot,
                                       .config = span_of(config, got.len),
                                       .status = TRIAL_DONE,
                                       .has_value = true,
                                       .value = (double)(slot % 7)}});
    }
}

static void *open_job(enum method method, uint64_t described, uint64_t trials) {
    static struct test_job job;
    static uint8_t memory[LIMIT_JOB_SPEC_BYTES];
    struct buf spec = buf_of(memory, sizeof memory);
    void *room = calloc(1, tuner_memory(TUNER_POOL_LEAST));
    tuner_init(&tuner, room, tuner_memory(TUNER_POOL_LEAST));
    job_conditional(&job, method, described);
    assert_true(job_encode(&job.job, &spec));
    tell(&(struct msg){.kind = MSG_job_open,
                       .job_open = {.spec = buf_view(&spec), .trials = trials}});
    return room;
}

static void the_tuner_finds_room_and_goes_on(void **state) {
    (void)state;
    void *room = open_job(METHOD_TPE, 30, 0);
    const struct chain **chain = (const struct chain **)&tuner.seats[0].chain;
    run_slots(0, 30);
    tell(&(struct msg){.kind = MSG_propose, .propose.slot = 30});
    assert_int_equal(tuner.nonsense, 1); /* it has no such slot */
    const uint32_t before = (*chain)->known.capacity;
    extend(2000);
    assert_true((*chain)->known.capacity > before && (*chain)->known.capacity >= 2000);
    assert_int_equal((*chain)->known.count, 30);
    assert_int_equal((*chain)->job.trials, 2000);
    const struct msg_proposed p = ask(30);
    struct mp known = mp_of(p.known);
    assert_int_equal(mp_u64(&known), 0);    /* a new chain, */
    assert_int_equal(mp_u64(&known), 2000); /* which says why */
    run_slots(30, 60);
    const size_t gap = tuner.pool.pieces[0].size;
    assert_true(gap == 0 || tuner.pool.pieces[1].size == 0); /* the old room is given back */
    extend(2000);
    extend(100);
    assert_int_equal(tuner.nonsense, 3);
    assert_int_equal(tuner.seats[0].job.trials, 2000);
    free(room);
}

static void a_job_that_was_extended_before_opens_so(void **state) {
    (void)state;
    void *room = open_job(METHOD_TPE, 30, 60);
    assert_int_equal(tuner.seats[0].chain->described, 30);
    const struct msg_proposed p = ask(45);
    struct mp known = mp_of(p.known);
    assert_int_equal(mp_u64(&known), 0);
    assert_int_equal(mp_u64(&known), 60);
    free(room);
    room = open_job(METHOD_RANDOM, 30, 0);
    extend(60); /* who does not learn proposes for any number */
    assert_int_equal(ask(59).known.len, 0);
    assert_int_equal(tuner.nonsense, 0);
    free(room);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_proposal_is_derived_with_the_total_of_its_time),
        cmocka_unit_test(a_total_beyond_all_jobs_is_unknown),
        cmocka_unit_test(what_is_known_moves_to_more_room),
        cmocka_unit_test(the_tuner_finds_room_and_goes_on),
        cmocka_unit_test(a_job_that_was_extended_before_opens_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
