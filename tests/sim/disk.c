#include "tests/sim/world.h"

#include "proto/base/check.h"
#include "store/store_ask.h"
#include "store/store_mem.h"

#include <stdlib.h>
#include <string.h>

enum { SLOW_MS = 8000 };

void disk_open(struct world *w) {
    struct disk *d = &w->disk;
    d->store = store_open_mem();
    d->rows = malloc(STORE_ROWS_BYTES_MAX);
    ensure(d->rows != NULL);
    for (uint32_t i = 0; i < w->plan.full_count; i++) {
        world_plan(w, w->plan.full[i].from, TIMED_FULL, 1, 0);
        world_plan(w, w->plan.full[i].to, TIMED_FULL, 0, 0);
    }
}

static void forget(struct disk *d) {
    while (d->count > 0) {
        free(d->requests[d->first].message);
        d->first = (d->first + 1) % d->cap;
        d->count--;
    }
    d->working = false;
}

void disk_close(struct world *w) {
    struct disk *d = &w->disk;
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

static void begin(struct world *w) {
    struct disk *d = &w->disk;
    if (d->working || d->count == 0)
        return;
    struct rng r = draw_of(w->seed, DRAW_DISK, d->served);
    dur_ms takes = draw_between(&r, 0, w->plan.disk_most);
    if (w->stage == STAGE_FAULTS && draw_chance(&r, w->plan.disk_slow))
        takes += draw_between(&r, 0, SLOW_MS);
    d->working = true;
    world_plan(w, takes, TIMED_DISK, d->served, 0);
}

static void disk_perform(void *self, const struct event *event) {
    struct world *w = self;
    struct disk *d = &w->disk;
    if (!node_takes(w))
        return;
    if (d->count == d->cap)
        grow(d);
    size_t bytes = event->msg.kind == MSG_save
                       ? event->msg.save.ops.len
                       : event->msg.scan.prefix.len + event->msg.scan.after.len;
    size_t room = bytes + 256;
    struct buf out = buf_of(malloc(room), room);
    ensure(out.data != NULL && msg_encode(&event->msg, &out));
    d->requests[(d->first + d->count++) % d->cap] = (struct disk_request){
        .from = event->from, .peer = event->peer, .message = out.data, .len = out.len};
    begin(w);
    node_delivered(w, event->msg.kind);
}

struct port disk_port(struct world *w) {
    return (struct port){.room = ROOM_STORE, .self = w, .perform = disk_perform};
}

static bool fails(const struct world *w, double chance, uint64_t number) {
    struct rng r = draw_of(w->seed, DRAW_DISK, number ^ (uint64_t)1 << 40);
    return w->stage == STAGE_FAULTS && draw_chance(&r, chance);
}

static bool save(struct world *w, struct span ops, struct err *err) {
    if (w->disk.full > 0)
        return err_set(err, ERR_STORE_FULL, "the disk is full");
    if (fails(w, w->plan.save_fails, w->disk.served))
        return err_set(err, ERR_STORE, "the disk reports an error");
    ghost_save(w, ops);
    if (!store_save(w->disk.store, ops, err))
        world_fail(w, "facts said a save that cannot be read: %s", err->what);
    ghost_saved(w, ops);
    return true;
}

/* The answer borrows from err and from the disk's rows. */
static struct msg answer(struct world *w, const struct msg *asked, struct err *err) {
    if (asked->kind == MSG_save)
        return store_answer_save(asked->save.ticket, save(w, asked->save.ops, err) ? NULL : err);
    if (fails(w, w->plan.scan_fails, w->disk.served))
        return (struct msg){.kind = MSG_rows,
                            .rows = {.ticket = asked->scan.ticket, .code = ERR_STORE}};
    struct buf rows = buf_of(w->disk.rows, STORE_ROWS_BYTES_MAX);
    return store_answer_scan(w->disk.store, &asked->scan, &rows);
}

void disk_work(struct world *w) {
    struct disk *d = &w->disk;
    ensure(d->working && d->count > 0);
    struct disk_request request = d->requests[d->first];
    d->first = (d->first + 1) % d->cap;
    d->count--;
    d->working = false;
    struct msg asked;
    struct err err;
    ensure(msg_decode(&asked, span_of(request.message, request.len), &err));
    struct msg reply = answer(w, &asked, &err);
    board_post_to(w->node.board, request.from, ROOM_STORE, request.peer, &reply);
    free(request.message);
    d->served++;
    begin(w);
}

void disk_set_full(struct world *w, bool full) {
    if (full)
        w->disk.full++;
    else if (w->disk.full > 0)
        w->disk.full--;
}

void disk_crash(struct world *w) {
    struct disk *d = &w->disk;
    struct rng r = draw_of(w->seed, DRAW_CRASH, (uint64_t)1 << 32 | w->node.life);
    size_t kept = d->count == 0 ? 0 : rng_below(&r, d->count + 1);
    for (size_t i = 0; i < kept && d->full == 0; i++) {
        const struct disk_request *request = &d->requests[(d->first + i) % d->cap];
        struct msg asked;
        struct err err;
        ensure(msg_decode(&asked, span_of(request->message, request->len), &err));
        if (asked.kind == MSG_save)
            (void)save(w, asked.save.ops, &err);
    }
    d->served += d->count;
    forget(d);
    store_mem_crash(d->store);
}

void disk_heal(struct world *w) {
    w->disk.full = 0;
}
