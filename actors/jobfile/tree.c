#include "actors/jobfile/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "proto/base/check.h"
#include "proto/job/shown.h"

/* A list or mapping that is not closed yet. */
struct open_node {
    struct tree_node *node;
    struct tree_node **end; /* where the next item or key is linked */
    struct tree_node *key;  /* of a mapping: the one that waits for its value */
    uint32_t keys;
};

struct builder {
    struct span file;
    struct arena *arena;
    struct tree_fault *fault;
    struct tree_node *root;
    struct open_node frames[TREE_DEPTH_MAX];
    uint32_t depth;
    uint32_t nodes;
    uint32_t documents;
};

static bool fail_at(struct tree_fault *fault, uint32_t line, uint32_t column, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));

static bool fail_at(struct tree_fault *fault, uint32_t line, uint32_t column, const char *format,
                    ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(fault->what, sizeof fault->what, format, args);
    va_end(args);
    fault->line = line;
    fault->column = column;
    return false;
}

static bool fail_mark(struct builder *b, const yaml_mark_t *mark, const char *what) {
    return fail_at(b->fault, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1, "%s", what);
}

/* ---- the file as bytes ---- */

static size_t char_length(struct span text, size_t at) {
    for (size_t len = 1; len <= 4 && len <= text.len - at; len++) {
        if (span_is_utf8(span_of(text.data + at, len)))
            return len;
    }
    return 0;
}

static bool check_bytes(struct builder *b) {
    uint32_t line = 1;
    uint32_t column = 1;
    struct span text = b->file;
    for (size_t at = 0; at < text.len;) {
        if (text.data[at] == '\n' ||
            (text.data[at] == '\r' && at + 1 < text.len && text.data[at + 1] == '\n')) {
            at += text.data[at] == '\n' ? 1 : 2;
            line++;
            column = 1;
            continue;
        }
        size_t len = char_length(text, at);
        if (len == 0)
            return fail_at(b->fault, line, column,
                           text.data[at] < 0x20 || text.data[at] == 0x7f
                               ? "a control character (byte 0x%02x)"
                               : "not UTF-8 (byte 0x%02x)",
                           text.data[at]);
        at += len;
        column++;
    }
    return true;
}

static bool is_continuation(uint8_t c) {
    return (c & 0xc0) == 0x80;
}

/* Byte offset of a place in the file; the file's end when it has no such place. */
static size_t offset_of(struct span file, uint32_t line, uint32_t column) {
    size_t at = 0;
    for (uint32_t i = 1; i < line && at < file.len; at++)
        i += file.data[at] == '\n' ? 1 : 0;
    for (uint32_t i = 1; i < column && at < file.len && file.data[at] != '\n'; i++) {
        at++;
        while (at < file.len && is_continuation(file.data[at]))
            at++;
    }
    return at;
}

/* ---- what libyaml could not read ---- */

static bool has_tab_before(struct span file, size_t at) {
    while (at > 0 && file.data[at - 1] != '\n')
        at--;
    while (at < file.len && file.data[at] == ' ')
        at++;
    return at < file.len && file.data[at] == '\t';
}

/* Sentences for mistakes that libyaml describes in words of its own insides, by a part of its
 * problem and of its context. `began`: the place is where the thing began, not where it turned out
 * to be wrong. */
static const struct {
    const char *problem;
    const char *context;
    const char *what;
    bool began;
} better[] = {
    {"", "scanning an alias", "text that begins with '*' needs quotes", true},
    {"", "scanning an anchor", "text that begins with '&' needs quotes", true},
    {"", "scanning a tag", "text that begins with '!' needs quotes", true},
    {"", "scanning a directive", "text that begins with '%' needs quotes", true},
    {"unexpected end of stream", "quoted scalar", "a quote that is not closed", true},
    {"document indicator", "quoted scalar", "a quote that is not closed", true},
    {"escape character", "quoted scalar", "no such escape; in '...' a backslash means itself",
     false},
    {"cannot start any token", "", "text that begins with this character needs quotes", false},
    {"mapping values are not allowed", "",
     "a ':' where no key can be; text with ': ' in it needs quotes", false},
    {"expected ',' or ']'", "",
     "expected ',' or ']' here: a list that began with '[' is not closed", false},
    {"expected ',' or '}'", "",
     "expected ',' or '}' here: a mapping that began with '{' is not closed", false},
    {"expected key", "", "expected a key here, indented as the others of its mapping are", false},
    {"expected '-' indicator", "", "expected '-' here, indented as the others of its list are",
     false},
    {"could not find expected ':'", "", "a key without ':' after it", true},
    {"block sequence entries are not allowed", "",
     "a '-' where no list can be; begin the list on the next line", false},
};

