/* Who looks at a job is told what runs of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/sched/look.h"
#include "tests/unit/actors/sched/sched_stage.h"

static const struct job_id job = {{1}};
static const struct node_id self = {{0x50}}, node_a = {{0xa}}, node_b = {{0xb}};

static void worker(struct fixture *f, uint32_t peer, const struct node_id *node, uint64_t slots) {
    tell(f, &(struct msg){.kind = MSG_worker,
                          .worker = {.peer = peer, .node = *node, .slots = slots}});
}

static void open_job(struct fixture *f, uint64_t trials) {
    open_with(f, trials, &(struct msg_job_open){.job = job});
}

static void proposed(struct fixture *f, uint64_t slot) {
    tell(f, &(struct msg){.kind = MSG_proposed,
                          .proposed = {.job = job, .slot = slot, .config = span_text("c")}});
}

static void ended(struct fixture *f, uint32_t peer, uint64_t slot) {
    stage_tell(f->stage, ROOM_SCHED, ROOM_MEMBER, peer,
               &(struct msg){.kind = MSG_ended, .ended = {.job = job, .slot = slot, .attempt = 1}});
}

static void look(struct fixture *f, uint32_t peer, bool which) {
    stage_tell(f->stage, ROOM_SCHED, peer == 0 ? ROOM_GATEWAY : ROOM_MEMBER, peer,
               &(struct msg){.kind = MSG_look, .look = {.job = job, .which = which}});
}

/* What this looker has been told. */
static uint32_t told(const struct fixture *f, uint32_t peer) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < f->stage->heard_count; i++) {
        const struct heard *h = &f->stage->heard[i];
        count += h->msg.kind == MSG_running && h->peer == peer &&
                 h->to == (peer == 0 ? ROOM_GATEWAY : ROOM_MEMBER);
    }
    return count;
}

static const struct msg_running *newest(const struct fixture *f, uint32_t peer) {
    const struct msg_running *found = NULL;
    for (uint32_t i = 0; i < f->stage->heard_count; i++) {
        const struct heard *h = &f->stage->heard[i];
        if (h->msg.kind == MSG_running && h->peer == peer)
            found = &h->msg.running;
    }
    assert_non_null(found);
    return found;
}

static void expect_trial(struct running_reader *r, const struct node_id *node, uint64_t slot,
                         dur_ms age) {
    struct running_trial t;
    assert_true(running_next(r, &t));
    assert_true(node_id_equal(&t.node, node));
    assert_int_equal(t.slot, slot);
    assert_int_equal(t.attempt, 1);
    assert_int_equal(t.age, age);
}

/* A leader with two workers; slots 0 and 1 run, both at A, which has two places and is the best. */
static void lead_two(struct fixture *f) {
    lead(f, true);
    open_job(f, 3);
    worker(f, A, &node_a, 2);
    proposed(f, 0);
    stage_pass(f->stage, 30);
    proposed(f, 1);
}

static void a_node_alone_answers_itself(void **state) {
    struct fixture *f = *state;
    capacity(f, 1);
    open_job(f, 3);
    look(f, 0, true);
    assert_int_equal(told(f, 0), 1);
    assert_int_equal(newest(f, 0)->count, 0);
    struct running_reader r = running_read(newest(f, 0)->trials);
    struct running_trial t;
    assert_true(newest(f, 0)->trials.len > 0); /* it was asked which: none */
    assert_false(running_next(&r, &t));
    stage_pass(f->stage, LOOK_PAUSE_MS);
    proposed(f, 0);
    assert_int_equal(told(f, 0), 2);
    r = running_read(newest(f, 0)->trials);
    expect_trial(&r, &(struct node_id){{0}}, 0, 0);
}

static void how_many_and_which(void **state) {
    struct fixture *f = *state;
    lead_two(f);
    stage_pass(f->stage, 70);
    look(f, B, false);
    assert_int_equal(newest(f, B)->count, 2);
    assert_int_equal(newest(f, B)->trials.len, 0);
    look(f, 0, true);
    assert_int_equal(newest(f, 0)->count, 2);
    struct running_reader r = running_read(newest(f, 0)->trials);
    expect_trial(&r, &node_a, 0, 100);
    expect_trial(&r, &node_a, 1, 70);
    struct running_trial t;
    assert_false(running_next(&r, &t));
    assert_true(job_id_equal(&newest(f, 0)->job, &job));
}

static void trials_stand_with_their_nodes(void **state) {
    struct fixture *f = *state;
    lead(f, true);
    open_job(f, 3);
    worker(f, 0, &self, 1);
    proposed(f, 0);
    worker(f, A, &node_a, 1);
    proposed(f, 1);
    worker(f, B, &node_b, 1);
    proposed(f, 2);
    look(f, A, true);
    assert_int_equal(newest(f, A)->count, 3);
    struct running_reader r = running_read(newest(f, A)->trials);
    expect_trial(&r, &self, 0, 0);
    expect_trial(&r, &node_a, 1, 0);
    expect_trial(&r, &node_b, 2, 0);
}

