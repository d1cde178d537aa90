#include "tests/unit/proto/job/make.h"

#include <math.h>

static struct job_fault fault;

/* What people write is in tests/script/jobfile; here is what only bytes of a peer can hold, and the
 * paths of faults. */
static void assert_fault(const struct job *job, const char *where, const char *what) {
    struct arena arena = fresh_arena();
    /* checking moves parameters into the arena, which the next check overwrites */
    struct job copy = *job;
    if (job_check(&copy, &arena, &fault))
        fail_msg("nothing was found at %s", where);
    assert_string_equal(fault.where, where);
    assert_string_equal(fault.what, what);
}

static void the_example_is_right(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct job job = job_example(params);
    struct arena arena = fresh_arena();
    assert_true(job_check(&job, &arena, &fault));
    assert_true(job.trials == 20);
}

static void names_and_folders(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct job job = job_example(params);
    job.name = TEXT("");
    assert_fault(&job, "name", "a job needs a name");
    job.name = TEXT("a/b");
    assert_fault(
        &job, "name",
        "a job's name has lower-case letters, digits and after the first of them . _ -, not 'a/b'");
    assert_int_equal(fault.at, 1);
    job.name = TEXT("-a");
    assert_fault(
        &job, "name",
        "a job's name has lower-case letters, digits and after the first of them . _ -, not '-a'");
    job.name = TEXT("a23456789012345678901234567890123456789012345678901234567890abcde");
    assert_fault(&job, "name", "a job's name has at most 64 characters");
    job.name = TEXT("last");
    assert_fault(&job, "name", "'last' always means the newest job; give this one another name");
    job.name = TEXT("0.a_b-c");
    job.dir = TEXT("relative");
    assert_fault(&job, "run.dir",
                 "the folder of a job must be an absolute path of at most 4000 bytes");
}

static void search_values(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct job job = job_example(params);
    job.trials = (uint64_t)LIMIT_SLOTS_JOB + 1;
    assert_fault(&job, "search.trials", "a job has 1 to 1000000000 trials");
    job = job_example(params);
    job.copies = COPIES_MAX + 1;
    assert_fault(&job, "copies", "a result is kept on 1 to 5 nodes");
    job.copies = 0;
    job.parallel = PARALLEL_MAX + 1;
    assert_fault(&job, "search.parallel", "at most 1000000 trials run at once");
    job = job_example(params);
    job.seed = UINT64_MAX;
    assert_fault(&job, "search.seed", "a seed is at most 9223372036854775807");
    job = job_example(params);
    job.method = METHOD_COUNT;
    assert_fault(&job, "search.method", "there is no such method");
    job = job_example(params);
    job.objectives[0].target = NAN;
    assert_fault(&job, "search.objective.target",
                 "a target is a finite number, and 0 where there is none");
    job = job_example(params);
    job.objectives[0].has_target = false;
    assert_fault(&job, "search.objective.target",
                 "a target is a finite number, and 0 where there is none");
    job = job_example(params);
    job.objectives[0].metric = TEXT("");
    assert_fault(&job, "search.objective", "a goal and a target need a metric");
    job.objectives[0] = (struct objective){.goal = GOAL_MINIMIZE};
    job.objectives_count = 0;
    struct arena arena = fresh_arena();
    struct job copy = job;
    assert_true(job_check(&copy, &arena, &fault)); /* no objective at all is fine */
    job.objectives[0].metric = TEXT("a b");
    job.objectives_count = 1;
    assert_fault(&job, "search.objective.metric",
                 "'a b' cannot be a metric: at most 64 characters, no spaces, quotes, '=' or ','");
}

