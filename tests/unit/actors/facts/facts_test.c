/* Proposals, results, ends of jobs, restarts and a disk that refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/base/ranges.h"
#include "tests/unit/actors/facts/facts_stage.h"

static void an_outcome_is_recorded_when_it_is_saved(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    f->stage->slow = true;
    say_proposed(f, &id, 2);
    assert_true(stage_save(f->stage));
    say_outcome(f, &id, 2, TRIAL_DONE, 0.25);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_recorded), 0);
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_learned), 0);
    assert_true(stage_save(f->stage));
    const struct msg *recorded = stage_heard(f->stage, ROOM_SCHED, MSG_recorded, 0);
    assert_non_null(recorded);
    assert_true(job_id_equal(&recorded->recorded.job, &id));
    assert_int_equal(recorded->recorded.slot, 2);
    assert_true(recorded->recorded.finished);
    assert_int_equal(recorded->recorded.attempts, 1);
    const struct msg *learned = stage_heard(f->stage, ROOM_TUNER, MSG_learned, 0);
    assert_int_equal(learned->learned.status, TRIAL_DONE);
    assert_true(learned->learned.value == 0.25);
    assert_true(span_equal(learned->learned.config, config_bytes(0.25)));

    struct trial_row row;
    assert_true(stored_trial(f, &id, 2, &row));
    assert_true(row.finished && row.has_value && row.value == 0.25);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_rank), 1);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_logs), 1);
    struct msg_job_row summary = stored_row(f, &id);
    assert_int_equal(summary.done, 1);
    assert_true(summary.has_best);
    assert_int_equal(summary.best_slot, 2);
    assert_true(summary.best_value == 0.25);
}

static void what_comes_during_a_save_goes_with_the_next(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    f->stage->slow = true;
    say_outcome(f, &id, 0, TRIAL_DONE, 0.5);
    say_outcome(f, &id, 1, TRIAL_DONE, 0.25);
    say_outcome(f, &id, 2, TRIAL_DONE, 0.75);
    assert_int_equal(f->stage->saves_count, 1);
    assert_true(stage_save(f->stage));
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_recorded), 1);
    assert_int_equal(stored_row(f, &id).done, 1); /* never counts that are not in it */
    assert_true(stage_save(f->stage));
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_recorded), 3);
    assert_int_equal(stored_row(f, &id).done, 3);
    assert_false(stage_save(f->stage));
}

static void results_in_a_row_gather_for_a_moment(void **state) {
    enum { AT_ONCE = 5 };
    struct facts_stage *f = *state;
    f->job.job.trials = AT_ONCE + 3;
    struct job_id id = open_job(f, 1);
    uint64_t slot = 0;
    stage_pass(f->stage, 1000);
    stage_forget(f->stage);
    for (; slot < AT_ONCE; slot++) { /* the disk has rested */
        say_outcome_now(f, &id, slot, TRIAL_DONE, 0.5);
        assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), slot + 1);
    }
    say_outcome_now(f, &id, slot++, TRIAL_DONE, 0.5);
    say_outcome_now(f, &id, slot++, TRIAL_CRASHED, 0);
    assert_int_equal(board_deadline(f->stage->board), f->stage->at.now + GATHER_MS);
    stage_pass(f->stage, GATHER_MS - 1);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_recorded), AT_ONCE);
    stage_pass(f->stage, 1);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), AT_ONCE + 1);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_recorded), AT_ONCE + 2);
    say_outcome_now(f, &id, slot, TRIAL_DONE, 0.5); /* the job's end is waited for */
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), AT_ONCE + 2);
    assert_true(is_shut(f, &id, JOB_DONE));
}

static void a_proposal_goes_with_the_result_that_follows_it(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    stage_pass(f->stage, 1000);
    stage_forget(f->stage);
    say_proposed_now(f, &id, 0);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 0);
    say_outcome_now(f, &id, 0, TRIAL_DONE, 0.5);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 1);
    say_proposed_now(f, &id, 1); /* nothing follows */
    stage_pass(f->stage, GATHER_MS - 1);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 1);
    stage_pass(f->stage, 1);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 2);
}

