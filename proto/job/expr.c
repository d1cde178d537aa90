#include "proto/job/expr.h"

#include "proto/base/num.h"
#include "proto/job/expr_words.h"
#include "proto/job/nearest.h"
#include "proto/job/shown.h"

#include <stdio.h>

struct compiler {
    struct words_of words;
    struct expr_names *names;
    struct arena *arena;
    struct expr_fault *fault;
    bool failed;
    uint32_t nodes;
    uint32_t depth;
};

static const char *const reserved[] = {"and", "or", "not", "in", "true", "false"};

bool expr_reserved(struct span name) {
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (span_is(name, reserved[i]))
            return true;
    }
    return false;
}

/* ---- faults ---- */

/* Keeps the first fault only: what follows from it is no news. */
static void fail(struct compiler *c, size_t at, const char *what) {
    if (c->failed)
        return;
    c->failed = true;
    c->fault->at = at;
    c->fault->nearest = (struct span){0};
    snprintf(c->fault->what, sizeof c->fault->what, "%s", what);
}

/* "expected a parameter" or "expected a metric", and what follows. */
static void fail_expected(struct compiler *c, size_t at, const char *what) {
    char text[sizeof c->fault->what];
    snprintf(text, sizeof text, "expected a %s%s here", c->names->open ? "metric" : "parameter",
             what);
    fail(c, at, text);
}

static void fail_saying(struct compiler *c, struct span word, size_t at, const char *what) {
    char text[sizeof c->fault->what];
    snprintf(text, sizeof text, "'%.*s' %s", SHOWN(word), what);
    fail(c, at, text);
}

/* A word that is no name but stands where one must. */
static void fail_naming(struct compiler *c, struct span word, size_t at, const char *what) {
    struct span part = expr_blame(c->names, word);
    struct nearest nearest = nearest_of(part);
    uint32_t position;
    if (c->failed)
        return;
    if (expr_named(c->names, word, &position)) { /* otherwise it would have been taken for one */
        fail_saying(c, word, at, "in quotes is text; a parameter stands without them");
        return;
    }
    fail_saying(c, part, at + (size_t)(part.data - word.data), what);
    for (uint32_t i = 0; i < c->names->count; i++)
        nearest_offer(&nearest, c->names->names[i]);
    c->fault->nearest = nearest.best;
}

static void fail_function(struct compiler *c, struct span word, size_t at) {
    struct nearest nearest = nearest_of(word);
    if (c->failed)
        return;
    fail_saying(c, word, at, "is no function; there are abs, ceil, floor, max, min and sqrt");
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        nearest_offer(&nearest, span_text(expr_function_name((enum function)i)));
    c->fault->nearest = nearest.best;
}

/* ---- words ---- */

static void advance(struct compiler *c) {
    expr_advance(&c->words);
    if (c->words.lexeme.kind == LEXEME_BAD)
        fail(c, c->words.lexeme.at, c->words.bad);
}

static size_t place(const struct compiler *c) {
    return c->words.lexeme.at;
}

static bool at_word(const struct compiler *c, const char *word) {
    return c->words.lexeme.kind == LEXEME_WORD && span_is(c->words.lexeme.text, word);
}

static bool at_sign(const struct compiler *c, char sign) {
    return c->words.lexeme.kind == LEXEME_SIGN && c->words.lexeme.text.data[0] == (uint8_t)sign;
}

static bool take_word(struct compiler *c, const char *word) {
    if (c->failed || !at_word(c, word))
        return false;
    advance(c);
    return true;
}

static bool take_sign(struct compiler *c, char sign) {
    if (c->failed || !at_sign(c, sign))
        return false;
    advance(c);
    return true;
}

/* ---- nodes ---- */

