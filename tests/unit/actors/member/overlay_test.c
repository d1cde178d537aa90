#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/member/overlay.h"
#include "tests/unit/actors/member/people.h"

#include <stdlib.h>

static struct map *map, *other_map;
static struct overlay *overlay, *other;
static struct paper papers[PEOPLE_MAX];

static int make(void **state) {
    if (people_begin(state) != 0)
        return -1;
    map = calloc(1, sizeof *map);
    other_map = calloc(1, sizeof *other_map);
    overlay = calloc(1, sizeof *overlay);
    other = calloc(1, sizeof *other);
    for (uint32_t i = 0; i < PEOPLE_MAX; i++)
        paper_fill(&papers[i], i, (struct version){1, 1, MEMBER_ALIVE});
    return 0;
}

static int release(void **state) {
    (void)state;
    free(map);
    free(other_map);
    free(overlay);
    free(other);
    return 0;
}

static void add(struct map *to, uint32_t number) {
    int32_t place;
    assert_int_equal(map_merge(to, &papers[number].record, 1, &place), MERGED_JOINED);
}

static void build(uint32_t count) {
    memset(map, 0, sizeof *map);
    map_init(map);
    for (uint32_t i = 0; i < count; i++)
        add(map, i);
    overlay_build(overlay, map);
}

static uint32_t reached(const struct overlay *o, uint32_t count) {
    bool seen[PEOPLE_MAX] = {true};
    uint32_t queue[PEOPLE_MAX] = {0}, head = 0, tail = 1;
    while (head < tail) {
        const struct overlay_node *node = &o->nodes[queue[head++]];
        for (uint32_t i = 0; i < node->degree; i++) {
            if (seen[node->neighbours[i]])
                continue;
            seen[node->neighbours[i]] = true;
            queue[tail++] = node->neighbours[i];
        }
    }
    assert_true(tail <= count);
    return tail;
}

static void it_is_connected_and_thin(void **state) {
    (void)state;
    for (uint32_t count = 2; count <= 100; count++) {
        build(count);
        assert_int_equal(reached(overlay, count), count);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t eager = (uint32_t)__builtin_popcount(overlay->nodes[i].eager);
            assert_true(overlay->nodes[i].degree <= 16);
            assert_true(eager >= 1 && eager <= 4);
            if (count <= OVERLAY_MESH)
                assert_int_equal(overlay->nodes[i].degree, count - 1);
            else
                assert_true(overlay->nodes[i].degree >= 8);
        }
    }
}

static void neighbours_know_each_other(void **state) {
    (void)state;
    build(60);
    for (uint32_t i = 0; i < 60; i++) {
        for (uint32_t j = 0; j < 60; j++) {
            bool eager_ij, eager_ji;
            assert_int_equal(overlay_linked(overlay, i, j, &eager_ij),
                             overlay_linked(overlay, j, i, &eager_ji));
            assert_int_equal(eager_ij, eager_ji);
        }
    }
}

/* Places differ from node to node, what the overlay says of ids does not. */
static void equal_sets_make_equal_overlays(void **state) {
    (void)state;
    for (uint32_t count = 2; count <= 100; count += 7) {
        build(count);
        memset(other_map, 0, sizeof *other_map);
        map_init(other_map);
        for (uint32_t i = count; i > 0; i--)
            add(other_map, i - 1);
        overlay_build(other, other_map);
        for (uint32_t i = 0; i < count; i++) {
            for (uint32_t j = 0; j < count; j++) {
                bool eager, other_eager;
                assert_int_equal(overlay_linked(overlay, i, j, &eager),
                                 overlay_linked(other, count - 1 - i, count - 1 - j, &other_eager));
                assert_int_equal(eager, other_eager);
            }
        }
    }
}

static void the_gone_have_no_neighbours(void **state) {
    (void)state;
    struct paper dead;
    int32_t place;
    build(30);
    paper_fill(&dead, 3, (struct version){1, 1, MEMBER_DEAD});
    map_merge(map, &dead.record, 1, &place);
    paper_fill(&dead, 4, (struct version){1, 1, MEMBER_UNREACHABLE});
    map_merge(map, &dead.record, 1, &place);
    overlay_build(overlay, map);
    assert_int_equal(overlay->count, 29);
    assert_int_equal(overlay->nodes[3].degree, 0);
    assert_true(overlay->nodes[4].degree > 0);
    for (uint32_t i = 0; i < 30; i++) {
        bool eager;
        assert_false(overlay_linked(overlay, i, 3, &eager));
    }
}

/* Two that accept no connections are never put together; one that does takes their place. */
static void the_undialable_meet_only_those_that_can_be_dialled(void **state) {
    (void)state;
    for (uint32_t count = 3; count <= 60; count += 19) {
        for (uint32_t i = 0; i < count; i += 3)
            papers[i].record.endpoint = (struct span){0};
        build(count);
        assert_int_equal(reached(overlay, count), count);
        for (uint32_t i = 0; i < count; i++) {
            const struct overlay_node *node = &overlay->nodes[i];
            assert_true(node->degree <= NEIGHBOURS_MAX);
            for (uint32_t j = 0; j < node->degree; j++)
                assert_false(i % 3 == 0 && node->neighbours[j] % 3 == 0);
        }
        assert_true(overlay_dials(&map->known[0], &map->known[1]));
        assert_false(overlay_dials(&map->known[1], &map->known[0]));
        for (uint32_t i = 0; i < count; i += 3)
            paper_fill(&papers[i], i, (struct version){1, 1, MEMBER_ALIVE});
    }
}

static void of_two_one_dials(void **state) {
    (void)state;
    uint32_t smaller = 0;
    build(50);
    for (uint32_t i = 0; i < 50; i++) {
        for (uint32_t j = 0; j < i; j++) {
            bool mine = overlay_dials(&map->known[i], &map->known[j]);
            assert_int_not_equal(mine, overlay_dials(&map->known[j], &map->known[i]));
            smaller += mine;
        }
    }
    assert_in_range(smaller, 450, 775); /* of 1225 about half */
}

static void two_look_for_a_lost_one(void **state) {
    (void)state;
    build(40);
    for (uint32_t lost = 0; lost < 40; lost++) {
        uint32_t healers = 0;
        struct paper dead;
        int32_t place;
        paper_fill(&dead, lost, (struct version){1, 1, MEMBER_DEAD});
        map_merge(map, &dead.record, 1, &place);
        for (uint32_t i = lost + 1; i < 40; i++)
            healers += overlay_heals(map, i, lost);
        assert_int_equal(healers, 39 - lost < 2 ? 39 - lost : 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_connected_and_thin),
        cmocka_unit_test(neighbours_know_each_other),
        cmocka_unit_test(equal_sets_make_equal_overlays),
        cmocka_unit_test(the_gone_have_no_neighbours),
        cmocka_unit_test(the_undialable_meet_only_those_that_can_be_dialled),
        cmocka_unit_test(of_two_one_dials),
        cmocka_unit_test(two_look_for_a_lost_one),
    };
    return cmocka_run_group_tests(tests, make, release);
}
