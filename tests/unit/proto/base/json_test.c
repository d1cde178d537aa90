#include "tests/unit/proto/base/text_assert.h"

#include "proto/base/json.h"

#include <math.h>

static struct json reader_on(const char *text, uint8_t scratch[256]) {
    struct json j;
    json_start(&j, span_text(text), scratch, 256);
    return j;
}

static void assert_token(struct json *j, enum json_token token) {
    assert_int_equal(json_next(j), token);
}

static void assert_string(struct json *j, enum json_token token, const char *text) {
    assert_token(j, token);
    assert_text(j->string, text);
}

static void reads_a_document(void **state) {
    (void)state;
    uint8_t scratch[256];
    struct json j = reader_on(
        " { \"a\" : [1, -2.5e1,true] ,\t\"b\":{\"c\":null,\"d\":[]},\r\n\"e\":\"x\", \"f\":{}, "
        "\"g\":false}\n",
        scratch);
    assert_token(&j, JSON_OBJECT);
    assert_string(&j, JSON_KEY, "a");
    assert_token(&j, JSON_ARRAY);
    assert_token(&j, JSON_NUMBER);
    assert_true(j.number == 1 && j.integral && j.integer == 1);
    assert_token(&j, JSON_NUMBER);
    assert_true(j.number == -25 && !j.integral);
    assert_token(&j, JSON_TRUE);
    assert_token(&j, JSON_ARRAY_END);
    assert_string(&j, JSON_KEY, "b");
    assert_token(&j, JSON_OBJECT);
    assert_string(&j, JSON_KEY, "c");
    assert_token(&j, JSON_NULL);
    assert_string(&j, JSON_KEY, "d");
    assert_token(&j, JSON_ARRAY);
    assert_token(&j, JSON_ARRAY_END);
    assert_token(&j, JSON_OBJECT_END);
    assert_string(&j, JSON_KEY, "e");
    assert_string(&j, JSON_STRING, "x");
    assert_string(&j, JSON_KEY, "f");
    assert_token(&j, JSON_OBJECT);
    assert_token(&j, JSON_OBJECT_END);
    assert_string(&j, JSON_KEY, "g");
    assert_token(&j, JSON_FALSE);
    assert_token(&j, JSON_OBJECT_END);
    assert_token(&j, JSON_END);
    assert_token(&j, JSON_END);
}

