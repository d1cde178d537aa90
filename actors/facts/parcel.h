/* parcel - one message of bundles for another store, with what shows that their authors may sign.
 *
 * Memory   in the parcel: a message of SPREAD_MESSAGE_BYTES, one bundle beyond it, a certificate for each bundle.
 */
#ifndef ZYG_PARCEL_H
#define ZYG_PARCEL_H

#include "actors/facts/logs.h"
#include "actors/kit/core.h"

enum {
    SPREAD_MESSAGE_BYTES = 65536, /* of bundles in one message; one bundle may go beyond */
    PARCEL_BUNDLES = 32,
    PARCEL_BYTES = SPREAD_MESSAGE_BYTES + LIMIT_BUNDLE_BYTES + 64,
    PARCEL_CERTIFICATES_BYTES = PARCEL_BUNDLES * (CERTIFICATE_BYTES_MAX + 8)
};

struct parcel {
    uint32_t peer;
    struct buf bundles, certificates;
    uint8_t bundles_memory[PARCEL_BYTES];
    uint8_t certificates_memory[PARCEL_CERTIFICATES_BYTES];
};

void parcel_begin(struct parcel *p, uint32_t peer);
/* One more; what there is goes first when this one does not fit. At most PARCEL_BUNDLES of them between two parcel_say. */
void parcel_put(struct parcel *p, const struct authors *authors, const struct bundle *bundle,
                struct span bytes, struct says *out);
void parcel_say(struct parcel *p, struct says *out); /* nothing, when it is empty */

#endif