static void an_attempt_to_be_repeated_leaves_the_slot_open(void **state) {
    struct facts_stage *f = *state;
    f->job.job.retry.crash = 1;
    struct job_id id = open_job(f, 1);
    struct trial_row row;
    say_outcome(f, &id, 0, TRIAL_CRASHED, 0);
    const struct msg *recorded = stage_heard(f->stage, ROOM_SCHED, MSG_recorded, 0);
    assert_false(recorded->recorded.finished);
    assert_int_equal(recorded->recorded.attempts, 1);
    assert_int_equal(stage_heard(f->stage, ROOM_TUNER, MSG_learned, 0)->learned.status, TRIAL_OPEN);
    assert_true(stored_trial(f, &id, 0, &row));
    assert_false(row.finished);
    assert_int_equal(row.status, TRIAL_CRASHED);
    assert_int_equal(stored_row(f, &id).failed, 0);

    say_outcome(f, &id, 0, TRIAL_CRASHED, 0);
    recorded = stage_heard(f->stage, ROOM_SCHED, MSG_recorded, 1);
    assert_true(recorded->recorded.finished);
    assert_int_equal(recorded->recorded.attempts, 2);
    assert_int_equal(stage_heard(f->stage, ROOM_TUNER, MSG_learned, 1)->learned.status,
                     TRIAL_CRASHED);
    struct msg_job_row summary = stored_row(f, &id);
    assert_int_equal(summary.failed, 1);
    assert_int_equal(summary.retried, 1);
    assert_int_equal(stored_events(f, "#0 crashed: it said no"), 1);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_logs), 2); /* one an attempt */
}

static void lost_attempts_leave_no_trace_and_repeated_results_no_mark(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.5);
    uint32_t before = stage_count(f->stage, ROOM_STORE, MSG_save);
    say_outcome(f, &id, 1, TRIAL_LOST, 0);
    say_outcome(f, &id, 1, TRIAL_CANCELLED, 0);
    say_outcome(f, &id, 4, TRIAL_DONE, 0.25); /* the job has four slots */
    say_outcome(f, &(struct job_id){.bytes = {9}}, 1, TRIAL_DONE, 0.25);
    stage_say(f->stage, ROOM_EXECUTOR,
              &(struct msg){.kind = MSG_outcome, .outcome.result = span_text("?")});
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), before);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_recorded), 1);
    assert_true(stored_row(f, &id).best_value == 0.5);

    say_outcome(f, &id, 0, TRIAL_DONE, 0.75); /* a second result of a finished slot: kept */
    struct trial_row row;
    assert_true(stored_trial(f, &id, 0, &row));
    assert_true(row.value == 0.5);
    assert_int_equal(row.attempts.made, 2);
    assert_int_equal(stored_row(f, &id).done, 1);
    assert_int_equal(stored_row(f, &id).retried, 1);
    assert_true(stored_row(f, &id).best_value == 0.5);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_rank), 1);
}

static void the_better_of_two_results_of_a_slot_stands(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.5);
    say_outcome(f, &id, 1, TRIAL_DONE, 0.4);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.25);
    struct trial_row row;
    assert_true(stored_trial(f, &id, 0, &row));
    assert_true(row.value == 0.25);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_rank), 2);
    assert_int_equal(stored_row(f, &id).best_slot, 0);
    assert_true(stored_row(f, &id).best_value == 0.25);
}

static void a_job_whose_slots_are_finished_is_done(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    say_outcome(f, &id, 3, TRIAL_CRASHED, 0);
    say_outcome(f, &id, 0, TRIAL_INFEASIBLE, 0);
    say_outcome(f, &id, 2, TRIAL_DONE, 0.5);
    f->stage->slow = true;
    say_outcome(f, &id, 1, TRIAL_DONE, 0.5); /* of equal values the lowest slot is the best */
    assert_false(is_shut(f, &id, JOB_DONE));
    assert_true(stage_save(f->stage));
    assert_true(is_shut(f, &id, JOB_DONE));
    struct msg_job_row row = stored_row(f, &id);
    assert_int_equal(row.state, JOB_DONE);
    assert_int_equal(row.done, 2);
    assert_int_equal(row.failed, 1);
    assert_int_equal(row.infeasible, 1);
    assert_int_equal(row.best_slot, 1);
    assert_int_equal(row.cause.len, 0);
    assert_int_equal(stored_events(f, "done"), 1);
}

static void a_job_without_a_good_trial_has_failed(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    for (uint64_t slot = 0; slot < 4; slot++)
        say_outcome(f, &id, slot, slot == 2 ? TRIAL_TIMED_OUT : TRIAL_CRASHED, 0);
    assert_true(is_shut(f, &id, JOB_FAILED));
    struct msg_job_row row = stored_row(f, &id);
    assert_int_equal(row.state, JOB_FAILED);
    assert_int_equal(row.failed, 4);
    assert_true(span_is(row.cause, "no trial ended well"));
}

