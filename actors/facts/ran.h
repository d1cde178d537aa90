/* ran - when a job was run: the moments at which at least one of its attempts ran, as its results tell.
 *
 * A set, so it does not depend on the order in which results come, and one that comes twice adds nothing: all stores show the
 * same time, and the pauses of a job that was interrupted do not count. It is kept in cells of 2^shift ms, as fine as its first
 * and last moment let it be: exact while they are no more than RAN_CELLS ms apart, then to a thousandth of that for each pause.
 * Memory   fixed.
 */
#ifndef ZYG_RAN_H
#define ZYG_RAN_H

#include "proto/base/mp.h"
#include "proto/base/time.h"

enum { RAN_CELLS = 1024, RAN_BYTES = RAN_CELLS / 8 + 40 /* encoded */ };

struct ran {
    wall_ms from, to; /* to is not included; equal: it never ran */
    uint32_t shift;
    uint64_t cells[RAN_CELLS / 64]; /* cell c at place c modulo RAN_CELLS */
};

/* 0 <= from; nothing happens unless from < to. */
void ran_add(struct ran *r, wall_ms from, wall_ms to);
dur_ms ran_ms(const struct ran *r);

void ran_encode(const struct ran *r, struct buf *out); /* nothing when it never ran */
/* False: not what ran_encode writes; it never ran then. */
bool ran_decode(struct ran *r, struct span bytes);

#endif
