/* What holds of every method, over random spaces. */
#include "tests/unit/actors/tuner/spaces.h"

#include "actors/tuner/study.h"

#include <math.h>
#include <stdlib.h>

enum { SPACES = 8, ASKS = 24, WORKERS = 6, STEPS = 9, FINITE_MOST = 4096 };

/* Static, as they are large. */
static struct test_job test;
static struct space_words words;
static struct space space;

static const enum goal goals[] = {GOAL_MAXIMIZE, GOAL_MINIMIZE};

/* Two studies side by side that hear the same; the second works ahead at random moments. */
struct pair {
    struct study *plain, *ahead;
    void *memory[2];
    struct rng r;
    uint32_t steps;
    uint32_t running[WORKERS];
    uint32_t running_count;
    uint32_t done[FINITE_MOST]; /* steps of a trial */
    uint64_t keys[FINITE_MOST]; /* of what was proposed */
    uint32_t proposed;
};

static struct pair pair;

static struct study *study_make(uint32_t objectives, uint32_t steps, void **memory) {
    const struct study_setup setup = {.job = &test.job,
                                      .goals = goals,
                                      .objectives = objectives,
                                      .workers = WORKERS,
                                      .steps = steps,
                                      .loaded = 2};
    size_t size = study_bytes(&setup);
    *memory = malloc(size);
    assert_non_null(*memory);
    struct arena arena = arena_of(*memory, size);
    struct study *s = study_init(&setup, &arena);
    assert_non_null(s);
    return s;
}

static void pair_begin(struct pair *p, uint32_t objectives, uint32_t steps) {
    *p = (struct pair){.r = rng_of(test.job.seed, 77, objectives), .steps = steps};
    p->plain = study_make(objectives, steps, &p->memory[0]);
    p->ahead = study_make(objectives, steps, &p->memory[1]);
    space_of(&space, &test.job);
}

static void pair_end(struct pair *p) {
    free(p->memory[0]);
    free(p->memory[1]);
}

static void maybe_prepare(struct pair *p) {
    while (rng_below(&p->r, 3) == 0)
        study_prepare(p->ahead);
}

static void assert_same_values(const struct value *a, const struct value *b) {
    uint8_t one[64 * JOB_PARAMS_MAX], other[64 * JOB_PARAMS_MAX];
    struct buf bytes = buf_of(one, sizeof one), others = buf_of(other, sizeof other);
    config_encode(&bytes, a, space.dims);
    config_encode(&others, b, space.dims);
    assert_false(bytes.overflow);
    assert_true(span_equal(buf_view(&bytes), buf_view(&others)));
}

/* Valid, inside its conditions, and like none before it. */
static void check_proposal(struct pair *p, const struct value *values) {
    uint64_t key = space_key(&space, values);
    uint32_t wrong;
    assert_true(job_config_valid(&test.job, values, &wrong));
    for (uint32_t i = 0; i < p->proposed; i++)
        assert_true(p->keys[i] != key);
    assert_true(p->proposed < FINITE_MOST);
    p->keys[p->proposed++] = key;
}

static enum study_answer ask(struct pair *p) {
    struct study_proposal one, other;
    maybe_prepare(p);
    study_ask(p->plain, &one);
    study_ask(p->ahead, &other);
    assert_int_equal(one.answer, other.answer);
    if (one.answer != STUDY_START && one.answer != STUDY_RESUME)
        return one.answer;
    assert_int_equal(one.trial, other.trial);
    if (one.answer == STUDY_START) {
        assert_same_values(one.values, other.values);
        check_proposal(p, one.values);
    }
    p->running[p->running_count++] = one.trial;
    return one.answer;
}

/* Something to search for, in the job's own sense. */
static double value_of(const struct pair *p, uint32_t trial, double target) {
    const float *point = trials_point(study_trials(p->plain), trial);
    double sum = 0;
    for (uint32_t i = 0; i < space.dims; i++)
        sum += point[i] == (float)SPACE_OFF ? 0.1 : fabs(point[i] - target);
    return sum;
}

static void tell(struct pair *p, uint32_t trial, enum trial_state state) {
    double values[] = {-value_of(p, trial, 0.3), value_of(p, trial, 0.8)};
    const struct study_result result = {
        .state = state, .values = state == ENDED_BADLY ? NULL : values, .seconds = 1};
    assert_true(study_tell(p->plain, trial, &result));
    maybe_prepare(p);
    assert_true(study_tell(p->ahead, trial, &result));
    assert_false(study_tell(p->plain, trial, &result)); /* not twice */
    assert_false(study_tell(p->ahead, trial, &result));
}

