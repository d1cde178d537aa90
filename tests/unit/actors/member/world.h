/* world - members in virtual time over a network in memory: connections that are dialled, carry in order, stall, break, or
 * are refused; processes that crash, hosts that vanish, links cut one way. After every step the invariants of a member are
 * checked from outside, against what the world has seen everybody say (membership: M1, M2, M4, M5, M6, M8).
 *
 * Included after <cmocka.h>. The bytes on a connection are the real ones. Deterministic: a world is a function of its seed.
 */
#ifndef ZYG_TEST_WORLD_H
#define ZYG_TEST_WORLD_H

#include "actors/kit/frame.h"
#include "actors/member/state.h"
#include "actors/member/verdict.h"
#include "proto/base/check.h"
#include "proto/base/mp.h"
#include "store/store_ask.h"
#include "store/store_mem.h"
#include "tests/unit/actors/member/happenings.h"
#include "tests/unit/actors/member/people.h"

enum {
    WORLD_NODES = 32,
    WORLD_LINKS = 8192,
    WORLD_ISSUED = 512,
    LINK_FREE = -1,
    DIAL_TIMEOUT = 3000
};

struct link {
    uint32_t node[2], life[2], edge[2]; /* 0: who dialled; edge 0 of the other: not heard yet */
    bool open[2];
    when_ms last[2]; /* arrival of the newest frame to that side: frames keep their order */
};

struct view { /* what node_known said last */
    bool told, active, neighbour;
    uint64_t generation;
    enum member_state state;
    uint32_t peer;
    int64_t rtt_us;
};

struct world_node {
    struct member_config config;
    struct member *member;
    struct core core;
    bool running, host_lost;
    uint32_t life, last_even;
    struct store *disk; /* outlives the process */
    uint32_t asked;     /* of the disk, in all */
    when_ms stopped_until;
    int32_t by_edge[2][WORLD_LINKS]; /* link + 1 */
    struct view view[WORLD_NODES];
    /* Ghosts: what it has issued of itself, what it has held of others. */
    uint32_t issued_count;
    struct version issued[WORLD_ISSUED];
    struct version held[WORLD_NODES];
    when_ms unreachable_since[WORLD_NODES], accusing_since[WORLD_NODES];
    uint32_t verdicts;        /* that it pronounced */
    struct msg_report report; /* the last that was heard from another node */
    uint32_t report_from, reports, leases, ends;
    uint32_t quiets, quits;
    enum err_code quit_why;
    uint32_t notes;
    char note[256];
};

struct world {
    uint32_t count;
    struct moment at;
    uint64_t serial, steps;
    uint32_t links_count;
    struct rng rng;
    struct link links[WORLD_LINKS];
    bool cut[WORLD_NODES][WORLD_NODES]; /* [from][to] */
    struct world_node nodes[WORLD_NODES];
    struct happenings queue;
    uint8_t *says, *rows;
};

/* ---- the network ---- */

static inline when_ms latency(struct world *w) {
    return 1 + (when_ms)rng_below(&w->rng, 2);
}

/* In order after what is already on its way to that side of the link. */
static inline void send_on(struct world *w, uint32_t link, int side, enum happening what,
                           enum edge_end why, struct span bytes) {
    struct link *l = &w->links[link];
    when_ms when = w->at.now + latency(w);
    when = when > l->last[side] ? when : l->last[side];
    l->last[side] = when;
    struct happening_at h = {.when = when,
                             .serial = ++w->serial,
                             .what = what,
                             .to = l->node[side],
                             .life = l->life[side],
                             .link = link,
                             .why = why,
                             .len = bytes.len};
    if (bytes.len > 0) {
        h.bytes = malloc(bytes.len);
        ensure(h.bytes != NULL);
        memcpy(h.bytes, bytes.data, bytes.len);
    }
    queue_put(&w->queue, h);
}

/* ---- what a node does ---- */

static inline int32_t node_of(const struct world *w, const struct node_id *id) {
    for (uint32_t i = 0; i < w->count; i++) {
        if (node_id_equal(&w->nodes[i].config.signer.id, id))
            return (int32_t)i;
    }
    return -1;
}

