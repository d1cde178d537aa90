/* Admitting, cancelling and opening jobs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/facts/errand.h"
#include "actors/member/member.h"
#include "proto/base/ranges.h"
#include "tests/unit/actors/facts/facts_stage.h"

static void nothing_is_acknowledged_before_it_is_saved(void **state) {
    struct facts_stage *f = *state;
    struct job_id id;
    f->stage->slow = true;
    say_admit(f, 7, job_bundle(f, 1, &id), true);
    assert_int_equal(f->stage->saves_count, 1);
    assert_null(answered(f, 7));
    assert_int_equal(stage_count(f->stage, ROOM_GATEWAY, MSG_job_stand), 0);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_jobs), 0);
    /* ... but its trials need not wait */
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 1);

    assert_true(stage_save(f->stage));
    expect_answer(f, 7, ERR_NONE, "");
    assert_true(job_id_equal(&answered(f, 7)->job, &id));
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_jobs), 1);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 1);
    struct msg_job_row row = stored_row(f, &id);
    assert_int_equal(row.state, JOB_OPEN);
    assert_int_equal(row.created, 1001);
    assert_int_equal(row.trials, 4);
    assert_true(span_is(row.metric, "loss"));
}

static void a_job_just_admitted_is_opened_without_a_look(void **state) {
    struct facts_stage *f = *state;
    struct job_id id;
    f->stage->slow = true;
    say_admit(f, 7, job_bundle(f, 1, &id), true);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_scan), 2); /* is it new? */
    assert_true(stage_save(f->stage));
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_scan), 2);
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_job_open), 1);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 1);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), 1);
}

static void on_a_disk_that_refuses_no_job_is_opened_before_it_is_kept(void **state) {
    struct facts_stage *f = *state;
    struct job_id first = open_job(f, 1), second;
    store_mem_set_full(f->stage->store, true);
    say_outcome(f, &first, 0, TRIAL_DONE, 0.25);
    say_admit(f, 7, job_bundle(f, 2, &second), true);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), 1);
    assert_null(answered(f, 7));
    store_mem_set_full(f->stage->store, false);
    stage_pass(f->stage, 5000);
    stage_pass(f->stage, GATHER_MS);
    expect_answer(f, 7, ERR_NONE, "");
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), 2);
    assert_int_equal(stored_row(f, &second).state, JOB_OPEN);
}

static void a_job_and_its_bundle_are_kept_as_they_came(void **state) {
    struct facts_stage *f = *state;
    struct job_id id;
    struct span bundle = job_bundle(f, 1, &id), value;
    say_admit(f, 7, bundle, false);
    uint8_t memory[NODE_ID_BYTES + 16];
    struct buf key = buf_of(memory, sizeof memory);
    struct bundle opened;
    struct err err;
    assert_true(bundle_open(&opened, bundle, &err));
    bundle_key(&key, &f->user.id, opened.generation, opened.sequence);
    assert_true(store_mem_get(f->stage->store, TABLE_bundles, buf_view(&key), &value));
    assert_true(span_equal(value, bundle));
    assert_true(
        store_mem_get(f->stage->store, TABLE_jobs, span_of(id.bytes, JOB_ID_BYTES), &value));
    uint8_t spec_memory[LIMIT_JOB_SPEC_BYTES];
    struct buf spec = buf_of(spec_memory, sizeof spec_memory);
    assert_true(job_encode(&f->job.job, &spec));
    struct mp in = mp_of(value);
    assert_true(span_equal(mp_bin(&in), buf_view(&spec)));
    assert_true(span_equal(mp_bin(&in), span_of(f->user.id.bytes, NODE_ID_BYTES)));
    assert_int_equal(mp_i64(&in), 1001);
    assert_true(mp_done(&in));
    assert_int_equal(stored_events(f, "submitted"), 1);
}

