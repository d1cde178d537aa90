#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/member/world.h"

#include <stdio.h>

/* A cluster of `count`, all through the first one. */
static struct world *cluster(uint32_t count, uint64_t seed) {
    struct world *w = world_new(count, seed);
    for (uint32_t i = 1; i < count; i++)
        world_seed(w, i, 0);
    for (uint32_t i = 0; i < count; i++)
        world_start(w, i);
    world_until(w, all_see_all, 10000);
    world_run(w, 3000);
    assert_true(all_see_all(w) && all_agree(w));
    return w;
}

static void three_see_each_other_half_a_second_after_the_last_start(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        for (uint32_t last = 0; last < 3; last++) {
            struct world *w = world_new(3, seed);
            world_seed(w, 1, 0);
            world_seed(w, 2, 0);
            for (uint32_t i = 0; i < 3; i++) {
                if (i != last)
                    world_start(w, i);
            }
            world_run(w, 7000);
            world_start(w, last);
            dur_ms took = world_until(w, all_see_all, 5000);
            assert_in_range(took, 1, 500);
            world_destroy(w);
        }
    }
}

static void a_kill_is_known_everywhere_within_a_second(void **state) {
    (void)state;
    for (uint32_t count = 2; count <= 30; count += count < 6 ? 1 : 8) {
        struct world *w = cluster(count, count);
        world_kill(w, count - 1, false);
        dur_ms took = world_until(w, gone_are_unreachable, 5000);
        assert_in_range(took, 1, 1000);
        world_until(w, gone_are_dead, 1000);
        world_destroy(w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_see_each_other_half_a_second_after_the_last_start),
        cmocka_unit_test(a_kill_is_known_everywhere_within_a_second),
    };
    return cmocka_run_group_tests(tests, people_begin, NULL);
}
