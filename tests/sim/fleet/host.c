#include "tests/sim/fleet/host.h"

#include "actors/elastic/elastic.h"
#include "actors/leader/leader.h"
#include "actors/member/state.h"
#include "tests/sim/fleet/fleet.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    LATE_MS = 300,
    STOP_MOST = 60000,
    AWAY_MOST = 20000,
    SEEDS = 3,
    MILLION = 1000000,
    TURNS_MOST = 2000000
};

static_assert((uint32_t)HOSTS_MAX <= SEATS_NODES_MAX, "each host has memory of its own");

/* ---- its clock ---- */

static when_ms local_time(const struct host *h, when_ms now) {
    return h->clock_ahead + now + now * h->clock_rate / MILLION;
}

static struct moment moment(const struct host *h) {
    return (struct moment){.now = local_time(h, h->fleet->now),
                           .wall = SIM_WALL_BEGIN + h->wall_ahead + h->fleet->now};
}

/* When the world's clock shows what this one's must. */
static when_ms world_time(const struct host *h, when_ms local) {
    if (local == WHEN_NEVER)
        return WHEN_NEVER;
    if (local <= local_time(h, 0))
        return 0; /* it is due at once */
    when_ms now = (local - h->clock_ahead) * MILLION / (MILLION + h->clock_rate) - 2;
    while (local_time(h, now) < local)
        now++;
    return now;
}

/* ---- steps ---- */

bool host_takes(const struct host *h) {
    return !h->dead;
}

bool host_is_up(const struct host *h) {
    return h->board != NULL && !h->dead;
}

bool host_goes_idle(const struct host *h) {
    return host_is_up(h) && h->goes_idle;
}

static bool may_crash(struct host *h, enum msg_kind kind) {
    const struct draft *d = &h->fleet->draft;
    struct rng r = draw_of(h->disk.seed, DRAW_CRASH, (uint64_t)h->life << 40 | ++h->taken);
    bool chosen = kind == d->crash_kind && draw_chance(&r, d->crash_kind_chance);
    if (h->crash_in > 0)
        h->crash_in--;
    return chosen || (d->crash_every > 0 && h->crash_in == 0);
}

void host_delivered(struct host *h, enum msg_kind kind) {
    struct fleet *f = h->fleet;
    if (f->calm || h->dead || f->crashes >= f->draft.crashes_max || !may_crash(h, kind))
        return;
    f->crashes++;
    host_kill(h, false);
}

static void heard(void *self, enum room room, const struct event *event) {
    rules_heard(self, room, event);
}

static void said(void *self, enum room room, const struct frame *frame) {
    rules_said(self, room, frame);
}

static void stepped(void *self, enum room room, enum msg_kind kind) {
    if (room == ROOM_MEMBER)
        rule_records(self);
    host_delivered(self, kind);
}

static void see(void *context, enum room to, const struct event *event) {
    struct host *h = context;
    struct fleet *f = h->fleet;
    f->delivered++;
    f->hash = seats_mix(f->hash, h->number, f->now, to, event);
    if (f->trace == NULL || !host_takes(h))
        return;
    snprintf(f->trace->who, sizeof f->trace->who, "h%-2u ", h->number);
    trace_message(f->trace, f->now, to, event);
}

/* ---- seats ---- */

bool hosts_leave_disks(const struct fleet *f) {
    return f->draft.idle_ms == 0 || f->seed % 2 == 0;
}

static bool may_go_idle(const struct host *h) {
    return !h->fleet->calm && h->number % 2 == 1;
}

static void endpoint_of(uint32_t host, char *out, size_t cap) {
    snprintf(out, cap, "tcp://10.0.0.%u:7777", host + 1);
}

