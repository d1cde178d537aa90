/* faults - clusters to be broken, and what has to hold when they are whole again. Included after <cmocka.h>. */
#ifndef ZYG_TEST_FAULTS_H
#define ZYG_TEST_FAULTS_H

#include "tests/unit/actors/member/world.h"

/* A cluster of `count`, all through the first two. */
static inline struct world *cluster(uint32_t count, uint64_t seed) {
    struct world *w = world_new(count, seed);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < 2; j++) {
            if (i != j)
                world_seed(w, i, j);
        }
        world_start(w, i);
    }
    world_until(w, all_see_all, 10000);
    world_run(w, 3000);
    assert_true(all_see_all(w) && all_agree(w));
    return w;
}

static inline uint32_t verdicts(const struct world *w) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < w->count; i++)
        count += w->nodes[i].verdicts;
    return count;
}

static inline bool all_well(const struct world *w) {
    return all_see_all(w) && all_agree(w) && gone_are_dead(w);
}

/* M9, when nothing has changed for a while: of a pair that should have an edge each side has one, and it is the same. */
static inline void expect_one_edge_a_pair(const struct world *w) {
    for (uint32_t i = 0; i < w->count; i++) {
        for (uint32_t j = 0; j < w->count; j++) {
            uint32_t links = 0;
            for (uint32_t l = 0; l < w->links_count; l++) {
                const struct link *link = &w->links[l];
                links += link->open[0] && link->open[1] && link->node[0] == i && link->node[1] == j;
                links += link->open[0] && link->open[1] && link->node[0] == j && link->node[1] == i;
            }
            if (i != j && w->nodes[i].running && w->nodes[j].running)
                assert_int_equal(links, w->nodes[i].view[j].neighbour);
        }
    }
}

static inline void break_link(struct world *w, uint32_t link) {
    for (int side = 0; side < 2; side++) {
        if (w->links[link].open[side])
            send_on(w, link, side, HAPPENS_DOWN, EDGE_CLOSED, (struct span){0});
    }
}

#endif
