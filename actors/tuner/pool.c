#include "actors/tuner/pool.h"

#include "proto/base/check.h"

struct pool pool_of(void *memory, size_t size) {
    return (struct pool){.memory = memory, .size = size};
}

size_t pool_most(const struct pool *p) {
    size_t free = p->size;
    for (uint32_t i = 0; i < p->used; i++)
        free -= p->pieces[i].size;
    return free / 2;
}

/* Where a piece that lies in the way of this one ends; 0: none does. */
static size_t behind(const struct pool *p, size_t from, size_t size) {
    for (uint32_t i = 0; i < p->used; i++) {
        const struct piece *other = &p->pieces[i];
        if (other->size > 0 && from < other->from + other->size && other->from < from + size)
            return other->from + other->size;
    }
    return 0;
}

static struct piece *place(struct pool *p) {
    for (uint32_t i = 0; i < p->used; i++) {
        if (p->pieces[i].size == 0)
            return &p->pieces[i];
    }
    return p->used < LIMIT_JOBS_OPEN ? &p->pieces[p->used++] : NULL;
}

/* First fit goes from piece to piece upwards; of overlapping ones it may meet any first. */
bool pool_take(struct pool *p, size_t size, struct piece *piece) {
    size_t from = 0, end;
    size = (size + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
    if (size > pool_most(p))
        return false;
    while ((end = behind(p, from, size)) != 0)
        from = end;
    struct piece *own = from <= p->size - size ? place(p) : NULL;
    if (own == NULL)
        return false;
    if (p->touched < from + size)
        p->touched = from + size;
    *piece = *own = (struct piece){.from = from, .size = size};
    return true;
}

void pool_give(struct pool *p, const struct piece *piece) {
    for (uint32_t i = 0; i < p->used && piece->size > 0; i++) {
        if (p->pieces[i].size > 0 && p->pieces[i].from == piece->from)
            p->pieces[i].size = 0;
    }
}

size_t pool_gap(const struct pool *p, size_t *from) {
    size_t end, to = p->touched;
    while (*from < p->touched && (end = behind(p, *from, 1)) != 0)
        *from = end;
    for (uint32_t i = 0; i < p->used; i++) {
        const struct piece *other = &p->pieces[i];
        if (other->size > 0 && other->from >= *from && other->from < to)
            to = other->from;
    }
    return to > *from ? to : *from;
}
