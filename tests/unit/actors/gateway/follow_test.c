/* Following the output of trials, here and on other nodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/gateway/follow.h"
#include "actors/member/member.h"
#include "tests/unit/actors/gateway/gateway_stage.h"

enum { LEADER = 11, WORKER = 12, OTHER = 13 }; /* peers */

static const struct node_id leader = {{0xb1}}, worker = {{0xb2}}, other = {{0xb3}};

static void follow(struct gateway_stage *g, uint32_t peer, const struct job_id *id, bool stays) {
    client_says(
        g, peer,
        &(struct msg){.kind = MSG_read_log,
                      .read_log = {.ticket = 50 + peer, .job = *id, .slot = 1, .follow = stays}});
}

/* Client 5 follows slot 1, which runs here and has printed nothing. */
static struct job_id follow_here(struct gateway_stage *g) {
    struct job_id id = job_with_trials(g, 1, 10, 0);
    say_began(g, &id, 1, 1);
    follow(g, 5, &id, true);
    return id;
}

static void printed_by(struct gateway_stage *g, uint32_t node, const struct msg_printed *printed) {
    stage_tell(g->stage, ROOM_GATEWAY, node == 0 ? ROOM_EXECUTOR : ROOM_MEMBER, node,
               &(struct msg){.kind = MSG_printed, .printed = *printed});
}

static void say_printed(struct gateway_stage *g, const struct job_id *id, uint64_t offset,
                        const char *text) {
    printed_by(
        g, 0,
        &(struct msg_printed){
            .job = *id, .slot = 1, .attempt = 1, .offset = offset, .bytes = span_text(text)});
}

static void expect_attempt(struct gateway_stage *g, uint32_t peer, uint32_t index, uint64_t attempt,
                           uint64_t offset, const char *text) {
    const struct msg_log_part *part = &told(g, peer, index, MSG_log_part)->log_part;
    assert_int_equal(part->ticket, 50 + peer);
    assert_int_equal(part->attempt, attempt);
    assert_int_equal(part->offset, offset);
    assert_int_equal(part->bytes.len, strlen(text));
    assert_memory_equal(part->bytes.data, text, strlen(text));
}

static void expect_part(struct gateway_stage *g, uint32_t peer, uint32_t index, uint64_t offset,
                        const char *text) {
    expect_attempt(g, peer, index, 1, offset, text);
}

/* The newest word to the executor of this node or of another. */
static const struct msg_follow *newest_follow(struct gateway_stage *g, uint32_t node) {
    const struct msg_follow *found = NULL;
    for (uint32_t i = 0; i < g->stage->heard_count; i++) {
        const struct heard *h = &g->stage->heard[i];
        if (h->msg.kind == MSG_follow && h->peer == node &&
            h->to == (node == 0 ? ROOM_EXECUTOR : ROOM_MEMBER))
            found = &h->msg.follow;
    }
    assert_non_null(found);
    assert_int_equal(found->slot, 1);
    return found;
}

static void expect_follow(struct gateway_stage *g, uint32_t node, bool on, uint64_t attempt,
                          uint64_t offset) {
    const struct msg_follow *m = newest_follow(g, node);
    assert_int_equal(m->on, on);
    assert_int_equal(m->attempt, attempt);
    assert_int_equal(m->offset, offset);
}

/* ---- here ---- */

static void run_printed(struct gateway_stage *g, const struct job_id *id, wall_ms began,
                        uint64_t offset, const char *text) {
    printed_by(g, 0,
               &(struct msg_printed){.job = *id,
                                     .slot = 1,
                                     .attempt = 1,
                                     .offset = offset,
                                     .bytes = span_text(text),
                                     .began = began});
}

/* The word of the first run's end was lost, and the second one says what comes after what the first has said. */
static void two_runs_of_one_attempt_are_not_joined(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_here(g);
    run_printed(g, &id, 1000, 0, "first");
    expect_part(g, 5, 0, 0, "first");
    assert_int_equal(told(g, 5, 0, MSG_log_part)->log_part.began, 1000);
    expect_follow(g, 0, true, 1, 5);
    run_printed(g, &id, 2000, 5, "d and more");
    expect_follow(g, 0, true, 0, 0); /* from its first byte */
    run_printed(g, &id, 2000, 0, "second and more");
    expect_part(g, 5, 1, 0, "second and more");
    assert_int_equal(told(g, 5, 1, MSG_log_part)->log_part.began, 2000);
    expect_follow(g, 0, true, 1, 15);
}

