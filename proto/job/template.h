/* template - a command's argument or a variable's value with placeholders, one part a call.
 *
 * "--lr={lr}" is the text "--lr=" and the name lr; "{{" and "}}" are single braces. A name is a
 * parameter of the job or one of the words of zyg's own below, which therefore no parameter may be
 * called.
 * Memory   borrows the text; parts point into it.
 * Errors   TEMPLATE_BAD with a sentence and the offset of the wrong byte.
 */
#ifndef ZYG_TEMPLATE_H
#define ZYG_TEMPLATE_H

#include "proto/base/bytes.h"

enum template_word {
    /* --name value for each active parameter: several arguments where it stands alone */
    TEMPLATE_ARGS,
    TEMPLATE_ARGS_JSON,   /* {"name": value, ...} */
    TEMPLATE_PARAMS_FILE, /* path of a file with the same */
    TEMPLATE_TRIAL,
    TEMPLATE_ATTEMPT,
    TEMPLATE_CHECKPOINT, /* path of a folder that outlives the attempt */
    TEMPLATE_OUTPUT,     /* path of a folder that is kept */
    TEMPLATE_SEED,
    TEMPLATE_JOB,
    TEMPLATE_WORD_COUNT
};

enum template_kind { TEMPLATE_END, TEMPLATE_TEXT, TEMPLATE_NAME, TEMPLATE_BAD };

struct template {
    struct span text;
    size_t at;
};

struct template_part {
    struct span text; /* of TEXT: as it stands; of NAME: what is between the braces */
    size_t at;        /* where it begins, or where it is wrong */
    const char *what; /* of BAD */
};

struct template template_of(struct span text);
enum template_kind template_next(struct template *t, struct template_part *part);

const char *template_word_name(enum template_word word);
bool template_word_named(struct span name, enum template_word *out);

#endif
