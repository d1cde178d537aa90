/* Searches that decide themselves what is run again (job->repeat_auto). */
#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/num/draw.h"
#include "actors/tuner/study.h"
#include "actors/tuner/trials/again.h"
#include "proto/base/rng.h"

#include <math.h>
#include <stdlib.h>

enum { TRIALS = 75, MOST = 128 };

typedef double worth_fn(const struct value *values);

/* One search; some of it is kept. */
struct lived {
    struct value values[MOST][JOB_PARAMS_MAX];
    bool again[MOST]; /* its configuration is an earlier one's */
    uint32_t count, reruns;
    struct study_best best;
    double least;                 /* that was seen */
    double best_true, lucky_true; /* of what is recommended, and of what came to the least */
};

static struct test_job job;
static struct lived one, other;

static double bowl(const struct value *values) {
    const double x = values[0].real - 0.3, y = values[1].real - 0.6;
    return x * x + y * y;
}

static double waves(const struct value *values) {
    const double x = values[0].real, y = values[1].real;
    return x + y - (fmod(x * 12, 1) > 0.5) - (fmod(y * 9, 1) > 0.5);
}

static double cliff(const struct value *values) {
    return (values[0].real > 0.4 ? 1 : 0) + bowl(values);
}

static bool is_same(const struct value *a, const struct value *b) {
    return value_equal(&a[0], &b[0]) && value_equal(&a[1], &b[1]);
}

static void note(struct lived *l, const struct study_proposal *p) {
    assert_int_equal(p->trial, l->count);
    memcpy(l->values[l->count], p->values, 2 * sizeof *p->values);
    for (uint32_t i = 0; i < l->count; i++)
        l->again[l->count] = l->again[l->count] || is_same(l->values[i], p->values);
    assert_true(l->again[l->count] == (strcmp(p->by, "again") == 0));
    l->reruns += l->again[l->count++];
}

/* With some trials at once, of which the oldest ends first. */
static void live(struct lived *l, enum method method, worth_fn *worth, double noise) {
    enum { WORKERS = 3 };
    const enum goal goal = GOAL_MINIMIZE;
    job_begin(&job, method, TRIALS);
    add_range(&job, "x", PARAM_FLOAT, 0, 1);
    add_range(&job, "y", PARAM_FLOAT, 0, 1);
    job_end(&job);
    job.job.repeat_auto = true;
    const struct study_setup setup = {
        .job = &job.job, .goals = &goal, .objectives = 1, .workers = WORKERS, .steps = 1};
    const size_t size = study_bytes(&setup);
    void *memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    struct study *s = study_init(&setup, &arena);
    struct rng r = rng_of(11, 0, 0);
    assert_non_null(s);
    *l = (struct lived){.least = INFINITY};
    for (uint32_t ended = 0; ended < TRIALS; ended++) {
        struct study_proposal p;
        while (l->count < TRIALS && l->count < ended + WORKERS) {
            study_ask(s, &p);
            assert_int_equal(p.answer, STUDY_START);
            note(l, &p);
        }
        const double value = worth(l->values[ended]) + noise * draw_normal(&r);
        const struct study_result result = {.state = ENDED_WELL, .values = &value};
        assert_true(study_tell(s, ended, &result));
        l->lucky_true = value < l->least ? worth(l->values[ended]) : l->lucky_true;
        l->least = value < l->least ? value : l->least;
    }
    assert_true(study_best(s, &l->best));
    l->best_true = worth(l->values[l->best.trial]);
    free(memory);
}

static void what_is_not_noisy_is_not_run_again(void **state) {
    static const enum method methods[] = {METHOD_AUTO, METHOD_GP, METHOD_TPE};
    (void)state;
    for (size_t m = 0; m < 3; m++) {
        live(&one, methods[m], m == 1 ? cliff : bowl, 0);
        assert_int_equal(one.reruns, 0);
        assert_true(one.best_true == one.lucky_true && one.best.runs == 1);
        assert_true(one.best.value == one.best_true && one.best.expected == one.best_true);
    }
}

/* To a process what leaps up and down looks like noise. One run more says that it is not. */
static void what_only_looks_noisy_is_run_again_once_at_most(void **state) {
    (void)state;
    live(&one, METHOD_GP, waves, 0);
    assert_true(one.reruns <= 1);
    assert_true(one.best_true == one.lucky_true);
}

static void check_noisy(const struct lived *l) {
    assert_true(l->reruns >= 3);
    assert_true(l->best_true < 0.04);
    /* The least that was seen is luck; what is said of the best is not. */
    assert_true(l->least < -0.1 && fabs(l->best.expected - l->best_true) < 0.05);
}

static void what_is_noisy_is_run_again_now_and_then(void **state) {
    (void)state;
    live(&one, METHOD_TPE, bowl, 0.1);
    check_noisy(&one);
    live(&one, METHOD_AUTO, bowl, 0.1);
    check_noisy(&one);
    live(&other, METHOD_AUTO, bowl, 0.1); /* the same again */
    for (uint32_t i = 0; i < TRIALS; i++)
        assert_true(is_same(one.values[i], other.values[i]));
    assert_int_equal(one.best.trial, other.best.trial);
}