static void output_is_followed_to_its_end(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_here(g);
    expect_follow(g, 0, true, 0, 0);
    say_printed(g, &id, 0, "kept");
    expect_follow(g, 0, true, 1, 4); /* the next part may come */
    say_printed(g, &id, 4, "");
    say_printed(g, &id, 4, "more");
    assert_int_equal(rows_of(g, 5), 2);
    expect_part(g, 5, 0, 0, "kept");
    expect_part(g, 5, 1, 4, "more");
    say_ended(g, &id, 1, 1, 8);
    assert_int_equal(told(g, 5, 2, MSG_end)->end.ticket, 55);
    assert_int_equal(rows_of(g, 5), 3);
    assert_int_equal(board_deadline(g->stage->board), WHEN_NEVER);
}

static void a_look_ends_with_what_was_kept(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 10, 0);
    say_began(g, &id, 1, 1);
    follow(g, 5, &id, false);
    say_printed(g, &id, 0, "kept");
    say_printed(g, &id, 4, "");
    expect_part(g, 5, 0, 0, "kept");
    (void)told(g, 5, 1, MSG_end);
    assert_false(newest_follow(g, 0)->on);
    say_printed(g, &id, 4, "more");
    assert_int_equal(rows_of(g, 5), 2);
}

static void two_readers_each_hear_every_byte_once(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_here(g);
    say_printed(g, &id, 0, "abc");
    expect_part(g, 5, 0, 0, "abc");
    follow(g, 6, &id, true);
    expect_follow(g, 0, true, 0, 0);
    say_printed(g, &id, 3, "d"); /* was on its way: it says nothing of where the new one is */
    expect_follow(g, 0, true, 0, 0);
    expect_part(g, 5, 0, 3, "d");
    say_printed(g, &id, 0, "abcd");
    expect_follow(g, 0, true, 1, 4);
    say_printed(g, &id, 4, "");
    assert_int_equal(rows_of(g, 5), 1);
    expect_part(g, 6, 0, 0, "abcd");
    say_printed(g, &id, 3, "def"); /* a part of it is new to both */
    expect_part(g, 5, 1, 4, "ef");
    expect_part(g, 6, 1, 4, "ef");
    say_printed(g, &id, 100, "far"); /* a gap is shown as one */
    expect_part(g, 5, 2, 100, "far");
}

static void when_the_last_reader_leaves_nobody_prints(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_here(g);
    follow(g, 6, &id, true);
    client_says(g, 5, &(struct msg){.kind = MSG_left, .left.peer = 5});
    assert_int_equal(stage_count(g->stage, ROOM_EXECUTOR, MSG_follow), 0);
    client_says(g, 6, &(struct msg){.kind = MSG_left, .left.peer = 6});
    assert_int_equal(stage_count(g->stage, ROOM_EXECUTOR, MSG_follow), 1);
    assert_false(newest_follow(g, 0)->on);
    say_printed(g, &id, 0, "still"); /* it has not heard */
    assert_int_equal(stage_count(g->stage, ROOM_EXECUTOR, MSG_follow), 2);
    assert_false(newest_follow(g, 0)->on);
}

static void who_greets_anew_follows_and_watches_nothing(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 10, 0);
    say_began(g, &id, 1, 1);
    client_says(g, 5,
                &(struct msg){.kind = MSG_watch, .watch = {.ticket = 55, .job = id, .on = true}});
    follow(g, 5, &id, true);
    stage_pass(g->stage, 1000);
    client_says(
        g, 5,
        &(struct msg){.kind = MSG_hello, .hello = {.ticket = 9, .protocol = PROTOCOL_VERSION}});
    (void)told(g, 5, 0, MSG_welcome);
    assert_false(newest_follow(g, 0)->on);
    say_printed(g, &id, 0, "kept");
    say_outcome(g->facts, &id, 1, TRIAL_DONE, 0.5);
    stage_pass(g->stage, 1000);
    assert_int_equal(rows_of(g, 5), 1); /* the welcome */
}

