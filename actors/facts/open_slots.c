#include "actors/facts/open_slots.h"

#include "proto/base/check.h"

#include <assert.h>

static_assert(0 + LIMIT_BEGUN < 0 + OPEN_SLOTS_RESUMED, "one job can always be resumed");

static uint32_t home_of(uint32_t seat, uint64_t slot) {
    /* Fibonacci hashing; slots are numbered by us, so nobody can choose colliding ones. */
    uint64_t mixed = (slot ^ ((uint64_t)seat << 48)) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(mixed >> 32) % OPEN_SLOTS_CELLS;
}

static uint32_t next_of(uint32_t at) {
    return (at + 1) % OPEN_SLOTS_CELLS;
}

struct open_slot *open_slots_find(struct open_slots *t, uint32_t seat, uint64_t slot) {
    for (uint32_t at = home_of(seat, slot); t->cells[at].used; at = next_of(at)) {
        if (t->cells[at].seat == seat && t->cells[at].slot == slot)
            return &t->cells[at];
    }
    return NULL;
}

struct open_slot *open_slots_put(struct open_slots *t, uint32_t seat, uint64_t slot) {
    if (t->count == OPEN_SLOTS_MAX)
        return NULL;
    uint32_t at = home_of(seat, slot);
    while (t->cells[at].used)
        at = next_of(at);
    t->cells[at] = (struct open_slot){.used = true, .seat = seat, .slot = slot};
    t->count++;
    return &t->cells[at];
}

void open_slots_show(struct open_slot *open, const struct trial_row *row) {
    open->unable = row->unable.count > 0;
    open->attempts = row->attempts;
    open->from = row->from;
    open->last_end = row->last_end;
}

void open_slots_remove(struct open_slots *t, struct open_slot *cell) {
    ensure(cell->used);
    uint32_t hole = (uint32_t)(cell - t->cells);
    t->count--;
    for (uint32_t at = next_of(hole); t->cells[at].used; at = next_of(at)) {
        uint32_t home = home_of(t->cells[at].seat, t->cells[at].slot);
        bool stays = hole <= at ? hole < home && home <= at : hole < home || home <= at;
        if (stays)
            continue;
        t->cells[hole] = t->cells[at];
        hole = at;
    }
    t->cells[hole].used = false;
}

void open_slots_forget(struct open_slots *t, uint32_t seat) {
    for (uint32_t at = 0; at < OPEN_SLOTS_CELLS;) {
        /* Removing may shift another cell to this place: look at it again. */
        if (t->cells[at].used && t->cells[at].seat == seat)
            open_slots_remove(t, &t->cells[at]);
        else
            at++;
    }
}
