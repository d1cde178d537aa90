#include "tests/unit/proto/job/make.h"

static uint8_t spec_memory[LIMIT_JOB_SPEC_BYTES + 16];
static struct job_fault fault;
static struct err err;

static struct job checked(struct param *params, struct arena *arena) {
    struct job job = job_example(params);
    *arena = fresh_arena();
    if (!job_check(&job, arena, &fault))
        fail_msg("%s: %s", fault.where, fault.what);
    return job;
}

static struct span encoded(const struct job *job) {
    struct buf out = buf_of(spec_memory, sizeof spec_memory);
    assert_true(job_encode(job, &out));
    return buf_view(&out);
}

static void a_job_survives_its_bytes(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena;
    struct job job = checked(params, &arena);
    const struct value rows[] = {FLOAT(0.5), WORD("svm"), WORD("rbf"), FLOAT(1.0), NONE};
    const struct metric_pattern patterns[] = {{TEXT("accuracy"), TEXT("acc ([0-9.]+)")}};
    job.configs = rows;
    job.configs_count = 1;
    job.patterns = patterns;
    job.patterns_count = 1;
    struct span bytes = encoded(&job);

    struct job back;
    assert_true(job_decode(&back, bytes, &arena, &err));
    assert_text(back.name, "example");
    assert_text(back.dir, "/srv/jobs");
    assert_int_equal(back.method, METHOD_RANDOM);
    assert_int_equal(back.trials, 20);
    assert_int_equal(back.parallel, 2);
    assert_int_equal(back.seed, 7);
    assert_text(back.objectives[0].metric, "accuracy");
    assert_int_equal(back.objectives[0].goal, GOAL_MAXIMIZE);
    assert_true(back.objectives[0].has_target && back.objectives[0].target == 0.99);
    assert_int_equal(back.params_count, PARAMS);
    assert_text(back.params[GAMMA].name, "gamma");
    assert_true(back.params[GAMMA].low == 0.001 && back.params[GAMMA].high == 1 &&
                back.params[GAMMA].points == 4);
    assert_int_equal(back.params[GAMMA].scale, SCALE_LOG);
    assert_text(back.params[GAMMA].when_text, "kernel != linear");
    assert_non_null(back.params[GAMMA].when);
    assert_value(&back.params[LEARNER].choices[2], WORD("lda"));
    assert_true(back.params[C].step == 0.5);
    assert_int_equal(back.configs_count, 1);
    assert_value(&back.configs[3], FLOAT(1.0));
    assert_value(&back.configs[4], NONE);
    assert_text(back.argv[1], "--C={C}");
    assert_text(back.env[0].value, "{learner}");
    assert_text(back.patterns[0].pattern, "acc ([0-9.]+)");
    assert_true(back.limits.wall == 60000 && back.limits.grace == 10000 &&
                back.limits.output == 20971520);
    assert_true(back.retry.crash == 1 && back.retry.transient == 5);
    assert_int_equal(back.copies, 2);

    uint8_t again_memory[4096];
    struct buf again = buf_of(again_memory, sizeof again_memory);
    assert_true(job_encode(&back, &again));
    assert_true(span_equal(buf_view(&again), bytes));
}

static void bytes_without_copies_mean_the_default(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena;
    struct job job = checked(params, &arena);
    job.copies = 5;
    struct span bytes = encoded(&job);
    struct job back;
    assert_true(job_decode(&back, bytes, &arena, &err));
    assert_int_equal(back.copies, 5);
    spec_memory[0]--; /* one part less, and the last is one byte */
    assert_true(job_decode(&back, span_of(bytes.data, bytes.len - 1), &arena, &err));
    assert_int_equal(back.copies, 2);
    spec_memory[0]++;
    spec_memory[bytes.len - 1] = 6;
    assert_false(job_decode(&back, bytes, &arena, &err));
    assert_string_equal(err.what, "not a job: a number is out of range");
}

static void parents_come_before_their_children(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena;
    struct job job = checked(params, &arena);
    static const uint32_t expected[] = {LEARNER, KERNEL, GAMMA, C, NEIGHBORS};
    for (uint32_t i = 0; i < PARAMS; i++)
        assert_int_equal(job.order[i], expected[i]);
}

