/* trial - the life of one attempt: a table of states and what is heard, and how it ended in the end.
 *
 *   FREE - STARTING - RUNNING - STOPPING - KILLING - EXITED - OVER - FREE
 *
 * STOPPING has had TERM and its grace runs; KILLING has had KILL, which a process that waits for a disk may outlive: it is
 * given up in the end; EXITED has ended, but its output may not have been read to the end; OVER has a verdict that waits to
 * be said. Its output may end in any state before.
 * Memory   fixed; what is large stays untouched until it is needed.
 */
#ifndef ZYG_TRIAL_H
#define ZYG_TRIAL_H

#include "actors/executor/cause.h"
#include "actors/executor/climb.h"
#include "actors/executor/contract.h"
#include "actors/executor/metrics.h"
#include "actors/executor/printout.h"
#include "proto/msg.h"

enum life {
    LIFE_FREE,
    LIFE_STARTING,
    LIFE_RUNNING,
    LIFE_STOPPING,
    LIFE_KILLING,
    LIFE_EXITED,
    LIFE_OVER,
    LIFE_COUNT
};

enum trial_news {
    NEWS_SPAWNED,
    NEWS_FAILED, /* it could not be started */
    NEWS_STOP,   /* it shall end, for `stop` */
    NEWS_HURRY,  /* it shall end now, for `stop` */
    NEWS_DUE,    /* its deadline has come */
    NEWS_OUTPUT_END,
    NEWS_EXITED,
    NEWS_GONE, /* the launcher died, and it with it */
    NEWS_COUNT
};

enum stop {
    STOP_NONE,
    STOP_WALL,
    STOP_FLOOD,
    STOP_CANCEL, /* its job is cancelled or over */
    STOP_QUIT,
    STOP_EARLY, /* it was judged at a rung: for good ... */
    STOP_PAUSE, /* ... or until the search lets it go on */
    STOP_COUNT
};

/* What is heard: `msg` is the launcher's message where there is one; a DUE has STOP_QUIT when all is to end. */
struct trial_heard {
    enum trial_news news;
    enum stop stop;
    const struct msg *msg;
    uint32_t deaths; /* GONE: of zyg-run in a row while only this slot ran, this one too */
    struct moment at;
};

/* What has to be said: a set. */
enum trial_acts { ACT_NONE = 0, ACT_TERM = 1, ACT_KILL = 2 };

struct trial {
    enum life life;
    uint64_t run; /* what the launcher knows it by */
    uint32_t job; /* position among the open jobs */
    uint64_t slot;
    uint64_t attempt;
    const struct reading_rules *rules;
    struct limits limits;
    when_ms due; /* of the present state; WHEN_NEVER: it waits for the launcher */
    struct moment began;
    dur_ms run_ms;
    enum stop stop;
    bool output_over;
    struct msg_exited exit;
    enum trial_status verdict; /* OVER: how it ended */
    char cause[CAUSE_BYTES + 1];
    bool suspected;     /* it went down with zyg-run too often to be called lost */
    struct climb climb; /* where the job has rungs, who has taken the lease begins it */

    struct contract contract;
    struct metrics metrics;
    struct printout printout;
    uint32_t config_len;
    uint8_t config[LIMIT_JOB_SPEC_BYTES];
};

/* A lease was taken. rules and limits are the job's; rules outlive the trial. */
void trial_init(struct trial *t, const struct msg_lease *lease, const struct reading_rules *rules,
                const struct limits *limits, struct moment at);
enum trial_acts trial_hear(struct trial *t, const struct trial_heard *heard);
/* saved: what is in its folder by now is a checkpoint. */
enum trial_acts trial_print(struct trial *t, struct span bytes, bool saved, struct moment at);
/* What it came to: of a job with rungs its best value, unless it has said which one is final. False: to nothing. */
bool trial_value(const struct trial *t, double *value);
/* Whether the death of zyg-run now may be its doing: it runs, and nobody wants it to go. */
bool trial_is_suspect(const struct trial *t);
void trial_check(const struct trial *t);

#endif