static enum study_verdict report(struct pair *p, uint32_t trial) {
    enum study_verdict verdict, other;
    uint32_t step = ++p->done[trial];
    double value = -value_of(p, trial, 0.3) - 1.0 / step;
    assert_true(study_report(p->plain, trial, step, value, &verdict));
    maybe_prepare(p);
    assert_true(study_report(p->ahead, trial, step, value, &other));
    assert_int_equal(verdict, other);
    return verdict;
}

/* One of those that run does another step, or ends. */
static void advance(struct pair *p) {
    uint32_t worker = (uint32_t)rng_below(&p->r, p->running_count);
    uint32_t trial = p->running[worker];
    bool fails = rng_below(&p->r, 12) == 0;
    enum study_verdict verdict = STUDY_GO_ON;
    if (!fails && p->done[trial] + 1 < p->steps) {
        verdict = report(p, trial);
        if (verdict == STUDY_GO_ON)
            return;
    }
    p->running[worker] = p->running[--p->running_count];
    if (verdict != STUDY_PAUSE)
        tell(p, trial, fails ? ENDED_BADLY : verdict == STUDY_STOP ? ENDED_SOON : ENDED_WELL);
}

/* Until `most` proposals were made or none is left. */
static void search(struct pair *p, uint32_t most) {
    enum study_answer last = STUDY_START;
    while (p->proposed < most && (last != STUDY_OVER || p->running_count > 0)) {
        bool may_ask = p->running_count < WORKERS && last != STUDY_OVER;
        if (may_ask && (p->running_count == 0 || rng_below(&p->r, 2) == 0)) {
            last = ask(p);
            if (last != STUDY_WAIT)
                continue;
            assert_true(p->running_count > 0); /* or nobody would ever be woken */
        }
        advance(p);
    }
}

static void each_method(void (*check)(enum method method)) {
    for (enum method method = 0; method < METHOD_COUNT; method++) {
        if (method != METHOD_GRID && method != METHOD_LIST)
            check(method);
    }
}

static void check_random_spaces(enum method method) {
    for (uint64_t number = 0; number < SPACES; number++) {
        random_space(&test, &words, method, number, false);
        pair_begin(&pair, number % 4 == 3 ? 2 : 1, number % 3 == 2 ? STEPS : 1);
        search(&pair, ASKS);
        pair_end(&pair);
    }
}

static void proposals_are_valid_and_distinct(void **state) {
    (void)state;
    each_method(check_random_spaces);
}

/* The configurations there are, counted one by one. */
static uint32_t count_configs(uint64_t *keys) {
    uint64_t size = 1;
    uint32_t count = 0;
    for (uint32_t d = 0; d < space.dims; d++)
        size *= param_points(&test.params[d]);
    for (uint64_t i = 0; i < size; i++) {
        struct value values[JOB_PARAMS_MAX];
        uint64_t rest = i;
        for (uint32_t d = 0; d < space.dims; d++) {
            uint64_t cells = param_points(&test.params[d]);
            param_point(&test.params[d], rest % cells, &values[d]);
            rest /= cells;
        }
        job_deactivate(&test.job, values);
        uint64_t key = space_key(&space, values);
        uint32_t at = 0;
        while (at < count && keys[at] != key)
            at++;
        keys[at] = key;
        count += at == count;
    }
    return count;
}

static void check_exhaustion(enum method method) {
    static uint64_t keys[FINITE_MOST];
    for (uint64_t number = 0; number < SPACES; number++) {
        random_space(&test, &words, method, number, true);
        pair_begin(&pair, 1, 1);
        search(&pair, FINITE_MOST);
        assert_int_equal(pair.proposed, count_configs(keys));
        assert_int_equal(ask(&pair), STUDY_OVER);
        pair_end(&pair);
    }
}

/* Seven parameters that only one of eight values awakens each: 8^8 points of the cube, 1 + 7 * 8
 * configurations. */
static void check_rare_branches(enum method method) {
    static const char *const letters[] = {"a", "b", "c", "d", "e", "f", "g", "h", NULL};
    static const char *const names[] = {"p1", "p2", "p3", "p4", "p5", "p6", "p7"};
    static const char *const whens[] = {"p0 == b", "p0 == c", "p0 == d", "p0 == e",
                                        "p0 == f", "p0 == g", "p0 == h"};
    job_begin(&test, method, 1000);
    add_choice(&test, "p0", letters);
    for (int i = 0; i < 7; i++)
        add_choice(&test, names[i], letters)->when_text = span_text(whens[i]);
    job_end(&test);
    pair_begin(&pair, 1, 1);
    search(&pair, FINITE_MOST);
    assert_int_equal(pair.proposed, 1 + 7 * 8);
    pair_end(&pair);
}

