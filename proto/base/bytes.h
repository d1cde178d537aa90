/* bytes - borrowed views and bounded writers; every string and blob in zyg is one of the two.
 *
 * Owns     nothing: a span borrows, a buf writes into memory its maker gave it.
 * Errors   a buf that would overflow keeps what it has, sets `overflow` and ignores later writes,
 *          so a whole encoding is written without checks and judged once at the end.
 */
#ifndef ZYG_BYTES_H
#define ZYG_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed run of bytes. data may be NULL only when len is 0. */
struct span {
    const uint8_t *data;
    size_t len;
};

/* A bounded writer. */
struct buf {
    uint8_t *data;
    size_t len;
    size_t cap;
    bool overflow;
};

struct span span_of(const void *data, size_t len);
struct span span_text(const char *text); /* without the closing zero */
bool span_equal(struct span a, struct span b);
int span_compare(struct span a, struct span b); /* memcmp order, shorter first on a tie */
bool span_is(struct span a, const char *text);
bool span_starts(struct span a, const char *prefix);
/* The rest; empty when offset is past the end. */
struct span span_from(struct span a, size_t offset);
struct span span_trim(struct span a); /* without spaces and tabs on both sides */
bool span_is_utf8(struct span a); /* valid UTF-8 with no control characters but tab and newline */

/* The length of the well-formed UTF-8 sequence at p, of which `left` >= 1 bytes may be read; 0 when there is none. */
size_t utf8_length(const uint8_t *p, size_t left);

/* Every byte that is not part of well-formed UTF-8 text becomes a question mark, so that text which was cut or comes from
 * outside can be sent and shown. */
void bytes_make_utf8(uint8_t *data, size_t len);

struct buf buf_of(void *memory, size_t cap);
void buf_clear(struct buf *b);
void buf_put(struct buf *b, const void *data, size_t len);
void buf_byte(struct buf *b, uint8_t byte);
void buf_span(struct buf *b, struct span s);
void buf_text(struct buf *b, const char *text);
void buf_u64(struct buf *b, uint64_t value); /* decimal */
void buf_i64(struct buf *b, int64_t value);
void buf_hex(struct buf *b, const uint8_t *data, size_t len);
void buf_be64(struct buf *b, uint64_t value); /* eight bytes, big-endian: keys sort as numbers */
void buf_zero(struct buf *b);                 /* a closing zero that does not count in len */
struct span buf_view(const struct buf *b);

uint64_t read_be64(const uint8_t *p);

#endif
