#include "proto/job/expr_words.h"

static const struct {
    const char *text;
    enum relation relation;
} relations[] = {
    /* longer ones first */
    {"==", EQUAL},         {"!=", UNEQUAL}, {"<=", LESS_EQUAL},
    {">=", GREATER_EQUAL}, {"<", LESS},     {">", GREATER},
};

/* What people write who know another language. */
static const struct {
    const char *text;
    const char *what;
} foreign[] = {
    {"&&", "write 'and' instead of '&&'"},        {"||", "write 'or' instead of '||'"},
    {"!", "write 'not' instead of '!'"},          {"=", "write '==' to compare"},
    {"**", "there are no powers: write x * x"},   {"^", "there are no powers: write x * x"},
    {"//", "write floor(x / y) instead of '//'"},
};

static const char *const functions[FUNCTION_COUNT] = {
    [ABS] = "abs", [CEIL] = "ceil", [FLOOR] = "floor",
    [MAX] = "max", [MIN] = "min",   [SQRT] = "sqrt",
};

const char *expr_function_name(enum function function) {
    return functions[function];
}

bool expr_function(struct span word, enum function *out) {
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        if (span_is(word, functions[i])) {
            *out = (enum function)i;
            return true;
        }
    }
    return false;
}

bool expr_named(const struct expr_names *names, struct span word, uint32_t *position) {
    for (uint32_t i = 0; i < names->count; i++) {
        if (span_equal(names->names[i], word)) {
            *position = i;
            return true;
        }
    }
    return false;
}

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool is_inside_name(uint8_t c) {
    return is_letter(c) || is_digit(c) || c == '.';
}

static bool is_sign(uint8_t c) {
    return c == '-' || c == '+';
}

static size_t digits_end(struct span text, size_t at) {
    while (at < text.len && is_digit(text.data[at]))
        at++;
    return at;
}

/* Digits, a fraction, an exponent; what else sticks to them is taken too, and is then no number. */
static size_t number_end(struct span text, size_t at) {
    at = digits_end(text, at);
    if (at < text.len && text.data[at] == '.')
        at = digits_end(text, at + 1);
    if (at < text.len && (text.data[at] == 'e' || text.data[at] == 'E')) {
        size_t power = at + 1 < text.len && is_sign(text.data[at + 1]) ? at + 2 : at + 1;
        size_t end = digits_end(text, power);
        at = end > power ? end : at;
    }
    while (at < text.len && is_inside_name(text.data[at]))
        at++;
    return at;
}

static size_t name_end(struct span text, size_t at) {
    while (at < text.len && is_inside_name(text.data[at]))
        at++;
    return at;
}

static bool begins_number(struct span text, size_t at) {
    return at < text.len && (is_digit(text.data[at]) || text.data[at] == '.');
}

/* What lies between - and +: parameters, functions and numbers all along, or where is the first part
 * that is none of them? names_found: how many parameters there are. */
static bool is_reckoning(const struct expr_names *names, struct span text, struct span *odd,
                         uint32_t *names_found) {
    bool reckons = true;
    *names_found = 0;
    for (size_t at = 0;;) {
        uint32_t position;
        enum function function;
        bool number = begins_number(text, at);
        size_t end = number ? number_end(text, at) : name_end(text, at);
        struct span part = span_of(text.data + at, end - at);
        bool named = !number && expr_named(names, part, &position);
        *names_found += named;
        if (reckons && !number && !named && !expr_function(part, &function)) {
            reckons = false;
            *odd = part;
        }
        if (end >= text.len)
            return reckons;
        at = end + 1;
    }
}

struct span expr_blame(const struct expr_names *names, struct span word) {
    struct span odd;
    uint32_t found;
    return is_reckoning(names, word, &odd, &found) || found == 0 || odd.len == 0 ? word : odd;
}

static size_t word_end(const struct words_of *w, size_t at) {
    size_t name = name_end(w->text, at);
    size_t end = name;
    while (end < w->text.len && (is_inside_name(w->text.data[end]) || is_sign(w->text.data[end])))
        end++;
    struct span word = span_of(w->text.data + at, end - at), odd;
    uint32_t found;
    return w->names->open || is_reckoning(w->names, word, &odd, &found) ? name : end;
}

static struct lexeme bad(struct words_of *w, size_t at, const char *what) {
    w->bad = what;
    return (struct lexeme){.kind = LEXEME_BAD, .at = at};
}

static struct lexeme lexeme_of(struct words_of *w, enum lexeme_kind kind, size_t at, size_t end) {
    w->next = end;
    return (struct lexeme){.kind = kind, .at = at, .text = span_of(w->text.data + at, end - at)};
}

static struct lexeme quoted(struct words_of *w, size_t at) {
    uint8_t quote = w->text.data[at];
    size_t end = at + 1;
    while (end < w->text.len && w->text.data[end] != quote)
        end++;
    if (end == w->text.len)
        return bad(w, at, "a quote that is not closed");
    struct lexeme lexeme = lexeme_of(w, LEXEME_QUOTED, at + 1, end);
    lexeme.at = at;
    w->next = end + 1;
    return lexeme;
}

static bool is_one_sign(uint8_t c) {
    static const char signs[] = "()[],+-*/%";
    for (const char *sign = signs; *sign != '\0'; sign++) {
        if (c == (uint8_t)*sign)
            return true;
    }
    return false;
}

static struct lexeme sign(struct words_of *w, size_t at) {
    struct span rest = span_from(w->text, at);
    for (size_t i = 0; i < sizeof relations / sizeof relations[0]; i++) {
        if (!span_starts(rest, relations[i].text))
            continue;
        size_t len = span_text(relations[i].text).len;
        struct lexeme lexeme = lexeme_of(w, LEXEME_RELATION, at, at + len);
        lexeme.relation = relations[i].relation;
        return lexeme;
    }
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        if (span_starts(rest, foreign[i].text))
            return bad(w, at, foreign[i].what);
    }
    if (is_one_sign(rest.data[0]))
        return lexeme_of(w, LEXEME_SIGN, at, at + 1);
    return bad(w, at, "a character that no condition has");
}

void expr_advance(struct words_of *w) {
    const uint8_t *data = w->text.data;
    size_t at = w->next;
    if (w->lexeme.kind == LEXEME_BAD)
        return;
    while (at < w->text.len && (data[at] == ' ' || data[at] == '\t' || data[at] == '\n'))
        at++;
    if (at == w->text.len)
        w->lexeme = (struct lexeme){.kind = LEXEME_END, .at = at};
    else if (data[at] == '\'' || data[at] == '"')
        w->lexeme = quoted(w, at);
    else if (begins_number(w->text, at))
        w->lexeme = lexeme_of(w, LEXEME_NUMBER, at, number_end(w->text, at));
    else if (is_letter(data[at]))
        w->lexeme = lexeme_of(w, LEXEME_WORD, at, word_end(w, at));
    else
        w->lexeme = sign(w, at);
}
