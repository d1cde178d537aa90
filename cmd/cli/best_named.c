#include "cmd/cli/best_named.h"

#include "proto/status.h"

struct msg_trial_row best_named(const struct msg_job_row *job, const struct msg_trial_row *found) {
    const bool is_here = found != NULL && found->slot == job->best_slot;
    struct msg_trial_row row = {.slot = job->best_slot,
                                .status = TRIAL_DONE,
                                .has_value = true,
                                .params = job->best_params};
    if (is_here)
        row = *found;
    row.value = job->best_value;
    row.runs = job->best_runs;
    return row;
}
