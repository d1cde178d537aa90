/* Watching jobs, and what runs of them on any node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/gateway/live.h"
#include "tests/unit/actors/gateway/gateway_stage.h"

static int set_up(void **state) {
    *state = gateway_stage_new();
    return 0;
}

static int tear_down(void **state) {
    struct gateway_stage *g = *state;
    gateway_stage_destroy(&g);
    return 0;
}

static void watch(struct gateway_stage *g, uint32_t peer, const struct job_id *id, bool on) {
    client_says(
        g, peer,
        &(struct msg){.kind = MSG_watch, .watch = {.ticket = 50 + peer, .job = *id, .on = on}});
}

static uint32_t rows_of(struct gateway_stage *g, uint32_t peer) {
    return stage_peer_count(g->stage, peer);
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

#define STAGED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(a_watcher_gets_the_row_now_and_after_changes),
        STAGED(a_watcher_hears_what_holds_up_its_job),
        STAGED(a_watcher_is_told_at_most_ten_times_a_second),
        STAGED(the_last_row_comes_at_once_and_nothing_after_it),
        STAGED(who_stops_watching_hears_no_more),
        STAGED(watching_twice_is_watching_once),
        STAGED(more_watchers_than_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
