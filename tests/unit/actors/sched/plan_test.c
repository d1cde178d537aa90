#include "actors/sched/plan.h"

#include "proto/base/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1000 };

static const struct job_id job = {.bytes = {4}};

static int set_up(void **state) {
    *state = calloc(1, sizeof(struct plan));
    return *state == NULL;
}

static int tear_down(void **state) {
    free(*state);
    return 0;
}

static struct span ranges_bytes(const struct range *items, uint32_t count) {
    static uint8_t memory[256];
    struct buf out = buf_of(memory, sizeof memory);
    struct range copy[8];
    struct ranges r = ranges_of(copy, 8);
    for (uint32_t i = 0; i < count; i++) {
        for (uint64_t n = items[i].from; n < items[i].to; n++)
            assert_true(ranges_add(&r, n));
    }
    ranges_encode(&r, &out);
    return buf_view(&out);
}

static struct span begun_bytes(const uint64_t *pairs, size_t count) {
    static uint8_t memory[256];
    struct buf out = buf_of(memory, sizeof memory);
    for (size_t i = 0; i < count; i++)
        mp_put_u64(&out, pairs[i]);
    return buf_view(&out);
}

static void expect_next(struct plan *p, uint64_t slot, uint32_t attempts) {
    struct plan_slot next;
    assert_true(plan_has_next(p, NOW, true));
    assert_true(plan_next(p, NOW, &next));
    assert_int_equal(next.slot, slot);
    assert_int_equal(next.attempts, attempts);
}

static void expect_no_more(struct plan *p) {
    struct plan_slot next;
    assert_false(plan_has_next(p, NOW, true));
    assert_false(plan_next(p, NOW, &next));
}

static const struct span none = {0};

static void slots_come_in_order_each_once(void **state) {
    struct plan *p = *state;
    assert_true(plan_open(p, &job, 3, 0, none, none));
    for (uint64_t slot = 0; slot < 3; slot++)
        expect_next(p, slot, 0);
    expect_no_more(p);
}

static void begun_slots_come_first_and_finished_ones_never(void **state) {
    struct plan *p = *state;
    assert_true(plan_open(p, &job, 8, 2, ranges_bytes((struct range[]){{0, 2}, {4, 5}}, 2),
                          begun_bytes((uint64_t[]){6, 2, 3, 0}, 4)));
    assert_int_equal(p->parallel, 2);
    expect_next(p, 6, 2);
    expect_next(p, 3, 0);
    expect_next(p, 2, 0);
    expect_next(p, 5, 0);
    plan_again(p, 2, 1, INT64_MIN);
    expect_next(p, 2, 1);
    expect_next(p, 7, 0);
    expect_no_more(p);
}

static void what_cannot_be_is_refused(void **state) {
    struct plan *p = *state;
    assert_false(plan_open(p, &job, 8, 0, span_text("?"), none));
    assert_false(p->used);
    assert_false(plan_open(p, &job, 8, 0, none, begun_bytes((uint64_t[]){8, 0}, 2)));
    assert_false(plan_open(p, &job, 8, 0, none, begun_bytes((uint64_t[]){1, 0, 1, 0}, 4)));
    assert_false(plan_open(p, &job, 8, 0, none, begun_bytes((uint64_t[]){1}, 1)));
    assert_false(plan_open(p, &job, 8, 0, ranges_bytes((struct range[]){{0, 2}}, 1),
                           begun_bytes((uint64_t[]){1, 0}, 2)));
    assert_false(plan_open(p, &job, 8, 0, none, span_text("?")));
    assert_false(p->used);
    assert_true(plan_open(p, &job, 8, 0, none, none));
    expect_next(p, 0, 0);
}

static void more_begun_slots_than_there_is_room_for_are_refused(void **state) {
    struct plan *p = *state;
    enum { PAIRS = PLAN_BEGUN_MAX + 1 };
    size_t cap = PAIRS * 10;
    uint8_t *memory = malloc(cap);
    struct buf out = buf_of(memory, cap);
    for (uint64_t slot = 0; slot < PLAN_BEGUN_MAX; slot++) {
        mp_put_u64(&out, slot);
        mp_put_u64(&out, 0);
    }
    assert_true(plan_open(p, &job, PAIRS, 0, none, buf_view(&out)));
    mp_put_u64(&out, PLAN_BEGUN_MAX);
    mp_put_u64(&out, 0);
    assert_false(out.overflow);
    assert_false(plan_open(p, &job, PAIRS, 0, none, buf_view(&out)));
    free(memory);
}

static void what_is_to_be_repeated_comes_in_its_order(void **state) {
    struct plan *p = *state;
    assert_true(plan_open(p, &job, 1000000, 0, none, none));
    uint64_t rounds = 3 * PLAN_AGAIN_MAX;
    plan_again(p, 0, 0, INT64_MIN);
    for (uint64_t i = 0; i < rounds; i++) {
        plan_again(p, i + 1, (uint32_t)i + 1, INT64_MIN);
        expect_next(p, i, (uint32_t)i);
    }
    expect_next(p, rounds, (uint32_t)rounds);
    expect_next(p, 0, 0);
}

static void while_many_rest_nothing_new_is_begun(void **state) {
    struct plan *p = *state;
    struct plan_slot next;
    assert_true(plan_open(p, &job, 1000000, 0, none, none));
    assert_true(plan_has_next(p, NOW, true));
    assert_false(plan_has_next(p, NOW, false));
    assert_true(plan_next(p, NOW, &next));
    plan_again(p, next.slot, 1, NOW + 100);
    assert_false(plan_has_next(p, NOW, false));
    assert_true(plan_has_next(p, NOW + 100, false));
}

