#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/base/rng.h"
#include "tests/unit/actors/member/people.h"

#include <stdlib.h>

enum { PAPERS = 24, ROUNDS = 40 };

static struct map *maps[3];
static struct paper papers[PAPERS];

static int make_maps(void **state) {
    for (int i = 0; i < 3; i++)
        maps[i] = calloc(1, sizeof *maps[i]);
    return people_begin(state);
}

static int free_maps(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        free(maps[i]);
    return 0;
}

static void clear(struct map *map) {
    memset(map, 0, sizeof *map);
    map_init(map);
}

static enum merged merge(struct map *map, const struct paper *p) {
    int32_t place;
    return map_merge(map, &p->record, 5, &place);
}

/* Records of four members, any version, some of them of equal order and other bytes. */
static void draw_papers(uint64_t seed) {
    struct rng r = rng_of(seed, 1, 0);
    for (int i = 0; i < PAPERS; i++) {
        struct version v = {.generation = rng_below(&r, 2),
                            .incarnation = rng_below(&r, 3),
                            .state = (enum member_state)(1 + rng_below(&r, 5))};
        if (v.state == MEMBER_LEFT)
            v.incarnation = INCARNATION_LAST;
        paper_fill(&papers[i], (uint32_t)rng_below(&r, 4), v);
        papers[i].record.slots = rng_below(&r, 2);
    }
}

static void shuffle(uint32_t order[PAPERS], uint64_t seed) {
    struct rng r = rng_of(seed, 2, 0);
    for (uint32_t i = 0; i < PAPERS; i++)
        order[i] = i;
    for (uint32_t i = PAPERS - 1; i > 0; i--) {
        uint32_t j = (uint32_t)rng_below(&r, i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

static void expect_equal(const struct map *a, const struct map *b) {
    assert_int_equal(a->count, b->count);
    assert_true(a->sum == b->sum);
    for (uint32_t i = 0; i < a->count; i++) {
        int32_t place = map_find(b, &a->known[i].id);
        assert_true(place >= 0);
        assert_true(span_equal(map_bytes(a, i), map_bytes(b, (uint32_t)place)));
    }
}

static void order_and_repetition_do_not_matter(void **state) {
    (void)state;
    uint32_t order[PAPERS];
    for (uint64_t round = 0; round < ROUNDS; round++) {
        draw_papers(round);
        clear(maps[0]);
        clear(maps[1]);
        for (int i = 0; i < PAPERS; i++)
            merge(maps[0], &papers[i]);
        shuffle(order, round);
        for (int i = 0; i < PAPERS; i++)
            merge(maps[1], &papers[order[i]]);
        for (int i = 0; i < PAPERS; i++) {
            enum merged again = merge(maps[1], &papers[order[i]]);
            assert_true(again == MERGED_LESS || again == MERGED_SAME);
        }
        expect_equal(maps[0], maps[1]);
        map_check(maps[0], 0, maps[0]->count);
        map_check(maps[1], 0, maps[1]->count);
    }
}

/* (a and b) and c is a and (b and c), where merging two maps is merging all records of one into the other. */
static void merge_all(struct map *into, const struct map *from) {
    for (uint32_t i = 0; i < from->count; i++) {
        struct msg_member_record r = map_record(from, i);
        int32_t place;
        map_merge(into, &r, 5, &place);
    }
}

static void groups_do_not_matter(void **state) {
    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        draw_papers(round + 1000);
        for (int i = 0; i < 3; i++)
            clear(maps[i]);
        for (int i = 0; i < PAPERS; i++)
            merge(maps[i % 3], &papers[i]);
        struct map *left = calloc(1, sizeof *left), *right = calloc(1, sizeof *right);
        map_init(left);
        map_init(right);
        merge_all(left, maps[0]);
        merge_all(left, maps[1]);
        merge_all(left, maps[2]);
        merge_all(right, maps[1]);
        merge_all(right, maps[2]);
        merge_all(right, maps[0]);
        expect_equal(left, right);
        free(left);
        free(right);
    }
}

static void the_order_is_generation_incarnation_state(void **state) {
    (void)state;
    static const struct version rising[] = {
        {1, 1, MEMBER_ALIVE},       {1, 1, MEMBER_LEAVING}, {1, 1, MEMBER_UNREACHABLE},
        {1, 1, MEMBER_DEAD},        {1, 2, MEMBER_ALIVE},   {1, INCARNATION_LAST, MEMBER_LEFT},
        {2, 0, MEMBER_UNREACHABLE}, {2, 1, MEMBER_ALIVE}};
    enum { COUNT = sizeof rising / sizeof rising[0] };
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < COUNT; j++)
            assert_int_equal(version_compare(&rising[i], &rising[j]), (i > j) - (i < j));
    }
    clear(maps[0]);
    for (size_t i = 0; i < COUNT; i++) {
        paper_fill(&papers[0], 1, rising[i]);
        assert_int_equal(merge(maps[0], &papers[0]), i == 0 ? MERGED_JOINED : MERGED_NEWS);
        assert_int_equal(merge(maps[0], &papers[0]), MERGED_SAME);
        if (i > 0) {
            paper_fill(&papers[1], 1, rising[i - 1]);
            assert_int_equal(merge(maps[0], &papers[1]), MERGED_LESS);
        }
    }
}

