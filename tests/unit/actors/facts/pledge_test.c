/* Promises wait for other disks, in order, and not for more of them than there are. */
#include "actors/facts/pledge.h"

#include "actors/kit/frame.h"
#include "actors/member/member.h"
#include "proto/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PEERS = 3 };

struct fixture {
    struct logs *logs;
    struct spread *spread;
    struct pledge *pledge;
    struct batch *batch;
    uint64_t tickets;
    struct says out;
    uint8_t said[SAYS_BYTES];
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    ensure(f != NULL);
    f->logs = calloc(1, sizeof *f->logs);
    f->spread = calloc(1, sizeof *f->spread);
    f->pledge = calloc(1, sizeof *f->pledge);
    f->batch = calloc(1, sizeof *f->batch);
    ensure(f->logs != NULL && f->spread != NULL && f->pledge != NULL && f->batch != NULL);
    f->batch->after =
        (struct says){.frames = buf_of(f->batch->after_memory, sizeof f->batch->after_memory),
                      .from = ROOM_FACTS};
    f->out = (struct says){.frames = buf_of(f->said, sizeof f->said), .from = ROOM_FACTS};
    spread_init(f->spread, f->logs, &f->tickets);
    for (uint8_t i = 0; i < 2; i++)
        logs_get(f->logs, &(struct node_id){{i}}, 1, false)->synced = 1000000;
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    free(f->logs);
    free(f->spread);
    free(f->pledge);
    free(f->batch);
    free(f);
    return 0;
}

static void know(struct fixture *f, uint32_t peer, enum member_state state) {
    spread_known(f->spread,
                 &(struct msg_node_known){.peer = peer,
                                          .state = state,
                                          .active = state == MEMBER_ALIVE,
                                          .neighbour = state == MEMBER_ALIVE,
                                          .flags = MEMBER_STORES},
                 0);
}

/* This peer has synced the log so far. */
static void has(struct fixture *f, uint32_t peer, uint32_t log, uint64_t next) {
    spread_neighbour(f->spread, peer)->next[log] = next;
}

static void promise(struct fixture *f, uint64_t number, uint32_t copies, uint32_t log,
                    uint64_t next) {
    buf_clear(&f->batch->after.frames);
    say_to(&f->batch->after, ROOM_GATEWAY, 0,
           &(struct msg){.kind = MSG_saved, .saved.ticket = number});
    f->batch->copies = copies;
    f->batch->marks_count = 1;
    f->batch->marks[0] = (struct mark){.log = log, .next = next};
    pledge_add(f->pledge, number, f->batch);
}

/* What is said now: batches from..to, and nothing when to is 0. */
static void expect_said(struct fixture *f, uint64_t from, uint64_t to) {
    buf_clear(&f->out.frames);
    assert_true(to == 0 || !pledge_has_said(f->pledge, from));
    pledge_keep(f->pledge, f->spread, &f->out);
    assert_true(to == 0 || pledge_has_said(f->pledge, to));
    struct span rest = buf_view(&f->out.frames);
    for (uint64_t number = from; to > 0 && number <= to; number++) {
        struct msg m;
        struct err err;
        assert_true(rest.len > 0 && msg_decode(&m, frame_take(&rest).message, &err));
        assert_int_equal(m.saved.ticket, number);
    }
    assert_int_equal(rest.len, 0);
}

static void alone_a_promise_is_kept_at_once(void **state) {
    struct fixture *f = *state;
    promise(f, 1, 5, 0, 10);
    promise(f, 2, 0, 0, 11);
    assert_true(pledge_ready(f->pledge, f->spread));
    expect_said(f, 1, 2);
    assert_false(pledge_ready(f->pledge, f->spread));
    expect_said(f, 0, 0);
}

static void so_many_disks_are_wanted_as_the_job_says(void **state) {
    struct fixture *f = *state;
    for (uint32_t peer = 1; peer <= PEERS; peer++)
        know(f, peer, MEMBER_ALIVE);
    promise(f, 1, 3, 0, 10);
    expect_said(f, 0, 0);
    has(f, 1, 0, 10);
    expect_said(f, 0, 0);
    has(f, 2, 0, 9);
    expect_said(f, 0, 0);
    has(f, 3, 1, 10); /* of another log */
    expect_said(f, 0, 0);
    has(f, 2, 0, 12);
    expect_said(f, 1, 1);
}

static void promises_are_said_in_order(void **state) {
    struct fixture *f = *state;
    know(f, 1, MEMBER_ALIVE);
    promise(f, 1, 2, 0, 10);
    promise(f, 2, 1, 0, 11); /* could be said, but not before the first */
    promise(f, 3, 2, 1, 5);
    expect_said(f, 0, 0);
    has(f, 1, 1, 5);
    expect_said(f, 0, 0);
    has(f, 1, 0, 10);
    expect_said(f, 1, 3);
}

static void each_log_of_a_batch_must_lie_there(void **state) {
    struct fixture *f = *state;
    know(f, 1, MEMBER_ALIVE);
    know(f, 2, MEMBER_ALIVE);
    buf_clear(&f->batch->after.frames);
    say_to(&f->batch->after, ROOM_GATEWAY, 0, &(struct msg){.kind = MSG_saved, .saved.ticket = 1});
    f->batch->copies = 2;
    f->batch->marks_count = 2;
    f->batch->marks[0] = (struct mark){.log = 0, .next = 10};
    f->batch->marks[1] = (struct mark){.log = 1, .next = 20};
    pledge_add(f->pledge, 1, f->batch);
    has(f, 1, 0, 10);
    expect_said(f, 0, 0);
    has(f, 2, 1, 20); /* on two disks each, if not on the same two */
    expect_said(f, 1, 1);
}

