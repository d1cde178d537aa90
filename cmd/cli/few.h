/* few - whether a job has more trials than there are configurations.
 *
 * Where every parameter has so many values and no more, a search comes to the end of them, and what
 * is left of its trials runs some again. That may be meant, where results are noisy, so it is no
 * fault; whoever hands in such a job is told so, in one line on standard error.
 */
#ifndef ZYG_FEW_H
#define ZYG_FEW_H

#include "proto/job/job.h"

/* How many configurations there are, if the job has more trials than that; else, or when they are
 * too many to count, 0. */
uint64_t few_configurations(const struct job *job);
void few_say(const struct job *job);

#endif
