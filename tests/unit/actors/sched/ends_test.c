/* sched as the leader of a cluster: ends without a record, records without an end, ends that say more than that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/sched/crew_stage.h"

/* ---- no flight waits for ever ---- */

static void what_has_ended_and_is_never_recorded_runs_again(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 0, 2);
    proposed(f, 0);
    ended(f, A, 0, 1, false);
    proposed(f, 1);
    stage_pass(f->stage, 100);
    ended(f, A, 1, 1, false);
    assert_int_equal(board_deadline(f->stage->board), f->stage->at.now - 100 + 30000);
    stage_pass(f->stage, 29899);
    assert_int_equal(asked(f), 2);
    stage_pass(f->stage, 1);
    expect_asked(f, 3, 0);
    give(f, A, 0, 1);
    recorded(f, 0, true, 1); /* it comes after all */
    recorded(f, 1, true, 1);
    ended(f, A, 0, 1, false);
    stage_pass(f->stage, 60000);
    assert_int_equal(asked(f), 3);
    assert_int_equal(board_deadline(f->stage->board), WHEN_NEVER);
}

static void what_has_ended_is_not_late_while_the_own_disk_is(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 0, 1);
    proposed(f, 0);
    ended(f, A, 0, 1, false);
    stage_tell(f->stage, ROOM_SCHED, ROOM_FACTS, 0,
               &(struct msg){.kind = MSG_hold, .hold.on = true});
    assert_int_equal(board_deadline(f->stage->board), WHEN_NEVER);
    stage_pass(f->stage, 60000);
    stage_tell(f->stage, ROOM_SCHED, ROOM_FACTS, 0,
               &(struct msg){.kind = MSG_hold, .hold.on = false});
    stage_pass(f->stage, 29999);
    assert_int_equal(asked(f), 1);
    stage_pass(f->stage, 1);
    expect_asked(f, 2, 0);
}

static void what_a_worker_takes_back_runs_again_at_once(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 0, 1);
    proposed(f, 0);
    ended(f, A, 0, 1, false);
    ended(f, B, 0, 1, true); /* not its to say */
    ended(f, A, 0, 2, true); /* another attempt */
    worker(f, B, 1);
    assert_int_equal(asked(f), 1);
    ended(f, A, 0, 1, true);
    expect_asked(f, 2, 0);
    give(f, B, 0, 1); /* A rests */
}

/* ---- attempts that are recorded already ---- */

static void an_attempt_that_is_recorded_is_not_reported_back_into_flight(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 0, 1);
    proposed(f, 0);
    ended(f, A, 0, 1, false);
    tell(f, &(struct msg){
                .kind = MSG_recorded,
                .recorded = {.job = job, .slot = 0, .attempts = 1, .pause_ms = 200, .attempt = 1}});
    REPORT(f, A, 1, 0, 1, 1); /* its report still names it as ended not long ago */
    stage_pass(f->stage, 199);
    assert_int_equal(asked(f), 1);
    stage_pass(f->stage, 1);
    expect_asked(f, 2, 0);
    give(f, A, 0, 2);
}

/* Two of a slot would be taken for each other. */
static void a_running_attempt_behind_the_recorded_ones_is_waited_for(void **state) {
    struct fixture *f = *state;
    uint8_t memory[16];
    struct buf begun = buf_of(memory, sizeof memory);
    mp_put_u64(&begun, 0);
    mp_put_u64(&begun, 2); /* two attempts of slot 0 are recorded */
    REPORT(f, A, 1, 0, 2, 0);
    lead(f, true);
    open_with(f, 1, &(struct msg_job_open){.job = job, .begun = buf_view(&begun)});
    worker(f, B, 1);
    REPORT(f, A, 1, 0, 2, 0);
    assert_int_equal(asked(f), 0);
    ended(f, A, 0, 2, false);
    recorded_of(f, 0, false, 3, 2);
    expect_asked(f, 1, 0);
    give(f, A, 0, 4);
}

static void a_report_of_an_older_attempt_does_not_take_what_is_asked_for(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 0, 1);
    recorded(f, 0, false, 1); /* while it is asked for: the next will be attempt 2 */
    expect_asked(f, 2, 0);
    REPORT(f, A, 2, 0, 1, 0);
    give(f, A, 0, 2);
}

static void a_slot_that_has_just_ended_elsewhere_is_not_given_out(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 0, 1);
    expect_asked(f, 1, 0);
    REPORT(f, B, 1, 0, 1, 1); /* B was late: it has ended it, its fact is on its way */
    proposed(f, 0);
    assert_int_equal(stage_count(f->stage, ROOM_MEMBER, MSG_lease), 0);
    recorded(f, 0, true, 1);
    stage_pass(f->stage, 60000);
    assert_int_equal(asked(f), 1);
}

/* ---- places ---- */

