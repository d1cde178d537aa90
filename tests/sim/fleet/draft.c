#include "tests/sim/fleet/draft.h"

#include "tests/sim/draw.h"

enum {
    BEGIN_AT = 1000,
    JUMP_MOST = 4 * 3600000 /* a node that was gone for seven days by its own clock is forgotten */
};

static int64_t pick(struct rng *r, const int64_t *items, size_t count) {
    return items[rng_below(r, count)];
}
#define PICK(r, ...)                                                                               \
    pick(r, (const int64_t[]){__VA_ARGS__},                                                        \
         sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static double pick_rate(struct rng *r, double most) {
    static const double parts[] = {0, 0, 0, 0.01, 0.1, 1};
    return most * parts[rng_below(r, sizeof parts / sizeof parts[0])];
}

static void draw_size(struct draft *d, struct rng *r) {
    bool large = draw_chance(r, 0.04);
    d->hosts =
        large ? (uint32_t)draw_between(r, 8, HOSTS_MAX) : (uint32_t)PICK(r, 2, 3, 3, 3, 4, 5, 5, 7);
    d->slots = (uint32_t)PICK(r, 1, 1, 2, 4);
    d->jobs = (uint32_t)PICK(r, 1, 1, 2, FLEET_JOBS_MAX);
    d->people = (uint32_t)draw_between(r, 1, FLEET_PEOPLE_MAX);
    d->trials_max = PICK(r, 3, 10, 25, 60);
    for (uint32_t i = 0; i < d->jobs; i++)
        d->copies[i] = (uint32_t)PICK(r, 0, 1, 2, 2, 3);
    d->person_pause = PICK(r, 100, 500, 3000);
    d->calm_after = PICK(r, 5000, 20000, 40000, 60000);
}

static void draw_lines(struct draft *d, struct rng *r) {
    d->latency_most = PICK(r, 0, 1, 10, 80);
    d->jitter_most = PICK(r, 0, 0, 2, 20);
    d->loss = pick_rate(r, 0.3);
    d->stray = pick_rate(r, 0.3);
    d->rate_most = PICK(r, 0, 50, 500, 20000);
}

static void draw_machines(struct draft *d, struct rng *r) {
    static const int64_t kinds[] = {MSG_saved,    MSG_save,     MSG_outcome, MSG_lease,
                                    MSG_recorded, MSG_claim,    MSG_lead,    MSG_bundles,
                                    MSG_heads,    MSG_job_shut, MSG_worker,  MSG_report};
    d->disk.most = PICK(r, 0, 1, 10, 100);
    d->disk.slow = pick_rate(r, 0.05);
    d->disk.save_fails = pick_rate(r, 0.2);
    d->disk.scan_fails = pick_rate(r, 0.2);
    d->crash_every = (uint64_t)PICK(r, 0, 0, 0, 300, 3000);
    d->crash_kind = (enum msg_kind)pick(r, kinds, sizeof kinds / sizeof kinds[0]);
    d->crash_kind_chance = pick_rate(r, 0.3);
    d->crashes_max = (uint32_t)PICK(r, 1, 3, 10);
    d->down_most = PICK(r, 50, 2000, 15000);
    d->idle_ms = PICK(r, 0, 0, 0, 3000, 10000);
}

static void draw_trials(struct draft *d, struct rng *r) {
    d->run_most = PICK(r, 5, 100, 2000, 8000);
    d->crash = pick_rate(r, 0.5);
    d->transient = pick_rate(r, 0.4);
    d->hang = pick_rate(r, 0.2);
    d->no_start = pick_rate(r, 0.1);
}

static void draw_unable(struct draft *d, struct rng *r) {
    double chance = pick_rate(r, 0.5);
    for (uint32_t i = 0; i < d->hosts; i++)
        d->unable |= (uint64_t)draw_chance(r, chance) << i;
}

static uint64_t all_hosts(const struct draft *d) {
    return ((uint64_t)1 << d->hosts) - 1;
}

/* Two sets that do not overlap: one against the rest, halves, two, or any. */
static void draw_sets(const struct draft *d, struct fault *f, struct rng *r) {
    uint64_t one = (uint64_t)1 << rng_below(r, d->hosts);
    uint64_t other = (uint64_t)1 << rng_below(r, d->hosts);
    uint64_t some = rng_u64(r) & all_hosts(d);
    switch (rng_below(r, 4)) {
    case 0: f->from = one; break;
    case 1: f->from = some; break;
    case 2: f->from = ((uint64_t)1 << d->hosts / 2) - 1; break;
    default:
        f->from = one;
        f->to = other & ~one;
        return;
    }
    f->to = all_hosts(d) & ~f->from;
    if (draw_chance(r, 0.5)) {
        uint64_t swap = f->from;
        f->from = f->to;
        f->to = swap;
    }
}

/* Each fault is drawn by its number, so a longer list begins like a shorter one. */
static void draw_fault(const struct draft *d, struct fault *f, uint64_t kinds, struct rng r) {
    do
        f->kind = (enum fault_kind)rng_below(&r, FAULTS_LAST + 1);
    while ((kinds >> f->kind & 1) == 0);
    f->at = BEGIN_AT + draw_between(&r, 0, d->calm_after);
    f->lasts = PICK(&r, 50, 500, 3000, 3000, 15000, 30000);
    f->host = (uint32_t)rng_below(&r, d->hosts);
    draw_sets(d, f, &r);
    f->jump = PICK(&r, 2000, 600000, JUMP_MOST) * (draw_chance(&r, 0.5) ? 1 : -1);
    if (f->at + f->lasts > BEGIN_AT + d->calm_after)
        f->lasts = BEGIN_AT + d->calm_after - f->at;
}

/* Now and then a host that can start nothing is cut off while the first trials run, for long enough to believe that it is the
 * only one: it fails what goes well elsewhere. */
static void draw_lone(struct draft *d, struct rng *r) {
    struct fault *f = &d->faults[d->faults_count];
    if (!draw_chance(r, 0.1) || d->faults_count == FAULTS_MAX)
        return;
    d->faults_count++;
    d->calm_after = 60000;
    d->run_most = 8000;
    *f = (struct fault){.kind = FAULT_CUT, .at = BEGIN_AT + draw_between(r, 500, 5000)};
    f->lasts = 30000;
    f->host = (uint32_t)rng_below(r, d->hosts);
    f->from = (uint64_t)1 << f->host;
    f->to = all_hosts(d) & ~f->from;
    d->unable |= f->from;
}

/* Machines without room for another trial, some after the other or at once. */
static void draw_short(struct draft *d, struct rng *r) {
    int64_t count = PICK(r, 0, 0, 0, 1, 2, 6);
    for (; count > 0 && d->faults_count < FAULTS_MAX; count--) {
        struct fault *f = &d->faults[d->faults_count++];
        *f =
            (struct fault){.kind = FAULT_SHORT, .at = BEGIN_AT + draw_between(r, 0, d->calm_after)};
        f->lasts = when_sooner(PICK(r, 500, 3000, 15000), BEGIN_AT + d->calm_after - f->at);
        f->host = (uint32_t)rng_below(r, d->hosts);
    }
}

void draft_draw(struct draft *d, uint64_t seed) {
    *d = (struct draft){0};
    struct rng size = draw_of(seed, DRAW_PLAN, 100);
    struct rng lines = draw_of(seed, DRAW_PLAN, 101);
    struct rng machines = draw_of(seed, DRAW_PLAN, 102);
    struct rng trials = draw_of(seed, DRAW_PLAN, 103);
    struct rng faults = draw_of(seed, DRAW_PLAN, 104);
    struct rng unable = draw_of(seed, DRAW_PLAN, 105);
    struct rng cramped = draw_of(seed, DRAW_PLAN, 106);
    draw_size(d, &size);
    draw_lines(d, &lines);
    draw_machines(d, &machines);
    draw_trials(d, &trials);
    draw_unable(d, &unable);
    d->faults_count = (uint32_t)PICK(&faults, 0, 1, 2, 4, 8, 16, FAULTS_MAX);
    uint64_t kinds = rng_below(&faults, (1u << FAULT_LIE) - 1) + 1;
    if (draw_chance(&faults, 0.2))
        kinds |= 1u << FAULT_LIE;
    for (uint32_t i = 0; i < d->faults_count; i++)
        draw_fault(d, &d->faults[i], kinds, draw_of(seed, DRAW_PLAN, 1000 + i));
    draw_lone(d, &unable);
    draw_short(d, &cramped);
}

void draft_print(const struct draft *d, FILE *out) {
    static const char *const names[] = {"kill", "power", "stop",  "pause", "cut", "one way", "full",
                                        "slow", "clock", "break", "roll",  "lie", "short"};
    fprintf(out,
            "%u hosts of %u slots, %u jobs of up to %lld trials, copies %u %u %u %u, calm after "
            "%lld ms\n"
            "lines: %lld ms, jitter %lld, loss %.3f, strays %.3f; clocks %lld ppm; disk %lld ms, "
            "slow %.4f, "
            "fails %.4f %.4f\n"
            "crash every %llu steps, or after '%s' %.3f, %u at most, down %lld ms; idle %lld ms\n"
            "trials: %lld ms, crash %.3f transient %.3f hang %.3f no start %.3f, none on %llx\n",
            d->hosts, d->slots, d->jobs, (long long)d->trials_max, d->copies[0], d->copies[1],
            d->copies[2], d->copies[3], (long long)d->calm_after, (long long)d->latency_most,
            (long long)d->jitter_most, d->loss, d->stray, (long long)d->rate_most,
            (long long)d->disk.most, d->disk.slow, d->disk.save_fails, d->disk.scan_fails,
            (unsigned long long)d->crash_every, msg_name(d->crash_kind), d->crash_kind_chance,
            d->crashes_max, (long long)d->down_most, (long long)d->idle_ms, (long long)d->run_most,
            d->crash, d->transient, d->hang, d->no_start, (unsigned long long)d->unable);
    for (uint32_t i = 0; i < d->faults_count; i++) {
        const struct fault *f = &d->faults[i];
        fprintf(out, "fault %2u at %6lld for %5lld: %s", i, (long long)f->at, (long long)f->lasts,
                names[f->kind]);
        if (f->kind == FAULT_CUT || f->kind == FAULT_ONE_WAY || f->kind == FAULT_BREAK)
            fprintf(out, " from %llx to %llx", (unsigned long long)f->from,
                    (unsigned long long)f->to);
        else
            fprintf(out, " host %u", f->host);
        fputs(f->left_out ? " (left out)\n" : "\n", out);
    }
}
