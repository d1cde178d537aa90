#include "tests/sim/world.h"

#include "proto/base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BEGIN_AT = 1000,
    CALM_MOST =
        4 * 3600 *
        1000, /* virtual: every trial that is left, one after the other, with all its attempts */
    LAST_MOST = 60 * 1000,
    IDLE_TURNS_MOST = 100000
};

struct moment world_moment(const struct world *w) {
    return (struct moment){.now = w->now, .wall = SIM_WALL_BEGIN + w->now};
}

void world_plan(struct world *w, dur_ms in, enum timed_kind kind, uint64_t subject,
                uint64_t version) {
    const struct timed timed = {.at = w->now + in,
                                .kind = kind,
                                .life = w->node.life,
                                .subject = subject,
                                .version = version};
    timeline_push(&w->timeline, w->seed, &timed);
}

void world_fail(const struct world *w, const char *format, ...) {
    va_list args;
    printf("seed %llu at %lld ms: ", (unsigned long long)w->seed, (long long)w->now);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
    abort(); /* sim.c shows how it came to this */
}

/* ---- stages ---- */

static void begin_stage(struct world *w, enum stage stage, dur_ms most) {
    static const char *const names[] = {"faults", "calm", "last", "over"};
    w->stage = stage;
    w->stage_until = w->now + most;
    if (w->trace != NULL)
        trace_note(w->trace, w->now, names[stage]);
}

static void be_calm(struct world *w) {
    begin_stage(w, STAGE_CALM, CALM_MOST);
    disk_heal(&w->disk);
    if (w->node.board != NULL && !w->node.dead && w->node.stopping == NODE_RUNS)
        programs_calm(w);
}

/* After every moment: has the stage reached its goal? */
static void judge_stage(struct world *w) {
    char what[128];
    if (w->stage == STAGE_FAULTS || w->node.board == NULL)
        return;
    if (!people_content(w, what, sizeof what)) {
        world_ensure(w, w->now < w->stage_until, "nothing breaks any more, but %s", what);
        return;
    }
    if (w->stage == STAGE_LAST) {
        begin_stage(w, STAGE_OVER, 0);
        return;
    }
    world_ensure(w, programs_alive(w) == 0 || w->now < w->stage_until,
                 "every job is over and a trial still runs");
    if (programs_alive(w) > 0)
        return;
    begin_stage(w, STAGE_LAST, LAST_MOST);
    node_crash(w);
}

/* ---- the disk ---- */

static void disk_took(void *self, enum msg_kind kind) {
    node_delivered(self, kind);
}

static void disk_due(void *self, dur_ms in, uint64_t request) {
    world_plan(self, in, TIMED_DISK, request, 0);
}

static void disk_save(void *self, struct span ops) {
    ghost_save(self, ops);
}

static void disk_saved(void *self, struct span ops) {
    ghost_saved(self, ops);
}

static void disk_unreadable(const void *self, const char *what) {
    world_fail(self, "facts said a save that cannot be read: %s", what);
}

static void open_disk(struct world *w) {
    const struct disk_owner owner = {.self = w,
                                     .dead = &w->node.dead,
                                     .board = &w->node.board,
                                     .took = disk_took,
                                     .due = disk_due,
                                     .save = disk_save,
                                     .saved = disk_saved,
                                     .unreadable = disk_unreadable};
    disk_open(&w->disk, &owner, w->seed);
    w->disk.faults = w->plan.disk;
    for (uint32_t i = 0; i < w->plan.full_count; i++) {
        world_plan(w, w->plan.full[i].from, TIMED_FULL, 1, 0);
        world_plan(w, w->plan.full[i].to, TIMED_FULL, 0, 0);
    }
}

/* ---- time ---- */

static void happen(struct world *w, const struct timed *timed) {
    bool same_life = timed->life == w->node.life && w->node.board != NULL && !w->node.dead;
    switch (timed->kind) {
    case TIMED_NODE_UP: node_up(w); break;
    case TIMED_CALM: be_calm(w); break;
    case TIMED_PERSON: people_act(w, timed->subject); break;
    case TIMED_FULL:
        if (w->stage == STAGE_FAULTS)
            disk_set_full(&w->disk, timed->subject != 0);
        break;
    case TIMED_DISK:
        if (same_life)
            disk_work(&w->disk);
        break;
    case TIMED_RUN:
        if (same_life)
            programs_next(w, timed->subject, timed->version);
        break;
    case TIMED_LAUNCHER_DOWN:
    case TIMED_LAUNCHER_UP:
        if (same_life)
            programs_launcher(w, timed->kind == TIMED_LAUNCHER_DOWN, timed->version);
        break;
    case TIMED_STOP:
        if (same_life && (timed->subject != 0 || w->stage == STAGE_FAULTS))
            node_stop(w);
        break;
    case TIMED_FAULT_BEGINS:
    case TIMED_FAULT_ENDS:
    case TIMED_STRAY:
    case TIMED_ROLL:
    case TIMED_WIRE: ensure(false); /* of clusters */
    }
}

static bool is_up(const struct world *w) {
    return w->node.board != NULL;
}

/* To the next moment at which something is to be done. */
static void pass_time(struct world *w) {
    when_ms deadline = is_up(w) ? board_deadline(w->node.board) : WHEN_NEVER;
    when_ms soonest = when_sooner(deadline, timeline_soonest(&w->timeline));
    world_ensure(w, soonest != WHEN_NEVER, "nothing will ever happen again");
    if (soonest > w->now) {
        if (is_up(w))
            programs_check(w);
        w->now = soonest;
        w->idle_turns = 0;
    }
    world_ensure(w, ++w->idle_turns < IDLE_TURNS_MOST, "time stands still: a deadline never moves");
    if (is_up(w))
        seats_spare(&w->node.seats, w->seed);
    if (deadline <= w->now) {
        board_wake(w->node.board, world_moment(w));
        return;
    }
    struct timed timed = timeline_pop(&w->timeline);
    happen(w, &timed);
}

static void live(struct world *w) {
    while (w->stage != STAGE_OVER) {
        if (is_up(w) && board_step(w->node.board, world_moment(w)) && !w->node.dead) {
            world_ensure(w, ++w->idle_turns < IDLE_TURNS_MOST,
                         "time stands still: rooms talk without end");
            continue;
        }
        if (w->node.dead && is_up(w)) {
            node_down(w);
            w->node.dead = false;
            continue;
        }
        judge_stage(w);
        if (!w->node.dead && w->stage != STAGE_OVER)
            pass_time(w);
    }
}

uint64_t world_run(uint64_t seed, const struct cast *cast, struct trace *trace,
                   uint64_t *delivered) {
    struct world *w = calloc(1, sizeof *w);
    if (w == NULL)
        abort();
    w->seed = seed;
    w->cast = cast;
    w->trace = trace;
    w->now = w->began = BEGIN_AT;
    plan_draw(&w->plan, seed);
    people_open(w);
    open_disk(w);
    world_plan(w, 0, TIMED_NODE_UP, 0, 0);
    world_plan(w, w->plan.calm_after, TIMED_CALM, 0, 0);
    live(w);
    node_down(w);
    uint64_t hash = w->hash;
    *delivered += w->delivered;
    disk_close(&w->disk);
    timeline_release(&w->timeline);
    free(w);
    return hash;
}
