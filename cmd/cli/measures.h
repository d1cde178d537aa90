/* measures - what trials came to beside their first value, for people and programs: columns for the
 * other objectives and for the constraints that are broken.
 *
 * Of a job with one objective and no constraints there are none, and nothing is printed.
 */
#ifndef ZYG_CLI_MEASURES_H
#define ZYG_CLI_MEASURES_H

#include "cmd/cli/out.h"
#include "proto/job/frontier.h"
#include "proto/msg.h"

enum {
    MEASURE_COLUMNS = OBJECTIVES_MOST, /* the objectives but the first; broken */
    MEASURE_KEY_BYTES = LIMIT_NAME_BYTES + 8
};

/* How many columns were appended at `to`; keys: MEASURE_COLUMNS of them, which the columns borrow.
 * job: NULL: none. */
size_t measures_columns(const struct job *job, struct column *to,
                        char keys[MEASURE_COLUMNS][MEASURE_KEY_BYTES]);
/* The columns of a table, and behind the one at `value` these; `to` has room for all. How many. */
size_t measures_beside(const struct job *job, const struct column *table, size_t count,
                       size_t value, struct column *to,
                       char keys[MEASURE_COLUMNS][MEASURE_KEY_BYTES]);
/* What a row tells: of its trial, or the means of its configuration. False: it has no value. */
bool measures_of(struct measure *m, const struct job *job, const struct msg_trial_row *row);
/* Their cells. */
void measures_put(struct out *o, const struct job *job, const struct msg_trial_row *row);

/* "model_mb <= 20 (model_mb 25.5); latency < 9 (latency was not told)"; nothing: all are kept. */
void measures_broken(struct buf *out, const struct job *job, double value, struct span others);

/* It has constraints, trials that are done, and none that keeps all of them. */
bool measures_none_kept(const struct msg_job_row *row);
/* What a job's summary says of its trials; false: it has one objective and no constraints. */
bool measures_frontier(const struct msg_job_row *row, struct frontier *f);
/* "front 6 points", "front of more than 148 points"; nothing with one objective. */
void measures_print_front(struct buf *out, const struct frontier *f);

#endif
