/* What a trial prints, told to those who follow it: one part at a time to each. */
#include "actors/executor/followers.h"
#include "actors/kit/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PEER = 7, SAID_MAX = 600 };

static struct followers followers;
static struct trial trial;
static const struct job_id job = {{1}};
static uint8_t frames[SAYS_BYTES];
static struct says says;
static struct said {
    enum room to;
    uint32_t peer;
    struct msg_printed printed;
} said[SAID_MAX];
static uint32_t said_count;
static when_ms now;

static void begin(void) {
    says = (struct says){.frames = buf_of(frames, sizeof frames), .from = ROOM_EXECUTOR};
}

static void hear_said(void) {
    struct span rest = buf_view(&says.frames);
    said_count = 0;
    while (rest.len > 0) {
        struct frame frame = frame_take(&rest);
        struct msg m;
        struct err err;
        assert_true(said_count < SAID_MAX);
        assert_true(msg_decode(&m, frame.message, &err));
        assert_int_equal(m.kind, MSG_printed);
        said[said_count++] =
            (struct said){.to = frame.to, .peer = frame.peer, .printed = m.printed};
    }
}

static struct followed what(void) {
    return (struct followed){.trial = &trial, .job = &job};
}

static void follow(uint32_t peer, bool on, uint64_t attempt, uint64_t offset) {
    const struct followed it = what();
    const struct msg_follow m = {
        .job = job, .slot = 3, .on = on, .attempt = attempt, .offset = offset};
    begin();
    followers_hear(&followers, peer, &m, &it, now, &says);
    hear_said();
}

static void print(const char *text) {
    const struct followed it = what();
    printout_add(&trial.printout, span_text(text));
    begin();
    followers_printed(&followers, &it, now, &says);
    hear_said();
}

static void print_much(size_t bytes) {
    static char text[1000001];
    memset(text, 'x', bytes);
    text[bytes] = '\0';
    print(text);
}

static void over(bool lost) {
    const struct followed it = what();
    begin();
    followers_over(&followers, &it, lost, &says);
    hear_said();
}

static void expect(uint32_t index, uint32_t peer, uint64_t offset, size_t len) {
    assert_true(index < said_count);
    const struct said *s = &said[index];
    assert_int_equal(s->to, peer == 0 ? ROOM_GATEWAY : ROOM_MEMBER);
    assert_int_equal(s->peer, peer);
    assert_true(job_id_equal(&s->printed.job, &job));
    assert_int_equal(s->printed.slot, 3);
    assert_int_equal(s->printed.attempt, 2);
    assert_int_equal(s->printed.offset, offset);
    assert_int_equal(s->printed.bytes.len, len);
    assert_false(s->printed.over);
}

static void expect_over(uint32_t index, uint32_t peer, uint64_t offset, bool lost) {
    assert_true(index < said_count);
    assert_int_equal(said[index].peer, peer);
    assert_true(said[index].printed.over);
    assert_int_equal(said[index].printed.offset, offset);
    assert_int_equal(said[index].printed.lost, lost);
}

static int set_up(void **state) {
    (void)state;
    memset(&followers, 0, sizeof followers);
    trial = (struct trial){.life = LIFE_RUNNING, .run = 5, .slot = 3, .attempt = 2};
    now = 1000;
    return 0;
}

static void the_kept_then_what_comes(void **state) {
    (void)state;
    print("one");
    assert_int_equal(said_count, 0);
    follow(PEER, true, 0, 0);
    assert_int_equal(said_count, 1);
    expect(0, PEER, 0, 3);
    follow(PEER, true, 2, 3);
    assert_int_equal(said_count, 1);
    expect(0, PEER, 3, 0); /* that was all */
    print("two");
    expect(0, PEER, 3, 3);
    over(false);
    assert_int_equal(said_count, 1);
    expect_over(0, PEER, 6, false);
    over(false); /* forgotten */
    assert_int_equal(said_count, 0);
}

static void a_trial_that_has_printed_nothing_says_so(void **state) {
    (void)state;
    follow(0, true, 0, 0);
    assert_int_equal(said_count, 1);
    expect(0, 0, 0, 0);
    print("first");
    expect(0, 0, 0, 5);
}

/* However fast it prints, one part is on its way; what was printed meanwhile is one part too. */
static void one_part_at_a_time(void **state) {
    (void)state;
    follow(PEER, true, 0, 0);
    print("a");
    assert_int_equal(said_count, 1);
    for (int i = 0; i < 100; i++) {
        print("b");
        assert_int_equal(said_count, 0);
    }
    follow(PEER, true, 2, 1);
    assert_int_equal(said_count, 1);
    expect(0, PEER, 1, 100);
}

static void what_is_not_kept_is_jumped_over(void **state) {
    (void)state;
    follow(PEER, true, 0, 0);
    print("a");
    print_much(200000);
    follow(PEER, true, 2, 1);
    expect(0, PEER, 1, LIMIT_LOG_HEAD_BYTES - 1);
    follow(PEER, true, 2, LIMIT_LOG_HEAD_BYTES);
    expect(0, PEER, 200001 - LIMIT_LOG_TAIL_BYTES, LIMIT_LOG_TAIL_BYTES);
    follow(PEER, true, 2, 200001);
    assert_int_equal(said_count, 0);
}

