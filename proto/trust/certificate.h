/* certificate - why a key may speak in a cluster: a grant of the cluster's key, and what was made with it.
 *
 * The cluster's Ed25519 key signs a *grant*: a token's public key, what it admits (roles) and until when. Whoever holds the
 * token's secret signs a *certificate* for itself: identity, CURVE key, roles. So joining needs nobody online, and every node
 * checks a stranger with the cluster's public key alone.
 *
 * Expiry   is looked at when a stranger stands at the door (certificate_check with the time of now): an old token admits
 *          nobody new. A record that members pass on belongs to one who was admitted in time, so there it is not (now = 0).
 * Bytes    grant: msgpack [1, token key 32, roles, until ms, signature 64], signed for the purpose "zyg/grant/1" (sign.h);
 *          certificate: msgpack [1, grant, node id 32, curve key 32, roles, signature of the token key 64] ("zyg/cert/1").
 * Client   of a node's own folder: the node's identity signs the client's identity and CURVE key, which is good for a
 *          client for as long as the node's certificate is. A node may do more than any client, so this gives nothing away:
 *          msgpack [2, certificate of the node, node id 32, curve key 32, signature of the node's identity]
 *          ("zyg/client/1").
 * Token    text for people: "zyg1." and base64url without padding of msgpack [1, cluster key 32, name, grant,
 *          token seed 32, [endpoint, curve key 32, ...]]: it holds a secret, and where to knock. The name is for people.
 *          Reading one proves that it is whole: the cluster's key signed its grant and its seed makes the grant's key.
 * Errors   ERR_NOT_ALLOWED with the reason: another cluster's, not signed, too old, made for something else.
 */
#ifndef ZYG_CERTIFICATE_H
#define ZYG_CERTIFICATE_H

#include "proto/base/bytes.h"
#include "proto/base/err.h"
#include "proto/base/ids.h"
#include "proto/base/time.h"

enum { ROLE_NODE = 1, ROLE_CLIENT = 2 };
enum {
    CERTIFICATE_BYTES_MAX = 512,
    GRANT_BYTES_MAX = 192,
    TOKEN_SEEDS_MAX = 8,
    TOKEN_TEXT_MAX = 2048,
    ENDPOINT_BYTES_MAX = 96,
    CLUSTER_NAME_BYTES_MAX = 64
};

#define GRANT_FOREVER INT64_MAX

struct grant {
    uint8_t token[32]; /* the public key */
    uint32_t roles;
    wall_ms until;
};

struct certificate {
    struct node_id node;
    uint8_t curve[32];
    uint32_t roles;
    wall_ms until; /* of its grant */
    bool by_node;  /* a client that the node `by` answers for; else by a token of its own */
    struct node_id by;
};

/* A new grant for the token whose secret is `seed`, 32 random bytes of the caller's. */
void grant_make(const uint8_t cluster_secret[64], uint32_t roles, wall_ms until,
                const uint8_t seed[32], struct buf *grant);
bool grant_check(struct span bytes, const uint8_t cluster[32], wall_ms now, struct grant *out,
                 struct err *err);
void certificate_make(struct span grant, const uint8_t seed[32], const struct node_id *node,
                      const uint8_t curve[32], uint32_t roles, struct buf *out);
/* For the client of the folder whose node has this certificate and this secret of its identity. */
void certificate_make_client(struct span node, const uint8_t secret[64],
                             const struct node_id *client, const uint8_t curve[32],
                             struct buf *out);
/* Good for all of `roles`. now = 0: its age does not matter. */
bool certificate_check(struct span bytes, const uint8_t cluster[32], uint32_t roles, wall_ms now,
                       struct certificate *out, struct err *err);
bool certificate_is_fresh(const struct certificate *c, wall_ms now, struct err *err);

struct token {
    uint8_t cluster[32];
    char name[CLUSTER_NAME_BYTES_MAX];
    uint8_t seed[32];
    uint8_t grant[GRANT_BYTES_MAX];
    size_t grant_len;
    uint32_t seeds_count;
    struct token_seed {
        char endpoint[ENDPOINT_BYTES_MAX];
        uint8_t curve[32];
    } seeds[TOKEN_SEEDS_MAX];
};

/* Names and endpoints are printable ASCII without blanks: they are shown in one line and given to sockets. */
bool is_plain_word(struct span text, size_t cap); /* 1 to cap - 1 bytes */

/* False when it is not whole: no name, no grant, too many seeds, or an endpoint that is no word. */
bool token_print(const struct token *token, char out[TOKEN_TEXT_MAX]);
bool token_parse(struct token *token, const char *text, struct err *err);

#endif
