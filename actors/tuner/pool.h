/* pool - one block of memory that the jobs that learn share, a piece each.
 *
 * Nobody gets more than half of what is free, so that the next one finds some, too. First fit.
 * Errors   pool_take answers false when so much is not free in one piece.
 */
#ifndef ZYG_POOL_H
#define ZYG_POOL_H

#include "proto/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POOL_ALIGN = 4096 };

struct piece {
    size_t from, size; /* size 0: none */
};

struct pool {
    uint8_t *memory;
    size_t size;
    size_t touched; /* nothing from here on was ever in a piece */
    uint32_t used;  /* places from here on were never used */
    struct piece pieces[LIMIT_JOBS_OPEN];
};

struct pool pool_of(void *memory, size_t size);
/* The most that may be asked for now. */
size_t pool_most(const struct pool *p);
bool pool_take(struct pool *p, size_t size, struct piece *piece);
/* The first gap that begins at *from or behind: *from becomes where it begins; where it ends, touched at most. */
size_t pool_gap(const struct pool *p, size_t *from);
/* Nothing when it is none. */
void pool_give(struct pool *p, const struct piece *piece);

#endif
