/* progress: the exact pictures of a job on a terminal and in a pipe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/cli/progress.h"
#include "proto/job/frontier.h"
#include "proto/status.h"

static char text[PROGRESS_BYTES + 1];

static struct msg_job_row row_of(uint64_t done, uint64_t trials) {
    return (struct msg_job_row){
        .job = {{0x3f, 0x2a}},
        .name = span_text("digits"),
        .state = JOB_OPEN,
        .active = true,
        .trials = trials,
        .done = done,
        .metric = span_text("accuracy"),
        .maximize = true,
    };
}

static void give_best(struct msg_job_row *row, uint64_t slot, double value, const char *params) {
    row->has_best = true;
    row->best_slot = slot;
    row->best_value = value;
    row->best_params = span_text(params);
}

static const char *block(const struct msg_job_row *row, const struct progress_look *look) {
    struct buf out = buf_of(text, sizeof text - 1);
    progress_block(&out, row, look);
    text[out.len] = '\0';
    assert_false(out.overflow);
    return text;
}

static const char *news(struct progress_told *told, const struct msg_job_row *row,
                        const struct progress_look *look) {
    struct buf out = buf_of(text, sizeof text - 1);
    progress_news(&out, told, row, look);
    text[out.len] = '\0';
    return text;
}

static const char *end(const struct msg_job_row *row, const struct progress_look *look) {
    struct buf out = buf_of(text, sizeof text - 1);
    progress_end(&out, row, look);
    text[out.len] = '\0';
    return text;
}

static void a_block_half_way(void **state) {
    (void)state;
    struct msg_job_row row = row_of(100, 200);
    struct progress_look look = {.width = 120, .elapsed = 34000, .rate = 3};
    row.running = 2;
    row.failed = 3;
    row.infeasible = 1;
    row.retried = 5;
    give_best(&row, 87, 0.9833333, "{\"model\": \"svm\", \"C\": 12.345678912, \"deep\": true}");
    assert_string_equal(
        block(&row, &look),
        "digits-3f2a  RUNNING  [##########----------] 104/200  2 running  100 done  1 infeasible  "
        "3 failed  5 retried\n"
        "best accuracy 0.983333  #87  model=svm C=12.35 deep=true\n"
        "3 trials/s  elapsed 34 s  left 32 s\n");
}

static void what_ended_early_is_counted_apart(void **state) {
    (void)state;
    struct msg_job_row row = row_of(104, 200);
    struct progress_look look = {.width = 120};
    uint64_t of[TRIAL_STATUS_COUNT] = {[TRIAL_STOPPED] = 60, [TRIAL_PAUSED] = 6};
    uint8_t memory[END_COUNTS_BYTES];
    struct buf counts = buf_of(memory, sizeof memory);
    end_counts_encode(of, &counts);
    row.end_counts = buf_view(&counts);
    row.running = 26;
    row.resumed = 2;
    assert_string_equal(block(&row, &look),
                        "digits-3f2a  RUNNING  [##########----------] 102/200  26 running  38 done "
                        " 60 stopped early  4 paused\n"
                        "no value yet\n"
                        "elapsed 0 ms\n");
    look.rate = 2;
    row.done = 176; /* so the counts add up */
    assert_non_null(strstr(block(&row, &look),
                           "] 174/200  26 running  110 done  60 stopped early  4 paused\n"));
    assert_non_null(strstr(text, "  left 13 s or more\n"));
    struct progress_told told = {.started = true, .tenths = 8};
    assert_string_equal(news(&told, &row, &look), "");
    row.done = 200;
    row.running = row.resumed = 0; /* the search will say whether others do */
    assert_string_equal(news(&told, &row, &look), "");
    look.rate = 0;
    row.done = 104;
    row.state = JOB_DONE; /* nobody goes on any more */
    row.name = span_text("d");
    assert_string_equal(
        end(&row, &look),
        "d-3f2a is done: 104/200 trials in 0 ms  38 done  60 stopped early  6 paused, "
        "not resumed\n"
        "see more:  zyg trials d-3f2a   zyg show d-3f2a   zyg logs d-3f2a/0\n");
    row.done = 65; /* that cannot be: all are taken as done */
    assert_string_equal(end(&row, &look),
                        "d-3f2a is done: 65/200 trials in 0 ms  65 done\n"
                        "see more:  zyg trials d-3f2a   zyg show d-3f2a   zyg logs d-3f2a/0\n");
}

static void a_new_job_is_started_however_far_it_is(void **state) {
    (void)state;
    struct progress_told fresh = {.fresh = true}, told = {0};
    const struct msg_job_row row = row_of(3, 200);
    const struct progress_look look = {.width = 0};
    assert_string_equal(news(&fresh, &row, &look), "digits-3f2a  started: 200 trials\n");
    assert_string_equal(news(&told, &row, &look),
                        "digits-3f2a  goes on: 3 of 200 trials are finished\n");
}

