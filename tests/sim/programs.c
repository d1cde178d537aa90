#include "tests/sim/world.h"

#include "proto/base/check.h"
#include "proto/base/num.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum {
    EXIT_WELL = 0,
    EXIT_CRASH = 3,
    EXIT_INFEASIBLE = 65,
    EXIT_TRANSIENT = 75,
    EXIT_AGAIN = 85,
    EXIT_INTERRUPTED = 143,
    FLOOD_BYTES = 16384,
    FLOOD_LINES = 60,
    DIE_TERM_MOST = 100,
    DIE_KILL_MOST = 20,
    LAUNCHER_DOWN_MOST = 3000
};

static void post(struct world *w, const struct msg *m) {
    board_post(w->node.board, ROOM_LAUNCHER, 0, m);
}

static void plan_next(struct world *w, struct program *p, dur_ms in) {
    p->version = ++w->programs.version;
    world_plan(w, in, TIMED_RUN, (uint64_t)(p - w->programs.items), p->version);
}

/* ---- fate ---- */

static uint64_t fate_index(const struct program *p, uint64_t started) {
    return (uint64_t)p->work << 56 | p->slot << 40 | started << 8;
}

static enum fate draw_fate(const struct plan *plan, struct rng *r) {
    const double chances[] = {[FATE_CRASH] = plan->crash,      [FATE_TRANSIENT] = plan->transient,
                              [FATE_AGAIN] = plan->again,      [FATE_INFEASIBLE] = plan->infeasible,
                              [FATE_HANG] = plan->hang,        [FATE_LIE] = plan->lie,
                              [FATE_FLOOD] = plan->flood,      [FATE_SILENT] = plan->silent,
                              [FATE_NO_START] = plan->no_start};
    for (size_t fate = FATE_CRASH; fate < sizeof chances / sizeof chances[0]; fate++) {
        if (draw_chance(r, chances[fate]))
            return (enum fate)fate;
    }
    return FATE_WELL;
}

static void give_fate(struct world *w, struct program *p) {
    uint64_t *started = &w->programs.started[p->work][p->slot];
    p->draws = fate_index(p, (*started)++);
    struct rng r = draw_of(w->seed, DRAW_RUN, p->draws);
    p->fate = draw_fate(&w->plan, &r);
    if (w->stage != STAGE_FAULTS && p->fate != FATE_INFEASIBLE)
        p->fate = FATE_WELL;
    p->deaf = draw_chance(&r, w->plan.deaf);
    p->left = (uint32_t)draw_between(&r, 1, 4);
    p->pause = draw_between(&r, 0, w->plan.run_most) / p->left;
    if (p->fate == FATE_FLOOD) {
        p->left = FLOOD_LINES;
        p->pause = 1;
    }
}

/* ---- what a program prints ---- */

static void print(struct world *w, struct program *p, struct span bytes) {
    const struct work *work = &w->people.works[p->work];
    post(w, &(struct msg){.kind = MSG_output, .output = {.run = p->run, .bytes = bytes}});
    p->printed += bytes.len;
    if (p->printed > work->job.limits.output)
        p->unwanted = when_sooner(p->unwanted, w->now);
}

static void print_line(struct world *w, struct program *p) {
    static const char *const lies[] = {"loss=nan\n", "Loss: inf\n",
                                       "::zyg {\"step\": 1, \"loss\"\n", "val_loss=0.5\n",
                                       "\xff\xfe\x00\x01garbage\n"};
    static uint8_t flood[FLOOD_BYTES];
    char line[128];
    struct rng r = draw_of(w->seed, DRAW_RUN, p->draws | (1 + p->left % 200));
    if (p->fate == FATE_LIE) {
        print(w, p, span_text(lies[rng_below(&r, sizeof lies / sizeof lies[0])]));
    } else if (p->fate == FATE_FLOOD) {
        memset(flood, 'x', sizeof flood);
        print(w, p, span_of(flood, sizeof flood));
    } else if (p->fate != FATE_SILENT) {
        int len = snprintf(line, sizeof line, "epoch=%u acc: 0.25 loss=%.6f\n", 10 - p->left,
                           rng_unit(&r));
        print(w, p, span_of(line, (size_t)len));
    }
}

/* ---- how it ends ---- */

static void end(struct world *w, struct program *p, int64_t status, int64_t signal_number) {
    struct rng r = draw_of(w->seed, DRAW_RUN, p->draws | 255);
    /* A grandchild may hold the output open for ever: then its end is never told. */
    if (!(p->fate == FATE_LIE && draw_chance(&r, 0.3)))
        post(w, &(struct msg){.kind = MSG_output_end, .output_end.run = p->run});
    post(w, &(struct msg){.kind = MSG_exited,
                          .exited = {.run = p->run,
                                     .status = status,
                                     .signal = signal_number,
                                     .cpu_ms = 5,
                                     .rss_kib = 1000}});
    p->state = PROGRAM_NONE;
}

