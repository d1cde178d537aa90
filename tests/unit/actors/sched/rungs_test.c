/* sched as the leader of a cluster: a job with rungs, whose trials are judged, rest and go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/sched/crew_stage.h"

static const struct node_id home_of_a = {{0xa}};

/* Slots 0.. trials - 1, of which so many from 0 on are finished, and perhaps rest. */
static void open_rungs(struct fixture *f, uint64_t trials, uint64_t finished) {
    uint8_t memory[32];
    struct buf ranges = buf_of(memory, sizeof memory);
    f->job.job.objectives_count = 1;
    f->job.job.objectives[0] =
        (struct objective){.metric = span_text("loss"), .goal = GOAL_MINIMIZE};
    f->job.job.rungs = (struct job_rungs){.steps = 9, .first = 1, .eta = 3, .policy = RUNGS_ASHA};
    mp_put_array(&ranges, finished > 0 ? 2 : 0);
    if (finished > 0) {
        mp_put_u64(&ranges, 0);
        mp_put_u64(&ranges, finished);
    }
    open_with(f, trials, &(struct msg_job_open){.job = job, .finished = buf_view(&ranges)});
}

static void stands(struct fixture *f, uint64_t slot, uint64_t attempt) {
    tell(f, &(struct msg){.kind = MSG_stands,
                          .stands = {.job = job, .slot = slot, .attempt = attempt}});
}

static void judged(struct fixture *f, uint64_t slot, uint64_t attempt, bool pause) {
    tell(f,
         &(struct msg){.kind = MSG_judged,
                       .judged = {.job = job, .slot = slot, .attempt = attempt, .pause = pause}});
}

static void unproposed(struct fixture *f, uint64_t slot, bool over) {
    tell(f, &(struct msg){.kind = MSG_unproposed,
                          .unproposed = {.job = job, .slot = slot, .over = over}});
}

/* The tuner lets this one go on in place of the slot behind the last. */
static void goes_on(struct fixture *f, uint64_t slot, uint64_t attempts) {
    tell(f, &(struct msg){.kind = MSG_proposed,
                          .proposed = {.job = job,
                                       .slot = slot,
                                       .config = span_text("c"),
                                       .asked = f->job.job.trials + 1,
                                       .attempts = attempts,
                                       .home = home_of_a}});
}

static const struct msg_propose *newest_asked(const struct fixture *f) {
    return &stage_heard(f->stage, ROOM_TUNER, MSG_propose, asked(f) - 1)->propose;
}

static uint32_t leases(const struct fixture *f) {
    return stage_count(f->stage, ROOM_MEMBER, MSG_lease);
}

static uint32_t verdicts(const struct fixture *f) {
    return stage_count(f->stage, ROOM_MEMBER, MSG_verdict);
}

static uint32_t exhausted(const struct fixture *f) {
    return stage_count(f->stage, ROOM_FACTS, MSG_exhausted);
}

/* A, with two places, has paused the only trial of the job, which goes on there as attempt 2; that it rested is not recorded
 * yet. */
static void one_goes_on(struct fixture *f) {
    worker(f, A, 2);
    lead(f, true);
    open_rungs(f, 1, 0);
    expect_asked(f, 2, 1); /* slot 0, and whether a paused one goes on */
    unproposed(f, 1, false);
    give(f, A, 0, 1);
    stands(f, 0, 1);
    judged(f, 0, 1, true);
    assert_int_equal(verdicts(f), 1);
    ended(f, A, 0, 1, false);
    expect_asked(f, 3, 1);
    goes_on(f, 0, 1); /* it is on this disk already, but not on enough others */
    expect_leased(f, A, 0, 2);
}

static void who_looks_hears_that_it_has_rested(void **state) {
    struct fixture *f = *state;
    one_goes_on(f);
    stage_tell(f->stage, ROOM_SCHED, ROOM_GATEWAY, 0,
               &(struct msg){.kind = MSG_look, .look.job = job});
    const struct msg *m = stage_heard(f->stage, ROOM_GATEWAY, MSG_running, 0);
    assert_true(m != NULL && m->running.count == 1 && m->running.resumed == 1);
}

