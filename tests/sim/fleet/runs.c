#include "tests/sim/fleet/runs.h"

#include "proto/base/check.h"
#include "proto/base/num.h"
#include "tests/sim/fleet/fleet.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_CRASH = 3, EXIT_TRANSIENT = 75, DIE_MOST = 50 };

static void post(struct host *h, const struct msg *m) {
    board_post(h->board, ROOM_LAUNCHER, 0, m);
}

static void plan_next(struct host *h, struct run *r, dur_ms in) {
    r->version = ++h->runs.version;
    fleet_plan(h->fleet, in,
               &(struct timed){.kind = TIMED_RUN,
                               .host = h->number,
                               .life = h->life,
                               .subject = (uint64_t)(r - h->runs.items),
                               .version = r->version});
}

/* A trial's fate is its job's, slot's and attempt's, wherever it can be started. */
static struct rng draw_run(const struct fleet *f, const struct run *r, uint64_t purpose) {
    return draw_of(f->seed, DRAW_RUN,
                   (uint64_t)r->work << 56 | r->slot << 24 | r->attempt << 8 | purpose);
}

static enum run_fate draw_fate(const struct fleet *f, const struct run *r) {
    const struct draft *d = &f->draft;
    struct rng draws = draw_run(f, r, 0);
    if (draw_chance(&draws, d->crash))
        return RUN_CRASH;
    if (draw_chance(&draws, d->transient))
        return RUN_TRANSIENT;
    if (draw_chance(&draws, d->hang))
        return RUN_HANG;
    return draw_chance(&draws, d->no_start) ? RUN_NO_START : RUN_WELL;
}

static bool writes_checkpoints(uint64_t slot) {
    return slot % 4 != 0;
}

bool runs_deserves(const struct fleet *f, uint32_t work, uint64_t slot, uint64_t attempt,
                   enum trial_status status) {
    const struct run run = {.work = work, .slot = slot, .attempt = attempt};
    enum run_fate fate = draw_fate(f, &run);
    switch (status) {
    case TRIAL_LOST:
    case TRIAL_CANCELLED: return true;
    case TRIAL_STOPPED: return f->crowd.works[work].job.rungs.steps > 0;
    case TRIAL_PAUSED: return f->crowd.works[work].job.rungs.steps > 0 && writes_checkpoints(slot);
    case TRIAL_DONE:                   /* once nothing breaks any more everything goes well */
    case TRIAL_TIMED_OUT: return true; /* what the job allows may be less than it takes */
    case TRIAL_CRASHED: return fate == RUN_CRASH;
    case TRIAL_TRANSIENT: return fate == RUN_TRANSIENT || fate == RUN_NO_START; /* ETXTBSY */
    case TRIAL_NO_START: return f->draft.unable != 0;
    default: return false;
    }
}

bool runs_is_look(const struct msg_spawn *m) {
    return span_equal(m->argv, span_of("/proc/self/exe", sizeof "/proc/self/exe"));
}

static uint64_t next_number(const struct fleet *f, struct span *argv) {
    const uint8_t *zero = memchr(argv->data, 0, argv->len);
    int64_t number = -1;
    fleet_ensure(f, zero != NULL, "the arguments of a trial are not what its job asked for");
    size_t len = (size_t)(zero - argv->data);
    fleet_ensure(f, num_parse_i64(span_of(argv->data, len), &number) && number >= 0,
                 "a trial was started with '%.*s'", (int)len, (const char *)argv->data);
    *argv = span_from(*argv, len + 1);
    return (uint64_t)number;
}

void runs_what(const struct host *h, const struct msg_spawn *m, uint32_t *work, uint64_t *slot,
               uint64_t *attempt) {
    struct span argv = span_from(m->argv, sizeof "train");
    *work = (uint32_t)next_number(h->fleet, &argv);
    *slot = next_number(h->fleet, &argv);
    *attempt = next_number(h->fleet, &argv);
}

/* Of a program that is told more than that: its last argument; else 0. */
static double rate_of(const struct host *h, const struct msg_spawn *m) {
    struct span argv = span_from(m->argv, sizeof "train");
    double rate = 0;
    for (int i = 0; i < 3; i++)
        (void)next_number(h->fleet, &argv);
    if (argv.len > 0)
        fleet_ensure(h->fleet, num_parse(span_of(argv.data, argv.len - 1), &rate),
                     "a trial is told no number");
    return rate;
}

