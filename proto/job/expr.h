/* expr - the one language of `when`, `where` and `constraints`: conditions over named values.
 *
 *   condition = both { "or" both }                  both    = test { "and" test }
 *   test      = "not" test | sum [ relation sum | "in" "[" sum { "," sum } "]" ]
 *   relation  = "==" | "!=" | "<" | "<=" | ">" | ">="
 *   sum       = product { ( "+" | "-" ) product }   product = signed { ( "*" | "/" | "%" ) signed }
 *   signed    = [ "-" | "+" ] signed | "(" condition ")" | function "(" sum { "," sum } ")" | operand
 *   function  = abs ceil floor sqrt: of one number; max min: of one or more
 *   operand   = number | 'text' | "text" | true | false | name
 *
 * The values of an ordered choice are compared by their order, as in `size >= medium`; with a number,
 * those that are numbers are, as numbers.
 *
 * In a condition over parameters a bare word that is no parameter is text, so `learner != forest`
 * needs no quotes. Such a word may hold "-", "+" and ".": k-nn is one word unless each of its parts
 * is a parameter or a number, as in a-1, which is a difference. In one over metrics every bare word
 * and all quoted text is the name of a metric ('top@5' >= 0.9), and - and + always reckon.
 *
 * Numbers are doubles and every operation is rounded as IEEE 754 says, so results are the same
 * everywhere; whole numbers are exact up to 2^53. x % y has the sign of y (-1 % 4 is 3). What has
 * no value is unknown: an inactive parameter, a metric that was not told, arithmetic with what is
 * no number, a division by zero, a result beyond doubles or of the root of a negative number. A
 * test that needs it is neither true nor false: `not` leaves it so, `or` and `and` are Kleene's.
 * (`x != 1` is not met by an x that does not exist.) A bare boolean parameter is a test of itself. Every
 * comparison mentions a name: the others are misspelled.
 * Memory   an expression lives in the arena it was compiled into. Depth at most 16, nodes at most
 *          256.
 */
#ifndef ZYG_EXPR_H
#define ZYG_EXPR_H

#include "proto/base/arena.h"
#include "proto/job/value.h"

struct expr; /* compiled */

enum { EXPR_DEPTH_MAX = 16, EXPR_NODES_MAX = 256 };

/* Of a choice: its values, in their order if they have one. */
struct expr_choices {
    const struct value *values;
    uint32_t count;
    bool ordered;
};

/* What can be named, by position. `open`: more names are found in what is compiled, and appended
 * until there are `most`; otherwise these are the parameters and stay as they are. */
struct expr_names {
    struct span *names;
    uint32_t count;
    uint32_t most;
    bool open;
    /* NULL: none of them is a choice. False: this one is none. What they are is borrowed for as long as
     * what is compiled. */
    bool (*choices)(const void *context, uint32_t name, struct expr_choices *out);
    const void *context;
};

struct expr_fault {
    size_t at;           /* offset in the text */
    char what[160];      /* what was expected */
    struct span nearest; /* the name that was probably meant, or empty; borrowed from the names */
};

/* One mention of a name. */
struct expr_use {
    size_t name;
    /* alone; with == != in; with < <= > >= or in arithmetic */
    enum { EXPR_TESTED, EXPR_EQUALS, EXPR_ORDERED } how;
    const struct value
        *with;      /* the constant it is compared with; NULL: none, or what is no constant */
    size_t at;      /* offset of that constant, or of the name */
    size_t name_at; /* of the name */
};

/* NULL on a fault, which is then described. A full arena is a fault too. */
const struct expr *expr_compile(struct span text, struct expr_names *names, struct arena *arena,
                                struct expr_fault *fault);
/* `name in [values]`, without its text, however many there are; the values are borrowed. NULL: the
 * arena is full. */
const struct expr *expr_membership(uint32_t name, const struct value *values, uint32_t count,
                                   struct arena *arena);

/* values: one a name. */
enum expr_truth { EXPR_NO, EXPR_UNKNOWN, EXPR_YES };
enum expr_truth expr_truth(const struct expr *e, const struct value *values);
static inline bool expr_true(const struct expr *e, const struct value *values) {
    return expr_truth(e, values) == EXPR_YES;
}
/* How far a condition that is not true is from being it, for a search that walks towards where it
 * is: 0 when it is true or unknown, else more than 0 and finite. A comparison of numbers by their
 * difference, divided by the size of the side that is a constant other than 0; any other by 1;
 * `and` by the sum of its parts, `or` by the least. */
double expr_miss(const struct expr *e, const struct value *values);
uint32_t expr_size(const struct expr *e); /* its nodes: what a look at it costs */

void expr_visit(const struct expr *e, void (*visit)(void *context, const struct expr_use *use),
                void *context);
/* and, or, not, in, true, false: no parameter can be called so */
bool expr_reserved(struct span name);

#endif
