/* nodes - the members of the cluster as member and leader tell of them, for clients that ask.
 *
 * Memory   fixed: LIMIT_MEMBERS; texts are copied. One more member than that is not shown.
 */
#ifndef ZYG_GATEWAY_NODES_H
#define ZYG_GATEWAY_NODES_H

#include "actors/kit/core.h"

enum { NODES_TEXT_BYTES = 96 };

struct known_node {
    struct msg_node_known is; /* its texts point into this entry */
    char name[NODES_TEXT_BYTES], endpoint[NODES_TEXT_BYTES], door[NODES_TEXT_BYTES],
        domain[NODES_TEXT_BYTES];
};

struct nodes {
    uint32_t count;
    uint64_t term;
    struct node_id leader;
    struct known_node items[LIMIT_MEMBERS];
};

void nodes_known(struct nodes *n, const struct msg_node_known *known);
void nodes_lead(struct nodes *n, const struct msg_lead *lead);
/* node_row ..., end. */
void nodes_list(const struct nodes *n, uint32_t peer, uint64_t ticket, struct says *out);

#endif
