#include "actors/facts/parcel.h"

#include <assert.h>

static_assert(PARCEL_BYTES + PARCEL_CERTIFICATES_BYTES + 1024 < LIMIT_FRAME_BYTES, "one frame");

void parcel_begin(struct parcel *p, uint32_t peer) {
    p->peer = peer;
    p->bundles = buf_of(p->bundles_memory, sizeof p->bundles_memory);
    p->certificates = buf_of(p->certificates_memory, sizeof p->certificates_memory);
}

void parcel_put(struct parcel *p, const struct authors *authors, const struct bundle *bundle,
                struct span bytes, struct says *out) {
    if (p->bundles.len + bytes.len > SPREAD_MESSAGE_BYTES)
        parcel_say(p, out);
    mp_put_bin(&p->bundles, bytes);
    if (bundle->sequence == 0)
        mp_put_bin(&p->certificates, author_certificate(authors_find(authors, &bundle->author)));
}

void parcel_say(struct parcel *p, struct says *out) {
    if (p->bundles.len > 0)
        say_to(out, ROOM_MEMBER, p->peer,
               &(struct msg){.kind = MSG_bundles,
                             .bundles = {.bundles = buf_view(&p->bundles),
                                         .certificates = buf_view(&p->certificates)}});
    buf_clear(&p->bundles);
    buf_clear(&p->certificates);
}
