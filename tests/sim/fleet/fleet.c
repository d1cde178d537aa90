#include "tests/sim/fleet/fleet.h"

#include "proto/base/check.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEGIN_AT = 1000, START_SPREAD = 500, IDLE_TURNS_MOST = 1000000 };

/* ---- who takes part ---- */

static void make_signer(struct signer *signer, uint8_t group, uint8_t number) {
    uint8_t seed[crypto_sign_SEEDBYTES] = {group, number};
    crypto_sign_seed_keypair(signer->id.bytes, signer->secret, seed);
}

void fleet_cast_make(struct fleet_cast *cast) {
    struct signer cluster;
    uint8_t grant_memory[GRANT_BYTES_MAX], secret[crypto_box_SECRETKEYBYTES];
    const uint8_t token[32] = {7};
    struct buf grant = buf_of(grant_memory, sizeof grant_memory);
    make_signer(&cluster, 1, 0);
    memcpy(cast->cluster, cluster.id.bytes, sizeof cast->cluster);
    grant_make(cluster.secret, ROLE_NODE | ROLE_CLIENT, GRANT_FOREVER, token, &grant);
    for (uint8_t i = 0; i < HOSTS_MAX; i++) {
        struct cast_host *h = &cast->hosts[i];
        const uint8_t seed[crypto_box_SEEDBYTES] = {9, i};
        struct buf certificate = buf_of(h->certificate, sizeof h->certificate);
        make_signer(&h->signer, 2, i);
        crypto_box_seed_keypair(h->curve, secret, seed);
        certificate_make(buf_view(&grant), token, &h->signer.id, h->curve, ROLE_NODE, &certificate);
        ensure(!certificate.overflow);
        h->certificate_len = certificate.len;
    }
    for (uint8_t i = 0; i < FLEET_PEOPLE_MAX; i++)
        make_signer(&cast->people[i], 3, i);
}

int32_t fleet_host_of(const struct fleet *f, const struct node_id *id) {
    for (uint32_t i = 0; i < f->draft.hosts; i++) {
        if (node_id_equal(&f->cast->hosts[i].signer.id, id))
            return (int32_t)i;
    }
    return -1;
}

/* ---- words ---- */

void fleet_fail(const struct fleet *f, const char *format, ...) {
    va_list args;
    draft_print(&f->draft, stdout);
    printf("seed %llu (cluster) at %lld ms: ", (unsigned long long)f->seed, (long long)f->now);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
    abort(); /* sim.c shows how it came to this */
}

void fleet_note(struct fleet *f, const struct host *h, const char *text) {
    if (f->trace == NULL)
        return;
    f->trace->who[0] = '\0';
    if (h != NULL)
        snprintf(f->trace->who, sizeof f->trace->who, "h%-2u ", h->number);
    trace_note(f->trace, f->now, text);
}

/* ---- time ---- */

void fleet_plan(struct fleet *f, dur_ms in, const struct timed *timed) {
    struct timed item = *timed;
    item.at = f->now + in;
    timeline_push(&f->timeline, f->seed, &item);
}

/* Each host has the same part of the time. */
static void roll(struct fleet *f, const struct fault *fault, bool begins) {
    uint32_t hosts = f->draft.hosts;
    for (uint32_t i = 0; begins && i < hosts; i++)
        fleet_plan(f, fault->lasts * (dur_ms)i / hosts,
                   &(struct timed){.kind = TIMED_ROLL, .host = (fault->host + i) % hosts});
}

static void begin_fault(struct fleet *f, const struct fault *fault, bool begins) {
    struct host *h = &f->hosts[fault->host];
    switch (fault->kind) {
    case FAULT_KILL:
    case FAULT_POWER:
        if (begins)
            host_kill(h, fault->kind == FAULT_POWER);
        break;
    case FAULT_STOP:
        if (begins)
            host_stop(h);
        break;
    case FAULT_PAUSE: host_pause(h, begins); break;
    case FAULT_FULL: disk_set_full(&h->disk, begins); break;
    case FAULT_SLOW: disk_set_slow(&h->disk, begins); break;
    case FAULT_SHORT: h->cramped = begins ? h->cramped + 1 : h->cramped - 1; break;
    case FAULT_CLOCK:
        fleet_note(f, h, "has another wall clock");
        if (!f->clocks_stand)
            h->wall_ahead += begins ? fault->jump : -fault->jump;
        break;
    case FAULT_BREAK:
        fleet_note(f, NULL, "connections break");
        if (begins)
            wires_break(f, fault);
        break;
    case FAULT_LIE:
        h->lying = begins ? h->lying + 1 : h->lying - 1;
        h->has_lied = true;
        if (h->lying == 0 && h->fakes == h->life)
            host_kill(h, false);
        break;
    case FAULT_ROLL: roll(f, fault, begins); break;
    case FAULT_CUT:
    case FAULT_ONE_WAY:
        fleet_note(f, NULL, begins ? "a cut" : "a cut heals");
        wires_cut(f, fault, begins);
        break;
    }
}

static void plan_faults(struct fleet *f) {
    for (uint32_t i = 0; i < f->draft.faults_count; i++) {
        const struct fault *fault = &f->draft.faults[i];
        if (fault->left_out)
            continue;
        fleet_plan(f, fault->at - f->now,
                   &(struct timed){.kind = TIMED_FAULT_BEGINS, .subject = i});
        fleet_plan(f, fault->at + fault->lasts - f->now,
                   &(struct timed){.kind = TIMED_FAULT_ENDS, .subject = i});
    }
}

