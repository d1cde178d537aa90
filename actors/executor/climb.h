/* climb - how far an attempt of a job with rungs has come: its curve, and at which rungs it has to be said where it stands.
 *
 * The step of a value of the objective is the one that its line says. A program whose lines say none is taken to print the
 * objective once a step: they are counted, in an attempt that goes on from where the one before was judged. Steps need not
 * follow each other; one that is not beyond the last (told again after a resume, or 0: nothing was done yet) is let pass, and
 * so are values without a step once a step was said. Nobody but the search decides who ends: beyond the full length a
 * program goes on until it ends by itself.
 * Constraints on metrics count as far as they were told, in this attempt; as long as it has not told all that they are about
 * and breaks none, what the attempts before told stays.
 * Memory   fixed, zeroed: a climb without rungs. The job is borrowed.
 */
#ifndef ZYG_CLIMB_H
#define ZYG_CLIMB_H

#include "proto/job/curve.h"
#include "proto/job/ladder.h"

/* A rung was reached; `curve` is how it went until there. */
struct climb_stand {
    struct curve curve;
    bool saved;
};

struct climb {
    struct ladder ladder; /* count up to 1: the job has no rungs, and nothing here changes */
    const struct job *job;
    bool says_steps;
    bool saved;       /* it has a checkpoint: it says so, or something is in its folder for it */
    uint32_t lines;   /* with the objective and without a step */
    uint32_t reached; /* rungs, in all attempts */
    uint32_t before;  /* ... but this one */
    struct curve curve;
    /* What is to be said, in order; who says it sets the count to 0. An attempt reaches each rung once. */
    uint32_t stands_count;
    struct climb_stand stands[RUNGS_MOST];
};

/* before: as in a lease, of the attempts before; bytes that are no curve count as none. */
void climb_begin(struct climb *c, const struct job *job, struct span before);
/* Of the job's metrics all that this attempt has told by now, VALUE_NONE: not told; whoever has come to a rung by the next
 * value of the objective stands there with them. */
void climb_measure(struct climb *c, const struct value *metrics);
/* step: below 0: not said. */
void climb_tell(struct climb *c, int64_t step, double value);
void climb_save(struct climb *c);

bool climb_has_rungs(const struct climb *c);
/* False: nothing was told. What it is worth is the best value until now. */
bool climb_value(const struct climb *c, double *value);
bool climb_is_whole(const struct climb *c);           /* it has done its full length */
bool climb_is_on_last_stretch(const struct climb *c); /* ... or is beyond the last rung before */
bool climb_is_judged(const struct climb *c);          /* somebody may have judged this attempt */
bool climb_is_missed(const struct climb *c); /* it never came to a rung, and could not be judged */

/* "stopped early at step 9 of 27: others were better there; its best was at step 7" */
void climb_explain(const struct climb *c, bool paused, struct buf *out);
/* "could not be compared with others: the first rung is at step 3, 'acc' was told up to step 1" */
void climb_explain_missed(const struct climb *c, struct span objective, struct buf *out);

#endif
