#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "actors/sched/workers.h"

static const struct worker_set nobody;

static int set_up(void **state) {
    *state = calloc(1, sizeof(struct workers));
    return 0;
}

static int tear_down(void **state) {
    free(*state);
    return 0;
}

static uint32_t join(struct workers *w, uint32_t peer, uint64_t slots, int64_t rtt_us) {
    uint32_t place = workers_add(w, peer);
    assert_true(place < LIMIT_WORKERS);
    w->entries[place].rtt_us = rtt_us;
    workers_set_slots(w, place, slots);
    return place;
}

static void lease(struct workers *w, uint32_t place) {
    w->entries[place].leased++;
    workers_changed(w, place);
}

static void nobody_is_picked_who_has_no_free_place(void **state) {
    struct workers *w = *state;
    assert_int_equal(workers_pick(w, 100, &nobody), WORKERS_NONE);
    uint32_t a = join(w, 1, 1, 0), b = join(w, 2, 1, 0);
    assert_int_equal(w->free, 2);
    assert_int_equal(workers_pick(w, 100, &nobody), a);
    lease(w, a);
    assert_int_equal(workers_pick(w, 100, &nobody), b);
    w->entries[b].foreign = 1;
    workers_changed(w, b);
    assert_int_equal(workers_pick(w, 100, &nobody), WORKERS_NONE);
    assert_int_equal(w->free, 0);
    workers_set_slots(w, a, 2);
    assert_int_equal(workers_pick(w, 100, &nobody), a);
    workers_set_slots(w, a, 0); /* fewer than it holds */
    assert_int_equal(w->free, 0);
}

static void more_free_places_come_first_among_equally_near_ones(void **state) {
    struct workers *w = *state;
    uint32_t small = join(w, 1, 2, 300), large = join(w, 2, 4, 300);
    lease(w, large);
    assert_int_equal(workers_pick(w, 100, &nobody), large);
    lease(w, large);
    assert_int_equal(workers_pick(w, 100, &nobody), small); /* as many, and the first */
    lease(w, small);
    assert_int_equal(workers_pick(w, 100, &nobody), large);
}

/* 1 ms at 8 places 50 ms away: 8000 x 1 / 51 = 156; at 1 place 100 us away: 1000 x 1 / 1.1 = 909. */
static void short_trials_prefer_near_nodes_and_long_ones_do_not_care(void **state) {
    struct workers *w = *state;
    uint32_t far = join(w, 1, 8, 50000), near = join(w, 2, 1, 100);
    assert_int_equal(workers_pick(w, 1, &nobody), near);
    assert_int_equal(workers_pick(w, 60000, &nobody), far);
    lease(w, near);
    assert_int_equal(workers_pick(w, 1, &nobody), far); /* better than nobody */
}

static void a_busy_machine_is_given_less(void **state) {
    struct workers *w = *state;
    uint32_t busy = join(w, 1, 4, 300), idle = join(w, 2, 2, 300);
    w->entries[busy].load = 2500;
    workers_changed(w, busy);
    assert_int_equal(workers_pick(w, 1000, &nobody), idle);
    w->entries[busy].load = 1500;
    workers_changed(w, busy);
    assert_int_equal(workers_pick(w, 1000, &nobody), busy);
    w->entries[busy].load = UINT64_MAX;
    workers_changed(w, busy);
    workers_set_slots(w, idle, 0);
    assert_int_equal(workers_pick(w, 1000, &nobody), busy); /* slow, not full */
}