static void a_program_that_cannot_start_fails_the_job_at_once(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    say_outcome(f, &id, 0, TRIAL_NO_START, 0);
    assert_true(is_shut(f, &id, JOB_FAILED));
    assert_true(span_is(stored_row(f, &id).cause, "it said no"));
    /* But not one that has shown that it can. */
    struct job_id other = open_job(f, 2);
    say_outcome(f, &other, 0, TRIAL_DONE, 0.5);
    say_outcome(f, &other, 1, TRIAL_NO_START, 0);
    assert_int_equal(stored_row(f, &other).state, JOB_OPEN);
}

static void a_program_that_never_prints_the_metric_fails_the_job(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    say_outcome(f, &id, 0, TRIAL_NO_METRIC, 0);
    say_outcome(f, &id, 1, TRIAL_NO_METRIC, 0);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    say_outcome(f, &id, 2, TRIAL_NO_METRIC, 0);
    assert_true(is_shut(f, &id, JOB_FAILED));
    assert_true(span_is(stored_row(f, &id).cause,
                        "3 trials ended well and none printed 'loss'; zyg try shows what is "
                        "understood"));
}

static void a_target_that_is_reached_ends_the_job(void **state) {
    struct facts_stage *f = *state;
    f->job.job.objectives[0].has_target = true;
    f->job.job.objectives[0].target = 0.25;
    struct job_id id = open_job(f, 1);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.26);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    say_outcome(f, &id, 1, TRIAL_DONE, 0.25);
    assert_true(is_shut(f, &id, JOB_DONE));
    assert_true(span_is(stored_row(f, &id).cause, "the target was reached"));
    assert_int_equal(stored_row(f, &id).done, 2);
}

static void a_job_is_counted_again_after_a_crash(void **state) {
    struct facts_stage *f = *state;
    f->job.job.retry.crash = 2;
    struct job_id id = open_job(f, 1);
    say_proposed(f, &id, 0);
    say_proposed(f, &id, 1);
    say_proposed(f, &id, 2);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.5);
    say_outcome(f, &id, 1, TRIAL_CRASHED, 0);
    f->stage->slow = true;
    say_outcome(f, &id, 2, TRIAL_DONE, 0.125); /* the crash comes before its save */
    f->stage->slow = false;
    facts_stage_crash(f, false);
    say_want(f, 8, &id);
    expect_answer(f, 8, ERR_NONE, "");

    const struct msg_job_open *open = &stage_heard(f->stage, ROOM_SCHED, MSG_job_open, 0)->job_open;
    struct range memory[4];
    struct ranges finished = ranges_of(memory, 4);
    assert_true(ranges_decode(&finished, open->finished));
    assert_int_equal(ranges_size(&finished), 1);
    assert_true(ranges_has(&finished, 0));
    struct mp begun = mp_of(open->begun);
    uint64_t attempts[4] = {9, 9, 9, 9};
    while (!mp_done(&begun) && begun.bad == NULL) {
        uint64_t slot = mp_u64(&begun);
        assert_in_range(slot, 1, 2);
        attempts[slot] = mp_u64(&begun);
    }
    assert_int_equal(attempts[1], 1);
    assert_int_equal(attempts[2], 0);
    /* The tuner learns it all again, between its job_open and that of the others. */
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_learned), 3);
    assert_true(stage_place(f->stage, ROOM_TUNER, MSG_job_open) <
                stage_place(f->stage, ROOM_TUNER, MSG_learned));
    assert_true(stage_place(f->stage, ROOM_TUNER, MSG_learned) <
                stage_place(f->stage, ROOM_SCHED, MSG_job_open));
    stage_pass(f->stage, GATHER_MS);
    assert_int_equal(stored_row(f, &id).done, 1);
    assert_int_equal(stored_row(f, &id).best_slot, 0);
    assert_int_equal(stored_events(f, "resumed with 1 of 4 trials finished"), 1);

    say_outcome(f, &id, 1, TRIAL_CRASHED, 0); /* the allowance goes on where it was */
    say_outcome(f, &id, 1, TRIAL_CRASHED, 0);
    const struct msg *last = stage_heard(f->stage, ROOM_SCHED, MSG_recorded, 1);
    assert_true(last->recorded.finished);
    assert_int_equal(last->recorded.attempts, 3);
    assert_int_equal(stored_row(f, &id).retried, 2);
}

