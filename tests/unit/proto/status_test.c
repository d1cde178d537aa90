#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/status.h"

static void names_and_numbers_go_both_ways(void **state) {
    (void)state;
    enum trial_status status;
    for (uint64_t i = 0; i < TRIAL_STATUS_COUNT; i++) {
        assert_true(trial_status_of(i, &status));
        assert_int_equal(status, i);
        assert_true(trial_status_named(span_text(trial_status_name(status)), &status));
        assert_int_equal(status, i);
    }
    status = TRIAL_DONE;
    assert_false(trial_status_of(TRIAL_STATUS_COUNT, &status));
    assert_false(trial_status_of(UINT64_MAX, &status));
    assert_false(trial_status_named(span_text("dones"), &status));
    assert_int_equal(status, TRIAL_DONE);
}

static void names_are_a_contract(void **state) {
    (void)state;
    assert_string_equal(trial_status_name(TRIAL_OPEN), "open");
    assert_string_equal(trial_status_name(TRIAL_NO_METRIC), "no_metric");
    assert_string_equal(job_state_name(JOB_OPEN), "open");
    assert_string_equal(job_state_name(JOB_DONE), "done");
    assert_string_equal(job_state_name(JOB_FAILED), "failed");
    assert_string_equal(job_state_name(JOB_CANCELLED), "cancelled");
    assert_int_equal(TRIAL_OPEN, 0);
    assert_int_equal(TRIAL_CANCELLED, 11); /* numbers are on disk and on the wire */
    assert_int_equal(TRIAL_INTERRUPTED, 12);
}

static void some_endings_finish_a_slot_at_once(void **state) {
    (void)state;
    static const enum trial_status final[] = {TRIAL_DONE,    TRIAL_INFEASIBLE, TRIAL_TIMED_OUT,
                                              TRIAL_FLOODED, TRIAL_NO_METRIC,  TRIAL_CANCELLED};
    const struct retry generous = {.crash = 100, .transient = 100};
    for (size_t i = 0; i < sizeof final / sizeof final[0]; i++) {
        struct attempts a = {0};
        assert_true(attempts_count(&a, &generous, final[i]));
        assert_int_equal(a.made, 1);
        assert_int_equal(a.crash + a.transient + a.again, 0);
    }
}

static void allowances_are_used_up(void **state) {
    (void)state;
    const struct retry allowed = {.crash = 1, .transient = 2};
    struct attempts a = {0};
    assert_false(attempts_count(&a, &allowed, TRIAL_CRASHED));
    assert_false(attempts_count(&a, &allowed, TRIAL_TRANSIENT));
    assert_false(attempts_count(&a, &allowed, TRIAL_TRANSIENT));
    struct attempts other = a;
    assert_true(attempts_count(&a, &allowed, TRIAL_CRASHED));
    assert_true(attempts_count(&other, &allowed, TRIAL_TRANSIENT));
    assert_int_equal(a.made, 4);
    assert_int_equal(a.crash, 2);
    assert_int_equal(other.transient, 3);

    const struct retry none = {0};
    struct attempts first = {0};
    assert_true(attempts_count(&first, &none, TRIAL_CRASHED));
}

static void interruptions_share_the_transient_allowance(void **state) {
    (void)state;
    const struct retry allowed = {.crash = 0, .transient = 2};
    struct attempts a = {0};
    assert_false(attempts_count(&a, &allowed, TRIAL_INTERRUPTED));
    assert_int_equal(attempts_pause(&a, TRIAL_INTERRUPTED), 100);
    assert_false(attempts_count(&a, &allowed, TRIAL_TRANSIENT));
    assert_true(attempts_count(&a, &allowed, TRIAL_INTERRUPTED));
    assert_int_equal(a.crash, 0);
    assert_int_equal(a.transient, 3);
}

static void losses_are_free_and_again_is_bounded(void **state) {
    (void)state;
    const struct retry none = {0};
    struct attempts a = {0};
    for (int i = 0; i < 2500; i++) {
        assert_false(attempts_count(&a, &none, TRIAL_LOST));
        assert_false(attempts_count(&a, &none, TRIAL_NO_START)); /* its nodes are counted */
    }
    assert_int_equal(a.made, 5000);
    for (int i = 0; i < ATTEMPTS_AGAIN_MAX; i++)
        assert_false(attempts_count(&a, &none, TRIAL_AGAIN));
    assert_true(attempts_count(&a, &none, TRIAL_AGAIN));
}

static void end_counts_go_both_ways(void **state) {
    (void)state;
    uint8_t memory[END_COUNTS_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    uint64_t of[TRIAL_STATUS_COUNT] = {0}, back[TRIAL_STATUS_COUNT];
    end_counts_encode(of, &out);
    assert_true(end_counts_decode(back, buf_view(&out)));
    assert_memory_equal(of, back, sizeof of);
    for (size_t i = 0; i < TRIAL_STATUS_COUNT; i++)
        of[i] = UINT64_MAX - i;
    buf_clear(&out);
    end_counts_encode(of, &out);
    assert_false(out.overflow);
    assert_true(end_counts_decode(back, buf_view(&out)));
    assert_memory_equal(of, back, sizeof of);
    static const uint8_t newer[] = {0x94, 0x03, 0x02, 0x7f, 0x01};
    assert_true(end_counts_decode(back, span_of(newer, sizeof newer)));
    assert_int_equal(back[TRIAL_CRASHED], 2);
    assert_false(end_counts_decode(back, span_of(newer, sizeof newer - 1)));
    assert_false(end_counts_decode(back, (struct span){0})); /* an older row: not counted */
    static const uint8_t odd[] = {0x91, 0x03};
    assert_false(end_counts_decode(back, span_of(odd, sizeof odd)));
}

static void open_is_no_ending(void **state) {
    (void)state;
    const struct retry none = {0};
    struct attempts a = {0};
    assert_false(attempts_count(&a, &none, TRIAL_OPEN));
    assert_int_equal(a.made, 0);
}

static void what_asks_to_be_tried_later_waits_longer_each_time(void **state) {
    (void)state;
    struct attempts a = {0};
    const struct retry allowed = {.crash = 1, .transient = 3};
    assert_int_equal(attempts_pause(&a, TRIAL_TRANSIENT), 0);
    assert_false(attempts_count(&a, &allowed, TRIAL_TRANSIENT));
    assert_int_equal(attempts_pause(&a, TRIAL_TRANSIENT), 100);
    assert_false(attempts_count(&a, &allowed, TRIAL_TRANSIENT));
    assert_int_equal(attempts_pause(&a, TRIAL_TRANSIENT), 200);
    assert_int_equal(attempts_pause(&a, TRIAL_CRASHED), 0);
    for (int i = 0; i < 40; i++)
        assert_false(attempts_count(&a, &allowed, TRIAL_AGAIN));
    assert_int_equal(attempts_pause(&a, TRIAL_AGAIN), 60000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_numbers_go_both_ways),
        cmocka_unit_test(names_are_a_contract),
        cmocka_unit_test(some_endings_finish_a_slot_at_once),
        cmocka_unit_test(allowances_are_used_up),
        cmocka_unit_test(interruptions_share_the_transient_allowance),
        cmocka_unit_test(losses_are_free_and_again_is_bounded),
        cmocka_unit_test(end_counts_go_both_ways),
        cmocka_unit_test(open_is_no_ending),
        cmocka_unit_test(what_asks_to_be_tried_later_waits_longer_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
