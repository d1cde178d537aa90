/* trial_rows - trials as rows of output: the columns that trials, best and show share.
 *
 * Memory   the columns live in the struct that the caller holds.
 */
#ifndef ZYG_TRIAL_ROWS_H
#define ZYG_TRIAL_ROWS_H

#include "cmd/cli/job_spec.h"
#include "cmd/cli/look.h"
#include "cmd/cli/measures.h"

enum { TRIAL_COLUMNS = 14 };

struct trial_rows {
    struct column columns[TRIAL_COLUMNS + MEASURE_COLUMNS];
    char keys[MEASURE_COLUMNS][MEASURE_KEY_BYTES];
    const struct job *job;             /* borrowed; NULL: it has one objective and no constraints */
    char metric[LIMIT_NAME_BYTES + 1]; /* heading of the value */
    const struct subject *subject;
    struct out *out;
};

/* spec: of job_spec_measured, until the end. causes: show why trials did not end well, also in tables
 * that are not wide. */
void trial_rows_begin(struct trial_rows *t, const struct subject *subject,
                      const struct job_spec *spec, enum format format, bool record, bool causes);
bool trial_rows_put(struct trial_rows *t, const struct msg_trial_row *row); /* as out_row */
bool trial_rows_end(struct trial_rows *t, struct err *err);

/* "done", "crashed", "running", "open" */
const char *trial_row_status(const struct msg_trial_row *row);
/* It has ended after it had begun: its times mean something. */
bool trial_row_ran(const struct msg_trial_row *row);
/* The trial whose copy it is. */
void trial_row_parent_put(struct out *o, const struct msg_trial_row *row);

#endif
