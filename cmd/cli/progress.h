/* progress - how a job that runs looks: pure text out of its summary, for a terminal and for a pipe.
 *
 *   digits-3f2a  RUNNING  [##########----------] 104/200  2 running  34 done  66 stopped early  4 failed
 *   best accuracy 0.9833  #87  model=svm C=12.3 gamma=0.0011  3 break constraints  front 6 points
 *   3.1 trials/s  elapsed 34 s  left 31 s
 *
 * While something holds up the job, such as a full disk, a line of the block says what; likewise when no trial tells a metric
 * that constraints are about.
 * A pipe gets a line for every change that matters: the start, each new best, each tenth of the
 * way, the end.
 * Memory   everything is written into the caller's buf; PROGRESS_BYTES hold any of the texts.
 * Errors   none: what does not fit is cut.
 */
#ifndef ZYG_CLI_PROGRESS_H
#define ZYG_CLI_PROGRESS_H

#include "proto/base/time.h"
#include "proto/msg.h"

enum { PROGRESS_BYTES = 16384 };

struct progress_look {
    uint32_t width; /* of the terminal in columns; 0: lines are not cut */
    bool color;
    dur_ms elapsed; /* the job was run for so long */
    double rate;    /* trials finished in a second; 0: not known yet */
};

/* The lines of the block, each ended by a line feed. */
void progress_block(struct buf *out, const struct msg_job_row *row,
                    const struct progress_look *look);

/* What a reader of the pipe was told already; zeroed at first. */
struct progress_told {
    bool fresh; /* from the start on: nothing had ended before */
    bool started;
    bool best;
    uint64_t best_slot;
    uint64_t tenths;
    bool lacking; /* metrics of constraints that nobody tells */
    bool trouble;
};

/* The lines that are news; nothing when there are none. */
void progress_news(struct buf *out, struct progress_told *told, const struct msg_job_row *row,
                   const struct progress_look *look);

/* One line when something holds up an open job, and one when it is well again. */
void progress_trouble(struct buf *out, struct progress_told *told, const struct msg_job_row *row);

/* The last words: how the job ended, the best model, what to type to see more. `row` is not open.
 * */
void progress_end(struct buf *out, const struct msg_job_row *row, const struct progress_look *look);

#endif
