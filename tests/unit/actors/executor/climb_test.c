#include "actors/executor/climb.h"

#include "actors/executor/cause.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct climb climb;
static struct job job;

static void begin(struct span before) {
    climb_begin(&climb, &job, before);
}

/* Rungs at 1, 3, 9; 27 is the full length. */
static int set_up(void **state) {
    (void)state;
    job = (struct job){.objectives = {{.goal = GOAL_MAXIMIZE}},
                       .objectives_count = 1,
                       .rungs = {.steps = 27, .policy = RUNGS_ASHA}};
    begin((struct span){0});
    return 0;
}

/* How many rungs have to be said, and that they are. */
static uint32_t told(int64_t step, double value) {
    climb_tell(&climb, step, value);
    uint32_t count = climb.stands_count;
    climb.stands_count = 0;
    return count;
}

static double value(void) {
    double best = 0;
    assert_true(climb_value(&climb, &best));
    return best;
}

static void a_rung_is_said_once(void **state) {
    (void)state;
    assert_true(climb_has_rungs(&climb) && !climb_is_judged(&climb) && climb_is_missed(&climb));
    assert_int_equal(told(1, 0.5), 1);
    assert_true(climb.stands[0].curve.step == 1 && climb.stands[0].curve.best == -0.5);
    assert_true(climb_is_judged(&climb) && !climb_is_missed(&climb));
    assert_int_equal(told(2, 0.75), 0);
    assert_int_equal(told(3, 0.25), 1);
    assert_true(climb.stands[0].curve.best == -0.75 && climb.stands[0].curve.improved == 2);
    assert_int_equal(told(8, 0.5), 0);
    assert_false(climb_is_on_last_stretch(&climb));
    assert_int_equal(told(9, 0.5), 1);
    assert_true(climb_is_on_last_stretch(&climb));
    assert_int_equal(told(26, 0.5), 0);
    assert_false(climb_is_whole(&climb));
    assert_int_equal(told(27, 0.5), 0); /* where nobody is judged */
    assert_true(climb_is_whole(&climb));
    assert_int_equal(told(28, 0.875), 0); /* beyond it */
    assert_true(value() == 0.875);
}

static void jumps_pass_rungs(void **state) {
    (void)state;
    assert_int_equal(told(5, 0.5), 1); /* two at once are one */
    assert_int_equal(climb.reached, 2);
    assert_int_equal(told(100, 0.5), 1);
    assert_int_equal(told(INT64_MAX, 0.75), 0);
    assert_true(value() == 0.75);
    assert_int_equal(climb.curve.step, UINT32_MAX);
}

static void steps_that_are_none_are_let_pass(void **state) {
    (void)state;
    double best;
    assert_int_equal(told(0, 0.9), 0); /* before the first one was done */
    assert_false(climb_value(&climb, &best));
    assert_int_equal(told(4, 0.5), 1);
    assert_int_equal(told(4, 0.6), 0);
    assert_int_equal(told(2, 0.7), 0);
    assert_int_equal(told(-1, 0.8), 0); /* of a program that says steps */
    assert_true(value() == 0.5);
    assert_int_equal(climb.curve.told, 1);
}

static void lines_without_a_step_are_counted(void **state) {
    (void)state;
    assert_int_equal(told(-1, 0.5), 1);
    assert_int_equal(told(-1, 0.5), 0);
    assert_int_equal(told(-1, 0.5), 1);
    assert_int_equal(climb.curve.step, 3);
    assert_int_equal(told(9, 0.75), 1); /* now it says them */
    assert_int_equal(told(-1, 1), 0);
    assert_int_equal(climb.curve.step, 9);
}

static void an_attempt_goes_on_from_where_the_last_was_judged(void **state) {
    (void)state;
    uint8_t memory[CURVE_BYTES];
    struct buf before = buf_of(memory, sizeof memory);
    told(1, 0.5);
    told(2, 0.75);
    told(3, 0.25);
    curve_encode(&climb.curve, &before);
    begin(buf_view(&before));
    assert_true(!climb_is_judged(&climb) && !climb_is_missed(&climb) && value() == 0.75);
    assert_int_equal(told(1, 0.9), 0); /* begun anew: its checkpoint was lost */
    assert_int_equal(told(3, 0.9), 0);
    assert_true(value() == 0.75);
    assert_int_equal(told(4, 0.8), 0);
    assert_int_equal(told(9, 0.5), 1);
    assert_true(climb_is_judged(&climb));
    assert_true(value() == 0.8 && climb.stands[0].curve.told == 5);
    memory[0] = 0xc0;
    begin(buf_view(&before));
    assert_int_equal(climb.curve.step, 0);
    assert_int_equal(told(1, 0.5), 1);
}