static void a_long_job_is_read_again_page_by_page(void **state) {
    struct facts_stage *f = *state;
    job_begin(&f->job, METHOD_RANDOM, 3000);
    add_range(&f->job, "lr", PARAM_FLOAT, 0, 1);
    f->job.job.objectives[0] = (struct objective){.metric = span_text("loss")};
    f->job.job.objectives_count = 1;
    job_end(&f->job);
    struct job_id id = open_job(f, 1);
    stage_forget(f->stage);
    for (uint64_t slot = 0; slot < 2500; slot++) {
        say_outcome(f, &id, slot, TRIAL_DONE, 1 - (double)slot / 5000);
        stage_forget(f->stage);
    }
    facts_stage_crash(f, false);
    say_want(f, 8, &id);
    expect_answer(f, 8, ERR_NONE, "");
    stage_pass(f->stage, GATHER_MS);
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_learned), 2500);
    assert_int_equal(stored_row(f, &id).done, 2500);
    assert_int_equal(stored_row(f, &id).best_slot, 2499);
    assert_true(stored_row(f, &id).best_value == 1 - 2499.0 / 5000);
}

/* Every bundle of the node that is kept, by its key; checks that their numbers are contiguous. */
static uint64_t count_facts(struct facts_stage *f, uint64_t generation) {
    uint64_t next = 0;
    for (size_t i = 0; i < store_mem_rows(f->stage->store, TABLE_log); i++) {
        struct span key, value;
        struct bundle b;
        struct err err;
        store_mem_row(f->stage->store, TABLE_log, i, &key, &value);
        assert_true(bundle_open(&b, value, &err));
        if (!node_id_equal(&b.author, &f->node.id) || b.generation != generation)
            continue;
        assert_int_equal(b.sequence, next);
        next += b.count;
    }
    return next;
}

static void every_boot_has_a_generation_of_its_own(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    say_proposed(f, &id, 0);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.5);
    facts_stage_crash(f, false);
    say_want(f, 8, &id);
    say_proposed(f, &id, 1);
    say_outcome(f, &id, 1, TRIAL_DONE, 0.5);
    say_outcome(f, &id, 2, TRIAL_DONE, 0.5);
    assert_int_equal(count_facts(f, (uint64_t)1 << 32 | 1), 4); /* the job, what was printed */
    assert_int_equal(count_facts(f, (uint64_t)2 << 32 | 99), 5);
    struct span value;
    assert_true(store_mem_get(f->stage->store, TABLE_meta, span_text("boot"), &value));
    struct mp in = mp_of(value);
    assert_int_equal(mp_u64(&in), 2);
}

static void the_generation_is_durable_before_any_fact_of_it(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    f->stage->slow = true;
    facts_stage_crash(f, false);
    say_want(f, 8, &id);
    say_proposed(f, &id, 0);
    assert_int_equal(f->stage->saves_count, 1);
    struct ops ops = ops_of(buf_view(&f->stage->saves[0].ops));
    struct op op;
    bool wrong;
    assert_true(ops_next(&ops, &op, &wrong));
    assert_int_equal(op.table, TABLE_meta);
    assert_true(span_is(op.key, "boot"));
    assert_true(stage_save(f->stage));
    assert_true(stage_save(f->stage));
    assert_int_equal(count_facts(f, (uint64_t)2 << 32 | 99), 1);
}

static void a_disk_that_refuses_is_asked_again_with_growing_pauses(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    stage_forget(f->stage);
    store_mem_set_full(f->stage->store, true);
    stage_pass(f->stage, GATHER_MS);
    say_outcome_now(f, &id, 0, TRIAL_DONE, 0.5);
    const struct msg *ailing = stage_heard(f->stage, ROOM_GATEWAY, MSG_ailing, 0);
    assert_non_null(ailing);
    assert_int_equal(ailing->ailing.code, ERR_STORE_FULL);
    assert_true(ailing->ailing.what.len > 0);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_hold), 1);
    assert_true(stage_heard(f->stage, ROOM_SCHED, MSG_hold, 0)->hold.on);
    const dur_ms pauses[] = {250, 500, 1000, 2000, 4000, 5000, 5000};
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(board_deadline(f->stage->board), f->stage->at.now + pauses[i]);
        stage_pass(f->stage, pauses[i] - 1);
        assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 1 + i);
        stage_pass(f->stage, 1);
        assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 2 + i);
    }
    say_outcome(f, &id, 1, TRIAL_DONE, 0.25); /* meanwhile: waits, is not lost */
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_recorded), 0);
    store_mem_set_full(f->stage->store, false);
    stage_pass(f->stage, 5000);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_recorded), 2);
    assert_int_equal(stored_row(f, &id).done, 2);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_hold), 2);
    assert_false(stage_heard(f->stage, ROOM_SCHED, MSG_hold, 1)->hold.on);
    uint32_t told = stage_count(f->stage, ROOM_GATEWAY, MSG_ailing);
    assert_int_equal(stage_heard(f->stage, ROOM_GATEWAY, MSG_ailing, told - 1)->ailing.code,
                     ERR_NONE);
    assert_int_equal(board_deadline(f->stage->board), WHEN_NEVER);

    store_mem_set_full(f->stage->store, true); /* the pauses begin anew */
    stage_pass(f->stage, GATHER_MS);
    say_outcome_now(f, &id, 2, TRIAL_DONE, 0.5);
    assert_int_equal(board_deadline(f->stage->board), f->stage->at.now + 250);
}

