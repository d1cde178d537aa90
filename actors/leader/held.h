/* held - the leases this node has taken: those that run, and those that ended not long ago, whose facts may not have come to
 * a new leader yet.
 *
 * Memory   its own; as many run as a node has slots, of the ended ones the last HELD_OVER_MAX are kept for HELD_OVER_MS.
 */
#ifndef ZYG_HELD_H
#define ZYG_HELD_H

#include "proto/base/ids.h"
#include "proto/base/time.h"
#include "proto/limits.h"

enum {
    HELD_OVER_MAX = 256,
    HELD_OVER_MS = 5000,
    HELD_BYTES = (LIMIT_SLOTS_NODE + HELD_OVER_MAX) * 40 /* of held_encode */
};

struct held_lease {
    struct job_id job;
    uint64_t slot;
    uint64_t attempt;
    when_ms ended;
};

struct held {
    uint32_t running_count;
    struct held_lease running[LIMIT_SLOTS_NODE];
    uint32_t over_next; /* the next place of the ring to be written */
    uint32_t over_count;
    struct held_lease over[HELD_OVER_MAX];
};

const struct held_lease *held_find(const struct held *h, const struct job_id *job, uint64_t slot);
/* False: there is no place. */
bool held_add(struct held *h, const struct job_id *job, uint64_t slot, uint64_t attempt);
/* It has ended; lost: no fact will come of it. False: it was not held. */
bool held_end(struct held *h, const struct job_id *job, uint64_t slot, uint64_t attempt, bool lost,
              when_ms now);
/* No fact comes of that attempt after all. False: it is not among those that have ended. */
bool held_forget(struct held *h, const struct job_id *job, uint64_t slot, uint64_t attempt);
/* As in message `report`. */
void held_encode(const struct held *h, when_ms now, struct buf *out);

#endif
