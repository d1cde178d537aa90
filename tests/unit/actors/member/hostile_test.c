#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/member/edges.h"
#include "actors/member/grudge.h"
#include "tests/unit/actors/member/hostile.h"

/* ---- too much ---- */

static void who_says_too_much_is_shut_out_for_longer_every_time(void **state) {
    (void)state;
    struct world *w = cluster(4, 3);
    const struct msg beat = {.kind = MSG_beat, .beat.map = 7};
    for (uint32_t times = 0; times < 4; times++) {
        uint32_t notes = w->nodes[0].notes;
        assert_in_range(flood(w, 0, 3, &beat, 100000), 10000, 17000);
        assert_int_equal(w->nodes[0].notes, notes + (times == 0));
        assert_in_range(absence(w, 0, 3), 1000 << times, (1000 << times) + 2000);
    }
    assert_string_equal(w->nodes[0].note,
                        "a node at 10.0.0.1 was refused: it says more than any node has to say");
    world_run(w, 5000);
    assert_true(all_see_all(w)); /* the others have vouched for it all the time */
    world_destroy(w);
}

/* A lease and its end for two thousand trials a second, bundles of forty megabytes a second, for ten seconds; then all that had
 * waited while this node stood still. */
static void a_busy_node_is_heard(void **state) {
    (void)state;
    struct world *w = cluster(3, 4);
    static uint8_t bytes[LIMIT_BUNDLE_BYTES];
    uint8_t report_memory[64];
    static uint8_t bundles_memory[LIMIT_BUNDLE_BYTES + 64];
    struct buf report = buf_of(report_memory, sizeof report_memory);
    struct buf bundles = buf_of(bundles_memory, sizeof bundles_memory);
    assert_true(msg_encode(&(struct msg){.kind = MSG_report, .report.slots = 7}, &report));
    assert_true(msg_encode(
        &(struct msg){.kind = MSG_bundles, .bundles.bundles = span_of(bytes, sizeof bytes)},
        &bundles));
    struct msg m = {.kind = MSG_carry,
                    .carry = {.from = w->nodes[2].config.signer.id,
                              .to = w->nodes[0].config.signer.id,
                              .hops = 8}};
    int32_t edge = edge_between(w, 0, 2);
    for (uint32_t ms = 0; ms < 10000; ms++) {
        for (uint32_t i = 0; i < (ms < 9999 ? 4 : 20000); i++) {
            m.carry.message = buf_view(&report);
            hears(w, 0, 2, &m);
        }
        m.carry.message = buf_view(&bundles);
        if (ms % 2 == 0)
            hears(w, 0, 2, &m);
        world_run(w, 1);
    }
    assert_int_equal(edge_between(w, 0, 2), edge);
    assert_int_equal(w->nodes[0].notes, 0);
    world_destroy(w);
}

/* Trials come back as fast as they are given out; ends of what nobody gave do not. */
static void answers_cost_nothing(void **state) {
    (void)state;
    struct world *w = cluster(3, 4);
    uint8_t memory[64];
    struct buf ended = buf_of(memory, sizeof memory);
    const struct msg lease = {.kind = MSG_lease}, end = {.kind = MSG_ended};
    assert_true(msg_encode(&end, &ended));
    const struct msg carry = {.kind = MSG_carry,
                              .carry = {.from = w->nodes[2].config.signer.id,
                                        .to = w->nodes[0].config.signer.id,
                                        .hops = 8,
                                        .message = buf_view(&ended)}};
    int32_t edge = edge_between(w, 0, 2);
    for (uint32_t ms = 0; ms < 1000; ms++) {
        for (uint32_t i = 0; i < 100; i++) {
            step(w, 0, ROOM_SCHED, w->nodes[0].view[2].peer, &lease);
            step(w, 2, ROOM_LEADER, w->nodes[2].view[0].peer, &end);
        }
        world_run(w, 1);
    }
    assert_int_equal(edge_between(w, 0, 2), edge);
    assert_int_equal(w->nodes[0].notes, 0);
    assert_in_range(flood(w, 0, 2, &carry, 100000), 10000, 20000);
    world_destroy(w);
}

static void the_refusal_of_a_lease_does_not_pay_for_it(void **state) {
    (void)state;
    struct world *w = cluster(3, 4);
    const struct msg refusal = {.kind = MSG_ended, .ended.lost = true};
    const struct msg lease = carried(w, 2, 0, 8, encoded(&(struct msg){.kind = MSG_lease}));
    uint32_t count = 0;
    for (; count < 100000 && edge_between(w, 0, 2) != EDGE_NONE; count++) {
        hears(w, 0, 2, &lease);
        step(w, 0, ROOM_LEADER, w->nodes[0].view[2].peer, &refusal);
    }
    assert_in_range(count, 10000, 20000);
    world_destroy(w);
}

