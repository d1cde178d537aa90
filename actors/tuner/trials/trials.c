#include "actors/tuner/trials/trials.h"

#include "actors/tuner/trials/again.h"
#include "proto/base/check.h"

#include <math.h>
#include <string.h>

/* At least twice the trials: chains stay short. */
static uint32_t table_size(uint32_t capacity) {
    uint32_t size = 4;
    while (size < capacity * 2)
        size *= 2;
    return size;
}

static size_t rounded_up(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

size_t trials_bytes(const struct space *s, uint32_t objectives, uint32_t rungs, uint32_t capacity) {
    size_t each[] = {
        s->dims * sizeof(float), sizeof(uint64_t), sizeof(uint8_t),  objectives * sizeof(double),
        rungs * sizeof(double),  sizeof(uint8_t),  sizeof(double),   sizeof(double),
        sizeof(uint8_t),         sizeof(uint32_t), sizeof(uint32_t),
    };
    size_t bytes = rounded_up(TRIALS_BEST * sizeof(uint32_t)) +
                   rounded_up(table_size(capacity) * sizeof(uint32_t));
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        bytes += rounded_up(each[i] * capacity);
    return bytes;
}

bool trials_init(struct trials *t, const struct space *s, uint32_t objectives, uint32_t rungs,
                 uint32_t capacity, struct arena *arena) {
    ensure(capacity >= 1 && capacity <= TRIALS_MOST);
    ensure(objectives >= 1 && objectives <= OBJECTIVES_MOST);
    ensure(rungs >= 1 && rungs <= RUNGS_MOST);
    *t =
        (struct trials){.space = s, .objectives = objectives, .rungs = rungs, .capacity = capacity};
    t->points = arena_take_unset(arena, (size_t)s->dims * capacity * sizeof *t->points);
    t->keys = arena_take_unset(arena, capacity * sizeof *t->keys);
    t->states = arena_take_unset(arena, capacity * sizeof *t->states);
    t->values = arena_take_unset(arena, (size_t)objectives * capacity * sizeof *t->values);
    t->curve = arena_take_unset(arena, (size_t)rungs * capacity * sizeof *t->curve);
    t->reached = arena_take_unset(arena, capacity * sizeof *t->reached);
    t->seconds = arena_take_unset(arena, capacity * sizeof *t->seconds);
    t->breaches = arena_take_unset(arena, capacity * sizeof *t->breaches);
    t->untold = arena_take_unset(arena, capacity * sizeof *t->untold);
    t->finished = arena_take_unset(arena, capacity * sizeof *t->finished);
    t->active = arena_take_unset(arena, capacity * sizeof *t->active);
    t->best = arena_take_unset(arena, TRIALS_BEST * sizeof *t->best);
    t->known.size = table_size(capacity);
    t->known.slots = arena_take(arena, t->known.size * sizeof *t->known.slots);
    return !arena->full;
}

/* Where the key is, or the free slot where it would go. */
static uint32_t *slot_of(const struct trials *t, uint64_t key) {
    uint32_t at = (uint32_t)key & (t->known.size - 1);
    while (t->known.slots[at] != 0 && t->keys[t->known.slots[at] - 1] != key)
        at = (at + 1) & (t->known.size - 1);
    return &t->known.slots[at];
}

bool trials_know(const struct trials *t, uint64_t key) {
    return *slot_of(t, key) != 0;
}

static void enter_active(struct trials *t, uint32_t place) {
    uint32_t at = t->active_count;
    while (at > 0 && t->active[at - 1] > place)
        at--;
    memmove(t->active + at + 1, t->active + at, (t->active_count - at) * sizeof *t->active);
    t->active[at] = place;
    t->active_count++;
}

static void leave_active(struct trials *t, uint32_t place) {
    uint32_t at = 0;
    while (t->active[at] != place) {
        at++;
        ensure(at < t->active_count);
    }
    t->active_count--;
    memmove(t->active + at, t->active + at + 1, (t->active_count - at) * sizeof *t->active);
}

uint32_t trials_add(struct trials *t, const struct value *values) {
    ensure(t->count < t->capacity);
    uint32_t place = t->count++;
    double point[LIMIT_PARAMS];
    space_point(t->space, values, point);
    for (uint32_t i = 0; i < t->space->dims; i++)
        t->points[(size_t)place * t->space->dims + i] = (float)point[i];
    for (uint32_t i = 0; i < t->objectives; i++)
        t->values[(size_t)place * t->objectives + i] = NAN;
    for (uint32_t i = 0; i < t->rungs; i++)
        t->curve[(size_t)place * t->rungs + i] = NAN;
    t->keys[place] = space_key(t->space, values);
    uint32_t *slot = slot_of(t, t->keys[place]);
    if (*slot == 0)
        *slot = place + 1;
    if (t->again.head != NULL)
        again_add(t, place, *slot - 1, values);
    t->reached[place] = 0;
    t->seconds[place] = 0;
    t->breaches[place] = 0;
    t->untold[place] = 0;
    t->states[place] = AT_WORK;
    enter_active(t, place);
    return place;
}

void trials_curve(struct trials *t, uint32_t place, uint32_t rung, double best) {
    ensure(place < t->count && rung < t->rungs);
    ensure(isfinite(best));
    if (rung < t->reached[place])
        return;
    t->curve[(size_t)place * t->rungs + rung] = best;
    t->reached[place] = (uint8_t)(rung + 1);
}

void trials_break(struct trials *t, uint32_t place, double breach) {
    ensure(place < t->count && t->states[place] <= AT_REST);
    t->breaches[place] = breach;
}

void trials_untold(struct trials *t, uint32_t place) {
    ensure(place < t->count && t->states[place] <= AT_REST);
    t->untold[place] = 1;
}

void trials_pause(struct trials *t, uint32_t place) {
    ensure(place < t->count && t->states[place] == AT_WORK);
    t->states[place] = AT_REST;
    leave_active(t, place);
}

void trials_resume(struct trials *t, uint32_t place) {
    ensure(place < t->count && t->states[place] == AT_REST);
    t->states[place] = AT_WORK;
    enter_active(t, place);
}

static bool comes_before(const struct trials *t, uint32_t a, uint32_t b) {
    double value_a = t->values[(size_t)a * t->objectives];
    double value_b = t->values[(size_t)b * t->objectives];
    if (t->untold[a] != t->untold[b])
        return t->untold[a] < t->untold[b];
    if (t->breaches[a] != t->breaches[b])
        return t->breaches[a] < t->breaches[b];
    return value_a < value_b || (value_a == value_b && a < b);
}

static void enter_best(struct trials *t, uint32_t place) {
    uint32_t low = 0;
    uint32_t high = t->best_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (comes_before(t, t->best[middle], place))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == TRIALS_BEST)
        return;
    uint32_t behind = t->best_count - low - (t->best_count == TRIALS_BEST);
    memmove(t->best + low + 1, t->best + low, behind * sizeof *t->best);
    t->best[low] = place;
    t->best_count += t->best_count < TRIALS_BEST;
}