static void a_job_only_kept_is_not_opened_until_it_is_wanted(void **state) {
    struct facts_stage *f = *state;
    struct job_id id;
    say_admit(f, 7, job_bundle(f, 1, &id), false);
    expect_answer(f, 7, ERR_NONE, "");
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 0);
    say_want(f, 8, &id);
    expect_answer(f, 8, ERR_NONE, "");
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 1);
    say_want(f, 9, &id); /* it runs already */
    expect_answer(f, 9, ERR_NONE, "");
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 1);
}

static void the_tuner_hears_of_a_job_before_the_others(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    uint32_t tuner = stage_place(f->stage, ROOM_TUNER, MSG_job_open);
    const enum room others[] = {ROOM_EXECUTOR, ROOM_GATEWAY, ROOM_SCHED};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(stage_count(f->stage, others[i], MSG_job_open), 1);
        assert_true(tuner < stage_place(f->stage, others[i], MSG_job_open));
        const struct msg *m = stage_heard(f->stage, others[i], MSG_job_open, 0);
        assert_true(job_id_equal(&m->job_open.job, &id));
        assert_int_equal(m->job_open.begun.len, 0);
    }
}

static void a_submit_sent_again_is_acknowledged_and_resets_nothing(void **state) {
    struct facts_stage *f = *state;
    struct job_id id;
    struct span bundle = job_bundle(f, 1, &id);
    say_admit(f, 7, bundle, true);
    stage_pass(f->stage, 1);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.25);
    say_admit(f, 8, bundle, true); /* while it runs */
    expect_answer(f, 8, ERR_NONE, "");
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 1);
    assert_int_equal(stored_row(f, &id).done, 1);

    facts_stage_crash(f, false);
    say_admit(f, 9, bundle, false); /* at rest: only told that it is known */
    expect_answer(f, 9, ERR_NONE, "");
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 0);
    assert_int_equal(stored_row(f, &id).done, 1);
    say_admit(f, 10, bundle, true); /* and opened, with what it had */
    expect_answer(f, 10, ERR_NONE, "");
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 1);
    assert_int_equal(stored_row(f, &id).done, 1);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_summaries), 1);
    assert_int_equal(stored_events(f, "submitted"), 1);
}

static void only_the_owner_cancels(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    say_admit(f, 8, cancel_bundle(f, &f->stranger, &id), false);
    expect_answer(f, 8, ERR_NOT_ALLOWED, "only the job's owner may cancel it");
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    facts_stage_crash(f, false);
    say_admit(f, 9, cancel_bundle(f, &f->stranger, &id), false); /* at rest */
    expect_answer(f, 9, ERR_NOT_ALLOWED, "only the job's owner may cancel it");
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_shut), 0);
}

/* It stands above all whom it has admitted; a node that is in no cluster knows none. */
static void the_clusters_key_cancels_as_well(void **state) {
    struct facts_stage *f = *state;
    struct signer cluster;
    struct job_id id = open_job(f, 1), other = open_job(f, 2);
    make_signer(&cluster, 250); /* facts_join */
    say_admit(f, 8, cancel_bundle(f, &cluster, &id), false);
    expect_answer(f, 8, ERR_NOT_ALLOWED, "only the job's owner may cancel it");
    f->clustered = true;
    facts_stage_crash(f, false);
    stage_tell(f->stage, ROOM_FACTS, ROOM_MEMBER, 0,
               &(struct msg){.kind = MSG_node_known,
                             .node_known = {.node = f->node.id,
                                            .state = MEMBER_ALIVE,
                                            .active = true,
                                            .flags = MEMBER_STORES}});
    say_admit(f, 9, cancel_bundle(f, &cluster, &id), false); /* at rest */
    expect_answer(f, 9, ERR_NONE, "");
    assert_int_equal(stored_row(f, &id).state, JOB_CANCELLED);
    assert_true(span_is(stored_row(f, &id).cause, "with the cluster's key"));
    assert_int_equal(stored_events(f, "cancelled: with the cluster's key"), 1);
    say_want(f, 10, &other);
    say_admit(f, 11, cancel_bundle(f, &cluster, &other), false); /* while it runs */
    expect_answer(f, 11, ERR_NONE, "");
    assert_int_equal(stored_row(f, &other).state, JOB_CANCELLED);
    assert_int_equal(stored_events(f, "cancelled: with the cluster's key"), 2);
}