static void seat_cluster(struct host *h, uint64_t nonce) {
    const struct fleet *f = h->fleet;
    const struct cast_host *cast = &f->cast->hosts[h->number];
    struct member_config member = {.signer = cast->signer,
                                   .generation_nonce = nonce,
                                   .seed = nonce,
                                   .certificate_len = cast->certificate_len,
                                   .slots = f->draft.slots,
                                   .flags = MEMBER_STORES | MEMBER_ELIGIBLE};
    const struct leader_config leader = {
        .self = cast->signer.id, .slots = member.slots, .flags = member.flags};
    const struct elastic_config elastic = {.idle_ms = may_go_idle(h) ? f->draft.idle_ms : 0,
                                           .disk_stays = hosts_leave_disks(f)};
    h->goes_idle = elastic.idle_ms > 0;
    h->gone_for_good = h->goes_idle && !elastic.disk_stays;
    memcpy(member.cluster, f->cast->cluster, sizeof member.cluster);
    memcpy(member.certificate, cast->certificate, cast->certificate_len);
    memcpy(member.curve, cast->curve, sizeof member.curve);
    endpoint_of(h->number, member.endpoint, sizeof member.endpoint);
    snprintf(member.door, sizeof member.door, "tcp://10.0.0.%u:7778", h->number + 1);
    snprintf(member.name, sizeof member.name, "h%u", h->number);
    for (uint32_t i = 0; i < SEEDS && i < f->draft.hosts; i++) {
        if (i == h->number)
            continue;
        struct member_seed *to = &member.seeds[member.seeds_count++];
        endpoint_of(i, to->endpoint, sizeof to->endpoint);
        memcpy(to->curve, f->cast->hosts[i].curve, sizeof to->curve);
    }
    struct seats *s = &h->seats;
    h->member = member_init(seats_memory(s, BLOCK_MEMBER, member_size()), &member);
    seats_add(s, member_core(h->member));
    seats_add(s, leader_core(leader_init(seats_memory(s, BLOCK_LEADER, leader_size()), &leader)));
    seats_add(s,
              elastic_core(elastic_init(seats_memory(s, BLOCK_ELASTIC, elastic_size()), &elastic)));
}

static void seat_cores(struct host *h) {
    const struct fleet *f = h->fleet;
    const struct cast_host *cast = &f->cast->hosts[h->number];
    const struct seats_owner owner = {
        .self = h, .dead = &h->dead, .heard = heard, .said = said, .stepped = stepped};
    struct rng r = draw_of(h->disk.seed, DRAW_HOST, h->life);
    uint64_t nonce = rng_u64(&r);
    struct seats_config config = {.facts = {.signer = cast->signer,
                                            .nonce = (uint32_t)nonce,
                                            .clustered = true,
                                            .certificate_len = cast->certificate_len},
                                  .slots = f->draft.slots};
    memcpy(config.facts.cluster, f->cast->cluster, sizeof config.facts.cluster);
    memcpy(config.facts.certificate, cast->certificate, cast->certificate_len);
    seats_begin(&h->seats, &owner, h->number, h->board, &config);
    seat_cluster(h, nonce);
}

/* ---- the NODE port: the process ---- */

static void host_perform(void *self, const struct event *event) {
    struct host *h = self;
    if (!host_takes(h))
        return;
    if (event->msg.kind == MSG_quit) {
        host_stop(h);
    } else if (event->msg.kind == MSG_quiet && event->from == ROOM_EXECUTOR &&
               h->stopping == HOST_STOPS_TRIALS) {
        fleet_ensure(h->fleet, runs_alive(h) == 0,
                     "host %u: the executor is quiet and a trial runs", h->number);
        h->stopping = HOST_STOPS_FACTS;
        board_post_to(h->board, ROOM_FACTS, ROOM_NODE, 0,
                      &(struct msg){.kind = MSG_quit, .quit.why = ERR_INTERRUPTED});
    } else if (event->msg.kind == MSG_quiet && event->from == ROOM_FACTS &&
               h->stopping == HOST_STOPS_FACTS) {
        h->stopping = HOST_STOPPED;
        h->dead = h->orderly = true;
    }
    host_delivered(h, event->msg.kind);
}

void host_stop(struct host *h) {
    const struct msg quit = {.kind = MSG_quit, .quit.why = ERR_INTERRUPTED};
    if (!host_is_up(h) || h->stopping != HOST_RUNS)
        return;
    h->stopping = HOST_STOPS_TRIALS;
    fleet_note(h->fleet, h, "is asked to stop");
    board_post(h->board, ROOM_NODE, 0, &quit);
    fleet_plan(h->fleet, STOP_MOST,
               &(struct timed){.kind = TIMED_STOP, .host = h->number, .life = h->life});
}

/* ---- its disk ---- */

static void disk_took(void *self, enum msg_kind kind) {
    struct host *h = self;
    h->asked++;
    host_delivered(self, kind);
}

static void disk_due(void *self, dur_ms in, uint64_t request) {
    const struct host *h = self;
    fleet_plan(h->fleet, in,
               &(struct timed){
                   .kind = TIMED_DISK, .host = h->number, .life = h->life, .subject = request});
}

static void disk_save(void *self, struct span ops) {
    rules_save(self, ops);
}

static void disk_saved(void *self, struct span ops) {
    rules_saved(self, ops);
}

static void disk_unreadable(const void *self, const char *what) {
    const struct host *h = self;
    fleet_fail(h->fleet, "host %u said a save that cannot be read: %s", h->number, what);
}

