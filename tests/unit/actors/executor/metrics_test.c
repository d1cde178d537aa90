#include "actors/executor/metrics.h"
#include "proto/base/mp.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct metrics metrics;
static uint8_t memory[65536];

static bool add(const char *name, int64_t step, double value, dur_ms after) {
    return metrics_add(&metrics, span_text(name), step, value, after);
}

static void the_last_least_and_greatest_are_kept(void **state) {
    (void)state;
    metrics_init(&metrics);
    assert_true(add("acc", 1, 0.5, 10));
    assert_true(add("acc", 2, 0.25, 20));
    assert_true(add("acc", 3, 0.375, 30));
    assert_true(add("loss", -1, 2, 31));
    const struct metric *m = metrics_find(&metrics, span_text("acc"));
    assert_non_null(m);
    assert_true(m->last == 0.375 && m->least == 0.25 && m->greatest == 0.5);
    assert_int_equal(m->count, 3);
    assert_null(metrics_find(&metrics, span_text("ac")));
    assert_int_equal(metrics.points_count, 4);
    assert_int_equal(metrics.points[3].metric, 1);
    assert_int_equal(metrics.points[3].step, -1);
    assert_int_equal(metrics.points[2].after, 30);
}

static void what_is_no_number_or_name_is_refused(void **state) {
    (void)state;
    char longest[LIMIT_NAME_BYTES + 2];
    memset(longest, 'x', sizeof longest);
    metrics_init(&metrics);
    assert_false(add("acc", 1, NAN, 0));
    assert_false(add("acc", 1, INFINITY, 0));
    assert_false(add("", 1, 1, 0));
    assert_false(metrics_add(&metrics, span_of(longest, LIMIT_NAME_BYTES + 1), 1, 1, 0));
    assert_int_equal(metrics.count, 0);
    assert_true(metrics_add(&metrics, span_of(longest, LIMIT_NAME_BYTES), 1, 1, 0));
    assert_int_equal(metrics.dropped_names, 0);
}

static void names_beyond_the_limit_are_counted(void **state) {
    (void)state;
    metrics_init(&metrics);
    for (int i = 0; i < LIMIT_METRICS + 3; i++) {
        char name[3] = {'m', (char)('A' + i), 0};
        assert_int_equal(add(name, 0, i, 0), i < LIMIT_METRICS);
    }
    assert_int_equal(metrics.count, LIMIT_METRICS);
    assert_int_equal(metrics.dropped_names, 3);
    assert_true(add("mA", 1, 7, 0));
}

static void long_curves_stay_even_and_end_with_the_newest(void **state) {
    (void)state;
    metrics_init(&metrics);
    for (int i = 0; i < 10 * LIMIT_POINTS; i++) {
        assert_true(add("a", i, i, i));
        if (i % 10 == 0)
            assert_true(add("rare", i, -i, i));
        assert_true(metrics.points_count <= LIMIT_POINTS);
        const struct metric *a = &metrics.items[0];
        assert_int_equal(metrics.points[a->last_point].step, i);
        assert_int_equal(metrics.points[metrics.items[1].last_point].step, i - i % 10);
    }
    int64_t last_step[2] = {-1, -1};
    dur_ms last_after = -1;
    uint32_t counts[2] = {0, 0};
    for (uint32_t i = 0; i < metrics.points_count; i++) {
        const struct point *p = &metrics.points[i];
        bool newest = metrics.items[p->metric].last_point == i;
        int64_t spacing = p->metric == 0 ? metrics.stride : 10 * (int64_t)metrics.stride;
        assert_true(p->after >= last_after); /* in order of time */
        if (last_step[p->metric] >= 0 && !newest)
            assert_int_equal(p->step - last_step[p->metric], spacing);
        last_step[p->metric] = p->step;
        last_after = p->after;
        counts[p->metric]++;
    }
    assert_int_equal(metrics.stride, 16);
    assert_int_equal(counts[0], 641); /* 0, 16, ... 10224, and the newest */
    assert_int_equal(last_step[0], 10 * LIMIT_POINTS - 1);
    assert_true(counts[1] > 60 && counts[1] < 70);
    assert_int_equal(metrics.items[0].count, 10 * LIMIT_POINTS);
}

