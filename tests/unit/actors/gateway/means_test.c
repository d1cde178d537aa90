/* What clients hear of configurations that were run several times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/gateway/gateway_stage.h"

/* By the first trial of each, with means in place of what that came to. */
static void of_runs_the_best_means_come_first(void **state) {
    struct gateway_stage *g = *state;
    job_begin(&g->facts->job, METHOD_RANDOM, 6);
    add_range(&g->facts->job, "lr", PARAM_FLOAT, 0, 1);
    g->facts->job.job.objectives[0] = (struct objective){.metric = span_text("loss")};
    g->facts->job.job.objectives_count = 1;
    g->facts->job.job.repeat = 2;
    job_end(&g->facts->job);
    struct job_id id = open_job(g->facts, 1);
    static const double values[] = {1, 8, 5, 3, 2};
    for (uint64_t slot = 0; slot < 5; slot++)
        say_outcome(g->facts, &id, slot, TRIAL_DONE, values[slot]);
    struct msg ask = {.kind = MSG_list_trials,
                      .list_trials = {.ticket = 4, .job = id, .best_first = true}};
    client_says(g, 5, &ask);
    assert_int_equal(rows_of(g, 5), 3);
    const struct msg_trial_row *best = &told(g, 5, 0, MSG_trial_row)->trial_row;
    assert_true(best->slot == 2 && best->value == 4 && best->runs == 2 && best->breach == 0);
    const struct msg_trial_row *second = &told(g, 5, 1, MSG_trial_row)->trial_row;
    assert_true(second->slot == 0 && second->value == 4.5 && second->runs == 2);
    ask.list_trials.best_first = false; /* by number each tells of itself */
    client_says(g, 5, &ask);
    const struct msg_trial_row *alone = &told(g, 5, 0, MSG_trial_row)->trial_row;
    assert_true(alone->slot == 0 && alone->value == 1 && alone->runs == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(of_runs_the_best_means_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
