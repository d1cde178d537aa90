/* A job that is given out gets more slots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/sched/crew_stage.h"

static void extend(struct fixture *f, uint64_t trials) {
    tell(f,
         &(struct msg){.kind = MSG_job_extended, .job_extended = {.job = job, .trials = trials}});
}

static void more_slots_are_given_out_and_no_more_than_that(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 8, 0, 2);
    expect_asked(f, 2, 1);
    extend(f, 4);
    expect_asked(f, 4, 3);
    extend(f, 3); /* late, or of somebody who knew less */
    expect_asked(f, 4, 3);
    for (uint64_t slot = 0; slot < 4; slot++)
        give(f, A, slot, 1);
    expect_asked(f, 4, 3);
}

static void a_job_opens_with_as_many_as_it_has_by_now(void **state) {
    struct fixture *f = *state;
    worker(f, A, 8);
    lead(f, true);
    open_with(f, 2, &(struct msg_job_open){.job = job, .trials = 5});
    expect_asked(f, 5, 4);
}

/* The leader before had heard of it: what it gave out is not given out again. */
static void what_runs_already_stays_where_it_is(void **state) {
    struct fixture *f = *state;
    REPORT(f, A, 3, 3, 1, 0);
    lead(f, true);
    open_job(f, 2);
    expect_asked(f, 2, 1);
    give(f, A, 0, 1);
    give(f, A, 1, 1);
    worker(f, B, 4);
    extend(f, 5);
    expect_asked(f, 4, 4); /* 2 and 4 */
    ended(f, A, 3, 1, true);
    expect_asked(f, 5, 3);
}

/* ... nor is what was reported when this node led already, and had not heard of more. */
static void what_was_reported_before_is_not_given_out_again(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 2, 0, 2);
    give(f, A, 0, 1);
    give(f, A, 1, 1);
    REPORT(f, B, 4, 3, 1, 0, 4, 1, 1); /* one runs, one has ended, and its fact is on its way */
    extend(f, 7);
    expect_asked(f, 5, 6); /* 2, 5 and 6 */
    assert_int_equal(stage_heard(f->stage, ROOM_TUNER, MSG_propose, 2)->propose.slot, 2);
    assert_int_equal(stage_heard(f->stage, ROOM_TUNER, MSG_propose, 3)->propose.slot, 5);
    recorded(f, 4, true, 1);
    ended(f, B, 3, 1, false);
    recorded(f, 3, true, 1);
    stage_pass(f->stage, 60000);
    assert_int_equal(asked(f), 5);
}

/* Of one that never gets more they are forgotten in the end. */
static void slots_that_no_job_has_hold_nothing_up(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 0, 1);
    give(f, A, 0, 1);
    REPORT(f, B, 2, 3, 1, 0, 4, 1, 1);
    ended(f, B, 3, 1, false);
    stage_pass(f->stage, 60000);
    extend(f, 6);
    expect_asked(f, 3, 2); /* 1 and 2 at B, as if nothing had been */
}

static void with_rungs(struct fixture *f) {
    f->job.job.objectives_count = 1;
    f->job.job.objectives[0] = (struct objective){.metric = span_text("loss")};
    f->job.job.rungs = (struct job_rungs){.steps = 27, .first = 1, .eta = 3};
}

/* Of a job with rungs the one behind the last is asked for, in whose place a paused one may go on: that number becomes a slot's
 * own, and what the tuner says of it still comes to something. */
static void nobody_is_asked_for_behind_what_was_the_last(void **state) {
    struct fixture *f = *state;
    with_rungs(f);
    lead_workers(f, 4, 0, 1);
    expect_asked(f, 2, 1);
    give(f, A, 0, 1);
    extend(f, 2);
    assert_int_equal(stage_heard(f->stage, ROOM_TUNER, MSG_propose, 2)->propose.slot, 1);
    expect_asked(f, 4, 2); /* the slot, and the one behind it */
    give(f, A, 1, 1);      /* as the tuner may have answered to the first */
    proposed(f, 1);        /* and then to the second */
    const struct msg unproposed = {.kind = MSG_unproposed,
                                   .unproposed = {.job = job, .slot = 2, .over = true}};
    tell(f, &unproposed);
    assert_int_equal(stage_count(f->stage, ROOM_FACTS, MSG_exhausted), 0); /* two run */
    for (uint64_t slot = 0; slot < 2; slot++) {
        ended(f, A, slot, 1, false);
        recorded(f, slot, true, 1);
    }
    tell(f, &unproposed); /* which the second may have come too late for */
    tell(f, &unproposed);
    const struct msg *m = stage_heard(f->stage, ROOM_FACTS, MSG_exhausted, 0);
    assert_true(m != NULL && m->exhausted.trials == 2);
}

/* What the tuner answers to that question comes when the number is a slot's, which is asked for, too. */
static void an_old_answer_loses_no_slot(void **state) {
    struct fixture *f = *state;
    with_rungs(f);
    lead_workers(f, 4, 0, 1);
    give(f, A, 0, 1);
    extend(f, 2);
    tell(f, &(struct msg){.kind = MSG_unproposed,
                          .unproposed = {.job = job, .slot = 1, .over = true}});
    give(f, A, 1, 1);
    ended(f, A, 0, 1, false);
    recorded(f, 0, true, 1);
    ended(f, A, 1, 1, false);
    recorded(f, 1, true, 1);
    const struct msg unproposed = {.kind = MSG_unproposed,
                                   .unproposed = {.job = job, .slot = 2, .over = true}};
    tell(f, &unproposed); /* which the second may have come too late for */
    tell(f, &unproposed);
    assert_non_null(stage_heard(f->stage, ROOM_FACTS, MSG_exhausted, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CREW(more_slots_are_given_out_and_no_more_than_that),
        CREW(a_job_opens_with_as_many_as_it_has_by_now),
        CREW(what_runs_already_stays_where_it_is),
        CREW(what_was_reported_before_is_not_given_out_again),
        CREW(slots_that_no_job_has_hold_nothing_up),
        CREW(nobody_is_asked_for_behind_what_was_the_last),
        CREW(an_old_answer_loses_no_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