static void bytes_cut_short_are_refused(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena;
    struct job job = checked(params, &arena);
    struct span bytes = encoded(&job);
    struct job back;
    for (size_t len = 0; len < bytes.len; len++) {
        struct arena again = fresh_arena();
        err.code = ERR_NONE;
        assert_false(job_decode(&back, span_of(bytes.data, len), &again, &err));
        assert_int_equal(err.code, ERR_BAD_MESSAGE);
    }
}

/* Every single byte changed in turn: most are refused, none is believed without a check, and what
 * is accepted encodes. */
static void changed_bytes_do_no_harm(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena;
    struct job job = checked(params, &arena);
    struct span bytes = encoded(&job);
    uint8_t copy[4096];
    uint8_t out_memory[4096];
    memcpy(copy, bytes.data, bytes.len);
    for (size_t i = 0; i < bytes.len; i++) {
        static const uint8_t changes[] = {0x01, 0x40, 0x80, 0xff};
        for (uint32_t j = 0; j < COUNT(changes); j++) {
            struct arena again = fresh_arena();
            struct job back;
            copy[i] ^= changes[j];
            if (job_decode(&back, span_of(copy, bytes.len), &again, &err)) {
                struct buf out = buf_of(out_memory, sizeof out_memory);
                assert_true(job_encode(&back, &out));
            }
            copy[i] ^= changes[j];
        }
    }
}

static void assert_refused(struct span bytes, enum err_code code, const char *what) {
    static uint8_t memory[16384]; /* the job that made the bytes lives in the other arena */
    struct arena arena = arena_of(memory, sizeof memory);
    struct job job;
    assert_false(job_decode(&job, bytes, &arena, &err));
    assert_int_equal(err.code, code);
    assert_string_equal(err.what, what);
}

static void faults_of_bytes_are_named(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena;
    struct job job = checked(params, &arena);
    uint8_t copy[4096];
    struct span bytes = encoded(&job);
    memcpy(copy, bytes.data, bytes.len);
    copy[bytes.len] = 0xc0;
    assert_refused(span_of(copy, bytes.len + 1), ERR_BAD_MESSAGE, "not a job: bytes are left over");
    copy[1] = 2;
    assert_refused(span_of(copy, bytes.len), ERR_BAD_MESSAGE,
                   "not a job: the job was written by another version");
    copy[0] = 0x9d;
    assert_refused(span_of(copy, bytes.len), ERR_BAD_MESSAGE,
                   "not a job: a part has another number of fields");

    job.trials = 0;
    assert_refused(encoded(&job), ERR_BAD_JOB_FILE,
                   "search.trials: a job has 1 to 1000000000 trials");
    job.trials = 20;
    job.dir = TEXT("srv");
    assert_refused(encoded(&job), ERR_BAD_JOB_FILE,
                   "run.dir: the folder of a job must be an absolute path of at most 4000 bytes");
    memset(spec_memory, 0, sizeof spec_memory);
    assert_refused(span_of(spec_memory, LIMIT_JOB_SPEC_BYTES + 1), ERR_BAD_MESSAGE,
                   "a job of 65537 bytes; the limit is 65536");
}

static void a_small_arena_refuses(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena;
    struct job job = checked(params, &arena);
    struct span bytes = encoded(&job);
    static uint8_t memory[8192];
    bool decoded = false;
    for (size_t size = 0; size <= sizeof memory; size += 16) {
        struct arena small = arena_of(memory, size);
        struct job back;
        bool now = job_decode(&back, bytes, &small, &err);
        assert_true(now || !decoded); /* once there is enough, more is enough too */
        decoded = now;
    }
    assert_true(decoded);
}

