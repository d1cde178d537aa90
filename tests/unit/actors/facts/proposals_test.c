/* Proposals of a method that learns: what each was derived from is kept, whatever stands for its slot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/facts/authors.h"

static struct msg proposal_of(const struct job_id *id, uint64_t slot, double lr,
                              const char *known) {
    return (struct msg){.kind = MSG_proposal_fact,
                        .proposal_fact = {.job = *id,
                                          .slot = slot,
                                          .config = config_bytes(lr),
                                          .term = 3,
                                          .known = span_text(known)}};
}

static size_t proposals(const struct facts_stage *f) {
    return store_mem_rows(f->stage->store, TABLE_proposals);
}

static uint32_t learned(const struct facts_stage *f) {
    return stage_count(f->stage, ROOM_TUNER, MSG_learned);
}

static void say_derived(struct facts_stage *f, const struct job_id *id, uint64_t slot, double lr,
                        const char *known) {
    stage_say(f->stage, ROOM_TUNER,
              &(struct msg){.kind = MSG_proposed,
                            .proposed = {.job = *id,
                                         .slot = slot,
                                         .config = config_bytes(lr),
                                         .known = span_text(known)}});
    stage_pass(f->stage, GATHER_MS);
}

static struct job_id job_that_learns(struct facts_stage *f, struct author *a) {
    f->job.job.method = METHOD_TPE;
    return hear_job(f, a, 1);
}

static void the_tuner_hears_of_others_proposals(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct trial_row row;
    const struct job_id id = job_that_learns(f, a);
    stage_forget(f->stage);
    hear_fact(f, a, proposal_of(&id, 1, 0.25, "known"));
    assert_int_equal(proposals(f), 1);
    assert_int_equal(learned(f), 1);
    const struct msg_learned *m = &stage_heard(f->stage, ROOM_TUNER, MSG_learned, 0)->learned;
    assert_int_equal(m->status, TRIAL_OPEN);
    assert_int_equal(m->slot, 1);
    assert_true(span_equal(m->config, config_bytes(0.25)));
    assert_true(stored_trial(f, &id, 1, &row) && !row.finished);
    hear_fact(f, a, result_of(&id, 1, 1, TRIAL_DONE, 0.5));
    assert_int_equal(learned(f), 2);
    assert_int_equal(stage_heard(f->stage, ROOM_TUNER, MSG_learned, 1)->learned.status, TRIAL_DONE);
}

static void its_own_it_knows(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    const struct job_id id = job_that_learns(f, a);
    lead(f, true);
    stage_forget(f->stage);
    say_derived(f, &id, 0, 0.5, "first");
    assert_int_equal(proposals(f), 1);
    assert_int_equal(learned(f), 0);
    say_derived(f, &id, 0, 0.5, ""); /* the same slot again: it had this configuration already */
    assert_int_equal(proposals(f), 1);
}

/* Two leaders gave the slot out: one configuration stands, both can be derived. */
static void of_two_for_one_slot_both_are_kept(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct trial_row row;
    const struct job_id id = job_that_learns(f, a);
    lead(f, true);
    hear_fact(f, a, proposal_of(&id, 2, 0.25, "theirs"));
    say_derived(f, &id, 2, 0.75, "ours");
    assert_int_equal(proposals(f), 2);
    assert_true(stored_trial(f, &id, 2, &row));
    bool theirs = memcmp(a->signer.id.bytes, f->node.id.bytes, NODE_ID_BYTES) < 0; /* the lowest */
    assert_true(span_equal(row.config, config_bytes(theirs ? 0.25 : 0.75)));
    hear_fact(f, a, result_of(&id, 2, 1, TRIAL_DONE, 0.5));
    say_derived(f, &id, 2, 0.1, "late");
    assert_int_equal(proposals(f), 3);
}

/* Its job is over, and all of its slots are finished. */
static void what_comes_late_is_kept(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    const struct job_id id = job_that_learns(f, a);
    hear_all(f, a, &id, TRIAL_DONE);
    assert_true(is_shut(f, &id, JOB_DONE));
    stage_pass(f->stage, 5000);
    hear_fact(f, a, proposal_of(&id, 3, 0.25, "late"));
    assert_int_equal(proposals(f), 1);
    struct author *b = author_new(f, 41);
    const struct job_id unknown = {{9}};
    hear_fact(f, b, proposal_of(&unknown, 3, 0.25, "whose"));
    assert_int_equal(proposals(f), 2);
}

static void what_does_not_learn_costs_no_row(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    const struct job_id id = hear_job(f, a, 1);
    stage_forget(f->stage);
    hear_fact(f, a, proposal_of(&id, 1, 0.25, ""));
    assert_int_equal(proposals(f), 0);
    assert_int_equal(learned(f), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        AMONG(the_tuner_hears_of_others_proposals), AMONG(its_own_it_knows),
        AMONG(of_two_for_one_slot_both_are_kept),   AMONG(what_comes_late_is_kept),
        AMONG(what_does_not_learn_costs_no_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
