#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/leader/leader_stage.h"

/* ---- epochs ---- */

static void a_claim_is_stored_before_it_is_said(void **state) {
    struct fixture *f = *state;
    f->stage->slow = true;
    know(f, (struct known){.id = SELF});
    know(f, (struct known){.id = WORSE, .slots = 1});
    stage_pass(f->stage, 499);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 0);
    stage_pass(f->stage, 1);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 1);
    assert_int_equal(told(f, WORSE, MSG_claim, NULL), 0);
    assert_true(stage_save(f->stage));
    assert_int_equal(stored_term(f), 1);
    expect_claim(f, WORSE, 1, SELF);
    expect_lead(f, 1, SELF, false); /* the other has not reported */
}

static void followed_epochs_are_stored_before_they_are_said(void **state) {
    struct fixture *f = *state;
    f->stage->slow = true;
    know(f, (struct known){.id = SELF});
    know(f, (struct known){.id = BETTER});
    claimed(f, BETTER, 4, BETTER);
    assert_int_equal(told(f, BETTER, MSG_report, NULL), 0);
    expect_lead(f, 0, 0, false);
    claimed(f, BETTER, 6, BETTER); /* a higher one while the first is on its way */
    assert_true(stage_save(f->stage));
    expect_lead(f, 0, 0, false);
    assert_true(stage_save(f->stage));
    assert_int_equal(stored_term(f), 6);
    expect_lead(f, 6, BETTER, false);
    assert_int_equal(told(f, BETTER, MSG_report, NULL), 1);
}

static void after_a_restart_the_next_term_is_higher(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    stage_crash(f->stage);
    stage_forget(f->stage);
    seat(f);
    know(f, (struct known){.id = SELF, .generation = 11});
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_lead), 1); /* nobody yet */
    stage_pass(f->stage, 500);
    expect_lead(f, 2, SELF, true);
}

static void a_disk_that_refuses_is_asked_again(void **state) {
    struct fixture *f = *state;
    know(f, (struct known){.id = SELF});
    board_seat_port(f->stage->board, &(struct port){.room = ROOM_STORE});
    stage_pass(f->stage, 500);
    const struct msg *save = last(f, ROOM_STORE, MSG_save);
    stage_tell(f->stage, ROOM_LEADER, ROOM_STORE, 0,
               &(struct msg){.kind = MSG_save_failed, .save_failed.ticket = save->save.ticket});
    stage_seat_store(f->stage);
    stage_pass(f->stage, 99);
    assert_int_equal(stored_term(f), 0);
    stage_pass(f->stage, 1);
    expect_lead(f, 1, SELF, true);
}

static void a_disk_that_cannot_be_read_is_asked_again(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    stage_forget(f->stage);
    board_seat_port(f->stage->board, &(struct port){.room = ROOM_STORE});
    seat(f);
    stage_tell(f->stage, ROOM_LEADER, ROOM_STORE, 0,
               &(struct msg){.kind = MSG_rows, .rows = {.ticket = 1, .code = ERR_STORE}});
    know(f, (struct known){.id = SELF, .generation = 11});
    stage_seat_store(f->stage);
    stage_pass(f->stage, 100);
    stage_pass(f->stage, 500);
    expect_lead(f, 2, SELF, true);
}

/* ---- who leads ---- */

static void the_best_candidate_claims_and_the_next_one_when_it_does_not(void **state) {
    struct fixture *f = *state;
    know(f, (struct known){.id = SELF, .slots = 2});
    know(f, (struct known){.id = BETTER, .slots = 4});
    know(f, (struct known){.id = 2, .slots = 9, .flags = MEMBER_ELIGIBLE}); /* keeps nothing */
    know(f, (struct known){.id = 3, .slots = 9, .flags = MEMBER_STORES});   /* may not lead */
    know(f, (struct known){.id = 4, .slots = 9, .inactive = true});
    stage_pass(f->stage, 500);
    stage_pass(f->stage, 999);
    assert_int_equal(stored_term(f), 0);
    stage_pass(f->stage, 1);
    assert_int_equal(stored_term(f), 1);
}

