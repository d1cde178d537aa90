#include "actors/sched/plan.h"

#include "proto/base/check.h"
#include "proto/base/mp.h"

enum {
    UNABLE_MS = 1000, /* a folder may only be mounted late */
    UNABLE_MOST_MS = 300000,
    LEARN_MOST_MS = 1000 /* a place rests for its own result, but no longer than a trial takes */
};

bool plan_open(struct plan *p, const struct job_id *job, uint64_t trials, uint32_t parallel,
               struct span finished, struct span begun) {
    p->used = false;
    p->job = *job;
    p->trials = trials;
    p->parallel = parallel;
    p->running = p->away = p->inherited = p->again_count = p->homing = 0;
    p->trial_ms = p->unable_pause = 0;
    p->order = 0;
    p->rests_until = p->learns_until = INT64_MIN;
    p->learns = p->rungs = p->concludes = p->copies = p->hopeless = p->ends = false;
    p->asking = p->idle = p->alone = false;
    p->unlearned = p->shelved = 0;
    p->unable_until = WHEN_NEVER;
    p->unable = (struct worker_set){0};
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

/* ---- the heap ---- */

static bool goes_before(const struct plan_again *a, const struct plan_again *b) {
    if (a->slot.not_before != b->slot.not_before)
        return a->slot.not_before < b->slot.not_before;
    return a->order < b->order;
}

/* From `at` on the way up is a gap: the entry goes where it belongs. */
static void sift_up(struct plan *p, uint32_t at, struct plan_again entry) {
    for (; at > 0 && goes_before(&entry, &p->again[(at - 1) / 2]); at = (at - 1) / 2)
        p->again[at] = p->again[(at - 1) / 2];
    p->again[at] = entry;
}

static void sift_down(struct plan *p, uint32_t at, struct plan_again entry) {
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < p->again_count && goes_before(&p->again[child + 1], &p->again[child]))
            child++;
        if (child >= p->again_count || goes_before(&entry, &p->again[child]))
            break;
        p->again[at] = p->again[child];
        at = child;
    }
    p->again[at] = entry;
}

static struct plan_slot take_again(struct plan *p, uint32_t at) {
    struct plan_slot taken = p->again[at].slot;
    p->homing -= taken.home != 0;
    p->shelved -= taken.not_before == WHEN_NEVER;
    struct plan_again last = p->again[--p->again_count];
    if (at == p->again_count)
        return taken;
    if (at > 0 && goes_before(&last, &p->again[(at - 1) / 2]))
        sift_up(p, at, last);
    else
        sift_down(p, at, last);
    return taken;
}

static bool has_rested(const struct plan *p, when_ms now) {
    return p->again_count > 0 && p->again[0].slot.not_before <= now;
}

/* ---- giving out ---- */

static bool has_new(const struct plan *p) {
    return !p->hopeless && ranges_next_gap(&p->taken, 0) < p->trials &&
           p->taken.count < p->taken.cap;
}

static bool may_resume(const struct plan *p) {
    return (p->rungs || p->concludes) && !p->asking && !p->idle &&
           ranges_next_gap(&p->taken, 0) >= p->trials;
}

bool plan_has_next(const struct plan *p, when_ms now, bool may_begin) {
    return has_rested(p, now) || (may_begin && (has_new(p) || may_resume(p)));
}

bool plan_is_empty(const struct plan *p) {
    return p->again_count == p->shelved && p->away == 0 &&
           (p->hopeless || ranges_next_gap(&p->taken, 0) >= p->trials);
}

bool plan_next(struct plan *p, when_ms now, struct plan_slot *next) {
    if (has_rested(p, now)) {
        *next = take_again(p, 0);
        return true;
    }
    if (may_resume(p)) {
        p->alone = p->again_count == 0 && p->away == 0;
        p->idle = true;
        *next = (struct plan_slot){.slot = p->trials};
        return true;
    }
    uint64_t slot = ranges_next_gap(&p->taken, 0);
    if (!has_new(p) || !ranges_add(&p->taken, slot))
        return false;
    *next = (struct plan_slot){.slot = slot};
    return true;
}

static bool may_go_home(const struct plan *p, const struct plan_slot *slot, const struct workers *w,
                        when_ms now) {
    return slot->home != 0 && slot->at_home <= now && w->entries[slot->home - 1].free > 0 &&
           !worker_set_has(&p->unable, slot->home - 1);
}

bool plan_next_at_home(struct plan *p, const struct workers *w, when_ms now,
                       struct plan_slot *next) {
    uint32_t first = p->again_count;
    for (uint32_t i = 0; i < p->again_count && p->homing > 0; i++) {
        bool sooner = first == p->again_count || p->again[i].order < p->again[first].order;
        if (sooner && may_go_home(p, &p->again[i].slot, w, now))
            first = i;
    }
    if (first == p->again_count)
        return false;
    *next = take_again(p, first);
    return true;
}

void plan_homeless(struct plan *p, uint32_t place) {
    for (uint32_t i = 0; i < p->again_count && p->homing > 0; i++) {
        if (p->again[i].slot.home != place + 1)
            continue;
        struct plan_slot slot = take_again(p, i);
        slot.home = 0;
        slot.not_before = slot.at_home;
        plan_again_as(p, &slot);
        i = UINT32_MAX; /* the heap has another order now */
    }
}

/* again_count: it does not wait. */
static uint32_t find_again(const struct plan *p, uint64_t slot) {
    uint32_t at = 0;
    while (at < p->again_count && p->again[at].slot.slot != slot)
        at++;
    return at;
}

