#include "actors/executor/reading_parts.h"
#include "proto/base/json.h"

#include <string.h>

enum { TAMED_BYTES = LIMIT_LINE_BYTES + LIMIT_LINE_BYTES / 3 + 1 };

struct metrics_line {
    struct json json;
    struct readings *readings;
    const struct reading_rules *rules;
};

/* Python prints NaN and Infinity where JSON has no word for them; they become null, which counts as a number that is not
 * finite wherever a metric is expected. Strings are left alone. */
static void put_tamed(struct buf *out, struct span text) {
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    bool quoted = false;
    for (size_t at = 0; at < text.len;) {
        struct span rest = span_from(text, at);
        size_t word = 0;
        for (size_t i = 0; i < sizeof words / sizeof words[0] && !quoted; i++) {
            if (span_starts(rest, words[i]))
                word = strlen(words[i]);
        }
        if (word > 0) {
            buf_text(out, "null");
            at += word;
            continue;
        }
        if (rest.data[0] == '"')
            quoted = !quoted;
        size_t used = quoted && rest.data[0] == '\\' && rest.len > 1 ? 2 : 1;
        buf_put(out, rest.data, used);
        at += used;
    }
}

static void keep_text(struct readings *r, struct span text) {
    size_t len = text.len;
    if (len > READING_TEXT_BYTES) { /* cut between two characters */
        len = READING_TEXT_BYTES;
        while (len > 0 && (text.data[len] & 0xc0) == 0x80)
            len--;
    }
    if (len > 0)
        memcpy(r->text, text.data, len);
    r->text[len] = '\0';
}

/* The words of a zyg line that are no metrics; false when the member is none of them. */
static bool take_word(struct metrics_line *o, struct span name, enum json_token token) {
    if (o->readings->form != FORM_ZYG || token != JSON_STRING)
        return false;
    if (span_is(name, "checkpoint"))
        o->readings->checkpoint = true;
    else if (span_is(name, "infeasible"))
        o->readings->infeasible = true;
    else
        return false;
    keep_text(o->readings, o->json.string);
    return true;
}

/* Some programs print their numbers as texts. That is believed where a number is surely meant. */
static void take_string(struct metrics_line *o, struct span name, bool final) {
    struct readings *r = o->readings;
    double value;
    bool finite;
    if (r->form == FORM_JSON && span_is(name, "metric") && metric_name_valid(o->json.string)) {
        memcpy(r->metric, o->json.string.data, o->json.string.len);
        r->metric[o->json.string.len] = '\0';
        return;
    }
    bool meant = r->form != FORM_JSON || reading_wants(o->rules, name) || span_is(name, "value") ||
                 reading_is_step(name, o->rules);
    if (meant && reading_number(span_trim(o->json.string), &value, &finite))
        readings_add(r, name, value, finite, final, o->rules);
}

static bool take_final(struct metrics_line *o, enum json_token token);

/* One member whose name was read; `token` begins its value. */
static bool take_member(struct metrics_line *o, struct span name, enum json_token token,
                        bool final) {
    struct readings *r = o->readings;
    if (take_word(o, name, token))
        return true;
    if (r->form == FORM_ZYG && !final && span_is(name, "final"))
        return take_final(o, token);
    switch (token) {
    case JSON_NUMBER: readings_add(r, name, o->json.number, true, final, o->rules); return true;
    case JSON_NULL: readings_add(r, name, 0, false, final, o->rules); return true;
    case JSON_STRING: take_string(o, name, final); return true;
    default: return json_skip(&o->json, token);
    }
}

/* The members of an object that was opened, up to its end. */
static bool take_members(struct metrics_line *o, bool final) {
    enum json_token token;
    while ((token = json_next(&o->json)) == JSON_KEY) {
        char name[LIMIT_NAME_BYTES + 1];
        struct span key = o->json.string;
        size_t len =
            key.len < sizeof name ? key.len : sizeof name; /* one byte too long stays too long */
        if (len > 0)
            memcpy(name, key.data, len);
        if (!take_member(o, span_of(name, len), json_next(&o->json), final))
            return false;
    }
    return token == JSON_OBJECT_END;
}

/* "final": {...}, or one number for the objective. */
static bool take_final(struct metrics_line *o, enum json_token token) {
    if (token == JSON_OBJECT)
        return take_members(o, true);
    if (token != JSON_NUMBER && token != JSON_NULL)
        return json_skip(&o->json, token);
    double value = token == JSON_NUMBER ? o->json.number : 0;
    readings_add(o->readings, o->rules->objective, value, token == JSON_NUMBER, true, o->rules);
    return true;
}

static void name_value(struct readings *r, const struct reading_rules *rules) {
    for (uint32_t i = 0; i < r->count; i++) {
        if (!span_is(span_text(r->items[i].name), "value"))
            continue;
        struct reading value = r->items[i];
        r->count = 0;
        readings_add(r, span_text(r->metric), value.value, value.finite, false, rules);
        return;
    }
}

bool reading_take_json(struct readings *r, struct span text, const struct reading_rules *rules) {
    uint8_t tamed_memory[TAMED_BYTES];
    uint8_t scratch[TAMED_BYTES];
    struct buf tamed = buf_of(tamed_memory, sizeof tamed_memory);
    struct metrics_line o = {.readings = r, .rules = rules};
    put_tamed(&tamed, text);
    json_start(&o.json, buf_view(&tamed), scratch, sizeof scratch);
    bool whole = json_next(&o.json) == JSON_OBJECT && take_members(&o, false) &&
                 json_next(&o.json) == JSON_END;
    if (whole && r->metric[0] != '\0')
        name_value(r, rules);
    if (!whole) {
        r->bad = o.json.bad != NULL ? o.json.bad : "an object in braces";
        r->bad_at = o.json.at;
    }
    return whole;
}
