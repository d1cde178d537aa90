/* happenings - what will happen in a world, the soonest first: a heap; of two at one moment the older. */
#ifndef ZYG_TEST_HAPPENINGS_H
#define ZYG_TEST_HAPPENINGS_H

#include "actors/member/member.h"
#include "proto/base/check.h"

#include <stdlib.h>

enum happening { HAPPENS_FRAME, HAPPENS_UP, HAPPENS_DOWN, HAPPENS_ANSWER /* of the disk */ };

struct happening_at {
    when_ms when;
    uint64_t serial;
    enum happening what;
    uint32_t to, life, link;
    enum edge_end why;
    size_t len;
    uint8_t *bytes;
};

struct happenings {
    size_t count, cap;
    struct happening_at *items;
};

static inline bool earlier(const struct happening_at *a, const struct happening_at *b) {
    return a->when != b->when ? a->when < b->when : a->serial < b->serial;
}

static inline void queue_put(struct happenings *q, struct happening_at h) {
    if (q->count == q->cap) {
        q->cap = q->cap * 2 + 64;
        q->items = realloc(q->items, q->cap * sizeof *q->items);
        ensure(q->items != NULL);
    }
    size_t i = q->count++;
    for (; i > 0 && earlier(&h, &q->items[(i - 1) / 2]); i = (i - 1) / 2)
        q->items[i] = q->items[(i - 1) / 2];
    q->items[i] = h;
}

static inline struct happening_at queue_take(struct happenings *q) {
    struct happening_at first = q->items[0], last = q->items[--q->count];
    size_t i = 0;
    for (size_t child = 1; child < q->count; child = 2 * i + 1) {
        child += child + 1 < q->count && earlier(&q->items[child + 1], &q->items[child]);
        if (!earlier(&q->items[child], &last))
            break;
        q->items[i] = q->items[child];
        i = child;
    }
    q->items[i] = last;
    return first;
}

#endif
