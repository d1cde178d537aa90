#include "proto/job/ladder.h"

enum { ETA_DEFAULT = 3, FIRST_DIVISOR = 27, FIRST_DIVISOR_AUTO = 9 };

/* A rung that leaves less than half of the way to go would say little before the end does. */
static bool is_rung(const struct ladder *l, uint64_t step) {
    return 2 * step <= l->steps;
}

static uint32_t count_from(const struct ladder *l) {
    uint32_t count = 1;
    for (uint64_t step = l->first; is_rung(l, step); step *= l->eta)
        count++;
    return count;
}

struct ladder ladder_of(enum rungs_policy policy, uint32_t steps, uint32_t first, uint32_t eta) {
    struct ladder l = {
        .steps = steps < 1 ? 1 : steps,
        .first = first,
        .eta = eta < 2 ? ETA_DEFAULT : eta,
    };
    uint32_t divisor = policy == RUNGS_AUTO ? FIRST_DIVISOR_AUTO : FIRST_DIVISOR;
    if (l.eta > RUNGS_ETA_MOST)
        l.eta = RUNGS_ETA_MOST;
    if (l.first == 0)
        l.first = l.steps / divisor + (l.steps % divisor > 0);
    if (l.first > l.steps)
        l.first = l.steps;
    while (count_from(&l) > RUNGS_MOST)
        l.first *= l.eta;
    l.count = l.steps > 1 && policy != RUNGS_NONE ? count_from(&l) : 1;
    return l;
}

struct ladder ladder_of_job(const struct job_rungs *rungs) {
    return ladder_of(rungs->policy, rungs->steps, rungs->first, rungs->eta);
}

bool job_has_rungs(const struct job *job) {
    return ladder_of_job(&job->rungs).count > 1;
}

uint32_t ladder_step(const struct ladder *l, uint32_t rung) {
    uint32_t step = l->first;
    if (rung + 1 >= l->count)
        return l->steps;
    while (rung-- > 0)
        step *= l->eta;
    return step;
}

uint32_t ladder_reached(const struct ladder *l, uint32_t step) {
    uint32_t rung = 0;
    while (rung + 1 < l->count && ladder_step(l, rung) <= step)
        rung++;
    return rung;
}
