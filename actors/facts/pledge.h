/* pledge - what a batch has promised is said when its bundles lie on enough disks.
 *
 * Enough is min(the copies its jobs want, the nodes that keep facts and stay): a node that is alone promises what its own disk
 * holds, and one that stops being active lowers it at once. Promises are kept in the order in which they were made.
 * What the disk had when this life began counts in whatever is promised, and may lie nowhere else: before the first promise
 * that wants so many copies is said, all of it lies on as many disks; so it does anew whenever other nodes keep facts, as a
 * node that was alone has proven nothing about two.
 * Memory   fixed. PLEDGE_HOLD bytes or promises in, facts holds sched and takes nothing new; beyond PLEDGE_FULL it sends no
 *          batch to the disk, so pledge_add always finds room.
 */
#ifndef ZYG_PLEDGE_H
#define ZYG_PLEDGE_H

#include "actors/facts/batch.h"
#include "actors/facts/spread.h"

enum {
    PLEDGE_PROMISES = 1024,
    PLEDGE_MARKS = 4 * PLEDGE_PROMISES,
    PLEDGE_BYTES = 8 << 20,
    PLEDGE_FULL = PLEDGE_BYTES - BATCH_AFTER_ROOM,
    PLEDGE_HOLD = PLEDGE_BYTES / 4,
    PLEDGE_SAY_BYTES = 1 << 20 /* said in one step, but for the last one */
};

struct promise {
    uint64_t batch;
    uint32_t copies;
    uint32_t marks; /* how many */
    size_t bytes;
};

struct pledge {
    uint32_t first, count; /* rings */
    uint32_t marks_first, marks_count;
    size_t bytes_first, bytes_count;
    /* Promises of so many copies were said among the holders of this turn: what was found lies on as many disks. */
    uint32_t proven;
    uint64_t proven_turn;
    uint32_t lacking; /* number of a log of which that could not be said */
    struct promise promises[PLEDGE_PROMISES];
    struct mark marks[PLEDGE_MARKS];
    uint8_t bytes[PLEDGE_BYTES];
};

void pledge_add(struct pledge *p, uint64_t number, const struct batch *batch);
/* Says what is kept now. */
void pledge_keep(struct pledge *p, const struct spread *s, struct says *out);
/* Of a batch that is on the disk: what it promised is said, or it promised nothing. */
bool pledge_has_said(const struct pledge *p, uint64_t batch);
bool pledge_ready(const struct pledge *p, const struct spread *s); /* there is more to say */
bool pledge_holds(const struct pledge *p);
bool pledge_full(const struct pledge *p);

#endif
