/* yet - what can be said about a search that the cluster does not run yet: the one list of it.
 *
 * Whoever hands in a job asks here first, so that nothing that was asked for is left out silently.
 * A search that somebody else runs (zyg asktell) is not concerned.
 */
#ifndef ZYG_YET_H
#define ZYG_YET_H

#include "proto/job/job.h"

/* For a job that has passed job_check. False: the fault says what is not in this version. */
bool job_runs(const struct job *job, struct job_fault *fault);

#endif