static void parameters_that_cannot_be(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct job job = job_example(params);
    params[C].high = INFINITY;
    assert_fault(&job, "params.C", "a range has two finite ends");
    job = job_example(params);
    params[C].low = -1.7e308;
    params[C].high = 1.7e308;
    assert_fault(&job, "params.C", "a range has two finite ends");
    job = job_example(params);
    params[C].step = NAN;
    assert_fault(&job, "params.C.step", "a step is greater than 0");
    job = job_example(params);
    params[NEIGHBORS].high = 0x1p54;
    assert_fault(
        &job, "params.neighbors.max",
        "an int runs between whole numbers from -9007199254740992 to 9007199254740992, not "
        "to 18014398509481984");
    job = job_example(params);
    params[NEIGHBORS].step = 0.5;
    assert_fault(&job, "params.neighbors.step", "the step of an int is a whole number");
    job = job_example(params);
    params[GAMMA].points = 1;
    assert_fault(&job, "params.gamma.points", "2 to 1000000 points");
    job = job_example(params);
    params[LEARNER].low = 1;
    assert_fault(&job, "params.learner.values", "a parameter has either values or a range");
    job = job_example(params);
    params[C].choices_count = 1;
    assert_fault(&job, "params.C", "a parameter has either values or a range");
    job = job_example(params);
    params[LEARNER].choices_count = 0;
    assert_fault(&job, "params.learner.values", "a parameter needs at least one value");
    const struct value odd[] = {INT(1), FLOAT(NAN)};
    job = job_example(params);
    params[LEARNER].choices = odd;
    params[LEARNER].choices_count = 2;
    assert_fault(&job, "params.learner.values[1]", "a value is text, a number, true or false");
    job = job_example(params);
    params[C].name = TEXT("9lives");
    assert_fault(&job, "params.9lives",
                 "'9lives' cannot be a parameter: letters, digits and _, no digit first, at most "
                 "64 of them");
    assert_true(fault.at == FAULT_AT_NAME);
    job = job_example(params);
    params[C].name = TEXT("gamma");
    assert_fault(&job, "params.gamma",
                 "'gamma' and 'gamma' differ in letter case only, which variables cannot");
}

static void conditions_are_placed_and_helped(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct job job = job_example(params);
    params[GAMMA].when_text = TEXT("kernel != liner");
    assert_fault(&job, "params.gamma.when", "'liner' is not a value of 'kernel'");
    assert_int_equal(fault.at, 10);
    assert_string_equal(fault.nearest, "linear");
    job = job_example(params);
    params[GAMMA].when_text = TEXT("kernl == rbf");
    assert_fault(&job, "params.gamma.when", "'kernl' is not a parameter");
    assert_string_equal(fault.nearest, "kernel");
    /* gamma waits for kernel, kernel for learner, learner for neighbors, neighbors for learner:
     * gamma is in no circle. */
    job = job_example(params);
    params[LEARNER].when_text = TEXT("neighbors > 1");
    assert_fault(&job, "params.neighbors.when",
                 "whether 'neighbors' is active depends, in a circle, on itself");
}

static void configurations_are_whole(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct job job = job_example(params);
    const struct value rows[] = {NONE, WORD("lda"), NONE,           NONE, NONE,
                                 NONE, WORD("svm"), WORD("linear"), NONE, NONE};
    job.configs = rows;
    job.configs_count = 2;
    assert_fault(&job, "try_first[1].C",
                 "'C' is missing, which is active with learner=svm kernel=linear");
    job.method = METHOD_LIST;
    assert_fault(&job, "list[1].C",
                 "'C' is missing, which is active with learner=svm kernel=linear");
    job.configs_count = 1;
    job.trials = 0;
    struct arena arena = fresh_arena();
    assert_true(job_check(&job, &arena, &fault));
    assert_true(job.trials == 1);
    job = job_example(params);
    job.configs = rows;
    job.configs_count = 1;
    job.method = METHOD_LIST;
    job.trials = 9;
    assert_fault(&job, "search.trials", "search.trials is 9, but there is only 1 configuration");
    const struct value empty[PARAMS] = {NONE};
    job = job_example(params);
    job.configs = empty;
    job.configs_count = 1;
    assert_fault(&job, "try_first[0].learner", "'learner' is missing");
    job = job_example(params);
    job.configs = rows;
    job.configs_count = 1;
    job.params_count = 0;
    assert_fault(&job, "try_first", "there are no parameters to give values to");
    job = job_example(params);
    job.configs = rows;
    job.configs_count = CONFIG_VALUES_MAX;
    assert_fault(&job, "try_first", "at most 3276 configurations of 5 parameters");
}

