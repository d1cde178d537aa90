#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/leader/leader_stage.h"

/* ---- reports ---- */

static void it_leads_when_all_have_reported_or_had_their_time(void **state) {
    struct fixture *f = *state;
    know(f, (struct known){.id = SELF});
    know(f, (struct known){.id = WORSE, .slots = 1});
    know(f, (struct known){.id = 8, .slots = 1});
    stage_pass(f->stage, 500);
    report(f, WORSE, 1, span_text("?"));
    expect_lead(f, 1, SELF, false);
    const struct msg *m = last(f, ROOM_SCHED, MSG_worker);
    assert_int_equal(m->worker.peer, WORSE);
    assert_int_equal(m->worker.slots, 4);
    assert_int_equal(m->worker.load, 9);
    assert_int_equal(m->worker.rtt_us, 300);
    assert_true(m->worker.told);
    assert_true(span_is(m->worker.leases, "?"));
    stage_pass(f->stage, 999);
    expect_lead(f, 1, SELF, false);
    stage_pass(f->stage, 1);
    expect_lead(f, 1, SELF, true);
    assert_int_equal(told(f, 8, MSG_claim, NULL), 2); /* the silent one hears it again */
    assert_int_equal(told(f, WORSE, MSG_claim, NULL), 1);
    report(f, 8, 1, (struct span){0});
    stage_pass(f->stage, 10000);
    assert_int_equal(told(f, 8, MSG_claim, NULL), 2);
}

static void a_worker_that_cannot_be_reached_is_given_nothing_and_a_dead_one_is_gone(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    know(f, (struct known){.id = WORSE});
    expect_claim(f, WORSE, 1, SELF); /* newly active */
    report(f, WORSE, 1, (struct span){0});
    know(f, (struct known){.id = WORSE, .state = MEMBER_UNREACHABLE});
    assert_int_equal(last(f, ROOM_SCHED, MSG_worker)->worker.slots, 0);
    assert_false(last(f, ROOM_SCHED, MSG_worker)->worker.gone);
    know(f, (struct known){.id = WORSE});
    assert_int_equal(last(f, ROOM_SCHED, MSG_worker)->worker.slots, 4);
    know(f, (struct known){.id = WORSE, .generation = 11});
    assert_true(last(f, ROOM_SCHED, MSG_worker)->worker.gone);
    report(f, WORSE, 1, (struct span){0});
    assert_false(last(f, ROOM_SCHED, MSG_worker)->worker.gone);
    know(f, (struct known){.id = WORSE, .generation = 11, .state = MEMBER_DEAD});
    assert_true(last(f, ROOM_SCHED, MSG_worker)->worker.gone);
}

static void a_worker_reports_what_it_runs_and_what_has_just_ended(void **state) {
    struct fixture *f = *state;
    const struct msg *m = NULL;
    follow_better(f);
    lease(f, BETTER, 4, 30, 1);
    lease(f, BETTER, 4, 31, 2);
    outcome(f, 30, 1, TRIAL_DONE);
    claimed(f, BETTER, 5, BETTER);
    assert_int_equal(told(f, BETTER, MSG_report, &m), 2);
    assert_int_equal(m->report.term, 5);
    assert_int_equal(m->report.slots, 2);
    struct mp in = mp_of(m->report.leases);
    assert_true(span_equal(mp_bin(&in), span_of(job.bytes, sizeof job.bytes)));
    assert_int_equal(mp_u64(&in), 31);
    assert_int_equal(mp_u64(&in), 2);
    assert_false(mp_bool(&in));
    mp_skip(&in);
    assert_int_equal(mp_u64(&in), 30);
    assert_int_equal(mp_u64(&in), 1);
    assert_true(mp_bool(&in));
    assert_true(mp_done(&in));
    stage_pass(f->stage, 5000);
    assert_int_equal(told(f, BETTER, MSG_report, &m), 3);
    in = mp_of(m->report.leases);
    for (int i = 0; i < 4; i++)
        mp_skip(&in);
    assert_true(mp_done(&in)); /* the other one's fact has had its time */
}

