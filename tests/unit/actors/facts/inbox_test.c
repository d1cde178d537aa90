/* What other nodes send: taken in order, folded in any order across logs, believed only as far as it is signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/facts/inbox.h"
#include "proto/base/ranges.h"
#include "proto/base/rng.h"
#include "tests/unit/actors/facts/authors.h"

/* Sched was given the job with this slot, and no other, as finished. */
static void expect_opened(struct facts_stage *f, uint64_t slot) {
    const struct msg *open = stage_heard(f->stage, ROOM_SCHED, MSG_job_open, 0);
    assert_non_null(open);
    struct range memory[4];
    struct ranges finished = ranges_of(memory, 4);
    assert_true(ranges_decode(&finished, open->job_open.finished));
    assert_true(ranges_has(&finished, slot) && ranges_size(&finished) == 1);
}

static void a_job_of_another_node_opens_here(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct trial_row row;
    lead(f, false);
    struct job_id id = hear_job(f, a, 1);
    assert_int_equal(kept(f), 1);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), 1);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 0); /* another one leads */
    const struct msg facts[] = {
        result_of(&id, 1, 1, TRIAL_DONE, 0.5),
        {.kind = MSG_log_fact,
         .log_fact = {.job = id, .slot = 1, .attempt = 1, .bytes = 2, .head = span_text("hi")}},
        {.kind = MSG_series_fact,
         .series_fact = {.job = id, .slot = 1, .attempt = 1, .points = span_text("p")}}};
    hear_facts(f, a, facts, 3);
    assert_true(stored_trial(f, &id, 1, &row));
    assert_true(row.finished && row.value == 0.5);
    assert_int_equal(stored_row(f, &id).done, 1);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_logs), 1);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_series), 1);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_recorded), 0);
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_learned), 1);

    lead(f, true);
    expect_opened(f, 1);
    hear_fact(f, a, result_of(&id, 2, 1, TRIAL_DONE, 0.25));
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_recorded), 1);
}

static void a_carried_job_and_its_log_are_one_transaction(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    stage_pass(f->stage, 1000);
    stage_forget(f->stage);
    f->stage->slow = true;
    (void)hear_job(f, a, 1);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 1);
    assert_true(stage_save(f->stage));
    assert_int_equal(kept(f), 1);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_jobs), 1);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), 1);
    const struct msg *heads = stage_heard(f->stage, ROOM_MEMBER, MSG_heads, 0);
    assert_non_null(heads); /* its sender need not wait for anything else */
}

/* However full the batch is that takes it. */
static void nor_are_they_two_when_a_batch_is_nearly_full(void **state) {
    struct facts_stage *f = *state;
    struct facts *facts = f->memory;
    struct author *a = author_new(f, 40);
    static uint8_t junk[LIMIT_BATCH_BYTES];
    f->stage->slow = true;
    for (uint64_t i = 0; i < 20; i++) {
        struct job_id id = {{1}};
        const struct msg printed = {.kind = MSG_log_fact, .log_fact = {.job = id, .attempt = 1}};
        hear_fact(f, a, printed); /* on its way to the disk */
        hear_fact(f, a, printed); /* ... and what gathers meanwhile */
        struct batch *batch = batches_newest(&facts->batches);
        ops_put(&batch->ops, TABLE_events, span_text("junk"),
                span_of(junk, LIMIT_BATCH_BYTES - 1500 - 100 * i));
        (void)hear_job(f, a, i);
        while (stage_save(f->stage)) {
            const size_t jobs = store_mem_rows(f->stage->store, TABLE_jobs);
            assert_int_equal(store_mem_rows(f->stage->store, TABLE_summaries), jobs);
            assert_int_equal(kept(f) == 3 * (i + 1), jobs == i + 1);
        }
        assert_int_equal(kept(f), 3 * (i + 1));
        stage_pass(f->stage, 1000);
    }
}

