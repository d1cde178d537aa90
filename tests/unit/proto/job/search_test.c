/* What a job says about its search beside the method: where, order, objectives, constraints, rungs. */
#include "tests/unit/proto/job/make.h"

#include "proto/job/grid.h"
#include "proto/job/yet.h"

#define CONSTANT_TEXT(text)                                                                        \
    { (const uint8_t *)(text), sizeof(text) - 1 }

static struct job_fault fault;
static struct err err;

/* learner svm | knn | lda, C 0.5 .. 2 of svm, neighbors 1 3 5 of knn. */
static const struct condition conditions[] = {
    {.text = CONSTANT_TEXT("C + gamma <= 2")},
    {.text = CONSTANT_TEXT("learner != knn or neighbors > 1")}};
static const struct condition limits[] = {{.text = CONSTANT_TEXT("model_mb <= 20")},
                                          {.text = CONSTANT_TEXT("'top@5' - accuracy < 0.2")}};
static const struct value sizes[] = {{.kind = VALUE_TEXT, .text = {(const uint8_t *)"s", 1}},
                                     {.kind = VALUE_TEXT, .text = {(const uint8_t *)"m", 1}},
                                     {.kind = VALUE_TEXT, .text = {(const uint8_t *)"l", 1}}};

static struct job searching(struct param *params) {
    struct job job = job_example(params);
    params[LEARNER].ordered = true;
    job.where = conditions;
    job.where_count = 2;
    job.objectives[1] = (struct objective){.metric = TEXT("ms")};
    job.objectives_count = 2;
    job.constraints = limits;
    job.constraints_count = 2;
    job.rungs = (struct job_rungs){.steps = 27,
                                   .policy = RUNGS_HYPERBAND,
                                   .first = 1,
                                   .eta = 3,
                                   .patience = 2,
                                   .budget = TEXT("epochs")};
    job.repeat = 3;
    job.trials = 21;
    job.patience = 40;
    job.cost_aware = true;
    return job;
}

static void check(struct job *job, struct arena *arena) {
    *arena = fresh_arena();
    if (!job_check(job, arena, &fault))
        fail_msg("%s: %s", fault.where, fault.what);
}

static void all_of_it_survives_its_bytes(void **state) {
    (void)state;
    static uint8_t memory[8192];
    static uint8_t again_memory[8192];
    struct param params[PARAMS];
    struct arena arena;
    struct job job = searching(params);
    check(&job, &arena);
    struct buf out = buf_of(memory, sizeof memory);
    assert_true(job_encode(&job, &out));
    struct job back;
    if (!job_decode(&back, buf_view(&out), &arena, &err))
        fail_msg("%s", err.what);
    assert_true(back.params[LEARNER].ordered);
    assert_false(back.params[KERNEL].ordered);
    assert_int_equal(back.where_count, 2);
    assert_text(back.where[1].text, "learner != knn or neighbors > 1");
    assert_int_equal(back.objectives_count, 2);
    assert_text(back.objectives[1].metric, "ms");
    assert_int_equal(back.objectives[1].goal, GOAL_MINIMIZE);
    assert_int_equal(back.constraints_count, 2);
    assert_text(back.constraints[0].text, "model_mb <= 20");
    assert_int_equal(back.rungs.steps, 27);
    assert_int_equal(back.rungs.policy, RUNGS_HYPERBAND);
    assert_int_equal(back.rungs.first, 1);
    assert_int_equal(back.rungs.eta, 3);
    assert_int_equal(back.rungs.patience, 2);
    assert_text(back.rungs.budget, "epochs");
    assert_int_equal(back.repeat, 3);
    assert_int_equal(back.patience, 40);
    assert_true(back.cost_aware);
    assert_int_equal(back.metrics_count, 4);
    assert_text(back.metrics[0], "accuracy");
    assert_text(back.metrics[1], "ms");
    assert_text(back.metrics[2], "model_mb");
    assert_text(back.metrics[3], "top@5");
    struct buf again = buf_of(again_memory, sizeof again_memory);
    assert_true(job_encode(&back, &again));
    assert_true(span_equal(buf_view(&again), buf_view(&out)));
}

