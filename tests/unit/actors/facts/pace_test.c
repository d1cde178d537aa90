/* When what has gathered goes to the disk: at once where somebody waits for it, later where nobody does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/facts/authors.h"

/* PEER leads, OTHER_PEER is there: of two copies none need lie here. */
static int set_up(void **state) {
    struct facts_stage *f = facts_stage_new();
    f->clustered = true;
    facts_stage_boot(f, 1, true);
    know(f, PEER, MEMBER_ALIVE);
    know(f, OTHER_PEER, MEMBER_ALIVE);
    know(f, 0, MEMBER_ALIVE);
    lead(f, false);
    f->patient = false;
    stage_pass(f->stage, 1000);
    stage_forget(f->stage);
    f->stage->slow = true;
    *state = f;
    return 0;
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, set_up, facts_tear_down)

static uint64_t saves(struct facts_stage *f) {
    return stage_count(f->stage, ROOM_STORE, MSG_save);
}

static void what_nobody_waits_for_gathers(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    const struct job_id id = hear_job(f, a, 1); /* GATHER_MS have passed */
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), 1);
    hear_fact(f, a, result_of(&id, 1, 1, TRIAL_DONE, 0.5));
    stage_pass(f->stage, FACTS_LAZY_MS - 2 * GATHER_MS - 1);
    assert_int_equal(saves(f), 0);
    stage_pass(f->stage, 1);
    assert_int_equal(saves(f), 1);
    assert_true(stage_save(f->stage));
    assert_int_equal(stored_row(f, &id).done, 1);
    stage_pass(f->stage, 1000);
    assert_int_equal(saves(f), 1);
}

/* Of four copies one must lie here: the leader waits for it before it answers. */
static void a_job_that_wants_this_disk_does_not_gather(void **state) {
    struct facts_stage *f = *state;
    struct facts *facts = f->memory;
    struct author *a = author_new(f, 40);
    f->job.job.copies = 4;
    facts->autorun = false; /* it finds no seat: opening it here would hurry */
    const struct job_id id = hear_job(f, a, 1);
    assert_int_equal(saves(f), 1);
    assert_true(stage_save(f->stage));
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
}

static void what_this_node_signs_takes_it_along(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    const struct job_id id = hear_job(f, a, 1);
    assert_int_equal(saves(f), 0);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.5);
    assert_int_equal(saves(f), 1);
    assert_true(stage_save(f->stage));
    assert_int_equal(stored_row(f, &id).done, 1);
}

static void a_client_that_asked_here_does_not_wait(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    const struct job_id id = hear_job(f, a, 1);
    say_want(f, 8, &id);
    assert_int_equal(saves(f), 1); /* the errand before it waited for that */
    assert_true(stage_save(f->stage));
    expect_answer(f, 8, ERR_NONE, "");
    hear_fact(f, a, result_of(&id, 1, 1, TRIAL_DONE, 0.5));
    assert_int_equal(saves(f), 2);
}

static void a_leader_and_one_that_leaves_do_not_wait(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    lead(f, true);
    (void)hear_job(f, a, 1);
    assert_int_equal(saves(f), 1);
    assert_true(stage_save(f->stage));
    lead(f, false);
    f->patient = false;
    know(f, 0, MEMBER_LEAVING);
    (void)hear_job(f, a, 2);
    assert_int_equal(saves(f), 2);
}

static void much_does_not_wait(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    static char text[2000];
    memset(text, 'x', sizeof text);
    const struct job_id id = hear_job(f, a, 1);
    const struct msg printed = {.kind = MSG_log_fact,
                                .log_fact = {.job = id,
                                             .slot = 1,
                                             .attempt = 1,
                                             .bytes = sizeof text,
                                             .head = span_of((const uint8_t *)text, sizeof text)}};
    for (uint32_t i = 0; i < 10; i++)
        hear_fact(f, a, printed);
    assert_int_equal(saves(f), 0);
    for (uint32_t i = 0; i < 8; i++) /* each is kept twice, in its bundle and as a row */
        hear_fact(f, a, printed);
    assert_int_equal(saves(f), 1);
}

static bool awaited(uint8_t self, uint8_t leader, uint8_t author, uint32_t copies) {
    static struct spread s;
    static const uint8_t others[] = {10, 20, 30, 40};
    s = (struct spread){.holders_count = 0};
    for (uint32_t i = 0; i < 4; i++) {
        if (others[i] != self)
            s.holders[s.holders_count++].node = peer_id(others[i]);
    }
    const struct node_id me = peer_id(self), leads = peer_id(leader), signs = peer_id(author);
    return spread_is_awaited(&s, &me, leader == 0 ? NULL : &leads, &signs, copies);
}

static void after_author_and_leader_come_those_that_follow(void **state) {
    (void)state;
    assert_true(awaited(10, 10, 20, 2)); /* it leads */
    assert_true(awaited(10, 10, 20, 1));
    assert_false(awaited(30, 10, 20, 2)); /* the leader's is the second */
    assert_true(awaited(30, 10, 20, 3));
    assert_false(awaited(40, 10, 20, 3));
    assert_true(awaited(40, 10, 20, 4));
    assert_true(awaited(30, 0, 20, 2)); /* nobody leads */
    assert_false(awaited(40, 0, 20, 2));
    assert_true(awaited(10, 0, 40, 2)); /* around the ring */
    assert_false(awaited(20, 0, 40, 2));
    assert_true(awaited(30, 20, 20, 2)); /* the leader has signed it */
    assert_false(awaited(40, 20, 20, 2));
    assert_false(awaited(10, 99, 5, 1)); /* one that leaves leads, one that is gone has signed it */
    assert_true(awaited(10, 99, 5, 2));
    assert_false(awaited(20, 99, 5, 2));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(what_nobody_waits_for_gathers),
        STAGED(a_job_that_wants_this_disk_does_not_gather),
        STAGED(what_this_node_signs_takes_it_along),
        STAGED(a_client_that_asked_here_does_not_wait),
        STAGED(a_leader_and_one_that_leaves_do_not_wait),
        STAGED(much_does_not_wait),
        cmocka_unit_test(after_author_and_leader_come_those_that_follow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
