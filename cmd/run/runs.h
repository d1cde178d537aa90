/* runs - the programs under way: whom zyg-run started, and that nothing of them is left when it says so.
 *
 * A run is over when its leader has ended; then its process group is killed, and every descendant that had left the group
 * comes to this process (PR_SET_CHILD_SUBREAPER), is known by its mark (actors/executor/launcher_kin.h) and killed too.
 * A child with no mark of ours may belong to any run that began before it did: it goes with the last of these.
 * What does not die of KILL holds back only the runs that it may belong to.
 * A run may have a keeper (start.h), which ends with it. Killed before, it is an orphan's: nothing else than the run itself has
 * a reason to do that, and it is ended. One that was stopped goes on at once.
 */
#ifndef ZYG_RUNS_H
#define ZYG_RUNS_H

#include "cmd/run/scratch.h"
#include "proto/limits.h"

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct run {
    uint64_t number; /* 0: free */
    pid_t pid;       /* of the leader; also its session and process group */
    pid_t keeper;    /* its parent; 0: this process, or it has ended */
    uint64_t began;  /* clock ticks, before it was started */
    bool ended;
    bool orphan; /* its keeper was killed */
    bool held;   /* ended, and something of it is left */
    int status;  /* as wait says it */
    struct rusage usage;
    char scratch[SCRATCH_PATH_MAX];
};

struct runs {
    const char *mark; /* what this launcher's marks begin with */
    int children;     /* open /proc/self/task/TID/children */
    uint32_t count;
    uint32_t keepers; /* runs that have one */
    struct run items[LIMIT_SLOTS_NODE];
};

/* False, and errno: the system does not tell a process its children (/proc with CONFIG_PROC_CHILDREN). */
bool runs_init(struct runs *r, const char *mark);
/* NULL: the table is full. */
struct run *runs_add(struct runs *r, uint64_t number, pid_t pid, pid_t keeper, uint64_t began);
struct run *runs_find(struct runs *r, uint64_t number); /* number 0: a free place */
/* A run that is not over has this folder. */
bool runs_use(const struct runs *r, const char *scratch);
void runs_free(struct runs *r, struct run *run);
bool runs_is_idle(const struct runs *r);

/* Reaps what has ended. */
void runs_reap(struct runs *r);
/* A run that is over and of which nothing is left, or NULL; kills what is left of the others. */
struct run *runs_over(struct runs *r);
/* Kills everything and waits until it is gone, or does not die of it. */
void runs_kill_all(struct runs *r);

#endif