static void another_attempt_is_read_from_the_disk(void **state) {
    struct gateway_stage *g = *state;
    g->facts->job.job.retry.crash = 3;
    struct job_id id = open_job(g->facts, 1);
    say_outcome(g->facts, &id, 1, TRIAL_CRASHED, 0);
    say_began(g, &id, 1, 2);
    client_says(g, 5,
                &(struct msg){.kind = MSG_read_log,
                              .read_log = {.ticket = 55, .job = id, .slot = 1, .attempt = 1}});
    expect_part(g, 5, 0, 0, "hello");
    (void)told(g, 5, 1, MSG_end);
    assert_int_equal(stage_count(g->stage, ROOM_EXECUTOR, MSG_follow), 0);
}

static void more_readers_than_fit_are_refused(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 10, 0);
    say_began(g, &id, 1, 1);
    for (uint32_t peer = 1; peer <= FOLLOW_READERS; peer++)
        follow(g, peer, &id, true);
    follow(g, 1000, &id, true);
    expect_refused(g, 1000, 1050, ERR_BUSY, "too many follow the output of trials");
    /* nothing was printed yet: that shows whether they are there */
    expect_attempt(g, 7, 0, 0, 0, "");
    expect_attempt(g, FOLLOW_READERS, 0, 0, 0, "");
    client_says(g, 7, &(struct msg){.kind = MSG_left, .left.peer = 7});
    follow(g, 1000, &id, true);
    say_printed(g, &id, 0, "kept");
    expect_part(g, 1000, 0, 0, "kept");
}

/* The executor lost the last word, or the gateway: it is said again for as long as somebody reads. */
static void the_word_is_repeated(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_here(g);
    say_printed(g, &id, 0, "kept");
    stage_forget(g->stage);
    stage_pass(g->stage, LOOK_AGAIN_MS);
    assert_int_equal(stage_count(g->stage, ROOM_EXECUTOR, MSG_follow), 1);
    expect_follow(g, 0, true, 1, 4);
    assert_int_equal(stage_heard(g->stage, ROOM_SCHED, MSG_look, 0)->look.which, true);
    stage_pass(g->stage, LOOK_AGAIN_MS);
    assert_int_equal(stage_count(g->stage, ROOM_EXECUTOR, MSG_follow), 2);
}

static void a_lost_attempt_is_followed_by_the_next(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_here(g);
    say_printed(g, &id, 0, "first run");
    runs_no_more(g, &id, 1);
    tell_running(g, &id, true, ROOM_SCHED, 0);
    printed_by(g, 0,
               &(struct msg_printed){
                   .job = id, .slot = 1, .attempt = 1, .offset = 9, .over = true, .lost = true});
    stage_pass(g->stage, 5 * SEEK_MS);
    assert_int_equal(rows_of(g, 5), 1); /* it waits */
    stage_forget(g->stage);
    say_began(g, &id, 1, 1);
    expect_follow(g, 0, true, 0, 0);
    say_printed(g, &id, 0, "again"); /* the same attempt, from its first byte */
    expect_part(g, 5, 0, 0, "again");
    say_ended(g, &id, 1, 1, 5);
    (void)told(g, 5, 1, MSG_end);
}

/* ---- elsewhere ---- */

static void member_tells(struct gateway_stage *g, uint32_t peer, const struct node_id *id,
                         enum member_state state) {
    stage_tell(g->stage, ROOM_GATEWAY, ROOM_MEMBER, 0,
               &(struct msg){.kind = MSG_node_known,
                             .node_known = {.peer = peer, .node = *id, .state = state}});
}

static void lead(struct gateway_stage *g, uint64_t term, uint32_t peer) {
    stage_tell(g->stage, ROOM_GATEWAY, ROOM_LEADER, 0,
               &(struct msg){.kind = MSG_lead, .lead = {.term = term, .peer = peer}});
}

/* The leader says what runs now. */
static void leader_tells(struct gateway_stage *g, const struct job_id *id) {
    tell_running(g, id, true, ROOM_MEMBER, LEADER);
    board_run(g->stage->board, g->stage->at);
}

