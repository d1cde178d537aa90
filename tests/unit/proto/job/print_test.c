#include "tests/unit/proto/job/make.h"

static void the_long_form(void **state) {
    (void)state;
    struct param params[PARAMS];
    struct job job = job_example(params);
    struct arena arena = fresh_arena();
    struct job_fault fault;
    const struct value rows[] = {FLOAT(0.5), WORD("svm"), WORD("rbf"), FLOAT(1.0), NONE};
    const struct metric_pattern patterns[] = {{TEXT("accuracy"), TEXT("acc \\[([0-9.]+)\\]")}};
    job.configs = rows;
    job.configs_count = 1;
    job.patterns = patterns;
    job.patterns_count = 1;
    job.limits.wall = 1500;
    assert_true(job_check(&job, &arena, &fault));
    static char memory[4096];
    struct buf out = buf_of(memory, sizeof memory);
    job_print(&job, &out);
    assert_text(
        buf_view(&out),
        "zyg: 1\n"
        "name: example\n"
        "search:\n"
        "  method: random\n"
        "  trials: 20\n"
        "  parallel: 2\n"
        "  seed: 7\n"
        "  objectives:\n"
        "    - {metric: accuracy, goal: maximize, target: 0.99}\n"
        "params:\n"
        "  gamma: {type: float, min: 0.001, max: 1, scale: log, points: 4, when: \"kernel != "
        "linear\"}\n"
        "  learner: {values: [svm, knn, lda]}\n"
        "  kernel: {values: [rbf, linear], when: \"learner == svm\"}\n"
        "  C: {type: float, min: 0.5, max: 2, scale: linear, step: 0.5, when: \"learner == svm\"}\n"
        "  neighbors: {type: int, min: 1, max: 5, scale: linear, step: 2, when: \"learner == "
        "knn\"}\n"
        "try_first:\n"
        "  - {gamma: 0.5, learner: svm, kernel: rbf, C: 1.0}\n"
        "run:\n"
        "  command: [\"./train\", \"--C={C}\"]\n"
        "  dir: /srv/jobs\n"
        "  env:\n"
        "    MODE: \"{learner}\"\n"
        "  metrics:\n"
        "    regex:\n"
        "      accuracy: \"acc \\\\[([0-9.]+)\\\\]\"\n"
        "  limits: {wall: 1500ms, grace: 10s, output: 20MiB}\n"
        "  retry: {crash: 1, transient: 5, lost: unlimited}\n"
        "copies: 2\n");
}

static void text_is_quoted_where_it_must_be(void **state) {
    (void)state;
    static const struct {
        struct span text;
        const char *shown;
    } cases[] = {
        {{(const uint8_t *)"no", 2}, "no"},
        {{(const uint8_t *)"true", 4}, "\"true\""},
        {{(const uint8_t *)"5", 1}, "\"5\""},
        {{(const uint8_t *)"", 0}, "\"\""},
        {{(const uint8_t *)"a: b", 4}, "\"a: b\""},
        {{(const uint8_t *)"a\"\\\n\t", 5}, "\"a\\\"\\\\\\n\\t\""},
        {{(const uint8_t *)"\xc3\xa4", 2}, "\"\xc3\xa4\""},
        {{(const uint8_t *)"\xc2\x85", 2}, "\"\\u0085\""},
        {{(const uint8_t *)"\xe2\x80\xa8", 3}, "\"\\u2028\""},
        {{(const uint8_t *)"\xf0\x9f\x98\x80", 4}, "\"\xf0\x9f\x98\x80\""},
    };
    struct param params[PARAMS];
    struct job job = job_example(params);
    for (uint32_t i = 0; i < COUNT(cases); i++) {
        static char memory[4096];
        char expected[100];
        struct buf out = buf_of(memory, sizeof memory - 1);
        job.argv = &cases[i].text;
        job.argv_count = 1;
        job_print(&job, &out);
        memory[out.len] = '\0';
        snprintf(expected, sizeof expected, "  command: [%s]\n", cases[i].shown);
        assert_non_null(strstr(memory, expected));
    }
}

static void sizes_are_exact_and_have_a_unit(void **state) {
    (void)state;
    static const struct {
        uint64_t size;
        const char *shown;
    } cases[] = {
        {1, "output: 1B}"},
        {20000001, "output: 20000001B}"},
        {1024, "output: 1KiB}"},
        {3ull << 40, "output: 3TiB}"},
        {1ull << 50, "output: 1024TiB}"},
        {INT64_MAX, "output: 9223372036854775807B}"},
    };
    struct param params[PARAMS];
    struct job job = job_example(params);
    for (uint32_t i = 0; i < COUNT(cases); i++) {
        static char memory[4096];
        struct buf out = buf_of(memory, sizeof memory - 1);
        job.limits.output = cases[i].size;
        job_print(&job, &out);
        memory[out.len] = '\0';
        assert_non_null(strstr(memory, cases[i].shown));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_long_form),
        cmocka_unit_test(text_is_quoted_where_it_must_be),
        cmocka_unit_test(sizes_are_exact_and_have_a_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