static void the_record_of_its_pause_does_not_end_what_goes_on(void **state) {
    struct fixture *f = *state;
    one_goes_on(f);
    recorded(f, 0, true, 1);
    unproposed(f, 1, false); /* it may not have known of that */
    unproposed(f, 1, false);
    worker(f, B, 1);
    gone(f, A);
    expect_asked(f, asked(f), 0);
    assert_true(newest_asked(f)->rested);
    give(f, B, 0, 2);
}

static void its_end_is_waited_for_before_the_search_is_over(void **state) {
    struct fixture *f = *state;
    one_goes_on(f);
    recorded(f, 0, true, 1);
    expect_asked(f, 4, 1);
    unproposed(f, 1, false);
    ended(f, A, 0, 2, false); /* its result lies on A's disk alone */
    stage_pass(f->stage, 1000);
    for (uint32_t i = 0; i < asked(f); i++)
        assert_false(stage_heard(f->stage, ROOM_TUNER, MSG_propose, i)->propose.alone);
    unproposed(f, 1, true);
    assert_int_equal(exhausted(f), 0);
    recorded(f, 0, true, 2);
    assert_int_equal(newest_asked(f)->slot, 1);
    assert_true(newest_asked(f)->alone);
    unproposed(f, 1, true);
    assert_int_equal(exhausted(f), 1);
}

/* Of a job that is repeat_auto the tuner is asked once more when all has ended, and facts hears what it says. */
static void the_last_word_of_the_search_is_passed_on(void **state) {
    struct fixture *f = *state;
    worker(f, A, 2);
    lead(f, true);
    f->job.job.objectives_count = 1;
    f->job.job.objectives[0] =
        (struct objective){.metric = span_text("loss"), .goal = GOAL_MINIMIZE};
    f->job.job.method = METHOD_TPE;
    f->job.job.repeat_auto = true;
    open_with(f, 1, &(struct msg_job_open){.job = job});
    expect_asked(f, 2, 1);
    unproposed(f, 1, true);
    give(f, A, 0, 1);
    ended(f, A, 0, 1, false);
    assert_int_equal(exhausted(f), 0); /* its result is on its way */
    recorded(f, 0, true, 1);
    assert_int_equal(newest_asked(f)->slot, 1);
    tell(f, &(struct msg){.kind = MSG_unproposed,
                          .unproposed = {
                              .job = job, .slot = 1, .over = true, .best = span_text("this one")}});
    assert_int_equal(exhausted(f), 1);
    const struct msg *m = stage_heard(f->stage, ROOM_FACTS, MSG_exhausted, 0);
    assert_true(span_is(m->exhausted.best, "this one"));
}

/* The tuner takes its time, and answers by what it knew when it was asked. */
static void a_last_word_without_the_last_result_is_none(void **state) {
    struct fixture *f = *state;
    worker(f, A, 2);
    lead(f, true);
    f->job.job.objectives_count = 1;
    f->job.job.objectives[0] =
        (struct objective){.metric = span_text("loss"), .goal = GOAL_MINIMIZE};
    f->job.job.method = METHOD_TPE;
    f->job.job.repeat_auto = true;
    open_with(f, 1, &(struct msg_job_open){.job = job});
    expect_asked(f, 2, 1);
    assert_false(newest_asked(f)->alone);
    give(f, A, 0, 1);
    ended(f, A, 0, 1, false);
    recorded(f, 0, true, 1);
    tell(f,
         &(struct msg){
             .kind = MSG_unproposed,
             .unproposed = {.job = job, .slot = 1, .over = true, .best = span_text("too early")}});
    assert_int_equal(exhausted(f), 0);
    expect_asked(f, 3, 1);
    assert_true(newest_asked(f)->alone);
    tell(f, &(struct msg){.kind = MSG_unproposed,
                          .unproposed = {
                              .job = job, .slot = 1, .over = true, .best = span_text("this one")}});
    assert_int_equal(exhausted(f), 1);
    const struct msg *m = stage_heard(f->stage, ROOM_FACTS, MSG_exhausted, 0);
    assert_true(span_is(m->exhausted.best, "this one"));
}

