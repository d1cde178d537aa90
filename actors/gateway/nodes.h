/* nodes - the members of the cluster as member and leader tell of them and as they say themselves, for clients that ask.
 *
 * A request asks every active member how busy it is (busy_ask, to its elastic room) and is answered when all have said so or
 * NODES_WAIT_MS have passed; what a member did not say then is shown as not told. Requests that come meanwhile wait for the
 * same answers, so however many clients look, no member is asked more than once in that time.
 *
 * Rows come by name, then by id: from whichever node, in the same order. Who has been gone for NODES_SHOWN_MS is not shown.
 *
 * Memory   fixed: LIMIT_MEMBERS, texts are copied, one more member takes the place of one that is gone or is not shown; as
 *          many requests as there can be clients.
 */
#ifndef ZYG_GATEWAY_NODES_H
#define ZYG_GATEWAY_NODES_H

#include "actors/kit/core.h"

enum {
    NODES_TEXT_BYTES = 96,
    NODES_TROUBLE_BYTES = 320,
    NODES_WAIT_MS = 300,
    NODES_SHOWN_MS = 7 * 24 * 3600 * 1000,
    NODES_REQUESTS = LIMIT_CLIENTS
};

struct known_node {
    struct msg_node_known is; /* its texts point into this entry */
    char name[NODES_TEXT_BYTES], endpoint[NODES_TEXT_BYTES], door[NODES_TEXT_BYTES],
        domain[NODES_TEXT_BYTES];
    uint8_t curve[NODES_TEXT_BYTES];
    bool asked; /* and has not answered */
    bool told;
    when_ms gone_at;      /* since when it has been DEAD or LEFT; WHEN_NEVER: it is not */
    struct msg_busy busy; /* its text points into this entry */
    char trouble[NODES_TROUBLE_BYTES];
};

struct nodes_request {
    uint32_t peer;
    uint64_t ticket;
};

struct nodes {
    uint32_t count;
    uint64_t term;
    struct node_id leader;
    uint64_t nonce;   /* of the newest questions */
    uint32_t waiting; /* for so many answers to them */
    when_ms due;      /* no longer than to this moment; WHEN_NEVER: no request waits */
    uint32_t requests_count;
    struct nodes_request requests[NODES_REQUESTS];
    struct known_node items[LIMIT_MEMBERS];
};

void nodes_init(struct nodes *n);
void nodes_known(struct nodes *n, const struct msg_node_known *known, when_ms now);
void nodes_lead(struct nodes *n, const struct msg_lead *lead);
const struct known_node *nodes_peer(const struct nodes *n, uint64_t peer); /* NULL: unknown */
/* NULL: unknown. */
const struct known_node *nodes_find(const struct nodes *n, const struct node_id *id);
/* A client asks. False: too many do. */
bool nodes_ask(struct nodes *n, uint32_t peer, uint64_t ticket, when_ms now, struct says *out);
/* Where clients connect, of no more than `doors` members that are alive, this node first: others for each client. */
void nodes_doors(const struct nodes *n, uint32_t peer, const struct msg_list_nodes *m,
                 struct says *out);
void nodes_left(struct nodes *n, uint32_t peer); /* that client waits no more */
void nodes_busy(struct nodes *n, uint32_t peer, const struct msg_busy *busy);
/* node_row ..., end for a request whose time has come; one in each step. */
void nodes_wake(struct nodes *n, when_ms now, struct says *out);
when_ms nodes_deadline(const struct nodes *n);

#endif
