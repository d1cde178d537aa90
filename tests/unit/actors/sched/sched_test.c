#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/base/mp.h"
#include "proto/base/ranges.h"
#include "tests/lib/outcome.h"
#include "tests/unit/actors/sched/sched_stage.h"

static const struct job_id jobs[3] = {{{1}}, {{2}}, {{3}}};

static void open_job(struct fixture *f, int job, uint64_t trials, uint32_t parallel) {
    f->job.job.parallel = parallel;
    open_with(f, trials, &(struct msg_job_open){.job = jobs[job]});
}

static void shut(struct fixture *f, int job) {
    tell(f, &(struct msg){.kind = MSG_job_shut, .job_shut = {.job = jobs[job], .state = JOB_DONE}});
}

static void proposed(struct fixture *f, int job, uint64_t slot) {
    tell(f, &(struct msg){.kind = MSG_proposed,
                          .proposed = {.job = jobs[job], .slot = slot, .config = span_text("c")}});
}

/* The attempt of the newest lease of this slot to this node. */
static uint64_t attempt_of(const struct fixture *f, int job, uint64_t slot) {
    for (uint32_t i = f->stage->heard_count; i-- > 0;) {
        const struct msg *m = &f->stage->heard[i].msg;
        if (f->stage->heard[i].to == ROOM_EXECUTOR && m->kind == MSG_lease &&
            m->lease.slot == slot && job_id_equal(&m->lease.job, &jobs[job]))
            return m->lease.attempt;
    }
    return 1;
}

static void outcome(struct fixture *f, int job, uint64_t slot, enum trial_status status) {
    uint8_t memory[OUTCOME_BYTES];
    const struct msg m = outcome_of(memory, &jobs[job], slot, attempt_of(f, job, slot), status);
    tell(f, &m);
}

static void recorded(struct fixture *f, int job, uint64_t slot, bool finished, uint64_t attempts) {
    tell(f, &(struct msg){.kind = MSG_recorded,
                          .recorded = {.job = jobs[job],
                                       .slot = slot,
                                       .finished = finished,
                                       .attempts = attempts,
                                       .attempt = attempts}});
}

static uint32_t leased(const struct fixture *f) {
    return stage_count(f->stage, ROOM_EXECUTOR, MSG_lease);
}

static void expect_asked(const struct fixture *f, uint32_t index, int job, uint64_t slot) {
    const struct msg *m = stage_heard(f->stage, ROOM_TUNER, MSG_propose, index);
    assert_non_null(m);
    assert_true(job_id_equal(&m->propose.job, &jobs[job]));
    assert_int_equal(m->propose.slot, slot);
}

static void expect_leased(const struct fixture *f, uint32_t index, int job, uint64_t slot,
                          uint64_t attempt) {
    const struct msg *m = stage_heard(f->stage, ROOM_EXECUTOR, MSG_lease, index);
    assert_non_null(m);
    assert_true(job_id_equal(&m->lease.job, &jobs[job]));
    assert_int_equal(m->lease.slot, slot);
    assert_int_equal(m->lease.attempt, attempt);
    assert_true(span_is(m->lease.config, "c"));
}

/* A trial from the tuner's answer to the disk. */
static void run_through(struct fixture *f, int job, uint64_t slot) {
    proposed(f, job, slot);
    outcome(f, job, slot, TRIAL_DONE);
    recorded(f, job, slot, true, 1);
}

static void no_more_is_given_out_than_there_is_capacity(void **state) {
    struct fixture *f = *state;
    open_job(f, 0, 10, 0);
    assert_int_equal(asked(f), 0);
    capacity(f, 2);
    assert_int_equal(asked(f), 2);
    expect_asked(f, 0, 0, 0);
    expect_asked(f, 1, 0, 1);
    proposed(f, 0, 1);
    expect_leased(f, 0, 0, 1, 1);
    assert_int_equal(asked(f), 2);
    outcome(f, 0, 1, TRIAL_DONE); /* the place is free before the disk has it */
    assert_int_equal(asked(f), 3);
    expect_asked(f, 2, 0, 2);
    capacity(f, 0);
    proposed(f, 0, 0);
    outcome(f, 0, 0, TRIAL_DONE);
    assert_int_equal(asked(f), 3);
    capacity(f, 3);
    assert_int_equal(asked(f), 5); /* slot 2 is still being thought of */
}

