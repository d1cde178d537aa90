/* What happens to connections: hosts come and go, ways are cut and heal, connections are reset. */
#include "tests/sim/fleet/wire.h"

#include "tests/sim/fleet/fleet.h"

#include <stdlib.h>

enum { HEAL_MOST_MS = 1200 }; /* thin streams try again at least so often */

/* ---- hosts that come and go ---- */

/* Of what its last life had said some may have gone out. */
static void cut_short(struct fleet *f, struct wire *w, uint32_t end, bool orderly) {
    struct lane *l = &w->lanes[end];
    struct rng r = wire_draw(f, w, 3 + end, l->said);
    size_t kept = orderly || l->count == 0 ? l->count : rng_below(&r, l->count + 1);
    for (; l->count > kept; l->count--)
        free(l->parcels[(l->first + l->count - 1) % l->cap].bytes);
    l->last = l->count > 0 ? l->parcels[(l->first + l->count - 1) % l->cap].at : f->now;
}

static void host_leaves(struct fleet *f, struct wire *w, uint32_t end, bool power, bool orderly) {
    if (w->state != WIRE_UP) {
        if (end == 0)
            wire_release(w); /* who was dialled is found missing */
        return;
    }
    cut_short(f, w, end, orderly);
    wire_close_end(f, w, end, false);
    if (w->state == WIRE_UP && power) {
        w->ends[end].lost = true;
        w->lanes[end].ends = false;
        wire_plan(f, w);
    }
}

void wires_host_down(struct fleet *f, struct host *h, bool power, bool orderly) {
    for (size_t i = 0; i < f->wires.count; i++) {
        struct wire *w = &f->wires.items[i];
        for (uint32_t end = 0; w->state != WIRE_FREE && end < 2; end++) {
            if (w->ends[end].host == h->number && w->ends[end].life == h->life &&
                !w->ends[end].over)
                host_leaves(f, w, end, power, orderly);
        }
    }
}

void wires_host_up(struct fleet *f, struct host *h) {
    for (size_t i = 0; i < f->wires.count; i++) {
        struct wire *w = &f->wires.items[i];
        for (uint32_t end = 0; w->state == WIRE_UP && end < 2; end++) {
            struct wire_end *e = &w->ends[end];
            if (e->host != h->number || !e->lost)
                continue;
            struct rng r = wire_draw(f, w, 5 + end, h->life);
            e->lost = false;
            w->lanes[end].ends = true;
            w->lanes[end].last = f->now + draw_between(&r, 0, 1000);
            wire_plan(f, w);
        }
    }
}

void wires_resume(struct fleet *f, const struct host *h) {
    for (size_t i = 0; i < f->wires.count; i++) {
        struct wire *w = &f->wires.items[i];
        if (w->state == WIRE_UP && (w->ends[0].host == h->number || w->ends[1].host == h->number))
            wire_plan(f, w);
    }
}

uint32_t wires_between(const struct fleet *f, uint32_t a, uint32_t b) {
    uint32_t count = 0;
    for (size_t i = 0; i < f->wires.count; i++) {
        const struct wire *w = &f->wires.items[i];
        bool these = (w->ends[0].host == a && w->ends[1].host == b) ||
                     (w->ends[0].host == b && w->ends[1].host == a);
        count += these && w->state == WIRE_UP && !w->ends[0].over && !w->ends[1].over;
    }
    return count;
}

/* ---- breaks ---- */

static void reset(struct fleet *f, struct wire *w) {
    w->broken = true;
    for (uint32_t end = 0; end < 2; end++) {
        if (w->ends[end].over)
            continue;
        cut_short(f, w, end, false);
        w->lanes[end].ends = true;
        if (w->lanes[end].last < f->now + 1)
            w->lanes[end].last = f->now + 1;
    }
    wire_plan(f, w);
}

void wires_break(struct fleet *f, const struct fault *fault) {
    for (size_t i = 0; i < f->wires.count; i++) {
        struct wire *w = &f->wires.items[i];
        uint64_t a = (uint64_t)1 << w->ends[0].host, b = (uint64_t)1 << w->ends[1].host;
        bool between = ((fault->from & a) != 0 && (fault->to & b) != 0) ||
                       ((fault->from & b) != 0 && (fault->to & a) != 0);
        if (w->state == WIRE_UP && between)
            reset(f, w);
    }
}

/* ---- cuts ---- */

/* What waited is sent again, some time after the way is open. */
static void heal(struct fleet *f, struct wire *w) {
    for (uint32_t lane = 0; lane < 2; lane++) {
        struct lane *l = &w->lanes[lane];
        struct rng r = wire_draw(f, w, 7 + lane, l->said);
        when_ms soonest = f->now + draw_between(&r, 0, HEAL_MOST_MS);
        bool open = wire_is_open(f, w);
        l->unknown = open ? 0 : l->unknown;
        if (open && l->count > 0 && l->parcels[l->first].at <= f->now)
            l->parcels[l->first].at = soonest;
        if (open && l->ends && l->last <= f->now)
            l->last = soonest;
    }
    wire_plan(f, w);
}

void wires_cut(struct fleet *f, const struct fault *fault, bool begins) {
    for (uint32_t a = 0; a < f->draft.hosts; a++) {
        for (uint32_t b = 0; b < f->draft.hosts; b++) {
            if ((fault->from >> a & 1) == 0 || (fault->to >> b & 1) == 0)
                continue;
            int by = begins ? 1 : -1;
            f->wires.cuts[a][b] = (uint8_t)(f->wires.cuts[a][b] + by);
            if (fault->kind == FAULT_CUT)
                f->wires.cuts[b][a] = (uint8_t)(f->wires.cuts[b][a] + by);
        }
    }
    for (size_t i = 0; !begins && i < f->wires.count; i++) {
        if (f->wires.items[i].state == WIRE_UP)
            heal(f, &f->wires.items[i]);
    }
}