/* Ten a second at most; nothing without a change; nothing at all when nobody has looked for LOOK_MS. */
static void changes_are_told_while_somebody_looks(void **state) {
    struct fixture *f = *state;
    lead_two(f);
    look(f, B, true);
    assert_int_equal(told(f, B), 1);
    ended(f, A, 0);
    ended(f, A, 1);
    assert_int_equal(told(f, B), 1); /* not yet again */
    assert_int_equal(board_deadline(f->stage->board), f->stage->at.now + LOOK_PAUSE_MS);
    stage_pass(f->stage, LOOK_PAUSE_MS);
    assert_int_equal(told(f, B), 2);
    assert_int_equal(newest(f, B)->count, 0);
    stage_pass(f->stage, 1000);
    assert_int_equal(told(f, B), 2);
    look(f, B, false);
    assert_int_equal(told(f, B), 3);
    assert_true(newest(f, B)->trials.len > 0); /* which is wanted until its own time is over */
    stage_pass(f->stage, LOOK_MS - LOOK_PAUSE_MS);
    proposed(f, 2);
    assert_int_equal(told(f, B), 4);
    assert_int_equal(newest(f, B)->count, 1);
    assert_int_equal(newest(f, B)->trials.len, 0);
    stage_pass(f->stage, LOOK_PAUSE_MS);
    ended(f, A, 2);
    stage_pass(f->stage, LOOK_MS);
    assert_int_equal(told(f, B), 4);
}

static void many_looks_are_not_many_answers(void **state) {
    struct fixture *f = *state;
    lead_two(f);
    for (int i = 0; i < 1000; i++) {
        look(f, B, true);
        stage_pass(f->stage, 1);
    }
    assert_int_equal(told(f, B), 11); /* one at once, ten in this second */
}

/* A large answer takes its time on the way, so the next one waits longer. */
static void a_long_list_is_told_less_often(void **state) {
    struct fixture *f = *state;
    lead(f, true);
    open_job(f, 1000);
    for (uint32_t peer = A; peer < A + 4; peer++)
        worker(f, peer, &node_a, 250);
    for (uint64_t slot = 0; slot < 1000; slot++)
        proposed(f, slot);
    look(f, B, true);
    assert_int_equal(newest(f, B)->count, 1000);
    size_t len = newest(f, B)->trials.len;
    assert_true(len > LOOK_PAUSE_MS * LOOK_RATE);
    for (uint32_t peer = A; peer < A + 4; peer++)
        ended(f, peer, 0); /* one of them has it */
    stage_pass(f->stage, (dur_ms)len / LOOK_RATE - 1);
    assert_int_equal(told(f, B), 1);
    stage_pass(f->stage, 1);
    assert_int_equal(told(f, B), 2);
}

static void only_the_leader_answers(void **state) {
    struct fixture *f = *state;
    lead_two(f);
    look(f, B, false);
    lead(f, false);
    assert_int_equal(told(f, B), 1);
    look(f, B, false);
    stage_pass(f->stage, LOOK_MS);
    assert_int_equal(told(f, B), 1);
    lead(f, true); /* who looked at the last one looks anew */
    worker(f, A, &node_a, 1);
    open_job(f, 3);
    proposed(f, 0);
    stage_pass(f->stage, 1000);
    assert_int_equal(told(f, B), 1);
}

static void more_lookers_than_fit_are_answered_once(void **state) {
    struct fixture *f = *state;
    lead_two(f);
    for (uint32_t peer = 100; peer <= 100 + LOOKERS; peer++) {
        look(f, peer, false);
        assert_int_equal(told(f, peer), 1);
    }
    for (uint32_t peer = 1001; peer < 1100;
         peer++) { /* those without a place as often as one with */
        look(f, peer, false);
        assert_int_equal(told(f, peer), 0);
    }
    stage_pass(f->stage, LOOK_PAUSE_MS);
    ended(f, A, 0);
    assert_int_equal(told(f, 100), 2);
    assert_int_equal(told(f, 100 + LOOKERS), 1);
    look(f, 1001, false);
    look(f, 1002, false);
    assert_int_equal(told(f, 1001), 1);
    assert_int_equal(told(f, 1002), 0);
    stage_pass(f->stage, LOOK_MS); /* all are forgotten: there is room again */
    look(f, 99, false);
    ended(f, A, 1);
    stage_pass(f->stage, LOOK_PAUSE_MS);
    assert_int_equal(told(f, 99), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(a_node_alone_answers_itself),     STAGED(how_many_and_which),
        STAGED(trials_stand_with_their_nodes),   STAGED(changes_are_told_while_somebody_looks),
        STAGED(many_looks_are_not_many_answers), STAGED(a_long_list_is_told_less_often),
        STAGED(only_the_leader_answers),         STAGED(more_lookers_than_fit_are_answered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
