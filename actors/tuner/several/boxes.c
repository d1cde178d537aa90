#include "actors/tuner/several/boxes.h"

#include "actors/tuner/several/pareto.h"
#include "proto/base/arena.h"
#include "proto/base/check.h"

#include <math.h>
#include <string.h>

enum { ROWS_MOST = 60000 };

/* A local upper bound: a corner such that nothing known is better than it everywhere, and as far
 * out as that allows. */
struct boxes_bound {
    uint16_t corner[BOXES_OBJECTIVES];
    uint16_t by[BOXES_OBJECTIVES]; /* whose rank is the corner's in that objective */
};

static uint32_t ranked_of(uint32_t rows_most) {
    return rows_most + BOXES_OBJECTIVES; /* and those that stand for the reference */
}

size_t boxes_bytes(uint32_t objectives, uint32_t rows_most, uint32_t capacity) {
    size_t slack = 512; /* what the arena aligns */
    return slack + (rows_most + 2) * objectives * 2 * sizeof(double) +
           capacity * 2 * objectives * sizeof(uint16_t) + capacity * sizeof(struct boxes_bound) +
           ranked_of(rows_most) * objectives * sizeof(uint16_t) + rows_most * sizeof(uint32_t);
}

bool boxes_init(struct boxes *b, uint32_t objectives, uint32_t rows_most, uint32_t capacity,
                struct arena *arena) {
    ensure(objectives >= 1 && objectives <= BOXES_OBJECTIVES && rows_most <= ROWS_MOST);
    *b = (struct boxes){.objectives = objectives, .rows_most = rows_most, .capacity = capacity};
    b->edge = arena_take(arena, (rows_most + 2) * (size_t)objectives * sizeof *b->edge);
    b->low = arena_take(arena, capacity * (size_t)objectives * sizeof *b->low);
    b->high = arena_take(arena, capacity * (size_t)objectives * sizeof *b->high);
    b->bounds = arena_take(arena, capacity * sizeof *b->bounds);
    b->ranks = arena_take(arena, ranked_of(rows_most) * (size_t)objectives * sizeof *b->ranks);
    b->order = arena_take(arena, rows_most * sizeof *b->order);
    b->inside = arena_take(arena, rows_most * (size_t)objectives * sizeof *b->inside);
    return !arena->full;
}

/* The rows that are better than the reference. */
static uint32_t take_inside(struct boxes *b, const double *values, uint32_t count,
                            const double *reference) {
    uint32_t kept = 0;
    for (uint32_t k = 0; k < count; k++) {
        const double *row = values + (size_t)k * b->objectives;
        bool inside = true;
        for (uint32_t i = 0; i < b->objectives; i++)
            inside = inside && row[i] < reference[i];
        if (inside)
            memcpy(b->inside + (size_t)kept++ * b->objectives, row, b->objectives * sizeof *row);
    }
    return kept;
}

static uint16_t *ranks_of(const struct boxes *b, uint32_t row) {
    return b->ranks + (size_t)row * b->objectives;
}

/* The rows' ranks 1.. count in each objective. Row count + i stands for the reference in objective
 * i: it is last there and first elsewhere. */
static void rank(struct boxes *b, uint32_t count, const double *reference) {
    b->edges = count + 2;
    for (uint32_t i = 0; i < b->objectives; i++) {
        double *edge = b->edge + (size_t)i * (b->rows_most + 2);
        pareto_order(b->inside, b->objectives, i, b->order, count);
        edge[0] = -INFINITY;
        edge[count + 1] = reference[i];
        for (uint32_t k = 0; k < count; k++) {
            edge[k + 1] = b->inside[(size_t)b->order[k] * b->objectives + i];
            ranks_of(b, b->order[k])[i] = (uint16_t)(k + 1);
        }
        for (uint32_t j = 0; j < b->objectives; j++)
            ranks_of(b, count + j)[i] = (uint16_t)(i == j ? count + 1 : 0);
    }
}

static bool is_below(const uint16_t *ranks, const uint16_t *corner, uint32_t objectives) {
    for (uint32_t i = 0; i < objectives; i++)
        if (ranks[i] >= corner[i])
            return false;
    return true;
}

/* The highest rank in objective i of those of the corner's first `end` points but the one of
 * objective i itself. */
static uint16_t highest(const struct boxes *b, const struct boxes_bound *u, uint32_t i,
                        uint32_t end) {
    uint16_t most = 0;
    for (uint32_t k = 0; k < end; k++) {
        uint16_t here = ranks_of(b, u->by[k])[i];
        if (k != i && here > most)
            most = here;
    }
    return most;
}

/* A row below some corners replaces each of them by corners that it does not undercut. */
static bool cut_by(struct boxes *b, uint32_t row, uint32_t *count) {
    const uint16_t *ranks = ranks_of(b, row);
    uint32_t end = *count;
    uint32_t kept = 0;
    for (uint32_t at = 0; at < *count; at++) {
        struct boxes_bound u = b->bounds[at];
        if (!is_below(ranks, u.corner, b->objectives)) {
            b->bounds[kept++] = u;
            continue;
        }
        for (uint32_t i = 0; i < b->objectives; i++) {
            if (ranks[i] <= highest(b, &u, i, b->objectives))
                continue;
            if (end == b->capacity)
                return false;
            b->bounds[end] = u;
            b->bounds[end].corner[i] = ranks[i];
            b->bounds[end++].by[i] = (uint16_t)row;
        }
    }
    memmove(b->bounds + kept, b->bounds + *count, (end - *count) * sizeof *b->bounds);
    *count = kept + end - *count;
    return true;
}

/* A corner's own part of what lies below it: in each objective from the highest of the points that
 * make the corner in the objectives before. */
static void add_box(struct boxes *b, const struct boxes_bound *u) {
    uint16_t *low = b->low + (size_t)b->count * b->objectives;
    uint16_t *high = b->high + (size_t)b->count * b->objectives;
    for (uint32_t i = 0; i < b->objectives; i++) {
        low[i] = highest(b, u, i, i);
        high[i] = u->corner[i];
        if (!(boxes_edge(b, i, low[i]) < boxes_edge(b, i, high[i])))
            return;
    }
    b->count++;
}

bool boxes_of(struct boxes *b, const double *values, uint32_t count, const double *reference) {
    ensure(count <= b->rows_most);
    uint32_t rows = take_inside(b, values, count, reference);
    uint32_t bounds = 1;
    rank(b, rows, reference);
    for (uint32_t i = 0; i < b->objectives; i++) {
        b->bounds[0].corner[i] = (uint16_t)(rows + 1);
        b->bounds[0].by[i] = (uint16_t)(rows + i);
    }
    for (uint32_t row = 0; row < rows; row++)
        if (!cut_by(b, row, &bounds))
            return false;
    b->count = 0;
    for (uint32_t k = 0; k < bounds; k++)
        add_box(b, &b->bounds[k]);
    return true;
}