/* A part was lost: the follower says again where it is. What makes no sense is the end. */
static void it_goes_on_from_where_the_follower_is(void **state) {
    (void)state;
    follow(PEER, true, 0, 0);
    print("abcdef");
    follow(PEER, true, 2, 4);
    expect(0, PEER, 4, 2);
    follow(PEER, true, 2, UINT64_MAX);
    assert_int_equal(said_count, 0);
    print("g");
    expect(0, PEER, 6, 1);
    follow(PEER, true, 1, 7); /* of an earlier attempt: it knows nothing of this one */
    expect(0, PEER, 0, 7);
}

/* The empty part comes for what was there when it began, not for what is printed meanwhile. */
static void anew_means_from_the_first_byte(void **state) {
    (void)state;
    print("abc");
    follow(0, true, 0, 0);
    print("def");
    follow(0, true, 2, 3);
    assert_int_equal(said_count, 2);
    expect(0, 0, 3, 0);
    expect(1, 0, 3, 3);
    follow(0, true, 2, 6);
    assert_int_equal(said_count, 0);
    follow(0, true, 0, 0); /* a second reader of the same gateway */
    expect(0, 0, 0, 6);
    follow(0, true, 2, 6);
    expect(0, 0, 6, 0);
}

static void each_follower_at_its_own_pace(void **state) {
    (void)state;
    follow(0, true, 0, 0);
    follow(PEER, true, 0, 0);
    print("abc");
    assert_int_equal(said_count, 2);
    expect(0, 0, 0, 3);
    expect(1, PEER, 0, 3);
    follow(0, true, 2, 3);
    print("def");
    assert_int_equal(said_count, 1);
    expect(0, 0, 3, 3);
    follow(PEER, false, 2, 3);
    over(true);
    assert_int_equal(said_count, 1);
    expect_over(0, 0, 6, true);
}

static void the_end_says_the_rest(void **state) {
    (void)state;
    follow(PEER, true, 0, 0);
    print("abc");
    print_much(100000);
    over(false);
    assert_int_equal(said_count, 3);
    expect(0, PEER, 3, LIMIT_LOG_HEAD_BYTES - 3);
    expect(1, PEER, 100003 - LIMIT_LOG_TAIL_BYTES, LIMIT_LOG_TAIL_BYTES);
    expect_over(2, PEER, 100003, false);
}

static void who_says_nothing_is_forgotten(void **state) {
    (void)state;
    follow(PEER, true, 0, 0);
    now += FOLLOW_MS;
    print("abc");
    assert_int_equal(said_count, 0);
    follow(PEER, true, 2, 0); /* it was only slow */
    expect(0, PEER, 0, 3);
}

static void what_does_not_run_here_is_over(void **state) {
    (void)state;
    const struct followed none = {.job = &job};
    const struct msg_follow m = {.job = job, .slot = 4, .on = true, .attempt = 1};
    begin();
    followers_hear(&followers, PEER, &m, &none, now, &says);
    hear_said();
    assert_int_equal(said_count, 1);
    assert_int_equal(said[0].to, ROOM_MEMBER);
    assert_int_equal(said[0].printed.slot, 4);
    assert_int_equal(said[0].printed.attempt, 0);
    assert_true(said[0].printed.over && !said[0].printed.lost);
    follow(PEER, false, 0, 0); /* who was never there */
    assert_int_equal(said_count, 0);
}

static void more_than_fit_wait_for_room(void **state) {
    (void)state;
    for (uint32_t peer = 1; peer <= FOLLOWERS; peer++) {
        follow(peer, true, 0, 0);
        assert_int_equal(said_count, 1);
    }
    follow(1000, true, 0, 0);
    assert_int_equal(said_count, 0);
    print("abc");
    assert_int_equal(said_count, FOLLOWERS);
    follow(9, false, 0, 0);
    follow(1000, true, 0, 0);
    expect(0, 1000, 0, 3);
}

/* However many follow, the end fits a step: bytes may be missing then, the word does not. */
static void the_end_reaches_everybody(void **state) {
    (void)state;
    for (uint32_t peer = 1; peer <= FOLLOWERS; peer++)
        follow(peer, true, 0, 0);
    print("a");
    print_much(1000000);
    over(false);
    uint32_t overs = 0;
    for (uint32_t i = 0; i < said_count; i++)
        overs += said[i].printed.over;
    assert_int_equal(overs, FOLLOWERS);
    assert_true(says.frames.cap - says.frames.len > 3 * LIMIT_FRAME_BYTES);
}

#define FRESH(test) cmocka_unit_test_setup(test, set_up)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(the_kept_then_what_comes),
        FRESH(a_trial_that_has_printed_nothing_says_so),
        FRESH(one_part_at_a_time),
        FRESH(what_is_not_kept_is_jumped_over),
        FRESH(it_goes_on_from_where_the_follower_is),
        FRESH(anew_means_from_the_first_byte),
        FRESH(each_follower_at_its_own_pace),
        FRESH(the_end_says_the_rest),
        FRESH(who_says_nothing_is_forgotten),
        FRESH(what_does_not_run_here_is_over),
        FRESH(more_than_fit_wait_for_room),
        FRESH(the_end_reaches_everybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
