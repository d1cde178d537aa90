#include "actors/facts/open_slots.h"

#include "proto/base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEATS = 5, SLOTS = 1200 };

/* What the table should hold: one cell a pair. */
struct model {
    bool open[SEATS][SLOTS];
    uint32_t made[SEATS][SLOTS];
    uint32_t count;
};

static int set_up(void **state) {
    *state = calloc(1, sizeof(struct open_slots));
    return *state == NULL;
}

static int tear_down(void **state) {
    free(*state);
    return 0;
}

static void expect_same(struct open_slots *t, const struct model *m) {
    assert_int_equal(t->count, m->count);
    for (uint32_t seat = 0; seat < SEATS; seat++) {
        for (uint64_t slot = 0; slot < SLOTS; slot++) {
            const struct open_slot *found = open_slots_find(t, seat, slot);
            assert_int_equal(found != NULL, m->open[seat][slot]);
            if (found != NULL)
                assert_int_equal(found->attempts.made, m->made[seat][slot]);
        }
    }
}

static void change(struct open_slots *t, struct model *m, struct rng *rng, uint32_t number) {
    uint32_t seat = (uint32_t)rng_below(rng, SEATS);
    uint64_t slot = rng_below(rng, SLOTS);
    struct open_slot *found = open_slots_find(t, seat, slot);
    assert_int_equal(found != NULL, m->open[seat][slot]);
    if (found != NULL && rng_below(rng, 3) == 0) {
        open_slots_remove(t, found);
        m->open[seat][slot] = false;
        m->count--;
    } else if (found == NULL) {
        struct open_slot *made = open_slots_put(t, seat, slot);
        assert_int_equal(made == NULL, m->count == OPEN_SLOTS_MAX);
        if (made == NULL)
            return;
        assert_int_equal(made->attempts.made, 0);
        made->attempts.made = m->made[seat][slot] = number;
        m->open[seat][slot] = true;
        m->count++;
    }
}

static void forget(struct open_slots *t, struct model *m, uint32_t seat) {
    open_slots_forget(t, seat);
    for (uint64_t slot = 0; slot < SLOTS; slot++) {
        m->count -= m->open[seat][slot];
        m->open[seat][slot] = false;
    }
}

static void random_changes_agree_with_a_plain_table(void **state) {
    struct open_slots *t = *state;
    struct model *m = calloc(1, sizeof *m);
    assert_non_null(m);
    struct rng rng = rng_of(11, 0, 0);
    for (uint32_t i = 1; i <= 40000; i++) {
        change(t, m, &rng, i);
        if (i % 4000 == 0) {
            expect_same(t, m);
            forget(t, m, (uint32_t)rng_below(&rng, SEATS));
            expect_same(t, m);
        }
    }
    free(m);
}

static void a_full_table_says_so(void **state) {
    struct open_slots *t = *state;
    for (uint64_t slot = 0; slot < OPEN_SLOTS_MAX; slot++)
        assert_non_null(open_slots_put(t, 1, slot));
    assert_null(open_slots_put(t, 1, OPEN_SLOTS_MAX));
    assert_null(open_slots_find(t, 1, OPEN_SLOTS_MAX));
    open_slots_remove(t, open_slots_find(t, 1, 77));
    assert_null(open_slots_find(t, 1, 77));
    assert_non_null(open_slots_put(t, 1, OPEN_SLOTS_MAX));
    for (uint64_t slot = 0; slot <= OPEN_SLOTS_MAX; slot++)
        assert_int_equal(open_slots_find(t, 1, slot) != NULL, slot != 77);
    open_slots_forget(t, 1);
    assert_int_equal(t->count, 0);
}

/* Cells that wrap around the end of the table and lie one after the other are the hard case of backward shifting. */
static void a_run_across_the_end_survives_removals(void **state) {
    struct open_slots *t = *state;
    struct model *m = calloc(1, sizeof *m);
    assert_non_null(m);
    for (uint64_t slot = 0; m->count < OPEN_SLOTS_MAX && slot < SLOTS; slot++) {
        for (uint32_t seat = 0; seat < SEATS && m->count < OPEN_SLOTS_MAX; seat++) {
            open_slots_put(t, seat, slot)->attempts.made = m->made[seat][slot] = seat;
            m->open[seat][slot] = true;
            m->count++;
        }
    }
    for (uint32_t i = 0; i < OPEN_SLOTS_CELLS; i += 3) {
        uint16_t cell = t->cells[(i + OPEN_SLOTS_CELLS - 30) % OPEN_SLOTS_CELLS];
        if (cell == 0)
            continue;
        struct open_slot *open = &t->items[cell - 1];
        m->open[open->seat][open->slot] = false;
        m->count--;
        open_slots_remove(t, open);
    }
    expect_same(t, m);
    free(m);
}

/* What a job costs in memory is what it has open at once, not what it has had open. */
static void what_was_open_leaves_no_trace(void **state) {
    struct open_slots *t = *state;
    for (uint64_t slot = 0; slot < 50000; slot++) {
        assert_non_null(open_slots_put(t, 1, slot));
        if (slot >= 3)
            open_slots_remove(t, open_slots_find(t, 1, slot - 3));
    }
    assert_int_equal(t->count, 3);
    for (uint32_t i = 4; i < OPEN_SLOTS_MAX; i++)
        assert_int_equal(t->items[i].slot, 0);
}

static void seats_do_not_see_each_other(void **state) {
    struct open_slots *t = *state;
    open_slots_put(t, 1, 5)->attempts.made = 10;
    open_slots_put(t, 2, 5)->attempts.made = 20;
    open_slots_forget(t, 1);
    assert_null(open_slots_find(t, 1, 5));
    assert_int_equal(open_slots_find(t, 2, 5)->attempts.made, 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(random_changes_agree_with_a_plain_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_table_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_across_the_end_survives_removals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_open_leaves_no_trace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(seats_do_not_see_each_other, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
