/* ranks - who of those at a rung is among the best, as more come in: the best n / share of n.
 *
 * Two heaps: the worst of the best ones stands on top of one, the best of the rest on top of the
 * other. Of equal values the lower place is the better.
 * Memory   two arrays for the most places there can be; pages that are not reached stay untouched.
 * Cost     O(log n) to add one, O(1) to ask.
 */
#ifndef ZYG_RANKS_H
#define ZYG_RANKS_H

#include "proto/base/arena.h"

/* The value of place p is values[p * stride], and stays what it is as long as p is in; so does how far
 * it breaks constraints, which comes before its value (NULL: there are none). Borrowed. */
struct ranked {
    const double *values, *breaches;
    size_t stride;
};

struct heap {
    struct ranked by;
    bool worst_first; /* the worst on top, else the best */
    uint32_t *places;
    uint32_t count;
};

bool heap_init(struct heap *h, struct ranked by, bool worst_first, uint32_t capacity,
               struct arena *arena);
void heap_push(struct heap *h, uint32_t place);
uint32_t heap_pop(struct heap *h); /* the top; count > 0 */

struct ranks {
    uint32_t share;
    struct heap best, rest;
};

size_t ranks_bytes(uint32_t capacity);
bool ranks_init(struct ranks *r, struct ranked by, uint32_t share, uint32_t capacity,
                struct arena *arena);
void ranks_add(struct ranks *r, uint32_t place);
uint32_t ranks_count(const struct ranks *r);
/* Of a place that is in: it is among the best. */
bool ranks_has_best(const struct ranks *r, uint32_t place);
/* The worst that is among the best; false while none is. */
bool ranks_bar(const struct ranks *r, uint32_t *place);

#endif