static void who_goes_lowers_what_is_wanted(void **state) {
    struct fixture *f = *state;
    know(f, 1, MEMBER_ALIVE);
    know(f, 2, MEMBER_ALIVE);
    promise(f, 1, 3, 0, 10);
    has(f, 1, 0, 10);
    expect_said(f, 0, 0);
    know(f, 2, MEMBER_UNREACHABLE);
    expect_said(f, 1, 1);
    promise(f, 2, 3, 0, 11);
    expect_said(f, 0, 0);
    know(f, 1, MEMBER_DEAD);
    expect_said(f, 2, 2);
}

static void what_was_found_at_the_start_lies_there_first(void **state) {
    struct fixture *f = *state;
    f->logs->items[0].found = 20;
    f->logs->items[1].found = 30;
    know(f, 1, MEMBER_ALIVE);
    know(f, 2, MEMBER_ALIVE);
    has(f, 1, 0, 19);
    promise(f, 1, 1, 0, 10); /* of the own disk alone */
    promise(f, 2, 2, 0, 10);
    promise(f, 3, 2, 0, 10);
    promise(f, 4, 3, 0, 10);
    expect_said(f, 1, 1);
    has(f, 1, 0, 20);
    expect_said(f, 0, 0);
    has(f, 2, 1, 29);
    expect_said(f, 0, 0);
    has(f, 2, 1, 30); /* not the same disk for both */
    expect_said(f, 2, 3);
    has(f, 2, 0, 20);
    expect_said(f, 0, 0); /* on three of three */
    know(f, 1, MEMBER_UNREACHABLE);
    expect_said(f, 4, 4);
    promise(f, 5, 3, 0, 0);
    expect_said(f, 5, 5);
}

/* Who asks again for what was found is promised the disks that are there now, not those that were. */
static void what_was_found_lies_there_anew_when_others_hold(void **state) {
    struct fixture *f = *state;
    f->logs->items[0].found = 20;
    promise(f, 1, 2, 1, 0); /* alone */
    expect_said(f, 1, 1);
    know(f, 1, MEMBER_ALIVE);
    promise(f, 2, 1, 1, 0);
    promise(f, 3, 2, 1, 0);
    expect_said(f, 2, 2); /* that of one copy proves nothing about two */
    has(f, 1, 0, 20);
    expect_said(f, 3, 3);
    know(f, 2, MEMBER_ALIVE);
    promise(f, 4, 2, 1, 0); /* it still lies on two */
    expect_said(f, 4, 4);
    know(f, 1, MEMBER_UNREACHABLE); /* and now on one of two */
    promise(f, 5, 2, 1, 0);
    expect_said(f, 0, 0);
    has(f, 2, 0, 20);
    expect_said(f, 5, 5);
    know(f, 0, MEMBER_LEAVING); /* this disk does not stay: one of one */
    promise(f, 6, 2, 1, 0);
    expect_said(f, 6, 6);
    know(f, 1, MEMBER_ALIVE);
    promise(f, 7, 2, 1, 0);
    expect_said(f, 0, 0);
    has(f, 1, 0, 20);
    expect_said(f, 7, 7);
}

static void the_queue_tells_when_it_is_full(void **state) {
    struct fixture *f = *state;
    know(f, 1, MEMBER_ALIVE);
    uint64_t number = 0;
    while (!pledge_holds(f->pledge))
        number++, promise(f, number, 2, 0, number);
    assert_false(pledge_full(f->pledge));
    while (!pledge_full(f->pledge))
        number++, promise(f, number, 2, 0, number);
    assert_int_equal(number, PLEDGE_PROMISES);
    has(f, 1, 0, number / 2);
    expect_said(f, 1, number / 2);
    assert_false(pledge_full(f->pledge));
    for (uint64_t more = 1; more <= number / 2; more++) /* around the ring */
        promise(f, number + more, 2, 0, number + more);
    has(f, 1, 0, 2 * number);
    expect_said(f, number / 2 + 1, number + number / 2);
    assert_false(pledge_holds(f->pledge));
}

static void large_promises_are_said_over_several_steps(void **state) {
    struct fixture *f = *state;
    static uint8_t blob[200000];
    know(f, 1, MEMBER_ALIVE);
    uint64_t number = 0, said = 0;
    while (!pledge_full(f->pledge)) {
        buf_clear(&f->batch->after.frames);
        say_to(&f->batch->after, ROOM_GATEWAY, 0,
               &(struct msg){.kind = MSG_job_stand, .job_stand.row = span_of(blob, sizeof blob)});
        f->batch->copies = 2;
        f->batch->marks_count = 1;
        f->batch->marks[0] = (struct mark){.log = 0, .next = 50};
        pledge_add(f->pledge, ++number, f->batch);
    }
    has(f, 1, 0, 50);
    while (pledge_ready(f->pledge, f->spread)) {
        buf_clear(&f->out.frames);
        pledge_keep(f->pledge, f->spread, &f->out);
        assert_true(pledge_has_said(f->pledge, said + 1));
        assert_true(f->out.frames.len <= PLEDGE_SAY_BYTES + sizeof blob + 64);
        while (said < number && pledge_has_said(f->pledge, said + 1))
            said++;
    }
    assert_int_equal(said, number);
}

#define FIXED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        FIXED(alone_a_promise_is_kept_at_once),
        FIXED(so_many_disks_are_wanted_as_the_job_says),
        FIXED(promises_are_said_in_order),
        FIXED(each_log_of_a_batch_must_lie_there),
        FIXED(who_goes_lowers_what_is_wanted),
        FIXED(what_was_found_at_the_start_lies_there_first),
        FIXED(what_was_found_lies_there_anew_when_others_hold),
        FIXED(the_queue_tells_when_it_is_full),
        FIXED(large_promises_are_said_over_several_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
