#include "tests/sim/fleet/wires.h"

#include "actors/peers/peers_says.h"
#include "actors/peers/peers_socket.h"
#include "proto/base/check.h"
#include "tests/sim/fleet/fleet.h"
#include "tests/sim/fleet/liar.h"
#include "tests/sim/fleet/wire.h"

#include <stdlib.h>
#include <string.h>

enum {
    CONNECT_MS = 3000,
    SHAKE_MS = 5000,
    SILENCE_MS = 45000, /* the port's heartbeats: 15 s, and 30 s without an answer */
    LOOK_MS = 250,
    WINDOW = 10,
    OUTBOX = OUTBOX_MAX + INBOX_MAX + 400, /* and what lies in the two systems */
    RESEND_MS = 200,
    RESEND_DOUBLED_MOST = 5,
    DIALS_AT_ONCE = 4,
    PORT = 7777
};

/* ---- draws ---- */

struct rng wire_draw(const struct fleet *f, const struct wire *w, uint64_t lane, uint64_t number) {
    return draw_of(f->seed ^ w->draws * 0x9e3779b97f4a7c15u, DRAW_WIRE, lane << 56 | number);
}

static dur_ms latency(const struct fleet *f, uint32_t a, uint32_t b) {
    uint64_t pair = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
    struct rng r = draw_of(f->seed, DRAW_WIRE, pair);
    return draw_between(&r, 0, f->draft.latency_most);
}

/* Until a message is there; what is lost is sent again, each time after twice as long. */
static dur_ms takes(const struct fleet *f, const struct wire *w, uint32_t lane, uint64_t number) {
    struct rng r = wire_draw(f, w, lane, number);
    dur_ms ms = latency(f, w->ends[0].host, w->ends[1].host);
    ms += draw_between(&r, 0, f->draft.jitter_most);
    for (int i = 0; !f->calm && i < RESEND_DOUBLED_MOST && draw_chance(&r, f->draft.loss); i++)
        ms += RESEND_MS << i;
    return ms;
}

/* ---- wires ---- */

static bool is_cut(const struct fleet *f, uint32_t from, uint32_t to) {
    return f->wires.cuts[from][to] > 0;
}

bool wire_is_open(const struct fleet *f, const struct wire *w) {
    uint32_t a = w->ends[0].host, b = w->ends[1].host;
    return !is_cut(f, a, b) && !is_cut(f, b, a);
}

static struct host *host_of_end(struct fleet *f, const struct wire_end *e) {
    return &f->hosts[e->host];
}

/* The life at this end still runs. */
static bool is_there(const struct fleet *f, const struct wire_end *e) {
    const struct host *h = &f->hosts[e->host];
    return host_is_up(h) && h->life == e->life;
}

static void empty(struct lane *l) {
    for (; l->count > 0; l->count--) {
        free(l->parcels[l->first].bytes);
        l->first = (l->first + 1) % l->cap;
    }
}

void wire_release(struct wire *w) {
    for (int i = 0; i < 2; i++) {
        empty(&w->lanes[i]);
        free(w->lanes[i].parcels);
    }
    *w = (struct wire){.state = WIRE_FREE};
}

static struct wire *new_wire(struct wires *ws) {
    for (size_t i = 0; i < ws->count; i++) {
        if (ws->items[i].state == WIRE_FREE)
            return &ws->items[i];
    }
    if (ws->count == ws->cap) {
        ws->cap = ws->cap == 0 ? 64 : 2 * ws->cap;
        ws->items = realloc(ws->items, ws->cap * sizeof *ws->items);
        ensure(ws->items != NULL);
    }
    return &ws->items[ws->count++];
}

/* The host's end of the wire that it knows by this number; NULL: none. */
static struct wire *find(struct fleet *f, const struct host *h, uint32_t edge, uint32_t *end) {
    for (size_t i = 0; i < f->wires.count; i++) {
        struct wire *w = &f->wires.items[i];
        for (*end = 0; w->state != WIRE_FREE && *end < 2; ++*end) {
            const struct wire_end *e = &w->ends[*end];
            if (e->host == h->number && e->life == h->life && e->edge == edge && edge != 0 &&
                !e->over)
                return w;
        }
    }
    return NULL;
}

/* ---- what is due next ---- */

