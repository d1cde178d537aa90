#include "actors/member/member.h"

#include "actors/member/carry.h"
#include "actors/member/edges.h"
#include "actors/member/grudge.h"
#include "actors/member/records.h"
#include "actors/member/remember.h"
#include "actors/member/self.h"
#include "actors/member/verdict.h"
#include "proto/base/check.h"

#include <assert.h>
#include <string.h>

static_assert(LIMIT_EDGES == 32, "edges are bits of owed and told_by");
static_assert((int)LIMIT_EDGES > (int)NEIGHBOURS_MAX, "there is an edge for every neighbour");

enum {
    OVERLAY_PAUSE = 200, /* between two overlays, however much changes */
    LATE_MS = 250,       /* so late a step means that this node was held up itself */
    MUTE_MS = 2000,      /* after which it listens for two beats before it accuses anybody */
    NEWS_ROOM = 2 * 1024 * 1024,
    /* Members a step: all of a small cluster, of a large one others every time. */
    CHECKED_AT_ONCE = 64,
};

size_t member_size(void) {
    return sizeof(struct member);
}

struct member *member_init(void *memory, const struct member_config *config) {
    struct member *m = memory;
    ensure(config->certificate_len <= MEMBER_CERTIFICATE_BYTES);
    ensure(config->seeds_count <= MEMBER_SEEDS_MAX);
    m->config = *config;
    m->due = m->flush_at = m->isolated = WHEN_NEVER;
    m->mute_until = m->overlay_at = INT64_MIN;
    map_init(&m->map);
    for (uint32_t i = 0; i < LIMIT_EDGES; i++)
        m->edges[i].place = m->edges[i].seed = -1;
    m->memory.due = WHEN_NEVER;
    m->seeds_count = config->seeds_count;
    for (uint32_t i = 0; i < config->seeds_count; i++) {
        const struct member_seed *seed = &config->seeds[i];
        memcpy(m->seeds[i].endpoint, seed->endpoint, sizeof m->seeds[i].endpoint);
        memcpy(m->seeds[i].curve, seed->curve, sizeof m->seeds[i].curve);
        m->seeds[i].own = memcmp(seed->curve, config->curve, sizeof config->curve) == 0;
    }
    m->routes_stale = true;
    return m;
}

/* ---- what is heard ---- */

/* Messages of another node, by the edge they came over. False: it may not say that. */
static bool hear_member(struct member *m, uint32_t edge, const struct msg *msg, struct says *out) {
    struct edge *e = &m->edges[edge];
    if (msg->kind == MSG_greet)
        return edges_greeted(m, edge, &msg->greet, out);
    if (e->state != EDGE_READY || e->place < 0 || !grudge_charge(m, edge, grudge_price(msg)))
        return false;
    edges_heard(m, edge, out);
    switch (msg->kind) {
    case MSG_beat: edges_beat(m, edge, &msg->beat); return true;
    case MSG_records: return records_hear(m, edge, &msg->records);
    case MSG_check: verdict_check_heard(m, &msg->check, out); return true;
    case MSG_accuse:
    case MSG_vouch: return verdict_statement_heard(m, msg, out);
    case MSG_probe:
        say_to(out, ROOM_PEERS, e->number,
               &(struct msg){.kind = MSG_probe_ack, .probe_ack.nonce = msg->probe.nonce});
        return true;
    case MSG_probe_ack: edges_probe_ack(m, edge, msg->probe_ack.nonce); return true;
    case MSG_carry: return carry_heard(m, edge, &msg->carry, out);
    default: return false;
    }
}

static void hear_peers(struct member *m, const struct event *event, struct says *out) {
    const struct msg *msg = &event->msg;
    if (msg->kind == MSG_edge_up) {
        edges_up(m, &msg->edge_up, out);
        return;
    }
    if (msg->kind == MSG_edge_down) {
        edges_down(m, &msg->edge_down, out);
        return;
    }
    int32_t edge = edges_find(m, event->peer);
    if (edge < 0)
        return; /* closed here meanwhile */
    const struct edge before = m->edges[edge];
    m->complaint.code = ERR_NONE;
    if (!hear_member(m, (uint32_t)edge, msg, out))
        grudge_refuse(m, &before, msg->kind, out);
}

static void hear(struct member *m, const struct event *event, struct says *out) {
    if (event->from == ROOM_PEERS) {
        hear_peers(m, event, out);
        return;
    }
    switch (event->msg.kind) {
    case MSG_NONE: break;
    case MSG_quit: self_farewell(m, &(struct msg_farewell){.done = false}, out); break;
    case MSG_farewell: self_farewell(m, &event->msg.farewell, out); break;
    case MSG_rows:
    case MSG_saved:
    case MSG_save_failed: remember_hear(m, &event->msg, out); break;
    case MSG_blame: grudge_blame(m, event->peer, event->msg.blame.count, out); break;
    default: carry_room(m, event->peer, &event->msg, out); break;
    }
}

/* ---- overlay ---- */

static void relate(struct member *m, uint32_t place) {
    struct pair *p = &m->pairs[place];
    struct edge *e = p->edge == EDGE_NONE ? NULL : &m->edges[p->edge];
    bool eager, neighbour = overlay_linked(&m->overlay, 0, place, &eager);
    p->news = p->news || eager != p->eager;
    p->neighbour = neighbour;
    p->eager = eager;
    p->heals = m->map.known[place].version.state == MEMBER_DEAD && overlay_heals(&m->map, 0, place);
    if (!neighbour || e != NULL)
        p->edgeless = WHEN_NEVER;
    else if (p->edgeless == WHEN_NEVER)
        p->edgeless = m->at.now;
    if (e != NULL && neighbour)
        e->unwanted = WHEN_NEVER;
    else if (e != NULL && e->unwanted == WHEN_NEVER)
        e->unwanted = m->at.now;
}