/* `patience: auto` goes with less than all of it. */
static void until_it_is_hopeless(void **state) {
    (void)state;
    static uint8_t memory[8192];
    static char text[8192];
    struct param params[PARAMS];
    struct arena arena;
    struct job back, job = job_example(params);
    job.method = METHOD_GP;
    job.until_hopeless = true;
    check(&job, &arena);
    struct buf out = buf_of(memory, sizeof memory), printed = buf_of(text, sizeof text - 1);
    assert_true(job_encode(&job, &out));
    if (!job_decode(&back, buf_view(&out), &arena, &err))
        fail_msg("%s", err.what);
    assert_true(back.until_hopeless && back.patience == 0 && job_has_patience(&back));
    job_print(&back, &printed);
    assert_non_null(strstr(text, "  patience: auto\n"));
    job.patience = 4; /* it is one or the other */
    assert_false(job_check(&job, &arena, &fault));
    job.patience = 0;
    job.method = METHOD_TPE;
    assert_false(job_check(&job, &arena, &fault));
    assert_string_equal(fault.where, "search.patience");
}

/* `repeat: auto` likewise. */
static void runs_that_the_search_chooses(void **state) {
    (void)state;
    static uint8_t memory[8192];
    static char text[8192];
    const struct condition small = {.text = TEXT("model_mb <= 20")};
    struct param params[PARAMS];
    struct arena arena;
    struct job back, job = job_example(params);
    job.method = METHOD_TPE;
    job.repeat_auto = true;
    job.objectives[0].has_target = false;
    job.objectives[0].target = 0;
    check(&job, &arena);
    struct buf out = buf_of(memory, sizeof memory), printed = buf_of(text, sizeof text - 1);
    assert_true(job_encode(&job, &out));
    if (!job_decode(&back, buf_view(&out), &arena, &err))
        fail_msg("%s", err.what);
    assert_true(back.repeat_auto && back.repeat == 1);
    job_print(&back, &printed);
    assert_non_null(strstr(text, "  repeat: auto\n"));
    struct job wrong[8];
    for (uint32_t i = 0; i < 8; i++)
        wrong[i] = job;
    wrong[0].method = METHOD_SOBOL;
    wrong[1].repeat = 2; /* it is one or the other */
    wrong[2].objectives_count = 2;
    wrong[2].method = METHOD_AUTO;
    wrong[2].objectives[1] = (struct objective){.metric = TEXT("ms")};
    wrong[3].rungs =
        (struct job_rungs){.steps = 27, .first = 1, .eta = 3, .budget = TEXT("epochs")};
    wrong[4].constraints = &small;
    wrong[4].constraints_count = 1;
    wrong[5].cost_aware = true;
    wrong[6].objectives[0].has_target = true;
    wrong[7].patience = 10;
    for (uint32_t i = 0; i < 8; i++) {
        assert_false(job_check(&wrong[i], &arena, &fault));
        assert_string_equal(fault.where, "search.repeat");
    }
}

/* A job that says nothing of this has the bytes it had before any of it could be said: its name is
 * made of them. */
static void others_keep_their_bytes(void **state) {
    (void)state;
    static uint8_t memory[2][8192];
    struct param params[PARAMS];
    struct arena arena;
    struct job job = job_example(params);
    check(&job, &arena);
    struct buf out = buf_of(memory[0], sizeof memory[0]);
    assert_true(job_encode(&job, &out));
    assert_int_equal(memory[0][0], 0x9f); /* an array of 15 */
    for (size_t i = 0; i < out.len; i++)
        assert_int_not_equal(memory[0][i], 0x9a); /* no parameter of 10 parts */

    struct job more = job;
    more.repeat = 2;
    struct buf longer = buf_of(memory[1], sizeof memory[1]);
    assert_true(job_encode(&more, &longer));
    assert_int_equal(memory[1][0], 0xdc); /* an array of 16 needs a longer head */
    assert_memory_equal(memory[1] + 3, memory[0] + 1, out.len - 1);

    struct job back;
    assert_true(job_decode(&back, buf_view(&out), &arena, &err));
    assert_int_equal(back.repeat, 1);
    assert_int_equal(back.rungs.steps, 0);
    assert_int_equal(back.objectives_count, 1);
}

/* Each byte of it changed or cut off does no harm. */
static void bad_bytes_are_refused(void **state) {
    (void)state;
    static uint8_t memory[8192];
    static uint8_t out_memory[8192];
    static uint8_t back_memory[65536];
    struct param params[PARAMS];
    struct arena arena;
    struct job job = searching(params);
    check(&job, &arena);
    struct buf out = buf_of(memory, sizeof memory);
    assert_true(job_encode(&job, &out));
    for (size_t i = 0; i < out.len; i++) {
        struct job back;
        struct arena other = arena_of(back_memory, sizeof back_memory);
        assert_false(job_decode(&back, span_of(memory, i), &other, &err));
        for (unsigned change = 1; change < 256; change *= 2) {
            other = arena_of(back_memory, sizeof back_memory);
            memory[i] ^= (uint8_t)change;
            if (job_decode(&back, buf_view(&out), &other, &err)) {
                struct buf again = buf_of(out_memory, sizeof out_memory);
                assert_true(job_encode(&back, &again));
            }
            memory[i] ^= (uint8_t)change;
        }
    }
}

