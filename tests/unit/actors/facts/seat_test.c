/* A job's row as a fold of its trials: counts, best, end, clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/facts/seat.h"
#include "tests/unit/actors/tuner/jobs.h"

#include <stdlib.h>

static const struct job_id id = {.bytes = {1, 2}};
static const struct node_id owner = {.bytes = {3}};
static struct test_job description;
static uint32_t repeat = 1; /* of the next seat */

/* Whoever sat there before leaves nothing. */
static struct seat *seat_of(const struct objective *objective, uint64_t trials) {
    static uint8_t memory[LIMIT_JOB_SPEC_BYTES];
    struct buf spec = buf_of(memory, sizeof memory);
    struct seat *s = malloc(sizeof *s);
    struct err err;
    memset(s, 0x5a, sizeof *s);
    job_begin(&description, METHOD_RANDOM, trials);
    add_range(&description, "lr", PARAM_FLOAT, 0, 1);
    description.job.objectives[0] = *objective;
    description.job.objectives_count = objective->metric.len > 0;
    description.job.repeat = repeat;
    job_end(&description);
    assert_true(job_encode(&description.job, &spec));
    assert_true(
        seat_take(s, &id, buf_view(&spec), &owner, &(struct msg_job_row){.created = 77}, &err));
    return s;
}

static bool count(struct seat *s, uint64_t slot, enum trial_status status, double value) {
    static uint8_t memory[16];
    struct buf config = buf_of(memory, sizeof memory);
    const struct value lr = float_value(0.5);
    config_encode(&config, &lr, 1);
    return seat_count(s, slot,
                      &(struct trial_row){.status = status,
                                          .finished = true,
                                          .attempts = {.made = 2, .paused = status == TRIAL_PAUSED},
                                          .has_value = status == TRIAL_DONE,
                                          .value = value,
                                          .config = buf_view(&config)});
}

static const struct objective least = {.metric = {(const uint8_t *)"loss", 4}};

static void a_seat_is_taken_with_nothing_counted(void **state) {
    (void)state;
    struct seat *s = seat_of(&least, 10);
    assert_int_equal(s->state, SEAT_OPENING);
    assert_true(job_id_equal(&s->id, &id));
    assert_true(node_id_equal(&s->owner, &owner));
    assert_true(span_is(s->row.name, "test"));
    assert_true(span_is(s->row.metric, "loss"));
    assert_int_equal(s->row.created, 77);
    assert_int_equal(ran_ms(&s->ran), 0);
    assert_int_equal(s->row.trials, 10);
    assert_false(s->row.maximize || s->row.has_best);
    seat_check(s);
    free(s);
}

static void a_description_that_cannot_be_is_refused(void **state) {
    (void)state;
    struct seat *s = calloc(1, sizeof *s);
    static const uint8_t huge[LIMIT_JOB_SPEC_BYTES + 1];
    struct err err;
    assert_false(
        seat_take(s, &id, span_of(huge, sizeof huge), &owner, &(struct msg_job_row){0}, &err));
    assert_int_equal(err.code, ERR_BAD_FACT);
    assert_string_equal(err.what, "a job of 65537 bytes, expected at most 65536");
    assert_false(seat_take(s, &id, span_text("?"), &owner, &(struct msg_job_row){0}, &err));
    free(s);
}

static void each_status_is_counted_where_it_belongs(void **state) {
    (void)state;
    struct seat *s = seat_of(&least, 100);
    for (uint64_t status = TRIAL_DONE; status < TRIAL_STATUS_COUNT; status++)
        assert_true(count(s, status, (enum trial_status)status, 1));
    assert_int_equal(s->row.done, 3); /* two of them stopped, or paused, with a value */
    assert_int_equal(s->row.infeasible, 1);
    assert_int_equal(s->row.failed, TRIAL_STATUS_COUNT - 5);
    assert_int_equal(s->row.retried, TRIAL_STATUS_COUNT - 1);
    uint64_t end_counts[TRIAL_STATUS_COUNT];
    assert_true(count(s, 50, TRIAL_CRASHED, 0) && count(s, 0, TRIAL_CRASHED, 0));
    assert_true(end_counts_decode(end_counts, s->row.end_counts));
    for (size_t i = 0; i < TRIAL_STATUS_COUNT; i++) {
        assert_int_equal(end_counts[i], i <= TRIAL_DONE ? 0 : i == TRIAL_CRASHED ? 3 : 1);
    }
    seat_check(s);
    free(s);
}

