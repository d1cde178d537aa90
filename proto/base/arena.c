#include "proto/base/arena.h"

#include <stdalign.h>
#include <string.h>

struct arena arena_of(void *memory, size_t cap) {
    return (struct arena){.data = memory, .cap = cap};
}

void *arena_take_unset(struct arena *a, size_t size) {
    const size_t align = alignof(max_align_t);
    size_t padding = (align - (size_t)((uintptr_t)(a->data + a->used) % align)) % align;
    if (a->full || padding > a->cap - a->used || size > a->cap - a->used - padding) {
        a->full = true;
        return NULL;
    }
    void *taken = a->data + a->used + padding;
    a->used += padding + size;
    return taken;
}

void *arena_take(struct arena *a, size_t size) {
    void *taken = arena_take_unset(a, size);
    if (taken != NULL)
        memset(taken, 0, size);
    return taken;
}

struct span arena_copy(struct arena *a, struct span s) {
    uint8_t *copy = arena_take(a, s.len);
    if (copy == NULL)
        return (struct span){0};
    if (s.len > 0)
        memcpy(copy, s.data, s.len);
    return span_of(copy, s.len);
}
