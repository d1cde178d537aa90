/* args: options, operands and selectors of a command line, and what people are told about their
 * slips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/cli/args.h"

enum { WORDS_MAX = 32 };

struct given {
    bool wait;
    uint64_t limit;
    const char *sort;
    dur_ms timeout;
    struct args_texts seeds;
};

/* Reads a command line that ends with NULL. */
static bool line_read(struct args *args, struct given *given, const char *const *words,
                      struct err *err) {
    const struct args_option options[] = {
        {"wait", 'w', ARGS_FLAG, &given->wait}, {"limit", 'n', ARGS_NUMBER, &given->limit},
        {"sort", 0, ARGS_TEXT, &given->sort},   {"timeout", 't', ARGS_DURATION, &given->timeout},
        {"seed", 0, ARGS_TEXTS, &given->seeds}, {0},
    };
    const struct args_rules rules = {
        .options = options,
        .formats = FORMAT_BIT(FORMAT_TABLE) | FORMAT_BIT(FORMAT_JSON),
        .least = 1,
        .most = 2,
        .operand = "JOB",
    };
    char *argv[WORDS_MAX + 1] = {"verb"};
    int argc = 1;
    for (; *words != NULL; words++)
        argv[argc++] = (char *)*words;
    *given = (struct given){0};
    return args_read(args, argc, argv, &rules, err);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_refused(const char *const *words, const char *what) {
    struct args args;
    struct given given;
    struct err err = {0};
    assert_false(line_read(&args, &given, words, &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.what, what);
}

static void an_option_may_come_several_times(void **state) {
    (void)state;
    struct args args;
    struct given given;
    struct err err;
    assert_true(
        line_read(&args, &given, WORDS("--seed", "a", "last", "--seed=b", "--seed", "c"), &err));
    assert_int_equal(given.seeds.count, 3);
    assert_string_equal(given.seeds.items[0], "a");
    assert_string_equal(given.seeds.items[1], "b");
    assert_string_equal(given.seeds.items[2], "c");
    assert_refused(WORDS("last", "--seed=1", "--seed=2", "--seed=3", "--seed=4", "--seed=5",
                         "--seed=6", "--seed=7", "--seed=8", "--seed=9"),
                   "--seed: given more than 8 times");
}

static void reads_options_in_any_order(void **state) {
    (void)state;
    struct args args;
    struct given given;
    struct err err;
    assert_true(line_read(&args, &given,
                          WORDS("last", "--wait", "-n", "20", "--sort=value", "two", "-t", "30s",
                                "-q", "-ojson", "--state", "/tmp/z"),
                          &err));
    assert_true(given.wait);
    assert_int_equal(given.limit, 20);
    assert_string_equal(given.sort, "value");
    assert_int_equal(given.timeout, 30000);
    assert_true(args.quiet);
    assert_false(args.help);
    assert_int_equal(args.format, FORMAT_JSON);
    assert_true(args.format_given);
    assert_string_equal(args.state_dir, "/tmp/z");
    assert_int_equal(args.operands_count, 2);
    assert_string_equal(args.operands[0], "last");
    assert_string_equal(args.operands[1], "two");
}

static void starts_anew_each_time(void **state) {
    (void)state;
    struct args args;
    struct given given;
    struct err err;
    assert_true(line_read(&args, &given, WORDS("-w", "one"), &err));
    assert_true(line_read(&args, &given, WORDS("other"), &err));
    assert_false(given.wait);
    assert_false(args.quiet);
    assert_int_equal(args.format, FORMAT_TABLE);
    assert_false(args.format_given);
    assert_null(args.state_dir);
    assert_int_equal(args.operands_count, 1);
    assert_string_equal(args.operands[0], "other");
}

static void two_dashes_end_the_options(void **state) {
    (void)state;
    struct args args;
    struct given given;
    struct err err;
    assert_true(line_read(&args, &given, WORDS("--", "--wait", "-"), &err));
    assert_false(given.wait);
    assert_string_equal(args.operands[0], "--wait");
    assert_string_equal(args.operands[1], "-");
}

static void help_is_answered_at_once(void **state) {
    (void)state;
    struct args args;
    struct given given;
    struct err err;
    assert_true(line_read(&args, &given, WORDS("--help", "--nonsense"), &err));
    assert_true(args.help);
    assert_true(line_read(&args, &given, WORDS("-h"), &err));
    assert_true(args.help);
}

static void slips_are_explained(void **state) {
    (void)state;
    assert_refused(WORDS("--wiat", "last"), "unknown option '--wiat' (did you mean '--wait'?)");
    assert_refused(WORDS("--timout=3s", "last"),
                   "unknown option '--timout' (did you mean '--timeout'?)");
    assert_refused(WORDS("--verbose", "last"), "unknown option '--verbose'");
    assert_refused(WORDS("-x", "last"), "unknown option '-x'");
    assert_refused(WORDS("last", "--limit"), "option '--limit' needs a value");
    assert_refused(WORDS("last", "-n"), "option '-n' needs a value");
    assert_refused(WORDS("last", "--wait=yes"), "option '--wait=yes' takes no value");
    assert_refused(WORDS("last", "--limit", "-3"), "--limit -3: expected a whole number");
    assert_refused(WORDS("last", "-n", "many"), "--limit many: expected a whole number");
    assert_refused(WORDS("last", "--timeout", "soon"),
                   "--timeout soon: expected a duration such as 30s, 5m or 2h");
    assert_refused(WORDS("last", "-o", "csv"), "-o csv: expected one of table, json");
    assert_refused(WORDS("--wait"), "JOB is missing");
    assert_refused(WORDS("a", "b", "c"), "'c' is one argument too many");
}

static void selectors_name_jobs_and_trials(void **state) {
    (void)state;
    struct selector s;
    struct err err = {0};
    assert_true(selector_read(&s, "digits-3f2a", &err));
    assert_string_equal(s.job, "digits-3f2a");
    assert_false(s.has_slot);
    assert_true(selector_read(&s, "last/17", &err));
    assert_string_equal(s.job, "last");
    assert_true(s.has_slot);
    assert_int_equal(s.slot, 17);

    assert_false(selector_read(&s, "", &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_false(selector_read(&s, "/17", &err));
    assert_false(selector_read(&s, "last/", &err));
    assert_false(selector_read(&s, "last/-1", &err));
    assert_false(selector_read(&s, "last/best", &err));
    assert_string_equal(err.what,
                        "'last/best': expected a trial's number after the '/', as in last/17");
    char longest[200];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_false(selector_read(&s, longest, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void nearest_names(void **state) {
    (void)state;
    static const char *const names[] = {"submit", "show", "watch", "wait", "ls", NULL};
    assert_string_equal(name_nearest("sumbit", names), "submit");
    assert_string_equal(name_nearest("watc", names), "watch");
    assert_string_equal(name_nearest("wati", names), "wait");
    assert_string_equal(name_nearest("lss", names), "ls");
    assert_null(name_nearest("dashboard", names));
    assert_null(name_nearest("", names));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_options_in_any_order),
        cmocka_unit_test(an_option_may_come_several_times),
        cmocka_unit_test(starts_anew_each_time),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(help_is_answered_at_once),
        cmocka_unit_test(slips_are_explained),
        cmocka_unit_test(selectors_name_jobs_and_trials),
        cmocka_unit_test(nearest_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
