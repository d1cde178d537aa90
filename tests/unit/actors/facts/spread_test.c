/* Who is told what is synced here, and what is counted of what others say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/facts/spread_stage.h"

static void neighbours_say_all_heads_when_they_meet(void **state) {
    struct fixture *f = *state;
    sync_bundle(f, &f->self, 4);
    sync_bundle(f, &f->other, 2);
    know(f, PEER, MEMBER_ALIVE, true, 1);
    go(f);
    assert_int_equal(f->heard_count, 1);
    const struct msg_heads *heads = &f->heard[0].heads;
    assert_true(heads->whole && !heads->more);
    assert_int_equal(heads->store.len, STORE_ID_BYTES);
    struct mp in = mp_of(heads->heads);
    assert_true(span_equal(mp_bin(&in), span_of(f->self.id.bytes, NODE_ID_BYTES)));
    assert_int_equal(mp_u64(&in), 9);
    assert_int_equal(mp_u64(&in), 4);
    assert_true(span_equal(mp_bin(&in), span_of(f->other.id.bytes, NODE_ID_BYTES)));
    assert_int_equal(mp_u64(&in), 9);
    assert_int_equal(mp_u64(&in), 2);
    assert_true(mp_done(&in));
    /* It has not answered: said again, with growing pauses. */
    assert_int_equal(spread_deadline(f->spread), f->now + SPREAD_AGAIN_LEAST);
    pass(f, SPREAD_AGAIN_LEAST);
    assert_int_equal(count(f, MSG_heads), 1);
    assert_int_equal(spread_deadline(f->spread), f->now + 2 * SPREAD_AGAIN_LEAST);
    say_heads(f, true, 4, 2);
    go(f);
    assert_int_equal(spread_deadline(f->spread), WHEN_NEVER);
    /* A life of the node that is another one is met anew. */
    know(f, PEER, MEMBER_ALIVE, true, 1);
    go(f);
    assert_int_equal(f->heard_count, 0);
    know(f, PEER, MEMBER_ALIVE, true, 2);
    go(f);
    assert_int_equal(count(f, MSG_heads), 1);
}

static void many_heads_come_in_pages(void **state) {
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 4000; i++)
        logs_get(f->logs, &f->other.id, 1000 + i, false)->synced = 1;
    know(f, PEER, MEMBER_ALIVE, true, 1);
    go(f);
    uint32_t heads = 0;
    assert_true(f->heard_count > 1);
    for (uint32_t i = 0; i < f->heard_count; i++) {
        const struct msg_heads *page = &f->heard[i].heads;
        assert_int_equal(page->whole, i == 0);
        assert_int_equal(page->more, i + 1 < f->heard_count);
        struct mp in = mp_of(page->heads);
        for (; mp_peek(&in) != MP_END; heads++) {
            (void)mp_bin(&in);
            (void)mp_u64(&in);
            assert_int_equal(mp_u64(&in), 1);
        }
    }
    assert_int_equal(heads, 4000);
}

static void changed_heads_gather(void **state) {
    struct fixture *f = *state;
    know(f, PEER, MEMBER_ALIVE, true, 1);
    say_heads(f, true, 0, 0);
    go(f);
    pass(f, 1000);
    for (int i = 0; i <= SPREAD_HEADS_BURST; i++) {
        sync_bundle(f, &f->other, 1);
        go(f);
        assert_int_equal(count(f, MSG_heads), 1); /* somebody may wait for it */
        assert_false(f->heard[0].heads.whole);
        pass(f, 0);
    }
    pass(f, 1);
    sync_bundle(f, &f->other, 1);
    pass(f, 1);
    sync_bundle(f, &f->other, 1);
    pass(f, SPREAD_HEADS_MS - 3);
    assert_int_equal(count(f, MSG_heads), 0);
    pass(f, 1);
    assert_int_equal(count(f, MSG_heads), 1);
    pass(f, 1000);
    assert_int_equal(count(f, MSG_heads), 0);
}

