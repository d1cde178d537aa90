/* Who has the checkpoint of a trial that rests: the tuner hears it with each of its ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/facts/authors.h"

/* The next fact in the author's log; whose checkpoint the tuner then hears of. */
static const struct node_id *hears(struct facts_stage *f, struct author *author, struct msg fact) {
    fact.result_fact.has_value = trial_status_well((enum trial_status)fact.result_fact.status);
    uint32_t before = stage_count(f->stage, ROOM_TUNER, MSG_learned);
    hear(f, PEER, author_says(author, &fact, 1));
    stage_pass(f->stage, 3000);
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_learned), before + 1);
    const struct msg *m = stage_heard(f->stage, ROOM_TUNER, MSG_learned, before);
    assert_int_equal(m->learned.status, TRIAL_PAUSED);
    assert_true(m->learned.value == 3);
    return &m->learned.author;
}

static void whoever_has_saved_it_last(void **state) {
    (void)state;
    struct facts_stage *f = facts_stage_new();
    struct author *a = author_new(f, 40), *b = author_new(f, 41);
    struct job_id id;
    facts_stage_boot(f, 1, true);
    know(f, PEER, MEMBER_ALIVE);
    job_begin(&f->job, METHOD_RANDOM, 10);
    add_range(&f->job, "lr", PARAM_FLOAT, 0, 1);
    f->job.job.objectives[0] = (struct objective){.metric = span_text("loss")};
    f->job.job.objectives_count = 1;
    f->job.job.retry = (struct retry){.crash = 2, .transient = 3};
    f->job.job.rungs.steps = 9;
    job_end(&f->job);
    hear(f, PEER, author_carries(a, job_bundle(f, 1, &id)));
    say_heads(f, PEER, 99);
    const struct node_id *at_a = &a->signer.id, *at_b = &b->signer.id;
    assert_memory_equal(hears(f, a, result_of(&id, 4, 1, TRIAL_PAUSED, 3)), at_a, NODE_ID_BYTES);
    /* It went on elsewhere, where there was nothing to go on from. */
    assert_memory_equal(hears(f, b, result_of(&id, 4, 2, TRIAL_AGAIN, 0)), at_b, NODE_ID_BYTES);
    assert_memory_equal(hears(f, b, result_of(&id, 4, 3, TRIAL_PAUSED, 5)), at_b, NODE_ID_BYTES);
    facts_stage_destroy(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(whoever_has_saved_it_last)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
