#include "actors/member/records.h"

#include "actors/member/doubt.h"
#include "actors/member/remember.h"
#include "actors/member/self.h"
#include "actors/member/verdict.h"
#include "proto/base/mp.h"

enum {
    COALESCE_MS = 20,
    PART_BYTES = 65536,       /* of one message: beats between two stay timely */
    FLUSH_ROOM = 1024 * 1024, /* of a step's messages is left to what else it says */
};

static uint32_t bit_of(int32_t edge) {
    return edge < 0 ? 0 : UINT32_C(1) << edge;
}

static uint32_t ready_edges(const struct member *m) {
    uint32_t bits = 0;
    for (int32_t i = 0; i < LIMIT_EDGES; i++) {
        if (m->edges[i].state == EDGE_READY)
            bits |= bit_of(i);
    }
    return bits;
}

static void flush_soon(struct member *m) {
    m->flush_at = when_sooner(m->flush_at, m->at.now + COALESCE_MS);
}

static void owe(struct member *m, uint32_t place, uint32_t edges) {
    m->map.known[place].owed |= edges;
    if (edges != 0)
        flush_soon(m);
}

void records_changed(struct member *m, uint32_t place, int32_t from, bool joined) {
    struct known *k = &m->map.known[place];
    if (joined)
        m->pairs[place] = (struct pair){.edge = EDGE_NONE,
                                        .suit = SUIT_NONE,
                                        .edgeless = WHEN_NEVER,
                                        .look_until = WHEN_NEVER,
                                        .accuse_at = WHEN_NEVER,
                                        .rtt_us = -1,
                                        .rtt_told_us = -1};
    k->told_by = bit_of(from);
    k->owed = 0;
    owe(m, place, ready_edges(m) & ~bit_of(from));
    m->pairs[place].news = true;
    verdict_version_changed(m, place);
    remember_changed(m, place);
}

/* ---- hearing ---- */

/* Somebody's view of this node: below ours it is told the newer one, above it is answered. */
static enum proof hear_of_self(struct member *m, uint32_t edge, const struct msg_member_record *r) {
    const struct version claim = version_of(r);
    int32_t place;
    enum merged merged = map_compare(&m->map, r, &place);
    struct known *k = &m->map.known[0];
    if (merged == MERGED_SAME) { /* what is owed to it stays so: see records_introduce */
        k->told_by |= bit_of((int32_t)edge);
        return PROOF_GOOD;
    }
    enum proof proof = proof_record(&m->map, r, m->config.cluster);
    bool verdict = !node_id_equal(&r->issuer, &r->node);
    if (proof == PROOF_GOOD && !verdict)
        self_other_life(m, r);
    if (proof == PROOF_GOOD && !(verdict && self_has_risen_enough(m, &claim)))
        self_refute(m, &claim, verdict && doubt_verdict(m, 0, r));
    owe(m, 0, bit_of((int32_t)edge));
    return proof;
}

/* A record of a higher rank may change the overlay; one that only says more about a member does not. */
static bool moves_overlay(const struct known *k, const struct msg_member_record *r) {
    return state_is_counted(k->version.state) != state_is_counted((enum member_state)r->state) ||
           k->dialable != (r->endpoint.len > 0);
}

enum proof record_hear(struct member *m, uint32_t edge, const struct msg_member_record *r,
                       int32_t *place) {
    if (node_id_equal(&r->node, &m->config.signer.id)) {
        *place = 0;
        return hear_of_self(m, edge, r);
    }
    enum merged merged = map_compare(&m->map, r, place);
    uint32_t bit = bit_of((int32_t)edge);
    if (merged != MERGED_JOINED && merged != MERGED_FULL && m->edges[edge].place == *place)
        m->edges[edge].life = r->generation; /* nobody else would say it here */
    if (merged == MERGED_FULL) {
        *place = -1;
        return PROOF_LATER;
    }
    if (merged == MERGED_SAME) {
        m->map.known[*place].told_by |= bit;
        m->map.known[*place].owed &= ~bit;
        return PROOF_GOOD;
    }
    if (merged == MERGED_LESS) {
        owe(m, (uint32_t)*place, bit);
        return PROOF_GOOD;
    }
    if (merged == MERGED_JOINED && (uint32_t)*place < m->map.count && m->pairs[*place].news) {
        *place = -1;
        return PROOF_LATER; /* first the other rooms hear that the one in this place is gone */
    }
    enum proof proof = proof_record(&m->map, r, m->config.cluster);
    if (proof != PROOF_GOOD) {
        *place = merged == MERGED_JOINED ? -1 : *place;
        return proof;
    }
    bool verdict = !node_id_equal(&r->issuer, &r->node);
    if (merged == MERGED_NEWS && verdict && doubt_verdict(m, (uint32_t)*place, r)) {
        m->pairs[*place].doubted = true; /* it is looked at in the next tick */
        return PROOF_GOOD;
    }
    if (merged == MERGED_JOINED || moves_overlay(&m->map.known[*place], r))
        m->overlay_stale = true;
    if (merged == MERGED_JOINED && (uint32_t)*place < m->map.count) {
        verdict_forget(m, (uint32_t)*place); /* it takes the place of one that is gone */
        remember_forget(m, (uint32_t)*place);
    }
    map_merge(&m->map, r, m->at.now, place);
    records_changed(m, (uint32_t)*place, (int32_t)edge, merged == MERGED_JOINED);
    return PROOF_GOOD;
}

