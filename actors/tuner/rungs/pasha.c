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

void pasha_arrive(struct rungs *r, uint32_t trial) {
    uint32_t worst = r->leaders_count - 1;
    if (isnan(rungs_value(r, trial, r->ceiling - 1)))
        return;
    if (r->leaders_count < PASHA_LEADERS)
        enter(r, r->leaders, r->leaders_count++, trial, r->ceiling);
    else if (rungs_order_at(r, r->ceiling, trial, r->leaders[worst]) < 0)
        enter(r, r->leaders, worst, trial, r->ceiling);
    if (!is_unstable(r))
        return;
    r->ceiling++;
    r->leaders_count = 0;
}