static inline int32_t link_of(const struct world *w, uint32_t node, uint64_t edge, int *side) {
    int32_t link = w->nodes[node].by_edge[edge % 2][edge / 2] - 1;
    *side = edge % 2 == 1 ? 0 : 1;
    return link >= 0 && w->links[link].open[*side] ? link : -1;
}

static inline void number_edge(struct world *w, uint32_t node, uint32_t link, int side,
                               uint64_t edge) {
    ensure(edge / 2 < WORLD_LINKS);
    w->links[link].edge[side] = (uint32_t)edge;
    w->nodes[node].by_edge[edge % 2][edge / 2] = (int32_t)link + 1;
}

static inline void do_dial(struct world *w, uint32_t node, const struct msg_edge_dial *m) {
    uint32_t number = 0, to = WORLD_NODES;
    memcpy(&number, m->curve.data + 1, sizeof number);
    for (uint32_t i = 0; i < w->count; i++) {
        if (span_is(m->endpoint, w->nodes[i].config.endpoint))
            to = i;
    }
    ensure(w->links_count < WORLD_LINKS);
    uint32_t link = w->links_count++;
    struct link *l = &w->links[link];
    *l = (struct link){.node = {node, to}, .open = {true, false}};
    number_edge(w, node, link, 0, m->edge);
    l->life[0] = w->nodes[node].life;
    bool there = to < w->count && !w->nodes[to].host_lost && !w->cut[node][to] && !w->cut[to][node];
    if (!there) {
        l->last[0] = w->at.now + DIAL_TIMEOUT;
        send_on(w, link, 0, HAPPENS_DOWN, EDGE_TIMED_OUT, (struct span){0});
    } else if (!w->nodes[to].running) {
        send_on(w, link, 0, HAPPENS_DOWN, EDGE_REFUSED, (struct span){0});
    } else {
        l->life[1] = w->nodes[to].life;
        l->open[1] = true;
        l->last[0] = w->at.now + 4 * latency(w); /* connect and shake hands */
        send_on(w, link, 0, HAPPENS_UP, EDGE_CLOSED, (struct span){0});
    }
}

static inline void do_close(struct world *w, uint32_t node, uint64_t edge) {
    int side;
    int32_t link = link_of(w, node, edge, &side);
    if (link < 0)
        return;
    w->links[link].open[side] = false;
    if (w->links[link].open[1 - side])
        send_on(w, (uint32_t)link, 1 - side, HAPPENS_DOWN, EDGE_CLOSED, (struct span){0});
}

static inline void do_send(struct world *w, uint32_t node, uint32_t edge, struct span bytes) {
    int side;
    int32_t link = link_of(w, node, edge, &side);
    if (link < 0)
        return;
    if (w->links[link].open[1 - side])
        send_on(w, (uint32_t)link, 1 - side, HAPPENS_FRAME, EDGE_CLOSED, bytes);
    else if (!w->nodes[w->links[link].node[1 - side]].host_lost) /* a reset comes back */
        send_on(w, (uint32_t)link, side, HAPPENS_DOWN, EDGE_CLOSED, (struct span){0});
}

static inline void hear_known(struct world *w, uint32_t node, const struct msg_node_known *m) {
    int32_t about = node_of(w, &m->node);
    if (about < 0)
        return;
    struct view *v = &w->nodes[node].view[about];
    if (v->told && v->peer != m->peer)
        fail_msg("node %u: the number of %d changed from %u to %u", node, about, v->peer,
                 (uint32_t)m->peer);
    *v = (struct view){.told = true,
                       .active = m->active,
                       .neighbour = m->neighbour,
                       .generation = m->generation,
                       .state = (enum member_state)m->state,
                       .peer = (uint32_t)m->peer,
                       .rtt_us = m->rtt_us};
}

/* ---- a node's disk ---- */

static inline void answer(struct world *w, uint32_t node, const struct msg *m) {
    struct happening_at h = {.when = w->at.now + 1,
                             .serial = ++w->serial,
                             .what = HAPPENS_ANSWER,
                             .to = node,
                             .life = w->nodes[node].life};
    struct buf bytes = buf_of(malloc(LIMIT_FRAME_BYTES), LIMIT_FRAME_BYTES);
    ensure(bytes.data != NULL && msg_encode(m, &bytes));
    h.bytes = bytes.data;
    h.len = bytes.len;
    queue_put(&w->queue, h);
}

