/* running - what `look` and `running` mean for both sides: how long a look counts, and the trials of a `running` as bytes.
 *
 * Trials stand by node: its id, how many, then slot, attempt and age of each; a node may come several times. The id is all
 * zeros where the node that says it belongs to no cluster. The age is that of the lease as its giver knows it: of one that
 * an earlier leader gave it counts from the moment at which the present one heard of it.
 * Errors   a reader stops at the first thing that cannot be read.
 */
#ifndef ZYG_RUNNING_H
#define ZYG_RUNNING_H

#include "proto/base/ids.h"
#include "proto/base/mp.h"
#include "proto/base/time.h"
#include "proto/limits.h"

enum {
    LOOK_MS = 3000, /* after the last look */
    RUNNING_NODE_BYTES = NODE_ID_BYTES + 2 + 5,
    RUNNING_TRIAL_BYTES = 9 + 9 + 9,
    RUNNING_BYTES = LIMIT_WORKERS * RUNNING_NODE_BYTES + LIMIT_BEGUN * RUNNING_TRIAL_BYTES
};

struct running_trial {
    struct node_id node;
    uint64_t slot;
    uint64_t attempt;
    dur_ms age; /* never negative */
};

struct running_reader {
    struct mp in;
    struct node_id node;
    uint64_t left; /* of this node */
};

void running_put_node(struct buf *out, const struct node_id *node, uint64_t count);
void running_put_trial(struct buf *out, uint64_t slot, uint64_t attempt, dur_ms age);

struct running_reader running_read(struct span trials);
bool running_next(struct running_reader *r, struct running_trial *trial);

#endif
