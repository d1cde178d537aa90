#include "tests/unit/actors/tuner/played.h"

#include "actors/tuner/model/rows.h"
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

static void same_facts_same_proposals(void **state) {
    (void)state;
    job_conditional(&test, METHOD_GP, 35);
    play(&played, &test.job, 6, worth_of_learners, false);
    assert_int_equal(played.count, 35);
    assert_true(played.best == 0);
    play(&again, &test.job, 6, worth_of_learners, true);
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

/* A quarter fails wherever it is tried. */
static double crashes_now_and_then(const struct job *job, const struct value *values) {
    double luck = values[0].real * 4096;
    return luck - floor(luck) < 0.25 ? NAN : bowl(job, values);
}

static void crashes_by_chance_poison_nothing(void **state) {
    (void)state;
    job_of_four(50, 3, METHOD_GP);
    play(&played, &test.job, 4, crashes_now_and_then, false);
    assert_true(played.best < 1e-3);
}

/* Least of x^2 + 2 y^2 with x + y >= 1/2: 1/6, at (1/3, 1/6); without the constraint 0. */
static void a_constraint_is_kept(void **state) {
    (void)state;
    const enum goal goal = GOAL_MINIMIZE;
    double best = INFINITY;
    job_begin(&test, METHOD_GP, 40);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "y", PARAM_FLOAT, 0, 1);
    job_end(&test);
    const struct study_setup setup = {
        .job = &test.job, .goals = &goal, .objectives = 1, .workers = 1, .steps = 1};
    size_t size = study_bytes(&setup);
    void *memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    struct study *s = study_init(&setup, &arena);
    assert_non_null(s);
    for (uint32_t i = 0; i < 40; i++) {
        struct study_proposal p;
        study_ask(s, &p);
        assert_int_equal(p.answer, STUDY_START);
        double x = p.values[0].real, y = p.values[1].real;
        double worth = x * x + 2 * y * y;
        struct study_result result = {
            .state = ENDED_WELL, .values = &worth, .breach = fmax(0, 0.5 - x - y)};
        if (!(result.breach > 0))
            best = fmin(best, worth);
        assert_true(study_tell(s, p.trial, &result));
    }
    assert_true(best >= 1.0 / 6 && best < 1.03 / 6);
    free(memory);
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

/* Of 256 trials on a lattice (x, y) = (1/5, 2/5) is the best. None of 25 more is better, five after
 * five: the region is 0.8 / 2^5 wide, and what is next lies in it, the best coordinates being as
 * smooth as each other. */
static void stays_near_the_best_of_many(void **state) {
    (void)state;
    enum { SIDE = 16, VAIN = 25 };
    const enum goal goal = GOAL_MINIMIZE;
    struct study_proposal p = {.trial = 0};
    job_begin(&test, METHOD_GP, VAIN + 1);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "y", PARAM_FLOAT, 0, 1);
    job_end(&test);
    const struct study_setup setup = {.job = &test.job,
                                      .goals = &goal,
                                      .objectives = 1,
                                      .workers = 1,
                                      .steps = 1,
                                      .loaded = SIDE * SIDE};
    size_t size = study_bytes(&setup);
    void *memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    struct study *s = study_init(&setup, &arena);
    assert_non_null(s);
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        const struct value v[] = {float_value((i % SIDE) / 15.0), float_value((i / SIDE) / 15.0)};
        double worth = bowl(&test.job, v);
        assert_true(study_load(s, v, &(struct study_result){ENDED_WELL, .values = &worth}));
    }
    for (uint32_t i = 0; i <= VAIN; i++) {
        double worth = 1;
        study_ask(s, &p);
        assert_int_equal(p.answer, STUDY_START);
        if (i < VAIN)
            assert_true(
                study_tell(s, p.trial, &(struct study_result){ENDED_WELL, .values = &worth}));
    }
    assert_true(fabs(p.values[0].real - 0.2) < 0.05 && fabs(p.values[1].real - 0.4) < 0.05);
    free(memory);
}

static double middle(const struct job *job, const struct value *values) {
    double sum = 0;
    for (uint32_t i = 0; i < job->params_count; i++)
        sum += fabs(values[i].real - 0.3 - 0.04 * i);
    return sum;
}