static void build_overlay(struct member *m) {
    if (!m->overlay_stale)
        return;
    if (m->at.now < m->overlay_at) {
        member_wake(m, m->overlay_at);
        return;
    }
    overlay_build(&m->overlay, &m->map);
    for (uint32_t i = 1; i < m->map.count; i++)
        relate(m, i);
    m->overlay_stale = false;
    m->routes_stale = true;
    m->overlay_at = m->at.now + OVERLAY_PAUSE;
}

/* ---- telling the other rooms ---- */

static void tell(struct member *m, uint32_t place, struct says *out) {
    const struct known *k = &m->map.known[place];
    struct pair *p = &m->pairs[place];
    const struct msg_member_record r = map_record(&m->map, place);
    const struct msg msg = {.kind = MSG_node_known,
                            .node_known = {.peer = k->peer,
                                           .node = k->id,
                                           .generation = k->version.generation,
                                           .state = k->version.state,
                                           .active = member_active(m, place),
                                           .neighbour = p->edge != EDGE_NONE,
                                           .eager = p->edge != EDGE_NONE && p->eager,
                                           .rtt_us = place == 0 ? 0 : p->rtt_us,
                                           .slots = r.slots,
                                           .flags = r.flags,
                                           .name = r.name,
                                           .endpoint = r.endpoint,
                                           .door = r.door,
                                           .curve = r.curve,
                                           .domain = r.domain,
                                           .gone_ms = remember_gone_ms(m, place)}};
    say(out, &msg);
    p->rtt_told_us = p->rtt_us;
    p->news = false;
}

/* Of itself last: who hears that this node takes part has heard of all that do, and promises nothing that counts fewer. */
static void tell_news(struct member *m, struct says *out) {
    for (uint32_t i = 1; i <= m->map.count; i++) {
        uint32_t place = i % m->map.count;
        if (!m->pairs[place].news)
            continue;
        if (out->frames.cap - out->frames.len < NEWS_ROOM) {
            member_wake(m, m->at.now); /* the rest in the next step */
            return;
        }
        tell(m, place, out);
    }
}

/* ---- the step ---- */

/* This node itself was held up: nobody is late for what it did not hear meanwhile. */
static void judge_own_lateness(struct member *m) {
    if (m->due == WHEN_NEVER || m->at.now - m->due <= LATE_MS)
        return;
    dur_ms late = m->at.now - m->due;
    edges_shift(m, late);
    verdict_shift(m, late);
    if (m->mute_until < m->at.now + MUTE_MS)
        m->mute_until = m->at.now + MUTE_MS;
}

static void tick(struct member *m, struct says *out) {
    m->due = WHEN_NEVER;
    build_overlay(m);
    edges_tick(m, out);
    verdict_tick(m, out);
    self_tick(m, out);
    build_overlay(m); /* a verdict changes it */
    if (m->flush_at <= m->at.now)
        records_flush(m, out);
    member_wake(m, m->flush_at);
    remember_tick(m, out);
    tell_news(m, out);
}

static void begin(struct member *m, const struct event *event, struct says *out) {
    if (event->msg.kind == MSG_start) {
        remember_begin(m, out);
        return;
    }
    if (!remember_step(m, event, out))
        return;
    m->up = true;
    self_begin(m);
    tick(m, out);
}

static void member_step(void *self, const struct event *event, struct moment at, struct says *out) {
    struct member *m = self;
    m->at = at;
    if (!m->up) {
        begin(m, event, out);
        return;
    }
    judge_own_lateness(m);
    bool passing = event->msg.kind == MSG_carry ||
                   (event->from != ROOM_PEERS && event->from != ROOM_NODE &&
                    event->msg.kind != MSG_NONE && event->msg.kind != MSG_farewell);
    hear(m, event, out);
    if (self_gives_way(m, out))
        return;
    if (!passing || at.now >= m->due)
        tick(m, out); /* what only passes through changes nothing that has a time */
}

static when_ms member_deadline(const void *self) {
    const struct member *m = self;
    return m->due;
}

static void member_check(const void *self) {
    const struct member *m = self;
    if (!m->up)
        return;
    const struct known *own = &m->map.known[0];
    uint32_t from = 0, to = m->map.count;
    if (to > CHECKED_AT_ONCE) {
        from = (uint32_t)(((uint64_t)m->at.now * CHECKED_AT_ONCE) % to);
        to = from + CHECKED_AT_ONCE < to ? from + CHECKED_AT_ONCE : to;
    }
    map_check(&m->map, from, to);
    edges_check(m, from, to);
    verdict_check(m);
    ensure(node_id_equal(&own->id, &m->config.signer.id));
    ensure(version_compare(&own->version, &m->self.version) == 0);
    ensure(own->version.state != MEMBER_UNREACHABLE && own->version.state != MEMBER_DEAD);
}

static void member_spare(void *self, const struct spare *spare) {
    struct member *m = self;
    spare_take(spare, m->scratch, sizeof m->scratch);
}

struct core member_core(struct member *m) {
    return (struct core){.room = ROOM_MEMBER,
                         .self = m,
                         .step = member_step,
                         .deadline = member_deadline,
                         .check = member_check,
                         .spare = member_spare};
}
