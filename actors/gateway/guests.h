/* guests - which clients may ask anything, at a node whose door lets in keys that it has never seen.
 *
 * A node on its own admits one key, its folder's client's, and the socket itself keeps all others out. In a cluster any key may
 * come as far as `hello`: the socket says which key a peer has proved to hold (met), hello brings a certificate, and until it
 * has been found good nothing else of that peer is heard.
 *
 * Holds    - a guest's key is the folder's own client's, or its certificate is one of this cluster, for a client, for exactly
 *            that key, and not too old at the moment it asks, however long ago it was admitted. One that a member of the
 *            cluster answers for (the client of that node's folder) is never too old while that member is
 *            in the map, in whatever state;
 *          - who has to be checked is bounded (GUESTS_CHECKED_SECOND), who was admitted with the same certificate before is not
 *            checked again, so a crowd of strangers costs little and keeps no guest out;
 *          - only guests have a place in the table. When it is full the one that was not heard for longest loses it, and is
 *            asked to say hello again.
 * Memory   fixed.
 * Errors   guests_enter: ERR_NOT_ALLOWED with the reason, told to people once for an address; ERR_BUSY.
 */
#ifndef ZYG_GATEWAY_GUESTS_H
#define ZYG_GATEWAY_GUESTS_H

#include "actors/gateway/nodes.h"
#include "actors/kit/core.h"

enum {
    GUESTS = LIMIT_CLIENTS,
    GUESTS_CHECKED_SECOND = 64,
    GUEST_KEY_BYTES = 32,
    DIGEST_BYTES = 32
};

struct guests_config {
    bool open; /* to keys it has never seen; false: who comes at all is a guest */
    uint8_t cluster[32];
    uint8_t owner[GUEST_KEY_BYTES]; /* the key of the folder's own client */
};

struct guest {
    bool used;
    bool owner;
    uint32_t peer;
    uint64_t heard; /* greater: later */
    wall_ms until;
    struct node_id
        node; /* whom the certificate names: nobody else's facts are taken from it but the cluster's */
    uint8_t key[GUEST_KEY_BYTES];
    uint8_t digest[DIGEST_BYTES]; /* of the certificate */
};

struct guests {
    struct guests_config config;
    struct guest items[GUESTS];
    uint64_t steps;
    bool met; /* a peer whose hello comes next */
    uint32_t met_peer;
    uint8_t met_key[GUEST_KEY_BYTES];
    char met_address[64];
    int64_t spent; /* thousandths of a check that are not yet made good */
    when_ms at;
    uint32_t told_count;
    uint64_t told[GUESTS]; /* addresses and reasons that people were told of, digested */
};

void guests_met(struct guests *g, const struct msg_met *met);

/* Says to the node that this key may always come as far as hello, or a note that it may not. */
bool guests_enter(struct guests *g, uint32_t peer, struct span certificate,
                  const struct nodes *members, struct moment at, struct says *out, struct err *err);
bool guests_knows(struct guests *g, uint32_t peer, wall_ms now);
/* Whether this is something that the guest has signed itself, or with the cluster's key: facts looks at the signature. */
bool guests_signed(const struct guests *g, uint32_t peer, struct span bundle);
void guests_left(struct guests *g, uint32_t peer);

#endif