/* Of 10 numbers: how many lie at an end, of 100 that were proposed while little was known. */
static uint32_t at_the_ends(bool conditional) {
    enum { NUMBERS = 10, FIRST = 15, LAST = 25 };
    static const char *const names[NUMBERS] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    uint32_t ends = 0;
    job_begin(&test, METHOD_GP, LAST);
    for (uint32_t i = 0; i < NUMBERS; i++) {
        struct param *p = add_range(&test, names[i], PARAM_FLOAT, 0, 1);
        if (conditional && i == NUMBERS - 1)
            p->when_text = span_text("a >= 0");
    }
    job_end(&test);
    play(&played, &test.job, 8, middle, false);
    for (uint32_t t = FIRST; t < LAST; t++)
        for (uint32_t i = 0; i < NUMBERS; i++)
            ends += played.values[t][i].real < 0.001 || played.values[t][i].real > 0.999;
    return ends;
}

static void few_trials_in_many_dimensions_do_not_lead_into_corners(void **state) {
    (void)state;
    assert_true(at_the_ends(false) < 30);
    assert_true(at_the_ends(true) > 50); /* what a condition may take away is no number of these */
}

/* ---- learning curves ---- */

enum { STEPS = 9, CURVES = 24 };

/* x > 1/2 starts worse and ends better: value at a step of 9. */
static double curve(double x, double step) {
    double far = step / STEPS;
    return x > 0.5 ? 2 - 1.9 * far + 0.1 * x : 1 - 0.1 * far + 0.1 * x;
}

static struct curves {
    struct space space;
    struct trials trials;
    struct rungs_setup rungs;
    struct brief brief;
    void *memory, *gp_memory, *gp;
} curves;

static void begin_curves(void) {
    struct curves *c = &curves;
    c->rungs = (struct rungs_setup){.policy = RUNGS_ASHA, .steps = STEPS, .first = 1, .eta = 3};
    rungs_settle(&c->rungs);
    assert_int_equal(rungs_count(&c->rungs), 3);
    job_begin(&test, METHOD_GP, 100);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    job_end(&test);
    space_of(&c->space, &test.job);
    size_t size = trials_bytes(&c->space, 1, 3, 100) + 1024;
    c->memory = malloc(size);
    struct arena arena = arena_of(c->memory, size);
    assert_true(trials_init(&c->trials, &c->space, 1, 3, 100, &arena));
    c->brief = (struct brief){.job = &test.job,
                              .space = &c->space,
                              .trials = &c->trials,
                              .workers = 2,
                              .budget = 100,
                              .rungs = &c->rungs};
    size_t gp_size = algo_gp.bytes(&c->brief);
    c->gp_memory = calloc(1, gp_size);
    struct arena gp_arena = arena_of(c->gp_memory, gp_size);
    c->gp = algo_gp.init(&c->brief, &gp_arena);
    assert_non_null(c->gp);
}

static void end_curves(void) {
    free(curves.gp_memory);
    free(curves.memory);
}

static uint32_t add_at(double x) {
    return trials_add(&curves.trials, &(struct value){.kind = VALUE_FLOAT, .real = x});
}

static void reach(uint32_t place, uint32_t rung, double value) {
    trials_curve(&curves.trials, place, rung, value);
    algo_gp.learn(curves.gp, &curves.brief, place);
}

static void end_at(uint32_t place, double value) {
    trials_end(&curves.trials, place, ENDED_WELL, &value, 0, 1);
    algo_gp.learn(curves.gp, &curves.brief, place);
}

/* Two trials stand at the first rung, one on each side. One that is worse until now is foreseen to
 * come to less: trials that have gone all the way say so. */
static void foresees_curves_that_cross(void **state) {
    (void)state;
    double slow = 0, quick = 0;
    uint32_t places[2];
    begin_curves();
    for (uint32_t i = 0; i < CURVES + 2; i++) {
        double x = i < CURVES ? (i + 0.5) / CURVES : i == CURVES ? 0.31 : 0.69;
        uint32_t place = places[i % 2] = add_at(x);
        reach(place, 0, curve(x, 1));
        if (i >= CURVES || i % 3 != 0)
            continue;
        reach(place, 1, curve(x, 3));
        reach(place, 2, curve(x, 9));
        end_at(place, curve(x, 9));
    }
    assert_true(algo_gp.foresee(curves.gp, &curves.brief, places[CURVES % 2], &quick));
    assert_true(algo_gp.foresee(curves.gp, &curves.brief, places[(CURVES + 1) % 2], &slow));
    assert_true(curve(0.69, 1) > curve(0.31, 1));
    assert_true(slow < quick);
    assert_true(fabs(slow - curve(0.69, 9)) < 0.2 && fabs(quick - curve(0.31, 9)) < 0.2);
    end_curves();
}

