#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/base/mp.h"
#include "proto/base/ranges.h"
#include "proto/base/rng.h"

#include <string.h>

enum { CAP = 4 };

static void assert_ranges(const struct ranges *r, uint32_t count, const struct range *expected) {
    assert_int_equal(r->count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(r->items[i].from == expected[i].from);
        assert_true(r->items[i].to == expected[i].to);
    }
}

static void add_joins_neighbours(void **state) {
    (void)state;
    struct range memory[CAP];
    struct ranges r = ranges_of(memory, CAP);
    assert_true(ranges_add(&r, 5));
    assert_ranges(&r, 1, (struct range[]){{5, 6}});
    assert_true(ranges_add(&r, 5));
    assert_ranges(&r, 1, (struct range[]){{5, 6}});
    assert_true(ranges_add(&r, 6));
    assert_ranges(&r, 1, (struct range[]){{5, 7}});
    assert_true(ranges_add(&r, 4));
    assert_ranges(&r, 1, (struct range[]){{4, 7}});
    assert_true(ranges_add(&r, 0));
    assert_true(ranges_add(&r, 9));
    assert_true(ranges_add(&r, 2));
    assert_ranges(&r, 4, (struct range[]){{0, 1}, {2, 3}, {4, 7}, {9, 10}});
    assert_true(ranges_add(&r, 3));
    assert_ranges(&r, 3, (struct range[]){{0, 1}, {2, 7}, {9, 10}});
    assert_true(ranges_size(&r) == 7);
}

static void full_set_is_unchanged(void **state) {
    (void)state;
    struct range memory[CAP];
    struct ranges r = ranges_of(memory, CAP);
    for (uint64_t i = 0; i < CAP; i++)
        assert_true(ranges_add(&r, 10 * i));
    assert_false(ranges_add(&r, 5));
    assert_false(ranges_add(&r, UINT64_MAX));
    assert_ranges(&r, 4, (struct range[]){{0, 1}, {10, 11}, {20, 21}, {30, 31}});
    assert_true(ranges_add(&r, 10)); /* known: needs no room */
    assert_true(ranges_add(&r, 31)); /* joins: needs no room */
    assert_ranges(&r, 4, (struct range[]){{0, 1}, {10, 11}, {20, 21}, {30, 32}});
}

static void knows_members_and_gaps(void **state) {
    (void)state;
    struct range memory[] = {{2, 5}, {8, 9}};
    struct ranges r = {.items = memory, .count = 2, .cap = 2};
    const uint64_t gap[] = {0, 1, 5, 5, 5, 5, 6, 7, 9, 9, 10};
    for (uint64_t i = 0; i <= 10; i++) {
        assert_int_equal(ranges_has(&r, i), (i >= 2 && i < 5) || i == 8);
        assert_true(ranges_next_gap(&r, i) == gap[i]);
    }
    struct ranges empty = ranges_of(NULL, 0);
    assert_false(ranges_has(&empty, 0));
    assert_true(ranges_next_gap(&empty, 3) == 3);
    assert_false(ranges_add(&empty, 1));
}

/* Adding 0..999 in any order: the same set as a table of flags at every step, and one range at the
 * end. */
static void agrees_with_flags(void **state) {
    (void)state;
    enum { NUMBERS = 1000 };
    uint64_t order[NUMBERS];
    bool flags[NUMBERS] = {false};
    struct rng random = rng_of(11, 0, 0);
    for (uint64_t i = 0; i < NUMBERS; i++) {
        uint64_t k = rng_below(&random, i + 1);
        order[i] = order[k];
        order[k] = i;
    }
    static struct range memory[NUMBERS];
    struct ranges r = ranges_of(memory, NUMBERS);
    for (uint64_t i = 0; i < NUMBERS; i++) {
        assert_true(ranges_add(&r, order[i]));
        flags[order[i]] = true;
        assert_true(ranges_size(&r) == i + 1);
        uint64_t probe = rng_below(&random, NUMBERS);
        assert_int_equal(ranges_has(&r, probe), flags[probe]);
        while (probe < NUMBERS && flags[probe])
            probe++;
        assert_true(ranges_next_gap(&r, probe) == probe);
    }
    assert_ranges(&r, 1, (struct range[]){{0, NUMBERS}});
}

static void bytes_come_back(void **state) {
    (void)state;
    struct range memory[] = {{0, 1}, {2, 300}, {UINT64_MAX - 1, UINT64_MAX}};
    struct ranges r = {.items = memory, .count = 3, .cap = 3};
    uint8_t bytes[64];
    struct buf out = buf_of(bytes, sizeof bytes);
    ranges_encode(&r, &out);
    const uint8_t expected[] = {0x96, 0,    1,    2,    0xcd, 0x01, 0x2a, 0xcf, 0xff,
                                0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 1};
    assert_int_equal(out.len, sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
    struct range again_memory[3];
    struct ranges again = ranges_of(again_memory, 3);
    assert_true(ranges_decode(&again, buf_view(&out)));
    assert_ranges(&again, 3, memory);
    struct ranges small = ranges_of(again_memory, 2);
    assert_false(ranges_decode(&small, buf_view(&out)));
    assert_int_equal(small.count, 0);
}

static void refuses_wrong_bytes(void **state) {
    (void)state;
    const struct {
        size_t len;
        uint8_t bytes[12];
    } table[] = {
        {0, {0}},
        {1, {0x05}},             /* no array */
        {2, {0x91, 1}},          /* an odd count */
        {3, {0x92, 1, 0}},       /* an empty range */
        {5, {0x94, 1, 2, 3, 1}}, /* touches the one before */
        {5, {0x94, 5, 2, 1, 1}}, /* not in order */
        {4, {0x92, 1, 2, 3}},    /* something after the end */
        {3, {0x94, 1, 2}},       /* cut short */
        {3, {0x92, 1, 0xc0}},    /* no number */
        {11,
         {0x92, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          1}}, /* ends past the last number */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct range memory[CAP];
        struct ranges r = ranges_of(memory, CAP);
        assert_true(ranges_add(&r, 7));
        assert_false(ranges_decode(&r, span_of(table[i].bytes, table[i].len)));
        assert_int_equal(r.count, 0);
    }
    struct range memory[CAP];
    struct ranges r = ranges_of(memory, CAP);
    assert_true(ranges_decode(&r, span_of("\x90", 1)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add_joins_neighbours),   cmocka_unit_test(full_set_is_unchanged),
        cmocka_unit_test(knows_members_and_gaps), cmocka_unit_test(agrees_with_flags),
        cmocka_unit_test(bytes_come_back),        cmocka_unit_test(refuses_wrong_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
