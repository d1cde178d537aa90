#include "actors/executor/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct command command;
static struct job job;
static struct span argv[8];
static struct variable env[4];
static struct param params[4];
static struct value values[4];
static struct command_context context;

static int set_up(void **state) {
    (void)state;
    static const char *const names[] = {"lr", "kernel", "depth", "fast"};
    for (int i = 0; i < 4; i++)
        params[i] = (struct param){.name = span_text(names[i])};
    values[0] = (struct value){.kind = VALUE_FLOAT, .real = 0.001};
    values[1] = (struct value){.kind = VALUE_TEXT, .text = span_text("r b\"f")};
    values[2] = (struct value){.kind = VALUE_NONE};
    values[3] = (struct value){.kind = VALUE_BOOL, .boolean = true};
    job = (struct job){.name = span_text("digits"),
                       .seed = 7,
                       .params = params,
                       .params_count = 4,
                       .argv = argv,
                       .env = env};
    context = (struct command_context){
        .job = &job,
        .values = values,
        .id = {{0x3f, 0x2a}},
        .slot = 17,
        .attempt = 2,
        .scratch = span_text("/s/runs/3f2a/17"),
        .began = 1700000000000,
        .cpus = 3,
    };
    return 0;
}

static void use(const char *first, const char *second, const char *third) {
    const char *all[] = {first, second, third};
    job.argv_count = 0;
    for (int i = 0; i < 3 && all[i] != NULL; i++)
        argv[job.argv_count++] = span_text(all[i]);
}

/* Zero-terminated texts with a bar behind each. */
static const char *shown(const struct buf *texts) {
    static char memory[LIMIT_ARGV_BYTES + 1];
    for (size_t i = 0; i < texts->len; i++)
        memory[i] = texts->data[i] == 0 ? '|' : (char)texts->data[i];
    memory[texts->len] = '\0';
    return memory;
}

static void fill(void) {
    struct err err = {.code = ERR_NONE};
    if (!command_fill(&command, &context, &err))
        fail_msg("%s", err.what);
}

static void assert_argv(const char *expected) {
    fill();
    assert_string_equal(shown(&command.argv), expected);
}

static void assert_refused(const char *expected) {
    struct err err = {.code = ERR_NONE};
    assert_false(command_fill(&command, &context, &err));
    assert_int_equal(err.code, ERR_BAD_JOB_FILE);
    assert_string_equal(err.what, expected);
}

static void placeholders_are_filled(void **state) {
    (void)state;
    use("./train", "--lr={lr}", "{kernel}{{{lr}}}");
    assert_argv("./train|--lr=0.001|r b\"f{0.001}|");
    use("./train", "{trial}/{attempt}/{job}", "{params_file}:{checkpoint}:{output}");
    assert_argv("./train|17/2/digits-3f2a|"
                "/s/runs/3f2a/17/params.json:/s/runs/3f2a/17/checkpoint:/s/runs/3f2a/17/output|");
    use("./train", "{args_json}", "");
    assert_argv("./train|{\"lr\":0.001,\"kernel\":\"r b\\\"f\",\"fast\":true}||");
}

static void args_become_arguments(void **state) {
    (void)state;
    use("./train", "{args}", "end");
    assert_argv("./train|--lr|0.001|--kernel|r b\"f|--fast|true|end|");
    for (int i = 0; i < 4; i++)
        values[i].kind = VALUE_NONE;
    assert_argv("./train|end|");
}

static void inactive_parameters_leave_no_trace(void **state) {
    (void)state;
    use("./train", "--depth", "{depth}");
    assert_argv("./train|");
    use("./train", "--depth={depth}", "x");
    assert_argv("./train|x|");
    use("./train", "depth", "{depth}");
    assert_argv("./train|depth|"); /* no option: it means something by itself */
    use("./train", "--d", "{depth}{lr}");
    assert_argv("./train|--d|"); /* more than the placeholder: the option stays */
    use("./train", "-{lr}", "{depth}");
    assert_argv("./train|-0.001|");
    use("-odd", "{depth}", "x");
    assert_argv("-odd|x|"); /* the program itself always stays */
}

static void impossible_commands_are_refused(void **state) {
    (void)state;
    use("./train", "{lrr}", NULL);
    assert_refused("placeholder {lrr} has no meaning here");
    use("./train", "x{args}", NULL);
    assert_refused("placeholder {args} has no meaning here");
    use("{depth}", NULL, NULL);
    assert_refused("nothing is left of the command");
    use("./train", "{lr", NULL);
    assert_refused("'{' is not closed; write '{{' for a brace that means itself");
    use("./train", "{kernel}", NULL);
    values[1].text = span_of("a\0b", 3);
    assert_refused("a value of 'kernel' holds a zero byte");
    values[1].text = span_text("ab");
    argv[1] = span_of("a\0b", 3);
    assert_refused("a zero byte cannot stand in an argument or variable");
}