static void commands_and_limits(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct job job = job_example(params);
    const struct span unknown[] = {TEXT("./train"), TEXT("a"), TEXT("x={gama}")};
    job.argv = unknown;
    job.argv_count = 3;
    assert_fault(&job, "run.command[2]", "'{gama}' is no parameter of this job");
    assert_int_equal(fault.at, 2);
    assert_string_equal(fault.nearest, "gamma");
    job.argv_count = 0;
    assert_fault(&job, "run.command", "a command needs a program");
    static char text[LIMIT_ARGV_BYTES];
    memset(text, 'x', sizeof text);
    const struct span longest[] = {span_of(text, sizeof text)};
    job.argv = longest;
    job.argv_count = 1;
    assert_fault(&job, "run.command", "command and variables are longer than 65536 bytes");

    job = job_example(params);
    const struct variable twice[] = {{TEXT("A"), TEXT("1")}, {TEXT("A"), TEXT("2")}};
    job.env = twice;
    job.env_count = 2;
    assert_fault(&job, "run.env.A", "the variable 'A' twice");

    job = job_example(params);
    const struct metric_pattern patterns[] = {{TEXT("loss"), TEXT("(x)")},
                                              {TEXT("acuracy"), TEXT("(x)")}};
    job.patterns = patterns;
    job.patterns_count = 2;
    assert_fault(&job, "search.objective.metric",
                 "no pattern of run.metrics.regex is called 'accuracy'");
    assert_string_equal(fault.nearest, "acuracy");

    job = job_example(params);
    job.limits.wall = INT64_MAX;
    assert_fault(&job, "run.limits.wall", "a trial runs at most ten years");
    job = job_example(params);
    job.limits.grace = -1;
    assert_fault(&job, "run.limits.grace", "a trial gets at most an hour to end by itself");
    job = job_example(params);
    job.limits.output = 0;
    assert_fault(&job, "run.limits.output", "a trial may print at least one byte");
    job = job_example(params);
    job.retry.crash = REPEATS_MAX + 1;
    assert_fault(&job, "run.retry.crash", "at most 1000 retries");
}

static void steps_are_told_apart(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct job job = job_example(params);
    params[C].low = 1;
    params[C].high = 1.00000000000003;
    params[C].step = 3e-15;
    assert_fault(&job, "params.C.step",
                 "a step of 3e-15 is too fine: beside 1.00000000000003 there are not enough digits "
                 "to tell one step from the next");
    params[C].low = -1e15;
    params[C].high = -999999999999930;
    params[C].step = 7;
    assert_fault(
        &job, "params.C.step",
        "a step of 7 is too fine: beside 1000000000000000 there are not enough digits to tell one "
        "step from the next");
    job = job_example(params);
    params[NEIGHBORS].low = 1000000000000000;
    params[NEIGHBORS].high = 1000000000000070;
    params[NEIGHBORS].step = 7; /* whole numbers are exact */
    params[C].low = 0.1;
    params[C].high = 0.35; /* 0.24999999999999997 away */
    params[C].scale = SCALE_LINEAR;
    params[C].step = 0.26;
    assert_fault(&job, "params.C.step", "a step of 0.26 is longer than the range from 0.1 to 0.35");
    params[C].step = 0.25;
    struct arena arena = fresh_arena();
    assert_true(job_check(&job, &arena, &fault));
}

#define AAAAAAAA "aaaaaaaa"
#define A63 AAAAAAAA AAAAAAAA AAAAAAAA AAAAAAAA AAAAAAAA AAAAAAAA AAAAAAAA "aaaaaaa"
#define E_ACUTE "\xc3\xa9"

