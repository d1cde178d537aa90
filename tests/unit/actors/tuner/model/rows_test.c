#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/model/rows.h"

enum { TRIALS = 60, RUNGS = 3 };

static struct test_job test;
static struct space space;
static struct trials trials;
static struct rows rows;
static uint8_t memory[1 << 20];

static void begin(uint32_t objectives, uint32_t rungs) {
    job_begin(&test, METHOD_RANDOM, TRIALS);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    job_end(&test);
    space_of(&space, &test.job);
    struct arena arena = arena_of(memory, sizeof memory);
    assert_true(trials_init(&trials, &space, objectives, rungs, TRIALS, &arena));
}

static uint32_t add(void) {
    const struct value x = float_value((double)trials.count / TRIALS);
    return trials_add(&trials, &x);
}

static void end_well(uint32_t place, double first, double second) {
    trials_end(&trials, place, ENDED_WELL, (double[]){first, second}, 0, 1);
}

static void end_badly(uint32_t place) {
    trials_end(&trials, place, ENDED_BADLY, NULL, 0, 1);
}

static void expect_row(uint32_t at, uint32_t place, uint32_t rung, bool bad) {
    assert_true(at < rows.count);
    assert_int_equal(rows.row[at].place, place);
    assert_int_equal(rows.row[at].rung, rung);
    assert_int_equal(rows.row[at].bad, bad);
}

/* The newest first; one that runs and one that was taken back are none. */
static void finished_trials_are_rows(void **state) {
    (void)state;
    double values[ROWS_MOST];
    begin(2, 1);
    for (int i = 0; i < 5; i++)
        add();
    end_well(0, 3, 7);
    end_badly(1);
    trials_drop(&trials, 2);
    end_well(3, 5, 6);
    rows_gather(&rows, &trials, ROWS_MOST, NULL, 0);
    assert_int_equal(rows.count, 3);
    expect_row(0, 3, 0, false);
    expect_row(1, 1, 0, true);
    expect_row(2, 0, 0, false);
    rows_values(&rows, &trials, 0, values);
    assert_true(values[0] == 5 && values[1] == 5 && values[2] == 3); /* the bad one as the worst */
    rows_values(&rows, &trials, 1, values);
    assert_true(values[0] == 6 && values[1] == 7 && values[2] == 7);
}

/* A trial is as many rows as it has reached rungs, also while it runs. */
static void rungs_are_rows(void **state) {
    (void)state;
    double values[ROWS_MOST];
    begin(1, RUNGS);
    for (int i = 0; i < 3; i++)
        add();
    trials_curve(&trials, 0, 0, 9);
    trials_curve(&trials, 1, 0, 8);
    trials_curve(&trials, 1, 1, 4);
    end_badly(2);
    rows_gather(&rows, &trials, ROWS_MOST, NULL, 0);
    assert_int_equal(rows.count, 4);
    expect_row(0, 2, RUNGS - 1, true);
    expect_row(1, 1, 1, false);
    expect_row(2, 1, 0, false);
    expect_row(3, 0, 0, false);
    rows_values(&rows, &trials, 0, values);
    assert_true(values[0] == 9 && values[1] == 4 && values[2] == 8 && values[3] == 9);
}

/* Who wants ends alone gets what a curve came to in all, and nothing of those that run. */
static void ends_are_rows(void **state) {
    (void)state;
    double values[ROWS_MOST];
    struct refit refit = {.then = {.ends = true}};
    begin(1, RUNGS);
    for (int i = 0; i < 2; i++)
        add();
    trials_curve(&trials, 0, 0, 9);
    trials_curve(&trials, 1, 0, 8);
    trials_end(&trials, 1, ENDED_SOON, &(double){7}, 0, 1);
    rows.ends = true;
    rows_gather(&rows, &trials, ROWS_MOST, NULL, 0);
    rows.ends = false;
    assert_int_equal(rows.count, 1);
    expect_row(0, 1, RUNGS, false);
    rows_values(&rows, &trials, 0, values);
    assert_true(values[0] == 7);
    assert_false(refit_hear(&refit, &trials, 0));
    assert_int_equal(refit.news, 0);
    assert_false(refit_hear(&refit, &trials, 1));
    assert_int_equal(refit.news, 1);
}

/* Half of the room is for those that are preferred; none comes twice. */
static void of_too_many_stay_the_preferred_and_the_newest(void **state) {
    (void)state;
    const uint32_t preferred[] = {7, 59, 3, 21, 22};
    const uint32_t expected[] = {7, 59, 3, 21, 58, 57, 56, 55};
    begin(1, 1);
    for (int i = 0; i < TRIALS; i++)
        end_well(add(), i, 0);
    rows_gather(&rows, &trials, 8, preferred, 5);
    assert_int_equal(rows.count, 8);
    for (uint32_t i = 0; i < 8; i++)
        expect_row(i, expected[i], 0, false);
}

static uint32_t follow(uint32_t most, uint32_t place) {
    return rows_follow(&rows, &trials, most, place, trials.best, trials.best_count);
}

