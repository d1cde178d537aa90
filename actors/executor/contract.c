#include "actors/executor/contract.h"

#include "actors/executor/cause.h"
#include "proto/base/mp.h"
#include "proto/job/nearest.h"

#include <string.h>

void contract_init(struct contract *c) {
    memset(c, 0, offsetof(struct contract, line)); /* the line itself stays untouched memory */
}

struct span contract_last_line(const struct contract *c) {
    return span_of(c->last, c->last_len);
}

/* ---- what a line says ---- */

static void keep_seen(struct contract *c, const char *name) {
    for (uint32_t i = 0; i < c->seen_count; i++) {
        if (strcmp(c->seen[i], name) == 0)
            return;
    }
    if (c->seen_count < CONTRACT_SEEN)
        memcpy(c->seen[c->seen_count++], name, strlen(name) + 1);
}

static void take_wanted(struct contract_told *told, const struct reading *reading) {
    if (!reading->finite) {
        told->not_finite++;
        return;
    }
    if (told->has_final && !reading->final)
        return;
    told->has_value = true;
    told->has_final = reading->final;
    told->value = reading->value;
}

static struct contract_told *told_of(struct contract *c, const struct reading_rules *rules,
                                     struct span name) {
    if (span_equal(name, rules->objective))
        return &c->told[0];
    for (uint32_t i = 0; i < rules->others_count; i++) {
        if (span_equal(name, rules->others[i]))
            return &c->told[1 + i];
    }
    return NULL;
}

static void tell_reading(const struct reading *reading, struct contract_news *news,
                         const struct contract_sink *sink) {
    news->name = span_text(reading->name);
    news->value = reading->value;
    news->kind = reading->final ? CONTRACT_FINAL : CONTRACT_METRIC;
    if (!reading->finite) {
        news->kind = CONTRACT_NOT_FINITE;
        news->value = 0;
    }
    if (reading->usable)
        sink->hear(sink->context, news);
}

static void take_reading(struct contract *c, const struct reading_rules *rules,
                         const struct reading *reading) {
    struct contract_told *told = told_of(c, rules, span_text(reading->name));
    if (told != NULL)
        take_wanted(told, reading);
    else
        keep_seen(c, reading->name);
}

static void tell_words(struct contract *c, const struct readings *r, struct contract_news *news,
                       const struct contract_sink *sink) {
    news->text = span_text(r->text);
    if (r->infeasible) {
        c->infeasible = true;
        memcpy(c->why, r->text, strlen(r->text) + 1);
        news->kind = CONTRACT_INFEASIBLE;
        sink->hear(sink->context, news);
    } else if (r->checkpoint) {
        news->kind = CONTRACT_CHECKPOINT;
        sink->hear(sink->context, news);
    }
    if (r->bad != NULL) {
        if (c->bad_lines++ == 0)
            c->bad = r->bad;
        news->text = span_text(r->bad);
        news->kind = CONTRACT_BAD_LINE;
        sink->hear(sink->context, news);
    }
}

static void end_line(struct contract *c, const struct reading_rules *rules,
                     const struct contract_sink *sink) {
    struct readings readings;
    struct span line = span_of(c->line, c->line_len);
    c->line_len = 0;
    c->escape = ESCAPE_NONE;
    struct span trimmed = span_trim(line);
    if (trimmed.len == 0)
        return;
    c->lines++;
    c->last_len = (uint32_t)(trimmed.len < CONTRACT_LAST_BYTES ? trimmed.len : CONTRACT_LAST_BYTES);
    memcpy(c->last, trimmed.data, c->last_len);

    readings_take(&readings, line, rules);
    struct contract_news news = {.form = readings.form, .line = line, .step = readings.step};
    for (uint32_t i = 0; i < readings.count; i++) /* all, before any is heard of */
        take_reading(c, rules, &readings.items[i]);
    for (uint32_t i = 0; i < readings.count; i++)
        tell_reading(&readings.items[i], &news, sink);
    news.name = (struct span){0};
    news.value = 0;
    tell_words(c, &readings, &news, sink);
}

/* ---- bytes to lines ---- */

/* True when the byte belongs to a sequence that only colours or moves: ESC [ parameters letter. */
static bool is_escape(struct contract *c, uint8_t byte) {
    switch (c->escape) {
    case ESCAPE_NONE:
        if (byte != 0x1b)
            return false;
        c->escape = ESCAPE_BEGUN;
        return true;
    case ESCAPE_BEGUN: c->escape = byte == '[' ? ESCAPE_INSIDE : ESCAPE_NONE; return true;
    case ESCAPE_INSIDE:
        if (byte >= 0x40 && byte <= 0x7e)
            c->escape = ESCAPE_NONE;
        return true;
    }
    return false;
}

void contract_feed(struct contract *c, const struct reading_rules *rules, struct span bytes,
                   const struct contract_sink *sink) {
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t byte = bytes.data[i];
        if (byte == '\n' || byte == '\r' || byte == '\b')
            end_line(c, rules, sink);
        else if (!is_escape(c, byte) && c->line_len < LIMIT_LINE_BYTES)
            c->line[c->line_len++] = byte;
    }
}