static void trials_of_a_cancelled_job_need_not_wait_for_the_disk(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.25);
    f->stage->slow = true;
    say_admit(f, 8, cancel_bundle_at(f, &f->user, &id, 5000), false);
    assert_null(answered(f, 8));
    assert_true(is_shut(f, &id, JOB_CANCELLED));
    say_outcome(f, &id, 1, TRIAL_DONE, 0.125); /* too late: the job wants no more */
    assert_int_equal(stage_count(f->stage, ROOM_LEADER, MSG_dropped), 1);
    assert_true(stage_save(f->stage));
    assert_false(stage_save(f->stage));
    expect_answer(f, 8, ERR_NONE, "");
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_shut), 1);
    struct msg_job_row row = stored_row(f, &id);
    assert_int_equal(row.state, JOB_CANCELLED);
    assert_true(span_is(row.cause, "by its owner"));
    assert_int_equal(row.done, 1);
    assert_int_equal(row.finished, 5000);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_trials), 1);
}

static void a_job_at_rest_is_cancelled_with_the_counts_it_had(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    say_outcome(f, &id, 2, TRIAL_DONE, 0.25);
    facts_stage_crash(f, false);
    say_admit(f, 8, cancel_bundle(f, &f->user, &id), false);
    expect_answer(f, 8, ERR_NONE, "");
    struct msg_job_row row = stored_row(f, &id);
    assert_int_equal(row.state, JOB_CANCELLED);
    assert_int_equal(row.done, 1);
    assert_int_equal(row.best_slot, 2);
    assert_true(span_is(row.best_params, "{\"lr\":0.25}"));
    say_admit(f, 9, cancel_bundle(f, &f->user, &id), false); /* once more: it is */
    expect_answer(f, 9, ERR_NONE, "");
    say_want(f, 10, &id);
    expect_answer(f, 10, ERR_NOT_FOUND, "the job was cancelled; nothing undoes that");
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 0);
}

static void a_job_that_is_over_is_not_opened(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    for (uint64_t slot = 0; slot < 4; slot++)
        say_outcome(f, &id, slot, TRIAL_DONE, 0.25);
    say_want(f, 8, &id);
    expect_answer(f, 8, ERR_NOT_FOUND, "the job is done; there is nothing left to run");
    say_admit(f, 9, cancel_bundle(f, &f->user, &id), false);
    expect_answer(f, 9, ERR_NOT_FOUND, "the job is done; there is nothing left to run");
    assert_int_equal(stored_row(f, &id).state, JOB_DONE);
}

static void a_job_nobody_knows_is_not_found(void **state) {
    struct facts_stage *f = *state;
    const struct job_id id = {.bytes = {1}};
    say_want(f, 8, &id);
    expect_answer(f, 8, ERR_NOT_FOUND, "there is no such job here");
    say_admit(f, 9, cancel_bundle(f, &f->user, &id), false);
    expect_answer(f, 9, ERR_NOT_FOUND, "there is no such job here");
}

static void expect_refused(struct facts_stage *f, uint64_t ticket, struct span bundle,
                           enum err_code code, const char *what) {
    say_admit(f, ticket, bundle, true);
    expect_answer(f, ticket, code, what);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_jobs), 0);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_bundles), 0);
}