static void a_capacity_that_changes_is_reported_at_once_and_a_load_in_its_turn(void **state) {
    struct fixture *f = *state;
    const struct msg *m = NULL;
    follow_better(f);
    hear(f, &(struct msg){.kind = MSG_capacity, .capacity.slots = 2});
    assert_int_equal(told(f, BETTER, MSG_report, NULL), 1);
    hear(f, &(struct msg){.kind = MSG_capacity, .capacity.slots = 0});
    assert_int_equal(told(f, BETTER, MSG_report, &m), 2);
    assert_int_equal(m->report.slots, 0);
    hear(f, &(struct msg){.kind = MSG_load, .load.busy = 700});
    stage_pass(f->stage, 4999);
    assert_int_equal(told(f, BETTER, MSG_report, NULL), 2);
    stage_pass(f->stage, 1);
    assert_int_equal(told(f, BETTER, MSG_report, &m), 3);
    assert_int_equal(m->report.load, 700);
    claimed(f, BETTER, 4, BETTER); /* the leader has not heard it */
    assert_int_equal(told(f, BETTER, MSG_report, NULL), 4);
    hear(f, &(struct msg){.kind = MSG_capacity, .capacity.slots = 1});
    stage_pass(f->stage, 99); /* more of it can wait a moment */
    assert_int_equal(told(f, BETTER, MSG_report, NULL), 4);
    stage_pass(f->stage, 1);
    assert_int_equal(told(f, BETTER, MSG_report, &m), 5);
    assert_int_equal(m->report.slots, 1);
}

static void a_node_whose_disk_is_slow_or_full_wants_no_work(void **state) {
    struct fixture *f = *state;
    const struct msg *m = NULL;
    follow_better(f);
    hold(f, true);
    assert_int_equal(told(f, BETTER, MSG_report, &m), 2);
    assert_int_equal(m->report.slots, 0);
    lease(f, BETTER, 4, 30, 1); /* on its way already: slow is not never */
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_lease), 1);
    ailing(f, ERR_STORE_FULL);
    hold(f, false);
    stage_pass(f->stage, 1000);
    assert_int_equal(told(f, BETTER, MSG_report, NULL), 2);
    lease(f, BETTER, 4, 31, 1); /* what it did could not be kept */
    expect_ended(f, BETTER, 1, 31, true);
    ailing(f, ERR_NONE);
    hold(f, true); /* again and again */
    hold(f, false);
    assert_int_equal(told(f, BETTER, MSG_report, NULL), 2);
    stage_pass(f->stage, 100);
    assert_int_equal(told(f, BETTER, MSG_report, &m), 3);
    assert_int_equal(m->report.slots, 2);
}

static void a_node_that_quits_wants_no_work_and_no_lead(void **state) {
    struct fixture *f = *state;
    const struct msg *m = NULL;
    follow_better(f);
    hear(f, &(struct msg){.kind = MSG_quit});
    assert_int_equal(told(f, BETTER, MSG_report, &m), 2);
    assert_int_equal(m->report.slots, 0);
    lease(f, BETTER, 4, 30, 1);
    expect_ended(f, BETTER, 1, 30, true);
    know(f, (struct known){.id = BETTER, .state = MEMBER_DEAD});
    stage_pass(f->stage, 10000);
    assert_int_equal(stored_term(f), 4);
}

/* ---- leases ---- */

static void a_lease_of_the_leader_reaches_the_executor_and_its_end_the_leader(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    lease(f, BETTER, 4, 30, 1);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_lease), 1);
    assert_int_equal(last(f, ROOM_ELASTIC, MSG_working)->working.running, 1);
    lease(f, BETTER, 4, 30, 1); /* said twice: it runs */
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_lease), 1);
    assert_int_equal(told(f, BETTER, MSG_ended, NULL), 0);
    outcome(f, 30, 1, TRIAL_CRASHED);
    expect_ended(f, BETTER, 1, 30, false);
    assert_int_equal(last(f, ROOM_ELASTIC, MSG_working)->working.running, 0);
    outcome(f, 30, 1, TRIAL_CRASHED);
    assert_int_equal(told(f, BETTER, MSG_ended, NULL), 1);
    lease(f, BETTER, 4, 31, 1);
    outcome(f, 31, 1, TRIAL_LOST);
    expect_ended(f, BETTER, 2, 31, true);
}

static void verdict(struct fixture *f, uint32_t peer, uint64_t term, uint64_t slot,
                    uint64_t attempt) {
    from_peer(
        f, peer,
        &(struct msg){.kind = MSG_verdict,
                      .verdict = {.term = term, .job = job, .slot = slot, .attempt = attempt}});
}

static void only_a_verdict_of_the_leader_for_what_runs_here_reaches_the_executor(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    verdict(f, BETTER, 4, 30, 1); /* not leased */
    lease(f, BETTER, 4, 30, 1);
    verdict(f, BETTER, 3, 30, 1); /* of a term that is over */
    verdict(f, WORSE, 4, 30, 1);  /* does not lead */
    verdict(f, BETTER, 4, 30, 2); /* of another attempt */
    verdict(f, BETTER, 4, 31, 1);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_verdict), 0);
    verdict(f, BETTER, 4, 30, 1);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_verdict), 1);
    outcome(f, 30, 1, TRIAL_STOPPED);
    expect_ended(f, BETTER, 1, 30, false);
    verdict(f, BETTER, 4, 30, 1); /* late */
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_verdict), 1);
}

