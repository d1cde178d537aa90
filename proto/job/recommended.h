/* recommended - which configuration to take, of a job that is repeat_auto, as its search says it.
 *
 * Of many values with noise the best is mostly luck, and the mean of a configuration gets better and
 * worse as it is run again. So what is best cannot be folded from results alone: whoever leads, whose
 * model knows of each what its neighbours came to (actors/tuner/study.h, study_best), says it when it
 * ends the job; whoever has the same results derives the same (actors/tuner/chain.h).
 *
 * Bytes    msgpack: array of slot, runs, value, error, expected, bin configuration; empty: nothing is said.
 */
#ifndef ZYG_RECOMMENDED_H
#define ZYG_RECOMMENDED_H

#include "proto/job/job.h"

enum { RECOMMENDED_BYTES = 16384 /* what is longer is not said */ };

struct recommended {
    uint64_t slot;      /* the first of the configuration that ended with a value */
    uint64_t runs;      /* of it that did, 1..; and those that it learned from (learn_from) */
    double value;       /* their mean, of the first objective, in the job's own sense */
    double error;       /* its standard error; of one run 0 */
    double expected;    /* what the search believes it to be worth */
    struct span config; /* borrowed */
};

void recommended_encode(const struct recommended *r, struct buf *out);
/* False: nothing is said, or these are no such bytes of this job. */
bool recommended_decode(struct recommended *r, const struct job *job, struct span bytes);

#endif
