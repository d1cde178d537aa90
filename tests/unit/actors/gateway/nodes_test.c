#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/gateway/gateway.h"
#include "actors/gateway/nodes.h"
#include "actors/member/member.h"
#include "tests/lib/seated.h"

#include <stdio.h>

enum { CLIENT = 41, OTHER_CLIENT = 42, TICKET = 7 };

static int set_up(void **state) {
    struct fixture *f = fixture_new(gateway_size());
    const struct gateway_config config = {.version = "9.9"};
    struct core core = gateway_core(gateway_init(f->memory, &config));
    board_seat_core(f->stage->board, &core);
    *state = f;
    return 0;
}

static void know(struct fixture *f, uint64_t peer, enum member_state state) {
    char name[16];
    uint8_t curve[32];
    snprintf(name, sizeof name, "node-%u", (unsigned)peer);
    memset(curve, (int)peer, sizeof curve);
    struct msg m = {.kind = MSG_node_known};
    m.node_known.peer = peer;
    m.node_known.node = (struct node_id){.bytes = {(uint8_t)(peer + 1)}};
    m.node_known.state = state;
    m.node_known.active = state == MEMBER_ALIVE;
    m.node_known.rtt_us = (int64_t)peer * 100;
    m.node_known.slots = peer + 2;
    m.node_known.name = span_text(name);
    m.node_known.door = span_text("tcp://10.0.0.1:7000");
    m.node_known.curve = span_of(curve, sizeof curve);
    stage_tell(f->stage, ROOM_GATEWAY, ROOM_MEMBER, 0, &m);
}

static void ask(struct fixture *f, uint32_t client) {
    stage_tell(f->stage, ROOM_GATEWAY, ROOM_CLIENTS, client,
               &(struct msg){.kind = MSG_list_nodes, .list_nodes.ticket = TICKET});
}

/* The nonce of the newest question; to how many members it went. */
static uint64_t asked(const struct fixture *f, uint32_t others) {
    const struct msg *own = NULL;
    for (uint32_t i = 0; stage_heard(f->stage, ROOM_ELASTIC, MSG_busy_ask, i) != NULL; i++)
        own = stage_heard(f->stage, ROOM_ELASTIC, MSG_busy_ask, i);
    assert_non_null(own);
    assert_int_equal(stage_count(f->stage, ROOM_MEMBER, MSG_busy_ask), others);
    return own->busy_ask.nonce;
}

static void tell_busy(struct fixture *f, uint32_t peer, uint64_t nonce, uint64_t running) {
    stage_tell(f->stage, ROOM_GATEWAY, peer == 0 ? ROOM_ELASTIC : ROOM_MEMBER, peer,
               &(struct msg){.kind = MSG_busy,
                             .busy = {.nonce = nonce,
                                      .running = running,
                                      .load = 1500,
                                      .goes_in = 23000,
                                      .trouble = span_text(peer == 1 ? "a full disk" : "")}});
    stage_pass(f->stage, 0);
}

static const struct msg_node_row *row(const struct fixture *f, uint32_t client, uint32_t index) {
    const struct msg *m = stage_peer_heard(f->stage, client, index);
    assert_non_null(m);
    assert_int_equal(m->kind, MSG_node_row);
    assert_int_equal(m->node_row.ticket, TICKET);
    return &m->node_row;
}

static void expect_rows(const struct fixture *f, uint32_t client, uint32_t count) {
    assert_int_equal(stage_peer_count(f->stage, client), count + 1);
    assert_int_equal(stage_peer_heard(f->stage, client, count)->kind, MSG_end);
    assert_int_equal(stage_peer_heard(f->stage, client, count)->end.ticket, TICKET);
}

static void a_node_that_is_alone_has_no_rows(void **state) {
    struct fixture *f = *state;
    ask(f, CLIENT);
    expect_rows(f, CLIENT, 0);
    assert_int_equal(stage_count(f->stage, ROOM_ELASTIC, MSG_busy_ask), 0);
}

/* A week after it was heard of as gone, and that may have been long ago. */
static void who_has_been_gone_for_a_week_is_not_shown(void **state) {
    struct fixture *f = *state;
    know(f, 0, MEMBER_ALIVE);
    know(f, 1, MEMBER_LEFT);
    struct msg dead = {.kind = MSG_node_known,
                       .node_known = {.peer = 2,
                                      .node = {.bytes = {3}},
                                      .state = MEMBER_DEAD,
                                      .gone_ms = NODES_SHOWN_MS - 1000}};
    stage_tell(f->stage, ROOM_GATEWAY, ROOM_MEMBER, 0, &dead);
    dead.node_known.peer = 3;
    dead.node_known.node.bytes[0] = 4;
    dead.node_known.gone_ms = UINT64_MAX;
    stage_tell(f->stage, ROOM_GATEWAY, ROOM_MEMBER, 0, &dead);
    ask(f, CLIENT);
    tell_busy(f, 0, asked(f, 0), 1);
    expect_rows(f, CLIENT, 3);
    stage_pass(f->stage, 1000);
    ask(f, OTHER_CLIENT);
    tell_busy(f, 0, asked(f, 0), 1);
    expect_rows(f, OTHER_CLIENT, 2);
    assert_int_equal(row(f, OTHER_CLIENT, 1)->state, MEMBER_LEFT);
}

