#include "proto/base/num.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGITS_MAX = 17,         /* as many significant digits tell any two doubles apart */
    EXPONENT_PLAIN_MIN = -4, /* 0.0001 is written out, 1e-5 is not */
    EXPONENT_PLAIN_MAX = 16, /* 12345678901234560 is written out, 1e17 is not */
    EXPONENT_SHORT_MAX = 5   /* in tables: 123456 is written out, 1.23e6 is not */
};

/* A number as 0.ddd... would have it: value = d.ddd * 10^exponent, without trailing zeros. */
struct decimal {
    bool negative;
    char digits[DIGITS_MAX + 1];
    int count;
    int exponent;
};

static struct decimal decimal_of(double value, int significant) {
    char text[40];
    struct decimal d = {.negative = signbit(value) != 0};
    snprintf(text, sizeof text, "%.*e", significant - 1, fabs(value));
    const char *p = text;
    for (; *p != 'e'; p++) {
        if (*p >= '0' && *p <= '9') /* and not the decimal sign, whatever it is here */
            d.digits[d.count++] = *p;
    }
    d.exponent = (int)strtol(p + 1, NULL, 10);
    while (d.count > 1 && d.digits[d.count - 1] == '0')
        d.count--;
    return d;
}

static void decimal_print(struct buf *out, const struct decimal *d, int exponent_max) {
    if (d->negative)
        buf_byte(out, '-');
    if (d->exponent < EXPONENT_PLAIN_MIN || d->exponent > exponent_max) {
        buf_put(out, d->digits, 1);
        if (d->count > 1) {
            buf_byte(out, '.');
            buf_put(out, d->digits + 1, (size_t)d->count - 1);
        }
        buf_byte(out, 'e');
        buf_i64(out, d->exponent);
        return;
    }
    if (d->exponent < 0)
        buf_text(out, "0.");
    for (int zeros = d->exponent + 1; zeros < 0; zeros++)
        buf_byte(out, '0');
    for (int i = 0; i < d->count || i <= d->exponent; i++) {
        if (i > 0 && i == d->exponent + 1)
            buf_byte(out, '.');
        buf_byte(out, i < d->count ? (uint8_t)d->digits[i] : '0');
    }
}