static void size_is_bounded(void **state) {
    (void)state;
    static char large[LIMIT_ARGV_BYTES];
    memset(large, 'x', sizeof large);
    values[1].text = span_of(large, sizeof large - 2000);
    use("./train", NULL, NULL);
    assert_refused(
        "arguments and variables of the trial need more than 65536 bytes"); /* it stands in two variables */
    values[1].text = span_of(large, sizeof large / 2 - 1000);
    fill();
    assert_true(command.argv.len + command.env.len <= LIMIT_ARGV_BYTES);
    assert_ptr_equal(command.env.data, command.argv.data + command.argv.len);
    use("./train", "{kernel}", "{kernel}");
    assert_refused("arguments and variables of the trial need more than 65536 bytes");
}

static bool has_variable(const char *expected) {
    for (size_t at = 0; at < command.env.len;
         at += strlen((const char *)command.env.data + at) + 1) {
        if (strcmp((const char *)command.env.data + at, expected) == 0)
            return true;
    }
    return false;
}

static void variables_are_set(void **state) {
    (void)state;
    static const char *const expected[] = {
        "ZYG_JOB=digits-3f2a",
        "ZYG_TRIAL=17",
        "ZYG_ATTEMPT=2",
        "ZYG_CPUS=3",
        "OMP_NUM_THREADS=3",
        "OPENBLAS_NUM_THREADS=3",
        "MKL_NUM_THREADS=3",
        "NUMEXPR_NUM_THREADS=3",
        "ZYG_PARAMS={\"lr\":0.001,\"kernel\":\"r b\\\"f\",\"fast\":true}",
        "ZYG_PARAMS_FILE=/s/runs/3f2a/17/params.json",
        "ZYG_CHECKPOINT=/s/runs/3f2a/17/checkpoint",
        "ZYG_OUTPUT=/s/runs/3f2a/17/output",
        "ZYG_P_LR=0.001",
        "ZYG_P_KERNEL=r b\"f",
        "ZYG_P_FAST=true",
    };
    char seed[32];
    use("./train", NULL, NULL);
    fill();
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        if (!has_variable(expected[i]))
            fail_msg("%s is not in %s", expected[i], shown(&command.env));
    }
    snprintf(seed, sizeof seed, "ZYG_SEED=%u", command_seed(&job, 17));
    assert_true(has_variable(seed));
    assert_null(strstr(shown(&command.env), "ZYG_DEADLINE"));
    assert_null(strstr(shown(&command.env), "DEPTH"));
    assert_string_equal(shown(&command.params),
                        "{\"lr\":0.001,\"kernel\":\"r b\\\"f\",\"fast\":true}");
    job.limits.wall = 30500;
    fill();
    assert_true(has_variable("ZYG_DEADLINE=1700000030"));
    assert_null(strstr(shown(&command.env), "ZYG_BUDGET"));
    job.rungs.steps = 27;
    fill();
    assert_true(has_variable("ZYG_BUDGET=27"));
    assert_null(strstr(shown(&command.env), "ZYG_PARENT"));
    context.from = 1;
    fill();
    assert_true(has_variable("ZYG_PARENT=0"));
    job.env_count = 1;
    env[0] = (struct variable){span_text("ZYG_PARENT"), span_text("none")};
    fill();
    assert_true(has_variable("ZYG_PARENT=none"));
    assert_false(has_variable("ZYG_PARENT=0"));
}

static void the_jobs_own_variables_win(void **state) {
    (void)state;
    use("./train", NULL, NULL);
    job.env_count = 3;
    env[0] = (struct variable){span_text("OMP_NUM_THREADS"), span_text("1")};
    env[1] = (struct variable){span_text("RATE"), span_text("r={lr} {trial}")};
    env[2] = (struct variable){span_text("DEEP"), span_text("d={depth}")};
    fill();
    assert_true(has_variable("OMP_NUM_THREADS=1"));
    assert_false(has_variable("OMP_NUM_THREADS=3"));
    assert_true(has_variable("MKL_NUM_THREADS=3"));
    assert_true(has_variable("RATE=r=0.001 17"));
    assert_null(strstr(shown(&command.env), "DEEP"));
    env[1].value = span_text("{nothing}");
    assert_refused("placeholder {nothing} has no meaning here");
}

static void seeds_differ_by_slot_and_job_seed(void **state) {
    (void)state;
    uint32_t seed = command_seed(&job, 17);
    assert_true(seed < 1u << 31);
    assert_int_equal(command_seed(&job, 17), seed);
    assert_int_not_equal(command_seed(&job, 18), seed);
    job.seed = 8;
    assert_int_not_equal(command_seed(&job, 17), seed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(placeholders_are_filled, set_up),
        cmocka_unit_test_setup(args_become_arguments, set_up),
        cmocka_unit_test_setup(inactive_parameters_leave_no_trace, set_up),
        cmocka_unit_test_setup(impossible_commands_are_refused, set_up),
        cmocka_unit_test_setup(size_is_bounded, set_up),
        cmocka_unit_test_setup(variables_are_set, set_up),
        cmocka_unit_test_setup(the_jobs_own_variables_win, set_up),
        cmocka_unit_test_setup(seeds_differ_by_slot_and_job_seed, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