static void end_by_itself(struct world *w, struct program *p) {
    switch (p->fate) {
    case FATE_CRASH:
        end(w, p, p->slot % 2 == 0 ? EXIT_CRASH : 0, p->slot % 2 == 0 ? 0 : SIGSEGV);
        break;
    case FATE_TRANSIENT: end(w, p, p->slot % 2 == 0 ? EXIT_TRANSIENT : EXIT_INTERRUPTED, 0); break;
    case FATE_AGAIN: end(w, p, EXIT_AGAIN, 0); break;
    case FATE_INFEASIBLE: end(w, p, EXIT_INFEASIBLE, 0); break;
    case FATE_HANG: break;
    case FATE_WELL:
    case FATE_LIE:
    case FATE_FLOOD:
    case FATE_SILENT:
    case FATE_NO_START: end(w, p, EXIT_WELL, 0); break;
    }
}

static void begin_dying(struct world *w, struct program *p) {
    struct rng r = draw_of(w->seed, DRAW_RUN, p->draws | 254);
    bool killed = p->kill_at != WHEN_NEVER;
    if (!killed && p->deaf)
        return;
    p->state = PROGRAM_DYING;
    plan_next(w, p, draw_between(&r, 0, killed ? DIE_KILL_MOST : DIE_TERM_MOST));
}

static void start(struct world *w, struct program *p) {
    if (p->fate == FATE_NO_START) {
        p->state = PROGRAM_NONE;
        post(w, &(struct msg){.kind = MSG_spawn_failed,
                              .spawn_failed = {.run = p->run,
                                               .error = p->slot % 2 == 0 ? ETXTBSY : ENOENT,
                                               .what = span_text("cannot start 'train'")}});
        return;
    }
    p->state = PROGRAM_RUNNING;
    p->began = w->now;
    post(w, &(struct msg){.kind = MSG_spawned,
                          .spawned = {.run = p->run, .pid = (int64_t)(1000 + p->run)}});
    plan_next(w, p, p->pause);
    if (p->term_at != WHEN_NEVER || p->kill_at != WHEN_NEVER)
        begin_dying(w, p);
}

void programs_next(struct world *w, uint64_t place, uint64_t version) {
    struct program *p = &w->programs.items[place];
    if (p->state == PROGRAM_NONE || p->version != version)
        return;
    switch (p->state) {
    case PROGRAM_NONE: break;
    case PROGRAM_STARTING: start(w, p); break;
    case PROGRAM_RUNNING:
        if (p->left > 0) {
            print_line(w, p);
            p->left--;
            plan_next(w, p, p->pause);
        } else {
            end_by_itself(w, p);
        }
        break;
    case PROGRAM_DYING: end(w, p, 0, p->kill_at != WHEN_NEVER ? SIGKILL : SIGTERM); break;
    }
}

/* ---- what the executor says ---- */

static uint64_t next_number(struct world *w, struct span *argv) {
    const uint8_t *zero = memchr(argv->data, 0, argv->len);
    int64_t number = -1;
    world_ensure(w, zero != NULL, "the arguments of a trial are not what its job asked for");
    size_t len = (size_t)(zero - argv->data);
    world_ensure(w, num_parse_i64(span_of(argv->data, len), &number) && number >= 0,
                 "a trial was started with '%.*s'", (int)len, (const char *)argv->data);
    *argv = span_from(*argv, len + 1);
    return (uint64_t)number;
}

static void spawn(struct world *w, const struct msg_spawn *m) {
    struct span argv = m->argv;
    struct program *p = NULL;
    world_ensure(w, !w->programs.down, "run %llu is started while there is no launcher",
                 (unsigned long long)m->run);
    for (size_t i = 0; i < PROGRAMS_MAX; i++) {
        struct program *q = &w->programs.items[i];
        if (q->state == PROGRAM_NONE)
            p = p == NULL ? q : p;
        else
            world_ensure(w, q->run != m->run, "run number %llu is used twice",
                         (unsigned long long)m->run);
    }
    ensure(p != NULL);
    world_ensure(w, span_starts(argv, "train"), "a trial is started that is not its job's program");
    argv = span_from(argv, sizeof "train");
    *p = (struct program){.state = PROGRAM_STARTING,
                          .run = m->run,
                          .began = WHEN_NEVER,
                          .term_at = WHEN_NEVER,
                          .kill_at = WHEN_NEVER,
                          .unwanted = WHEN_NEVER};
    p->work = (uint32_t)next_number(w, &argv);
    p->slot = next_number(w, &argv);
    p->attempt = next_number(w, &argv);
    world_ensure(w, p->work < w->people.works_count, "a trial of no job was started");
    ghost_spawned(w, p->work, p->slot, p->attempt);
    give_fate(w, p);
    struct rng r = draw_of(w->seed, DRAW_RUN, p->draws | 253);
    plan_next(w, p, draw_between(&r, 0, 3));
}

