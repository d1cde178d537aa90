/* launcher_kin - finding the processes that trials left behind; shared by the launcher and zyg-run.
 *
 * Every process of a trial inherits the variable ZYG_RUN=STATE:LAUNCHER:RUN, its mark: the state folder, one life of a
 * zyg-run, the executor's number of the attempt. A process may have cleared its environment; then only when it began tells
 * what it cannot belong to.
 * Errors   a process that is gone, or that may not be looked at, has no mark and began at an unknown time.
 */
#ifndef ZYG_LAUNCHER_KIN_H
#define ZYG_LAUNCHER_KIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    KIN_MARK_BYTES = 96,
    KIN_UNABLE =
        71 /* exit status of a zyg-run that could not begin: the machine is short of something */
};
#define KIN_VARIABLE "ZYG_RUN="

bool kin_mark(pid_t pid, char mark[KIN_MARK_BYTES]);
/* It is just becoming another program: there is nothing to read of it yet. */
bool kin_is_becoming(pid_t pid);
/* The number behind `prefix` and a colon; false when the mark begins otherwise. */
bool kin_mark_run(const char *mark, const char *prefix, uint64_t *run);

struct kin_stat {
    pid_t parent;
    pid_t group;
    bool exiting;   /* or a zombie: its mark cannot be read any more */
    uint64_t began; /* clock ticks since boot */
    uint64_t ticks; /* of processors that it and its children that have ended took */
};
bool kin_stat(pid_t pid, struct kin_stat *out);
uint64_t kin_now(void); /* on the clock of kin_stat.began */

/* Calls `visit` for every child in an open /proc/PID/task/TID/children, however many there are. Nobody may reap meanwhile: then
 * the list only grows at its end. */
void kin_children(int fd, void (*visit)(void *context, pid_t child), void *context);

#endif