static void paper_of_id(struct paper *p, uint8_t first, uint32_t number, enum member_state state) {
    paper_fill(p, 1, (struct version){1, state == MEMBER_LEFT ? INCARNATION_LAST : 1, state});
    memset(p->record.node.bytes, 0, NODE_ID_BYTES);
    p->record.node.bytes[0] = first;
    memcpy(p->record.node.bytes + 4, &number, sizeof number);
}

static void a_full_map_remembers_the_living(void **state) {
    (void)state;
    struct paper p;
    int32_t place;
    clear(maps[0]);
    for (uint32_t i = 0; i < LIMIT_MEMBERS; i++) {
        paper_of_id(&p, 100, i, i == 7 || i == 9 ? MEMBER_DEAD : MEMBER_ALIVE);
        assert_int_equal(merge(maps[0], &p), MERGED_JOINED);
    }
    uint32_t old_peer = maps[0]->known[9].peer;
    assert_int_equal(map_place(maps[0], old_peer), 9);
    paper_of_id(&p, 200, 1,
                MEMBER_LEFT); /* gone, and of a greater id than those that are remembered */
    assert_int_equal(merge(maps[0], &p), MERGED_FULL);
    paper_of_id(&p, 200, 1, MEMBER_ALIVE);
    assert_int_equal(map_merge(maps[0], &p.record, 5, &place), MERGED_JOINED);
    assert_int_equal(place, 9); /* of two that are gone the one with the greater id made room */
    assert_int_equal(map_place(maps[0], old_peer), -1);
    assert_int_not_equal(maps[0]->known[9].peer, old_peer);
    map_check(maps[0], 0, maps[0]->count);
    paper_of_id(&p, 1, 1, MEMBER_DEAD);
    assert_int_equal(map_merge(maps[0], &p.record, 5, &place), MERGED_JOINED);
    assert_int_equal(place, 7);
    paper_of_id(&p, 201, 1, MEMBER_ALIVE);
    assert_int_equal(merge(maps[0], &p), MERGED_JOINED);
    paper_of_id(&p, 202, 1, MEMBER_ALIVE);
    assert_int_equal(merge(maps[0], &p), MERGED_FULL);
    map_check(maps[0], 0, maps[0]->count);
}

static void active_is_who_was_vouched_for_since_its_conviction(void **state) {
    (void)state;
    struct known k = {.version = {1, 5, MEMBER_ALIVE}};
    assert_false(known_is_active(&k));
    k.proven = true;
    k.vouched = 4;
    assert_true(known_is_active(&k));
    k.convicted = 4;
    assert_true(known_is_active(&k));
    k.convicted = 5;
    assert_false(known_is_active(&k));
    k.convicted = 0;
    k.version.state = MEMBER_LEAVING;
    assert_false(known_is_active(&k));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_repetition_do_not_matter),
        cmocka_unit_test(groups_do_not_matter),
        cmocka_unit_test(the_order_is_generation_incarnation_state),
        cmocka_unit_test(a_full_map_remembers_the_living),
        cmocka_unit_test(active_is_who_was_vouched_for_since_its_conviction),
    };
    return cmocka_run_group_tests(tests, make_maps, free_maps);
}
