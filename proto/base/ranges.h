/* ranges - a set of numbers kept as disjoint, sorted, half-open ranges in memory the caller gave.
 *
 * Finished slots of a job are nearly one range, so a job of a million trials needs no more memory
 * than one of ten.
 * Errors   ranges_add answers false when the set would need more ranges than there is room for; the
 *          set is unchanged. ranges_decode answers false, with an empty set, for bytes that are not
 *          what ranges_encode writes.
 */
#ifndef ZYG_RANGES_H
#define ZYG_RANGES_H

#include "proto/base/bytes.h"

struct range {
    uint64_t from;
    uint64_t to; /* not included */
};

struct ranges {
    struct range *items;
    uint32_t count;
    uint32_t cap;
};

struct ranges ranges_of(struct range *memory, uint32_t cap);
bool ranges_add(struct ranges *r, uint64_t number);
bool ranges_has(const struct ranges *r, uint64_t number);
uint64_t ranges_size(const struct ranges *r);
/* Smallest number >= from not in the set. */
uint64_t ranges_next_gap(const struct ranges *r, uint64_t from);
/* msgpack [from, length, from, length, ...] */
void ranges_encode(const struct ranges *r, struct buf *out);
bool ranges_decode(struct ranges *r, struct span bytes);

#endif
