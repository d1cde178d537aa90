/* Watching jobs, and what runs of them on any node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/gateway/live.h"
#include "proto/job_row.h"
#include "proto/status.h"
#include "tests/unit/actors/facts/authors.h"
#include "tests/unit/actors/gateway/gateway_stage.h"

static void watch(struct gateway_stage *g, uint32_t peer, const struct job_id *id, bool on) {
    client_says(
        g, peer,
        &(struct msg){.kind = MSG_watch, .watch = {.ticket = 50 + peer, .job = *id, .on = on}});
}

static void a_watcher_gets_the_row_now_and_after_changes(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 4, 1);
    watch(g, 5, &id, true);
    assert_int_equal(rows_of(g, 5), 1);
    const struct msg_job_row *row = &told(g, 5, 0, MSG_job_row)->job_row;
    assert_int_equal(row->ticket, 55);
    assert_int_equal(row->done, 1);
    stage_pass(g->stage, 1000);
    assert_int_equal(rows_of(g, 5), 1); /* nothing has changed */
    say_began(g, &id, 1, 1);
    assert_int_equal(rows_of(g, 5), 2);
    assert_int_equal(told(g, 5, 1, MSG_job_row)->job_row.running, 1);
    assert_int_equal(told(g, 5, 1, MSG_job_row)->job_row.ticket, 55);
}

/* This disk knows of it, and the other one does not yet. */
static void an_end_is_told_when_it_lies_on_enough_disks(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 1, 0);
    know(g->facts, PEER, MEMBER_ALIVE);
    say_outcome(g->facts, &id, 0, TRIAL_DONE, 0.5);
    watch(g, 5, &id, true);
    assert_int_equal(rows_of(g, 5), 1);
    assert_int_equal(told(g, 5, 0, MSG_job_row)->job_row.state, JOB_OPEN);
    client_says(g, 6, &(struct msg){.kind = MSG_show_job, .show_job = {.ticket = 7, .job = id}});
    assert_int_equal(told(g, 6, 0, MSG_job_row)->job_row.state, JOB_OPEN);
    stage_forget(g->stage);
    say_heads(g->facts, PEER, 3); /* the job, the result, what it printed */
    assert_int_equal(told(g, 5, 0, MSG_job_row)->job_row.state, JOB_DONE);
}

/* A disk that refuses changes nothing in the row but why nothing happens. */
static void a_watcher_hears_what_holds_up_its_job(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 4, 1);
    watch(g, 5, &id, true);
    stage_pass(g->stage, 1000);
    stage_tell(g->stage, ROOM_GATEWAY, ROOM_FACTS, 0,
               &(struct msg){.kind = MSG_ailing,
                             .ailing = {.code = ERR_STORE_FULL, .what = span_text("no room")}});
    assert_int_equal(rows_of(g, 5), 2);
    assert_true(span_equal(told(g, 5, 1, MSG_job_row)->job_row.cause, span_text("no room")));
    stage_pass(g->stage, 1000);
    stage_tell(g->stage, ROOM_GATEWAY, ROOM_FACTS, 0, &(struct msg){.kind = MSG_ailing});
    assert_int_equal(rows_of(g, 5), 3);
    assert_int_equal(told(g, 5, 2, MSG_job_row)->job_row.cause.len, 0);
}

static void a_watcher_is_told_at_most_ten_times_a_second(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 1000, 0);
    stage_pass(g->stage, 1000);
    watch(g, 5, &id, true);
    when_ms begin = g->stage->at.now;
    for (uint64_t slot = 0; slot < 200; slot++)
        say_outcome(g->facts, &id, slot, TRIAL_DONE, 0.5);
    assert_int_equal(g->stage->at.now - begin, 1000);
    assert_in_range(rows_of(g, 5), 10, 11); /* and the one it got when it began */
    stage_pass(g->stage, WATCH_PAUSE_MS);   /* the last change is not forgotten */
    assert_int_equal(told(g, 5, rows_of(g, 5) - 1, MSG_job_row)->job_row.done, 200);
}

static void the_last_row_comes_at_once_and_nothing_after_it(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 2, 0);
    watch(g, 5, &id, true);
    watch(g, 6, &id, true);
    say_began(g, &id, 0, 1);
    say_ended(g, &id, 0, 1, 0);
    say_outcome(g->facts, &id, 0, TRIAL_DONE, 0.5);
    say_outcome(g->facts, &id, 1, TRIAL_DONE, 0.5);
    for (uint32_t peer = 5; peer <= 6; peer++) {
        const struct msg_job_row *row = &told(g, peer, rows_of(g, peer) - 1, MSG_job_row)->job_row;
        assert_int_equal(row->state, JOB_DONE);
        assert_int_equal(row->done, 2);
        assert_int_equal(row->running, 0);
        assert_false(row->active);
        assert_int_equal(row->ticket, 50 + peer);
    }
    uint32_t before = rows_of(g, 5);
    stage_pass(g->stage, 5000);
    assert_int_equal(rows_of(g, 5), before);
    assert_int_equal(board_deadline(g->stage->board), WHEN_NEVER);
}

