#include "actors/facts/facts_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/actors/facts/authors.h"

/* ---- asked for once more ---- */

static void a_request_that_is_repeated_adds_nothing_and_is_answered_when_it_is_safe(void **state) {
    struct facts_stage *f = *state;
    struct job_id id;
    struct span job = job_bundle(f, 1, &id);
    say_admit(f, 9, job, true);
    stage_pass(f->stage, GATHER_MS);
    for (uint64_t ticket = 10; ticket < 20; ticket++) {
        say_admit(f, ticket, job, true);
        stage_pass(f->stage, GATHER_MS);
        assert_null(answered(f, ticket));
    }
    assert_int_equal(kept(f), 1);
    say_heads(f, PEER, 1);
    for (uint64_t ticket = 9; ticket < 20; ticket++)
        expect_answer(f, ticket, ERR_NONE, "");
    assert_int_equal(kept(f), 1);
}

/* Promises are kept in order: all that came after it would wait for a third disk. */
static void a_job_that_is_over_waits_for_the_disks_that_it_wants(void **state) {
    struct facts_stage *f = *state;
    struct job_id id;
    know(f, OTHER_PEER, MEMBER_ALIVE); /* which has nothing */
    struct span job = job_bundle(f, 1, &id);
    say_admit(f, 9, job, true);
    say_admit(f, 10, cancel_bundle(f, &f->user, &id), false);
    stage_pass(f->stage, GATHER_MS);
    say_admit(f, 11, job_bundle(f, 1, &id), true);
    stage_pass(f->stage, GATHER_MS);
    assert_null(answered(f, 11));
    say_heads(f, PEER, 2);
    expect_answer(f, 11, ERR_NONE, "");
}

static void a_job_that_is_cancelled_takes_no_further_cancellation(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    stage_pass(f->stage, GATHER_MS);
    say_heads(f, PEER, 1);
    say_admit(f, 9, cancel_bundle_at(f, &f->user, &id, 5000), false);
    stage_pass(f->stage, GATHER_MS);
    for (uint64_t ticket = 10; ticket < 20; ticket++) { /* each signed anew */
        say_admit(f, ticket, cancel_bundle_at(f, &f->user, &id, 5000 - 100 * (wall_ms)(ticket - 9)),
                  false);
        stage_pass(f->stage, GATHER_MS);
        assert_null(answered(f, ticket));
    }
    say_heads(f, PEER, 2);
    for (uint64_t ticket = 9; ticket < 20; ticket++)
        expect_answer(f, ticket, ERR_NONE, "");
    assert_int_equal(kept(f), 2);
    assert_int_equal(stored_row(f, &id).finished, 5000); /* the others lie in no log */
    say_admit(f, 20, cancel_bundle(f, &f->stranger, &id), false);
    expect_answer(f, 20, ERR_NOT_ALLOWED, "only the job's owner may cancel it");
}

static void what_another_node_admitted_must_lie_elsewhere_too(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct job_id id;
    f->job.job.copies = 3;
    know(f, OTHER_PEER, MEMBER_ALIVE);
    struct span job = job_bundle(f, 1, &id);
    hear(f, PEER, author_carries(a, job)); /* PEER has it, and this disk */
    say_admit(f, 9, job, true);
    stage_pass(f->stage, GATHER_MS);
    assert_null(answered(f, 9));
    assert_int_equal(kept(f), 1);
    say_head(f, OTHER_PEER, &a->signer.id, 5, 1, true);
    expect_answer(f, 9, ERR_NONE, "");
}

/* More logs than marks fit into a batch, none of them anywhere but here. */
static void hear_many_logs(struct facts_stage *f, const struct job_id *id) {
    size_t before = kept(f);
    for (uint32_t i = 0; i < BATCH_MARKS; i++) {
        struct author a = {.next = 0};
        make_signer(&a.signer, (uint8_t)(100 + i));
        uint8_t cluster[32], certificate[CERTIFICATE_BYTES_MAX];
        size_t len = certificate_for(&a.signer.id, false, cluster, certificate);
        struct msg fact = {.kind = MSG_log_fact, .log_fact = {.job = *id, .attempt = 1}};
        hear_with(f, PEER, author_says(&a, &fact, 1), span_of(certificate, len));
    }
    assert_int_equal(kept(f) - before, BATCH_MARKS);
}

static void say_many_heads(struct facts_stage *f, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++) {
        struct signer s;
        make_signer(&s, (uint8_t)(100 + i));
        say_head(f, PEER, &s.id, 5, 1, false);
    }
}

