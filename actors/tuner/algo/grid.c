/* Slot i is point i of the grid. */
#include "proto/job/grid.h"

#include "actors/tuner/algo/algo.h"

struct grid_state {
    const struct grid *grid;
};

static bool init_grid(void *state, const struct job *job, struct arena *arena) {
    struct grid_state *s = state;
    struct job_fault ignored; /* job_check has already said it to whom it concerns */
    s->grid = grid_make(job, arena, &ignored);
    return s->grid != NULL;
}

static void propose_point(void *state, const struct job *job, uint64_t slot, struct value *values) {
    const struct grid_state *s = state;
    grid_point(s->grid, job, slot, values);
}

const struct algo algo_grid = {
    .name = "grid",
    .state_bytes = sizeof(struct grid_state),
    .init = init_grid,
    .propose = propose_point,
};
