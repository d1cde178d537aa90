#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/actors/member/faults.h"

static void fault(struct world *w, struct rng *r) {
    uint32_t a = (uint32_t)rng_below(r, w->count), b = (uint32_t)rng_below(r, w->count);
    switch (rng_below(r, 8)) {
    case 0:
    case 1:
        if (w->nodes[a].running)
            world_kill(w, a, rng_below(r, 3) == 0);
        break;
    case 2:
    case 3:
        if (!w->nodes[a].running)
            world_start(w, a);
        break;
    case 4: w->cut[a][b] = a != b; break;
    case 5: memset(w->cut[a], 0, sizeof w->cut[a]); break;
    case 6: w->nodes[a].stopped_until = w->at.now + (dur_ms)rng_below(r, 6000); break;
    default: break_link(w, (uint32_t)rng_below(r, w->links_count)); break;
    }
}

static void after_any_faults_all_agree(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct world *w = cluster(2 + (uint32_t)(seed * 7 % 12), seed);
        struct rng r = rng_of(seed, 4, 0);
        for (int i = 0; i < 60; i++) {
            fault(w, &r);
            world_run(w, (dur_ms)rng_below(&r, 3000));
        }
        memset(w->cut, 0, sizeof w->cut);
        for (uint32_t i = 0; i < w->count; i++) {
            w->nodes[i].stopped_until = 0;
            if (!w->nodes[i].running)
                world_start(w, i);
        }
        world_until(w, all_see_all, 90000);
        world_run(w, 60000);
        assert_true(all_well(w));
        expect_one_edge_a_pair(w);
        world_destroy(w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_any_faults_all_agree),
    };
    return cmocka_run_group_tests(tests, people_begin, NULL);
}