static void while_others_join_the_first_claim_waits_but_not_for_ever(void **state) {
    struct fixture *f = *state;
    know(f, (struct known){.id = SELF, .slots = 9});
    for (uint8_t i = 0; i < 7; i++) {
        stage_pass(f->stage, 400);
        know(f, (struct known){.id = (uint8_t)(10 + i)});
        assert_int_equal(stored_term(f), 0);
    }
    stage_pass(f->stage, 199);
    assert_int_equal(stored_term(f), 0);
    stage_pass(f->stage, 1); /* 3 s after the start */
    assert_int_equal(stored_term(f), 1);
}

static void alone_after_a_restart_it_looks_for_its_cluster_first(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    stage_crash(f->stage);
    seat(f);
    know(f, (struct known){.id = SELF, .generation = 11});
    stage_pass(f->stage, 1999);
    assert_int_equal(stored_term(f), 4);
    stage_pass(f->stage, 1);
    assert_int_equal(stored_term(f), 5);
}

static void a_live_leader_is_not_displaced_by_a_better_one(void **state) {
    struct fixture *f = *state;
    know(f, (struct known){.id = SELF, .slots = 8});
    know(f, (struct known){.id = WORSE, .slots = 1});
    claimed(f, WORSE, 1, WORSE);
    expect_lead(f, 1, WORSE, false);
    stage_pass(f->stage, 60000);
    expect_lead(f, 1, WORSE, false);
    assert_int_equal(stored_term(f), 1);
}

static void when_the_leader_dies_the_next_claims_at_once(void **state) {
    struct fixture *f = *state;
    static const enum member_state ends[] = {MEMBER_UNREACHABLE, MEMBER_LEAVING, MEMBER_DEAD,
                                             MEMBER_LEFT};
    follow_better(f);
    know(f, (struct known){.id = SELF, .slots = 9});
    for (uint64_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        know(f, (struct known){.id = BETTER, .state = ends[i]});
        expect_lead(f, 5 + 2 * i, SELF, true);
        claimed(f, BETTER, 6 + 2 * i,
                BETTER); /* it lives after all: the map has time to learn it */
        know(f, (struct known){.id = BETTER});
        expect_lead(f, 6 + 2 * i, BETTER, false);
    }
    know(f, (struct known){.id = BETTER, .generation = 11}); /* it leads no more in another life */
    expect_lead(f, 13, SELF, false);
}

static void of_two_claims_to_one_term_the_smaller_id_holds(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    know(f, (struct known){.id = BETTER});
    know(f, (struct known){.id = WORSE});
    claimed(f, WORSE, 1, WORSE);
    expect_lead(f, 1, SELF, true);
    expect_claim(f, WORSE, 1, SELF); /* and hears so */
    claimed(f, BETTER, 1, BETTER);
    expect_lead(f, 1, BETTER, false);
}

static void a_leader_stops_in_the_step_in_which_it_hears_of_a_higher_epoch(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    know(f, (struct known){.id = WORSE});
    stage_forget(f->stage);
    claimed(f, WORSE, 2, WORSE);
    expect_lead(f, 2, WORSE, false);
    const struct msg *first = stage_heard(f->stage, ROOM_SCHED, MSG_lead, 0);
    assert_int_equal(first->lead.term, 0);
    assert_false(first->lead.mine);
    assert_true(stage_place(f->stage, ROOM_SCHED, MSG_lead) <
                stage_place(f->stage, ROOM_STORE, MSG_save));
}

static void a_lower_claim_is_answered_with_the_known_one(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    know(f, (struct known){.id = WORSE});
    expect_claim(f, WORSE, 4, BETTER); /* a newly active neighbour */
    stage_forget(f->stage);
    know(f, (struct known){.id = WORSE});
    assert_int_equal(told(f, WORSE, MSG_claim, NULL), 0);
    claimed(f, WORSE, 3, WORSE);
    expect_claim(f, WORSE, 4, BETTER);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_lead), 0);
}

static void a_node_that_leaves_leads_no_more(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    know(f, (struct known){.id = SELF, .state = MEMBER_LEAVING});
    expect_lead(f, 0, 0, false);
    know(f, (struct known){.id = SELF}); /* it stays after all */
    expect_lead(f, 2, SELF, true);
}

/* ---- a leader that does not want to ---- */