static void branches_are_used_up(void **state) {
    (void)state;
    each_method(check_rare_branches);
}

static void small_spaces_are_used_up(void **state) {
    (void)state;
    each_method(check_exhaustion);
}

static void check_budget(enum method method) {
    random_space(&test, &words, method, 3, false);
    test.job.trials = 7;
    pair_begin(&pair, 1, 1);
    search(&pair, FINITE_MOST);
    assert_int_equal(pair.proposed, 7);
    pair_end(&pair);
}

static void the_budget_ends_it(void **state) {
    (void)state;
    each_method(check_budget);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    random_space(&test, &words, METHOD_RANDOM, 1, false);
    pair_begin(&pair, 2, STEPS);
    struct study *s = pair.plain;
    enum study_verdict verdict;
    double values[] = {1, 2};
    struct study_result result = {.state = ENDED_WELL, .values = values};
    assert_false(study_tell(s, 0, &result)); /* nobody was asked for */
    assert_false(study_report(s, 0, 1, 0.5, &verdict));
    assert_int_equal(ask(&pair), STUDY_START);
    assert_false(study_report(s, 0, 0, 0.5, &verdict));
    assert_false(study_report(s, 0, STEPS + 1, 0.5, &verdict));
    assert_false(study_report(s, 0, 1, NAN, &verdict));
    assert_false(study_tell(s, 1, &result));
    result.state = AT_REST;
    assert_false(study_tell(s, 0, &result));
    result.state = ENDED_BADLY;
    assert_false(study_tell(s, 0, &result)); /* with values */
    result.state = ENDED_WELL;
    values[1] = INFINITY;
    assert_false(study_tell(s, 0, &result));
    assert_int_equal(study_trials(s)->active_count, 1);
    values[1] = 2;
    assert_true(study_tell(s, 0, &result));
    pair_end(&pair);
}

/* What an earlier search found counts, and is not proposed again. */
static void loaded_trials_are_known(void **state) {
    (void)state;
    job_begin(&test, METHOD_RANDOM, 10);
    add_choice(&test, "a", (const char *const[]){"x", "y", "z", NULL});
    job_end(&test);
    pair_begin(&pair, 1, 1);
    double value = 4;
    struct study_result result = {.state = ENDED_WELL, .values = &value};
    struct value values[] = {text_value("y")};
    assert_true(study_load(pair.plain, values, &result));
    assert_true(study_load(pair.ahead, values, &result));
    assert_true(study_trials(pair.plain)->values[0] == -4); /* maximised */
    value = NAN;
    assert_false(study_load(pair.plain, values, &result));
    assert_int_equal(study_trials(pair.plain)->count, 1);
    pair.keys[pair.proposed++] = space_key(&space, values);
    search(&pair, 10);
    assert_int_equal(pair.proposed, 3);
    pair_end(&pair);
}

/* What a job knows of earlier ones is there before the first trial, and is none of its own. */
static void history_is_known_from_the_start(void **state) {
    (void)state;
    const struct value rows[] = {text_value("y"), text_value("z")};
    const struct known_trial history[] = {{.values = &rows[0], .value = 4, .run_ms = 1500},
                                          {.values = &rows[1], .failed = true}};
    job_begin(&test, METHOD_RANDOM, 10);
    add_choice(&test, "a", (const char *const[]){"x", "y", "z", NULL});
    job_end(&test);
    test.job.history = history;
    test.job.history_count = 2;
    pair_begin(&pair, 1, 1);
    const struct trials *t = study_trials(pair.plain);
    assert_int_equal(t->count, 2);
    assert_int_equal(t->capacity, 14);                       /* and two that are loaded */
    assert_true(t->values[0] == -4 && t->seconds[0] == 1.5); /* maximised */
    assert_int_equal(t->failed_count, 1);
    pair.keys[pair.proposed++] = space_key(&space, &rows[0]);
    pair.keys[pair.proposed++] = space_key(&space, &rows[1]);
    search(&pair, 10);
    assert_int_equal(pair.proposed, 3); /* the one that is left */
    pair_end(&pair);
}

