/* How trials stood at rungs, and when the rooms hear of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/job/curve.h"
#include "tests/unit/actors/facts/authors.h"

static struct msg reached_of(const struct job_id *id, uint64_t slot, double value) {
    static uint8_t memory[CURVE_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    struct curve curve = {0};
    (void)curve_tell(&curve, 1, value);
    curve_encode(&curve, &out);
    return (struct msg){.kind = MSG_reached_fact,
                        .reached_fact = {.job = *id,
                                         .slot = slot,
                                         .attempt = 1,
                                         .config = config_bytes(0.5),
                                         .curve = buf_view(&out)}};
}

static struct job_id hear_job_with_rungs(struct facts_stage *f, struct author *a) {
    f->job.job.rungs.steps = 9;
    return hear_job(f, a, 1);
}

static void what_stands_is_told_once_it_is_kept(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct job_id id = hear_job_with_rungs(f, a);
    f->stage->slow = true;
    hear_fact(f, a, reached_of(&id, 2, 0.5));
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_stands), 0);
    f->stage->slow = false;
    assert_true(stage_save(f->stage));
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_stands), 1);
    assert_int_equal(stage_heard(f->stage, ROOM_TUNER, MSG_stands, 0)->stands.slot, 2);
}

/* It was kept while the job had no seat, and is not on the disk when that opens. */
static void what_is_on_its_way_to_the_disk_is_told_when_the_job_opens(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    struct job_id id = hear_job_with_rungs(f, a);
    facts_stage_crash(f, false); /* which runs what it is asked to */
    know(f, PEER, MEMBER_ALIVE);
    hear_fact(f, a, reached_of(&id, 1, 0.5)); /* lies there */
    f->stage->slow = true;
    hear_fact(f, a, reached_of(&id, 2, 0.25)); /* is on its way */
    hear_fact(f, a, reached_of(&id, 3, 0.25)); /* waits for that */
    say_want(f, 8, &id);
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_job_open), 1);
    uint64_t heard = 0;
    const struct msg *m;
    for (uint32_t i = 0; (m = stage_heard(f->stage, ROOM_TUNER, MSG_stands, i)) != NULL; i++)
        heard |= (uint64_t)1 << m->stands.slot;
    assert_int_equal(heard, 1 << 1 | 1 << 2 | 1 << 3);
    f->stage->slow = false;
    while (stage_save(f->stage))
        ;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        AMONG(what_stands_is_told_once_it_is_kept),
        AMONG(what_is_on_its_way_to_the_disk_is_told_when_the_job_opens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
