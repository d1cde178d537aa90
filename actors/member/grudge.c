#include "actors/member/grudge.h"

#include "actors/member/carry.h"
#include "actors/member/edges.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    EARNED_SECOND = 16384,
    SAVINGS_MAX = 4 * EARNED_SECOND,
    /* In units of about a microsecond or two of this node's time. */
    PRICE_SMALL = 4,
    PRICE_CARRY = 1,
    PRICE_ANSWER = PRICE_CARRY + PRICE_SMALL,
    PRICE_SIGNED = 32,
    PRICE_WHOLE = 2048, /* it is answered with all that is known */
    PRICE_BLAME = 2048,
    BLAMES_MAX = 64,
    /* So long after it was plausible that others pass on what it says, nobody judges that any more. */
    BLAME_MS = 2 * SETTLED_MS,
    BYTES_UNIT = 256,
    KNOCKS_MAX = 16,
    KNOCK_MS = 1000,
    SHUT_MS = 1000,
    SHUT_DOUBLINGS = 9,
    SHUT_MAX_MS = 300000,
    FORGIVEN_MS = 1800000,
    NOTED_MS = 3600000,
    NOTES_MAX = 8,
    NOTE_MS = 60000,
};

/* ---- prices ---- */

static uint32_t by_bytes(struct span bytes, uint32_t unit) {
    return (uint32_t)(bytes.len / unit);
}

uint32_t grudge_price(const struct msg *msg) {
    switch (msg->kind) {
    case MSG_greet:
    case MSG_accuse:
    case MSG_vouch: return PRICE_SIGNED;
    case MSG_records:
        return PRICE_SIGNED + by_bytes(msg->records.records, BYTES_UNIT) +
               (msg->records.whole ? PRICE_WHOLE : 0);
    case MSG_bundles: return by_bytes(msg->bundles.bundles, 32 * BYTES_UNIT);
    case MSG_heads: return by_bytes(msg->heads.heads, BYTES_UNIT / 4);
    case MSG_report: return by_bytes(msg->report.leases, BYTES_UNIT);
    case MSG_running: return by_bytes(msg->running.trials, BYTES_UNIT);
    case MSG_carry: return 0; /* what is in it has the price */
    default: return PRICE_SMALL;
    }
}

uint32_t grudge_price_reading(const struct msg_carry *carry) {
    return PRICE_CARRY + by_bytes(carry->message, 32 * BYTES_UNIT);
}

uint32_t grudge_price_carried(const struct msg_carry *carry, const struct msg *msg) {
    bool is_of_a_trial = msg->kind == MSG_lease || msg->kind == MSG_ended;
    return grudge_price_reading(carry) + (is_of_a_trial ? 0 : grudge_price(msg));
}

/* False: it has spent all. */
static bool spend(struct purse *p, when_ms now, uint32_t price) {
    int64_t earned = (now - p->at) * EARNED_SECOND / 1000;
    if (earned > 0) {
        p->spent = p->spent > earned ? p->spent - earned : 0;
        p->at = now;
    }
    if (p->spent + price > SAVINGS_MAX)
        return false;
    p->spent += price;
    return true;
}

bool grudge_charge(struct member *m, uint32_t edge, uint32_t price) {
    return spend(&m->edges[edge].purse, m->at.now, price) ||
           err_set(&m->complaint, ERR_NOT_ALLOWED, "it says more than any node has to say");
}

void grudge_expect(struct member *m, uint32_t place, const struct msg *said) {
    const int8_t edge = m->pairs[place].edge;
    bool is_answered = said->kind == MSG_lease || (said->kind == MSG_ended && !said->ended.lost);
    if (edge == EDGE_NONE || !is_answered)
        return;
    struct purse *p = &m->edges[edge].purse;
    p->spent -= p->spent < PRICE_ANSWER ? p->spent : PRICE_ANSWER;
}

bool grudge_takes_carried(struct member *m, uint32_t edge, uint32_t price) {
    return spend(&m->edges[edge].carried, m->at.now, price);
}

bool grudge_may_ask(struct member *m, uint32_t edge, uint32_t price) {
    return spend(&m->edges[edge].asked, m->at.now, price);
}

/* ---- grudges ---- */

static struct grudge *find(struct member *m, const uint8_t curve[32]) {
    for (uint32_t i = 0; i < GRUDGES_MAX; i++) {
        if (m->grudges[i].used && memcmp(m->grudges[i].curve, curve, 32) == 0)
            return &m->grudges[i];
    }
    return NULL;
}

static bool is_members(const struct member *m, const uint8_t curve[32]) {
    for (uint32_t i = 1; i < m->map.count; i++) {
        if (memcmp(m->map.known[i].curve, curve, 32) == 0)
            return true;
    }
    return false;
}

/* Nothing was ever the matter, or it has behaved for long. */
static bool is_forgiven(const struct member *m, const struct grudge *g) {
    return g->times == 0 || m->at.now - g->until > FORGIVEN_MS;
}

/* Of two that could be forgotten the lighter one is. */
static uint32_t weight_of(const struct member *m, const struct grudge *g) {
    return !g->used ? 0 : g->until > m->at.now ? 3 : !is_forgiven(m, g) ? 2 : 1;
}

