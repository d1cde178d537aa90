#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/member/edges.h"
#include "actors/member/grudge.h"
#include "tests/unit/actors/member/world.h"

/* The last node of a cluster is in somebody else's hands: the others hear from it what it never said. */
static struct world *cluster(uint32_t count, uint64_t seed) {
    struct world *w = world_new(count, seed);
    for (uint32_t i = 1; i < count; i++)
        world_seed(w, i, 0);
    for (uint32_t i = 0; i < count; i++)
        world_start(w, i);
    world_until(w, all_see_all, 10000);
    world_run(w, 3000);
    return w;
}

static int32_t edge_between(const struct world *w, uint32_t node, uint32_t other) {
    const struct member *m = w->nodes[node].member;
    int32_t place = map_find(&m->map, &w->nodes[other].config.signer.id);
    return m->pairs[place].edge;
}

/* `node` hears this on its edge with `other`. */
static void hears(struct world *w, uint32_t node, uint32_t other, const struct msg *m) {
    int32_t edge = edge_between(w, node, other);
    assert_int_not_equal(edge, EDGE_NONE);
    step(w, node, ROOM_PEERS, w->nodes[node].member->edges[edge].number, m);
}

/* How often it says so before it loses its edge. */
static uint32_t flood(struct world *w, uint32_t node, uint32_t other, const struct msg *m,
                      uint32_t most) {
    uint32_t count = 0;
    for (; count < most && edge_between(w, node, other) != EDGE_NONE; count++)
        hears(w, node, other, m);
    return count;
}

/* How long there is no edge. */
static dur_ms absence(struct world *w, uint32_t node, uint32_t other) {
    when_ms begin = w->at.now;
    while (edge_between(w, node, other) == EDGE_NONE && w->at.now - begin < 1000000)
        world_step(w, w->at.now + 10);
    return w->at.now - begin;
}

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

/* Whoever passes something on does not answer for what it is; but it is not heard beyond measure either. */
static void what_others_pass_on_does_not_cost_them_their_edge(void **state) {
    (void)state;
    struct world *w = cluster(3, 5);
    world_cut(w, 0, 2, true);
    world_cut(w, 2, 0, true);
    world_run(w, 20000);
    static uint8_t heads[LIMIT_FRAME_BYTES / 2], memory[LIMIT_FRAME_BYTES];
    struct buf bytes = buf_of(memory, sizeof memory);
    struct member *m = w->nodes[0].member;
    assert_true(msg_encode(
        &(struct msg){.kind = MSG_heads, .heads.heads = span_of(heads, sizeof heads)}, &bytes));
    const struct msg carry = {.kind = MSG_carry,
                              .carry = {.from = w->nodes[2].config.signer.id,
                                        .to = w->nodes[0].config.signer.id,
                                        .hops = 7,
                                        .message = buf_view(&bytes)}};
    uint64_t nonsense = m->nonsense;
    assert_int_equal(flood(w, 0, 1, &carry, 1000), 1000);
    assert_in_range(m->nonsense - nonsense, 900, 990); /* dropped */
    assert_int_equal(w->nodes[0].notes, 0);
    world_destroy(w);
}

/* ---- what is passed on ---- */

/* A message of node `from` to node `to`, as whoever is on the way hears it. */
static struct msg carried(const struct world *w, uint32_t from, uint32_t to, uint64_t hops,
                          struct span message) {
    return (struct msg){.kind = MSG_carry,
                        .carry = {.from = w->nodes[from].config.signer.id,
                                  .to = w->nodes[to].config.signer.id,
                                  .hops = hops,
                                  .message = message}};
}

static struct span encoded(const struct msg *m) {
    static uint8_t memory[LIMIT_FRAME_BYTES];
    struct buf bytes = buf_of(memory, sizeof memory);
    assert_true(msg_encode(m, &bytes));
    return buf_view(&bytes);
}

/* Said by node 2: what is no message, what no node says to another, and an accusation that it did not sign. */
static struct span garbage(const struct world *w, uint32_t kind) {
    struct msg accuse = {.kind = MSG_accuse,
                         .accuse = {.observer = w->nodes[2].config.signer.id,
                                    .subject = w->nodes[0].config.signer.id}};
    static const uint8_t zeros[SIGNATURE_BYTES];
    accuse.accuse.signature = span_of(zeros, sizeof zeros);
    return kind == 0   ? span_text("x")
           : kind == 1 ? encoded(&(struct msg){.kind = MSG_beat})
                       : encoded(&accuse);
}

static void garbage_is_not_held_against_whoever_passes_it_on(void **state) {
    (void)state;
    for (uint32_t kind = 0; kind < 3; kind++) {
        struct world *w = cluster(3, 12);
        int32_t edge = edge_between(w, 0, 1), back = edge_between(w, 1, 0);
        for (uint32_t as = 1; as <= 2; as++) { /* its own name, and that of who is to pass it on */
            const struct msg first = carried(w, as, 0, 8, garbage(w, kind));
            const struct msg later = carried(w, as, 0, 7, garbage(w, kind));
            for (uint32_t i = 0; i < 20; i++) {
                hears(w, 1, 2, &first);
                hears(w, 1, 2, &later);
                world_run(w, 10);
            }
        }
        const struct msg passed_on = carried(w, 2, 0, 7, garbage(w, kind));
        assert_int_equal(flood(w, 0, 1, &passed_on, 100), 100);
        assert_int_equal(edge_between(w, 0, 1), edge);
        assert_int_equal(edge_between(w, 1, 0), back);
        assert_int_equal(w->nodes[0].notes + w->nodes[1].notes, 0);
        const struct msg own = carried(w, 2, 0, 8, garbage(w, kind));
        assert_int_equal(flood(w, 0, 2, &own, 100), 1);
        assert_int_equal(w->nodes[0].notes, 1);
        world_destroy(w);
    }
}

