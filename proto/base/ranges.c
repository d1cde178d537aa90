#include "proto/base/ranges.h"

#include "proto/base/mp.h"

#include <string.h>

struct ranges ranges_of(struct range *memory, uint32_t cap) {
    return (struct ranges){.items = memory, .cap = cap};
}

/* The position of the first range that ends after `number`, or count. */
static uint32_t find_range(const struct ranges *r, uint64_t number) {
    uint32_t low = 0;
    uint32_t high = r->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (r->items[middle].to > number)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void move_items(struct ranges *r, uint32_t to, uint32_t from) {
    memmove(r->items + to, r->items + from, (r->count - from) * sizeof *r->items);
    r->count = r->count + to - from;
}

bool ranges_add(struct ranges *r, uint64_t number) {
    if (number == UINT64_MAX) /* a half-open range cannot hold it */
        return false;
    uint32_t at = find_range(r, number);
    if (at < r->count && r->items[at].from <= number)
        return true;
    bool joins_left = at > 0 && r->items[at - 1].to == number;
    bool joins_right = at < r->count && r->items[at].from == number + 1;
    if (joins_left && joins_right) {
        r->items[at - 1].to = r->items[at].to;
        move_items(r, at, at + 1);
    } else if (joins_left) {
        r->items[at - 1].to = number + 1;
    } else if (joins_right) {
        r->items[at].from = number;
    } else {
        if (r->count == r->cap)
            return false;
        move_items(r, at + 1, at);
        r->items[at] = (struct range){.from = number, .to = number + 1};
    }
    return true;
}

bool ranges_has(const struct ranges *r, uint64_t number) {
    uint32_t at = find_range(r, number);
    return at < r->count && r->items[at].from <= number;
}

uint64_t ranges_size(const struct ranges *r) {
    uint64_t size = 0;
    for (uint32_t i = 0; i < r->count; i++)
        size += r->items[i].to - r->items[i].from;
    return size;
}

uint64_t ranges_next_gap(const struct ranges *r, uint64_t from) {
    uint32_t at = find_range(r, from);
    return at < r->count && r->items[at].from <= from ? r->items[at].to : from;
}

void ranges_encode(const struct ranges *r, struct buf *out) {
    mp_put_array(out, 2 * r->count);
    for (uint32_t i = 0; i < r->count; i++) {
        mp_put_u64(out, r->items[i].from);
        mp_put_u64(out, r->items[i].to - r->items[i].from);
    }
}

/* Takes the next range when it lies beyond the last one and does not touch it. */
static bool decode_range(struct ranges *r, struct mp *m) {
    uint64_t from = mp_u64(m);
    uint64_t length = mp_u64(m);
    if (m->bad != NULL || length == 0 || length > UINT64_MAX - from)
        return false;
    if (r->count > 0 && from <= r->items[r->count - 1].to)
        return false;
    r->items[r->count++] = (struct range){.from = from, .to = from + length};
    return true;
}

bool ranges_decode(struct ranges *r, struct span bytes) {
    struct mp m = mp_of(bytes);
    uint32_t numbers = mp_array(&m);
    bool good = m.bad == NULL && numbers % 2 == 0 && numbers / 2 <= r->cap;
    r->count = 0;
    for (uint32_t i = 0; good && i < numbers / 2; i++)
        good = decode_range(r, &m);
    if (good && mp_done(&m))
        return true;
    r->count = 0;
    return false;
}