static void what_goes_on_after_a_rest_is_not_repeated(void **state) {
    (void)state;
    struct seat *s = seat_of(&least, 100);
    const struct trial_row rests = {
        .status = TRIAL_PAUSED, .finished = true, .attempts = {.made = 3, .crash = 1, .paused = 2}};
    const struct trial_row done = {
        .status = TRIAL_DONE, .finished = true, .attempts = {.made = 5, .crash = 2, .paused = 2}};
    s->job.retry.crash = 2;
    assert_true(seat_count(s, 0, &rests));
    assert_int_equal(s->row.retried, 1); /* after the crash */
    seat_recount(s, 0, &rests, &done);
    assert_int_equal(s->row.retried, 2); /* one more crash */
    seat_check(s);
    free(s);
}

static struct trial_row not_started(uint8_t author, uint64_t nodes) {
    struct trial_row row = {
        .status = TRIAL_NO_START, .attempts.made = 1, .cause = span_text("cannot start 'x'")};
    unable_add(&row.unable, &(struct node_id){{author}}, nodes);
    return row;
}

static void assert_failed(const struct seat *s, const char *because) {
    char memory[300];
    struct buf cause = buf_of(memory, sizeof memory);
    assert_int_equal(seat_has_failed(s, &cause), because != NULL);
    if (because != NULL)
        assert_true(span_is(buf_view(&cause), because));
}

static void one_node_alone_that_cannot_start_it_is_enough(void **state) {
    (void)state;
    struct seat *s = seat_of(&least, 10);
    const struct trial_row row = not_started(4, 1);
    assert_failed(s, NULL);
    seat_note(s, &row);
    assert_failed(s, "cannot start 'x'");
    assert_true(count(s, 9, TRIAL_DONE, 1)); /* but it can */
    assert_failed(s, NULL);
    free(s);
}

static void all_nodes_are_asked_whether_they_can_start_it(void **state) {
    (void)state;
    struct seat *s = seat_of(&least, 10);
    for (uint8_t author = 1; author < 5; author++) {
        const struct trial_row row = not_started(author, 5);
        seat_note(s, &row);
        seat_note(s, &row); /* another slot there */
        assert_failed(s, NULL);
    }
    const struct trial_row last = not_started(5, 5);
    seat_note(s, &last);
    assert_failed(s, "cannot start 'x' (tried on 5 nodes)");
    free(s);
}

/* Three nodes could not start the only trial; there are more, and nothing is left for them. */
static void a_job_of_which_nothing_could_be_started_says_so(void **state) {
    (void)state;
    struct seat *s = seat_of(&least, 2);
    struct trial_row row = not_started(1, 8);
    unable_add(&row.unable, &(struct node_id){{2}}, 8);
    unable_add(&row.unable, &(struct node_id){{3}}, 8);
    row.finished = true;
    seat_note(s, &row);
    assert_true(seat_count(s, 0, &row));
    assert_failed(s, NULL);
    assert_true(seat_count(s, 1, &row));
    assert_failed(s, "cannot start 'x' (tried on 3 nodes)");
    free(s);
}