/* One pass over the records: first what members say of themselves, then verdicts, whose issuers are known by then. */
static bool hear_pass(struct member *m, uint32_t edge, struct span bytes, bool verdicts) {
    struct mp in = mp_of(bytes);
    while (mp_peek(&in) != MP_END) {
        struct msg msg;
        struct err err;
        int32_t place;
        if (!msg_decode(&msg, mp_bin(&in), &err) || in.bad != NULL || msg.kind != MSG_member_record)
            return false;
        const struct msg_member_record *r = &msg.member_record;
        if (node_id_equal(&r->issuer, &r->node) == verdicts)
            continue;
        if (record_hear(m, edge, r, &place) == PROOF_BAD)
            return false;
    }
    return true;
}

bool records_hear(struct member *m, uint32_t edge, const struct msg_records *records) {
    if (!hear_pass(m, edge, records->records, false) || !hear_pass(m, edge, records->records, true))
        return false;
    for (uint32_t i = 0; records->whole && i < m->map.count; i++) {
        if ((m->map.known[i].told_by & bit_of((int32_t)edge)) == 0)
            owe(m, i, bit_of((int32_t)edge));
    }
    return true;
}

/* ---- saying ---- */

void records_introduce(struct member *m, uint32_t edge) {
    owe(m, 0, bit_of((int32_t)edge));
}

void records_sync(struct member *m, uint32_t edge) {
    for (uint32_t i = 0; i < m->map.count; i++)
        owe(m, i, bit_of((int32_t)edge));
    m->edges[edge].whole = true;
    m->flush_at = m->at.now; /* whoever compares has waited already */
}

static void say_part(struct member *m, uint32_t edge, struct buf *part, bool whole,
                     struct says *out) {
    const struct msg msg = {.kind = MSG_records,
                            .records = {.records = buf_view(part), .whole = whole}};
    say_to(out, ROOM_PEERS, m->edges[edge].number, &msg);
    buf_clear(part);
}

/* False: the step has no room for more; the rest is said in the next. */
static bool flush_edge(struct member *m, uint32_t edge, struct says *out) {
    struct buf part = buf_of(m->scratch, sizeof m->scratch);
    for (uint32_t i = 0; i < m->map.count; i++) {
        struct known *k = &m->map.known[i];
        if ((k->owed & bit_of((int32_t)edge)) == 0)
            continue;
        if (out->frames.cap - out->frames.len < FLUSH_ROOM + part.len + RECORD_BYTES_MAX) {
            if (part.len > 0)
                say_part(m, edge, &part, false, out);
            return false;
        }
        mp_put_bin(&part, map_bytes(&m->map, i));
        k->owed &= ~bit_of((int32_t)edge);
        if (part.len > PART_BYTES)
            say_part(m, edge, &part, false, out);
    }
    if (part.len > 0 || m->edges[edge].whole)
        say_part(m, edge, &part, m->edges[edge].whole, out);
    m->edges[edge].whole = false;
    return true;
}

void records_flush(struct member *m, struct says *out) {
    m->flush_at = WHEN_NEVER;
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        if (m->edges[i].state == EDGE_READY && !flush_edge(m, i, out)) {
            flush_soon(m);
            return;
        }
    }
}

void records_forget_edge(struct member *m, uint32_t edge) {
    for (uint32_t i = 0; i < m->map.count; i++) {
        m->map.known[i].owed &= ~bit_of((int32_t)edge);
        m->map.known[i].told_by &= ~bit_of((int32_t)edge);
    }
}