static void nothing_is_given_out_before_the_start(void **state) {
    struct fixture *f = *state;
    memset(f->memory, 0, sched_size());
    open_job(f, 0, 10, 0);
    capacity(f, 2);
    assert_int_equal(asked(f), 0);
    tell(f, &(struct msg){.kind = MSG_start});
    assert_int_equal(asked(f), 2);
}

static void a_job_is_given_out_to_its_end_and_no_further(void **state) {
    struct fixture *f = *state;
    open_job(f, 0, 5, 0);
    capacity(f, 1);
    for (uint64_t slot = 0; slot < 5; slot++) {
        expect_asked(f, (uint32_t)slot, 0, slot);
        run_through(f, 0, slot);
    }
    assert_int_equal(asked(f), 5);
}

static void jobs_share_fairly_and_the_older_goes_first(void **state) {
    struct fixture *f = *state;
    open_job(f, 2, 10, 0);
    open_job(f, 0, 10, 0);
    capacity(f, 4);
    expect_asked(f, 0, 2, 0);
    expect_asked(f, 1, 0, 0);
    expect_asked(f, 2, 2, 1);
    expect_asked(f, 3, 0, 1);
    open_job(f, 1, 10, 0); /* it has none: the next place is its */
    run_through(f, 2, 0);
    expect_asked(f, 4, 1, 0);
}

/* A place waits for its own result, but not for long. */
static void what_learns_is_not_asked_before_it_knows(void **state) {
    struct fixture *f = *state;
    f->job.job.method = METHOD_TPE;
    open_job(f, 0, 10, 0);
    capacity(f, 2);
    assert_int_equal(asked(f), 2); /* as many as can start now */
    proposed(f, 0, 0);
    proposed(f, 0, 1);
    stage_pass(f->stage, 5000);
    outcome(f, 0, 0, TRIAL_DONE);
    outcome(f, 0, 1, TRIAL_DONE);
    assert_int_equal(asked(f), 2);
    recorded(f, 0, 0, true, 1);
    assert_int_equal(asked(f), 3);
    expect_asked(f, 2, 0, 2);
    stage_pass(f->stage, 999);
    assert_int_equal(asked(f), 3);
    stage_pass(f->stage, 1);
    assert_int_equal(asked(f), 4);
    recorded(f, 0, 1, true, 1);
    assert_int_equal(asked(f), 4);
}

static void a_job_runs_no_more_than_its_parallel(void **state) {
    struct fixture *f = *state;
    open_job(f, 0, 10, 2);
    capacity(f, 8);
    assert_int_equal(asked(f), 2);
    open_job(f, 1, 10, 1);
    assert_int_equal(asked(f), 3);
    run_through(f, 0, 1);
    assert_int_equal(asked(f), 4);
    expect_asked(f, 3, 0, 2);
}

static void an_attempt_to_be_repeated_goes_before_new_slots(void **state) {
    struct fixture *f = *state;
    open_job(f, 0, 10, 0);
    capacity(f, 1);
    proposed(f, 0, 0);
    outcome(f, 0, 0, TRIAL_CRASHED);
    expect_asked(f, 1, 0, 1);
    recorded(f, 0, 0, false, 1); /* only when it is on the disk is it given out again */
    run_through(f, 0, 1);
    expect_asked(f, 2, 0, 0);
    proposed(f, 0, 0);
    expect_leased(f, 2, 0, 0, 2);
    outcome(f, 0, 0, TRIAL_CRASHED);
    recorded(f, 0, 0, true, 2); /* its allowance is used up */
    expect_asked(f, 3, 0, 2);
    assert_int_equal(asked(f), 4);
}