static void a_job_ends_when_its_last_attempt_did(void **state) {
    (void)state;
    static const wall_ms ends[] = {300, 500, 400};
    struct seat *s = seat_of(&least, 3);
    for (uint64_t slot = 0; slot < 3; slot++) {
        const struct trial_row row = {
            .status = TRIAL_DONE, .finished = true, .attempts.made = 1, .last_end = ends[slot]};
        seat_note(s, &row);
        assert_true(seat_count(s, slot, &row));
    }
    assert_true(seat_is_over(s));
    assert_int_equal(s->row.finished, 500);
    free(s);
}

static void what_was_taken_back_leaves_no_mark(void **state) {
    (void)state;
    struct seat *s = seat_of(&least, 10);
    const struct trial_row crashed = {
        .status = TRIAL_CRASHED, .finished = true, .attempts.made = 1};
    const struct trial_row good = {.status = TRIAL_DONE, .finished = true, .attempts.made = 1};
    assert_true(seat_count(s, 3, &crashed));
    assert_true(s->row.end_counts.len > 0);
    seat_recount(s, 3, &crashed, &good);
    assert_int_equal(s->row.end_counts.len, 0); /* as in a store that never heard of the crash */
    assert_int_equal(s->row.done, 1);
    seat_check(s);
    free(s);
}

static void a_slot_counts_once_and_only_when_it_is_one(void **state) {
    (void)state;
    struct seat *s = seat_of(&least, 10);
    assert_true(count(s, 9, TRIAL_DONE, 1));
    assert_false(count(s, 9, TRIAL_DONE, 0));
    assert_false(count(s, 10, TRIAL_DONE, 0));
    assert_int_equal(s->row.done, 1);
    assert_true(s->row.best_value == 1);
    free(s);
}

static void gaps_without_end_are_refused(void **state) {
    (void)state;
    struct seat *s = seat_of(&least, 100000);
    for (uint64_t i = 0; i < LIMIT_RANGES; i++)
        assert_true(count(s, 2 * i, TRIAL_DONE, 1));
    assert_false(count(s, 2 * LIMIT_RANGES, TRIAL_DONE, 1));
    assert_int_equal(s->row.done, LIMIT_RANGES);
    seat_check(s);
    assert_true(count(s, 1, TRIAL_DONE, 1)); /* one that closes a gap is welcome */
    free(s);
}

static void the_best_does_not_depend_on_who_was_first(void **state) {
    (void)state;
    static const uint64_t orders[][3] = {{1, 2, 3}, {3, 2, 1}, {2, 3, 1}};
    static const double values[] = {0, 0.5, 0.25, 0.25};
    for (int maximize = 0; maximize < 2; maximize++) {
        for (size_t i = 0; i < 3; i++) {
            struct objective objective = least;
            objective.goal = maximize ? GOAL_MAXIMIZE : GOAL_MINIMIZE;
            struct seat *s = seat_of(&objective, 10);
            assert_int_equal(s->row.maximize, maximize);
            for (size_t k = 0; k < 3; k++)
                assert_true(count(s, orders[i][k], TRIAL_DONE, values[orders[i][k]]));
            assert_int_equal(s->row.best_slot, maximize ? 1 : 2);
            assert_true(s->row.best_value == (maximize ? 0.5 : 0.25));
            assert_true(span_is(s->row.best_params, "{\"lr\":0.5}"));
            free(s);
        }
    }
}

static void a_target_counts_when_it_is_met_or_passed(void **state) {
    (void)state;
    for (int maximize = 0; maximize < 2; maximize++) {
        const struct objective objective = {.metric = span_text("m"),
                                            .goal = maximize ? GOAL_MAXIMIZE : GOAL_MINIMIZE,
                                            .has_target = true,
                                            .target = 0.5};
        struct seat *s = seat_of(&objective, 10);
        assert_true(count(s, 0, TRIAL_DONE, maximize ? 0.49 : 0.51));
        assert_false(seat_is_over(s));
        assert_true(count(s, 1, TRIAL_DONE, maximize ? 0.51 : 0.49));
        assert_true(seat_is_over(s));
        assert_int_equal(s->row.state, JOB_DONE);
        assert_int_equal(s->row.finished, 77); /* when it was made, at the earliest */
        assert_true(span_is(s->row.cause, "the target was reached"));
        assert_true(seat_is_over(s)); /* and stays so */
        free(s);
    }
}

