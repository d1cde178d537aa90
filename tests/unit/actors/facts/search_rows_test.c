/* What of a search shows in the rows: its early end, and what its configurations are worth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/job/recommended.h"
#include "tests/unit/actors/facts/facts_stage.h"

static void patience_ends_the_job_and_says_what_still_ran(void **state) {
    struct facts_stage *f = *state;
    f->job.job.patience = 2;
    struct job_id id = open_job(f, 1);
    say_proposed(f, &id, 3);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.25);
    say_outcome(f, &id, 1, TRIAL_DONE, 0.26);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    say_outcome(f, &id, 2, TRIAL_DONE, 0.25);
    assert_true(is_shut(f, &id, JOB_DONE));
    assert_true(span_is(stored_row(f, &id).cause, "no better in 2 trials"));
    assert_int_equal(stored_row(f, &id).done, 3);
    assert_int_equal(stored_events(f, "done: no better in 2 trials; 1 that had begun was stopped"),
                     1);
    facts_stage_crash(f, true); /* and it stays over */
    assert_null(stage_heard(f->stage, ROOM_SCHED, MSG_job_open, 0));
    assert_int_equal(stored_row(f, &id).state, JOB_DONE);
}

static void say_hopeless(struct facts_stage *f, const struct job_id *id, uint64_t trials) {
    stage_tell(f->stage, ROOM_FACTS, ROOM_SCHED, 0,
               &(struct msg){.kind = MSG_exhausted,
                             .exhausted = {.job = *id, .trials = trials, .hopeless = true}});
}

static void a_hopeless_search_is_done_and_says_after_how_many(void **state) {
    struct facts_stage *f = *state;
    f->job.job.method = METHOD_GP;
    f->job.job.until_hopeless = true;
    struct job_id id = open_job(f, 1);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.25);
    say_outcome(f, &id, 1, TRIAL_DONE, 0.26);
    say_hopeless(f, &id, 3); /* of when it had fewer */
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    say_hopeless(f, &id, 4);
    assert_true(is_shut(f, &id, JOB_DONE));
    assert_true(
        span_is(stored_row(f, &id).cause, "no further improvement expected after 2 trials"));
    facts_stage_crash(f, true); /* and it stays over */
    assert_null(stage_heard(f->stage, ROOM_SCHED, MSG_job_open, 0));
    assert_int_equal(stored_row(f, &id).state, JOB_DONE);
}

/* Who does not ask for it is not ended by it. */
static void a_search_that_goes_on_without_hope_goes_on(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.25);
    say_hopeless(f, &id, 4);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
}

/* Recommends slot 1, by so many `learned`. */
static void say_last_word(struct facts_stage *f, const struct job_id *id, uint64_t learned) {
    uint8_t memory[128];
    struct buf best = buf_of(memory, sizeof memory);
    recommended_encode(
        &(struct recommended){
            .slot = 1, .runs = 2, .value = 0.75, .expected = 0.7, .config = config_bytes(0.5)},
        &best);
    stage_tell(
        f->stage, ROOM_FACTS, ROOM_SCHED, 0,
        &(struct msg){
            .kind = MSG_exhausted,
            .exhausted = {.job = *id, .trials = 4, .best = buf_view(&best), .learned = learned}});
}

/* The tuner hears of a result when it is safe; sched of a job as it stands when this node begins to lead. So both may ask and
 * answer before the last results are known. */
static void a_last_word_by_some_of_the_results_is_none(void **state) {
    struct facts_stage *f = *state;
    f->job.job.method = METHOD_TPE;
    f->job.job.repeat_auto = true;
    struct job_id id = open_job(f, 1);
    for (uint64_t slot = 0; slot < 4; slot++)
        say_outcome(f, &id, slot, TRIAL_DONE, 0.25);
    say_last_word(f, &id, 3);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_too_early), 1);
    say_last_word(f, &id, 3); /* on its way by then */
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_too_early), 2);
    say_last_word(f, &id, 4);
    assert_true(is_shut(f, &id, JOB_DONE));
    assert_true(stored_row(f, &id).recommended && stored_row(f, &id).best_slot == 1);
}