static inline void ask_disk(struct world *w, uint32_t node, const struct msg *m) {
    struct world_node *n = &w->nodes[node];
    struct buf rows = buf_of(w->rows, STORE_ROWS_BYTES_MAX);
    struct err err;
    n->asked++;
    struct msg said;
    if (m->kind == MSG_scan)
        said = store_answer_scan(n->disk, &m->scan, &rows);
    else
        said =
            store_answer_save(m->save.ticket, store_save(n->disk, m->save.ops, &err) ? NULL : &err);
    answer(w, node, &said);
}

static inline void perform(struct world *w, uint32_t node, struct span says) {
    while (says.len > 0) {
        struct frame f = frame_take(&says);
        struct msg m;
        struct err err;
        ensure(msg_decode(&m, f.message, &err));
        if (m.kind == MSG_edge_dial)
            do_dial(w, node, &m.edge_dial);
        else if (m.kind == MSG_edge_close)
            do_close(w, node, m.edge_close.edge);
        else if (f.to == ROOM_PEERS)
            do_send(w, node, f.peer, f.message);
        else if (f.to == ROOM_STORE)
            ask_disk(w, node, &m);
        else if (m.kind == MSG_quiet)
            w->nodes[node].quiets++;
        else if (m.kind == MSG_quit) {
            w->nodes[node].quits++;
            w->nodes[node].quit_why = (enum err_code)m.quit.why;
        } else if (m.kind == MSG_node_known && f.to == ROOM_LEADER)
            hear_known(w, node, &m.node_known);
        else if (m.kind == MSG_note) {
            memset(w->nodes[node].note, 0, sizeof w->nodes[node].note);
            memcpy(w->nodes[node].note, m.note.text.data,
                   m.note.text.len < 255 ? m.note.text.len : 255);
            w->nodes[node].notes++;
        } else if (m.kind == MSG_report) {
            w->nodes[node].report = m.report;
            w->nodes[node].report_from = f.peer;
            w->nodes[node].reports++;
        } else if (f.to == ROOM_LEADER) {
            w->nodes[node].leases += m.kind == MSG_lease;
            w->nodes[node].ends += m.kind == MSG_ended;
        }
    }
}

/* ---- the invariants, from outside ---- */

static inline bool was_issued(const struct world_node *n, const struct version *v) {
    for (uint32_t i = 0; i < n->issued_count; i++) {
        if (version_compare(&n->issued[i], v) == 0)
            return true;
    }
    return false;
}

/* By this node, or by one with a copy of its key. */
static inline bool was_issued_by_key(const struct world *w, uint32_t node,
                                     const struct version *v) {
    for (uint32_t i = 0; i < w->count; i++) {
        if (node_id_equal(&w->nodes[i].config.signer.id, &w->nodes[node].config.signer.id) &&
            was_issued(&w->nodes[i], v))
            return true;
    }
    return false;
}

/* M6, of a verdict that this node has just pronounced. */
static inline void check_verdict(struct world *w, uint32_t node, uint32_t about,
                                 const struct msg_member_record *r) {
    struct world_node *n = &w->nodes[node];
    struct member *m = n->member;
    int32_t place = map_find(&m->map, &r->node);
    struct mp in = mp_of(r->evidence);
    struct tally t = {.age = w->at.now - n->accusing_since[about],
                      .alone = m->overlay.nodes[place].degree == 1};
    struct node_id seen[EVIDENCE_MAX];
    dur_ms wait;
    while (mp_peek(&in) != MP_END) {
        struct msg said;
        struct err err;
        ensure(msg_decode(&said, mp_bin(&in), &err) && said.kind == MSG_accuse);
        for (uint32_t i = 0; i < t.accusers; i++)
            assert_false(node_id_equal(&seen[i], &said.accuse.observer));
        seen[t.accusers++] = said.accuse.observer;
        t.refused += said.accuse.refused;
    }
    for (uint32_t i = 0; i < m->overlay.nodes[place].degree; i++) {
        uint32_t other = m->overlay.nodes[place].neighbours[i];
        t.observers += other == 0 || state_is_live(m->map.known[other].version.state);
    }
    /* Observers that are suspect themselves do not count: at worst only those whose word decided were left. */
    uint32_t decided = r->state == MEMBER_DEAD && t.refused > 0 ? t.refused : t.accusers;
    t.observers = decided < t.observers ? decided : t.observers;
    bool aged = n->unreachable_since[about] > 0 && w->at.now >= n->unreachable_since[about] + 10000;
    assert_true(verdict_of(&t, &wait) >= (enum member_state)r->state ||
                (r->state == MEMBER_DEAD && aged));
    n->verdicts++;
}

