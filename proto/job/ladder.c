#include "proto/job/ladder.h"

enum { ETA_DEFAULT = 3, FIRST_DIVISOR = 27, FIRST_DIVISOR_AUTO = 9 };

/* A rung that leaves less than half of the way to go would say little before the end does. */
static bool is_rung(const struct ladder *l, uint64_t step) {
    return 2 * step <= l->steps;
}

static uint32_t count_from(const struct ladder *l) {
    uint32_t count = 1;
    if (l->even)
        return (l->steps - 1) / l->first + 1;
    for (uint64_t step = l->first; is_rung(l, step); step *= l->eta)
        count++;
    return count;
}

static uint32_t default_first(uint32_t steps, enum rungs_policy policy) {
    uint32_t divisor = policy == RUNGS_AUTO  ? FIRST_DIVISOR_AUTO
                       : policy == RUNGS_PBT ? RUNGS_MOST
                                             : FIRST_DIVISOR;
    return steps / divisor + (steps % divisor > 0);
}

struct ladder ladder_of(enum rungs_policy policy, uint32_t steps, uint32_t first, uint32_t eta) {
    struct ladder l = {
        .steps = steps < 1 ? 1 : steps,
        .first = first,
        .eta = eta < 2 ? ETA_DEFAULT : eta,
        .even = policy == RUNGS_PBT,
    };
    if (l.eta > RUNGS_ETA_MOST)
        l.eta = RUNGS_ETA_MOST;
    if (l.first == 0)
        l.first = default_first(l.steps, policy);
    if (l.first > l.steps)
        l.first = l.steps;
    if (l.even && count_from(&l) > RUNGS_MOST)
        l.first = default_first(l.steps, policy);
    while (count_from(&l) > RUNGS_MOST)
        l.first *= l.eta;
    l.count = l.steps > 1 && policy != RUNGS_NONE ? count_from(&l) : 1;
    return l;
}

struct ladder ladder_of_job(const struct job_rungs *rungs) {
    return ladder_of(rungs->policy, rungs->steps, rungs->first, rungs->eta);
}

bool ladder_breeds(const struct ladder *l) {
    return l->even && l->count > 2;
}

uint32_t ladder_breeding_first(uint32_t steps) {
    return steps < 3 ? 0 : (steps - 1) / 2;
}

bool job_has_rungs(const struct job *job) {
    return ladder_of_job(&job->rungs).count > 1;
}

bool job_copies(const struct job *job) {
    return job->rungs.policy == RUNGS_PBT && job_has_rungs(job);
}

uint32_t ladder_step(const struct ladder *l, uint32_t rung) {
    uint32_t step = l->first;
    if (rung + 1 >= l->count)
        return l->steps;
    if (l->even)
        return step * (rung + 1);
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