static void whoever_refused_rests_longer_each_time(void **state) {
    struct workers *w = *state;
    uint32_t a = join(w, 1, 1, 0);
    workers_rest(w, a, 1000);
    assert_int_equal(w->free, 0);
    workers_wake(w, 1049);
    assert_int_equal(workers_pick(w, 1, &nobody), WORKERS_NONE);
    workers_wake(w, 1050);
    assert_int_equal(workers_pick(w, 1, &nobody), a);
    assert_int_equal(w->wakes, 0);
    workers_rest(w, a, 2000);
    assert_int_equal(w->wakes, 2100);
    workers_wake(w, 2100);
    workers_served(w, a);
    workers_rest(w, a, 3000);
    assert_int_equal(w->wakes, 3050);
    for (int i = 0; i < 20; i++)
        workers_rest(w, a, 4000);
    assert_int_equal(w->entries[a].rests_until, 9000);
}

static void places_are_used_again_and_never_more_than_there_are(void **state) {
    struct workers *w = *state;
    for (uint32_t peer = 1; peer <= LIMIT_WORKERS; peer++)
        assert_int_equal(join(w, peer, 1, 0), peer - 1);
    assert_int_equal(workers_add(w, 5000), WORKERS_NONE);
    assert_int_equal(w->remote_slots, LIMIT_WORKERS);
    workers_remove(w, 77);
    assert_int_equal(w->remote_slots, LIMIT_WORKERS - 1);
    assert_int_equal(workers_find(w, 78), WORKERS_NONE);
    assert_int_equal(join(w, 5000, 3, 0), 77);
    assert_int_equal(workers_find(w, 5000), 77);
    assert_int_equal(workers_pick(w, 100, &nobody), 77);
}

/* The tree names the same weight as looking at all of them would. */
static void the_tree_knows_the_best(void **state) {
    struct workers *w = *state;
    uint64_t seed = 1;
    for (uint32_t peer = 1; peer <= 100; peer++)
        join(w, peer, peer % 7, 300);
    for (int i = 0; i < 2000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t place = (uint32_t)(seed >> 33) % 100;
        workers_set_slots(w, place, seed >> 40 & 15);
        uint64_t most = 0;
        for (uint32_t k = 0; k < 100; k++)
            most = w->entries[k].free > most ? w->entries[k].free : most;
        uint32_t best = workers_pick(w, (dur_ms)1 << seed % 20, &nobody);
        assert_int_equal(w->entries[best].free, most);
    }
}

/* ... also when some of them may not be taken. */
static void the_tree_knows_the_best_of_the_others(void **state) {
    struct workers *w = *state;
    struct worker_set but = {0};
    uint64_t seed = 2;
    for (uint32_t peer = 1; peer <= 100; peer++)
        join(w, peer, peer % 7, 300);
    for (int i = 0; i < 2000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t place = (uint32_t)(seed >> 33) % 100;
        if (i % 300 < 150)
            worker_set_add(&but, place);
        else
            worker_set_remove(&but, place);
        uint64_t most = 0, free = 0;
        uint32_t members = 0;
        for (uint32_t k = 0; k < 100; k++) {
            members += worker_set_has(&but, k);
            if (worker_set_has(&but, k))
                continue;
            most = w->entries[k].free > most ? w->entries[k].free : most;
            free += w->entries[k].free;
        }
        assert_int_equal(but.count, members);
        assert_int_equal(workers_free(w, &but), free);
        uint32_t best = workers_pick(w, 100, &but);
        assert_int_equal(w->entries[best].free, most);
        assert_false(worker_set_has(&but, best));
    }
    for (uint32_t k = 0; k < 100; k++)
        worker_set_add(&but, k);
    assert_int_equal(workers_pick(w, 100, &but), WORKERS_NONE);
    assert_int_equal(workers_free(w, &but), 0);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(nobody_is_picked_who_has_no_free_place),
        FRESH(more_free_places_come_first_among_equally_near_ones),
        FRESH(short_trials_prefer_near_nodes_and_long_ones_do_not_care),
        FRESH(a_busy_machine_is_given_less),
        FRESH(whoever_refused_rests_longer_each_time),
        FRESH(places_are_used_again_and_never_more_than_there_are),
        FRESH(the_tree_knows_the_best),
        FRESH(the_tree_knows_the_best_of_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
