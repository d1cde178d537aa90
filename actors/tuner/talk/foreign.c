#include "actors/tuner/talk/foreign.h"

#include "proto/job/nearest.h"
#include "proto/job/shown.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool foreign_refuse(struct foreign *f, const char *where, const char *format, ...) {
    if (f->fault[0] != '\0')
        return false;
    int len = snprintf(f->fault, sizeof f->fault, "%s: ", where);
    va_list args;
    va_start(args, format);
    vsnprintf(f->fault + len, sizeof f->fault - (size_t)len, format, args);
    va_end(args);
    return false;
}

struct foreign_where foreign_at(const char *format, ...) {
    struct foreign_where where;
    va_list args;
    va_start(args, format);
    vsnprintf(where.text, sizeof where.text, format, args);
    va_end(args);
    return where;
}

static bool is_letter(uint8_t c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* NaN, -Infinity, inf: what many languages write, and JSON does not know. */
static bool is_no_number(const struct json *j) {
    char word[10] = "";
    size_t at = j->at;
    while (at > 0 && is_letter(j->text.data[at - 1]))
        at--;
    for (size_t i = 0; i + 1 < sizeof word && at < j->text.len && is_letter(j->text.data[at]); i++)
        word[i] = (char)(j->text.data[at++] | 0x20);
    return strcmp(word, "nan") == 0 || strcmp(word, "inf") == 0 || strcmp(word, "infinity") == 0;
}

static bool refuse_json(struct foreign *f, const char *where, const struct json *j) {
    if (is_no_number(j))
        return foreign_refuse(
            f, where,
            "not JSON at byte %zu, which knows neither NaN nor infinity, "
            "expected a finite number, or of a trial without one \"state\":\"failed\"",
            j->at);
    return foreign_refuse(f, where, "not JSON at byte %zu, expected %s", j->at, j->bad);
}

bool foreign_items(struct foreign *f, struct span json, const char *where, char bracket,
                   struct foreign_items *items) {
    *items = (struct foreign_items){0};
    json_start(&items->json, json, f->scratch, sizeof f->scratch);
    enum json_token token = json_next(&items->json);
    if (token == JSON_BAD)
        return refuse_json(f, where, &items->json);
    if (token == (bracket == '{' ? JSON_OBJECT : JSON_ARRAY))
        return true;
    return foreign_refuse(f, where, "expected %s",
                          bracket == '{' ? "an object {...}" : "a list [...]");
}

/* The text of the value that comes next, or of which `begun` is the first token. */
static bool take_value(struct foreign_items *items, enum json_token begun, size_t from) {
    struct json *j = &items->json;
    if (!json_skip(j, begun))
        return false;
    items->value = span_of(j->text.data + from, j->at - from);
    return true;
}

static size_t past_blanks(struct span text, size_t at) {
    while (at < text.len && memchr(" \t\r\n,", text.data[at], 5) != NULL)
        at++;
    return at;
}

bool foreign_next(struct foreign *f, const char *where, struct foreign_items *items) {
    struct json *j = &items->json;
    size_t from = past_blanks(j->text, j->at);
    enum json_token token = json_next(j);
    bool more = token != JSON_BAD && token != JSON_ARRAY_END && token != JSON_OBJECT_END;
    if (more && token == JSON_KEY) {
        /* The value is passed over with a scratch of its own, so that the key stays. */
        uint8_t rest[FOREIGN_TEXT_MAX];
        items->key = j->string;
        from = past_blanks(j->text, j->at);
        j->scratch = buf_of(rest, sizeof rest);
        more = take_value(items, token, from);
        j->scratch = buf_of(f->scratch, sizeof f->scratch);
    } else if (more) {
        more = take_value(items, token, from);
    } else if (token != JSON_BAD && json_next(j) == JSON_END) {
        return false;
    }
    items->bad = !more;
    items->count += more;
    return more || refuse_json(f, where, j);
}

uint32_t foreign_count(struct foreign *f, struct span json, const char *where, char bracket) {
    struct foreign_items items;
    if (!foreign_items(f, json, where, bracket, &items))
        return 0;
    while (foreign_next(f, where, &items)) {}
    return items.bad ? 0 : items.count;
}

struct list {
    char text[FOREIGN_LIST_BYTES];
};

static struct list listed(const char *const *words, size_t count) {
    struct list list = {""};
    for (size_t i = 0, len = 0; i < count && len < sizeof list.text; i++)
        len += (size_t)snprintf(list.text + len, sizeof list.text - len, "%s%s", i > 0 ? ", " : "",
                                words[i]);
    return list;
}

static bool refuse_key(struct foreign *f, const char *where, struct span key,
                       const char *const *names, size_t count) {
    struct nearest nearest = nearest_of(key);
    for (size_t i = 0; i < count; i++)
        nearest_offer(&nearest, span_text(names[i]));
    if (nearest.best.len > 0)
        return foreign_refuse(f, where, "there is no key \"%.*s\" here, did you mean \"%.*s\"?",
                              SHOWN(key), SHOWN(nearest.best));
    return foreign_refuse(f, where, "there is no key \"%.*s\" here, expected %s", SHOWN(key),
                          listed(names, count).text);
}

bool foreign_object(struct foreign *f, struct span json, const char *where,
                    const char *const *names, size_t count, struct span *value) {
    struct foreign_items items;
    memset(value, 0, count * sizeof *value);
    if (!foreign_items(f, json, where, '{', &items))
        return false;
    while (foreign_next(f, where, &items)) {
        size_t i = 0;
        while (i < count && !span_is(items.key, names[i]))
            i++;
        if (i == count)
            return refuse_key(f, where, items.key, names, count);
        if (value[i].len > 0)
            return foreign_refuse(f, where, "the key \"%s\" comes twice", names[i]);
        value[i] = items.value;
    }
    return !items.bad;
}

/* The one token of a value that has no parts. */
static enum json_token token_of(struct foreign *f, struct span json, struct json *j) {
    json_start(j, json, f->scratch, sizeof f->scratch);
    return json_next(j);
}

bool foreign_bool(struct foreign *f, struct span json, const char *where, bool *out) {
    struct json j;
    enum json_token token = token_of(f, json, &j);
    *out = token == JSON_TRUE;
    return token == JSON_TRUE || token == JSON_FALSE ||
           foreign_refuse(f, where, "expected true or false, not %.*s", SHOWN(json));
}

bool foreign_number(struct foreign *f, struct span json, const char *where, double *out) {
    struct json j;
    if (token_of(f, json, &j) != JSON_NUMBER)
        return foreign_refuse(f, where, "expected a finite number, not %.*s", SHOWN(json));
    *out = j.number;
    return true;
}

/* "3.0" is a whole number too: not every language can write 3. */
bool foreign_whole(struct foreign *f, struct span json, const char *where, int64_t least,
                   int64_t most, int64_t *out) {
    struct json j;
    enum json_token token = token_of(f, json, &j);
    if (token == JSON_NUMBER && !j.integral && j.number > -9e15 && j.number < 9e15 &&
        (double)(int64_t)j.number == j.number) {
        j.integral = true;
        j.integer = (int64_t)j.number;
    }
    if (token == JSON_NUMBER && j.integral && j.integer >= least && j.integer <= most) {
        *out = j.integer;
        return true;
    }
    return foreign_refuse(f, where,
                          "expected a whole number from %" PRId64 " to %" PRId64 ", not %.*s",
                          least, most, SHOWN(json));
}

bool foreign_text(struct foreign *f, struct span json, const char *where, struct span *out) {
    struct json j;
    if (token_of(f, json, &j) != JSON_STRING)
        return foreign_refuse(f, where, "expected text in quotes, not %.*s", SHOWN(json));
    *out = j.string;
    return true;
}

bool foreign_value(struct foreign *f, struct span json, const char *where, struct value *out) {
    struct json j;
    switch (token_of(f, json, &j)) {
    case JSON_STRING: *out = (struct value){.kind = VALUE_TEXT, .text = j.string}; return true;
    case JSON_TRUE: *out = (struct value){.kind = VALUE_BOOL, .boolean = true}; return true;
    case JSON_FALSE: *out = (struct value){.kind = VALUE_BOOL, .boolean = false}; return true;
    case JSON_NUMBER:
        if (j.integral)
            *out = (struct value){.kind = VALUE_INT, .integer = j.integer};
        else
            *out = (struct value){.kind = VALUE_FLOAT, .real = j.number};
        return true;
    default:
        return foreign_refuse(f, where, "expected text, a number, true or false, not %.*s",
                              SHOWN(json));
    }
}

bool foreign_named(struct foreign *f, struct span word, const char *where, const char *const *words,
                   size_t count, size_t *out) {
    for (*out = 0; *out < count; ++*out) {
        if (span_is(word, words[*out]))
            return true;
    }
    return foreign_refuse(f, where, "\"%.*s\" is not known, expected one of %s", SHOWN(word),
                          listed(words, count).text);
}

bool foreign_word(struct foreign *f, struct span json, const char *where, const char *const *words,
                  size_t count, size_t *out) {
    struct span text;
    return foreign_text(f, json, where, &text) && foreign_named(f, text, where, words, count, out);
}

bool foreign_is_null(struct span json) {
    return span_is(json, "null");
}
