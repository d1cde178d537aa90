#include "proto/job/template.h"

static const char *const words[TEMPLATE_WORD_COUNT] = {
    [TEMPLATE_ARGS] = "args",
    [TEMPLATE_ARGS_JSON] = "args_json",
    [TEMPLATE_PARAMS_FILE] = "params_file",
    [TEMPLATE_TRIAL] = "trial",
    [TEMPLATE_ATTEMPT] = "attempt",
    [TEMPLATE_CHECKPOINT] = "checkpoint",
    [TEMPLATE_OUTPUT] = "output",
    [TEMPLATE_SEED] = "seed",
    [TEMPLATE_JOB] = "job",
};

const char *template_word_name(enum template_word word) {
    return words[word];
}

bool template_word_named(struct span name, enum template_word *out) {
    for (int i = 0; i < TEMPLATE_WORD_COUNT; i++) {
        if (span_is(name, words[i])) {
            *out = (enum template_word)i;
            return true;
        }
    }
    return false;
}

struct template template_of(struct span text) {
    return (struct template){.text = text};
}

static bool is_brace(uint8_t c) {
    return c == '{' || c == '}';
}

static enum template_kind bad(struct template_part *part, size_t at, const char *what) {
    part->at = at;
    part->what = what;
    return TEMPLATE_BAD;
}

static enum template_kind take_name(struct template *t, struct template_part *part) {
    size_t open = t->at;
    size_t close = open + 1;
    while (close < t->text.len && !is_brace(t->text.data[close]))
        close++;
    if (close == t->text.len || t->text.data[close] != '}')
        return bad(part, open, "'{' is not closed; write '{{' for a brace that means itself");
    if (close == open + 1)
        return bad(part, open,
                   "'{}' names no parameter; write '{{}}' for braces that mean themselves");
    part->text = span_of(t->text.data + open + 1, close - open - 1);
    part->at = open;
    t->at = close + 1;
    return TEMPLATE_NAME;
}

enum template_kind template_next(struct template *t, struct template_part *part) {
    *part = (struct template_part){.at = t->at};
    if (t->at >= t->text.len)
        return TEMPLATE_END;
    const uint8_t *data = t->text.data;
    size_t from = t->at;
    if (is_brace(data[from])) {
        if (from + 1 < t->text.len && data[from + 1] == data[from]) {
            part->text = span_of(data + from, 1);
            t->at = from + 2;
            return TEMPLATE_TEXT;
        }
        if (data[from] == '{')
            return take_name(t, part);
        return bad(part, from, "'}' closes nothing; write '}}' for a brace that means itself");
    }
    while (t->at < t->text.len && !is_brace(data[t->at]))
        t->at++;
    part->text = span_of(data + from, t->at - from);
    return TEMPLATE_TEXT;
}
