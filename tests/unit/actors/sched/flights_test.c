#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "actors/sched/flights.h"

static const struct job_id job = {{1}}, other = {{2}};

static int set_up(void **state) {
    *state = calloc(1, sizeof(struct flights));
    return 0;
}

static int tear_down(void **state) {
    free(*state);
    return 0;
}

static struct flight *add(struct flights *t, const struct job_id *id, uint64_t slot) {
    return flights_add(t, id, &(struct plan_slot){.slot = slot});
}

static void a_table_takes_as_many_as_it_says_and_finds_each(void **state) {
    struct flights *t = *state;
    for (uint64_t slot = 0; slot < LIMIT_BEGUN; slot++)
        assert_non_null(add(t, slot % 2 == 0 ? &job : &other, slot / 2));
    assert_null(add(t, &job, LIMIT_BEGUN));
    for (uint64_t slot = 0; slot < LIMIT_BEGUN; slot += 3)
        flights_remove(t, flights_find(t, slot % 2 == 0 ? &job : &other, slot / 2));
    for (uint64_t slot = 0; slot < LIMIT_BEGUN; slot++) {
        const struct flight *f = flights_find(t, slot % 2 == 0 ? &job : &other, slot / 2);
        assert_int_equal(f == NULL, slot % 3 == 0);
        assert_true(f == NULL || f->slot.slot == slot / 2);
    }
    assert_int_equal(t->count, LIMIT_BEGUN - (LIMIT_BEGUN + 2) / 3);
    assert_non_null(add(t, &job, 0));
    assert_int_equal(t->used, LIMIT_BEGUN);
}

static void expect_list(struct flights *t, uint32_t list, const uint64_t *slots, size_t count) {
    const struct flight *f = flights_first(t, list);
    for (size_t i = 0; i < count; i++, f = flights_next(t, f)) {
        assert_non_null(f);
        assert_int_equal(f->slot.slot, slots[i]);
    }
    assert_null(f);
}

static void lists_keep_their_order_when_any_of_them_moves(void **state) {
    struct flights *t = *state;
    enum { HERE = FLIGHTS_AT_WORKER, THERE = FLIGHTS_AT_WORKER + LIMIT_WORKERS - 1 };
    struct flight *f[4];
    for (uint64_t i = 0; i < 4; i++) {
        f[i] = add(t, &job, i);
        flights_move(t, f[i], HERE);
    }
    expect_list(t, HERE, (uint64_t[]){0, 1, 2, 3}, 4);
    flights_move(t, f[1], THERE); /* from the middle */
    flights_move(t, f[3], THERE); /* the last */
    flights_move(t, f[0], THERE); /* the first */
    expect_list(t, HERE, (uint64_t[]){2}, 1);
    expect_list(t, THERE, (uint64_t[]){1, 3, 0}, 3);
    flights_move(t, f[1], THERE); /* to the end of its own */
    flights_move(t, f[2], FLIGHTS_NOWHERE);
    expect_list(t, HERE, NULL, 0);
    expect_list(t, THERE, (uint64_t[]){3, 0, 1}, 3);
    flights_remove(t, f[0]);
    expect_list(t, THERE, (uint64_t[]){3, 1}, 2);
    flights_move(t, f[3], FLIGHTS_ORPHANS);
    f[3]->due = 500;
    assert_int_equal(flights_due(t, FLIGHTS_ORPHANS), 500);
    flights_clear(t);
    assert_int_equal(flights_due(t, FLIGHTS_ORPHANS), WHEN_NEVER);
    assert_null(flights_find(t, &job, 1));
    expect_list(t, THERE, NULL, 0);
    assert_int_equal(t->count, 0);
}

static void make_zeros(void *context, void *memory, size_t len) {
    *(size_t *)context += len;
    memset(memory, 0, len);
}

static void an_empty_table_can_be_spared(void **state) {
    struct flights *t = *state;
    size_t spared = 0;
    const struct spare spare = {.take = make_zeros, .context = &spared};
    for (uint64_t slot = 0; slot < 100; slot++)
        flights_add(t, &job, &(struct plan_slot){.slot = slot});
    flights_spare(t, &spare);
    assert_int_equal(spared, 0);
    for (uint64_t slot = 0; slot < 100; slot++) {
        assert_non_null(flights_find(t, &job, slot));
        flights_remove(t, flights_find(t, &job, slot));
    }
    flights_spare(t, &spare);
    assert_int_equal(spared, sizeof t->entries + sizeof t->buckets);
    for (uint64_t slot = 0; slot < LIMIT_BEGUN; slot++)
        assert_non_null(flights_add(t, &job, &(struct plan_slot){.slot = slot}));
    assert_null(flights_add(t, &job, &(struct plan_slot){.slot = LIMIT_BEGUN}));
    assert_int_equal(flights_find(t, &job, 77)->slot.slot, 77);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_table_takes_as_many_as_it_says_and_finds_each, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(lists_keep_their_order_when_any_of_them_moves, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_empty_table_can_be_spared, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
