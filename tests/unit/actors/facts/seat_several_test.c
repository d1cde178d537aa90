/* A job's row as a fold of its trials, with several objectives and a constraint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/facts/seat.h"
#include "proto/base/mp.h"
#include "tests/unit/actors/tuner/jobs.h"

#include <math.h>
#include <stdlib.h>

static const struct job_id id = {.bytes = {1, 2}};
static const struct node_id owner = {.bytes = {3}};
static struct test_job description;
static uint32_t repeat = 1; /* of the next seat */

/* Greatest accuracy, least size, and a limit of the latter. */
static struct seat *seat_of_two(double target, bool constrained) {
    static uint8_t memory[LIMIT_JOB_SPEC_BYTES];
    static const struct condition small = {.text = {(const uint8_t *)"mb <= 20", 8}};
    struct buf spec = buf_of(memory, sizeof memory);
    struct seat *s = calloc(1, sizeof *s);
    struct err err;
    job_begin(&description, METHOD_RANDOM, 100);
    add_range(&description, "lr", PARAM_FLOAT, 0, 1);
    description.job.objectives[0] = (struct objective){.metric = span_text("acc"),
                                                       .goal = GOAL_MAXIMIZE,
                                                       .has_target = target > 0,
                                                       .target = target};
    description.job.objectives[1] = (struct objective){
        .metric = span_text("mb"), .has_target = target > 0, .target = target > 0 ? 5 : 0};
    description.job.objectives_count = 2;
    description.job.constraints = &small;
    description.job.constraints_count = constrained;
    description.job.repeat = repeat;
    description.job.trials = 100 / repeat * repeat;
    job_end(&description);
    assert_true(job_encode(&description.job, &spec));
    assert_true(
        seat_take(s, &id, buf_view(&spec), &owner, &(struct msg_job_row){.created = 77}, &err));
    return s;
}

/* Rows that live as long as the test. */
static struct trial_row came_to(double acc, double mb) {
    static uint8_t memory[64][40];
    static uint32_t next;
    uint8_t *at = memory[next++ % 64];
    struct buf others = buf_of(at, 20), config = buf_of(at + 20, 20);
    const struct value lr = float_value(0.5);
    mp_put_array(&others, 1);
    mp_put_f64(&others, mb);
    config_encode(&config, &lr, 1);
    return (struct trial_row){.status = TRIAL_DONE,
                              .finished = true,
                              .attempts = {.made = 1},
                              .has_value = true,
                              .value = acc,
                              .others = buf_view(&others),
                              .config = buf_view(&config)};
}

static void assert_frontier(const struct seat *s, uint64_t broken, uint32_t count,
                            const uint64_t *slots) {
    struct frontier f;
    assert_true(frontier_decode(&f, s->row.frontier));
    assert_int_equal(f.broken, broken);
    assert_int_equal(f.count, count);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(f.points[i].slot, slots[i]);
}

static void the_frontier_and_the_best_keep_all_constraints(void **state) {
    (void)state;
    struct seat *s = seat_of_two(0, true);
    const struct trial_row rows[] = {came_to(0.99, 50), came_to(0.9, 19), came_to(0.8, 10),
                                     came_to(0.7, 15),  came_to(0.9, 18), came_to(0.5, 1)};
    assert_frontier(s, 0, 0, NULL);
    assert_true(seat_count(s, 0, &rows[0]));
    assert_false(s->row.has_best); /* it is done, and breaks the constraint */
    assert_int_equal(s->row.done, 1);
    for (uint64_t slot = 1; slot < 6; slot++)
        assert_true(seat_count(s, slot, &rows[slot]));
    assert_frontier(s, 1, 3, (const uint64_t[]){2, 4, 5});
    assert_int_equal(s->row.best_slot, 4); /* as accurate as 1, and smaller */
    assert_true(s->row.best_value == 0.9);
    seat_check(s);

    /* More is known of two slots: a better one, and one that keeps the constraint after all. */
    const struct trial_row better = came_to(0.9, 5), keeps = came_to(0.6, 2);
    seat_recount(s, 4, &rows[4], &better);
    seat_recount(s, 0, &rows[0], &keeps);
    assert_frontier(s, 0, 3, (const uint64_t[]){0, 4, 5});

    /* What came late goes on from the summary. */
    struct seat *late = seat_of_two(0, true);
    uint8_t ran[RAN_BYTES];
    const struct msg_job_row kept = seat_kept_row(s, ran);
    seat_resume(late, &kept);
    assert_frontier(late, 0, 3, (const uint64_t[]){0, 4, 5});
    const struct trial_row equal = came_to(0.9, 6), last = came_to(0.9, 4);
    assert_true(seat_count(late, 40, &equal) && late->row.best_slot == 4);
    assert_true(seat_count(late, 41, &last));
    assert_int_equal(late->row.best_slot, 41);
    assert_frontier(late, 0, 3, (const uint64_t[]){0, 5, 41});
    free(late);
    free(s);
}

