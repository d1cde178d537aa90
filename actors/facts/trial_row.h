/* trial_row - one slot's row: the fold of the facts about it, as it is kept in table trials.
 *
 * A slot's value is that of its first finished attempt; facts about a finished slot that come later change nothing.
 * Memory   spans borrow from the row's bytes or from the fact that was folded in.
 */
#ifndef ZYG_TRIAL_ROW_H
#define ZYG_TRIAL_ROW_H

#include "proto/base/time.h"
#include "proto/msg.h"
#include "proto/status.h"

struct trial_row {
    enum trial_status status; /* of the last attempt; OPEN before the first has ended */
    bool finished;
    struct attempts attempts;
    bool has_value;
    double value;
    wall_ms began;
    dur_ms run_ms;
    dur_ms cpu_ms;
    uint64_t rss_kib;
    struct span config;
    struct span metrics;
    struct span cause;
};

void trial_row_encode(const struct trial_row *row, struct buf *out);
bool trial_row_decode(struct trial_row *row, struct span bytes);

/* Folds in one attempt's end; the row's config, metrics and cause then borrow from the fact. */
void trial_row_fold(struct trial_row *row, const struct msg_result_fact *result,
                    const struct retry *allowed);

/* Keys of the tables, appended to `out`. */
void trial_row_key(struct buf *out, const struct job_id *job, uint64_t slot);
void trial_row_attempt_key(struct buf *out, const struct job_id *job, uint64_t slot,
                           uint64_t attempt);
/* Better values sort first, whatever the goal; equal ones by slot. */
void trial_row_rank_key(struct buf *out, const struct job_id *job, bool maximize, double value,
                        uint64_t slot);
uint64_t trial_row_key_slot(
    struct span key); /* the slot in a key of trials; 0 when it is too short */
uint64_t trial_row_rank_key_slot(struct span key);

#endif
