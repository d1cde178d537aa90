/* hostile - a cluster whose last node is in somebody else's hands: the others hear from it what it never said.
 *
 * Included after <cmocka.h>. */
#ifndef ZYG_TEST_HOSTILE_H
#define ZYG_TEST_HOSTILE_H

#include "tests/unit/actors/member/world.h"

static inline struct world *cluster(uint32_t count, uint64_t seed) {
    struct world *w = world_new(count, seed);
    for (uint32_t i = 1; i < count; i++)
        world_seed(w, i, 0);
    for (uint32_t i = 0; i < count; i++)
        world_start(w, i);
    world_until(w, all_see_all, 10000);
    world_run(w, 3000);
    return w;
}

static inline int32_t edge_between(const struct world *w, uint32_t node, uint32_t other) {
    const struct member *m = w->nodes[node].member;
    int32_t place = map_find(&m->map, &w->nodes[other].config.signer.id);
    return m->pairs[place].edge;
}

/* `node` hears this on its edge with `other`. */
static inline void hears(struct world *w, uint32_t node, uint32_t other, const struct msg *m) {
    int32_t edge = edge_between(w, node, other);
    assert_int_not_equal(edge, EDGE_NONE);
    step(w, node, ROOM_PEERS, w->nodes[node].member->edges[edge].number, m);
}

/* How often it says so before it loses its edge. */
static inline uint32_t flood(struct world *w, uint32_t node, uint32_t other, const struct msg *m,
                             uint32_t most) {
    uint32_t count = 0;
    for (; count < most && edge_between(w, node, other) != EDGE_NONE; count++)
        hears(w, node, other, m);
    return count;
}

/* How long there is no edge. */
static inline dur_ms absence(struct world *w, uint32_t node, uint32_t other) {
    when_ms begin = w->at.now;
    while (edge_between(w, node, other) == EDGE_NONE && w->at.now - begin < 1000000)
        world_step(w, w->at.now + 10);
    return w->at.now - begin;
}

/* A message of node `from` to node `to`, as whoever is on the way hears it. */
static inline struct msg carried(const struct world *w, uint32_t from, uint32_t to, uint64_t hops,
                                 struct span message) {
    return (struct msg){.kind = MSG_carry,
                        .carry = {.from = w->nodes[from].config.signer.id,
                                  .to = w->nodes[to].config.signer.id,
                                  .hops = hops,
                                  .message = message}};
}

static inline struct span encoded(const struct msg *m) {
    static uint8_t memory[LIMIT_FRAME_BYTES];
    struct buf bytes = buf_of(memory, sizeof memory);
    assert_true(msg_encode(m, &bytes));
    return buf_view(&bytes);
}

#endif