/* Every fault has ended by itself; what is down comes back within its time. */
static void be_calm(struct fleet *f) {
    fleet_note(f, NULL, "calm");
    f->calm = true;
    f->calm_since = f->now;
    for (uint32_t i = 0; i < f->draft.hosts; i++) {
        struct host *h = &f->hosts[i];
        disk_heal(&h->disk);
        if (host_is_up(h))
            runs_calm(h);
        if (host_goes_idle(h)) /* it comes back to stay */
            host_stop(h);
    }
}

static void happen(struct fleet *f, const struct timed *t) {
    struct host *h = &f->hosts[t->host];
    bool same_life = host_is_up(h) && h->life == t->life;
    switch (t->kind) {
    case TIMED_NODE_UP: host_up(h); break;
    case TIMED_CALM: be_calm(f); break;
    case TIMED_PERSON: crowd_act(f, t->subject); break;
    case TIMED_FAULT_BEGINS: begin_fault(f, &f->draft.faults[t->subject], true); break;
    case TIMED_FAULT_ENDS: begin_fault(f, &f->draft.faults[t->subject], false); break;
    case TIMED_WIRE: wires_work(f, t->subject, t->version); break;
    case TIMED_STRAY: wires_stray(f, t->subject); break;
    case TIMED_ROLL: host_stop(h); break;
    case TIMED_DISK:
        if (same_life)
            disk_work(&h->disk);
        break;
    case TIMED_RUN:
        if (same_life)
            runs_next(h, t->subject, t->version);
        break;
    case TIMED_STOP: /* whoever stopped it waits no longer */
        if (same_life)
            host_kill(h, false);
        break;
    default: ensure(false);
    }
}

static struct host *soonest_host(struct fleet *f) {
    struct host *soonest = NULL;
    for (uint32_t i = 0; i < f->draft.hosts; i++) {
        struct host *h = &f->hosts[i];
        if (host_is_up(h) && h->paused == 0 && (soonest == NULL || h->due < soonest->due))
            soonest = h;
    }
    return soonest;
}

static void pass_time(struct fleet *f) {
    struct host *h = soonest_host(f);
    when_ms due = h == NULL ? WHEN_NEVER : h->due;
    when_ms soonest = when_sooner(due, timeline_soonest(&f->timeline));
    fleet_ensure(f, soonest != WHEN_NEVER, "nothing will ever happen again");
    if (soonest > f->now) {
        goals_judge(f);
        f->now = soonest;
        f->idle_turns = 0;
    }
    fleet_ensure(f, ++f->idle_turns < IDLE_TURNS_MOST, "time stands still: a deadline never moves");
    if (due <= f->now) {
        host_wake(h);
        return;
    }
    struct timed timed = timeline_pop(&f->timeline);
    happen(f, &timed);
}

static void live(struct fleet *f) {
    while (!f->over) {
        for (uint32_t i = 0; i < f->draft.hosts; i++)
            host_settle(&f->hosts[i]);
        pass_time(f);
    }
}

static uint64_t run(struct fleet *f, uint64_t seed) {
    f->hosts = calloc(f->draft.hosts, sizeof *f->hosts);
    f->rules = calloc(1, sizeof *f->rules);
    ensure(f->hosts != NULL && f->rules != NULL);
    for (uint32_t i = 0; i < f->draft.hosts; i++) {
        struct rng r = draw_of(seed, DRAW_HOST, 1000 + i);
        host_init(f, i);
        fleet_plan(f, draw_between(&r, 0, START_SPREAD),
                   &(struct timed){.kind = TIMED_NODE_UP, .host = i});
    }
    crowd_open(f);
    plan_faults(f);
    fleet_plan(f, f->draft.calm_after, &(struct timed){.kind = TIMED_CALM});
    live(f);
    uint64_t hash = f->hash;
    wires_release(f);
    for (uint32_t i = 0; i < f->draft.hosts; i++)
        host_release(&f->hosts[i]);
    timeline_release(&f->timeline);
    free(f->hosts);
    free(f->rules);
    return hash;
}

static bool has_clocks(const struct draft *d) {
    bool has = false;
    for (uint32_t i = 0; i < d->faults_count; i++)
        has = has || (d->faults[i].kind == FAULT_CLOCK && !d->faults[i].left_out);
    return has;
}

/* What wall clocks show decides nothing: with clocks that do not jump the same happens at the same moments. */
static void judge_clocks(const struct fleet *ran, const struct fleet_cast *cast) {
    struct fleet f = {.seed = ran->seed, .cast = cast, .now = BEGIN_AT, .clocks_stand = true};
    f.draft = ran->draft;
    uint64_t hash = run(&f, f.seed);
    fleet_ensure(&f, hash == ran->hash, "with wall clocks that do not jump it goes another way");
}

uint64_t fleet_run(uint64_t seed, const struct fleet_cast *cast, struct trace *trace,
                   uint64_t left_out, uint64_t *delivered) {
    struct fleet f = {.seed = seed, .cast = cast, .trace = trace, .now = BEGIN_AT};
    draft_draw(&f.draft, seed);
    for (uint32_t i = 0; i < f.draft.faults_count; i++)
        f.draft.faults[i].left_out = (left_out >> i & 1) != 0;
    uint64_t hash = run(&f, seed);
    if (has_clocks(&f.draft))
        judge_clocks(&f, cast);
    *delivered += f.delivered;
    return hash;
}
