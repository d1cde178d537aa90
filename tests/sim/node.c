#include "tests/sim/world.h"

#include "actors/executor/executor.h"
#include "actors/facts/facts.h"
#include "actors/gateway/gateway.h"
#include "actors/kit/frame.h"
#include "actors/sched/sched.h"
#include "actors/tuner/tuner.h"
#include "proto/base/check.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { NONCE = 77, STOP_MOST = 60000 };

/* ---- memory: the same blocks for every life, given back to the system in between so that they are
 * zero again ---- */

enum block {
    BLOCK_FACTS,
    BLOCK_SCHED,
    BLOCK_TUNER,
    BLOCK_TUNER_JOBS,
    BLOCK_EXECUTOR,
    BLOCK_GATEWAY,
    BLOCK_COUNT
};

static void *blocks[BLOCK_COUNT];

static void *fresh(enum block block, size_t size) {
    if (blocks[block] == NULL) {
        blocks[block] = mmap(NULL, size, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        ensure(blocks[block] != MAP_FAILED);
    } else {
        ensure(madvise(blocks[block], size, MADV_DONTNEED) == 0);
    }
    return blocks[block];
}

/* ---- seats ---- */

bool node_takes(const struct world *w) {
    return !w->node.dead;
}

void node_delivered(struct world *w, enum msg_kind kind) {
    struct node_life *n = &w->node;
    n->taken++;
    if (w->stage != STAGE_FAULTS || n->crashes >= w->plan.crashes_max)
        return;
    struct rng r = draw_of(w->seed, DRAW_CRASH, (uint64_t)n->life << 40 | n->taken);
    bool chosen = kind == w->plan.crash_kind && draw_chance(&r, w->plan.crash_kind_chance);
    if (chosen || (n->crash_in > 0 && --n->crash_in == 0))
        node_crash(w);
}

static void said(struct world *w, enum room room, struct span frames) {
    while (frames.len > 0) {
        struct frame frame = frame_take(&frames);
        ghost_said(w, room, &frame);
    }
}

static void seated_step(void *self, const struct event *event, struct moment at, struct says *out) {
    struct seated *s = self;
    if (!node_takes(s->world))
        return;
    s->core.step(s->core.self, event, at, out);
    if (s->core.check != NULL)
        s->core.check(s->core.self);
    ghost_heard(s->world, s->core.room, event);
    said(s->world, s->core.room, buf_view(&out->frames));
    node_delivered(s->world, event->msg.kind);
}

static when_ms seated_deadline(const void *self) {
    const struct seated *s = self;
    return s->core.deadline(s->core.self);
}

static void seat(struct world *w, size_t place, struct core core) {
    w->node.seats[place] = (struct seated){.world = w, .core = core};
    const struct core seated = {.room = core.room,
                                .self = &w->node.seats[place],
                                .step = seated_step,
                                .deadline = seated_deadline};
    board_seat_core(w->node.board, &seated);
}

static void seat_cores(struct world *w) {
    uint32_t nonce = w->plan.same_nonce ? NONCE : NONCE + w->node.life;
    const struct facts_config facts = {.signer = w->cast->node, .nonce = nonce};
    const struct gateway_config gateway = {.self = w->cast->node.id, .version = "sim"};
    const struct executor_config executor = {
        .runs = "/runs", .slots = w->plan.slots, .cpus = w->plan.slots};
    struct tuner *tuner = fresh(BLOCK_TUNER, sizeof *tuner);
    struct err err;
    tuner_init(tuner, fresh(BLOCK_TUNER_JOBS, tuner_memory()), tuner_memory());
    size_t executor_bytes = executor_memory(LIMIT_SLOTS_NODE);
    w->node.executor =
        executor_init(fresh(BLOCK_EXECUTOR, executor_bytes), executor_bytes, &executor, &err);
    ensure(w->node.executor != NULL);
    seat(w, 0, facts_core(facts_init(fresh(BLOCK_FACTS, facts_size()), &facts)));
    seat(w, 1, sched_core(sched_init(fresh(BLOCK_SCHED, sched_size()))));
    seat(w, 2, tuner_core(tuner));
    seat(w, 3, executor_core(w->node.executor));
    seat(w, 4, gateway_core(gateway_init(fresh(BLOCK_GATEWAY, gateway_size()), &gateway)));
}

static void seat_port(struct world *w, struct port port) {
    board_seat_port(w->node.board, &port);
}

static void see(void *context, enum room to, const struct event *event) {
    struct world *w = context;
    w->delivered++;
    w->hash = (w->hash ^ (uint64_t)event->msg.kind ^ (uint64_t)to << 8 ^
               (uint64_t)event->from << 16 ^ (uint64_t)event->peer << 24 ^ (uint64_t)w->now << 40) *
              0x9e3779b97f4a7c15u;
    w->hash ^= w->hash >> 29;
    if (w->trace != NULL && node_takes(w))
        trace_message(w->trace, w->now, to, event);
}

/* ---- lives ---- */

static void plan_crash(struct world *w) {
    struct node_life *n = &w->node;
    struct rng r = draw_of(w->seed, DRAW_CRASH, n->life);
    n->crash_in = w->plan.crash_every == 0 ? 0 : 1 + rng_below(&r, 2 * w->plan.crash_every);
    if (draw_chance(&r, w->plan.stop_chance))
        world_plan(w, draw_between(&r, 0, 5000), TIMED_STOP, 0, 0);
}

void node_up(struct world *w) {
    struct node_life *n = &w->node;
    n->life++;
    n->dead = false;
    n->taken = 0;
    n->stopping = NODE_RUNS;
    n->board = board_new();
    board_watch(n->board, see, w);
    seat_cores(w);
    seat_port(w, disk_port(&w->disk));
    seat_port(w, programs_port(w));
    seat_port(w, people_port(w));
    seat_port(w, node_port(w));
    ghost_node_up(w);
    programs_node_up(w);
    if (w->trace != NULL)
        trace_note(w->trace, w->now, "the node starts");
    board_post(n->board, ROOM_NODE, 0,
               &(struct msg){.kind = MSG_start,
                             .start = {.slots = w->plan.slots, .autorun = w->plan.autorun}});
    if (w->stage == STAGE_FAULTS)
        plan_crash(w);
}

void node_crash(struct world *w) {
    w->node.dead = true;
    w->node.crashes++;
    if (w->trace != NULL)
        trace_note(w->trace, w->now, "the node crashes");
}

void node_down(struct world *w) {
    struct node_life *n = &w->node;
    disk_crash(&w->disk, n->life);
    programs_node_down(w);
    people_node_down(w);
    ghost_node_down(w);
    executor_release(n->executor);
    board_destroy(&n->board);
    struct rng r = draw_of(w->seed, DRAW_CRASH, (uint64_t)2 << 32 | n->life);
    world_plan(w, draw_between(&r, 0, w->plan.down_most), TIMED_NODE_UP, 0, 0);
}

void node_stop(struct world *w) {
    struct node_life *n = &w->node;
    const struct msg quit = {.kind = MSG_quit, .quit.why = ERR_INTERRUPTED};
    switch (n->stopping) {
    case NODE_RUNS:
        n->stopping = NODE_STOPS_TRIALS;
        board_post_to(n->board, ROOM_SCHED, ROOM_NODE, 0, &quit);
        board_post_to(n->board, ROOM_EXECUTOR, ROOM_NODE, 0, &quit);
        world_plan(w, STOP_MOST, TIMED_STOP, 1, 0);
        break;
    case NODE_STOPS_TRIALS:
    case NODE_STOPS_FACTS:
        node_crash(w);
        break; /* the disk is ill: whoever stopped the node waits no longer */
    case NODE_STOPPED: break;
    }
}

static void node_perform(void *self, const struct event *event) {
    struct world *w = self;
    struct node_life *n = &w->node;
    if (!node_takes(w))
        return;
    world_ensure(w, event->msg.kind == MSG_quiet && n->stopping != NODE_RUNS,
                 "room '%s' said '%s' to the node", room_name(event->from),
                 msg_name(event->msg.kind));
    if (event->from == ROOM_EXECUTOR && n->stopping == NODE_STOPS_TRIALS) {
        world_ensure(w, programs_alive(w) == 0, "the executor is quiet and %u trials still run",
                     programs_alive(w));
        n->stopping = NODE_STOPS_FACTS;
        board_post_to(n->board, ROOM_FACTS, ROOM_NODE, 0,
                      &(struct msg){.kind = MSG_quit, .quit.why = ERR_INTERRUPTED});
    } else if (event->from == ROOM_FACTS && n->stopping == NODE_STOPS_FACTS) {
        n->stopping = NODE_STOPPED;
        n->dead = true;
    }
    if (w->node.stopping != NODE_STOPPED)
        node_delivered(w, event->msg.kind);
}

struct port node_port(struct world *w) {
    return (struct port){.room = ROOM_NODE, .self = w, .perform = node_perform};
}
