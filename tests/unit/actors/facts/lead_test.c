/* What a node does as one of several: what it promises, what its leader hears, what it says when it takes the lead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/facts/authors.h"

static int set_up(void **state) {
    struct facts_stage *f = facts_stage_new();
    f->clustered = true;
    facts_stage_boot(f, 1, true);
    *state = f;
    return 0;
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, set_up, facts_tear_down)

static void nothing_is_promised_before_it_is_known_who_there_is(void **state) {
    struct facts_stage *f = *state;
    struct job_id id;
    f->job.job.copies = 2;
    say_admit(f, 8, job_bundle(f, 1, &id), true);
    stage_pass(f->stage, GATHER_MS);
    assert_int_equal(kept(f), 1);
    assert_null(answered(f, 8));
    know(f, 0, MEMBER_UNREACHABLE); /* not even itself is vouched for */
    assert_null(answered(f, 8));
    know(f, 0, MEMBER_ALIVE);
    expect_answer(f, 8, ERR_NONE, "");
}

static void one_copy_is_promised_at_once(void **state) {
    struct facts_stage *f = *state;
    struct job_id id;
    f->job.job.copies = 1;
    say_admit(f, 8, job_bundle(f, 1, &id), true);
    expect_answer(f, 8, ERR_NONE, "");
}

static void what_only_this_disk_has_is_not_promised_after_a_crash(void **state) {
    struct facts_stage *f = *state;
    f->job.job.copies = 2;
    know(f, 0, MEMBER_ALIVE);
    know(f, PEER, MEMBER_ALIVE);
    say_heads(f, PEER, 1);
    const struct job_id id = open_job(f, 1);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.5);
    assert_int_equal(stored_row(f, &id).done, 1);
    facts_stage_crash(f, true);
    know(f, PEER, MEMBER_ALIVE);
    know(f, 0, MEMBER_ALIVE); /* member tells of itself when it has told of those that are active */
    stage_pass(f->stage, GATHER_MS);
    assert_int_equal(stored_row(f, &id).done, 1);
    assert_int_equal(stage_count(f->stage, ROOM_GATEWAY, MSG_job_open), 1);
    assert_int_equal(stage_count(f->stage, ROOM_GATEWAY, MSG_job_stand), 0);
    say_heads(f, PEER, 1); /* it has the job, not the result */
    assert_int_equal(stage_count(f->stage, ROOM_GATEWAY, MSG_job_stand), 0);
    say_heads(f, PEER, 3); /* the result and what it printed */
    assert_true(stage_count(f->stage, ROOM_GATEWAY, MSG_job_stand) > 0);
}

static void a_new_leader_hears_of_a_few_jobs_in_a_step(void **state) {
    struct facts_stage *f = *state;
    know(f, 0, MEMBER_ALIVE);
    lead(f, false);
    for (uint64_t i = 0; i < LIMIT_JOBS_OPEN; i++)
        (void)open_job(f, i);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), LIMIT_JOBS_OPEN);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 0);
    const struct msg m = leads(f, true);
    board_post_to(f->stage->board, ROOM_FACTS, ROOM_LEADER, 0, &m);
    board_run(f->stage->board, f->stage->at);
    uint32_t said = stage_count(f->stage, ROOM_SCHED, MSG_job_open);
    assert_in_range(said, 1, 8);
    stage_pass(f->stage, 0);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), LIMIT_JOBS_OPEN);
    lead(f, false);
    lead(f, true); /* another term: all of them again */
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 2 * LIMIT_JOBS_OPEN);
}

