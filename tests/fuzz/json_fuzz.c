/* Any bytes as JSON: the reader ends, what it reads is written again as the same document, and a
 * skipped value ends where a read one does. */
#include "proto/base/check.h"
#include "proto/base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 65536 };

static uint8_t scratch[4096]; /* smaller than the input may be: strings can be too long */
static uint8_t
    first[8 * INPUT_MAX]; /* a byte becomes six at most: \u0001; a short number 24: 1e22 */
static uint8_t again[8 * INPUT_MAX];

static void write_token(struct json_out *out, const struct json *j, enum json_token token) {
    switch (token) {
    case JSON_OBJECT: json_open(out, '{'); break;
    case JSON_OBJECT_END: json_close(out, '}'); break;
    case JSON_ARRAY: json_open(out, '['); break;
    case JSON_ARRAY_END: json_close(out, ']'); break;
    case JSON_KEY: json_put_key_span(out, j->string); break;
    case JSON_STRING: json_put_string(out, j->string); break;
    case JSON_NUMBER:
        if (j->integral && j->integer != 0) /* -0 has its sign as a double only */
            json_put_i64(out, j->integer);
        else
            json_put_number(out, j->number);
        break;
    case JSON_TRUE: json_put_bool(out, true); break;
    case JSON_FALSE: json_put_bool(out, false); break;
    case JSON_NULL: json_put_null(out); break;
    case JSON_END:
    case JSON_BAD: break;
    }
}

/* The document without blanks, everything in one form; false when it is no JSON. */
static bool rewrite(struct span text, struct buf *to) {
    struct json j;
    json_start(&j, text, scratch, sizeof scratch);
    struct json_out out = json_out_of(to);
    enum json_token token = json_next(&j);
    for (size_t calls = 0; token != JSON_END && token != JSON_BAD; token = json_next(&j)) {
        write_token(&out, &j, token);
        ensure(++calls <= text.len); /* a token has at least one byte */
    }
    ensure(j.at <= text.len);
    ensure((token == JSON_BAD) == (j.bad != NULL));
    return token == JSON_END;
}

static bool skips_whole(struct span text) {
    struct json j;
    json_start(&j, text, scratch, sizeof scratch);
    return json_skip(&j, json_next(&j)) && json_next(&j) == JSON_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > INPUT_MAX)
        return 0;
    struct span text = span_of(data, size);
    struct buf once = buf_of(first, sizeof first);
    bool good = rewrite(text, &once);
    ensure(!once.overflow);
    ensure(skips_whole(text) == good);
    if (!good)
        return 0;
    struct buf twice = buf_of(again, sizeof again);
    ensure(rewrite(buf_view(&once), &twice));
    ensure(span_equal(buf_view(&once), buf_view(&twice)));
    return 0;
}
