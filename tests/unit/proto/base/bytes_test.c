#include "tests/unit/proto/base/text_assert.h"

static void compares_spans(void **state) {
    (void)state;
    assert_true(span_equal(span_text("abc"), span_text("abc")));
    assert_true(span_equal((struct span){0}, span_text("")));
    assert_false(span_equal(span_text("abc"), span_text("abd")));
    assert_false(span_equal(span_text("abc"), span_text("abcd")));
    assert_true(span_compare(span_text("a"), span_text("b")) < 0);
    assert_true(span_compare(span_text("\xff"), span_text("a")) > 0); /* as bytes without sign */
    assert_true(span_compare(span_text("ab"), span_text("abc")) < 0);
    assert_true(span_compare(span_text("b"), span_text("abc")) > 0);
    assert_int_equal(span_compare(span_text("ab"), span_text("ab")), 0);
    assert_true(span_compare((struct span){0}, span_text("a")) < 0);
    assert_true(span_is(span_text("lr"), "lr"));
    assert_false(span_is(span_text("lr"), "l"));
    assert_true(span_starts(span_text("zyg: x"), "zyg:"));
    assert_true(span_starts(span_text("zyg"), ""));
    assert_false(span_starts(span_text("zy"), "zyg"));
}

static void cuts_spans(void **state) {
    (void)state;
    assert_text(span_from(span_text("abc"), 1), "bc");
    assert_text(span_from(span_text("abc"), 3), "");
    assert_text(span_from(span_text("abc"), SIZE_MAX), "");
    assert_text(span_trim(span_text(" \ta b\t \r")), "a b");
    assert_text(span_trim(span_text(" \t ")), "");
    assert_text(span_trim(span_text("a\n")), "a\n");
}

static void knows_utf8(void **state) {
    (void)state;
    const char *const right[] = {"",
                                 "a\tb\nc",
                                 "\xc2\x80",
                                 "\xdf\xbf",
                                 "\xe0\xa0\x80",
                                 "\xed\x9f\xbf",
                                 "\xee\x80\x80",
                                 "\xef\xbf\xbf",
                                 "\xf0\x90\x80\x80",
                                 "\xf4\x8f\xbf\xbf",
                                 "gr\xc3\xbc\xc3\x9f"};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_true(span_is_utf8(span_text(right[i])));
    const char *const wrong[] = {
        "\x01",
        "a\r",
        "\x1b[0m",
        "\x7f", /* control characters */
        "\x80",
        "\xc3",
        "\xe2\x82",
        "\xf0\x9f\x98", /* alone or cut short */
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xf0\x8f\xbf\xbf", /* longer than needed */
        "\xed\xa0\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff", /* no characters */
        "\xe2\x28\xa1",
        "\xe2\x82\x28",
        "\xf0\x9f\x98\x28",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(span_is_utf8(span_text(wrong[i])));
    assert_false(span_is_utf8(span_of("a\0", 2)));
    const uint8_t euro[] = {0xe2, 0x82, 0xac};
    assert_int_equal(utf8_length(euro, 3), 3);
    assert_int_equal(utf8_length(euro, 2), 0);
    assert_int_equal(utf8_length((const uint8_t *)"\n", 1), 1);
}

static void write_pieces(struct buf *out) {
    buf_text(out, "a");
    buf_byte(out, ' ');
    buf_span(out, span_text("b"));
    buf_put(out, " c ", 3);
    buf_u64(out, 0);
    buf_byte(out, ' ');
    buf_u64(out, UINT64_MAX);
    buf_byte(out, ' ');
    buf_i64(out, INT64_MIN);
    buf_byte(out, ' ');
    buf_i64(out, INT64_MAX);
    buf_byte(out, ' ');
    buf_hex(out, (const uint8_t[]){0x00, 0x9f, 0xff}, 3);
}

static void writes_pieces(void **state) {
    (void)state;
    assert_written("a b c 0 18446744073709551615 -9223372036854775808 9223372036854775807 009fff",
                   write_pieces(&out));
}

static void big_endian_sorts_as_numbers(void **state) {
    (void)state;
    const uint64_t numbers[] = {0, 1, 255, 256, 0x0123456789abcdefull, UINT64_MAX};
    uint8_t memory[2][8];
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct buf out = buf_of(memory[i % 2], 8);
        buf_be64(&out, numbers[i]);
        assert_int_equal(out.len, 8);
        assert_true(read_be64(memory[i % 2]) == numbers[i]);
        if (i > 0)
            assert_true(memcmp(memory[i % 2], memory[(i + 1) % 2], 8) > 0);
    }
    struct buf out = buf_of(memory[0], 8);
    buf_be64(&out, 0x0123456789abcdefull);
    assert_memory_equal(memory[0], "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
}

static void overflow_keeps_what_is_there(void **state) {
    (void)state;
    char memory[5] = "....";
    struct buf out = buf_of(memory, 3);
    buf_text(&out, "ab");
    buf_text(&out, "cd");
    assert_true(out.overflow);
    buf_byte(&out, 'e'); /* it would fit, but what comes before it is missing */
    assert_text(buf_view(&out), "ab");
    assert_string_equal(memory, "ab..");
    buf_clear(&out);
    assert_false(out.overflow);
    buf_text(&out, "xyz");
    assert_false(out.overflow);
    buf_zero(&out);
    assert_true(out.overflow);
    buf_clear(&out);
    buf_text(&out, "uv");
    buf_zero(&out);
    assert_false(out.overflow);
    assert_int_equal(out.len, 2);
    assert_string_equal(memory, "uv");
    struct buf none = buf_of(NULL, 0);
    buf_put(&none, NULL, 0);
    assert_false(none.overflow);
    buf_byte(&none, 1);
    assert_true(none.overflow);
}

static void text_that_was_cut_or_is_none_is_mended_in_place(void **state) {
    (void)state;
    char cut[] = "gr\xc3\xbc\xc3";
    bytes_make_utf8((uint8_t *)cut, sizeof cut - 1);
    assert_string_equal(cut, "gr\xc3\xbc?");
    char none[] = "a\xff\x01"
                  "b\n\t\x7f";
    bytes_make_utf8((uint8_t *)none, sizeof none - 1);
    assert_string_equal(none, "a??b\n\t?");
    bytes_make_utf8(NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_spans),
        cmocka_unit_test(cuts_spans),
        cmocka_unit_test(knows_utf8),
        cmocka_unit_test(writes_pieces),
        cmocka_unit_test(big_endian_sorts_as_numbers),
        cmocka_unit_test(overflow_keeps_what_is_there),
        cmocka_unit_test(text_that_was_cut_or_is_none_is_mended_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
