#include "actors/leader/epoch.h"

#include "proto/base/mp.h"

#include <string.h>

int epoch_compare(const struct epoch *a, const struct epoch *b) {
    if (a->term != b->term)
        return a->term < b->term ? -1 : 1;
    int order = memcmp(b->leader.bytes, a->leader.bytes, sizeof a->leader.bytes);
    if (order != 0)
        return order;
    return (a->generation > b->generation) - (a->generation < b->generation);
}

void epoch_encode(const struct epoch *e, struct buf *out) {
    mp_put_u64(out, e->term);
    mp_put_bin(out, span_of(e->leader.bytes, sizeof e->leader.bytes));
    mp_put_u64(out, e->generation);
}

bool epoch_decode(struct epoch *e, struct span bytes) {
    struct mp in = mp_of(bytes);
    uint64_t term = mp_u64(&in);
    struct span leader = mp_bin(&in);
    uint64_t generation = mp_u64(&in);
    *e = (struct epoch){0};
    if (!mp_done(&in) || leader.len != sizeof e->leader.bytes)
        return false;
    e->term = term;
    e->generation = generation;
    memcpy(e->leader.bytes, leader.data, leader.len);
    return true;
}
