/* What is sent and when: pushes, acknowledgements, repetitions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/facts/spread_stage.h"

static void what_is_lacked_is_sought_and_sent_in_order(void **state) {
    struct fixture *f = *state;
    size_t bytes;
    for (int i = 0; i < 5; i++)
        sync_bundle(f, i % 2 == 0 ? &f->self : &f->other, 2);
    know(f, PEER, MEMBER_ALIVE, true, 1);
    go(f);
    say_heads(f, true, 4, 2); /* it lacks serials 4 (other) and 5 (self) */
    go(f);
    assert_int_equal(f->heard[0].scan.table, TABLE_log_index);
    answer(f);
    assert_int_equal(f->heard[0].scan.table, TABLE_log_index);
    answer(f);
    assert_int_equal(f->heard[0].scan.table, TABLE_log);
    assert_int_equal(read_be64(f->heard[0].scan.after.data), 3);
    answer(f);
    assert_int_equal(pushed(f, &bytes), 2);
    struct mp in = mp_of(f->heard[0].bundles.bundles);
    assert_true(span_equal(mp_bin(&in), f->bundles[3]));
    assert_true(span_equal(mp_bin(&in), f->bundles[4]));
    /* What comes now goes on from there, without seeking; what it has is passed over. */
    sync_bundle(f, &f->other, 1);
    sync_bundle(f, &f->self, 1);
    say_heads(f, false, 6, 5);
    go(f);
    assert_int_equal(f->heard[0].scan.table, TABLE_log);
    answer(f);
    assert_int_equal(pushed(f, &bytes), 1);
    say_heads(f, false, 7, 5);
    assert_int_equal(spread_neighbour(f->spread, PEER)->flying, 0);
    assert_int_equal(spread_neighbour(f->spread, PEER)->again_at, WHEN_NEVER);
}

static void what_is_not_acknowledged_is_sent_again(void **state) {
    struct fixture *f = *state;
    begin(f, true);
    sync_bundle(f, &f->self, 3);
    go(f);
    dur_ms pause = SPREAD_AGAIN_LEAST;
    for (int i = 0; i < 6; i++) {
        expect_pushed(f, 1);
        pass(f, pause - 1);
        assert_int_equal(count(f, MSG_scan), 0);
        pass(f, 1);
        assert_int_equal(count(f, MSG_scan), 1);
        pause = pause < SPREAD_AGAIN_MOST ? 2 * pause : pause;
        if (pause > SPREAD_AGAIN_MOST)
            pause = SPREAD_AGAIN_MOST;
    }
    while (count(f, MSG_bundles) == 0)
        answer(f);
    say_heads(f, false, 3, 0);
    pass(f, 10 * SPREAD_AGAIN_MOST);
    assert_int_equal(count(f, MSG_scan) + count(f, MSG_bundles), 0);
}

static void what_is_refused_holds_up_nothing(void **state) {
    struct fixture *f = *state;
    size_t bytes;
    begin(f, true);
    sync_bundle(f, &f->other, 2);
    sync_bundle(f, &f->self, 3);
    go(f);
    expect_pushed(f, 2);
    say_heads(f, false, 3, 0);
    const struct neighbour *n = spread_neighbour(f->spread, PEER);
    assert_int_equal(n->count, 2); /* the first one is waited for */
    say_heads(f, false, 3, REFUSES);
    assert_int_equal(n->count, 0);
    assert_int_equal(n->again_at, WHEN_NEVER);
    assert_int_equal(spread_copies(f->spread, 0, 2), 1); /* and it is not there */
    sync_bundle(f, &f->other, 1);
    sync_bundle(f, &f->self, 1);
    go(f);
    answer(f);
    assert_int_equal(pushed(f, &bytes), 1);
    struct mp in = mp_of(f->heard[0].bundles.bundles);
    assert_true(span_equal(mp_bin(&in), f->bundles[3]));
}

static void so_much_is_on_the_way_and_no_more(void **state) {
    struct fixture *f = *state;
    size_t bytes, all = 0;
    uint64_t sent = 0;
    f->filling = 60000;
    know(f, PEER, MEMBER_ALIVE, true, 1);
    for (int i = 0; i < 40; i++)
        sync_bundle(f, &f->self, 1);
    say_heads(f, true, 0, 0);
    go(f);
    for (int i = 0; i < 12 && count(f, MSG_scan) > 0; i++) {
        f->heard[f->heard_count - 1].scan.limit = f->heard[f->heard_count - 1].scan.limit < 4
                                                      ? f->heard[f->heard_count - 1].scan.limit
                                                      : 4; /* a frame holds no more */
        answer(f);
        sent += pushed(f, &bytes);
        all += bytes;
    }
    assert_true(all >= SPREAD_INBOX_BYTES / 2 && all < SPREAD_INBOX_BYTES / 2 + LIMIT_BUNDLE_BYTES);
    say_heads(f, false, sent, 0);
    go(f);
    assert_int_equal(count(f, MSG_scan), 1);
}

static void lazy_edges_wait_for_what_others_signed(void **state) {
    struct fixture *f = *state;
    size_t bytes;
    begin(f, false);
    go(f);
    sync_bundle(f, &f->other, 1);
    go(f);
    assert_int_equal(count(f, MSG_scan), 0);
    pass(f, SPREAD_LAZY_MS - 1);
    assert_int_equal(count(f, MSG_scan), 0);
    assert_true(spread_deadline(f->spread) <= f->now + 1);
    pass(f, 1);
    answer(f);
    assert_int_equal(pushed(f, &bytes), 1);
    /* What this node signed goes at once, and before it what came before it. */
    sync_bundle(f, &f->other, 1);
    sync_bundle(f, &f->self, 1);
    sync_bundle(f, &f->other, 1);
    go(f);
    answer(f);
    assert_int_equal(pushed(f, &bytes), 2);
    /* What it has by then is not sent. */
    say_heads(f, false, 1, 3);
    pass(f, SPREAD_LAZY_MS);
    assert_int_equal(count(f, MSG_scan), 0);
}

static void in_a_mesh_nothing_is_forwarded_at_once(void **state) {
    struct fixture *f = *state;
    begin(f, true);
    go(f);
    sync_bundle(f, &f->other, 1);
    go(f);
    assert_int_equal(count(f, MSG_scan), 0);
    know_far(f, true); /* now it may depend on us */
    go(f);
    assert_int_equal(count(f, MSG_scan), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FIXED(what_is_lacked_is_sought_and_sent_in_order),
        FIXED(what_is_not_acknowledged_is_sent_again),
        FIXED(what_is_refused_holds_up_nothing),
        FIXED(so_much_is_on_the_way_and_no_more),
        FIXED(lazy_edges_wait_for_what_others_signed),
        FIXED(in_a_mesh_nothing_is_forwarded_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
