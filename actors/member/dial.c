#include "actors/member/dial.h"

#include "actors/member/grudge.h"

#include <string.h>

enum {
    PAUSE_MIN = 250,
    PAUSE_MAX = 15000,
    LOST_PAUSE_MIN = 1000,
    LOST_PAUSE_MAX = 60000,
    LOST_PAUSE_FAR = 300000,
    LOST_TRIES = 9, /* of growing pauses, then the far one */
    TURN_MS = 3000,
    SEED_MS = 30000,         /* whoever is known is looked at again, and one that is remembered */
    SEED_PAUSE_MOST = 20000, /* of a connected node, half of it at random */
    SEED_REFUSED_MS = 200,   /* and as much again at random */
    SEED_REFUSED_TRIES = 1000,
    RECALL_TRIES = 100,
    /* Dials under way of those that are remembered, and of a connected node of seeds as well: the others are for whoever
     * it needs more. */
    RECALLS_MAX = 2,
};

/* base, doubled by every try, at most `most`. */
static dur_ms grown(dur_ms base, uint32_t tries, dur_ms most) {
    dur_ms pause = base;
    for (uint32_t i = 0; i < tries && pause < most; i++)
        pause *= 2;
    return pause < most ? pause : most;
}

static void pair_failed(struct member *m, uint32_t place) {
    struct pair *p = &m->pairs[place];
    bool lost = m->map.known[place].version.state == MEMBER_DEAD;
    dur_ms cap = lost ? grown(LOST_PAUSE_MIN, p->tries, LOST_PAUSE_MAX)
                      : grown(PAUSE_MIN, p->tries, PAUSE_MAX);
    dur_ms least = lost && p->tries >= LOST_TRIES ? LOST_PAUSE_FAR - cap : 0;
    p->dial_at = m->at.now + least + member_jitter(m, cap);
    p->tries++;
}

static bool is_remembered(const struct member *m, uint32_t seed) {
    return seed >= m->config.seeds_count;
}

static bool has_ready_edge(const struct member *m) {
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        if (m->edges[i].state == EDGE_READY)
            return true;
    }
    return false;
}

/* A connected node is in no hurry, but there may be another half of the cluster, which nobody here has ever heard of. */
static dur_ms seed_pause(struct member *m, uint32_t seed, enum edge_end why) {
    uint32_t tries = m->seeds[seed].tries;
    uint32_t eager_tries = is_remembered(m, seed) ? RECALL_TRIES : SEED_REFUSED_TRIES;
    if (has_ready_edge(m)) {
        dur_ms half = grown(PAUSE_MIN, tries, SEED_PAUSE_MOST) / 2;
        return half + member_jitter(m, half);
    }
    if (why == EDGE_REFUSED && tries < eager_tries)
        return SEED_REFUSED_MS + member_jitter(m, SEED_REFUSED_MS);
    return member_jitter(m, grown(PAUSE_MIN, tries, PAUSE_MAX));
}

void dial_failed(struct member *m, int32_t place, int32_t seed, enum edge_end why) {
    if (place >= 0)
        pair_failed(m, (uint32_t)place);
    if (seed < 0)
        return;
    m->seeds[seed].dial_at = m->at.now + seed_pause(m, (uint32_t)seed, why);
    m->seeds[seed].tries++;
}

static uint32_t in_flight(const struct member *m) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < LIMIT_EDGES; i++)
        count += m->edges[i].state == EDGE_DIALLING;
    return count;
}

/* An edge to this key, in whatever state. */
static bool has_edge(const struct member *m, const uint8_t curve[32]) {
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        if (m->edges[i].state != EDGE_FREE && memcmp(m->edges[i].curve, curve, 32) == 0)
            return true;
    }
    return false;
}

static bool dial(struct member *m, struct span endpoint, const uint8_t curve[32], int32_t place,
                 int32_t seed, struct says *out) {
    if (in_flight(m) >= DIALS_MAX)
        return false;
    int32_t edge = edges_take(m, out);
    if (edge < 0)
        return false;
    struct edge *e = &m->edges[edge];
    m->last_edge = m->last_edge == 0 ? 1 : m->last_edge + 2;
    e->state = EDGE_DIALLING;
    e->number = m->last_edge;
    e->dialled = true;
    e->place = place;
    e->seed = seed;
    e->since = m->at.now;
    memcpy(e->curve, curve, sizeof e->curve);
    say(out, &(struct msg){.kind = MSG_edge_dial,
                           .edge_dial = {.edge = e->number,
                                         .endpoint = endpoint,
                                         .curve = span_of(e->curve, sizeof e->curve)}});
    return true;
}