static void bytes_read_back(void **state) {
    (void)state;
    struct buf out = buf_of(memory, sizeof memory);
    struct metric m;
    struct point p;
    metrics_init(&metrics);
    add("acc", 1, 0.5, 10);
    add("loss", 1, 3, 10);
    add("acc", 2, 0.75, 20);
    metrics_encode(&metrics, &out);
    struct metrics_reader r = metrics_read(buf_view(&out));
    assert_true(metrics_next(&r, &m));
    assert_string_equal(m.name, "acc");
    assert_true(m.last == 0.75 && m.least == 0.5 && m.greatest == 0.75 && m.count == 2);
    assert_true(metrics_next(&r, &m));
    assert_string_equal(m.name, "loss");
    assert_false(metrics_next(&r, &m));
    assert_false(r.wrong);

    buf_clear(&out);
    metrics_encode_series(&metrics, &out);
    r = metrics_read(buf_view(&out));
    assert_true(series_next(&r, &p));
    assert_true(p.metric == 0 && p.step == 1 && p.value == 0.5 && p.after == 10);
    assert_true(series_next(&r, &p));
    assert_true(p.metric == 1 && p.value == 3);
    assert_true(series_next(&r, &p));
    assert_true(p.metric == 0 && p.step == 2 && p.value == 0.75 && p.after == 20);
    assert_false(series_next(&r, &p));
    assert_false(r.wrong);
}

static void an_empty_text_has_no_entries(void **state) {
    (void)state;
    struct metric m;
    struct buf out = buf_of(memory, sizeof memory);
    struct metrics_reader r = metrics_read((struct span){0});
    assert_false(metrics_next(&r, &m));
    assert_false(r.wrong);
    metrics_init(&metrics);
    metrics_encode(&metrics, &out);
    r = metrics_read(buf_view(&out));
    assert_false(metrics_next(&r, &m));
    assert_false(r.wrong);
}

static void wrong_bytes_are_seen(void **state) {
    (void)state;
    struct buf out = buf_of(memory, sizeof memory);
    struct metric m;
    struct point p;
    metrics_init(&metrics);
    add("acc", 1, 0.5, 10);
    metrics_encode(&metrics, &out);
    for (size_t len = 1; len < out.len; len++) { /* cut short anywhere */
        struct metrics_reader r = metrics_read(span_of(memory, len));
        assert_false(metrics_next(&r, &m));
        assert_true(r.wrong);
    }
    buf_byte(&out, 0); /* something behind the end */
    struct metrics_reader r = metrics_read(buf_view(&out));
    assert_false(metrics_next(&r, &m));
    assert_true(r.wrong);

    buf_clear(&out);
    mp_put_array(&out, 1);
    mp_put_array(&out, 4);
    mp_put_u64(&out, LIMIT_METRICS); /* no such metric */
    mp_put_i64(&out, 1);
    mp_put_f64(&out, 1);
    mp_put_i64(&out, 1);
    r = metrics_read(buf_view(&out));
    assert_false(series_next(&r, &p));
    assert_true(r.wrong);

    buf_clear(&out);
    mp_put_array(&out, 1);
    mp_put_array(&out, 4);
    mp_put_u64(&out, 0);
    mp_put_i64(&out, 1);
    mp_put_f64(&out, NAN);
    mp_put_i64(&out, 1);
    r = metrics_read(buf_view(&out));
    assert_false(series_next(&r, &p));
    assert_true(r.wrong);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_least_and_greatest_are_kept),
        cmocka_unit_test(what_is_no_number_or_name_is_refused),
        cmocka_unit_test(names_beyond_the_limit_are_counted),
        cmocka_unit_test(long_curves_stay_even_and_end_with_the_newest),
        cmocka_unit_test(bytes_read_back),
        cmocka_unit_test(an_empty_text_has_no_entries),
        cmocka_unit_test(wrong_bytes_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