/* NULL once something has failed, so a caller that goes on makes nothing. */
static struct expr *take_node(struct compiler *c, enum expr_kind kind, size_t at) {
    if (!c->failed && ++c->nodes > EXPR_NODES_MAX)
        fail(c, place(c), "a condition longer than 256 parts");
    if (c->failed)
        return NULL;
    struct expr *e = arena_take(c->arena, sizeof *e);
    if (e == NULL) {
        fail(c, place(c), "there is no memory left for this condition");
        return NULL;
    }
    e->kind = kind;
    e->at = (uint32_t)at;
    return e;
}

static void add_part(struct expr *whole, struct expr ***end, struct expr *part) {
    whole->named = whole->named || part->named;
    **end = part;
    *end = &part->next;
}

/* A test without any name: most often the first word is one that was misspelled. */
static void fail_no_name(struct compiler *c, const struct expr *e) {
    if (e->kind == EXPR_CONSTANT && e->constant.kind == VALUE_TEXT)
        fail_naming(c, e->constant.text, e->at, "is not a parameter");
    else
        fail_expected(c, e->at, "");
}

/* What stands where a test must. */
static void make_test(struct compiler *c, struct expr *e) {
    if (c->failed || expr_is_test(e))
        return;
    if (e->kind == EXPR_NAME && !c->names->open)
        e->kind = EXPR_BARE;
    else if (e->named)
        fail(c, e->at, "this is a number, not true or false: compare it with something");
    else
        fail_no_name(c, e);
}

static void need_value(struct compiler *c, const struct expr *e) {
    if (!c->failed && expr_is_test(e))
        fail(c, e->at, "this is a condition: it has no value to compare or reckon with");
}

static void need_number(struct compiler *c, const struct expr *e) {
    need_value(c, e);
    if (c->failed || e->kind != EXPR_CONSTANT || value_is_number(&e->constant))
        return;
    if (e->constant.kind == VALUE_TEXT)
        fail_naming(c, e->constant.text, e->at, "is neither a number nor a parameter");
    else
        fail(c, e->at, "expected a number here");
}

/* ---- grammar: what has a value ---- */

static struct expr *take_condition(struct compiler *c);
static struct expr *take_sum(struct compiler *c);

static struct expr *take_number(struct compiler *c) {
    struct span text = c->words.lexeme.text;
    struct expr *e = take_node(c, EXPR_CONSTANT, place(c));
    if (e == NULL)
        return NULL;
    if (num_parse_i64(text, &e->constant.integer))
        e->constant.kind = VALUE_INT;
    else if (num_parse(text, &e->constant.real))
        e->constant.kind = VALUE_FLOAT;
    else
        fail_saying(c, text, place(c), "is not a number; put text that begins so in quotes");
    advance(c);
    return e;
}

static struct expr *take_name(struct compiler *c, struct span word, size_t at) {
    uint32_t position;
    struct expr *e = take_node(c, EXPR_NAME, at);
    if (e == NULL)
        return NULL;
    e->named = true;
    if (!expr_named(c->names, word, &position)) {
        if (c->names->count == c->names->most)
            fail(c, at, "more metrics than a job can look at");
        else
            c->names->names[position = c->names->count++] = word;
    }
    e->name = c->failed ? 0 : position;
    return e;
}

static struct expr *take_text(struct compiler *c, struct span word, size_t at) {
    if (c->names->open)
        return take_name(c, word, at);
    struct expr *e = take_node(c, EXPR_CONSTANT, at);
    if (e != NULL)
        e->constant = (struct value){.kind = VALUE_TEXT, .text = word};
    return e;
}

static struct expr *take_call(struct compiler *c, struct span word, size_t at) {
    enum function function;
    if (!expr_function(word, &function)) {
        fail_function(c, word, at);
        return NULL;
    }
    struct expr *e = take_node(c, EXPR_CALL, at);
    if (e == NULL)
        return NULL;
    e->function = function;
    struct expr **end = &e->first;
    uint32_t count = 0;
    do {
        struct expr *part = take_sum(c);
        if (!c->failed)
            need_number(c, part);
        if (c->failed)
            return NULL;
        add_part(e, &end, part);
        count++;
    } while (take_sign(c, ','));
    if (count > 1 && function != MAX && function != MIN)
        fail(c, at, "this function is of one number");
    if (!take_sign(c, ')'))
        fail(c, place(c), "expected ',' or ')' here");
    return e;
}