/* A trial of the accuracy alone; the constraint is about mb. */
static struct trial_row without_mb(double acc) {
    static uint8_t memory[64][8];
    static uint32_t next;
    struct trial_row row = came_to(acc, 0);
    struct buf others = buf_of(memory[next++ % 64], 8);
    mp_put_array(&others, 1);
    mp_put_nil(&others);
    row.others = buf_view(&others);
    return row;
}

static void what_no_trial_tells_is_known_after_some(void **state) {
    (void)state;
    struct seat *s = seat_of_two(0, true);
    struct seat *late = seat_of_two(0, true);
    uint8_t ran[RAN_BYTES];
    s->job.objectives_count = late->job.objectives_count = 1;
    const struct trial_row untold = without_mb(0.5), told = came_to(0.6, 50);
    for (uint64_t slot = 0; slot < 3; slot++) {
        assert_int_equal(s->row.untold.len, 0);
        assert_true(seat_count(s, slot, &untold));
    }
    assert_true(span_is(s->row.untold, "mb"));
    const struct msg_job_row kept = seat_kept_row(s, ran);
    seat_resume(late, &kept);
    assert_true(span_is(late->row.untold, "mb"));
    assert_true(seat_count(late, 9, &untold));
    assert_true(span_is(late->row.untold, "mb"));
    assert_true(seat_count(late, 10, &told)); /* late, and yet */
    assert_int_equal(late->row.untold.len, 0);
    assert_true(seat_count(s, 3, &told));
    assert_int_equal(s->row.untold.len, 0);
    seat_recount(s, 3, &told, &untold);
    assert_true(span_is(s->row.untold, "mb"));
    seat_recount(s, 1, &untold, &told);
    assert_int_equal(s->row.untold.len, 0);
    free(late);
    free(s);
}

/* Who resumes from a summary comes to what he would have come to without: some had told it, and fewer than many had not. */
static void how_many_have_not_told_is_kept(void **state) {
    (void)state;
    struct seat *s = seat_of_two(0, true);
    struct seat *late = seat_of_two(0, true);
    uint8_t ran[RAN_BYTES];
    s->job.objectives_count = late->job.objectives_count = 1;
    const struct trial_row untold = without_mb(0.5), told = came_to(0.6, 50);
    assert_true(seat_count(s, 0, &untold) && seat_count(s, 1, &untold) && seat_count(s, 2, &told));
    struct msg_job_row kept = seat_kept_row(s, ran);
    assert_int_equal(kept.untold.len, 0);
    seat_resume(late, &kept);
    struct seat *both[] = {s, late};
    for (int i = 0; i < 2; i++) {
        assert_true(seat_count(both[i], 3, &untold));
        assert_int_equal(both[i]->row.untold.len, 0);
        seat_recount(both[i], 2, &told, &untold);
        assert_true(span_is(both[i]->row.untold, "mb"));
    }
    assert_true(span_equal(s->row.untold_counts, late->row.untold_counts));
    kept.untold_counts = span_text("\x93\x01"); /* nonsense says nothing */
    seat_resume(late, &kept);
    assert_int_equal(late->row.untold.len, 0);
    free(late);
    free(s);
}

static void one_trial_reaches_all_targets(void **state) {
    (void)state;
    struct seat *s = seat_of_two(0.9, true);
    const struct trial_row rows[] = {came_to(0.95, 6), came_to(0.8, 3), came_to(0.9, 5)};
    for (uint64_t slot = 0; slot < 3; slot++) {
        assert_false(seat_is_over(s));
        assert_true(seat_count(s, slot, &rows[slot]));
    }
    assert_true(seat_is_over(s));
    assert_int_equal(s->row.state, JOB_DONE);
    assert_true(span_is(s->row.cause, "the targets were reached"));
    struct seat *late = seat_of_two(0.9, true);
    uint8_t ran[RAN_BYTES];
    const struct msg_job_row kept = seat_kept_row(s, ran);
    seat_resume(late, &kept);
    assert_true(late->reached);
    free(late);
    free(s);
}

