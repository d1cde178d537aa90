/* rerun - is one more run of a configuration that was tried worth more than a new one?
 *
 * What a run is worth is its knowledge gradient: how much better, on average over what the run may
 * come to, the best mean will be than it is now. Of runs at points whose means a are believed
 * jointly normal, the one at point i moves them all by b z with one normal z, b_j = cov(i, j) /
 * sqrt(var(i) + noise), and E max(a + b z) is a sum over the upper hull of these lines (Frazier,
 * Powell and Dayanik, "The knowledge-gradient policy for correlated normal beliefs", INFORMS J.
 * Computing 21 (2009), section 4; of points that were tried and one that was not: Scott, Frazier and
 * Powell, "The correlated knowledge gradient for simulation optimization", SIAM J. Optimization 21
 * (2011), section 3). Where the best few are well told apart, or there is no noise, another run
 * moves nothing and is worth nothing; where they are not, it is worth more than a step elsewhere.
 *
 * Memory   the struct is the caller's; the vectors are from one arena at init.
 * Errors   none.
 */
#ifndef ZYG_RERUN_H
#define ZYG_RERUN_H

#include "actors/tuner/model/rows.h"
#include "actors/tuner/model/surrogate.h"

enum { RERUN_RIVALS = 8, RERUN_POINTS = RERUN_RIVALS + 1 };

/* Noise is acted on when two kernels in a row have found it: more than this share of the variance of
 * all values, and the rows likelier with it than without by this logarithm of odds. Twice as much is
 * asked for as is "very strong" in Kass and Raftery, "Bayes factors", JASA 90 (1995), section 3.2, as
 * it is asked again and again. It is no proof: a function with many steps looks like noise to a
 * process. So the first further run of all is a probe, which is waited for: when it comes to exactly
 * what the run before did there is no other, and when it does not there is noise. */
#define RERUN_NOISE_LEAST 0.0005
#define RERUN_ODDS_LEAST 10.0

/* Of a kernel. */
enum rerun_noise { RERUN_NO_NOISE, RERUN_NOISE, RERUN_UNASKED };

struct rerun {
    enum rerun_noise newest, before; /* of the newest kernel, and of the one before it */
    struct rows before_rows;         /* of which that one is found */
    uint32_t count;
    uint32_t places[RERUN_POINTS]; /* the first trials of the best few configurations */
    double means[RERUN_POINTS];
    double shared[RERUN_POINTS][RERUN_POINTS]; /* covariances */
    double *seen;                              /* of each, what the surrogate sees */
    double *columns;
};

size_t rerun_bytes(const struct space *space, uint32_t rows);
bool rerun_init(struct rerun *r, const struct space *space, uint32_t rows, struct arena *arena);

/* A kernel is due; the one before it, which nobody may have asked for, is of the rows `before`. So what
 * is suspected does not depend on who asks when (rows.h). */
void rerun_due(struct rerun *r, const struct rows *before);
/* Right after surrogate_fit, with this bend. */
enum rerun_noise rerun_doubt(struct surrogate *s, const struct bend *bend);
/* The configuration with the least mean under the surrogate, which has learned these rows; its first
 * trial, and what the surrogate believes. False: none counts, or no noise is known, and what was seen
 * says more than a model. */
bool rerun_best(const struct rerun *r, const struct surrogate *s, const struct trials *t,
                const struct rows *rows, uint32_t *place, double *mean);
/* The surrogate has learned the rows and believes what runs. view: the new point; NULL: there is none.
 * True: another run of the configuration of trial `place` is worth more. False as long as no noise is
 * known; but where nothing new is left the best one is run again, which shows whether there is any. */
bool rerun_instead(struct rerun *r, struct surrogate *s, const struct trials *t,
                   const struct rows *rows, const double *view, uint32_t *place);

/* Where nothing new is left before there is a process: that of the configurations which has run the
 * least, after a probe of the best. False: there is no noise, or none yet, or fewer than two to
 * choose from. */
bool rerun_evenly(const struct trials *t, uint32_t *place);

/* E max(a + b z) - max a. count: 1.. RERUN_POINTS. */
double rerun_gradient(const double *a, const double *b, uint32_t count);

#endif
