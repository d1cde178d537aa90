#include "tests/unit/proto/job/make.h"

static void numbers_are_equal_across_kinds(void **state) {
    (void)state;
    struct value big = INT(9007199254740993); /* 2^53 + 1: no double is it */
    assert_true(value_equal(&INT(1), &FLOAT(1.0)));
    assert_true(value_equal(&FLOAT(-2.0), &INT(-2)));
    assert_false(value_equal(&INT(1), &FLOAT(1.5)));
    assert_false(value_equal(&big, &FLOAT(9007199254740992.0)));
    assert_false(value_equal(&INT(INT64_MAX), &FLOAT(9223372036854775808.0)));
    assert_false(value_equal(&INT(1), &BOOL(true)));
    assert_false(value_equal(&INT(1), &WORD("1")));
    assert_true(value_equal(&NONE, &NONE));
    assert_true(value_equal(&WORD("a"), &WORD("a")));
    assert_false(value_equal(&WORD("a"), &WORD("b")));
    assert_true(value_equal(&BOOL(true), &BOOL(true)));
    assert_false(value_equal(&BOOL(true), &BOOL(false)));
}

static void values_print_as_programs_expect_them(void **state) {
    (void)state;
    char memory[200];
    struct buf out = buf_of(memory, sizeof memory);
    const struct value all[] = {BOOL(true), INT(-5), FLOAT(0.1), FLOAT(1e-5), WORD("a b"), NONE};
    for (uint32_t i = 0; i < COUNT(all); i++) {
        value_print(&out, &all[i]);
        buf_byte(&out, '|');
    }
    assert_text(buf_view(&out), "true|-5|0.1|1e-5|a b||");
}

static void values_as_json(void **state) {
    (void)state;
    char memory[200];
    struct buf out = buf_of(memory, sizeof memory);
    struct json_out json = json_out_of(&out);
    const struct value all[] = {BOOL(false), INT(-5), FLOAT(0.5), WORD("say \"hi\""), NONE};
    json_open(&json, '[');
    for (uint32_t i = 0; i < COUNT(all); i++)
        value_json(&json, &all[i]);
    json_close(&json, ']');
    assert_text(buf_view(&out), "[false,-5,0.5,\"say \\\"hi\\\"\",null]");
}

static void configurations_survive_their_bytes(void **state) {
    (void)state;
    uint8_t memory[200];
    struct buf out = buf_of(memory, sizeof memory);
    const struct value all[] = {BOOL(false), INT(INT64_MIN), INT(1000),
                                FLOAT(0.5),  WORD("rbf"),    NONE};
    struct value back[COUNT(all)];
    config_encode(&out, all, COUNT(all));
    assert_true(config_decode(buf_view(&out), back, COUNT(all)));
    for (uint32_t i = 0; i < COUNT(all); i++)
        assert_value(&back[i], all[i]);
    assert_false(config_decode(buf_view(&out), back, COUNT(all) - 1));
    for (size_t len = 0; len < out.len; len++)
        assert_false(config_decode(span_of(memory, len), back, COUNT(all)));
    buf_byte(&out, 0xc0);
    assert_false(config_decode(buf_view(&out), back, COUNT(all)));
}

static void equal_configurations_have_equal_bytes(void **state) {
    (void)state;
    uint8_t a_memory[20];
    uint8_t b_memory[20];
    struct buf a = buf_of(a_memory, sizeof a_memory);
    struct buf b = buf_of(b_memory, sizeof b_memory);
    config_encode(&a, &FLOAT(0.0), 1);
    config_encode(&b, &FLOAT(-0.0), 1);
    assert_true(span_equal(buf_view(&a), buf_view(&b)));
    assert_int_equal(a.len, 10);
}

static void other_spellings_are_refused(void **state) {
    (void)state;
    struct value value;
    static const struct {
        const char *bytes;
        size_t len;
    } wrong[] = {
        {"\xdc\x00\x01\x05", 4}, /* a long array head */
        {"\x91\xcc\x05", 3},     /* 5 as uint8 */
        {"\x91\xd1\x03\xe8", 4}, /* 1000 as int16: as long as uint16, yet another */
        {"\x91\xcb\x80\x00\x00\x00\x00\x00\x00\x00", 10}, /* -0.0 */
        {"\x91\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", 10}, /* nan */
        {"\x91\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", 10}, /* infinity */
        {"\x91\xd9\x01x", 4},                             /* short text with a long head */
        {"\x91\x91\x05", 3},                              /* an array is no value */
        {"\x91\xc4\x01x", 4},                             /* nor are bytes */
        {"\x91\xa1\xff", 3},                              /* not UTF-8 */
        {"", 0},
    };
    for (uint32_t i = 0; i < COUNT(wrong); i++)
        assert_false(config_decode(span_of(wrong[i].bytes, wrong[i].len), &value, 1));
    assert_true(config_decode(TEXT("\x91\x05"), &value, 1));
    assert_true(config_decode(TEXT("\x91\xcd\x03\xe8"), &value, 1));
    assert_value(&value, INT(1000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_equal_across_kinds),
        cmocka_unit_test(values_print_as_programs_expect_them),
        cmocka_unit_test(values_as_json),
        cmocka_unit_test(configurations_survive_their_bytes),
        cmocka_unit_test(equal_configurations_have_equal_bytes),
        cmocka_unit_test(other_spellings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
