/* unable - the nodes on which something could not be started, and whether it is time to give it up.
 *
 * Each result that says so says as well how many nodes could have been asked (result_fact.nodes). It is given up when so
 * many different nodes could not start it as the least of these numbers, or `most`: so one machine alone gives up what is its
 * own, in a cluster others are asked first, and when some of them are gone those that are left need not wait for them.
 * Holds    sets and a least number: the same whatever the order in which results come.
 * Memory   fixed. Of more nodes than there is room for the lowest are kept.
 */
#ifndef ZYG_UNABLE_H
#define ZYG_UNABLE_H

#include "proto/base/mp.h"
#include "proto/limits.h"
#include "proto/msg.h"

enum {
    UNABLE_MOST = 16,
    UNABLE_SLOT = 3, /* a slot: that many are no accident */
    UNABLE_JOB =
        UNABLE_MOST, /* a job of which nothing has ended well: others may be at it for hours */
    UNABLE_UNKNOWN = LIMIT_MEMBERS /* nodes to be asked, before it is known who there is */
};

struct unable {
    uint64_t nodes; /* that could be asked, the least that was said; 0: nothing was said yet */
    uint32_t count;
    struct node_id authors[UNABLE_MOST]; /* ascending */
};

void unable_add(struct unable *u, const struct node_id *author, uint64_t nodes);
void unable_merge(struct unable *u, const struct unable *other);
bool unable_gives_up(const struct unable *u, uint32_t most);

void unable_encode(const struct unable *u, struct buf *out);
bool unable_decode(struct unable *u, struct mp *in);

/* The other nodes that trials can be given to, as member tells it. One that does not answer is still there until it is
 * dead: a node that is cut off does not count itself as the only one at once. */
struct others {
    uint32_t count;
    uint32_t peers[LIMIT_MEMBERS];
};

void others_known(struct others *o, const struct msg_node_known *known);

#endif
