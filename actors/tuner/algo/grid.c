/* Proposal i is point i of the grid. */
#include "proto/job/grid.h"

#include "actors/tuner/algo/algo.h"

static size_t bytes_grid(const struct brief *b) {
    (void)b;
    return JOB_ARENA_BYTES; /* job_check has made the grid in that much */
}

static void *init_grid(const struct brief *b, struct arena *arena) {
    struct job_fault ignored; /* job_check has already said it to whom it concerns */
    return (void *)(uintptr_t)grid_make(b->job, arena, &ignored);
}

static bool propose_point(void *state, const struct brief *b, uint64_t number,
                          struct value *values) {
    const struct grid *grid = state;
    if (number >= grid_points(grid))
        return false;
    grid_point(grid, b->job, number, values);
    job_deactivate(b->job, values);
    return true;
}

const struct algo algo_grid = {
    .name = "grid",
    .bytes = bytes_grid,
    .init = init_grid,
    .propose = propose_point,
};