static const char *placeholder_words(const struct builder *b, size_t at, const char *problem) {
    uint8_t c = at < b->file.len ? b->file.data[at] : 0;
    size_t before = at;
    while (before > 0 && b->file.data[before - 1] == ' ')
        before--;
    bool after_brace = before > 0 && b->file.data[before - 1] == '}';
    if (strstr(problem, "expected ',' or ']'") != NULL && (c == '{' || after_brace))
        return "placeholders inside [...] need quotes: [\"--name={name}\"]";
    if (strstr(problem, "expected key") != NULL && after_brace)
        return "text that begins with a placeholder needs quotes: \"{name} ...\"";
    return NULL;
}

static bool fail_parser(struct builder *b, const yaml_parser_t *parser) {
    const char *problem = parser->problem == NULL ? "libyaml gave up" : parser->problem;
    const char *context = parser->context == NULL ? "" : parser->context;
    if (parser->error == YAML_MEMORY_ERROR)
        return fail_at(b->fault, 1, 1, "there is not enough memory to read this file");
    if (parser->error == YAML_READER_ERROR)
        return fail_at(b->fault, 1, 1, "not YAML: %s (at byte %zu)", problem,
                       parser->problem_offset);
    const yaml_mark_t *mark = &parser->problem_mark;
    size_t at = offset_of(b->file, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1);
    if ((at < b->file.len && b->file.data[at] == '\t') || has_tab_before(b->file, at))
        return fail_mark(b, mark, "a tab; YAML is indented with spaces");
    const char *words = placeholder_words(b, at, problem);
    if (words != NULL)
        return fail_mark(b, mark, words);
    for (size_t i = 0; i < sizeof better / sizeof better[0]; i++) {
        if (strstr(problem, better[i].problem) != NULL &&
            strstr(context, better[i].context) != NULL)
            return fail_mark(b, better[i].began ? &parser->context_mark : mark, better[i].what);
    }
    return fail_at(b->fault, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1,
                   "not YAML: %s %s", problem, context);
}

/* ---- from events to nodes ---- */

static struct tree_node *node_new(struct builder *b, const yaml_event_t *event,
                                  enum node_kind kind) {
    if (++b->nodes > TREE_NODES_MAX) {
        fail_mark(b, &event->start_mark, "more than 65536 values; a job file is not that long");
        return NULL;
    }
    struct tree_node *node = arena_take(b->arena, sizeof *node);
    if (node == NULL) {
        fail_mark(b, &event->start_mark, "there is not enough memory to read this file");
        return NULL;
    }
    node->kind = kind;
    node->line = (uint32_t)event->start_mark.line + 1;
    node->column = (uint32_t)event->start_mark.column + 1;
    return node;
}

static bool add_key(struct builder *b, struct open_node *f, struct tree_node *key) {
    if (key->kind != NODE_SCALAR)
        return fail_at(b->fault, key->line, key->column,
                       "a key is one word; text that begins with '%c' needs quotes",
                       key->kind == NODE_MAP ? '{' : '[');
    const struct tree_node *twin = node_get(f->node, key->text);
    if (twin != NULL)
        return fail_at(b->fault, key->line, key->column,
                       "the key '%.*s' twice; it is already on line %u", SHOWN(key->text),
                       twin->line);
    if (++f->keys > TREE_KEYS_MAX)
        return fail_at(b->fault, key->line, key->column, "more than %d keys in one mapping",
                       TREE_KEYS_MAX);
    *f->end = key;
    f->end = &key->next;
    f->key = key;
    return true;
}

/* Puts a node where the innermost open list or mapping expects one. */
static bool add_node(struct builder *b, struct tree_node *node) {
    if (b->depth == 0) {
        b->root = node;
        return true;
    }
    struct open_node *f = &b->frames[b->depth - 1];
    ensure(f->node != NULL);
    if (f->node->kind == NODE_MAP) {
        if (f->key == NULL)
            return add_key(b, f, node);
        f->key->value = node;
        f->key = NULL;
        return true;
    }
    *f->end = node;
    f->end = &node->next;
    return true;
}

static bool open_node(struct builder *b, const yaml_event_t *event, enum node_kind kind) {
    if (b->depth == TREE_DEPTH_MAX)
        return fail_mark(b, &event->start_mark, "nested deeper than 16");
    struct tree_node *node = node_new(b, event, kind);
    if (node == NULL || !add_node(b, node))
        return false;
    b->frames[b->depth++] = (struct open_node){.node = node, .end = &node->first};
    return true;
}

