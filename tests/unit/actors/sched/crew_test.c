/* sched as the leader of a cluster: workers on other nodes, their reports, their ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/sched/crew_stage.h"

static void nothing_is_given_out_by_whoever_does_not_lead(void **state) {
    struct fixture *f = *state;
    open_job(f, 10);
    worker(f, 0, 2);
    worker(f, A, 2);
    assert_int_equal(asked(f), 0);
    lead(f, true);
    open_job(f, 10);
    expect_asked(f, 4, 3);
    proposed(f, 0);
    lead(f, false);
    assert_int_equal(board_deadline(f->stage->board), WHEN_NEVER);
    proposed(f, 1);
    ended(f, A, 0, 1, false);
    assert_int_equal(asked(f), 4);
    lead(f, true);
    open_job(f, 10);
    assert_int_equal(asked(f), 4); /* its workers are forgotten as well */
    worker(f, A, 1);
    expect_asked(f, 5, 0);
}

static void leases_go_to_the_workers_and_their_ends_free_the_places(void **state) {
    struct fixture *f = *state;
    worker(f, 0, 1);
    lead_workers(f, 1, 0, 10);
    expect_asked(f, 2, 1);
    give(f, 0, 0, 1);
    give(f, A, 1, 1);
    ended(f, B, 1, 1, false); /* of somebody else */
    ended(f, A, 1, 2, false); /* of another attempt */
    assert_int_equal(asked(f), 2);
    ended(f, A, 1, 1, false);
    expect_asked(f, 3, 2); /* before it is recorded */
    recorded(f, 1, true, 1);
    proposed(f, 2);
    recorded(f, 2, false, 1); /* a fact can be faster than the word of the end */
    assert_int_equal(asked(f), 3);
    ended(f, A, 2, 1, false);
    expect_asked(f, 4, 2);
    give(f, A, 2, 2);
    ended(f, A, 2, 1, false); /* that of the first attempt */
    assert_int_equal(asked(f), 4);
}

static void what_a_worker_lost_is_given_out_again_but_not_to_it_at_once(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 0, 10);
    proposed(f, 0);
    ended(f, A, 0, 1, true);
    assert_int_equal(asked(f), 1);
    stage_pass(f->stage, 49);
    assert_int_equal(asked(f), 1);
    stage_pass(f->stage, 1);
    expect_asked(f, 2, 0);
    give(f, A, 0, 1);
    worker(f, B, 1);
    expect_asked(f, 3, 1);
    proposed(f, 1);
    ended(f, A, 0, 1, true);
    ended(f, B, 1, 1, false);
    expect_asked(f, 4, 0);
    give(f, B, 0, 1);
}

static void what_a_worker_had_is_given_out_again_when_it_is_gone(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 2, 0, 10);
    proposed(f, 0);
    proposed(f, 1);
    ended(f, A, 1, 1, false);
    expect_asked(f, 3, 2);
    gone(f, A);
    proposed(f, 2); /* it was asked for when there was a place */
    worker(f, B, 8);
    assert_int_equal(asked(f), 3 + 8);
    for (uint32_t i = 0; i < 2;
         i++) { /* what was leased and what was asked for; not what had ended */
        const struct msg *m = stage_heard(f->stage, ROOM_TUNER, MSG_propose, 3 + i);
        assert_int_equal(m->propose.slot, i == 0 ? 0 : 2);
    }
    give(f, B, 0, 1);
    stage_pass(f->stage, 4999);
    ended(f, B, 0, 1, false);
    expect_asked(f, 12, 9);
    stage_pass(f->stage, 1); /* the fact of what had ended has had its time */
    proposed(f, 2);
    ended(f, B, 2, 1, false);
    expect_asked(f, 13, 1);
}

static void a_fact_within_the_grace_is_waited_for(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 0, 1);
    proposed(f, 0);
    ended(f, A, 0, 1, false);
    gone(f, A);
    recorded(f, 0, true, 1);
    worker(f, B, 1);
    stage_pass(f->stage, 60000);
    assert_int_equal(asked(f), 1);
}

