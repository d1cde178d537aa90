/* expr_words - an expression's text as words, one a call; for expr.c alone. */
#ifndef ZYG_EXPR_WORDS_H
#define ZYG_EXPR_WORDS_H

#include "proto/job/expr_node.h"

enum lexeme_kind {
    LEXEME_END,
    LEXEME_WORD,
    LEXEME_NUMBER,
    LEXEME_QUOTED,
    LEXEME_RELATION,
    LEXEME_SIGN, /* one of ( ) [ ] , + - * / % */
    LEXEME_BAD
};

struct lexeme {
    enum lexeme_kind kind;
    size_t at;
    struct span text; /* of quoted text: without the quotes */
    enum relation relation;
};

struct words_of {
    struct span text;
    size_t next; /* where the lexeme after this one may begin */
    struct lexeme lexeme;
    const struct expr_names *names;
    const char *bad; /* of LEXEME_BAD */
};

/* Brings the next word into `lexeme`. */
void expr_advance(struct words_of *w);

bool expr_named(const struct expr_names *names, struct span word, uint32_t *position);
/* Of a word that is no name: the part between - and + that is none, where others are; else all of
 * it. */
struct span expr_blame(const struct expr_names *names, struct span word);
bool expr_function(struct span word, enum function *out);
const char *expr_function_name(enum function function);

#endif
