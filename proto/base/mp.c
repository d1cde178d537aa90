#include "proto/base/mp.h"

#include <msgpack/pack.h>
#include <string.h>

enum { MP_SKIP_DEPTH = 8 };

/* ---- writer: msgpack-c's packer into a buf ---- */

static int write_to_buf(void *out, const char *data, size_t len) {
    buf_put(out, data, len);
    return 0; /* an overflow is kept in the buf and judged at the end */
}

static msgpack_packer packer_on(struct buf *out) {
    msgpack_packer packer;
    msgpack_packer_init(&packer, out, write_to_buf);
    return packer;
}

void mp_put_nil(struct buf *out) {
    msgpack_packer packer = packer_on(out);
    msgpack_pack_nil(&packer);
}

void mp_put_bool(struct buf *out, bool value) {
    msgpack_packer packer = packer_on(out);
    if (value)
        msgpack_pack_true(&packer);
    else
        msgpack_pack_false(&packer);
}

void mp_put_u64(struct buf *out, uint64_t value) {
    msgpack_packer packer = packer_on(out);
    msgpack_pack_uint64(&packer, value);
}

void mp_put_i64(struct buf *out, int64_t value) {
    msgpack_packer packer = packer_on(out);
    msgpack_pack_int64(&packer, value);
}

void mp_put_f64(struct buf *out, double value) {
    msgpack_packer packer = packer_on(out);
    msgpack_pack_double(&packer, value);
}

void mp_put_str(struct buf *out, struct span s) {
    msgpack_packer packer = packer_on(out);
    msgpack_pack_str(&packer, s.len);
    buf_span(out, s);
}

void mp_put_bin(struct buf *out, struct span s) {
    msgpack_packer packer = packer_on(out);
    msgpack_pack_bin(&packer, s.len);
    buf_span(out, s);
}

void mp_put_array(struct buf *out, uint32_t count) {
    msgpack_packer packer = packer_on(out);
    msgpack_pack_array(&packer, count);
}

/* ---- reader (the msgpack format: one tag byte, then big-endian payload) ---- */

struct mp mp_of(struct span bytes) {
    return (struct mp){.rest = bytes};
}

static void fail(struct mp *m, const char *what) {
    if (m->bad == NULL)
        m->bad = what;
    m->rest = (struct span){0};
}

enum mp_type mp_peek(const struct mp *m) {
    if (m->bad != NULL)
        return MP_BAD;
    if (m->rest.len == 0)
        return MP_END;
    uint8_t tag = m->rest.data[0];
    if (tag <= 0x7f || tag >= 0xe0 || (tag >= 0xcc && tag <= 0xd3))
        return MP_INT;
    if ((tag >= 0x90 && tag <= 0x9f) || tag == 0xdc || tag == 0xdd)
        return MP_ARRAY;
    if ((tag >= 0xa0 && tag <= 0xbf) || (tag >= 0xd9 && tag <= 0xdb))
        return MP_STR;
    if (tag >= 0xc4 && tag <= 0xc6)
        return MP_BIN;
    if (tag == 0xc0)
        return MP_NIL;
    if (tag == 0xc2 || tag == 0xc3)
        return MP_BOOL;
    if (tag == 0xcb)
        return MP_FLOAT;
    return MP_BAD;
}

/* Takes the tag and `width` bytes after it as one big-endian number. */
static uint64_t take_number(struct mp *m, size_t width) {
    if (m->rest.len < 1 + width) {
        fail(m, "cut short");
        return 0;
    }
    uint64_t value = 0;
    for (size_t i = 1; i <= width; i++)
        value = value << 8 | m->rest.data[i];
    m->rest = span_from(m->rest, 1 + width);
    return value;
}

static struct span take_bytes(struct mp *m, uint64_t len) {
    if (m->bad != NULL || len > m->rest.len) {
        fail(m, "longer than the bytes that follow");
        return (struct span){0};
    }
    struct span taken = span_of(m->rest.data, (size_t)len);
    m->rest = span_from(m->rest, (size_t)len);
    return taken;
}

static bool expect(struct mp *m, enum mp_type type, const char *what) {
    if (mp_peek(m) == type)
        return true;
    fail(m, what);
    return false;
}

void mp_nil(struct mp *m) {
    if (expect(m, MP_NIL, "expected nil"))
        m->rest = span_from(m->rest, 1);
}