/* Methods go on from it, and do not begin with points that are drawn evenly. */
static void methods_begin_with_what_is_known(void **state) {
    static const enum method methods[] = {METHOD_GP, METHOD_TPE};
    static struct known_trial history[40];
    static struct value rows[40];
    (void)state;
    for (int i = 0; i < 40; i++) { /* maximised at 0.31 */
        rows[i] = (struct value){.kind = VALUE_FLOAT, .real = i / 40.0};
        history[i] = (struct known_trial){.values = &rows[i],
                                          .value = -(i / 40.0 - 0.31) * (i / 40.0 - 0.31)};
    }
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++) {
        double off = 0;
        job_begin(&test, methods[k], 10);
        add_range(&test, "a", PARAM_FLOAT, 0, 1);
        test.job.objectives_count = 1;
        test.job.objectives[0] =
            (struct objective){.metric = span_text("acc"), .goal = GOAL_MAXIMIZE};
        job_end(&test);
        test.job.history = history;
        test.job.history_count = 40;
        pair_begin(&pair, 1, 1);
        for (int i = 0; i < 4; i++) {
            struct study_proposal p;
            study_ask(pair.plain, &p);
            assert_int_equal(p.answer, STUDY_START);
            off += fabs(p.values[0].real - 0.31) / 4;
        }
        assert_true(off < 0.15); /* of even draws 0.29 */
        pair_end(&pair);
    }
}

/* Who keeps all constraints is better than who does not, whatever their values. */
static void who_breaks_constraints_is_not_the_best(void **state) {
    (void)state;
    job_begin(&test, METHOD_RANDOM, 10);
    add_choice(&test, "a", (const char *const[]){"x", "y", "z", NULL});
    job_end(&test);
    pair_begin(&pair, 1, 1);
    struct study *s = pair.plain;
    const double worth[] = {9, 4, 7};
    const double breach[] = {0.5, 0, 0.25};
    struct study_proposal p;
    for (uint32_t i = 0; i < 3; i++) {
        struct study_result result = {
            .state = ENDED_WELL, .values = &worth[i], .breach = breach[i]};
        study_ask(s, &p);
        assert_true(study_tell(s, p.trial, &result));
    }
    const uint32_t best[] = {1, 2, 0}; /* maximised */
    assert_memory_equal(study_trials(s)->best, best, sizeof best);
    struct study_result result = {.state = ENDED_WELL, .values = worth, .breach = -1};
    struct value values[] = {text_value("y")};
    assert_false(study_load(s, values, &result));
    pair_end(&pair);
}

static int looks;

/* A method that has three proposals, and counts how often it looks for another. */
static bool propose_three(void *none, const struct brief *b, uint64_t number,
                          struct value *values) {
    (void)none;
    looks++;
    values[0] = (struct value){.kind = VALUE_INT, .integer = (int64_t)number};
    return number < 3 && b->trials->count < 3;
}

/* To find out that nothing is left may be dear: it is found out once, until a trial has ended. */
static void a_search_that_is_used_up_does_not_look_again(void **state) {
    (void)state;
    static const struct algo three = {.name = "three", .propose = propose_three};
    struct study_proposal p;
    const double value = 1;
    const struct study_result result = {.state = ENDED_WELL, .values = &value};
    job_begin(&test, METHOD_RANDOM, 10);
    add_range(&test, "a", PARAM_INT, 0, 9);
    job_end(&test);
    const struct study_setup setup = {
        .job = &test.job, .goals = goals, .objectives = 1, .steps = 1, .algo = &three};
    size_t size = study_bytes(&setup);
    void *memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    struct study *s = study_init(&setup, &arena);
    looks = 0;
    for (int i = 0; i < 7; i++) {
        study_ask(s, &p);
        assert_int_equal(p.answer, i < 3 ? STUDY_START : STUDY_OVER);
    }
    assert_int_equal(looks, 4);
    assert_true(study_tell(s, 0, &result));
    study_ask(s, &p);
    study_ask(s, &p);
    assert_int_equal(looks, 5);
    assert_true(study_drop(s, 1));
    study_ask(s, &p);
    assert_int_equal(looks, 6);
    free(memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_breaks_constraints_is_not_the_best),
        cmocka_unit_test(proposals_are_valid_and_distinct),
        cmocka_unit_test(small_spaces_are_used_up),
        cmocka_unit_test(branches_are_used_up),
        cmocka_unit_test(the_budget_ends_it),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(loaded_trials_are_known),
        cmocka_unit_test(history_is_known_from_the_start),
        cmocka_unit_test(methods_begin_with_what_is_known),
        cmocka_unit_test(a_search_that_is_used_up_does_not_look_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
