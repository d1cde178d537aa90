#include "actors/jobfile/words.h"

#include <string.h>

struct splitter {
    struct span text;
    size_t at;
    struct buf word; /* all words, one after the other */
    const char *bad;
};

static bool is_space(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\n';
}

static bool is_for_shell(uint8_t c, bool begins_word) {
    return c != 0 && (strchr("|&;<>()$`*", c) != NULL || (begins_word && (c == '~' || c == '#')));
}

static void stop(struct splitter *s, size_t at, const char *what) {
    s->bad = what;
    s->at = at;
}

static void take_single(struct splitter *s) {
    size_t open = s->at++;
    while (s->at < s->text.len && s->text.data[s->at] != '\'')
        buf_byte(&s->word, s->text.data[s->at++]);
    if (s->at++ >= s->text.len)
        stop(s, open, "a quote that is not closed");
}

static void take_double(struct splitter *s) {
    size_t open = s->at++;
    while (s->at < s->text.len && s->text.data[s->at] != '"') {
        uint8_t c = s->text.data[s->at++];
        uint8_t next = s->at < s->text.len ? s->text.data[s->at] : 0;
        if (c == '$' || c == '`') {
            stop(s, s->at - 1,
                 "there is no shell that would fill this in: write '\\' before it, or command: "
                 "[sh, -c, ...]");
            return;
        }
        if (c == '\\' && next != 0 && strchr("\"\\$`", next) != NULL) {
            c = next;
            s->at++;
        }
        buf_byte(&s->word, c);
    }
    if (s->at++ >= s->text.len)
        stop(s, open, "a quote that is not closed");
}

static void take_escaped(struct splitter *s) {
    if (s->at + 1 >= s->text.len) {
        stop(s, s->at, "a backslash with nothing after it");
        return;
    }
    buf_byte(&s->word, s->text.data[s->at + 1]);
    s->at += 2;
}

static void take_word(struct splitter *s) {
    size_t begin = s->at;
    while (s->bad == NULL && s->at < s->text.len && !is_space(s->text.data[s->at])) {
        uint8_t c = s->text.data[s->at];
        if (c == '\'')
            take_single(s);
        else if (c == '"')
            take_double(s);
        else if (c == '\\')
            take_escaped(s);
        else if (is_for_shell(c, s->at == begin))
            stop(s, s->at,
                 "no shell reads this command: put the character in quotes, or write command: [sh, "
                 "-c, ...]");
        else
            buf_byte(&s->word, s->text.data[s->at++]);
    }
}

struct words words_split(struct span text, uint32_t max, struct arena *arena) {
    struct words words = {0};
    uint8_t *memory = arena_take(arena, text.len + 1);
    words.items =
        arena_take(arena, (text.len / 2 + 1 < max ? text.len / 2 + 1 : max) * sizeof *words.items);
    if (memory == NULL || words.items == NULL) {
        words.bad = "there is not enough memory for this command";
        return words;
    }
    struct splitter s = {.text = text, .word = buf_of(memory, text.len + 1)};
    for (;;) {
        while (s.at < text.len && is_space(text.data[s.at]))
            s.at++;
        if (s.at == text.len)
            return words;
        size_t begin = s.word.len;
        if (words.count == max)
            stop(&s, s.at, "more arguments than a command can have");
        take_word(&s);
        if (s.bad != NULL) {
            words.bad = s.bad;
            words.at = s.at;
            return words;
        }
        words.items[words.count++] = span_of(memory + begin, s.word.len - begin);
    }
}
