/* launcher_orphans - processes of trials that nobody looks after any more. */
#ifndef ZYG_LAUNCHER_ORPHANS_H
#define ZYG_LAUNCHER_ORPHANS_H

#include "proto/base/time.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What a dead zyg-run leaves comes to this process: kills and reaps its children that carry `mark`, and those without one
 * that began (clock ticks) when it was already here. What does not die of KILL is waited for `until` then at most. */
void orphans_kill(const char *mark, uint64_t began, when_ms until);

/* Waits for a child to end; false when it has not until then. */
bool orphans_reap(pid_t pid, int *status, when_ms until);

#endif
