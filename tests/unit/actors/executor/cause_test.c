#include "actors/executor/cause.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char memory[CAUSE_BYTES + 1];
static struct buf out;

static void clear(void) {
    out = buf_of(memory, CAUSE_BYTES);
}

static void assert_text(const char *expected) {
    memory[out.len] = '\0';
    assert_string_equal(memory, expected);
    assert_true(span_is_utf8(buf_view(&out)));
    assert_false(out.overflow);
}

static void quotes_are_printable(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *expected;
    } cases[] = {
        {"plain", 5, "'plain'"},
        {"", 0, "''"},
        {"tab\there", 8, "'tab\there'"},
        {"a\0b\nc\x7f", 6, "'a\\x00b\\x0ac\\x7f'"},
        {"caf\xc3\xa9", 5, "'caf\xc3\xa9'"},
        {"caf\xe9!", 5, "'caf\\xe9!'"},
        {"\xc3", 1, "'\\xc3'"},
        {"0123456789abcdefghi", 19, "'0123456789abcdefghi'"},
        {"0123456789abcdefghij", 20, "'0123456789abcdef...'"},
        {"0123456789abcde\xc3\xa9ghij", 21, "'0123456789abcde...'"}, /* never half a character */
        {"0123456789abcde\xff\xff", 17, "'0123456789abcde...'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        clear();
        cause_quote(&out, '\'', span_of(cases[i].text, cases[i].len), 21);
        assert_text(cases[i].expected);
        assert_true(out.len <= 21);
    }
}

static void ends_are_named(void **state) {
    (void)state;
    clear();
    cause_ended(&out, 3, 0, span_text("boom"));
    assert_text("exit 3; last line: \"boom\"");
    clear();
    cause_ended(&out, 127, 0, (struct span){0});
    assert_text("exit 127 (a shell did not find a command); it printed nothing");
    clear();
    cause_ended(&out, 0, SIGSEGV, span_text("x"));
    assert_text("killed by SIGSEGV (11); last line: \"x\"");
    clear();
    cause_ended(&out, 0, SIGKILL, span_text("x"));
    assert_text("killed by SIGKILL (9), perhaps for lack of memory; last line: \"x\"");
    clear();
    cause_ended(&out, 0, 40, span_text("x"));
    assert_text("killed by signal 40; last line: \"x\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_are_printable),
        cmocka_unit_test(ends_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
