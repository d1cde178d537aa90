#include "tests/unit/proto/job/make.h"

#include "proto/job/nearest.h"

static size_t distance(const char *a, const char *b) {
    return nearest_distance(span_text(a), span_text(b));
}

static void distances_are_those_of_the_definition(void **state) {
    (void)state;
    assert_int_equal(distance("", ""), 0);
    assert_int_equal(distance("abc", "abc"), 0);
    assert_int_equal(distance("abc", "ABC"), 0);
    assert_int_equal(distance("", "abc"), 3);
    assert_int_equal(distance("abc", ""), 3);
    assert_int_equal(distance("trails", "trials"), 1); /* a swap */
    assert_int_equal(distance("trial", "trials"), 1);
    assert_int_equal(distance("kitten", "sitting"), 3);
    assert_int_equal(distance("ca", "abc"), 3); /* optimal string alignment, not full Damerau */
    char longest[66];
    memset(longest, 'a', 65);
    longest[65] = '\0';
    assert_true(distance(longest, "a") == SIZE_MAX);
    assert_int_equal(distance(longest + 1, longest + 1), 0);
}

static const char *nearest_to(const char *word) {
    static const char *const names[] = {"method", "trials", "parallel", "seed", "min", "max"};
    static char best[65];
    struct nearest n = nearest_of(span_text(word));
    for (uint32_t i = 0; i < COUNT(names); i++)
        nearest_offer(&n, span_text(names[i]));
    snprintf(best, sizeof best, "%.*s", (int)n.best.len, (const char *)n.best.data);
    return best;
}

static void only_near_names_are_suggested(void **state) {
    (void)state;
    assert_string_equal(nearest_to("trails"), "trials");
    assert_string_equal(nearest_to("Paralel"), "parallel");
    assert_string_equal(nearest_to("mix"), "min"); /* as near as max, and earlier */
    assert_string_equal(nearest_to("banana"), "");
    assert_string_equal(nearest_to("x"), "");
    assert_string_equal(nearest_to(""), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_those_of_the_definition),
        cmocka_unit_test(only_near_names_are_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
