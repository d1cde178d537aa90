#include "tests/unit/actors/tuner/jobs.h"

#include "actors/tuner/rungs/rungs.h"
#include "proto/job/ladder.h"

static struct rungs_setup settled(uint32_t steps, uint32_t first, uint32_t eta) {
    struct rungs_setup setup = {.policy = RUNGS_ASHA, .steps = steps, .first = first, .eta = eta};
    rungs_settle(&setup);
    return setup;
}

static void expect_rungs(struct rungs_setup setup, const uint32_t *steps, uint32_t count) {
    assert_int_equal(rungs_count(&setup), count);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(rungs_step(&setup, i), steps[i]);
    assert_true(rungs_stage(&setup, count - 1) == 1);
    assert_true(count == 1 || rungs_stage(&setup, 0) == 0);
}
#define EXPECT_RUNGS(setup, ...)                                                                   \
    expect_rungs(setup, (const uint32_t[]){__VA_ARGS__},                                           \
                 sizeof(const uint32_t[]){__VA_ARGS__} / sizeof(uint32_t))

static void rungs_are_whole_powers(void **state) {
    (void)state;
    EXPECT_RUNGS(settled(27, 0, 0), 1, 3, 9, 27);
    EXPECT_RUNGS(settled(81, 0, 0), 3, 9, 27, 81);
    EXPECT_RUNGS(settled(100, 0, 0), 4, 12, 36, 100);
    EXPECT_RUNGS(settled(10, 0, 0), 1, 3, 10); /* 9 would leave one step */
    EXPECT_RUNGS(settled(64, 4, 4), 4, 16, 64);
    /* A logarithm in floating point gives 243 over 3 one rung too few. */
    EXPECT_RUNGS(settled(243, 1, 3), 1, 3, 9, 27, 81, 243);
    EXPECT_RUNGS(settled(2, 0, 0), 1, 2);
    EXPECT_RUNGS(settled(1, 0, 0), 1);
    EXPECT_RUNGS(settled(0, 0, 0), 1);
}

static void what_is_out_of_range_is_brought_into_it(void **state) {
    (void)state;
    EXPECT_RUNGS(settled(10, 40, 3), 10);
    struct rungs_setup most = settled(UINT32_MAX, 1, 2);
    assert_int_equal(rungs_count(&most), RUNGS_MOST);
    assert_int_equal(rungs_step(&most, RUNGS_MOST - 1), UINT32_MAX);
    assert_true(rungs_step(&most, RUNGS_MOST - 2) <= UINT32_MAX / 2);
    struct rungs_setup none = {.policy = RUNGS_NONE, .steps = 27};
    rungs_settle(&none);
    EXPECT_RUNGS(none, 27);
    struct rungs_setup automatic = {.steps = 54}; /* begins at a ninth */
    rungs_settle(&automatic);
    EXPECT_RUNGS(automatic, 6, 18, 54);
}

static void a_population_needs_copies(void **state) {
    (void)state;
    struct rungs_setup setup = {.policy = RUNGS_PBT, .steps = 27};
    rungs_settle(&setup);
    assert_int_equal(setup.policy, RUNGS_ASHA);
}

/* Whoever has come to the last rung before the end is nobody's parent. */
static void a_population_breeds_from_two_rungs_on(void **state) {
    (void)state;
    for (uint32_t steps = 1; steps < 40; steps++) {
        const struct ladder by_itself = ladder_of(RUNGS_PBT, steps, 0, 0);
        const uint32_t most = ladder_breeding_first(steps);
        assert_int_equal(ladder_breeds(&by_itself), most > 0);
        for (uint32_t first = 1; first <= steps; first++) {
            const struct ladder ladder = ladder_of(RUNGS_PBT, steps, first, 0);
            assert_int_equal(ladder_breeds(&ladder), first <= most);
            assert_int_equal(ladder.count > 2, first <= most);
        }
    }
    const struct ladder asha = ladder_of(RUNGS_ASHA, 27, 1, 3);
    assert_false(ladder_breeds(&asha));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rungs_are_whole_powers),
        cmocka_unit_test(what_is_out_of_range_is_brought_into_it),
        cmocka_unit_test(a_population_needs_copies),
        cmocka_unit_test(a_population_breeds_from_two_rungs_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
