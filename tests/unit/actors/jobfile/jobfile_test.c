/* Good files: what each part becomes, defaults, the short forms, and the way through the long form
 * and back. What bad files get is in tests/script/jobfile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "actors/jobfile/jobfile.h"

enum { ARENA_BYTES = 8 << 20 };

static uint8_t first_memory[ARENA_BYTES];
static uint8_t second_memory[ARENA_BYTES];

static struct job read_or_fail(struct span text, const char *dir, uint8_t *memory) {
    struct arena arena = arena_of(memory, ARENA_BYTES);
    struct jobfile_at at;
    struct err err;
    struct job job;
    if (!jobfile_read(&job, text, "job.yaml", dir, NULL, &arena, &at, &err))
        fail_msg("%s", err.what);
    return job;
}

static struct job read_text(const char *text) {
    return read_or_fail(span_text(text), "/home/user", first_memory);
}

static void assert_span(struct span got, const char *expected) {
    if (!span_is(got, expected))
        fail_msg("expected '%s', got '%.*s'", expected, (int)got.len, (const char *)got.data);
}

#define LEAST "zyg: 1\nname: t\nrun: {command: [./train]}\n"

static void the_least_file_and_its_defaults(void **state) {
    (void)state;
    struct job job = read_text(LEAST "search: {trials: 3}\n");
    assert_span(job.name, "t");
    assert_span(job.dir, "/home/user");
    assert_int_equal(job.method, METHOD_AUTO);
    assert_int_equal(job.trials, 3);
    assert_int_equal(job.parallel, 0);
    assert_int_equal(job.seed, 0);
    assert_int_equal(job.objectives[0].metric.len, 0);
    assert_int_equal(job.params_count + job.env_count + job.patterns_count + job.configs_count, 0);
    assert_span(job.argv[0], "./train");
    assert_int_equal(job.limits.wall, 0);
    assert_int_equal(job.limits.grace, 10000);
    assert_int_equal(job.limits.output, 20971520);
    assert_int_equal(job.retry.crash, 0);
    assert_int_equal(job.retry.transient, 5);
    assert_int_equal(job.copies, 2);
}

static void everything_a_file_can_say(void **state) {
    (void)state;
    struct job job = read_text(
        "zyg: 1\n"
        "name: digits-2\n"
        "copies: 3\n"
        "search:\n"
        "  method: random\n"
        "  trials: 200\n"
        "  parallel: 32\n"
        "  seed: 7\n"
        "  objectives: [{metric: val_acc, goal: maximize, target: 0.995}]\n"
        "params:\n"
        "  learner: [cnn, mlp, forest]\n"
        "  lr: {min: 1e-5, max: 0.1, scale: log10, points: 5, when: \"learner != forest\"}\n"
        "  batch: {min: 16, max: 512, scale: log2, type: int}\n"
        "  drop: {min: 0, max: 1, step: 0.1}\n"
        "  mixed: {values: [true, 1, 1.5, no, \"2\", 0x10], when: learner == mlp}\n"
        "  fixed: 010\n"
        "try_first: [{learner: forest, batch: 64.0, drop: 0.30000000000000004, fixed: 10}]\n"
        "run:\n"
        "  command: [python3, train.py, 5, true, \"--lr={lr}\", \"{{x}}\", \"{args}\"]\n"
        "  dir: ./sub//folder/\n"
        "  env: {MODE: \"{learner}\", COUNT: 3, EMPTY: }\n"
        "  worker: process\n"
        "  metrics: {regex: {val_acc: 'acc=([0-9.]+)', loss: \"loss (.*)$\"}}\n"
        "  limits: {wall: 30m, output: 5MiB, grace: 500ms}\n"
        "  retry: {crash: 1, transient: 2, lost: unlimited}\n");
    assert_int_equal(job.trials, 200);
    assert_int_equal(job.parallel, 32);
    assert_int_equal(job.seed, 7);
    assert_span(job.objectives[0].metric, "val_acc");
    assert_int_equal(job.objectives[0].goal, GOAL_MAXIMIZE);
    assert_true(job.objectives[0].has_target && job.objectives[0].target == 0.995);

    const struct param *p = job.params;
    assert_int_equal(job.params_count, 6);
    assert_int_equal(p[0].choices_count, 3);
    assert_int_equal(p[1].kind, PARAM_FLOAT);
    assert_true(p[1].low == 1e-5 && p[1].high == 0.1 && p[1].points == 5);
    assert_int_equal(p[1].scale, SCALE_LOG);
    assert_int_equal(p[2].kind, PARAM_INT);
    assert_int_equal(p[2].scale, SCALE_LOG);
    assert_true(p[3].step == 0.1);
    static const enum value_kind kinds[] = {VALUE_BOOL, VALUE_INT,  VALUE_FLOAT,
                                            VALUE_TEXT, VALUE_TEXT, VALUE_TEXT};
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(p[4].choices[i].kind, kinds[i]);
    assert_span(p[4].choices[3].text, "no");
    assert_int_equal(p[5].choices_count, 1);
    assert_int_equal(p[5].choices[0].integer, 10); /* 010 is ten */

    assert_int_equal(job.configs_count, 1);
    assert_int_equal(job.configs[1].kind, VALUE_NONE);
    assert_int_equal(job.configs[2].kind, VALUE_INT);
    assert_int_equal(job.configs[2].integer, 64);
    assert_true(job.configs[3].kind == VALUE_FLOAT && job.configs[3].real == 0.3);

    assert_int_equal(job.argv_count, 7);
    assert_span(job.argv[2], "5");
    assert_span(job.argv[3], "true");
    assert_span(job.dir, "/home/user/sub/folder");
    assert_int_equal(job.env_count, 3);
    assert_span(job.env[1].value, "3");
    assert_span(job.env[2].value, "");
    assert_int_equal(job.patterns_count, 2);
    assert_span(job.patterns[1].pattern, "loss (.*)$");
    assert_int_equal(job.limits.wall, 1800000);
    assert_int_equal(job.limits.output, 5242880);
    assert_int_equal(job.limits.grace, 500);
    assert_int_equal(job.retry.crash, 1);
    assert_int_equal(job.retry.transient, 2);
    assert_int_equal(job.copies, 3);
}