static inline void check_node(struct world *w, uint32_t node) {
    struct world_node *n = &w->nodes[node];
    struct member *m = n->member;
    const struct version own = m->map.known[0].version;
    uint32_t used = 0, dials = 0;
    n->core.check(m);
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        used += m->edges[i].state != EDGE_FREE;
        dials += m->edges[i].state == EDGE_DIALLING;
    }
    assert_true(used <= LIMIT_EDGES && dials <= DIALS_MAX);                   /* M8 */
    assert_true(own.state != MEMBER_UNREACHABLE && own.state != MEMBER_DEAD); /* M4 */
    if (!was_issued(n, &own)) {
        ensure(n->issued_count < WORLD_ISSUED);
        n->issued[n->issued_count++] = own;
    }
    for (uint32_t i = 0; i < w->count; i++) {
        int32_t place = map_find(&m->map, &w->nodes[i].config.signer.id);
        if (place < 0)
            continue;
        struct version v = m->map.known[place].version;
        if (version_compare(&v, &n->held[i]) == 0)
            continue;
        struct msg_member_record r = map_record(&m->map, (uint32_t)place);
        bool verdict = v.state == MEMBER_UNREACHABLE || v.state == MEMBER_DEAD;
        assert_true(version_compare(&v, &n->held[i]) > 0); /* M2 */
        assert_false(n->held[i].state == MEMBER_LEFT &&
                     n->held[i].generation == v.generation); /* M5 */
        assert_true(verdict || was_issued_by_key(w, i, &v)); /* M1 */
        bool heard = m->map.known[place].told_by != 0; /* its own of an earlier life, perhaps */
        if (verdict && !heard && node_id_equal(&r.issuer, &n->config.signer.id))
            check_verdict(w, node, i, &r); /* M6 */
        n->unreachable_since[i] = v.state != MEMBER_UNREACHABLE ? 0 : w->at.now;
        n->held[i] = v;
    }
    for (uint32_t i = 0; i < w->count; i++) {
        int32_t place = map_find(&m->map, &w->nodes[i].config.signer.id);
        bool accuses = place > 0 && m->pairs[place].accuse_at != WHEN_NEVER;
        if (!accuses)
            n->accusing_since[i] = WHEN_NEVER;
        else if (n->accusing_since[i] == WHEN_NEVER)
            n->accusing_since[i] = w->at.now;
    }
}

/* ---- running ---- */

static inline void step(struct world *w, uint32_t node, enum room from, uint32_t peer,
                        const struct msg *msg) {
    struct world_node *n = &w->nodes[node];
    struct says out = {.frames = buf_of(w->says, SAYS_BYTES), .from = ROOM_MEMBER};
    const struct event event = {.from = from, .peer = peer, .msg = *msg};
    if (!n->running)
        return;
    n->core.step(n->member, &event, w->at, &out);
    w->steps++;
    check_node(w, node);
    perform(w, node, buf_view(&out.frames));
}

