#include "actors/facts/batch.h"

#include "proto/base/check.h"

#include <assert.h>

/* What waited for one batch and the whole next one leave in one step. */
static_assert(BATCH_AFTER_ROOM + BATCH_OPS_ROOM + 2 * LIMIT_FRAME_BYTES < SAYS_BYTES, "one step");

static_assert(BATCHES <= 32, "one bit each");

/* In the first free place: as few as ever were in use at once are ever touched. */
static void open_next(struct batches *b) {
    uint8_t place = (uint8_t)__builtin_ctz(~b->taken);
    b->taken |= 1u << place;
    b->places[++b->filling % BATCHES] = place;
}

void batches_init(struct batches *b, const struct signer *signer, struct logs *logs) {
    b->signer = signer;
    b->logs = logs;
    b->flying = 1;
    open_next(b);
}

const struct batch *batches_at(const struct batches *b, uint64_t serial) {
    return &b->items[b->places[serial % BATCHES]];
}

/* A batch is made ready when it is first written to, so that the memory of those never needed stays untouched. */
static struct batch *ready(struct batches *b, uint64_t serial) {
    struct batch *batch = &b->items[b->places[serial % BATCHES]];
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

static void mark(struct batch *batch, uint32_t log, uint64_t next) {
    for (uint32_t i = 0; i < batch->marks_count; i++) {
        if (batch->marks[i].log == log) {
            if (batch->marks[i].next < next)
                batch->marks[i].next = next;
            return;
        }
    }
    ensure(batch->marks_count < BATCH_MARKS);
    batch->marks[batch->marks_count++] = (struct mark){.log = log, .next = next};
}

void batch_keep(struct batches *b, struct batch *batch, struct log *log, uint32_t count,
                struct span bundle) {
    uint8_t serial_memory[8], place_memory[LOG_KEY_BYTES + 8], next_memory[8];
    struct buf serial = buf_of(serial_memory, sizeof serial_memory);
    struct buf place = buf_of(place_memory, sizeof place_memory);
    struct buf next = buf_of(next_memory, sizeof next_memory);
    batch->serial = b->logs->serial++;
    buf_be64(&serial, batch->serial);
    bundle_key(&place, &log->author, log->generation, log->taken);
    log->taken += count;
    if (log->queued < log->taken)
        log->queued = log->taken;
    buf_be64(&next, log->taken);
    ops_put(&batch->ops, TABLE_log, buf_view(&serial), bundle);
    ops_put(&batch->ops, TABLE_log_index, buf_view(&place), buf_view(&serial));
    ops_put(&batch->ops, TABLE_heads, span_of(place_memory, LOG_KEY_BYTES), buf_view(&next));
    mark(batch, logs_number(b->logs, log), log->taken);
}

void batch_relies(struct batch *batch, struct mark place) {
    mark(batch, place.log, place.next);
}

bool batch_has_marks(const struct batch *batch, uint32_t count) {
    return batch->marks_count + count + 2 <= BATCH_MARKS; /* and what is signed here, and kept */
}

/* Signs what has gathered. */
static void seal(struct batches *b, struct batch *batch) {
    struct bundle_writer *w = &batch->bundle;
    if (w->count == 0)
        return;
    struct log *log = logs_get(b->logs, &b->signer->id, b->generation, true);
    ensure(log != NULL && log->taken == w->sequence);
    batch_keep(b, batch, log, w->count, bundle_seal(w));
    batch->own_serial = batch->serial;
    *w = (struct bundle_writer){0};
}

static bool has_room(const struct batch *batch, size_t bytes) {
    return batch->ops.len + batch->bundle.out.len + bytes <= LIMIT_BATCH_BYTES &&
           batch->facts < BATCH_FACTS && batch_has_marks(batch, 0) &&
           batch->after.frames.len + bytes <= BATCH_AFTER_BYTES;
}

struct batch *batches_room(struct batches *b, size_t bytes) {
    struct batch *batch = ready(b, b->filling);
    bool closed = b->under_way && b->filling == b->flying;
    if (!closed && (batch_is_empty(batch) || has_room(batch, bytes)))
        return batch;
    if (b->filling - b->flying + 1 == BATCHES)
        return NULL;
    if (!closed)
        seal(b, batch); /* its serials come before those of the next */
    open_next(b);
    return ready(b, b->filling);
}

uint64_t batch_add_fact(struct batches *b, struct batch *batch, const struct msg *fact) {
    struct bundle_writer *w = &batch->bundle;
    if (w->count == 0 || !bundle_add(w, fact)) {
        seal(b, batch);
        bundle_begin(w, b->signer, b->generation, b->sequence, batch->bundle_memory,
                     sizeof batch->bundle_memory);
        ensure(bundle_add(w, fact));
    }
    batch->facts++;
    return b->sequence++;
}

void batch_carry(struct batches *b, struct batch *batch, struct span bundle) {
    seal(b, batch);
    (void)batch_add_fact(
        b, batch, &(struct msg){.kind = MSG_carried_fact, .carried_fact = {.bundle = bundle}});
    seal(b, batch);
}

void batch_wants(struct batch *batch, uint32_t copies) {
    if (batch->copies < copies)
        batch->copies = copies;
}

struct batch *batches_newest(struct batches *b) {
    return ready(b, b->filling);
}

struct batch *batches_oldest(struct batches *b) {
    return ready(b, b->flying);
}

uint32_t batches_waiting(const struct batches *b) {
    return (uint32_t)(b->filling - b->flying);
}

void batches_launch(struct batches *b, struct says *out) {
    struct batch *batch = batches_oldest(b);
    ensure(!b->under_way);
    seal(b, batch);
    ensure(!batch->ops.overflow);
    b->under_way = true;
    batches_relaunch(b, out);
}

void batches_relaunch(struct batches *b, struct says *out) {
    say(out,
        &(struct msg){.kind = MSG_save,
                      .save = {.ticket = b->flying, .ops = buf_view(&batches_oldest(b)->ops)}});
}

void batches_landed(struct batches *b) {
    struct batch *batch = batches_oldest(b);
    ensure(b->under_way && !batch->after.frames.overflow);
    if (batch->serial > 0)
        b->logs->serial_synced = batch->serial;
    for (uint32_t i = 0; i < batch->marks_count; i++) {
        struct log *log = &b->logs->items[batch->marks[i].log];
        if (log->synced < batch->marks[i].next)
            log->synced = batch->marks[i].next;
    }
    buf_clear(&batch->ops);
    buf_clear(&batch->after.frames);
    batch->copies = batch->facts = batch->marks_count = 0;
    batch->serial = batch->own_serial = 0;
    b->under_way = false;
    b->taken &= ~(1u << b->places[b->flying % BATCHES]);
    if (b->filling == b->flying)
        open_next(b);
    b->flying++;
}
