/* launcher_orphans - processes of trials that nobody looks after any more. */
#ifndef ZYG_LAUNCHER_ORPHANS_H
#define ZYG_LAUNCHER_ORPHANS_H

#include <stdint.h>

/* What a dead zyg-run leaves comes to this process: kills and reaps its children that carry `mark`, and those without one
 * that began (clock ticks) when it was already here. */
void orphans_kill(const char *mark, uint64_t began);

#endif
