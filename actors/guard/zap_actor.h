/* zap_actor - who may speak: answers libzmq's question about every CURVE key that knocks (ZAP 1.0, rfc.zeromq.org/27).
 *
 * One for the whole process, started before the first socket is bound and ended after the last is closed: a CURVE server
 * without a handler admits everybody. A key that is let in becomes the User-Id (Z85) of all its messages; sockets drop
 * messages without one, so nothing is open even while this actor is down.
 *
 *   ZAP_DOMAIN       clients: the keys on the list get 200. In a cluster the gateway looks at the certificate in the first
 *                    message, so there any well-formed key gets 200, those of clients it has not admitted before at a
 *                    limited rate (mesh_keys.h); beyond it 300, "not now": the connection is closed without a word, and may
 *                    be tried again. Without a cluster every other key gets 400
 *   ZAP_MESH_DOMAIN  nodes: the same, member looks at the certificate, and the keys that are known are those of members
 */
#ifndef ZYG_ZAP_ACTOR_H
#define ZYG_ZAP_ACTOR_H

#include "actors/guard/keys.h"

enum { ZAP_KEYS_MAX = 64 };

struct zap_config {
    uint32_t count;
    uint8_t allowed[ZAP_KEYS_MAX][CURVE_KEY_BYTES];
    /* Unknown nodes let in a second, and as many unknown clients; 0: only those that were made known. */
    uint32_t strangers_second;
};

enum { ZAP_STRANGERS_SECOND = 64 }; /* of a node in a cluster */

#define ZAP_DOMAIN "zyg"
#define ZAP_MESH_DOMAIN "zyg-mesh"

typedef struct _zactor_t zactor_t;
zactor_t *zap_actor_new(const struct zap_config *config); /* the config is copied */

/* Whether a member's key is let in whenever it knocks. Said before the key knocks, it is heard before. By one thread at a
 * time, the last of them the one that ends the actor. */
void zap_actor_know(zactor_t *zap, const uint8_t key[CURVE_KEY_BYTES], bool known);
/* A client's key that was found good: from now on it is let in whenever it knocks, until others need its place and it has not
 * knocked for an hour. By the same thread. */
void zap_actor_welcome(zactor_t *zap, const uint8_t key[CURVE_KEY_BYTES]);

#endif
