/* sched as the leader of a cluster: what goes on from a checkpoint goes back to the worker that has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/sched/crew_stage.h"

/* It ended with a checkpoint, at that worker. */
static void saves(struct fixture *f, uint32_t peer, uint64_t slot, uint64_t attempt) {
    ended_so(f, peer,
             &(struct msg_ended){.job = job, .slot = slot, .attempt = attempt, .again = true});
}

static void recorded_with_rest(struct fixture *f, uint64_t slot, uint64_t attempts, dur_ms rest) {
    const struct msg m = {
        .kind = MSG_recorded,
        .recorded = {
            .job = job, .slot = slot, .attempts = attempts, .pause_ms = rest, .attempt = attempts}};
    tell(f, &m);
}

/* A and B have a place each; slot 0 has saved its work at A, where slot 2 runs meanwhile; B's slot 1 is done. */
static void one_waits_for_a(struct fixture *f, uint64_t trials) {
    lead_workers(f, 1, 1, trials);
    give(f, A, 0, 1);
    give(f, B, 1, 1);
    saves(f, A, 0, 1);
    expect_asked(f, 3, 2);
    give(f, A, 2, 1);
    recorded(f, 0, false, 1);
    assert_int_equal(asked(f), 3);
    ended(f, B, 1, 1, false);
    recorded(f, 1, true, 1);
}

static void it_waits_for_the_worker_that_has_its_checkpoint(void **state) {
    struct fixture *f = *state;
    one_waits_for_a(f, 3);
    stage_pass(f->stage, 1999);
    assert_int_equal(asked(f), 3); /* B has had a place all the time */
    ended(f, A, 2, 1, false);
    expect_asked(f, 4, 0);
    give(f, A, 0, 2);
}

static void it_goes_before_what_was_never_begun(void **state) {
    struct fixture *f = *state;
    one_waits_for_a(f, 10);
    expect_asked(f, 4, 3); /* B takes the next one */
    give(f, B, 3, 1);
    ended(f, A, 2, 1, false);
    expect_asked(f, 5, 0);
    give(f, A, 0, 2);
}

static void another_one_takes_it_when_that_lasts(void **state) {
    struct fixture *f = *state;
    one_waits_for_a(f, 3);
    assert_int_equal(board_deadline(f->stage->board), f->stage->at.now + 2000);
    stage_pass(f->stage, 2000);
    expect_asked(f, 4, 0);
    give(f, B, 0, 2);
    saves(f, B, 0, 2); /* now B has it */
    recorded(f, 0, false, 2);
    expect_asked(f, 5, 0);
    give(f, B, 0, 3);
}

/* As long as it would take about to do it again: three attempts of 4 s. */
static void the_longer_it_worked_the_longer_it_waits(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 1, 3);
    give(f, A, 0, 1);
    give(f, B, 1, 1);
    for (uint64_t attempt = 1; attempt <= 2; attempt++) {
        stage_pass(f->stage, 4000);
        saves(f, A, 0, attempt);
        if (attempt == 2)
            break;
        recorded(f, 0, false, attempt);
        give(f, A, 2, 1); /* it was first */
        ended(f, A, 2, 1, false);
        recorded(f, 2, false, 1);
        expect_asked(f, 4, 0);
        give(f, A, 0, 2);
    }
    expect_asked(f, 5, 2);
    give(f, A, 2, 2);
    recorded(f, 0, false, 2);
    ended(f, B, 1, 1, false);
    recorded(f, 1, true, 1);
    when_ms until = board_deadline(f->stage->board);
    assert_in_range(until - f->stage->at.now, 6000, 8000);
    stage_pass(f->stage, until - f->stage->at.now - 1);
    assert_int_equal(asked(f), 5);
    stage_pass(f->stage, 1);
    expect_asked(f, 6, 0);
    give(f, B, 0, 3);
}

static void it_rests_first(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 1, 1);
    give(f, A, 0, 1);
    saves(f, A, 0, 1);
    recorded_with_rest(f, 0, 1, 400);
    assert_int_equal(board_deadline(f->stage->board), f->stage->at.now + 400);
    stage_pass(f->stage, 399);
    assert_int_equal(asked(f), 1);
    stage_pass(f->stage, 1);
    expect_asked(f, 2, 0);
    give(f, A, 0, 2);
}

static void nobody_waits_for_who_is_gone(void **state) {
    struct fixture *f = *state;
    one_waits_for_a(f, 3);
    gone(f, A);
    assert_int_equal(asked(f), 4); /* B has one place */
    proposed(f, 0);
    proposed(f, 2);
    worker(f, A, 1); /* in another life */
    expect_asked(f, 5,
                 stage_heard(f->stage, ROOM_TUNER, MSG_propose, 3)->propose.slot == 0 ? 2 : 0);
}

/* Its place was taken between the question and the answer. */
static void it_waits_again_when_the_place_is_gone(void **state) {
    struct fixture *f = *state;
    one_waits_for_a(f, 3);
    ended(f, A, 2, 1, false);
    expect_asked(f, 4, 0);
    worker(f, A, 0);
    uint32_t leases = stage_count(f->stage, ROOM_MEMBER, MSG_lease);
    proposed(f, 0);
    assert_int_equal(stage_count(f->stage, ROOM_MEMBER, MSG_lease), leases);
    assert_int_equal(asked(f), 4);
    worker(f, A, 1);
    expect_asked(f, 5, 0);
    give(f, A, 0, 2);
}

