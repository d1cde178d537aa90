#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/member/remember.h"
#include "tests/unit/actors/member/faults.h"

enum { DAY = 24 * 3600 * 1000 };

/* ---- lives ---- */

static uint64_t generation(const struct world *w, uint32_t node) {
    return w->nodes[node].member->self.version.generation;
}

static void a_life_is_above_the_one_before(void **state) {
    (void)state;
    struct world *w = cluster(3, 1);
    for (uint64_t boots = 2; boots < 6; boots++) {
        uint32_t issued = w->nodes[2].issued_count;
        world_kill(w, 2, false);
        world_start(w, 2);
        dur_ms took = world_until(w, all_see_all, 2000);
        assert_in_range(took, 1, 500);
        assert_int_equal(generation(w, 2) >> 32, boots);
        /* Nothing (before it is up), what it begins with, and that it is vouched for: no earlier life is argued with. */
        assert_in_range(w->nodes[2].issued_count - issued, 2, 3);
    }
    world_destroy(w);
}

static void another_disk_is_noticed_by_the_others(void **state) {
    (void)state;
    struct world *w = cluster(3, 2);
    for (int i = 0; i < 3; i++) {
        world_kill(w, 2, false);
        world_start(w, 2);
        world_until(w, all_see_all, 2000);
    }
    world_kill(w, 2, false);
    store_close(&w->nodes[2].disk);
    w->nodes[2].disk = store_open_mem();
    world_start(w, 2);
    world_until(w, all_see_all, 2000);
    assert_int_equal(generation(w, 2) >> 32, 5);
    world_run(w, 2000);
    world_kill(w, 2, false);
    world_start(w, 2);
    world_until(w, all_see_all, 2000);
    assert_int_equal(generation(w, 2) >> 32, 6); /* what the others made it was kept, too */
    world_destroy(w);
}

/* ---- a disk that refuses ---- */

static void nobody_hears_of_a_life_that_is_not_kept(void **state) {
    (void)state;
    struct world *w = cluster(3, 3);
    world_kill(w, 2, false);
    world_run(w, 3000);
    store_mem_set_full(w->nodes[2].disk, true);
    w->nodes[2].asked = w->nodes[2].notes = 0;
    world_start(w, 2);
    world_run(w, 30000);
    assert_false(w->nodes[2].view[2].told);
    assert_int_equal(w->nodes[2].notes, 1);
    /* One scan; then saves after 100, 200 ... 6400 ms and each 10 s. */
    assert_in_range(w->nodes[2].asked, 9, 11);
    assert_int_equal(state_seen(w, 0, 2), MEMBER_DEAD);
    store_mem_set_full(w->nodes[2].disk, false);
    world_until(w, all_see_all, 11000);
    assert_int_equal(generation(w, 2) >> 32, 2);
    world_destroy(w);
}

static void one_that_is_told_to_stop_before_it_has_begun_stops(void **state) {
    (void)state;
    const struct msg quit = {.kind = MSG_quit},
                     left = {.kind = MSG_farewell, .farewell.done = true};
    struct world *w = world_new(1, 4);
    store_mem_set_full(w->nodes[0].disk, true);
    world_start(w, 0);
    world_run(w, 1000);
    step(w, 0, ROOM_NODE, 0, &quit);
    store_mem_set_full(w->nodes[0].disk, false);
    world_run(w, 30000);
    assert_false(w->nodes[0].view[0].told);
    assert_int_equal(w->nodes[0].quiets, 0);
    step(w, 0, ROOM_NODE, 0, &left);
    assert_int_equal(w->nodes[0].quiets, 1);
    world_destroy(w);
}

static size_t rows_of(const struct world *w, uint32_t node) {
    return store_mem_rows(w->nodes[node].disk, TABLE_members);
}

static void what_could_not_be_kept_is_kept_later(void **state) {
    (void)state;
    struct world *w = world_new(3, 5);
    world_seed(w, 1, 0);
    world_seed(w, 2, 0);
    world_start(w, 0);
    world_run(w, 100);
    store_mem_set_full(w->nodes[0].disk, true);
    world_start(w, 1);
    world_start(w, 2);
    world_run(w, 5000);
    assert_true(all_see_all(w));
    assert_int_equal(rows_of(w, 0), 1);
    assert_int_equal(w->nodes[0].notes, 1);
    store_mem_set_full(w->nodes[0].disk, false);
    world_run(w, 11000);
    assert_int_equal(rows_of(w, 0), 3);
    uint32_t asked = w->nodes[0].asked;
    world_run(w, 600000);
    assert_int_equal(w->nodes[0].asked, asked); /* nothing has changed: nothing is written */
    world_destroy(w);
}

