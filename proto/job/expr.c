#include "proto/job/expr.h"

#include "proto/base/num.h"
#include "proto/job/expr_node.h"
#include "proto/job/shown.h"

#include <stdio.h>

/* ---- words ---- */

enum lexeme_kind {
    LEXEME_END,
    LEXEME_WORD,
    LEXEME_NUMBER,
    LEXEME_QUOTED,
    LEXEME_RELATION,
    LEXEME_SIGN, /* one of ( ) [ ] , */
    LEXEME_BAD
};

struct lexeme {
    enum lexeme_kind kind;
    size_t at;
    struct span text; /* of quoted text: without the quotes */
    enum relation relation;
};

struct compiler {
    struct span text;
    size_t next; /* where the lexeme after this one may begin */
    struct lexeme lexeme;
    const struct expr_names *names;
    struct arena *arena;
    struct expr_fault *fault;
    bool failed;
    uint32_t nodes;
    uint32_t depth;
};

static const char *const reserved[] = {"and", "or", "not", "in", "true", "false"};

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
    {"&&", "write 'and' instead of '&&'"},
    {"||", "write 'or' instead of '||'"},
    {"!", "write 'not' instead of '!'"},
    {"=", "write '==' to compare"},
};

bool expr_reserved(struct span name) {
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (span_is(name, reserved[i]))
            return true;
    }
    return false;
}

/* Keeps the first fault only: what follows from it is no news. */
static void fail(struct compiler *c, size_t at, const char *what) {
    if (c->failed)
        return;
    c->failed = true;
    c->fault->at = at;
    c->fault->word = (struct span){0};
    snprintf(c->fault->what, sizeof c->fault->what, "%s", what);
}

static void fail_naming(struct compiler *c, struct span word, size_t at, const char *what) {
    char text[sizeof c->fault->what];
    snprintf(text, sizeof text, "'%.*s' %s", SHOWN(word), what);
    if (c->failed)
        return;
    fail(c, at, text);
    c->fault->word = word;
}

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool is_inside_word(uint8_t c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '+';
}

static struct lexeme quoted_lexeme(struct compiler *c, size_t at) {
    uint8_t quote = c->text.data[at];
    size_t end = at + 1;
    while (end < c->text.len && c->text.data[end] != quote)
        end++;
    if (end == c->text.len) {
        fail(c, at, "a quote that is not closed");
        return (struct lexeme){.kind = LEXEME_BAD, .at = at};
    }
    c->next = end + 1;
    return (struct lexeme){LEXEME_QUOTED, at, span_of(c->text.data + at + 1, end - at - 1), EQUAL};
}

static struct lexeme sign_lexeme(struct compiler *c, size_t at) {
    struct span rest = span_from(c->text, at);
    for (size_t i = 0; i < sizeof relations / sizeof relations[0]; i++) {
        if (span_starts(rest, relations[i].text)) {
            size_t len = span_text(relations[i].text).len;
            c->next = at + len;
            return (struct lexeme){LEXEME_RELATION, at, span_of(rest.data, len),
                                   relations[i].relation};
        }
    }
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        if (span_starts(rest, foreign[i].text))
            fail(c, at, foreign[i].what);
    }
    switch (rest.data[0]) {
    case '(':
    case ')':
    case '[':
    case ']':
    case ',':
        c->next = at + 1;
        return (struct lexeme){LEXEME_SIGN, at, span_of(rest.data, 1), EQUAL};
    default:
        fail(c, at, "a character that no condition has");
        return (struct lexeme){.kind = LEXEME_BAD, .at = at};
    }
}

static void advance(struct compiler *c) {
    const uint8_t *data = c->text.data;
    size_t at = c->next;
    while (at < c->text.len && (data[at] == ' ' || data[at] == '\t' || data[at] == '\n'))
        at++;
    if (at == c->text.len || c->failed) {
        c->lexeme = (struct lexeme){.kind = LEXEME_END, .at = at};
        c->next = at;
        return;
    }
    if (data[at] == '\'' || data[at] == '"') {
        c->lexeme = quoted_lexeme(c, at);
        return;
    }
    bool numeric = is_digit(data[at]) || data[at] == '-' || data[at] == '+' || data[at] == '.';
    if (!numeric && !is_letter(data[at])) {
        c->lexeme = sign_lexeme(c, at);
        return;
    }
    size_t end = at + 1;
    while (end < c->text.len && is_inside_word(data[end]))
        end++;
    c->next = end;
    c->lexeme = (struct lexeme){numeric ? LEXEME_NUMBER : LEXEME_WORD, at,
                                span_of(data + at, end - at), EQUAL};
}

