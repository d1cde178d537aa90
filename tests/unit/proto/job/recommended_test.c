/* What a search recommends, as its bytes have it. */
#include "tests/unit/proto/job/make.h"

#include "proto/job/recommended.h"

#include <math.h>

static struct param params[PARAMS];
static struct job job;
static uint8_t config_bytes[256], memory[512];

static struct recommended begin(void) {
    static const struct value of_knn[PARAMS] = {
        [LEARNER] = {.kind = VALUE_TEXT, .text = {(const uint8_t *)"knn", 3}},
        [NEIGHBORS] = {.kind = VALUE_INT, .integer = 3}};
    struct arena arena = fresh_arena();
    struct job_fault fault;
    struct buf config = buf_of(config_bytes, sizeof config_bytes);
    job = job_example(params);
    assert_true(job_check(&job, &arena, &fault));
    job_config_encode(&job, of_knn, JOB_NO_PARENT, &config);
    return (struct recommended){.slot = 7,
                                .runs = 3,
                                .value = 0.5,
                                .error = 0.25,
                                .expected = -1e-3,
                                .config = buf_view(&config)};
}

static bool survives(const struct recommended *r, struct recommended *back) {
    struct buf out = buf_of(memory, sizeof memory);
    recommended_encode(r, &out);
    return recommended_decode(back, &job, buf_view(&out));
}

static void all_of_it_comes_back(void **state) {
    (void)state;
    struct recommended r = begin(), back;
    assert_true(survives(&r, &back));
    assert_true(back.slot == 7 && back.runs == 3 && back.value == 0.5);
    assert_true(back.error == 0.25 && back.expected == -1e-3);
    assert_true(span_equal(back.config, r.config));
}

static void what_is_none_of_the_job_is_refused(void **state) {
    (void)state;
    const struct recommended r = begin();
    struct recommended wrong[8], back;
    for (size_t i = 0; i < 8; i++)
        wrong[i] = r;
    wrong[0].slot = job.trials;
    wrong[1].runs = 0;
    wrong[2].runs = job.trials + 1;
    wrong[3].value = NAN;
    wrong[4].error = -1;
    wrong[5].error = INFINITY;
    wrong[6].expected = INFINITY;
    wrong[7].config = span_text("?");
    for (size_t i = 0; i < 8; i++)
        assert_false(survives(&wrong[i], &back));
    struct buf out = buf_of(memory, sizeof memory);
    recommended_encode(&r, &out);
    for (size_t len = 0; len < out.len; len++)
        assert_false(recommended_decode(&back, &job, span_of(memory, len)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_comes_back),
        cmocka_unit_test(what_is_none_of_the_job_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