static void a_slot_that_came_by_another_way_is_not_given_out(void **state) {
    struct plan *p = *state;
    assert_true(plan_open(p, &job, 5, 0, none, begun_bytes((uint64_t[]){1, 3, 2, 0}, 4)));
    assert_true(plan_take(p, 0, 9));
    assert_false(plan_take(p, 0, 9));
    assert_true(plan_take(p, 2, 9)); /* one that would have run again */
    assert_false(plan_take(p, 2, 9));
    assert_false(plan_take(p, 5, 9));
    expect_next(p, 1, 3);
    expect_next(p, 3, 0);
}

static void an_older_attempt_than_those_made_is_not_taken(void **state) {
    struct plan *p = *state;
    assert_true(plan_open(p, &job, 5, 0, none, begun_bytes((uint64_t[]){1, 3}, 2)));
    assert_false(plan_take(p, 1, 2));
    assert_true(plan_take(p, 1, 3));
}

/* As a list that is sorted anew each time would have it. */
static void of_many_that_rest_the_first_to_end_comes_first(void **state) {
    enum { MANY = 3000 };
    struct plan *p = *state;
    static when_ms ends[MANY];
    uint64_t seed = 3, left = MANY;
    assert_true(plan_open(p, &job, MANY, 0, none, none));
    for (uint32_t i = 0; i < MANY; i++) {
        struct plan_slot begun;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        assert_true(plan_next(p, NOW, &begun));
        ends[begun.slot] = NOW + 1 + (when_ms)(seed >> 40 & 1023);
    }
    for (uint32_t i = 0; i < MANY; i++)
        plan_again(p, i, 1, ends[i]);
    for (uint64_t slot = 7; slot < MANY; slot += 10, left--) { /* some go another way */
        assert_true(plan_take(p, slot, 1));
        ends[slot] = WHEN_NEVER;
    }
    for (; left > 0; left--) {
        struct plan_slot next;
        uint64_t first = 0;
        for (uint64_t slot = 1; slot < MANY; slot++)
            first = ends[slot] < ends[first] ? slot : first;
        assert_int_equal(plan_wakes(p, NOW), ends[first]);
        assert_false(plan_has_next(p, ends[first] - 1, true));
        assert_true(plan_next(p, ends[first], &next));
        assert_int_equal(next.slot, first);
        ends[first] = WHEN_NEVER;
    }
    assert_int_equal(plan_wakes(p, NOW), WHEN_NEVER);
}

static void the_time_of_trials_is_a_moving_mean(void **state) {
    struct plan *p = *state;
    assert_true(plan_open(p, &job, 5, 0, none, none));
    plan_took(p, 0);
    assert_int_equal(p->trial_ms, 1);
    for (int i = 0; i < 100; i++)
        plan_took(p, 1000);
    assert_in_range(p->trial_ms, 990, 1000);
    plan_took(p, 200);
    assert_in_range(p->trial_ms, 890, 900);
}

static void a_slot_rests_until_its_time_and_stands_in_nobodys_way(void **state) {
    struct plan *p = *state;
    struct plan_slot next;
    assert_true(plan_open(p, &job, 3, 0, none, none));
    expect_next(p, 0, 0);
    expect_next(p, 1, 0);
    plan_again(p, 0, 1, NOW + 200);
    plan_again(p, 1, 1, NOW);
    assert_int_equal(plan_wakes(p, NOW), WHEN_NEVER); /* there is one to give out */
    expect_next(p, 1, 1);
    assert_int_equal(plan_wakes(p, NOW), NOW + 200);
    expect_next(p, 2, 0);
    expect_no_more(p);
    assert_false(plan_next(p, NOW + 199, &next));
    assert_true(plan_next(p, NOW + 200, &next));
    assert_int_equal(next.slot, 0);
    assert_int_equal(plan_wakes(p, NOW), WHEN_NEVER);
}

/* It waited for a place of the worker that has its checkpoint, and that worker has gone: how it rested is
 * heard again, and does not end it. */
static void what_goes_on_after_a_rest_does_so_without_a_home(void **state) {
    struct plan *p = *state;
    struct plan_slot next;
    assert_true(plan_open(p, &job, 1, 0, none, none));
    expect_next(p, 0, 0);
    plan_again_as(p, &(struct plan_slot){.slot = 0,
                                         .attempts = 2,
                                         .rested = 2,
                                         .home = 1,
                                         .at_home = NOW,
                                         .not_before = NOW + 9});
    plan_homeless(p, 0);
    plan_finish(p, 0, 2);
    assert_true(plan_next(p, NOW, &next));
    assert_true(next.slot == 0 && next.attempts == 2 && next.rested == 2 && next.home == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(slots_come_in_order_each_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(begun_slots_come_first_and_finished_ones_never, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_begun_slots_than_there_is_room_for_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_to_be_repeated_comes_in_its_order, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(while_many_rest_nothing_new_is_begun, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_slot_that_came_by_another_way_is_not_given_out, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_older_attempt_than_those_made_is_not_taken, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(of_many_that_rest_the_first_to_end_comes_first, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_time_of_trials_is_a_moving_mean, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_slot_rests_until_its_time_and_stands_in_nobodys_way,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_goes_on_after_a_rest_does_so_without_a_home, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
