/* job_spec - a job's description as a node has it.
 *
 * Memory   the job and its bytes belong to the struct and live until job_spec_free.
 */
#ifndef ZYG_JOB_SPEC_H
#define ZYG_JOB_SPEC_H

#include "cmd/cli/look.h"
#include "proto/job/job.h"

struct job_spec {
    struct job job;     /* with the trials it has by now */
    uint64_t described; /* ... and as many as its description gives it */
    struct span bytes;  /* canonical */
    uint8_t *memory;
};

/* NULL: err says why. */
struct job_spec *job_spec_read(struct client *c, const struct subject *s, struct err *err);
/* Of a job with several objectives or constraints, which measures.h prints; NULL: it is another, or,
 * when *ok is false, err says why it is not known. */
struct job_spec *job_spec_measured(struct client *c, const struct subject *s, bool *ok,
                                   struct err *err);
void job_spec_free(struct job_spec **spec);

#endif