/* Rows come at the end; those of a trial that failed or was taken back go. */
static void rows_follow_their_trials(void **state) {
    (void)state;
    begin(1, RUNGS);
    rows.count = 0;
    for (int i = 0; i < 4; i++)
        assert_int_equal(follow(ROWS_MOST, add()), 0);
    trials_curve(&trials, 1, 0, 8);
    assert_int_equal(follow(ROWS_MOST, 1), 0);
    trials_curve(&trials, 0, 0, 9);
    assert_int_equal(follow(ROWS_MOST, 0), 1);
    trials_curve(&trials, 1, 1, 4);
    assert_int_equal(follow(ROWS_MOST, 1), 2);
    trials_curve(&trials, 3, 2, 5); /* it passed two rungs without a word */
    assert_int_equal(follow(ROWS_MOST, 3), 3);
    trials_pause(&trials, 1);
    assert_int_equal(follow(ROWS_MOST, 1), 4); /* nothing new */
    assert_int_equal(rows.count, 4);
    expect_row(0, 1, 0, false);
    expect_row(1, 0, 0, false);
    expect_row(2, 1, 1, false);
    expect_row(3, 3, 2, false);
    end_badly(0);
    assert_int_equal(follow(ROWS_MOST, 0), 1);
    expect_row(1, 1, 1, false);
    expect_row(2, 3, 2, false);
    expect_row(3, 0, RUNGS - 1, true);
    trials_drop(&trials, 1);
    assert_int_equal(follow(ROWS_MOST, 1), 0);
    assert_int_equal(rows.count, 2);
    expect_row(0, 3, 2, false);
    expect_row(1, 0, RUNGS - 1, true);
}

/* The ninth does not fit: of eight stay six, the best three (which here are the first) and the
 * newest three; the tenth and eleventh have room. */
static void without_room_a_quarter_goes(void **state) {
    (void)state;
    const uint32_t expected[] = {0, 1, 2, 8, 7, 6, 9, 10};
    begin(1, 1);
    rows.count = 0;
    for (uint32_t i = 0; i < 11; i++) {
        uint32_t place = add();
        end_well(place, i, 0);
        assert_int_equal(follow(8, place), i == 8 ? 0 : i < 8 ? i : i - 3);
    }
    assert_int_equal(rows.count, 8);
    for (uint32_t i = 0; i < 8; i++)
        expect_row(i, expected[i], 0, false);
}

/* First at the eighth, then each time a tenth more is known: at n + 1 + n / 10. */
static void kernels_are_due_when_a_tenth_is_new(void **state) {
    (void)state;
    const uint64_t due[] = {8, 9, 10, 12, 14, 16, 18, 20, 23, 26, 29, 32, 36, 40, 45, 50, 56};
    struct refit refit = {.news = 0};
    uint32_t at = 0;
    begin(1, 1);
    end_badly(add());
    assert_false(refit_hear(&refit, &trials, 0)); /* nothing to compare it with */
    assert_int_equal(refit.news, 0);
    for (uint64_t news = 1; trials.count < TRIALS; news++) {
        uint32_t place = add();
        assert_false(refit_hear(&refit, &trials, place)); /* it only began */
        end_well(place, 1, 1);
        bool is_due = at < sizeof due / sizeof *due && due[at] == news;
        assert_true(refit_hear(&refit, &trials, place) == is_due);
        assert_true(refit.due == is_due);
        assert_true(refit_began(&refit) == (news >= 8));
        at += is_due;
        refit.due = false;
    }
    assert_int_equal(at, sizeof due / sizeof *due);
}

/* Who wants values gets no row of what failed, and one that ran and then fails loses its rungs. */
/* Who rests is no end, but what it breaks is known; until it breaks it no more. */
static void what_is_known_to_break_is_a_row(void **state) {
    (void)state;
    begin(1, RUNGS);
    rows = (struct rows){.ends = true, .broken = true};
    for (uint32_t i = 0; i < 3; i++) {
        add();
        trials_curve(&trials, i, 0, 1);
    }
    trials_break(&trials, 1, 0.5);
    trials_break(&trials, 2, 0.25);
    trials_pause(&trials, 2);
    for (uint32_t i = 0; i < 3; i++)
        rows_follow(&rows, &trials, ROWS_MOST, i, NULL, 0);
    assert_int_equal(rows.count, 2);
    expect_row(0, 1, RUNGS, false);
    expect_row(1, 2, RUNGS, false);
    trials_break(&trials, 1, 0);
    assert_int_equal(rows_follow(&rows, &trials, ROWS_MOST, 1, NULL, 0), 0);
    assert_int_equal(rows.count, 1);
    trials_end(&trials, 2, ENDED_WELL, (double[]){1}, 0, 1);
    rows_follow(&rows, &trials, ROWS_MOST, 2, NULL, 0);
    assert_int_equal(rows.count, 1);
    expect_row(0, 2, RUNGS, false);
    rows = (struct rows){.count = 0};
}

static void rows_of_values(void **state) {
    (void)state;
    begin(1, RUNGS);
    rows.valued = true;
    rows.count = 0;
    for (int i = 0; i < 2; i++)
        add();
    trials_curve(&trials, 0, 0, 9);
    assert_int_equal(rows_follow(&rows, &trials, ROWS_MOST, 0, NULL, 0), 0);
    expect_row(0, 0, 0, false);
    end_badly(1);
    rows_follow(&rows, &trials, ROWS_MOST, 1, NULL, 0);
    assert_int_equal(rows.count, 1);
    end_badly(0);
    rows_follow(&rows, &trials, ROWS_MOST, 0, NULL, 0);
    assert_int_equal(rows.count, 0);
    rows_gather(&rows, &trials, ROWS_MOST, NULL, 0);
    assert_int_equal(rows.count, 0);
    rows.valued = false;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finished_trials_are_rows),
        cmocka_unit_test(rungs_are_rows),
        cmocka_unit_test(ends_are_rows),
        cmocka_unit_test(what_is_known_to_break_is_a_row),
        cmocka_unit_test(rows_of_values),
        cmocka_unit_test(of_too_many_stay_the_preferred_and_the_newest),
        cmocka_unit_test(rows_follow_their_trials),
        cmocka_unit_test(without_room_a_quarter_goes),
        cmocka_unit_test(kernels_are_due_when_a_tenth_is_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
