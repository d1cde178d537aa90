/* A job whose search decides itself what is run again, and says in the end what is best. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/facts/seat.h"
#include "tests/unit/actors/tuner/jobs.h"

#include <stdlib.h>

static struct test_job description;

static struct seat *begin(uint64_t trials) {
    static const struct job_id id = {.bytes = {1, 2}};
    static const struct node_id owner = {.bytes = {3}};
    static uint8_t memory[LIMIT_JOB_SPEC_BYTES];
    struct buf spec = buf_of(memory, sizeof memory);
    struct seat *s = calloc(1, sizeof *s);
    struct err err;
    job_begin(&description, METHOD_TPE, trials);
    add_range(&description, "lr", PARAM_FLOAT, 0, 1);
    description.job.objectives[0] = (struct objective){.metric = span_text("loss")};
    description.job.objectives_count = 1;
    description.job.repeat_auto = true;
    job_end(&description);
    assert_true(job_encode(&description.job, &spec));
    assert_true(
        seat_take(s, &id, buf_view(&spec), &owner, &(struct msg_job_row){.created = 77}, &err));
    assert_true(s->job.repeat_auto);
    s->state = SEAT_OPEN;
    return s;
}

static bool count(struct seat *s, uint64_t slot, double value) {
    static uint8_t memory[16];
    struct buf config = buf_of(memory, sizeof memory);
    const struct value lr = float_value(0.5);
    config_encode(&config, &lr, 1);
    return seat_count(s, slot,
                      &(struct trial_row){.status = TRIAL_DONE,
                                          .finished = true,
                                          .attempts = {.made = 1},
                                          .has_value = true,
                                          .value = value,
                                          .config = buf_view(&config)});
}

static struct span recommend(uint64_t slot, double value, uint64_t runs, uint8_t memory[128]) {
    static uint8_t config_memory[16];
    const struct value lr = float_value(0.25);
    struct buf config = buf_of(config_memory, sizeof config_memory), out = buf_of(memory, 128);
    config_encode(&config, &lr, 1);
    recommended_encode(&(struct recommended){.slot = slot,
                                             .runs = runs,
                                             .value = value,
                                             .expected = 0.125,
                                             .config = buf_view(&config)},
                       &out);
    return buf_view(&out);
}

/* Its results alone neither end it nor say what is best. */
static void who_ends_it_says_what_is_best(void **state) {
    (void)state;
    uint8_t first[128], second[128], none[128];
    struct seat *s = begin(3);
    const struct span earlier = recommend(1, 0.75, 2, first), later = recommend(0, 0.5, 1, second);
    assert_true(count(s, 0, 0.5) && count(s, 1, 0.7));
    assert_true(count(s, 2, 0.8));
    assert_true(seat_is_whole(s));
    assert_false(seat_is_over(s));
    assert_true(s->row.best_slot == 0 && s->row.best_runs == 0 && !s->row.recommended);
    seat_stop(s, (struct span){0}, 300, later);
    assert_true(seat_is_over(s));
    assert_true(s->row.recommended && s->row.best_slot == 0 && s->row.best_runs == 1);
    seat_stop(s, (struct span){0}, 200, earlier);
    seat_stop(s, (struct span){0}, 300, later);
    assert_int_equal(s->row.state, JOB_DONE);
    assert_true(s->row.best_slot == 1 && s->row.best_value == 0.75 && s->row.best_runs == 2);
    assert_true(s->row.best_expected == 0.125);
    assert_true(span_is(s->row.best_params, "{\"lr\":0.25}"));
    seat_hear_best(s, recommend(3, 0, 1, none)); /* no slot of it */
    seat_recommend(s);
    assert_int_equal(s->row.best_slot, 1);
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_ends_it_says_what_is_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