static bool at_word(const struct compiler *c, const char *word) {
    return c->lexeme.kind == LEXEME_WORD && span_is(c->lexeme.text, word);
}

static bool at_sign(const struct compiler *c, char sign) {
    return c->lexeme.kind == LEXEME_SIGN && c->lexeme.text.data[0] == (uint8_t)sign;
}

static bool take_word(struct compiler *c, const char *word) {
    if (!at_word(c, word))
        return false;
    advance(c);
    return true;
}

static bool take_sign(struct compiler *c, char sign) {
    if (!at_sign(c, sign))
        return false;
    advance(c);
    return true;
}

/* ---- grammar ---- */

static void *take_node(struct compiler *c, size_t size) {
    if (++c->nodes > EXPR_NODES_MAX) {
        fail(c, c->lexeme.at, "a condition longer than 128 parts");
        return NULL;
    }
    void *node = arena_take(c->arena, size);
    if (node == NULL)
        fail(c, c->lexeme.at, "there is no memory left for this condition");
    return node;
}

static int32_t param_named(const struct compiler *c, struct span name) {
    for (size_t i = 0; i < c->names->count; i++) {
        if (span_equal(c->names->names[i], name))
            return (int32_t)i;
    }
    return NOT_A_PARAM;
}

static void number_operand(struct compiler *c, struct operand *o) {
    if (num_parse_i64(c->lexeme.text, &o->constant.integer)) {
        o->constant.kind = VALUE_INT;
    } else if (num_parse(c->lexeme.text, &o->constant.real)) {
        o->constant.kind = VALUE_FLOAT;
    } else {
        fail_naming(c, c->lexeme.text, c->lexeme.at,
                    "is not a number; put text that begins so in quotes");
        c->fault->word = (struct span){0};
    }
}

static bool take_operand(struct compiler *c, struct operand *o) {
    *o = (struct operand){.param = NOT_A_PARAM, .at = (uint32_t)c->lexeme.at};
    switch (c->lexeme.kind) {
    case LEXEME_NUMBER: number_operand(c, o); break;
    case LEXEME_QUOTED:
        o->constant = (struct value){.kind = VALUE_TEXT, .text = c->lexeme.text};
        break;
    case LEXEME_WORD:
        if (span_is(c->lexeme.text, "true") || span_is(c->lexeme.text, "false")) {
            o->constant =
                (struct value){.kind = VALUE_BOOL, .boolean = span_is(c->lexeme.text, "true")};
            break;
        }
        if (expr_reserved(c->lexeme.text)) {
            fail(c, c->lexeme.at, "expected a parameter or a value here");
            break;
        }
        o->param = param_named(c, c->lexeme.text);
        if (o->param == NOT_A_PARAM)
            o->constant = (struct value){.kind = VALUE_TEXT, .text = c->lexeme.text};
        break;
    default: fail(c, c->lexeme.at, "expected a parameter or a value here"); break;
    }
    advance(c);
    return !c->failed;
}

/* A test without any parameter: most often the first word is one that was misspelled. */
static void fail_no_param(struct compiler *c, const struct operand *o) {
    if (o->constant.kind == VALUE_TEXT)
        fail_naming(c, o->constant.text, o->at, "is not a parameter");
    else
        fail(c, o->at, "expected a parameter here");
}

static void check_ordered(struct compiler *c, const struct operand *o) {
    if (o->param != NOT_A_PARAM || value_is_number(&o->constant))
        return;
    if (o->constant.kind == VALUE_TEXT)
        fail_naming(c, o->constant.text, o->at, "is neither a number nor a parameter");
    else
        fail(c, o->at, "expected a number here");
}

