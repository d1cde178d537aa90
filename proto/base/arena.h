/* arena - a bump allocator over memory its maker gave it; nothing in it is freed alone.
 *
 * Errors   arena_take answers NULL when the memory is used up and sets `full`.
 */
#ifndef ZYG_ARENA_H
#define ZYG_ARENA_H

#include "proto/base/bytes.h"

struct arena {
    uint8_t *data;
    size_t used;
    size_t cap;
    bool full;
};

struct arena arena_of(void *memory, size_t cap);
void *arena_take(struct arena *a, size_t size); /* zeroed, aligned for any object */
/* What is in it is not known: a large table costs only the pages that are written. */
void *arena_take_unset(struct arena *a, size_t size);
struct span arena_copy(struct arena *a, struct span s);

#endif
