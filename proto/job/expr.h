/* expr - the small language of `when`: conditions over parameters.
 *
 *   condition  = both { "or" both }            both = test { "and" test }
 *   test       = "not" test | "(" condition ")" | operand [ relation operand | "in" list ]
 *   list       = "[" operand { "," operand } "]"
 *   relation   = "==" | "!=" | "<" | "<=" | ">" | ">="
 *   operand    = number | 'text' | "text" | true | false | name
 *
 * A name that is a parameter stands for its value; any other bare word is text, so `learner !=
 * forest` needs no quotes. A test that needs the value of an inactive parameter is neither true nor
 * false: `not` leaves it so, `or` and `and` are Kleene's, and a whole condition that comes out so
 * does not hold. (`x != 1` is not met by an x that does not exist.) A bare boolean parameter is a
 * test of itself. Every comparison mentions a parameter: the others are misspelled names.
 * Memory   an expression lives in the arena it was compiled into. Depth at most 16, nodes at most
 *          128.
 */
#ifndef ZYG_EXPR_H
#define ZYG_EXPR_H

#include "proto/base/arena.h"
#include "proto/job/value.h"

struct expr; /* compiled */

enum { EXPR_DEPTH_MAX = 16, EXPR_NODES_MAX = 128 };

/* What the compiler asks about names: the position of a parameter, or -1. */
struct expr_names {
    const struct span *names;
    size_t count;
};

struct expr_fault {
    size_t at;        /* offset in the text */
    char what[160];   /* what was expected */
    struct span word; /* a name that is no parameter but stands where one must; else empty */
};

/* One mention of a parameter. */
struct expr_use {
    size_t param;
    enum { EXPR_TESTED, EXPR_EQUALS, EXPR_ORDERED } how; /* alone; with == != in; with < <= > >= */
    /* the constant it is compared with; NULL: none, or another parameter */
    const struct value *with;
    size_t at; /* offset of that constant, or of the parameter */
};

/* NULL on a fault, which is then described. A full arena is a fault too. */
const struct expr *expr_compile(struct span text, const struct expr_names *names,
                                struct arena *arena, struct expr_fault *fault);
/* `param in [values]`, without its text; the values are borrowed. NULL: the arena is full. */
const struct expr *expr_membership(size_t param, const struct value *values, size_t count,
                                   struct arena *arena);
bool expr_true(const struct expr *e, const struct value *values);
void expr_visit(const struct expr *e, void (*visit)(void *context, const struct expr_use *use),
                void *context);
/* and, or, not, in, true, false: no parameter can be called so */
bool expr_reserved(struct span name);

#endif
