/* zap_actor - who may speak: answers libzmq's question about every CURVE key that knocks (ZAP 1.0, rfc.zeromq.org/27).
 *
 * One for the whole process, started before the first socket is bound and ended after the last is closed: a CURVE server
 * without a handler admits everybody. A key on the list gets 200 and becomes the User-Id of all its messages; any other
 * gets 400. Sockets drop messages without User-Id, so nothing is open even while this actor is down.
 */
#ifndef ZYG_ZAP_ACTOR_H
#define ZYG_ZAP_ACTOR_H

#include "actors/guard/keys.h"

enum { ZAP_KEYS_MAX = 64 };

struct zap_config {
    uint32_t count;
    uint8_t allowed[ZAP_KEYS_MAX][CURVE_KEY_BYTES];
};

#define ZAP_DOMAIN "zyg"

typedef struct _zactor_t zactor_t;
zactor_t *zap_actor_new(const struct zap_config *config); /* the config is copied */

#endif