static void a_gap_and_a_repetition_change_nothing(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct job_id id;
    struct span first = author_carries(a, job_bundle(f, 1, &id));
    struct msg fact = result_of(&id, 0, 1, TRIAL_DONE, 0.5);
    struct span second = author_says(a, &fact, 1);
    hear(f, PEER, second);
    assert_int_equal(kept(f), 0);
    hear(f, PEER, first);
    hear(f, PEER, second);
    assert_int_equal(kept(f), 2);
    stage_pass(f->stage, SPREAD_HEADS_MS);
    stage_forget(f->stage);
    hear(f, PEER, second);
    assert_int_equal(stage_count(f->stage, ROOM_STORE, MSG_save), 0);
    stage_pass(f->stage, SPREAD_HEADS_MS); /* the sender has not heard that it is here */
    const struct msg *heads = stage_heard(f->stage, ROOM_MEMBER, MSG_heads, 0);
    assert_non_null(heads);
    struct mp in = mp_of(heads->heads.heads);
    assert_true(span_equal(mp_bin(&in), span_of(a->signer.id.bytes, NODE_ID_BYTES)));
    assert_int_equal(mp_u64(&in), 5);
    assert_int_equal(mp_u64(&in), 2);
    assert_true(mp_done(&in));
}

static void what_it_has_signed_itself_is_acknowledged(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    struct span key, bundle;
    const struct msg *heads;
    (void)id;
    store_mem_row(f->stage->store, TABLE_log, 0, &key, &bundle);
    stage_pass(f->stage, SPREAD_AGAIN_MOST);
    stage_forget(f->stage);
    hear(f, PEER, bundle);
    stage_pass(f->stage, SPREAD_HEADS_MS);
    heads = stage_heard(f->stage, ROOM_MEMBER, MSG_heads, 0);
    assert_non_null(heads);
    struct mp in = mp_of(heads->heads.heads);
    assert_true(span_equal(mp_bin(&in), span_of(f->node.id.bytes, NODE_ID_BYTES)));
    (void)mp_u64(&in);
    assert_int_equal(mp_u64(&in), 1);
    assert_true(mp_done(&in));
}

/* The search would never hear of it, and wait for its slot for ever. */
static void a_result_of_no_configuration_of_the_job_is_none(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct trial_row row;
    struct job_id id = hear_job(f, a, 1);
    static const char *const configs[] = {"", "\x91\xcb\x40", "\x91\x01", "\x92\x01\x01"};
    for (uint64_t i = 0; i < 4; i++) {
        struct msg fact = result_of(&id, i, 1, TRIAL_DONE, 0.5);
        fact.result_fact.config = span_text(configs[i]);
        hear_fact(f, a, fact);
        assert_false(stored_trial(f, &id, i, &row));
    }
    struct msg fact = result_of(&id, 0, 1, TRIAL_DONE, 0.5);
    fact.result_fact.config = config_bytes(1.5); /* beyond its range */
    hear_fact(f, a, fact);
    assert_false(stored_trial(f, &id, 0, &row));
    hear_fact(f, a, result_of(&id, 0, 1, TRIAL_DONE, 0.5));
    assert_true(stored_trial(f, &id, 0, &row) && row.finished);
    assert_int_equal(stored_row(f, &id).done, 1);
    assert_int_equal(kept(f), 7); /* logs keep it all */
}

static void bytes_that_are_not_signed_are_dropped(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct job_id id;
    struct span bundle = author_carries(a, job_bundle(f, 1, &id));
    a->memory[0][bundle.len / 2] ^= 1;
    hear(f, PEER, bundle);
    hear(f, PEER, span_of(bundle.data, 9));
    a->memory[0][bundle.len / 2] ^= 1;
    hear(f, 99, bundle); /* of nobody who is next to this node */
    stage_tell(f->stage, ROOM_FACTS, ROOM_CLIENTS, PEER,
               &(struct msg){.kind = MSG_bundles, .bundles = {.bundles = bundle}});
    assert_int_equal(kept(f), 0);
    /* A life of this node that it does not remember is one of others'; its own of now nobody else signs. */
    struct author *self = author_new(f, 1);
    self->signer = f->node;
    hear(f, PEER, author_carries(self, job_bundle(f, 1, &id)));
    assert_int_equal(kept(f), 1);
    hear(f, PEER, bundle);
    assert_int_equal(kept(f), 2);
}

