/* population - whether a job that breeds finds as many slots as it has members.
 *
 * All members of a population run at once: where there are fewer slots than `parallel` says, it is as large as there are slots.
 * Who hands in such a job is told so, in one line on standard error.
 */
#ifndef ZYG_POPULATION_H
#define ZYG_POPULATION_H

#include "cmd/cli/client.h"
#include "proto/job/job.h"

/* False: a signal came while the node was asked; of what else could not be heard nothing is said. */
bool population_say(struct client *c, const struct job *job, struct err *err);

#endif