static void one_good_trial_pardons_those_without_metric(void **state) {
    (void)state;
    struct seat *s = seat_of(&least, 10);
    assert_true(count(s, 0, TRIAL_DONE, 1));
    for (uint64_t slot = 1; slot < 9; slot++)
        assert_true(count(s, slot, TRIAL_NO_METRIC, 0));
    assert_false(seat_is_over(s));
    assert_true(count(s, 9, TRIAL_NO_METRIC, 0));
    assert_true(seat_is_over(s));
    assert_int_equal(s->row.state, JOB_DONE);
    free(s);
}

static void a_cause_is_never_cut_through_a_letter(void **state) {
    (void)state;
    struct seat *s = seat_of(&least, 10);
    char text[300];
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof s->cause - 1, "\xc3\xa4", 2);
    seat_end(s, JOB_FAILED, span_of(text, sizeof text), 9);
    assert_int_equal(s->row.cause.len, sizeof s->cause - 1);
    assert_int_equal(s->row.state, JOB_FAILED);
    assert_int_equal(s->row.finished, 9);
    free(s);
}

static void a_job_goes_on_from_its_kept_row(void **state) {
    (void)state;
    uint8_t ran[RAN_BYTES], other_ran[RAN_BYTES];
    struct seat *first = seat_of(&least, 10), *s = seat_of(&least, 10);
    const struct trial_row trial = {.began = 100, .run_ms = 40, .last_end = 140};
    first->state = SEAT_OPEN;
    s->state = SEAT_LATE;
    assert_true(count(first, 3, TRIAL_DONE, 0.5));
    assert_true(count(first, 1, TRIAL_CRASHED, 0));
    assert_true(count(first, 2, TRIAL_CRASHED, 0));
    assert_true(count(first, 4, TRIAL_INFEASIBLE, 0));
    seat_note(first, &trial);
    seat_ran(first, 60, 20); /* three of it after the job was made */
    seat_end(first, JOB_CANCELLED, span_text("by its owner"), 150);
    const struct msg_job_row row = seat_kept_row(first, ran);
    assert_int_equal(row.run_ms, 43);

    seat_resume(s, &row);
    memset(ran, 0xff, sizeof ran);
    memset(first, 0xff, sizeof *first); /* nothing is borrowed */
    assert_true(s->late);
    assert_int_equal(s->row.state, JOB_CANCELLED);
    assert_true(span_is(s->row.cause, "by its owner"));
    assert_true(span_is(s->row.name, "test"));
    assert_true(span_is(s->row.metric, "loss"));
    assert_int_equal(s->row.created, 77);
    assert_int_equal(s->row.finished, 150);
    assert_int_equal(s->row.last_end, 140);
    assert_int_equal(s->row.trials, 10);
    assert_int_equal(s->row.done, 1);
    assert_int_equal(s->row.infeasible, 1);
    assert_int_equal(s->row.failed, 2);
    assert_int_equal(s->row.retried, 4);
    assert_true(s->row.has_best);
    assert_int_equal(s->row.best_slot, 3);
    assert_true(s->row.best_value == 0.5);
    assert_true(span_is(s->row.best_params, "{\"lr\":0.5}"));
    assert_int_equal(s->end_counts[TRIAL_CRASHED], 2);
    assert_int_equal(s->end_counts[TRIAL_INFEASIBLE], 1);
    assert_int_equal(ran_ms(&s->ran), 43);
    assert_int_equal(ranges_size(&s->finished), 0);
    seat_check(s);
    assert_int_equal(seat_kept_row(s, other_ran).run_ms, 43);
    assert_true(count(s, 5, TRIAL_CRASHED, 0)); /* and counts on */
    assert_int_equal(s->row.failed, 3);
    assert_int_equal(s->end_counts[TRIAL_CRASHED], 3);
    free(first);
    free(s);
}