/* ---- few configurations ---- */

/* How many trials a search takes until nothing is left; each is worth its configuration, and luck. */
static uint32_t live_few(enum method method, uint32_t choices, double noise, uint32_t *runs) {
    enum { WORKERS = 2 };
    const enum goal goal = GOAL_MINIMIZE;
    job_begin(&job, method, TRIALS);
    add_range(&job, "k", PARAM_INT, 0, choices - 1);
    job_end(&job);
    job.job.repeat_auto = true;
    const struct study_setup setup = {
        .job = &job.job, .goals = &goal, .objectives = 1, .workers = WORKERS, .steps = 1};
    const size_t size = study_bytes(&setup);
    void *memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    struct study *s = study_init(&setup, &arena);
    struct rng r = rng_of(7, 0, 0);
    int64_t chosen[MOST];
    uint32_t count = 0, ended = 0;
    assert_non_null(s);
    do {
        struct study_proposal p;
        while (count < TRIALS && count < ended + WORKERS) {
            study_ask(s, &p);
            if (p.answer != STUDY_START)
                break;
            chosen[count] = p.values[0].integer;
            runs[chosen[count++]]++;
        }
        if (ended == count)
            break;
        const double value = (double)chosen[ended] + noise * draw_normal(&r);
        const struct study_result result = {.state = ENDED_WELL, .values = &value};
        assert_true(study_tell(s, ended, &result));
    } while (++ended < TRIALS);
    free(memory);
    return count;
}

static void few_configurations_are_run_again_where_they_are_noisy(void **state) {
    static const enum method methods[] = {METHOD_AUTO, METHOD_GP, METHOD_TPE};
    (void)state;
    for (size_t m = 0; m < 3; m++) {
        uint32_t of_two[2] = {0}, of_four[4] = {0}, sure[4] = {0}, alone[1] = {0};
        assert_int_equal(live_few(methods[m], 2, 1, of_two), TRIALS);
        assert_true(of_two[0] >= 8 && of_two[1] >= 8);
        assert_int_equal(live_few(methods[m], 4, 1, of_four), TRIALS);
        assert_true(of_four[0] > of_four[3] && of_four[3] > 1);
        assert_int_equal(live_few(methods[m], 4, 0, sure), 5); /* one of them a probe */
        assert_int_equal(sure[0], 2);
        assert_int_equal(live_few(methods[m], 1, 1, alone), 1);
    }
}

/* Whole rounds end at once, so that nobody has asked for some of the kernels that were due; who has
 * worked ahead after each trial knows of all of them. */
static void work_ahead_changes_nothing(void **state) {
    enum { ROUND = 15 };
    const enum goal goal = GOAL_MINIMIZE;
    struct study *s[2];
    void *memory[2];
    struct rng r = rng_of(13, 0, 0);
    (void)state;
    job_begin(&job, METHOD_GP, TRIALS);
    add_range(&job, "x", PARAM_FLOAT, 0, 1);
    add_range(&job, "y", PARAM_FLOAT, 0, 1);
    job_end(&job);
    job.job.repeat_auto = true;
    job.job.seed = 5;
    const struct study_setup setup = {
        .job = &job.job, .goals = &goal, .objectives = 1, .workers = ROUND, .steps = 1};
    for (int i = 0; i < 2; i++) {
        const size_t size = study_bytes(&setup);
        memory[i] = malloc(size);
        struct arena arena = arena_of(memory[i], size);
        s[i] = study_init(&setup, &arena);
        assert_non_null(s[i]);
    }
    for (uint32_t from = 0; from < TRIALS; from += ROUND) {
        double values[ROUND];
        for (uint32_t i = 0; i < ROUND; i++) {
            struct study_proposal p, ahead;
            study_ask(s[0], &p);
            study_ask(s[1], &ahead);
            assert_true(p.answer == STUDY_START && ahead.answer == STUDY_START);
            assert_true(is_same(p.values, ahead.values) && strcmp(p.by, ahead.by) == 0);
            values[i] = bowl(p.values) + 0.15 * draw_normal(&r);
        }
        for (uint32_t i = 0; i < ROUND; i++) {
            const struct study_result result = {.state = ENDED_WELL, .values = &values[i]};
            assert_true(study_tell(s[0], from + i, &result) && study_tell(s[1], from + i, &result));
            study_prepare(s[1]);
        }
    }
    free(memory[0]);
    free(memory[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_noisy_is_not_run_again),
        cmocka_unit_test(what_only_looks_noisy_is_run_again_once_at_most),
        cmocka_unit_test(what_is_noisy_is_run_again_now_and_then),
        cmocka_unit_test(few_configurations_are_run_again_where_they_are_noisy),
        cmocka_unit_test(work_ahead_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
