#include "actors/tuner/runs.h"

#include "proto/base/check.h"

#include <assert.h>

static_assert(REPEAT_MAX <= 64, "a bit each");

size_t runs_bytes(uint32_t repeat, uint32_t objectives, uint32_t capacity) {
    enum { SLACK = 5 * 64 /* what the arena aligns */ };
    const size_t each = sizeof(uint64_t) + sizeof(uint8_t) + (objectives + 2) * sizeof(double);
    return repeat > 1 ? SLACK + capacity * each : 0;
}

bool runs_init(struct runs *r, uint32_t repeat, uint32_t objectives, uint32_t capacity,
               struct arena *arena) {
    *r = (struct runs){.repeat = repeat > 1 ? repeat : 1, .objectives = objectives};
    if (r->repeat == 1)
        return true;
    r->open = arena_take_unset(arena, capacity * sizeof *r->open);
    r->done = arena_take_unset(arena, capacity * sizeof *r->done);
    r->sums = arena_take_unset(arena, (size_t)objectives * capacity * sizeof *r->sums);
    r->seconds = arena_take_unset(arena, capacity * sizeof *r->seconds);
    r->breaches = arena_take_unset(arena, capacity * sizeof *r->breaches);
    return !arena->full;
}

void runs_begin(struct runs *r, uint32_t place) {
    if (r->repeat == 1)
        return;
    r->open[place] = 0;
    r->done[place] = 0;
    r->seconds[place] = r->breaches[place] = 0;
    for (uint32_t i = 0; i < r->objectives; i++)
        r->sums[(size_t)place * r->objectives + i] = 0;
}

void runs_start(struct runs *r, uint32_t place, uint32_t run) {
    ensure(run < r->repeat);
    if (r->repeat > 1)
        r->open[place] |= (uint64_t)1 << run;
}

bool runs_is_open(const struct runs *r, uint32_t place, uint32_t run) {
    return r->repeat > 1 && run < r->repeat && (r->open[place] >> run & 1) != 0;
}

void runs_close(struct runs *r, uint32_t place, uint32_t run) {
    if (r->repeat > 1)
        r->open[place] &= ~((uint64_t)1 << run);
}

bool runs_add(struct runs *r, uint32_t place, double *values, double *seconds, double *breach) {
    if (r->repeat == 1)
        return true;
    double *sums = &r->sums[(size_t)place * r->objectives];
    *seconds = (r->seconds[place] += *seconds) / r->repeat;
    *breach = (r->breaches[place] += *breach) / r->repeat;
    for (uint32_t i = 0; i < r->objectives; i++)
        values[i] = (sums[i] += values[i]) / r->repeat;
    return ++r->done[place] == r->repeat;
}
