/* courier - which bundles go to a neighbour, and when: at once, by walking the log, or once more.
 *
 * A bundle is sent when its batch goes to the disk here, to every neighbour that has, or is being sent, all of its log before
 * it: both disks sync it at the same time, and nothing has to be read back. That promises nothing: only what a disk has is
 * said in heads and counted (spread.h). Should this node die before it is synced here, others bring the end of that log back,
 * and its next life signs in a log of its own.
 * What did not go so (no room in the window, a neighbour that has just come, what others have signed) is read from table log
 * by a cursor, in the order in which it came here, so that a job comes before its results. The cursor starts at the oldest
 * bundle that the neighbour lacks (table log_index).
 * What others have signed waits for SPREAD_LAZY_MS on an edge that is not eager, and on every one while all holders are next
 * to this node: it gets there another way meanwhile.
 */
#ifndef ZYG_COURIER_H
#define ZYG_COURIER_H

#include "actors/facts/spread.h"

/* The batch with these operations is on its way to the disk here. */
void courier_launched(struct spread *s, struct span ops, when_ms now, struct says *out);
/* From the oldest bundle on that this neighbour lacks; nothing counts as being on the way. */
void courier_seek(struct spread *s, struct neighbour *n);
/* The neighbour has sent this: it is not sent back unless its heads do not come, which say when it is synced there. */
void courier_came(struct neighbour *n, uint32_t log, uint64_t next, when_ms now);
/* What it has confirmed makes room for more. */
void courier_confirmed(struct neighbour *n, when_ms now);
void courier_go(struct spread *s, struct neighbour *n, struct says *out);
/* An answer of the store. False: not asked by it. */
bool courier_rows(struct spread *s, const struct msg_rows *rows, when_ms now, struct says *out);
/* Whether it goes on by itself once what came last is no longer new. */
bool courier_waits(const struct spread *s, const struct neighbour *n);

#endif
