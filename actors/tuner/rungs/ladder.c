#include "actors/tuner/rungs/rungs.h"

enum { ETA_DEFAULT = 3, ETA_MOST = 16, OTHERS_DEFAULT = 3 };
enum { FIRST_DIVISOR = 27, FIRST_DIVISOR_AUTO = 9 };
#define PASS_DEFAULT 0.05
#define SIGMAS_DEFAULT 2.0

bool rungs_policy_named(struct span name, enum rungs_policy *policy) {
    for (uint32_t i = 0; i < RUNGS_POLICIES; i++) {
        if (span_is(name, job_policy_name((enum rungs_policy)i))) {
            *policy = (enum rungs_policy)i;
            return true;
        }
    }
    return false;
}

/* A rung that leaves less than half of the way to go would say little before the end does. */
static bool is_rung(const struct rungs_setup *setup, uint64_t step) {
    return 2 * step <= setup->steps;
}

static uint32_t count_from(const struct rungs_setup *setup) {
    uint32_t count = 1;
    for (uint64_t step = setup->first; is_rung(setup, step); step *= setup->eta)
        count++;
    return count;
}

void rungs_settle(struct rungs_setup *setup) {
    if (setup->steps < 1)
        setup->steps = 1;
    if (setup->eta < 2)
        setup->eta = ETA_DEFAULT;
    if (setup->eta > ETA_MOST)
        setup->eta = ETA_MOST;
    uint32_t divisor = setup->policy == RUNGS_AUTO ? FIRST_DIVISOR_AUTO : FIRST_DIVISOR;
    if (setup->first == 0)
        setup->first = setup->steps / divisor + (setup->steps % divisor > 0);
    if (setup->first > setup->steps)
        setup->first = setup->steps;
    while (count_from(setup) > RUNGS_MOST)
        setup->first *= setup->eta;
    if (setup->others == 0)
        setup->others = OTHERS_DEFAULT;
    if (setup->pass == 0)
        setup->pass = PASS_DEFAULT;
    if (setup->sigmas == 0)
        setup->sigmas = SIGMAS_DEFAULT;
    if (setup->workers == 0)
        setup->workers = 1;
    if (setup->policy == RUNGS_PBT && !setup->copies)
        setup->policy = RUNGS_ASHA;
}

uint32_t rungs_count(const struct rungs_setup *setup) {
    return setup->steps > 1 && setup->policy != RUNGS_NONE ? count_from(setup) : 1;
}

uint32_t rungs_step(const struct rungs_setup *setup, uint32_t rung) {
    uint32_t step = setup->first;
    if (rung + 1 >= rungs_count(setup))
        return setup->steps;
    while (rung-- > 0)
        step *= setup->eta;
    return step;
}