/* Read, written out in the long form, and read again: the same bytes. */
static void everything_a_search_can_say(void **state) {
    (void)state;
    static uint8_t memory[2][LIMIT_JOB_SPEC_BYTES];
    static char text[16384];
    struct job job = read_text("zyg: 1\n"
                               "name: wide\n"
                               "search:\n"
                               "  trials: 60\n"
                               "  objectives:\n"
                               "    - {metric: acc, goal: maximize}\n"
                               "    - {metric: ms, goal: minimize, target: 5}\n"
                               "  constraints: model_mb <= 20\n"
                               "  rungs: {scheduler: asha-stop, budget: epochs, max: 27}\n"
                               "  repeat: 2\n"
                               "  patience: 30\n"
                               "  cost_aware: true\n"
                               "params:\n"
                               "  size: {values: [small, medium, large], ordered: true}\n"
                               "  batch: [16, 32, 64.5]\n"
                               "  code: {values: [0, 1, 2], ordered: false}\n"
                               "  falling: {values: [3, 2, 1]}\n"
                               "  a: {min: 0, max: 1}\n"
                               "  b: {min: 0, max: 1}\n"
                               "where: [\"a + b <= 1\", \"size != large or batch < 64\"]\n"
                               "run: {command: [./train]}\n");
    assert_int_equal(job.objectives_count, 2);
    assert_span(job.objectives[0].metric, "acc");
    assert_int_equal(job.objectives[0].goal, GOAL_MAXIMIZE);
    assert_span(job.objectives[1].metric, "ms");
    assert_int_equal(job.objectives[1].goal, GOAL_MINIMIZE);
    assert_true(job.objectives[1].has_target && job.objectives[1].target == 5);
    assert_int_equal(job.constraints_count, 1);
    assert_span(job.constraints[0].text, "model_mb <= 20");
    assert_int_equal(job.metrics_count, 3);
    assert_int_equal(job.rungs.policy, RUNGS_STOPPING);
    assert_int_equal(job.rungs.steps, 27);
    assert_span(job.rungs.budget, "epochs");
    assert_int_equal(job.repeat, 2);
    assert_int_equal(job.patience, 30);
    assert_true(job.cost_aware);
    static const bool ordered[] = {true, true, false, false, false, false};
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(job.params[i].ordered, ordered[i]);
    assert_int_equal(job.where_count, 2);
    assert_span(job.where[1].text, "size != large or batch < 64");

    struct buf spec = buf_of(memory[0], sizeof memory[0]);
    struct buf again = buf_of(memory[1], sizeof memory[1]);
    struct buf out = buf_of(text, sizeof text);
    assert_true(job_encode(&job, &spec));
    job_print(&job, &out);
    struct job back = read_or_fail(buf_view(&out), "/", second_memory);
    assert_true(job_encode(&back, &again));
    assert_true(span_equal(buf_view(&spec), buf_view(&again)));
}