static void other_logs_are_not_waited_for(void **state) {
    struct facts_stage *f = *state;
    struct job_id id;
    struct span job = job_bundle(f, 1, &id);
    say_admit(f, 8, job, true);
    stage_pass(f->stage, GATHER_MS);
    hear_many_logs(f, &id);
    say_admit(f, 9, job, true);
    stage_pass(f->stage, GATHER_MS);
    assert_null(answered(f, 9));
    say_heads(f, PEER, 1);
    expect_answer(f, 9, ERR_NONE, "");
    say_admit(f, 10, cancel_bundle(f, &f->user, &id), true);
    say_admit(f, 11, cancel_bundle_at(f, &f->user, &id, 5000), true);
    stage_pass(f->stage, GATHER_MS);
    assert_null(answered(f, 11));
    say_heads(f, PEER, 2);
    expect_answer(f, 11, ERR_NONE, "");
    assert_int_equal(kept(f), 2 + BATCH_MARKS);
}

/* What was there when this life began is waited for anyway. */
static void nor_for_what_came_before_this_life(void **state) {
    struct facts_stage *f = *state;
    struct job_id id;
    struct span job = job_bundle(f, 1, &id);
    say_admit(f, 8, job, true);
    stage_pass(f->stage, GATHER_MS);
    f->clustered = true;
    facts_stage_crash(f, true);
    know(f, PEER, MEMBER_ALIVE);
    know(f, 0, MEMBER_ALIVE);
    hear_many_logs(f, &id);
    say_admit(f, 9, job_bundle(f, 1, &id), true);
    stage_pass(f->stage, GATHER_MS);
    assert_null(answered(f, 9));
    say_heads(f, PEER, 1);
    expect_answer(f, 9, ERR_NONE, "");
}

/* Which of them carries the request is not known any more. */
static void so_many_logs_that_lie_only_here_are_too_many(void **state) {
    struct facts_stage *f = *state;
    struct facts *facts = f->memory;
    struct job_id id;
    struct span job = job_bundle(f, 1, &id);
    say_admit(f, 8, job, true);
    stage_pass(f->stage, GATHER_MS);
    hear_many_logs(f, &id);
    memset(&facts->carriers, 0, sizeof facts->carriers);
    facts->carriers.count = CARRIERS_KNOWN + 1;
    say_admit(f, 9, job, true);
    expect_answer(f, 9, ERR_BUSY, "the disks do not keep up; try again");
    assert_int_equal(kept(f), 1 + BATCH_MARKS);
    say_heads(f, PEER, 1);
    say_many_heads(f, 0, 3);
    say_admit(f, 10, job, true); /* the rest fits, and is waited for */
    stage_pass(f->stage, GATHER_MS);
    assert_null(answered(f, 10));
    say_many_heads(f, 3, BATCH_MARKS);
    expect_answer(f, 10, ERR_NONE, "");
}

/* ---- cancellations ---- */

static void of_several_cancellations_the_earliest_stands(void **state) {
    struct facts_stage *f = *state;
    static const wall_ms walls[2][3] = {{5000, 4000, 6000}, {4000, 6000, 5000}};
    for (uint64_t i = 0; i < 2; i++) {
        struct author *a = author_new(f, (uint8_t)(40 + i));
        struct job_id id = hear_job(f, a, i);
        for (uint32_t j = 0; j < 3; j++)
            hear(f, PEER, author_carries(a, cancel_bundle_at(f, &f->user, &id, walls[i][j])));
        const struct msg_job_row row = stored_row(f, &id);
        assert_int_equal(row.state, JOB_CANCELLED);
        assert_int_equal(row.finished, 4000);
        assert_true(span_is(row.cause, "by its owner"));
    }
    assert_int_equal(stored_events(f, "cancelled"), 2);
}

static void no_cancellation_was_before_its_job(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct job_id id = hear_job(f, a, 7);
    hear(f, PEER, author_carries(a, cancel_bundle_at(f, &f->user, &id, -5)));
    assert_int_equal(stored_row(f, &id).created, 1007);
    assert_int_equal(stored_row(f, &id).finished, 1007);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        AMONG(a_request_that_is_repeated_adds_nothing_and_is_answered_when_it_is_safe),
        AMONG(a_job_that_is_over_waits_for_the_disks_that_it_wants),
        AMONG(a_job_that_is_cancelled_takes_no_further_cancellation),
        AMONG(what_another_node_admitted_must_lie_elsewhere_too),
        AMONG(other_logs_are_not_waited_for),
        AMONG(nor_for_what_came_before_this_life),
        AMONG(so_many_logs_that_lie_only_here_are_too_many),
        AMONG(of_several_cancellations_the_earliest_stands),
        AMONG(no_cancellation_was_before_its_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
