/* again - trials that are runs of one configuration, in a search that decides itself what is run
 * again (job->repeat_auto).
 *
 * Each run is a trial with a place of its own; a later trial of a configuration that is known is one
 * more run of it, whoever proposed it and in whichever order they come to be known. The value of
 * each of them is the mean of all that have ended with one, and among the best is the first of these
 * alone. A configuration one of whose runs ended badly is none of the best, as with a fixed number
 * of runs (runs.h).
 *
 * A Gaussian process learns from the runs, not from the means: n of them at one point with noise of
 * variance s^2 each are to it what their mean with s^2 / n is, and how far they lie apart tells it
 * what s is, which a mean does not (Binois, Gramacy and Ludkovski, "Practical heteroscedastic
 * Gaussian process modeling for large simulation experiments", JCGS 2018, section 3.1).
 *
 * Memory   of the trials' arena, again_bytes() more; without again_init no trial is a further run.
 */
#ifndef ZYG_AGAIN_H
#define ZYG_AGAIN_H

#include "actors/tuner/trials/trials.h"

size_t again_bytes(const struct space *s, uint32_t capacity);
/* Of trials that were just made, with one objective. False: the arena is too small. */
bool again_init(struct trials *t, struct arena *arena);

/* For trials.c: `place` has just been added, and `head` is the first of its configuration. */
void again_add(struct trials *t, uint32_t place, uint32_t head, const struct value *values);

/* What the runs of one configuration came to. */
struct again_sum {
    uint32_t runs;  /* that ended with a value */
    uint32_t first; /* of these; as long as there is one */
    bool failed;    /* one ended badly */
    bool open;      /* one has not ended */
    double mean;
    double error; /* its standard error; of one run 0 */
};
struct again_sum again_sum(const struct trials *t, uint32_t place);

/* The configuration of a trial, to the bit. */
void again_values(const struct trials *t, uint32_t place, struct value *values);

/* What further runs say of noise. */
enum again_noise {
    AGAIN_UNTRIED, /* there were none */
    AGAIN_AWAITED, /* the first ones have not ended */
    AGAIN_NONE,    /* all came to what the first run of theirs had come to */
    AGAIN_SOME     /* one did not */
};
enum again_noise again_noise(const struct trials *t);

#endif