/* NULL: not a member's. */
static struct grudge *get(struct member *m, const uint8_t curve[32]) {
    struct grudge *g = find(m, curve);
    if (g != NULL || !is_members(m, curve))
        return g;
    g = &m->grudges[0];
    for (uint32_t i = 1; i < GRUDGES_MAX; i++) {
        struct grudge *other = &m->grudges[i];
        uint32_t weight = weight_of(m, g), others = weight_of(m, other);
        if (others < weight || (others == weight && other->touched < g->touched))
            g = other;
    }
    *g = (struct grudge){.used = true, .knocked_at = m->at.now};
    memcpy(g->curve, curve, sizeof g->curve);
    return g;
}

void grudge_bear(struct member *m, const uint8_t curve[32]) {
    struct grudge *g = get(m, curve);
    if (g == NULL)
        return;
    if (is_forgiven(m, g))
        g->times = 0;
    dur_ms pause = (dur_ms)SHUT_MS << g->times;
    g->until = m->at.now + (pause < SHUT_MAX_MS ? pause : SHUT_MAX_MS);
    g->times += g->times < SHUT_DOUBLINGS;
    g->touched = m->at.now;
}

when_ms grudge_until(const struct member *m, const uint8_t curve[32]) {
    for (uint32_t i = 0; i < GRUDGES_MAX; i++) {
        const struct grudge *g = &m->grudges[i];
        if (g->used && g->until > m->at.now && memcmp(g->curve, curve, 32) == 0)
            return g->until;
    }
    return 0;
}

bool grudge_admits(struct member *m, const uint8_t curve[32]) {
    struct grudge *g = get(m, curve);
    if (g == NULL)
        return true;
    dur_ms earned = m->at.now - g->knocked_at;
    g->knocks_ms = g->knocks_ms > earned ? g->knocks_ms - earned : 0;
    g->knocked_at = g->touched = m->at.now;
    if (g->until > m->at.now || g->knocks_ms + KNOCK_MS > KNOCKS_MAX * KNOCK_MS)
        return false;
    g->knocks_ms += KNOCK_MS;
    return true;
}

void grudge_blame(struct member *m, uint32_t peer, uint64_t count, struct says *out) {
    int32_t place = map_place(&m->map, peer);
    int8_t edge = place > 0 ? m->pairs[place].edge : EDGE_NONE;
    if (edge == EDGE_NONE || m->edges[edge].late || m->at.now - m->edges[edge].well < BLAME_MS)
        return; /* perhaps whoever passed it on has written it */
    const struct edge e = m->edges[edge];
    if (!grudge_charge(m, (uint32_t)edge,
                       (uint32_t)(count < BLAMES_MAX ? count : BLAMES_MAX) * PRICE_BLAME))
        grudge_refuse(m, &e, MSG_bundles, out);
}

/* ---- notes ---- */

static bool was_noted(const struct member *m, uint64_t key) {
    uint32_t kept = m->noted_count < NOTED_MAX ? m->noted_count : NOTED_MAX;
    for (uint32_t i = 0; i < kept; i++) {
        if (m->noted[i].key == key && m->at.now - m->noted[i].at < NOTED_MS)
            return true;
    }
    return false;
}

/* May people be told of this key now? And how many they were not told of before it. */
static bool may_note(struct member *m, uint64_t key, uint32_t *left_out) {
    if (was_noted(m, key))
        return false;
    dur_ms earned = m->at.now - m->notes_at;
    m->notes_ms = m->notes_ms > earned ? m->notes_ms - earned : 0;
    m->notes_at = m->at.now;
    if (m->notes_ms + NOTE_MS > NOTES_MAX * NOTE_MS) {
        m->notes_left_out++;
        return false;
    }
    m->notes_ms += NOTE_MS;
    m->noted[m->noted_count++ % NOTED_MAX] = (struct noted){.key = key, .at = m->at.now};
    *left_out = m->notes_left_out;
    m->notes_left_out = 0;
    return true;
}

static void complain(struct member *m, const struct edge *e, enum msg_kind kind, struct says *out) {
    char text[512], others[64] = "";
    uint32_t left_out;
    if (!may_note(m, read_be64(e->curve), &left_out))
        return;
    if (left_out > 0)
        snprintf(others, sizeof others, " (and %" PRIu32 " before it)", left_out);
    snprintf(text, sizeof text, "a node at %s was refused%s: %s%s",
             e->address[0] != '\0' ? e->address : "an unknown address", others,
             m->complaint.code != ERR_NONE ? m->complaint.what : "it said what makes no sense in ",
             m->complaint.code != ERR_NONE ? "" : msg_name(kind));
    say(out, &(struct msg){.kind = MSG_note, .note.text = span_text(text)});
}

void grudge_refuse(struct member *m, const struct edge *e, enum msg_kind kind, struct says *out) {
    m->nonsense++;
    complain(m, e, kind, out);
    if (e->state == EDGE_READY || m->complaint.code == ERR_NONE)
        grudge_bear(m, e->curve);
    member_wake(m, m->at.now);
    int32_t edge = edges_find(m, e->number);
    if (edge >= 0)
        edges_refuse(m, (uint32_t)edge, out);
}
