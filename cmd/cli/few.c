#include "cmd/cli/few.h"

#include "proto/job/grid.h"
#include "proto/job/ladder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { GRID_BYTES = 4 << 20 };

/* What `points` says is for grids alone: others try what lies between, too. */
static bool has_points(const struct job *job) {
    for (uint32_t i = 0; i < job->params_count; i++) {
        if (job->params[i].points > 0)
            return true;
    }
    return false;
}

uint64_t few_configurations(const struct job *job) {
    const uint64_t wanted = job->trials / (job->repeat > 1 ? job->repeat : 1);
    struct job_fault fault;
    /* Grids and lists have no more trials than that. Who runs a configuration again, or copies one,
     * does not need as many, and who has no parameters knows that there is one. */
    if (job->params_count == 0 || job->method == METHOD_GRID || job->method == METHOD_LIST ||
        job->repeat_auto || job_copies(job) || has_points(job))
        return 0;
    struct arena arena = arena_of(malloc(GRID_BYTES), GRID_BYTES);
    const struct grid *grid = arena.data == NULL ? NULL : grid_make(job, &arena, &fault);
    const uint64_t points = grid == NULL ? 0 : grid_points(grid);
    free(arena.data);
    return points < wanted ? points : 0;
}

void few_say(const struct job *job) {
    const uint64_t few = few_configurations(job);
    if (few == 0)
        return;
    fprintf(stderr,
            "zyg: %" PRIu64 " trials, but only %" PRIu64
            " configuration%s: once all were tried, some run again\n",
            job->trials, few, few == 1 ? "" : "s");
}
