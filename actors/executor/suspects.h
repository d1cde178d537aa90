/* suspects - slots whose attempts went down with zyg-run, and how often one after the other: one that kills its parent
 * would otherwise be started again for ever.
 *
 * Memory   fixed: a place for every trial that can run at once, so all of one death are known at the next. When it is full,
 *          the slot that was seen longest ago is forgotten.
 */
#ifndef ZYG_SUSPECTS_H
#define ZYG_SUSPECTS_H

#include "proto/base/ids.h"
#include "proto/limits.h"

struct suspect {
    struct job_id job;
    uint64_t slot;
    uint64_t seen;   /* on the clock of suspects.seen */
    uint32_t deaths; /* 0: free */
};

struct suspects {
    uint64_t seen;
    struct suspect items[LIMIT_SLOTS_NODE];
};

/* The slot went down with zyg-run; answers how often now. */
uint32_t suspects_add(struct suspects *s, const struct job_id *job, uint64_t slot);
void suspects_forget(struct suspects *s, const struct job_id *job, uint64_t slot);

#endif
