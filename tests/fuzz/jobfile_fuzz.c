/* Job files, and the canonical bytes of jobs: the same input is tried as both. What is accepted
 * must survive its long form and its bytes unchanged. */
#include <stdint.h>

#include "actors/jobfile/jobfile.h"
#include "proto/base/check.h"
#include "proto/job/grid.h"

enum { ARENA_BYTES = 4 << 20, TEXT_BYTES = 1 << 20 };

static uint8_t arena_memory[2][ARENA_BYTES];
static uint8_t spec_memory[2][LIMIT_JOB_SPEC_BYTES];
static uint8_t text_memory[TEXT_BYTES];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first and last configuration of a grid are valid. */
static void try_grid(const struct job *job, struct arena *arena) {
    struct job_fault fault;
    struct value values[LIMIT_PARAMS];
    uint32_t wrong;
    const struct grid *grid = job->method == METHOD_GRID ? grid_make(job, arena, &fault) : NULL;
    if (grid == NULL)
        return;
    grid_point(grid, job, 0, values);
    ensure(job_config_valid(job, values, &wrong));
    grid_point(grid, job, grid_points(grid) - 1, values);
    ensure(job_config_valid(job, values, &wrong));
}

/* A good job keeps its bytes when it is decoded. False: its bytes are longer than the limit. */
static bool try_job(struct job *job, struct arena *arena) {
    struct buf spec = buf_of(spec_memory[0], sizeof spec_memory[0]);
    struct buf again = buf_of(spec_memory[1], sizeof spec_memory[1]);
    struct arena other = arena_of(arena_memory[1], ARENA_BYTES);
    struct job copy;
    struct err err;
    try_grid(job, arena);
    if (!job_encode(job, &spec))
        return false;
    ensure(job_decode(&copy, buf_view(&spec), &other, &err));
    ensure(job_encode(&copy, &again));
    ensure(span_equal(buf_view(&spec), buf_view(&again)));
    return true;
}

/* One that came from a file keeps them when it goes through its long form, too. */
static void try_long_form(const struct job *job) {
    struct buf spec = buf_of(spec_memory[0], sizeof spec_memory[0]);
    struct buf again = buf_of(spec_memory[1], sizeof spec_memory[1]);
    struct buf text = buf_of(text_memory, sizeof text_memory);
    struct arena other = arena_of(arena_memory[1], ARENA_BYTES);
    struct jobfile_at at;
    struct job copy;
    struct err err;
    job_print(job, &text);
    ensure(!text.overflow);
    ensure(jobfile_read(&copy, buf_view(&text), "long", "/", NULL, &other, &at, &err));
    ensure(job_encode(job, &spec));
    ensure(job_encode(&copy, &again));
    ensure(span_equal(buf_view(&spec), buf_view(&again)));
}

static void try_file(struct span input) {
    struct arena arena = arena_of(arena_memory[0], ARENA_BYTES);
    struct jobfile_at at;
    struct err err;
    struct job job;
    if (jobfile_read(&job, input, "file", "/dir", NULL, &arena, &at, &err)) {
        if (try_job(&job, &arena))
            try_long_form(&job);
        return;
    }
    ensure(err.code == ERR_BAD_JOB_FILE);
    ensure(at.line > 0);
    ensure(at.column > 0);
}

static void try_bytes(struct span input) {
    struct arena arena = arena_of(arena_memory[0], ARENA_BYTES);
    struct err err;
    struct job job;
    if (job_decode(&job, input, &arena, &err))
        try_job(&job, &arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    try_file(span_of(data, size));
    try_bytes(span_of(data, size));
    return 0;
}