/* Signatures are dear: the same bundle again and again, while there is no room, would cost one each time. */
static void what_cannot_be_taken_is_not_verified(void **state) {
    struct facts_stage *f = *state;
    struct facts *facts = f->memory;
    struct author *a = author_new(f, 40);
    (void)hear_job(f, a, 1);
    const struct msg fact = {.kind = MSG_log_fact, .log_fact = {.attempt = 1}};
    const struct span next = author_says(a, &fact, 1);
    uint8_t *damaged = &a->memory[1][next.len - 1];
    *damaged ^= 1;
    const size_t before = facts->inbox.end;
    facts->inbox.end = INBOX_BYTES; /* full, and resting */
    facts->inbox.retry_at = f->stage->at.now + 1000;
    hear(f, PEER, next);
    hear(f, PEER, next);
    assert_int_equal(facts->forged, 0);
    facts->inbox.end = before;
    hear(f, PEER, next);
    assert_int_equal(facts->forged, 1);
    *damaged ^= 1;
    hear(f, PEER, next);
    stage_pass(f->stage, 1000);
    assert_int_equal(kept(f), 2);
}

static void what_comes_before_its_job_is_folded_when_that_comes(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *b = author_new(f, 41);
    struct job_id id;
    struct trial_row row;
    struct span job = author_carries(a, job_bundle(f, 1, &id));
    hear_fact(f, b, result_of(&id, 0, 1, TRIAL_DONE, 0.5));
    assert_int_equal(kept(f), 1); /* its log does not wait */
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_backlog), 1);
    assert_false(stored_trial(f, &id, 0, &row));
    facts_stage_crash(f, true);
    know(f, PEER, MEMBER_ALIVE);
    hear(f, PEER, job);
    stage_pass(f->stage, GATHER_MS);
    assert_int_equal(kept(f), 2);
    assert_true(stored_trial(f, &id, 0, &row) && row.finished);
    assert_int_equal(row.attempts.made, 1);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_backlog), 0);
    /* Sched hears of the job when all that was put off is folded. */
    expect_opened(f, 0);
}

/* While the first entry, some of which is put off, waits to hear of another job, a third one opens of which something was put
 * off before: that is folded once. */
static void what_was_put_off_is_folded_once(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *b = author_new(f, 41);
    const struct job_id nobodys = {{9}};
    struct job_id id, slow;
    struct trial_row row;
    struct job_id over = hear_job(f, a, 1);
    hear_cancel(f, a, &f->user, &over);
    (void)job_bundle(f, 2, &id);
    hear_fact(f, b, result_of(&id, 0, 1, TRIAL_DONE, 0.5));
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_backlog), 1);
    f->stage->slow = true;
    say_admit(f, 7, job_bundle(f, 3, &slow), true); /* errands behind it wait for its save */
    say_admit(f, 8, job_bundle(f, 2, &id), true);
    const struct msg facts[] = {result_of(&over, 0, 1, TRIAL_DONE, 0.5),
                                result_of(&nobodys, 0, 1, TRIAL_DONE, 0.5)};
    hear_facts(f, b, facts, 2);
    assert_true(stage_save(f->stage));
    stage_pass(f->stage, GATHER_MS);
    f->stage->slow = false;
    assert_true(stage_save(f->stage));
    stage_pass(f->stage, 2000);
    assert_true(stored_trial(f, &id, 0, &row) && row.finished);
    assert_int_equal(row.attempts.made, 1);
    assert_int_equal(stored_row(f, &id).done, 1);
    assert_true(stored_trial(f, &over, 0, &row) && row.attempts.made == 1);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_backlog), 1); /* of nobody's job */
}

