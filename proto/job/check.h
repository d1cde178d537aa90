/* check - the parts of job_check that have a file of their own. */
#ifndef ZYG_JOB_CHECK_H
#define ZYG_JOB_CHECK_H

#include "proto/job/job.h"
#include "proto/job/nearest.h"
#include "proto/job/shown.h"

struct number_text {
    char text[32];
};

struct number_text number_text_of(double value);
bool fault_nearest(struct job_fault *fault, struct span nearest); /* always false */
bool is_identifier(struct span name); /* [A-Za-z_][A-Za-z0-9_]*, at most LIMIT_NAME_BYTES */

bool check_configs(const struct job *job, struct job_fault *fault);
bool check_run(const struct job *job, struct job_fault *fault);

#endif
