#include "actors/facts/facts_state.h"

#include "proto/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/actors/facts/authors.h"

/* ---- jobs that are over ---- */

static void of_what_comes_after_the_end_all_counts(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *b = author_new(f, 41);
    struct trial_row row;
    lead(f, false);
    struct job_id id = hear_job(f, a, 1);
    hear_fact(f, a, result_of(&id, 0, 1, TRIAL_CRASHED, 0));
    hear_fact(f, a, failed_of(&id, "so", 4321));
    const struct msg late[] = {
        failed_of(&id, "or so", 4320), result_of(&id, 0, 2, TRIAL_TIMED_OUT, 0),
        result_of(&id, 1, 1, TRIAL_TIMED_OUT, 0), result_of(&id, 1, 2, TRIAL_CRASHED, 0)};
    hear_facts(f, b, late, 4);
    stage_pass(f->stage, 100);
    assert_true(stored_trial(f, &id, 0, &row) && row.attempts.made == 2);
    assert_true(stored_trial(f, &id, 1, &row) && row.attempts.made == 2);
    assert_int_equal(stored_row(f, &id).state, JOB_FAILED);
    assert_true(span_is(stored_row(f, &id).cause, "or so"));
    assert_int_equal(stored_row(f, &id).finished, 4320);
    assert_int_equal(stored_row(f, &id).failed, 2);
    assert_int_equal(stored_row(f, &id).retried, 2);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_backlog), 0);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), 1);

    const struct msg rest[] = {
        result_of(&id, 1, 3, TRIAL_DONE, 0.25), result_of(&id, 0, 3, TRIAL_DONE, 0.5),
        result_of(&id, 2, 1, TRIAL_DONE, 0.75), result_of(&id, 3, 1, TRIAL_TIMED_OUT, 0)};
    hear_facts(f, b, rest, 4);
    stage_pass(f->stage, 100);
    assert_int_equal(stored_row(f, &id).state, JOB_DONE); /* as where the end came last */
    assert_int_equal(stored_row(f, &id).cause.len, 0);
    assert_int_equal(stored_row(f, &id).done, 3);
    assert_int_equal(stored_row(f, &id).failed, 1);
    assert_int_equal(stored_row(f, &id).best_slot, 1);
    assert_int_equal(stored_events(f, "done after all"), 1);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), 1);
}

static void what_was_put_off_is_folded_after_a_restart(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct trial_row row;
    struct job_id id;
    know(f, PEER, MEMBER_ALIVE);
    hear(f, PEER, author_carries(a, job_bundle(f, 1, &id)));
    hear(f, PEER, author_carries(a, cancel_bundle(f, &f->user, &id)));
    assert_int_equal(stored_row(f, &id).state, JOB_CANCELLED);
    const struct msg fact = result_of(&id, 2, 1, TRIAL_DONE, 0.5);
    f->stage->slow = true;
    hear(f, PEER, author_says(a, &fact, 1));
    assert_true(stage_save(f->stage)); /* kept and put off, and not folded yet */
    f->stage->slow = false;
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_backlog), 1);
    facts_stage_crash(f, true);
    stage_pass(f->stage, 2000);
    assert_true(stored_trial(f, &id, 2, &row) && row.finished);
    assert_int_equal(stored_row(f, &id).done, 1);
    assert_int_equal(stored_row(f, &id).state, JOB_CANCELLED);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_backlog), 0);
}

/* ---- a job that goes on after all ---- */

static void an_end_after_a_good_trial_is_none(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *b = author_new(f, 41);
    lead(f, false);
    struct job_id id = hear_job(f, a, 1);
    hear_fact(f, a, result_of(&id, 0, 1, TRIAL_DONE, 0.5));
    hear_fact(f, b, failed_of(&id, "so", 4321));
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    assert_int_equal(stored_row(f, &id).finished, 0);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_shut), 0);
    hear_fact(f, a, result_of(&id, 1, 1, TRIAL_DONE, 0.5)); /* it goes on */
    assert_int_equal(stored_row(f, &id).done, 2);
}