static inline void happen(struct world *w, struct happening_at *h) {
    struct link *l = &w->links[h->link];
    struct world_node *n = &w->nodes[h->to];
    int side = l->node[0] == h->to && l->life[0] == h->life && h->what == HAPPENS_UP ? 0
               : l->node[1] == h->to                                                 ? 1
                                                                                     : 0;
    if (h->to >= w->count || !n->running || n->life != h->life)
        return;
    if (h->what == HAPPENS_ANSWER) {
        struct msg said;
        struct err wrong;
        ensure(msg_decode(&said, span_of(h->bytes, h->len), &wrong));
        step(w, h->to, ROOM_STORE, 0, &said);
        return;
    }
    if (!l->open[side])
        return;
    struct msg m = {.kind = MSG_edge_down};
    struct err err;
    static const uint8_t nobodys[32];
    const uint32_t other = l->node[1 - side];
    const uint8_t *curve = other < w->count ? w->nodes[other].config.curve : nobodys;
    const struct msg up = {
        .kind = MSG_edge_up,
        .edge_up = {.curve = span_of(curve, 32), .address = span_text("10.0.0.1")}};
    if (h->what == HAPPENS_FRAME) {
        if (l->edge[side] == 0) {
            number_edge(w, h->to, h->link, side, n->last_even += 2);
            struct msg first = up;
            first.edge_up.edge = l->edge[side];
            step(w, h->to, ROOM_PEERS, 0, &first);
        }
        if (msg_decode(&m, span_of(h->bytes, h->len), &err) && l->open[side])
            step(w, h->to, ROOM_PEERS, l->edge[side], &m);
    } else if (h->what == HAPPENS_UP) {
        struct msg first = up;
        first.edge_up.edge = l->edge[side];
        step(w, h->to, ROOM_PEERS, 0, &first);
    } else {
        l->open[side] = false;
        m.edge_down = (struct msg_edge_down){.edge = l->edge[side], .why = h->why};
        if (l->edge[side] != 0)
            step(w, h->to, ROOM_PEERS, 0, &m);
    }
}

/* A frame on a link that is cut, or to a process that stands still, waits, and those behind it do. */
static inline bool holds_up(struct world *w, struct happening_at *h) {
    struct link *l = &w->links[h->link];
    if (h->to >= w->count)
        return false;
    if (h->what == HAPPENS_ANSWER) {
        if (w->nodes[h->to].stopped_until <= w->at.now)
            return false;
        h->when = w->nodes[h->to].stopped_until;
        queue_put(&w->queue, *h);
        return true;
    }
    uint32_t from = l->node[0] == h->to ? l->node[1] : l->node[0];
    int side = l->node[0] == h->to ? 0 : 1;
    bool local = h->what == HAPPENS_DOWN && h->why != EDGE_CLOSED;
    if (w->nodes[h->to].stopped_until > w->at.now)
        h->when = w->nodes[h->to].stopped_until;
    else if (from < w->count && w->cut[from][h->to] && !local)
        h->when = w->at.now + 250; /* as a retransmission would */
    else
        return false;
    l->last[side] = l->last[side] > h->when ? l->last[side] : h->when;
    queue_put(&w->queue, *h);
    return true;
}

static inline when_ms next_due(const struct world *w, uint32_t *node) {
    when_ms soonest = WHEN_NEVER;
    for (uint32_t i = 0; i < w->count; i++) {
        const struct world_node *n = &w->nodes[i];
        when_ms due = n->running ? n->core.deadline(n->member) : WHEN_NEVER;
        due = due < n->stopped_until ? n->stopped_until : due;
        if (due < soonest) {
            soonest = due;
            *node = i;
        }
    }
    return soonest;
}

static inline void world_step(struct world *w, when_ms until) {
    uint32_t node = 0;
    when_ms due = next_due(w, &node);
    when_ms next = w->queue.count > 0 ? w->queue.items[0].when : WHEN_NEVER;
    when_ms when = when_sooner(when_sooner(due, next), until);
    w->at.wall += when > w->at.now ? when - w->at.now : 0;
    w->at.now = when > w->at.now ? when : w->at.now;
    if (next <= w->at.now && next <= due) {
        struct happening_at h = queue_take(&w->queue);
        if (holds_up(w, &h))
            return;
        happen(w, &h);
        free(h.bytes);
    } else if (due <= w->at.now) {
        step(w, node, ROOM_MEMBER, 0, &(struct msg){.kind = MSG_NONE});
    }
}

static inline void world_run(struct world *w, dur_ms ms) {
    when_ms until = w->at.now + ms;
    uint32_t node;
    while (when_sooner(next_due(w, &node),
                       w->queue.count > 0 ? w->queue.items[0].when : WHEN_NEVER) <= until)
        world_step(w, until);
    w->at.wall += until - w->at.now;
    w->at.now = until;
}