static void kill_program(struct world *w, const struct msg_kill *m) {
    for (size_t i = 0; i < PROGRAMS_MAX; i++) {
        struct program *p = &w->programs.items[i];
        if (p->state == PROGRAM_NONE || p->run != m->run)
            continue;
        if (m->signal == SIGKILL)
            p->kill_at = when_sooner(p->kill_at, w->now);
        else
            p->term_at = when_sooner(p->term_at, w->now);
        if (p->state == PROGRAM_RUNNING || (p->state == PROGRAM_DYING && m->signal == SIGKILL))
            begin_dying(w, p);
        return;
    }
}

static void programs_perform(void *self, const struct event *event) {
    struct world *w = self;
    if (!node_takes(w))
        return;
    if (event->msg.kind == MSG_spawn)
        spawn(w, &event->msg.spawn);
    else if (event->msg.kind == MSG_kill)
        kill_program(w, &event->msg.kill);
    else
        world_fail(w, "'%s' was said to the launcher", msg_name(event->msg.kind));
    node_delivered(w, event->msg.kind);
}

struct port programs_port(struct world *w) {
    return (struct port){.room = ROOM_LAUNCHER, .self = w, .perform = programs_perform};
}

/* ---- lives of the launcher ---- */

static void forget_all(struct world *w) {
    for (size_t i = 0; i < PROGRAMS_MAX; i++)
        w->programs.items[i].state = PROGRAM_NONE;
    w->programs.version++;
}

static void plan_death(struct world *w) {
    struct rng r = draw_of(w->seed, DRAW_LAUNCHER, w->programs.version);
    if (w->plan.launcher_every > 0 && w->stage == STAGE_FAULTS)
        world_plan(w, draw_between(&r, 1, 2 * w->plan.launcher_every), TIMED_LAUNCHER_DOWN, 0,
                   ++w->programs.version);
    w->programs.life = w->programs.version;
}

void programs_node_up(struct world *w) {
    w->programs.down = false;
    plan_death(w);
}

void programs_node_down(struct world *w) {
    forget_all(w);
    w->programs.life = 0;
}

void programs_launcher(struct world *w, bool down, uint64_t version) {
    if (version != w->programs.life)
        return;
    w->programs.down = down;
    if (!down) {
        post(w, &(struct msg){.kind = MSG_launcher_up, .launcher_up.pid = 4});
        plan_death(w);
        return;
    }
    if (w->stage != STAGE_FAULTS) {
        w->programs.down = false;
        return;
    }
    forget_all(w);
    if (w->trace != NULL)
        trace_note(w->trace, w->now, "the launcher dies");
    post(w, &(struct msg){.kind = MSG_launcher_down,
                          .launcher_down.what = span_text("killed by SIGKILL")});
    struct rng r = draw_of(w->seed, DRAW_LAUNCHER, (uint64_t)1 << 40 | version);
    world_plan(w, draw_between(&r, 0, LAUNCHER_DOWN_MOST), TIMED_LAUNCHER_UP, 0, w->programs.life);
}

void programs_calm(struct world *w) {
    for (size_t i = 0; i < PROGRAMS_MAX; i++) {
        struct program *p = &w->programs.items[i];
        if (p->state != PROGRAM_RUNNING && p->state != PROGRAM_STARTING)
            continue;
        p->deaf = false;
        if (p->fate == FATE_HANG || p->fate == FATE_FLOOD)
            p->fate = FATE_CRASH;
        if (p->state == PROGRAM_RUNNING) {
            p->left = 0;
            plan_next(w, p, 1);
        }
    }
}

/* ---- what must not be ---- */

void programs_unwanted(struct world *w, uint32_t work) {
    for (size_t i = 0; i < PROGRAMS_MAX; i++) {
        struct program *p = &w->programs.items[i];
        if (p->state != PROGRAM_NONE && (work == UINT32_MAX || p->work == work))
            p->unwanted = when_sooner(p->unwanted, w->now);
    }
}

uint32_t programs_alive(const struct world *w) {
    uint32_t alive = 0;
    for (size_t i = 0; i < PROGRAMS_MAX; i++)
        alive += w->programs.items[i].state != PROGRAM_NONE;
    return alive;
}

static bool is_due(when_ms since, dur_ms wait, when_ms now) {
    return since != WHEN_NEVER && since + wait <= now;
}

void programs_check(const struct world *w) {
    for (size_t i = 0; i < PROGRAMS_MAX; i++) {
        const struct program *p = &w->programs.items[i];
        if (p->state == PROGRAM_NONE)
            continue;
        const struct limits *limits = &w->people.works[p->work].job.limits;
        bool told = p->term_at != WHEN_NEVER || p->kill_at != WHEN_NEVER;
        unsigned long long slot = p->slot;
        world_ensure(w, told || !is_due(p->unwanted, 0, w->now),
                     "job%u #%llu goes on although it must not", p->work, slot);
        world_ensure(w, told || limits->wall == 0 || !is_due(p->began, limits->wall, w->now),
                     "job%u #%llu runs longer than its limits.wall", p->work, slot);
        world_ensure(w, p->kill_at != WHEN_NEVER || !is_due(p->term_at, limits->grace, w->now),
                     "job%u #%llu was not killed after its grace", p->work, slot);
    }
}
