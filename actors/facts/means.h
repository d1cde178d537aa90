/* means - what the configurations of a job with `repeat` are worth: the mean of their slots' values, once all of them ended
 * well.
 *
 * Slots that two nodes which both led have given different configurations count as one all the same: only who looks at the
 * trials sees that. More values never take a mean away, and none depends on the order in which they came: sums go by slot.
 * Memory   fixed; only what the job has slots for is touched, and nothing where a configuration is run once.
 */
#ifndef ZYG_MEANS_H
#define ZYG_MEANS_H

#include "proto/job/job.h"

struct means {
    uint32_t repeat;                  /* of the job */
    double values[REPEAT_TRIALS_MAX]; /* by slot; NAN: none */
};

struct mean {
    uint64_t first; /* the lowest slot of the configuration */
    double value;
    double error; /* its standard error: the deviation of one by the root of how many there are */
};

void means_begin(struct means *m, const struct job *job);
void means_extend(struct means *m, uint64_t from, uint64_t to); /* it has these slots, too */
void means_put(struct means *m, uint64_t slot, double value);
/* False: the configuration of this slot has none, or is run once. */
bool means_of(const struct means *m, uint64_t slot, struct mean *out);

#endif