static void every_active_member_is_asked_before_the_answer(void **state) {
    struct fixture *f = *state;
    know(f, 0, MEMBER_ALIVE);
    know(f, 1, MEMBER_ALIVE);
    know(f, 2, MEMBER_LEFT);
    const struct node_id leader = {.bytes = {2}};
    stage_say(f->stage, ROOM_LEADER,
              &(struct msg){.kind = MSG_lead, .lead = {.term = 3, .leader = leader, .peer = 1}});
    ask(f, CLIENT);
    uint64_t nonce = asked(f, 1);
    tell_busy(f, 0, nonce, 1);
    tell_busy(f, 0, nonce, 9); /* said twice */
    tell_busy(f, 2, nonce, 9); /* not asked */
    tell_busy(f, 7, nonce, 9); /* nobody */
    assert_int_equal(stage_peer_count(f->stage, CLIENT), 0);
    tell_busy(f, 1, nonce, 4);
    expect_rows(f, CLIENT, 3);
    assert_true(row(f, CLIENT, 0)->self && row(f, CLIENT, 0)->told && !row(f, CLIENT, 0)->leads);
    assert_int_equal(row(f, CLIENT, 0)->running, 1);
    const struct msg_node_row *other = row(f, CLIENT, 1);
    assert_true(!other->self && other->told && other->leads);
    assert_int_equal(other->running, 4);
    assert_int_equal(other->load, 1500);
    assert_int_equal(other->goes_in, 23000);
    assert_true(span_is(other->trouble, "a full disk"));
    assert_int_equal(row(f, CLIENT, 0)->trouble.len, 0);
    assert_int_equal(other->rtt_us, 100);
    assert_int_equal(other->slots, 3);
    assert_int_equal(other->curve.len, 32);
    assert_int_equal(other->curve.data[31], 1);
    assert_true(span_is(other->door, "tcp://10.0.0.1:7000"));
    assert_int_equal(row(f, CLIENT, 2)->state, MEMBER_LEFT);
    assert_false(row(f, CLIENT, 2)->told);
    assert_int_equal(row(f, CLIENT, 2)->goes_in, -1);
    assert_int_equal(board_deadline(f->stage->board), WHEN_NEVER);
}

static void who_does_not_answer_delays_it_for_a_moment_only(void **state) {
    struct fixture *f = *state;
    know(f, 0, MEMBER_ALIVE);
    know(f, 1, MEMBER_ALIVE);
    ask(f, CLIENT);
    uint64_t nonce = asked(f, 1);
    tell_busy(f, 0, nonce, 1);
    stage_pass(f->stage, NODES_WAIT_MS - 1);
    assert_int_equal(stage_peer_count(f->stage, CLIENT), 0);
    stage_pass(f->stage, 1);
    expect_rows(f, CLIENT, 2);
    assert_true(row(f, CLIENT, 0)->told);
    assert_false(row(f, CLIENT, 1)->told);
    /* Its answer comes when another question is out: it is not one to that. */
    stage_forget(f->stage);
    ask(f, CLIENT);
    tell_busy(f, 1, nonce, 5);
    tell_busy(f, 0, nonce + 1, 1);
    assert_int_equal(stage_peer_count(f->stage, CLIENT), 0);
    know(f, 1, MEMBER_UNREACHABLE); /* will not answer any more */
    stage_pass(f->stage, 0);
    expect_rows(f, CLIENT, 2);
    assert_false(row(f, CLIENT, 1)->told);
}

static void those_who_ask_meanwhile_wait_for_the_same_answers(void **state) {
    struct fixture *f = *state;
    know(f, 0, MEMBER_ALIVE);
    know(f, 1, MEMBER_ALIVE);
    ask(f, CLIENT);
    ask(f, OTHER_CLIENT);
    ask(f, CLIENT + 10);
    stage_tell(f->stage, ROOM_GATEWAY, ROOM_CLIENTS, CLIENT + 10,
               &(struct msg){.kind = MSG_left, .left.peer = CLIENT + 10});
    uint64_t nonce = asked(f, 1);
    tell_busy(f, 1, nonce, 2);
    tell_busy(f, 0, nonce, 2);
    expect_rows(f, CLIENT, 2);
    expect_rows(f, OTHER_CLIENT, 2);
    assert_int_equal(stage_peer_count(f->stage, CLIENT + 10), 0);
    assert_int_equal(board_deadline(f->stage->board), WHEN_NEVER);
}