/* ---- finding each other again ---- */

static void all_off(struct world *w, bool politely) {
    const struct msg left = {.kind = MSG_farewell, .farewell.done = true};
    world_run(w, 1000);
    for (uint32_t i = 0; i < w->count; i++) {
        if (politely)
            step(w, i, ROOM_NODE, 0, &left);
        world_run(w, 100);
        world_kill(w, i, false);
    }
    world_run(w, 1000);
}

/* The token has expired, and the only node that anybody was told of is gone. */
static void a_cluster_that_was_switched_off_finds_itself(void **state) {
    (void)state;
    for (int politely = 0; politely < 2; politely++) {
        for (int days = 0; days <= 200; days += 200) {
            struct world *w = world_new(4, 6);
            for (uint32_t i = 1; i < 4; i++)
                world_seed(w, i, 0);
            for (uint32_t i = 0; i < 4; i++)
                world_start(w, i);
            world_until(w, all_see_all, 10000);
            all_off(w, politely);
            w->at.wall += 2000000 + (wall_ms)days * DAY;
            for (uint32_t i = 1; i < 4; i++)
                world_start(w, i);
            world_run(w, 10000);
            assert_true(all_see_all(w));
            for (uint32_t i = 1; i < 4; i++)
                assert_int_equal(w->nodes[i].notes, 0);
            world_destroy(w);
        }
    }
}

static void who_was_never_met_needs_a_token_that_is_good(void **state) {
    (void)state;
    struct world *w = world_new(3, 7);
    world_seed(w, 1, 0);
    world_seed(w, 2, 0);
    world_start(w, 0);
    world_start(w, 1);
    world_run(w, 3000);
    all_off(w, false);
    world_run(w, 10000);
    w->at.wall += 2000000;
    for (uint32_t i = 0; i < 3; i++)
        world_start(w, i);
    world_run(w, 20000);
    assert_true(w->nodes[0].view[1].active && w->nodes[1].view[0].active);
    assert_false(w->nodes[0].view[2].told || w->nodes[1].view[2].told);
    assert_int_equal(w->nodes[0].notes, 1);
    world_destroy(w);
}

/* ---- bounds ---- */

static void put_stranger(struct world *w, uint32_t number, bool gone, wall_ms stamp) {
    uint8_t memory[256], memory_ops[512], curve[32], id[NODE_ID_BYTES] = {200};
    struct buf value = buf_of(memory, sizeof memory), ops = buf_of(memory_ops, sizeof memory_ops);
    struct err err;
    person_curve(100000 + number, curve);
    memcpy(id + 1, &number, sizeof number);
    mp_put_array(&value, 6);
    mp_put_u64(&value, 0);
    mp_put_bool(&value, gone);
    mp_put_i64(&value, stamp);
    mp_put_str(&value, span_text("tcp://10.9.9.9:9"));
    mp_put_bin(&value, span_of(curve, sizeof curve));
    mp_put_bin(&value, (struct span){0});
    ops_put(&ops, TABLE_members, span_of(id, sizeof id), buf_view(&value));
    assert_true(store_save(w->nodes[0].disk, buf_view(&ops), &err));
}

static void those_gone_for_longest_are_forgotten(void **state) {
    (void)state;
    struct world *w = world_new(1, 8);
    const wall_ms now = people_wall;
    for (uint32_t i = 0; i < LIMIT_MEMBERS + 10; i++)
        put_stranger(w, i, i % 2 == 0, now - 1000 * (wall_ms)i);
    put_stranger(w, 5000, true, now - INT64_C(91) * DAY);
    put_stranger(w, 5001, false, now - INT64_C(91) * DAY);
    world_start(w, 0);
    world_run(w, 3000);
    assert_int_equal(rows_of(w, 0), LIMIT_MEMBERS + 1);
    assert_int_equal(w->nodes[0].member->nonsense, 0);
    assert_true(w->nodes[0].view[0].active);
    size_t even = 0;
    for (size_t i = 0; i < rows_of(w, 0); i++) {
        struct span key, value;
        uint32_t number;
        store_mem_row(w->nodes[0].disk, TABLE_members, i, &key, &value);
        memcpy(&number, key.data + 1, sizeof number);
        assert_true(key.data[0] != 200 || number != 5000);
        even += key.data[0] == 200 && number < 5000 && number % 2 == 0;
    }
    /* LIMIT_MEMBERS + 12 were there; twelve of those that were gone had to go. */
    assert_int_equal(even, (LIMIT_MEMBERS + 10) / 2 - 11);
    world_destroy(w);
}