static void bad_bundles_are_refused_with_the_reason(void **state) {
    struct facts_stage *f = *state;
    struct job_id id;
    struct span bundle = job_bundle(f, 1, &id);
    f->bundle[bundle.len / 2] ^= 1;
    expect_refused(f, 1, bundle, ERR_BAD_FACT,
                   "the signature does not fit the facts and their author");
    expect_refused(f, 2, span_of(bundle.data, 3), ERR_BAD_FACT,
                   "not a bundle of facts: more elements than bytes that follow");
    static const uint8_t huge[ERRAND_BUNDLE_BYTES + 1];
    expect_refused(f, 3, span_of(huge, sizeof huge), ERR_BAD_FACT,
                   "a bundle of 66561 bytes, expected at most 66560");
    struct bundle_writer w;
    const struct msg cancel = {.kind = MSG_control_fact, .control_fact.verb = 1};
    bundle_begin(&w, &f->user, 1, 1, f->bundle, sizeof f->bundle);
    assert_true(bundle_add(&w, &cancel) && bundle_add(&w, &cancel));
    expect_refused(f, 4, bundle_seal(&w), ERR_BAD_FACT, "2 facts in one request, expected one");
    bundle_begin(&w, &f->user, 1, 1, f->bundle, sizeof f->bundle);
    expect_refused(f, 5, bundle_seal(&w), ERR_BAD_FACT, "0 facts in one request, expected one");
    expect_refused(f, 6, one_fact(f, &f->user, &(struct msg){.kind = MSG_result_fact}),
                   ERR_NOT_ALLOWED, "a client may not say 'result_fact'");
    expect_refused(f, 7, one_fact(f, &f->user, &(struct msg){.kind = MSG_hello}), ERR_BAD_FACT,
                   "message 'hello' is not a fact");
    expect_refused(
        f, 8,
        one_fact(f, &f->user, &(struct msg){.kind = MSG_control_fact, .control_fact.verb = 3}),
        ERR_BAD_FACT, "an order that this version does not know");
}

static void bad_jobs_are_refused_with_the_reason(void **state) {
    struct facts_stage *f = *state;
    struct msg m = {.kind = MSG_job_fact, .job_fact = {.owner = f->user.id, .created = 1}};
    expect_refused(f, 1, one_fact(f, &f->stranger, &m), ERR_NOT_ALLOWED,
                   "the job's owner is not the one who signed it");
    m.job_fact.created = -1;
    expect_refused(f, 2, one_fact(f, &f->user, &m), ERR_BAD_FACT,
                   "a job that is too large or dated before 1970");
    m.job_fact.created = 1;
    m.job_fact.spec = span_text("not a job");
    say_admit(f, 3, one_fact(f, &f->user, &m), true);
    assert_non_null(answered(f, 3));
    assert_int_not_equal(answered(f, 3)->code, ERR_NONE);
    assert_true(answered(f, 3)->what.len > 0);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_jobs), 0);
    /* The seat it was tried in is free again. */
    (void)open_job(f, 1);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 1);
}

static void a_full_ring_says_busy_and_what_is_in_it_is_done(void **state) {
    struct facts_stage *f = *state;
    f->stage->slow = true;
    struct job_id first = open_job(f, 1); /* waits for its save, and all behind it */
    const struct job_id unknown = {.bytes = {1}};
    for (uint64_t i = 1; i < ERRANDS; i++)
        say_want(f, i, &unknown);
    assert_int_equal(stage_count(f->stage, ROOM_GATEWAY, MSG_admitted), 0);
    say_want(f, 500, &unknown);
    expect_answer(f, 500, ERR_BUSY, "too many jobs come at once; try again");
    while (stage_save(f->stage))
        ;
    expect_answer(f, 1001, ERR_NONE, "");
    assert_true(job_id_equal(&answered(f, 1001)->job, &first));
    for (uint64_t i = 1; i < ERRANDS; i++)
        expect_answer(f, i, ERR_NOT_FOUND, "there is no such job here");
}

static void as_many_jobs_run_as_there_are_seats(void **state) {
    struct facts_stage *f = *state;
    struct job_id ids[LIMIT_JOBS_OPEN];
    for (uint64_t i = 0; i < LIMIT_JOBS_OPEN; i++)
        ids[i] = open_job(f, i);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), LIMIT_JOBS_OPEN);
    (void)open_job(f, 100);
    expect_answer(f, 1100, ERR_BUSY, "as many jobs run here as can; wait for one to end");
    say_admit(f, 5, cancel_bundle(f, &f->user, &ids[20]), false);
    expect_answer(f, 5, ERR_NONE, "");
    stage_forget(f->stage);
    (void)open_job(f, 100);
    expect_answer(f, 1100, ERR_NONE, "");
}

