/* leader_stage - the leader room of one node on a stage: what it is told of others, what it says.
 *
 * Included by tests after <cmocka.h>.
 */
#ifndef ZYG_TEST_LEADER_STAGE_H
#define ZYG_TEST_LEADER_STAGE_H

#include "actors/leader/leader.h"
#include "actors/member/member.h"
#include "proto/base/mp.h"
#include "proto/status.h"
#include "store/ops.h"
#include "tests/lib/outcome.h"
#include "tests/lib/stage.h"

enum { SELF = 5, BETTER = 1, WORSE = 9 }; /* first bytes of ids */

struct fixture {
    struct stage *stage;
    void *memory;
};

static const struct job_id job = {{7}};

static inline struct node_id node(uint8_t first) {
    return (struct node_id){.bytes = {first}};
}

static inline void seat(struct fixture *f) {
    struct leader_config config = {
        .self = node(SELF), .slots = 2, .flags = MEMBER_STORES | MEMBER_ELIGIBLE};
    memset(f->memory, 0, leader_size());
    struct core core = leader_core(leader_init(f->memory, &config));
    board_seat_core(f->stage->board, &core);
    stage_tell(f->stage, ROOM_LEADER, ROOM_NODE, 0, &(struct msg){.kind = MSG_start});
}

static inline int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->stage = stage_new();
    f->memory = calloc(1, leader_size());
    stage_seat_store(f->stage);
    seat(f);
    *state = f;
    return 0;
}

static inline int tear_down(void **state) {
    struct fixture *f = *state;
    stage_destroy(&f->stage);
    free(f->memory);
    free(f);
    return 0;
}

/* ---- what it hears ---- */

static inline void hear(struct fixture *f, const struct msg *m) {
    stage_tell(f->stage, ROOM_LEADER, ROOM_NONE, 0, m);
}

static inline void from_peer(struct fixture *f, uint32_t peer, const struct msg *m) {
    stage_tell(f->stage, ROOM_LEADER, ROOM_MEMBER, peer, m);
}

struct known {
    uint8_t id;
    uint64_t generation;
    enum member_state state;
    uint64_t slots;
    bool inactive;
    uint32_t flags;
};

/* The peer number of a node is its id's first byte; this node's is 0. */
static inline void know(struct fixture *f, struct known k) {
    enum member_state state = k.state == MEMBER_NONE ? MEMBER_ALIVE : k.state;
    struct msg m = {.kind = MSG_node_known};
    m.node_known.peer = k.id == SELF ? 0 : k.id;
    m.node_known.node = node(k.id);
    m.node_known.generation = k.generation == 0 ? 10 : k.generation;
    m.node_known.state = state;
    m.node_known.active = state == MEMBER_ALIVE && !k.inactive;
    m.node_known.neighbour = true;
    m.node_known.slots = k.slots == 0 ? 2 : k.slots;
    m.node_known.rtt_us = 300;
    m.node_known.flags = k.flags == 0 ? MEMBER_STORES | MEMBER_ELIGIBLE : k.flags;
    hear(f, &m);
}

static inline void claimed(struct fixture *f, uint32_t peer, uint64_t term, uint8_t leader) {
    from_peer(f, peer,
              &(struct msg){.kind = MSG_claim,
                            .claim = {.term = term, .leader = node(leader), .generation = 10}});
}

/* The leader of an epoch says that it leads no more. */
static inline void handed_on(struct fixture *f, uint32_t peer, uint64_t term, uint8_t leader) {
    from_peer(f, peer,
              &(struct msg){
                  .kind = MSG_claim,
                  .claim = {.term = term, .leader = node(leader), .generation = 10, .over = true}});
}

static inline void ailing(struct fixture *f, enum err_code code) {
    hear(f, &(struct msg){.kind = MSG_ailing, .ailing.code = code});
}

static inline void hold(struct fixture *f, bool on) {
    hear(f, &(struct msg){.kind = MSG_hold, .hold.on = on});
}

static inline void report(struct fixture *f, uint32_t peer, uint64_t term, struct span leases) {
    from_peer(f, peer,
              &(struct msg){.kind = MSG_report,
                            .report = {.term = term, .slots = 4, .load = 9, .leases = leases}});
}

static inline void lease(struct fixture *f, uint32_t peer, uint64_t term, uint64_t slot,
                         uint64_t attempt) {
    const struct msg m = {.kind = MSG_lease,
                          .lease = {.term = term, .job = job, .slot = slot, .attempt = attempt}};
    stage_tell(f->stage, ROOM_LEADER, peer == 0 ? ROOM_SCHED : ROOM_MEMBER, peer, &m);
}

static inline void outcome(struct fixture *f, uint64_t slot, uint64_t attempt,
                           enum trial_status status) {
    uint8_t memory[OUTCOME_BYTES];
    const struct msg m = outcome_of(memory, &job, slot, attempt, status);
    hear(f, &m);
}

/* ---- what it says ---- */

static inline const struct msg *last(const struct fixture *f, enum room to, enum msg_kind kind) {
    uint32_t count = stage_count(f->stage, to, kind);
    assert_true(count > 0);
    return stage_heard(f->stage, to, kind, count - 1);
}

static inline void expect_lead(const struct fixture *f, uint64_t term, uint8_t leader, bool mine) {
    const struct msg *m = last(f, ROOM_SCHED, MSG_lead);
    assert_int_equal(m->lead.term, term);
    assert_int_equal(m->lead.leader.bytes[0], leader);
    assert_int_equal(m->lead.mine, mine);
    assert_int_equal(m->lead.peer, leader == SELF ? 0 : leader);
}

/* How often this node was told the kind; *found: the last of them. */
static inline uint32_t told(const struct fixture *f, uint32_t peer, enum msg_kind kind,
                            const struct msg **found) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < f->stage->heard_count; i++) {
        const struct heard *h = &f->stage->heard[i];
        if (h->to != ROOM_MEMBER || h->peer != peer || h->msg.kind != kind)
            continue;
        count++;
        if (found != NULL)
            *found = &h->msg;
    }
    return count;
}

static inline void expect_claim(const struct fixture *f, uint32_t peer, uint64_t term,
                                uint8_t leader) {
    const struct msg *m = NULL;
    assert_true(told(f, peer, MSG_claim, &m) > 0);
    assert_int_equal(m->claim.term, term);
    assert_int_equal(m->claim.leader.bytes[0], leader);
}

static inline void expect_ended(const struct fixture *f, uint32_t peer, uint32_t count,
                                uint64_t slot, bool lost) {
    const struct msg *m = NULL;
    assert_int_equal(told(f, peer, MSG_ended, &m), count);
    assert_int_equal(m->ended.slot, slot);
    assert_int_equal(m->ended.lost, lost);
}

static inline uint64_t stored_term(const struct fixture *f) {
    struct span value;
    if (!store_mem_get(f->stage->store, TABLE_meta, span_text("term"), &value))
        return 0;
    struct mp in = mp_of(value);
    return mp_u64(&in);
}

static inline void lead_alone(struct fixture *f) {
    know(f, (struct known){.id = SELF});
    stage_pass(f->stage, 500);
    expect_lead(f, 1, SELF, true);
}

static inline void follow_better(struct fixture *f) {
    know(f, (struct known){.id = SELF});
    know(f, (struct known){.id = BETTER});
    claimed(f, BETTER, 4, BETTER);
    expect_lead(f, 4, BETTER, false);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
