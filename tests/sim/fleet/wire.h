/* wire - one connection, for the files that carry wires.h out: wires.c dials and delivers, wires_faults.c breaks, strays.c
 * leads astray. */
#ifndef ZYG_SIM_WIRE_H
#define ZYG_SIM_WIRE_H

#include "tests/sim/draw.h"
#include "tests/sim/fleet/wires.h"

/* `lane`: whose draws they are, `number`: which of them. */
struct rng wire_draw(const struct fleet *f, const struct wire *w, uint64_t lane, uint64_t number);
/* Both ways. */
bool wire_is_open(const struct fleet *f, const struct wire *w);
/* What is due next on it; a wire that is over at both ends is released. */
void wire_plan(struct fleet *f, struct wire *w);
/* Nothing more is heard at this end, the other one hears of it after what is on the way; drop: at once. */
void wire_close_end(struct fleet *f, struct wire *w, uint32_t end, bool drop);
void wire_release(struct wire *w);
uint8_t *wire_copy_of(struct span bytes); /* the caller frees it */
/* Nothing, when that edge is over. */
void wires_send(struct host *h, uint32_t edge, struct span bytes);
/* True: it goes another way, and over this edge not now. */
bool wire_strays(struct host *h, uint32_t edge, struct span bytes);

#endif