static const char *trouble(struct progress_told *told, const struct msg_job_row *row) {
    struct buf out = buf_of(text, sizeof text - 1);
    progress_trouble(&out, told, row);
    text[out.len] = '\0';
    return text;
}

static void trouble_is_told_once_and_its_end_too(void **state) {
    (void)state;
    struct progress_told told = {0};
    struct msg_job_row row = row_of(3, 200);
    assert_string_equal(trouble(&told, &row), "");
    row.cause = span_text("the disk is full\n\033[2J");
    assert_string_equal(trouble(&told, &row), "digits-3f2a  trouble: the disk is full  [2J\n");
    assert_string_equal(trouble(&told, &row), "");
    row.cause = span_text("");
    assert_string_equal(trouble(&told, &row), "digits-3f2a  is well again\n");
    assert_string_equal(trouble(&told, &row), "");
    row.cause = span_text("cancelled by you");
    row.state = JOB_CANCELLED; /* that is no trouble */
    assert_string_equal(trouble(&told, &row), "");
}

static void a_block_says_what_holds_it_up(void **state) {
    (void)state;
    struct msg_job_row row = row_of(0, 60);
    struct progress_look look = {.width = 20};
    row.metric = span_text("");
    row.cause = span_text("the disk is full");
    assert_string_equal(block(&row, &look), "digits-3f2a  RUNNING\n"
                                            "elapsed 0 ms\n"
                                            "trouble: the disk is\n");
}

static void what_no_trial_tells_is_said_once(void **state) {
    (void)state;
    struct progress_told told = {.started = true, .tenths = 2};
    struct msg_job_row row = row_of(5, 20);
    struct progress_look look = {.width = 0};
#define LACKING                                                                                    \
    "no trial has told lat, which 'constraints' are about; zyg try shows what is understood\n"
    assert_string_equal(news(&told, &row, &look), "");
    row.untold = span_text("lat");
    assert_string_equal(news(&told, &row, &look), "digits-3f2a  " LACKING);
    assert_string_equal(news(&told, &row, &look), "");
    assert_non_null(strstr(block(&row, &look), "\n" LACKING));
    struct frontier frontier = {.objectives = 1, .broken = 20};
    uint8_t memory[FRONTIER_BYTES];
    struct buf bytes = buf_of(memory, sizeof memory);
    frontier_encode(&frontier, &bytes);
    row.frontier = buf_view(&bytes);
    row.done = 20;
    row.state = JOB_DONE;
    assert_non_null(strstr(end(&row, &look), "\n20 trials break constraints\n" LACKING));
#undef LACKING
}

static void a_block_at_the_start(void **state) {
    (void)state;
    struct msg_job_row row = row_of(0, 60);
    struct progress_look look = {.width = 80};
    assert_string_equal(block(&row, &look), "digits-3f2a  RUNNING  [--------------------] 0/60\n"
                                            "no value yet\n"
                                            "elapsed 0 ms\n");
    row.metric = (struct span){0};
    row.active = false;
    assert_string_equal(block(&row, &look),
                        "digits-3f2a  INTERRUPTED  [--------------------] 0/60\n"
                        "elapsed 0 ms\n");
}

static void slow_trials_are_counted_by_the_minute(void **state) {
    (void)state;
    struct msg_job_row row = row_of(3, 10);
    struct progress_look look = {.elapsed = 60000, .rate = 0.05};
    assert_string_equal(strrchr(block(&row, &look), 'y'),
                        "yet\n3 trials/min  elapsed 1 min  left 2 min 20 s\n");
}

static void lines_are_cut_to_the_terminal(void **state) {
    (void)state;
    struct msg_job_row row = row_of(30, 60);
    struct progress_look look = {.width = 40, .elapsed = 1000};
    give_best(
        &row, 1, 0.5,
        "{\"w\": \"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
        "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\"}");
    assert_string_equal(block(&row, &look),
                        "digits-3f2a  RUNNING  [#####-----] 30/60"
                        "\n"
                        "best accuracy 0.5  #1  "
                        "w=\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3"
                        "\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\n"
                        "elapsed 1 s\n");
    look.width = 15;
    const char *shown = block(&row, &look);
    assert_memory_equal(shown, "digits-3f2a  RU\n", 16);
}

static void colours_take_no_room(void **state) {
    (void)state;
    struct msg_job_row row = row_of(0, 60);
    struct progress_look look = {.width = 22, .color = true};
    const char *shown = block(&row, &look);
    assert_memory_equal(shown, "digits-3f2a  \033[1mRUNNING\033[0m  \n", 31);
}