/* A runs attempt 3 of slot 0, which another has made already: it is not given out beside that, and its end is heard. */
static void what_runs_with_an_old_number_is_the_only_one_of_its_slot(void **state) {
    struct fixture *f = *state;
    uint8_t memory[8];
    struct buf begun = buf_of(memory, sizeof memory);
    mp_put_u64(&begun, 0);
    mp_put_u64(&begun, 3);
    f->job.job.objectives_count = 1;
    f->job.job.objectives[0] = (struct objective){.metric = span_text("loss")};
    f->job.job.rungs = (struct job_rungs){.steps = 9, .first = 1, .eta = 3, .policy = RUNGS_ASHA};
    REPORT(f, A, 1, 0, 3, 0);
    worker(f, B, 1);
    lead(f, true);
    open_with(f, 1, &(struct msg_job_open){.job = job, .begun = buf_view(&begun)});
    expect_asked(f, 1, 1); /* not slot 0 */
    unproposed(f, 1, false);
    ended(f, A, 0, 3, false);
    recorded_of(f, 0, true, 4, 3);
    stage_pass(f->stage, 60000);
    assert_int_equal(newest_asked(f)->slot, 1);
    assert_true(newest_asked(f)->alone);
    unproposed(f, 1, true);
    assert_int_equal(exhausted(f), 1);
}

/* Facts has told the tuner more by now. */
static void a_last_word_that_was_too_early_is_asked_for_again(void **state) {
    struct fixture *f = *state;
    worker(f, A, 1);
    lead(f, true);
    open_rungs(f, 1, 1);
    unproposed(f, 1, true);
    assert_int_equal(exhausted(f), 1);
    tell(f, &(struct msg){.kind = MSG_too_early, .too_early.job = job});
    expect_asked(f, 2, 1);
    tell(f, &(struct msg){.kind = MSG_unproposed,
                          .unproposed = {.job = job, .slot = 1, .over = true, .learned = 7}});
    const struct msg *m = stage_heard(f->stage, ROOM_FACTS, MSG_exhausted, 1);
    assert_true(m != NULL && m->exhausted.learned == 7);
}

/* Slot 0 rests. While the tuner finds that it has to wait for slot 1, that one ends: nothing else would ever ask again. */
static void what_ends_while_the_tuner_is_asked_is_not_missed(void **state) {
    struct fixture *f = *state;
    worker(f, A, 2);
    lead(f, true);
    open_rungs(f, 2, 1);
    expect_asked(f, 2, 2);
    give(f, A, 1, 1);
    ended(f, A, 1, 1, false);
    recorded(f, 1, true, 1);
    unproposed(f, 2, false);
    expect_asked(f, 3, 2);
    assert_true(newest_asked(f)->alone);
    unproposed(f, 2, true);
    assert_int_equal(exhausted(f), 1);
}

static void the_record_of_its_pause_does_not_take_what_waits_for_a_place(void **state) {
    struct fixture *f = *state;
    worker(f, A, 1);
    worker(f, B, 1);
    lead(f, true);
    open_rungs(f, 1, 0);
    unproposed(f, 1, false);
    give(f, A, 0, 1);
    ended(f, A, 0, 1, false);
    stands(f, 0, 1);
    stage_pass(f->stage, 1000);
    expect_asked(f, 3, 1);
    gone(f, A);
    gone(f, B);
    goes_on(f, 0, 1); /* nobody is there */
    recorded(f, 0, true, 1);
    worker(f, B, 1);
    expect_asked(f, 4, 0);
    give(f, B, 0, 2);
}

/* The earlier leader has let slot 0 go on, as is not known here. */
static void what_a_worker_reports_of_a_finished_slot_is_waited_for(void **state) {
    struct fixture *f = *state;
    worker(f, A, 2);
    lead(f, true);
    open_rungs(f, 1, 1);
    expect_asked(f, 1, 1);
    REPORT(f, A, 2, 0, 2, 0);
    unproposed(f, 1, true);
    assert_int_equal(exhausted(f), 0);
    ended(f, A, 0, 2, false);
    stage_pass(f->stage, 1000);
    assert_int_equal(asked(f), 1);
    recorded(f, 0, true, 2);
    expect_asked(f, 2, 1);
    assert_true(newest_asked(f)->alone);
    unproposed(f, 1, true);
    assert_int_equal(exhausted(f), 1);
}

