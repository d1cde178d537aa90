#include "tests/unit/proto/job/make.h"

#include "proto/job/template.h"

/* All parts of a text: "t:" before literal text, "n:" before a name, "!" before what is wrong. */
static const char *parts_of(const char *text, char out[512]) {
    struct template t = template_of(span_text(text));
    struct template_part part;
    enum template_kind kind;
    struct buf all = buf_of(out, 511);
    while ((kind = template_next(&t, &part)) != TEMPLATE_END) {
        buf_text(&all, kind == TEMPLATE_TEXT ? "t:" : kind == TEMPLATE_NAME ? "n:" : "!");
        if (kind == TEMPLATE_BAD) {
            buf_u64(&all, part.at);
            break;
        }
        buf_span(&all, part.text);
        buf_byte(&all, '|');
    }
    out[all.len] = '\0';
    return out;
}

static void texts_are_taken_apart(void **state) {
    (void)state;
    char out[512];
    assert_string_equal(parts_of("", out), "");
    assert_string_equal(parts_of("plain", out), "t:plain|");
    assert_string_equal(parts_of("{lr}", out), "n:lr|");
    assert_string_equal(parts_of("--lr={lr}.", out), "t:--lr=|n:lr|t:.|");
    assert_string_equal(parts_of("{a}{b}", out), "n:a|n:b|");
    assert_string_equal(parts_of("{{lr}}", out), "t:{|t:lr|t:}|");
    assert_string_equal(parts_of("{{{lr}}}", out), "t:{|n:lr|t:}|");
}

static void wrong_braces_are_found(void **state) {
    (void)state;
    char out[512];
    assert_string_equal(parts_of("a{lr", out), "t:a|!1");
    assert_string_equal(parts_of("{a{b}", out), "!0");
    assert_string_equal(parts_of("ab}", out), "t:ab|!2");
    assert_string_equal(parts_of("{}", out), "!0");
}

static void words_of_zyg_are_known(void **state) {
    (void)state;
    for (int i = 0; i < TEMPLATE_WORD_COUNT; i++) {
        enum template_word word;
        assert_true(
            template_word_named(span_text(template_word_name((enum template_word)i)), &word));
        assert_int_equal(word, i);
    }
    enum template_word word = TEMPLATE_JOB;
    assert_false(template_word_named(TEXT("arg"), &word));
    assert_int_equal(word, TEMPLATE_JOB);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_taken_apart),
        cmocka_unit_test(wrong_braces_are_found),
        cmocka_unit_test(words_of_zyg_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
