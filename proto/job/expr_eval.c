#include "proto/job/expr_node.h"

/* Kleene's three values, in an order that makes `and` the least and `or` the greatest of its
 * parts. */
enum truth { NO, UNKNOWN, YES };

static const struct value *operand_value(const struct operand *o, const struct value *values) {
    return o->param == NOT_A_PARAM ? &o->constant : &values[o->param];
}

static enum truth truth_of(bool known) {
    return known ? YES : NO;
}

static enum truth compare(enum relation relation, const struct value *a, const struct value *b) {
    if (a->kind == VALUE_NONE || b->kind == VALUE_NONE)
        return UNKNOWN;
    if (relation == EQUAL || relation == UNEQUAL)
        return truth_of(value_equal(a, b) == (relation == EQUAL));
    if (!value_is_number(a) || !value_is_number(b))
        return UNKNOWN;
    double x = value_number(a);
    double y = value_number(b);
    switch (relation) {
    case LESS: return truth_of(x < y);
    case LESS_EQUAL: return truth_of(x <= y);
    case GREATER: return truth_of(x > y);
    default: return truth_of(x >= y);
    }
}

static enum truth evaluate(const struct expr *e, const struct value *values) {
    const struct value *left = operand_value(&e->left, values);
    enum truth result = e->kind == EXPR_AND ? YES : NO;
    switch (e->kind) {
    case EXPR_NOT: return (enum truth)(YES - evaluate(e->first, values));
    case EXPR_BARE: return left->kind == VALUE_BOOL ? truth_of(left->boolean) : UNKNOWN;
    case EXPR_COMPARE: return compare(e->relation, left, operand_value(e->right, values));
    case EXPR_IN:
        for (const struct operand *o = e->right; o != NULL; o = o->next) {
            enum truth one = compare(EQUAL, left, operand_value(o, values));
            result = one > result ? one : result;
        }
        return result;
    case EXPR_AND:
    case EXPR_OR:
        for (const struct expr *part = e->first; part != NULL; part = part->next) {
            enum truth one = evaluate(part, values);
            if (e->kind == EXPR_AND ? one < result : one > result)
                result = one;
        }
        return result;
    }
    return UNKNOWN;
}

bool expr_true(const struct expr *e, const struct value *values) {
    return evaluate(e, values) == YES;
}

struct visitor {
    void (*visit)(void *context, const struct expr_use *use);
    void *context;
};

static void visit_pair(const struct visitor *v, const struct operand *a, const struct operand *b,
                       bool ordered) {
    if (a->param == NOT_A_PARAM)
        return;
    struct expr_use use = {
        .param = (size_t)a->param, .how = ordered ? EXPR_ORDERED : EXPR_EQUALS, .at = a->at};
    if (b->param == NOT_A_PARAM) {
        use.with = &b->constant;
        use.at = b->at;
    }
    v->visit(v->context, &use);
}

static void visit_part(const struct visitor *v, const struct expr *e) {
    for (const struct expr *part = e->first; part != NULL; part = part->next)
        visit_part(v, part);
    if (e->kind == EXPR_BARE) {
        struct expr_use use = {
            .param = (size_t)e->left.param, .how = EXPR_TESTED, .at = e->left.at};
        v->visit(v->context, &use);
    }
    bool ordered = e->kind == EXPR_COMPARE && e->relation != EQUAL && e->relation != UNEQUAL;
    for (const struct operand *o = e->right; o != NULL; o = o->next) {
        visit_pair(v, &e->left, o, ordered);
        visit_pair(v, o, &e->left, ordered);
    }
}

void expr_visit(const struct expr *e, void (*visit)(void *context, const struct expr_use *use),
                void *context) {
    struct visitor v = {visit, context};
    visit_part(&v, e);
}