/* Ends trials of the job until no batch takes another. */
static void fill_batches(struct facts_stage *f, const struct job_id *id) {
    uint8_t memory[512];
    static const uint8_t text[LIMIT_LOG_TAIL_BYTES] = "text";
    for (uint64_t slot = 0; stage_count(f->stage, ROOM_LEADER, MSG_dropped) == 0; slot++) {
        assert_true(slot < 4000);
        const struct msg m = result_of(id, slot, 1, TRIAL_TIMED_OUT, 0);
        struct buf result = buf_of(memory, sizeof memory);
        ensure(msg_encode(&m, &result));
        stage_say(f->stage, ROOM_EXECUTOR,
                  &(struct msg){.kind = MSG_outcome,
                                .outcome = {.result = buf_view(&result),
                                            .log_bytes = sizeof text,
                                            .log_tail = span_of(text, sizeof text)}});
    }
}

static void an_outcome_that_finds_no_room_is_answered(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    know(f, 0, MEMBER_ALIVE);
    know(f, PEER, MEMBER_ALIVE);
    lead(f, false);
    struct job_id overdue = hear_job(f, a, 1);
    hear_all(f, a, &overdue, TRIAL_TIMED_OUT);
    know(f, PEER, MEMBER_UNREACHABLE);
    f->job.job.trials = 5000;
    const struct job_id id = open_job(f, 2);
    stage_pass(f->stage, GATHER_MS);

    f->stage->slow = true;
    fill_batches(f, &id);
    const struct msg *m = stage_heard(f->stage, ROOM_LEADER, MSG_dropped, 0);
    assert_true(job_id_equal(&m->dropped.job, &id));
    assert_int_equal(m->dropped.attempt, 1);
    lead(f, true); /* its first job is overdue, and there is no room to say so */
    stage_pass(f->stage, 0);
    while (stage_save(f->stage))
        stage_pass(f->stage, GATHER_MS);
    assert_true(is_shut(f, &overdue, JOB_FAILED));
}

/* Each of two nodes waits for the other's disk: what is only kept makes no promise, so it goes on. */
static void bundles_are_kept_while_promises_wait(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct trial_row row;
    know(f, 0, MEMBER_ALIVE);
    know(f, PEER, MEMBER_ALIVE);
    f->job.job.trials = 5000;
    f->job.job.copies = 2;
    struct job_id id = open_job(f, 1);
    uint64_t slot = 0;
    for (; stage_count(f->stage, ROOM_SCHED, MSG_hold) == 0; slot++) {
        assert_true(slot < 2000);
        say_outcome(f, &id, slot, TRIAL_TIMED_OUT, 0);
    }
    size_t before = kept(f);
    hear_fact(f, a, result_of(&id, 4000, 1, TRIAL_DONE, 0.5));
    assert_int_equal(kept(f), before + 1);
    assert_false(stored_trial(f, &id, 4000, &row));
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_backlog), 1);
    say_heads(f, PEER, 1 + 2 * slot); /* the job, and of each trial what it printed */
    for (uint32_t i = 0; i < 10; i++)
        stage_pass(f->stage, GATHER_MS);
    assert_true(stored_trial(f, &id, 4000, &row) && row.finished);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_backlog), 0);
}

static uint64_t lacking(struct facts_stage *f) {
    const struct msg *last = NULL, *m;
    for (uint32_t i = 0; (m = stage_heard(f->stage, ROOM_ELASTIC, MSG_handed_over, i)) != NULL; i++)
        last = m;
    assert_non_null(last);
    return last->handed_over.lacking;
}

static void who_leaves_hears_what_others_lack(void **state) {
    struct facts_stage *f = *state;
    know(f, 0, MEMBER_ALIVE);
    know(f, PEER, MEMBER_ALIVE);
    (void)open_job(f, 1);
    stage_pass(f->stage, GATHER_MS);
    say_heads(f, PEER, 0);
    assert_int_equal(stage_count(f->stage, ROOM_ELASTIC, MSG_handed_over), 0);
    know(f, 0, MEMBER_LEAVING);
    assert_int_equal(lacking(f), 1);
    say_heads(f, PEER, 1);
    assert_int_equal(lacking(f), 0);
    uint32_t said = stage_count(f->stage, ROOM_ELASTIC, MSG_handed_over);
    say_heads(f, PEER, 1);
    assert_int_equal(stage_count(f->stage, ROOM_ELASTIC, MSG_handed_over), said);
    know(f, 0, MEMBER_ALIVE);
    know(f, 0, MEMBER_LEAVING); /* another departure: said again */
    assert_int_equal(stage_count(f->stage, ROOM_ELASTIC, MSG_handed_over), said + 1);
}

