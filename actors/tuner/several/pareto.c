#include "actors/tuner/several/pareto.h"

#include "proto/base/arena.h"

#include <math.h>
#include <string.h>

static bool equal(const double *a, const double *b, uint32_t objectives) {
    for (uint32_t i = 0; i < objectives; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

bool pareto_beats(const double *a, double breach_a, const double *b, double breach_b,
                  uint32_t objectives) {
    if (breach_a > 0 || breach_b > 0)
        return breach_a < breach_b;
    return dominates(a, b, objectives);
}

struct rows {
    const double *values;
    const uint32_t *names; /* whose row a number's is; NULL: its own */
    uint32_t objectives;
    uint32_t first;
};

static const double *row_of(const struct rows *r, uint32_t number) {
    return r->values + (size_t)(r->names != NULL ? r->names[number] : number) * r->objectives;
}

static bool comes_before(const struct rows *r, uint32_t a, uint32_t b) {
    const double *row_a = row_of(r, a);
    const double *row_b = row_of(r, b);
    for (uint32_t k = 0; k < r->objectives; k++) {
        uint32_t i = (r->first + k) % r->objectives;
        if (row_a[i] != row_b[i])
            return row_a[i] < row_b[i];
    }
    return a < b;
}

static void sift_down(const struct rows *r, uint32_t *heap, uint32_t at, uint32_t count) {
    uint32_t moved = heap[at];
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && comes_before(r, heap[child], heap[child + 1]))
            child++;
        if (!comes_before(r, moved, heap[child]))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

/* A heap sort: no memory, and the order is total, so which sort it is does not show. */
static void sort(const struct rows *r, uint32_t *order, uint32_t count) {
    for (uint32_t i = count / 2; i > 0; i--)
        sift_down(r, order, i - 1, count);
    for (uint32_t left = count; left > 1; left--) {
        uint32_t last = order[0];
        order[0] = order[left - 1];
        order[left - 1] = last;
        sift_down(r, order, 0, left - 1);
    }
}

void pareto_order(const double *values, uint32_t objectives, uint32_t first, uint32_t *order,
                  uint32_t count) {
    const struct rows rows = {.values = values, .objectives = objectives, .first = first};
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    sort(&rows, order, count);
}

#define NOBODY UINT32_MAX

/* Fronts as chains: last[f] is the number that entered front f last, before[k] the one that
 * entered k's front before k. */
struct fronts {
    const double *values;
    uint32_t objectives;
    uint32_t *last;
    uint32_t *before;
};

/* In lexical order nobody is dominated by one who comes later. Of two objectives the last of a
 * front has its least second value, so it alone decides. */
static bool front_dominates(const struct fronts *f, uint32_t front, uint32_t number) {
    const double *row = f->values + (size_t)number * f->objectives;
    for (uint32_t k = f->last[front]; k != NOBODY; k = f->before[k]) {
        if (dominates(f->values + (size_t)k * f->objectives, row, f->objectives))
            return true;
        if (f->objectives <= 2)
            return false;
    }
    return false;
}

/* The first front without anybody who dominates: where one has somebody, all before it have. */
static uint32_t front_of(const struct fronts *f, uint32_t fronts, uint32_t number) {
    uint32_t low = 0;
    uint32_t high = fronts;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (front_dominates(f, middle, number))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Those that break constraints come after all others, by how far. */
static uint32_t rank_breaches(const double *breaches, uint32_t count, uint32_t ranked,
                              uint32_t *ranks, uint32_t *order) {
    const struct rows rows = {.values = breaches, .objectives = 1};
    uint32_t broken = 0;
    for (uint32_t i = 0; i < count; i++)
        if (breaches[i] > 0)
            order[broken++] = i;
    sort(&rows, order, broken);
    for (uint32_t i = 0; i < broken; i++) {
        if (i == 0 || breaches[order[i]] > breaches[order[i - 1]])
            ranked++;
        ranks[order[i]] = ranked - 1;
    }
    return ranked;
}

uint32_t pareto_ranks(const double *values, const double *breaches, uint32_t objectives,
                      uint32_t count, uint32_t *ranks, uint32_t *scratch) {
    uint32_t *order = scratch;
    const struct rows rows = {.values = values, .objectives = objectives};
    const struct fronts f = {.values = values,
                             .objectives = objectives,
                             .last = scratch + count,
                             .before = scratch + 2 * (size_t)count};
    uint32_t kept = 0;
    uint32_t fronts = 0;
    for (uint32_t i = 0; i < count; i++)
        if (breaches == NULL || !(breaches[i] > 0))
            order[kept++] = i;
    sort(&rows, order, kept);
    for (uint32_t i = 0; i < kept; i++) {
        uint32_t number = order[i];
        uint32_t front = front_of(&f, fronts, number);
        f.before[number] = front < fronts ? f.last[front] : NOBODY;
        f.last[front] = number;
        ranks[number] = front;
        fronts += front == fronts;
    }
    return breaches != NULL ? rank_breaches(breaches, count, fronts, ranks, order) : fronts;
}

static void add_gaps(const struct rows *r, uint32_t count, double *distances, uint32_t *order) {
    uint32_t i = r->first;
    for (uint32_t k = 0; k < count; k++)
        order[k] = k;
    sort(r, order, count);
    double range = row_of(r, order[count - 1])[i] - row_of(r, order[0])[i];
    if (!(range > 0))
        return;
    for (uint32_t k = 1; k + 1 < count; k++)
        distances[order[k]] += (row_of(r, order[k + 1])[i] - row_of(r, order[k - 1])[i]) / range;
    distances[order[0]] = INFINITY;
    distances[order[count - 1]] = INFINITY;
}

void pareto_crowding(const double *values, uint32_t objectives, const uint32_t *some,
                     uint32_t count, double *distances, uint32_t *scratch) {
    struct rows rows = {.values = values, .names = some, .objectives = objectives};
    for (uint32_t k = 0; k < count; k++)
        distances[k] = 0;
    for (; rows.first < objectives && count > 0; rows.first++)
        add_gaps(&rows, count, distances, scratch);
}

size_t front_bytes(uint32_t objectives, uint32_t capacity) {
    size_t slack = 256; /* what the arena aligns */
    return slack +
           ((size_t)capacity + 1) * ((objectives + 1) * sizeof(double) + 2 * sizeof(uint32_t));
}

bool front_init(struct front *f, uint32_t objectives, uint32_t capacity, struct arena *arena) {
    size_t rows = (size_t)capacity + 1;
    *f = (struct front){.objectives = objectives, .capacity = capacity};
    f->values = arena_take(arena, rows * objectives * sizeof *f->values);
    f->names = arena_take(arena, rows * sizeof *f->names);
    f->distances = arena_take(arena, rows * sizeof *f->distances);
    f->scratch = arena_take(arena, rows * sizeof *f->scratch);
    return !arena->full;
}

static void keep(struct front *f, uint32_t at, const double *row, uint32_t name) {
    memmove(f->values + (size_t)at * f->objectives, row, f->objectives * sizeof *row);
    f->names[at] = name;
}

/* A row too many: the least lonely goes, of equals the last. */
static uint32_t thin_out(struct front *f) {
    uint32_t least = 0;
    pareto_crowding(f->values, f->objectives, NULL, f->count, f->distances, f->scratch);
    for (uint32_t k = 1; k < f->count; k++)
        if (f->distances[k] <= f->distances[least])
            least = k;
    uint32_t behind = --f->count - least;
    memmove(f->values + (size_t)least * f->objectives,
            f->values + ((size_t)least + 1) * f->objectives,
            (size_t)behind * f->objectives * sizeof *f->values);
    memmove(f->names + least, f->names + least + 1, behind * sizeof *f->names);
    return least;
}

bool front_enter(struct front *f, const double *row, uint32_t name) {
    uint32_t kept = 0;
    for (uint32_t k = 0; k < f->count; k++) {
        const double *other = f->values + (size_t)k * f->objectives;
        if (dominates(other, row, f->objectives) || equal(other, row, f->objectives))
            return false;
    }
    for (uint32_t k = 0; k < f->count; k++) {
        const double *other = f->values + (size_t)k * f->objectives;
        if (!dominates(row, other, f->objectives))
            keep(f, kept++, other, f->names[k]);
    }
    f->count = kept;
    keep(f, f->count++, row, name);
    return f->count <= f->capacity || thin_out(f) < f->capacity;
}
