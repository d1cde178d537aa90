/* inherit - a trial that has no checkpoint begins with another one's of the same job: FROM/checkpoint is copied to
 * SCRATCH/checkpoint, where FROM and SCRATCH are folders as in scratch.h.
 *
 * It is copied to SCRATCH/checkpoint.part and takes its place when it is whole: who is killed meanwhile leaves no checkpoint, and
 * what it left is removed the next time one is copied to there. Nobody else may begin in SCRATCH at the same time.
 * FROM is there as long as its trial runs, and afterwards as long as it holds anything: zyg removes the folder of a trial only
 * when nothing was left in it (scratch.h). People may remove it, and other machines do not have it.
 * What runs in FROM may go on saving; what it puts in place by rename is copied whole (copy.h).
 * Time     as long as it takes: not in a process that others wait for. A process that has more than one thread may not do it.
 */
#ifndef ZYG_INHERIT_H
#define ZYG_INHERIT_H

#include "proto/base/bytes.h"

enum inherit_end {
    INHERIT_COPIED,
    INHERIT_OWN,    /* there was one already, or something was put there meanwhile; it stays */
    INHERIT_ABSENT, /* there is none here */
    INHERIT_LATE, /* it is that of a trial which has ended, or is about to: nothing is left to do with it */
    INHERIT_NOTHING, /* it held nothing that is copied */
    INHERIT_FAILED
};

struct inherited {
    enum inherit_end end;
    int error;         /* FAILED: errno */
    uint64_t left_out; /* COPIED, NOTHING: as copy_folder counts */
};

bool inherit_is_due(
    const char *scratch); /* there is no checkpoint, or only an empty folder for it */
/* ends: the trial of FROM has ended, or is about to. */
struct inherited inherit(const char *from, bool ends, const char *scratch);
/* One line; of INHERIT_OWN none. */
void inherit_explain(const struct inherited *end, const char *from, struct buf *out);

#endif
