#include "tests/sim/timeline.h"

#include "proto/base/check.h"
#include "tests/sim/draw.h"

#include <stdlib.h>

static bool before(const struct timed *a, const struct timed *b) {
    return a->at != b->at ? a->at < b->at : a->tie < b->tie;
}

void timeline_push(struct timeline *t, uint64_t seed, const struct timed *timed) {
    if (t->count == t->cap) {
        t->cap = t->cap == 0 ? 64 : 2 * t->cap;
        t->items = realloc(t->items, t->cap * sizeof *t->items);
        ensure(t->items != NULL);
    }
    struct rng tie = draw_of(seed, DRAW_TIE, t->serial++);
    struct timed item = *timed;
    item.tie = rng_u64(&tie);
    size_t hole = t->count++;
    while (hole > 0 && before(&item, &t->items[(hole - 1) / 2])) {
        t->items[hole] = t->items[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    t->items[hole] = item;
}

when_ms timeline_soonest(const struct timeline *t) {
    return t->count == 0 ? WHEN_NEVER : t->items[0].at;
}

struct timed timeline_pop(struct timeline *t) {
    ensure(t->count > 0);
    struct timed first = t->items[0];
    struct timed last = t->items[--t->count];
    size_t hole = 0;
    for (size_t child = 1; child < t->count; child = 2 * hole + 1) {
        if (child + 1 < t->count && before(&t->items[child + 1], &t->items[child]))
            child++;
        if (!before(&t->items[child], &last))
            break;
        t->items[hole] = t->items[child];
        hole = child;
    }
    t->items[hole] = last;
    return first;
}

void timeline_release(struct timeline *t) {
    free(t->items);
    *t = (struct timeline){0};
}
