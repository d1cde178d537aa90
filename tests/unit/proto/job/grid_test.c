#include "tests/unit/proto/job/make.h"

#include "proto/job/grid.h"

static struct job_fault fault;

static struct job checked(struct param *params, struct arena *arena) {
    struct job job = job_example(params);
    job.method = METHOD_GRID;
    job.trials = 0;
    *arena = fresh_arena();
    if (!job_check(&job, arena, &fault))
        fail_msg("%s: %s", fault.where, fault.what);
    return job;
}

static void every_point_once_and_in_order(void **state) {
    (void)state;
    static const char *const expected[] = {
        /* svm with rbf: gamma x C; svm with linear: C alone; knn: neighbors; lda: nothing more. */
        "gamma=0.001 learner=svm kernel=rbf C=0.5",
        "gamma=0.001 learner=svm kernel=rbf C=1",
        "gamma=0.001 learner=svm kernel=rbf C=1.5",
        "gamma=0.001 learner=svm kernel=rbf C=2",
        "gamma=0.01 learner=svm kernel=rbf C=0.5",
        "gamma=0.01 learner=svm kernel=rbf C=1",
        "gamma=0.01 learner=svm kernel=rbf C=1.5",
        "gamma=0.01 learner=svm kernel=rbf C=2",
        "gamma=0.1 learner=svm kernel=rbf C=0.5",
        "gamma=0.1 learner=svm kernel=rbf C=1",
        "gamma=0.1 learner=svm kernel=rbf C=1.5",
        "gamma=0.1 learner=svm kernel=rbf C=2",
        "gamma=1 learner=svm kernel=rbf C=0.5",
        "gamma=1 learner=svm kernel=rbf C=1",
        "gamma=1 learner=svm kernel=rbf C=1.5",
        "gamma=1 learner=svm kernel=rbf C=2",
        "learner=svm kernel=linear C=0.5",
        "learner=svm kernel=linear C=1",
        "learner=svm kernel=linear C=1.5",
        "learner=svm kernel=linear C=2",
        "learner=knn neighbors=1",
        "learner=knn neighbors=3",
        "learner=knn neighbors=5",
        "learner=lda",
    };
    struct param params[PARAMS];
    struct arena arena;
    struct job job = checked(params, &arena);
    assert_true(job.trials == COUNT(expected));
    const struct grid *grid = grid_make(&job, &arena, &fault);
    assert_non_null(grid);
    assert_true(grid_points(grid) == COUNT(expected));
    for (uint32_t i = 0; i < COUNT(expected); i++) {
        char memory[200];
        struct buf out = buf_of(memory, sizeof memory);
        struct value values[PARAMS];
        uint32_t wrong;
        grid_point(grid, &job, i, values);
        assert_true(job_config_valid(&job, values, &wrong));
        job_config_print(&job, values, 0, &out);
        assert_text(buf_view(&out), expected[i]);
    }
}

static void a_million_points_need_no_memory(void **state) {
    (void)state;
    struct param params[3] = {
        {.name = TEXT("a"), .kind = PARAM_INT, .low = 0, .high = 99},
        {.name = TEXT("b"), .kind = PARAM_INT, .low = 0, .high = 99},
        {.name = TEXT("c"), .kind = PARAM_INT, .low = 0, .high = 99},
    };
    struct param ignored[PARAMS];
    struct job job = job_example(ignored);
    static const struct span argv[] = {{(const uint8_t *)"true", 4}};
    job.method = METHOD_GRID;
    job.trials = 0;
    job.params = params;
    job.params_count = 3;
    job.argv = argv;
    job.argv_count = 1;
    job.env_count = 0;
    struct arena arena = fresh_arena();
    assert_true(job_check(&job, &arena, &fault));
    assert_true(job.trials == 1000000);
    size_t before = arena.used;
    const struct grid *grid = grid_make(&job, &arena, &fault);
    assert_true(arena.used - before < 1024);
    struct value values[3];
    grid_point(grid, &job, 123456, values);
    assert_value(&values[0], INT(12));
    assert_value(&values[1], INT(34));
    assert_value(&values[2], INT(56));
    grid_point(grid, &job, 999999, values);
    assert_value(&values[0], INT(99));
    assert_value(&values[2], INT(99));
}

static void trials_are_never_more_than_points(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena = fresh_arena();
    struct job job = job_example(params);
    job.method = METHOD_GRID;
    job.trials = 25;
    assert_false(job_check(&job, &arena, &fault));
    assert_string_equal(fault.where, "search.trials");
    assert_string_equal(fault.what, "search.trials is 25, but there are only 24 configurations");
    for (uint64_t trials = 10; trials <= 24; trials += 14) {
        job = job_example(params);
        job.method = METHOD_GRID;
        job.trials = trials;
        arena = fresh_arena();
        assert_true(job_check(&job, &arena, &fault));
        assert_true(job.trials == trials);
    }
}

