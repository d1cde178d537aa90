/* spread_stage - spread with its logs, a disk that answers, neighbours that say their heads. Included by tests after
 * <cmocka.h>. */
#ifndef ZYG_TEST_SPREAD_STAGE_H
#define ZYG_TEST_SPREAD_STAGE_H

#include "actors/facts/courier.h"
#include "actors/kit/frame.h"
#include "actors/member/member.h"
#include "proto/base/check.h"
#include "store/ops.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

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

static inline int set_up(void **state) {
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

static inline int tear_down(void **state) {
    struct fixture *f = *state;
    for (uint32_t i = 0; i < f->bundles_count; i++)
        free((void *)(uintptr_t)f->bundles[i].data);
    free(f->logs);
    free(f->spread);
    free(f);
    return 0;
}

static inline void go(struct fixture *f) {
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

static inline void pass(struct fixture *f, dur_ms ms) {
    f->now += ms;
    go(f);
}

static inline void know(struct fixture *f, uint32_t peer, enum member_state state, bool eager,
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
static inline void sync_bundle(struct fixture *f, const struct signer *who, uint32_t facts) {
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
static inline void say_heads(struct fixture *f, bool whole, uint64_t self_next,
                             uint64_t other_next) {
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
static inline void answer(struct fixture *f) {
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

static inline uint32_t count(const struct fixture *f, enum msg_kind kind) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < f->heard_count; i++)
        found += f->heard[i].kind == kind;
    return found;
}

/* How many bundles were sent, and how large they are. */
static inline uint32_t pushed(const struct fixture *f, size_t *bytes) {
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
static inline void expect_pushed(struct fixture *f, uint32_t bundles) {
    size_t bytes;
    while (count(f, MSG_bundles) == 0)
        answer(f);
    assert_int_equal(pushed(f, &bytes), bundles);
}

/* A neighbour that has nothing yet. */
static inline void begin(struct fixture *f, bool eager) {
    know(f, PEER, MEMBER_ALIVE, eager, 1);
    go(f);
    say_heads(f, true, 0, 0);
}

static inline void know_far(struct fixture *f, bool active) {
    spread_known(f->spread,
                 &(struct msg_node_known){.peer = FAR,
                                          .generation = 1,
                                          .state = MEMBER_ALIVE,
                                          .active = active,
                                          .flags = MEMBER_STORES},
                 f->now);
}

#define FIXED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