bool mp_bool(struct mp *m) {
    if (!expect(m, MP_BOOL, "expected true or false"))
        return false;
    bool value = m->rest.data[0] == 0xc3;
    m->rest = span_from(m->rest, 1);
    return value;
}

/* An integer as sign and magnitude, so that both readers below share the walk. */
static uint64_t take_integer(struct mp *m, bool *negative) {
    *negative = false;
    if (!expect(m, MP_INT, "expected an integer"))
        return 0;
    uint8_t tag = m->rest.data[0];
    if (tag <= 0x7f || tag >= 0xe0) {
        m->rest = span_from(m->rest, 1);
        *negative = tag >= 0xe0;
        return *negative ? 256u - tag : tag;
    }
    size_t width = (size_t)1 << ((tag - 0xcc) & 3);
    uint64_t value = take_number(m, width);
    bool is_signed = tag >= 0xd0;
    if (is_signed && (value >> (8 * width - 1)) != 0) {
        uint64_t mask = width == 8 ? UINT64_MAX : ((uint64_t)1 << (8 * width)) - 1;
        *negative = true;
        return (~value + 1) & mask;
    }
    return value;
}

uint64_t mp_u64(struct mp *m) {
    bool negative;
    uint64_t value = take_integer(m, &negative);
    if (negative) {
        fail(m, "expected a number that is not negative");
        return 0;
    }
    return value;
}

int64_t mp_i64(struct mp *m) {
    bool negative;
    uint64_t value = take_integer(m, &negative);
    if (value > (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
        fail(m, "expected a smaller number");
        return 0;
    }
    if (!negative)
        return (int64_t)value;
    return value == 0 ? 0 : -(int64_t)(value - 1) - 1;
}

double mp_f64(struct mp *m) {
    if (mp_peek(m) == MP_INT)
        return (double)mp_i64(m);
    if (!expect(m, MP_FLOAT, "expected a number"))
        return 0;
    uint64_t bits = take_number(m, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

struct span mp_str(struct mp *m) {
    if (!expect(m, MP_STR, "expected text"))
        return (struct span){0};
    uint8_t tag = m->rest.data[0];
    uint64_t len = tag <= 0xbf ? (take_number(m, 0), (uint64_t)(tag & 0x1f))
                               : take_number(m, (size_t)1 << (tag - 0xd9));
    struct span text = take_bytes(m, len);
    if (!span_is_utf8(text)) {
        fail(m, "expected text in UTF-8 without control characters");
        return (struct span){0};
    }
    return text;
}

struct span mp_bin(struct mp *m) {
    if (!expect(m, MP_BIN, "expected bytes"))
        return (struct span){0};
    uint8_t tag = m->rest.data[0];
    return take_bytes(m, take_number(m, (size_t)1 << (tag - 0xc4)));
}

uint32_t mp_array(struct mp *m) {
    if (!expect(m, MP_ARRAY, "expected an array"))
        return 0;
    uint8_t tag = m->rest.data[0];
    uint64_t count = tag <= 0x9f ? (take_number(m, 0), (uint64_t)(tag & 0x0f))
                                 : take_number(m, tag == 0xdc ? 2 : 4);
    if (count > m->rest.len) { /* an element has at least one byte */
        fail(m, "more elements than bytes that follow");
        return 0;
    }
    return (uint32_t)count;
}

static void skip_value(struct mp *m, int depth) {
    switch (mp_peek(m)) {
    case MP_NIL: mp_nil(m); break;
    case MP_BOOL: mp_bool(m); break;
    case MP_FLOAT: mp_f64(m); break;
    case MP_BIN: mp_bin(m); break;
    case MP_INT: {
        bool negative;
        take_integer(m, &negative);
        break;
    }
    case MP_STR: mp_str(m); break;
    case MP_ARRAY: {
        uint32_t count = mp_array(m);
        if (depth == 0)
            fail(m, "nested too deep");
        for (uint32_t i = 0; i < count && m->bad == NULL; i++)
            skip_value(m, depth - 1);
        break;
    }
    case MP_END: fail(m, "cut short"); break;
    case MP_BAD: fail(m, "a type that is not used"); break;
    }
}

void mp_skip(struct mp *m) {
    skip_value(m, MP_SKIP_DEPTH);
}

bool mp_done(const struct mp *m) {
    return m->bad == NULL && m->rest.len == 0;
}
