#include "tests/unit/actors/tuner/searched.h"

#include "actors/tuner/model/region.h"

#include <math.h>

static struct test_job test;
static struct searched search;
static struct surrogate surrogate;
static void *memory;

/* x, y and n are numbers, c a choice that awakens z. */
static void begin(void) {
    job_begin(&test, METHOD_GP, 1000);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    add_range(&test, "y", PARAM_FLOAT, 0, 1);
    add_range(&test, "n", PARAM_INT, 1, 5);
    add_choice(&test, "c", (const char *const[]){"a", "b", NULL});
    add_range(&test, "z", PARAM_FLOAT, 0, 1)->when_text = span_text("c == b");
    job_end(&test);
    search_begin(&search, &test.job, 10);
    size_t size = surrogate_bytes(&search.space, 10);
    memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    assert_true(surrogate_init(&surrogate, &search.space, false, 10, &arena));
    struct kernel *k = &surrogate.gp.kernel;
    for (uint32_t i = 0; i < k->dims; i++)
        k->w[i] = k->v[i] = 1;
    k->joint = 1;
    k->apart = 0;
}

static void end(void) {
    free(memory);
    search_end(&search);
}

static void assert_near(double a, double b) {
    assert_true(fabs(a - b) < 1e-12);
}

static void hear(struct region *r, bool better, int times) {
    for (int i = 0; i < times; i++)
        region_hear(r, better, 6, 4);
}

/* Eriksson et al., arXiv:1910.01739, section 2 and the settings of their appendix: from 0.8; three
 * in a row double it, up to 1.6; six dimensions in vain, four being on the way, halve it. */
static void grows_and_shrinks(void **state) {
    (void)state;
    struct region r = {0};
    hear(&r, true, 2);
    hear(&r, false, 1);
    hear(&r, true, 2);
    assert_near(r.length, 0);
    hear(&r, true, 1);
    assert_near(r.length, 1.6);
    hear(&r, true, 3);
    assert_near(r.length, 1.6);
    hear(&r, false, 9);
    assert_near(r.length, 1.6);
    hear(&r, false, 1);
    assert_near(r.length, 0.8);
    hear(&r, false, 9);
    hear(&r, true, 1);
    hear(&r, false, 9);
    assert_near(r.length, 0.8);
}

/* 0.8 / 2^6 is 1.6 of the least, 0.8 / 2^7 below it. */
static void begins_again_when_it_is_too_small(void **state) {
    (void)state;
    struct region r = {0};
    hear(&r, false, 60);
    assert_near(r.length, 0.0125);
    hear(&r, false, 10);
    assert_near(r.length, 0.8);
}

/* Scales 1/2, 2, 1 and 1: their product is 1, so halves are 0.2, 0.8, 0.4 and 0.4. */
static void is_as_long_as_the_process_sees_far(void **state) {
    (void)state;
    static const float centre[] = {0.25F, 0.75F, 0.5F, 0.75F, 0.125F};
    struct region_box box;
    struct region r = {0};
    begin();
    surrogate.gp.kernel.w[0] = 4;
    surrogate.gp.kernel.w[1] = 0.25;
    region_box(&r, &surrogate, centre, &box);
    assert_ptr_equal(box.centre, centre);
    assert_near(box.low[0], 0.05);
    assert_near(box.high[0], 0.45);
    assert_near(box.low[1], 0);
    assert_near(box.high[1], 1);
    assert_near(box.low[2], 0.1);
    assert_near(box.high[2], 0.9);
    assert_near(box.low[3], 0); /* a choice */
    assert_near(box.high[3], 1);
    assert_near(box.low[4], 0);
    assert_near(box.high[4], 0.525);
    end();
}

/* The sum of single parameters has its share: with joint and apart 1/2 each and v 13 of all five,
 * how the kernel falls is 1/2 w + 13/10; for w = 5.4 that is 4, for 0.4 it is 1.5. */
static void both_parts_of_a_kernel_count(void **state) {
    (void)state;
    static const float centre[] = {0.5F, 0.5F, 0.5F, 0.75F, 0.5F};
    struct region_box box;
    struct region r = {.length = 0.1};
    begin();
    struct kernel *k = &surrogate.gp.kernel;
    k->joint = k->apart = 0.5;
    for (uint32_t i = 0; i < k->dims; i++) {
        k->w[i] = i == 0 ? 5.4 : 0.4;
        k->v[i] = 13;
    }
    region_box(&r, &surrogate, centre, &box);
    double mean = pow(0.5 * pow(1.5, -1.5), 0.25);
    assert_near(box.high[0], 0.5 + 0.05 * 0.5 / mean);
    assert_near(box.high[4], 0.5 + 0.05 / sqrt(1.5) / mean);
    end();
}

/* Five cells: one each way, however small the region is; and what is not active stays free. */
static void a_cell_each_way_and_the_inactive_anywhere(void **state) {
    (void)state;
    static const float centre[] = {0, 1, 0.5F, 0.25F, (float)SPACE_OFF};
    struct region_box box;
    struct region r = {.length = 0.02};
    begin();
    region_box(&r, &surrogate, centre, &box);
    assert_near(box.low[0], 0);
    assert_near(box.high[0], 0.01);
    assert_near(box.low[1], 0.99);
    assert_near(box.high[1], 1);
    assert_near(box.low[2], 0.3);
    assert_near(box.high[2], 0.7);
    assert_near(box.low[4], 0);
    assert_near(box.high[4], 1);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_shrinks),
        cmocka_unit_test(begins_again_when_it_is_too_small),
        cmocka_unit_test(is_as_long_as_the_process_sees_far),
        cmocka_unit_test(both_parts_of_a_kernel_count),
        cmocka_unit_test(a_cell_each_way_and_the_inactive_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