static void of_a_finished_slot_that_is_lost_the_tuner_says_whether_it_goes_on(void **state) {
    struct fixture *f = *state;
    worker(f, B, 1);
    REPORT(f, A, 2, 0, 2, 0, 1, 3, 0); /* before the job is known here */
    lead(f, true);
    open_rungs(f, 2, 2);
    expect_asked(f, 1, 2);
    assert_false(newest_asked(f)->alone);
    unproposed(f, 2, false);
    gone(f, A);
    expect_asked(f, 2, 0);
    assert_true(newest_asked(f)->rested);
    unproposed(f, 0, false); /* it has ended, or rests */
    assert_int_equal(leases(f), 0);
    expect_asked(f, 3, 1);
    give(f, B, 1, 3);
    ended(f, B, 1, 3, false);
    recorded(f, 1, true, 3);
    stage_pass(f->stage, 60000);
    assert_int_equal(newest_asked(f)->slot, 2); /* slot 0 is not asked for again */
    assert_true(newest_asked(f)->alone);
}

/* The job may have more soon: until that is heard, or the trial is over, nobody asks for what has the same number. */
static void a_report_of_no_slot_of_the_job_is_waited_for(void **state) {
    struct fixture *f = *state;
    lead(f, true);
    open_rungs(f, 1, 1);
    REPORT(f, A, 2, 1, 1, 0);
    worker(f, B, 1);
    assert_int_equal(asked(f), 0);
    gone(f, A);
    expect_asked(f, 1, 1);
    assert_true(newest_asked(f)->alone);
}

/* Attempt 1 runs at A, which was thought lost, and at B. */
static void what_goes_on_where_another_paused_it_waits_for_its_own_record(void **state) {
    struct fixture *f = *state;
    worker(f, A, 1);
    lead(f, true);
    open_rungs(f, 1, 0);
    give(f, A, 0, 1);
    worker(f, B, 2);
    expect_asked(f, 2, 1);
    gone(f, A);
    expect_asked(f, 3, 0);
    give(f, B, 0, 1);
    goes_on(f, 0, 1); /* A has paused it */
    recorded(f, 0, true, 1);
    assert_int_equal(leases(f), 2); /* B does what goes on */
    expect_asked(f, 4, 1);
    unproposed(f, 1, false); /* it may not have known of that record */
    expect_asked(f, 5, 1);
    unproposed(f, 1, false);
    ended(f, B, 0, 1, false);
    stage_pass(f->stage, 1000);
    assert_int_equal(asked(f), 5); /* not for slot 0, as if nothing came of it */
    recorded_of(f, 0, true, 2, 1);
    expect_asked(f, 6, 1);
    assert_true(newest_asked(f)->alone);
}

/* Another island's attempts are recorded while it runs: its own end is waited for all the same. */
static void what_others_made_is_not_its_end(void **state) {
    struct fixture *f = *state;
    one_goes_on(f);
    recorded_of(f, 0, true, 3, 1);
    unproposed(f, 1, false); /* it may not have known of that record */
    unproposed(f, 1, false);
    ended(f, A, 0, 2, false);
    stage_pass(f->stage, 1000);
    const uint32_t before = asked(f);
    assert_false(newest_asked(f)->alone);
    recorded_of(f, 0, true, 4, 2);
    assert_int_equal(asked(f), before + 1);
    assert_true(newest_asked(f)->alone);
}

/* Its worker has not said yet that it has ended. */
static void what_goes_on_before_its_end_is_heard_is_given_out_then(void **state) {
    struct fixture *f = *state;
    tell(f,
         &(struct msg){.kind = MSG_worker, .worker = {.peer = A, .slots = 2, .node = home_of_a}});
    lead(f, true);
    open_rungs(f, 1, 0);
    give(f, A, 0, 1);
    goes_on(f, 0, 1);
    assert_int_equal(leases(f), 1);
    ended(f, A, 0, 1, false);
    expect_asked(f, 4, 0);
    give(f, A, 0, 2);
}

