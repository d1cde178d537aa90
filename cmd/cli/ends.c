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
    ends.paused -= row->resumed < ends.paused ? row->resumed : ends.paused;
    return ends;
}
