#include "actors/tuner/rungs/state.h"

#include <math.h>

static void enter(const struct rungs *r, uint32_t *sorted, uint32_t count, uint32_t trial,
                  uint32_t rung) {
    uint32_t at = count;
    for (; at > 0 && rungs_order_at(r, rung, sorted[at - 1], trial) > 0; at--)
        sorted[at] = sorted[at - 1];
    sorted[at] = trial;
}

/* Values of the rung below that differ by less are in no order. */
static double softness(const struct rungs *r) {
    const struct noise_level typical = noise_typical(&r->pool);
    bool known = r->setup.sigmas > 0 && !isnan(typical.variance);
    return known ? noise_deviations(r->setup.sigmas, typical.freedom) * sqrt(2 * typical.variance)
                 : 0;
}

static bool is_unstable(const struct rungs *r) {
    uint32_t below[PASHA_LEADERS];
    double soft = softness(r);
    for (uint32_t i = 0; i < r->leaders_count; i++)
        enter(r, below, i, r->leaders[i], r->ceiling - 1);
    for (uint32_t i = 0; i < r->leaders_count; i++) {
        double here = rungs_value(r, r->leaders[i], r->ceiling - 1);
        if (rungs_breach(r, r->leaders[i], r->ceiling - 1) !=
            rungs_breach(r, below[i], r->ceiling - 1))
            return true;
        if (fabs(here - rungs_value(r, below[i], r->ceiling - 1)) > soft)
            return true;
    }
    return false;
}

/* It stands at the ceiling, and at the rung below it stood, too. */
static void lead(struct rungs *r, uint32_t trial) {
    uint32_t worst = r->leaders_count - 1;
    if (isnan(rungs_value(r, trial, r->ceiling - 1)))
        return;
    if (r->leaders_count < PASHA_LEADERS)
        enter(r, r->leaders, r->leaders_count++, trial, r->ceiling);
    else if (rungs_order_at(r, r->ceiling, trial, r->leaders[worst]) < 0)
        enter(r, r->leaders, worst, trial, r->ceiling);
}

/* Some went further than the ceiling was: they were let through, or the search was at its end once and got more trials. */
static void gather(struct rungs *r) {
    r->leaders_count = 0;
    for (uint32_t trial = 0; trial < r->trials->count; trial++) {
        bool stood = r->trials->reached[trial] > r->ceiling;
        if (stood && !isnan(rungs_value(r, trial, r->ceiling)))
            lead(r, trial);
    }
}

void pasha_arrive(struct rungs *r, uint32_t trial) {
    lead(r, trial);
    while (r->ceiling < r->count - 1 && is_unstable(r)) {
        r->ceiling++;
        gather(r);
    }
}
