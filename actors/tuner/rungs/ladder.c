#include "actors/tuner/rungs/rungs.h"

#include "actors/tuner/num/portable.h"

/* A population may be two: nobody is added to it until one of them ends. */
enum { OTHERS_DEFAULT = 3, OTHERS_OF_POPULATION = 1 };
#define PASS_DEFAULT 0.05
#define SIGMAS_DEFAULT 3.0

static struct ladder ladder_of_setup(const struct rungs_setup *s) {
    return ladder_of(s->policy, s->steps, s->first, s->eta);
}

void rungs_settle(struct rungs_setup *setup) {
    if (setup->policy == RUNGS_PBT && !setup->copies)
        setup->policy = RUNGS_ASHA;
    struct ladder ladder = ladder_of_setup(setup);
    setup->steps = ladder.steps;
    setup->first = ladder.first;
    setup->eta = ladder.eta;
    if (setup->others == 0)
        setup->others = setup->policy == RUNGS_PBT ? OTHERS_OF_POPULATION : OTHERS_DEFAULT;
    if (setup->pass == 0)
        setup->pass = PASS_DEFAULT;
    if (setup->sigmas == 0)
        setup->sigmas = SIGMAS_DEFAULT;
    if (setup->workers == 0)
        setup->workers = 1;
}

uint32_t rungs_count(const struct rungs_setup *setup) {
    return ladder_of_setup(setup).count;
}

uint32_t rungs_step(const struct rungs_setup *setup, uint32_t rung) {
    const struct ladder ladder = ladder_of_setup(setup);
    return ladder_step(&ladder, rung);
}

double rungs_stage(const struct rungs_setup *setup, uint32_t rung) {
    const struct ladder ladder = ladder_of_setup(setup);
    double first = ladder_step(&ladder, 0);
    if (ladder.count < 2)
        return 1;
    return portable_log(ladder_step(&ladder, rung) / first) / portable_log(ladder.steps / first);
}