static void an_end_counts_while_no_trial_ended_well(void **state) {
    (void)state;
    struct seat *s = seat_of(&least, 10);
    seat_fail(s, span_text("so"), 500);
    seat_fail(s, span_text("later"), 600);
    assert_int_equal(s->row.finished, 500);
    seat_fail(s, span_text("earlier"), 400);
    assert_true(seat_is_over(s));
    assert_int_equal(s->row.state, JOB_FAILED);
    assert_int_equal(s->row.finished, 400);
    assert_true(span_is(s->row.cause, "earlier"));
    assert_true(count(s, 0, TRIAL_DONE, 0.5));
    assert_false(seat_is_over(s));
    assert_int_equal(s->row.state, JOB_OPEN);
    assert_int_equal(s->row.finished, 0);
    assert_int_equal(s->row.cause.len, 0);
    seat_fail(s, span_text("earlier"), 400);
    assert_false(seat_is_over(s));
    free(s);
}

static void assert_stalled(const struct seat *s, const char *because) {
    char memory[100];
    struct buf cause = buf_of(memory, sizeof memory);
    assert_int_equal(seat_has_stalled(s, &cause), because != NULL);
    if (because != NULL)
        assert_true(span_is(buf_view(&cause), because));
}

static void patience_counts_values_that_were_no_better(void **state) {
    (void)state;
    struct seat *s = seat_of(&least, 20);
    s->state = SEAT_OPEN;
    s->job.patience = 3;
    assert_true(count(s, 9, TRIAL_DONE, 0.5));
    assert_true(count(s, 1, TRIAL_DONE, 0.6));
    assert_true(count(s, 2, TRIAL_DONE, 0.5)); /* only as good, though its slot is lower */
    assert_int_equal(s->row.best_slot, 2);
    assert_true(count(s, 3, TRIAL_CRASHED, 0)); /* says nothing */
    assert_stalled(s, NULL);
    assert_true(count(s, 4, TRIAL_DONE, 0.4));
    assert_true(count(s, 5, TRIAL_DONE, 0.5));
    assert_true(count(s, 6, TRIAL_DONE, 0.5));
    const struct trial_row old = {.status = TRIAL_DONE, .finished = true, .attempts = {.made = 1}};
    seat_recount(s, 6, &old,
                 &(struct trial_row){.status = TRIAL_DONE,
                                     .attempts = {.made = 2},
                                     .finished = true,
                                     .has_value = true,
                                     .value = 0.45}); /* a slot counts once */
    assert_stalled(s, NULL);
    assert_true(count(s, 7, TRIAL_DONE, 0.5));
    assert_stalled(s, "no better in 3 trials");
    s->job.patience = 0;
    assert_stalled(s, NULL);
    s->job.patience = 1;
    assert_true(count(s, 8, TRIAL_DONE, 0.3));
    assert_stalled(s, NULL);
    assert_true(count(s, 10, TRIAL_DONE, 0.3));
    assert_stalled(s, "no better in 1 trial");
    assert_false(seat_is_over(s)); /* not by itself */
    free(s);
}

