#include "actors/facts/logs.h"

#include "proto/base/check.h"

#include <assert.h>
#include <string.h>

enum { CHECKED_MAX = 4 };

static_assert(LIMIT_LOGS < UINT16_MAX, "cells hold the number of a log");

/* The cell of this log, or the empty one where it belongs. Authors are public keys: as good as random. */
static uint16_t *cell_of(struct logs *l, const struct node_id *author, uint64_t generation) {
    uint64_t mixed = (read_be64(author->bytes) ^ generation) * 0x9e3779b97f4a7c15u;
    for (uint32_t at = (uint32_t)(mixed >> 32) % LOGS_CELLS;; at = (at + 1) % LOGS_CELLS) {
        const struct log *log = l->cells[at] == 0 ? NULL : &l->items[l->cells[at] - 1];
        if (log == NULL || (log->generation == generation && node_id_equal(&log->author, author)))
            return &l->cells[at];
    }
}

struct log *logs_find(struct logs *l, const struct node_id *author, uint64_t generation) {
    const uint16_t *cell = cell_of(l, author, generation);
    return *cell == 0 ? NULL : &l->items[*cell - 1];
}

struct log *logs_get(struct logs *l, const struct node_id *author, uint64_t generation, bool own) {
    uint16_t *cell = cell_of(l, author, generation);
    if (*cell != 0)
        return &l->items[*cell - 1];
    if (l->count + !own >= LIMIT_LOGS)
        return NULL;
    struct log *added = &l->items[l->count++];
    *added = (struct log){.author = *author, .generation = generation};
    *cell = (uint16_t)l->count;
    if (own)
        l->own = l->count;
    return added;
}

bool logs_has_share(const struct logs *l, const struct node_id *author) {
    uint32_t count = 0;
    if (l->count < LOGS_SHARED)
        return true;
    for (uint32_t i = 0; i < l->count; i++)
        count += node_id_equal(&l->items[i].author, author);
    return count * 2 <= l->count;
}

const struct log *logs_own(const struct logs *l) {
    return l->own == 0 ? NULL : &l->items[l->own - 1];
}

uint32_t logs_number(const struct logs *l, const struct log *log) {
    ensure(log >= l->items && log < l->items + l->count);
    return (uint32_t)(log - l->items);
}

bool logs_take_row(struct logs *l, struct span key, struct span value) {
    struct node_id author;
    if (key.len != LOG_KEY_BYTES || value.len != 8)
        return false;
    memcpy(author.bytes, key.data, sizeof author.bytes);
    struct log *log = logs_get(l, &author, read_be64(key.data + NODE_ID_BYTES), false);
    if (log == NULL)
        return false;
    log->queued = log->taken = log->synced = log->found = read_be64(value.data);
    return true;
}

void logs_check(const struct logs *l, uint64_t turn) {
    for (uint32_t i = 0; i < CHECKED_MAX && i < l->count; i++) {
        const struct log *log = &l->items[(turn * CHECKED_MAX + i) % l->count];
        ensure(log->synced <= log->taken && log->taken <= log->queued);
    }
    ensure(l->serial_synced < l->serial);
}
