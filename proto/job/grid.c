#include "proto/job/grid.h"

#include "proto/base/check.h"
#include "proto/job/shown.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct grid {
    uint64_t points;
    uint64_t all;           /* `where` aside */
    const uint64_t *kept;   /* one bit for each of all, when there is a `where`: it is a point */
    const uint32_t *before; /* how many are kept before each 64 of them */
    uint32_t blocks_count;
    uint32_t parents_count;
    const uint64_t *first;  /* of each block: the number of its first point */
    const uint16_t *digits; /* of each block: for each parent which of its points it has */
    /* positions, in an order in which each is decided before it decides others */
    uint8_t parents[LIMIT_PARAMS];
    bool is_parent[LIMIT_PARAMS];
};

static_assert(LIMIT_PARAMS <= 256, "positions of parameters fit a byte");
static_assert(GRID_BLOCKS_MAX <= 65536, "a parent has no more points than there are blocks");

/* A walk over all assignments of the parents: once to count the blocks, once more to keep them. */
struct grid_walk {
    const struct job *job;
    struct grid *grid;
    uint64_t *first; /* NULL while counting */
    uint16_t *digits;
    struct job_fault *why;
    struct value values[LIMIT_PARAMS];
    uint16_t chosen[LIMIT_PARAMS];
    uint32_t blocks;
    uint64_t points;
};

static bool is_active(const struct param *p, const struct value *values) {
    return p->when == NULL || expr_true(p->when, values);
}

static void mark_parent(void *context, const struct expr_use *use) {
    bool *is_parent = context;
    is_parent[use->name] = true;
}

static void find_parents(struct grid *g, const struct job *job) {
    for (uint32_t i = 0; i < job->params_count; i++) {
        if (job->params[i].when != NULL)
            expr_visit(job->params[i].when, mark_parent, g->is_parent);
    }
    for (uint32_t i = 0; i < job->params_count; i++) {
        if (g->is_parent[job->order[i]])
            g->parents[g->parents_count++] = (uint8_t)job->order[i];
    }
}

static bool all_countable(const struct job *job, struct job_fault *why) {
    for (uint32_t i = 0; i < job->params_count; i++) {
        const struct param *p = &job->params[i];
        char where[sizeof why->where];
        if (param_points(p) > 0)
            continue;
        snprintf(where, sizeof where, "params.%.*s", SHOWN_NAME(p->name));
        return job_fault_set(
            why, where, 0,
            "a grid cannot try every float between two: add 'points' (how many values) or 'step'");
    }
    return true;
}

static bool too_many_points(struct grid_walk *w) {
    return job_fault_set(w->why, "search.method", 0, "the grid has more than %llu points",
                         (unsigned long long)GRID_POINTS_MAX);
}

static bool block_add(struct grid_walk *w) {
    uint64_t points = 1;
    if (w->blocks == GRID_BLOCKS_MAX)
        return job_fault_set(w->why, "search.method", 0,
                             "the parameters that 'when' mentions have more than %d combinations, "
                             "too many for a grid",
                             GRID_BLOCKS_MAX);
    for (uint32_t i = 0; i < w->job->params_count; i++) {
        const struct param *p = &w->job->params[i];
        if (w->grid->is_parent[i] || !is_active(p, w->values))
            continue;
        uint64_t count = param_points(p);
        if (count > GRID_POINTS_MAX / points)
            return too_many_points(w);
        points *= count;
    }
    if (w->first != NULL) {
        w->first[w->blocks] = w->points;
        memcpy(w->digits + (size_t)w->blocks * w->grid->parents_count, w->chosen,
               w->grid->parents_count * sizeof w->chosen[0]);
    }
    w->blocks++;
    w->points += points;
    return w->points <= GRID_POINTS_MAX || too_many_points(w);
}

/* Parents are at most LIMIT_PARAMS, so the recursion is no deeper. */
static bool walk_from(struct grid_walk *w, uint32_t depth) {
    if (depth == w->grid->parents_count)
        return block_add(w);
    uint8_t position = w->grid->parents[depth];
    const struct param *p = &w->job->params[position];
    if (!is_active(p, w->values)) {
        w->values[position] = (struct value){.kind = VALUE_NONE};
        w->chosen[depth] = 0;
        return walk_from(w, depth + 1);
    }
    uint64_t count = param_points(p);
    for (uint64_t k = 0; k < count; k++) {
        param_point(p, k, &w->values[position]);
        w->chosen[depth] = (uint16_t)k;
        if (!walk_from(w, depth + 1))
            return false;
    }
    return true;
}

/* ---- where ---- */

static void raw_point(const struct grid *g, const struct job *job, uint64_t i,
                      struct value *values);

