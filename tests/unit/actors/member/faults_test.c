#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/member/faults.h"

/* ---- edges ---- */

static void broken_edges_convict_nobody(void **state) {
    (void)state;
    for (uint32_t count = 2; count <= 22; count += 10) {
        struct world *w = cluster(count, count);
        struct rng r = rng_of(count, 3, 0);
        for (int i = 0; i < 100; i++) {
            break_link(w, (uint32_t)rng_below(&r, w->links_count));
            break_link(w, w->links_count - 1);
            world_run(w, (dur_ms)rng_below(&r, 400));
        }
        assert_int_equal(verdicts(w), 0);
        world_run(w, 40000);
        assert_true(all_well(w));
        expect_one_edge_a_pair(w);
        world_destroy(w);
    }
}

static void a_cut_between_two_is_a_matter_of_the_two(void **state) {
    (void)state;
    for (int ways = 1; ways <= 3; ways++) { /* 1: there, 2: back, 3: both */
        struct world *w = cluster(6, 11);
        world_cut(w, 2, 3, (ways & 1) != 0);
        world_cut(w, 3, 2, (ways & 2) != 0);
        world_run(w, 120000);
        assert_int_equal(verdicts(w), 0);
        assert_true(all_see_all(w) && all_agree(w));
        assert_false(w->nodes[2].view[3].neighbour && w->nodes[3].view[2].neighbour);
        /* Each is accused once, refutes it, and is then left alone for ten minutes. */
        assert_true(w->nodes[2].issued_count <= 6 && w->nodes[3].issued_count <= 6);
        const struct msg report = {.kind = MSG_report, .report.term = 7};
        uint32_t heard = w->nodes[3].reports;
        step(w, 2, ROOM_LEADER, w->nodes[2].view[3].peer, &report); /* the others pass it on */
        world_run(w, 100);
        assert_int_equal(w->nodes[3].reports, heard + 1);
        world_cut(w, 2, 3, false);
        world_cut(w, 3, 2, false);
        world_run(w, 60000);
        assert_true(all_well(w));
        expect_one_edge_a_pair(w);
        world_destroy(w);
    }
}

static bool two_is_out(const struct world *w) {
    for (uint32_t i = 0; i < w->count; i++) {
        if (i != 2 && state_seen(w, i, 2) < MEMBER_UNREACHABLE)
            return false;
    }
    return true;
}

static void one_that_cannot_be_heard_is_out_until_it_can(void **state) {
    (void)state;
    for (int ways = 1; ways <= 3; ways += 2) { /* 1: it still hears */
        struct world *w = cluster(6, 12);
        for (uint32_t i = 0; i < 6; i++) {
            world_cut(w, 2, i, true);
            world_cut(w, i, 2, ways == 3);
        }
        dur_ms took = world_until(w, two_is_out, 20000);
        assert_in_range(took, 1500, 12000);
        world_run(w, 40000);
        assert_true(two_is_out(w));
        for (uint32_t i = 0; i < 6; i++) {
            for (uint32_t j = 0; j < 6; j++)
                assert_true(i == 2 || j == 2 || state_seen(w, i, j) == MEMBER_ALIVE);
        }
        memset(w->cut, 0, sizeof w->cut);
        took = world_until(w, all_see_all, 60000);
        world_run(w, 10000);
        assert_true(all_well(w));
        world_destroy(w);
    }
}

static void halves_become_one_again(void **state) {
    (void)state;
    for (uint32_t count = 5; count <= 24; count += 19) {
        struct world *w = cluster(count, 13);
        for (uint32_t i = 0; i < count; i++) {
            for (uint32_t j = 0; j < count; j++)
                w->cut[i][j] = (i < count / 2) != (j < count / 2);
        }
        world_run(w, 120000);
        for (uint32_t i = 0; i < count; i++) {
            for (uint32_t j = 0; j < count; j++)
                assert_int_equal(state_seen(w, i, j),
                                 (i < count / 2) == (j < count / 2) ? MEMBER_ALIVE : MEMBER_DEAD);
        }
        memset(w->cut, 0, sizeof w->cut);
        dur_ms took = world_until(w, all_see_all, 120000);
        assert_in_range(took, 1,
                        65000); /* the pause of those that look for the lost is 60 s by now */
        world_run(w, 40000);
        assert_true(all_well(w));
        expect_one_edge_a_pair(w);
        world_destroy(w);
    }
}

/* ---- processes ---- */

static void a_short_stop_is_forgiven(void **state) {
    (void)state;
    struct world *w = cluster(5, 14);
    for (uint32_t i = 0; i < 5; i++) {
        w->nodes[i].stopped_until = w->at.now + 1000;
        world_run(w, 20000);
    }
    assert_int_equal(verdicts(w), 0);
    assert_true(all_well(w));
    world_destroy(w);
}

static void a_long_stop_is_noticed_and_nobody_is_blamed_after_it(void **state) {
    (void)state;
    struct world *w = cluster(5, 15);
    w->nodes[2].stopped_until = w->at.now + 9000;
    dur_ms took = world_until(w, two_is_out, 9000);
    assert_in_range(took, 1500, 5500);
    world_run(w, 9000 - took);
    took = world_until(w, all_see_all, 5000);
    assert_in_range(took, 1, 1000);
    world_run(w, 30000);
    assert_int_equal(w->nodes[2].verdicts, 0);
    assert_true(all_well(w));
    world_destroy(w);
}

/* Most of a cluster at once, and nobody tells: what is left agrees, observers of its own or not. */
static void most_may_vanish_at_once(void **state) {
    (void)state;
    struct world *w = cluster(30, 16);
    for (uint32_t i = 5; i < 25; i++)
        world_kill(w, i, true);
    world_until(w, gone_are_dead, 90000);
    world_run(w, 60000);
    assert_true(all_well(w));
    expect_one_edge_a_pair(w);
    world_destroy(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_edges_convict_nobody),
        cmocka_unit_test(a_cut_between_two_is_a_matter_of_the_two),
        cmocka_unit_test(one_that_cannot_be_heard_is_out_until_it_can),
        cmocka_unit_test(halves_become_one_again),
        cmocka_unit_test(a_short_stop_is_forgiven),
        cmocka_unit_test(a_long_stop_is_noticed_and_nobody_is_blamed_after_it),
        cmocka_unit_test(most_may_vanish_at_once),
    };
    return cmocka_run_group_tests(tests, people_begin, NULL);
}
