#include "tests/unit/actors/tuner/searched.h"

#include "actors/tuner/model/hunt.h"
#include "actors/tuner/num/normal.h"
#include "proto/base/rng.h"

#include <math.h>

enum { ROWS = 64, TRIALS = 60 };

static struct test_job test;
static struct searched search;
static struct surrogate surrogate;
static struct hunt hunt;
static void *memory;

static void begin(void) {
    search_begin(&search, &test.job, 1000);
    size_t size = surrogate_bytes(&search.space, ROWS) + hunt_bytes(&search.space, ROWS, 1);
    memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    assert_true(surrogate_init(&surrogate, &search.space, false, ROWS, &arena));
    assert_true(hunt_init(&hunt, &search.brief, &surrogate, 1, ROWS, &arena));
}

static void end(void) {
    free(memory);
    search_end(&search);
}

/* An allowed configuration at random becomes a trial and a row. */
static void row_at(const double *full, double target) {
    struct value values[JOB_PARAMS_MAX];
    space_values(&search.space, full, values);
    if (trials_know(&search.trials, space_key(&search.space, values)))
        return;
    uint32_t place = trials_add(&search.trials, values);
    trials_end(&search.trials, place, ENDED_WELL, &target, 0, 0);
    surrogate_see(&surrogate, trials_point(&search.trials, place), 1, target);
}

/* Nothing runs: of futures there is one. */
static void look_ahead(void) {
    surrogate_learn(&surrogate);
    futures_draw(&hunt.futures, &surrogate.gp, NULL, NULL);
}

static void learn(uint32_t rows, uint64_t seed) {
    struct rng r = rng_of(seed, 0, 0);
    double full[JOB_PARAMS_MAX];
    for (uint32_t j = 0; j < rows; j++) {
        double target = -1;
        for (uint32_t i = 0; i < search.space.dims; i++) {
            full[i] = rng_unit(&r);
            target += fabs(full[i] - 0.4);
        }
        row_at(full, target);
    }
    surrogate_fit(&surrogate, NULL);
    look_ahead();
}

static double gain_of(const double *full) {
    double settled[JOB_PARAMS_MAX], view[KERNEL_DIMS];
    memcpy(settled, full, search.space.dims * sizeof *full);
    space_settle(&search.space, settled);
    surrogate_view(&surrogate, settled, 1, view);
    struct gp_belief b = gp_predict(&surrogate.gp, view);
    return log(b.deviation) + log_ei_h((hunt.futures.least[0] - b.mean) / b.deviation, NULL);
}

static bool is_known(const double *full) {
    struct value values[JOB_PARAMS_MAX];
    space_values(&search.space, full, values);
    return trials_know(&search.trials, space_key(&search.space, values));
}

static void job_of_cells(void) {
    job_begin(&test, METHOD_GP, 1000);
    add_range(&test, "a", PARAM_INT, 1, 4)->scale = SCALE_LOG;
    add_choice(&test, "b", (const char *const[]){"x", "y", "z", NULL});
    add_range(&test, "c", PARAM_INT, 0, 3)->when_text = span_text("b in [x, y]");
    add_range(&test, "d", PARAM_INT, 1, 9);
    job_end(&test);
}

/* Of 324 configurations the one with the most expected improvement among those without a trial, as
 * one look at each says: again and again, each becoming a trial at once. */
static void finds_the_best_of_a_small_space(void **state) {
    (void)state;
    uint32_t found = 0;
    job_of_cells();
    begin();
    learn(30, 1);
    for (uint64_t n = 0; n < 25; n++) {
        struct rng r = rng_of(2, 0, n);
        double full[JOB_PARAMS_MAX] = {0}, point[JOB_PARAMS_MAX];
        double most = -INFINITY;
        do {
            if (!is_known(full))
                most = fmax(most, gain_of(full));
        } while (space_next(&search.space, full));
        assert_true(hunt_best(&hunt, &r, search.trials.best, 5, point));
        assert_false(is_known(point));
        found += gain_of(point) >= most - 1e-9 * fabs(most);
        row_at(point, 0.1 * (double)n);
        look_ahead();
    }
    assert_in_range(found, 23, 25);
    end();
}

/* When one configuration is left it is found as long as a candidate falls on it; when none is, that
 * is said, and what the last one promised stays known. */
static void the_last_ones(void **state) {
    (void)state;
    struct rng r = rng_of(3, 0, 0);
    double full[JOB_PARAMS_MAX] = {0}, point[JOB_PARAMS_MAX];
    job_begin(&test, METHOD_GP, 1000);
    add_range(&test, "a", PARAM_INT, 1, 5);
    add_choice(&test, "b", (const char *const[]){"x", "y", NULL});
    job_end(&test);
    begin();
    for (int left = 10; left > 0; left--) {
        if (left < 10) {
            surrogate_fit(&surrogate, NULL);
            look_ahead();
            uint32_t parents = search.trials.best_count < 5 ? search.trials.best_count : 5;
            assert_true(hunt_best(&hunt, &r, search.trials.best, parents, point));
            assert_false(is_known(point));
        }
        row_at(left < 10 ? point : full, left * 0.3);
    }
    surrogate_learn(&surrogate);
    const double most = hunt.most;
    assert_false(hunt_best(&hunt, &r, search.trials.best, 5, point));
    assert_true(isfinite(most) && hunt.most == most);
    end();
}