static when_ms lane_due(const struct fleet *f, const struct wire *w, int lane) {
    const struct lane *l = &w->lanes[lane];
    const struct wire_end *to = &w->ends[1 - lane];
    uint32_t from = w->ends[lane].host;
    bool stuck = is_cut(f, from, to->host) || (is_cut(f, to->host, from) && l->unknown >= WINDOW);
    if (to->over || f->hosts[to->host].paused > 0 || stuck || (l->count == 0 && !l->ends))
        return WHEN_NEVER;
    return l->count > 0 ? l->parcels[l->first].at : l->last;
}

static when_ms wire_due(const struct fleet *f, const struct wire *w) {
    when_ms due = WHEN_NEVER;
    for (int i = 0; i < 2; i++) {
        due = when_sooner(due, lane_due(f, w, i));
        if (!w->ends[i].over)
            due = when_sooner(due, w->ends[i].heard + SILENCE_MS);
    }
    return due;
}

static void plan_at(struct fleet *f, struct wire *w, when_ms due) {
    if (due == WHEN_NEVER || w->due == due)
        return;
    w->due = due;
    w->version = ++f->wires.version;
    fleet_plan(f, due > f->now ? due - f->now : 0,
               &(struct timed){.kind = TIMED_WIRE,
                               .subject = (uint64_t)(w - f->wires.items),
                               .version = w->version});
}

void wire_plan(struct fleet *f, struct wire *w) {
    if (w->state != WIRE_UP)
        return;
    if (w->ends[0].over && w->ends[1].over)
        wire_release(w);
    else
        plan_at(f, w, wire_due(f, w));
}

/* ---- dialling ---- */

static void tell_down(struct fleet *f, struct wire_end *e, enum edge_end why) {
    if (!e->over && e->edge != 0 && is_there(f, e))
        peers_say_down(host_of_end(f, e)->board, e->edge, why);
    e->over = true;
}

static void fails(struct fleet *f, struct wire *w, enum edge_end why) {
    tell_down(f, &w->ends[0], why);
    wire_release(w);
}

static uint32_t dialling(const struct fleet *f, const struct host *h) {
    uint32_t count = 0;
    for (size_t i = 0; i < f->wires.count; i++) {
        const struct wire *w = &f->wires.items[i];
        bool dials = w->state == WIRE_DIALS || w->state == WIRE_SHAKES;
        count += dials && w->ends[0].host == h->number && w->ends[0].life == h->life;
    }
    return count;
}

static void dial(struct host *h, const struct msg_edge_dial *m) {
    struct fleet *f = h->fleet;
    struct endpoint to;
    uint32_t target;
    bool good = endpoint_parse(&to, m->endpoint) && to.port == PORT;
    target = good ? to.address[3] - 1u : 0;
    if (!good || target >= f->draft.hosts || target == h->number) {
        peers_say_down(h->board, (uint32_t)m->edge, EDGE_TIMED_OUT);
        return;
    }
    struct wire *w = new_wire(&f->wires);
    uint64_t nth = ++f->wires.dialled[h->number][target];
    *w = (struct wire){.state = WIRE_DIALS,
                       .draws = (uint64_t)(h->number + 1) << 48 | (uint64_t)target << 40 | nth,
                       .due = WHEN_NEVER,
                       .until = f->now + CONNECT_MS,
                       .key_fits = span_equal(m->curve, span_of(f->cast->hosts[target].curve, 32)),
                       .ends = {{.host = h->number, .life = h->life, .edge = (uint32_t)m->edge},
                                {.host = target}}};
    plan_at(f, w, f->now);
    fleet_ensure(f, dialling(f, h) <= DIALS_AT_ONCE, "host %u dials too many at once", h->number);
}

/* A first packet: now, after 1 s and after 3 s. */
static void knock(struct fleet *f, struct wire *w) {
    static const dur_ms pauses[] = {1000, 2000, CONNECT_MS};
    struct rng r = wire_draw(f, w, 2, w->tries);
    const struct host *to = host_of_end(f, &w->ends[1]);
    bool lost = !f->calm && (draw_chance(&r, f->draft.loss) || draw_chance(&r, f->draft.loss));
    dur_ms trip = 2 * latency(f, w->ends[0].host, w->ends[1].host);
    if (f->now >= w->until) {
        fails(f, w, EDGE_TIMED_OUT);
    } else if (lost || to->off || !wire_is_open(f, w)) {
        plan_at(f, w, when_sooner(f->now + pauses[w->tries++], w->until));
    } else {
        w->state = WIRE_SHAKES;
        w->until = f->now + SHAKE_MS;
        w->ends[1].life = host_is_up(to) ? to->life : 0; /* 0: nobody listens */
        plan_at(f, w, f->now + (w->ends[1].life == 0 ? 1 : 4) * trip + 1);
    }
}