/* Means of the rows of slots 0, 1, 2 ... by threes. */
static void configurations_stand_by_the_means_of_their_runs(void **state) {
    (void)state;
    /* acc 0.8, mb 12; 0.7 and 11; 0.9 and 18, but one run breaks the limit; 0.75 and 12: beaten, though not its best run. */
    const struct trial_row rows[] = {came_to(0.9, 12),  came_to(0.8, 16), came_to(0.7, 8),
                                     came_to(0.5, 10),  came_to(0.6, 11), came_to(1, 12),
                                     came_to(0.9, 21),  came_to(0.9, 15), came_to(0.9, 18),
                                     came_to(0.55, 12), came_to(0.7, 12), came_to(1, 12)};
    static const uint64_t orders[][12] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
                                          {11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
                                          {6, 3, 0, 9, 10, 1, 4, 7, 8, 11, 5, 2}};
    repeat = 3;
    for (size_t i = 0; i < 3; i++) {
        struct seat *s = seat_of_two(0, true);
        struct worth worth;
        for (size_t k = 0; k < 12; k++)
            assert_true(seat_count(s, orders[i][k], &rows[orders[i][k]]));
        assert_frontier(s, 1, 2, (const uint64_t[]){0, 3});
        assert_true(s->row.has_best && s->row.best_slot == 0 && s->row.best_runs == 3);
        assert_true(fabs(s->row.best_value - 0.8) < 1e-15);
        assert_true(fabs(s->row.best_error - 0.1 / sqrt(3)) < 1e-15);
        assert_true(seat_worth(s, 7, NULL, &worth) && worth.slot == 6);
        const double third = trial_row_measure(&rows[6], &s->job).breach / 3;
        assert_true(worth.measure.values[1] == 18 && third > 0 && worth.measure.breach == third);
        assert_true(seat_worth(s, 4, NULL, &worth) && worth.slot == 3 && worth.measure.breach == 0);

        /* A result of another leader, better in its slot: all of its configuration keeps the limit by now, and it is the best. */
        const struct trial_row keeps = came_to(0.9, 12);
        seat_recount(s, 6, &rows[6], &keeps);
        assert_frontier(s, 0, 3, (const uint64_t[]){0, 3, 6});
        assert_int_equal(s->row.best_slot, 6);
        /* ... and one whose configuration leaves the frontier for a better place there, by its first slot. */
        const struct trial_row smaller = came_to(1, 3);
        seat_recount(s, 5, &rows[5], &smaller);
        assert_true(seat_worth(s, 5, NULL, &worth) && worth.measure.values[1] == 8);
        assert_frontier(s, 0, 3, (const uint64_t[]){0, 3, 6});
        /* What a configuration had beaten is seen again when it goes elsewhere. */
        const struct trial_row larger = came_to(0.95, 17);
        seat_recount(s, 0, &rows[0], &larger);
        assert_frontier(s, 0, 4, (const uint64_t[]){0, 3, 6, 9});
        seat_check(s);
        free(s);
    }
    repeat = 1;
}

/* A run that ended badly leaves its configuration without a mean; who resumes from the summary goes on from there. */
static void late_runs_count_with_those_that_were_read(void **state) {
    (void)state;
    const struct trial_row first = came_to(0.9, 10), second = came_to(0.5, 20);
    const struct trial_row crashed = {
        .status = TRIAL_CRASHED, .finished = true, .attempts = {.made = 1}};
    uint8_t ran[RAN_BYTES];
    repeat = 2;
    struct seat *s = seat_of_two(0, true), *late = seat_of_two(0, true);
    assert_true(seat_count(s, 0, &first) && seat_count(s, 1, &second));
    assert_true(seat_count(s, 2, &first) && seat_count(s, 3, &crashed) && seat_count(s, 4, &first));
    assert_frontier(s, 0, 1, (const uint64_t[]){0});
    const struct msg_job_row kept = seat_kept_row(s, ran);
    seat_resume(late, &kept);
    seat_remember(late, 4, &first);
    assert_true(seat_count(late, 5, &second));
    assert_frontier(late, 0, 1, (const uint64_t[]){0}); /* as good, and not the first */
    seat_remember(late, 2, &first);
    seat_remember(late, 3, &crashed);
    seat_recount(late, 3, &crashed, &first); /* it went well elsewhere */
    assert_frontier(late, 0, 1, (const uint64_t[]){2});
    assert_true(late->row.best_slot == 2 && late->row.best_value == 0.9);
    free(late);
    free(s);
    repeat = 1;
}

/* One run alone ends no search, and patience counts the runs of all configurations that came to nothing. */
static void means_reach_targets_and_try_patience(void **state) {
    (void)state;
    /* 0.89 and 4; one run breaks the limit; 0.85 and 6: beaten; 0.925 and 4.5. */
    const struct trial_row rows[] = {came_to(0.95, 3), came_to(0.83, 5), came_to(1, 21),
                                     came_to(0.95, 1), came_to(0.8, 6),  came_to(0.9, 6),
                                     came_to(1, 4),    came_to(0.85, 5)};
    uint8_t memory[100];
    struct buf cause = buf_of(memory, sizeof memory);
    repeat = 2;
    struct seat *s = seat_of_two(0.9, true);
    s->state = SEAT_OPEN;
    s->job.patience = 3;
    for (uint64_t slot = 0; slot < 8; slot++) {
        assert_int_equal(seat_has_stalled(s, &cause), slot >= 6);
        assert_false(seat_is_over(s));
        assert_true(seat_count(s, slot, &rows[slot]));
    }
    assert_true(seat_is_over(s));
    assert_true(span_is(s->row.cause, "the targets were reached"));
    free(s);
    repeat = 1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configurations_stand_by_the_means_of_their_runs),
        cmocka_unit_test(late_runs_count_with_those_that_were_read),
        cmocka_unit_test(means_reach_targets_and_try_patience),
        cmocka_unit_test(the_frontier_and_the_best_keep_all_constraints),
        cmocka_unit_test(what_no_trial_tells_is_known_after_some),
        cmocka_unit_test(how_many_have_not_told_is_kept),
        cmocka_unit_test(one_trial_reaches_all_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
