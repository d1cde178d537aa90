/* frontier - what a job's summary keeps of trials that one number does not tell: which of them no
 * other beats, where there are several objectives, and how many break a constraint on metrics.
 *
 * Of trials with equal values the lowest slot stands for all. It does not depend on the order in
 * which trials come as long as there is room for all that stand on it at once (frontier_room); from
 * then on it takes in only what beats one that it has, and says so: it is for a look while the job
 * runs, and who wants all of the front reads the trials (zyg best).
 *
 * Memory   fixed.
 * Bytes    msgpack [objectives, how many break a constraint, was it ever full, bin points]; points:
 *          slot, values, slot, values ... by slot.
 */
#ifndef ZYG_FRONTIER_H
#define ZYG_FRONTIER_H

#include "proto/job/measure.h"

enum {
    FRONTIER_POINTS_BYTES = 4000, /* a summary is said again with every change */
    FRONTIER_BYTES = FRONTIER_POINTS_BYTES + 32,
    FRONTIER_NUMBER_BYTES = 9, /* one number, encoded */
    FRONTIER_MOST = FRONTIER_POINTS_BYTES / (3 * FRONTIER_NUMBER_BYTES)
};

/* Points there is room for: 148 of two objectives, 111 of three. */
static inline uint32_t frontier_room(uint32_t objectives) {
    return FRONTIER_POINTS_BYTES / (FRONTIER_NUMBER_BYTES * (1 + objectives));
}

struct frontier_point {
    uint64_t slot;
    double values[OBJECTIVES_MOST];
};

struct frontier {
    uint32_t objectives;
    uint64_t broken; /* trials that are done and break a constraint */
    bool full;       /* there may be more than these */
    uint32_t count;
    struct frontier_point points[FRONTIER_MOST]; /* by slot */
};

/* Does a summary of this job have one? */
static inline bool job_has_frontier(const struct job *job) {
    return job->objectives_count > 1 || job->constraints_count > 0;
}

struct frontier frontier_of(const struct job *job);
/* A trial that keeps all constraints; nothing happens with one objective, where the best one says
 * it all. True when no trial was as good. */
bool frontier_enter(struct frontier *f, const struct job *job, uint64_t slot, const double *values);
/* It came to something else. What it had beaten does not come back. */
void frontier_leave(struct frontier *f, uint64_t slot);
const struct frontier_point *frontier_find(const struct frontier *f, uint64_t slot);

void frontier_encode(const struct frontier *f, struct buf *out);
/* False: not what frontier_encode writes; it is empty then. */
bool frontier_decode(struct frontier *f, struct span bytes);

#endif