/* A goes on with it, B paused the same attempt before it was lost: the tuner names it again while it waits here. */
static void what_waits_and_is_named_again_runs_once(void **state) {
    struct fixture *f = *state;
    one_goes_on(f);
    recorded(f, 0, true, 1);
    expect_asked(f, 4, 1);
    gone(f, A);
    goes_on(f, 0, 2); /* attempt 2 of another has paused meanwhile; no place is free */
    recorded(f, 0, true, 2);
    worker(f, B, 2);
    expect_asked(f, 6, 1);
    assert_int_equal(stage_heard(f->stage, ROOM_TUNER, MSG_propose, 4)->propose.slot, 0);
    give(f, B, 0, 3);
    assert_int_equal(leases(f), 3);
}

/* ---- verdicts ---- */

static void who_is_not_at_that_attempt_is_not_judged(void **state) {
    struct fixture *f = *state;
    one_goes_on(f);
    const uint32_t before = stage_count(f->stage, ROOM_TUNER, MSG_judge);
    assert_int_equal(before, 1);
    stands(f, 0, 1); /* once more, from elsewhere */
    stands(f, 0, 3);
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_judge), before);
    judged(f, 0, 1, true);
    assert_int_equal(verdicts(f), 1);
    stands(f, 0, 2);
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_judge), before + 1);
    judged(f, 0, 2, false);
    const struct msg *m = stage_heard(f->stage, ROOM_MEMBER, MSG_verdict, 1);
    assert_int_equal(m->verdict.attempt, 2);
    assert_false(m->verdict.pause);
}

static void a_verdict_is_said_until_it_is_heard_and_to_that_attempt_alone(void **state) {
    struct fixture *f = *state;
    one_goes_on(f);
    REPORT(f, A, 2, 0, 2, 0);
    assert_int_equal(verdicts(f), 1); /* that on attempt 1 was another */
    stands(f, 0, 2);
    judged(f, 0, 2, true);
    REPORT(f, A, 2, 0, 2, 0);
    assert_int_equal(verdicts(f), 3);
    REPORT(f, A, 2, 0, 3, 0);
    REPORT(f, A, 2, 0, 2, 1);
    assert_int_equal(verdicts(f), 3);
}

/* One is judged anew that an earlier leader may have judged: once. */
static void what_was_running_before_is_judged_once(void **state) {
    struct fixture *f = *state;
    lead(f, true);
    open_rungs(f, 1, 1);
    REPORT(f, A, 1, 0, 2, 0);
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_judge), 0);
    REPORT(f, A, 1, 0, 2, 0);
    REPORT(f, A, 1, 0, 2, 0);
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_judge), 1);
    assert_int_equal(stage_heard(f->stage, ROOM_TUNER, MSG_judge, 0)->judge.attempt, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CREW(who_looks_hears_that_it_has_rested),
        CREW(the_record_of_its_pause_does_not_end_what_goes_on),
        CREW(its_end_is_waited_for_before_the_search_is_over),
        CREW(the_last_word_of_the_search_is_passed_on),
        CREW(a_last_word_without_the_last_result_is_none),
        CREW(what_runs_with_an_old_number_is_the_only_one_of_its_slot),
        CREW(a_last_word_that_was_too_early_is_asked_for_again),
        CREW(what_ends_while_the_tuner_is_asked_is_not_missed),
        CREW(the_record_of_its_pause_does_not_take_what_waits_for_a_place),
        CREW(what_a_worker_reports_of_a_finished_slot_is_waited_for),
        CREW(of_a_finished_slot_that_is_lost_the_tuner_says_whether_it_goes_on),
        CREW(a_report_of_no_slot_of_the_job_is_waited_for),
        CREW(what_goes_on_where_another_paused_it_waits_for_its_own_record),
        CREW(what_others_made_is_not_its_end),
        CREW(what_goes_on_before_its_end_is_heard_is_given_out_then),
        CREW(what_waits_and_is_named_again_runs_once),
        CREW(who_is_not_at_that_attempt_is_not_judged),
        CREW(a_verdict_is_said_until_it_is_heard_and_to_that_attempt_alone),
        CREW(what_was_running_before_is_judged_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
