#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "actors/jobfile/words.h"

static uint8_t arena_memory[4096];

static struct words split(const char *text) {
    struct arena arena = arena_of(arena_memory, sizeof arena_memory);
    return words_split(span_text(text), 100, &arena);
}

/* The words with '|' after each. */
static const char *joined(const char *text) {
    static char out[512];
    struct words words = split(text);
    struct buf all = buf_of(out, sizeof out - 1);
    assert_null(words.bad);
    for (uint32_t i = 0; i < words.count; i++) {
        buf_span(&all, words.items[i]);
        buf_byte(&all, '|');
    }
    out[all.len] = '\0';
    return out;
}

static void words_are_what_a_shell_makes_of_them(void **state) {
    (void)state;
    assert_string_equal(joined(""), "");
    assert_string_equal(joined("  \t "), "");
    assert_string_equal(joined("a"), "a|");
    assert_string_equal(joined(" python3  train.py\n--lr {lr} "), "python3|train.py|--lr|{lr}|");
    assert_string_equal(joined("'a b' \"c d\""), "a b|c d|");
    assert_string_equal(joined("a'b c'd\"e f\"g"), "ab cde fg|");
    assert_string_equal(joined("'' \"\""), "||");
    assert_string_equal(joined("'\\n' \"\\n\" \\n"), "\\n|\\n|n|");
    assert_string_equal(joined("\"\\\"\\\\\\$\\`\""), "\"\\$`|");
    assert_string_equal(joined("a\\ b \\' \\| '|'"), "a b|'|||||");
    assert_string_equal(joined("x~y x#y"), "x~y|x#y|");
}

static void assert_bad(const char *text, size_t at, const char *what) {
    struct words words = split(text);
    assert_non_null(words.bad);
    assert_int_equal(words.at, at);
    assert_string_equal(words.bad, what);
}

static void what_needs_a_shell_is_refused(void **state) {
    (void)state;
    static const char shell[] =
        "no shell reads this command: put the character in quotes, or write command: [sh, -c, ...]";
    assert_bad("a | b", 2, shell);
    assert_bad("a && b", 2, shell);
    assert_bad("a; b", 1, shell);
    assert_bad("a > b", 2, shell);
    assert_bad("a <b", 2, shell);
    assert_bad("a $B", 2, shell);
    assert_bad("a `b`", 2, shell);
    assert_bad("a *.txt", 2, shell);
    assert_bad("(a)", 0, shell);
    assert_bad("a ~/b", 2, shell);
    assert_bad("a #b", 2, shell);
    assert_bad("a \"$B\"", 3,
               "there is no shell that would fill this in: write '\\' before it, or command: [sh, "
               "-c, ...]");
}

static void open_ends_are_found(void **state) {
    (void)state;
    assert_bad("a 'b", 2, "a quote that is not closed");
    assert_bad("a \"b", 2, "a quote that is not closed");
    assert_bad("a \"b\\", 2, "a quote that is not closed");
    assert_bad("a b\\", 3, "a backslash with nothing after it");
}

static void bounds_are_kept(void **state) {
    (void)state;
    struct arena arena = arena_of(arena_memory, sizeof arena_memory);
    assert_int_equal(words_split(span_text("a b"), 2, &arena).count, 2);
    assert_string_equal(words_split(span_text("a b c"), 2, &arena).bad,
                        "more arguments than a command can have");
    struct arena small = arena_of(arena_memory, 8);
    assert_string_equal(words_split(span_text("a b c"), 9, &small).bad,
                        "there is not enough memory for this command");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_what_a_shell_makes_of_them),
        cmocka_unit_test(what_needs_a_shell_is_refused),
        cmocka_unit_test(open_ends_are_found),
        cmocka_unit_test(bounds_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
