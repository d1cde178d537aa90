/* trial_row - one slot's row: the fold of the facts about it, as it is kept in table trials.
 *
 * The fold does not depend on the order in which facts come, and more facts never take away: a slot that is finished stays
 * so, one that has a value keeps one, and that gets no worse. Attempts are summed. One result stands for the slot:
 *   - of those with a value, whether the attempt was done, stopped or paused, the best measure (proto/job/measure.h); of
 *     equal ones a done one before a stopped and that before a paused one, then the lowest key, of pauses the highest;
 *   - while there is none, of those that finish a slot by themselves the lowest key, a done one first;
 *   - while there is none, the highest key.
 * How the slot ended is another matter (trial_row_ended_as), for what stands may be a pause that came to more than what
 * followed it. It is finished when a result that finishes by itself is known, when the sums have used up what the job allows,
 * or when enough nodes could not start it (unable.h).
 * Memory   spans borrow from the row's bytes or from the fact that was folded in.
 */
#ifndef ZYG_TRIAL_ROW_H
#define ZYG_TRIAL_ROW_H

#include "actors/facts/unable.h"
#include "proto/base/time.h"
#include "proto/job/measure.h"
#include "proto/msg.h"
#include "proto/status.h"

/* Which fact a row shows, and the order in which facts about one slot count. */
struct fact_key {
    uint64_t attempt; /* 0: a proposal */
    struct node_id author;
    uint64_t generation;
    uint64_t number;
};

/* What is known of the end of a slot. */
enum trial_end {
    TRIAL_END_NONE,  /* nothing, or that it rests */
    TRIAL_END_FINAL, /* it has ended for good */
    TRIAL_END_DONE   /* it ran to its end */
};

struct trial_row {
    enum trial_status status; /* of the result that stands for it; OPEN before the first */
    enum trial_end end;
    struct fact_key from;
    bool finished;
    struct attempts attempts;
    struct unable unable; /* nodes that could not start it */
    wall_ms last_end;     /* of all its attempts; 0: nobody knows */
    bool has_value;       /* of each objective */
    double value;
    struct span others; /* beside it: proto/job/measure.h */
    struct span curve;  /* likewise, where the job has rungs: proto/job/curve.h; empty: not told */
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

/* 0: nobody knows. */
wall_ms trial_ended_at(wall_ms began, dur_ms run_ms);

int fact_key_compare(const struct fact_key *a, const struct fact_key *b);

/* Folds in one attempt's end. True when it stands for the slot from now on: the row's config, metrics and cause then borrow
 * from the fact. */
bool trial_row_fold(struct trial_row *row, const struct msg_result_fact *result,
                    const struct fact_key *key, const struct job *job);
/* The same from the sums alone, of a row whose slot is not finished: false when the fact does not stand for it, and so the
 * row itself is wanted. */
bool trial_row_replaces(const struct attempts *attempts, const struct fact_key *from,
                        enum trial_status status, const struct fact_key *key);
/* How its slot ended: DONE when one of its attempts was; else, when its best value is that of a pause and it will not go on
 * (it has ended for good since, or has used up its allowances), STOPPED; else as what stands for it. */
enum trial_status trial_row_ended_as(const struct trial_row *row, const struct job *job);
/* What it came to; has_value. */
struct measure trial_row_measure(const struct trial_row *row, const struct job *job);
/* What the tuner hears of it. It borrows. */
struct msg_learned trial_row_learned(const struct job_id *id, const struct job *job, uint64_t slot,
                                     const struct trial_row *row);
/* Keys of the tables, appended to `out`. */
void trial_row_key(struct buf *out, const struct job_id *job, uint64_t slot);
void trial_row_attempt_key(struct buf *out, const struct job_id *job, uint64_t slot,
                           uint64_t attempt);
void trial_row_output_key(struct buf *out, const struct job_id *job, uint64_t slot,
                          const struct fact_key *key); /* begins with trial_row_attempt_key */
/* What measure_compare finds better sorts first, equal ones by slot: the first of a job that keeps all constraints is its
 * best. What breaks some comes after all of them, the lesser breach first. Of a job with `repeat`: means, by the lowest slot
 * of their configuration. */
enum {
    RANK_KEY_BYTES_MAX = JOB_ID_BYTES + 8 * OBJECTIVES_MOST + 8,
    RANK_BYTES_MAX = 16 + 9 * (OBJECTIVES_MOST + 1)
};
void trial_row_rank_key(struct buf *out, const struct job_id *id, const struct job *job,
                        const struct measure *m, uint64_t slot);
/* The slot in a key of trials; 0 when it is too short. */
uint64_t trial_row_key_slot(struct span key);
uint64_t trial_row_key_attempt(struct span key); /* likewise, of stands, series and logs */
void trial_row_end_key(struct buf *out, const struct job_id *job, enum trial_status status,
                       uint64_t slot);
uint64_t trial_row_rank_key_slot(struct span key); /* of an end key, too */
/* What stands under a rank key: nothing of a single trial, whose row says it; of a configuration that was run several times
 * how often, and the mean. False: it is of a single trial, or no such bytes. */
void trial_row_rank_put(struct buf *out, const struct job *job, uint32_t runs,
                        const struct measure *m);
bool trial_row_rank_read(struct span bytes, const struct job *job, uint64_t *runs,
                         struct measure *m);

#endif
