/* scratch - a trial's own folder, with output/, checkpoint/ and params.json: made before it starts, removed after it when
 * nothing was left in it.
 *
 * Making and removing folders is by far the slowest thing about a short trial (a disk's journal is in the way), so a folder
 * in which nothing was left becomes a spare, and the next trial's folder is a spare with a new name. Spares are removed
 * when no trial is under way for a moment, and at the end.
 * Memory   fixed; one spare for each trial that ever ran at the same time.
 */
#ifndef ZYG_SCRATCH_H
#define ZYG_SCRATCH_H

#include "proto/base/bytes.h"
#include "proto/limits.h"

enum { SCRATCH_PATH_MAX = 1400 };

struct scratch {
    uint32_t spares_count;
    char spares[LIMIT_SLOTS_NODE][SCRATCH_PATH_MAX];
};

/* Before the first trial, with the path of its folder RUNS/JOB/SLOT: removes what a predecessor that was killed left in
 * RUNS, which is every SLOT of any JOB that holds nothing but params.json and empty folders, and every empty JOB. Looks at
 * a few thousand folders at most; what is left is for the next start. */
void scratch_sweep(const char *path);
/* 0 or errno. What an earlier attempt left in the folder stays there. */
int scratch_make(struct scratch *s, const char *path, struct span params);
void scratch_leave(struct scratch *s, const char *path); /* its trial is over */
void scratch_clear(struct scratch *s);                   /* removes the spares */

#endif
