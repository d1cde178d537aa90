/* live - the jobs that are open here, what runs of them on any node, and who watches them.
 *
 * What runs is known to the scheduler of the leader alone, so it is asked (`look`): this node's own when it leads or
 * belongs to no cluster, else that of the node that does. Its answer counts for LOOK_MS; a watcher's job is looked at again
 * before that is over. While nobody leads nobody is asked, and what was heard last is shown for as long as it counts.
 * A job is live from when facts opens it until facts says its end in job_stand, which is when that lies on as many disks as the
 * job wants: until then it is shown as open, whatever the disk here knows.
 * Memory   fixed tables; a full one is answered with "busy". What is large of a job stands apart, so that looking for one
 *          touches few pages.
 */
#ifndef ZYG_LIVE_H
#define ZYG_LIVE_H

#include "actors/gateway/nodes.h"
#include "actors/kit/core.h"
#include "proto/running.h"

enum {
    LIVE_WATCHERS = LIMIT_CLIENTS,
    LIVE_ROW_BYTES = 24576,
    WATCH_PAUSE_MS = 100,
    LOOK_AGAIN_MS = LOOK_MS / 2
};
#define LIVE_UNKNOWN UINT32_MAX /* as a peer: a node that member has not told of yet */

struct live_trial {
    uint64_t slot;
    uint64_t attempt;
    wall_ms began; /* it was given out, as this node's clock has it */
    uint32_t peer; /* where it runs; 0: here */
};

/* What is known of how many run, or of which: of the present leader (told), and until when it counts. */
struct live_news {
    bool told;
    when_ms until;
    when_ms ask_at; /* not before */
};

struct live_job {
    bool used;
    struct job_id id;
    struct live_news many, which;
    uint64_t running, resumed;
    uint32_t trials;
    size_t row_len;
};

struct watcher {
    bool used;
    bool changed; /* since the last row */
    uint32_t peer;
    uint64_t ticket;
    struct job_id job;
    when_ms next; /* not before */
};

enum live_leader { LEADER_SELF, LEADER_OTHER, LEADER_NOBODY };

struct live {
    bool clustered;
    bool led; /* somebody leads, or is about to */
    enum live_leader leader;
    uint32_t leader_peer;
    uint32_t watching;
    when_ms review_at; /* jobs that are watched are looked at again; WHEN_NEVER when none is */
    struct live_job jobs[LIMIT_JOBS_OPEN];
    struct watcher watchers[LIVE_WATCHERS];
    char trouble[320]; /* why no open job gets on; empty: nothing keeps them */
    uint8_t rows
        [LIMIT_JOBS_OPEN]
        [LIVE_ROW_BYTES]; /* newest durable summaries, encoded; empty until facts has said one */
    struct live_trial trials[LIMIT_JOBS_OPEN][LIMIT_BEGUN];
};

struct live_job *live_job(struct live *l, const struct job_id *job);
/* NULL: it does not run, as far as is known. */
const struct live_trial *live_trial(struct live *l, const struct job_id *job, uint64_t slot,
                                    when_ms now);
void live_open(struct live *l, const struct job_id *job);
void live_lead(struct live *l, const struct msg_lead *lead, when_ms now);
void live_trouble(struct live *l, struct span what); /* every watcher is told; empty: it is over */

/* Somebody wants to know what of this job runs: it is asked for when that is due. False: the answer is still to come. */
bool live_look(struct live *l, const struct job_id *job, bool which, when_ms now, struct says *out);
/* The same, of which trials run, when what is known is older than `since`; when it is not known at all, that was waited for. */
bool live_look_since(struct live *l, const struct job_id *job, when_ms since, when_ms now,
                     struct says *out);
bool live_look_all(struct live *l, when_ms now, struct says *out); /* how many, of every open job */
/* False: not from the leader, or of no job that is open here. */
bool live_running(struct live *l, const struct nodes *nodes, const struct event *event,
                  struct moment at);

/* What the store does not know of a job and of a trial. */
void live_overlay_job(struct live *l, struct msg_job_row *row, when_ms now);
void live_overlay_trial(struct live *l, const struct job_id *job, struct msg_trial_row *row,
                        when_ms now);

/* `next`: no row before. */
struct watcher *live_watch(struct live *l, uint32_t peer, uint64_t ticket, const struct job_id *job,
                           when_ms next);
void live_unwatch(struct live *l, uint32_t peer, const struct job_id *job);
void live_stand(
    struct live *l, struct span row, when_ms now,
    struct says *out); /* a new durable summary; the last one of a job goes out at once */
void live_wake(struct live *l, when_ms now, struct says *out); /* rows and looks that are due */
when_ms live_deadline(const struct live *l);
void live_left(struct live *l, uint32_t peer);

#endif
