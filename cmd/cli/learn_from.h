/* learn_from - what earlier jobs found out, put into a job before it is handed in.
 *
 * Their finished trials are asked for once, here: the job that is signed holds what it knows, so any
 * node proposes, and derives again, without the earlier jobs.
 *   - A trial that says exactly what this job asks for (CARRIED_WHOLE), of a job with the same single
 *     objective, both with trials of the same full length: it is history, as if it had been a trial of
 *     this search. Where this job has constraints it must have printed what they are about, whatever it
 *     was printed for, or enough to break one. Of several runs of one configuration, one
 *     after the other, the mean; of one that several jobs tried, one. The LEARN_BEST best and the
 *     LEARN_NEWEST newest, as far as they fit.
 *   - One that says more (CARRIED_IN_PART), or too little, or of a job that is repeat_auto: its value may be due to what is not searched
 *     here, or would be another with what it does not say, so the value is not taken; of these the
 *     LEARN_FIRST best are tried first.
 *   - All others say nothing: of another metric or goal, without a result, no configuration of this
 *     job.
 * For each job one line on standard error says how many were taken and why not the others.
 *
 * Errors   as subject_find; ERR_BAD_JOB_FILE for a job that cannot learn.
 */
#ifndef ZYG_LEARN_FROM_H
#define ZYG_LEARN_FROM_H

#include "cmd/cli/args.h"
#include "cmd/cli/client.h"
#include "cmd/cli/job_load.h"

enum { LEARN_BEST = 100, LEARN_NEWEST = 100, LEARN_FIRST = 5 };

/* The jobs that the file names, then `more`. Nothing happens when there are none. */
bool learn_from_jobs(struct client *c, struct job_file *file, const struct args_texts *more,
                     bool quiet, struct err *err);

#endif
