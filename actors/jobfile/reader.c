#include "actors/jobfile/reader.h"

#include "actors/jobfile/elsewhere.h"

#include "proto/base/num.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WHAT_BYTES = 256 };

/* A message is one line, whatever text of the file it shows. */
static void flatten(char *text) {
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20)
            *text = ' ';
    }
}

bool reader_fail_at(struct reader *r, const struct tree_node *node, size_t offset,
                    struct span nearest, const char *what) {
    char line[WHAT_BYTES];
    char hint[LIMIT_NAME_BYTES + 32] = "";
    node_place(r->text, node, offset, &r->at->line, &r->at->column);
    snprintf(line, sizeof line, "%s", what);
    flatten(line);
    if (nearest.len > 0)
        snprintf(hint, sizeof hint, " (did you mean '%.*s'?)", SHOWN(nearest));
    return err_set(r->err, ERR_BAD_JOB_FILE, "%s:%u:%u: %s%s", r->name, r->at->line, r->at->column,
                   line, hint);
}

bool reader_fail(struct reader *r, const struct tree_node *node, const char *format, ...) {
    char what[WHAT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return reader_fail_at(r, node, 0, (struct span){0}, what);
}

bool reader_full(struct reader *r) {
    r->at->line = 1;
    r->at->column = 1;
    return err_set(r->err, ERR_BAD_JOB_FILE, "%s:1:1: there is not enough memory to read this file",
                   r->name);
}

bool node_is_placeholder(const struct tree_node *node) {
    return node->kind == NODE_MAP && node->first != NULL && node->first->next == NULL &&
           node_is_null(node->first->value);
}

bool reader_expected(struct reader *r, const struct key *key, const struct tree_node *node) {
    if (node_is_placeholder(node))
        return reader_fail(r, node, "'%s' expects %s; a placeholder needs quotes: \"{%.*s}\"",
                           key->name, key->expects, SHOWN(node->first->text));
    if (node->kind != NODE_SCALAR)
        return reader_fail(r, node, "'%s' expects %s, not %s%s", key->name, key->expects,
                           node->first == NULL ? "an empty " : "a ",
                           node->kind == NODE_MAP ? "mapping" : "list");
    if (node_is_null(node))
        return reader_fail(r, node, "'%s' expects %s, not nothing", key->name, key->expects);
    return reader_fail(r, node, "'%s' expects %s, not %s'%.*s'", key->name, key->expects,
                       node->quoted ? "the text " : "", SHOWN(node->text));
}

static const struct key *key_find(const struct key *keys, size_t count, struct span name) {
    for (size_t i = 0; i < count; i++) {
        if (span_is(name, keys[i].name))
            return &keys[i];
    }
    return NULL;
}

/* A key of another mapping, or what another tool calls one. */
static bool misplaced_key(struct reader *r, const struct tree_node *at, const char *what,
                          const struct elsewhere *known) {
    char line[WHAT_BYTES];
    bool here = strcmp(known->where, what) == 0;
    if (here) {
        snprintf(line, sizeof line, "%s has no key '%.*s'", what, SHOWN(at->text));
        return reader_fail_at(r, at, 0, span_text(known->key), line);
    }
    bool same = span_is(at->text, known->key);
    snprintf(line, sizeof line, "%s has no key '%.*s'; %s%s%s stands in %s", what, SHOWN(at->text),
             same ? "it" : "'", same ? "" : known->key, same ? "" : "'", known->path);
    return reader_fail_at(r, at, 0, (struct span){0}, line);
}

/* Says which keys there are when none is near. */
static bool unknown_key(struct reader *r, const struct tree_node *at, const char *what,
                        const struct key *keys, size_t count) {
    char line[WHAT_BYTES];
    struct buf text = buf_of(line, sizeof line - 1);
    struct nearest nearest = nearest_of(at->text);
    const struct elsewhere *known = elsewhere_of(at->text, what);
    if (known != NULL)
        return misplaced_key(r, at, what, known);
    if (strcmp(what, "a parameter") == 0 && at->value->kind == NODE_MAP)
        return reader_fail(
            r, at,
            "a parameter has no key '%.*s'; a parameter of its own stands in 'params', "
            "with a condition like 'when: learner == svm'",
            SHOWN(at->text));
    snprintf(line, sizeof line, "%s has no key '%.*s'", what, SHOWN(at->text));
    text.len = strlen(line);
    for (size_t i = 0; i < count; i++)
        nearest_offer(&nearest, span_text(keys[i].name));
    for (size_t i = 0, listed = 0; nearest.best.len == 0 && i < count; i++) {
        if (keys[i].read == NULL)
            continue;
        buf_text(&text, listed++ == 0 ? "; it has " : ", ");
        buf_text(&text, keys[i].name);
    }
    line[text.len] = '\0';
    return reader_fail_at(r, at, 0, nearest.best, line);
}

bool map_read(struct reader *r, const struct tree_node *map, const char *what,
              const struct key *keys, size_t count) {
    for (const struct tree_node *k = map->first; k != NULL; k = k->next) {
        const struct key *key = key_find(keys, count, k->text);
        if (key == NULL)
            return unknown_key(r, k, what, keys, count);
        if (key->read == NULL)
            return reader_fail(r, k, "'%s' is not in this version yet", key->name);
        if (!key->read(r, key, k->value))
            return false;
    }
    return true;
}

static bool is_bool_word(struct span text, bool *out) {
    static const char *const words[] = {"true", "True", "TRUE", "false", "False", "FALSE"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (span_is(text, words[i])) {
            *out = i < 3;
            return true;
        }
    }
    return false;
}

bool node_value(const struct tree_node *node, struct value *out) {
    bool truth;
    *out = (struct value){0};
    if (node->kind != NODE_SCALAR || node_is_null(node))
        return false;
    if (node->quoted) {
        out->kind = VALUE_TEXT;
        out->text = node->text;
    } else if (is_bool_word(node->text, &truth)) {
        out->kind = VALUE_BOOL;
        out->boolean = truth;
    } else if (num_parse_i64(node->text, &out->integer)) {
        out->kind = VALUE_INT;
    } else if (num_parse(node->text, &out->real)) {
        out->kind = VALUE_FLOAT;
    } else {
        out->kind = VALUE_TEXT;
        out->text = node->text;
    }
    return true;
}

bool node_is_text(const struct tree_node *node) {
    struct value value;
    return node_value(node, &value) && value.kind == VALUE_TEXT;
}

bool node_number(const struct tree_node *node, double *out) {
    struct value value;
    if (!node_value(node, &value) || !value_is_number(&value))
        return false;
    *out = value_number(&value);
    return true;
}

bool node_integer(const struct tree_node *node, int64_t least, int64_t most, int64_t *out) {
    struct value value;
    if (!node_value(node, &value) || value.kind != VALUE_INT || value.integer < least ||
        value.integer > most)
        return false;
    *out = value.integer;
    return true;
}

size_t node_count(const struct tree_node *node) {
    size_t count = 0;
    for (const struct tree_node *item = node->first; item != NULL; item = item->next)
        count++;
    return count;
}

/* One is how the other begins: integer and int, max and maximize. */
static bool are_kin(struct span a, struct span b) {
    const struct span shorter = a.len < b.len ? a : b, longer = a.len < b.len ? b : a;
    return shorter.len >= 3 && span_equal(shorter, span_of(longer.data, shorter.len));
}

bool node_word(struct reader *r, const struct key *key, const struct tree_node *node,
               const char *const *words, size_t count, size_t *out) {
    if (!node_is_text(node))
        return reader_expected(r, key, node);
    struct nearest nearest = nearest_of(node->text);
    for (size_t i = 0; i < count; i++) {
        if (span_is(node->text, words[i])) {
            *out = i;
            return true;
        }
        nearest_offer(&nearest, span_text(words[i]));
    }
    for (size_t i = 0; i < count && nearest.best.len == 0; i++) {
        if (are_kin(node->text, span_text(words[i])))
            nearest.best = span_text(words[i]);
    }
    if (nearest.best.len == 0)
        return reader_expected(r, key, node);
    char what[WHAT_BYTES];
    snprintf(what, sizeof what, "'%s' expects %s, not '%.*s'", key->name, key->expects,
             SHOWN(node->text));
    return reader_fail_at(r, node, 0, nearest.best, what);
}