static void a_configuration_is_worth_the_mean_of_its_slots(void **state) {
    (void)state;
    static const double values[12] = {4, 1, 1, 0, 0, 0, 9, 1, 5, 2, 3, 1};
    static const uint64_t orders[][9] = {{0, 1, 2, 6, 7, 8, 9, 10, 11},
                                         {11, 10, 9, 8, 7, 6, 2, 1, 0},
                                         {6, 0, 9, 1, 7, 10, 11, 8, 2}};
    repeat = 3;
    for (size_t i = 0; i < 3; i++) {
        struct seat *s = seat_of(&least, 12);
        struct worth worth;
        s->job.patience = 3;
        s->state = SEAT_OPEN;
        assert_true(count(s, 3, TRIAL_DONE, 0) && count(s, 4, TRIAL_CRASHED, 0));
        assert_true(count(s, 5, TRIAL_DONE, 0)); /* one of its runs has failed: it is none */
        for (size_t k = 0; k < 9; k++) {
            assert_int_equal(s->row.has_best, k > 2 && (i < 2 || k > 6));
            assert_true(count(s, orders[i][k], TRIAL_DONE, values[orders[i][k]]));
        }
        assert_int_equal(s->row.best_slot, 0); /* 4 1 1 and 2 3 1 are worth as much */
        assert_true(s->row.best_value == 2 && s->row.best_runs == 3);
        assert_true(s->row.best_error == 1); /* 3 / 3: deviations 2, -1, -1, squares 6 / 2 / 3 */
        assert_true(seat_worth(s, 8, NULL, &worth) && worth.slot == 6 && worth.runs == 3);
        assert_true(worth.measure.values[0] == 5);
        assert_false(seat_worth(s, 4, NULL, &worth));
        assert_stalled(s, "no better in 2 configurations of 3 trials each");
        seat_recount(
            s, 7,
            &(struct trial_row){.status = TRIAL_DONE, .attempts = {.made = 1}, .finished = true},
            &(struct trial_row){.status = TRIAL_DONE,
                                .attempts = {.made = 1},
                                .finished = true,
                                .has_value = true,
                                .value = -14});
        assert_true(s->row.best_slot == 6 && s->row.best_value == 0);
        assert_true(
            span_is(s->row.best_params, "{}")); /* that run had another configuration, or none */
        seat_check(s);
        free(s);
    }
    repeat = 1;
}

static void count_ended(struct seat *s, uint64_t slot, double value, wall_ms last_end) {
    assert_true(seat_count(s, slot,
                           &(struct trial_row){.status = TRIAL_DONE,
                                               .finished = true,
                                               .attempts = {.made = 1},
                                               .last_end = last_end,
                                               .has_value = true,
                                               .value = value}));
}

static void what_ended_before_the_best_tries_no_patience(void **state) {
    (void)state;
    struct seat *s = seat_of(&least, 20); /* SEAT_OPENING: by slot */
    s->job.patience = 2;
    count_ended(s, 0, 0.5, 400); /* it took long */
    for (uint64_t slot = 1; slot < 8; slot++)
        count_ended(s, slot, 0.6, 100 + (wall_ms)slot);
    count_ended(s, 8, 0.6, 400);
    assert_stalled(s, NULL);
    count_ended(s, 9, 0.6, 401);
    assert_stalled(s, "no better in 2 trials");
    s->state = SEAT_OPEN;
    count_ended(s, 10, 0.6, 1); /* as it comes; clocks differ */
    assert_stalled(s, "no better in 3 trials");
    free(s);
}

static void what_rests_tries_no_patience(void **state) {
    (void)state;
    const struct trial_row rests = {.status = TRIAL_PAUSED,
                                    .finished = true,
                                    .attempts = {.made = 1, .paused = 1},
                                    .has_value = true,
                                    .value = 0.6};
    struct trial_row done = rests;
    struct seat *s = seat_of(&least, 20);
    s->state = SEAT_OPEN;
    s->job.patience = 1;
    assert_true(count(s, 0, TRIAL_DONE, 0.5));
    assert_true(seat_count(s, 1, &rests));
    assert_stalled(s, NULL);
    done.status = TRIAL_DONE;
    done.attempts.made = 2;
    seat_recount(s, 1, &rests, &done);
    assert_stalled(s, "no better in 1 trial");
    seat_check(s);
    free(s);
}

