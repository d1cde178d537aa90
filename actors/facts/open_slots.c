#include "actors/facts/open_slots.h"

#include "proto/base/check.h"

#include <assert.h>

static_assert(0 + LIMIT_BEGUN < 0 + OPEN_SLOTS_RESUMED, "one job can always be resumed");
static_assert(OPEN_SLOTS_MAX < OPEN_SLOTS_CELLS && OPEN_SLOTS_CELLS <= UINT16_MAX, "cells");

static uint32_t home_of(uint32_t seat, uint64_t slot) {
    /* Fibonacci hashing; slots are numbered by us, so nobody can choose colliding ones. */
    uint64_t mixed = (slot ^ ((uint64_t)seat << 48)) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(mixed >> 32) % OPEN_SLOTS_CELLS;
}

static uint32_t next_of(uint32_t at) {
    return (at + 1) % OPEN_SLOTS_CELLS;
}

static uint32_t home_in(const struct open_slots *t, uint32_t at) {
    const struct open_slot *open = &t->items[t->cells[at] - 1];
    return home_of(open->seat, open->slot);
}

/* The cell that leads to it, or the empty one where it would be put. */
static uint32_t cell_of(const struct open_slots *t, uint32_t seat, uint64_t slot) {
    uint32_t at = home_of(seat, slot);
    while (t->cells[at] != 0 &&
           (t->items[t->cells[at] - 1].seat != seat || t->items[t->cells[at] - 1].slot != slot))
        at = next_of(at);
    return at;
}

struct open_slot *open_slots_find(struct open_slots *t, uint32_t seat, uint64_t slot) {
    uint16_t found = t->cells[cell_of(t, seat, slot)];
    return found == 0 ? NULL : &t->items[found - 1];
}

struct open_slot *open_slots_put(struct open_slots *t, uint32_t seat, uint64_t slot) {
    if (t->count == OPEN_SLOTS_MAX)
        return NULL;
    uint32_t at = cell_of(t, seat, slot);
    ensure(t->cells[at] == 0);
    struct open_slot *open = &t->items[t->count++];
    *open = (struct open_slot){.seat = seat, .slot = slot};
    t->cells[at] = (uint16_t)t->count;
    return open;
}

void open_slots_show(struct open_slot *open, const struct trial_row *row) {
    open->unable = row->unable.count > 0;
    open->attempts = row->attempts;
    open->from = row->from;
    open->last_end = row->last_end;
}

static void empty_cell(struct open_slots *t, uint32_t hole) {
    for (uint32_t at = next_of(hole); t->cells[at] != 0; at = next_of(at)) {
        uint32_t home = home_in(t, at);
        bool stays = hole <= at ? hole < home && home <= at : hole < home || home <= at;
        if (stays)
            continue;
        t->cells[hole] = t->cells[at];
        hole = at;
    }
    t->cells[hole] = 0;
}

void open_slots_remove(struct open_slots *t, struct open_slot *open) {
    ensure(open >= t->items && open < t->items + t->count);
    empty_cell(t, cell_of(t, open->seat, open->slot));
    const struct open_slot *last = &t->items[t->count - 1];
    if (open != last) {
        t->cells[cell_of(t, last->seat, last->slot)] = (uint16_t)(open - t->items + 1);
        *open = *last;
    }
    t->count--;
}

void open_slots_forget(struct open_slots *t, uint32_t seat) {
    for (uint32_t i = 0; i < t->count;) {
        /* Removing moves another one to this place: look at it again. */
        if (t->items[i].seat == seat)
            open_slots_remove(t, &t->items[i]);
        else
            i++;
    }
}
