#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/elastic/elastic_stage.h"

static void an_idle_node_leaves_hands_over_and_goes(void **state) {
    struct fixture *f = *state;
    know(f, SMALLER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS - 1);
    handed_over(f, 0); /* before the farewell: that says nothing of a node that is no holder */
    expect(f, "");
    stage_pass(f->stage, 1);
    expect(f, "l");
    handed_over(f, 3);
    stage_pass(f->stage, HEARD_MS);
    expect(f, "l");
    handed_over(f, 0);
    expect(f, "ldq");
    working(f, true);
    stage_pass(f->stage, 10 * IDLE_MS);
    expect(f, "ldq");
}

static void a_node_that_nobody_told_otherwise_stays(void **state) {
    struct fixture *f = *state;
    seat(f, 0, true);
    know(f, SMALLER, MEMBER_ALIVE, true);
    stage_pass(f->stage, (dur_ms)1 << 40);
    expect(f, "");
    assert_int_equal(board_deadline(f->stage->board), WHEN_NEVER);
}

static void work_begins_the_idle_time_anew(void **state) {
    struct fixture *f = *state;
    know(f, SMALLER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS - 1);
    working(f, true);
    stage_pass(f->stage, 5 * IDLE_MS);
    working(f, false);
    stage_pass(f->stage, IDLE_MS - 1);
    job(f, 1, true);
    stage_pass(f->stage, IDLE_MS - 1);
    expect(f, "");
    stage_pass(f->stage, 1);
    expect(f, "l");
}

static void a_new_leader_may_give_out_what_there_is(void **state) {
    struct fixture *f = *state;
    know(f, SMALLER, MEMBER_ALIVE, true);
    lead(f, 0); /* nobody gives out work now */
    stage_pass(f->stage, 5 * IDLE_MS);
    lead(f, 2);
    stage_pass(f->stage, LED_MS - 1);
    lead(f, 2); /* said again, when its reports are in */
    expect(f, "");
    stage_pass(f->stage, 1);
    expect(f, "l");
}

static void a_leader_that_leaves_is_followed(void **state) {
    struct fixture *f = *state;
    know(f, SMALLER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS);
    lead(f, 0); /* it has stepped down */
    handed_over(f, 0);
    stage_pass(f->stage, HEARD_MS - 1);
    expect(f, "l");
    stage_pass(f->stage, 1);
    expect(f, "ldq");
}

static void a_job_that_opens_ends_the_departure(void **state) {
    struct fixture *f = *state;
    know(f, SMALLER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS);
    job(f, 1, true);
    expect(f, "ls");
    handed_over(f, 0); /* late */
    expect(f, "ls");
    stage_pass(f->stage, IDLE_MS);
    expect(f, "lsl");
    working(f, true);
    expect(f, "lsls");
}

static void the_only_one_that_stores_stays(void **state) {
    struct fixture *f = *state;
    know(f, SMALLER, MEMBER_ALIVE, false);
    know(f, LARGER, MEMBER_UNREACHABLE, true);
    stage_pass(f->stage, 10 * IDLE_MS);
    expect(f, "");
    know(f, LARGER, MEMBER_ALIVE, true);
    expect(f, "l");
}

static void it_may_go_alone_when_its_disk_stays_or_it_holds_nothing(void **state) {
    struct fixture *f = *state;
    seat(f, IDLE_MS, true);
    stage_pass(f->stage, IDLE_MS);
    expect(f, "ldq");
    seat(f, IDLE_MS, false);
    know(f, SELF, MEMBER_ALIVE, false);
    stage_pass(f->stage, IDLE_MS);
    expect(f, "ldq");
    seat(f, IDLE_MS, true); /* with somebody to hand over to, it does */
    know(f, SMALLER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS);
    expect(f, "l");
}

static void of_all_that_leave_the_smallest_stays(void **state) {
    struct fixture *f = *state;
    know(f, SMALLER, MEMBER_ALIVE, true);
    know(f, LARGER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS);
    know(f, LARGER, MEMBER_LEAVING, true);
    expect(f, "l");
    know(f, SMALLER, MEMBER_LEAVING, true); /* that one stays, and will be there to take over */
    handed_over(f, 0);
    stage_pass(f->stage, HEARD_MS);
    expect(f, "l");
    know(f, SMALLER, MEMBER_ALIVE, true);
    stage_pass(f->stage, HEARD_MS); /* it is asked again */
    answer(f, SMALLER, true);
    expect(f, "ldq");
    seat(f, IDLE_MS, false);
    know(f, LARGER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS);
    know(f, LARGER, MEMBER_LEAVING, true);
    expect(f, "ls");
    stage_pass(f->stage, 10 * IDLE_MS);
    expect(f, "ls");
}

static void a_hand_over_without_end_is_given_up(void **state) {
    struct fixture *f = *state;
    know(f, SMALLER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS);
    handed_over(f, 1);
    stage_pass(f->stage, 59999);
    expect(f, "l");
    stage_pass(f->stage, 1);
    expect(f, "ls");
    stage_pass(f->stage, IDLE_MS);
    expect(f, "lsl");
}

static void who_was_asked_to_quit_does_not_leave_as_well(void **state) {
    struct fixture *f = *state;
    know(f, SMALLER, MEMBER_ALIVE, true);
    hear(f, &(struct msg){.kind = MSG_quit});
    stage_pass(f->stage, 10 * IDLE_MS);
    expect(f, "");
}

