/* expr_node - what a compiled expression is made of; shared by the compiler (expr_words.c, expr.c)
 * and its users (expr_eval.c) alone. */
#ifndef ZYG_EXPR_NODE_H
#define ZYG_EXPR_NODE_H

#include "proto/job/expr.h"

enum relation { EQUAL, UNEQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };
enum function { ABS, CEIL, FLOOR, MAX, MIN, SQRT, FUNCTION_COUNT };

/* Tests first, then what has a value. */
enum expr_kind {
    EXPR_OR,  /* of all parts */
    EXPR_AND, /* of all parts */
    EXPR_NOT,
    EXPR_BARE,    /* a name whose value is true or false */
    EXPR_COMPARE, /* the first part with the second */
    EXPR_ORDER,   /* the first part, a name, with the constant, by the order of the choices */
    EXPR_IN,      /* the first part with each of the others */
    EXPR_CONSTANT,
    EXPR_NAME,
    EXPR_SUM,     /* of parts, each with its sign */
    EXPR_PRODUCT, /* of parts from left to right, each with its operator */
    EXPR_NEGATED,
    EXPR_CALL,
};

struct expr {
    enum expr_kind kind;
    union {
        enum relation relation; /* of COMPARE and ORDER */
        enum function function; /* of CALL */
    };
    char joined;                 /* of a part of SUM or PRODUCT: + - * / % */
    bool named;                  /* some name is mentioned in it */
    uint32_t at;                 /* where in the text it begins */
    uint32_t name;               /* of NAME and BARE: its position */
    struct value constant;       /* of CONSTANT and ORDER */
    struct expr_choices choices; /* of ORDER; borrowed */
    uint32_t place;              /* ... and where the constant is among them */
    struct expr *first;          /* the parts */
    struct expr *next;           /* the next part of what this is a part of */
};

static inline bool expr_is_test(const struct expr *e) {
    return e->kind <= EXPR_IN;
}

#endif
