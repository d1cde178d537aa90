#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/member/world.h"

enum { FIRST, COPIED, COPY = 4, NODES = 5, OLD_MS = 60000 };

/* Four nodes, and a fifth that has not begun: a copy of the second one. */
static struct world *cluster_and_copy(uint64_t seed) {
    struct world *w = world_new(NODES, seed);
    for (uint32_t i = 1; i < COPY; i++)
        world_seed(w, i, FIRST);
    world_copy(w, COPY, COPIED);
    for (uint32_t i = 0; i < COPY; i++)
        world_start(w, i);
    world_run(w, OLD_MS);
    return w;
}

/* The copy's disk has begun more often than the first one's: its generation is the greater one. */
static void age_disk(struct world *w, uint32_t node) {
    for (uint32_t i = 0; i < NODES; i++)
        w->cut[node][i] = w->cut[i][node] = true;
    for (int i = 0; i < 3; i++) {
        world_start(w, node);
        world_run(w, 100);
        world_kill(w, node, false);
    }
    for (uint32_t i = 0; i < NODES; i++)
        w->cut[node][i] = w->cut[i][node] = false;
}

static bool one_has_ended(const struct world *w) {
    return w->nodes[COPIED].quits + w->nodes[COPY].quits > 0;
}

static void expect_first_one(struct world *w) {
    world_run(w, 10000);
    assert_int_equal(w->nodes[COPIED].quits, 0);
    assert_int_equal(w->nodes[COPY].quits, 1);
    assert_int_equal(w->nodes[COPY].quit_why, ERR_NOT_ALLOWED);
    const struct member *first = w->nodes[COPIED].member;
    for (uint32_t i = 0; i < COPY; i++) {
        const struct member *m = w->nodes[i].member;
        int32_t place = map_find(&m->map, &first->config.signer.id);
        const struct known *k = &m->map.known[place];
        assert_int_equal(version_compare(&k->version, &first->self.version), 0);
        assert_true(known_is_active(k));
        assert_int_equal(m->nonsense, 0);
    }
}

static void a_copy_that_is_started_later_ends(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world *w = cluster_and_copy(seed);
        if (seed % 2 == 0)
            age_disk(w, COPY);
        uint32_t notes = w->nodes[COPIED].notes;
        world_start(w, COPY);
        dur_ms took = world_until(w, one_has_ended, 5000);
        assert_in_range(took, 1, 400);
        expect_first_one(w);
        /* It hears of the copy when that has answered it, which may end before. */
        assert_in_range(w->nodes[COPIED].notes, notes, notes + (seed % 2 == 0 ? 0 : 1));
        if (w->nodes[COPIED].notes > notes)
            assert_non_null(
                strstr(w->nodes[COPIED].note, "at tcp://10.0.0.1:1004 has this node's key"));
        assert_int_equal(w->nodes[COPY].notes, 1);
        assert_non_null(strstr(w->nodes[COPY].note, "at tcp://10.0.0.1:1001 has this node's key"));
        world_destroy(w);
    }
}

/* It says nothing more, and may end whenever the other rooms are done. */
static void who_has_given_way_is_silent(void **state) {
    (void)state;
    struct world *w = cluster_and_copy(3);
    world_start(w, COPY);
    world_until(w, one_has_ended, 5000);
    struct member *m = w->nodes[COPY].member;
    for (uint32_t i = 0; i < LIMIT_EDGES; i++)
        assert_int_equal(m->edges[i].state, EDGE_FREE);
    assert_int_equal(w->nodes[COPY].core.deadline(m), WHEN_NEVER);
    step(w, COPY, ROOM_NODE, 0, &(struct msg){.kind = MSG_farewell, .farewell = {.done = true}});
    assert_int_equal(w->nodes[COPY].quiets, 1);
    assert_int_equal(w->nodes[COPY].quits, 1);
    world_destroy(w);
}

static void of_many_that_begin_at_once_one_stays(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        enum { IMAGES = 5 };
        struct world *w = world_new(1 + IMAGES, seed);
        for (uint32_t i = 1; i <= IMAGES; i++) {
            if (i > 1)
                world_copy(w, i, 1);
            else
                world_seed(w, 1, FIRST);
        }
        for (uint32_t i = 0; i <= IMAGES; i++)
            world_start(w, i);
        world_run(w, 30000);
        uint32_t ended = 0;
        for (uint32_t i = 1; i <= IMAGES; i++)
            ended += w->nodes[i].quits;
        assert_int_equal(ended, IMAGES - 1);
        assert_int_equal(w->nodes[FIRST].quits, 0);
        world_destroy(w);
    }
}

/* Its store is gone: what others know of its earlier life is above it, and nobody answers it. */
static void who_has_lost_its_store_is_no_copy(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world *w = cluster_and_copy(seed);
        world_kill(w, COPIED, false);
        age_disk(w, COPIED); /* the others have heard of a later life */
        world_start(w, COPIED);
        world_run(w, 5000);
        world_kill(w, COPIED, seed % 2 == 0);
        store_close(&w->nodes[COPIED].disk);
        w->nodes[COPIED].disk = store_open_mem();
        world_run(w, 100 * (dur_ms)seed);
        world_start(w, COPIED);
        world_run(w, 60000);
        assert_int_equal(w->nodes[COPIED].quits, 0);
        assert_true(w->nodes[FIRST].view[COPIED].active);
        world_destroy(w);
    }
}

/* Whoever holds a record of an earlier life that answered another one may say it as often as he likes. */
static void an_old_answer_is_no_answer(void **state) {
    (void)state;
    struct world *w = cluster_and_copy(5);
    world_start(w, COPY);
    world_until(w, one_has_ended, 5000);
    world_kill(w, COPY, false);
    world_run(w, 5000);
    const struct member *first = w->nodes[COPIED].member;
    struct msg_member_record r = map_record(&first->map, 0);
    assert_int_not_equal(r.answers, 0);
    uint8_t copy[RECORD_BYTES_MAX], part_memory[RECORD_BYTES_MAX + 8];
    struct buf bytes = buf_of(copy, sizeof copy), part = buf_of(part_memory, sizeof part_memory);
    buf_put(&bytes, map_bytes(&first->map, 0).data, map_bytes(&first->map, 0).len);
    world_kill(w, COPIED, false);
    world_start(w, COPIED);
    world_run(w, 5000);
    mp_put_bin(&part, buf_view(&bytes));
    struct member *m = w->nodes[COPIED].member;
    for (int i = 0; i < 10; i++) {
        step(w, COPIED, ROOM_PEERS, m->edges[m->pairs[1].edge].number,
             &(struct msg){.kind = MSG_records, .records.records = buf_view(&part)});
        world_run(w, 100);
    }
    assert_int_equal(w->nodes[COPIED].quits, 0);
    assert_int_equal(m->self.twin, TWIN_NONE);
    world_destroy(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_that_is_started_later_ends),
        cmocka_unit_test(who_has_given_way_is_silent),
        cmocka_unit_test(of_many_that_begin_at_once_one_stays),
        cmocka_unit_test(who_has_lost_its_store_is_no_copy),
        cmocka_unit_test(an_old_answer_is_no_answer),
    };
    return cmocka_run_group_tests(tests, people_begin, NULL);
}
