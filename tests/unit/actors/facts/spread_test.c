/* Who is told what and when: heads, pushes, acknowledgements, repetitions. */
#include "actors/facts/courier.h"

#include "actors/kit/frame.h"
#include "actors/member/member.h"
#include "proto/base/check.h"
#include "store/ops.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FAR = 5, PEER = 3, BUNDLES_MAX = 512 };

struct fixture {
    struct logs *logs;
    struct spread *spread;
    uint64_t tickets;
    when_ms now;
    struct signer self, other;
    struct says out;
    uint8_t said[SAYS_BYTES];
    struct msg heard[64]; /* of the last time, in order */
    uint32_t heard_count;
    uint32_t bundles_count; /* table log, from serial 1 on */
    uint32_t filling;       /* bytes that make a bundle large */
    struct span bundles[BUNDLES_MAX];
    uint8_t rows[2 * LIMIT_FRAME_BYTES];
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    const uint8_t seeds[2][crypto_sign_SEEDBYTES] = {{1}, {2}};
    ensure(f != NULL && sodium_init() >= 0);
    crypto_sign_seed_keypair(f->self.id.bytes, f->self.secret, seeds[0]);
    crypto_sign_seed_keypair(f->other.id.bytes, f->other.secret, seeds[1]);
    f->logs = calloc(1, sizeof *f->logs);
    f->spread = calloc(1, sizeof *f->spread);
    ensure(f->logs != NULL && f->spread != NULL);
    f->logs->serial = 1;
    f->now = 1000;
    spread_init(f->spread, f->logs, &f->tickets);
    f->out = (struct says){.frames = buf_of(f->said, sizeof f->said), .from = ROOM_FACTS};
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    for (uint32_t i = 0; i < f->bundles_count; i++)
        free((void *)(uintptr_t)f->bundles[i].data);
    free(f->logs);
    free(f->spread);
    free(f);
    return 0;
}

static void go(struct fixture *f) {
    static uint8_t kept[SAYS_BYTES];
    spread_go(f->spread, f->now, &f->out);
    memcpy(kept, f->said, f->out.frames.len);
    struct span rest = span_of(kept, f->out.frames.len);
    buf_clear(&f->out.frames);
    struct err err;
    for (f->heard_count = 0; rest.len > 0; f->heard_count++) {
        ensure(f->heard_count < 64);
        struct frame frame = frame_take(&rest);
        assert_true(msg_decode(&f->heard[f->heard_count], frame.message, &err));
        assert_true(frame.to == ROOM_STORE || frame.peer == PEER || frame.peer == FAR);
    }
}

static void pass(struct fixture *f, dur_ms ms) {
    f->now += ms;
    go(f);
}

static void know(struct fixture *f, uint32_t peer, enum member_state state, bool eager,
                 uint64_t generation) {
    spread_known(f->spread,
                 &(struct msg_node_known){.peer = peer,
                                          .generation = generation,
                                          .state = state,
                                          .active = state == MEMBER_ALIVE,
                                          .neighbour = peer != 0 && state == MEMBER_ALIVE,
                                          .eager = eager,
                                          .flags = MEMBER_STORES},
                 f->now);
}

/* One more bundle of so many facts, synced. */
static void sync_bundle(struct fixture *f, const struct signer *who, uint32_t facts) {
    static uint8_t config[60000];
    uint8_t *memory = malloc(LIMIT_BUNDLE_BYTES);
    struct log *log = logs_get(f->logs, &who->id, 9, who == &f->self);
    struct bundle_writer w;
    ensure(memory != NULL && f->bundles_count < BUNDLES_MAX);
    bundle_begin(&w, who, 9, log->taken, memory, LIMIT_BUNDLE_BYTES);
    for (uint32_t i = 0; i < facts; i++)
        ensure(bundle_add(&w, &(struct msg){.kind = MSG_proposal_fact,
                                            .proposal_fact.config = span_of(config, f->filling)}));
    f->bundles[f->bundles_count++] = bundle_seal(&w);
    log->queued = log->taken = log->synced = log->taken + facts;
    f->logs->serial_synced = f->logs->serial++;
    spread_synced(f->spread, logs_number(f->logs, log), f->now);
    spread_landed(f->spread, who == &f->self ? f->logs->serial_synced : 0, f->now);
}

#define REFUSES UINT64_MAX