/* What crashed needs no checkpoint, as far as anybody knows. */
static void only_who_says_so_has_a_home(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 1, 3);
    give(f, A, 0, 1);
    give(f, B, 1, 1);
    ended(f, A, 0, 1, false);
    give(f, A, 2, 1);
    recorded(f, 0, false, 1);
    ended(f, B, 1, 1, false);
    expect_asked(f, 4, 0);
    give(f, B, 0, 2);
}

static void proposed_copy(struct fixture *f, uint64_t slot, uint64_t parent) {
    tell(f,
         &(struct msg){
             .kind = MSG_proposed,
             .proposed = {.job = job, .slot = slot, .config = span_text("c"), .from = parent + 1}});
}

/* A and B have a place each; slot 2 is a copy of slot 0, which runs at A, and waits. */
static void a_copy_is_proposed(struct fixture *f) {
    lead_workers(f, 1, 1, 10);
    give(f, A, 0, 1);
    give(f, B, 1, 1);
    ended(f, B, 1, 1, false);
    recorded(f, 1, true, 1);
    expect_asked(f, 3, 2);
    proposed_copy(f, 2, 0);
}

/* ... and B has slot 3. */
static void a_copy_waits_for_a(struct fixture *f) {
    a_copy_is_proposed(f);
    expect_asked(f, 4, 3);
    give(f, B, 3, 1);
}

static void a_copy_goes_where_its_parent_runs(void **state) {
    struct fixture *f = *state;
    a_copy_waits_for_a(f);
    stage_pass(f->stage, 1500);
    ended(f, A, 0, 1, false);
    recorded(f, 0, true, 1);
    expect_asked(f, 5, 2);
    proposed_copy(f, 2, 0);
    expect_leased(f, A, 2, 1);
}

/* What its parent has saved stays where it was; at B it begins with nothing. */
static void a_copy_does_not_go_after_a_parent_that_moves(void **state) {
    struct fixture *f = *state;
    a_copy_waits_for_a(f);
    ended(f, A, 0, 1, true);
    worker(f, A, 0);
    ended(f, B, 3, 1, false);
    recorded(f, 3, true, 1);
    expect_asked(f, 5, 0);
    give(f, B, 0, 1);
    worker(f, A, 1);
    stage_pass(f->stage, 1000);
    expect_asked(f, 6, 2);
    proposed_copy(f, 2, 0);
    expect_leased(f, A, 2, 1);
}

/* What it had is gone with it, and its parent is given out again. */
static void a_copy_does_not_wait_for_who_is_gone(void **state) {
    struct fixture *f = *state;
    a_copy_waits_for_a(f);
    gone(f, A);
    ended(f, B, 3, 1, false);
    recorded(f, 3, true, 1);
    expect_asked(f, 5, 2);
    proposed_copy(f, 2, 0);
    expect_leased(f, B, 2, 1);
}

/* Of a population who waits is a member: B's place is his, unless A has one in time. */
static void a_population_does_not_grow_while_a_copy_waits(void **state) {
    struct fixture *f = *state;
    f->job.job.objectives_count = 1;
    f->job.job.objectives[0] =
        (struct objective){.metric = span_text("loss"), .goal = GOAL_MINIMIZE};
    f->job.job.rungs = (struct job_rungs){.steps = 9, .first = 1, .eta = 3, .policy = RUNGS_PBT};
    a_copy_is_proposed(f);
    assert_int_equal(asked(f), 3);
    stage_pass(f->stage, 1999);
    assert_int_equal(asked(f), 3);
    stage_pass(f->stage, 1);
    expect_asked(f, 4, 2);
    proposed_copy(f, 2, 0);
    expect_leased(f, B, 2, 1);
    ended(f, A, 0, 1, false);
    recorded(f, 0, true, 1);
    expect_asked(f, 5, 3);
    proposed_copy(f, 3, 2);
    assert_int_equal(asked(f), 5);
    ended(f, B, 2, 1, false);
    expect_asked(f, 6, 3);
    recorded(f, 2, true, 1);
    expect_asked(f, 7, 4); /* he has his place, and A's is for one more */
    proposed_copy(f, 3, 2);
    expect_leased(f, B, 3, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CREW(it_waits_for_the_worker_that_has_its_checkpoint),
        CREW(it_goes_before_what_was_never_begun),
        CREW(another_one_takes_it_when_that_lasts),
        CREW(the_longer_it_worked_the_longer_it_waits),
        CREW(it_rests_first),
        CREW(nobody_waits_for_who_is_gone),
        CREW(it_waits_again_when_the_place_is_gone),
        CREW(only_who_says_so_has_a_home),
        CREW(a_copy_goes_where_its_parent_runs),
        CREW(a_copy_does_not_go_after_a_parent_that_moves),
        CREW(a_copy_does_not_wait_for_who_is_gone),
        CREW(a_population_does_not_grow_while_a_copy_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
