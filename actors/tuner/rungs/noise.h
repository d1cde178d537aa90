/* noise - how much of a learning curve's ups and downs is chance (proto/job/curve.h says how it shows).
 *
 * Of one curve there is little to go by, and of a short one nothing; but it is the same program that
 * makes all of them. So what the others showed is pooled, and one curve is drawn towards that.
 *
 * Freedom  A mean square of n independent deviations is as good as n degrees of freedom. Second
 *          differences of neighbours go together (correlation -2/3, and 1/6 of the next but one), so
 *          the weighted mean that a curve keeps is worth a third of the values told, six at most.
 * Pool     The median of what the last curves showed: one that has diverged, or bends for other
 *          reasons, counts for no more than another. The median of a chi-square variable lies below
 *          its mean by (1 - 2 / 9n)^3 (Wilson and Hilferty, PNAS 17 (1931), 684-688), which is made
 *          up for; it is worth 2 / pi of the freedom of all (the median's efficiency of many).
 * Test     Who compares by a variance that was itself estimated is wrong more often than he thinks;
 *          Student's quantile in place of the normal one says by how much more he must ask:
 *          Abramowitz and Stegun, 26.7.5, two terms.
 */
#ifndef ZYG_NOISE_H
#define ZYG_NOISE_H

#include "proto/job/curve.h"

enum { NOISE_CURVES = 32 };

struct noise_level {
    double variance; /* of a curve's values; NAN: not known */
    double freedom;
};

/* Of the others; all zero at the start. */
struct noise_pool {
    struct noise_level shown[NOISE_CURVES]; /* by the last curves */
    uint64_t count;
};

/* A curve stands at a rung or ends, and something was told of it since it was last shared: the others
 * may learn from it. whole: it went its full length, however short that is. False: it is too short. */
bool noise_share(struct noise_pool *p, const struct curve *c, bool whole);
/* Not known while a few curves, or many short ones, have not shown it. */
struct noise_level noise_typical(const struct noise_pool *p);
/* Variance of this curve's values; NAN when nothing is known. */
double noise_variance(const struct curve *c, const struct noise_level *typical);
/* How many deviations of an estimate of such freedom are as much as `sigmas` of one that is certain. */
double noise_deviations(double sigmas, double freedom);

#endif
