#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/several/boxes.h"
#include "proto/base/arena.h"
#include "proto/base/rng.h"

#include <math.h>
#include <stdalign.h>

enum { MANY = 20, OBJECTIVES = 5, LEVELS = 6, BOXES = 4096 };

static alignas(max_align_t) uint8_t memory[1 << 20];
static double rows[MANY * OBJECTIVES];
static const double reference[] = {LEVELS, LEVELS, LEVELS, LEVELS, LEVELS};

static struct boxes begin(uint32_t objectives, uint32_t capacity) {
    struct arena arena = arena_of(memory, boxes_bytes(objectives, MANY, capacity));
    struct boxes b;
    assert_true(boxes_init(&b, objectives, MANY, capacity, &arena));
    return b;
}

static uint32_t boxes_around(const struct boxes *b, const double *point) {
    uint32_t found = 0;
    for (uint32_t k = 0; k < b->count; k++) {
        bool inside = true;
        for (uint32_t i = 0; i < b->objectives; i++)
            inside = inside && point[i] > boxes_edge(b, i, b->low[k * b->objectives + i]) &&
                     point[i] < boxes_edge(b, i, b->high[k * b->objectives + i]);
        found += inside;
    }
    return found;
}

static bool is_dominated(const double *point, uint32_t objectives) {
    for (uint32_t k = 0; k < MANY; k++) {
        bool all = true;
        for (uint32_t i = 0; i < objectives; i++)
            all = all && rows[k * objectives + i] < point[i];
        if (all)
            return true;
    }
    return false;
}

/* The middle of every cell of a lattice, one row beyond the rows on both sides, lies in one box
 * when nothing dominates it and in none when something does or it is beyond the reference. */
static void check_cells(const struct boxes *b) {
    uint32_t all = 1;
    for (uint32_t i = 0; i < b->objectives; i++)
        all *= LEVELS + 2;
    for (uint32_t cell = 0; cell < all; cell++) {
        double point[OBJECTIVES];
        uint32_t rest = cell;
        bool inside = true;
        for (uint32_t i = 0; i < b->objectives; i++, rest /= LEVELS + 2) {
            point[i] = rest % (LEVELS + 2) - 0.5;
            inside = inside && point[i] < LEVELS;
        }
        inside = inside && !is_dominated(point, b->objectives);
        assert_int_equal(boxes_around(b, point), inside);
    }
}

static void test_cells(void **state) {
    (void)state;
    for (uint32_t objectives = 1; objectives <= OBJECTIVES; objectives++)
        for (uint64_t seed = 0; seed < (objectives < 4 ? 20 : 1); seed++) {
            struct boxes b = begin(objectives, BOXES);
            struct rng r = rng_of(seed, objectives, 0);
            for (uint32_t k = 0; k < MANY * objectives; k++)
                rows[k] = (double)rng_below(&r, LEVELS + 1);
            assert_true(boxes_of(&b, rows, MANY, reference));
            check_cells(&b);
        }
}

static void test_none(void **state) {
    struct boxes b = begin(2, 4);
    (void)state;
    assert_true(boxes_of(&b, rows, 0, reference));
    assert_int_equal(b.count, 1);
    assert_true(boxes_edge(&b, 0, b.low[0]) == -INFINITY);
    assert_true(boxes_edge(&b, 1, b.high[1]) == LEVELS);
}

static void test_too_many(void **state) {
    struct boxes b = begin(2, 4);
    double stairs[] = {0, 5, 1, 4, 2, 3, 3, 2};
    (void)state;
    assert_true(boxes_of(&b, stairs, 1, reference));
    assert_int_equal(b.count, 2);
    assert_false(boxes_of(&b, stairs, 4, reference)); /* five */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