static void an_end_says_why_nothing_more_should_come(void **state) {
    struct fixture *f = *state;
    const struct msg *m = NULL;
    follow_better(f);
    lease(f, BETTER, 4, 30, 1);
    outcome(f, 30, 1, TRIAL_NO_START);
    expect_ended(f, BETTER, 1, 30, false);
    assert_int_equal(told(f, BETTER, MSG_ended, &m), 1);
    assert_true(m->ended.unable);
    lease(f, BETTER, 4, 31, 1);
    outcome(f, 31, 1, TRIAL_CANCELLED);
    expect_ended(f, BETTER, 2, 31, true);
    assert_int_equal(told(f, BETTER, MSG_ended, &m), 2);
    assert_true(m->ended.shut && !m->ended.unable);
    lease(f, BETTER, 4, 32, 1);
    outcome(f, 32, 1, TRIAL_LOST);
    expect_ended(f, BETTER, 3, 32, true);
    assert_int_equal(told(f, BETTER, MSG_ended, &m), 3);
    assert_true(!m->ended.shut && !m->ended.unable);
}

static void dropped(struct fixture *f, uint64_t slot, uint64_t attempt) {
    const struct msg m = {.kind = MSG_dropped,
                          .dropped = {.job = job, .slot = slot, .attempt = attempt}};
    hear(f, &m);
}

static void an_outcome_that_becomes_no_fact_is_taken_back(void **state) {
    struct fixture *f = *state;
    const struct msg *m = NULL;
    follow_better(f);
    lease(f, BETTER, 4, 30, 2);
    dropped(f, 30, 2); /* it runs */
    assert_int_equal(told(f, BETTER, MSG_ended, NULL), 0);
    outcome(f, 30, 2, TRIAL_DONE);
    dropped(f, 30, 1);
    expect_ended(f, BETTER, 1, 30, false);
    dropped(f, 30, 2);
    expect_ended(f, BETTER, 2, 30, true);
    dropped(f, 30, 2);
    assert_int_equal(told(f, BETTER, MSG_ended, NULL), 2);
    claimed(f, BETTER, 4, BETTER);
    assert_true(told(f, BETTER, MSG_report, &m) > 0);
    assert_int_equal(m->report.leases.len, 0); /* nor is it on its way */
}

static void the_leader_takes_back_its_own_outcome(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    lease(f, 0, 1, 40, 1);
    outcome(f, 40, 1, TRIAL_DONE);
    assert_false(last(f, ROOM_SCHED, MSG_ended)->ended.lost);
    dropped(f, 40, 1);
    assert_true(last(f, ROOM_SCHED, MSG_ended)->ended.lost);
}

/* Its own report names what runs here when it claims: sched must hear from the same room when that ends, or the place would
 * never be free again. */
static void what_ends_here_while_it_claims_is_told_to_its_sched(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    know(f, (struct known){.id = WORSE, .slots = 1});
    lease(f, BETTER, 4, 30, 1);
    know(f, (struct known){.id = BETTER, .state = MEMBER_DEAD});
    stage_pass(f->stage, 500);
    expect_lead(f, 5, SELF, false); /* WORSE has not reported */
    const struct msg *own = last(f, ROOM_SCHED, MSG_worker);
    assert_int_equal(own->worker.peer, 0);
    assert_true(own->worker.told && own->worker.leases.len > 0);
    outcome(f, 30, 1, TRIAL_DONE);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_ended), 1);
    assert_int_equal(last(f, ROOM_SCHED, MSG_ended)->ended.slot, 30);
}

/* In the order in which they came: an end that overtook the report before it would be undone by that. */
static void an_end_at_a_worker_comes_after_the_report_that_names_it(void **state) {
    struct fixture *f = *state;
    struct msg end = {.kind = MSG_ended,
                      .ended = {.job = job, .slot = 30, .attempt = 1, .lost = true}};
    lead_alone(f);
    know(f, (struct known){.id = WORSE});
    stage_forget(f->stage);
    report(f, WORSE, 1, span_text("all"));
    from_peer(f, WORSE, &end);
    int report_at = -1, end_at = -1;
    for (uint32_t i = 0; i < f->stage->heard_count; i++) {
        const struct heard *h = &f->stage->heard[i];
        if (h->to == ROOM_SCHED && h->msg.kind == MSG_worker && h->msg.worker.told)
            report_at = (int)i;
        if (h->to == ROOM_SCHED && h->msg.kind == MSG_ended && h->peer == WORSE)
            end_at = (int)i;
    }
    assert_true(report_at >= 0 && end_at > report_at);
    assert_true(msg_equal(last(f, ROOM_SCHED, MSG_ended), &end));
    claimed(f, WORSE, 9, WORSE); /* it leads no more */
    stage_forget(f->stage);
    from_peer(f, WORSE, &end);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_ended), 0);
}

