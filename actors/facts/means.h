/* means - what the configurations of a job with `repeat` are worth: the mean of each value of their slots, once all of them
 * ended well, and the mean of what these break the constraints by.
 *
 * So a configuration keeps the constraints when each of its runs does: one that broke a limit is not outweighed by another
 * that stayed far below it. Told otherwise, by the breach of the mean metrics, a better result of one slot could make its
 * configuration worse; means of (breach, values ...) go where the slot's go, and so more facts never take away (seat.h). The
 * search learns the same mean (actors/tuner/runs.h).
 *
 * Slots that two nodes which both led have given different configurations count as one all the same, and are said to be mixed.
 * More values never take a mean away, and none depends on the order in which they came: sums go by slot.
 * Memory   fixed; only what the job has slots for is touched, and nothing where a configuration is run once.
 */
#ifndef ZYG_MEANS_H
#define ZYG_MEANS_H

#include "proto/job/measure.h"

struct means {
    uint32_t repeat;     /* of the job */
    uint32_t objectives; /* likewise */
    uint32_t width;      /* of a slot: these and, where there are constraints, the breach */
    double values[REPEAT_VALUES_MAX];    /* rows by slot; NAN first: none */
    uint64_t configs[REPEAT_TRIALS_MAX]; /* hashes, by slot, where there are values */
};

/* What a configuration is worth. */
struct worth {
    uint64_t slot; /* which stands for it: its lowest */
    uint32_t runs; /* that these are the means of */
    struct measure measure;
    double error; /* the standard error of the first value; of one run 0 */
    bool mixed;   /* not all of these runs had one configuration */
};

void means_begin(struct means *m, const struct job *job);
void means_extend(struct means *m, uint64_t from, uint64_t to); /* it has these slots, too */
/* repeat > 1 */
void means_put(struct means *m, uint64_t slot, const struct measure *run, struct span config);
/* False: the configuration of this slot has no mean, or is run once. */
bool means_of(const struct means *m, uint64_t slot, struct worth *out);

#endif