static struct expr *take_bare_word(struct compiler *c) {
    struct span word = c->words.lexeme.text;
    size_t at = place(c);
    uint32_t position;
    if (span_is(word, "true") || span_is(word, "false")) {
        struct expr *e = take_node(c, EXPR_CONSTANT, at);
        if (e != NULL)
            e->constant = (struct value){.kind = VALUE_BOOL, .boolean = span_is(word, "true")};
        advance(c);
        return e;
    }
    if (expr_reserved(word)) {
        fail_expected(c, at, " or a value");
        return NULL;
    }
    advance(c);
    if (take_sign(c, '('))
        return take_call(c, word, at);
    return expr_named(c->names, word, &position) ? take_name(c, word, at) : take_text(c, word, at);
}

/* What a condition ends with does not follow. */
static void fail_end(struct compiler *c, const char *what) {
    if (c->words.lexeme.kind == LEXEME_RELATION)
        what = "one comparison at a time: join two with 'and'";
    else if (at_word(c, "is"))
        what = "write '==' to compare";
    fail(c, place(c), what);
}

static struct expr *take_operand(struct compiler *c) {
    struct span word = c->words.lexeme.text;
    size_t at = place(c);
    if (take_sign(c, '(')) {
        struct expr *e = take_condition(c);
        if (!take_sign(c, ')'))
            fail_end(c, "expected ')' here");
        return e;
    }
    switch (c->words.lexeme.kind) {
    case LEXEME_NUMBER: return take_number(c);
    case LEXEME_WORD: return take_bare_word(c);
    case LEXEME_QUOTED: advance(c); return take_text(c, word, at);
    default: fail_expected(c, at, " or a value"); return NULL;
    }
}

/* A number's sign belongs to the number: what is compared with it is then a constant still. */
static struct expr *negated(struct compiler *c, struct expr *e, size_t at) {
    if (e->kind == EXPR_CONSTANT) {
        struct value *v = &e->constant;
        if (v->kind == VALUE_INT)
            v->integer = -v->integer; /* without a sign it was read: never the least of all */
        else
            v->real = -v->real;
        e->at = (uint32_t)at;
        return e;
    }
    struct expr *whole = take_node(c, EXPR_NEGATED, at);
    if (whole != NULL) {
        whole->first = e;
        whole->named = e->named;
    }
    return whole;
}

static struct expr *take_signed(struct compiler *c) {
    size_t at = place(c);
    if (++c->depth > EXPR_DEPTH_MAX)
        fail(c, at, "nested deeper than 16");
    if (c->failed)
        return NULL;
    bool minus = at_sign(c, '-');
    struct expr *e;
    if (minus || at_sign(c, '+')) {
        advance(c);
        e = take_signed(c);
        if (!c->failed)
            need_number(c, e);
        if (!c->failed && minus)
            e = negated(c, e, at);
    } else {
        e = take_operand(c);
    }
    c->depth--;
    return e;
}

static char operator_at(const struct compiler *c, const char *operators) {
    for (; *operators != '\0'; operators++) {
        if (!c->failed && at_sign(c, *operators))
            return *operators;
    }
    return '\0';
}

/* Parts joined by operators; a single part stays itself. */
static struct expr *take_reckoning(struct compiler *c, enum expr_kind kind, const char *operators,
                                   struct expr *(*take_part)(struct compiler *)) {
    struct expr *part = take_part(c);
    char joined = operator_at(c, operators);
    if (c->failed || joined == '\0')
        return part;
    struct expr *all = take_node(c, kind, part->at);
    struct expr **end = all == NULL ? NULL : &all->first;
    for (char before = operators[0]; !c->failed; before = joined) {
        need_number(c, part);
        part->joined = before;
        add_part(all, &end, part);
        joined = operator_at(c, operators);
        if (joined == '\0')
            return all;
        advance(c);
        part = take_part(c);
    }
    return NULL;
}