static void a_lease_of_the_own_sched_is_fenced_as_any_other(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    lease(f, 0, 1, 40, 1);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_lease), 1);
    assert_int_equal(last(f, ROOM_ELASTIC, MSG_working)->working.running, 1);
    know(f, (struct known){.id = BETTER});
    f->stage->slow = true;
    claimed(f, BETTER, 2, BETTER); /* heard of, not even stored */
    lease(f, 0, 1, 41, 1);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_lease), 1);
    assert_int_equal(last(f, ROOM_SCHED, MSG_ended)->ended.slot, 41);
    assert_true(last(f, ROOM_SCHED, MSG_ended)->ended.lost);
}

static void a_lease_of_a_lower_term_is_refused(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    know(f, (struct known){.id = WORSE});
    stage_forget(f->stage);
    lease(f, WORSE, 3, 30, 1);
    expect_ended(f, WORSE, 1, 30, true);
    expect_claim(f, WORSE, 4, BETTER); /* so that it leads no more */
    lease(f, BETTER, 3, 31, 1);
    expect_ended(f, BETTER, 1, 31, true);
    lease(f, WORSE, 4, 32, 1); /* the right term, not its leader */
    expect_ended(f, WORSE, 2, 32, true);
    f->stage->slow = true;
    claimed(f, WORSE, 5, WORSE); /* not stored yet */
    lease(f, BETTER, 4, 33, 1);
    expect_ended(f, BETTER, 2, 33, true);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_lease), 0);
}

static void what_runs_here_for_an_older_leader_is_told_to_the_new_one(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    lease(f, 0, 1, 40, 1);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_lease), 1);
    know(f, (struct known){.id = BETTER});
    claimed(f, BETTER, 2, BETTER);
    const struct msg *m = NULL;
    assert_int_equal(told(f, BETTER, MSG_report, &m), 1);
    assert_true(m->report.leases.len > 0);
    lease(f, BETTER, 2, 40, 2); /* it still runs as attempt 1 */
    expect_ended(f, BETTER, 1, 40, true);
    outcome(f, 40, 1, TRIAL_DONE);
    expect_ended(f, BETTER, 2, 40, false);
}

static void what_makes_no_sense_is_dropped(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    uint32_t before = f->stage->heard_count;
    hear(f, &(struct msg){.kind = MSG_saved, .saved.ticket = 99});
    hear(f, &(struct msg){.kind = MSG_save_failed, .save_failed.ticket = 99});
    hear(f, &(struct msg){.kind = MSG_rows, .rows.ticket = 99});
    hear(f, &(struct msg){.kind = MSG_outcome, .outcome.result = span_text("?")});
    claimed(f, BETTER, UINT64_MAX, BETTER);
    report(f, 200, 4, (struct span){0});
    hear(f, &(struct msg){.kind = MSG_node_known, .node_known = {.peer = 3, .state = 77}});
    assert_int_equal(f->stage->heard_count, before + 7);
    expect_lead(f, 4, BETTER, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(it_leads_when_all_have_reported_or_had_their_time),
        STAGED(a_worker_that_cannot_be_reached_is_given_nothing_and_a_dead_one_is_gone),
        STAGED(a_worker_reports_what_it_runs_and_what_has_just_ended),
        STAGED(a_capacity_that_changes_is_reported_at_once_and_a_load_in_its_turn),
        STAGED(a_node_that_quits_wants_no_work_and_no_lead),
        STAGED(a_lease_of_the_leader_reaches_the_executor_and_its_end_the_leader),
        STAGED(only_a_verdict_of_the_leader_for_what_runs_here_reaches_the_executor),
        STAGED(a_node_whose_disk_is_slow_or_full_wants_no_work),
        STAGED(an_end_says_why_nothing_more_should_come),
        STAGED(an_outcome_that_becomes_no_fact_is_taken_back),
        STAGED(the_leader_takes_back_its_own_outcome),
        STAGED(what_ends_here_while_it_claims_is_told_to_its_sched),
        STAGED(an_end_at_a_worker_comes_after_the_report_that_names_it),
        STAGED(a_lease_of_the_own_sched_is_fenced_as_any_other),
        STAGED(a_lease_of_a_lower_term_is_refused),
        STAGED(what_runs_here_for_an_older_leader_is_told_to_the_new_one),
        STAGED(what_makes_no_sense_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