bool runs_parent(const struct msg_spawn *m, uint64_t *parent) {
    int64_t number = -1;
    size_t name = m->from.len; /* behind the last slash */
    while (name > 0 && m->from.data[name - 1] != '/')
        name--;
    if (!num_parse_i64(span_from(m->from, name), &number))
        return false;
    *parent = (uint64_t)number;
    return number >= 0;
}

/* How many a curve has; 0: it prints none. */
static uint32_t steps_of(const struct host *h, const struct run *r) {
    return r->fate == RUN_LOOK ? 0 : h->fleet->crowd.works[r->work].job.rungs.steps;
}

/* Where a copy goes on: at its parent's step, if that runs here and keeps checkpoints; of one that is done it says the last
 * step again. */
static uint32_t first_step(const struct host *h, const struct run *r, const struct msg_spawn *m) {
    uint64_t parent;
    for (size_t i = 0; runs_parent(m, &parent) && i < RUNS_MAX; i++) {
        const struct run *other = &h->runs.items[i];
        if (other->state == RUN_GOES && other->work == r->work && other->slot == parent &&
            writes_checkpoints(parent))
            return other->step < steps_of(h, r) ? other->step : steps_of(h, r) - 1;
    }
    return 0;
}

static void spawn(struct host *h, const struct msg_spawn *m) {
    struct run *r = NULL;
    for (size_t i = 0; i < RUNS_MAX && r == NULL; i++)
        r = h->runs.items[i].state == RUN_NONE ? &h->runs.items[i] : NULL;
    fleet_ensure(h->fleet, r != NULL, "host %u starts more trials than it has places", h->number);
    *r = (struct run){.state = RUN_STARTS, .number = m->run};
    r->fate = RUN_LOOK;
    if (!runs_is_look(m)) {
        runs_what(h, m, &r->work, &r->slot, &r->attempt);
        r->rate = rate_of(h, m);
        r->fate = h->fleet->calm                                   ? RUN_WELL
                  : (h->fleet->draft.unable >> h->number & 1) != 0 ? RUN_UNABLE
                                                                   : draw_fate(h->fleet, r);
        r->step = first_step(h, r, m);
    }
    plan_next(h, r, 1);
}

static void kill_run(struct host *h, const struct msg_kill *m) {
    for (size_t i = 0; i < RUNS_MAX; i++) {
        struct run *r = &h->runs.items[i];
        if (r->state == RUN_NONE || r->number != m->run)
            continue;
        struct rng draws = draw_run(h->fleet, r, 1);
        r->killed = true;
        if (r->state != RUN_GOES)
            continue;
        r->state = RUN_DIES;
        plan_next(h, r, draw_between(&draws, 0, DIE_MOST));
    }
}

static void end(struct host *h, struct run *r, int64_t status, int64_t signal_number) {
    post(h, &(struct msg){.kind = MSG_output_end, .output_end.run = r->number});
    post(h, &(struct msg){.kind = MSG_exited,
                          .exited = {.run = r->number,
                                     .status = status,
                                     .signal = signal_number,
                                     .cpu_ms = 5,
                                     .rss_kib = 1000}});
    r->state = RUN_NONE;
}

static void start(struct host *h, struct run *r) {
    struct rng draws = draw_run(h->fleet, r, 2);
    if (r->fate == RUN_NO_START || r->fate == RUN_UNABLE || h->cramped > 0) {
        int64_t error = h->cramped > 0 ? ENOSPC : r->fate == RUN_UNABLE ? ENOENT : ETXTBSY;
        r->state = RUN_NONE;
        post(h, &(struct msg){.kind = MSG_spawn_failed,
                              .spawn_failed = {.run = r->number,
                                               .error = error,
                                               .what = span_text("cannot start 'train'")}});
        return;
    }
    post(h, &(struct msg){.kind = MSG_spawned,
                          .spawned = {.run = r->number, .pid = (int64_t)(1000 + r->number)}});
    r->state = r->killed ? RUN_DIES : RUN_GOES;
    if (r->killed || r->fate == RUN_LOOK)
        plan_next(h, r, 1);
    else if (r->fate != RUN_HANG)
        plan_next(h, r, draw_between(&draws, 0, h->fleet->draft.run_most) / (1 + steps_of(h, r)));
}