static struct expr *take_product(struct compiler *c) {
    return take_reckoning(c, EXPR_PRODUCT, "*/%", take_signed);
}

static struct expr *take_sum(struct compiler *c) {
    return take_reckoning(c, EXPR_SUM, "+-", take_product);
}

/* ---- grammar: tests ---- */

static struct expr *take_list(struct compiler *c, struct expr *left) {
    struct expr *e = take_node(c, EXPR_IN, left->at);
    if (!take_sign(c, '['))
        fail(c, place(c), "expected '[' after 'in'");
    if (c->failed)
        return NULL;
    struct expr **end = &e->first;
    add_part(e, &end, left);
    do {
        struct expr *item = take_sum(c);
        if (!c->failed)
            need_value(c, item);
        if (c->failed)
            return NULL;
        add_part(e, &end, item);
    } while (take_sign(c, ','));
    if (!take_sign(c, ']'))
        fail(c, place(c), "expected ',' or ']' here");
    if (!left->named)
        fail_no_name(c, left);
    return e;
}

static bool is_reckoned(const struct expr *e) {
    return e->kind > EXPR_NAME;
}

static void fail_no_choice(struct compiler *c, const struct expr *name, const struct expr *bound,
                           const struct expr_choices *choices) {
    const struct span word = bound->constant.text;
    struct nearest nearest = nearest_of(word);
    char text[sizeof c->fault->what];
    if (c->failed)
        return;
    snprintf(text, sizeof text, "'%.*s' is not a value of '%.*s'", SHOWN(word),
             SHOWN(c->names->names[name->name]));
    fail(c, bound->at, text);
    for (uint32_t i = 0; i < choices->count; i++)
        if (choices->values[i].kind == VALUE_TEXT)
            nearest_offer(&nearest, choices->values[i].text);
    c->fault->nearest = nearest.best;
}

/* e compares a choice with one of its values, by their order. */
static void make_order(struct compiler *c, struct expr *e, struct expr *name,
                       const struct expr *bound, const struct expr_choices *choices) {
    uint32_t place = 0;
    while (place < choices->count && !value_equal(&choices->values[place], &bound->constant))
        place++;
    if (!choices->ordered)
        fail_saying(c, c->names->names[name->name], name->at,
                    "has no order: say 'ordered: true' of it, or compare with == or in");
    else if (place == choices->count)
        fail_no_choice(c, name, bound, choices);
    else if (e->relation == LESS && place == 0)
        fail_saying(c, bound->constant.text, bound->at, "is the first value: none is before it");
    else if (e->relation == GREATER && place + 1 == choices->count)
        fail_saying(c, bound->constant.text, bound->at, "is the last value: none is behind it");
    e->kind = EXPR_ORDER;
    e->first = name;
    e->constant = bound->constant;
    e->at = bound->at;
    e->choices = *choices;
    e->place = place;
    name->next = NULL;
}

/* One side is a choice, the other text, which has no other order. */
static bool is_ordered(const struct compiler *c, const struct expr *name, const struct expr *bound,
                       struct expr_choices *choices) {
    return name->kind == EXPR_NAME && bound->kind == EXPR_CONSTANT &&
           bound->constant.kind == VALUE_TEXT && c->names->choices != NULL &&
           c->names->choices(c->names->context, name->name, choices);
}

static enum relation turned(enum relation relation) {
    return relation == LESS            ? GREATER
           : relation == LESS_EQUAL    ? GREATER_EQUAL
           : relation == GREATER       ? LESS
           : relation == GREATER_EQUAL ? LESS_EQUAL
                                       : relation;
}

static void compare_parts(struct compiler *c, struct expr *e, struct expr *left,
                          struct expr *right) {
    const bool ordered = e->relation != EQUAL && e->relation != UNEQUAL;
    struct expr_choices choices;
    if (ordered && is_ordered(c, left, right, &choices)) {
        make_order(c, e, left, right, &choices);
    } else if (ordered && is_ordered(c, right, left, &choices)) {
        e->relation = turned(e->relation);
        make_order(c, e, right, left, &choices);
    } else if (ordered || is_reckoned(left) || is_reckoned(right)) {
        need_number(c, left);
        need_number(c, right);
    }
}

