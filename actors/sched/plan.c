#include "actors/sched/plan.h"

#include "proto/base/check.h"
#include "proto/base/mp.h"

bool plan_open(struct plan *p, const struct job_id *job, uint64_t trials, uint32_t parallel,
               struct span finished, struct span begun) {
    p->used = false;
    p->job = *job;
    p->trials = trials;
    p->parallel = parallel;
    p->running = p->again_first = p->again_count = 0;
    p->taken = ranges_of(p->ranges_memory, LIMIT_RANGES);
    if (finished.len > 0 && !ranges_decode(&p->taken, finished))
        return false;
    struct mp in = mp_of(begun);
    while (mp_peek(&in) != MP_END && in.bad == NULL) {
        uint64_t slot = mp_u64(&in);
        uint32_t attempts = (uint32_t)mp_u64(&in);
        if (in.bad != NULL || slot >= trials || p->again_count == PLAN_AGAIN_MAX ||
            ranges_has(&p->taken, slot) || !ranges_add(&p->taken, slot))
            return false;
        plan_again(p, slot, attempts);
    }
    p->used = in.bad == NULL;
    return p->used;
}

bool plan_has_next(const struct plan *p) {
    return p->again_count > 0 ||
           (ranges_next_gap(&p->taken, 0) < p->trials && p->taken.count < p->taken.cap);
}

bool plan_next(struct plan *p, struct plan_slot *next) {
    if (p->again_count > 0) {
        *next = p->again[p->again_first];
        p->again_first = (p->again_first + 1) % PLAN_AGAIN_MAX;
        p->again_count--;
        return true;
    }
    uint64_t slot = ranges_next_gap(&p->taken, 0);
    if (slot >= p->trials || !ranges_add(&p->taken, slot))
        return false;
    *next = (struct plan_slot){.slot = slot};
    return true;
}

void plan_again(struct plan *p, uint64_t slot, uint32_t attempts) {
    ensure(p->again_count < PLAN_AGAIN_MAX); /* fewer slots than that are ever in flight */
    uint32_t at = (p->again_first + p->again_count++) % PLAN_AGAIN_MAX;
    p->again[at] = (struct plan_slot){.slot = slot, .attempts = attempts};
}
