#include "proto/base/json.h"

#include "proto/base/check.h"
#include "proto/base/num.h"

#include <math.h>
#include <string.h>

/* ---- reader ---- */

enum expects {
    EXPECTS_VALUE,
    EXPECTS_VALUE_OR_END, /* right after '[' */
    EXPECTS_KEY_OR_END,   /* right after '{' */
    EXPECTS_COMMA_OR_END,
    EXPECTS_NOTHING, /* the outermost value is complete */
    EXPECTS_GIVEN_UP
};

void json_start(struct json *j, struct span text, void *scratch, size_t scratch_len) {
    *j = (struct json){
        .text = text, .scratch = buf_of(scratch, scratch_len), .expects = EXPECTS_VALUE};
}

static bool refuse(struct json *j, size_t at, const char *bad) {
    j->at = at;
    j->bad = bad;
    j->expects = EXPECTS_GIVEN_UP;
    return false;
}

static enum json_token give_up(struct json *j, size_t at, const char *bad) {
    refuse(j, at, bad);
    return JSON_BAD;
}

/* The byte at `at`, or 0 past the end: no text of JSON has a zero byte, so one that is there is
 * refused all the same. */
static uint8_t byte_at(const struct json *j, size_t at) {
    return at < j->text.len ? j->text.data[at] : 0;
}

