/* best_front - the trials of a job with several objectives that no other beats: its Pareto front.
 *
 * Of a job with `repeat`: the configurations, by the means of their runs, each under its first trial.
 * Of trials with equal values the first by number stands for all; what breaks a constraint is not
 * among them. All trials with values are read, so the front is whole, however large it is.
 */
#ifndef ZYG_CLI_BEST_FRONT_H
#define ZYG_CLI_BEST_FRONT_H

#include "cmd/cli/job_spec.h"

/* As rows, the best in the first objective first, at most `limit` (0: all); for people with the
 * hypervolume, where counting it does not take long, and what it was counted up to. */
bool best_front_print(struct client *c, const struct args *args, const struct subject *s,
                      const struct job_spec *spec, uint64_t limit, struct err *err);

#endif
