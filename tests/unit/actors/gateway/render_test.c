#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/executor/metrics.h"
#include "actors/gateway/render.h"
#include "tests/unit/actors/tuner/jobs.h"

static struct test_job description;
static struct metrics metrics;
static uint8_t stored[8192], scratch_memory[RENDER_BYTES];

/* learner=svm C=1.5 kernel=poly degree=3, and no trees. */
static struct span stored_row_of(enum trial_status status, bool finished) {
    uint8_t config_memory[256], metrics_memory[512];
    struct buf config = buf_of(config_memory, sizeof config_memory);
    struct buf names = buf_of(metrics_memory, sizeof metrics_memory);
    struct buf out = buf_of(stored, sizeof stored);
    const struct value values[] = {text_value("svm"),
                                   float_value(1.5),
                                   text_value("poly"),
                                   int_value(3),
                                   {.kind = VALUE_NONE}};
    job_conditional(&description, METHOD_RANDOM, 10);
    config_encode(&config, values, 5);
    metrics_init(&metrics);
    assert_true(metrics_add(&metrics, span_text("loss \"x\""), 1, 0.5, 1));
    assert_true(metrics_add(&metrics, span_text("accuracy"), 1, 0.75, 1));
    metrics_encode(&metrics, &names);
    trial_row_encode(&(struct trial_row){.status = status,
                                         .finished = finished,
                                         .attempts = {.made = 2, .crash = 2},
                                         .has_value = true,
                                         .value = 0.5,
                                         .began = 10,
                                         .run_ms = 20,
                                         .cpu_ms = 30,
                                         .rss_kib = 40,
                                         .config = buf_view(&config),
                                         .metrics = buf_view(&names),
                                         .cause = span_text("exit 1")},
                     &out);
    return buf_view(&out);
}

static struct span stored_row(bool finished) {
    return stored_row_of(TRIAL_CRASHED, finished);
}

/* It rests, and crashed too often since: people hear what the search does. */
static void who_will_not_go_on_was_stopped(void **state) {
    (void)state;
    struct buf scratch = buf_of(scratch_memory, sizeof scratch_memory);
    struct msg_trial_row answer;
    struct span row = stored_row_of(TRIAL_PAUSED, true);
    description.job.retry.crash = 2;
    assert_true(render_trial(&answer, &description.job, 7, row, &scratch));
    assert_int_equal(answer.status, TRIAL_PAUSED);
    description.job.retry.crash = 1;
    assert_true(render_trial(&answer, &description.job, 7, row, &scratch));
    assert_int_equal(answer.status, TRIAL_STOPPED);
}

static void a_row_becomes_an_answer(void **state) {
    (void)state;
    struct buf scratch = buf_of(scratch_memory, sizeof scratch_memory);
    struct msg_trial_row answer;
    struct span row = stored_row(true);
    assert_true(render_trial(&answer, &description.job, 7, row, &scratch));
    assert_int_equal(answer.slot, 7);
    assert_int_equal(answer.status, TRIAL_CRASHED);
    assert_int_equal(answer.attempts, 2);
    assert_true(answer.has_value && answer.value == 0.5);
    assert_true(
        span_is(answer.params, "{\"learner\":\"svm\",\"C\":1.5,\"kernel\":\"poly\",\"degree\":3}"));
    assert_true(span_is(answer.metrics,
                        "{\"loss \\\"x\\\"\":{\"last\":0.5,\"min\":0.5,\"max\":0.5},"
                        "\"accuracy\":{\"last\":0.75,\"min\":0.75,\"max\":0.75}}"));
    assert_int_equal(answer.began, 10);
    assert_int_equal(answer.run_ms, 20);
    assert_int_equal(answer.cpu_ms, 30);
    assert_int_equal(answer.rss_kib, 40);
    assert_true(span_is(answer.cause, "exit 1"));
}

/* Of a population: its parameters are its own, and whose copy it is stands beside them. */
static void a_copy_says_whose_it_is(void **state) {
    (void)state;
    uint8_t config_memory[256], copy_memory[512];
    struct buf scratch = buf_of(scratch_memory, sizeof scratch_memory);
    struct msg_trial_row answer;
    struct value values[LIMIT_PARAMS];
    const struct job *job = &description.job;
    struct trial_row row;
    assert_true(render_trial(&answer, job, 7, stored_row(true), &scratch));
    assert_int_equal(answer.parent, 0);

    const uint64_t parents[] = {0, 5};
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
        struct buf config = buf_of(config_memory, sizeof config_memory);
        struct buf out = buf_of(copy_memory, sizeof copy_memory);
        assert_true(trial_row_decode(&row, stored_row(true)));
        description.job.rungs.policy = RUNGS_PBT;
        assert_true(job_config_decode(job, row.config, values, NULL));
        job_config_encode(job, values, parents[i], &config);
        row.config = buf_view(&config);
        row.metrics = row.cause = (struct span){0};
        trial_row_encode(&row, &out);
        assert_true(render_trial(&answer, job, 7, buf_view(&out), &scratch));
        assert_int_equal(answer.parent, parents[i] + 1);
        assert_true(span_is(answer.params,
                            "{\"learner\":\"svm\",\"C\":1.5,\"kernel\":\"poly\",\"degree\":3}"));
    }
}

static void a_slot_to_be_repeated_is_open(void **state) {
    (void)state;
    struct buf scratch = buf_of(scratch_memory, sizeof scratch_memory);
    struct msg_trial_row answer;
    struct span row = stored_row(false);
    assert_true(render_trial(&answer, &description.job, 7, row, &scratch));
    assert_int_equal(answer.status, TRIAL_OPEN);
}

static void what_cannot_be_read_is_no_answer(void **state) {
    (void)state;
    struct buf scratch = buf_of(scratch_memory, sizeof scratch_memory);
    struct buf small = buf_of(scratch_memory, 20);
    struct msg_trial_row answer;
    struct span row = stored_row(true);
    assert_false(
        render_trial(&answer, &description.job, 7, span_of(row.data, row.len - 1), &scratch));
    assert_false(render_trial(&answer, &description.job, 7, row, &small));
    description.job.params_count--; /* a configuration of another job */
    assert_false(render_trial(&answer, &description.job, 7, row, &scratch));
}

static void metrics_are_named_by_their_position(void **state) {
    (void)state;
    uint8_t memory[512];
    struct buf names = buf_of(memory, sizeof memory),
               scratch = buf_of(scratch_memory, sizeof scratch_memory);
    (void)stored_row(true);
    metrics_encode(&metrics, &names);
    assert_true(span_is(render_metric_name(buf_view(&names), 0, &scratch), "loss \"x\""));
    assert_true(span_is(render_metric_name(buf_view(&names), 1, &scratch), "accuracy"));
    assert_int_equal(render_metric_name(buf_view(&names), 2, &scratch).len, 0);
    assert_int_equal(render_metric_name(span_text("?"), 0, &scratch).len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_will_not_go_on_was_stopped),
        cmocka_unit_test(a_row_becomes_an_answer),
        cmocka_unit_test(a_copy_says_whose_it_is),
        cmocka_unit_test(a_slot_to_be_repeated_is_open),
        cmocka_unit_test(what_cannot_be_read_is_no_answer),
        cmocka_unit_test(metrics_are_named_by_their_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