/* When this member is to be dialled; WHEN_NEVER: it is not. */
static when_ms pair_due(const struct member *m, uint32_t place) {
    const struct known *k = &m->map.known[place];
    const struct pair *p = &m->pairs[place];
    if (!k->dialable || p->edge != EDGE_NONE)
        return WHEN_NEVER;
    if (k->version.state == MEMBER_DEAD)
        return p->heals ? p->dial_at : WHEN_NEVER;
    if (!p->neighbour || !state_is_counted(k->version.state))
        return WHEN_NEVER;
    if (p->look_up || overlay_dials(&m->map.known[0], k))
        return p->dial_at;
    when_ms turn = p->edgeless == WHEN_NEVER ? WHEN_NEVER : p->edgeless + TURN_MS;
    return turn > p->dial_at ? turn : p->dial_at;
}

static void dial_pairs(struct member *m, bool looks, struct says *out) {
    for (uint32_t i = 1; i < m->map.count; i++) {
        when_ms due = m->pairs[i].look_up == looks ? pair_due(m, i) : WHEN_NEVER;
        when_ms until = due == WHEN_NEVER ? 0 : grudge_until(m, m->map.known[i].curve);
        due = due < until ? until : due;
        if (due == WHEN_NEVER || has_edge(m, m->map.known[i].curve))
            continue; /* one that is under way brings its own news */
        if (m->at.now < due) {
            member_wake(m, due);
            continue;
        }
        struct msg_member_record r = map_record(&m->map, i);
        if (!dial(m, r.endpoint, m->map.known[i].curve, (int32_t)i, -1, out))
            return; /* the end of another dial wakes us */
    }
}

static bool is_live_member(const struct member *m, const uint8_t curve[32]) {
    for (uint32_t i = 0; i < m->map.count; i++) {
        const struct known *k = &m->map.known[i];
        if (state_is_live(k->version.state) && memcmp(k->curve, curve, sizeof k->curve) == 0)
            return true;
    }
    return false;
}

/* Dials under way of seeds that are at least this one. */
static uint32_t seeds_in_flight(const struct member *m, uint32_t from) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < LIMIT_EDGES; i++)
        count += m->edges[i].state == EDGE_DIALLING && m->edges[i].seed >= (int32_t)from;
    return count;
}

/* One of the configuration, which a connected node asks now and then, too, as long as nobody is known there; and a remembered
 * one while there is no edge at all. */
static void dial_seed(struct member *m, uint32_t seed, bool connected, struct says *out) {
    struct seed *s = &m->seeds[seed];
    if (s->own)
        return;
    if (!connected && s->dial_at > m->at.now + PAUSE_MAX)
        s->dial_at = m->at.now; /* the pause was for a node that had others */
    if (m->at.now >= s->dial_at && connected && is_live_member(m, s->curve)) {
        s->dial_at = m->at.now + SEED_MS + member_jitter(m, SEED_MS);
        s->tries = 0;
    }
    when_ms until = grudge_until(m, s->curve), due = s->dial_at > until ? s->dial_at : until;
    if (m->at.now < due)
        member_wake(m, due);
    else if (connected && seeds_in_flight(m, 0) >= RECALLS_MAX)
        return; /* the end of another dial wakes us */
    else if (s->endpoint[0] != '\0' && !has_edge(m, s->curve))
        dial(m, span_text(s->endpoint), s->curve, -1, (int32_t)seed, out);
}

/* Those that are remembered have their turn one after the other, however many of them there are: all of them while this node
 * is on its own; else now and then one that has not been heard of in this life. */
static void dial_remembered(struct member *m, bool connected, struct says *out) {
    uint32_t count = m->seeds_count - m->config.seeds_count;
    if (count == 0)
        return;
    if (!connected)
        m->seeds_at = m->at.now + SEED_MS; /* what others know comes first */
    if (connected && m->at.now < m->seeds_at) {
        member_wake(m, m->seeds_at);
        return;
    }
    for (uint32_t i = 0; i < count && seeds_in_flight(m, m->config.seeds_count) < RECALLS_MAX;
         i++) {
        uint32_t seed = m->config.seeds_count + m->seeds_turn++ % count;
        bool wanted =
            !connected || (!m->seeds[seed].gone && map_find(&m->map, &m->seeds[seed].id) < 0);
        if (!wanted)
            continue;
        dial_seed(m, seed, false, out);
        if (connected)
            break;
    }
    if (connected) {
        m->seeds_at = m->at.now + SEED_MS + member_jitter(m, SEED_MS);
        member_wake(m, m->seeds_at);
    }
}

void dial_tick(struct member *m, struct says *out) {
    dial_pairs(m, true, out);
    dial_pairs(m, false, out);
    bool connected = has_ready_edge(m);
    for (uint32_t i = 0; i < m->config.seeds_count; i++)
        dial_seed(m, i, connected, out);
    dial_remembered(m, connected, out);
}