static void more_than_there_can_be_clients_are_refused(void **state) {
    struct fixture *f = *state;
    know(f, 0, MEMBER_ALIVE);
    for (uint32_t i = 0; i < NODES_REQUESTS; i++)
        ask(f, 1000);
    assert_int_equal(stage_peer_count(f->stage, 1000), 0);
    ask(f, CLIENT);
    assert_int_equal(stage_peer_heard(f->stage, CLIENT, 0)->kind, MSG_refused);
    assert_int_equal(stage_peer_heard(f->stage, CLIENT, 0)->refused.code, ERR_BUSY);
}

static void a_new_member_takes_the_place_of_one_that_is_gone(void **state) {
    struct fixture *f = *state;
    for (uint32_t i = LIMIT_MEMBERS; i-- > 0;) /* rows are by name, whoever came first */
        know(f, i, i == 5 ? MEMBER_ALIVE : MEMBER_UNREACHABLE);
    know(f, LIMIT_MEMBERS, MEMBER_ALIVE); /* not shown */
    ask(f, CLIENT);
    know(f, 5, MEMBER_DEAD);
    know(f, LIMIT_MEMBERS + 1, MEMBER_ALIVE);
    tell_busy(f, 0, asked(f, 1), 0);
    expect_rows(f, CLIENT, LIMIT_MEMBERS);
    assert_true(span_is(row(f, CLIENT, 4)->name, "node-4")); /* as people count */
    assert_true(span_is(row(f, CLIENT, 10)->name, "node-11"));
    assert_true(span_is(row(f, CLIENT, LIMIT_MEMBERS - 1)->name, "node-1025"));
}

/* The numbers of the nodes whose doors a client is told, this one first. */
static void expect_doors(struct fixture *f, uint32_t client, uint64_t count, uint32_t expected) {
    uint64_t seen = 0;
    stage_forget(f->stage);
    stage_tell(
        f->stage, ROOM_GATEWAY, ROOM_CLIENTS, client,
        &(struct msg){.kind = MSG_list_nodes, .list_nodes = {.ticket = TICKET, .doors = count}});
    assert_int_equal(stage_count(f->stage, ROOM_MEMBER, MSG_busy_ask), 0);
    assert_int_equal(stage_peer_count(f->stage, client), expected + 1);
    for (uint32_t i = 0; i < expected; i++) {
        const struct msg *m = stage_peer_heard(f->stage, client, i);
        assert_int_equal(m->kind, MSG_node_row);
        assert_int_equal(m->node_row.ticket, TICKET);
        assert_int_equal(m->node_row.self, i == 0);
        assert_int_equal(m->node_row.curve.len, 32);
        assert_int_equal(seen & (uint64_t)1 << m->node_row.curve.data[0], 0); /* each once */
        seen |= (uint64_t)1 << m->node_row.curve.data[0];
    }
    const struct msg *end = stage_peer_heard(f->stage, client, expected);
    assert_int_equal(end->kind, MSG_end);
    assert_int_equal(end->end.ticket, TICKET);
}

static void doors_of_the_living_are_told_at_once(void **state) {
    struct fixture *f = *state;
    expect_doors(f, CLIENT, 8, 0);
    for (uint32_t i = 0; i < 12; i++)
        know(f, i, i == 3 ? MEMBER_DEAD : MEMBER_ALIVE);
    expect_doors(f, CLIENT, 100, 11);
    expect_doors(f, CLIENT, 8, 8);
    uint8_t second = stage_peer_heard(f->stage, CLIENT, 1)->node_row.curve.data[0];
    expect_doors(f, CLIENT + 1, 8, 8); /* another client hears of others first */
    assert_int_not_equal(stage_peer_heard(f->stage, CLIENT + 1, 1)->node_row.curve.data[0], second);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, set_up, fixture_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(a_node_that_is_alone_has_no_rows),
        STAGED(who_has_been_gone_for_a_week_is_not_shown),
        STAGED(every_active_member_is_asked_before_the_answer),
        STAGED(who_does_not_answer_delays_it_for_a_moment_only),
        STAGED(those_who_ask_meanwhile_wait_for_the_same_answers),
        STAGED(more_than_there_can_be_clients_are_refused),
        STAGED(doors_of_the_living_are_told_at_once),
        STAGED(a_new_member_takes_the_place_of_one_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