/* With rungs, too: what rests unknown to whoever called it over may go on. */
static void who_does_not_know_what_rests_does_not_end_the_job(void **state) {
    struct facts_stage *f = *state;
    f->job.job.method = METHOD_TPE;
    f->job.job.rungs = (struct job_rungs){.steps = 9, .first = 1, .eta = 3, .policy = RUNGS_ASHA};
    struct job_id id = open_job(f, 1);
    for (uint64_t slot = 0; slot < 3; slot++)
        say_outcome(f, &id, slot, TRIAL_DONE, 0.25);
    say_outcome(f, &id, 3, TRIAL_PAUSED, 0.25);
    say_last_word(f, &id, 3);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    say_last_word(f, &id, 4);
    assert_true(is_shut(f, &id, JOB_DONE));
}

/* What comes between the last word and the end makes it void. */
static void a_last_word_is_forgotten_when_more_is_learned(void **state) {
    struct facts_stage *f = *state;
    f->job.job.method = METHOD_TPE;
    f->job.job.repeat_auto = true;
    struct job_id id = open_job(f, 1);
    for (uint64_t slot = 0; slot < 3; slot++)
        say_outcome(f, &id, slot, TRIAL_DONE, 0.25);
    say_last_word(f, &id, 3);
    say_outcome(f, &id, 3, TRIAL_DONE, 0.125);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    say_last_word(f, &id, 4);
    assert_true(is_shut(f, &id, JOB_DONE));
}

/* The ranks on the disk, as "slot:value ". */
static const char *stored_ranks(struct facts_stage *f) {
    static char text[200];
    struct buf out = buf_of(text, sizeof text - 1);
    for (size_t i = 0; i < store_mem_rows(f->stage->store, TABLE_rank); i++) {
        struct span key, value;
        struct measure mean;
        uint64_t runs;
        store_mem_row(f->stage->store, TABLE_rank, i, &key, &value);
        buf_u64(&out, trial_row_rank_key_slot(key));
        buf_byte(&out, ':');
        assert_true(trial_row_rank_read(value, &f->job.job, &runs, &mean));
        buf_u64(&out, (uint64_t)mean.values[0]);
        buf_byte(&out, ' ');
    }
    text[out.len] = '\0';
    return text;
}

static void configurations_rank_by_their_means(void **state) {
    struct facts_stage *f = *state;
    f->job.job.repeat = 2;
    struct job_id id = open_job(f, 1);
    say_outcome(f, &id, 3, TRIAL_DONE, 1);
    say_outcome(f, &id, 0, TRIAL_DONE, 4);
    assert_string_equal(stored_ranks(f), "");
    assert_false(stored_row(f, &id).has_best);
    say_outcome(f, &id, 1, TRIAL_DONE, 6);
    assert_string_equal(stored_ranks(f), "0:5 ");
    assert_int_equal(stored_events(f, "best loss 5 by #0 to #1"), 1);
    facts_stage_crash(f, false);
    say_want(f, 8, &id);
    expect_answer(f, 8, ERR_NONE, "");
    assert_true(stored_row(f, &id).best_value == 5);
    say_outcome(f, &id, 2, TRIAL_DONE, 3);
    assert_string_equal(stored_ranks(f), "2:2 0:5 ");
    const struct msg_job_row row = stored_row(f, &id);
    assert_true(row.best_slot == 2 && row.best_value == 2 && row.best_runs == 2);
    assert_true(row.best_error == 1); /* sqrt((1 + 1) / 1 / 2) */
    assert_int_equal(row.state, JOB_DONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ALONE(patience_ends_the_job_and_says_what_still_ran),
        ALONE(a_hopeless_search_is_done_and_says_after_how_many),
        ALONE(a_search_that_goes_on_without_hope_goes_on),
        ALONE(a_last_word_by_some_of_the_results_is_none),
        ALONE(who_does_not_know_what_rests_does_not_end_the_job),
        ALONE(a_last_word_is_forgotten_when_more_is_learned),
        ALONE(configurations_rank_by_their_means),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
