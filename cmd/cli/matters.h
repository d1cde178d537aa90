/* matters - which parameters of a job matter (actors/tuner/importance/importance.h), reckoned here
 * from the trials that a node lists, so that no node is kept from its work.
 *
 * Of a job with many trials only the best and those with the highest numbers are read, as many as
 * are learned from.
 *
 * Memory   matters_free.
 * Errors   as client.h says them; ERR_USAGE: the job has no objective.
 */
#ifndef ZYG_MATTERS_H
#define ZYG_MATTERS_H

#include "actors/tuner/importance/importance.h"
#include "cmd/cli/job_spec.h"

struct matters {
    struct job_spec *spec;
    uint32_t count;                        /* one an objective */
    struct importance of[OBJECTIVES_MOST]; /* `trials` of them: all that have finished */
};

/* NULL: err says why. */
struct matters *matters_read(struct client *c, const struct subject *s, struct err *err);
void matters_free(struct matters **m);

/* For people; nothing of what could not be told unless `all`. */
void matters_print(const struct matters *m, bool all);
/* [{"metric":"accuracy","verdict":"known",...},...], as importance_json writes the rest. */
void matters_json(const struct matters *m, struct buf *out);

#endif