static void the_long_form_says_all(void **state) {
    (void)state;
    static char memory[8192];
    struct param params[PARAMS];
    struct arena arena;
    struct job job = searching(params);
    check(&job, &arena);
    struct buf out = buf_of(memory, sizeof memory - 1);
    job_print(&job, &out);
    memory[out.len] = '\0';
    static const char *const parts[] = {
        "  objectives:\n    - {metric: accuracy, goal: maximize, target: 0.99}\n"
        "    - {metric: ms, goal: minimize}\n"
        "  constraints: [\"model_mb <= 20\", \"'top@5' - accuracy < 0.2\"]\n"
        "  rungs: {scheduler: hyperband, budget: epochs, min: 1, max: 27, eta: 3, patience: 2}\n"
        "  repeat: 3\n  patience: 40\n  cost_aware: true\nparams:\n",
        "  learner: {values: [svm, knn, lda], ordered: true}\n",
        "where: [\"C + gamma <= 2\", \"learner != knn or neighbors > 1\"]\nrun:\n",
    };
    for (uint32_t i = 0; i < COUNT(parts); i++) {
        if (strstr(memory, parts[i]) == NULL)
            fail_msg("not there: %s\n%s", parts[i], memory);
    }
}

static void where_keeps_configurations_out(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena;
    struct job job = searching(params);
    check(&job, &arena);
    const struct {
        struct value values[PARAMS];
        double miss;
    } cases[] = {
        {{FLOAT(0.5), WORD("svm"), WORD("rbf"), FLOAT(1.0), NONE}, 0},
        {{FLOAT(0.5), WORD("svm"), WORD("rbf"), FLOAT(2.0), NONE}, 0.25}, /* (2.5 - 2) / 2 */
        {{NONE, WORD("svm"), WORD("linear"), FLOAT(2.0), NONE}, 0},       /* no gamma: undecided */
        {{NONE, WORD("knn"), NONE, NONE, INT(3)}, 0},
        {{NONE, WORD("knn"), NONE, NONE, INT(1)}, 1e-300}, /* just not greater */
        {{NONE, WORD("lda"), NONE, NONE, NONE}, 0},
    };
    for (uint32_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(job_allows(&job, cases[i].values), cases[i].miss == 0);
        assert_true(job_miss(&job, cases[i].values) == cases[i].miss);
    }
}

static void breaches_are_measured(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena;
    struct job job = searching(params);
    check(&job, &arena);
    /* accuracy, ms, model_mb, top@5 */
    const struct value good[] = {FLOAT(0.875), FLOAT(3), INT(20), FLOAT(1)};
    const struct value large[] = {FLOAT(0.875), FLOAT(3), INT(30), FLOAT(1)};
    const struct value both[] = {FLOAT(0.5), FLOAT(3), INT(30), FLOAT(1)};
    const struct value untold[] = {FLOAT(0.875), FLOAT(3), NONE, FLOAT(1)};
    assert_true(job_breach(&job, good) == 0);
    assert_true(job_breach(&job, large) == 0.5);                    /* (30 - 20) / 20 */
    assert_true(job_breach(&job, both) == 0.5 + (0.5 - 0.2) / 0.2); /* and the other one */
    assert_true(job_breach(&job, untold) == BREACH_UNKNOWN);
    job.constraints_count = 0;
    assert_true(job_breach(&job, untold) == 0);
}

