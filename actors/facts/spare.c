/* What of the room's memory holds nothing between two steps, by the files that it belongs to. */
#include "actors/facts/facts_state.h"

#include <stddef.h>

static void spare_batches(struct batches *b, const struct spare *spare) {
    for (uint32_t i = 0; i < BATCHES; i++) {
        struct batch *batch = &b->items[i];
        if (batch->ops.data == NULL || !batch_is_empty(batch))
            continue; /* never used, or in use */
        spare_take(spare, batch->bundle_memory, sizeof batch->bundle_memory);
        spare_take(spare, batch->ops_memory, sizeof batch->ops_memory);
        spare_take(spare, batch->after_memory, sizeof batch->after_memory);
    }
}

static void spare_inbox(struct inbox *b, const struct spare *spare) {
    if (b->begin == b->end)
        spare_take(spare, b->entries, sizeof b->entries);
    if (b->rows_len == 0)
        spare_take(spare, b->rows, sizeof b->rows);
    if (b->again.len == 0)
        spare_take(spare, b->again.bytes, sizeof b->again.bytes);
}

static void spare_pledge(struct pledge *p, const struct spare *spare) {
    if (p->count > 0)
        return;
    spare_take(spare, p->promises, sizeof p->promises);
    spare_take(spare, p->marks, sizeof p->marks);
    spare_take(spare, p->bytes, sizeof p->bytes);
}

/* While there is an errand it may read into a seat that is free. */
static void spare_seats(struct facts *f, const struct spare *spare) {
    if (f->errands.count > 0)
        return;
    spare_take(spare, f->errands.ring, sizeof f->errands.ring);
    for (uint32_t i = 0; i <= LIMIT_JOBS_OPEN; i++) {
        struct seat *s = &f->seats[i];
        if ((i >= f->seats_used && i < LIMIT_JOBS_OPEN) || s->state != SEAT_FREE)
            continue;
        const size_t head = offsetof(struct seat, ranges_memory);
        spare_take(spare, (uint8_t *)s + head, sizeof *s - head);
    }
}

void facts_spare(void *self, const struct spare *spare) {
    struct facts *f = self;
    struct open_slots *open = &f->open_slots;
    spare_batches(&f->batches, spare);
    spare_inbox(&f->inbox, spare);
    spare_pledge(&f->pledge, spare);
    spare_seats(f, spare);
    spare_take(spare, open->items + open->count,
               (OPEN_SLOTS_MAX - open->count) * sizeof open->items[0]);
}
