/* live - what runs on this node now, who watches it and who follows its output.
 *
 * Memory   fixed tables; a full one is answered with "busy".
 */
#ifndef ZYG_LIVE_H
#define ZYG_LIVE_H

#include "actors/kit/core.h"

enum {
    LIVE_WATCHERS = LIMIT_CLIENTS,
    LIVE_FOLLOWERS = LIMIT_CLIENTS,
    LIVE_ROW_BYTES = 20480,
    WATCH_PAUSE_MS = 100
};

struct live_job {
    bool used;
    struct job_id id;
    uint64_t running;
    size_t row_len;
    uint8_t row
        [LIVE_ROW_BYTES]; /* its newest durable summary, encoded; empty until facts has said one */
};

struct live_trial {
    bool used;
    struct job_id job;
    uint64_t slot;
    uint64_t attempt;
    wall_ms began;
};

struct watcher {
    bool used;
    bool changed; /* since the last row */
    uint32_t peer;
    uint64_t ticket;
    struct job_id job;
    when_ms next; /* not before */
};

struct follower {
    bool used;
    bool stays; /* until the trial ends; else only for what was kept */
    uint32_t peer;
    uint64_t ticket;
    struct job_id job;
    uint64_t slot;
    bool
        begun; /* it has seen the first byte; what comes before that was meant for another follower */
    uint64_t offset; /* up to here it has been sent */
};

struct live {
    struct live_job jobs[LIMIT_JOBS_OPEN];
    struct live_trial trials[LIMIT_SLOTS_NODE];
    struct watcher watchers[LIVE_WATCHERS];
    struct follower followers[LIVE_FOLLOWERS];
    uint32_t watching, following;
    char trouble[320]; /* why no open job gets on; empty: nothing keeps them */
};

struct live_job *live_job(struct live *l, const struct job_id *job);
struct live_trial *live_trial(struct live *l, const struct job_id *job, uint64_t slot);
void live_open(struct live *l, const struct job_id *job);
void live_shut(struct live *l, const struct job_id *job);
void live_began(struct live *l, const struct msg_began *began);
void live_outcome(struct live *l, const struct msg_result_fact *result, struct says *out);

void live_trouble(struct live *l, struct span what); /* every watcher is told; empty: it is over */

/* What only this node knows of a job and of a trial. */
void live_overlay_job(struct live *l, struct msg_job_row *row);
void live_overlay_trial(struct live *l, const struct job_id *job, struct msg_trial_row *row);

struct watcher *live_watch(struct live *l, uint32_t peer, uint64_t ticket, const struct job_id *job,
                           when_ms now);
void live_unwatch(struct live *l, uint32_t peer, const struct job_id *job);
void live_stand(
    struct live *l, struct span row,
    struct says *out); /* a new durable summary; the last one of a job goes out at once */
void live_wake(struct live *l, when_ms now, struct says *out); /* rows that are due */
when_ms live_deadline(const struct live *l);

struct follower *live_follow(struct live *l, uint32_t peer, uint64_t ticket,
                             const struct job_id *job, uint64_t slot, bool stays, struct says *out);
void live_printed(struct live *l, const struct msg_printed *printed, struct says *out);
void live_left(struct live *l, uint32_t peer, struct says *out);

#endif
