/* foreign - JSON that somebody else wrote: read piece by piece, and what is wrong is said in one
 * line.
 *
 * Every reader gets the text of one value and where it stands ("space[2]", "when of gamma"), and
 * answers false after it has written "where: what is wrong, what was expected" into `fault`. The
 * first fault stays.
 * Memory   text that is read lies in `scratch` until the next call, unless it is copied.
 */
#ifndef ZYG_FOREIGN_H
#define ZYG_FOREIGN_H

#include "proto/base/arena.h"
#include "proto/job/value.h"

enum {
    FOREIGN_TEXT_MAX = 16384,
    FOREIGN_FAULT_BYTES = 640,
    FOREIGN_WHERE_BYTES = 160,
    FOREIGN_LIST_BYTES = 320 /* all keys of init */
};

struct foreign {
    char fault[FOREIGN_FAULT_BYTES]; /* empty: all is well */
    uint8_t scratch[FOREIGN_TEXT_MAX];
};

struct foreign_where {
    char text[FOREIGN_WHERE_BYTES];
};

/* Always false. */
bool foreign_refuse(struct foreign *f, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct foreign_where foreign_at(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The members of an object, whose keys are all among `names` and come once: value[i] is the text of
 * the one called names[i], empty when there is none. */
bool foreign_object(struct foreign *f, struct span json, const char *where,
                    const char *const *names, size_t count, struct span *value);

/* One value or member after the other. */
struct foreign_items {
    struct json json;
    uint32_t count; /* of those that were given out */
    struct span key;
    struct span value;
    bool bad;
};
/* bracket: '[' or '{' */
bool foreign_items(struct foreign *f, struct span json, const char *where, char bracket,
                   struct foreign_items *items);
/* How many there are in all; 0 too when they cannot be read. */
uint32_t foreign_count(struct foreign *f, struct span json, const char *where, char bracket);
/* False: there are no more, or `bad`. A key is in the scratch. */
bool foreign_next(struct foreign *f, const char *where, struct foreign_items *items);

bool foreign_bool(struct foreign *f, struct span json, const char *where, bool *out);
bool foreign_number(struct foreign *f, struct span json, const char *where, double *out);
bool foreign_whole(struct foreign *f, struct span json, const char *where, int64_t least,
                   int64_t most, int64_t *out);
bool foreign_text(struct foreign *f, struct span json, const char *where, struct span *out);
/* Text, a number, true or false. What is written as a whole number is VALUE_INT. */
bool foreign_value(struct foreign *f, struct span json, const char *where, struct value *out);
/* The position of one of the words. */
bool foreign_word(struct foreign *f, struct span json, const char *where, const char *const *words,
                  size_t count, size_t *out);
/* The same of a word that is there already. */
bool foreign_named(struct foreign *f, struct span word, const char *where, const char *const *words,
                   size_t count, size_t *out);
bool foreign_is_null(struct span json);

#endif