static void leave_best(struct trials *t, uint32_t place) {
    uint32_t at = 0;
    while (at < t->best_count && t->best[at] != place)
        at++;
    if (at == t->best_count)
        return;
    t->best_count--;
    memmove(t->best + at, t->best + at + 1, (t->best_count - at) * sizeof *t->best);
}

/* A run more: the configuration is worth something else, and stands elsewhere or nowhere. */
static void rank_again(struct trials *t, uint32_t place) {
    const struct again_sum sum = again_sum(t, place);
    uint32_t run = t->again.head[place];
    do {
        if (!isnan(t->again.own[run])) {
            leave_best(t, run);
            t->values[run] = sum.mean;
        }
        run = t->again.next[run];
    } while (run != 0);
    if (sum.runs > 0 && !sum.failed)
        enter_best(t, sum.first);
}

void trials_end(struct trials *t, uint32_t place, enum trial_state state, const double *values,
                double breach, double seconds) {
    ensure(place < t->count && t->states[place] <= AT_REST);
    ensure(state >= ENDED_WELL && state <= ENDED_BADLY);
    ensure((state == ENDED_BADLY) == (values == NULL));
    if (t->states[place] == AT_WORK)
        leave_active(t, place);
    t->states[place] = (uint8_t)state;
    t->seconds[place] = seconds;
    t->breaches[place] = breach;
    t->finished[t->finished_count++] = place;
    if (state == ENDED_BADLY) {
        t->failed_count++;
        if (t->again.head != NULL)
            rank_again(t, place);
        return;
    }
    for (uint32_t i = 0; i < t->objectives; i++) {
        ensure(isfinite(values[i]));
        t->values[(size_t)place * t->objectives + i] = values[i];
    }
    t->ended_count++;
    if (t->again.head != NULL) {
        t->again.own[place] = values[0];
        rank_again(t, place);
    } else {
        enter_best(t, place);
    }
}

void trials_drop(struct trials *t, uint32_t place) {
    ensure(place < t->count && t->states[place] <= AT_REST);
    if (t->states[place] == AT_WORK)
        leave_active(t, place);
    t->states[place] = TAKEN_BACK;
}
