/* curve - what is kept of a learning curve: enough to say at a rung how good the trial is and how much of its ups and downs
 * is chance. Folded step by step, the same way wherever a trial runs.
 *
 * Less is better: of a goal "maximize" the values are turned round (-value), which is exact.
 * Noise    second differences take a curve's trend away and leave, of independent noise of variance v at each step, 6 v on
 *          average. The later half of them is averaged, with a memory of six at most: a curve bends most at its beginning,
 *          and that is forgotten.
 * Breach   how far the trial broke the job's constraints on metrics by then, of those that it had told what they are about
 *          (job_breach_told). It is what it was last, not a sum, and whoever folds the curve says it.
 */
#ifndef ZYG_CURVE_H
#define ZYG_CURVE_H

#include "proto/base/bytes.h"

/* All zero: nothing was told yet. */
struct curve {
    uint32_t step;     /* the last one told */
    uint32_t told;     /* values */
    uint32_t improved; /* the step at which the best was told; 0: there is none */
    double best;
    double sum;          /* of all values told, in their order, none of them beyond 1e150 */
    double last, before; /* its last two values, likewise */
    double bends;        /* mean square of its later second differences, over 6 */
    double breach;       /* 0.. ; 0: none that is known */
};

/* Noise can be told of a curve from so many values on. */
enum { CURVE_TOLD_ENOUGH = 5 };

/* `value`, which is finite, at `step`, 1... False: the step is not beyond the last one (it is told again: a checkpoint was
 * lost), and nothing changes. */
bool curve_tell(struct curve *c, uint32_t step, double value);

enum { CURVE_BYTES = 80 }; /* encoded, at most */
void curve_encode(const struct curve *c, struct buf *out);
/* False: it is no curve to which something was told. */
bool curve_decode(struct curve *c, struct span bytes);

#endif
