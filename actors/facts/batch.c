#include "actors/facts/batch.h"

#include "proto/base/check.h"

#include <assert.h>

/* What waited for one batch and the whole next one leave in one step. */
static_assert(BATCH_AFTER_ROOM + BATCH_OPS_ROOM + 2 * LIMIT_FRAME_BYTES < SAYS_BYTES, "one step");

void batches_init(struct batches *b, const struct signer *signer) {
    b->signer = signer;
    b->flying = b->filling = 1;
}

static struct batch *at(struct batches *b, uint64_t serial) {
    return &b->ring[serial % BATCHES];
}

/* A batch is made ready when it is first written to, so that the memory of those never needed stays untouched. */
static struct batch *ready(struct batches *b, uint64_t serial) {
    struct batch *batch = at(b, serial);
    if (batch->ops.data == NULL) {
        batch->ops = buf_of(batch->ops_memory, sizeof batch->ops_memory);
        batch->after = (struct says){
            .frames = buf_of(batch->after_memory, sizeof batch->after_memory), .from = ROOM_FACTS};
    }
    return batch;
}

bool batch_is_empty(const struct batch *batch) {
    return batch->ops.len == 0 && batch->bundle.count == 0 && batch->after.frames.len == 0;
}

static bool has_room(const struct batch *batch, size_t bytes) {
    return batch->ops.len + bytes <= LIMIT_BATCH_BYTES && batch->bundle.count < LIMIT_BATCH_FACTS &&
           batch->bundle.out.len + bytes <= BATCH_BUNDLE_BYTES &&
           batch->after.frames.len + bytes <= BATCH_AFTER_BYTES;
}

struct batch *batches_room(struct batches *b, size_t bytes) {
    struct batch *batch = ready(b, b->filling);
    bool closed = b->under_way && b->filling == b->flying;
    if (!closed && (batch_is_empty(batch) || has_room(batch, bytes)))
        return batch;
    if (b->filling - b->flying + 1 == BATCHES)
        return NULL;
    return ready(b, ++b->filling);
}

void batch_add_fact(struct batches *b, struct batch *batch, const struct msg *fact) {
    if (batch->bundle.count == 0)
        bundle_begin(&batch->bundle, b->signer, b->generation, b->sequence, batch->bundle_memory,
                     sizeof batch->bundle_memory);
    ensure(bundle_add(&batch->bundle, fact));
    b->sequence++;
}

struct batch *batches_oldest(struct batches *b) {
    return ready(b, b->flying);
}

uint32_t batches_waiting(const struct batches *b) {
    return (uint32_t)(b->filling - b->flying);
}

static void put_bundle(struct batch *batch) {
    uint8_t key_memory[NODE_ID_BYTES + 16];
    struct buf key = buf_of(key_memory, sizeof key_memory);
    struct bundle_writer *w = &batch->bundle;
    bundle_key(&key, &w->signer->id, w->generation, w->sequence);
    ops_put(&batch->ops, TABLE_bundles, buf_view(&key), bundle_seal(w));
}

void batches_launch(struct batches *b, struct says *out) {
    struct batch *batch = batches_oldest(b);
    ensure(!b->under_way);
    if (batch->bundle.count > 0)
        put_bundle(batch);
    ensure(!batch->ops.overflow);
    b->under_way = true;
    batches_relaunch(b, out);
}

void batches_relaunch(struct batches *b, struct says *out) {
    say(out,
        &(struct msg){.kind = MSG_save,
                      .save = {.ticket = b->flying, .ops = buf_view(&batches_oldest(b)->ops)}});
}

void batches_landed(struct batches *b, struct says *out) {
    struct batch *batch = batches_oldest(b);
    ensure(b->under_way && !batch->after.frames.overflow);
    buf_span(&out->frames, buf_view(&batch->after.frames));
    ensure(!out->frames.overflow);
    buf_clear(&batch->ops);
    buf_clear(&batch->after.frames);
    batch->bundle = (struct bundle_writer){0};
    b->under_way = false;
    if (b->filling == b->flying)
        b->filling++;
    b->flying++;
}
