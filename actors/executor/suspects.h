/* suspects - slots whose attempts went down with zyg-run, and how often one after the other: one that kills its parent
 * would otherwise be started again for ever.
 *
 * Who of several that ran is to blame nobody can tell. After SUSPECTS_TOGETHER deaths in company the suspects run one at a
 * time: then only a slot that is alone when zyg-run dies again is counted against.
 * Memory   fixed: a place for every trial that can run at once, so all of one death are known at the next. When it is full,
 *          the slot that was seen longest ago is forgotten.
 */
#ifndef ZYG_SUSPECTS_H
#define ZYG_SUSPECTS_H

#include "proto/base/ids.h"
#include "proto/base/time.h"
#include "proto/limits.h"

enum {
    SUSPECTS_TOGETHER = 3,
    SUSPECTS_MEMORY_MS =
        600000 /* a slot that is not run again, here, must not keep the others waiting */
};

struct suspect {
    struct job_id job;
    uint64_t slot;
    uint64_t seen; /* on the clock of suspects.seen */
    when_ms at;
    uint32_t deaths; /* 0: free */
    uint32_t alone;  /* of these, while nothing else ran */
};

struct suspects {
    uint64_t seen;
    struct suspect items[LIMIT_SLOTS_NODE];
};

/* The slot went down with zyg-run; answers how often now while it was alone. */
uint32_t suspects_add(struct suspects *s, const struct job_id *job, uint64_t slot, bool alone,
                      when_ms now);
void suspects_forget(struct suspects *s, const struct job_id *job, uint64_t slot);
void suspects_forget_job(struct suspects *s, const struct job_id *job);
/* Trials run one at a time until then, unless the suspects are cleared before; INT64_MIN: they need not. */
when_ms suspects_apart_until(const struct suspects *s, when_ms now);

#endif
