#include "actors/facts/ran.h"

#include "proto/base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void attempts_that_overlap_count_once(void **state) {
    struct ran r = {.from = 0};
    (void)state;
    assert_int_equal(ran_ms(&r), 0);
    ran_add(&r, 1000, 1000);
    ran_add(&r, 1000, 900);
    ran_add(&r, -5, 900);
    assert_int_equal(ran_ms(&r), 0);
    ran_add(&r, 1000, 1100);
    assert_int_equal(ran_ms(&r), 100);
    ran_add(&r, 1050, 1200);
    ran_add(&r, 1000, 1100);
    assert_int_equal(ran_ms(&r), 200);
    ran_add(&r, 1500, 1501); /* a pause */
    assert_int_equal(ran_ms(&r), 201);
    ran_add(&r, 900, 950);
    assert_int_equal(ran_ms(&r), 251);
}

static void without_a_pause_it_is_exact_however_long(void **state) {
    struct ran r = {.from = 0};
    (void)state;
    for (wall_ms at = 1700000000123; at < 1700000000123 + 86400000; at += 60000)
        ran_add(&r, at, at + 60001);
    assert_int_equal(ran_ms(&r), 86400001);
}

static void a_night_between_two_runs_does_not_count(void **state) {
    struct ran r = {.from = 0};
    const wall_ms begin = 1700000000000, night = 8 * 3600 * 1000;
    (void)state;
    ran_add(&r, begin, begin + 120000);
    ran_add(&r, begin + night, begin + night + 180000);
    assert_int_equal(r.shift, 15); /* cells of 32.8 s */
    assert_in_range(ran_ms(&r), 300000, 300000 + 2 * 32768);
}

static void it_does_not_depend_on_the_order(void **state) {
    uint8_t first[RAN_BYTES], other[RAN_BYTES];
    size_t first_len = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        for (uint64_t order = 0; order < 8; order++) {
            struct rng draws = rng_of(seed, 1, 0), shuffle = rng_of(seed, 2, order);
            struct ran r = {.from = 0};
            wall_ms from[40], to[40];
            for (uint32_t i = 0; i < 40; i++) {
                from[i] = 1700000000000 + (wall_ms)rng_below(&draws, (uint64_t)1 << seed);
                to[i] = from[i] + (wall_ms)rng_below(&draws, 100 + seed * 100);
            }
            for (uint32_t i = 40; i > 0; i--) {
                uint64_t pick = rng_below(&shuffle, i);
                ran_add(&r, from[pick], to[pick]);
                from[pick] = from[i - 1];
                to[pick] = to[i - 1];
                if (i % 7 == 0) { /* put by and taken up again */
                    struct buf out = buf_of(other, sizeof other);
                    ran_encode(&r, &out);
                    assert_false(out.overflow);
                    assert_true(ran_decode(&r, buf_view(&out)));
                }
            }
            struct buf out = buf_of(order == 0 ? first : other, RAN_BYTES);
            ran_encode(&r, &out);
            first_len = order == 0 ? out.len : first_len;
            assert_int_equal(out.len, first_len);
            assert_memory_equal(out.data, first, first_len);
        }
    }
}

static void the_longest_set_fits(void **state) {
    struct ran r = {.from = 0};
    uint8_t memory[RAN_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    (void)state;
    ran_add(&r, INT64_MAX / 2, INT64_MAX / 2 + INT64_MAX / 2);
    ran_add(&r, 0, 1);
    assert_true(ran_ms(&r) >= INT64_MAX / 2);
    ran_encode(&r, &out);
    assert_false(out.overflow);
    struct ran again;
    assert_true(ran_decode(&again, buf_view(&out)));
    assert_memory_equal(&again, &r, sizeof r);
}

static void what_is_none_is_told(void **state) {
    static const struct {
        wall_ms from, to;
        uint64_t shift;
        size_t bytes;
    } bad[] = {{-1, 5, 0, 1}, {5, 5, 0, 1}, {5, 6, 64, 1}, {0, 2000, 0, 251}, {0, 9, 0, 1}};
    struct ran r;
    (void)state;
    assert_true(ran_decode(&r, (struct span){0}));
    assert_int_equal(ran_ms(&r), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        static const uint8_t cells[256] = {1};
        uint8_t memory[512];
        struct buf out = buf_of(memory, sizeof memory);
        mp_put_array(&out, 4);
        mp_put_i64(&out, bad[i].from);
        mp_put_i64(&out, bad[i].to);
        mp_put_u64(&out, bad[i].shift);
        mp_put_bin(&out, span_of(cells, bad[i].bytes));
        assert_false(ran_decode(&r, buf_view(&out)));
        assert_int_equal(ran_ms(&r), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attempts_that_overlap_count_once),
        cmocka_unit_test(without_a_pause_it_is_exact_however_long),
        cmocka_unit_test(a_night_between_two_runs_does_not_count),
        cmocka_unit_test(it_does_not_depend_on_the_order),
        cmocka_unit_test(the_longest_set_fits),
        cmocka_unit_test(what_is_none_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
