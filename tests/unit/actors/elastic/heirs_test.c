#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/elastic/elastic_stage.h"

/* Who leaves asks the heirs of what it holds whether they stay. */

static uint32_t asks(const struct fixture *f) {
    return stage_count(f->stage, ROOM_MEMBER, MSG_heir_ask);
}

/* To whom the last question went. */
static uint32_t asked(const struct fixture *f) {
    uint32_t peer = 0;
    for (uint32_t i = 0; i < f->stage->heard_count; i++) {
        if (f->stage->heard[i].msg.kind == MSG_heir_ask)
            peer = f->stage->heard[i].peer;
    }
    return peer;
}

/* What it answers when that one asks; whatever it says besides has been looked at. */
static bool would_stay(struct fixture *f, uint8_t asker) {
    const struct msg question = {.kind = MSG_heir_ask, .heir_ask.nonce = 88};
    uint32_t before = stage_count(f->stage, ROOM_MEMBER, MSG_heir);
    stage_tell(f->stage, ROOM_ELASTIC, ROOM_MEMBER, asker, &question);
    assert_int_equal(stage_count(f->stage, ROOM_MEMBER, MSG_heir), before + 1);
    const struct msg *m = stage_heard(f->stage, ROOM_MEMBER, MSG_heir, before);
    assert_int_equal(m->heir.nonce, 88);
    return m->heir.stays;
}

static void it_goes_only_when_an_heir_stays(void **state) {
    struct fixture *f = *state;
    know(f, SMALLER, MEMBER_ALIVE, true);
    know(f, LARGER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS);
    inherited(f, 1, LARGER, SMALLER); /* one more lacks something: nobody is asked */
    assert_int_equal(asks(f), 0);
    inherited(f, 0, LARGER, SMALLER);
    assert_int_equal(asks(f), 1);
    assert_int_equal(asked(f), LARGER);
    stage_pass(f->stage, HEARD_MS);
    assert_int_equal(asks(f), 2); /* no answer: the next one */
    assert_int_equal(asked(f), SMALLER);
    expect(f, "l");
    answer(f, LARGER, true); /* late, and not who was asked */
    expect(f, "l");
    answer(f, SMALLER, false);
    stage_pass(f->stage, REFUSED_MS - 1);
    assert_int_equal(asks(f), 2);
    stage_pass(f->stage, 1);
    assert_int_equal(asked(f), LARGER);
    answer(f, LARGER, true);
    expect(f, "ldq");
}

static void who_is_cut_off_gets_no_answer_and_stays(void **state) {
    struct fixture *f = *state;
    know(f, LARGER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS);
    inherited(f, 0, LARGER, 0);
    for (int i = 0; i < 29; i++)
        stage_pass(f->stage, 2000);
    stage_pass(f->stage, 1999);
    expect(f, "l");
    assert_int_equal(asks(f), 30);
    stage_pass(f->stage, 1);
    expect(f, "ls");
}

static void a_promise_is_used_at_once_or_not_at_all(void **state) {
    struct fixture *f = *state;
    know(f, SMALLER, MEMBER_ALIVE, true);
    know(f, LARGER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS);
    inherited(f, 0, LARGER, SMALLER);
    answer(f, LARGER, true);
    inherited(f, 1, SMALLER, 0); /* a fact has come that it lacks */
    inherited(f, 0, SMALLER, 0);
    stage_pass(f->stage, HEARD_MS - 1);
    assert_int_equal(asked(f), SMALLER);
    answer(f, SMALLER, true);
    expect(f, "l");
    f->stage->at.now += GO_MS; /* it was held up: the promise may have lapsed */
    working(f, false);
    expect(f, "l");
    assert_int_equal(asks(f), 3);
    answer(f, SMALLER, true);
    expect(f, "ldq");
}

static void an_heir_that_leaves_is_none(void **state) {
    struct fixture *f = *state;
    know(f, SMALLER, MEMBER_ALIVE, true);
    know(f, LARGER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS);
    inherited(f, 0, LARGER, SMALLER);
    answer(f, LARGER, true);
    know(f, LARGER, MEMBER_LEAVING, true);
    stage_pass(f->stage, HEARD_MS);
    expect(f, "l");
    assert_int_equal(asked(f), SMALLER);
}

static void who_has_promised_stays_until_the_asker_is_gone(void **state) {
    struct fixture *f = *state;
    know(f, SMALLER, MEMBER_ALIVE, true);
    know(f, LARGER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS - 1);
    assert_true(would_stay(f, SMALLER));
    stage_pass(f->stage, PROMISE_MS - 1);
    expect(f, "");
    stage_pass(f->stage, 1); /* it lapses */
    expect(f, "l");
    seat(f, IDLE_MS, false);
    know(f, SMALLER, MEMBER_ALIVE, true);
    know(f, LARGER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS - 1);
    assert_true(would_stay(f, SMALLER));
    stage_pass(f->stage, 1000);
    know(f, SMALLER, MEMBER_LEFT, true);
    expect(f, "l");
    uint32_t answers = stage_count(f->stage, ROOM_MEMBER, MSG_heir);
    stage_tell(f->stage, ROOM_ELASTIC, ROOM_MEMBER, 77,
               &(struct msg){.kind = MSG_heir_ask}); /* nobody that is known */
    assert_int_equal(stage_count(f->stage, ROOM_MEMBER, MSG_heir), answers);
}

static void of_two_that_ask_each_other_the_smaller_stays(void **state) {
    struct fixture *f = *state;
    know(f, SMALLER, MEMBER_ALIVE, true);
    know(f, LARGER, MEMBER_ALIVE, true);
    stage_pass(f->stage, IDLE_MS);
    inherited(f, 0, SMALLER, 0);
    assert_false(would_stay(f, SMALLER));
    expect(f, "l");
    assert_true(would_stay(f, LARGER));
    expect(f, "ls");
    answer(f, SMALLER, true); /* of a departure that is over */
    stage_pass(f->stage, HEARD_MS);
    expect(f, "ls");
    hear(f, &(struct msg){.kind = MSG_quit});
    assert_false(would_stay(f, LARGER)); /* a person wants it to end */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(it_goes_only_when_an_heir_stays),
        STAGED(who_is_cut_off_gets_no_answer_and_stays),
        STAGED(a_promise_is_used_at_once_or_not_at_all),
        STAGED(an_heir_that_leaves_is_none),
        STAGED(who_has_promised_stays_until_the_asker_is_gone),
        STAGED(of_two_that_ask_each_other_the_smaller_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
