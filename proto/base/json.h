/* json - a bounded pull reader and a writer; RFC 8259, no allocation.
 *
 * The reader gives one token a call; strings come unescaped into the caller's scratch. Invalid
 * UTF-8, lone surrogates and numbers that are not finite are refused; nesting is at most JSON_DEPTH
 * deep. Whether a key comes twice is the caller's to see.
 * Errors   JSON_BAD, with `at` = offset of the first wrong byte and `bad` = what was expected or is
 *          wrong; every later call answers JSON_BAD too. The writer cannot fail but for room: judge
 *          its buf at the end.
 */
#ifndef ZYG_JSON_H
#define ZYG_JSON_H

#include "proto/base/bytes.h"

enum { JSON_DEPTH = 16 };

enum json_token {
    JSON_OBJECT,
    JSON_OBJECT_END,
    JSON_ARRAY,
    JSON_ARRAY_END,
    JSON_KEY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
    JSON_END,
    JSON_BAD
};

struct json {
    struct span text;
    size_t at;
    struct buf scratch; /* unescaped strings; cleared at each token */
    uint8_t stack[JSON_DEPTH];
    uint8_t depth;
    uint8_t expects;
    struct span string; /* of the last KEY or STRING; valid until the next call */
    double number;      /* of the last NUMBER */
    bool integral;      /* it was written without fraction and exponent and fits int64 */
    int64_t integer;
    const char *bad;
};

void json_start(struct json *j, struct span text, void *scratch, size_t scratch_len);
enum json_token json_next(struct json *j);
/* Passes over the rest of the value whose first token was `begun`; of a KEY, over its value. False
 * when it is bad. */
bool json_skip(struct json *j, enum json_token begun);

/* The writer puts commas and colons where they belong; that brackets match and keys alternate with
 * values is the caller's to see to. */
struct json_out {
    struct buf *out;
    bool first[JSON_DEPTH + 1]; /* nothing that needs a comma was written at this depth */
    uint8_t depth;
};

struct json_out json_out_of(struct buf *out);
void json_open(struct json_out *j, char bracket);  /* '{' or '[' */
void json_close(struct json_out *j, char bracket); /* '}' or ']' */
void json_put_key(struct json_out *j, const char *key);
void json_put_key_span(struct json_out *j, struct span key);
/* Each invalid byte of UTF-8 becomes U+FFFD. */
void json_put_string(struct json_out *j, struct span s);
/* Null when not finite: JSON has no word for it. */
void json_put_number(struct json_out *j, double value);
void json_put_i64(struct json_out *j, int64_t value);
void json_put_u64(struct json_out *j, uint64_t value);
void json_put_bool(struct json_out *j, bool value);
void json_put_null(struct json_out *j);
void json_put_raw(struct json_out *j, struct span json); /* already JSON */

#endif