static void shake(struct fleet *f, struct wire *w) {
    struct wire_end *to = &w->ends[1];
    if (to->life == 0) {
        fails(f, w, EDGE_REFUSED);
    } else if (!is_there(f, to) && !host_of_end(f, to)->off) {
        fails(f, w, host_is_up(host_of_end(f, to)) ? EDGE_CLOSED : EDGE_REFUSED);
    } else if (f->now >= w->until) {
        fails(f, w, EDGE_TIMED_OUT);
    } else if (!is_there(f, to) || !wire_is_open(f, w) || host_of_end(f, to)->paused > 0) {
        plan_at(f, w, when_sooner(f->now + LOOK_MS, w->until));
    } else if (!w->key_fits) {
        fails(f, w, EDGE_UNTRUSTED);
    } else {
        struct endpoint peer = {.address = {10, 0, 0, (uint8_t)(to->host + 1)}, .port = PORT};
        w->state = WIRE_UP;
        w->ends[0].heard = to->heard = f->now;
        peers_say_up(host_of_end(f, &w->ends[0])->board, w->ends[0].edge,
                     f->cast->hosts[to->host].curve, &peer);
        wire_plan(f, w);
    }
}

/* ---- messages ---- */

static void push(struct lane *l, const struct parcel *p) {
    if (l->count == l->cap) {
        size_t cap = l->cap == 0 ? 16 : 2 * l->cap;
        struct parcel *parcels = malloc(cap * sizeof *parcels);
        ensure(parcels != NULL);
        for (size_t i = 0; i < l->count; i++)
            parcels[i] = l->parcels[(l->first + i) % l->cap];
        free(l->parcels);
        l->parcels = parcels;
        l->first = 0;
        l->cap = cap;
    }
    l->parcels[(l->first + l->count++) % l->cap] = *p;
}

void wire_close_end(struct fleet *f, struct wire *w, uint32_t end, bool drop) {
    struct lane *out = &w->lanes[end];
    w->ends[end].over = true;
    empty(&w->lanes[1 - end]);
    if (drop)
        empty(out);
    when_ms soonest = f->now + latency(f, w->ends[0].host, w->ends[1].host);
    out->ends = true;
    if (out->last < soonest || drop)
        out->last = soonest;
    wire_plan(f, w);
}

uint8_t *wire_copy_of(struct span bytes) {
    uint8_t *copy = malloc(bytes.len);
    ensure(copy != NULL);
    memcpy(copy, bytes.data, bytes.len);
    return copy;
}

void wires_send(struct host *h, uint32_t edge, struct span bytes) {
    struct fleet *f = h->fleet;
    uint32_t end;
    struct wire *w = find(f, h, edge, &end);
    if (w == NULL || w->state != WIRE_UP || w->broken)
        return;
    struct lane *l = &w->lanes[end];
    struct parcel p = {
        .at = f->now + takes(f, w, end, l->said++), .bytes = wire_copy_of(bytes), .len = bytes.len};
    if (p.at < l->last)
        p.at = l->last;
    l->last = p.at;
    push(l, &p);
    if (l->count <= OUTBOX) {
        wire_plan(f, w);
        return;
    }
    peers_say_down(h->board, edge, EDGE_TIMED_OUT);
    wire_close_end(f, w, end, true);
}

static void send_over(struct host *h, uint32_t edge, const struct msg *m) {
    static uint8_t frame[LIMIT_FRAME_BYTES];
    struct buf out = buf_of(frame, sizeof frame);
    fleet_ensure(h->fleet, peers_say_knows(m->kind), "'%s' is said over an edge",
                 msg_name(m->kind));
    bool passed_on = m->kind == MSG_carry &&
                     !node_id_equal(&m->carry.from, &h->fleet->cast->hosts[h->number].signer.id);
    h->said += !passed_on;
    if (!msg_encode(m, &out))
        return;
    liar_says(h, edge, buf_view(&out), wires_send);
    if (!passed_on || !wire_strays(h, edge, buf_view(&out)))
        wires_send(h, edge, buf_view(&out));
}

