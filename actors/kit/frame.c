#include "actors/kit/frame.h"

#include "proto/base/check.h"

static void write_le32(uint8_t *p, uint32_t value) {
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t read_le32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void frame_put(struct buf *out, enum room to, enum room from, uint32_t peer, const struct msg *m) {
    size_t begin = out->len;
    uint8_t header[FRAME_HEADER_BYTES] = {(uint8_t)to, (uint8_t)from};
    write_le32(header + 2, peer);
    buf_put(out, header, sizeof header);
    if (msg_encode(m, out))
        write_le32(out->data + begin + 6, (uint32_t)(out->len - begin - FRAME_HEADER_BYTES));
    else
        out->len = begin; /* nothing half-written stays; overflow tells */
}

struct frame frame_take(struct span *run) {
    ensure(run->len >= FRAME_HEADER_BYTES);
    const uint8_t *p = run->data;
    struct frame f = {.to = (enum room)p[0], .from = (enum room)p[1], .peer = read_le32(p + 2)};
    size_t len = read_le32(p + 6);
    ensure(len <= run->len - FRAME_HEADER_BYTES);
    f.message = span_of(p + FRAME_HEADER_BYTES, len);
    *run = span_from(*run, FRAME_HEADER_BYTES + len);
    return f;
}
