/* open_slots - what the slots that are begun and not finished have used up, by (seat of the job, slot).
 *
 * They lie one beside the other in no order, so that as few pages are touched as ever were open at once; a hash table with
 * linear probing and backward-shift deletion (Knuth, TAOCP 3, 6.4, algorithm R) says where. Removing one moves another to
 * its place.
 * Memory   fixed; zeros are an empty table.
 * Errors   open_slots_put answers NULL when the table is full. Jobs are only resumed up to OPEN_SLOTS_RESUMED, and sched
 *          begins nothing new beyond LIMIT_BEGUN, so there is always a place for what it may have in flight.
 */
#ifndef ZYG_OPEN_SLOTS_H
#define ZYG_OPEN_SLOTS_H

#include "actors/facts/trial_row.h"

enum {
    OPEN_SLOTS_MAX = 6144,
    OPEN_SLOTS_RESUMED = OPEN_SLOTS_MAX - LIMIT_UNRECORDED - LIMIT_SLOTS_NODE,
    OPEN_SLOTS_CELLS = 8192
};

struct open_slot {
    uint32_t seat;
    uint64_t slot;
    bool unable; /* some node could not start it: its row knows which */
    struct attempts attempts;
    struct fact_key from; /* what its row shows */
    wall_ms last_end;     /* of its attempts */
};

struct open_slots {
    uint32_t count;
    uint16_t cells[OPEN_SLOTS_CELLS]; /* 1 + its place among the items; 0: empty */
    struct open_slot items[OPEN_SLOTS_MAX];
};

struct open_slot *open_slots_find(struct open_slots *t, uint32_t seat, uint64_t slot);
struct open_slot *open_slots_put(struct open_slots *t, uint32_t seat, uint64_t slot);
void open_slots_show(struct open_slot *open, const struct trial_row *row);
void open_slots_remove(struct open_slots *t, struct open_slot *open);
void open_slots_forget(struct open_slots *t, uint32_t seat); /* all of one job */

#endif
