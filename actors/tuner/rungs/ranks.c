#include "actors/tuner/rungs/ranks.h"

#include "proto/base/check.h"

static bool is_better(struct ranked by, uint32_t a, uint32_t b) {
    const size_t at_a = a * by.stride, at_b = b * by.stride;
    const double value_a = by.values[at_a], value_b = by.values[at_b];
    if (by.breaches != NULL && by.breaches[at_a] != by.breaches[at_b])
        return by.breaches[at_a] < by.breaches[at_b];
    return value_a < value_b || (value_a == value_b && a < b);
}

static bool comes_first(const struct heap *h, uint32_t a, uint32_t b) {
    return h->worst_first ? is_better(h->by, b, a) : is_better(h->by, a, b);
}

bool heap_init(struct heap *h, struct ranked by, bool worst_first, uint32_t capacity,
               struct arena *arena) {
    *h = (struct heap){.by = by, .worst_first = worst_first};
    h->places = arena_take_unset(arena, capacity * sizeof *h->places);
    return h->places != NULL;
}

void heap_push(struct heap *h, uint32_t place) {
    uint32_t at = h->count++;
    while (at > 0 && comes_first(h, place, h->places[(at - 1) / 2])) {
        h->places[at] = h->places[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    h->places[at] = place;
}

uint32_t heap_pop(struct heap *h) {
    ensure(h->count > 0);
    uint32_t top = h->places[0];
    uint32_t moved = h->places[--h->count];
    uint32_t at = 0;
    for (uint32_t child = 1; child < h->count; child = 2 * at + 1) {
        if (child + 1 < h->count && comes_first(h, h->places[child + 1], h->places[child]))
            child++;
        if (!comes_first(h, h->places[child], moved))
            break;
        h->places[at] = h->places[child];
        at = child;
    }
    h->places[at] = moved;
    return top;
}

enum { ARENA_SLACK = 64 };

size_t ranks_bytes(uint32_t capacity) {
    return 2 * (capacity * sizeof(uint32_t) + ARENA_SLACK);
}

bool ranks_init(struct ranks *r, struct ranked by, uint32_t share, uint32_t capacity,
                struct arena *arena) {
    r->share = share;
    return heap_init(&r->best, by, true, capacity, arena) &&
           heap_init(&r->rest, by, false, capacity, arena);
}

void ranks_add(struct ranks *r, uint32_t place) {
    if (r->best.count > 0 && is_better(r->best.by, place, r->best.places[0]))
        heap_push(&r->best, place);
    else
        heap_push(&r->rest, place);
    uint32_t wanted = ranks_count(r) / r->share;
    while (r->best.count > wanted)
        heap_push(&r->rest, heap_pop(&r->best));
    while (r->best.count < wanted)
        heap_push(&r->best, heap_pop(&r->rest));
}

uint32_t ranks_count(const struct ranks *r) {
    return r->best.count + r->rest.count;
}

bool ranks_has_best(const struct ranks *r, uint32_t place) {
    return r->best.count > 0 && !is_better(r->best.by, r->best.places[0], place);
}

bool ranks_bar(const struct ranks *r, uint32_t *place) {
    if (r->best.count > 0)
        *place = r->best.places[0];
    return r->best.count > 0;
}