static void what_workers_report_at_the_start_of_a_term_is_not_given_out_twice(void **state) {
    struct fixture *f = *state;
    uint8_t memory[16];
    struct buf finished = buf_of(memory, sizeof memory);
    struct range range_memory[1];
    struct ranges ranges = ranges_of(range_memory, 1);
    assert_true(ranges_add(&ranges, 5));
    ranges_encode(&ranges, &finished);
    REPORT(f, A, 2, 0, 1, 0, 1, 3, 0);
    REPORT(f, B, 3, 2, 1, 1, 5, 1,
           0); /* slot 2 has just ended; 5 is finished, and runs once more */
    lead(f, true);
    open_with(f, 10, &(struct msg_job_open){.job = job, .finished = buf_view(&finished)});
    expect_asked(f, 2, 4); /* 3 and 4 in the places that B has left */
    ended(f, B, 5, 1, false);
    expect_asked(f, 3, 6);
    ended(f, A, 1, 3, false); /* as attempt 3 */
    expect_asked(f, 4, 7);
    recorded(f, 1, true, 3);
    recorded(f, 2, true, 1);
    stage_pass(f->stage, 60000);
    assert_int_equal(asked(f), 4);
    gone(f, A);
    for (uint64_t slot = 3; slot < 5; slot++) {
        proposed(f, slot);
        ended(f, B, slot, 1, false);
    }
    expect_asked(f, 5, 0);
}

static void a_late_report_takes_what_was_only_asked_for(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 0, 2, 10);
    expect_asked(f, 2, 1);
    give(f, B, 1, 1);
    REPORT(f, A, 3, 0, 1, 0, 1, 1,
           0);             /* 0 is only asked for; 1 runs on B too and only holds a place */
    expect_asked(f, 4, 3); /* one place of B's, one of A's */
    proposed(f, 0);
    expect_leased(f, B, 1, 1);
}

static void a_lease_that_never_came_and_an_end_nobody_heard_are_found(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 2, 0, 2);
    proposed(f, 0);
    proposed(f, 1);
    stage_pass(f->stage, 9999);
    REPORT(f, A, 2, 0, 1, 0);
    stage_pass(f->stage, 1);
    REPORT(f, A, 2, 0, 1, 1); /* 0 is over: the word of it was lost; 1 never came */
    recorded(f, 0, true, 1);
    stage_pass(f->stage, 4999);
    assert_int_equal(asked(f), 2);
    stage_pass(f->stage, 1);
    expect_asked(f, 3, 1);
}

static void a_result_of_another_leader_finishes_its_slot(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 0, 4);
    recorded(f, 1, true, 1);
    recorded(f, 2, false, 1);
    recorded(f, 0, true, 1); /* while the tuner thinks of it */
    expect_asked(f, 2, 2);
    proposed(f, 0);
    give(f, A, 2, 2);
    recorded(f, 2, true, 1); /* an older attempt: what runs is not needed, and holds its place */
    assert_int_equal(asked(f), 2);
    ended(f, A, 2, 2, true);
    stage_pass(f->stage, 100);
    expect_asked(f, 3, 3);
}

static void many_workers_may_run_more_than_the_disk_of_one_node_allows(void **state) {
    struct fixture *f = *state;
    lead(f, true);
    open_job(f, 1000000);
    for (uint32_t peer = 1; peer <= 30; peer++)
        worker(f, peer, 100);
    assert_int_equal(asked(f), LIMIT_SLOTS_NODE); /* so many at a time */
    uint64_t next = 0;
    while (next < 3000)
        proposed(f, next++);
    assert_int_equal(asked(f), 3000);
    for (uint32_t peer = 31; peer <= 100; peer++)
        worker(f, peer, 100);
    while (next < LIMIT_BEGUN)
        proposed(f, next++);
    assert_int_equal(asked(f), LIMIT_BEGUN);
    assert_int_equal(stage_count(f->stage, ROOM_MEMBER, MSG_lease), LIMIT_BEGUN);
}

static void a_job_that_is_shut_waits_for_its_workers_to_let_go(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 0, 10);
    proposed(f, 0);
    tell(f, &(struct msg){.kind = MSG_job_shut, .job_shut = {.job = job, .state = JOB_OPEN}});
    open_job(f, 10); /* opened again while its first trial runs */
    assert_int_equal(asked(f), 1);
    ended(f, A, 0, 1, false);
    expect_asked(f, 2, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CREW(nothing_is_given_out_by_whoever_does_not_lead),
        CREW(leases_go_to_the_workers_and_their_ends_free_the_places),
        CREW(what_a_worker_lost_is_given_out_again_but_not_to_it_at_once),
        CREW(what_a_worker_had_is_given_out_again_when_it_is_gone),
        CREW(a_fact_within_the_grace_is_waited_for),
        CREW(what_workers_report_at_the_start_of_a_term_is_not_given_out_twice),
        CREW(a_late_report_takes_what_was_only_asked_for),
        CREW(a_lease_that_never_came_and_an_end_nobody_heard_are_found),
        CREW(a_result_of_another_leader_finishes_its_slot),
        CREW(many_workers_may_run_more_than_the_disk_of_one_node_allows),
        CREW(a_job_that_is_shut_waits_for_its_workers_to_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
