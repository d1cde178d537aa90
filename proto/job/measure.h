/* measure - what a trial came to, as its job compares it: a value for each objective, and how far
 * the constraints on metrics are broken.
 *
 * A result says the value of the first objective by itself. What else the job wants to know stands
 * beside it, as `others`: a msgpack array, for each of job->metrics after the first the last value
 * that was told (the final one, where there is one) or nil; empty when there are no others.
 *
 * A trial that breaks a constraint is done, and never the best. Of two trials the lesser breach is
 * better, then the better value of the first objective, then of the second ... This order is whole
 * and agrees with dominance: what dominates comes first.
 */
#ifndef ZYG_MEASURE_H
#define ZYG_MEASURE_H

#include "proto/job/job.h"

struct measure {
    double values[OBJECTIVES_MOST]; /* objectives_count of them, in the job's own sense */
    double breach;                  /* job_breach: 0 keeps all constraints */
    double told;                    /* job_breach_told: less, where some could not be told */
};

/* False: these are no such bytes (they may be anybody's), an objective was not told, or the job has
 * none. */
bool measure_of(struct measure *m, const struct job *job, double value, struct span others);
/* The metrics themselves, one of job->metrics each, VALUE_NONE where it was not told. */
bool measure_metrics(const struct job *job, double value, struct span others,
                     struct value metrics[JOB_METRICS_MAX]);

/* `others` of these, OTHERS_BYTES at most; nothing where the job has no others. */
enum { OTHERS_BYTES = 3 + 9 * JOB_METRICS_MAX };
void measure_put_others(const struct job *job, const struct value metrics[JOB_METRICS_MAX],
                        struct buf *out);

/* Below 0: a is better; 0: they are equal. */
int measure_compare(const struct job *job, const struct measure *a, const struct measure *b);
/* Nowhere worse and somewhere better, whatever the breaches are. */
bool measure_dominates(const struct job *job, const double *a, const double *b);
/* It keeps all constraints and reaches the target of each objective that has one; false when none
 * has. */
bool measure_reaches(const struct job *job, const struct measure *m);

#endif
