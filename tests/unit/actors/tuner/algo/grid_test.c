#include "tests/unit/actors/tuner/searched.h"

#include "actors/tuner/algo/algo.h"

#include <stdalign.h>

static struct test_job test;

/* svm: 7 values of C times (rbf, or poly with 3 degrees); forest: 5 counts of trees. */
enum { POINTS = 7 * (1 + 3) + 5 };

static void proposes_every_point_once(void **state) {
    (void)state;
    static alignas(max_align_t) uint8_t memory[JOB_ARENA_BYTES];
    struct arena arena = arena_of(memory, sizeof memory);
    struct searched search;
    job_conditional(&test, METHOD_GRID, 0);
    assert_int_equal(test.job.trials, POINTS);
    search_begin(&search, &test.job, 1);
    assert_true(algo_grid.bytes(&search.brief) <= sizeof memory);
    void *grid = algo_grid.init(&search.brief, &arena);
    assert_non_null(grid);
    uint8_t bytes[POINTS][64];
    struct buf seen[POINTS];
    for (uint64_t slot = 0; slot < POINTS; slot++) {
        struct value v[JOB_PARAMS_MAX];
        uint32_t wrong = 0;
        assert_true(algo_grid.propose(grid, &search.brief, slot, v));
        assert_true(job_config_valid(&test.job, v, &wrong));
        seen[slot] = buf_of(bytes[slot], sizeof bytes[slot]);
        config_encode(&seen[slot], v, test.job.params_count);
        for (uint64_t before = 0; before < slot; before++)
            assert_false(span_equal(buf_view(&seen[before]), buf_view(&seen[slot])));
    }
    struct value v[JOB_PARAMS_MAX];
    assert_false(algo_grid.propose(grid, &search.brief, POINTS, v));
    search_end(&search);
}

static void says_when_memory_is_short(void **state) {
    (void)state;
    alignas(max_align_t) uint8_t memory[64];
    struct arena arena = arena_of(memory, sizeof memory);
    struct searched search;
    job_conditional(&test, METHOD_GRID, 0);
    search_begin(&search, &test.job, 1);
    assert_null(algo_grid.init(&search.brief, &arena));
    search_end(&search);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proposes_every_point_once),
        cmocka_unit_test(says_when_memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