static bool add_scalar(struct builder *b, const yaml_event_t *event) {
    struct tree_node *node = node_new(b, event, NODE_SCALAR);
    if (node == NULL)
        return false;
    struct span text = span_of(event->data.scalar.value, event->data.scalar.length);
    if (!span_is_utf8(text))
        return fail_mark(b, &event->start_mark, "text with a control character in it");
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text = arena_copy(b->arena, text);
    if (b->arena->full)
        return fail_mark(b, &event->start_mark, "there is not enough memory to read this file");
    return add_node(b, node);
}

static bool is_bare(struct builder *b, const yaml_event_t *event, const yaml_char_t *anchor,
                    const yaml_char_t *tag) {
    if (anchor != NULL)
        return fail_mark(b, &event->start_mark, "anchors (&name) are not used in job files");
    if (tag != NULL)
        return fail_mark(b, &event->start_mark, "tags (!name) are not used in job files");
    return true;
}

static bool take_event(struct builder *b, const yaml_event_t *event) {
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++b->documents == 1 ||
               fail_mark(b, &event->start_mark, "a second document; a job file holds one job");
    case YAML_ALIAS_EVENT:
        return fail_mark(
            b, &event->start_mark,
            "text that begins with '*' needs quotes (aliases are not used in job files)");
    case YAML_SCALAR_EVENT:
        return is_bare(b, event, event->data.scalar.anchor, event->data.scalar.tag) &&
               add_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return is_bare(b, event, event->data.sequence_start.anchor,
                       event->data.sequence_start.tag) &&
               open_node(b, event, NODE_LIST);
    case YAML_MAPPING_START_EVENT:
        return is_bare(b, event, event->data.mapping_start.anchor, event->data.mapping_start.tag) &&
               open_node(b, event, NODE_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: b->depth--; return true;
    default: return true;
    }
}

static bool fail_empty(struct builder *b) {
    return fail_at(b->fault, 1, 1, "the file is empty; a job begins with 'zyg: 1'");
}

static bool parse(struct builder *b, yaml_parser_t *parser) {
    for (bool ended = false; !ended;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return fail_parser(b, parser);
        ended = event.type == YAML_STREAM_END_EVENT;
        bool taken = take_event(b, &event);
        yaml_event_delete(&event);
        if (!taken)
            return false;
    }
    return b->root != NULL || fail_empty(b);
}

const struct tree_node *tree_read(struct span text, struct arena *arena, struct tree_fault *fault) {
    struct builder b = {.file = text, .arena = arena, .fault = fault};
    yaml_parser_t parser;
    if (text.len == 0)
        fail_empty(&b); /* libyaml stops the program when it is given no text at all */
    if (text.len == 0 || !check_bytes(&b))
        return NULL;
    if (!yaml_parser_initialize(&parser)) {
        fail_at(fault, 1, 1, "there is not enough memory to read this file");
        return NULL;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.data, text.len);
    bool parsed = parse(&b, &parser);
    yaml_parser_delete(&parser);
    return parsed ? b.root : NULL;
}

/* ---- use ---- */

const struct tree_node *node_get(const struct tree_node *map, struct span key) {
    for (const struct tree_node *k = map->first; k != NULL; k = k->next) {
        if (span_equal(k->text, key))
            return k;
    }
    return NULL;
}

bool node_is_null(const struct tree_node *node) {
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0;
         node->kind == NODE_SCALAR && !node->quoted && i < sizeof words / sizeof words[0]; i++) {
        if (span_is(node->text, words[i]))
            return true;
    }
    return false;
}

/* How many bytes of the file the next character of a scalar takes: more than one where it is
 * escaped. */
static size_t raw_length(struct span file, size_t at, uint8_t quote) {
    uint8_t c = file.data[at];
    uint8_t next = at + 1 < file.len ? file.data[at + 1] : 0;
    if (quote == '"' && c == '\\')
        return next == 'x' ? 4 : next == 'u' ? 6 : next == 'U' ? 10 : 2;
    return quote == '\'' && c == '\'' ? 2 : 1;
}

void node_place(struct span file, const struct tree_node *node, size_t offset, uint32_t *line,
                uint32_t *column) {
    *line = node->line;
    *column = node->column;
    size_t begin = offset_of(file, node->line, node->column);
    if (offset == 0 || begin >= file.len || file.data[begin] == '|' || file.data[begin] == '>')
        return;
    uint8_t quote = node->quoted ? file.data[begin] : 0;
    uint32_t characters = node->quoted ? 1 : 0;
    size_t at = begin + characters;
    for (size_t i = 0; i < offset; i++) {
        if (at >= file.len || file.data[at] == '\n')
            return;
        size_t len = raw_length(file, at, quote);
        characters += len > 1 ? (uint32_t)len : is_continuation(file.data[at]) ? 0 : 1;
        at += len;
    }
    *column += characters;
}