/* Remembering many must not keep a node from anything: one dial now and then while there are edges, two at a time if not. */
static void those_who_do_not_answer_cost_little(void **state) {
    (void)state;
    struct world *w = cluster(3, 9);
    world_kill(w, 0, false);
    for (uint32_t i = 0; i < 500; i++)
        put_stranger(w, i, false, people_wall);
    world_start(w, 0);
    dur_ms took = world_until(w, all_see_all, 5000);
    assert_in_range(took, 1, 1000);
    uint32_t links = w->links_count;
    world_run(w, 600000);
    assert_in_range(w->links_count - links, 10, 21);
    assert_int_equal(verdicts(w), 0);
    world_destroy(w);
}

static uint64_t gone_ms(const struct world *w, uint32_t by, uint32_t of) {
    const struct member *m = w->nodes[by].member;
    return remember_gone_ms(m, (uint32_t)map_find(&m->map, &w->nodes[of].config.signer.id));
}

static void a_restart_does_not_take_the_dead_for_fresh(void **state) {
    (void)state;
    const uint64_t days = UINT64_C(24) * 3600 * 1000;
    struct world *w = cluster(3, 11);
    assert_int_equal(gone_ms(w, 1, 2), 0);
    world_kill(w, 2, false);
    world_until(w, gone_are_dead, 30000);
    for (uint64_t lives = 0; lives < 3; lives++) {
        world_run(w, 1000);
        w->at.wall += (wall_ms)(2 * days); /* nobody is up */
        w->at.now += 10;
        world_kill(w, 1, false);
        world_start(w, 1);
        world_run(w, 5000);
        assert_in_range(gone_ms(w, 1, 2), 2 * days * (lives + 1),
                        2 * days * (lives + 1) + 60000 * (lives + 1));
    }
    world_start(w, 2);
    world_until(w, all_see_all, 10000);
    assert_int_equal(gone_ms(w, 1, 2), 0);
    world_kill(w, 2, false);
    world_until(w, gone_are_dead, 30000);
    assert_in_range(gone_ms(w, 1, 2), 0, 1000);
    world_destroy(w);
}

static void rows_that_make_no_sense_are_skipped(void **state) {
    (void)state;
    uint8_t memory[128];
    struct buf ops = buf_of(memory, sizeof memory);
    struct err err;
    struct world *w = world_new(1, 10);
    ops_put(&ops, TABLE_members, span_text("short"), span_text("no"));
    ops_put(&ops, TABLE_members, span_text("0123456789abcdef0123456789abcdef"), span_text("\x96"));
    assert_true(store_save(w->nodes[0].disk, buf_view(&ops), &err));
    world_start(w, 0);
    world_run(w, 3000);
    assert_true(w->nodes[0].view[0].active);
    assert_int_equal(w->nodes[0].member->nonsense, 2);
    world_destroy(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_life_is_above_the_one_before),
        cmocka_unit_test(another_disk_is_noticed_by_the_others),
        cmocka_unit_test(nobody_hears_of_a_life_that_is_not_kept),
        cmocka_unit_test(one_that_is_told_to_stop_before_it_has_begun_stops),
        cmocka_unit_test(what_could_not_be_kept_is_kept_later),
        cmocka_unit_test(a_cluster_that_was_switched_off_finds_itself),
        cmocka_unit_test(who_was_never_met_needs_a_token_that_is_good),
        cmocka_unit_test(those_gone_for_longest_are_forgotten),
        cmocka_unit_test(those_who_do_not_answer_cost_little),
        cmocka_unit_test(a_restart_does_not_take_the_dead_for_fresh),
        cmocka_unit_test(rows_that_make_no_sense_are_skipped),
    };
    return cmocka_run_group_tests(tests, people_begin, NULL);
}
