/* logs - the logs of which this store keeps bundles: one for each life of each node, its facts numbered without a gap.
 *
 * Three numbers a log, each the number of the fact it wants next: `synced` is on the disk, `taken` lies in a batch as well,
 * `queued` waits to be folded as well.
 * Memory   fixed; a hash table over (author, generation) whose entries are never removed.
 * Share    from LOGS_SHARED logs on none begins for an author of more than half of them.
 * Errors   logs_get answers NULL when there is no room; one place is kept for the life this node has now.
 */
#ifndef ZYG_LOGS_H
#define ZYG_LOGS_H

#include "actors/facts/authors.h"
#include "proto/base/ids.h"
#include "proto/limits.h"
#include "proto/trust/bundle.h"

enum {
    LOGS_CELLS = 2 * LIMIT_LOGS,
    LOGS_SHARED = LIMIT_LOGS / 4 * 3,
    LOG_KEY_BYTES = NODE_ID_BYTES + 8
};

struct log {
    struct node_id author;
    uint64_t generation;
    uint64_t queued;
    uint64_t taken;
    uint64_t synced;
    uint64_t found; /* synced when this life began: whether others have that is not known then */
};

struct logs {
    struct authors authors;
    uint32_t count;
    uint64_t serial;        /* of the next bundle that arrives */
    uint64_t serial_synced; /* of the newest bundle on the disk */
    uint32_t own;           /* one more than the number of the one this life writes; 0: none yet */
    struct log items[LIMIT_LOGS];
    uint16_t cells[LOGS_CELLS]; /* one more than the log's number; 0: empty */
};

struct log *logs_find(struct logs *l, const struct node_id *author, uint64_t generation);
/* Found or added. `own`: the one this life writes; it may take the last place. */
struct log *logs_get(struct logs *l, const struct node_id *author, uint64_t generation, bool own);
/* May another log of this author begin? Not when more than half of many are its own: generations are its own to invent, and one
 * member does not take the places of all. */
bool logs_has_share(const struct logs *l, const struct node_id *author);
const struct log *logs_own(const struct logs *l); /* NULL: this life has signed nothing yet */
uint32_t logs_number(const struct logs *l, const struct log *log);

/* Row of table heads: where this log stands on the disk. False: not such a row, or no room for it. */
bool logs_take_row(struct logs *l, struct span key, struct span value);
void logs_check(const struct logs *l, uint64_t turn); /* some of them, others every turn */

#endif
