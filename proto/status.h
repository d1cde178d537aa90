/* status - trial and job states, and the one rule that says when a slot is finished. */
#ifndef ZYG_STATUS_H
#define ZYG_STATUS_H

#include "proto/base/bytes.h"
#include "proto/base/time.h"

enum trial_status {
#define STATUS(NAME, name, counter, final) TRIAL_##NAME,
#include "proto/status.def"
#undef STATUS
    TRIAL_STATUS_COUNT
};

/* What an owner, or the cluster's key, can order (control_fact). */
enum control_verb { CONTROL_CANCEL = 1, CONTROL_EXTEND };

enum job_state { JOB_OPEN, JOB_DONE, JOB_FAILED, JOB_CANCELLED, JOB_STATE_COUNT };

/* How often an attempt may be repeated (job file: run.retry). */
struct retry {
    uint32_t crash;
    uint32_t transient;
};

/* What a slot has used up so far. again is bounded so that a program cannot ask for ever. */
struct attempts {
    uint32_t made;
    uint32_t crash;
    uint32_t transient;
    uint32_t again;
    uint32_t paused; /* what follows one goes on and repeats nothing */
};

enum { ATTEMPTS_AGAIN_MAX = 1000 };

const char *trial_status_name(enum trial_status status);
bool trial_status_of(uint64_t number, enum trial_status *out); /* a number from a peer or disk */
bool trial_status_named(struct span name, enum trial_status *out);
const char *job_state_name(enum job_state state);

/* Counts one more attempt that ended with `status`; true when the slot is finished by it. A pure fold: every node that
 * has seen the same attempts of a slot agrees whether it is finished. */
bool attempts_count(struct attempts *a, const struct retry *allowed, enum trial_status status);

/* The two halves of that rule: an ending that finishes a slot by itself, and allowances that are used up. Sums do not depend
 * on the order in which attempts are heard of. */
bool trial_status_final(enum trial_status status);
/* It ended as its program was to: all the way, or early at a rung. Only then a value of it means something. */
bool trial_status_well(enum trial_status status);
/* It came to nothing by what its configuration did, not by what zyg or a machine did to it. */
bool trial_status_blames(enum trial_status status);
bool attempts_spent(const struct attempts *a, const struct retry *allowed);

/* How often the finished slots of a job ended in each way, as bytes for a job_row: an array of status, count, status, ...
 * without those that are zero. What a newer peer names and we do not know is skipped; false: these are no such bytes. */
enum { END_COUNTS_BYTES = 8 + TRIAL_STATUS_COUNT * 18 };
void end_counts_encode(const uint64_t of[TRIAL_STATUS_COUNT], struct buf *out);
bool end_counts_decode(uint64_t of[TRIAL_STATUS_COUNT], struct span bytes);

/* How long a slot that is not finished rests before its next attempt: what asked to be tried again later, was interrupted, or
 * goes on from a checkpoint, waits twice as long each time (from 100 ms to a minute). */
dur_ms attempts_pause(const struct attempts *a, enum trial_status status);

#endif
