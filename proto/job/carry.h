/* carry - what a trial of one job says in another, whose parameters are the same, or some of them, or
 * more.
 *
 * A value is carried by its parameter's name. A parameter that has one value only is no part of a
 * space: where it is missing it is filled in, and where the other job has none it says nothing.
 *   - CARRIED_WHOLE: the configuration says all that the other job asks for, and all it says is
 *     asked for. What came of it is what would come of it there.
 *   - CARRIED_IN_PART: it says more, which the other job knows no parameter for, or less, and what it
 *     does not say stands in the middle of its range (param_middle). It can be tried there; what came
 *     of it may be due to the rest.
 *   - CARRIED_NOT: it is no configuration of the other job.
 */
#ifndef ZYG_CARRY_H
#define ZYG_CARRY_H

#include "proto/job/job.h"

enum carried { CARRIED_WHOLE, CARRIED_IN_PART, CARRIED_NOT };

struct carry_why { /* of CARRIED_NOT */
    enum {
        CARRY_MISSING,  /* it has no value for this parameter, nor for any other that is searched */
        CARRY_OUTSIDE,  /* its value for it is none of the other job's */
        CARRY_FORBIDDEN /* `where` keeps it out */
    } what;
    uint32_t param; /* its place in the other job */
};

/* from_values: a valid configuration of `from`. values: params_count of `to`, whose choices their
 * texts point into. */
enum carried job_carry(const struct job *from, const struct value *from_values,
                       const struct job *to, struct value *values, struct carry_why *why);

#endif