static void wires_perform(void *self, const struct event *event) {
    struct host *h = self;
    uint32_t end;
    if (!host_takes(h))
        return;
    if (event->msg.kind == MSG_edge_dial) {
        dial(h, &event->msg.edge_dial);
    } else if (event->msg.kind == MSG_edge_close) {
        struct wire *w = find(h->fleet, h, (uint32_t)event->msg.edge_close.edge, &end);
        if (w != NULL && w->state == WIRE_UP)
            wire_close_end(h->fleet, w, end, end == 1);
        else if (w != NULL)
            wire_release(w);
    } else {
        send_over(h, event->peer, &event->msg);
    }
    host_delivered(h, event->msg.kind);
}

struct port wires_port(struct host *h) {
    return (struct port){.room = ROOM_PEERS, .self = h, .perform = wires_perform};
}

/* ---- arriving ---- */

static void arrive(struct fleet *f, struct wire *w, int lane) {
    struct lane *l = &w->lanes[lane];
    struct wire_end *from = &w->ends[lane], *to = &w->ends[1 - lane];
    struct host *h = host_of_end(f, to);
    to->heard = f->now;
    if (is_cut(f, to->host, from->host))
        l->unknown++;
    if (l->count == 0) {
        tell_down(f, to, EDGE_CLOSED);
        return;
    }
    struct parcel p = l->parcels[l->first];
    l->first = (l->first + 1) % l->cap;
    l->count--;
    if (to->edge == 0) {
        struct endpoint peer = {.address = {10, 0, 0, (uint8_t)(from->host + 1)}, .port = PORT};
        to->edge = h->last_edge += 2;
        peers_say_up(h->board, to->edge, f->cast->hosts[from->host].curve, &peer);
    }
    bool heard = peers_say_heard(h->board, to->edge, span_of(p.bytes, p.len));
    fleet_ensure(f, heard || f->hosts[from->host].has_lied, "host %u said what no port takes",
                 from->host);
    free(p.bytes);
    if (!heard) { /* the port cuts it off */
        tell_down(f, to, EDGE_NONSENSE);
        wire_close_end(f, w, 1 - (uint32_t)lane, true);
    }
}

/* Both sides' heartbeats still come through, or this end gives up. */
static void judge_silence(struct fleet *f, struct wire *w, uint32_t end) {
    struct wire_end *e = &w->ends[end], *other = &w->ends[1 - end];
    if (e->over || e->heard + SILENCE_MS > f->now)
        return;
    if (is_there(f, other) && !other->over && wire_is_open(f, w) &&
        host_of_end(f, other)->paused == 0) {
        e->heard = f->now;
        return;
    }
    tell_down(f, e, EDGE_CLOSED);
    wire_close_end(f, w, end, true);
}

static void go_on(struct fleet *f, struct wire *w) {
    for (int lane = 0; lane < 2; lane++) {
        while (!w->ends[1 - lane].over && lane_due(f, w, lane) <= f->now)
            arrive(f, w, lane);
    }
    for (uint32_t end = 0; end < 2 && w->state == WIRE_UP; end++)
        judge_silence(f, w, end);
    wire_plan(f, w);
}

void wires_work(struct fleet *f, uint64_t wire, uint64_t version) {
    struct wire *w = &f->wires.items[wire];
    if (w->state == WIRE_FREE || w->version != version)
        return;
    w->due = WHEN_NEVER;
    switch (w->state) {
    case WIRE_FREE: break;
    case WIRE_DIALS: knock(f, w); break;
    case WIRE_SHAKES: shake(f, w); break;
    case WIRE_UP: go_on(f, w); break;
    }
}

void wires_release(struct fleet *f) {
    for (size_t i = 0; i < f->wires.count; i++)
        wire_release(&f->wires.items[i]);
    free(f->wires.items);
    for (size_t i = 0; i < f->wires.strays_count; i++)
        free(f->wires.strays[i].bytes);
    free(f->wires.strays);
}
