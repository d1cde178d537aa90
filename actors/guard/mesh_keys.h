/* mesh_keys - the CURVE keys that are known at a door of a cluster, its nodes' or its clients', and how many strangers may
 * knock.
 *
 * A stranger's certificate comes in its first message, so its key has to be let in before anything is known of it; what is
 * bounded is how often that happens: `rate` times a second, as many at once after a quiet second. Known keys are let in
 * always. When there are LIMIT_MEMBERS of them a new one takes the place of the one that has not knocked for longest, if
 * that is `keep` ago at least; else it goes on as a stranger, so a flood of keys drives out none that is in use.
 */
#ifndef ZYG_MESH_KEYS_H
#define ZYG_MESH_KEYS_H

#include "proto/base/time.h"
#include "proto/limits.h"

#include <stdbool.h>

enum { MESH_KEY_BYTES = 32 };

struct mesh_keys {
    uint32_t rate; /* strangers a second */
    dur_ms keep;   /* 0: none has to make room */
    uint32_t count;
    uint8_t keys[LIMIT_MEMBERS][MESH_KEY_BYTES]; /* in order */
    when_ms knocked[LIMIT_MEMBERS];              /* of each key: when it did last */
    int64_t spent; /* thousandths of a stranger that are not yet made good */
    when_ms at;
};

void mesh_keys_add(struct mesh_keys *m, const uint8_t key[MESH_KEY_BYTES], when_ms now);
void mesh_keys_remove(struct mesh_keys *m, const uint8_t key[MESH_KEY_BYTES]);
bool mesh_keys_admit(struct mesh_keys *m, const uint8_t key[MESH_KEY_BYTES], when_ms now);

#endif
