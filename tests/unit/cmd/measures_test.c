/* What trials came to beside their first value, as people read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cmd/cli/measures.h"
#include "cmd/cli/progress.h"
#include "proto/base/mp.h"

#include <string.h>

static uint8_t arena_memory[1 << 16];
static struct job job;

static int set_up(void **state) {
    (void)state;
    static const struct condition limits[] = {
        {.text = {(const uint8_t *)"mb <= 20", 8}},
        {.text = {(const uint8_t *)"ms < 100 or ms - acc > 1000", 27}}};
    static const struct span argv = {(const uint8_t *)"a", 1};
    struct arena arena = arena_of(arena_memory, sizeof arena_memory);
    struct job_fault fault;
    job = (struct job){.name = span_text("two"),
                       .dir = span_text("/"),
                       .argv = &argv,
                       .argv_count = 1,
                       .trials = 9,
                       .objectives = {{.metric = span_text("acc"), .goal = GOAL_MAXIMIZE},
                                      {.metric = span_text("mb")}},
                       .objectives_count = 2,
                       .constraints = limits,
                       .constraints_count = 2,
                       .limits = {.grace = 1, .output = 1}};
    if (!job_check(&job, &arena, &fault))
        fail_msg("%s: %s", fault.where, fault.what);
    return 0;
}

static void assert_broken(double acc, double mb, const double *ms, const char *expected) {
    char text[512];
    uint8_t memory[64];
    struct buf others = buf_of(memory, sizeof memory), out = buf_of(text, sizeof text - 1);
    mp_put_array(&others, 2);
    mp_put_f64(&others, mb);
    if (ms != NULL)
        mp_put_f64(&others, *ms);
    else
        mp_put_nil(&others);
    measures_broken(&out, &job, acc, buf_view(&others));
    text[out.len] = '\0';
    assert_string_equal(text, expected);
}

static void what_is_broken_is_said_with_what_was_told(void **state) {
    (void)state;
    assert_broken(0.5, 20, &(double){99}, "");
    assert_broken(0.5, 20.25, &(double){99}, "mb <= 20 (mb 20.25)");
    assert_broken(0.5, 30, &(double){500},
                  "mb <= 20 (mb 30); ms < 100 or ms - acc > 1000 (ms 500, acc 0.5)");
    assert_broken(0.5, 3, NULL, "ms < 100 or ms - acc > 1000 (ms was not told, acc 0.5)");
}

/* A row of a configuration says how far its runs break them in the mean, whatever its first one told. */
static void runs_are_judged_by_their_mean(void **state) {
    (void)state;
    struct measure m;
    uint8_t memory[64];
    struct buf others = buf_of(memory, sizeof memory);
    mp_put_array(&others, 2);
    mp_put_f64(&others, 12);
    mp_put_f64(&others, 50);
    struct msg_trial_row row = {
        .value = 0.5, .others = buf_view(&others), .runs = 3, .breach = 0.25};
    assert_false(measures_of(&m, &job, &row));
    row.has_value = true;
    assert_true(measures_of(&m, &job, &row));
    assert_true(m.values[0] == 0.5 && m.values[1] == 12 && m.breach == 0.25);
    row.runs = 0;
    assert_true(measures_of(&m, &job, &row) && m.breach == 0);
}

static void columns_are_those_of_the_job(void **state) {
    (void)state;
    struct column columns[MEASURE_COLUMNS];
    char keys[MEASURE_COLUMNS][MEASURE_KEY_BYTES];
    assert_int_equal(measures_columns(NULL, columns, keys), 0);
    assert_int_equal(measures_columns(&job, columns, keys), 2);
    assert_string_equal(columns[0].key, "values.mb");
    assert_string_equal(columns[0].heading, "mb");
    assert_string_equal(columns[1].key, "broken");
    job.objectives_count = 1;
    assert_int_equal(measures_columns(&job, columns, keys), 1);
}

/* The block of a job that runs, and the last words. */
static void a_front_is_seen_while_it_grows(void **state) {
    (void)state;
    char text[PROGRESS_BYTES];
    uint8_t memory[FRONTIER_BYTES];
    struct buf bytes = buf_of(memory, sizeof memory), out = buf_of(text, sizeof text - 1);
    struct frontier f = frontier_of(&job);
    const struct progress_look look = {.width = 0};
    struct msg_job_row row = {.job = {{0x3f, 0x2a}},
                              .name = span_text("two"),
                              .active = true,
                              .trials = 10,
                              .done = 2,
                              .metric = span_text("acc")};
    f.broken = 2;
    frontier_encode(&f, &bytes);
    row.frontier = buf_view(&bytes);
    progress_block(&out, &row, &look);
    text[out.len] = '\0';
    assert_non_null(strstr(text, "\nno trial keeps all constraints yet\n"));
    assert_true(measures_none_kept(&row));
    row.state = JOB_DONE;
    buf_clear(&out);
    progress_end(&out, &row, &look);
    text[out.len] = '\0';
    assert_non_null(strstr(text, " is done, but no trial keeps all constraints: "));
    row.state = JOB_OPEN;

    frontier_enter(&f, &job, 3, (double[]){0.5, 7});
    frontier_enter(&f, &job, 4, (double[]){0.75, 9});
    buf_clear(&bytes);
    frontier_encode(&f, &bytes);
    row.frontier = buf_view(&bytes);
    row.has_best = true;
    assert_false(measures_none_kept(&row));
    row.best_slot = 4;
    row.best_value = 0.75;
    row.best_params = span_text("{\"x\":0.5}");
    row.done = 4;
    buf_clear(&out);
    progress_block(&out, &row, &look);
    text[out.len] = '\0';
    assert_non_null(
        strstr(text, "\nbest acc 0.75  #4  x=0.5  2 break constraints  front 2 points\n"));
    row.state = JOB_DONE;
    buf_clear(&out);
    progress_end(&out, &row, &look);
    text[out.len] = '\0';
    assert_non_null(
        strstr(text, "\n2 trials break constraints\nfront 2 points:  zyg best two-3f2a\n"));
    row.best_runs = 3;
    buf_clear(&out);
    progress_end(&out, &row, &look);
    text[out.len] = '\0';
    assert_non_null(strstr(text, "\n2 configurations break constraints\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_broken_is_said_with_what_was_told, set_up),
        cmocka_unit_test_setup(runs_are_judged_by_their_mean, set_up),
        cmocka_unit_test_setup(columns_are_those_of_the_job, set_up),
        cmocka_unit_test_setup(a_front_is_seen_while_it_grows, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
