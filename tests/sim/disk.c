#include "tests/sim/disk.h"

#include "proto/base/check.h"
#include "store/store_ask.h"
#include "store/store_mem.h"
#include "tests/sim/draw.h"

#include <stdlib.h>
#include <string.h>

enum { SLOW_MS = 8000, SLOW_SYNC_MS = 1000 };

void disk_open(struct disk *d, const struct disk_owner *owner, uint64_t seed) {
    d->owner = *owner;
    d->seed = seed;
    d->store = store_open_mem();
    d->rows = malloc(STORE_ROWS_BYTES_MAX);
    ensure(d->rows != NULL);
}

static void forget(struct disk *d) {
    while (d->count > 0) {
        free(d->requests[d->first].message);
        d->first = (d->first + 1) % d->cap;
        d->count--;
    }
    d->working = false;
}

void disk_close(struct disk *d) {
    forget(d);
    free(d->requests);
    free(d->rows);
    store_close(&d->store);
}

static void grow(struct disk *d) {
    size_t cap = d->cap == 0 ? 16 : 2 * d->cap;
    struct disk_request *requests = malloc(cap * sizeof *requests);
    ensure(requests != NULL);
    for (size_t i = 0; i < d->count; i++)
        requests[i] = d->requests[(d->first + i) % d->cap];
    free(d->requests);
    d->requests = requests;
    d->first = 0;
    d->cap = cap;
}

static void begin(struct disk *d) {
    if (d->working || d->count == 0)
        return;
    struct rng r = draw_of(d->seed, DRAW_DISK, d->served);
    dur_ms takes = draw_between(&r, 0, d->faults.most);
    if (!d->calm && draw_chance(&r, d->faults.slow))
        takes += draw_between(&r, 0, SLOW_MS);
    if (d->slow > 0 && d->requests[d->first].saves)
        takes += SLOW_SYNC_MS;
    d->working = true;
    d->owner.due(d->owner.self, takes, d->served);
}

static void disk_perform(void *self, const struct event *event) {
    struct disk *d = self;
    if (*d->owner.dead)
        return;
    if (d->count == d->cap)
        grow(d);
    size_t bytes = event->msg.kind == MSG_save
                       ? event->msg.save.ops.len
                       : event->msg.scan.prefix.len + event->msg.scan.after.len;
    size_t room = bytes + 256;
    struct buf out = buf_of(malloc(room), room);
    ensure(out.data != NULL && msg_encode(&event->msg, &out));
    d->requests[(d->first + d->count++) % d->cap] =
        (struct disk_request){.from = event->from,
                              .peer = event->peer,
                              .saves = event->msg.kind == MSG_save,
                              .message = out.data,
                              .len = out.len};
    begin(d);
    d->owner.took(d->owner.self, event->msg.kind);
}

struct port disk_port(struct disk *d) {
    return (struct port){.room = ROOM_STORE, .self = d, .perform = disk_perform};
}

static bool fails(const struct disk *d, double chance) {
    struct rng r = draw_of(d->seed, DRAW_DISK, d->served ^ (uint64_t)1 << 40);
    return !d->calm && draw_chance(&r, chance);
}

static bool save(struct disk *d, struct span ops, struct err *err) {
    if (d->full > 0)
        return err_set(err, ERR_STORE_FULL, "the disk is full");
    if (fails(d, d->faults.save_fails))
        return err_set(err, ERR_STORE, "the disk reports an error");
    d->owner.save(d->owner.self, ops);
    if (!store_save(d->store, ops, err))
        d->owner.unreadable(d->owner.self, err->what);
    d->owner.saved(d->owner.self, ops);
    return true;
}

/* The answer borrows from err and from the disk's rows. */
static struct msg answer(struct disk *d, const struct msg *asked, struct err *err) {
    if (asked->kind == MSG_save)
        return store_answer_save(asked->save.ticket, save(d, asked->save.ops, err) ? NULL : err);
    if (fails(d, d->faults.scan_fails))
        return (struct msg){.kind = MSG_rows,
                            .rows = {.ticket = asked->scan.ticket, .code = ERR_STORE}};
    struct buf rows = buf_of(d->rows, STORE_ROWS_BYTES_MAX);
    return store_answer_scan(d->store, &asked->scan, &rows);
}

void disk_work(struct disk *d) {
    ensure(d->working && d->count > 0);
    struct disk_request request = d->requests[d->first];
    d->first = (d->first + 1) % d->cap;
    d->count--;
    d->working = false;
    struct msg asked;
    struct err err;
    ensure(msg_decode(&asked, span_of(request.message, request.len), &err));
    struct msg reply = answer(d, &asked, &err);
    board_post_to(*d->owner.board, request.from, ROOM_STORE, request.peer, &reply);
    free(request.message);
    d->served++;
    begin(d);
}

void disk_set_full(struct disk *d, bool full) {
    if (full)
        d->full++;
    else if (d->full > 0)
        d->full--;
}

void disk_set_slow(struct disk *d, bool slow) {
    if (slow)
        d->slow++;
    else if (d->slow > 0)
        d->slow--;
}

void disk_crash(struct disk *d, uint32_t life) {
    struct rng r = draw_of(d->seed, DRAW_CRASH, (uint64_t)1 << 32 | life);
    size_t kept = d->count == 0 ? 0 : rng_below(&r, d->count + 1);
    for (size_t i = 0; i < kept && d->full == 0; i++) {
        const struct disk_request *request = &d->requests[(d->first + i) % d->cap];
        struct msg asked;
        struct err err;
        ensure(msg_decode(&asked, span_of(request->message, request->len), &err));
        if (asked.kind == MSG_save)
            (void)save(d, asked.save.ops, &err);
    }
    d->served += d->count;
    forget(d);
    store_mem_crash(d->store);
}

void disk_heal(struct disk *d) {
    d->full = d->slow = 0;
    d->calm = true;
}