static void in_cluster(struct gateway_stage *g) {
    member_tells(g, 0, &g->facts->node.id, MEMBER_ALIVE);
    member_tells(g, LEADER, &leader, MEMBER_ALIVE);
    member_tells(g, WORKER, &worker, MEMBER_ALIVE);
    member_tells(g, OTHER, &other, MEMBER_ALIVE);
    lead(g, 3, LEADER);
}

/* Client 5 follows slot 1, which runs at WORKER and has printed "abc". */
static struct job_id follow_there(struct gateway_stage *g) {
    in_cluster(g);
    struct job_id id = job_with_trials(g, 1, 10, 0);
    runs_at(g, &id, 1, 1, &worker);
    follow(g, 5, &id, true);
    const struct msg *look = stage_heard(g->stage, ROOM_MEMBER, MSG_look, 0);
    assert_true(look->look.which);
    assert_int_equal(stage_count(g->stage, ROOM_MEMBER, MSG_follow), 0); /* where? */
    leader_tells(g, &id);
    expect_follow(g, WORKER, true, 0, 0);
    const struct msg_printed part = {.job = id, .slot = 1, .attempt = 1, .bytes = span_text("abc")};
    printed_by(g, WORKER, &part);
    expect_part(g, 5, 0, 0, "abc");
    expect_follow(g, WORKER, true, 1, 3);
    return id;
}

static void over_at(struct gateway_stage *g, uint32_t node, const struct job_id *id,
                    uint64_t attempt, uint64_t offset) {
    const struct msg_printed m = {
        .job = *id, .slot = 1, .attempt = attempt, .offset = offset, .over = true};
    printed_by(g, node, &m);
}

static void a_trial_elsewhere_is_followed_to_its_end(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_there(g);
    const struct msg_printed lie = {
        .job = id, .slot = 1, .attempt = 1, .offset = 3, .bytes = span_text("lie")};
    printed_by(g, OTHER, &lie); /* who was not asked */
    assert_false(newest_follow(g, OTHER)->on);
    assert_int_equal(rows_of(g, 5), 1);
    over_at(g, OTHER, &id, 1, 3);
    assert_int_equal(rows_of(g, 5), 1);
    over_at(g, WORKER, &id, 1, 3);
    assert_int_equal(told(g, 5, 1, MSG_end)->end.ticket, 55);
}

static void when_its_node_dies_the_next_run_is_followed(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_there(g);
    member_tells(g, WORKER, &worker, MEMBER_DEAD);
    stage_forget(g->stage);
    stage_pass(g->stage, LOOK_MS);
    assert_int_equal(rows_of(g, 5), 0);
    runs_no_more(g, &id, 1);
    runs_at(g, &id, 1, 1, &other);
    leader_tells(g, &id);
    expect_follow(g, OTHER, true, 0, 0);
    printed_by(g, OTHER,
               &(struct msg_printed){.job = id, .slot = 1, .attempt = 1, .bytes = span_text("A")});
    expect_part(g, 5, 0, 0, "A");
    over_at(g, OTHER, &id, 1, 1);
    (void)told(g, 5, 1, MSG_end);
}

/* The leader has given it out again before anybody said that its node is gone. */
static void it_moves_when_the_leader_says_so(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_there(g);
    runs_no_more(g, &id, 1);
    leader_tells(g, &id); /* it runs nowhere, for a moment */
    assert_true(newest_follow(g, WORKER)->on);
    runs_at(g, &id, 1, 2, &g->facts->node.id);
    leader_tells(g, &id);
    assert_false(newest_follow(g, WORKER)->on);
    expect_follow(g, 0, true, 0, 0);
    printed_by(g, 0,
               &(struct msg_printed){.job = id, .slot = 1, .attempt = 2, .bytes = span_text("B")});
    expect_attempt(g, 5, 1, 2, 0, "B");
}

/* The word of its end was lost: the executor knows nothing of it any more, and the store has the rest. */
static void the_rest_comes_from_the_store(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_there(g); /* "abc" of what the store will know as "hello" */
    runs_no_more(g, &id, 1);
    leader_tells(g, &id);
    over_at(g, WORKER, &id, 0, 0);
    stage_forget(g->stage);
    stage_pass(g->stage, SEEK_MS);
    assert_int_equal(rows_of(g, 5), 0);
    say_outcome(g->facts, &id, 1, TRIAL_DONE, 0.5);
    stage_pass(g->stage, SEEK_MS);
    expect_part(g, 5, 0, 3, "lo");
    (void)told(g, 5, 1, MSG_end);
    assert_int_equal(rows_of(g, 5), 2);
}