/* ---- lives ---- */

void host_init(struct fleet *f, uint32_t number) {
    struct host *h = &f->hosts[number];
    struct rng r = draw_of(f->seed, DRAW_HOST, number);
    const struct disk_owner owner = {.self = h,
                                     .dead = &h->dead,
                                     .board = &h->board,
                                     .took = disk_took,
                                     .due = disk_due,
                                     .save = disk_save,
                                     .saved = disk_saved,
                                     .unreadable = disk_unreadable};
    h->fleet = f;
    h->number = number;
    h->clock_ahead = draw_between(&r, 0, 1000000);
    h->wall_ahead = draw_between(&r, -600000, 600000);
    h->clock_rate = draw_between(&r, -f->draft.rate_most, f->draft.rate_most);
    h->due = WHEN_NEVER;
    disk_open(&h->disk, &owner, rng_u64(&r));
    h->disk.faults = f->draft.disk;
}

void host_release(struct host *h) {
    if (h->board != NULL) {
        seats_end(&h->seats);
        board_destroy(&h->board);
    }
    disk_close(&h->disk);
}

static void plan_crash(struct host *h) {
    struct rng r = draw_of(h->disk.seed, DRAW_CRASH, h->life);
    h->crash_in = 1 + rng_below(&r, 2 * h->fleet->draft.crash_every + 1);
}

void host_up(struct host *h) {
    struct fleet *f = h->fleet;
    if (h->board != NULL)
        return;
    h->life++;
    h->dead = h->orderly = h->off = false;
    h->taken = 0;
    h->last_edge = 0;
    h->stopping = HOST_RUNS;
    h->board = board_new();
    board_watch(h->board, see, h);
    seat_cores(h);
    const struct port ports[] = {disk_port(&h->disk),
                                 runs_port(h),
                                 crowd_port(h),
                                 wires_port(h),
                                 {.room = ROOM_NODE, .self = h, .perform = host_perform}};
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
        board_seat_port(h->board, &ports[i]);
    rules_host_up(h);
    wires_host_up(f, h);
    plan_crash(h);
    fleet_note(f, h, "starts");
    f->calm_since = f->now;
    board_post(
        h->board, ROOM_NODE, 0,
        &(struct msg){.kind = MSG_start, .start = {.slots = f->draft.slots, .autorun = true}});
}

void host_kill(struct host *h, bool power) {
    if (!host_is_up(h))
        return;
    h->dead = true;
    h->power = power;
    fleet_note(h->fleet, h, power ? "loses power" : "is killed");
}

static void host_down(struct host *h) {
    struct fleet *f = h->fleet;
    struct rng r = draw_of(h->disk.seed, DRAW_HOST, (uint64_t)1 << 32 | h->life);
    bool power = h->power;
    disk_crash(&h->disk, h->life);
    runs_host_down(h);
    crowd_host_down(f, h, power);
    wires_host_down(f, h, power, h->orderly);
    seats_end(&h->seats);
    board_destroy(&h->board);
    h->dead = h->power = false;
    h->off = power;
    h->due = WHEN_NEVER;
    fleet_note(f, h, "is gone");
    fleet_plan(f, draw_between(&r, 0, h->orderly && !f->calm ? AWAY_MOST : f->draft.down_most),
               &(struct timed){.kind = TIMED_NODE_UP, .host = h->number});
}

void host_pause(struct host *h, bool on) {
    struct rule_host *r = &h->fleet->rules->hosts[h->number];
    h->paused = on ? h->paused + 1 : h->paused - 1;
    if (h->paused == 0 && host_is_up(h) && h->member->up &&
        world_time(h, h->member->due) + LATE_MS < h->fleet->now)
        r->late_at = h->fleet->now;
    fleet_note(h->fleet, h, on ? "is held up" : "goes on");
    if (h->paused == 0)
        wires_resume(h->fleet, h);
}

void host_settle(struct host *h) {
    bool moved = false;
    while (h->board != NULL && !h->dead && h->paused == 0 && board_step(h->board, moment(h))) {
        moved = true;
        fleet_ensure(h->fleet, ++h->fleet->idle_turns < TURNS_MOST,
                     "rooms of host %u talk without end", h->number);
    }
    if (h->dead && h->board != NULL)
        host_down(h);
    else if (moved)
        h->due = world_time(h, board_deadline(h->board));
}

void host_wake(struct host *h) {
    seats_spare(&h->seats, h->fleet->seed);
    board_wake(h->board, moment(h));
    h->due = world_time(h, board_deadline(h->board));
    host_settle(h);
}