static bool too_much_work(const struct grid *g, const struct job *job) {
    uint64_t parts = job->params_count;
    for (uint32_t i = 0; i < job->where_count; i++)
        parts += expr_size(job->where[i].test);
    return g->all > GRID_WORK_MOST / parts;
}

static bool out_of_memory(struct job_fault *why) {
    return job_fault_set(why, "search.method", 0, "the grid needs more memory than there is");
}

/* Goes through all points once and marks those that are allowed. */
static bool keep_allowed(struct grid *g, const struct job *job, struct arena *arena,
                         struct job_fault *why) {
    struct value values[LIMIT_PARAMS];
    if (too_much_work(g, job))
        return job_fault_set(why, "search.method", 0,
                             "with 'where' a grid is gone through point by point, and %llu are too "
                             "many for these conditions",
                             (unsigned long long)g->all);
    size_t words = (size_t)(g->all + 63) / 64;
    uint64_t *kept = arena_take(arena, words * sizeof *kept);
    uint32_t *before = arena_take(arena, words * sizeof *before);
    if (kept == NULL || before == NULL)
        return out_of_memory(why);
    g->points = 0;
    for (uint64_t i = 0; i < g->all; i++) {
        if (i % 64 == 0)
            before[i / 64] = (uint32_t)g->points;
        raw_point(g, job, i, values);
        if (!job_allows(job, values))
            continue;
        kept[i / 64] |= UINT64_C(1) << i % 64;
        g->points++;
    }
    g->kept = kept;
    g->before = before;
    return g->points > 0 ||
           job_fault_set(why, "where", 0, "'where' leaves none of the grid's %llu points",
                         (unsigned long long)g->all);
}

/* The number among all of point i. */
static uint64_t place_of(const struct grid *g, uint64_t i) {
    uint64_t low = 0;
    uint64_t high = (g->all + 63) / 64;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (g->before[middle] <= i)
            low = middle;
        else
            high = middle;
    }
    uint64_t rest = g->kept[low];
    for (uint64_t skip = i - g->before[low]; skip > 0; skip--)
        rest &= rest - 1;
    uint64_t bit = 0;
    while ((rest >> bit & 1) == 0)
        bit++;
    return low * 64 + bit;
}

const struct grid *grid_make(const struct job *job, struct arena *arena, struct job_fault *why) {
    struct grid *g = arena_take(arena, sizeof *g);
    if (!all_countable(job, why))
        return NULL;
    struct grid_walk w = {.job = job, .grid = g, .why = why};
    if (g != NULL) {
        find_parents(g, job);
        if (!walk_from(&w, 0))
            return NULL;
        w.first = arena_take(arena, w.blocks * sizeof *w.first);
        w.digits = arena_take(arena, (size_t)w.blocks * g->parents_count * sizeof *w.digits);
    }
    if (w.first == NULL || w.digits == NULL) {
        out_of_memory(why);
        return NULL;
    }
    w.blocks = 0;
    w.points = 0;
    ensure(walk_from(&w, 0));
    g->first = w.first;
    g->digits = w.digits;
    g->blocks_count = w.blocks;
    g->points = g->all = w.points;
    if (job->where_count > 0 && !keep_allowed(g, job, arena, why))
        return NULL;
    return g;
}

uint64_t grid_points(const struct grid *g) {
    return g->points;
}

/* The last block that begins at or before point i. */
static uint32_t block_of(const struct grid *g, uint64_t i) {
    uint32_t low = 0;
    uint32_t high = g->blocks_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (g->first[middle] <= i)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void raw_point(const struct grid *g, const struct job *job, uint64_t i,
                      struct value *values) {
    uint32_t block = block_of(g, i);
    const uint16_t *digits = g->digits + (size_t)block * g->parents_count;
    for (uint32_t depth = 0; depth < g->parents_count; depth++) {
        const struct param *p = &job->params[g->parents[depth]];
        struct value *v = &values[g->parents[depth]];
        *v = (struct value){.kind = VALUE_NONE};
        if (is_active(p, values))
            param_point(p, digits[depth], v);
    }
    uint64_t rest = i - g->first[block];
    for (uint32_t position = job->params_count; position-- > 0;) {
        const struct param *p = &job->params[position];
        if (g->is_parent[position])
            continue;
        values[position] = (struct value){.kind = VALUE_NONE};
        if (!is_active(p, values))
            continue;
        uint64_t count = param_points(p);
        param_point(p, rest % count, &values[position]);
        rest /= count;
    }
}

void grid_point(const struct grid *g, const struct job *job, uint64_t i, struct value *values) {
    ensure(i < g->points);
    raw_point(g, job, g->kept != NULL ? place_of(g, i) : i, values);
}