/* Another step of a curve. */
static void print_step(struct host *h, struct run *r) {
    struct rng draws = draw_run(h->fleet, r, 4), noise = draw_run(h->fleet, r, 16u + r->step);
    struct rng size = draw_run(h->fleet, r, 5);
    char line[128], more[32] = "";
    double level = rng_unit(&draws);
    uint32_t step = ++r->step;
    if (step >= 3 && h->fleet->crowd.works[r->work].job.constraints_count > 0)
        snprintf(more, sizeof more, ", \"mb\": %.6f", rng_unit(&size));
    int len = snprintf(line, sizeof line, "::zyg {\"step\": %u, \"loss\": %.6f%s%s}\n", step,
                       level + 0.5 / step + 0.01 * rng_unit(&noise), more,
                       writes_checkpoints(r->slot) ? ", \"checkpoint\": \"x\"" : "");
    post(h, &(struct msg){.kind = MSG_output,
                          .output = {.run = r->number, .bytes = span_of(line, (size_t)len)}});
    plan_next(h, r, draw_between(&draws, 0, h->fleet->draft.run_most) / (1 + steps_of(h, r)));
}

static void end_by_itself(struct host *h, struct run *r) {
    struct rng draws = draw_run(h->fleet, r, 3);
    char line[96];
    if (r->fate == RUN_WELL && steps_of(h, r) == 0) {
        double loss = r->rate > 0 ? r->rate : rng_unit(&draws);
        int len = h->fleet->crowd.works[r->work].job.repeat > 1
                      ? snprintf(line, sizeof line, "loss=%.6f size=%.6f mb=%.6f\n", loss,
                                 rng_unit(&draws), rng_unit(&draws))
                      : snprintf(line, sizeof line, "loss=%.6f\n", loss);
        post(h, &(struct msg){.kind = MSG_output,
                              .output = {.run = r->number, .bytes = span_of(line, (size_t)len)}});
    }
    end(h, r, r->fate == RUN_CRASH ? EXIT_CRASH : r->fate == RUN_TRANSIENT ? EXIT_TRANSIENT : 0, 0);
}

void runs_next(struct host *h, uint64_t place, uint64_t version) {
    struct run *r = &h->runs.items[place];
    if (r->version != version)
        return;
    switch (r->state) {
    case RUN_NONE: break;
    case RUN_STARTS: start(h, r); break;
    case RUN_GOES:
        if (r->fate == RUN_WELL && r->step < steps_of(h, r))
            print_step(h, r);
        else
            end_by_itself(h, r);
        break;
    case RUN_DIES: end(h, r, 0, SIGTERM); break;
    }
}

static void runs_perform(void *self, const struct event *event) {
    struct host *h = self;
    if (!host_takes(h))
        return;
    if (event->msg.kind == MSG_spawn)
        spawn(h, &event->msg.spawn);
    else if (event->msg.kind == MSG_kill)
        kill_run(h, &event->msg.kill);
    host_delivered(h, event->msg.kind);
}

struct port runs_port(struct host *h) {
    return (struct port){.room = ROOM_LAUNCHER, .self = h, .perform = runs_perform};
}

void runs_host_down(struct host *h) {
    memset(h->runs.items, 0, sizeof h->runs.items);
}

void runs_calm(struct host *h) {
    for (size_t i = 0; i < RUNS_MAX; i++) {
        struct run *r = &h->runs.items[i];
        if (r->state == RUN_NONE || r->fate != RUN_HANG)
            continue;
        r->fate = RUN_WELL;
        if (r->state == RUN_GOES)
            plan_next(h, r, 1);
    }
}

bool runs_now(const struct host *h, uint32_t work, uint64_t slot, uint64_t attempt) {
    for (size_t i = 0; i < RUNS_MAX; i++) {
        const struct run *r = &h->runs.items[i];
        if (r->state != RUN_NONE && !r->killed && r->work == work && r->slot == slot &&
            r->attempt == attempt)
            return true;
    }
    return false;
}

uint32_t runs_alive(const struct host *h) {
    uint32_t alive = 0;
    for (size_t i = 0; i < RUNS_MAX; i++)
        alive += h->runs.items[i].state != RUN_NONE && h->runs.items[i].fate != RUN_LOOK;
    return alive;
}
