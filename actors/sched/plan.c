#include "actors/sched/plan.h"

#include "proto/base/check.h"
#include "proto/base/mp.h"

bool plan_open(struct plan *p, const struct job_id *job, uint64_t trials, uint32_t parallel,
               struct span finished, struct span begun) {
    p->used = false;
    p->job = *job;
    p->trials = trials;
    p->parallel = parallel;
    p->running = p->inherited = p->again_first = p->again_count = 0;
    p->trial_ms = 0;
    p->taken = ranges_of(p->ranges_memory, LIMIT_RANGES);
    if (finished.len > 0 && !ranges_decode(&p->taken, finished))
        return false;
    struct mp in = mp_of(begun);
    while (mp_peek(&in) != MP_END && in.bad == NULL) {
        uint64_t slot = mp_u64(&in);
        uint32_t attempts = (uint32_t)mp_u64(&in);
        if (in.bad != NULL || slot >= trials || p->again_count == PLAN_BEGUN_MAX ||
            ranges_has(&p->taken, slot) || !ranges_add(&p->taken, slot))
            return false;
        plan_again(p, slot, attempts, INT64_MIN);
    }
    p->used = in.bad == NULL;
    return p->used;
}

static struct plan_slot *again_at(struct plan *p, uint32_t position) {
    return &p->again[(p->again_first + position) % PLAN_AGAIN_MAX];
}

/* The first of those to run again whose rest is over, or -1. */
static int64_t rested(const struct plan *p, when_ms now) {
    for (uint32_t i = 0; i < p->again_count; i++) {
        if (p->again[(p->again_first + i) % PLAN_AGAIN_MAX].not_before <= now)
            return i;
    }
    return -1;
}

static bool has_new(const struct plan *p) {
    return ranges_next_gap(&p->taken, 0) < p->trials && p->taken.count < p->taken.cap;
}

bool plan_has_next(const struct plan *p, when_ms now, bool may_begin) {
    return rested(p, now) >= 0 || (may_begin && has_new(p));
}

/* The first takes its place. */
static struct plan_slot take_again(struct plan *p, uint32_t position) {
    struct plan_slot taken = *again_at(p, position);
    *again_at(p, position) = p->again[p->again_first];
    p->again_count--;
    p->again_first = p->again_count == 0 ? 0 : (p->again_first + 1) % PLAN_AGAIN_MAX;
    return taken;
}

bool plan_next(struct plan *p, when_ms now, struct plan_slot *next) {
    int64_t at = rested(p, now);
    if (at >= 0) {
        *next = take_again(p, (uint32_t)at);
        return true;
    }
    uint64_t slot = ranges_next_gap(&p->taken, 0);
    if (!has_new(p) || !ranges_add(&p->taken, slot))
        return false;
    *next = (struct plan_slot){.slot = slot};
    return true;
}

bool plan_take(struct plan *p, uint64_t slot) {
    if (slot >= p->trials)
        return false;
    if (!ranges_has(&p->taken, slot))
        return ranges_add(&p->taken, slot);
    for (uint32_t i = 0; i < p->again_count; i++) {
        if (again_at(p, i)->slot == slot) {
            (void)take_again(p, i);
            return true;
        }
    }
    return false;
}

void plan_took(struct plan *p, dur_ms took) {
    if (p->trial_ms == 0)
        p->trial_ms = took;
    else
        p->trial_ms += (took - p->trial_ms) / 8;
    if (p->trial_ms < 1)
        p->trial_ms = 1;
}

void plan_again(struct plan *p, uint64_t slot, uint32_t attempts, when_ms not_before) {
    ensure(p->again_count < PLAN_AGAIN_MAX); /* fewer slots than that are ever in flight */
    uint32_t at = (p->again_first + p->again_count++) % PLAN_AGAIN_MAX;
    p->again[at] = (struct plan_slot){.slot = slot, .attempts = attempts, .not_before = not_before};
}

when_ms plan_wakes(const struct plan *p, when_ms now) {
    when_ms soonest = WHEN_NEVER;
    for (uint32_t i = 0; i < p->again_count; i++) {
        when_ms at = p->again[(p->again_first + i) % PLAN_AGAIN_MAX].not_before;
        if (at > now)
            soonest = when_sooner(soonest, at);
    }
    return soonest;
}
