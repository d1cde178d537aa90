#include "actors/executor/reading.h"

#include "actors/executor/reading_parts.h"
#include "proto/base/num.h"

#include <string.h>

/* ---- rules ---- */

static bool compile(struct reading_pattern *out, const struct metric_pattern *pattern,
                    struct err *err) {
    char text[PATTERN_BYTES_MAX + 1];
    char why[128];
    if (pattern->pattern.len > PATTERN_BYTES_MAX)
        return err_set(err, ERR_BAD_JOB_FILE, "a pattern is longer than %d bytes",
                       PATTERN_BYTES_MAX);
    if (pattern->pattern.len > 0)
        memcpy(text, pattern->pattern.data, pattern->pattern.len);
    text[pattern->pattern.len] = '\0';
    int code = regcomp(&out->regex, text, REG_EXTENDED);
    if (code != 0) {
        regerror(code, &out->regex, why, sizeof why);
        return err_set(err, ERR_BAD_JOB_FILE, "pattern '%.200s': %s", text, why);
    }
    if (out->regex.re_nsub != 1) {
        regfree(&out->regex);
        return err_set(err, ERR_BAD_JOB_FILE, "pattern '%.200s' has not exactly one group", text);
    }
    out->name = pattern->name;
    return true;
}

bool reading_wants(const struct reading_rules *rules, struct span name) {
    bool wanted = span_equal(name, rules->objective);
    for (uint32_t i = 0; i < rules->others_count && !wanted; i++)
        wanted = span_equal(name, rules->others[i]);
    return wanted;
}

bool reading_rules_init(struct reading_rules *rules, const struct job *job, struct err *err) {
    rules->objective = job->objectives[0].metric;
    rules->others = job->metrics_count > 0 ? job->metrics + 1 : NULL;
    rules->others_count = job->metrics_count > 0 ? job->metrics_count - 1 : 0;
    rules->objectives_count = job->objectives_count;
    rules->unit = job->rungs.budget;
    rules->patterns_count = 0;
    if (job->patterns_count > LIMIT_METRICS)
        return err_set(err, ERR_BAD_JOB_FILE, "more than %d patterns", LIMIT_METRICS);
    for (uint32_t i = 0; i < job->patterns_count; i++) {
        if (!compile(&rules->patterns[i], &job->patterns[i], err)) {
            reading_rules_release(rules);
            return false;
        }
        rules->patterns_count++;
    }
    return true;
}

void reading_rules_release(struct reading_rules *rules) {
    for (uint32_t i = 0; i < rules->patterns_count; i++)
        regfree(&rules->patterns[i].regex);
    rules->patterns_count = 0;
}

/* ---- names ---- */

bool reading_is_name_byte(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("_.:/-", c) != NULL);
}

bool metric_name_valid(struct span name) {
    if (name.len == 0 || name.len > LIMIT_NAME_BYTES)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (!reading_is_name_byte(name.data[i]))
            return false;
    }
    return true;
}

static uint8_t lower(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool equal_in_any_case(struct span a, struct span b) {
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    }
    return true;
}

/* What the job calls a step goes first. Then the finest: where a line names several, that one is the step. */
static const char *const step_words[] = {
    "", "step", "global_step", "iteration", "iter", "it", "st_worker_iter", "epoch", "round",
};
enum { STEP_WORDS = sizeof step_words / sizeof step_words[0] };

/* "epochs", or one of them. */
static bool is_unit(struct span name, struct span unit) {
    bool many = unit.len > 1 && lower(unit.data[unit.len - 1]) == 's';
    return unit.len > 0 && (equal_in_any_case(name, unit) ||
                            (many && equal_in_any_case(name, span_of(unit.data, unit.len - 1))));
}

static uint32_t step_rank(struct span name, const struct reading_rules *rules) {
    uint32_t rank = 1;
    if (reading_wants(rules, name))
        return STEP_WORDS;
    if (is_unit(name, rules->unit))
        return 0;
    while (rank < STEP_WORDS && !equal_in_any_case(name, span_text(step_words[rank])))
        rank++;
    return rank;
}

bool reading_is_step(struct span name, const struct reading_rules *rules) {
    return step_rank(name, rules) < STEP_WORDS;
}

/* ---- numbers ---- */

bool reading_number(struct span text, double *value, bool *finite) {
    static const char *const words[] = {"nan", "inf", "infinity"};
    *finite = num_parse(text, value);
    if (*finite)
        return true;
    if (text.len > 0 && (text.data[0] == '-' || text.data[0] == '+'))
        text = span_from(text, 1);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (equal_in_any_case(text, span_text(words[i])))
            return true;
    }
    return false;
}

