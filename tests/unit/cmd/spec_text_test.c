#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cmd/cli/spec_text.h"

#include <string.h>

static void expect(void (*print)(const struct job *, struct buf *), const struct job *job,
                   const char *expected) {
    char memory[SPEC_TEXT_BYTES];
    struct buf text = buf_of(memory, sizeof memory - 1);
    print(job, &text);
    memory[text.len] = '\0';
    assert_string_equal(memory, expected);
}

static void expect_domain(const struct param *param, size_t room, const char *expected) {
    char memory[SPEC_TEXT_BYTES];
    struct buf text = buf_of(memory, room);
    spec_print_domain(param, &text);
    assert_false(text.overflow);
    memory[text.len] = '\0';
    assert_string_equal(memory, expected);
}

static void summaries(void **state) {
    (void)state;
    const struct param params[] = {{.name = span_text("a")},
                                   {.name = span_text("b"), .when_text = span_text("a == 1")}};
    struct job job = {.method = METHOD_RANDOM, .trials = 60, .params = params, .params_count = 2};
    expect(spec_print_summary, &job,
           "2 parameters (1 conditional), random search of 60 trials, no objective");
    job.params_count = 1;
    job.trials = 1;
    job.method = METHOD_GRID;
    job.objectives[0] = (struct objective){.metric = span_text("loss"), .goal = GOAL_MINIMIZE};
    job.objectives_count = 1;
    expect(spec_print_summary, &job, "1 parameter, grid search of 1 trial, minimize loss");
    job.method = METHOD_LIST;
    job.objectives[0].has_target = true;
    job.objectives[0].target = 0.125;
    expect(spec_print_summary, &job,
           "1 parameter, list of 1 trial, minimize loss, done early at 0.125");
}

static void objectives(void **state) {
    (void)state;
    struct job job = {0};
    expect(spec_print_objective, &job, "none: a trial that ends with exit 0 is done");
    job.objectives[0] = (struct objective){.metric = span_text("acc"), .goal = GOAL_MAXIMIZE};
    job.objectives_count = 1;
    expect(spec_print_objective, &job, "maximize acc");
    static const struct condition constraints[] = {{.text = {(const uint8_t *)"mb <= 20", 8}},
                                                   {.text = {(const uint8_t *)"mb > 1", 6}},
                                                   {.text = {(const uint8_t *)"ms < 3", 6}},
                                                   {.text = {(const uint8_t *)"ms > 2", 6}}};
    job.objectives[1] =
        (struct objective){.metric = span_text("ms"), .has_target = true, .target = 5};
    job.objectives_count = 2;
    job.constraints = constraints;
    job.constraints_count = 2;
    expect(spec_print_objective, &job,
           "maximize acc; minimize ms, done early at 5, with mb <= 20 and mb > 1");
    job.constraints_count = 4;
    expect(spec_print_objective, &job,
           "maximize acc; minimize ms, done early at 5, with mb <= 20 and mb > 1 and ms < 3 and 1 "
           "more");
}

static void rungs(void **state) {
    (void)state;
    struct job job = {0};
    expect(spec_print_rungs, &job, "");
    job.rungs = (struct job_rungs){.steps = 1};
    expect(spec_print_rungs, &job, "auto 1 step");
    job.rungs = (struct job_rungs){
        .steps = 27, .policy = RUNGS_ASHA, .first = 1, .eta = 3, .budget = span_text("epochs")};
    expect(spec_print_rungs, &job, "asha 1-3-9-27 epochs");
    job.rungs = (struct job_rungs){.steps = 100};
    expect(spec_print_rungs, &job, "auto 12-36-100 steps");
    job.rungs.policy = RUNGS_NONE;
    expect(spec_print_rungs, &job, "none 100 steps");
    job.rungs = (struct job_rungs){.steps = 100, .policy = RUNGS_PBT};
    expect(spec_print_rungs, &job, "pbt every 7 of 100 steps");
    job.rungs = (struct job_rungs){
        .steps = 12, .policy = RUNGS_PBT, .first = 2, .budget = span_text("epochs")};
    expect(spec_print_rungs, &job, "pbt every 2 of 12 epochs");
    job.rungs.steps = 1000;
    expect(spec_print_rungs, &job,
           "pbt every 63 of 1000 epochs (not every 2: members are compared 15 times at most)");
}

static void limits_and_retries(void **state) {
    (void)state;
    struct job job = {.limits = {.wall = 0, .grace = 10000, .output = 20 << 20}};
    expect(spec_print_limits, &job, "no wall, output 20 MiB, grace 10 s");
    job.limits.wall = 90000;
    expect(spec_print_limits, &job, "wall 1 min 30 s, output 20 MiB, grace 10 s");
    expect(spec_print_retry, &job, "crash never, exit 75 or interrupted never");
    job.retry = (struct retry){.crash = 1, .transient = 5};
    expect(spec_print_retry, &job, "crash up to 1 time, exit 75 or interrupted up to 5 times");
}

static void domains(void **state) {
    (void)state;
    const struct value choices[] = {{.kind = VALUE_TEXT, .text = span_text("rbf")},
                                    {.kind = VALUE_INT, .integer = 3},
                                    {.kind = VALUE_BOOL, .boolean = true}};
    struct param p = {.kind = PARAM_FLOAT, .low = 1e-5, .high = 100, .scale = SCALE_LOG};
    expect_domain(&p, 200, "1e-5 to 100, log");
    p = (struct param){.kind = PARAM_INT, .low = 1, .high = 9, .step = 2};
    expect_domain(&p, 200, "1 to 9 step 2, int");
    p = (struct param){.kind = PARAM_FLOAT, .low = 0, .high = 1, .points = 5};
    expect_domain(&p, 200, "0 to 1 in 5 points");
    p = (struct param){.kind = PARAM_CHOICE, .choices = choices, .choices_count = 3};
    expect_domain(&p, 200, "rbf | 3 | true");
    p.ordered = true;
    expect_domain(&p, 200, "rbf < 3 < true");
    p.ordered = false;
    expect_domain(&p, 82, "rbf | ... 3 choices"); /* no room to be sure of the next one */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(summaries),          cmocka_unit_test(objectives), cmocka_unit_test(rungs),
        cmocka_unit_test(limits_and_retries), cmocka_unit_test(domains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