/* Runs until it holds; how long that took. Fails after `most`. */
static inline dur_ms world_until(struct world *w, bool (*holds)(const struct world *w),
                                 dur_ms most) {
    when_ms begin = w->at.now;
    while (!holds(w)) {
        if (w->at.now - begin >= most)
            fail_msg("it did not come about within %lld ms", (long long)most);
        world_step(w, begin + most);
    }
    return w->at.now - begin;
}

/* ---- making and breaking ---- */

static inline struct world *world_new(uint32_t count, uint64_t seed) {
    struct world *w = calloc(1, sizeof *w);
    ensure(w != NULL && count <= WORLD_NODES);
    w->says = malloc(SAYS_BYTES);
    w->rows = malloc(STORE_ROWS_BYTES_MAX);
    ensure(w->says != NULL && w->rows != NULL);
    w->count = count;
    w->at = (struct moment){.now = 1000, .wall = people_wall};
    w->rng = rng_of(seed, 9, 0);
    for (uint32_t i = 0; i < count; i++) {
        w->nodes[i].config = person(i);
        w->nodes[i].config.seed = seed * 1000 + i;
        w->nodes[i].disk = store_open_mem();
    }
    return w;
}

/* Node `node` knows where to knock: at `seed`. */
static inline void world_seed(struct world *w, uint32_t node, uint32_t seed) {
    struct member_config *c = &w->nodes[node].config;
    struct member_seed *s = &c->seeds[c->seeds_count++];
    memcpy(s->endpoint, w->nodes[seed].config.endpoint, sizeof s->endpoint);
    memcpy(s->curve, w->nodes[seed].config.curve, sizeof s->curve);
}

/* Node `node`, which has its own machine and disk, has a copy of the folder of `of`. */
static inline void world_copy(struct world *w, uint32_t node, uint32_t of) {
    struct member_config *c = &w->nodes[node].config;
    const struct member_config own = *c;
    *c = w->nodes[of].config;
    memcpy(c->endpoint, own.endpoint, sizeof c->endpoint);
}

static inline void world_start(struct world *w, uint32_t node) {
    struct world_node *n = &w->nodes[node];
    ensure(!n->running);
    n->life++;
    n->config.generation_nonce = rng_u64(&w->rng);
    n->config.seed++;
    n->member = member_init(calloc(1, member_size()), &n->config);
    n->core = member_core(n->member);
    n->running = true;
    n->host_lost = false;
    n->last_even = 0;
    memset(n->by_edge, 0, sizeof n->by_edge);
    memset(n->view, 0, sizeof n->view);
    memset(n->held, 0, sizeof n->held);
    memset(n->unreachable_since, 0, sizeof n->unreachable_since);
    for (uint32_t i = 0; i < WORLD_NODES; i++)
        n->accusing_since[i] = WHEN_NEVER;
    step(w, node, ROOM_NODE, 0, &(struct msg){.kind = MSG_start, .start.slots = 2});
}

/* kill -9; with its host nobody is left to say that it is gone. */
static inline void world_kill(struct world *w, uint32_t node, bool with_host) {
    struct world_node *n = &w->nodes[node];
    n->running = false;
    n->host_lost = with_host;
    for (uint32_t i = 0; i < w->links_count; i++) {
        struct link *l = &w->links[i];
        for (int side = 0; side < 2; side++) {
            if (l->node[side] != node || !l->open[side])
                continue;
            l->open[side] = false;
            if (!with_host && l->open[1 - side])
                send_on(w, i, 1 - side, HAPPENS_DOWN, EDGE_CLOSED, (struct span){0});
        }
    }
    free(n->member);
    n->member = NULL;
}

static inline void world_cut(struct world *w, uint32_t from, uint32_t to, bool cut) {
    w->cut[from][to] = cut;
}

static inline void world_destroy(struct world *w) {
    for (uint32_t i = 0; i < w->count; i++) {
        free(w->nodes[i].member);
        store_close(&w->nodes[i].disk);
    }
    while (w->queue.count > 0)
        free(queue_take(&w->queue).bytes);
    free(w->queue.items);
    free(w->says);
    free(w->rows);
    free(w);
}

#include "tests/unit/actors/member/holds.h"

#endif