static void a_hostile_value_does_not_reach_the_terminal(void **state) {
    (void)state;
    struct msg_job_row row = row_of(1, 2);
    struct progress_look look = {0};
    give_best(&row, 0, 1, "{\"k\": \"a\\u001b[2Jb\"}");
    assert_null(strchr(block(&row, &look), '\033'));
}

static void a_pipe_hears_what_matters(void **state) {
    (void)state;
    struct progress_told told = {0};
    struct progress_look look = {.elapsed = 2000, .rate = 10};
    struct msg_job_row row = row_of(0, 20);
    row.active = false;
    assert_string_equal(news(&told, &row, &look), "");
    row.active = true;
    assert_string_equal(news(&told, &row, &look), "digits-3f2a  started: 20 trials\n");
    assert_string_equal(news(&told, &row, &look), "");
    row.done = 1;
    assert_string_equal(news(&told, &row, &look), "");
    give_best(&row, 0, 0.5, "{\"C\": 1}");
    assert_string_equal(news(&told, &row, &look), "digits-3f2a  best accuracy 0.5  #0  C=1\n");
    row.done = 4;
    row.running = 2;
    assert_string_equal(
        news(&told, &row, &look),
        "digits-3f2a  20%  4/20  2 running  4 done  10 trials/s  elapsed 2 s  left 1.6 s\n");
    row.done = 5;
    assert_string_equal(news(&told, &row, &look), "");
    give_best(&row, 4, 0.6, "{\"C\": 2}");
    assert_string_equal(news(&told, &row, &look), "digits-3f2a  best accuracy 0.6  #4  C=2\n");
    row.state = JOB_DONE;
    row.done = 20;
    assert_string_equal(news(&told, &row, &look), "");
}

static void a_resumed_job_says_where_it_stands(void **state) {
    (void)state;
    struct progress_told told = {0};
    struct progress_look look = {0};
    struct msg_job_row row = row_of(7, 20);
    assert_string_equal(news(&told, &row, &look),
                        "digits-3f2a  goes on: 7 of 20 trials are finished\n");
    row.done = 8;
    assert_string_equal(news(&told, &row, &look), "digits-3f2a  40%  8/20  8 done  elapsed 0 ms\n");
}

static void the_last_words(void **state) {
    (void)state;
    struct progress_look look = {.elapsed = 41000};
    struct msg_job_row row = row_of(58, 60);
    row.infeasible = 2;
    row.state = JOB_DONE;
    give_best(&row, 37, 0.98331234567, "{\"model\": \"svm\", \"gamma\": 0.0010000000000000002}");
    assert_string_equal(end(&row, &look),
                        "digits-3f2a is done: 60/60 trials in 41 s  58 done  2 infeasible\n"
                        "best accuracy 0.98331234567, trial 37:\n"
                        "  model  svm\n"
                        "  gamma  0.0010000000000000002\n"
                        "see more:  zyg trials digits-3f2a   zyg show digits-3f2a   "
                        "zyg logs digits-3f2a/37\n");
}

static void the_last_words_of_a_failed_job(void **state) {
    (void)state;
    struct progress_look look = {.elapsed = 800};
    struct msg_job_row row = row_of(0, 60);
    row.failed = 3;
    row.state = JOB_FAILED;
    row.cause = span_text("no trial could be started");
    assert_string_equal(end(&row, &look),
                        "digits-3f2a failed: no trial could be started\n"
                        "  3/60 trials in 800 ms  3 failed\n"
                        "see more:  zyg trials digits-3f2a   zyg show digits-3f2a   "
                        "zyg logs digits-3f2a/0\n");
    row.state = JOB_CANCELLED;
    row.cause = (struct span){0};
    assert_memory_equal(end(&row, &look), "digits-3f2a was cancelled: 3/60 trials", 38);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_half_way),
        cmocka_unit_test(what_ended_early_is_counted_apart),
        cmocka_unit_test(a_new_job_is_started_however_far_it_is),
        cmocka_unit_test(trouble_is_told_once_and_its_end_too),
        cmocka_unit_test(a_block_says_what_holds_it_up),
        cmocka_unit_test(what_no_trial_tells_is_said_once),
        cmocka_unit_test(a_block_at_the_start),
        cmocka_unit_test(slow_trials_are_counted_by_the_minute),
        cmocka_unit_test(lines_are_cut_to_the_terminal),
        cmocka_unit_test(colours_take_no_room),
        cmocka_unit_test(a_hostile_value_does_not_reach_the_terminal),
        cmocka_unit_test(a_pipe_hears_what_matters),
        cmocka_unit_test(a_resumed_job_says_where_it_stands),
        cmocka_unit_test(the_last_words),
        cmocka_unit_test(the_last_words_of_a_failed_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