static void bytes_lost_on_the_way_come_from_the_store(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_there(g);
    runs_no_more(g, &id, 1);
    leader_tells(g, &id);
    say_outcome(g->facts, &id, 1, TRIAL_DONE, 0.5);
    over_at(g, WORKER, &id, 1, 5); /* two more than have come */
    stage_forget(g->stage);
    stage_pass(g->stage, SEEK_MS);
    expect_part(g, 5, 0, 3, "lo");
    (void)told(g, 5, 1, MSG_end);
}

static void the_end_of_the_job_ends_a_search(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_there(g);
    member_tells(g, WORKER, &worker, MEMBER_DEAD);
    stage_forget(g->stage);
    uint8_t memory[512];
    struct buf row = buf_of(memory, sizeof memory);
    ensure(msg_encode(
        &(struct msg){.kind = MSG_job_row, .job_row = {.job = id, .state = JOB_CANCELLED}}, &row));
    stage_tell(g->stage, ROOM_GATEWAY, ROOM_FACTS, 0,
               &(struct msg){.kind = MSG_job_stand, .job_stand.row = buf_view(&row)});
    stage_pass(g->stage, SEEK_MS);
    (void)told(g, 5, 0, MSG_end);
}

/* What the leader says may be older than what its worker said: not asked again and again. */
static void the_same_place_is_not_tried_at_once(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_there(g);
    over_at(g, WORKER, &id, 0, 0);
    stage_forget(g->stage);
    for (int i = 0; i < 10; i++)
        leader_tells(g, &id);
    assert_int_equal(stage_count(g->stage, ROOM_MEMBER, MSG_follow), 0);
    stage_pass(g->stage, SEEK_MS);
    assert_int_equal(stage_count(g->stage, ROOM_MEMBER, MSG_follow), 1);
    expect_follow(g, WORKER, true, 0, 0);
}

/* A node that does not answer keeps nobody who only wanted what was kept. */
static void a_glance_does_not_wait_for_long(void **state) {
    struct gateway_stage *g = *state;
    in_cluster(g);
    struct job_id id = job_with_trials(g, 1, 10, 0);
    runs_at(g, &id, 1, 1, &worker);
    follow(g, 5, &id, false);
    leader_tells(g, &id);
    stage_pass(g->stage, GLANCE_MS);
    assert_int_equal(rows_of(g, 5), 1);
    (void)told(g, 5, 0, MSG_end);
    assert_false(newest_follow(g, WORKER)->on);
}

/* Neither the word of the end nor that of a new run ever comes: the record is enough. */
static void a_record_ends_it_when_no_word_comes(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_there(g);
    runs_no_more(g, &id, 1);
    leader_tells(g, &id);
    stage_forget(g->stage);
    stage_pass(g->stage, LOOK_AGAIN_MS);
    assert_int_equal(rows_of(g, 5), 0); /* not recorded: it may be on its way */
    assert_true(newest_follow(g, WORKER)->on);
    say_outcome(g->facts, &id, 1, TRIAL_DONE, 0.5);
    stage_pass(g->stage, LOOK_AGAIN_MS);
    expect_part(g, 5, 0, 3, "lo");
    (void)told(g, 5, 1, MSG_end);
    assert_false(newest_follow(g, WORKER)->on);
}

/* The leader may say for a while that it runs where nobody is. */
static void nobody_is_asked_who_is_gone(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_there(g);
    member_tells(g, WORKER, &worker, MEMBER_DEAD);
    stage_forget(g->stage);
    for (int i = 0; i < 10; i++) {
        leader_tells(g, &id);
        stage_pass(g->stage, SEEK_MS);
    }
    assert_int_equal(stage_count(g->stage, ROOM_MEMBER, MSG_follow), 0);
}

