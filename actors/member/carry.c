#include "actors/member/carry.h"

#include "actors/member/grudge.h"
#include "actors/member/verdict.h"

#include <string.h>

enum {
    HOPS_MAX = 8,
    PASSING_ON =
        3, /* times what hearing it costs: the next one is to hear of nobody more than it may */
    SETTLED_MS = 2000, /* after which both sides of an edge take it for the way */
};

static enum room room_for(enum msg_kind kind) {
    switch (kind) {
#define PEER(message, room)                                                                        \
    case MSG_##message:                                                                            \
        return ROOM_##room;
#include "proto/peers.def"
#undef PEER
    default: return ROOM_NONE;
    }
}

/* Breadth first from the edges that are there; of two ways of equal length the one over the lower edge. */
static void find_routes(struct member *m) {
    uint16_t queue[LIMIT_MEMBERS];
    uint32_t head = 0, tail = 0;
    memset(m->via, VIA_NONE, sizeof m->via);
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        const struct edge *e = &m->edges[i];
        if (e->state != EDGE_READY || e->place < 0)
            continue;
        m->via[e->place] = (uint8_t)i;
        queue[tail++] = (uint16_t)e->place;
    }
    while (head < tail) {
        uint16_t from = queue[head++];
        const struct overlay_node *node = &m->overlay.nodes[from];
        for (uint32_t i = 0; i < node->degree; i++) {
            uint16_t to = node->neighbours[i];
            if (to == 0 || m->via[to] != VIA_NONE)
                continue;
            m->via[to] = m->via[from];
            queue[tail++] = to;
        }
    }
    m->routes_stale = false;
}

static void send(struct member *m, uint32_t place, const struct msg_carry *carry,
                 struct says *out) {
    if (m->routes_stale)
        find_routes(m);
    if (m->via[place] != VIA_NONE)
        say_to(out, ROOM_PEERS, m->edges[m->via[place]].number,
               &(struct msg){.kind = MSG_carry, .carry = *carry});
}

static void wrap(struct member *m, uint32_t place, const struct msg *msg, struct says *out) {
    struct buf bytes = buf_of(m->scratch, sizeof m->scratch);
    if (!msg_encode(msg, &bytes)) {
        m->nonsense++; /* longer than any frame */
        return;
    }
    const struct msg_carry carry = {.from = m->config.signer.id,
                                    .to = m->map.known[place].id,
                                    .hops = HOPS_MAX,
                                    .message = buf_view(&bytes)};
    send(m, place, &carry, out);
}

void carry_say(struct member *m, uint32_t place, const struct msg *msg, struct says *out) {
    int8_t edge = m->pairs[place].edge;
    if (edge != EDGE_NONE)
        say_to(out, ROOM_PEERS, m->edges[edge].number, msg);
    else
        wrap(m, place, msg, out);
}

void carry_room(struct member *m, uint32_t peer, const struct msg *msg, struct says *out) {
    int32_t place = map_place(&m->map, peer);
    if (room_for(msg->kind) == ROOM_NONE || place < 0)
        return;
    if (place == 0) {
        say_to(out, room_for(msg->kind), 0, msg);
        return;
    }
    grudge_expect(m, (uint32_t)place, msg);
    wrap(m, (uint32_t)place, msg, out);
}

/* Whoever passes a message on can write any sender on it. That is not believed where the sender would not need anybody: the
 * first hop is the sender itself, and one whose own edge leads here and is well says what it has to say on that. */
static bool is_plausible(const struct member *m, uint32_t edge, uint32_t from,
                         const struct msg_carry *carry) {
    int8_t own = m->pairs[from].edge;
    if (own == (int8_t)edge)
        return true;
    if (carry->hops >= HOPS_MAX)
        return false;
    return own == EDGE_NONE || m->edges[own].late || m->at.now - m->edges[own].since < SETTLED_MS;
}

static bool deliver(struct member *m, uint32_t edge, const struct msg_carry *carry,
                    struct says *out) {
    struct msg msg;
    struct err err;
    int32_t from = map_find(&m->map, &carry->from);
    if (!msg_decode(&msg, carry->message, &err))
        return false;
    if (from <= 0)
        return true; /* its record is still on the way */
    if (msg.kind == MSG_check || msg.kind == MSG_accuse || msg.kind == MSG_vouch)
        member_wake(m, m->at.now); /* it may change what is due */
    switch (msg.kind) {
    case MSG_check: verdict_check_heard(m, &msg.check, out); return true;
    case MSG_accuse:
    case MSG_vouch: return verdict_statement_heard(m, &msg, out);
    default: break;
    }
    if (room_for(msg.kind) == ROOM_NONE)
        return false;
    if (!is_plausible(m, edge, (uint32_t)from, carry)) {
        m->nonsense++;
        return true; /* perhaps whoever passed it on was lied to */
    }
    if (m->pairs[from].edge == (int8_t)edge) {
        if (!grudge_charge(m, edge, grudge_price(&msg)))
            return false;
    } else if (!grudge_takes_passed_on(m, grudge_price(&msg))) {
        m->nonsense++;
        return true;
    }
    say_to(out, room_for(msg.kind), m->map.known[from].peer, &msg);
    return true;
}

/* From a node with the key of the one that is known, or an earlier life of it, which has not yet said that it is the newer
 * one. */
static bool is_of_another_life(const struct member *m, uint32_t edge,
                               const struct msg_carry *carry) {
    const struct edge *e = &m->edges[edge];
    const struct known *k = &m->map.known[e->place];
    return node_id_equal(&carry->from, &k->id) && e->life != k->version.generation;
}

bool carry_heard(struct member *m, uint32_t edge, const struct msg_carry *carry, struct says *out) {
    int32_t to = map_find(&m->map, &carry->to);
    if (is_of_another_life(m, edge, carry))
        return true;
    if (to == 0)
        return deliver(m, edge, carry, out);
    if (to < 0 || carry->hops == 0 || carry->hops > HOPS_MAX)
        return true; /* nobody here, or it has come too far */
    if (!grudge_charge(
            m, edge, PASSING_ON * grudge_price(&(struct msg){.kind = MSG_carry, .carry = *carry})))
        return false;
    struct msg_carry on = *carry;
    on.hops--;
    send(m, (uint32_t)to, &on, out);
    return true;
}
