#include "tests/unit/actors/tuner/played.h"

#include "actors/tuner/space/space.h"

/* Static, as they are large. */
static struct test_job test;
static struct played played, again;

static void job_of_four(uint64_t trials, uint64_t seed, enum method method) {
    job_begin(&test, method, trials);
    add_range(&test, "a", PARAM_FLOAT, 0, 1);
    add_range(&test, "b", PARAM_FLOAT, 0, 1);
    add_range(&test, "c", PARAM_FLOAT, 0, 1);
    add_range(&test, "d", PARAM_FLOAT, 0, 1);
    test.job.seed = seed;
    job_end(&test);
}

static double bowl(const struct job *job, const struct value *values) {
    double sum = 0;
    for (uint32_t i = 0; i < job->params_count; i++) {
        double d = values[i].real - 0.2 * (i + 1);
        sum += d * d;
    }
    return sum;
}

/* After 40 trials, of two seeds: a hundredth of what even draws find on average. */
static void far_better_than_random_on_a_bowl(void **state) {
    (void)state;
    double drawn = 0, learned = 0;
    for (uint64_t seed = 0; seed < 2; seed++) {
        job_of_four(40, seed, METHOD_RANDOM);
        play(&again, &test.job, 4, bowl, false);
        drawn += again.best;
        job_of_four(40, seed, METHOD_GP);
        play(&played, &test.job, 4, bowl, false);
        assert_int_equal(played.count, 40);
        learned += played.best;
    }
    assert_true(learned < 0.01 * drawn);
}

/* svm fails with a large C; else the forest with 30 trees is best. */
static double learner(const struct job *job, const struct value *values) {
    (void)job;
    if (values[4].kind != VALUE_NONE)
        return fabs((double)values[4].integer - 30);
    if (values[1].real > 100)
        return NAN;
    return 2 + fabs(log10(values[1].real)) + (values[3].kind != VALUE_NONE ? 0 : 1);
}

static void same_facts_same_proposals(void **state) {
    (void)state;
    job_conditional(&test, METHOD_GP, 35);
    play(&played, &test.job, 6, learner, false);
    assert_int_equal(played.count, 35);
    assert_true(played.best == 0);
    play(&again, &test.job, 6, learner, true);
    for (uint32_t i = 0; i < played.count; i++)
        assert_true(same_values(&test.job, played.values[i], again.values[i]));
}

static double corner_fails(const struct job *job, const struct value *values) {
    (void)job;
    double x = values[0].real, y = values[1].real;
    return x > 0.5 && y > 0.5 ? NAN : (x - 0.1) * (x - 0.1) + (y - 0.3) * (y - 0.3);
}

/* A quarter of all even draws fails: 10 of 40. Once it is known, nobody goes there again. */
static void a_corner_that_fails_is_left(void **state) {
    (void)state;
    uint32_t failed = 0;
    job_begin(&test, METHOD_GP, 40);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "y", PARAM_FLOAT, 0, 1);
    job_end(&test);
    play(&played, &test.job, 2, corner_fails, false);
    for (uint32_t i = 16; i < played.count; i++)
        failed += isnan(played.worth[i]) ? 1 : 0;
    assert_in_range(failed, 0, 1);
    assert_true(played.best < 1e-3);
}

static void a_small_space_is_used_up(void **state) {
    (void)state;
    play_small_space(&played, &test, METHOD_GP, 12);
}

static double nothing_to_learn(const struct job *job, const struct value *values) {
    return job->seed == 1 ? NAN : job->seed == 2 ? 1 : values[0].real > 0.5 ? 1e300 : -1e300;
}

/* All fail, all are equal, values at the end of what a double can say. */
static void goes_on_when_nothing_is_learned(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        job_of_four(24, seed, METHOD_GP);
        play(&played, &test.job, 5, nothing_to_learn, false);
        assert_int_equal(played.count, 24);
    }
}

/* ---- learning curves ---- */

enum { STEPS = 9, CURVES = 24 };

/* x > 1/2 starts worse and ends better: value at a step of 9. */
static double curve(double x, double step) {
    double far = step / STEPS;
    return x > 0.5 ? 2 - 1.9 * far + 0.1 * x : 1 - 0.1 * far + 0.1 * x;
}

/* Two trials stand at the first rung, one on each side. One that is worse until now is foreseen to
 * come to less: trials that have gone all the way say so. */
static void foresees_curves_that_cross(void **state) {
    (void)state;
    struct space space;
    struct trials trials;
    struct rungs_setup rungs = {.policy = RUNGS_ASHA, .steps = STEPS, .first = 1, .eta = 3};
    double slow = 0, quick = 0;
    rungs_settle(&rungs);
    assert_int_equal(rungs_count(&rungs), 3);
    job_begin(&test, METHOD_GP, 100);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    job_end(&test);
    space_of(&space, &test.job);
    size_t size = trials_bytes(&space, 1, 3, 100) + 1024;
    void *memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    assert_true(trials_init(&trials, &space, 1, 3, 100, &arena));
    const struct brief brief = {.job = &test.job,
                                .space = &space,
                                .trials = &trials,
                                .workers = 2,
                                .budget = 100,
                                .rungs = &rungs};
    size_t state_size = algo_gp.bytes(&brief);
    void *state_memory = calloc(1, state_size);
    struct arena state_arena = arena_of(state_memory, state_size);
    void *gp = algo_gp.init(&brief, &state_arena);
    assert_non_null(gp);
    uint32_t places[2];
    for (uint32_t i = 0; i < CURVES + 2; i++) {
        double x = i < CURVES ? (i + 0.5) / CURVES : i == CURVES ? 0.31 : 0.69;
        uint32_t place = trials_add(&trials, &(struct value){.kind = VALUE_FLOAT, .real = x});
        uint32_t reached = i < CURVES && i % 3 == 0 ? 3 : 1;
        for (uint32_t rung = 0; rung < reached; rung++)
            trials_curve(&trials, place, rung, curve(x, rung == 0 ? 1 : rung == 1 ? 3 : 9));
        double end = curve(x, 9);
        if (reached == 3)
            trials_end(&trials, place, ENDED_WELL, &end, 0, 1);
        else
            trials_pause(&trials, place);
        places[i % 2] = place;
        algo_gp.learn(gp, &brief, place);
    }
    assert_true(algo_gp.foresee(gp, &brief, places[CURVES % 2], &quick));
    assert_true(algo_gp.foresee(gp, &brief, places[(CURVES + 1) % 2], &slow));
    assert_true(curve(0.69, 1) > curve(0.31, 1));
    assert_true(slow < quick);
    assert_true(fabs(slow - curve(0.69, 9)) < 0.2 && fabs(quick - curve(0.31, 9)) < 0.2);
    free(state_memory);
    free(memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(far_better_than_random_on_a_bowl),
        cmocka_unit_test(same_facts_same_proposals),
        cmocka_unit_test(a_corner_that_fails_is_left),
        cmocka_unit_test(a_small_space_is_used_up),
        cmocka_unit_test(goes_on_when_nothing_is_learned),
        cmocka_unit_test(foresees_curves_that_cross),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
