#include "actors/tuner/trials/again.h"

#include "proto/base/check.h"

#include <math.h>

size_t again_bytes(const struct space *s, uint32_t capacity) {
    enum { SLACK = 4 * 64 /* what the arena aligns */ };
    return SLACK + capacity * (2 * sizeof(uint32_t) + sizeof(double) + s->dims * sizeof(double));
}

bool again_init(struct trials *t, struct arena *arena) {
    ensure(t->count == 0 && t->objectives == 1);
    const size_t capacity = t->capacity;
    t->again.head = arena_take_unset(arena, capacity * sizeof *t->again.head);
    t->again.next = arena_take_unset(arena, capacity * sizeof *t->again.next);
    t->again.own = arena_take_unset(arena, capacity * sizeof *t->again.own);
    t->again.numbers = arena_take_unset(arena, capacity * t->space->dims * sizeof(double));
    return !arena->full;
}

void again_add(struct trials *t, uint32_t place, uint32_t head, const struct value *values) {
    const uint32_t dims = t->space->dims;
    t->again.head[place] = head;
    t->again.next[place] = 0;
    t->again.own[place] = NAN;
    for (uint32_t i = 0; i < dims; i++)
        t->again.numbers[(size_t)place * dims + i] =
            value_is_number(&values[i]) ? value_number(&values[i]) : 0;
    if (head == place)
        return;
    uint32_t last = head;
    while (t->again.next[last] != 0)
        last = t->again.next[last];
    t->again.next[last] = place;
}

static double error_of(const struct trials *t, const struct again_sum *sum, uint32_t head) {
    double squares = 0;
    uint32_t run = head;
    do {
        const double off = t->again.own[run] - sum->mean;
        squares += isnan(off) ? 0 : off * off;
        run = t->again.next[run];
    } while (run != 0);
    return sum->runs > 1 ? sqrt(squares / (sum->runs - 1) / sum->runs) : 0;
}

struct again_sum again_sum(const struct trials *t, uint32_t place) {
    struct again_sum sum = {.runs = 0};
    double whole = 0;
    uint32_t run = t->again.head[place];
    do {
        sum.failed = sum.failed || t->states[run] == ENDED_BADLY;
        sum.open = sum.open || t->states[run] <= AT_REST;
        if (!isnan(t->again.own[run])) {
            sum.first = sum.runs == 0 ? run : sum.first;
            sum.runs++;
            whole += t->again.own[run];
        }
        run = t->again.next[run];
    } while (run != 0);
    sum.mean = whole / sum.runs;
    sum.error = error_of(t, &sum, t->again.head[place]);
    return sum;
}

/* A choice has its cell; of numbers a point keeps fewer bits than they have. */
void again_values(const struct trials *t, uint32_t place, struct value *values) {
    const struct space *s = t->space;
    const float *point = trials_point(t, place);
    for (uint32_t i = 0; i < s->dims; i++) {
        const double number = t->again.numbers[(size_t)place * s->dims + i];
        values[i] = (struct value){.kind = VALUE_NONE};
        if (point[i] < 0)
            continue;
        space_value(&s->job->params[i], (double)point[i], &values[i]);
        if (s->job->params[i].kind == PARAM_CHOICE)
            continue;
        if (values[i].kind == VALUE_INT)
            values[i].integer = (int64_t)number;
        else
            values[i].real = number;
    }
}

enum again_noise again_noise(const struct trials *t) {
    enum again_noise noise = AGAIN_UNTRIED;
    for (uint32_t place = 0; place < t->count; place++) {
        const uint32_t head = t->again.head[place];
        const double first = t->again.own[head], own = t->again.own[place];
        if (head == place)
            continue;
        if (t->states[place] <= AT_REST && noise == AGAIN_UNTRIED)
            noise = AGAIN_AWAITED;
        if (isnan(first) || isnan(own))
            continue;
        if (own != first)
            return AGAIN_SOME;
        noise = AGAIN_NONE;
    }
    return noise;
}
