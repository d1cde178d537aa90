/* spec_text - a job in the words that validate, plan and show say about it.
 *
 * Memory   the caller's bufs; SPEC_TEXT_BYTES are enough for each of these but spec_print_domain,
 *          whose choices may be many: it ends in "..." when the buf is nearly full.
 */
#ifndef ZYG_SPEC_TEXT_H
#define ZYG_SPEC_TEXT_H

#include "proto/job/job.h"

enum { SPEC_TEXT_BYTES = 2048 };

/* "5 parameters (2 conditional), random search of 60 trials, maximize accuracy", and ", rungs " with
 * what spec_print_rungs says */
void spec_print_summary(const struct job *job, struct buf *out);
/* "5 parameters (2 conditional)" */
void spec_print_params(const struct job *job, struct buf *out);
/* "maximize accuracy, done early at 0.995"; "maximize accuracy; minimize ms, with model_mb <= 20";
 * "none: every trial that ends well is done" */
void spec_print_objective(const struct job *job, struct buf *out);
/* "asha 1-3-9-27 epochs", "pbt every 2 of 12 epochs": where trials are compared, and the full length; nothing without rungs */
void spec_print_rungs(const struct job *job, struct buf *out);
/* ", learns from 2 jobs that 'submit' looks for"; nothing where there are none */
void spec_print_learns(const struct job *job, struct buf *out);
/* "wall 30 min, output 20 MiB, grace 10 s" */
void spec_print_limits(const struct job *job, struct buf *out);
/* "crash never, exit 75 or interrupted up to 5 times" */
void spec_print_retry(const struct job *job, struct buf *out);
/* "0.01 to 100, log", "1 to 9 step 2, int", "linear | rbf", "small < large" */
void spec_print_domain(const struct param *param, struct buf *out);

#endif