static void take_list(struct compiler *c, struct expr *e) {
    e->kind = EXPR_IN;
    if (!take_sign(c, '['))
        fail(c, c->lexeme.at, "expected '[' after 'in'");
    struct operand **end = &e->right;
    do {
        struct operand *o = c->failed ? NULL : take_node(c, sizeof *o);
        if (o == NULL || !take_operand(c, o))
            return;
        *end = o;
        end = &o->next;
    } while (take_sign(c, ','));
    if (!take_sign(c, ']'))
        fail(c, c->lexeme.at, "expected ',' or ']' here");
    if (e->left.param == NOT_A_PARAM)
        fail_no_param(c, &e->left);
}

static void take_relation(struct compiler *c, struct expr *e) {
    e->kind = EXPR_COMPARE;
    e->relation = c->lexeme.relation;
    advance(c);
    e->right = take_node(c, sizeof *e->right);
    if (e->right == NULL || !take_operand(c, e->right))
        return;
    if (e->left.param == NOT_A_PARAM && e->right->param == NOT_A_PARAM)
        fail_no_param(c, &e->left);
    if (e->relation != EQUAL && e->relation != UNEQUAL) {
        check_ordered(c, &e->left);
        check_ordered(c, e->right);
    }
}

static struct expr *take_condition(struct compiler *c);

static struct expr *take_test(struct compiler *c) {
    struct expr *e = NULL;
    if (++c->depth > EXPR_DEPTH_MAX)
        fail(c, c->lexeme.at, "nested deeper than 16");
    if (c->failed)
        return NULL;
    if (take_sign(c, '(')) {
        e = take_condition(c);
        if (!take_sign(c, ')'))
            fail(c, c->lexeme.at, "expected ')' here");
    } else if ((e = take_node(c, sizeof *e)) != NULL) {
        if (take_word(c, "not")) {
            e->kind = EXPR_NOT;
            e->first = take_test(c);
        } else if (take_operand(c, &e->left)) {
            e->kind = EXPR_BARE;
            if (c->lexeme.kind == LEXEME_RELATION)
                take_relation(c, e);
            else if (take_word(c, "in"))
                take_list(c, e);
            else if (e->left.param == NOT_A_PARAM)
                fail_no_param(c, &e->left);
        }
    }
    c->depth--;
    return e;
}

/* Parts joined by one word; a single part stays itself. */
static struct expr *take_joined(struct compiler *c, const char *word, enum expr_kind kind,
                                struct expr *(*take_part)(struct compiler *)) {
    struct expr *first = take_part(c);
    if (c->failed || !at_word(c, word))
        return first;
    struct expr *all = take_node(c, sizeof *all);
    if (all == NULL)
        return NULL;
    all->kind = kind;
    all->first = first;
    for (struct expr *last = first; !c->failed && take_word(c, word); last = last->next)
        last->next = take_part(c);
    return all;
}

static struct expr *take_both(struct compiler *c) {
    return take_joined(c, "and", EXPR_AND, take_test);
}

static struct expr *take_condition(struct compiler *c) {
    return take_joined(c, "or", EXPR_OR, take_both);
}

const struct expr *expr_compile(struct span text, const struct expr_names *names,
                                struct arena *arena, struct expr_fault *fault) {
    struct compiler c = {.text = text, .names = names, .arena = arena, .fault = fault};
    advance(&c);
    const struct expr *e = take_condition(&c);
    if (c.lexeme.kind != LEXEME_END)
        fail(&c, c.lexeme.at, "expected 'and', 'or' or the end here");
    return c.failed ? NULL : e;
}

const struct expr *expr_membership(size_t param, const struct value *values, size_t count,
                                   struct arena *arena) {
    struct expr *e = arena_take(arena, sizeof *e);
    struct operand *list = arena_take(arena, count * sizeof *list);
    if (arena->full)
        return NULL;
    e->kind = EXPR_IN;
    e->left = (struct operand){.param = (int32_t)param};
    for (size_t i = 0; i < count; i++)
        list[i] = (struct operand){.param = NOT_A_PARAM,
                                   .constant = values[i],
                                   .next = i + 1 < count ? &list[i + 1] : NULL};
    e->right = list;
    return e;
}