/* Heard the other way round it comes to the same row. */
static void a_good_trial_after_an_end_opens_the_job_again(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *b = author_new(f, 41);
    struct job_id id = hear_job(f, a, 1);
    hear_fact(f, b, failed_of(&id, "so", 4321));
    say_heads(f, PEER, 9);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_shut), 1);
    hear_fact(f, a, result_of(&id, 1, 1, TRIAL_CRASHED, 0));
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), 1);
    hear_fact(f, a, result_of(&id, 2, 1, TRIAL_DONE, 0.5));
    stage_pass(f->stage, 100);
    const struct msg_job_row row = stored_row(f, &id);
    assert_int_equal(row.state, JOB_OPEN);
    assert_int_equal(row.cause.len, 0);
    assert_int_equal(row.finished, 0);
    assert_int_equal(row.done, 1);
    assert_int_equal(stored_events(f, "goes on"), 1);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), 2);
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_job_open), 2);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 2);
    const struct msg *open = stage_heard(f->stage, ROOM_SCHED, MSG_job_open, 1);
    struct range memory[4];
    struct ranges finished = ranges_of(memory, 4);
    assert_true(ranges_decode(&finished, open->job_open.finished));
    assert_int_equal(ranges_size(&finished), 2);
    assert_true(ranges_has(&finished, 1) && ranges_has(&finished, 2));

    hear_fact(f, b, failed_of(&id, "so", 4000)); /* nobody fails it any more */
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    for (uint64_t slot = 0; slot < 4; slot++)
        say_outcome(f, &id, slot, TRIAL_DONE, 0.5);
    assert_int_equal(stored_row(f, &id).state, JOB_DONE);
}

static void it_opens_again_when_its_end_was_told(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *b = author_new(f, 41);
    know(f, OTHER_PEER, MEMBER_ALIVE); /* which has nothing */
    f->job.job.copies = 3;
    struct job_id id = hear_job(f, a, 1);
    hear_fact(f, b, failed_of(&id, "so", 4321));
    hear_fact(f, a, result_of(&id, 2, 1, TRIAL_DONE, 0.5));
    stage_pass(f->stage, 100);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    say_want(f, 8, &id);
    expect_answer(f, 8, ERR_BUSY, "the job was over and goes on in a moment; try again");
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_shut), 0);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), 1);
    say_head(f, OTHER_PEER, &a->signer.id, 5, 2, true);
    say_head(f, OTHER_PEER, &b->signer.id, 5, 1, false);
    stage_pass(f->stage, 100);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_shut), 1);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), 2);
    const struct msg *shut = stage_heard(f->stage, ROOM_EXECUTOR, MSG_job_shut, 0);
    const struct msg *open = stage_heard(f->stage, ROOM_EXECUTOR, MSG_job_open, 1);
    assert_true(shut < open);
}

static void what_goes_on_is_opened_after_a_restart(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *b = author_new(f, 41);
    know(f, OTHER_PEER, MEMBER_ALIVE);
    f->job.job.copies = 3;
    struct job_id id = hear_job(f, a, 1);
    hear_fact(f, b, failed_of(&id, "so", 4321));
    hear_fact(f, a, result_of(&id, 2, 1, TRIAL_DONE, 0.5));
    stage_pass(f->stage, 100);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), 1);
    facts_stage_crash(f, true);
    stage_pass(f->stage, 100);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), 1);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_shut), 0);
    assert_int_equal(stored_row(f, &id).done, 1);
}

/* Its seat was taken to fold what came late, and is free as soon as somebody asks. */
static void a_job_that_is_over_is_not_open_while_late_facts_are_folded(void **state) {
    struct facts_stage *f = *state;
    struct facts *facts = f->memory;
    struct job_id id = open_job(f, 1);
    for (uint64_t slot = 0; slot < 4; slot++)
        say_outcome(f, &id, slot, TRIAL_DONE, 0.5);
    struct seat *s = &facts->seats[0];
    assert_int_equal(s->state, SEAT_FREE);
    assert_true(job_id_equal(&s->id, &id));
    s->state = SEAT_LATE; /* late_open */
    s->late = true;
    say_want(f, 8, &id);
    expect_answer(f, 8, ERR_NOT_FOUND, "the job is done; there is nothing left to run");
    assert_int_equal(s->state, SEAT_FREE);
}