static void a_grid_counts_what_is_allowed(void **state) {
    (void)state;
    static const char *const expected[] = {
        "gamma=0.001 learner=svm kernel=rbf C=0.5",
        "gamma=0.001 learner=svm kernel=rbf C=1",
        "gamma=0.001 learner=svm kernel=rbf C=1.5",
        "gamma=0.01 learner=svm kernel=rbf C=0.5",
        "gamma=0.01 learner=svm kernel=rbf C=1",
        "gamma=0.01 learner=svm kernel=rbf C=1.5",
        "gamma=0.1 learner=svm kernel=rbf C=0.5",
        "gamma=0.1 learner=svm kernel=rbf C=1",
        "gamma=0.1 learner=svm kernel=rbf C=1.5",
        "gamma=1 learner=svm kernel=rbf C=0.5",
        "gamma=1 learner=svm kernel=rbf C=1",
        "learner=svm kernel=linear C=0.5",
        "learner=svm kernel=linear C=1",
        "learner=svm kernel=linear C=1.5",
        "learner=svm kernel=linear C=2",
        "learner=knn neighbors=3",
        "learner=knn neighbors=5",
        "learner=lda",
    };
    struct param params[PARAMS];
    struct arena arena;
    struct job job = searching(params);
    job.method = METHOD_GRID;
    job.trials = 0;
    job.repeat = 1;
    check(&job, &arena);
    assert_int_equal(job.trials, COUNT(expected));
    const struct grid *grid = grid_make(&job, &arena, &fault);
    assert_non_null(grid);
    for (uint32_t i = 0; i < COUNT(expected); i++) {
        char memory[200];
        struct buf out = buf_of(memory, sizeof memory);
        struct value values[PARAMS];
        grid_point(grid, &job, i, values);
        job_config_print(&job, values, 0, &out);
        assert_text(buf_view(&out), expected[i]);
    }
    job = searching(params);
    job.method = METHOD_GRID;
    job.trials = 0;
    check(&job, &arena);
    assert_int_equal(job.trials, 3 * COUNT(expected));
}

/* 512 points, 64 a word of the marks, most words without any. */
static void few_allowed_points_are_found(void **state) {
    (void)state;
    struct param params[] = {
        {.name = TEXT("a"), .kind = PARAM_INT, .low = 0, .high = 511},
    };
    const struct condition only[] = {{.text = TEXT("a % 200 == 63 or a in [0, 511]")}};
    struct job job = job_example((struct param[PARAMS]){{.low = 0}});
    struct arena arena;
    job.method = METHOD_GRID;
    job.trials = 0;
    job.params = params;
    job.params_count = 1;
    job.env_count = 0;
    job.argv_count = 1;
    job.where = only;
    job.where_count = 1;
    check(&job, &arena);
    static const int64_t expected[] = {0, 63, 263, 463, 511};
    assert_int_equal(job.trials, COUNT(expected));
    const struct grid *grid = grid_make(&job, &arena, &fault);
    for (uint32_t i = 0; i < COUNT(expected); i++) {
        struct value value;
        grid_point(grid, &job, i, &value);
        assert_int_equal(value.integer, expected[i]);
    }
}

static void assert_fault(const struct job *job, const char *where, const char *what) {
    struct arena arena = fresh_arena();
    struct job copy = *job;
    if (job_check(&copy, &arena, &fault))
        fail_msg("%s: was taken", where);
    assert_string_equal(fault.where, where);
    assert_string_equal(fault.what, what);
}

