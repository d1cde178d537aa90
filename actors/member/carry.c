#include "actors/member/carry.h"

#include "actors/member/grudge.h"
#include "actors/member/verdict.h"

#include <string.h>

enum { HOPS_MAX = 8 };

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

static bool is_carried(enum msg_kind kind) {
    return kind == MSG_check || kind == MSG_accuse || kind == MSG_vouch ||
           room_for(kind) != ROOM_NONE;
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

/* The edge on the way there; VIA_NONE. */
static uint32_t way(struct member *m, uint32_t place) {
    if (m->routes_stale)
        find_routes(m);
    return m->via[place];
}

static void send(struct member *m, uint32_t edge, const struct msg_carry *carry, struct says *out) {
    say_to(out, ROOM_PEERS, m->edges[edge].number,
           &(struct msg){.kind = MSG_carry, .carry = *carry});
}

static void wrap(struct member *m, uint32_t place, const struct msg *msg, struct says *out) {
    struct buf bytes = buf_of(m->scratch, sizeof m->scratch);
    uint32_t edge = way(m, place);
    if (edge == VIA_NONE)
        return;
    if (!msg_encode(msg, &bytes)) {
        m->nonsense++; /* longer than any frame */
        return;
    }
    const struct msg_carry carry = {.from = m->config.signer.id,
                                    .to = m->map.known[place].id,
                                    .hops = HOPS_MAX,
                                    .message = buf_view(&bytes)};
    bool straight = m->edges[edge].place == (int32_t)place;
    if (straight || grudge_may_ask(m, edge, grudge_price_carried(&carry, msg)))
        send(m, edge, &carry, out);
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
static bool is_plausible(const struct member *m, uint32_t from, const struct msg_carry *carry) {
    int8_t own = m->pairs[from].edge;
    if (carry->hops >= HOPS_MAX)
        return false;
    return own == EDGE_NONE || m->edges[own].late || m->at.now - m->edges[own].since < SETTLED_MS;
}

/* False: it is badly signed. */
static bool deliver(struct member *m, uint32_t from, const struct msg *msg, struct says *out) {
    switch (msg->kind) {
    case MSG_check:
        member_wake(m, m->at.now); /* it may change what is due */
        verdict_check_heard(m, &msg->check, out);
        return true;
    case MSG_accuse:
    case MSG_vouch: member_wake(m, m->at.now); return verdict_statement_heard(m, msg, out);
    default: say_to(out, room_for(msg->kind), m->map.known[from].peer, msg); return true;
    }
}

/* For this node, and not of the one who brought it. False: it is dropped. */
static bool hear_passed_on(struct member *m, uint32_t edge, const struct msg_carry *carry,
                           const struct msg *msg, struct says *out) {
    int32_t from = map_find(&m->map, &carry->from);
    if (from <= 0 || /* its record is still on the way */
        (room_for(msg->kind) != ROOM_NONE && !is_plausible(m, (uint32_t)from, carry)) ||
        !grudge_takes_carried(m, edge, grudge_price_carried(carry, msg)))
        return false;
    return deliver(m, (uint32_t)from, msg, out);
}

/* For another node. False: it is dropped. */
static bool pass_on(struct member *m, uint32_t edge, uint32_t to, const struct msg_carry *carry,
                    const struct msg *msg, struct says *out) {
    int32_t from = map_find(&m->map, &carry->from);
    bool first = carry->hops == HOPS_MAX;
    if (carry->hops == 0 || carry->hops > HOPS_MAX || from == 0 ||
        (first && from != m->edges[edge].place))
        return false; /* it has come too far, or it lies about who has written it */
    uint32_t next = way(m, to), price = grudge_price_carried(carry, msg);
    if (next == VIA_NONE || next == edge || !grudge_takes_carried(m, edge, price) ||
        !grudge_may_ask(m, next, price))
        return false;
    struct msg_carry on = *carry;
    on.hops--;
    send(m, next, &on, out);
    return true;
}

/* From a node with the key of the one that is known, or an earlier life of it, which has not yet said that it is the newer
 * one. */
static bool is_of_another_life(const struct member *m, const struct edge *e) {
    return e->life != m->map.known[e->place].version.generation;
}

bool carry_heard(struct member *m, uint32_t edge, const struct msg_carry *carry, struct says *out) {
    const struct edge *e = &m->edges[edge];
    struct msg msg;
    struct err err;
    int32_t to = map_find(&m->map, &carry->to);
    bool own = node_id_equal(&carry->from, &m->map.known[e->place].id);
    bool sound = msg_decode(&msg, carry->message, &err) && is_carried(msg.kind);
    uint32_t reading = grudge_price_reading(carry);
    if (own && is_of_another_life(m, e))
        return grudge_charge(m, edge, reading);
    if (own && to == 0)
        return grudge_charge(m, edge, reading + (sound ? grudge_price(&msg) : 0)) && sound &&
               deliver(m, (uint32_t)e->place, &msg, out);
    if (sound && to >= 0 &&
        (to == 0 ? hear_passed_on(m, edge, carry, &msg, out)
                 : pass_on(m, edge, (uint32_t)to, carry, &msg, out)))
        return true;
    m->nonsense++; /* perhaps whoever brought it was lied to */
    return grudge_charge(m, edge, reading);
}