/* ---- looking through the backlog ---- */

static struct facts *alone(struct facts_stage *f) {
    struct facts *facts = f->memory;
    facts->inbox.late = (struct late){.wanted = false};
    facts->inbox.retry_at = INT64_MIN;
    return facts;
}

static void it_is_due_when_wanted_and_not_before_its_time(void **state) {
    struct facts *f = alone(*state);
    struct late *l = &f->inbox.late;
    assert_false(late_is_due(f, 100));
    late_again(f);
    assert_true(l->wanted && l->once_more);
    assert_true(late_is_due(f, 0));
    l->not_before = 101;
    assert_false(late_is_due(f, 100));
    assert_true(late_is_due(f, 101));
    f->errands.count = ERRANDS;
    assert_false(late_is_due(f, 101));
    f->errands.count = 0;
    f->pledge.count = PLEDGE_PROMISES / 4;
    assert_false(late_is_due(f, 101));
    f->pledge.count = 0;
}

static void it_wakes_the_room_when_the_inbox_can_go_on(void **state) {
    struct facts *f = alone(*state);
    struct inbox *b = &f->inbox;
    assert_int_equal(late_deadline(f), WHEN_NEVER);
    late_again(f);
    assert_int_equal(late_deadline(f), WHEN_NEVER); /* at once: by the step under way */
    b->late.not_before = 700;
    assert_int_equal(late_deadline(f), 700);
    b->retry_at = 900;
    assert_int_equal(late_deadline(f), 900);
    b->retry_at = 600;
    assert_int_equal(late_deadline(f), 700);
    b->again.len = 1;
    assert_int_equal(late_deadline(f), WHEN_NEVER);
    b->again.len = 0;
    b->step = INBOX_READS;
    assert_int_equal(late_deadline(f), WHEN_NEVER);
    b->step = INBOX_IDLE;
}

static void the_backlog_is_looked_through_job_by_job_and_again_when_something_is_left(
    void **state) {
    struct facts *f = alone(*state);
    struct late *l = &f->inbox.late;
    static uint8_t said[4096];
    struct says out = {.frames = buf_of(said, sizeof said), .from = ROOM_FACTS};
    uint8_t key[JOB_ID_BYTES + 8] = {7}, after[JOB_ID_BYTES + 8] = {7};
    memset(after + JOB_ID_BYTES, 0xff, 8);
    l->wanted = true;
    late_found(f, span_of(key, sizeof key), &out);
    assert_int_equal(l->after_len, sizeof after);
    assert_memory_equal(l->after, after, sizeof after);
    assert_true(l->wanted);
    assert_int_equal(f->errands.count, 1);
    assert_int_equal(f->errands.ring[f->errands.first].kind, ERRAND_LATE);

    f->errands.count = 0;
    f->errands.now = 5000;
    l->once_more = true;
    late_found(f, (struct span){0}, &out); /* that was all */
    assert_int_equal(l->after_len, 0);
    assert_true(l->wanted && !l->once_more);
    assert_int_equal(l->not_before, 6000);
    late_found(f, (struct span){0}, &out);
    assert_false(l->wanted);
    assert_int_equal(l->not_before, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        AMONG(of_what_comes_after_the_end_all_counts),
        AMONG(what_was_put_off_is_folded_after_a_restart),
        AMONG(an_end_after_a_good_trial_is_none),
        AMONG(a_good_trial_after_an_end_opens_the_job_again),
        AMONG(it_opens_again_when_its_end_was_told),
        AMONG(what_goes_on_is_opened_after_a_restart),
        ALONE(a_job_that_is_over_is_not_open_while_late_facts_are_folded),
        ALONE(it_is_due_when_wanted_and_not_before_its_time),
        ALONE(it_wakes_the_room_when_the_inbox_can_go_on),
        ALONE(the_backlog_is_looked_through_job_by_job_and_again_when_something_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
