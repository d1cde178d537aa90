/* render - rows of the store as the answers clients read: positions become names, msgpack becomes JSON. */
#ifndef ZYG_RENDER_H
#define ZYG_RENDER_H

#include "actors/facts/trial_row.h"
#include "proto/job/job.h"

enum { RENDER_BYTES = 65536 };

/* Fills the answer; its spans point into the row and into `scratch`. False when the row cannot be read. */
bool render_trial(struct msg_trial_row *answer, const struct job *job, uint64_t slot,
                  struct span stored, struct buf *scratch);
/* The name of a metric by its position in a trial's metrics; empty when there is none. */
struct span render_metric_name(struct span metrics, uint32_t position, struct buf *scratch);

#endif