static void copies_are_counted_on_those_that_stay(void **state) {
    struct fixture *f = *state;
    sync_bundle(f, &f->self, 2);
    assert_int_equal(spread_holders(f->spread), 1);
    assert_int_equal(spread_copies(f->spread, 0, 2), 1);
    assert_int_equal(spread_copies(f->spread, 0, 3), 0);
    assert_true(spread_suffices(f->spread, 3)); /* there is no other disk */
    know(f, PEER, MEMBER_ALIVE, true, 1);
    assert_true(spread_suffices(f->spread, 1));
    assert_false(spread_suffices(f->spread, 2));
    know(f, 4, MEMBER_ALIVE, true, 1);
    assert_int_equal(spread_holders(f->spread), 3);
    say_heads(f, true, 2, 0);
    assert_int_equal(spread_copies(f->spread, 0, 2), 2);
    know(f, 4, MEMBER_DEAD, true, 1);
    assert_int_equal(spread_holders(f->spread), 2);
    know(f, PEER, MEMBER_LEAVING, true, 1);
    assert_int_equal(spread_holders(f->spread), 1);
    assert_int_equal(spread_copies(f->spread, 0, 2), 1);
    know(f, PEER, MEMBER_ALIVE, true, 1); /* met anew: what it has is not known */
    assert_int_equal(spread_copies(f->spread, 0, 2), 1);
    say_heads(f, true, 2, 0);
    know(f, 0, MEMBER_LEAVING, false, 1); /* this node goes: only the others count */
    assert_int_equal(spread_holders(f->spread), 1);
    assert_false(spread_suffices(f->spread, 1));
    assert_int_equal(spread_copies(f->spread, 0, 2), 1);
    assert_int_equal(spread_copies(f->spread, 0, 3), 0);
}

static void far_heads(struct fixture *f, uint64_t next) {
    static const uint8_t store[STORE_ID_BYTES] = {8};
    uint8_t memory[64];
    struct buf heads = buf_of(memory, sizeof memory);
    mp_put_bin(&heads, span_of(f->self.id.bytes, NODE_ID_BYTES));
    mp_put_u64(&heads, 9);
    mp_put_u64(&heads, next);
    spread_heads(f->spread, FAR,
                 &(struct msg_heads){.store = span_of(store, sizeof store),
                                     .whole = true,
                                     .heads = buf_view(&heads)},
                 f->now);
}

/* The link to one of two others is cut: it hears of our logs by way of the third, and is asked how far it is. */
static void a_holder_without_an_edge_counts(void **state) {
    struct fixture *f = *state;
    know(f, PEER, MEMBER_ALIVE, true, 1);
    know_far(f, true);
    sync_bundle(f, &f->self, 2);
    assert_int_equal(spread_holders(f->spread), 3);
    go(f);
    assert_int_equal(count(f, MSG_heads), 2);
    say_heads(f, true, 2, 0);
    assert_int_equal(spread_copies(f->spread, 0, 2), 2);
    far_heads(f, 1);
    assert_int_equal(spread_copies(f->spread, 0, 2), 2);
    pass(f, SPREAD_FAR_MS); /* the rest may have been lost on the way */
    assert_int_equal(count(f, MSG_heads), 1);
    assert_true(f->heard[0].heads.whole);
    assert_int_equal(count(f, MSG_scan), 0); /* no bundle goes there */
    far_heads(f, 2);
    assert_int_equal(spread_copies(f->spread, 0, 2), 3);
    pass(f, SPREAD_FAR_MS);
    assert_int_equal(count(f, MSG_heads), 0);
    know_far(f, false);
    assert_int_equal(spread_copies(f->spread, 0, 2), 2);
    assert_int_equal(spread_holders(f->spread), 2);
}

/* Whoever asks from far away is answered, though there are holders enough next to this node. */
static void who_asks_from_far_away_is_answered(void **state) {
    struct fixture *f = *state;
    for (uint32_t peer = 10; peer < 20; peer++)
        know(f, peer, MEMBER_ALIVE, true, 1);
    know_far(f, true);
    assert_null(spread_neighbour(f->spread, FAR));
    far_heads(f, 1);
    assert_non_null(spread_neighbour(f->spread, FAR));
    assert_true(spread_neighbour(f->spread, FAR)->tell_all);
}