static void a_boot_counter_that_cannot_be_read_is_read_again(void **state) {
    struct facts_stage *f = *state;
    stage_crash(f->stage);
    stage_forget(f->stage);
    /* A disk that answers nothing: the test does. */
    board_seat_port(f->stage->board, &(struct port){.room = ROOM_STORE});
    facts_stage_boot(f, 3, false);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_scan), 1);
    struct msg rows = {.kind = MSG_rows, .rows = {.ticket = 1, .code = ERR_STORE}};
    stage_tell(f->stage, ROOM_FACTS, ROOM_STORE, 0, &rows);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 0);
    assert_int_equal(board_deadline(f->stage->board), f->stage->at.now + 250);
    stage_pass(f->stage, 250);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_scan), 2);
    for (uint64_t ticket = 2; ticket < 7;
         ticket++) { /* the counter, authors, heads, the backlog, the last serial */
        assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 0);
        rows.rows = (struct msg_rows){.ticket = ticket};
        stage_tell(f->stage, ROOM_FACTS, ROOM_STORE, 0, &rows);
    }
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 1);
}

static void answers_nobody_asked_for_are_dropped(void **state) {
    struct facts_stage *f = *state;
    stage_tell(f->stage, ROOM_FACTS, ROOM_STORE, 0,
               &(struct msg){.kind = MSG_saved, .saved.ticket = 77});
    stage_tell(f->stage, ROOM_FACTS, ROOM_STORE, 0, &(struct msg){.kind = MSG_save_failed});
    stage_tell(f->stage, ROOM_FACTS, ROOM_STORE, 0,
               &(struct msg){.kind = MSG_rows, .rows.ticket = 7});
    stage_tell(f->stage, ROOM_FACTS, ROOM_CLIENTS, 0, &(struct msg){.kind = MSG_hello});
    assert_int_equal(f->stage->heard_count, 4); /* those, and nothing that follows from them */
}

static void a_slow_disk_holds_the_scheduler(void **state) {
    struct facts_stage *f = *state;
    job_begin(&f->job, METHOD_RANDOM, 100000);
    add_range(&f->job, "lr", PARAM_FLOAT, 0, 1);
    job_end(&f->job);
    struct job_id id = open_job(f, 1);
    f->stage->slow = true;
    uint64_t slot = 0;
    while (stage_count(f->stage, ROOM_SCHED, MSG_hold) == 0) {
        assert_true(slot < 4 * LIMIT_BATCH_FACTS);
        say_outcome(f, &id, slot++, TRIAL_DONE, 0.5);
    }
    assert_true(slot > 2 * LIMIT_BATCH_FACTS); /* one under way, two full */
    assert_int_equal(f->stage->saves_count, 1);
    while (stage_save(f->stage))
        stage_pass(f->stage, GATHER_MS);
    assert_false(stage_heard(f->stage, ROOM_SCHED, MSG_hold, 1)->hold.on);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_recorded), slot);
    assert_int_equal(stored_row(f, &id).done, slot);
}

static void one_save_that_takes_very_long_holds_the_scheduler(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    f->stage->slow = true;
    say_outcome_now(f, &id, 0, TRIAL_DONE, 0.5);
    assert_int_equal(f->stage->saves_count, 1);
    stage_pass(f->stage, 9999);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_hold), 0);
    stage_pass(f->stage, 1);
    assert_true(stage_heard(f->stage, ROOM_SCHED, MSG_hold, 0)->hold.on);
    stage_pass(f->stage, 60000);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_hold), 1);
    assert_true(stage_save(f->stage));
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_hold), 2);
    assert_false(stage_heard(f->stage, ROOM_SCHED, MSG_hold, 1)->hold.on);
}