static bool says_no(const struct job *job, struct job_fault *fault) {
    (void)job;
    return job_fault_set(fault, "params.a.min", 0, "not like this");
}

static void callers_may_find_faults_too(void **state) {
    (void)state;
    struct job job;
    struct jobfile_at at;
    struct err err;
    struct arena arena = arena_of(first_memory, sizeof first_memory);
    assert_false(
        jobfile_read(&job, span_text(LEAST "search: {trials: 1}\nparams: {a: {min: 2, max: 3}}\n"),
                     "a.yaml", "/", says_no, &arena, &at, &err));
    assert_non_null(strstr(err.what, "a.yaml:"));
    assert_non_null(strstr(err.what, ":19: not like this"));
}

static void short_forms(void **state) {
    (void)state;
    struct job job =
        read_text("{\"zyg\": 1, \"name\": \"json\", \"search\": {\"trials\": 1, \"objective\": "
                  "{\"metric\": \"loss\", \"goal\": \"minimize\"}}, "
                  "\"run\": {\"command\": \"python3 'my train.py' --fast\"}}");
    assert_span(job.objectives[0].metric, "loss");
    assert_int_equal(job.objectives[0].goal, GOAL_MINIMIZE);
    assert_false(job.objectives[0].has_target);
    assert_int_equal(job.argv_count, 3);
    assert_span(job.argv[1], "my train.py");
}

static void a_byte_order_mark_is_no_character(void **state) {
    (void)state;
    struct arena arena = arena_of(first_memory, ARENA_BYTES);
    struct jobfile_at at;
    struct err err;
    struct job job = read_text("\xef\xbb\xbf" LEAST "search: {trials: 3}\r\n");
    assert_int_equal(job.trials, 3);
    assert_false(jobfile_read(&job, span_text("\xef\xbb\xbfzyg: \"one\""), "j", "/", NULL, &arena,
                              &at, &err));
    assert_string_equal(err.what,
                        "j:1:6: 'zyg' expects 1, the version of job files, not the text 'one'");
    assert_false(jobfile_read(&job, span_text("\xef\xbb\xbf"), "j", "/", NULL, &arena, &at, &err));
    assert_string_equal(err.what, "j:1:1: the file is empty; a job begins with 'zyg: 1'");
    assert_false(jobfile_read(&job, (struct span){0}, "j", "/", NULL, &arena, &at, &err));
    assert_string_equal(err.what, "j:1:1: the file is empty; a job begins with 'zyg: 1'");
}

static void folders(void **state) {
    (void)state;
    static const struct {
        const char *dir;
        const char *expected;
    } cases[] = {
        {"sub", "/home/user/sub"},  {".", "/home/user"}, {"../x", "/home/user/../x"},
        {"/srv/data", "/srv/data"}, {"/", "/"},          {"/srv/./a/", "/srv/a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        snprintf(text, sizeof text,
                 "zyg: 1\nname: t\nsearch: {trials: 1}\nrun: {command: [a], dir: %s}\n",
                 cases[i].dir);
        assert_span(read_text(text).dir, cases[i].expected);
    }
    assert_span(read_or_fail(span_text(LEAST "search: {trials: 1}"), "/", first_memory).dir, "/");
}

static void trials_of_grids_and_lists(void **state) {
    (void)state;
    assert_int_equal(
        read_text(LEAST "search: {method: grid}\nparams: {a: [1, 2, 3], b: [x, y]}\n").trials, 6);
    assert_int_equal(
        read_text(LEAST "search: {method: grid, trials: 4}\nparams: {a: [1, 2, 3], b: [x, y]}\n")
            .trials,
        4);
    assert_int_equal(read_text(LEAST "search: {method: grid, trials: 5}\nparams: {a: {min: 1, max: "
                                     "1e15, type: int}}\n")
                         .trials,
                     5);
    assert_int_equal(
        read_text(LEAST "search: {method: list}\nparams: {a: [1, 2, 3]}\nlist: [{a: 3}, {a: 1}]\n")
            .trials,
        2);
    assert_int_equal(
        read_text(
            LEAST
            "search: {method: list, trials: 1}\nparams: {a: [1, 2]}\nlist: [{a: 2}, {a: 1}]\n")
            .trials,
        1);
    assert_int_equal(read_text(LEAST "search: {method: grid}\n").trials,
                     1); /* no parameters: one empty configuration */
}

static struct span encoded(const struct job *job, uint8_t *memory) {
    struct buf out = buf_of(memory, LIMIT_JOB_SPEC_BYTES);
    assert_true(job_encode(job, &out));
    return buf_view(&out);
}