static void a_lost_attempt_is_given_out_again_as_the_same(void **state) {
    struct fixture *f = *state;
    open_job(f, 0, 10, 0);
    capacity(f, 1);
    proposed(f, 0, 0);
    outcome(f, 0, 0, TRIAL_LOST);
    expect_asked(f, 1, 0, 1); /* the other one rests a little: whoever lost it may do so again */
    proposed(f, 0, 1);
    outcome(f, 0, 1, TRIAL_DONE);
    stage_pass(f->stage, 100);
    capacity(f, 2);
    expect_asked(f, 3, 0, 0);
    proposed(f, 0, 0);
    expect_leased(f, 2, 0, 0, 1);
}

/* Trials that ask to be run again later are begun and not finished: there must be an end of them. */
static void no_more_are_begun_than_may_be(void **state) {
    struct fixture *f = *state;
    open_job(f, 0, 100000, 0);
    capacity(f, 1);
    for (uint64_t slot = 0; slot < LIMIT_BEGUN; slot++) {
        expect_asked(f, 0, 0, slot);
        stage_forget(f->stage);
        proposed(f, 0, slot);
        outcome(f, 0, slot, TRIAL_AGAIN);
        tell(f,
             &(struct msg){
                 .kind = MSG_recorded,
                 .recorded = {
                     .job = jobs[0], .slot = slot, .attempts = 1, .pause_ms = 1000, .attempt = 1}});
    }
    assert_int_equal(asked(f), 0);
    stage_pass(f->stage, 1000);
    expect_asked(f, 0, 0, 0); /* one of those, no new one */
}

static void slots_begun_in_an_earlier_life_come_first(void **state) {
    struct fixture *f = *state;
    uint8_t begun_memory[16], finished_memory[16];
    struct buf begun = buf_of(begun_memory, sizeof begun_memory);
    struct buf finished = buf_of(finished_memory, sizeof finished_memory);
    struct range range_memory[2];
    struct ranges ranges = ranges_of(range_memory, 2);
    assert_true(ranges_add(&ranges, 0) && ranges_add(&ranges, 1));
    ranges_encode(&ranges, &finished);
    mp_put_u64(&begun, 3);
    mp_put_u64(&begun, 2);
    capacity(f, 3);
    open_with(f, 5,
              &(struct msg_job_open){
                  .job = jobs[0], .finished = buf_view(&finished), .begun = buf_view(&begun)});
    assert_int_equal(asked(f), 3);
    expect_asked(f, 0, 0, 3);
    expect_asked(f, 1, 0, 2);
    expect_asked(f, 2, 0, 4);
    proposed(f, 0, 3);
    expect_leased(f, 0, 0, 3, 3);
}

static void a_hold_stops_what_is_new_and_nothing_else(void **state) {
    struct fixture *f = *state;
    open_job(f, 0, 10, 0);
    capacity(f, 2);
    tell(f, &(struct msg){.kind = MSG_hold, .hold.on = true});
    proposed(f, 0, 0); /* asked for before: it goes on */
    assert_int_equal(leased(f), 1);
    outcome(f, 0, 0, TRIAL_DONE);
    recorded(f, 0, 0, true, 1);
    assert_int_equal(asked(f), 2);
    tell(f, &(struct msg){.kind = MSG_hold, .hold.on = false});
    assert_int_equal(asked(f), 3);
}

static void after_quit_nothing_is_leased(void **state) {
    struct fixture *f = *state;
    open_job(f, 0, 10, 0);
    capacity(f, 2);
    proposed(f, 0, 0);
    tell(f, &(struct msg){.kind = MSG_quit});
    proposed(f, 0, 1);
    outcome(f, 0, 0, TRIAL_DONE);
    recorded(f, 0, 0, true, 1);
    assert_int_equal(leased(f), 1);
    assert_int_equal(asked(f), 2);
}

