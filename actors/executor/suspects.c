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

uint32_t suspects_add(struct suspects *s, const struct job_id *job, uint64_t slot) {
    struct suspect *item = find(s, job, slot);
    if (item == NULL) {
        item = make_room(s);
        *item = (struct suspect){.job = *job, .slot = slot};
    }
    item->seen = ++s->seen;
    return ++item->deaths;
}

void suspects_forget(struct suspects *s, const struct job_id *job, uint64_t slot) {
    struct suspect *item = find(s, job, slot);
    if (item != NULL)
        *item = (struct suspect){.deaths = 0};
}
