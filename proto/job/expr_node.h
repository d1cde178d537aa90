/* expr_node - what a compiled condition is made of; shared by the compiler (expr.c) and its users
 * (expr_eval.c) alone. */
#ifndef ZYG_EXPR_NODE_H
#define ZYG_EXPR_NODE_H

#include "proto/job/expr.h"

enum { NOT_A_PARAM = -1 };

struct operand {
    int32_t param; /* or NOT_A_PARAM: a constant */
    uint32_t at;
    struct value constant;
    struct operand *next; /* in a list */
};

enum relation { EQUAL, UNEQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };

struct expr {
    enum expr_kind { EXPR_OR, EXPR_AND, EXPR_NOT, EXPR_BARE, EXPR_COMPARE, EXPR_IN } kind;
    enum relation relation;
    struct expr *first; /* the parts of or, and, not */
    struct expr *next;
    struct operand left;
    struct operand *right; /* one, or the list of `in` */
};

#endif
