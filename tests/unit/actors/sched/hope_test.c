/* A job of which no further improvement is expected: nothing new is begun, what was begun runs to its end, and facts hears it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/sched/crew_stage.h"

static void hopeless(struct fixture *f, uint64_t slot, uint64_t trials) {
    tell(f,
         &(struct msg){.kind = MSG_unproposed,
                       .unproposed = {.job = job, .slot = slot, .over = true, .hopeless = trials}});
}

static uint32_t ends(const struct fixture *f) {
    return stage_count(f->stage, ROOM_FACTS, MSG_exhausted);
}

static void what_was_begun_runs_to_its_end(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 4, 0, 100);
    give(f, A, 0, 1);
    give(f, A, 1, 1);
    expect_asked(f, 4, 3);
    hopeless(f, 2, 100);
    hopeless(f, 3, 100);
    expect_asked(f, 4, 3); /* though there are places */
    ended(f, A, 0, 1, true);
    stage_pass(f->stage, 1000); /* its worker is given something again */
    expect_asked(f, 5, 0);      /* a lost one is given out again */
    give(f, A, 0, 1);
    ended(f, A, 0, 1, false);
    recorded(f, 0, true, 1);
    assert_int_equal(ends(f), 0);
    ended(f, A, 1, 1, false);
    assert_int_equal(ends(f), 0); /* it is not on a disk yet */
    recorded(f, 1, true, 1);
    assert_int_equal(ends(f), 1);
    const struct msg_exhausted *m = &stage_heard(f->stage, ROOM_FACTS, MSG_exhausted, 0)->exhausted;
    assert_true(m->hopeless && m->trials == 100);
    worker(f, B, 4);
    expect_asked(f, 5, 0);
    assert_int_equal(ends(f), 1); /* said once */
}

static void more_trials_give_hope(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 2, 0, 100);
    give(f, A, 0, 1);
    hopeless(f, 1, 100);
    ended(f, A, 0, 1, false);
    recorded(f, 0, true, 1);
    assert_int_equal(ends(f), 1);
    tell(f, &(struct msg){.kind = MSG_job_extended, .job_extended = {.job = job, .trials = 120}});
    expect_asked(f, 4, 2); /* 1, which was asked for before, and 2 */
    assert_int_equal(stage_heard(f->stage, ROOM_TUNER, MSG_propose, 2)->propose.slot, 1);
    give(f, A, 1, 1);
    hopeless(f, 2, 120);
    ended(f, A, 1, 1, false);
    recorded(f, 1, true, 1);
    assert_int_equal(ends(f), 2);
}

/* The tuner had not heard that the job has more. */
static void an_answer_about_fewer_trials_is_asked_for_again(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 1, 0, 100);
    tell(f, &(struct msg){.kind = MSG_job_extended, .job_extended = {.job = job, .trials = 120}});
    hopeless(f, 0, 100);
    expect_asked(f, 2, 0);
    give(f, A, 0, 1);
    assert_int_equal(ends(f), 0);
}

/* Of another island: it is finished, and waits for nothing. */
static void what_others_have_run_is_not_given_out_with_more_hope(void **state) {
    struct fixture *f = *state;
    lead_workers(f, 2, 0, 100);
    hopeless(f, 0, 100);
    hopeless(f, 1, 100);
    assert_int_equal(ends(f), 1);
    recorded(f, 0, true, 1);
    tell(f, &(struct msg){.kind = MSG_job_extended, .job_extended = {.job = job, .trials = 120}});
    expect_asked(f, 4, 2);
    assert_int_equal(stage_heard(f->stage, ROOM_TUNER, MSG_propose, 2)->propose.slot, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CREW(what_was_begun_runs_to_its_end),
        CREW(more_trials_give_hope),
        CREW(an_answer_about_fewer_trials_is_asked_for_again),
        CREW(what_others_have_run_is_not_given_out_with_more_hope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
