#include "actors/executor/early.h"

#include <string.h>

/* The configuration and the curve of a copy lie in the copy. */
static void copy(struct early_lease *to, const struct msg_lease *lease, when_ms until) {
    to->lease = *lease;
    to->until = until;
    if (lease->config.len > 0)
        memcpy(to->config, lease->config.data, lease->config.len);
    if (lease->curve.len > 0)
        memcpy(to->curve, lease->curve.data, lease->curve.len);
    to->lease.config = span_of(to->config, lease->config.len);
    to->lease.curve = span_of(to->curve, lease->curve.len);
}

bool early_add(struct early *e, const struct msg_lease *lease, when_ms now) {
    if (e->count == EARLY_MOST || lease->config.len > EARLY_CONFIG_BYTES ||
        lease->curve.len > CURVE_BYTES)
        return false;
    copy(&e->items[e->count++], lease, now + EARLY_MS);
    return true;
}

bool early_take(struct early *e, const struct job_id *job, when_ms now, struct early_lease *taken) {
    for (uint32_t i = 0; i < e->count; i++) {
        const struct early_lease *waits = &e->items[i];
        if (job == NULL ? waits->until > now : !job_id_equal(&waits->lease.job, job))
            continue;
        copy(taken, &waits->lease, waits->until);
        e->count--;
        for (; i < e->count; i++)
            copy(&e->items[i], &e->items[i + 1].lease, e->items[i + 1].until);
        return true;
    }
    return false;
}

when_ms early_deadline(const struct early *e) {
    return e->count == 0 ? WHEN_NEVER : e->items[0].until;
}