static void a_cancellation_before_its_job_counts(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *b = author_new(f, 41);
    struct job_id id;
    struct span job = author_carries(a, job_bundle(f, 1, &id));
    hear_cancel(f, b, &f->user, &id);
    assert_int_equal(kept(f), 1);
    hear(f, PEER, job);
    stage_pass(f->stage, GATHER_MS);
    assert_int_equal(stored_row(f, &id).state, JOB_CANCELLED);
    assert_int_equal(stage_count(f->stage, ROOM_SCHED, MSG_job_open), 0);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_backlog), 0);
}

/* Two islands with more open jobs together than there are seats: every log is kept, and what has no seat comes later. */
static void logs_do_not_wait_for_seats(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct job_id mine[LIMIT_JOBS_OPEN], other, third;
    struct trial_row row;
    f->job.job.copies = 1;
    for (uint64_t i = 0; i < LIMIT_JOBS_OPEN; i++)
        mine[i] = open_job(f, i);
    size_t before = kept(f);
    hear(f, PEER, author_carries(a, job_bundle(f, 100, &other)));
    hear(f, PEER, author_carries(a, job_bundle(f, 101, &third)));
    struct msg facts[] = {result_of(&other, 0, 1, TRIAL_DONE, 0.5),
                          result_of(&mine[0], 0, 1, TRIAL_DONE, 0.5),
                          result_of(&third, 0, 1, TRIAL_DONE, 0.5)};
    hear_facts(f, a, facts, 3);
    hear_cancel(f, a, &f->user, &third);
    assert_int_equal(kept(f) - before, 4);
    assert_true(stored_trial(f, &mine[0], 0, &row)); /* the one that has a seat */
    assert_false(stored_trial(f, &other, 0, &row));
    assert_int_equal(stored_row(f, &other).state, JOB_OPEN);
    assert_int_equal(stored_row(f, &third).state, JOB_CANCELLED);
    uint32_t opened = stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open);
    assert_int_equal(opened, LIMIT_JOBS_OPEN);
    say_admit(f, 7, cancel_bundle(f, &f->user, &mine[5]), false);
    for (uint32_t i = 0; i < 8; i++)
        stage_pass(f->stage, GATHER_MS);
    assert_int_equal(stage_count(f->stage, ROOM_EXECUTOR, MSG_job_open), opened + 1);
    assert_true(stored_trial(f, &other, 0, &row) && row.finished);
}

/* More jobs that are over than are remembered to be so, in one bundle. */
static void a_bundle_about_many_jobs_that_are_over_is_kept(void **state) {
    enum { OVER = INBOX_OVER + 20 };
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    static struct msg facts[OVER];
    static uint8_t memory[LIMIT_BUNDLE_BYTES];
    struct bundle_writer w;
    f->job.job.copies = 1;
    bundle_begin(&w, &a->signer, 5, 0, memory, sizeof memory);
    for (uint32_t i = 0; i < OVER; i++) {
        struct job_id id = open_job(f, i);
        say_admit(f, 5000 + i, cancel_bundle(f, &f->user, &id), false);
        assert_int_equal(stored_row(f, &id).state, JOB_CANCELLED);
        facts[i] = result_of(&id, 0, 1, TRIAL_DONE, 0.5);
        assert_true(bundle_add(&w, &facts[i]));
    }
    size_t before = kept(f);
    hear(f, PEER, bundle_seal(&w));
    for (uint32_t i = 0; i < 40; i++)
        stage_pass(f->stage, GATHER_MS);
    assert_int_equal(kept(f) - before, 1);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_backlog), 0);
}

