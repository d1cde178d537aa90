#include "tests/sim/seats.h"

#include "actors/executor/executor.h"
#include "actors/gateway/gateway.h"
#include "actors/sched/sched.h"
#include "actors/tuner/tuner.h"
#include "proto/base/check.h"

#include "tests/sim/draw.h"

#include <string.h>
#include <sys/mman.h>

enum { SPARED_EVERY = 100 };

static void *blocks[SEATS_NODES_MAX][BLOCK_COUNT];

void *seats_memory(const struct seats *s, enum block block, size_t size) {
    void **memory = &blocks[s->node][block];
    if (*memory == NULL) {
        *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        ensure(*memory != MAP_FAILED);
    } else {
        ensure(madvise(*memory, size, MADV_DONTNEED) == 0);
    }
    return *memory;
}

static void seat_step(void *self, const struct event *event, struct moment at, struct says *out) {
    struct seat *s = self;
    const struct seats_owner *owner = s->owner;
    if (*owner->dead)
        return;
    s->core.step(s->core.self, event, at, out);
    if (s->core.check != NULL)
        s->core.check(s->core.self);
    owner->heard(owner->self, s->core.room, event);
    for (struct span frames = buf_view(&out->frames); frames.len > 0;) {
        struct frame frame = frame_take(&frames);
        owner->said(owner->self, s->core.room, &frame);
    }
    owner->stepped(owner->self, s->core.room, event->msg.kind);
}

static when_ms seat_deadline(const void *self) {
    const struct seat *s = self;
    return s->core.deadline(s->core.self);
}

static void seat_spare(void *self, const struct spare *spare) {
    struct seat *s = self;
    s->core.spare(s->core.self, spare);
}

/* All of it, not only whole pages. */
static void make_zeros(void *context, void *memory, size_t len) {
    enum { PAGE = 4096 };
    uint8_t *from = memory, *to = from + len;
    uint8_t *first = from + (PAGE - (uintptr_t)from % PAGE) % PAGE;
    uint8_t *last = to - (uintptr_t)to % PAGE;
    (void)context;
    if (first >= last) {
        memset(from, 0, len);
        return;
    }
    memset(from, 0, (size_t)(first - from));
    ensure(madvise(first, (size_t)(last - first), MADV_DONTNEED) == 0);
    memset(last, 0, (size_t)(to - last));
}

void seats_spare(struct seats *s, uint64_t seed) {
    struct rng r = draw_of(seed, DRAW_SPARE, (uint64_t)s->node << 48 | s->turns++);
    if (rng_below(&r, SPARED_EVERY) == 0)
        board_spare(s->board, &(struct spare){.take = make_zeros});
}

void seats_add(struct seats *s, struct core core) {
    ensure(s->count < SEATS_MAX);
    struct seat *seat = &s->items[s->count++];
    *seat = (struct seat){.owner = &s->owner, .core = core};
    const struct core seated = {.room = core.room,
                                .self = seat,
                                .step = seat_step,
                                .deadline = seat_deadline,
                                .spare = core.spare != NULL ? seat_spare : NULL};
    board_seat_core(s->board, &seated);
}

void seats_begin(struct seats *s, const struct seats_owner *owner, uint32_t node,
                 struct board *board, const struct seats_config *config) {
    ensure(node < SEATS_NODES_MAX);
    *s = (struct seats){.owner = *owner, .node = node, .board = board};
    const struct gateway_config gateway = {.self = config->facts.signer.id, .version = "sim"};
    const struct executor_config executor = {
        .runs = "/runs", .slots = config->slots, .cpus = config->slots};
    struct tuner *tuner = seats_memory(s, BLOCK_TUNER, sizeof *tuner);
    struct err err;
    size_t bytes = tuner_memory(TUNER_POOL_LEAST);
    tuner_init(tuner, seats_memory(s, BLOCK_TUNER_JOBS, bytes), bytes);
    bytes = executor_memory(LIMIT_SLOTS_NODE);
    s->executor = executor_init(seats_memory(s, BLOCK_EXECUTOR, bytes), bytes, &executor, &err);
    ensure(s->executor != NULL);
    seats_add(s,
              facts_core(facts_init(seats_memory(s, BLOCK_FACTS, facts_size()), &config->facts)));
    seats_add(s, sched_core(sched_init(seats_memory(s, BLOCK_SCHED, sched_size()))));
    seats_add(s, tuner_core(tuner));
    seats_add(s, executor_core(s->executor));
    seats_add(s,
              gateway_core(gateway_init(seats_memory(s, BLOCK_GATEWAY, gateway_size()), &gateway)));
}

void seats_end(struct seats *s) {
    executor_release(s->executor);
}

uint64_t seats_mix(uint64_t hash, uint32_t node, when_ms now, enum room to,
                   const struct event *event) {
    hash = (hash ^ (uint64_t)event->msg.kind ^ (uint64_t)to << 8 ^ (uint64_t)event->from << 16 ^
            (uint64_t)event->peer << 24 ^ (uint64_t)node << 32 ^ (uint64_t)now << 40) *
           0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}