bool plan_take(struct plan *p, uint64_t slot, uint32_t attempts) {
    if (slot >= p->trials)
        return false;
    if (!ranges_has(&p->taken, slot))
        return ranges_add(&p->taken, slot);
    const uint32_t at = find_again(p, slot);
    if (at == p->again_count || p->again[at].slot.attempts > attempts)
        return false;
    (void)take_again(p, at);
    return true;
}

bool plan_take_over(struct plan *p, struct plan_slot *slot) {
    bool finished = p->rungs && slot->slot < p->trials && ranges_has(&p->taken, slot->slot) &&
                    find_again(p, slot->slot) == p->again_count;
    if (finished)
        slot->rested = slot->attempts > 0 ? slot->attempts : 1;
    return finished || plan_take(p, slot->slot, slot->attempts);
}

bool plan_take_waiting(struct plan *p, uint64_t slot, uint32_t *attempts) {
    const uint32_t at = find_again(p, slot);
    if (at == p->again_count)
        return false;
    *attempts = take_again(p, at).attempts;
    return true;
}

void plan_finish(struct plan *p, uint64_t slot, uint64_t attempts) {
    const uint32_t at = find_again(p, slot);
    if (at == p->again_count || p->again[at].slot.rested < attempts)
        (void)plan_take(p, slot, UINT32_MAX);
}

bool plan_has_room(const struct plan *p) {
    return p->again_count + p->away < PLAN_AGAIN_MAX;
}

void plan_took(struct plan *p, dur_ms took) {
    if (p->trial_ms == 0)
        p->trial_ms = took;
    else
        p->trial_ms += (took - p->trial_ms) / 8;
    if (p->trial_ms < 1)
        p->trial_ms = 1;
}

void plan_ended(struct plan *p, when_ms now) {
    bool known = p->trial_ms > 0 && p->trial_ms < LEARN_MOST_MS;
    p->learns_until = now + (known ? p->trial_ms : LEARN_MOST_MS);
}

uint32_t plan_waiting(const struct plan *p, when_ms now) {
    return p->learns && now < p->learns_until ? p->unlearned : 0;
}

uint32_t plan_longing(const struct plan *p, when_ms now) {
    uint32_t count = 0;
    for (uint32_t i = 0; p->copies && p->homing > 0 && i < p->again_count; i++)
        count += p->again[i].slot.home != 0 && p->again[i].slot.at_home <= now;
    return count;
}

void plan_again_as(struct plan *p, const struct plan_slot *slot) {
    ensure(p->again_count < PLAN_AGAIN_MAX); /* who takes a slot has seen that there is room */
    p->homing += slot->home != 0;
    p->shelved += slot->not_before == WHEN_NEVER;
    sift_up(p, p->again_count++, (struct plan_again){.slot = *slot, .order = ++p->order});
}

void plan_again(struct plan *p, uint64_t slot, uint32_t attempts, when_ms not_before) {
    plan_again_as(
        p, &(struct plan_slot){.slot = slot, .attempts = attempts, .not_before = not_before});
}

/* ---- hope ---- */

void plan_shelve(struct plan *p, const struct plan_slot *slot) {
    struct plan_slot shelved = *slot;
    shelved.home = 0;
    shelved.not_before = WHEN_NEVER;
    plan_again_as(p, &shelved);
    p->hopeless = true;
}

void plan_extend(struct plan *p, uint64_t trials) {
    p->trials = trials;
    p->hopeless = p->ends = p->asking = false;
    for (uint32_t i = 0; i < p->again_count && p->shelved > 0; i++) {
        if (p->again[i].slot.not_before != WHEN_NEVER)
            continue;
        struct plan_slot slot = take_again(p, i);
        slot.not_before = INT64_MIN;
        plan_again_as(p, &slot);
        i = UINT32_MAX; /* the heap has another order now */
    }
}

/* ---- who cannot start it ---- */

void plan_unable(struct plan *p, uint32_t place, when_ms now) {
    worker_set_add(&p->unable, place);
    if (p->unable_until != WHEN_NEVER)
        return; /* all of them are asked again at once */
    p->unable_pause = p->unable_pause == 0                   ? UNABLE_MS
                      : p->unable_pause < UNABLE_MOST_MS / 2 ? 2 * p->unable_pause
                                                             : UNABLE_MOST_MS;
    p->unable_until = now + p->unable_pause;
}

void plan_able(struct plan *p, uint32_t place) {
    worker_set_remove(&p->unable, place);
}

void plan_wake(struct plan *p, when_ms now) {
    if (p->unable_until > now)
        return;
    p->unable = (struct worker_set){0};
    p->unable_until = WHEN_NEVER;
}

when_ms plan_wakes(const struct plan *p, when_ms now) {
    when_ms soonest = p->unable_until;
    if (p->rests_until > now)
        soonest = when_sooner(soonest, p->rests_until);
    if (plan_waiting(p, now) > 0)
        soonest = when_sooner(soonest, p->learns_until);
    if (p->again_count > 0 && p->again[0].slot.not_before > now)
        soonest = when_sooner(soonest, p->again[0].slot.not_before);
    for (uint32_t i = 0; i < p->again_count && p->homing > 0; i++) {
        const struct plan_slot *slot = &p->again[i].slot;
        if (slot->home != 0 && slot->at_home > now)
            soonest = when_sooner(soonest, slot->at_home);
    }
    return soonest;
}
