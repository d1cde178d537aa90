#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/member/hostile.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_others_pass_on_does_not_cost_them_their_edge),
        cmocka_unit_test(garbage_is_not_held_against_whoever_passes_it_on),
        cmocka_unit_test(garbage_to_be_passed_on_has_an_end),
        cmocka_unit_test(statements_that_are_carried_cost_what_others_do),
        cmocka_unit_test(what_one_passes_on_does_not_silence_another),
        cmocka_unit_test(trials_are_given_out_by_way_of_others),
        cmocka_unit_test(nobody_is_shut_out_for_what_others_want_passed_on),
    };
    return cmocka_run_group_tests(tests, people_begin, NULL);
}