static void a_node_that_quits_is_quiet_when_all_is_kept(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    f->stage->slow = true;
    f->stage->at.now += 1500;
    say_outcome_now(f, &id, 0, TRIAL_DONE, 0.5);
    stage_tell(f->stage, ROOM_FACTS, ROOM_NODE, 0, &(struct msg){.kind = MSG_quit});
    assert_int_equal(stage_count(f->stage, ROOM_NODE, MSG_quiet), 0);
    assert_true(stage_save(f->stage));
    assert_int_equal(stage_count(f->stage, ROOM_NODE, MSG_quiet), 0);
    assert_true(stage_save(f->stage));
    assert_int_equal(stage_count(f->stage, ROOM_NODE, MSG_quiet), 1);
    assert_int_equal(stage_heard(f->stage, ROOM_NODE, MSG_quiet, 0)->quiet.room, ROOM_FACTS);
    assert_int_equal(stored_events(f, "interrupted"), 1);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
}

static void say_ran(struct facts_stage *f, const struct job_id *id, uint64_t slot, wall_ms began,
                    dur_ms run_ms) {
    uint8_t memory[512];
    struct buf result = buf_of(memory, sizeof memory);
    struct msg m = {.kind = MSG_result_fact,
                    .result_fact = {.job = *id,
                                    .slot = slot,
                                    .attempt = 1,
                                    .config = config_bytes(0.5),
                                    .status = TRIAL_DONE,
                                    .began = began,
                                    .run_ms = run_ms}};
    ensure(msg_encode(&m, &result));
    stage_say(f->stage, ROOM_EXECUTOR,
              &(struct msg){.kind = MSG_outcome, .outcome.result = buf_view(&result)});
    stage_pass(f->stage, GATHER_MS);
}

static void the_time_a_job_ran_adds_up_over_lives(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1); /* made at 1001 */
    say_ran(f, &id, 0, 1100, 700);
    say_ran(f, &id, 1, 1200, 100); /* beside it */
    assert_int_equal(stored_row(f, &id).run_ms, 700);
    facts_stage_crash(f, false);
    say_want(f, 8, &id);
    assert_int_equal(stored_row(f, &id).run_ms, 700);
    say_ran(f, &id, 2, 1900, 50); /* at rest before: not counted */
    assert_int_equal(stored_row(f, &id).run_ms, 750);
    say_ran(f, &id, 3, 901, 150); /* a clock that is behind */
    assert_int_equal(stored_row(f, &id).run_ms, 800);
    assert_int_equal(stored_row(f, &id).state, JOB_DONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ALONE(an_outcome_is_recorded_when_it_is_saved),
        ALONE(what_comes_during_a_save_goes_with_the_next),
        ALONE(results_in_a_row_gather_for_a_moment),
        ALONE(a_proposal_goes_with_the_result_that_follows_it),
        ALONE(an_attempt_to_be_repeated_leaves_the_slot_open),
        ALONE(lost_attempts_leave_no_trace_and_repeated_results_no_mark),
        ALONE(the_better_of_two_results_of_a_slot_stands),
        ALONE(a_job_whose_slots_are_finished_is_done),
        ALONE(a_job_without_a_good_trial_has_failed),
        ALONE(a_program_that_cannot_start_fails_the_job_at_once),
        ALONE(a_program_that_never_prints_the_metric_fails_the_job),
        ALONE(a_target_that_is_reached_ends_the_job),
        ALONE(a_job_is_counted_again_after_a_crash),
        ALONE(a_long_job_is_read_again_page_by_page),
        ALONE(every_boot_has_a_generation_of_its_own),
        ALONE(the_generation_is_durable_before_any_fact_of_it),
        ALONE(a_disk_that_refuses_is_asked_again_with_growing_pauses),
        ALONE(a_boot_counter_that_cannot_be_read_is_read_again),
        ALONE(answers_nobody_asked_for_are_dropped),
        ALONE(a_slow_disk_holds_the_scheduler),
        ALONE(one_save_that_takes_very_long_holds_the_scheduler),
        ALONE(a_node_that_quits_is_quiet_when_all_is_kept),
        ALONE(the_time_a_job_ran_adds_up_over_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
