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
    seat_stop(s, (struct span){0}, 100, recommend(3, 0, 1, none)); /* no slot of it */
    assert_true(!s->row.recommended && s->row.best_slot == 0 && s->row.best_value == 0.5);
    free(s);
}

/* A job of three trials all of which have ended, the first with the best value. */
static struct seat *begin_whole(void) {
    struct seat *s = begin(3);
    assert_true(count(s, 0, 0.5) && count(s, 1, 0.7) && count(s, 2, 0.8));
    return s;
}

/* What is kept of it. */
static struct buf kept(const struct seat *s, uint8_t memory[4096]) {
    uint8_t ran[RAN_BYTES];
    struct buf row = buf_of(memory, 4096);
    assert_true(
        msg_encode(&(struct msg){.kind = MSG_job_row, .job_row = seat_kept_row(s, ran)}, &row));
    return row;
}

static void assert_equal_rows(const struct seat *a, const struct seat *b) {
    uint8_t memory_a[4096], memory_b[4096];
    const struct buf row_a = kept(a, memory_a), row_b = kept(b, memory_b);
    assert_true(span_equal(buf_view(&row_a), buf_view(&row_b)));
}

/* Read again from what is kept of it. */
static struct seat *late_of(const struct seat *s) {
    static uint8_t memory[4096];
    const struct buf row = kept(s, memory);
    struct seat *late = begin(3);
    struct msg m;
    struct err err;
    assert_true(msg_decode(&m, buf_view(&row), &err));
    seat_resume(late, &m.job_row);
    late->state = SEAT_LATE;
    return late;
}

/* One that knew nothing to recommend may stand as well. */
static void an_end_without_a_recommendation_stands_in_any_order(void **state) {
    (void)state;
    uint8_t memory[128];
    const struct span best = recommend(1, 0.75, 2, memory), unread = span_text("x");
    for (uint32_t i = 0; i < 2; i++) {
        const struct span none = i == 0 ? (struct span){0} : unread;
        struct seat *a = begin_whole(), *b = begin_whole();
        seat_stop(a, (struct span){0}, 200, best);
        seat_stop(a, (struct span){0}, 100, none);
        seat_stop(b, (struct span){0}, 100, none);
        seat_stop(b, (struct span){0}, 200, best);
        assert_true(!b->row.recommended && b->row.best_slot == 0 && b->row.best_value == 0.5);
        assert_equal_rows(a, b);
        seat_stop(a, (struct span){0}, 50, best);
        assert_true(a->row.recommended && a->row.best_slot == 1);
        free(a);
        free(b);
    }
}

/* What nobody can read recommends nothing, and of two ends of one moment the one that recommends stands. */
static void what_cannot_be_read_goes_behind(void **state) {
    (void)state;
    uint8_t memory[128];
    const struct span best = recommend(1, 0.75, 2, memory), unread = span_text("x");
    struct seat *a = begin_whole(), *b = begin_whole();
    seat_stop(a, (struct span){0}, 100, best);
    seat_stop(a, (struct span){0}, 100, unread);
    seat_stop(b, (struct span){0}, 100, unread);
    seat_stop(b, (struct span){0}, 100, best);
    assert_equal_rows(a, b);
    free(a);
    free(b);
}

/* Of two ends of one moment the same stands, also where the first was read from the disk. */
static void of_ends_of_one_moment_the_same_stands(void **state) {
    (void)state;
    uint8_t first[128], second[128];
    const struct span one = recommend(0, 0.5, 1, first), other = recommend(1, 0.75, 2, second);
    struct seat *a = begin_whole(), *b = begin_whole();
    seat_stop(a, (struct span){0}, 100, one);
    seat_stop(b, (struct span){0}, 100, other);
    struct seat *late_a = late_of(a), *late_b = late_of(b);
    assert_equal_rows(a, late_a);
    seat_stop(a, (struct span){0}, 100, other);
    seat_stop(b, (struct span){0}, 100, one);
    seat_stop(late_a, (struct span){0}, 100, other);
    seat_stop(late_b, (struct span){0}, 100, one);
    assert_equal_rows(a, b);
    assert_equal_rows(a, late_a);
    assert_equal_rows(a, late_b);
    free(late_a);
    free(late_b);
    free(a);
    free(b);
}

