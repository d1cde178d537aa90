/* best_named: which trial is shown as the one that the job's row names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/cli/best_named.h"
#include "proto/status.h"

static const struct msg_job_row job = {.best_slot = 3,
                                       .best_value = 0.25,
                                       .best_runs = 4,
                                       .best_params = {(const uint8_t *)"{\"lr\":0.5}", 10}};

static void its_value_is_the_mean_of_its_runs(void **state) {
    (void)state;
    const struct msg_trial_row found = {
        .slot = 3, .status = TRIAL_DONE, .has_value = true, .value = 0.1, .run_ms = 70};
    const struct msg_trial_row row = best_named(&job, &found);
    assert_true(row.slot == 3 && row.value == 0.25 && row.runs == 4 && row.run_ms == 70);
}

/* Another one's parameters are not its own. */
static void of_one_that_is_not_here_the_job_tells(void **state) {
    (void)state;
    const struct msg_trial_row other = {
        .slot = 5, .value = 0.1, .run_ms = 70, .params = span_text("{\"lr\":0.9}")};
    const struct msg_trial_row *const found[] = {&other, NULL};
    for (uint32_t i = 0; i < 2; i++) {
        const struct msg_trial_row row = best_named(&job, found[i]);
        assert_true(row.slot == 3 && row.value == 0.25 && row.runs == 4 && row.has_value);
        assert_true(span_is(row.params, "{\"lr\":0.5}") && row.run_ms == 0);
        assert_true(row.status == TRIAL_DONE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_value_is_the_mean_of_its_runs),
        cmocka_unit_test(of_one_that_is_not_here_the_job_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
