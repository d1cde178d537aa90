#include "proto/job/frontier.h"

#include "proto/base/mp.h"

#include <string.h>

struct frontier frontier_of(const struct job *job) {
    return (struct frontier){.objectives = job->objectives_count};
}

const struct frontier_point *frontier_find(const struct frontier *f, uint64_t slot) {
    for (uint32_t i = 0; i < f->count; i++) {
        if (f->points[i].slot == slot)
            return &f->points[i];
    }
    return NULL;
}

static void take_out(struct frontier *f, uint32_t at) {
    f->count--;
    memmove(&f->points[at], &f->points[at + 1], (f->count - at) * sizeof f->points[0]);
}

void frontier_leave(struct frontier *f, uint64_t slot) {
    const struct frontier_point *point = frontier_find(f, slot);
    if (point != NULL)
        take_out(f, (uint32_t)(point - f->points));
}

/* A point that is no worse: it dominates, or is equal and of a lower slot. */
static bool stands_before(const struct frontier_point *point, const struct job *job, uint64_t slot,
                          const double *values) {
    bool equal = true;
    for (uint32_t i = 0; i < job->objectives_count; i++)
        equal = equal && point->values[i] == values[i];
    return equal ? point->slot <= slot : measure_dominates(job, point->values, values);
}

bool frontier_enter(struct frontier *f, const struct job *job, uint64_t slot,
                    const double *values) {
    struct frontier_point point = {.slot = slot};
    uint32_t at = 0;
    bool equal = false;
    if (f->objectives < 2)
        return false;
    memcpy(point.values, values, f->objectives * sizeof *values);
    for (uint32_t i = 0; i < f->count; i++) {
        if (stands_before(&f->points[i], job, slot, values))
            return false;
    }
    for (uint32_t i = f->count; i-- > 0;) {
        if (!stands_before(&point, job, f->points[i].slot, f->points[i].values))
            continue;
        equal = equal || !measure_dominates(job, values, f->points[i].values);
        take_out(f, i);
    }
    if (f->count == frontier_room(f->objectives)) {
        f->full = true;
        return true;
    }
    while (at < f->count && f->points[at].slot < slot)
        at++;
    memmove(&f->points[at + 1], &f->points[at], (f->count - at) * sizeof point);
    f->points[at] = point;
    f->count++;
    return !equal;
}

void frontier_encode(const struct frontier *f, struct buf *out) {
    uint8_t memory[FRONTIER_BYTES];
    struct buf points = buf_of(memory, sizeof memory);
    for (uint32_t i = 0; i < f->count; i++) {
        mp_put_u64(&points, f->points[i].slot);
        for (uint32_t k = 0; k < f->objectives; k++)
            mp_put_f64(&points, f->points[i].values[k]);
    }
    mp_put_array(out, 4);
    mp_put_u64(out, f->objectives);
    mp_put_u64(out, f->broken);
    mp_put_bool(out, f->full);
    mp_put_bin(out, buf_view(&points));
}

bool frontier_decode(struct frontier *f, struct span bytes) {
    struct mp in = mp_of(bytes);
    bool good = mp_array(&in) == 4;
    uint64_t objectives = mp_u64(&in);
    memset(f, 0, offsetof(struct frontier, points));
    f->broken = mp_u64(&in);
    f->full = mp_bool(&in);
    struct mp points = mp_of(mp_bin(&in));
    good = good && mp_done(&in) && objectives >= 1 && objectives <= OBJECTIVES_MOST;
    f->objectives = good ? (uint32_t)objectives : 0;
    while (good && mp_peek(&points) != MP_END) {
        struct frontier_point point = {.slot = mp_u64(&points)};
        for (uint32_t k = 0; k < f->objectives; k++) {
            point.values[k] = mp_f64(&points);
            good = good && point.values[k] - point.values[k] == 0;
        }
        good = good && points.bad == NULL && f->count < FRONTIER_MOST &&
               (f->count == 0 || f->points[f->count - 1].slot < point.slot);
        if (good)
            f->points[f->count++] = point;
    }
    if (!good)
        memset(f, 0, offsetof(struct frontier, points));
    return good;
}
