#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/elastic/elastic.h"
#include "actors/member/member.h"
#include "proto/base/mp.h"
#include "tests/lib/stage.h"

enum { SELF = 5, SMALLER = 1, LARGER = 9, IDLE_MS = 30000, LED_MS = 2000, HEARD_MS = 2000 };

enum { REFUSED_MS = 500, GO_MS = 5000, PROMISE_MS = 20000 };

struct fixture {
    struct stage *stage;
    void *memory;
};

static void hear(struct fixture *f, const struct msg *m) {
    stage_tell(f->stage, ROOM_ELASTIC, ROOM_NONE, 0, m);
}

static void know(struct fixture *f, uint8_t id, enum member_state state, bool stores) {
    struct msg m = {.kind = MSG_node_known};
    m.node_known.peer = id == SELF ? 0 : id;
    m.node_known.node = (struct node_id){.bytes = {id}};
    m.node_known.state = state;
    m.node_known.active = state == MEMBER_ALIVE;
    m.node_known.flags = stores ? MEMBER_STORES : 0;
    hear(f, &m);
}

static void working(struct fixture *f, bool on) {
    hear(f, &(struct msg){.kind = MSG_working, .working.running = on ? 1 : 0});
}

/* All of it lies there. */
static void inherited(struct fixture *f, uint64_t lacking, uint8_t heir, uint8_t other) {
    uint8_t memory[8];
    struct buf heirs = buf_of(memory, sizeof memory);
    mp_put_u64(&heirs, heir);
    if (other != 0)
        mp_put_u64(&heirs, other);
    hear(f, &(struct msg){.kind = MSG_handed_over,
                          .handed_over = {.lacking = lacking, .heirs = buf_view(&heirs)}});
}

static void answer(struct fixture *f, uint8_t heir, bool stays) {
    const struct msg *asked = NULL;
    uint32_t asks = stage_count(f->stage, ROOM_MEMBER, MSG_heir_ask);
    if (asks > 0)
        asked = stage_heard(f->stage, ROOM_MEMBER, MSG_heir_ask, asks - 1);
    const struct msg m = {
        .kind = MSG_heir,
        .heir = {.nonce = asked != NULL ? asked->heir_ask.nonce : 0, .stays = stays}};
    stage_tell(f->stage, ROOM_ELASTIC, ROOM_MEMBER, heir, &m);
}

/* ... and who has it says that it stays. */
static void handed_over_to(struct fixture *f, uint64_t lacking, uint8_t heir) {
    inherited(f, lacking, heir, 0);
    answer(f, heir, true);
}

static void handed_over(struct fixture *f, uint64_t lacking) {
    handed_over_to(f, lacking, SMALLER);
}

static void lead(struct fixture *f, uint64_t term) {
    hear(f, &(struct msg){.kind = MSG_lead, .lead.term = term});
}

static void job(struct fixture *f, uint8_t id, bool open) {
    struct msg m = {.kind = open ? MSG_job_open : MSG_job_shut};
    if (open)
        m.job_open.job = (struct job_id){.bytes = {id}};
    else
        m.job_shut.job = (struct job_id){.bytes = {id}};
    hear(f, &m);
}

static void sit(struct fixture *f, const struct elastic_config *config) {
    memset(f->memory, 0, elastic_size());
    struct core core = elastic_core(elastic_init(f->memory, config));
    board_seat_core(f->stage->board, &core);
    stage_forget(f->stage);
    hear(f, &(struct msg){.kind = MSG_start});
}

static void seat(struct fixture *f, dur_ms idle_ms, bool disk_stays) {
    sit(f, &(struct elastic_config){.idle_ms = idle_ms, .disk_stays = disk_stays});
    lead(f, 1);
    know(f, SELF, MEMBER_ALIVE, true);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->stage = stage_new();
    f->memory = calloc(1, elastic_size());
    seat(f, IDLE_MS, false);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    stage_destroy(&f->stage);
    free(f->memory);
    free(f);
    return 0;
}

/* All it said: l leaving, s stays after all, d done, q quit. */
static void expect(const struct fixture *f, const char *words) {
    char memory[16];
    struct buf said = buf_of(memory, sizeof memory);
    for (uint32_t i = 0; i < f->stage->heard_count; i++) {
        const struct heard *h = &f->stage->heard[i];
        if (h->to == ROOM_MEMBER && h->msg.kind == MSG_farewell)
            buf_text(&said, h->msg.farewell.done ? "d" : h->msg.farewell.stay ? "s" : "l");
        if (h->to == ROOM_NODE && h->msg.kind == MSG_quit)
            buf_text(&said, "q");
    }
    buf_zero(&said);
    assert_string_equal(memory, words);
}

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

/* ---- will you stay ---- */

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

#define STAGED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

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
        STAGED(it_goes_only_when_an_heir_stays),
        STAGED(who_is_cut_off_gets_no_answer_and_stays),
        STAGED(a_promise_is_used_at_once_or_not_at_all),
        STAGED(an_heir_that_leaves_is_none),
        STAGED(who_has_promised_stays_until_the_asker_is_gone),
        STAGED(of_two_that_ask_each_other_the_smaller_stays),
        STAGED(who_asks_is_told_how_busy_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