static void what_has_diverged_is_judged_all_the_same(void **state) {
    (void)state;
    assert_int_equal(told(1, 1e308), 1);
    assert_int_equal(told(3, 1e308), 1); /* their sum is a number all the same */
    assert_true(value() == 1e308);
}

static void a_checkpoint_is_remembered(void **state) {
    (void)state;
    told(1, 0.5);
    assert_false(climb.stands[0].saved);
    climb_save(&climb);
    told(3, 0.5);
    assert_true(climb.stands[0].saved);
}

static void less_may_be_better(void **state) {
    (void)state;
    job.objectives[0].goal = GOAL_MINIMIZE;
    begin((struct span){0});
    told(1, 0.5);
    told(2, 0.75);
    assert_true(value() == 0.5 && climb.curve.best == 0.5);
}

static void without_rungs_nothing_is_kept(void **state) {
    (void)state;
    double best;
    for (int round = 0; round < 2; round++) {
        job.rungs = round == 0 ? (struct job_rungs){0}
                               : (struct job_rungs){.steps = 27, .policy = RUNGS_NONE};
        begin((struct span){0});
        assert_int_equal(told(27, 0.5), 0);
        assert_false(climb_value(&climb, &best) || climb_is_whole(&climb) ||
                     climb_is_judged(&climb) || climb_is_missed(&climb));
    }
}

static void assert_explained(bool paused, const char *expected) {
    char memory[CAUSE_BYTES + 1];
    struct buf out = buf_of(memory, CAUSE_BYTES);
    climb_explain(&climb, paused, &out);
    memory[out.len] = '\0';
    assert_string_equal(memory, expected);
}

static void assert_missed(const char *expected) {
    char memory[CAUSE_BYTES + 1];
    struct buf out = buf_of(memory, CAUSE_BYTES);
    climb_explain_missed(&climb, span_text("acc"), &out);
    memory[out.len] = '\0';
    assert_string_equal(memory, expected);
}

static void people_are_told(void **state) {
    (void)state;
    job.rungs.first = 3;
    begin((struct span){0});
    assert_missed("could not be compared with others: the first rung is at step 3, 'acc' was told "
                  "at no step");
    told(-1, 0.5);
    assert_missed("could not be compared with others: the first rung is at step 3, 'acc' was told "
                  "up to step 1 (its lines say no step, so each counts as one)");
    told(2, 0.75);
    assert_missed("could not be compared with others: the first rung is at step 3, 'acc' was told "
                  "up to step 2");
    told(3, 0.5);
    assert_explained(false,
                     "stopped early at step 3 of 27: others were better there; its best was at "
                     "step 2");
    told(9, 0.875);
    assert_explained(true, "paused at step 9 of 27: others go first");
    job.rungs.budget = span_text("epochs");
    begin((struct span){0});
    told(3, 0.5);
    told(4, 0.25);
    assert_explained(
        false, "stopped early at 4 of 27 epochs: others were better there; its best was at 3");
    climb.curve.breach = 0.5;
    assert_explained(false, "stopped early at 4 of 27 epochs: others were better there; it broke "
                            "constraints; its best was at 3");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_rung_is_said_once, set_up),
        cmocka_unit_test_setup(jumps_pass_rungs, set_up),
        cmocka_unit_test_setup(steps_that_are_none_are_let_pass, set_up),
        cmocka_unit_test_setup(lines_without_a_step_are_counted, set_up),
        cmocka_unit_test_setup(an_attempt_goes_on_from_where_the_last_was_judged, set_up),
        cmocka_unit_test_setup(what_has_diverged_is_judged_all_the_same, set_up),
        cmocka_unit_test_setup(a_checkpoint_is_remembered, set_up),
        cmocka_unit_test_setup(less_may_be_better, set_up),
        cmocka_unit_test_setup(without_rungs_nothing_is_kept, set_up),
        cmocka_unit_test_setup(people_are_told, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