static void a_job_longer_than_the_limit_is_not_written(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena;
    struct job job = checked(params, &arena);
    static char text[LIMIT_JOB_SPEC_BYTES];
    memset(text, 'x', sizeof text);
    struct span argv[] = {span_of(text, sizeof text)};
    job.argv = argv;
    job.argv_count = 1;
    static uint8_t memory[2 * LIMIT_JOB_SPEC_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    assert_false(job_encode(&job, &out));
    struct buf small = buf_of(memory, 100);
    assert_false(job_encode(&job, &small));
}

static void inactive_values_are_taken_away(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena;
    struct job job = checked(params, &arena);
    struct value values[] = {FLOAT(0.5), WORD("knn"), WORD("rbf"), FLOAT(1.0), INT(3)};
    job_deactivate(&job, values); /* gamma hangs on kernel, kernel on learner */
    assert_value(&values[GAMMA], NONE);
    assert_value(&values[LEARNER], WORD("knn"));
    assert_value(&values[KERNEL], NONE);
    assert_value(&values[C], NONE);
    assert_value(&values[NEIGHBORS], INT(3));
}

static void only_whole_configurations_are_valid(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena;
    struct job job = checked(params, &arena);
    const struct {
        struct value values[PARAMS];
        uint32_t wrong; /* PARAMS: valid */
    } cases[] = {
        {{FLOAT(0.5), WORD("svm"), WORD("rbf"), FLOAT(1.0), NONE}, PARAMS},
        {{NONE, WORD("svm"), WORD("linear"), FLOAT(2.0), NONE}, PARAMS},
        {{NONE, WORD("lda"), NONE, NONE, NONE}, PARAMS},
        {{NONE, WORD("svm"), WORD("rbf"), FLOAT(1.0), NONE}, GAMMA},
        {{FLOAT(0.5), WORD("svm"), WORD("linear"), FLOAT(1.0), NONE}, GAMMA},
        {{NONE, WORD("lda"), NONE, NONE, INT(3)}, NEIGHBORS},
        {{NONE, WORD("knn"), NONE, NONE, INT(4)}, NEIGHBORS},
        {{NONE, WORD("knn"), NONE, NONE, FLOAT(3.0)}, NEIGHBORS},
        {{NONE, WORD("xyz"), NONE, NONE, NONE}, LEARNER},
        {{FLOAT(2.0), WORD("svm"), WORD("rbf"), FLOAT(1.0), NONE}, GAMMA},
    };
    for (uint32_t i = 0; i < COUNT(cases); i++) {
        uint32_t wrong = PARAMS;
        assert_int_equal(job_config_valid(&job, cases[i].values, &wrong), cases[i].wrong == PARAMS);
        assert_int_equal(wrong, cases[i].wrong);
    }
}

static void configurations_are_shown(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct arena arena;
    struct job job = checked(params, &arena);
    const struct value values[] = {FLOAT(0.123456789), WORD("svm"), WORD("rbf"), FLOAT(1.5), NONE};
    const struct value odd[] = {NONE, WORD("a b"), WORD(""), NONE, NONE};
    char memory[200];
    struct buf out = buf_of(memory, sizeof memory);
    job_config_json(&job, values, &out);
    assert_text(buf_view(&out),
                "{\"gamma\":0.123456789,\"learner\":\"svm\",\"kernel\":\"rbf\",\"C\":1.5}");
    buf_clear(&out);
    job_config_print(&job, values, 4, &out);
    assert_text(buf_view(&out), "gamma=0.1235 learner=svm kernel=rbf C=1.5");
    buf_clear(&out);
    job_config_print(&job, odd, 0, &out);
    assert_text(buf_view(&out), "learner=\"a b\" kernel=\"\"");
}

static void better_depends_on_the_goal(void **state) {
    (void)state;
    struct job job = {.objectives = {{.goal = GOAL_MAXIMIZE}}};
    assert_true(job_better(&job, 2, 1));
    assert_false(job_better(&job, 1, 1));
    job.objectives[0].goal = GOAL_MINIMIZE;
    assert_true(job_better(&job, 1, 2));
    assert_false(job_better(&job, 2, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_survives_its_bytes),
        cmocka_unit_test(bytes_without_copies_mean_the_default),
        cmocka_unit_test(parents_come_before_their_children),
        cmocka_unit_test(bytes_cut_short_are_refused),
        cmocka_unit_test(changed_bytes_do_no_harm),
        cmocka_unit_test(faults_of_bytes_are_named),
        cmocka_unit_test(a_small_arena_refuses),
        cmocka_unit_test(a_job_longer_than_the_limit_is_not_written),
        cmocka_unit_test(inactive_values_are_taken_away),
        cmocka_unit_test(only_whole_configurations_are_valid),
        cmocka_unit_test(configurations_are_shown),
        cmocka_unit_test(better_depends_on_the_goal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