static void faults_are_named(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct job job = searching(params);
    job.where_count = WHERE_MAX + 1;
    assert_fault(&job, "where", "more than 64 conditions");

    const struct condition wrong[] = {{.text = TEXT("C < 1")}, {.text = TEXT("C + gama < 1")}};
    job = searching(params);
    job.where = wrong;
    assert_fault(&job, "where[1]", "'gama' is neither a number nor a parameter");
    assert_string_equal(fault.nearest, "gamma");
    assert_int_equal(fault.at, 4);

    static char text[16 * 16 + 1];
    static struct condition many[WHERE_MAX];
    for (size_t i = 0; i < sizeof text - 1; i += 16)
        memcpy(text + i, " C * C < 4.25 or", 16);
    for (uint32_t i = 0; i < WHERE_MAX; i++)
        many[i].text = span_of(text + 1, sizeof text - 1 - 3);
    job = searching(params);
    job.where = many;
    job.where_count = WHERE_MAX;
    assert_fault(&job, "where[12]", "all of 'where' is longer than 1024 parts");

    job = searching(params);
    job.objectives_count = OBJECTIVES_MOST + 1;
    assert_fault(&job, "search.objectives", "more than 8 objectives");
    job = searching(params);
    job.objectives[1].metric = TEXT("accuracy");
    assert_fault(&job, "search.objectives[1].metric", "the metric 'accuracy' twice");
    job = searching(params);
    job.objectives[1].metric = TEXT("");
    assert_fault(&job, "search.objectives[1]", "a goal and a target need a metric");
    job = searching(params);
    job.constraints_count = CONSTRAINTS_MAX + 1;
    assert_fault(&job, "search.constraints", "more than 16 constraints");
    job = searching(params);
    job.objectives_count = 0;
    job.objectives[0] = (struct objective){.goal = GOAL_MINIMIZE};
    assert_fault(&job, "search.constraints",
                 "'constraints' needs an objective: what is a better trial?");
    job = searching(params);
    job.rungs.steps = 0;
    assert_fault(&job, "search.rungs", "rungs need 'max', how many steps a whole trial has");
    job = searching(params);
    job.rungs.first = 28;
    assert_fault(&job, "search.rungs.min", "the first rung, 28, is beyond 'max', 27");
    job = searching(params);
    job.rungs.eta = 1;
    assert_fault(&job, "search.rungs.eta", "'eta' is 2 to 16");
    job = searching(params);
    job.rungs.policy = RUNGS_POLICIES;
    assert_fault(&job, "search.rungs.scheduler", "there is no such scheduler");
    job = searching(params);
    job.repeat = REPEAT_MAX + 1;
    assert_fault(&job, "search.repeat", "a configuration gets at most 64 trials");
    job = searching(params);
    job.trials = 10923;
    assert_fault(&job, "search.trials",
                 "a job with 'repeat' has at most 10922 trials, with so many objectives and "
                 "constraints");
    job = searching(params);
    job.objectives_count = 1;
    job.trials = 16386;
    assert_fault(&job, "search.trials", "a job with 'repeat' has at most 16384 trials");
    job = searching(params);
    job.trials = 22;
    assert_fault(&job, "search.trials",
                 "22 trials are no multiple of 'repeat', 3, the trials of one configuration");
    job = searching(params);
    params[C].ordered = true;
    assert_fault(&job, "params.C", "a parameter has either values or a range");
}

static void only_ascending_numbers_ascend(void **state) {
    (void)state;
    const struct value ascending[] = {INT(1), FLOAT(1.5), INT(8)};
    const struct value falling[] = {INT(8), INT(4)};
    struct param p = {.kind = PARAM_CHOICE, .choices = ascending, .choices_count = 3};
    assert_true(param_ascends(&p));
    p.choices_count = 1;
    assert_false(param_ascends(&p));
    p = (struct param){.kind = PARAM_CHOICE, .choices = falling, .choices_count = 2};
    assert_false(param_ascends(&p));
    p = (struct param){.kind = PARAM_CHOICE, .choices = sizes, .choices_count = 3};
    assert_false(param_ascends(&p));
    p = (struct param){.kind = PARAM_INT, .low = 1, .high = 4};
    assert_false(param_ascends(&p));
}

static void what_does_not_run_yet_is_named(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct job job = job_example(params);
    job.where = conditions;
    job.where_count = 2;
    assert_true(job_runs(&job, &fault));
    job.cost_aware = true;
    job.method = METHOD_RANDOM;
    assert_false(job_runs(&job, &fault));
    assert_string_equal(fault.where, "search.cost_aware");
    assert_string_equal(fault.what, "'cost_aware' goes with the methods auto, gp and tpe, with two "
                                    "to 4 objectives auto and pareto");
    job.objectives_count = 2;
    job.method = METHOD_PARETO;
    assert_true(job_runs(&job, &fault));
    job.objectives_count = OBJECTIVES_MODELLED + 1;
    assert_false(job_runs(&job, &fault));
    job.objectives_count = 1;
    job.method = METHOD_TPE;
    assert_true(job_runs(&job, &fault));
    job.rungs.steps = 9;
    assert_true(job_runs(&job, &fault));
    job.constraints_count = 1;
    assert_true(job_runs(&job, &fault));
    job.objectives_count = 2;
    assert_false(job_runs(&job, &fault));
    assert_string_equal(fault.where, "search.rungs");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_survives_its_bytes),
        cmocka_unit_test(until_it_is_hopeless),
        cmocka_unit_test(runs_that_the_search_chooses),
        cmocka_unit_test(others_keep_their_bytes),
        cmocka_unit_test(bad_bytes_are_refused),
        cmocka_unit_test(the_long_form_says_all),
        cmocka_unit_test(where_keeps_configurations_out),
        cmocka_unit_test(breaches_are_measured),
        cmocka_unit_test(a_grid_counts_what_is_allowed),
        cmocka_unit_test(few_allowed_points_are_found),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(only_ascending_numbers_ascend),
        cmocka_unit_test(what_does_not_run_yet_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
