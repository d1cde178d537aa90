#include "tests/sim/world.h"

enum { NONCE = 77, STOP_MOST = 60000 };

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

static void heard(void *self, enum room room, const struct event *event) {
    ghost_heard(self, room, event);
}

static void said(void *self, enum room room, const struct frame *frame) {
    ghost_said(self, room, frame);
}

static void stepped(void *self, enum room room, enum msg_kind kind) {
    (void)room;
    node_delivered(self, kind);
}

static void seat_cores(struct world *w) {
    struct node_life *n = &w->node;
    const struct seats_owner owner = {
        .self = w, .dead = &n->dead, .heard = heard, .said = said, .stepped = stepped};
    const struct seats_config config = {
        .facts = {.signer = w->cast->node, .nonce = w->plan.same_nonce ? NONCE : NONCE + n->life},
        .slots = w->plan.slots};
    seats_begin(&n->seats, &owner, 0, n->board, &config);
}

static void seat_port(struct world *w, struct port port) {
    board_seat_port(w->node.board, &port);
}

static void see(void *context, enum room to, const struct event *event) {
    struct world *w = context;
    w->delivered++;
    w->hash = seats_mix(w->hash, 0, w->now, to, event);
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
    seats_end(&n->seats);
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
    if (event->msg.kind == MSG_note) {
        node_delivered(w, MSG_note);
        return;
    }
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
