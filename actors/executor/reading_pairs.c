#include "actors/executor/reading_parts.h"

#include <string.h>

static bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t';
}

static bool is_quote(uint8_t c) {
    return c == '"' || c == '\'' || c == '`';
}

static bool is_letter(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static bool is_one_of(uint8_t c, const char *set) {
    return c != 0 && strchr(set, c) != NULL;
}

/* Where a name may begin: after these, or at the start of the line. */
static bool may_precede_name(struct span line, size_t at) {
    return at == 0 || is_blank(line.data[at - 1]) || is_quote(line.data[at - 1]) ||
           is_one_of(line.data[at - 1], ",;|([{<>=");
}

static bool may_follow_number(struct span line, size_t at, bool step) {
    if (at == line.len || is_blank(line.data[at]) || is_quote(line.data[at]))
        return true;
    /* 0,84 and 1,000 mean different numbers in different countries, and neither means 0 or 1. */
    if (line.data[at] == ',' && at + 1 < line.len && is_digit(line.data[at + 1]))
        return false;
    return is_one_of(line.data[at], ",;|)]}<>%") || (step && is_one_of(line.data[at], "/:"));
}

/* Python's logging prints INFO:root:loss=0.3; what belongs to the logger is no part of the name. */
static struct span without_logger(struct span name) {
    static const char *const levels[] = {"DEBUG:", "INFO:", "WARNING:", "ERROR:", "CRITICAL:"};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (!span_starts(name, levels[i]))
            continue;
        size_t at = name.len;
        while (name.data[at - 1] != ':')
            at--;
        return span_from(name, at);
    }
    return name;
}

static bool is_before(struct span line, size_t end, struct span name) {
    size_t len = name.len;
    if (len == 0 || len > end)
        return false;
    return span_equal(span_of(line.data + end - len, len), name) &&
           (may_precede_name(line, end - len) || line.data[end - len - 1] == ':');
}

/* What the search wants to know may be called what no other name in a line may, so it is looked for as it is written. */
static struct span wanted_before(struct span line, size_t end, const struct reading_rules *rules) {
    struct span found = {0};
    if (is_before(line, end, rules->objective))
        found = rules->objective;
    for (uint32_t i = 0; i < rules->others_count; i++) {
        if (rules->others[i].len > found.len && is_before(line, end, rules->others[i]))
            found = rules->others[i];
    }
    return found;
}

/* The name that ends before `end`, or nothing. */
static struct span name_before(struct span line, size_t end, const struct reading_rules *rules) {
    enum { PREFIXED_NAME_MAX = 2 * LIMIT_NAME_BYTES };
    while (end > 0 && is_blank(line.data[end - 1]))
        end--;
    if (end > 0 && is_quote(line.data[end - 1]))
        end--;
    struct span wanted = wanted_before(line, end, rules);
    if (wanted.len > 0)
        return wanted;
    size_t begin = end;
    while (begin > 0 && end - begin <= PREFIXED_NAME_MAX &&
           reading_is_name_byte(line.data[begin - 1]))
        begin--;
    if (begin == end || !may_precede_name(line, begin))
        return (struct span){0};
    struct span name = without_logger(span_of(line.data + begin, end - begin));
    bool fits = name.len > 0 && name.len <= LIMIT_NAME_BYTES && is_letter(name.data[0]) &&
                !is_one_of(name.data[name.len - 1], ".:/-");
    for (size_t i = 1; fits && i < name.len; i++)
        fits = name.data[i] != '/' || name.data[i - 1] != '/'; /* an address */
    return fits ? name : (struct span){0};
}

/* The number that begins at `at`; false when there is none. */
static bool number_at(struct span line, size_t at, bool step, double *value, bool *finite) {
    size_t end = at;
    while (end < line.len && (is_letter(line.data[end]) || is_digit(line.data[end]) ||
                              is_one_of(line.data[end], ".+-")))
        end++;
    if (end == at || !may_follow_number(line, end, step))
        return false;
    struct span text = span_of(line.data + at, end - at);
    if (text.data[text.len - 1] == '.') /* the end of a sentence */
        text.len--;
    return reading_number(text, value, finite);
}

static size_t skip_blanks(struct span line, size_t at) {
    while (at < line.len && is_blank(line.data[at]))
        at++;
    return at;
}

static void take_pair(struct readings *r, struct span line, size_t separator,
                      const struct reading_rules *rules) {
    double value;
    bool finite;
    struct span name = name_before(line, separator, rules);
    if (name.len == 0)
        return;
    size_t at = skip_blanks(line, separator + 1);
    if (number_at(line, at, reading_is_step(name, rules), &value, &finite))
        readings_add(r, name, value, finite, false, rules);
}

/* "Epoch 3/10", "step 100": a word that means a step, blanks, digits. Answers where the word ends. */
static size_t take_word(struct readings *r, struct span line, size_t begin,
                        const struct reading_rules *rules) {
    double value;
    bool finite;
    size_t end = begin;
    while (end < line.len && is_letter(line.data[end]))
        end++;
    struct span word = span_of(line.data + begin, end - begin);
    size_t at = skip_blanks(line, end);
    if (at > end && at < line.len && is_digit(line.data[at]) && reading_is_step(word, rules) &&
        number_at(line, at, true, &value, &finite))
        readings_add(r, word, value, finite, false, rules);
    return end;
}

void reading_take_pairs(struct readings *r, struct span line, const struct reading_rules *rules) {
    for (size_t at = 0; at < line.len;) {
        uint8_t c = line.data[at];
        if (is_letter(c) && may_precede_name(line, at)) {
            at = take_word(r, line, at, rules);
            continue;
        }
        if (c == '=' || c == ':')
            take_pair(r, line, at, rules);
        at++;
    }
}
