#include "actors/kit/frame.h"

#include "proto/base/check.h"

void spare_take(const struct spare *spare, void *memory, size_t len) {
    if (len > 0)
        spare->take(spare->context, memory, len);
}

void say_to(struct says *out, enum room to, uint32_t peer, const struct msg *m) {
    frame_put(&out->frames, to, out->from, peer, m);
    ensure(!out->frames.overflow); /* SAYS_BYTES is more than one step of any core can say */
}

void say(struct says *out, const struct msg *m) {
    for (const enum room *to = msg_route(m->kind); *to != ROOM_NONE; to++)
        say_to(out, *to, 0, m);
}