static void a_record_of_another_attempt_frees_no_place(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 1, 10);
    give(f, A, 0, 1);
    gone(f, A);
    expect_asked(f, 2, 1); /* one place, and slot 1 was asked for before */
    give(f, B, 1, 1);
    ended(f, B, 1, 1, false);
    expect_asked(f, 3, 0);
    give(f, B, 0, 1);
    tell(f, &(struct msg){.kind = MSG_recorded, /* A lived after all */
                          .recorded = {.job = job,
                                       .slot = 0,
                                       .attempts = 1,
                                       .pause_ms = 100,
                                       .attempt = 1,
                                       .author = {{A}}}});
    assert_int_equal(asked(f), 3);
    stage_pass(f->stage, 100);
    ended(f, B, 0, 1, false);
    expect_asked(f, 4, 2); /* what comes of B's is waited for */
    proposed(f, 2);
    tell(f, &(struct msg){
                .kind = MSG_recorded,
                .recorded = {.job = job, .slot = 0, .attempts = 2, .pause_ms = 400, .attempt = 1}});
    stage_pass(f->stage, 300);
    ended(f, B, 2, 1, false);
    expect_asked(f, 5, 3);
    proposed(f, 3);
    stage_pass(f->stage, 100); /* the rest of the recorded one is over */
    ended(f, B, 3, 1, false);
    expect_asked(f, 6, 0);
    give(f, B, 0, 3);
}

static void reports_of_slots_nobody_began_cannot_fill_the_plan(void **state) {
    struct fixture *f = *state;
    lead(f, true);
    open_job(f, 1000000);
    uint8_t *memory = malloc(200 * 64);
    for (uint64_t round = 0; round < 100;
         round++) { /* a worker that reports what it likes and goes */
        struct buf out = buf_of(memory, 200 * 64);
        for (uint64_t i = 0; i < 200; i++) {
            mp_put_bin(&out, span_of(job.bytes, sizeof job.bytes));
            mp_put_u64(&out, 1000 + round * 200 + i);
            mp_put_u64(&out, 1);
            mp_put_bool(&out, false);
        }
        tell(f, &(struct msg){.kind = MSG_worker,
                              .worker = {.peer = A, .told = true, .leases = buf_view(&out)}});
        gone(f, A);
    }
    free(memory);
    for (uint64_t slot = 100000; slot < 100000 + 2 * LIMIT_BEGUN; slot++)
        recorded(f, slot, false, 1); /* nor can records */
    worker(f, B, 1);
    expect_asked(f, 1, 1000);
}

/* ---- who cannot, and what is over ---- */

static void whoever_cannot_start_a_job_is_given_others(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 1, 10);
    give(f, A, 0, 1);
    give(f, B, 1, 1);
    ended_so(f, A, &(struct msg_ended){.job = job, .slot = 0, .attempt = 1, .unable = true});
    assert_int_equal(asked(f), 2); /* A's place is none for this job */
    recorded(f, 0, false, 1);
    assert_int_equal(asked(f), 2);
    ended(f, B, 1, 1, false);
    expect_asked(f, 3, 0);
    give(f, B, 0, 2);
    stage_pass(f->stage, 999);
    assert_int_equal(asked(f), 3);
    stage_pass(f->stage, 1); /* perhaps it can now */
    expect_asked(f, 4, 2);
    give(f, A, 2, 1);
    ended_so(f, A, &(struct msg_ended){.job = job, .slot = 2, .attempt = 1, .unable = true});
    stage_pass(f->stage, 1999); /* twice as long */
    assert_int_equal(asked(f), 4);
    gone(f, A);
    worker(f, 13, 1); /* another worker in its place */
    expect_asked(f, 5, 3);
}

static void when_its_job_is_over_a_worker_does_not_rest_and_nothing_more_is_given(void **state) {
    struct fixture *f = *state;
    static const struct job_id next = {{2}};
    lead_workers(f, 1, 1, 10);
    proposed(f, 0);
    proposed(f, 1);
    ended_so(f, A,
             &(struct msg_ended){.job = job, .slot = 0, .attempt = 1, .lost = true, .shut = true});
    assert_int_equal(asked(f), 2);
    open_with(f, 10, &(struct msg_job_open){.job = next});
    assert_int_equal(asked(f), 3); /* A's place is free, and for the other job */
    tell(f, &(struct msg){.kind = MSG_job_shut, .job_shut = {.job = next}});
    stage_pass(f->stage, 4999);
    assert_int_equal(asked(f), 3);
    stage_pass(f->stage, 1); /* nothing was heard of it: that worker was wrong */
    expect_asked(f, 4, 0);
}

/* That worker has not heard yet that the job has more of them. */
static void a_worker_that_ends_a_job_with_fewer_trials_is_behind(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 1, 10);
    proposed(f, 0);
    proposed(f, 1);
    ended_so(f, A,
             &(struct msg_ended){
                 .job = job, .slot = 0, .attempt = 1, .lost = true, .shut = true, .trials = 9});
    worker(f, B, 2);
    expect_asked(f, 3, 0);
    give(f, B, 0, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CREW(what_has_ended_and_is_never_recorded_runs_again),
        CREW(what_has_ended_is_not_late_while_the_own_disk_is),
        CREW(what_a_worker_takes_back_runs_again_at_once),
        CREW(an_attempt_that_is_recorded_is_not_reported_back_into_flight),
        CREW(a_running_attempt_behind_the_recorded_ones_is_waited_for),
        CREW(a_report_of_an_older_attempt_does_not_take_what_is_asked_for),
        CREW(a_slot_that_has_just_ended_elsewhere_is_not_given_out),
        CREW(a_record_of_another_attempt_frees_no_place),
        CREW(reports_of_slots_nobody_began_cannot_fill_the_plan),
        CREW(whoever_cannot_start_a_job_is_given_others),
        CREW(when_its_job_is_over_a_worker_does_not_rest_and_nothing_more_is_given),
        CREW(a_worker_that_ends_a_job_with_fewer_trials_is_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