/* ---- nonsense ---- */

static void who_says_what_is_no_message_is_shut_out(void **state) {
    (void)state;
    struct world *w = cluster(3, 6);
    for (uint32_t times = 0; times < 3; times++) {
        const struct edge *e = &w->nodes[0].member->edges[edge_between(w, 0, 2)];
        step(w, 0, ROOM_PEERS, e->number,
             &(struct msg){.kind = MSG_edge_down,
                           .edge_down = {.edge = e->number, .why = EDGE_NONSENSE}});
        assert_in_range(absence(w, 0, 2), 1000 << times, (1000 << times) + 2000);
    }
    assert_true(all_see_all(w));
    world_destroy(w);
}

static void who_is_to_blame_loses_its_edge(void **state) {
    (void)state;
    struct world *w = cluster(3, 6);
    const struct msg blame = {.kind = MSG_blame, .blame.count = 1};
    world_run(w, 2000);
    for (uint32_t i = 0; i < 30; i++) /* a store that lost some bytes */
        step(w, 0, ROOM_FACTS, w->nodes[0].view[2].peer, &blame);
    assert_int_not_equal(edge_between(w, 0, 2), EDGE_NONE);
    for (uint32_t i = 0; i < 10; i++)
        step(w, 0, ROOM_FACTS, w->nodes[0].view[2].peer, &blame);
    assert_int_equal(edge_between(w, 0, 2), EDGE_NONE);
    assert_in_range(absence(w, 0, 2), 1000, 3000);
    step(w, 0, ROOM_FACTS, 77777, &blame); /* nobody */
    world_destroy(w);
}

/* As long as others may have passed on what it is blamed for. */
static void who_may_not_have_said_it_is_not_to_blame(void **state) {
    (void)state;
    struct world *w = cluster(3, 6);
    const struct msg blame = {.kind = MSG_blame, .blame.count = 64};
    struct edge *e = &w->nodes[0].member->edges[edge_between(w, 0, 2)];
    step(
        w, 0, ROOM_PEERS, e->number,
        &(struct msg){.kind = MSG_edge_down, .edge_down = {.edge = e->number, .why = EDGE_CLOSED}});
    absence(w, 0, 2);
    const int32_t young = edge_between(w, 0, 2);
    for (uint32_t i = 0; i < 3; i++) {
        world_run(w, 1000);
        step(w, 0, ROOM_FACTS, w->nodes[0].view[2].peer, &blame);
        assert_int_equal(edge_between(w, 0, 2), young);
    }
    world_run(w, 3000);
    w->nodes[0].member->edges[young].late = true; /* until it is heard */
    hears(w, 0, 2, &(struct msg){.kind = MSG_beat});
    assert_false(w->nodes[0].member->edges[young].late);
    step(w, 0, ROOM_FACTS, w->nodes[0].view[2].peer, &blame);
    assert_int_equal(edge_between(w, 0, 2), young);
    world_run(w, 5000);
    step(w, 0, ROOM_FACTS, w->nodes[0].view[2].peer, &blame);
    assert_int_equal(edge_between(w, 0, 2), EDGE_NONE);
    world_destroy(w);
}

/* ---- knocking ---- */

enum { FIRST_KNOCK = 8000 }; /* a number that the world gives to no edge */

/* A connection of this key that says nothing that makes sense: whether it was heard. */
static bool knock(struct world *w, const uint8_t curve[32], uint32_t number) {
    const struct msg up = {
        .kind = MSG_edge_up,
        .edge_up = {.edge = number, .curve = span_of(curve, 32), .address = span_text("10.0.0.9")}};
    step(w, 0, ROOM_PEERS, 0, &up);
    bool heard = edges_find(w->nodes[0].member, number) >= 0;
    step(w, 0, ROOM_PEERS, number, &(struct msg){.kind = MSG_beat});
    assert_int_equal(edges_find(w->nodes[0].member, number), -1);
    return heard;
}

static void a_members_key_is_not_heard_as_often_as_it_knocks(void **state) {
    (void)state;
    struct world *w = cluster(3, 7);
    uint32_t heard = 0;
    for (uint32_t i = 0; i < 3000; i++) { /* it is shut out for one second, then for two */
        heard += knock(w, w->nodes[2].config.curve, FIRST_KNOCK + 2 * i);
        world_run(w, 1);
    }
    assert_int_equal(heard, 2);
    assert_int_equal(w->nodes[0].notes, 1);
    world_destroy(w);
}

