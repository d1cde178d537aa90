#include "actors/kit/board.h"

#include "actors/kit/frame.h"
#include "proto/base/check.h"

#include <stdlib.h>
#include <string.h>

/* Frames waiting to be delivered, oldest first, in one block that is compacted when its front half is used up. */
struct queue {
    uint8_t *data;
    size_t head;
    size_t len;
    size_t cap;
};

struct board {
    struct core cores[ROOM_COUNT]; /* room NONE: nobody sits there */
    struct port ports[ROOM_COUNT];
    struct queue queue;
    struct buf said;     /* what one step says */
    struct buf outgoing; /* one frame, while it is posted */
    struct buf arrived;  /* one message, while it is delivered */
    uint64_t delivered;
    void (*see)(void *context, enum room to, const struct event *event);
    void *see_context;
};

static void queue_push(struct queue *q, struct span frames) {
    if (q->head == q->len)
        q->head = q->len = 0;
    if (frames.len > q->cap - q->len && q->head > 0) {
        memmove(q->data, q->data + q->head, q->len - q->head);
        q->len -= q->head;
        q->head = 0;
    }
    if (frames.len > q->cap - q->len) {
        size_t cap = q->cap == 0 ? 65536 : q->cap;
        while (cap - q->len < frames.len)
            cap *= 2;
        ensure(cap <= BOARD_BYTES_MAX);
        q->data = realloc(q->data, cap);
        ensure(q->data != NULL);
        q->cap = cap;
    }
    memcpy(q->data + q->len, frames.data, frames.len);
    q->len += frames.len;
}

struct board *board_new(void) {
    struct board *b = calloc(1, sizeof *b);
    ensure(b != NULL);
    b->said = buf_of(malloc(SAYS_BYTES), SAYS_BYTES);
    b->outgoing = buf_of(malloc(2 * LIMIT_FRAME_BYTES), 2 * LIMIT_FRAME_BYTES);
    b->arrived = buf_of(malloc(SAYS_BYTES), SAYS_BYTES);
    ensure(b->said.data != NULL && b->outgoing.data != NULL && b->arrived.data != NULL);
    return b;
}

void board_destroy(struct board **b) {
    if (*b == NULL)
        return;
    free((*b)->queue.data);
    free((*b)->said.data);
    free((*b)->outgoing.data);
    free((*b)->arrived.data);
    free(*b);
    *b = NULL;
}

void board_seat_core(struct board *b, const struct core *core) {
    b->cores[core->room] = *core;
}

void board_seat_port(struct board *b, const struct port *port) {
    b->ports[port->room] = *port;
}

void board_post_to(struct board *b, enum room to, enum room from, uint32_t peer,
                   const struct msg *m) {
    buf_clear(&b->outgoing);
    frame_put(&b->outgoing, to, from, peer, m);
    ensure(!b->outgoing.overflow); /* ports bound what they read to LIMIT_FRAME_BYTES */
    queue_push(&b->queue, buf_view(&b->outgoing));
}

void board_post(struct board *b, enum room from, uint32_t peer, const struct msg *m) {
    for (const enum room *to = msg_route(m->kind); *to != ROOM_NONE; to++)
        board_post_to(b, *to, from, peer, m);
}

static void step_core(struct board *b, const struct core *core, const struct event *event,
                      struct moment at) {
    buf_clear(&b->said);
    struct says out = {.frames = b->said, .from = core->room};
    core->step(core->self, event, at, &out);
    if (core->check != NULL)
        core->check(core->self);
    if (out.frames.len > 0)
        queue_push(&b->queue, buf_view(&out.frames));
}

bool board_step(struct board *b, struct moment at) {
    struct queue *q = &b->queue;
    if (q->head == q->len)
        return false;
    struct span waiting = span_of(q->data + q->head, q->len - q->head);
    size_t before = waiting.len;
    struct frame frame = frame_take(&waiting);
    q->head += before - waiting.len;

    /* The queue may move while the message is handled, so the message stands in a block of its own. */
    buf_clear(&b->arrived);
    buf_span(&b->arrived, frame.message);
    ensure(!b->arrived.overflow);
    struct event event = {.from = frame.from, .peer = frame.peer};
    struct err err;
    ensure(msg_decode(&event.msg, buf_view(&b->arrived), &err));
    b->delivered++;
    if (b->see != NULL)
        b->see(b->see_context, frame.to, &event);
    const struct core *core = &b->cores[frame.to];
    const struct port *port = &b->ports[frame.to];
    if (core->step != NULL)
        step_core(b, core, &event, at);
    else if (port->perform != NULL)
        port->perform(port->self, &event);
    return true;
}

void board_run(struct board *b, struct moment at) {
    while (board_step(b, at))
        ;
}

void board_wake(struct board *b, struct moment at) {
    const struct event time_passed = {.from = ROOM_NONE};
    for (int room = 0; room < ROOM_COUNT; room++) {
        const struct core *core = &b->cores[room];
        if (core->step != NULL && core->deadline(core->self) <= at.now)
            step_core(b, core, &time_passed, at);
    }
    board_run(b, at);
}

when_ms board_deadline(const struct board *b) {
    when_ms soonest = WHEN_NEVER;
    for (int room = 0; room < ROOM_COUNT; room++) {
        const struct core *core = &b->cores[room];
        if (core->step != NULL)
            soonest = when_sooner(soonest, core->deadline(core->self));
    }
    return soonest;
}

void board_spare(struct board *b, const struct spare *spare) {
    if (b->queue.head == b->queue.len) {
        free(b->queue.data);
        b->queue = (struct queue){0};
    }
    spare_take(spare, b->said.data, b->said.cap);
    spare_take(spare, b->outgoing.data, b->outgoing.cap);
    spare_take(spare, b->arrived.data, b->arrived.cap);
    for (int room = 0; room < ROOM_COUNT; room++) {
        if (b->cores[room].spare != NULL)
            b->cores[room].spare(b->cores[room].self, spare);
        if (b->ports[room].spare != NULL)
            b->ports[room].spare(b->ports[room].self, spare);
    }
}

uint64_t board_delivered(const struct board *b) {
    return b->delivered;
}

void board_watch(struct board *b,
                 void (*see)(void *context, enum room to, const struct event *event),
                 void *context) {
    b->see = see;
    b->see_context = context;
}