static void reads_numbers(void **state) {
    (void)state;
    const struct {
        const char *text;
        double number;
        bool integral;
        int64_t integer;
    } table[] = {
        {"0", 0, true, 0},
        {"-0", -0.0, true, 0},
        {"10", 10, true, 10},
        {"9223372036854775807", 9223372036854775807.0, true, INT64_MAX},
        {"9223372036854775808", 9223372036854775808.0, false, 0},
        {"-9223372036854775808", -9223372036854775808.0, true, INT64_MIN},
        {"1.0", 1, false, 0},
        {"1e2", 100, false, 0},
        {"1E+2", 100, false, 0},
        {"-0.5e-3", -0.0005, false, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        uint8_t scratch[256];
        struct json j = reader_on(table[i].text, scratch);
        assert_token(&j, JSON_NUMBER);
        assert_memory_equal(&j.number, &table[i].number, sizeof j.number);
        assert_int_equal(j.integral, table[i].integral);
        assert_true(j.integer == table[i].integer);
        assert_token(&j, JSON_END);
    }
}

static void unescapes_strings(void **state) {
    (void)state;
    const struct {
        const char *text;
        const char *means;
    } table[] = {
        {"\"\"", ""},
        {"\"plain \xc3\xa9 \xf0\x9f\x98\x80\"", "plain \xc3\xa9 \xf0\x9f\x98\x80"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac"},
        {"\"\\ud83d\\ude00.\"", "\xf0\x9f\x98\x80."},
        {"\"\\uDBFF\\uDFFF\"", "\xf4\x8f\xbf\xbf"},
        {"\"\x7f\"", "\x7f"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        uint8_t scratch[256];
        struct json j = reader_on(table[i].text, scratch);
        assert_string(&j, JSON_STRING, table[i].means);
        assert_token(&j, JSON_END);
    }
    uint8_t scratch[256];
    struct json j = reader_on("\"a\\u0000b\"", scratch);
    assert_token(&j, JSON_STRING);
    assert_int_equal(j.string.len, 3);
    assert_memory_equal(j.string.data, "a\0b", 3);
}

/* Reads to the end or the first fault; where it was, or -1. */
static long fault_of(struct span text, const char **bad) {
    uint8_t scratch[16];
    struct json j;
    json_start(&j, text, scratch, sizeof scratch);
    enum json_token token = json_next(&j);
    while (token != JSON_END && token != JSON_BAD)
        token = json_next(&j);
    *bad = j.bad;
    if (token == JSON_END)
        return -1;
    assert_int_equal(json_next(&j), JSON_BAD); /* it stays bad */
    return (long)j.at;
}

static void names_the_first_wrong_byte(void **state) {
    (void)state;
    const struct {
        const char *text;
        long at;
        const char *bad;
    } table[] = {
        {"", 0, "a value"},
        {"  ", 2, "a value"},
        {"{", 1, "a key in quotes"},
        {"{a:1}", 1, "a key in quotes"},
        {"{\"a\" 1}", 5, "a colon"},
        {"{\"a\":}", 5, "a value"},
        {"{\"a\":1,}", 7, "a key in quotes"},
        {"{\"a\":1 \"b\":2}", 7, "a comma or }"},
        {"{\"a\":1]", 6, "a comma or }"},
        {"[1,]", 3, "a value"},
        {"[,1]", 1, "a value"},
        {"[1 2]", 3, "a comma or ]"},
        {"[1}", 2, "a comma or ]"},
        {"[1", 2, "a comma or ]"},
        {"]", 0, "a value"},
        {"1 2", 2, "nothing more"},
        {"tru", 3, "a value"},
        {"nul1", 3, "a value"},
        {"NaN", 0, "a value"},
        {"'a'", 0, "a value"},
        {"01", 1, "no digit after a leading zero"},
        {"-", 1, "a digit"},
        {"+1", 0, "a value"},
        {".5", 0, "a value"},
        {"1.", 2, "a digit after the point"},
        {"1.e5", 2, "a digit after the point"},
        {"1e", 2, "a digit in the exponent"},
        {"1e+", 3, "a digit in the exponent"},
        {"[1e999]", 1, "a number of ordinary size and length"},
        {"\"abc", 4, "a closing quote"},
        {"\"a\nb\"", 2, "no control character in a string"},
        {"\"\\x\"", 2, "one of \"\\/bfnrtu after a backslash"},
        {"\"\\", 2, "one of \"\\/bfnrtu after a backslash"},
        {"\"\\u12g4\"", 2, "four hexadecimal digits after \\u"},
        {"\"\\u12", 2, "four hexadecimal digits after \\u"},
        {"\"\\ud800\"", 2, "the second half of a surrogate pair"},
        {"\"\\ud800\\u0041\"", 2, "the second half of a surrogate pair"},
        {"\"\\udc00\"", 2, "the first half of a surrogate pair"},
        {"\"\xc0\x80\"", 1, "valid UTF-8"},
        {"\"\xed\xa0\x80\"", 1, "valid UTF-8"},
        {"\"ab\xff\"", 3, "valid UTF-8"},
        {"\xef\xbb\xbf{}", 0, "a value"},
        {" \"12345678901234567\"", 1, "a shorter string"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *bad = NULL;
        assert_int_equal(fault_of(span_text(table[i].text), &bad), table[i].at);
        assert_string_equal(bad, table[i].bad);
    }
    const char *bad = NULL;
    assert_int_equal(fault_of(span_of("[1]\0", 4), &bad), 3);
    assert_int_equal(fault_of(span_of("\"\0\"", 3), &bad), 1);
    assert_int_equal(fault_of(span_text("\"1234567890123456\""), &bad), -1);
}

static void nests_sixteen_deep(void **state) {
    (void)state;
    const char *bad = NULL;
    assert_int_equal(fault_of(span_text("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"), &bad), -1);
    assert_int_equal(fault_of(span_text("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"), &bad), 16);
    assert_string_equal(bad, "no deeper nesting");
}

static void skips_values(void **state) {
    (void)state;
    uint8_t scratch[256];
    struct json j = reader_on(
        "{\"a\":{\"x\":[1,{\"y\":2}],\"z\":[]},\"b\":7,\"c\":\"s\",\"d\":[[3]],\"e\":4}", scratch);
    assert_token(&j, JSON_OBJECT);
    assert_string(&j, JSON_KEY, "a");
    assert_token(&j, JSON_OBJECT);
    assert_true(json_skip(&j, JSON_OBJECT));
    assert_string(&j, JSON_KEY, "b");
    assert_true(json_skip(&j, JSON_KEY));
    assert_string(&j, JSON_KEY, "c");
    assert_token(&j, JSON_STRING);
    assert_true(json_skip(&j, JSON_STRING));
    assert_string(&j, JSON_KEY, "d");
    assert_true(json_skip(&j, JSON_KEY));
    assert_string(&j, JSON_KEY, "e");
    assert_token(&j, JSON_NUMBER);
    assert_true(j.integer == 4);
    assert_token(&j, JSON_OBJECT_END);
    assert_false(json_skip(&j, JSON_END));
    j = reader_on("[[1,2}]", scratch);
    assert_token(&j, JSON_ARRAY);
    assert_false(json_skip(&j, JSON_ARRAY));
    assert_int_equal(j.at, 5);
}

static void write_document(struct buf *out) {
    struct json_out j = json_out_of(out);
    json_open(&j, '{');
    json_put_key(&j, "name");
    json_put_string(&j, span_text("x"));
    json_put_key_span(&j, span_text("list"));
    json_open(&j, '[');
    json_put_number(&j, 1e-5);
    json_put_i64(&j, -3);
    json_put_u64(&j, UINT64_MAX);
    json_open(&j, '[');
    json_close(&j, ']');
    json_put_bool(&j, true);
    json_close(&j, ']');
    json_put_key(&j, "none");
    json_put_null(&j);
    json_put_key(&j, "raw");
    json_put_raw(&j, span_text("[1, 2]"));
    json_put_key(&j, "off");
    json_put_bool(&j, false);
    json_close(&j, '}');
}

static void writes_commas_itself(void **state) {
    (void)state;
    assert_written("{\"name\":\"x\",\"list\":[1e-5,-3,18446744073709551615,[],true],\"none\":null,"
                   "\"raw\":[1, 2],"
                   "\"off\":false}",
                   write_document(&out));
}

static void write_number(struct buf *out, double value) {
    struct json_out j = json_out_of(out);
    json_put_number(&j, value);
}

static void writes_numbers(void **state) {
    (void)state;
    assert_written("0.1", write_number(&out, 0.1));
    assert_written("5", write_number(&out, 5));
    assert_written("1e300", write_number(&out, 1e300));
    assert_written("null", write_number(&out, NAN));
    assert_written("null", write_number(&out, -INFINITY));
}

static void write_string(struct buf *out, struct span s) {
    struct json_out j = json_out_of(out);
    json_put_string(&j, s);
}

static void escapes_strings(void **state) {
    (void)state;
    assert_written("\"\"", write_string(&out, span_text("")));
    assert_written("\"a\\\"b\\\\c/\"", write_string(&out, span_text("a\"b\\c/")));
    assert_written("\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"",
                   write_string(&out, span_text("\b\f\n\r\t\x01\x1f\x7f")));
    assert_written("\"\\u0000\"", write_string(&out, span_of("\0", 1)));
    assert_written("\"\xc3\xa9\xef\xbf\xbdz\"", write_string(&out, span_text("\xc3\xa9\xffz")));
    assert_written("\"\xef\xbf\xbd\"", write_string(&out, span_text("\xc3")));
}

/* Every byte value, written and read again. */
static void strings_come_back(void **state) {
    (void)state;
    uint8_t all[128];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    uint8_t memory[1024];
    struct buf out = buf_of(memory, sizeof memory);
    write_string(&out, span_of(all, sizeof all));
    uint8_t scratch[256];
    struct json j;
    json_start(&j, buf_view(&out), scratch, sizeof scratch);
    assert_token(&j, JSON_STRING);
    assert_true(span_equal(j.string, span_of(all, sizeof all)));
    assert_token(&j, JSON_END);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_document),     cmocka_unit_test(reads_numbers),
        cmocka_unit_test(unescapes_strings),    cmocka_unit_test(names_the_first_wrong_byte),
        cmocka_unit_test(nests_sixteen_deep),   cmocka_unit_test(skips_values),
        cmocka_unit_test(writes_commas_itself), cmocka_unit_test(writes_numbers),
        cmocka_unit_test(escapes_strings),      cmocka_unit_test(strings_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