/* Of two that stand at the first rung the one that leads to the best is expected to gain more, though
 * it is worse now; and as much whether it runs, which changes what is believed alone, or rests. */
static void gains_where_curves_lead(void **state) {
    (void)state;
    double good, bad, resting;
    struct value x;
    begin_curves();
    for (uint32_t i = 0; i < CURVES; i++) {
        double at = (i + 0.5) / CURVES;
        uint32_t place = add_at(at);
        for (uint32_t rung = 0, step = 1; rung < 3; rung++, step *= 3)
            reach(place, rung, curve(at, step));
        end_at(place, curve(at, 9));
    }
    uint32_t low = add_at(0.27), high = add_at(0.51);
    reach(low, 0, curve(0.27, 1));
    reach(high, 0, curve(0.51, 1));
    assert_false(algo_gp.gains(curves.gp, &curves.brief, high, &good)); /* than which proposal? */
    assert_true(algo_gp.propose(curves.gp, &curves.brief, 0, &x));
    assert_true(algo_gp.gains(curves.gp, &curves.brief, high, &good));
    assert_true(algo_gp.gains(curves.gp, &curves.brief, low, &bad));
    assert_true(good > bad + 3);
    trials_pause(&curves.trials, high);
    algo_gp.learn(curves.gp, &curves.brief, high);
    assert_true(algo_gp.gains(curves.gp, &curves.brief, high, &resting));
    assert_true(fabs(resting - good) < 0.5);
    end_curves();
}

/* What stands at the lowest rung is learned from, though nobody has ended yet: when it is much. */
static void learns_before_the_first_has_ended(void **state) {
    (void)state;
    struct value x;
    begin_curves();
    for (uint32_t i = 0; i < ROWS_OPEN_LEAST; i++) {
        double at = (i + 0.5) / ROWS_OPEN_LEAST, value;
        assert_false(algo_gp.foresee(curves.gp, &curves.brief, 0, &value));
        uint32_t place = add_at(at);
        trials_curve(&curves.trials, place, 0, (at - 0.3) * (at - 0.3));
        trials_pause(&curves.trials, place);
        algo_gp.learn(curves.gp, &curves.brief, place);
    }
    assert_true(algo_gp.propose(curves.gp, &curves.brief, ROWS_OPEN_LEAST, &x));
    assert_true(fabs(x.real - 0.3) < 0.1);
    end_curves();
}

/* Whoever was loaded with its end alone says nothing of the rungs below it: trials at the lowest
 * one are foreseen as they are without it, far from it. */
static void an_end_alone_is_no_curve(void **state) {
    (void)state;
    double alone, beside;
    for (int loaded = 0; loaded < 2; loaded++) {
        begin_curves();
        for (uint32_t i = 0; i < 16; i++) {
            double x = (i + 0.5) / 32;
            uint32_t place = add_at(x);
            reach(place, 0, 5 + x);
            if (i % 2 == 0)
                continue;
            reach(place, 1, 3 + x);
            reach(place, 2, 1 + x);
            end_at(place, 1 + x);
        }
        if (loaded == 1) {
            uint32_t place = add_at(0.9);
            trials_curve(&curves.trials, place, 2, 1.2);
            end_at(place, 1.2);
        }
        assert_true(algo_gp.foresee(curves.gp, &curves.brief, 4, loaded ? &beside : &alone));
        end_curves();
    }
    assert_true(fabs(alone - (1 + 4.5 / 32)) < 0.1);
    assert_true(fabs(beside - alone) < 0.05);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(far_better_than_random_on_a_bowl),
        cmocka_unit_test(same_facts_same_proposals),
        cmocka_unit_test(a_corner_that_fails_is_left),
        cmocka_unit_test(crashes_by_chance_poison_nothing),
        cmocka_unit_test(a_constraint_is_kept),
        cmocka_unit_test(a_small_space_is_used_up),
        cmocka_unit_test(goes_on_when_nothing_is_learned),
        cmocka_unit_test(stays_near_the_best_of_many),
        cmocka_unit_test(few_trials_in_many_dimensions_do_not_lead_into_corners),
        cmocka_unit_test(foresees_curves_that_cross),
        cmocka_unit_test(gains_where_curves_lead),
        cmocka_unit_test(learns_before_the_first_has_ended),
        cmocka_unit_test(an_end_alone_is_no_curve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