/* The two words JSON and YAML have no number for; shown to people only. */
static bool print_not_finite(struct buf *out, double value) {
    if (isfinite(value))
        return false;
    buf_text(out, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
    return true;
}

void num_print(struct buf *out, double value) {
    if (print_not_finite(out, value))
        return;
    if (fabs(value) < 0x1p53 && value == (double)(int64_t)value &&
        !(value == 0 && signbit(value))) {
        buf_i64(out, (int64_t)value);
        return;
    }
    /* A normal double that some decimal of up to DBL_DIG digits reads back as prints as just that
     * decimal with DBL_DIG digits, so nothing shorter need be tried; zeros at its end are dropped. */
    char text[40];
    int significant = fabs(value) < DBL_MIN ? 1 : DBL_DIG;
    for (; significant < DIGITS_MAX; significant++) {
        snprintf(text, sizeof text, "%.*e", significant - 1, value);
        if (strtod(text, NULL) == value)
            break;
    }
    struct decimal d = decimal_of(value, significant);
    decimal_print(out, &d, EXPONENT_PLAIN_MAX);
}

void num_print_short(struct buf *out, double value, int significant) {
    if (significant <= 0 || significant > DIGITS_MAX) {
        num_print(out, value);
        return;
    }
    if (print_not_finite(out, value))
        return;
    /* Digits before the point are never rounded away where they are written out. */
    int before_point = decimal_of(value, DIGITS_MAX).exponent + 1;
    if (before_point > significant && before_point <= EXPONENT_SHORT_MAX + 1)
        significant = before_point;
    struct decimal d = decimal_of(value, significant);
    decimal_print(out, &d, EXPONENT_SHORT_MAX);
}

/* ---- parsing ---- */

static size_t skip_digits(struct span text, size_t at) {
    while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    return at;
}

static size_t skip_sign(struct span text, size_t at) {
    return at < text.len && (text.data[at] == '-' || text.data[at] == '+') ? at + 1 : at;
}

/* [-+]? ( digits [ "." digits? ] | "." digits ) ( [eE] [-+]? digits )? and nothing else: YAML
 * 1.2.2, section 10.3.2. */
static bool is_number(struct span text) {
    size_t begin = skip_sign(text, 0);
    size_t at = skip_digits(text, begin);
    size_t digits = at - begin;
    if (at < text.len && text.data[at] == '.') {
        size_t end = skip_digits(text, at + 1);
        digits += end - at - 1;
        at = end;
    }
    if (digits == 0)
        return false;
    if (at < text.len && (text.data[at] == 'e' || text.data[at] == 'E')) {
        size_t power = skip_sign(text, at + 1);
        at = skip_digits(text, power);
        if (at == power)
            return false;
    }
    return at == text.len;
}

/* The same number without its point, which strtod of another locale would stop at: 1.25e3 as 125e1. */
static void copy_whole(char *copy, size_t size, struct span text) {
    enum { EXPONENT_FAR = 100000 }; /* beyond all of NUM_TEXT_MAX digits: 0 or not finite */
    const uint8_t *point = memchr(text.data, '.', text.len);
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (point == NULL)
        return;
    char *from = copy + (point - text.data);
    size_t digits = strspn(from + 1, "0123456789");
    long exponent = from[digits + 1] == '\0' ? 0 : strtol(from + digits + 2, NULL, 10);
    if (exponent > EXPONENT_FAR)
        exponent = EXPONENT_FAR;
    if (exponent < -EXPONENT_FAR)
        exponent = -EXPONENT_FAR;
    memmove(from, from + 1, digits);
    snprintf(from + digits, size - (size_t)(from - copy) - digits, "e%ld", exponent - (long)digits);
}

bool num_parse(struct span text, double *out) {
    char copy[NUM_TEXT_MAX + 32];
    if (text.len > NUM_TEXT_MAX || !is_number(text))
        return false;
    copy_whole(copy, sizeof copy, text);
    double value = strtod(copy, NULL);
    if (!isfinite(value))
        return false;
    *out = value;
    return true;
}

/* Adds the digits of text from `at` on to *value; false when there is none or the sum does not
 * fit. */
static bool read_digits(struct span text, size_t at, size_t end, uint64_t *value) {
    if (at == end)
        return false;
    for (; at < end; at++) {
        uint64_t digit = text.data[at] - (uint64_t)'0';
        if (*value > (UINT64_MAX - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    return true;
}

bool num_parse_i64(struct span text, int64_t *out) {
    size_t begin = skip_sign(text, 0);
    bool negative = begin > 0 && text.data[0] == '-';
    uint64_t magnitude = 0;
    if (skip_digits(text, begin) != text.len || !read_digits(text, begin, text.len, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *out = negative && magnitude > 0 ? -(int64_t)(magnitude - 1) - 1 : (int64_t)magnitude;
    return true;
}

struct unit {
    const char *name;
    uint64_t size;
};

static const struct unit duration_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000},
};

static const struct unit size_units[] = {
    {"", 1},
    {"B", 1},
    {"KB", 1000},
    {"kB", 1000},
    {"MB", 1000000},
    {"GB", 1000000000},
    {"TB", 1000000000000},
    {"KiB", 1ull << 10},
    {"MiB", 1ull << 20},
    {"GiB", 1ull << 30},
    {"TiB", 1ull << 40},
};

static const struct unit *find_unit(struct span name, const struct unit *units, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (span_is(name, units[i].name))
            return &units[i];
    }
    return NULL;
}

/* digits [ "." digits ] blanks? unit, worked out in whole numbers: "2.3s" is exactly 2300 ms, and
 * what would leave a rest ("0.5B") is refused. */
static bool parse_quantity(struct span text, const struct unit *units, size_t count,
                           uint64_t *out) {
    size_t point = skip_digits(text, 0);
    bool has_fraction = point < text.len && text.data[point] == '.';
    size_t end = has_fraction ? skip_digits(text, point + 1) : point;
    const struct unit *unit = find_unit(span_trim(span_from(text, end)), units, count);
    uint64_t whole = 0;
    uint64_t fraction = 0;
    if (unit == NULL || !read_digits(text, 0, point, &whole) || whole > UINT64_MAX / unit->size)
        return false;
    whole *= unit->size;
    uint64_t parts = 1;
    if (has_fraction) {
        if (end - point - 1 > 6 || !read_digits(text, point + 1, end, &fraction))
            return false;
        for (size_t i = point + 1; i < end; i++)
            parts *= 10;
    }
    uint64_t scaled = fraction * unit->size; /* below 10^6 * 2^40 */
    if (scaled % parts != 0 || whole > UINT64_MAX - scaled / parts)
        return false;
    *out = whole + scaled / parts;
    return true;
}

bool num_parse_duration(struct span text, dur_ms *out) {
    uint64_t value;
    if (!parse_quantity(text, duration_units, sizeof duration_units / sizeof *duration_units,
                        &value))
        return false;
    if (value > INT64_MAX)
        return false;
    *out = (dur_ms)value;
    return true;
}

bool num_parse_size(struct span text, uint64_t *out) {
    return parse_quantity(text, size_units, sizeof size_units / sizeof *size_units, out);
}

/* ---- printing for people ---- */

/* value / unit, cut (not rounded) to one place below ten and to none above: a clock that counts up
 * shows the same. */
static void print_tenths(struct buf *out, uint64_t value, uint64_t unit, const char *name) {
    uint64_t whole = value / unit;
    uint64_t tenth = value % unit * 10 / unit;
    buf_u64(out, whole);
    if (whole < 10 && tenth > 0) {
        buf_byte(out, '.');
        buf_u64(out, tenth);
    }
    buf_byte(out, ' ');
    buf_text(out, name);
}

/* The whole part in the larger unit and, when there is one, the rest in the smaller. */
static void print_two(struct buf *out, uint64_t value, uint64_t large, const char *large_name,
                      uint64_t small, const char *small_name) {
    buf_u64(out, value / large);
    buf_byte(out, ' ');
    buf_text(out, large_name);
    uint64_t rest = value % large / small;
    if (rest == 0)
        return;
    buf_byte(out, ' ');
    buf_u64(out, rest);
    buf_byte(out, ' ');
    buf_text(out, small_name);
}

void num_print_duration(struct buf *out, dur_ms value) {
    if (value < 0)
        buf_byte(out, '-');
    uint64_t ms = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (ms < 1000)
        print_tenths(out, ms, 1, "ms");
    else if (ms < 60000)
        print_tenths(out, ms, 1000, "s");
    else if (ms < 3600000)
        print_two(out, ms, 60000, "min", 1000, "s");
    else if (ms < 86400000)
        print_two(out, ms, 3600000, "h", 60000, "min");
    else
        print_two(out, ms, 86400000, "d", 3600000, "h");
}

void num_print_size(struct buf *out, uint64_t value) {
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t power = 0;
    while (value >> (10 * power) >= 1024)
        power++;
    print_tenths(out, value, 1ull << (10 * power), names[power]);
}

static void print_padded(struct buf *out, int64_t value, int width) {
    int64_t limit = 1;
    for (int i = 1; i < width; i++)
        limit *= 10;
    for (; limit > 1 && value < limit; limit /= 10)
        buf_byte(out, '0');
    buf_i64(out, value);
}

struct date {
    int64_t year;
    int64_t month;
    int64_t day;
};

/* The proleptic Gregorian date of a day since 1970. A year is taken to begin in March, so that the
 * leap day is its last and the months' lengths follow one formula; 400 such years have 146097
 * days. */
static struct date date_of(int64_t days) {
    days += 719468; /* from 1 March of year 0 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t in_era = days - era * 146097;
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * in_year + 2) / 153; /* 0: March */
    return (struct date){
        .year = year + era * 400 + (month >= 10 ? 1 : 0),
        .month = month < 10 ? month + 3 : month - 9,
        .day = in_year - (153 * month + 2) / 5 + 1,
    };
}

void num_print_time(struct buf *out, wall_ms when) {
    int64_t seconds = when / 1000 - (when % 1000 < 0 ? 1 : 0);
    int64_t days = seconds / 86400 - (seconds % 86400 < 0 ? 1 : 0);
    int64_t in_day = seconds - days * 86400;
    struct date date = date_of(days);
    const struct {
        int64_t value;
        int width;
        char after;
    } parts[] = {
        {date.year, 4, '-'},     {date.month, 2, '-'},       {date.day, 2, 'T'},
        {in_day / 3600, 2, ':'}, {in_day / 60 % 60, 2, ':'}, {in_day % 60, 2, 'Z'},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        print_padded(out, parts[i].value, parts[i].width);
        buf_byte(out, (uint8_t)parts[i].after);
    }
}
