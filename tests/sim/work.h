/* work - the jobs of a run: drawn from the seed, signed by their owners, and what became of them so
 * far. */
#ifndef ZYG_SIM_WORK_H
#define ZYG_SIM_WORK_H

#include "proto/base/time.h"
#include "proto/job/job.h"
#include "proto/trust/bundle.h"

enum { WORK_SLOTS_MAX = 60, WORK_SPEC_BYTES = 8192, WORK_ARENA_BYTES = 65536 };

struct work {
    uint32_t number;
    uint32_t owner;
    struct job_id id;
    struct job job; /* decoded from spec */
    wall_ms created;
    uint64_t more; /* trials that it is to have when it is extended; 0: it never is */
    size_t spec_len, order_len, cancel_len, extend_len;
    uint8_t spec[WORK_SPEC_BYTES];
    uint8_t order[WORK_SPEC_BYTES + 512]; /* the signed bundle that submits it */
    uint8_t cancel[512];                  /* the one that cancels it */
    uint8_t extend[512];                  /* ... and that gives it more trials */
    when_ms submit_at;
    when_ms cancel_at; /* WHEN_NEVER */
    when_ms extend_at; /* likewise */
    bool run;          /* as submitted */
    bool accepted;     /* its owner was told so: from now on it may not be lost */
    bool cancelled;    /* likewise */
    bool extended;     /* likewise */
    bool shown;        /* after the last restart, as it is kept */
    uint8_t arena[WORK_ARENA_BYTES];
};

/* What a job is drawn from. */
struct work_draft {
    uint64_t seed;
    uint32_t number, owner;
    const struct signer *signer; /* the owner's */
    int64_t trials_max;
    uint32_t copies; /* 0: as a job file that does not say */
    when_ms now;
    bool rungs;    /* it may have learning curves */
    bool hopes;    /* it may go on until it is hopeless */
    bool repeats;  /* it may run each configuration several times */
    bool extends;  /* it may get more trials, while it runs or when it is done */
    dur_ms spread; /* it is submitted and perhaps cancelled or extended within so long */
};

void work_draw(struct work *work, const struct work_draft *draft);

#endif