/* It goes again each time before anything is wrong with it. */
static uint32_t admitted(struct world *w, uint32_t times) {
    uint32_t count = 0;
    w->nodes[0].member->at = w->at;
    for (uint32_t i = 0; i < times; i++)
        count += grudge_admits(w->nodes[0].member, w->nodes[2].config.curve);
    return count;
}

static void a_members_key_begins_an_edge_a_second(void **state) {
    (void)state;
    struct world *w = cluster(3, 7);
    uint32_t begun = admitted(w, 1000); /* the ones of the beginning count */
    assert_in_range(begun, 12, 16);
    w->at.now += 10000;
    assert_int_equal(admitted(w, 1000), 10);
    w->at.now += 100000;
    assert_int_equal(admitted(w, 1000), 16);
    world_destroy(w);
}

/* As many members knock as `count`, each once. */
static void others_knock(struct world *w, uint32_t count) {
    struct member *m = w->nodes[0].member;
    uint8_t *curve = m->map.known[map_find(&m->map, &w->nodes[1].config.signer.id)].curve;
    uint8_t own[32];
    memcpy(own, curve, sizeof own);
    m->at = w->at;
    for (uint32_t i = 0; i < count; i++) {
        memcpy(curve, &i, sizeof i);
        assert_true(grudge_admits(m, curve));
    }
    memcpy(curve, own, sizeof own);
}

static void who_is_shut_out_is_not_forgotten_when_others_knock(void **state) {
    (void)state;
    struct world *w = cluster(3, 7);
    struct member *m = w->nodes[0].member;
    const uint8_t *curve = w->nodes[2].config.curve;
    grudge_bear(m, curve);
    when_ms until = grudge_until(m, curve);
    assert_int_equal(until, m->at.now + 1000);
    others_knock(w, 200);
    assert_int_equal(grudge_until(m, curve), until);
    w->at.now += 2000; /* it is let in again, and no better than it was */
    others_knock(w, 200);
    assert_int_equal(grudge_until(m, curve), 0);
    grudge_bear(m, curve);
    assert_int_equal(grudge_until(m, curve), m->at.now + 2000);
    world_destroy(w);
}

/* Nothing else has a time: the other one has left, and is known as a seed only. */
static void a_seed_is_dialled_when_it_is_no_longer_shut_out(void **state) {
    (void)state;
    struct world *w = cluster(2, 7);
    struct member *m = w->nodes[1].member;
    step(w, 0, ROOM_NODE, 0, &(struct msg){.kind = MSG_farewell, .farewell.done = true});
    world_run(w, 2000);
    for (uint32_t i = 0; i < 8; i++)
        grudge_bear(m, w->nodes[0].config.curve);
    when_ms until = grudge_until(m, w->nodes[0].config.curve);
    world_kill(w, 0, false);
    while (w->at.now < until - 60000)
        world_run(w, 1000);
    assert_int_equal(edge_between(w, 1, 0), EDGE_NONE);
    assert_in_range(w->nodes[1].core.deadline(m), w->at.now, until);
    world_start(w, 0);
    world_run(w, until + 1000 - w->at.now);
    assert_int_not_equal(edge_between(w, 1, 0), EDGE_NONE);
    world_destroy(w);
}

static void people_hear_of_few_of_many_strangers(void **state) {
    (void)state;
    struct world *w = cluster(2, 8);
    uint8_t curve[32] = {0};
    for (uint32_t i = 0; i < 1000; i++) {
        memcpy(curve, &i, sizeof i);
        assert_true(knock(w, curve, FIRST_KNOCK + 2 * i));
    }
    assert_int_equal(w->nodes[0].notes, 8);
    world_run(w, 60000);
    curve[31] = 1;
    curve[7] = 1;
    knock(w, curve, FIRST_KNOCK + 2000);
    assert_int_equal(w->nodes[0].notes, 9);
    assert_string_equal(w->nodes[0].note, "a node at 10.0.0.9 was refused (and 992 before it): it "
                                          "said what makes no sense in beat");
    world_run(w, 60000);
    knock(w, curve, FIRST_KNOCK + 2002);
    assert_int_equal(w->nodes[0].notes, 9);
    world_run(w, 3600000);
    knock(w, curve, FIRST_KNOCK + 2004);
    assert_int_equal(w->nodes[0].notes, 10);
    world_destroy(w);
}

/* ---- verdicts ---- */

