#include "tests/sim/plan.h"

#include "tests/sim/draw.h"

/* A rate that is zero in half of the runs and otherwise one of several orders of magnitude. */
static double draw_rate(struct rng *r, double most) {
    static const double parts[] = {0, 0, 0, 0.01, 0.1, 1};
    return most * parts[rng_below(r, sizeof parts / sizeof parts[0])];
}

static int64_t pick(struct rng *r, const int64_t *items, size_t count) {
    return items[rng_below(r, count)];
}
#define PICK(r, ...)                                                                               \
    pick(r, (const int64_t[]){__VA_ARGS__},                                                        \
         sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static void draw_workload(struct plan *p, struct rng *r) {
    p->slots = (uint32_t)PICK(r, 1, 1, 2, 2, 3, 4, 8);
    p->autorun = draw_chance(r, 0.5);
    p->jobs = (uint32_t)PICK(r, 1, 1, 2, 3, PLAN_JOBS_MAX);
    p->people = (uint32_t)draw_between(r, 1, PLAN_PEOPLE_MAX);
    p->trials_max = PICK(r, 1, 4, 10, 25, 60);
    p->calm_after = PICK(r, 500, 5000, 20000, 60000);
    p->person_pause = PICK(r, 20, 300, 3000);
    p->vanish = draw_rate(r, 0.3);
}

static void draw_node_faults(struct plan *p, struct rng *r) {
    static const int64_t kinds[] = {
        MSG_saved, MSG_save,     MSG_outcome,  MSG_lease,  MSG_recorded, MSG_rows,  MSG_admit,
        MSG_start, MSG_proposed, MSG_job_open, MSG_exited, MSG_job_shut, MSG_submit};
    p->crash_every = (uint64_t)PICK(r, 0, 0, 30, 100, 400, 2000);
    p->crash_kind = (enum msg_kind)pick(r, kinds, sizeof kinds / sizeof kinds[0]);
    p->crash_kind_chance = draw_rate(r, 0.5);
    p->crashes_max = (uint32_t)PICK(r, 1, 3, 10, 25);
    p->down_most = PICK(r, 0, 50, 5000);
    p->stop_chance = PICK(r, 0, 0, 1) == 0 ? 0 : 0.3;
    p->same_nonce = draw_chance(r, 0.5);
}

static void draw_disk_faults(struct plan *p, struct rng *r) {
    p->disk.most = PICK(r, 0, 1, 10, 200, 2000);
    p->disk.slow = draw_rate(r, 0.1);
    p->disk.save_fails = draw_rate(r, 0.5);
    p->disk.scan_fails = draw_rate(r, 0.3);
    p->full_count = (uint32_t)PICK(r, 0, 0, 0, 1, PLAN_FULL_MAX);
    for (uint32_t i = 0; i < p->full_count; i++) {
        p->full[i].from = draw_between(r, 0, p->calm_after);
        p->full[i].to = p->full[i].from + PICK(r, 10, 1000, 20000);
        if (p->full[i].to > p->calm_after)
            p->full[i].to = p->calm_after;
    }
}

static void draw_trial_faults(struct plan *p, struct rng *r) {
    p->run_most = PICK(r, 0, 5, 100, 2000, 8000);
    p->crash = draw_rate(r, 0.6);
    p->transient = draw_rate(r, 0.4);
    p->again = draw_rate(r, 0.4);
    p->infeasible = draw_rate(r, 0.4);
    p->hang = draw_rate(r, 0.3);
    p->deaf = draw_rate(r, 1);
    p->lie = draw_rate(r, 0.5);
    p->flood = draw_rate(r, 0.2);
    p->no_start = draw_rate(r, 0.1);
    p->silent = draw_rate(r, 0.3);
    p->launcher_every = PICK(r, 0, 0, 0, 300, 3000, 20000);
}

void plan_draw(struct plan *p, uint64_t seed) {
    *p = (struct plan){0};
    struct rng workload = draw_of(seed, DRAW_PLAN, 0);
    struct rng node = draw_of(seed, DRAW_PLAN, 1);
    struct rng disk = draw_of(seed, DRAW_PLAN, 2);
    struct rng trials = draw_of(seed, DRAW_PLAN, 3);
    draw_workload(p, &workload);
    draw_node_faults(p, &node);
    draw_disk_faults(p, &disk);
    draw_trial_faults(p, &trials);
}
