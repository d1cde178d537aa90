#include "cmd/cli/ends.h"

#include "proto/status.h"

struct ends ends_of(const struct msg_job_row *row) {
    uint64_t of[TRIAL_STATUS_COUNT];
    struct ends ends = {.done = row->done};
    if (!end_counts_decode(of, row->end_counts) || of[TRIAL_STOPPED] > row->done ||
        of[TRIAL_PAUSED] > row->done - of[TRIAL_STOPPED])
        return ends;
    ends.stopped = of[TRIAL_STOPPED];
    ends.paused = of[TRIAL_PAUSED];
    ends.done -= ends.stopped + ends.paused;
    return ends;
}

struct ends ends_for_people(const struct msg_job_row *row) {
    struct ends ends = ends_of(row);
    if (row->state == JOB_OPEN)
        return ends;
    ends.stopped += ends.paused;
    ends.paused = 0;
    return ends;
}