/* The neighbour says how far it is with the logs of both. */
static void say_heads(struct fixture *f, bool whole, uint64_t self_next, uint64_t other_next) {
    static const uint8_t store[STORE_ID_BYTES] = {5};
    uint8_t memory[256];
    struct buf heads = buf_of(memory, sizeof memory);
    const struct node_id *ids[] = {&f->self.id, &f->other.id};
    const uint64_t nexts[] = {self_next, other_next};
    for (int i = 0; i < 2; i++) {
        if (nexts[i] == 0)
            continue;
        mp_put_bin(&heads, span_of(ids[i]->bytes, NODE_ID_BYTES));
        mp_put_u64(&heads, 9);
        mp_put_u64(&heads, nexts[i] == REFUSES ? 0 : nexts[i]);
    }
    spread_heads(f->spread, PEER,
                 &(struct msg_heads){.store = span_of(store, sizeof store),
                                     .whole = whole,
                                     .heads = buf_view(&heads)},
                 f->now);
}

/* Answers the scan that was asked last from the bundles there are. */
static void answer(struct fixture *f) {
    const struct msg_scan *scan = NULL;
    for (uint32_t i = 0; i < f->heard_count; i++) {
        if (f->heard[i].kind == MSG_scan)
            scan = &f->heard[i].scan;
    }
    assert_non_null(scan);
    struct buf rows = buf_of(f->rows, sizeof f->rows);
    uint8_t key_memory[64], serial_memory[8];
    uint64_t given = 0;
    for (uint64_t serial = 1; serial <= f->bundles_count && given < scan->limit; serial++) {
        struct buf key = buf_of(key_memory, sizeof key_memory);
        struct buf number = buf_of(serial_memory, sizeof serial_memory);
        struct bundle b;
        struct err err;
        buf_be64(&number, serial);
        assert_true(bundle_peek(&b, f->bundles[serial - 1], &err));
        bundle_key(&key, &b.author, b.generation, b.sequence);
        bool index = scan->table == TABLE_log_index;
        if (index ? !span_equal(buf_view(&key), scan->prefix)
                  : serial <= read_be64(scan->after.data))
            continue;
        mp_put_bin(&rows, index ? buf_view(&key) : buf_view(&number));
        mp_put_bin(&rows, index ? buf_view(&number) : f->bundles[serial - 1]);
        given++;
    }
    const struct msg_rows reply = {.ticket = scan->ticket, .rows = buf_view(&rows)};
    assert_true(courier_rows(f->spread, &reply, f->now, &f->out));
    go(f);
}

static uint32_t count(const struct fixture *f, enum msg_kind kind) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < f->heard_count; i++)
        found += f->heard[i].kind == kind;
    return found;
}

/* How many bundles were sent, and how large they are. */
static uint32_t pushed(const struct fixture *f, size_t *bytes) {
    uint32_t found = 0;
    *bytes = 0;
    for (uint32_t i = 0; i < f->heard_count; i++) {
        if (f->heard[i].kind != MSG_bundles)
            continue;
        struct mp in = mp_of(f->heard[i].bundles.bundles);
        while (mp_peek(&in) != MP_END) {
            *bytes += mp_bin(&in).len;
            found++;
        }
        assert_null(in.bad);
    }
    return found;
}

/* Answers until something is sent: so many bundles. */
static void expect_pushed(struct fixture *f, uint32_t bundles) {
    size_t bytes;
    while (count(f, MSG_bundles) == 0)
        answer(f);
    assert_int_equal(pushed(f, &bytes), bundles);
}

/* A neighbour that has nothing yet. */
static void begin(struct fixture *f, bool eager) {
    know(f, PEER, MEMBER_ALIVE, eager, 1);
    go(f);
    say_heads(f, true, 0, 0);
}

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

static void know_far(struct fixture *f, bool active) {
    spread_known(f->spread,
                 &(struct msg_node_known){.peer = FAR,
                                          .generation = 1,
                                          .state = MEMBER_ALIVE,
                                          .active = active,
                                          .flags = MEMBER_STORES},
                 f->now);
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

#define FIXED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        FIXED(neighbours_say_all_heads_when_they_meet),
        FIXED(many_heads_come_in_pages),
        FIXED(changed_heads_gather),
        FIXED(what_is_lacked_is_sought_and_sent_in_order),
        FIXED(what_is_not_acknowledged_is_sent_again),
        FIXED(what_is_refused_holds_up_nothing),
        FIXED(so_much_is_on_the_way_and_no_more),
        FIXED(lazy_edges_wait_for_what_others_signed),
        FIXED(copies_are_counted_on_those_that_stay),
        FIXED(a_holder_without_an_edge_counts),
        FIXED(who_asks_from_far_away_is_answered),
        FIXED(heads_make_no_logs),
        FIXED(what_others_lack_is_counted),
        FIXED(in_a_mesh_nothing_is_forwarded_at_once),
        FIXED(another_disk_is_another_store),
        FIXED(nonsense_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
