/* holds - what is asked of a world: what its nodes say of each other. Included by world.h, at its end. */
#ifndef ZYG_TEST_HOLDS_H
#define ZYG_TEST_HOLDS_H

static inline enum member_state state_seen(const struct world *w, uint32_t by, uint32_t of) {
    return w->nodes[by].view[of].told ? w->nodes[by].view[of].state : MEMBER_NONE;
}

/* All that run know each other as ALIVE and active. */
static inline bool all_see_all(const struct world *w) {
    for (uint32_t i = 0; i < w->count; i++) {
        for (uint32_t j = 0; j < w->count; j++) {
            const struct view *v = &w->nodes[i].view[j];
            if (w->nodes[i].running && w->nodes[j].running &&
                (!v->told || v->state != MEMBER_ALIVE || !v->active))
                return false;
        }
    }
    return true;
}

/* Maps of all that run are equal. */
static inline bool all_agree(const struct world *w) {
    uint64_t sum = 0;
    bool first = true;
    for (uint32_t i = 0; i < w->count; i++) {
        if (!w->nodes[i].running)
            continue;
        if (!first && w->nodes[i].member->map.sum != sum)
            return false;
        sum = w->nodes[i].member->map.sum;
        first = false;
    }
    return true;
}

static inline bool all_see_gone(const struct world *w, enum member_state least) {
    for (uint32_t i = 0; i < w->count; i++) {
        for (uint32_t j = 0; j < w->count; j++) {
            if (w->nodes[i].running && !w->nodes[j].running && state_seen(w, i, j) < least)
                return false;
        }
    }
    return true;
}

static inline bool gone_are_dead(const struct world *w) {
    return all_see_gone(w, MEMBER_DEAD);
}

static inline bool gone_are_unreachable(const struct world *w) {
    return all_see_gone(w, MEMBER_UNREACHABLE);
}

#endif
