/* goals - what the cluster must reach once nothing breaks any more, and by when. */
#ifndef ZYG_SIM_GOALS_H
#define ZYG_SIM_GOALS_H

#include "proto/base/time.h"
#include "tests/sim/fleet/draft.h"

#include <stdbool.h>

struct fleet;

enum aim {
    AIM_VIEW,   /* every host knows all the others, alive */
    AIM_LEADER, /* one leads, all follow it */
    AIM_JOBS,   /* every job has ended on every store */
    AIM_STORES, /* all stores hold the same facts */
    AIM_REST, /* one connection for each pair of neighbours, no other; and hardly a word is said */
    AIMS
};

struct goals {
    when_ms look_at;
    when_ms jobs_done;
    when_ms rests_since; /* all but the last is reached, and people ask nothing any more */
    when_ms watched_since;
    uint64_t said[HOSTS_MAX], asked[HOSTS_MAX]; /* until then */
};

void goals_judge(struct fleet *f);
bool goals_rest(const struct fleet *f); /* people are to be quiet */

#endif
