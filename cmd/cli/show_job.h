/* show_job - all that is known of one job: as a summary, or as the file it came from.
 *
 * Errors   as client.h and out.h say them.
 */
#ifndef ZYG_SHOW_JOB_H
#define ZYG_SHOW_JOB_H

#include "cmd/cli/look.h"

/* importance: which parameters matter, in any case and in every format; else tables say it of jobs
 * so small that it costs next to nothing, when it is known. */
bool job_show(struct client *c, const struct args *args, const struct subject *s, bool importance,
              struct err *err);
/* The long form of the job file, as YAML. */
bool job_show_spec(struct client *c, const struct subject *s, struct err *err);

#endif
