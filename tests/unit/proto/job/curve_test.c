#include "tests/unit/proto/job/make.h"

#include "proto/base/mp.h"
#include "proto/job/curve.h"
#include "proto/job/ladder.h"

#include <math.h>

static struct curve curve_of(const double *values, uint32_t count) {
    struct curve c = {0};
    for (uint32_t i = 0; i < count; i++)
        assert_true(curve_tell(&c, i + 1, values[i]));
    return c;
}

static void a_curve_is_folded_step_by_step(void **state) {
    (void)state;
    const double values[] = {1, 3, 2, 0.5, 4};
    struct curve c = curve_of(values, 5);
    assert_int_equal(c.step, 5);
    assert_int_equal(c.told, 5);
    assert_int_equal(c.improved, 4);
    assert_true(c.best == 0.5 && c.sum == 10.5 && c.last == 4 && c.before == 0.5);
    /* Bends -3, -0.5, 5: the mean square of the last two, over 6. */
    assert_true(fabs(c.bends - (0.25 + 25) / 2 / 6) < 1e-12);
    const double long_one[] = {1, 3, 2, 0.5, 4, 4, 7};
    /* Bends -3, -0.5, 5, -3.5, 3: halves of halves, then a third. */
    assert_true(fabs(curve_of(long_one, 6).bends - ((0.25 + 25) / 2 + 12.25) / 2 / 6) < 1e-12);
    assert_true(fabs(curve_of(long_one, 7).bends -
                     (((0.25 + 25) / 2 + 12.25) / 2 * 2 / 3 + 9 / 3.0) / 6) < 1e-12);
}

static void what_is_told_again_changes_nothing(void **state) {
    (void)state;
    const double values[] = {3, 2};
    struct curve c = curve_of(values, 2), before = c;
    assert_false(curve_tell(&c, 1, 0));
    assert_false(curve_tell(&c, 2, 0));
    assert_memory_equal(&c, &before, sizeof c);
    assert_true(curve_tell(&c, 7, 2)); /* no better */
    assert_int_equal(c.improved, 2);
    assert_int_equal(c.step, 7);
}

static void bytes_bring_it_back(void **state) {
    (void)state;
    const double values[] = {9, 3, 2.5, -1e300, 4, 1};
    struct curve c = curve_of(values, 6), back = {0};
    uint8_t memory[CURVE_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    curve_encode(&c, &out);
    assert_false(out.overflow);
    assert_true(curve_decode(&back, buf_view(&out)));
    assert_true(back.best == -1e300 && back.bends > 1e290);
    const double calm[] = {9, 3, 2.5, 0.125, 4, 1};
    c = curve_of(calm, 6);
    buf_clear(&out);
    curve_encode(&c, &out);
    assert_true(curve_decode(&back, buf_view(&out)));
    assert_true(back.step == c.step && back.told == c.told && back.improved == c.improved);
    assert_true(back.best == c.best && back.sum == c.sum && back.last == c.last);
    assert_true(back.before == c.before && back.bends == c.bends);
    for (size_t len = 0; len < out.len; len++)
        assert_false(curve_decode(&back, span_of(out.data, len)));
}

static void a_breach_is_kept_where_there_is_one(void **state) {
    (void)state;
    uint8_t memory[CURVE_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    struct curve back, c = {.step = UINT32_MAX, .told = UINT32_MAX, .improved = UINT32_MAX};
    curve_encode(&c, &out);
    size_t without = out.len;
    assert_true(curve_decode(&back, buf_view(&out)) && back.breach == 0);
    c.breach = 0.25;
    buf_clear(&out);
    curve_encode(&c, &out);
    assert_true(!out.overflow && out.len > without);
    assert_true(curve_decode(&back, buf_view(&out)) && back.breach == 0.25);
    for (size_t len = 0; len < out.len; len++)
        assert_false(curve_decode(&back, span_of(out.data, len)));
    memory[out.len - 8] |= 0x80; /* its sign */
    assert_false(curve_decode(&back, buf_view(&out)));
}

static void expect_refused(struct curve c) {
    uint8_t memory[CURVE_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    struct curve back;
    curve_encode(&c, &out);
    assert_false(curve_decode(&back, buf_view(&out)));
}

static void what_no_curve_can_be_is_refused(void **state) {
    (void)state;
    const struct curve good = {.step = 3, .told = 2, .improved = 3};
    uint8_t memory[CURVE_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    struct curve c = good;
    curve_encode(&c, &out);
    assert_true(curve_decode(&c, buf_view(&out)));
    c.told = 0;
    expect_refused(c);
    c.told = 4;
    expect_refused(c);
    c = good;
    c.improved = 0;
    expect_refused(c);
    c.improved = 4;
    expect_refused(c);
    c = good;
    c.bends = -1;
    expect_refused(c);
    c.bends = 0;
    c.best = 1.0 / 0.0;
    expect_refused(c);
    c.best = 0;
    c.breach = 1.0 / 0.0;
    expect_refused(c);
}

static void a_step_stands_on_rungs(void **state) {
    (void)state;
    const struct ladder l = ladder_of(RUNGS_ASHA, 27, 0, 0); /* 1, 3, 9, 27 */
    const uint32_t wanted[] = {0, 1, 1, 2, 2, 2, 2, 2, 2, 3};
    for (uint32_t step = 0; step < 10; step++)
        assert_int_equal(ladder_reached(&l, step), wanted[step]);
    assert_int_equal(ladder_reached(&l, 27), 3);
    assert_int_equal(ladder_reached(&l, UINT32_MAX), 3);
    const struct ladder none = ladder_of(RUNGS_NONE, 27, 0, 0);
    assert_int_equal(ladder_reached(&none, 27), 0);
    const struct job_rungs said = {.policy = RUNGS_HYPERBAND, .steps = 64, .first = 4, .eta = 4};
    const struct ladder job = ladder_of_job(&said);
    assert_int_equal(job.count, 3);
    assert_int_equal(ladder_step(&job, 1), 16);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_curve_is_folded_step_by_step),
        cmocka_unit_test(what_is_told_again_changes_nothing),
        cmocka_unit_test(bytes_bring_it_back),
        cmocka_unit_test(a_breach_is_kept_where_there_is_one),
        cmocka_unit_test(what_no_curve_can_be_is_refused),
        cmocka_unit_test(a_step_stands_on_rungs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