/* The rows that one bundle wants are larger than the memory for them: they are read in parts. */
static void rows_that_do_not_fit_are_read_in_parts(void **state) {
    enum { SLOTS = 16, CAUSE = 60000 };
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *b = author_new(f, 41);
    static char cause[CAUSE];
    struct trial_row row;
    memset(cause, 'x', sizeof cause);
    f->job.job.trials = SLOTS + 1;
    struct job_id id = hear_job(f, a, 1);
    static uint8_t memory[LIMIT_BUNDLE_BYTES];
    struct bundle_writer w;
    struct msg facts[SLOTS];
    for (uint64_t slot = 0; slot < SLOTS; slot++) {
        facts[slot] = result_of(&id, slot, 2, TRIAL_TIMED_OUT, 0);
        facts[slot].result_fact.cause = span_of((const uint8_t *)cause, CAUSE);
        bundle_begin(&w, &a->signer, 5, a->next++, memory, sizeof memory);
        assert_true(bundle_add(&w, &facts[slot]));
        hear(f, PEER, bundle_seal(&w));
        facts[slot] = result_of(&id, slot, 1, TRIAL_DONE, 0.5);
    }
    hear_facts(f, b, facts, SLOTS);
    for (uint32_t i = 0; i < 20; i++)
        stage_pass(f->stage, GATHER_MS);
    for (uint64_t slot = 0; slot < SLOTS; slot++) {
        assert_true(stored_trial(f, &id, slot, &row));
        assert_int_equal(row.attempts.made, 2);
        assert_int_equal(row.status, TRIAL_DONE);
    }
    assert_int_equal(stored_row(f, &id).done, SLOTS);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_backlog), 0);
}

static void only_the_leader_ends_a_job_early(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    lead(f, false);
    struct job_id id = hear_job(f, a, 1);
    hear_all(f, a, &id, TRIAL_NO_METRIC);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    assert_int_equal(stored_row(f, &id).failed, 4);
    hear_fact(f, a, failed_of(&id, "so it was decided", 4321));
    assert_true(is_shut(f, &id, JOB_FAILED));
    assert_true(span_is(stored_row(f, &id).cause, "so it was decided"));
    assert_int_equal(stored_row(f, &id).finished, 4321);
    hear_all(f, a, &id, TRIAL_NO_METRIC); /* kept; the job is over */
    assert_int_equal(kept(f), 4);
    assert_int_equal(stored_row(f, &id).failed, 4);
}

static void a_new_leader_ends_what_is_overdue(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    lead(f, false);
    struct job_id id = hear_job(f, a, 1);
    hear_all(f, a, &id, TRIAL_TIMED_OUT);
    know(f, PEER, MEMBER_UNREACHABLE);
    lead(f, true);
    stage_pass(f->stage, GATHER_MS);
    assert_true(is_shut(f, &id, JOB_FAILED));
    struct bundle b;
    struct msg fact;
    struct err err;
    struct span key, value;
    store_mem_row(f->stage->store, TABLE_log, 2, &key, &value);
    assert_true(bundle_open(&b, value, &err) && bundle_next(&b, &fact, &err));
    assert_true(node_id_equal(&b.author, &f->node.id));
    assert_int_equal(fact.kind, MSG_end_fact);
    assert_true(span_is(fact.end_fact.cause, "no trial ended well"));
}

static void a_cancellation_of_another_node_counts(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct job_id id = hear_job(f, a, 1);
    hear_cancel(f, a, &f->stranger, &id);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    hear_cancel(f, a, &f->user, &id);
    assert_true(is_shut(f, &id, JOB_CANCELLED));
    assert_int_equal(kept(f), 3); /* what was refused is in the log, which goes on behind it */
}

static void a_cancellation_absorbs_another_end_that_was_heard_first(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *b = author_new(f, 41);
    lead(f, false);
    struct job_id id = hear_job(f, a, 1);
    hear_fact(f, a, failed_of(&id, "so", 4321));
    assert_int_equal(stored_row(f, &id).state, JOB_FAILED);
    say_admit(f, 9, cancel_bundle(f, &f->user, &id), false); /* here nothing is left to cancel */
    expect_answer(f, 9, ERR_NOT_FOUND, "the job has failed; submit it again");
    hear_cancel(f, b, &f->stranger, &id);
    assert_int_equal(stored_row(f, &id).state, JOB_FAILED);
    hear_cancel(f, b, &f->user, &id);
    assert_int_equal(stored_row(f, &id).state, JOB_CANCELLED);
    hear_fact(f, a, failed_of(&id, "so", 4321));
    assert_int_equal(stored_row(f, &id).state, JOB_CANCELLED);
    assert_int_equal(kept(f), 5);
}