static void skip_blanks(struct json *j) {
    for (;;) {
        uint8_t c = byte_at(j, j->at);
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return;
        j->at++;
    }
}

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static int hex_digit(uint8_t c) {
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits of \uXXXX from `at` on, or -1. */
static int32_t hex_unit(const struct json *j, size_t at) {
    int32_t unit = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit(byte_at(j, at + i));
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static void put_utf8(struct buf *out, uint32_t point) {
    if (point < 0x80) {
        buf_byte(out, (uint8_t)point);
        return;
    }
    int tail = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
    buf_byte(out, (uint8_t)(leads[tail] | point >> (6 * tail)));
    while (tail-- > 0)
        buf_byte(out, (uint8_t)(0x80 | (point >> (6 * tail) & 0x3f)));
}

/* \uXXXX, or two of them that make one character beyond the first 65536. j->at is at the 'u'. */
static bool read_unicode(struct json *j) {
    int32_t unit = hex_unit(j, j->at + 1);
    if (unit < 0)
        return refuse(j, j->at, "four hexadecimal digits after \\u");
    uint32_t point = (uint32_t)unit;
    size_t len = 5;
    if (unit >= 0xd800 && unit <= 0xdbff) {
        int32_t low = -1;
        if (byte_at(j, j->at + 5) == '\\' && byte_at(j, j->at + 6) == 'u')
            low = hex_unit(j, j->at + 7);
        if (low < 0xdc00 || low > 0xdfff)
            return refuse(j, j->at, "the second half of a surrogate pair");
        point = 0x10000 + ((uint32_t)(unit - 0xd800) << 10 | (uint32_t)(low - 0xdc00));
        len = 11;
    } else if (unit >= 0xdc00 && unit <= 0xdfff) {
        return refuse(j, j->at, "the first half of a surrogate pair");
    }
    put_utf8(&j->scratch, point);
    j->at += len;
    return true;
}

static bool read_escape(struct json *j) {
    static const char names[] = "\"\\/bfnrt";
    static const char means[] = "\"\\/\b\f\n\r\t";
    uint8_t c = byte_at(j, ++j->at);
    if (c == 'u')
        return read_unicode(j);
    const char *name = c == 0 ? NULL : strchr(names, c);
    if (name == NULL)
        return refuse(j, j->at, "one of \"\\/bfnrtu after a backslash");
    buf_byte(&j->scratch, (uint8_t)means[name - names]);
    j->at++;
    return true;
}

/* j->at is at the opening quote. */
static bool read_string(struct json *j) {
    size_t begin = j->at++;
    while (byte_at(j, j->at) != '"') {
        if (j->at == j->text.len)
            return refuse(j, j->at, "a closing quote");
        if (j->text.data[j->at] < 0x20)
            return refuse(j, j->at, "no control character in a string");
        if (j->text.data[j->at] == '\\') {
            if (!read_escape(j))
                return false;
        } else {
            size_t len = utf8_length(j->text.data + j->at, j->text.len - j->at);
            if (len == 0)
                return refuse(j, j->at, "valid UTF-8");
            buf_put(&j->scratch, j->text.data + j->at, len);
            j->at += len;
        }
    }
    if (j->scratch.overflow)
        return refuse(j, begin, "a shorter string");
    j->at++;
    j->string = buf_view(&j->scratch);
    return true;
}

static size_t past_digits(const struct json *j, size_t at) {
    while (is_digit(byte_at(j, at)))
        at++;
    return at;
}

/* "-"? ( "0" | [1-9] digits ) ( "." digits )? ( [eE] [-+]? digits )? */
static enum json_token read_number(struct json *j) {
    size_t begin = j->at;
    size_t at = begin + (byte_at(j, begin) == '-' ? 1 : 0);
    if (!is_digit(byte_at(j, at)))
        return give_up(j, at, "a digit");
    at = byte_at(j, at) == '0' ? at + 1 : past_digits(j, at);
    if (is_digit(byte_at(j, at)))
        return give_up(j, at, "no digit after a leading zero");
    j->integral = true;
    if (byte_at(j, at) == '.') {
        j->integral = false;
        size_t digits = ++at;
        if ((at = past_digits(j, digits)) == digits)
            return give_up(j, at, "a digit after the point");
    }
    if (byte_at(j, at) == 'e' || byte_at(j, at) == 'E') {
        j->integral = false;
        at++;
        if (byte_at(j, at) == '-' || byte_at(j, at) == '+')
            at++;
        size_t digits = at;
        if ((at = past_digits(j, digits)) == digits)
            return give_up(j, at, "a digit in the exponent");
    }
    struct span text = span_of(j->text.data + begin, at - begin);
    if (!num_parse(text, &j->number))
        return give_up(j, begin, "a number of ordinary size and length");
    j->integer = 0;
    j->integral = j->integral && num_parse_i64(text, &j->integer);
    j->at = at;
    return JSON_NUMBER;
}

static enum json_token read_word(struct json *j, const char *word, enum json_token token) {
    for (size_t i = 0; word[i] != '\0'; i++) {
        if (byte_at(j, j->at + i) != (uint8_t)word[i])
            return give_up(j, j->at + i, "a value");
    }
    j->at += strlen(word);
    return token;
}

/* What may follow once a value is complete. */
static void value_done(struct json *j) {
    j->expects = j->depth > 0 ? EXPECTS_COMMA_OR_END : EXPECTS_NOTHING;
}

static enum json_token read_open(struct json *j, enum json_token token) {
    if (j->depth == JSON_DEPTH)
        return give_up(j, j->at, "no deeper nesting");
    j->stack[j->depth++] = (uint8_t)token;
    j->expects = token == JSON_OBJECT ? EXPECTS_KEY_OR_END : EXPECTS_VALUE_OR_END;
    j->at++;
    return token;
}

static enum json_token read_scalar(struct json *j) {
    switch (byte_at(j, j->at)) {
    case '"': return read_string(j) ? JSON_STRING : JSON_BAD;
    case 't': return read_word(j, "true", JSON_TRUE);
    case 'f': return read_word(j, "false", JSON_FALSE);
    case 'n': return read_word(j, "null", JSON_NULL);
    default: break;
    }
    uint8_t c = byte_at(j, j->at);
    return c == '-' || is_digit(c) ? read_number(j) : give_up(j, j->at, "a value");
}

static enum json_token read_value(struct json *j) {
    uint8_t c = byte_at(j, j->at);
    if (c == '{' || c == '[')
        return read_open(j, c == '{' ? JSON_OBJECT : JSON_ARRAY);
    enum json_token token = read_scalar(j);
    if (token != JSON_BAD)
        value_done(j);
    return token;
}

static enum json_token read_key(struct json *j) {
    if (byte_at(j, j->at) != '"')
        return give_up(j, j->at, "a key in quotes");
    if (!read_string(j))
        return JSON_BAD;
    skip_blanks(j);
    if (byte_at(j, j->at) != ':')
        return give_up(j, j->at, "a colon");
    j->at++;
    j->expects = EXPECTS_VALUE;
    return JSON_KEY;
}

static bool at_closing(const struct json *j) {
    return byte_at(j, j->at) == (j->stack[j->depth - 1] == JSON_OBJECT ? '}' : ']');
}

static enum json_token read_closing(struct json *j) {
    enum json_token token = j->stack[--j->depth] == JSON_OBJECT ? JSON_OBJECT_END : JSON_ARRAY_END;
    j->at++;
    value_done(j);
    return token;
}

static enum json_token read_after_value(struct json *j) {
    bool in_object = j->stack[j->depth - 1] == JSON_OBJECT;
    if (at_closing(j))
        return read_closing(j);
    if (byte_at(j, j->at) != ',')
        return give_up(j, j->at, in_object ? "a comma or }" : "a comma or ]");
    j->at++;
    skip_blanks(j);
    return in_object ? read_key(j) : read_value(j);
}

enum json_token json_next(struct json *j) {
    if (j->expects == EXPECTS_GIVEN_UP)
        return JSON_BAD;
    buf_clear(&j->scratch);
    skip_blanks(j);
    switch ((enum expects)j->expects) {
    case EXPECTS_VALUE: return read_value(j);
    case EXPECTS_VALUE_OR_END: return at_closing(j) ? read_closing(j) : read_value(j);
    case EXPECTS_KEY_OR_END: return at_closing(j) ? read_closing(j) : read_key(j);
    case EXPECTS_COMMA_OR_END: return read_after_value(j);
    case EXPECTS_NOTHING:
        return j->at == j->text.len ? JSON_END : give_up(j, j->at, "nothing more");
    case EXPECTS_GIVEN_UP: break;
    }
    return JSON_BAD;
}

bool json_skip(struct json *j, enum json_token begun) {
    enum json_token token = begun == JSON_KEY ? json_next(j) : begun;
    if (token == JSON_OBJECT || token == JSON_ARRAY) {
        uint8_t outside = (uint8_t)(j->depth - 1);
        while (token != JSON_BAD && j->depth > outside)
            token = json_next(j);
    }
    return token != JSON_BAD && token != JSON_END;
}

/* ---- writer ---- */

struct json_out json_out_of(struct buf *out) {
    return (struct json_out){.out = out, .first = {true}};
}

static void separate(struct json_out *j) {
    if (!j->first[j->depth])
        buf_byte(j->out, ',');
    j->first[j->depth] = false;
}

void json_open(struct json_out *j, char bracket) {
    ensure(j->depth < JSON_DEPTH);
    separate(j);
    buf_byte(j->out, (uint8_t)bracket);
    j->first[++j->depth] = true;
}

void json_close(struct json_out *j, char bracket) {
    ensure(j->depth > 0);
    buf_byte(j->out, (uint8_t)bracket);
    j->depth--;
}

static void put_escaped(struct buf *out, uint8_t c) {
    static const char names[] = "\"\\bfnrt";
    static const char means[] = "\"\\\b\f\n\r\t";
    const char *known = c == 0 ? NULL : strchr(means, c);
    buf_byte(out, '\\');
    if (known != NULL) {
        buf_byte(out, (uint8_t)names[known - means]);
        return;
    }
    buf_text(out, "u00");
    buf_hex(out, &c, 1);
}

static void put_quoted(struct buf *out, struct span s) {
    buf_byte(out, '"');
    for (size_t i = 0; i < s.len;) {
        uint8_t c = s.data[i];
        size_t len = utf8_length(s.data + i, s.len - i);
        if (c < 0x20 || c == '"' || c == '\\')
            put_escaped(out, c);
        else if (len == 0)
            buf_text(out, "\xef\xbf\xbd");
        else
            buf_put(out, s.data + i, len);
        i += len == 0 ? 1 : len;
    }
    buf_byte(out, '"');
}

void json_put_key(struct json_out *j, const char *key) {
    json_put_key_span(j, span_text(key));
}

void json_put_key_span(struct json_out *j, struct span key) {
    json_put_string(j, key);
    buf_byte(j->out, ':');
    j->first[j->depth] = true; /* its value follows without a comma */
}

void json_put_string(struct json_out *j, struct span s) {
    separate(j);
    put_quoted(j->out, s);
}

void json_put_number(struct json_out *j, double value) {
    if (!isfinite(value)) {
        json_put_null(j);
        return;
    }
    separate(j);
    num_print(j->out, value);
}

void json_put_i64(struct json_out *j, int64_t value) {
    separate(j);
    buf_i64(j->out, value);
}

void json_put_u64(struct json_out *j, uint64_t value) {
    separate(j);
    buf_u64(j->out, value);
}

void json_put_bool(struct json_out *j, bool value) {
    json_put_raw(j, span_text(value ? "true" : "false"));
}

void json_put_null(struct json_out *j) {
    json_put_raw(j, span_text("null"));
}

void json_put_raw(struct json_out *j, struct span json) {
    separate(j);
    buf_span(j->out, json);
}
