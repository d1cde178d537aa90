/* best_named - the trial that a job's row names as its best, as it is shown. */
#ifndef ZYG_CLI_BEST_NAMED_H
#define ZYG_CLI_BEST_NAMED_H

#include "proto/msg.h"

/* found: the first trial of the job from that slot on; NULL: there is none. A store that heard what is recommended may lack the
 * trial itself for a while: of that the job's row alone tells. */
struct msg_trial_row best_named(const struct msg_job_row *job, const struct msg_trial_row *found);

#endif
