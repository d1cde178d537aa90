#include "actors/facts/ran.h"

#include "proto/base/check.h"

#include <assert.h>

enum { SHIFT_MOST = 63 };

static_assert(RAN_CELLS % 64 == 0, "whole words");

static uint64_t cell_of(wall_ms when, uint32_t shift) {
    return (uint64_t)when >> shift;
}

static bool has(const struct ran *r, uint64_t cell) {
    return (r->cells[cell % RAN_CELLS / 64] >> cell % 64 & 1) != 0;
}

static void put(struct ran *r, uint64_t cell) {
    r->cells[cell % RAN_CELLS / 64] |= (uint64_t)1 << cell % 64;
}

/* Two cells become one. */
static void coarsen(struct ran *r) {
    struct ran wider = {.from = r->from, .to = r->to, .shift = r->shift + 1};
    uint64_t last = r->from == r->to ? 0 : cell_of(r->to - 1, r->shift);
    ensure(r->shift < SHIFT_MOST);
    for (uint64_t cell = cell_of(r->from, r->shift); r->from < r->to && cell <= last; cell++) {
        if (has(r, cell))
            put(&wider, cell >> 1);
    }
    *r = wider;
}

void ran_add(struct ran *r, wall_ms from, wall_ms to) {
    if (from < 0 || from >= to)
        return;
    bool first = r->from == r->to;
    wall_ms least = first || from < r->from ? from : r->from;
    wall_ms most = first || to > r->to ? to : r->to;
    while (cell_of(most - 1, r->shift) - cell_of(least, r->shift) >= RAN_CELLS)
        coarsen(r);
    r->from = least;
    r->to = most;
    for (uint64_t cell = cell_of(from, r->shift); cell <= cell_of(to - 1, r->shift); cell++)
        put(r, cell);
}

dur_ms ran_ms(const struct ran *r) {
    uint64_t cells = 0;
    if (r->from == r->to)
        return 0;
    for (uint32_t i = 0; i < RAN_CELLS / 64; i++) {
        for (uint64_t word = r->cells[i]; word != 0; word &= word - 1)
            cells++;
    }
    uint64_t before = (uint64_t)r->from - (cell_of(r->from, r->shift) << r->shift);
    uint64_t after = ((cell_of(r->to - 1, r->shift) + 1) << r->shift) - (uint64_t)r->to;
    return (dur_ms)((cells << r->shift) - before - after);
}

void ran_encode(const struct ran *r, struct buf *out) {
    uint8_t bytes[RAN_CELLS / 8] = {0};
    if (r->from == r->to)
        return;
    uint64_t first = cell_of(r->from, r->shift), last = cell_of(r->to - 1, r->shift);
    for (uint64_t cell = first; cell <= last; cell++)
        bytes[(cell - first) / 8] |= (uint8_t)(has(r, cell) << (cell - first) % 8);
    mp_put_array(out, 4);
    mp_put_i64(out, r->from);
    mp_put_i64(out, r->to);
    mp_put_u64(out, r->shift);
    mp_put_bin(out, span_of(bytes, (last - first) / 8 + 1));
}

bool ran_decode(struct ran *r, struct span bytes) {
    struct mp in = mp_of(bytes);
    *r = (struct ran){.from = 0};
    if (bytes.len == 0)
        return true;
    uint32_t parts = mp_array(&in);
    wall_ms from = mp_i64(&in), to = mp_i64(&in);
    uint64_t shift = mp_u64(&in);
    struct span cells = mp_bin(&in);
    if (parts != 4 || !mp_done(&in) || from < 0 || from >= to || shift > SHIFT_MOST)
        return false;
    uint64_t first = cell_of(from, (uint32_t)shift), last = cell_of(to - 1, (uint32_t)shift);
    if (last - first >= RAN_CELLS || cells.len != (last - first) / 8 + 1)
        return false;
    *r = (struct ran){.from = from, .to = to, .shift = (uint32_t)shift};
    for (uint64_t cell = first; cell <= last; cell++) {
        if ((cells.data[(cell - first) / 8] >> (cell - first) % 8 & 1) != 0)
            put(r, cell);
    }
    if (has(r, first) && has(r, last))
        return true;
    *r = (struct ran){.from = 0};
    return false;
}