static void a_leader_that_quits_stops_at_once_and_the_others_hear_so(void **state) {
    struct fixture *f = *state;
    const struct msg *m = NULL;
    lead_alone(f);
    know(f, (struct known){.id = WORSE});
    stage_forget(f->stage);
    hear(f, &(struct msg){.kind = MSG_quit});
    expect_lead(f, 0, 0, false);
    assert_int_equal(told(f, WORSE, MSG_claim, &m), 1);
    assert_int_equal(m->claim.term, 1);
    assert_true(m->claim.over);
    stage_pass(f->stage, 60000);
    assert_int_equal(stored_term(f), 1);
    report(f, WORSE, 1, (struct span){0}); /* it has not heard that */
    assert_int_equal(told(f, WORSE, MSG_claim, &m), 2);
    assert_true(m->claim.over);
    claimed(f, WORSE, 2, WORSE);
    expect_lead(f, 2, WORSE, false);
    assert_int_equal(told(f, WORSE, MSG_report, &m), 1);
    assert_int_equal(m->report.slots, 0);
}

static void a_lead_that_is_handed_on_is_claimed_at_once(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    know(f, (struct known){.id = SELF, .slots = 2});
    know(f, (struct known){.id = BETTER, .slots = 9}); /* would come before this one */
    know(f, (struct known){.id = WORSE, .slots = 1});
    stage_forget(f->stage);
    handed_on(f, WORSE, 4, BETTER); /* not its to say */
    handed_on(f, BETTER, 3, BETTER);
    stage_pass(f->stage, 1000);
    assert_int_equal(stored_term(f), 4);
    handed_on(f, BETTER, 4, BETTER);
    assert_int_equal(stored_term(f), 5);
    assert_int_equal(stage_heard(f->stage, ROOM_SCHED, MSG_lead, 0)->lead.term, 0);
    expect_claim(f, BETTER, 5, SELF);
}

static void a_leader_whose_disk_refuses_hands_on_and_comes_back_when_it_is_well(void **state) {
    struct fixture *f = *state;
    const struct msg *m = NULL;
    lead_alone(f);
    know(f, (struct known){.id = WORSE, .slots = 1});
    ailing(f, ERR_STORE_FULL);
    assert_int_equal(last(f, ROOM_SCHED, MSG_worker)->worker.slots, 0);
    stage_pass(f->stage, 1000);
    ailing(f, ERR_STORE_FULL); /* since when counts */
    stage_pass(f->stage, 499);
    expect_lead(f, 1, SELF, true);
    stage_forget(f->stage);
    stage_pass(f->stage, 1);
    expect_lead(f, 0, 0, false);
    assert_int_equal(told(f, WORSE, MSG_claim, &m), 1);
    assert_true(m->claim.over);
    stage_pass(f->stage, 60000);
    assert_int_equal(stored_term(f), 1);
    ailing(f, ERR_NONE);
    assert_int_equal(stored_term(f), 2);
    assert_int_equal(told(f, WORSE, MSG_claim, &m), 2);
    assert_false(m->claim.over);
}

static void a_disk_that_is_only_slow_is_waited_for_longer(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    hold(f, true);
    stage_pass(f->stage, 9999);
    expect_lead(f, 1, SELF, true);
    stage_pass(f->stage, 1);
    expect_lead(f, 0, 0, false);
    hold(f, false);
    expect_lead(f, 2, SELF, true);
    hold(f, true);
    stage_pass(f->stage, 9999);
    hold(f, false);
    hold(f, true);
    stage_pass(f->stage, 9999);
    expect_lead(f, 2, SELF, true);
}

static void a_node_whose_disk_refuses_does_not_claim(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    ailing(f, ERR_STORE_FULL);
    know(f, (struct known){.id = BETTER, .state = MEMBER_DEAD});
    stage_pass(f->stage, 60000);
    assert_int_equal(stored_term(f), 4);
    ailing(f, ERR_NONE);
    assert_int_equal(stored_term(f), 5);
}