/* A file, its long form, and the long form of that: the same canonical bytes and the same text. */
static void assert_round_trip(struct span text, const char *dir) {
    static uint8_t bytes[2][LIMIT_JOB_SPEC_BYTES];
    static char printed[2][LIMIT_JOB_FILE_BYTES];
    struct buf first = buf_of(printed[0], sizeof printed[0]);
    struct buf second = buf_of(printed[1], sizeof printed[1]);
    struct job job = read_or_fail(text, dir, first_memory);
    job_print(&job, &first);
    struct job again = read_or_fail(buf_view(&first), "/elsewhere", second_memory);
    job_print(&again, &second);
    assert_true(span_equal(encoded(&job, bytes[0]), encoded(&again, bytes[1])));
    assert_true(span_equal(buf_view(&first), buf_view(&second)));
}

static void the_long_form_is_read_back(void **state) {
    (void)state;
    assert_round_trip(span_text(LEAST "search: {trials: 3}\n"), "/home/user");
    assert_round_trip(
        span_text(
            LEAST
            "search: {method: grid}\nparams: {a: {min: 1, max: 9, type: int, step: 2}, b: {min: "
            "0.001, max: 1, scale: log, points: 4}}\n"),
        "/home/user");
    assert_round_trip(
        span_text("zyg: 1\nname: \"5\"\nsearch: {method: list, objective: {metric: \"5\", goal: "
                  "minimize, "
                  "target: -1e-7}}\n"
                  "params:\n  no: [true, \"true\", 1, \"1\", 1.5, 1e20, 2.0, \"\", \"a: b\", "
                  "\"\\x7e\\u0085\\n\", '#', é]\n"
                  "  k: {min: -5, max: 1e15, type: int, when: \"no in [true, 'a: b']\"}\n"
                  "list: [{no: true, k: -5}, {no: \"true\"}, {no: 2}, {no: \"\\x7e\\u0085\\n\"}]\n"
                  "run: {command: 'a \"b c\" {{x}} {no}', env: {A: \"\\u2028\"}, metrics: {regex: "
                  "{\"5\": "
                  "\"\\\\$([0-9]+)\", loss/val: '\"(x)\"'}}, limits: {wall: 1.5s}}\n"),
        "/home/üser/a b");
}

static void example_files_are_right(void **state) {
    (void)state;
    static const char *const paths[] = {"examples/digits/job.yaml", "examples/svm/job.yaml"};
    static char text[65536];
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        FILE *file = fopen(paths[i], "r");
        assert_non_null(file);
        size_t len = fread(text, 1, sizeof text, file);
        fclose(file);
        assert_round_trip(span_of(text, len), "/srv/examples");
    }
}

static void files_of_any_size_end(void **state) {
    (void)state;
    static char text[LIMIT_JOB_FILE_BYTES + 1];
    struct arena arena = arena_of(first_memory, ARENA_BYTES);
    struct jobfile_at at = {0};
    struct err err;
    struct job job;
    memset(text, '#', sizeof text);
    assert_false(
        jobfile_read(&job, span_of(text, sizeof text), "big.yaml", "/", NULL, &arena, &at, &err));
    assert_string_equal(err.what, "big.yaml:1:1: longer than 1048576 bytes, which no job file is");
    assert_int_equal(err.code, ERR_BAD_JOB_FILE);
    assert_int_equal(at.line, 1);

    bool read = false; /* with too little memory a file is refused; with more it is read */
    for (size_t size = 0; size < 8192; size += 64) {
        struct arena small = arena_of(first_memory, size);
        bool now = jobfile_read(
            &job,
            span_text(
                LEAST
                "search: {method: grid}\nparams: {a: [1, 2], b: {values: [1], when: a == 1}}\n"),
            "a.yaml", "/", NULL, &small, &at, &err);
        assert_true(now || !read);
        read = now;
    }
    assert_true(read);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_file_and_its_defaults),
        cmocka_unit_test(everything_a_file_can_say),
        cmocka_unit_test(everything_a_search_can_say),
        cmocka_unit_test(callers_may_find_faults_too),
        cmocka_unit_test(short_forms),
        cmocka_unit_test(folders),
        cmocka_unit_test(a_byte_order_mark_is_no_character),
        cmocka_unit_test(trials_of_grids_and_lists),
        cmocka_unit_test(the_long_form_is_read_back),
        cmocka_unit_test(example_files_are_right),
        cmocka_unit_test(files_of_any_size_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
