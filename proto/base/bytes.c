#include "proto/base/bytes.h"

#include <string.h>

struct span span_of(const void *data, size_t len) {
    return (struct span){.data = data, .len = len};
}

struct span span_text(const char *text) {
    return span_of(text, strlen(text));
}

bool span_equal(struct span a, struct span b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int span_compare(struct span a, struct span b) {
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool span_is(struct span a, const char *text) {
    return span_equal(a, span_text(text));
}

bool span_starts(struct span a, const char *prefix) {
    size_t len = strlen(prefix);
    return a.len >= len && memcmp(a.data, prefix, len) == 0;
}

struct span span_from(struct span a, size_t offset) {
    if (offset >= a.len)
        return (struct span){0};
    return span_of(a.data + offset, a.len - offset);
}

static bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\r';
}

struct span span_trim(struct span a) {
    while (a.len > 0 && is_blank(a.data[0]))
        a = span_of(a.data + 1, a.len - 1);
    while (a.len > 0 && is_blank(a.data[a.len - 1]))
        a.len--;
    return a;
}

/* The bounds of the second byte are those of Unicode 15, table 3-7. */
size_t utf8_length(const uint8_t *p, size_t left) {
    uint8_t a = p[0];
    if (a < 0x80)
        return 1;
    if (a < 0xc2 || a > 0xf4)
        return 0;
    size_t len = a < 0xe0 ? 2 : a < 0xf0 ? 3 : 4;
    if (left < len)
        return 0;
    uint8_t low = a == 0xe0 ? 0xa0 : a == 0xf0 ? 0x90 : 0x80;
    uint8_t high = a == 0xed ? 0x9f : a == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

bool span_is_utf8(struct span a) {
    for (size_t i = 0; i < a.len;) {
        uint8_t c = a.data[i];
        if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
            return false;
        size_t len = utf8_length(a.data + i, a.len - i);
        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

void bytes_make_utf8(uint8_t *data, size_t len) {
    for (size_t i = 0; i < len;) {
        size_t whole = utf8_length(data + i, len - i);
        bool control = (data[i] < 0x20 && data[i] != '\t' && data[i] != '\n') || data[i] == 0x7f;
        if (whole == 0 || control)
            data[i] = '?';
        i += whole == 0 ? 1 : whole;
    }
}

struct buf buf_of(void *memory, size_t cap) {
    return (struct buf){.data = memory, .cap = cap};
}

void buf_clear(struct buf *b) {
    b->len = 0;
    b->overflow = false;
}

void buf_put(struct buf *b, const void *data, size_t len) {
    if (b->overflow || len > b->cap - b->len) {
        b->overflow = true;
        return;
    }
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
}

void buf_byte(struct buf *b, uint8_t byte) {
    buf_put(b, &byte, 1);
}

void buf_span(struct buf *b, struct span s) {
    buf_put(b, s.data, s.len);
}

void buf_text(struct buf *b, const char *text) {
    buf_put(b, text, strlen(text));
}

void buf_u64(struct buf *b, uint64_t value) {
    uint8_t digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buf_put(b, digits + at, sizeof digits - at);
}

void buf_i64(struct buf *b, int64_t value) {
    if (value < 0)
        buf_byte(b, '-');
    buf_u64(b, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buf_hex(struct buf *b, const uint8_t *data, size_t len) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        buf_byte(b, (uint8_t)digits[data[i] >> 4]);
        buf_byte(b, (uint8_t)digits[data[i] & 15]);
    }
}

void buf_be64(struct buf *b, uint64_t value) {
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (56 - 8 * i));
    buf_put(b, bytes, sizeof bytes);
}

void buf_zero(struct buf *b) {
    if (b->len < b->cap)
        b->data[b->len] = 0;
    else
        b->overflow = true;
}

struct span buf_view(const struct buf *b) {
    return span_of(b->data, b->len);
}

uint64_t read_be64(const uint8_t *p) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | p[i];
    return value;
}
