/* words - a command written as one string, split into arguments by the rules of the shell, without
 * a shell.
 *
 * Blanks separate; '...' keeps everything; "..." keeps everything but the backslash of \" \\ \$ \`;
 * a backslash outside quotes keeps the next character. What only a shell could do (pipes,
 * redirections, variables, patterns) is refused and not passed on as if it were text.
 * Memory   words lie in the arena.
 * Errors   a sentence and the offset of the character it is about.
 */
#ifndef ZYG_WORDS_H
#define ZYG_WORDS_H

#include "proto/base/arena.h"

struct words {
    struct span *items;
    uint32_t count;
    const char *bad; /* NULL: all is well */
    size_t at;
};

struct words words_split(struct span text, uint32_t max, struct arena *arena);

#endif
