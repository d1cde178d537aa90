#include "proto/job/expr_node.h"

#include <math.h>

/* ---- values ---- */

static const struct value *value_at(const struct expr *e, const struct value *values) {
    return e->kind == EXPR_CONSTANT ? &e->constant : &values[e->name];
}

static bool is_reckoned(const struct expr *e) {
    return e->kind > EXPR_NAME;
}

static bool number_of(const struct expr *e, const struct value *values, double *out);

/* The result has the sign of the divisor, as in mathematics and Python; fmod is exact. */
static double remainder_of(double a, double b) {
    double rest = fmod(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static double joined(char operator, double so_far, double part) {
    switch (operator) {
    case '+': return so_far + part;
    case '-': return so_far - part;
    case '*': return so_far * part;
    case '/': return so_far / part;
    default: return remainder_of(so_far, part);
    }
}

static bool joined_number(const struct expr *e, const struct value *values, double *out) {
    double number;
    double result = e->kind == EXPR_SUM ? 0 : 1;
    for (const struct expr *part = e->first; part != NULL; part = part->next) {
        if (!number_of(part, values, &number))
            return false;
        result = joined(part->joined, result, number); /* a division by 0 is not finite, too */
        if (!isfinite(result))
            return false;
    }
    *out = result;
    return true;
}

static bool call_number(const struct expr *e, const struct value *values, double *out) {
    double number = 0;
    double result = 0;
    for (const struct expr *part = e->first; part != NULL; part = part->next) {
        if (!number_of(part, values, &number))
            return false;
        bool better = e->function == MIN ? number < result : number > result;
        result = part == e->first || better ? number : result;
    }
    switch (e->function) {
    case ABS: result = fabs(number); break;
    case CEIL: result = ceil(number); break;
    case FLOOR: result = floor(number); break;
    case SQRT: result = number < 0 ? NAN : sqrt(number); break;
    default: break;
    }
    *out = result;
    return isfinite(result);
}

/* False: it has none. */
static bool number_of(const struct expr *e, const struct value *values, double *out) {
    switch (e->kind) {
    case EXPR_CONSTANT:
    case EXPR_NAME: {
        const struct value *v = value_at(e, values);
        if (!value_is_number(v))
            return false;
        *out = value_number(v);
        return true;
    }
    case EXPR_NEGATED:
        if (!number_of(e->first, values, out))
            return false;
        *out = -*out;
        return true;
    case EXPR_CALL: return call_number(e, values, out);
    default: return joined_number(e, values, out);
    }
}

/* ---- truth ---- */

static enum expr_truth truth_of(bool known) {
    return known ? EXPR_YES : EXPR_NO;
}

static enum expr_truth compare_numbers(enum relation relation, double x, double y) {
    switch (relation) {
    case EQUAL: return truth_of(x == y);
    case UNEQUAL: return truth_of(x != y);
    case LESS: return truth_of(x < y);
    case LESS_EQUAL: return truth_of(x <= y);
    case GREATER: return truth_of(x > y);
    case GREATER_EQUAL: return truth_of(x >= y);
    }
    return EXPR_UNKNOWN;
}

static enum expr_truth compare(enum relation relation, const struct expr *a, const struct expr *b,
                               const struct value *values) {
    double x;
    double y;
    bool ordered = relation != EQUAL && relation != UNEQUAL;
    if (ordered || is_reckoned(a) || is_reckoned(b))
        return number_of(a, values, &x) && number_of(b, values, &y)
                   ? compare_numbers(relation, x, y)
                   : EXPR_UNKNOWN;
    const struct value *left = value_at(a, values);
    const struct value *right = value_at(b, values);
    if (left->kind == VALUE_NONE || right->kind == VALUE_NONE)
        return EXPR_UNKNOWN;
    return truth_of(value_equal(left, right) == (relation == EQUAL));
}

static enum expr_truth compare_order(const struct expr *e, const struct value *v) {
    uint32_t place = 0;
    while (place < e->choices.count && !value_equal(&e->choices.values[place], v))
        place++;
    return place < e->choices.count ? compare_numbers(e->relation, place, e->place) : EXPR_UNKNOWN;
}

enum expr_truth expr_truth(const struct expr *e, const struct value *values) {
    enum expr_truth result = e->kind == EXPR_AND ? EXPR_YES : EXPR_NO;
    const struct expr *first = e->first;
    switch (e->kind) {
    case EXPR_NOT: return (enum expr_truth)(EXPR_YES - expr_truth(first, values));
    case EXPR_BARE: {
        const struct value *v = &values[e->name];
        return v->kind == VALUE_BOOL ? truth_of(v->boolean) : EXPR_UNKNOWN;
    }
    case EXPR_COMPARE: return compare(e->relation, first, first->next, values);
    case EXPR_ORDER: return compare_order(e, &values[first->name]);
    case EXPR_IN:
        for (const struct expr *item = first->next; item != NULL; item = item->next) {
            enum expr_truth one = compare(EQUAL, first, item, values);
            result = one > result ? one : result;
        }
        return result;
    case EXPR_AND:
    case EXPR_OR: /* Kleene's three values are in an order that makes `and` the least of them */
        for (const struct expr *part = first; part != NULL; part = part->next) {
            enum expr_truth one = expr_truth(part, values);
            if (e->kind == EXPR_AND ? one < result : one > result)
                result = one;
        }
        return result;
    default: return EXPR_UNKNOWN;
    }
}

/* ---- misses ---- */

#define MISS_LEAST 1e-300
#define MISS_MOST 1e100

static double bounded_miss(double miss) {
    return miss < MISS_LEAST ? MISS_LEAST : miss > MISS_MOST ? MISS_MOST : miss;
}

/* The size of the constant that is compared with. */
static double measure(const struct expr *a, const struct expr *b) {
    const struct expr *bound = !a->named ? a : b;
    double size;
    return !bound->named && number_of(bound, NULL, &size) && size != 0 ? fabs(size) : 1;
}

static double numbers_miss(const struct expr *a, const struct expr *b, const struct value *values) {
    double x;
    double y;
    if (!number_of(a, values, &x) || !number_of(b, values, &y) || x == y)
        return 1;
    return bounded_miss(fabs(x - y) / measure(a, b));
}

static double list_miss(const struct expr *first, const struct value *values) {
    double least = MISS_MOST;
    for (const struct expr *item = first->next; item != NULL; item = item->next) {
        double miss = numbers_miss(first, item, values);
        least = miss < least ? miss : least;
    }
    return least;
}

/* How far from being `wanted` (true or false): 0 when it is so or unknown. */
static double miss_of(const struct expr *e, const struct value *values, bool wanted) {
    enum expr_truth truth = expr_truth(e, values);
    bool all = e->kind == (wanted ? EXPR_AND : EXPR_OR);
    double result = all ? 0 : MISS_MOST;
    if (truth != (wanted ? EXPR_NO : EXPR_YES))
        return 0;
    switch (e->kind) {
    case EXPR_NOT: return miss_of(e->first, values, !wanted);
    case EXPR_COMPARE: {
        double x;
        double y;
        bool touches =
            number_of(e->first, values, &x) && number_of(e->first->next, values, &y) && x == y;
        bool equality = e->relation == EQUAL || e->relation == UNEQUAL;
        return touches && !equality ? MISS_LEAST : numbers_miss(e->first, e->first->next, values);
    }
    case EXPR_IN: return wanted ? list_miss(e->first, values) : 1;
    case EXPR_AND:
    case EXPR_OR:
        for (const struct expr *part = e->first; part != NULL; part = part->next) {
            double one = miss_of(part, values, wanted);
            result = all ? result + one : one < result ? one : result;
        }
        return bounded_miss(result);
    default: return 1;
    }
}

double expr_miss(const struct expr *e, const struct value *values) {
    return miss_of(e, values, true);
}

uint32_t expr_size(const struct expr *e) {
    uint32_t size = 1;
    for (const struct expr *part = e->first; part != NULL; part = part->next)
        size += expr_size(part);
    return size;
}

/* ---- visits ---- */

struct visitor {
    void (*visit)(void *context, const struct expr_use *use);
    void *context;
};

static void visit_reckoned(const struct visitor *v, const struct expr *e) {
    if (e->kind == EXPR_NAME)
        v->visit(v->context, &(struct expr_use){e->name, EXPR_ORDERED, NULL, e->at, e->at});
    for (const struct expr *part = e->first; part != NULL; part = part->next)
        visit_reckoned(v, part);
}

/* Side a of a comparison with b. */
static void visit_side(const struct visitor *v, const struct expr *a, const struct expr *b,
                       bool ordered) {
    if (is_reckoned(a) || (is_reckoned(b) && a->kind == EXPR_NAME)) {
        visit_reckoned(v, a);
        return;
    }
    if (a->kind != EXPR_NAME)
        return;
    struct expr_use use = {.name = a->name,
                           .how = ordered ? EXPR_ORDERED : EXPR_EQUALS,
                           .at = a->at,
                           .name_at = a->at};
    if (b->kind == EXPR_CONSTANT) {
        use.with = &b->constant;
        use.at = b->at;
    }
    v->visit(v->context, &use);
}

static void visit_part(const struct visitor *v, const struct expr *e) {
    switch (e->kind) {
    case EXPR_BARE:
        v->visit(v->context, &(struct expr_use){e->name, EXPR_TESTED, NULL, e->at, e->at});
        return;
    case EXPR_ORDER:
        v->visit(v->context, &(struct expr_use){e->first->name, EXPR_EQUALS, &e->constant, e->at,
                                                e->first->at});
        return;
    case EXPR_COMPARE:
    case EXPR_IN: {
        bool ordered = e->kind == EXPR_COMPARE && e->relation != EQUAL && e->relation != UNEQUAL;
        for (const struct expr *item = e->first->next; item != NULL; item = item->next) {
            visit_side(v, e->first, item, ordered);
            visit_side(v, item, e->first, ordered);
        }
        return;
    }
    default:
        for (const struct expr *part = e->first; part != NULL; part = part->next)
            visit_part(v, part);
    }
}

void expr_visit(const struct expr *e, void (*visit)(void *context, const struct expr_use *use),
                void *context) {
    struct visitor v = {visit, context};
    visit_part(&v, e);
}