/* ---- collecting ---- */

static void take_step(struct readings *r, uint32_t rank, double value) {
    const double most = 9007199254740992.0; /* 2^53: beyond it doubles skip numbers */
    if (rank >= r->step_rank || !(value >= 0 && value <= most) || value != (double)(int64_t)value)
        return;
    r->step = (int64_t)value;
    r->step_rank = rank;
}

void readings_add(struct readings *r, struct span name, double value, bool finite, bool final,
                  const struct reading_rules *rules) {
    uint32_t rank = step_rank(name, rules);
    if (rank < STEP_WORDS) {
        if (finite)
            take_step(r, rank, value);
        return;
    }
    if (r->form == FORM_TUNE && span_starts(name, "st_"))
        return;
    if (r->count == READINGS_MAX || name.len == 0)
        return;
    struct reading *reading = &r->items[r->count++];
    size_t len = name.len < LIMIT_NAME_BYTES ? name.len : LIMIT_NAME_BYTES;
    memcpy(reading->name, name.data, len);
    reading->name[len] = '\0';
    reading->value = value;
    reading->finite = finite;
    reading->final = final;
    reading->usable =
        reading_wants(rules, name) || r->form == FORM_PATTERN || metric_name_valid(name);
}

static void start_over(struct readings *r, enum reading_form form) {
    r->form = form;
    r->bad = NULL;
    r->bad_at = 0;
    r->step = STEP_NONE;
    r->step_rank = STEP_WORDS;
    r->checkpoint = false;
    r->infeasible = false;
    r->text[0] = '\0';
    r->metric[0] = '\0';
    r->count = 0;
}

/* ---- forms ---- */

static void take_patterns(struct readings *r, struct span line, const struct reading_rules *rules) {
    char text[LIMIT_LINE_BYTES + 1]; /* regexec wants a closing zero */
    memcpy(text, line.data, line.len);
    text[line.len] = '\0';
    for (uint32_t i = 0; i < rules->patterns_count; i++) {
        regmatch_t match[2];
        double value;
        bool finite;
        if (regexec(&rules->patterns[i].regex, text, 2, match, 0) != 0 || match[1].rm_so < 0)
            continue;
        struct span group =
            span_of(text + match[1].rm_so, (size_t)(match[1].rm_eo - match[1].rm_so));
        if (reading_number(span_trim(group), &value, &finite))
            readings_add(r, rules->patterns[i].name, value, finite, false, rules);
    }
}

/* The offset behind `word` where it first stands in the line; 0: nowhere. */
static size_t find_after(struct span line, const char *word) {
    size_t len = strlen(word);
    for (size_t at = 0; at + len <= line.len; at++) {
        if (memcmp(line.data + at, word, len) == 0)
            return at + len;
    }
    return 0;
}

/* A marked line is taken as what it says it is, or not at all. */
static void take_marked(struct readings *r, enum reading_form form, struct span line, size_t at,
                        const struct reading_rules *rules) {
    struct span text = span_from(line, at);
    if (form == FORM_TUNE) { /* other programs may print on behind it */
        while (text.len > 0 && text.data[text.len - 1] != '}')
            text.len--;
    }
    start_over(r, form);
    if (!reading_take_json(r, text, rules)) {
        const char *bad = r->bad;
        size_t bad_at = at + r->bad_at;
        start_over(r, form);
        r->bad = bad;
        r->bad_at = bad_at;
    }
}

void readings_take(struct readings *r, struct span line, const struct reading_rules *rules) {
    struct span trimmed = span_trim(line);
    start_over(r, FORM_NONE);
    if (trimmed.len == 0 || line.len > LIMIT_LINE_BYTES)
        return;
    if (rules->patterns_count > 0) {
        start_over(r, FORM_PATTERN);
        take_patterns(r, line, rules);
        return;
    }
    if (span_starts(trimmed, "::zyg ") || span_starts(trimmed, "::zyg{")) {
        take_marked(r, FORM_ZYG, line, (size_t)(trimmed.data - line.data) + strlen("::zyg"), rules);
        return;
    }
    size_t after_mark = find_after(line, "[tune-metric]:");
    if (after_mark > 0) {
        take_marked(r, FORM_TUNE, line, after_mark, rules);
        return;
    }
    if (trimmed.data[0] == '{') {
        start_over(r, FORM_JSON);
        if (reading_take_json(r, trimmed, rules))
            return;
    }
    start_over(r, FORM_PAIRS);
    reading_take_pairs(r, line, rules);
}
