#include "proto/job/check.h"

/* What a pattern is made of, one a step. */
enum element_kind { ELEMENT_END, ELEMENT_ONE, ELEMENT_OPEN, ELEMENT_CLOSE, ELEMENT_REPEAT };

struct element {
    enum element_kind kind;
    size_t at;
    size_t end;
    size_t times; /* of ELEMENT_REPEAT: how often what it follows is written out */
};

/* A backslash before a letter or digit means something else in every kind of expression; POSIX has
 * none of them. */
static const struct {
    char letter;
    const char *instead;
} escapes[] = {
    {'d', "[0-9]"}, {'D', "[^0-9]"}, {'w', "[A-Za-z0-9_]"},
    {'s', "[ \t]"}, {'S', "[^ \t]"}, {'b', "a space or nothing"},
};

static bool escape_fault(struct span text, size_t at, const char *where, struct job_fault *fault) {
    char c = (char)text.data[at + 1];
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
        if (escapes[i].letter == c)
            return job_fault_set(fault, where, at,
                                 "'\\%c' is not in POSIX extended regular expressions; write %s", c,
                                 escapes[i].instead);
    }
    return job_fault_set(fault, where, at, "'\\%c' is not in POSIX extended regular expressions",
                         c);
}

/* Also inside brackets, where POSIX takes the backslash for itself, which nobody means. What an
 * escape takes away begins no other. */
static bool check_escapes(struct span text, const char *where, struct job_fault *fault) {
    for (size_t i = 0; i + 1 < text.len; i++) {
        uint8_t c = text.data[i + 1];
        if (text.data[i] != '\\')
            continue;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
            return escape_fault(text, i, where, fault);
        i++;
    }
    return true;
}

static bool is_at(struct span text, size_t at, char c) {
    return at < text.len && text.data[at] == (uint8_t)c;
}

/* Behind the bracket that begins at `at`; 0: it is not closed. A ']' that comes first means itself,
 * and so does one inside [: :], [. .] and [= =]. */
static size_t bracket_end(struct span text, size_t at) {
    size_t i = at + 1;
    if (is_at(text, i, '^'))
        i++;
    if (is_at(text, i, ']'))
        i++;
    while (i < text.len && text.data[i] != ']') {
        char inner = '\0';
        if (text.data[i] == '[' && i + 1 < text.len)
            inner = (char)text.data[i + 1];
        if (inner != ':' && inner != '.' && inner != '=') {
            i++;
            continue;
        }
        i += 2;
        while (i < text.len && !(is_at(text, i, inner) && is_at(text, i + 1, ']')))
            i++;
        i += 2;
    }
    return i < text.len ? i + 1 : 0;
}

static size_t take_number(struct span text, size_t *at) {
    size_t number = 0;
    for (; *at < text.len && text.data[*at] >= '0' && text.data[*at] <= '9'; ++*at) {
        if (number <= PATTERN_PARTS_MAX)
            number = number * 10 + (size_t)(text.data[*at] - '0');
    }
    return number;
}

/* {m}, {m,} or {m,n}; other braces are left to the compiler. */
static void take_repeat(struct span text, struct element *e) {
    size_t at = e->at + 1;
    size_t least = take_number(text, &at);
    size_t most = least;
    if (is_at(text, at, ',')) {
        at++;
        most = take_number(text, &at);
    }
    if (!is_at(text, at, '}'))
        return;
    e->kind = ELEMENT_REPEAT;
    e->end = at + 1;
    e->times = most > least ? most : least;
}

/* The element that begins at `at` of a pattern whose brackets are closed. */
static struct element element_at(struct span text, size_t at) {
    struct element e = {.kind = ELEMENT_ONE, .at = at, .end = at + 1, .times = 1};
    if (at >= text.len)
        return (struct element){.kind = ELEMENT_END};
    switch (text.data[at]) {
    case '\\': e.end = at + 2; break;
    case '[': e.end = bracket_end(text, at); break;
    case '(': e.kind = ELEMENT_OPEN; break;
    case ')': e.kind = ELEMENT_CLOSE; break;
    case '*':
    case '+':
    case '?': e.kind = ELEMENT_REPEAT; break;
    case '{': take_repeat(text, &e); break;
    default: break;
    }
    return e;
}

static bool check_groups(struct span text, const char *where, struct job_fault *fault) {
    size_t groups = 0;
    size_t open[PATTERN_BYTES_MAX]; /* where each open parenthesis stands */
    size_t depth = 0;
    for (struct element e = element_at(text, 0); e.kind != ELEMENT_END;
         e = element_at(text, e.end)) {
        if (e.end == 0)
            return job_fault_set(fault, where, e.at,
                                 "'[' is not closed; write '\\[' for one that means itself");
        if (e.kind == ELEMENT_CLOSE && depth == 0)
            return job_fault_set(fault, where, e.at,
                                 "')' closes nothing; write '\\)' for one that means itself");
        if (e.kind == ELEMENT_OPEN) {
            open[depth++] = e.at;
            groups++;
        } else if (e.kind == ELEMENT_CLOSE) {
            depth--;
        }
    }
    if (depth > 0)
        return job_fault_set(fault, where, open[depth - 1],
                             "'(' is not closed; write '\\(' for one that means itself");
    return groups == 1 ||
           job_fault_set(
               fault, where, 0,
               "a pattern has exactly one group (...), which holds the number; this has %zu",
               groups);
}

/* A compiler writes x{3} out as xxx, and what it then makes of that grows with the square. `last`
 * is the length of what a repetition would repeat; with one group there is one sum to put aside. */
static bool check_length(struct span text, const char *where, struct job_fault *fault) {
    size_t parts = 0;
    size_t before = 0;
    size_t last = 0;
    for (struct element e = element_at(text, 0); e.kind != ELEMENT_END;
         e = element_at(text, e.end)) {
        if (e.kind == ELEMENT_REPEAT) {
            last *= e.times == 0 ? 1 : e.times;
        } else if (e.kind == ELEMENT_OPEN) {
            before = parts + last;
            parts = 0;
            last = 0;
        } else if (e.kind == ELEMENT_CLOSE) {
            last += parts + 1;
            parts = before;
        } else {
            parts += last;
            last = 1;
        }
        if (parts + last > PATTERN_PARTS_MAX)
            return job_fault_set(fault, where, e.at,
                                 "with its repetitions written out a pattern has at most %d parts",
                                 PATTERN_PARTS_MAX);
    }
    return true;
}

bool job_check_pattern(struct span pattern, const char *where, struct job_fault *fault) {
    if (pattern.len == 0 || pattern.len > PATTERN_BYTES_MAX)
        return job_fault_set(fault, where, 0, "a pattern has 1 to %d bytes", PATTERN_BYTES_MAX);
    return check_escapes(pattern, where, fault) && check_groups(pattern, where, fault) &&
           check_length(pattern, where, fault);
}