/* A grid of two whole numbers, 0 to 2^bits - 1 each; parameters and job are the caller's. */
static struct job square(struct param *params, unsigned bits) {
    struct param ignored[PARAMS];
    struct job job = job_example(ignored);
    static const struct span argv[] = {{(const uint8_t *)"true", 4}};
    double most = (double)((UINT64_C(1) << bits) - 1);
    params[0] = (struct param){.name = TEXT("a"), .kind = PARAM_INT, .high = most};
    params[1] = (struct param){.name = TEXT("b"), .kind = PARAM_INT, .high = most};
    job.method = METHOD_GRID;
    job.params = params;
    job.params_count = 2;
    job.argv = argv;
    job.argv_count = 1;
    job.env_count = 0;
    return job;
}

static void a_grid_may_have_more_points_than_trials(void **state) {
    (void)state;
    struct param params[2];
    struct job job = square(params, 31);
    struct arena arena = fresh_arena();
    const uint64_t most = (UINT64_C(1) << 31) - 1;
    job.trials = 5;
    assert_true(job_check(&job, &arena, &fault));
    assert_true(job.trials == 5);
    const struct grid *grid = grid_make(&job, &arena, &fault);
    assert_true(grid_points(grid) == GRID_POINTS_MAX);
    struct value values[2];
    grid_point(grid, &job, 4, values);
    assert_value(&values[0], INT(0));
    assert_value(&values[1], INT(4));
    grid_point(grid, &job, GRID_POINTS_MAX - 1, values);
    assert_value(&values[0], INT((int64_t)most));
    assert_value(&values[1], INT((int64_t)most));

    job = square(params, 20);
    job.trials = 0;
    arena = fresh_arena();
    assert_false(job_check(&job, &arena, &fault));
    assert_string_equal(fault.where, "search.trials");
    assert_string_equal(fault.what,
                        "the grid has 1099511627776 points, and a job at most 1000000000 trials: "
                        "give search.trials, how many of the points to try");
}

static void points_beyond_counting_are_refused(void **state) {
    (void)state;
    static const char *const what = "the grid has more than 4611686018427387904 points";
    struct param params[2];
    struct job job = square(params, 31);
    struct arena arena = fresh_arena();
    job.trials = 5;
    params[1].high += 1; /* one value more in a block's product */
    assert_false(job_check(&job, &arena, &fault));
    assert_string_equal(fault.where, "search.method");
    assert_string_equal(fault.what, what);

    /* Two blocks, each of which could be counted: of 2^62 points and of one. */
    const struct value sides[] = {WORD("left"), WORD("right")};
    struct param three[3];
    job = square(three, 31);
    job.trials = 5;
    three[2] = (struct param){
        .name = TEXT("side"), .kind = PARAM_CHOICE, .choices = sides, .choices_count = 2};
    three[0].when_text = TEXT("side == left");
    three[1].when_text = TEXT("side == left");
    job.params_count = 3;
    arena = fresh_arena();
    assert_false(job_check(&job, &arena, &fault));
    assert_string_equal(fault.what, what);
}

static void endless_grids_and_too_many_blocks_are_refused(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena = fresh_arena();
    struct job job = job_example(params);
    job.method = METHOD_GRID;
    params[GAMMA].points = 0;
    assert_false(job_check(&job, &arena, &fault));
    assert_string_equal(fault.where, "params.gamma");
    assert_string_equal(
        fault.what,
        "a grid cannot try every float between two: add 'points' (how many values) or 'step'");

    job_example_params(params); /* a parent with many values: many blocks */
    params[LEARNER] =
        (struct param){.name = TEXT("learner"), .kind = PARAM_INT, .low = 0, .high = 5000};
    params[KERNEL].when_text = TEXT("learner == 7");
    params[C].when_text = (struct span){0};
    params[NEIGHBORS].when_text = (struct span){0};
    job.params = params;
    arena = fresh_arena();
    assert_false(job_check(&job, &arena, &fault));
    assert_string_equal(fault.where, "search.method");
    assert_string_equal(fault.what, "the parameters that 'when' mentions have more than 4096 "
                                    "combinations, too many for a grid");
}

static void a_full_arena_is_a_fault(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena;
    struct job job = checked(params, &arena);
    uint8_t memory[64];
    struct arena small = arena_of(memory, sizeof memory);
    assert_null(grid_make(&job, &small, &fault));
    assert_string_equal(fault.what, "the grid needs more memory than there is");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_point_once_and_in_order),
        cmocka_unit_test(a_million_points_need_no_memory),
        cmocka_unit_test(trials_are_never_more_than_points),
        cmocka_unit_test(a_grid_may_have_more_points_than_trials),
        cmocka_unit_test(points_beyond_counting_are_refused),
        cmocka_unit_test(endless_grids_and_too_many_blocks_are_refused),
        cmocka_unit_test(a_full_arena_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