static void who_stops_watching_hears_no_more(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 10, 0);
    watch(g, 5, &id, true);
    watch(g, 6, &id, true);
    stage_pass(g->stage, 1000);
    watch(g, 5, &id, false);
    assert_int_equal(rows_of(g, 5), 0);
    client_says(g, 7, &(struct msg){.kind = MSG_left, .left.peer = 7}); /* who watched nothing */
    say_outcome(g->facts, &id, 0, TRIAL_DONE, 0.5);
    stage_pass(g->stage, 1000);
    assert_int_equal(rows_of(g, 5), 0);
    assert_true(rows_of(g, 6) > 0);
    client_says(g, 6, &(struct msg){.kind = MSG_left, .left.peer = 6});
    say_outcome(g->facts, &id, 1, TRIAL_DONE, 0.5);
    stage_pass(g->stage, 1000);
    assert_int_equal(rows_of(g, 6), 0);
}

static void watching_twice_is_watching_once(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 10, 0);
    for (int i = 0; i < 3 * LIVE_WATCHERS; i++)
        watch(g, 5, &id, true);
    stage_pass(g->stage, 1000);
    stage_forget(g->stage);
    say_outcome(g->facts, &id, 0, TRIAL_DONE, 0.5);
    stage_pass(g->stage, 1000);
    assert_true(rows_of(g, 5) <= 2);
}

static void more_watchers_than_fit_are_refused(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 10, 0);
    for (uint32_t peer = 1; peer <= LIVE_WATCHERS; peer++)
        watch(g, peer, &id, true);
    watch(g, 1000, &id, true);
    expect_refused(g, 1000, 1050, ERR_BUSY, "too many watch jobs");
    client_says(g, 7, &(struct msg){.kind = MSG_left, .left.peer = 7});
    watch(g, 1000, &id, true);
    (void)told(g, 1000, 0, MSG_job_row);
}

/* ---- in a cluster ---- */

enum { LEADER = 11 };

static void say_lead(struct gateway_stage *g, uint64_t term, uint32_t peer, bool mine) {
    stage_tell(g->stage, ROOM_GATEWAY, ROOM_LEADER, 0,
               &(struct msg){.kind = MSG_lead, .lead = {.term = term, .peer = peer, .mine = mine}});
}

static void running_from(struct gateway_stage *g, enum room from, uint32_t peer,
                         const struct job_id *id, uint64_t count) {
    stage_tell(g->stage, ROOM_GATEWAY, from, peer,
               &(struct msg){.kind = MSG_running, .running = {.job = *id, .count = count}});
}

static void show(struct gateway_stage *g, const struct job_id *id) {
    client_says(g, 5, &(struct msg){.kind = MSG_show_job, .show_job = {.ticket = 6, .job = *id}});
}

static void the_leader_says_what_runs(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 10, 1);
    say_lead(g, 3, LEADER, false);
    show(g, &id);
    assert_int_equal(rows_of(g, 5), 0); /* it waits for the leader */
    assert_int_equal(stage_count(g->stage, ROOM_SCHED, MSG_look), 0);
    const struct msg *look = stage_heard(g->stage, ROOM_MEMBER, MSG_look, 0);
    assert_true(job_id_equal(&look->look.job, &id));
    assert_false(look->look.which);
    running_from(g, ROOM_MEMBER, LEADER + 1, &id, 7); /* others do not know */
    running_from(g, ROOM_SCHED, 0, &id, 7);
    assert_int_equal(rows_of(g, 5), 0);
    running_from(g, ROOM_MEMBER, LEADER, &id, 4);
    assert_int_equal(told(g, 5, 0, MSG_job_row)->job_row.running, 4);
    assert_true(told(g, 5, 0, MSG_job_row)->job_row.active);
    show(g, &id); /* known well enough: at once, and nobody is asked */
    assert_int_equal(told(g, 5, 0, MSG_job_row)->job_row.running, 4);
    assert_int_equal(stage_count(g->stage, ROOM_MEMBER, MSG_look), 0);
    stage_pass(g->stage, LOOK_MS); /* but not for ever */
    show(g, &id);
    assert_int_equal(stage_count(g->stage, ROOM_MEMBER, MSG_look), 1);
    assert_int_equal(rows_of(g, 5), 0);
}

/* Never more than have paused, nor than run. */
static void what_goes_on_after_a_rest_is_said(void **state) {
    static struct live l;
    const struct job_id id = {{1}};
    uint64_t of[TRIAL_STATUS_COUNT] = {[TRIAL_PAUSED] = 1};
    uint8_t memory[END_COUNTS_BYTES];
    struct buf counts = buf_of(memory, sizeof memory);
    (void)state;
    l.jobs[0] =
        (struct live_job){.used = true, .id = id, .many.until = 100, .running = 4, .resumed = 2};
    struct msg_job_row row = {.job = id, .trials = 10, .done = 3};
    live_overlay_job(&l, &row, 50);
    assert_true(row.running == 4 &&
                row.resumed == 0); /* none has paused, as far as is known here */
    end_counts_encode(of, &counts);
    row.end_counts = buf_view(&counts);
    live_overlay_job(&l, &row, 50);
    assert_true(row.running == 4 && row.resumed == 1);
    assert_int_equal(job_row_finished(&row), 3);
    assert_int_equal(job_row_over(&row), 2);
    live_overlay_job(&l, &row, 100); /* it is known no more */
    assert_true(row.running == 0 && row.resumed == 0);
}