static void an_early_end_stands_before_a_failure_and_behind_results(void **state) {
    (void)state;
    struct objective objective = least;
    objective.has_target = true;
    objective.target = 0.1;
    struct seat *s = seat_of(&objective, 20);
    seat_stop(s, span_text("nobody asked"), 300, (struct span){0}); /* it has no patience */
    assert_int_equal(s->row.state, JOB_OPEN);
    s->job.patience = 2;
    seat_fail(s, span_text("so"), 100);
    seat_stop(s, span_text("enough"), 300,
              (struct span){0}); /* before any of its results was heard */
    seat_stop(s, span_text("later"), 400, (struct span){0});
    seat_stop(s, span_text("fairly"), 300, (struct span){0});
    seat_stop(s, span_text("enough"), 300, (struct span){0});
    seat_fail(s, span_text("earlier"), 50);
    assert_true(seat_is_over(s));
    assert_int_equal(s->row.state, JOB_DONE);
    assert_int_equal(s->row.finished, 300);
    assert_true(span_is(s->row.cause, "enough"));
    assert_true(count(s, 1, TRIAL_DONE, 0.5));
    assert_true(seat_is_over(s));
    assert_true(span_is(s->row.cause, "enough"));
    assert_true(count(s, 2, TRIAL_DONE, 0.05));
    assert_true(seat_is_over(s));
    assert_true(span_is(s->row.cause, "the target was reached"));
    seat_stop(s, span_text("first of all"), 1, (struct span){0});
    assert_true(span_is(s->row.cause, "the target was reached"));
    seat_end(s, JOB_CANCELLED, span_text("by its owner"), 500);
    seat_stop(s, span_text("first of all"), 1, (struct span){0});
    assert_int_equal(s->row.state, JOB_CANCELLED);
    free(s);
}

static void summaries_sort_by_time(void **state) {
    (void)state;
    uint8_t a[24], b[24];
    struct buf older = buf_of(a, sizeof a), newer = buf_of(b, sizeof b);
    seat_summary_key(&older, &(struct msg_job_row){.created = 255, .job = {{9}}});
    seat_summary_key(&newer, &(struct msg_job_row){.created = 256, .job = {{1}}});
    assert_int_equal(older.len, 24);
    assert_true(span_compare(buf_view(&older), buf_view(&newer)) < 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seat_is_taken_with_nothing_counted),
        cmocka_unit_test(a_description_that_cannot_be_is_refused),
        cmocka_unit_test(each_status_is_counted_where_it_belongs),
        cmocka_unit_test(what_goes_on_after_a_rest_is_not_repeated),
        cmocka_unit_test(one_node_alone_that_cannot_start_it_is_enough),
        cmocka_unit_test(all_nodes_are_asked_whether_they_can_start_it),
        cmocka_unit_test(a_job_of_which_nothing_could_be_started_says_so),
        cmocka_unit_test(a_job_ends_when_its_last_attempt_did),
        cmocka_unit_test(what_was_taken_back_leaves_no_mark),
        cmocka_unit_test(a_slot_counts_once_and_only_when_it_is_one),
        cmocka_unit_test(gaps_without_end_are_refused),
        cmocka_unit_test(the_best_does_not_depend_on_who_was_first),
        cmocka_unit_test(a_target_counts_when_it_is_met_or_passed),
        cmocka_unit_test(one_good_trial_pardons_those_without_metric),
        cmocka_unit_test(a_cause_is_never_cut_through_a_letter),
        cmocka_unit_test(a_job_goes_on_from_its_kept_row),
        cmocka_unit_test(an_end_counts_while_no_trial_ended_well),
        cmocka_unit_test(patience_counts_values_that_were_no_better),
        cmocka_unit_test(a_configuration_is_worth_the_mean_of_its_slots),
        cmocka_unit_test(what_ended_before_the_best_tries_no_patience),
        cmocka_unit_test(what_rests_tries_no_patience),
        cmocka_unit_test(an_early_end_stands_before_a_failure_and_behind_results),
        cmocka_unit_test(summaries_sort_by_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
