/* What an outcome says of its lease. */
#include "proto/ended.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/status.h"

static bool ended(struct msg_ended *out, const struct msg *result) {
    uint8_t memory[512];
    struct buf bytes = buf_of(memory, sizeof memory);
    assert_true(msg_encode(result, &bytes));
    return ended_of(out, &(struct msg_outcome){.result = buf_view(&bytes), .trials = 6});
}

static struct msg_ended ended_as(enum trial_status status) {
    const struct job_id job = {{7}};
    const struct msg result = {
        .kind = MSG_result_fact,
        .result_fact = {.job = job, .slot = 11, .attempt = 3, .status = status}};
    struct msg_ended e;
    assert_true(ended(&e, &result));
    assert_true(job_id_equal(&e.job, &job));
    assert_int_equal(e.slot, 11);
    assert_int_equal(e.attempt, 3);
    return e;
}

static void lost_is_what_leaves_no_fact(void **state) {
    (void)state;
    for (uint32_t i = 0; i < TRIAL_STATUS_COUNT; i++) {
        const struct msg_ended e = ended_as((enum trial_status)i);
        assert_int_equal(e.lost, i == TRIAL_LOST || i == TRIAL_CANCELLED);
        assert_int_equal(e.shut, i == TRIAL_CANCELLED);
        assert_int_equal(e.unable, i == TRIAL_NO_START);
        assert_int_equal(e.again, i == TRIAL_AGAIN);
        assert_int_equal(e.trials, i == TRIAL_CANCELLED ? 6 : 0);
    }
}

static void what_holds_no_result_ends_nothing(void **state) {
    (void)state;
    const struct msg other = {.kind = MSG_end_fact};
    struct msg_ended e;
    assert_false(ended(&e, &other));
    assert_false(ended_of(&e, &(struct msg_outcome){.log_bytes = 1}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_is_what_leaves_no_fact),
        cmocka_unit_test(what_holds_no_result_ends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