void contract_end(struct contract *c, const struct reading_rules *rules,
                  const struct contract_sink *sink) {
    end_line(c, rules, sink);
}

/* ---- what the search is told ---- */

static struct span objective_name(const struct reading_rules *rules, uint32_t i) {
    return i == 0 ? rules->objective : rules->others[i - 1];
}

/* How many objectives come before the first that was not told: all of them when it is whole. */
static uint32_t told_before(const struct contract *c, const struct reading_rules *rules) {
    uint32_t count = 0;
    while (count < rules->objectives_count && c->told[count].has_value)
        count++;
    return count;
}

bool contract_is_whole(const struct contract *c, const struct reading_rules *rules) {
    return told_before(c, rules) == rules->objectives_count;
}

void contract_put_others(const struct contract *c, const struct reading_rules *rules,
                         struct buf *out) {
    if (rules->others_count == 0)
        return;
    mp_put_array(out, rules->others_count);
    for (uint32_t i = 1; i <= rules->others_count; i++) {
        if (c->told[i].has_value)
            mp_put_f64(out, c->told[i].value);
        else
            mp_put_nil(out);
    }
}

/* ---- why it is not whole ---- */

/* Letter case and the sign between words are what people get wrong first. */
static uint8_t folded(uint8_t c) {
    if (c >= 'A' && c <= 'Z')
        return (uint8_t)(c - 'A' + 'a');
    return c == '-' || c == '.' || c == '/' || c == ':' || c == ' ' ? '_' : c;
}

static bool contains(struct span text, struct span part) {
    for (size_t at = 0; at + part.len <= text.len; at++) {
        size_t i = 0;
        while (i < part.len && folded(text.data[at + i]) == folded(part.data[i]))
            i++;
        if (i == part.len)
            return true;
    }
    return false;
}

/* The seen name most like the wanted one; nothing when none is alike. */
static struct span nearest_seen(const struct contract *c, struct span wanted) {
    struct nearest nearest = nearest_of(wanted);
    for (uint32_t i = 0; i < c->seen_count; i++)
        nearest_offer(&nearest, span_text(c->seen[i]));
    for (uint32_t i = 0; i < c->seen_count && nearest.best.len == 0 && wanted.len > 0; i++) {
        struct span name = span_text(c->seen[i]);
        if (contains(name, wanted) || contains(wanted, name))
            nearest.best = name;
    }
    return nearest.best;
}

static void put_name(struct buf *out, struct span name) {
    cause_quote(out, '\'', name, 2 * LIMIT_NAME_BYTES);
}

static bool told_any(const struct contract *c) {
    for (uint32_t i = 0; i < JOB_METRICS_MAX; i++) {
        if (c->told[i].has_value || c->told[i].not_finite > 0)
            return true;
    }
    return false;
}

static void put_seen(const struct contract *c, struct span wanted, struct buf *out) {
    if (c->seen_count == 0) {
        buf_text(out, c->lines == 0 || told_any(c) ? "" : "; printed nothing like a metric");
        return;
    }
    for (uint32_t i = 0; i < c->seen_count && out->len < CAUSE_BYTES / 3; i++) {
        buf_text(out, i == 0 ? "; printed " : ", ");
        put_name(out, span_text(c->seen[i]));
    }
    struct span near = nearest_seen(c, wanted);
    if (near.len > 0) {
        buf_text(out, "; nearest: ");
        put_name(out, near);
    }
}

/* Of one objective that was never told. */
static void put_missing(const struct contract *c, const struct reading_rules *rules, uint32_t i,
                        struct buf *out) {
    struct span name = objective_name(rules, i);
    uint64_t times = c->told[i].not_finite;
    if (times > 0) {
        put_name(out, name);
        buf_text(out, " was never a finite number (");
        buf_u64(out, times);
        buf_text(out, times == 1 ? " time nan or inf)" : " times nan or inf)");
    } else if (rules->patterns_count > 0) {
        buf_text(out, "no line matched the pattern of ");
        put_name(out, name);
    } else {
        buf_text(out, "never printed ");
        put_name(out, name);
        put_seen(c, name, out);
    }
}

/* The first in full, the others by name. */
void contract_missing(const struct contract *c, const struct reading_rules *rules,
                      struct buf *out) {
    uint32_t first = told_before(c, rules);
    put_missing(c, rules, first, out);
    for (uint32_t i = first + 1; i < rules->objectives_count; i++) {
        if (c->told[i].has_value || out->len > CAUSE_BYTES / 3)
            continue;
        buf_text(out, "; nor ");
        put_name(out, objective_name(rules, i));
    }
    if (c->bad_lines > 0) {
        buf_text(out, "; a line meant for zyg is no JSON: expected ");
        buf_text(out, c->bad);
    }
    cause_last_line(out, contract_last_line(c));
}