static struct expr *take_relation(struct compiler *c, struct expr *left) {
    struct expr *e = take_node(c, EXPR_COMPARE, left->at);
    enum relation relation = c->words.lexeme.relation;
    advance(c);
    struct expr *right = take_sum(c);
    if (!c->failed)
        need_value(c, right);
    if (c->failed)
        return NULL;
    struct expr **end = &e->first;
    e->relation = relation;
    add_part(e, &end, left);
    add_part(e, &end, right);
    if (!e->named)
        fail_no_name(c, left);
    compare_parts(c, e, left, right);
    return e;
}

static struct expr *take_not(struct compiler *c, size_t at);

static struct expr *take_test(struct compiler *c) {
    size_t at = place(c);
    if (take_word(c, "not"))
        return take_not(c, at);
    struct expr *left = take_sum(c);
    bool compared = !c->failed && (c->words.lexeme.kind == LEXEME_RELATION || at_word(c, "in"));
    if (compared)
        need_value(c, left);
    if (c->failed || !compared)
        return left;
    return take_word(c, "in") ? take_list(c, left) : take_relation(c, left);
}

static struct expr *take_not(struct compiler *c, size_t at) {
    if (++c->depth > EXPR_DEPTH_MAX)
        fail(c, place(c), "nested deeper than 16");
    struct expr *e = take_node(c, EXPR_NOT, at);
    struct expr *part = e == NULL ? NULL : take_test(c);
    c->depth--;
    if (c->failed)
        return NULL;
    make_test(c, part);
    e->first = part;
    e->named = part->named;
    return e;
}

/* Tests joined by one word; a single part stays itself, whatever it is. */
static struct expr *take_joined(struct compiler *c, const char *word, enum expr_kind kind,
                                struct expr *(*take_part)(struct compiler *)) {
    struct expr *part = take_part(c);
    if (c->failed || !at_word(c, word))
        return part;
    struct expr *all = take_node(c, kind, part->at);
    struct expr **end = all == NULL ? NULL : &all->first;
    while (!c->failed) {
        make_test(c, part);
        add_part(all, &end, part);
        if (!take_word(c, word))
            return all;
        part = take_part(c);
    }
    return NULL;
}

static struct expr *take_both(struct compiler *c) {
    return take_joined(c, "and", EXPR_AND, take_test);
}

static struct expr *take_condition(struct compiler *c) {
    return take_joined(c, "or", EXPR_OR, take_both);
}

const struct expr *expr_compile(struct span text, struct expr_names *names, struct arena *arena,
                                struct expr_fault *fault) {
    struct compiler c = {.words = {.text = text, .names = names, .lexeme.kind = LEXEME_END},
                         .names = names,
                         .arena = arena,
                         .fault = fault};
    advance(&c);
    struct expr *e = take_condition(&c);
    if (!c.failed)
        make_test(&c, e);
    if (c.words.lexeme.kind != LEXEME_END)
        fail_end(&c, "expected 'and', 'or' or the end here");
    return c.failed ? NULL : e;
}

const struct expr *expr_membership(uint32_t name, const struct value *values, uint32_t count,
                                   struct arena *arena) {
    struct expr *e = arena_take(arena, sizeof *e);
    struct expr *parts = arena_take(arena, (count + 1) * sizeof *parts);
    if (arena->full)
        return NULL;
    *e = (struct expr){.kind = EXPR_IN, .named = true, .first = parts};
    parts[0] = (struct expr){.kind = EXPR_NAME, .named = true, .name = name};
    for (uint32_t i = 0; i < count; i++) {
        parts[i].next = &parts[i + 1];
        parts[i + 1] = (struct expr){.kind = EXPR_CONSTANT, .constant = values[i]};
    }
    return e;
}
