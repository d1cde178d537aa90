/* followers - the gateways, here and on other nodes, that want to hear what a trial prints.
 *
 * A part is said only when the follower has said up to where it has the last one (`follow` again, with attempt and offset):
 * what is on its way to one follower is one part, however fast a trial prints; what is printed meanwhile comes in the next
 * part, and what is not kept any more by then is missing there. A `follow` without an attempt begins anew, with what was
 * kept of the beginning. Once all is said that was there when it began, an empty part says so. The end of the trial says
 * the rest and that it is over. Who has not said follow for FOLLOW_MS is forgotten: its node is gone, or its "off" was
 * lost.
 * Memory   FOLLOWERS pairs of node and trial; one more hears nothing until there is room, and asks again.
 */
#ifndef ZYG_EXECUTOR_FOLLOWERS_H
#define ZYG_EXECUTOR_FOLLOWERS_H

#include "actors/executor/trial.h"
#include "actors/kit/core.h"
#include "proto/running.h"

enum { FOLLOWERS = 128, FOLLOW_MS = LOOK_MS };

struct follower {
    uint64_t run;  /* 0: nobody */
    uint32_t peer; /* 0: this node's gateway */
    uint64_t said; /* all before it was said */
    uint64_t goal; /* so much was printed when it began */
    bool waits;    /* for the word that the last part has come */
    bool live;     /* the empty part was said */
    when_ms until;
};

struct followers {
    uint32_t used; /* entries from here on were never used */
    struct follower items[FOLLOWERS];
    uint8_t part[LIMIT_LOG_TAIL_BYTES];
};

/* A trial that runs, and the job it is of. */
struct followed {
    const struct trial *trial;
    const struct job_id *job;
};

/* From gateway `peer`; what->trial may be NULL: it does not run here. */
void followers_hear(struct followers *f, uint32_t peer, const struct msg_follow *m,
                    const struct followed *what, when_ms now, struct says *out);
/* It has printed something. */
void followers_printed(struct followers *f, const struct followed *what, when_ms now,
                       struct says *out);
/* It is over: what its followers have not heard yet, as far as there is room in `out`, and that it is over. */
void followers_over(struct followers *f, const struct followed *what, bool lost, struct says *out);

#endif