/* A cancellation absorbs the end, and with it what that recommends; whichever was heard first. */
static void a_cancelled_job_recommends_nothing(void **state) {
    (void)state;
    uint8_t memory[128];
    const struct span best = recommend(1, 0.75, 2, memory), owner = span_text("by its owner");
    struct seat *a = begin_whole(), *b = begin_whole();
    seat_stop(a, (struct span){0}, 200, best);
    struct seat *late = late_of(a);
    seat_end(a, JOB_CANCELLED, owner, 150);
    seat_end(late, JOB_CANCELLED, owner, 150);
    seat_end(b, JOB_CANCELLED, owner, 150);
    seat_stop(b, (struct span){0}, 200, best);
    assert_equal_rows(a, b);
    assert_equal_rows(late, b);
    free(late);
    free(a);
    free(b);
}

/* What comes late counts beside it, and is there when it is taken back. */
static void results_count_beside_what_is_recommended(void **state) {
    (void)state;
    uint8_t memory[128];
    const struct span best = recommend(1, 0.75, 2, memory), owner = span_text("by its owner");
    struct seat *a = begin(3), *b = begin(3);
    assert_true(count(a, 0, 0.9) && count(a, 2, 0.6));
    seat_stop(a, (struct span){0}, 200, best);
    struct seat *late = late_of(a);
    assert_true(count(a, 1, 0.6) && count(late, 1, 0.6));
    assert_true(a->row.recommended && a->row.best_slot == 1 && a->row.best_value == 0.75);
    assert_equal_rows(a, late);
    assert_true(count(b, 0, 0.9) && count(b, 1, 0.6) && count(b, 2, 0.6));
    seat_end(b, JOB_CANCELLED, owner, 150);
    seat_end(a, JOB_CANCELLED, owner, 150);
    seat_end(late, JOB_CANCELLED, owner, 150);
    assert_true(b->row.best_slot == 1 && b->row.best_value == 0.6);
    assert_equal_rows(a, b);
    assert_equal_rows(late, b);
    free(late);
    free(a);
    free(b);
}

/* A disk may hold longer parameters than are kept beside a recommendation. */
static void what_is_too_long_to_be_kept_beside_it_is_not_told(void **state) {
    (void)state;
    static char params[SEAT_AUTO_PARAMS_BYTES + 2];
    uint8_t memory[128];
    struct seat *late = begin(3);
    memset(params, ' ', sizeof params - 1);
    struct msg_job_row row = late->row;
    row.has_best = true;
    row.best_value = 0.5;
    row.best_params = span_text(params);
    seat_resume(late, &row);
    late->state = SEAT_LATE;
    seat_stop(late, (struct span){0}, 100, recommend(1, 0.75, 2, memory));
    assert_true(late->row.recommended);
    seat_end(late, JOB_CANCELLED, span_text("by its owner"), 50);
    assert_true(late->row.best_value == 0.5 && span_is(late->row.best_params, "{}"));
    free(late);
}

/* Until it ends again its best is what its results say. */
static void more_trials_take_the_recommendation_back(void **state) {
    (void)state;
    uint8_t memory[128], bundle[] = {1, 2, 3};
    struct seat *a = begin_whole(), *b = begin_whole();
    seat_stop(a, (struct span){0}, 200, recommend(1, 0.75, 2, memory));
    assert_true(seat_extend(a, 5, span_of(bundle, sizeof bundle), 300));
    assert_true(seat_extend(b, 5, span_of(bundle, sizeof bundle), 300));
    assert_equal_rows(a, b);
    free(a);
    free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_end_without_a_recommendation_stands_in_any_order),
        cmocka_unit_test(what_cannot_be_read_goes_behind),
        cmocka_unit_test(of_ends_of_one_moment_the_same_stands),
        cmocka_unit_test(a_cancelled_job_recommends_nothing),
        cmocka_unit_test(results_count_beside_what_is_recommended),
        cmocka_unit_test(what_is_too_long_to_be_kept_beside_it_is_not_told),
        cmocka_unit_test(more_trials_take_the_recommendation_back),
        cmocka_unit_test(who_ends_it_says_what_is_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