/* On numbers: at least as good as the best of 20,000 even draws. */
static void climbs_beyond_even_draws(void **state) {
    (void)state;
    job_begin(&test, METHOD_GP, 1000);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "y", PARAM_FLOAT, 0, 1);
    add_range(&test, "n", PARAM_INT, 1, 400);
    job_end(&test);
    begin();
    learn(TRIALS, 4);
    for (uint64_t n = 0; n < 4; n++) {
        struct rng r = rng_of(5, 0, n);
        double full[JOB_PARAMS_MAX], point[JOB_PARAMS_MAX], most = -INFINITY;
        for (int draws = 0; draws < 20000; draws++) {
            for (uint32_t i = 0; i < 3; i++)
                full[i] = rng_unit(&r);
            most = fmax(most, gain_of(full));
        }
        assert_true(hunt_best(&hunt, &r, search.trials.best, 5, point));
        assert_true(gain_of(point) >= most - 0.02);
        for (uint32_t i = 0; i < 3; i++)
            assert_true(point[i] >= 0 && point[i] <= 1);
    }
    end();
}

static double half_is_worth(void *context, const double *settled) {
    return settled[*(uint32_t *)context] > 0.5 ? 100 : 0;
}

static void a_bonus_counts(void **state) {
    (void)state;
    double point[JOB_PARAMS_MAX];
    uint32_t which = 3;
    struct rng r = rng_of(6, 0, 0);
    job_of_cells();
    begin();
    learn(30, 6);
    hunt.bonus = half_is_worth;
    hunt.context = &which;
    assert_true(hunt_best(&hunt, &r, search.trials.best, 5, point));
    assert_true(point[3] > 0.5);
    end();
}

/* What `where` forbids is neither a candidate nor climbed to. */
static void stays_within_where(void **state) {
    (void)state;
    job_begin(&test, METHOD_GP, 1000);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "y", PARAM_FLOAT, 0, 1);
    const struct condition sum = {.text = span_text("x + y >= 1.2")};
    test.job.where = &sum;
    test.job.where_count = 1;
    job_end(&test);
    begin();
    learn(20, 7);
    for (uint64_t n = 0; n < 10; n++) {
        struct rng r = rng_of(8, 0, n);
        double point[JOB_PARAMS_MAX];
        assert_true(hunt_best(&hunt, &r, search.trials.best, 5, point));
        assert_true(point[0] + point[1] >= 1.2);
    }
    end();
}

/* Candidates and who climbs, though more is to be gained elsewhere; an int may lie in the middle of
 * a cell that the box cuts. */
static void stays_within_a_box(void **state) {
    (void)state;
    static const float centre[] = {0.9F, 0.85F, 0.5F};
    struct region_box box = {.centre = centre, .low = {0.8, 0.7, 0.3}, .high = {1, 1, 0.7}};
    job_begin(&test, METHOD_GP, 1000);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "y", PARAM_FLOAT, 0, 1);
    add_range(&test, "n", PARAM_INT, 1, 5);
    job_end(&test);
    begin();
    learn(30, 11);
    for (uint64_t n = 0; n < 10; n++) {
        struct rng r = rng_of(12, 0, n);
        double point[JOB_PARAMS_MAX];
        hunt.box = n > 0 ? &box : NULL;
        assert_true(hunt_best(&hunt, &r, search.trials.best, 5, point));
        bool within = point[0] >= 0.8 && point[1] >= 0.7 && point[2] >= 0.3 && point[2] <= 0.7;
        assert_true(within == (n > 0));
    }
    end();
}

/* What is worked out from alpha is the least of the predictions at the rows. */
static void least_is_of_the_rows(void **state) {
    (void)state;
    double least = INFINITY, view[KERNEL_DIMS];
    job_of_cells();
    begin();
    learn(40, 9);
    for (uint32_t j = 0; j < surrogate.gp.points.count; j++) {
        gp_point(&surrogate.gp, j, view);
        least = fmin(least, gp_predict(&surrogate.gp, view).mean);
    }
    assert_true(fabs(hunt.futures.least[0] - least) < 1e-5);
    end();
}

/* Of the same rows the same kernel, whatever was found before. */
static void a_fit_forgets(void **state) {
    (void)state;
    job_of_cells();
    begin();
    learn(30, 10);
    struct kernel first = surrogate.kernel;
    surrogate.gp.kernel.w[0] = 1e3;
    surrogate.gp.kernel.noise = 0.7;
    surrogate_fit(&surrogate, NULL);
    assert_memory_equal(first.w, surrogate.kernel.w, 4 * sizeof(double));
    assert_memory_equal(first.v, surrogate.kernel.v, 4 * sizeof(double));
    assert_true(first.noise == surrogate.kernel.noise && first.joint == surrogate.kernel.joint);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_best_of_a_small_space),
        cmocka_unit_test(the_last_ones),
        cmocka_unit_test(climbs_beyond_even_draws),
        cmocka_unit_test(a_bonus_counts),
        cmocka_unit_test(stays_within_where),
        cmocka_unit_test(stays_within_a_box),
        cmocka_unit_test(least_is_of_the_rows),
        cmocka_unit_test(a_fit_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
