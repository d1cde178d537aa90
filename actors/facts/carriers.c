#include "actors/facts/carriers.h"

const struct mark *carriers_find(const struct carriers *c, const struct job_id *job, bool cancels) {
    const uint64_t known = carriers_knows_all(c) ? c->count : CARRIERS_KNOWN;
    for (uint64_t i = 0; i < known; i++) {
        if (c->items[i].cancels == cancels && job_id_equal(&c->items[i].job, job))
            return &c->items[i].place;
    }
    return NULL;
}

void carriers_note(struct carriers *c, const struct job_id *job, bool cancels, struct mark place) {
    if (carriers_find(c, job, cancels) == NULL)
        c->items[c->count++ % CARRIERS_KNOWN] =
            (struct carrier){.job = *job, .cancels = cancels, .place = place};
}

bool carriers_knows_all(const struct carriers *c) {
    return c->count <= CARRIERS_KNOWN;
}