/* Every text of the fault is UTF-8, wherever it was cut. */
static void assert_whole(const struct job *job, const char *where) {
    struct arena arena = fresh_arena();
    struct job copy = *job;
    assert_false(job_check(&copy, &arena, &fault));
    assert_true(span_is_utf8(span_text(fault.what)));
    assert_true(span_is_utf8(span_text(fault.nearest)));
    assert_string_equal(fault.where, where);
}

static void no_character_is_cut_in_two(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct job job = job_example(params);
    params[C].name = TEXT(A63 E_ACUTE);
    assert_whole(&job, "params." A63);

    job = job_example(params);
    const struct metric_pattern pattern = {TEXT(A63 E_ACUTE), TEXT("(x)")};
    job.patterns = &pattern;
    job.patterns_count = 1;
    assert_whole(&job, "run.metrics.regex." A63);

    job = job_example(params);
    const struct variable variable = {TEXT(A63 E_ACUTE), TEXT("1")};
    job.env = &variable;
    job.env_count = 1;
    assert_whole(&job, "run.env." A63);

    for (size_t shift = 0; shift < 2; shift++) {
        char memory[160];
        struct buf condition = buf_of(memory, sizeof memory);
        buf_text(&condition, "learner == svm and learner != '");
        size_t begin = condition.len;
        buf_text(&condition, &"x"[shift]);
        while (condition.len < 140)
            buf_text(&condition, E_ACUTE);
        const struct span word = span_from(buf_view(&condition), begin);
        buf_byte(&condition, '\'');
        const struct value text[] = {WORD("svm"), WORD("knn"), {.kind = VALUE_TEXT, .text = word}};
        const struct value row[] = {NONE, WORD("knn"), NONE, FLOAT(1), INT(1)};
        job = job_example(params);
        params[LEARNER].choices = text;
        params[C].when_text = buf_view(&condition);
        job.configs = row;
        job.configs_count = 1;
        assert_whole(&job, "try_first[0].C");
        assert_non_null(strstr(fault.what, "its 'when' is learner == svm"));

        const struct value missing[] = {NONE, text[2], NONE, NONE, NONE};
        params[C].when_text = TEXT("");
        job.configs = missing;
        assert_whole(&job, "try_first[0].C");
    }
}

static void a_message_ends_with_a_whole_character(void **state) {
    (void)state;
    char text[sizeof fault.what + 4];
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'x', sizeof text);
        memcpy(text + sizeof fault.what - 1 - shift, "\xf0\x9f\x8c\xb1", 4);
        text[sizeof text - 1] = '\0';
        assert_false(job_fault_set(&fault, "name", 0, "%s", text));
        assert_int_equal(strlen(fault.what), sizeof fault.what - 1 - shift);
        assert_true(span_is_utf8(span_text(fault.what)));
    }
    memcpy(text + sizeof fault.what - 5,
           "\xf0\x9f\x8c\xb1"
           "x",
           5);
    job_fault_set(&fault, "name", 0, "%s", text);
    assert_int_equal(strlen(fault.what), sizeof fault.what - 1);
}

static void patterns_are_checked(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct job job = job_example(params);
    struct metric_pattern pattern = {TEXT("accuracy"), TEXT("(a*)*\\1c")};
    job.patterns = &pattern;
    job.patterns_count = 1;
    assert_fault(&job, "run.metrics.regex.accuracy",
                 "'\\1' is not in POSIX extended regular expressions");
    assert_int_equal(fault.at, 5);
    pattern.pattern = TEXT("accuracy=([0-9.]+)");
    struct arena arena = fresh_arena();
    assert_true(job_check(&job, &arena, &fault));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_right),
        cmocka_unit_test(names_and_folders),
        cmocka_unit_test(search_values),
        cmocka_unit_test(parameters_that_cannot_be),
        cmocka_unit_test(conditions_are_placed_and_helped),
        cmocka_unit_test(configurations_are_whole),
        cmocka_unit_test(commands_and_limits),
        cmocka_unit_test(steps_are_told_apart),
        cmocka_unit_test(no_character_is_cut_in_two),
        cmocka_unit_test(a_message_ends_with_a_whole_character),
        cmocka_unit_test(patterns_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
