#include "actors/executor/suspects.h"

static struct suspect *find(struct suspects *s, const struct job_id *job, uint64_t slot) {
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        struct suspect *item = &s->items[i];
        if (item->deaths > 0 && item->slot == slot && job_id_equal(&item->job, job))
            return item;
    }
    return NULL;
}

/* A free place (never seen), or that of the slot that was seen longest ago. */
static struct suspect *make_room(struct suspects *s) {
    struct suspect *oldest = &s->items[0];
    for (uint32_t i = 1; i < LIMIT_SLOTS_NODE; i++) {
        if (s->items[i].seen < oldest->seen)
            oldest = &s->items[i];
    }
    return oldest;
}

uint32_t suspects_add(struct suspects *s, const struct job_id *job, uint64_t slot, bool alone,
                      when_ms now) {
    struct suspect *item = find(s, job, slot);
    if (item == NULL) {
        item = make_room(s);
        *item = (struct suspect){.job = *job, .slot = slot};
    }
    item->seen = ++s->seen;
    item->at = now;
    item->deaths++;
    item->alone += alone;
    return item->alone;
}

void suspects_forget(struct suspects *s, const struct job_id *job, uint64_t slot) {
    struct suspect *item = find(s, job, slot);
    if (item != NULL)
        *item = (struct suspect){.deaths = 0};
}

void suspects_forget_job(struct suspects *s, const struct job_id *job) {
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        if (s->items[i].deaths > 0 && job_id_equal(&s->items[i].job, job))
            s->items[i] = (struct suspect){.deaths = 0};
    }
}

when_ms suspects_apart_until(const struct suspects *s, when_ms now) {
    when_ms until = INT64_MIN;
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        const struct suspect *item = &s->items[i];
        when_ms end = item->at + SUSPECTS_MEMORY_MS;
        if (item->deaths >= SUSPECTS_TOGETHER && end > now && end > until)
            until = end;
    }
    return until;
}
