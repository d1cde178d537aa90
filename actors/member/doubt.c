#include "actors/member/doubt.h"

#include "actors/member/verdict.h"
#include "proto/base/mp.h"

static bool is_well(const struct member *m, uint32_t place) {
    int8_t edge = m->pairs[place].edge;
    return edge != EDGE_NONE && !m->edges[edge].late;
}

static uint32_t live_observers(const struct member *m, uint32_t place, uint32_t *well) {
    const struct overlay_node *node = &m->overlay.nodes[place];
    uint32_t live = 0;
    *well = 0;
    for (uint32_t i = 0; i < node->degree; i++) {
        uint32_t observer = node->neighbours[i];
        live += observer == 0 || state_is_live(m->map.known[observer].version.state);
        *well += is_well(m, observer);
    }
    return live;
}

/* Different observers of the subject that accuse it in the evidence, which is whole: proof.h has looked. */
static uint32_t count_accusers(const struct member *m, uint32_t place,
                               const struct msg_member_record *r) {
    int32_t seen[EVIDENCE_MAX];
    uint32_t count = 0;
    for (struct mp in = mp_of(r->evidence); mp_peek(&in) != MP_END && count < EVIDENCE_MAX;) {
        struct msg m_accuse;
        struct err err;
        bool eager;
        if (!msg_decode(&m_accuse, mp_bin(&in), &err) || m_accuse.kind != MSG_accuse)
            return count;
        int32_t by = map_find(&m->map, &m_accuse.accuse.observer);
        bool counts = by >= 0 && overlay_linked(&m->overlay, place, (uint32_t)by, &eager);
        for (uint32_t i = 0; i < count; i++)
            counts = counts && seen[i] != by;
        if (counts)
            seen[count++] = by;
    }
    return count;
}

bool doubt_verdict(const struct member *m, uint32_t place, const struct msg_member_record *r) {
    uint32_t well, observers = live_observers(m, place, &well);
    uint32_t quorum = verdict_quorum(observers);
    bool hears = place == 0 ? well * 2 > observers : is_well(m, place);
    if (m->overlay.nodes[place].degree <= 1 || !hears)
        return false;
    return count_accusers(m, place, r) < (quorum < observers ? quorum : observers);
}