static void who_is_asked_to_quit_while_it_leaves_says_no_more(void **state) {
    struct fixture *f = *state;
    know(f, SMALLER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS);
    hear(f, &(struct msg){.kind = MSG_quit});
    handed_over(f, 0);
    job(f, 1, true);
    working(f, true);
    stage_pass(f->stage, 10 * IDLE_MS);
    expect(f, "l");
}

static void nobody_goes_from_a_job_that_only_he_can_end(void **state) {
    struct fixture *f = *state;
    seat(f, IDLE_MS, true);
    job(f, 1, true);
    job(f, 2, true);
    job(f, 1, true); /* said twice, it is one */
    stage_pass(f->stage, 10 * IDLE_MS);
    job(f, 1, false);
    expect(f, "");
    know(f, SMALLER, MEMBER_LEAVING, true); /* does not go on with it */
    expect(f, "");
    job(f, 2, false);
    expect(f, "ldq");
    seat(f, IDLE_MS, true);
    job(f, 1, true);
    know(f, SMALLER, MEMBER_ALIVE, true); /* does */
    stage_pass(f->stage, IDLE_MS);
    handed_over(f, 0);
    stage_pass(f->stage, HEARD_MS);
    expect(f, "ldq");
}

static void two_that_leave_at_once_hear_of_each_other(void **state) {
    struct fixture *f = *state;
    know(f, LARGER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS);
    handed_over_to(f, 0, LARGER); /* all is there, but its farewell is on the way */
    stage_pass(f->stage, HEARD_MS - 1);
    know(f, LARGER, MEMBER_LEAVING, true);
    stage_pass(f->stage, 10 * IDLE_MS);
    expect(f, "ls");
}

static void without_a_cluster_it_goes_when_no_job_is_open(void **state) {
    struct fixture *f = *state;
    sit(f, &(struct elastic_config){.idle_ms = IDLE_MS, .alone = true});
    stage_pass(f->stage, IDLE_MS - 1);
    job(f, 1, true);
    stage_pass(f->stage, 10 * IDLE_MS);
    job(f, 1, false);
    stage_pass(f->stage, IDLE_MS - 1);
    expect(f, "");
    assert_int_equal(board_deadline(f->stage->board), f->stage->at.now + 1);
    stage_pass(f->stage, 1);
    expect(f, "ldq");
}

/* ---- how busy are you ---- */

static void ask(struct fixture *f, enum room from, uint32_t peer, enum room answered,
                uint64_t running, uint64_t load, int64_t goes_in) {
    const struct msg question = {.kind = MSG_busy_ask, .busy_ask.nonce = 77};
    stage_forget(f->stage);
    stage_tell(f->stage, ROOM_ELASTIC, from, peer, &question);
    assert_int_equal(f->stage->heard_count, 2);
    const struct heard *h = &f->stage->heard[1];
    assert_int_equal(h->to, answered);
    assert_int_equal(h->peer, peer);
    assert_int_equal(h->msg.kind, MSG_busy);
    assert_int_equal(h->msg.busy.nonce, 77);
    assert_int_equal(h->msg.busy.running, running);
    assert_int_equal(h->msg.busy.load, load);
    assert_int_equal(h->msg.busy.goes_in, goes_in);
}

static void who_asks_is_told_how_busy_it_is(void **state) {
    struct fixture *f = *state;
    ask(f, ROOM_GATEWAY, 0, ROOM_GATEWAY, 0, 0, -1); /* nobody is there to hand over to */
    know(f, SMALLER, MEMBER_ALIVE, true);
    stage_pass(f->stage, 7000);
    hear(f, &(struct msg){.kind = MSG_load, .load.busy = 1250});
    ask(f, ROOM_MEMBER, 3, ROOM_MEMBER, 0, 1250, 23000);
    lead(f, 0); /* later than that */
    ask(f, ROOM_MEMBER, 3, ROOM_MEMBER, 0, 1250, 23000);
    lead(f, 2);
    hear(f, &(struct msg){.kind = MSG_working, .working.running = 2});
    stage_pass(f->stage, 7000);
    ask(f, ROOM_MEMBER, 3, ROOM_MEMBER, 2, 1250, IDLE_MS);
    working(f, false);
    stage_pass(f->stage, IDLE_MS);
    ask(f, ROOM_MEMBER, 3, ROOM_MEMBER, 0, 1250, 0); /* it leaves */
    seat(f, 0, true);
    know(f, SMALLER, MEMBER_ALIVE, true);
    ask(f, ROOM_GATEWAY, 0, ROOM_GATEWAY, 0, 0, -1); /* it was not told to go */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(an_idle_node_leaves_hands_over_and_goes),
        STAGED(a_node_that_nobody_told_otherwise_stays),
        STAGED(work_begins_the_idle_time_anew),
        STAGED(a_job_that_opens_ends_the_departure),
        STAGED(the_only_one_that_stores_stays),
        STAGED(it_may_go_alone_when_its_disk_stays_or_it_holds_nothing),
        STAGED(of_all_that_leave_the_smallest_stays),
        STAGED(a_hand_over_without_end_is_given_up),
        STAGED(a_new_leader_may_give_out_what_there_is),
        STAGED(a_leader_that_leaves_is_followed),
        STAGED(who_was_asked_to_quit_does_not_leave_as_well),
        STAGED(who_is_asked_to_quit_while_it_leaves_says_no_more),
        STAGED(nobody_goes_from_a_job_that_only_he_can_end),
        STAGED(two_that_leave_at_once_hear_of_each_other),
        STAGED(without_a_cluster_it_goes_when_no_job_is_open),
        STAGED(who_asks_is_told_how_busy_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
