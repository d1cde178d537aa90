/* cluster - which cluster this folder belongs to, and as what; membership is a file, so joining needs nobody running.
 *
 * DIR/cluster       the cluster's public key and name; for the node and for the client of this folder, each when it was
 *                   admitted: its certificate, and where others can be found (a node's seeds are the endpoints of nodes, a
 *                   client's are the doors of nodes). 0600, replaced whole. Lines of words:
 *                       zyg-cluster 1 KEY NAME
 *                       node CERTIFICATE         node-seed ENDPOINT KEY
 *                       client CERTIFICATE       client-seed ENDPOINT KEY
 * DIR/keys/cluster  the cluster's Ed25519 secret, only where the cluster was begun: it alone makes tokens. 0600, never
 *                   replaced. One line: zyg-cluster-key 1 SEED
 *
 * What is read is proved: a file whose certificates the cluster's key does not stand behind is refused as a whole. Who
 * changes it holds the folder (flock), so what two write at once is both kept; who only reads it does not wait for them.
 * Before        sodium_init(); the time comes from the caller.
 * Errors        ERR_NOT_FOUND (the folder belongs to no cluster), ERR_NOT_ALLOWED (another cluster's token, too old, not for
 *               this role, no cluster key here), ERR_SYSTEM (files).
 */
#ifndef ZYG_CLUSTER_H
#define ZYG_CLUSTER_H

#include "actors/guard/keys.h"
#include "proto/trust/certificate.h"

struct admission {
    uint8_t certificate[CERTIFICATE_BYTES_MAX];
    size_t certificate_len; /* 0: not admitted */
    struct certificate says;
    uint32_t seeds_count;
    struct token_seed seeds[TOKEN_SEEDS_MAX];
};

struct cluster {
    uint8_t key[32];
    char name[CLUSTER_NAME_BYTES_MAX];
    struct admission node, client;
};

bool cluster_load(struct cluster *c, const char *dir, struct err *err);

/* Begins a cluster with this folder's node and client, admitted for ever; goes on with a cluster key that is already there.
 * Refuses a folder that belongs to one. */
bool cluster_begin(struct cluster *c, const char *dir, const char *name, struct err *err);

/* Admits this folder's node or client by a token and keeps that. Who is admitted already stays so, also when the token is old
 * by now, and learns where nodes are; a token that lasts longer renews it, and one for keys that were made anew since. */
bool cluster_join(struct cluster *c, const char *dir, const struct token *token, uint32_t role,
                  wall_ms now, struct err *err);
/* Loads it and admits this folder's client by the word of its node, when the node is in and no token of the client's own
 * admits it (any more). Kept when that is something new. */
bool cluster_admit_client(struct cluster *c, const char *dir, wall_ms now, struct err *err);
/* As cluster_join for the client, and nothing is kept. */
bool cluster_visit(struct cluster *c, const char *dir, const struct token *token, wall_ms now,
                   struct err *err);

/* Where this folder's client asks from now on; nothing is written when that is known already. ERR_NOT_FOUND: it is no client of
 * that cluster any more. */
bool cluster_keep_doors(const char *dir, const uint8_t key[32], const struct token_seed *doors,
                        uint32_t count, struct err *err);

/* Forgets the cluster. Where its key is, that is refused unless the key is to be forgotten, too. */
bool cluster_leave(const char *dir, bool forget_key, struct err *err);

bool cluster_has_key(const struct cluster *c, const char *dir);
/* Signs in the name of the cluster; the caller wipes it. */
bool cluster_signer(const struct cluster *c, const char *dir, struct signer *signer,
                    struct err *err);
/* A new token without seeds. */
bool cluster_token(const struct cluster *c, const char *dir, uint32_t roles, wall_ms until,
                   struct token *token, struct err *err);

/* The certificate is for these keys: it is not when somebody made new ones since. */
bool admission_is_of(const struct admission *a, const struct keys *keys);

/* "lab-3f2a": what people read. */
void cluster_handle_print(struct buf *out, const char *name, const uint8_t key[32]);

#endif