/* What the leader said a moment ago does not have it: it may have begun since. */
static void a_trial_that_has_just_begun_is_found(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = follow_there(g);
    stage_pass(g->stage, 50);
    const struct msg ask = {.kind = MSG_read_log,
                            .read_log = {.ticket = 56, .job = id, .slot = 2, .follow = true}};
    client_says(g, 6, &ask);
    assert_int_equal(stage_count(g->stage, ROOM_MEMBER, MSG_look), 1);
    assert_int_equal(rows_of(g, 6), 0);
    runs_at(g, &id, 2, 1, &other);
    leader_tells(g, &id);
    const struct msg *m = stage_heard(g->stage, ROOM_MEMBER, MSG_follow, 0);
    assert_int_equal(m->follow.slot, 2);
    client_says(
        g, 7,
        &(struct msg){.kind = MSG_read_log, .read_log = {.ticket = 57, .job = id, .slot = 3}});
    stage_pass(g->stage, 50);
    client_says(
        g, 8,
        &(struct msg){.kind = MSG_read_log, .read_log = {.ticket = 58, .job = id, .slot = 3}});
    leader_tells(g, &id);
    (void)told(g, 8, 0, MSG_end); /* it does not run */
}

/* One that has not begun is waited for, and read where it begins; or its job ends without it. */
static void a_trial_that_has_not_begun_is_waited_for(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 10, 0);
    follow(g, 5, &id, true);
    follow(g, 6, &id, false); /* who does not want to stay has it at once */
    stage_pass(g->stage, 1000);
    assert_int_equal(rows_of(g, 5), 0);
    assert_int_equal(rows_of(g, 6), 1);
    (void)told(g, 6, 0, MSG_end);
    say_began(g, &id, 1, 1);
    stage_pass(g->stage, LOOK_AGAIN_MS);
    say_printed(g, &id, 0, "hel");
    expect_part(g, 5, 0, 0, "hel");
    stage_forget(g->stage);

    struct job_id never = job_with_trials(g, 2, 10, 0);
    follow(g, 7, &never, true);
    stage_pass(g->stage, 1000);
    assert_int_equal(rows_of(g, 7), 0);
    say_admit(g->facts, 9, cancel_bundle(g->facts, &g->facts->user, &never), false);
    stage_pass(g->stage, SEEK_MS);
    assert_int_equal(rows_of(g, 7), 1);
    (void)told(g, 7, 0, MSG_end);
}

static void without_an_answer_of_the_leader_the_store_answers(void **state) {
    struct gateway_stage *g = *state;
    in_cluster(g);
    struct job_id id = job_with_trials(g, 1, 10, 2);
    follow(g, 5, &id, true);
    assert_int_equal(rows_of(g, 5), 0);
    stage_pass(g->stage, 199);
    assert_int_equal(rows_of(g, 5), 0);
    stage_pass(g->stage, 1);
    expect_part(g, 5, 0, 0, "hello");
    (void)told(g, 5, 1, MSG_end);
    lead(g, 0, 0); /* nobody leads: nobody is waited for */
    follow(g, 5, &id, true);
    expect_part(g, 5, 0, 0, "hello");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(output_is_followed_to_its_end),
        STAGED(two_runs_of_one_attempt_are_not_joined),
        STAGED(a_look_ends_with_what_was_kept),
        STAGED(two_readers_each_hear_every_byte_once),
        STAGED(when_the_last_reader_leaves_nobody_prints),
        STAGED(who_greets_anew_follows_and_watches_nothing),
        STAGED(another_attempt_is_read_from_the_disk),
        STAGED(more_readers_than_fit_are_refused),
        STAGED(the_word_is_repeated),
        STAGED(a_lost_attempt_is_followed_by_the_next),
        STAGED(a_trial_elsewhere_is_followed_to_its_end),
        STAGED(when_its_node_dies_the_next_run_is_followed),
        STAGED(it_moves_when_the_leader_says_so),
        STAGED(the_rest_comes_from_the_store),
        STAGED(bytes_lost_on_the_way_come_from_the_store),
        STAGED(the_end_of_the_job_ends_a_search),
        STAGED(the_same_place_is_not_tried_at_once),
        STAGED(a_glance_does_not_wait_for_long),
        STAGED(a_record_ends_it_when_no_word_comes),
        STAGED(nobody_is_asked_who_is_gone),
        STAGED(a_trial_that_has_just_begun_is_found),
        STAGED(a_trial_that_has_not_begun_is_waited_for),
        STAGED(without_an_answer_of_the_leader_the_store_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