/* Nobody looks into what it cannot use, so it is cheap; but not free. */
static void garbage_to_be_passed_on_has_an_end(void **state) {
    (void)state;
    struct world *w = cluster(3, 12);
    const struct msg bad = carried(w, 2, 0, 8, span_text("x"));
    assert_in_range(flood(w, 1, 2, &bad, 100000), 60000, 70000);
    world_destroy(w);
}

static void statements_that_are_carried_cost_what_others_do(void **state) {
    (void)state;
    struct world *w = cluster(3, 13);
    const struct msg own = carried(w, 2, 0, 8, encoded(&(struct msg){.kind = MSG_vouch}));
    assert_in_range(flood(w, 0, 2, &own, 100000), 1900, 2100);
    world_destroy(w);
}

/* Node 2 cannot be reached but over others. Node 1 brings heads in its name, more than anybody has; those who bring little are
 * heard all the same. */
static void what_one_passes_on_does_not_silence_another(void **state) {
    (void)state;
    struct world *w = cluster(4, 5);
    world_cut(w, 0, 2, true);
    world_cut(w, 2, 0, true);
    world_run(w, 20000);
    static uint8_t heads[LIMIT_FRAME_BYTES / 2];
    const struct msg flood_of = carried(
        w, 2, 0, 7,
        encoded(&(struct msg){.kind = MSG_heads, .heads.heads = span_of(heads, sizeof heads)}));
    assert_int_equal(flood(w, 0, 1, &flood_of, 500), 500);
    const struct msg end = carried(w, 2, 0, 7, encoded(&(struct msg){.kind = MSG_ended}));
    for (uint32_t i = 0; i < 100; i++)
        hears(w, 0, 3, &end);
    assert_int_equal(w->nodes[0].ends, 100);
    world_destroy(w);
}

/* As fast as over an edge of their own. */
static void trials_are_given_out_by_way_of_others(void **state) {
    (void)state;
    struct world *w = cluster(3, 5);
    world_cut(w, 0, 2, true);
    world_cut(w, 2, 0, true);
    world_run(w, 20000);
    const struct msg lease = {.kind = MSG_lease}, end = {.kind = MSG_ended};
    int32_t edge = edge_between(w, 0, 1), other = edge_between(w, 1, 2);
    uint64_t nonsense[3];
    for (uint32_t i = 0; i < 3; i++)
        nonsense[i] = w->nodes[i].member->nonsense;
    for (uint32_t ms = 0; ms < 3000; ms++) {
        for (uint32_t i = 0; i < 20; i++) {
            step(w, 0, ROOM_SCHED, w->nodes[0].view[2].peer, &lease);
            step(w, 2, ROOM_LEADER, w->nodes[2].view[0].peer, &end);
        }
        world_run(w, 1);
    }
    world_run(w, 10);
    assert_int_equal(w->nodes[2].leases, 60000);
    assert_int_equal(w->nodes[0].ends, 60000);
    assert_int_equal(edge_between(w, 0, 1), edge);
    assert_int_equal(edge_between(w, 1, 2), other);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(w->nodes[i].member->nonsense, nonsense[i]);
        assert_int_equal(w->nodes[i].notes, 0);
    }
    world_destroy(w);
}

/* ... and what is more than that is not passed on; who asked for it does not lose its edge, and who passes it on neither. */
static void nobody_is_shut_out_for_what_others_want_passed_on(void **state) {
    (void)state;
    struct world *w = cluster(4, 5);
    world_cut(w, 0, 3, true);
    world_cut(w, 3, 0, true);
    world_run(w, 20000);
    const struct msg look = {.kind = MSG_look};
    const struct msg asked = carried(w, 2, 3, 8, encoded(&look));
    int32_t edge = edge_between(w, 3, 1);
    for (uint32_t ms = 0; ms < 5000; ms++) {
        for (uint32_t i = 0; i < 10; i++) {
            step(w, 0, ROOM_GATEWAY, w->nodes[0].view[3].peer, &look);
            hears(w, 1, 2, &asked);
        }
        world_run(w, 1);
    }
    assert_int_equal(edge_between(w, 3, 1), edge);
    assert_int_not_equal(edge_between(w, 1, 0), EDGE_NONE);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(w->nodes[i].notes, 0);
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
        cmocka_unit_test(what_others_pass_on_does_not_cost_them_their_edge),
        cmocka_unit_test(garbage_is_not_held_against_whoever_passes_it_on),
        cmocka_unit_test(garbage_to_be_passed_on_has_an_end),
        cmocka_unit_test(statements_that_are_carried_cost_what_others_do),
        cmocka_unit_test(what_one_passes_on_does_not_silence_another),
        cmocka_unit_test(trials_are_given_out_by_way_of_others),
        cmocka_unit_test(nobody_is_shut_out_for_what_others_want_passed_on),
        cmocka_unit_test(who_says_what_is_no_message_is_shut_out),
        cmocka_unit_test(who_is_to_blame_loses_its_edge),
        cmocka_unit_test(a_members_key_is_not_heard_as_often_as_it_knocks),
        cmocka_unit_test(a_members_key_begins_an_edge_a_second),
        cmocka_unit_test(people_hear_of_few_of_many_strangers),
        cmocka_unit_test(a_verdict_of_one_is_not_believed_by_those_who_know_better),
        cmocka_unit_test(a_verdict_that_is_doubted_makes_others_look),
        cmocka_unit_test(lies_do_not_make_a_node_begin_anew_all_the_time),
    };
    return cmocka_run_group_tests(tests, people_begin, NULL);
}
