#include "tests/unit/proto/base/comma.h"
#include "tests/unit/proto/base/text_assert.h"

#include "proto/base/num.h"
#include "proto/base/rng.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

static void prints_shortest(void **state) {
    (void)state;
    const struct {
        double value;
        const char *text;
    } table[] = {
        {0, "0"},
        {-0.0, "-0"},
        {5, "5"},
        {-17, "-17"},
        {1e6, "1000000"},
        {0.1, "0.1"},
        {0.5, "0.5"},
        {-2.25, "-2.25"},
        {1.0 / 3, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"},
        {123.456, "123.456"},
        {0.0001, "0.0001"},
        {0.00012345, "0.00012345"},
        {1e-5, "1e-5"},
        {1.5e-7, "1.5e-7"},
        {9007199254740991.0, "9007199254740991"},
        {9007199254740994.0, "9007199254740994"},
        {1e16, "10000000000000000"},
        {1e17, "1e17"},
        {1.5e300, "1.5e300"},
        {DBL_MAX, "1.7976931348623157e308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {5e-324, "5e-324"},
        {NAN, "nan"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_written(table[i].text, num_print(&out, table[i].value));
}

/* Random bit patterns cover all magnitudes evenly. */
static void printed_reads_back(void **state) {
    (void)state;
    struct rng r = rng_of(1, 0, 0);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = rng_u64(&r);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        uint8_t memory[64];
        struct buf out = buf_of(memory, sizeof memory);
        num_print(&out, value);
        double again = 0;
        assert_true(num_parse(buf_view(&out), &again));
        assert_memory_equal(&again, &value, sizeof value);
    }
}

static void prints_short_for_tables(void **state) {
    (void)state;
    const struct {
        double value;
        int significant;
        const char *text;
    } table[] = {
        {0.123456, 4, "0.1235"},
        {0.98765, 3, "0.988"},
        {2, 4, "2"},
        {1000, 3, "1000"},
        {12345.678, 3, "12346"},
        {999999, 3, "999999"},
        {999999.7, 3, "1e6"},
        {1234567, 3, "1.23e6"},
        {0.000123456, 3, "0.000123"},
        {0.0000123456, 3, "1.23e-5"},
        {-0.5004, 3, "-0.5"},
        {0, 3, "0"},
        {0.1 + 0.2, 0, "0.30000000000000004"},
        {NAN, 3, "nan"},
        {1.0 / 3, 99, "0.3333333333333333"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_written(table[i].text, num_print_short(&out, table[i].value, table[i].significant));
}

static void parses_numbers(void **state) {
    (void)state;
    const struct {
        const char *text;
        double value;
    } table[] = {
        {"0", 0},
        {"1e-5", 1e-5},
        {"010", 10},
        {"+3", 3},
        {"-2.5E+3", -2500},
        {".5", 0.5},
        {"5.", 5},
        {"1e-400", 0},
        {"0.1", 0.1},
        {"1E3", 1000},
        {"-0", -0.0},
        {"-.5", -0.5},
        {"5.e1", 50},
        {"12.50E-1", 1.25},
        {"+0.001e+3", 1},
        {"-0.0", -0.0},
        {"0.1e-99999999999999999999", 0},
        {"2.2250738585072014e-308", DBL_MIN},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        double value = -1;
        assert_true(num_parse(span_text(table[i].text), &value));
        assert_memory_equal(&value, &table[i].value, sizeof value);
    }
}

static void refuses_what_is_no_number(void **state) {
    (void)state;
    const char *const table[] = {"",         "-",
                                 ".",        "e5",
                                 "1e",       "1e+",
                                 "0x10",     "inf",
                                 "nan",      "NaN",
                                 "1_000",    " 1",
                                 "1 ",       "1,5",
                                 "--1",      "1.2.3",
                                 "1e5.0",    "1e999",
                                 "-1e999",   "1f",
                                 "Infinity", "1.5e99999999999999999999"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        double value = 42;
        assert_false(num_parse(span_text(table[i]), &value));
        assert_true(value == 42);
    }
    char longest[NUM_TEXT_MAX + 2];
    memset(longest, '1', sizeof longest);
    longest[1] = '.';
    double value = 0;
    assert_true(num_parse(span_of(longest, NUM_TEXT_MAX), &value));
    assert_false(num_parse(span_of(longest, NUM_TEXT_MAX + 1), &value));
    assert_false(num_parse(span_of("1\0", 2), &value));
}

/* A program that links libzygtune may have set the locale of its user. */
static void decimal_sign_is_a_point_in_every_locale(void **state) {
    locale_t comma = comma_locale();
    char text[8];
    if (comma == (locale_t)0)
        skip(); /* another C library */
    locale_t before = uselocale(comma);
    snprintf(text, sizeof text, "%.1f", 0.5);
    assert_string_equal(text, "0,5");
    prints_shortest(state);
    printed_reads_back(state);
    prints_short_for_tables(state);
    parses_numbers(state);
    refuses_what_is_no_number(state);
    uselocale(before);
    freelocale(comma);
}

static void parses_whole_numbers(void **state) {
    (void)state;
    int64_t value = 0;
    assert_true(num_parse_i64(span_text("9223372036854775807"), &value));
    assert_int_equal(value, INT64_MAX);
    assert_true(num_parse_i64(span_text("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_true(num_parse_i64(span_text("+007"), &value));
    assert_int_equal(value, 7);
    assert_true(num_parse_i64(span_text("-0"), &value));
    assert_int_equal(value, 0);
    const char *const wrong[] = {"",
                                 "-",
                                 "1.0",
                                 "1e3",
                                 "9223372036854775808",
                                 "-9223372036854775809",
                                 "99999999999999999999999",
                                 " 1",
                                 "1x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(num_parse_i64(span_text(wrong[i]), &value));
    assert_int_equal(value, 0);
}

static void parses_durations(void **state) {
    (void)state;
    const struct {
        const char *text;
        dur_ms value;
    } table[] = {
        {"250ms", 250}, {"30s", 30000},    {"5m", 300000},    {"2h", 7200000}, {"1d", 86400000},
        {"2.3s", 2300}, {"0.5h", 1800000}, {"3 min", 180000}, {"0s", 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        dur_ms value = -1;
        assert_true(num_parse_duration(span_text(table[i].text), &value));
        assert_int_equal(value, table[i].value);
    }
    const char *const wrong[] = {"",
                                 "5",
                                 "s",
                                 "-5s",
                                 "5 sec",
                                 "1h30m",
                                 "1.5ms",
                                 "1.s",
                                 ".5s",
                                 "1e3s",
                                 "5S",
                                 "99999999999999999999d",
                                 "106751991168d",
                                 "0.1234567s"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        dur_ms value = 77;
        assert_false(num_parse_duration(span_text(wrong[i]), &value));
        assert_int_equal(value, 77);
    }
}

static void parses_sizes(void **state) {
    (void)state;
    const struct {
        const char *text;
        uint64_t value;
    } table[] = {
        {"512", 512},
        {"0", 0},
        {"100 B", 100},
        {"64KiB", 65536},
        {"20MiB", 20971520},
        {"2GiB", 2147483648},
        {"5MB", 5000000},
        {"1.5GiB", 1610612736},
        {"3kB", 3000},
        {"1TiB", 1099511627776},
        {"18446744073709551615", UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        uint64_t value = 1;
        assert_true(num_parse_size(span_text(table[i].text), &value));
        assert_true(value == table[i].value);
    }
    const char *const wrong[] = {
        "",           "MiB", "5mb", "5M", "-1", "0.5", "0.3KiB", "1e3", "18446744073709551616",
        "16777216TiB"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint64_t value = 1;
        assert_false(num_parse_size(span_text(wrong[i]), &value));
        assert_int_equal(value, 1);
    }
}

static void prints_durations(void **state) {
    (void)state;
    const struct {
        dur_ms value;
        const char *text;
    } table[] = {
        {0, "0 ms"},
        {850, "850 ms"},
        {999, "999 ms"},
        {1000, "1 s"},
        {4250, "4.2 s"},
        {9999, "9.9 s"},
        {10999, "10 s"},
        {59999, "59 s"},
        {60000, "1 min"},
        {200000, "3 min 20 s"},
        {3599999, "59 min 59 s"},
        {3600000, "1 h"},
        {7500000, "2 h 5 min"},
        {97200000, "1 d 3 h"},
        {-850, "-850 ms"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_written(table[i].text, num_print_duration(&out, table[i].value));
    assert_written("-106751991167 d 7 h", num_print_duration(&out, INT64_MIN));
}

static void prints_sizes(void **state) {
    (void)state;
    const struct {
        uint64_t value;
        const char *text;
    } table[] = {
        {0, "0 B"},
        {512, "512 B"},
        {1023, "1023 B"},
        {1024, "1 KiB"},
        {1536, "1.5 KiB"},
        {20971520, "20 MiB"},
        {1048575, "1023 KiB"},
        {2147483648, "2 GiB"},
        {UINT64_MAX, "15 EiB"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_written(table[i].text, num_print_size(&out, table[i].value));
}

static void prints_times(void **state) {
    (void)state;
    const struct {
        wall_ms when;
        const char *text;
    } table[] = {
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {951782399999, "2000-02-28T23:59:59Z"},
        {951782400000, "2000-02-29T00:00:00Z"},
        {951868800000, "2000-03-01T00:00:00Z"},
        {1795289400000, "2026-11-21T19:30:00Z"},
        {4107542400000, "2100-03-01T00:00:00Z"}, /* 2100 has no leap day */
        {4107542399000, "2100-02-28T23:59:59Z"},
        {-62135596800000, "0001-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_written(table[i].text, num_print_time(&out, table[i].when));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_shortest),
        cmocka_unit_test(printed_reads_back),
        cmocka_unit_test(prints_short_for_tables),
        cmocka_unit_test(parses_numbers),
        cmocka_unit_test(refuses_what_is_no_number),
        cmocka_unit_test(decimal_sign_is_a_point_in_every_locale),
        cmocka_unit_test(parses_whole_numbers),
        cmocka_unit_test(parses_durations),
        cmocka_unit_test(parses_sizes),
        cmocka_unit_test(prints_durations),
        cmocka_unit_test(prints_sizes),
        cmocka_unit_test(prints_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
