/* job_row - what the counts of a job's summary come to. */
#ifndef ZYG_JOB_ROW_H
#define ZYG_JOB_ROW_H

#include "proto/msg.h"

/* Slots that have ended, in whatever way, those among them that rested and go on. */
static inline uint64_t job_row_finished(const struct msg_job_row *row) {
    return row->done + row->infeasible + row->failed;
}

/* Slots that are over now: not those that go on. */
static inline uint64_t job_row_over(const struct msg_job_row *row) {
    const uint64_t finished = job_row_finished(row);
    return finished > row->resumed ? finished - row->resumed : 0;
}

#endif
