/* Why a leader ends a job that its results do not end by themselves. */
#include "actors/facts/seat.h"

#include "proto/job_row.h"

static void could_not_start(const struct seat *s, struct buf *cause) {
    if (s->no_start_len > 0)
        buf_span(cause, span_of(s->no_start, s->no_start_len));
    else
        buf_text(cause, "no trial could be started");
    if (s->unable.count < 2)
        return;
    buf_text(cause, " (tried on ");
    buf_u64(cause, s->unable.count);
    buf_text(cause, " nodes)");
}

bool seat_has_failed(const struct seat *s, struct buf *cause) {
    bool over = seat_is_whole(s);
    if (s->row.state != JOB_OPEN || s->row.done > 0)
        return false;
    if (s->end_counts[TRIAL_NO_METRIC] >= SEAT_NO_METRIC_MAX) {
        buf_u64(cause, s->end_counts[TRIAL_NO_METRIC]);
        buf_text(cause, " trials ended well and none printed ");
        buf_text(cause, s->job.objectives_count > 1 ? "all of " : "");
        for (uint32_t i = 0; i < s->job.objectives_count; i++) {
            buf_text(cause, i == 0 ? "'" : ", '");
            buf_span(cause, s->job.objectives[i].metric);
            buf_byte(cause, '\'');
        }
        buf_text(cause, "; zyg try shows what is understood");
        return true;
    }
    if (unable_gives_up(&s->unable, UNABLE_JOB) ||
        (over && s->row.trials > 0 && s->end_counts[TRIAL_NO_START] == s->row.trials)) {
        could_not_start(s, cause);
        return true;
    }
    if (!over)
        return false;
    buf_text(cause, "no trial ended well");
    return true;
}

bool seat_has_stalled(const struct seat *s, struct buf *cause) {
    if (s->row.state != JOB_OPEN || s->job.patience == 0 || s->no_better < s->job.patience)
        return false;
    job_stalled_print(&s->job, s->no_better, cause);
    return true;
}

bool seat_is_hopeless(const struct seat *s, struct buf *cause) {
    if (s->row.state != JOB_OPEN || !s->hopeless)
        return false;
    buf_text(cause, JOB_HOPELESS " after ");
    buf_u64(cause, job_row_finished(&s->row));
    buf_text(cause, job_row_finished(&s->row) == 1 ? " trial" : " trials");
    return true;
}