static void of_what_was_put_off_a_cancellation_comes_first(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *b = author_new(f, 41);
    struct job_id id;
    lead(f, false);
    struct span job = author_carries(b, job_bundle(f, 1, &id));
    hear_fact(f, a, failed_of(&id, "so", 4321));
    hear_cancel(f, a, &f->user, &id);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_backlog), 2);
    hear(f, PEER, job);
    stage_pass(f->stage, 1000);
    assert_true(is_shut(f, &id, JOB_CANCELLED));
    assert_int_equal(stored_row(f, &id).state, JOB_CANCELLED);
}

static void what_waits_for_the_disk_does_not_wait_for_an_empty_batch(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct job_id id = hear_job(f, a, 1);
    say_outcome(f, &id, 0, TRIAL_TIMED_OUT, 0);
    f->stage->slow = true;
    say_outcome(f, &id, 1, TRIAL_TIMED_OUT, 0); /* on its way to the disk */
    lead(f, true);                              /* the next batch is looked at and not written to */
    hear_fact(f, a, result_of(&id, 0, 1, TRIAL_TIMED_OUT, 0)); /* wants its row */
    size_t before = kept(f);
    f->stage->slow = false;
    assert_true(stage_save(f->stage));
    stage_pass(f->stage, 1000);
    assert_int_equal(kept(f), before + 2);
}

/* ---- promises ---- */

static void an_answer_waits_for_other_disks(void **state) {
    struct facts_stage *f = *state;
    struct job_id id;
    say_admit(f, 9, job_bundle(f, 1, &id), true);
    stage_pass(f->stage, GATHER_MS);
    assert_int_equal(kept(f), 1);
    assert_null(answered(f, 9));
    say_heads(f, PEER, 0);
    assert_null(answered(f, 9));
    assert_int_equal(stage_count(f->stage, ROOM_MEMBER, MSG_bundles), 1); /* it is sent there */
    say_heads(f, PEER, 1);
    expect_answer(f, 9, ERR_NONE, "");
}

static void an_answer_wants_no_more_disks_than_there_are(void **state) {
    struct facts_stage *f = *state;
    struct job_id id;
    know(f, OTHER_PEER, MEMBER_ALIVE);
    f->job.job.copies = 3;
    say_admit(f, 9, job_bundle(f, 1, &id), true);
    stage_pass(f->stage, GATHER_MS);
    say_heads(f, PEER, 1);
    assert_null(answered(f, 9));
    know(f, OTHER_PEER, MEMBER_LEAVING); /* is no holder: two are all there are */
    expect_answer(f, 9, ERR_NONE, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        AMONG(a_job_of_another_node_opens_here),
        AMONG(a_carried_job_and_its_log_are_one_transaction),
        AMONG(nor_are_they_two_when_a_batch_is_nearly_full),
        AMONG(a_gap_and_a_repetition_change_nothing),
        AMONG(what_it_has_signed_itself_is_acknowledged),
        AMONG(a_result_of_no_configuration_of_the_job_is_none),
        AMONG(bytes_that_are_not_signed_are_dropped),
        AMONG(what_cannot_be_taken_is_not_verified),
        AMONG(what_comes_before_its_job_is_folded_when_that_comes),
        AMONG(what_was_put_off_is_folded_once),
        AMONG(a_cancellation_before_its_job_counts),
        AMONG(logs_do_not_wait_for_seats),
        AMONG(a_bundle_about_many_jobs_that_are_over_is_kept),
        AMONG(rows_that_do_not_fit_are_read_in_parts),
        AMONG(only_the_leader_ends_a_job_early),
        AMONG(a_new_leader_ends_what_is_overdue),
        AMONG(a_cancellation_of_another_node_counts),
        AMONG(a_cancellation_absorbs_another_end_that_was_heard_first),
        AMONG(of_what_was_put_off_a_cancellation_comes_first),
        AMONG(what_waits_for_the_disk_does_not_wait_for_an_empty_batch),
        AMONG(an_answer_waits_for_other_disks),
        AMONG(an_answer_wants_no_more_disks_than_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
