/* Messages on a way of their own. */
#include "tests/sim/fleet/wire.h"

#include "proto/base/check.h"
#include "tests/sim/fleet/fleet.h"

#include <stdlib.h>

enum { STRAY_MOST_MS = 3000 };

static void put_stray(struct host *h, uint32_t edge, struct span bytes, dur_ms late) {
    struct wires *ws = &h->fleet->wires;
    if (ws->strays_count == ws->strays_cap) {
        ws->strays_cap = ws->strays_cap == 0 ? 64 : 2 * ws->strays_cap;
        ws->strays = realloc(ws->strays, ws->strays_cap * sizeof *ws->strays);
        ensure(ws->strays != NULL);
    }
    fleet_plan(h->fleet, late, &(struct timed){.kind = TIMED_STRAY, .subject = ws->strays_count});
    ws->strays[ws->strays_count++] = (struct stray){.host = h->number,
                                                    .life = h->life,
                                                    .edge = edge,
                                                    .bytes = wire_copy_of(bytes),
                                                    .len = bytes.len};
}

void wires_stray(struct fleet *f, uint64_t stray) {
    struct stray *s = &f->wires.strays[stray];
    struct host *h = &f->hosts[s->host];
    if (host_is_up(h) && h->life == s->life)
        wires_send(h, s->edge, span_of(s->bytes, s->len));
    free(s->bytes);
    s->bytes = NULL;
}

bool wire_strays(struct host *h, uint32_t edge, struct span bytes) {
    struct fleet *f = h->fleet;
    if (f->calm)
        return false;
    struct rng r = draw_of(h->disk.seed, DRAW_WIRE, (uint64_t)1 << 63 | ++h->passed_on);
    if (!draw_chance(&r, f->draft.stray))
        return false;
    put_stray(h, edge, bytes, draw_between(&r, 1, STRAY_MOST_MS));
    return draw_chance(&r, 0.5);
}
