/* tpe_split - which trials are good, and by how much.
 *
 * Of n trials with a value the best min(TPE_GOOD_SHARE n rounded up, TPE_GOOD_MOST), each weighted
 * by how far it is below the best of the others (arXiv:2304.11127, section 3.2, "EI"). On learning
 * curves values compare at one rung only: the highest at which twice as many trials have a value as
 * are good (BOHB, arXiv:1807.01774, section 3.2: the largest budget with enough observations), else
 * that at which most have one. Of curves the newest TPE_CURVES_MOST trials are looked at.
 *
 * Trials that keep all constraints come before those that break one, and these by how far they break
 * them, so the good ones lie where the least is broken until enough keep all (c-TPE, Watanabe &
 * Hutter, arXiv:2211.14411, splits each constraint on its own; here one breach stands for all).
 */
#ifndef ZYG_TPE_SPLIT_H
#define ZYG_TPE_SPLIT_H

#include "actors/tuner/trials/trials.h"

enum { TPE_GOOD_MOST = 25, TPE_CURVES_MOST = 1 << 14 };
#define TPE_GOOD_SHARE 0.1
/* Of weights whose mean is 1: the worst of the good still says where good ones lie. */
#define TPE_WEIGHT_LEAST 1e-3

struct tpe_split {
    uint32_t known; /* trials with a value */
    uint32_t count;
    uint32_t good[TPE_GOOD_MOST];  /* places, the best first */
    double weights[TPE_GOOD_MOST]; /* above 0, 1 on average */
};

/* count is 0 when no trial has a value. */
void tpe_split(struct tpe_split *s, const struct trials *t);

#endif