static void a_leader_that_finds_itself_in_another_life_claims_anew(void **state) {
    struct fixture *f = *state;
    lead_alone(f);
    know(f, (struct known){.id = WORSE, .slots = 1});
    stage_forget(f->stage);
    know(f, (struct known){.id = SELF, .generation = 12});
    assert_int_equal(stage_heard(f->stage, ROOM_SCHED, MSG_lead, 0)->lead.term, 0);
    assert_int_equal(stored_term(f), 2);
    const struct msg *m = NULL;
    assert_int_equal(told(f, WORSE, MSG_claim, &m), 1);
    assert_int_equal(m->claim.generation, 12);
}

static void a_term_nobody_can_have_counted_to_is_not_believed(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    claimed(f, BETTER, 4 + ((uint64_t)1 << 32) + 1, BETTER);
    claimed(f, BETTER, (uint64_t)1 << 61, BETTER);
    stage_pass(f->stage, 1000);
    assert_int_equal(stored_term(f), 4);
    claimed(f, BETTER, 4 + ((uint64_t)1 << 32), BETTER);
    assert_int_equal(stored_term(f), 4 + ((uint64_t)1 << 32));
}

static void who_knows_no_term_believes_any_but_makes_none_that_others_refuse(void **state) {
    struct fixture *f = *state;
    const uint64_t most = (uint64_t)1 << 62;
    know(f, (struct known){.id = SELF});
    know(f, (struct known){.id = BETTER});
    claimed(f, BETTER, most + 1, BETTER);
    assert_int_equal(stored_term(f), 0);
    claimed(f, BETTER, most, BETTER);
    assert_int_equal(stored_term(f), most);
    know(f, (struct known){.id = BETTER, .state = MEMBER_DEAD});
    stage_pass(f->stage, 60000);
    assert_int_equal(stored_term(f), most);
}

static void claims_wait_until_the_disk_has_said_what_is_stored(void **state) {
    struct fixture *f = *state;
    follow_better(f);
    stage_forget(f->stage);
    board_seat_port(f->stage->board, &(struct port){.room = ROOM_STORE});
    seat(f);
    know(f, (struct known){.id = SELF, .generation = 11});
    know(f, (struct known){.id = BETTER});
    claimed(f, BETTER, (uint64_t)1 << 61, BETTER);
    stage_tell(f->stage, ROOM_LEADER, ROOM_STORE, 0,
               &(struct msg){.kind = MSG_rows, .rows = {.ticket = 1, .code = ERR_STORE}});
    stage_seat_store(f->stage);
    stage_pass(f->stage, 100);
    expect_lead(f, 4, BETTER, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(a_claim_is_stored_before_it_is_said),
        STAGED(followed_epochs_are_stored_before_they_are_said),
        STAGED(after_a_restart_the_next_term_is_higher),
        STAGED(a_disk_that_refuses_is_asked_again),
        STAGED(a_disk_that_cannot_be_read_is_asked_again),
        STAGED(the_best_candidate_claims_and_the_next_one_when_it_does_not),
        STAGED(while_others_join_the_first_claim_waits_but_not_for_ever),
        STAGED(alone_after_a_restart_it_looks_for_its_cluster_first),
        STAGED(a_live_leader_is_not_displaced_by_a_better_one),
        STAGED(when_the_leader_dies_the_next_claims_at_once),
        STAGED(of_two_claims_to_one_term_the_smaller_id_holds),
        STAGED(a_leader_stops_in_the_step_in_which_it_hears_of_a_higher_epoch),
        STAGED(a_lower_claim_is_answered_with_the_known_one),
        STAGED(a_node_that_leaves_leads_no_more),
        STAGED(a_leader_that_quits_stops_at_once_and_the_others_hear_so),
        STAGED(a_lead_that_is_handed_on_is_claimed_at_once),
        STAGED(a_leader_whose_disk_refuses_hands_on_and_comes_back_when_it_is_well),
        STAGED(a_disk_that_is_only_slow_is_waited_for_longer),
        STAGED(a_node_whose_disk_refuses_does_not_claim),
        STAGED(a_leader_that_finds_itself_in_another_life_claims_anew),
        STAGED(a_term_nobody_can_have_counted_to_is_not_believed),
        STAGED(who_knows_no_term_believes_any_but_makes_none_that_others_refuse),
        STAGED(claims_wait_until_the_disk_has_said_what_is_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