/* The verdict of `by` alone about another node, `later` lives after the one it has, as `node` hears it. */
static void hears_verdict(struct world *w, uint32_t node, uint32_t by, uint32_t about,
                          enum member_state state, uint64_t later) {
    const struct signer *signer = &w->nodes[by].config.signer;
    const struct map *map = &w->nodes[by].member->map;
    uint8_t signature[SIGNATURE_BYTES], record_signature[SIGNATURE_BYTES];
    uint8_t memory[4][RECORD_BYTES_MAX + 64];
    struct buf statement = buf_of(memory[0], sizeof memory[0]);
    struct buf evidence = buf_of(memory[1], sizeof memory[1]);
    struct buf record = buf_of(memory[2], sizeof memory[2]);
    struct buf part = buf_of(memory[3], sizeof memory[3]);
    struct msg m = {.kind = MSG_member_record,
                    .member_record = map_record(
                        map, (uint32_t)map_find(map, &w->nodes[about].config.signer.id))};
    struct msg_member_record *r = &m.member_record;
    r->generation += later << 32;
    struct msg accuse = {.kind = MSG_accuse,
                         .accuse = {.subject = r->node,
                                    .generation = r->generation,
                                    .incarnation = r->incarnation,
                                    .refused = true}};
    proof_sign_statement(signer, &accuse, signature);
    assert_true(msg_encode(&accuse, &statement));
    mp_put_bin(&evidence, buf_view(&statement));
    r->state = state;
    r->evidence = buf_view(&evidence);
    proof_sign_record(signer, r, record_signature);
    assert_true(msg_encode(&m, &record));
    mp_put_bin(&part, buf_view(&record));
    hears(w, node, by, &(struct msg){.kind = MSG_records, .records.records = buf_view(&part)});
}

static void a_verdict_of_one_is_not_believed_by_those_who_know_better(void **state) {
    (void)state;
    struct world *w = cluster(4, 9);
    for (uint32_t times = 0; times < 20; times++) {
        for (uint32_t node = 0; node < 3; node++) {
            hears_verdict(w, node, 3, 1, times % 2 == 0 ? MEMBER_DEAD : MEMBER_UNREACHABLE, 0);
            assert_int_equal(w->nodes[node].view[1].state, MEMBER_ALIVE);
            assert_true(w->nodes[node].view[1].active);
        }
        world_run(w, 500);
    }
    assert_true(all_see_all(w) && all_agree(w));
    assert_int_equal(w->nodes[1].member->self.convicted_at, INT64_MIN);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(w->nodes[i].notes, 0);
    world_destroy(w);
}

static void a_verdict_that_is_doubted_makes_others_look(void **state) {
    (void)state;
    struct world *w = cluster(4, 10);
    world_kill(w, 1, true);
    hears_verdict(w, 0, 3, 1, MEMBER_UNREACHABLE, 0);
    assert_int_equal(w->nodes[0].view[1].state, MEMBER_ALIVE);
    world_run(w, 5000);
    assert_int_equal(w->nodes[0].view[1].state, MEMBER_UNREACHABLE);
    world_destroy(w);
}

static void lies_do_not_make_a_node_begin_anew_all_the_time(void **state) {
    (void)state;
    struct world *w = cluster(4, 11);
    uint64_t began = w->nodes[1].member->self.version.generation >> 32;
    for (uint64_t times = 1; times <= 50; times++) {
        hears_verdict(w, 1, 3, 1, MEMBER_DEAD, 1);
        world_run(w, 1000);
    }
    assert_int_equal((w->nodes[1].member->self.version.generation >> 32) - began, 2 * 4);
    assert_true(all_see_all(w));
    world_destroy(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_says_too_much_is_shut_out_for_longer_every_time),
        cmocka_unit_test(a_busy_node_is_heard),
        cmocka_unit_test(answers_cost_nothing),
        cmocka_unit_test(the_refusal_of_a_lease_does_not_pay_for_it),
        cmocka_unit_test(who_says_what_is_no_message_is_shut_out),
        cmocka_unit_test(who_is_to_blame_loses_its_edge),
        cmocka_unit_test(who_may_not_have_said_it_is_not_to_blame),
        cmocka_unit_test(a_members_key_is_not_heard_as_often_as_it_knocks),
        cmocka_unit_test(a_members_key_begins_an_edge_a_second),
        cmocka_unit_test(who_is_shut_out_is_not_forgotten_when_others_knock),
        cmocka_unit_test(a_seed_is_dialled_when_it_is_no_longer_shut_out),
        cmocka_unit_test(people_hear_of_few_of_many_strangers),
        cmocka_unit_test(a_verdict_of_one_is_not_believed_by_those_who_know_better),
        cmocka_unit_test(a_verdict_that_is_doubted_makes_others_look),
        cmocka_unit_test(lies_do_not_make_a_node_begin_anew_all_the_time),
    };
    return cmocka_run_group_tests(tests, people_begin, NULL);
}