static void a_job_that_is_shut_gives_its_places_back(void **state) {
    struct fixture *f = *state;
    open_job(f, 0, 10, 0);
    capacity(f, 3);
    proposed(f, 0, 0); /* leased */
    proposed(f, 0, 1);
    outcome(f, 0, 1, TRIAL_DONE); /* ended, not recorded; slot 3 is asked for in its place */
    assert_int_equal(asked(f), 4);
    shut(f, 0);
    open_job(f, 1, 10, 0);
    proposed(f, 0, 2); /* too late: not leased */
    proposed(f, 0, 3);
    assert_int_equal(leased(f), 2);
    assert_int_equal(asked(f), 6);
    expect_asked(f, 4, 1, 0);
    expect_asked(f, 5, 1, 1);
    outcome(f, 0, 0, TRIAL_CANCELLED); /* the executor lets go of the last one */
    assert_int_equal(asked(f), 7);
    expect_asked(f, 6, 1, 2);
    recorded(f, 0, 1, true, 1); /* about a job that is gone: dropped */
    assert_int_equal(asked(f), 7);
}

static void no_more_trials_run_ahead_of_the_disk_than_may(void **state) {
    struct fixture *f = *state;
    open_job(f, 0, 100000, 0);
    capacity(f, 4);
    uint64_t slot = 0;
    for (; slot < LIMIT_UNRECORDED - 4; slot++) {
        proposed(f, 0, slot);
        outcome(f, 0, slot, TRIAL_DONE);
    }
    assert_int_equal(asked(f), LIMIT_UNRECORDED);
    proposed(f, 0, slot);
    outcome(f, 0, slot, TRIAL_DONE);
    assert_int_equal(asked(f), LIMIT_UNRECORDED);
    recorded(f, 0, 17, true, 1);
    assert_int_equal(asked(f), LIMIT_UNRECORDED + 1);
    expect_asked(f, LIMIT_UNRECORDED, 0, LIMIT_UNRECORDED);
}

static void what_is_not_in_flight_is_dropped(void **state) {
    struct fixture *f = *state;
    open_job(f, 0, 10, 0);
    capacity(f, 1);
    proposed(f, 0, 5);
    proposed(f, 1, 0);
    outcome(f, 0, 0, TRIAL_DONE); /* not leased yet */
    tell(f, &(struct msg){.kind = MSG_outcome, .outcome.result = span_text("?")});
    tell(f,
         &(struct msg){.kind = MSG_job_open, .job_open = {.job = jobs[1], .spec = span_text("?")}});
    open_job(f, 0, 10, 0); /* twice */
    shut(f, 2);
    assert_int_equal(asked(f), 1);
    assert_int_equal(leased(f), 0);
    proposed(f, 0, 0);
    proposed(f, 0, 0); /* said twice */
    assert_int_equal(leased(f), 1);
}

static void as_many_jobs_fit_as_may_be_open(void **state) {
    struct fixture *f = *state;
    capacity(f, LIMIT_SLOTS_NODE);
    for (uint8_t i = 0; i <= LIMIT_JOBS_OPEN; i++)
        open_with(f, 1, &(struct msg_job_open){.job = {{9, i}}});
    assert_int_equal(asked(f), LIMIT_JOBS_OPEN);
    tell(f, &(struct msg){.kind = MSG_job_shut, .job_shut.job = {{9, 30}}});
    open_job(f, 0, 1, 0);
    assert_int_equal(asked(f), LIMIT_JOBS_OPEN + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(no_more_is_given_out_than_there_is_capacity),
        STAGED(nothing_is_given_out_before_the_start),
        STAGED(a_job_is_given_out_to_its_end_and_no_further),
        STAGED(what_learns_is_not_asked_before_it_knows),
        STAGED(jobs_share_fairly_and_the_older_goes_first),
        STAGED(a_job_runs_no_more_than_its_parallel),
        STAGED(an_attempt_to_be_repeated_goes_before_new_slots),
        STAGED(a_lost_attempt_is_given_out_again_as_the_same),
        STAGED(no_more_are_begun_than_may_be),
        STAGED(slots_begun_in_an_earlier_life_come_first),
        STAGED(a_hold_stops_what_is_new_and_nothing_else),
        STAGED(after_quit_nothing_is_leased),
        STAGED(a_job_that_is_shut_gives_its_places_back),
        STAGED(no_more_trials_run_ahead_of_the_disk_than_may),
        STAGED(what_is_not_in_flight_is_dropped),
        STAGED(as_many_jobs_fit_as_may_be_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
