#include "tests/unit/proto/job/make.h"

static void good_patterns_pass(void **state) {
    (void)state;
    static const char *const good[] = {
        "loss ([0-9.]+)",
        "(a)",
        "()",
        "\\(epoch\\) (x)",
        "[(] ([^]]+)",
        "[]()] (x)",
        "[[:alpha:][.(.][=)=]]+ ([[:digit:]]{1,3})",
        "a{x (b)",
        "(x{1,999})",
        "(x){500}",
        "(x{1,9}y){1,90}z",
        "a{20}{5}(b)",
        "[\\\\d](x)",
        "\\\\([\\])",
    };
    for (uint32_t i = 0; i < COUNT(good); i++) {
        struct job_fault fault;
        if (!job_check_pattern(span_text(good[i]), "x", &fault))
            fail_msg("%s: %s", good[i], fault.what);
    }
}

static void bad_patterns_are_placed(void **state) {
    (void)state;
    const char *long_one = "with its repetitions written out a pattern has at most 1000 parts";
    const char *no_group =
        "a pattern has exactly one group (...), which holds the number; this has 0";
    const struct {
        const char *pattern;
        size_t at;
        const char *what;
    } bad[] = {
        {"", 0, "a pattern has 1 to 500 bytes"},
        {"acc", 0, no_group},
        {"\\(acc)", 5, "')' closes nothing; write '\\)' for one that means itself"},
        {"[(]acc[)]", 0, no_group},
        {"((a{1,200}){1,200}){1,200}", 0,
         "a pattern has exactly one group (...), which holds the number; this has 2"},
        {"(a)(", 3, "'(' is not closed; write '\\(' for one that means itself"},
        {"(a))", 3, "')' closes nothing; write '\\)' for one that means itself"},
        {"(a) [b", 4, "'[' is not closed; write '\\[' for one that means itself"},
        {"(a) []", 4, "'[' is not closed; write '\\[' for one that means itself"},
        {"(a) [[:alpha:]", 4, "'[' is not closed; write '\\[' for one that means itself"},
        {"(a) [[:", 4, "'[' is not closed; write '\\[' for one that means itself"},
        {"(\\d+)", 1, "'\\d' is not in POSIX extended regular expressions; write [0-9]"},
        {"([\\d])", 2, "'\\d' is not in POSIX extended regular expressions; write [0-9]"},
        {"(a)\\9", 3, "'\\9' is not in POSIX extended regular expressions"},
        {"(a{1,200}){1,200}", 10, long_one},
        {"(a){501}", 3, long_one},
        {"(a){501,}", 3, long_one},
        {"(a){,501}", 3, long_one},
        {"(a){99999999999999999999999999}", 3, long_one},
        {"a{20}{51}(b)", 5, long_one},
        {"a{600}b{400}(c)", 14, long_one},
        {"a{600}(b{400})", 13, long_one},
    };
    for (uint32_t i = 0; i < COUNT(bad); i++) {
        struct job_fault fault;
        if (job_check_pattern(span_text(bad[i].pattern), "here", &fault))
            fail_msg("%s passes", bad[i].pattern);
        if (strcmp(fault.what, bad[i].what) != 0 || fault.at != bad[i].at)
            fail_msg("%s: at %zu: %s", bad[i].pattern, fault.at, fault.what);
        assert_string_equal(fault.where, "here");
    }
}

static void a_pattern_is_short(void **state) {
    (void)state;
    struct job_fault fault;
    char text[PATTERN_BYTES_MAX + 1];
    memset(text, 'x', sizeof text);
    memcpy(text, "(x)", 3);
    assert_true(job_check_pattern(span_of(text, PATTERN_BYTES_MAX), "x", &fault));
    assert_false(job_check_pattern(span_of(text, sizeof text), "x", &fault));
    assert_string_equal(fault.what, "a pattern has 1 to 500 bytes");
    memset(text, '(', sizeof text);
    assert_false(job_check_pattern(span_of(text, PATTERN_BYTES_MAX), "x", &fault));
    assert_int_equal(fault.at, PATTERN_BYTES_MAX - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_patterns_pass),
        cmocka_unit_test(bad_patterns_are_placed),
        cmocka_unit_test(a_pattern_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
