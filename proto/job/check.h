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

enum { WHERE_BYTES = sizeof((struct job_fault *)0)->where };

/* "params.NAME" or "params.NAME.part", which is then returned. */
const char *where_of(char where[WHERE_BYTES], const struct param *p, const char *part);
/* Metric names are what programs print before a '=' or between quotes, so only what ends such a
 * word is refused. */
bool is_metric_name(struct span name);
/* NULL, and the fault is set. */
const struct expr *compile_condition(struct span text, struct expr_names *names, const char *where,
                                     struct arena *arena, struct job_fault *fault);

/* params: the job's own, which `when` is compiled into. */
bool check_when(struct job *job, struct param *params, struct arena *arena,
                struct job_fault *fault);
bool check_where(struct job *job, struct arena *arena, struct job_fault *fault);
/* Into job->metrics, too. */
bool check_constraints(struct job *job, struct arena *arena, struct job_fault *fault);
bool check_search(struct job *job, struct arena *arena, struct job_fault *fault);
bool check_configs(const struct job *job, struct job_fault *fault);
bool check_run(const struct job *job, struct job_fault *fault);

#endif
