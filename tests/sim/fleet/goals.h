/* goals - what the cluster must reach once nothing breaks any more, and by when. */
#ifndef ZYG_SIM_GOALS_H
#define ZYG_SIM_GOALS_H

#include "proto/base/time.h"

#include <stdbool.h>

struct fleet;

enum aim {
    AIM_VIEW,   /* every host knows all the others, alive */
    AIM_LEADER, /* one leads, all follow it */
    AIM_JOBS,   /* every job has ended on every store */
    AIM_STORES, /* all stores hold the same facts */
    AIMS
};

struct goals {
    when_ms look_at;
    when_ms jobs_done;
    enum aim reached; /* all goals below */
};

void goals_judge(struct fleet *f);

#endif
