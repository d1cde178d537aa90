#include "actors/tuner/several/lead.h"

size_t lead_bytes(uint32_t objectives) {
    return objectives > 1 ? front_bytes(objectives, LEAD_MOST) : 0;
}

bool lead_init(struct lead *l, uint32_t objectives, struct arena *arena) {
    return objectives < 2 || front_init(&l->front, objectives, LEAD_MOST, arena);
}

struct lead_mark lead_mark(const struct trials *t) {
    if (t->best_count == 0)
        return (struct lead_mark){.any = false};
    const uint32_t best = t->best[0];
    return (struct lead_mark){.any = true,
                              .untold = t->untold[best],
                              .breach = t->breaches[best],
                              .value = t->values[(size_t)best * t->objectives]};
}

static bool is_better(const struct lead_mark *now, const struct lead_mark *before) {
    if (!now->any || !before->any)
        return now->any;
    if (now->untold || before->untold)
        return !now->untold;
    return now->breach != before->breach ? now->breach < before->breach
                                         : now->value < before->value;
}

bool lead_taken(struct lead *l, const struct trials *t, uint32_t place,
                const struct lead_mark *before) {
    const struct lead_mark now = lead_mark(t);
    if (t->objectives > 1 && !(t->breaches[place] > 0))
        return front_enter(&l->front, t->values + (size_t)place * t->objectives, place);
    return is_better(&now, before);
}