/* It would count for whatever this node signs from then on. */
static void nobody_has_more_than_was_signed_here(void **state) {
    struct fixture *f = *state;
    sync_bundle(f, &f->self, 2);
    sync_bundle(f, &f->other, 2);
    know(f, PEER, MEMBER_ALIVE, true, 1);
    say_heads(f, true, 3, 5); /* of others' logs it may have more */
    assert_int_equal(f->spread->nonsense, 1);
    sync_bundle(f, &f->self, 1);
    sync_bundle(f, &f->other, 3);
    assert_int_equal(spread_copies(f->spread, 0, 1), 1);
    assert_int_equal(spread_copies(f->spread, 0, 3), 1);
    assert_int_equal(spread_copies(f->spread, 1, 5), 2);
    say_heads(f, false, 3, 0);
    assert_int_equal(spread_copies(f->spread, 0, 3), 2);
    assert_int_equal(f->spread->nonsense, 1);
}

static void heads_make_no_logs(void **state) {
    struct fixture *f = *state;
    know(f, PEER, MEMBER_ALIVE, true, 1);
    say_heads(f, true, 7, 9);
    assert_int_equal(f->logs->count, 0);
    assert_int_equal(f->spread->nonsense, 0);
}

static void what_others_lack_is_counted(void **state) {
    struct fixture *f = *state;
    sync_bundle(f, &f->self, 4);
    sync_bundle(f, &f->other, 3);
    assert_int_equal(spread_lacking(f->spread, 2), 7); /* nobody is there to have it */
    know(f, PEER, MEMBER_ALIVE, true, 1);
    assert_int_equal(spread_lacking(f->spread, 2), 7);
    say_heads(f, true, 3, 3);
    assert_int_equal(spread_lacking(f->spread, 2), 1); /* one other is all there are */
    know_far(f, true);
    assert_int_equal(spread_lacking(f->spread, 2), 7);
    far_heads(f, 4);
    assert_int_equal(spread_lacking(f->spread, 1), 0);
    assert_int_equal(spread_lacking(f->spread, 2), 4);
}

/* In a full mesh what others have signed gets everywhere from them. */
static void another_disk_is_another_store(void **state) {
    struct fixture *f = *state;
    static const uint8_t other_store[STORE_ID_BYTES] = {6};
    sync_bundle(f, &f->self, 2);
    know(f, PEER, MEMBER_ALIVE, true, 1);
    say_heads(f, true, 2, 0);
    assert_int_equal(spread_copies(f->spread, 0, 2), 2);
    spread_heads(f->spread, PEER,
                 &(struct msg_heads){.store = span_of(other_store, STORE_ID_BYTES), .whole = true},
                 f->now);
    assert_int_equal(spread_copies(f->spread, 0, 2), 1);
}

static void nonsense_is_counted(void **state) {
    struct fixture *f = *state;
    know(f, PEER, MEMBER_ALIVE, true, 1);
    spread_heads(f->spread, 77, &(struct msg_heads){.whole = true}, f->now);
    spread_heads(f->spread, PEER, &(struct msg_heads){.whole = true}, f->now);
    spread_heads(f->spread, PEER,
                 &(struct msg_heads){.store = span_of("0123456789abcdef", STORE_ID_BYTES),
                                     .whole = true,
                                     .heads = span_text("\x01\x02")},
                 f->now);
    assert_int_equal(f->spread->nonsense, 3);
    assert_false(courier_rows(f->spread, &(struct msg_rows){.ticket = 5}, f->now, &f->out));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FIXED(neighbours_say_all_heads_when_they_meet),
        FIXED(many_heads_come_in_pages),
        FIXED(changed_heads_gather),
        FIXED(copies_are_counted_on_those_that_stay),
        FIXED(a_holder_without_an_edge_counts),
        FIXED(who_asks_from_far_away_is_answered),
        FIXED(nobody_has_more_than_was_signed_here),
        FIXED(heads_make_no_logs),
        FIXED(what_others_lack_is_counted),
        FIXED(another_disk_is_another_store),
        FIXED(nonsense_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