static void a_store_that_cannot_be_read_is_told(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    facts_stage_crash(f, false);
    /* The summary is damaged; the rest is well. */
    uint8_t memory[64], ops_memory[256];
    struct buf key = buf_of(memory, sizeof memory), ops = buf_of(ops_memory, sizeof ops_memory);
    struct err err;
    buf_be64(&key, 1001);
    buf_put(&key, id.bytes, sizeof id.bytes);
    ops_put(&ops, TABLE_summaries, buf_view(&key), span_text("?"));
    assert_true(store_save(f->stage->store, buf_view(&ops), &err));
    say_want(f, 8, &id);
    expect_answer(f, 8, ERR_STORE, "the job's summary in the store cannot be read");
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_job_open), 0);
}

static void autorun_opens_every_open_job(void **state) {
    struct facts_stage *f = *state;
    struct job_id id, done = open_job(f, 50);
    for (uint64_t slot = 0; slot < 4; slot++)
        say_outcome(f, &done, slot, TRIAL_DONE, 0.25);
    for (uint64_t i = 0; i < 40; i++)
        say_admit(f, i + 1, job_bundle(f, i, &id), false);
    facts_stage_crash(f, true);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 40);
    for (uint32_t i = 0; i < 40; i++) {
        (void)job_bundle(f, i, &id); /* oldest first */
        const struct msg *m = stage_heard(f->stage, ROOM_SCHED, MSG_job_open, i);
        assert_true(job_id_equal(&m->job_open.job, &id));
    }
    /* And those that come later, run or not. */
    say_admit(f, 90, job_bundle(f, 90, &id), false);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 41);
}

/* Two stores that held different bundles under one number could never agree. */
static void a_number_that_was_used_for_another_bundle_is_refused(void **state) {
    struct facts_stage *f = *state;
    struct job_id id;
    const struct signer *user = &f->user;
    say_admit(f, 7, job_bundle(f, 1, &id), false);
    expect_answer(f, 7, ERR_NONE, "");
    struct bundle first;
    struct err err;
    struct msg fact;
    assert_true(bundle_open(&first, job_bundle(f, 1, &id), &err));
    struct bundle other;
    assert_true(bundle_open(&other, job_bundle(f, 2, &id), &err));
    assert_true(bundle_next(&other, &fact, &err));
    static uint8_t memory[LIMIT_JOB_SPEC_BYTES];
    struct bundle_writer w;
    bundle_begin(&w, user, first.generation, first.sequence, memory, sizeof memory);
    assert_true(bundle_add(&w, &fact));
    say_admit(f, 8, bundle_seal(&w), false);
    expect_answer(f, 8, ERR_BAD_FACT, "another request was signed with the same number");
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_jobs), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ALONE(nothing_is_acknowledged_before_it_is_saved),
        ALONE(a_job_just_admitted_is_opened_without_a_look),
        ALONE(on_a_disk_that_refuses_no_job_is_opened_before_it_is_kept),
        ALONE(a_job_and_its_bundle_are_kept_as_they_came),
        ALONE(a_number_that_was_used_for_another_bundle_is_refused),
        ALONE(a_job_only_kept_is_not_opened_until_it_is_wanted),
        ALONE(the_tuner_hears_of_a_job_before_the_others),
        ALONE(a_submit_sent_again_is_acknowledged_and_resets_nothing),
        ALONE(only_the_owner_cancels),
        ALONE(the_clusters_key_cancels_as_well),
        ALONE(trials_of_a_cancelled_job_need_not_wait_for_the_disk),
        ALONE(a_job_at_rest_is_cancelled_with_the_counts_it_had),
        ALONE(a_job_that_is_over_is_not_opened),
        ALONE(a_job_nobody_knows_is_not_found),
        ALONE(bad_bundles_are_refused_with_the_reason),
        ALONE(bad_jobs_are_refused_with_the_reason),
        ALONE(a_full_ring_says_busy_and_what_is_in_it_is_done),
        ALONE(as_many_jobs_run_as_there_are_seats),
        ALONE(a_store_that_cannot_be_read_is_told),
        ALONE(autorun_opens_every_open_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