static void a_leader_that_is_silent_is_not_waited_for_long(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 10, 1);
    say_lead(g, 3, LEADER, false);
    show(g, &id);
    stage_pass(g->stage, 199);
    assert_int_equal(rows_of(g, 5), 0);
    stage_pass(g->stage, 1);
    assert_int_equal(told(g, 5, 0, MSG_job_row)->job_row.running, 0);
    client_says(g, 5, &(struct msg){.kind = MSG_list_jobs, .list_jobs.ticket = 7});
    assert_int_equal(rows_of(g, 5), 0);
    client_says(g, 5, &(struct msg){.kind = MSG_left, .left.peer = 5});
    stage_pass(g->stage, 200);
    assert_int_equal(rows_of(g, 5), 0); /* who has left waits no more */
    assert_int_equal(board_deadline(g->stage->board), WHEN_NEVER);
}

static void without_a_leader_nothing_is_waited_for(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 10, 1);
    say_lead(g, 3, LEADER, false);
    show(g, &id);
    running_from(g, ROOM_MEMBER, LEADER, &id, 4);
    say_lead(g, 0, 0, false);
    show(g, &id);
    const struct msg_job_row *row = &told(g, 5, 0, MSG_job_row)->job_row;
    assert_false(row->active);
    assert_int_equal(row->running, 4); /* as far as was known a moment ago */
    stage_pass(g->stage, LOOK_MS);
    show(g, &id);
    assert_int_equal(told(g, 5, 0, MSG_job_row)->job_row.running, 0);
    say_lead(g, 4, 0, true); /* this node: its own scheduler knows */
    show(g, &id);
    assert_true(told(g, 5, 0, MSG_job_row)->job_row.active);
    assert_int_equal(stage_count(g->stage, ROOM_SCHED, MSG_look), 1);
}

static void a_watched_job_is_looked_at_again_and_again(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 10, 1);
    say_lead(g, 3, LEADER, false);
    watch(g, 5, &id, true);
    running_from(g, ROOM_MEMBER, LEADER, &id, 2);
    assert_int_equal(told(g, 5, 0, MSG_job_row)->job_row.running, 2);
    stage_pass(g->stage, WATCH_PAUSE_MS);
    stage_forget(g->stage);
    for (int i = 0; i < 10; i++) {
        stage_pass(g->stage, LOOK_AGAIN_MS);
        running_from(g, ROOM_MEMBER, LEADER, &id, 2);
    }
    assert_int_equal(stage_count(g->stage, ROOM_MEMBER, MSG_look), 10);
    assert_int_equal(rows_of(g, 5), 0);
    running_from(g, ROOM_MEMBER, LEADER, &id, 3);
    assert_int_equal(told(g, 5, 0, MSG_job_row)->job_row.running, 3);
    say_lead(g, 4, LEADER + 1, false); /* another one is asked at once */
    const struct heard *last = &g->stage->heard[g->stage->heard_count - 1];
    for (; last->msg.kind != MSG_look; last--)
        assert_ptr_not_equal(last, g->stage->heard);
    assert_int_equal(last->peer, LEADER + 1);
    stage_pass(g->stage, LOOK_MS); /* and says nothing: what is old is shown no longer */
    stage_pass(g->stage, WATCH_PAUSE_MS);
    assert_int_equal(told(g, 5, rows_of(g, 5) - 1, MSG_job_row)->job_row.running, 0);
    watch(g, 5, &id, false);
    assert_int_equal(board_deadline(g->stage->board), WHEN_NEVER);
}

/* The leader may not have heard of the newest records: there are never more than are left. */
static void no_more_run_than_are_left(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 10, 8);
    say_lead(g, 3, LEADER, false);
    show(g, &id);
    running_from(g, ROOM_MEMBER, LEADER, &id, 5);
    assert_int_equal(told(g, 5, 0, MSG_job_row)->job_row.running, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(an_end_is_told_when_it_lies_on_enough_disks),
        STAGED(a_watcher_gets_the_row_now_and_after_changes),
        STAGED(a_watcher_hears_what_holds_up_its_job),
        STAGED(a_watcher_is_told_at_most_ten_times_a_second),
        STAGED(the_last_row_comes_at_once_and_nothing_after_it),
        STAGED(who_stops_watching_hears_no_more),
        STAGED(watching_twice_is_watching_once),
        STAGED(more_watchers_than_fit_are_refused),
        STAGED(the_leader_says_what_runs),
        cmocka_unit_test(what_goes_on_after_a_rest_is_said),
        STAGED(a_leader_that_is_silent_is_not_waited_for_long),
        STAGED(without_a_leader_nothing_is_waited_for),
        STAGED(a_watched_job_is_looked_at_again_and_again),
        STAGED(no_more_run_than_are_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