/* What this node cannot start is tried by the two others. */
static void one_node_that_cannot_start_a_program_does_not_fail_the_job(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *b = author_new(f, 41);
    struct trial_row row;
    know(f, PEER, MEMBER_ALIVE);
    know(f, OTHER_PEER, MEMBER_ALIVE);
    know(f, 0, MEMBER_ALIVE);
    f->job.job.copies = 1;
    const struct job_id id = open_job(f, 1);
    for (uint32_t i = 0; i < 3; i++)
        say_outcome(f, &id, 0, TRIAL_NO_START, 0);
    say_outcome(f, &id, 1, TRIAL_NO_START, 0);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    assert_true(stored_trial(f, &id, 0, &row));
    assert_false(row.finished);
    assert_int_equal(row.attempts.made, 3);
    assert_int_equal(row.unable.nodes, 3);
    assert_memory_equal(&row.unable.authors[0], &f->node.id, NODE_ID_BYTES);

    struct msg fact = result_of(&id, 1, 2, TRIAL_NO_START, 0);
    fact.result_fact.nodes = 3;
    fact.result_fact.cause = span_text("cannot start './x'");
    hear(f, PEER, author_says(a, &fact, 1));
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    hear(f, OTHER_PEER, author_says(b, &fact, 1));
    assert_true(is_shut(f, &id, JOB_FAILED));
    assert_true(span_is(stored_row(f, &id).cause, "cannot start './x' (tried on 3 nodes)"));
}

static void one_trial_that_nobody_can_start_fails_alone(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct trial_row row;
    know(f, PEER, MEMBER_ALIVE);
    know(f, 0, MEMBER_ALIVE);
    f->job.job.copies = 1;
    const struct job_id id = open_job(f, 1);
    struct msg facts[] = {result_of(&id, 0, 1, TRIAL_DONE, 0.5),
                          result_of(&id, 1, 1, TRIAL_NO_START, 0)};
    facts[1].result_fact.nodes = 2;
    hear(f, PEER, author_says(a, facts, 2));
    assert_true(stored_trial(f, &id, 1, &row) && !row.finished);
    f->attempts[id.bytes[0]][1] = 1;
    say_outcome(f, &id, 1, TRIAL_NO_START, 0);
    assert_true(stored_trial(f, &id, 1, &row) && row.finished);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    assert_int_equal(stored_row(f, &id).failed, 1);
}

static void who_may_have_others_to_ask_waits_until_it_knows(void **state) {
    struct facts_stage *f = *state;
    struct trial_row row;
    f->job.job.copies = 1;
    const struct job_id id = open_job(f, 1);
    say_outcome(f, &id, 0, TRIAL_NO_START, 0);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    know(f, 0, MEMBER_ALIVE); /* it is alone */
    say_outcome(f, &id, 0, TRIAL_NO_START, 0);
    assert_true(stored_trial(f, &id, 0, &row) && row.finished);
    assert_true(span_is(stored_row(f, &id).cause, "it said no"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(nothing_is_promised_before_it_is_known_who_there_is),
        STAGED(one_copy_is_promised_at_once),
        STAGED(what_only_this_disk_has_is_not_promised_after_a_crash),
        STAGED(a_new_leader_hears_of_a_few_jobs_in_a_step),
        STAGED(bundles_are_kept_while_promises_wait),
        STAGED(who_leaves_hears_what_others_lack),
        STAGED(an_outcome_that_finds_no_room_is_answered),
        STAGED(one_node_that_cannot_start_a_program_does_not_fail_the_job),
        STAGED(one_trial_that_nobody_can_start_fails_alone),
        STAGED(who_may_have_others_to_ask_waits_until_it_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
