/* What trials came to, and which of them stand on a frontier. */
#include "tests/unit/proto/job/make.h"

#include "proto/base/mp.h"
#include "proto/base/rng.h"
#include "proto/job/frontier.h"

static struct job_fault fault;
static struct job job;
static struct param params[PARAMS];

#define CONSTANT_TEXT(text)                                                                        \
    { (const uint8_t *)(text), sizeof(text) - 1 }

static const struct condition limits[] = {{.text = CONSTANT_TEXT("mb <= 20")},
                                          {.text = CONSTANT_TEXT("ms < 100")}};

/* Greatest accuracy, least size; model and latency bounded. */
static int set_up(void **state) {
    (void)state;
    struct arena arena = fresh_arena();
    job = job_example(params);
    job.objectives[0] = (struct objective){.metric = TEXT("acc"), .goal = GOAL_MAXIMIZE};
    job.objectives[1] = (struct objective){.metric = TEXT("mb")};
    job.objectives_count = 2;
    job.constraints = limits;
    job.constraints_count = 2;
    if (!job_check(&job, &arena, &fault))
        fail_msg("%s: %s", fault.where, fault.what);
    return 0;
}

static struct span others(double mb, double ms) {
    static uint8_t memory[64];
    struct buf out = buf_of(memory, sizeof memory);
    mp_put_array(&out, 2);
    mp_put_f64(&out, mb);
    if (ms < 0)
        mp_put_nil(&out);
    else
        mp_put_f64(&out, ms);
    return buf_view(&out);
}

static struct measure measured(double acc, double mb, double ms) {
    struct measure m;
    assert_true(measure_of(&m, &job, acc, others(mb, ms)));
    return m;
}

static void values_and_breaches_are_read(void **state) {
    (void)state;
    struct measure m = measured(0.5, 10, 50);
    assert_true(m.values[0] == 0.5 && m.values[1] == 10 && m.breach == 0);
    assert_true(measured(0.5, 30, 50).breach == 0.5); /* (30 - 20) / 20: search_test */
    assert_true(measured(0.5, 30, 150).breach == 1);
    assert_true(measured(0.5, 10, -1).breach == BREACH_UNKNOWN);
}

static void other_bytes_are_refused(void **state) {
    (void)state;
    struct measure m;
    uint8_t memory[64];
    struct buf out = buf_of(memory, sizeof memory);
    assert_false(measure_of(&m, &job, 0.5, (struct span){0}));
    assert_false(measure_of(&m, &job, 0.5, span_text("?")));
    mp_put_array(&out, 2); /* the second objective was not told */
    mp_put_nil(&out);
    mp_put_f64(&out, 3);
    assert_false(measure_of(&m, &job, 0.5, buf_view(&out)));
    const struct span good = others(10, 50);
    for (size_t len = 0; len < good.len; len++)
        assert_false(measure_of(&m, &job, 0.5, span_of(good.data, len)));
    double infinity = 1e308 * 10;
    assert_false(measure_of(&m, &job, 0.5, others(infinity, 50)));
    job.objectives_count = job.constraints_count = job.metrics_count = 1;
    assert_true(measure_of(&m, &job, 0.5, (struct span){0}));
    assert_false(measure_of(&m, &job, 0.5, good)); /* it wants no others */
    job.objectives_count = job.constraints_count = job.metrics_count = 0;
    assert_false(measure_of(&m, &job, 0.5, (struct span){0}));
}

static void breaches_come_first_then_values_in_order(void **state) {
    (void)state;
    /* From the best to the worst. */
    const struct measure ordered[] = {measured(0.9, 19, 50), measured(0.8, 5, 50),
                                      measured(0.8, 6, 50), measured(0.1, 21, 50),
                                      measured(0.99, 40, 50)};
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 5; j++) {
            int order = measure_compare(&job, &ordered[i], &ordered[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
    assert_true(measure_dominates(&job, ordered[1].values, ordered[2].values));
    assert_false(measure_dominates(&job, ordered[0].values, ordered[1].values));
    assert_false(measure_dominates(&job, ordered[1].values, ordered[0].values));
}

static void one_trial_has_to_reach_all_targets(void **state) {
    (void)state;
    struct measure good = measured(0.9, 10, 50), large = measured(0.9, 12, 50);
    struct measure broken = measured(0.9, 10, 500);
    assert_false(measure_reaches(&job, &good)); /* there are none */
    job.objectives[0].has_target = true;
    job.objectives[0].target = 0.9;
    assert_true(measure_reaches(&job, &good) && measure_reaches(&job, &large));
    assert_false(measure_reaches(&job, &broken));
    job.objectives[1].has_target = true;
    job.objectives[1].target = 11;
    assert_true(measure_reaches(&job, &good));
    assert_false(measure_reaches(&job, &large));
}

/* ---- frontiers ---- */

static void the_order_of_arrival_does_not_matter(void **state) {
    (void)state;
    enum { TRIALS = 60, ORDERS = 20 };
    double values[TRIALS][2];
    uint8_t bytes[2][FRONTIER_BYTES];
    struct rng r = rng_of(3, 0, 0);
    for (int i = 0; i < TRIALS; i++) { /* coarse, so that some are equal */
        values[i][0] = (double)rng_below(&r, 8);
        values[i][1] = (double)rng_below(&r, 8);
    }
    size_t len = 0;
    for (uint32_t order = 0; order < ORDERS; order++) {
        uint32_t slots[TRIALS];
        struct frontier f = frontier_of(&job);
        for (uint32_t i = 0; i < TRIALS; i++) {
            uint32_t at = (uint32_t)rng_below(&r, i + 1);
            slots[i] = slots[at];
            slots[at] = i;
        }
        for (uint32_t i = 0; i < TRIALS; i++)
            frontier_enter(&f, &job, slots[i], values[slots[i]]);
        for (uint32_t i = 0; i < TRIALS; i++) {
            bool beaten = false;
            for (uint32_t k = 0; k < TRIALS; k++) {
                bool equal = values[k][0] == values[i][0] && values[k][1] == values[i][1];
                beaten =
                    beaten || measure_dominates(&job, values[k], values[i]) || (equal && k < i);
            }
            assert_int_equal(frontier_find(&f, i) == NULL, beaten);
        }
        struct buf out = buf_of(bytes[order > 0], FRONTIER_BYTES);
        frontier_encode(&f, &out);
        assert_false(out.overflow || f.full);
        assert_true(order == 0 || (out.len == len && memcmp(bytes[0], bytes[1], len) == 0));
        len = out.len;
    }
}

static void it_survives_its_bytes(void **state) {
    (void)state;
    static const double values[][2] = {{0.5, 5}, {0.25, 3}, {0.75, 9}};
    uint8_t memory[FRONTIER_BYTES + 1];
    struct buf out = buf_of(memory, sizeof memory);
    struct frontier f = frontier_of(&job), back;
    for (uint64_t i = 0; i < 3; i++)
        frontier_enter(&f, &job, 7 - i, values[i]);
    f.broken = 4;
    frontier_encode(&f, &out);
    assert_true(frontier_decode(&back, buf_view(&out)));
    assert_int_equal(back.count, 3);
    assert_int_equal(back.objectives, 2);
    assert_int_equal(back.broken, 4);
    assert_false(back.full);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(back.points[i].slot, 5 + i);
        assert_true(back.points[i].values[1] == values[2 - i][1]);
    }
    for (size_t len = 0; len < out.len; len++)
        assert_false(frontier_decode(&back, span_of(memory, len)));
    assert_int_equal(back.count, 0);
    frontier_leave(&f, 6);
    assert_true(frontier_find(&f, 6) == NULL && f.count == 2);
}

static void a_full_one_says_so(void **state) {
    (void)state;
    uint8_t memory[FRONTIER_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    struct frontier f = frontier_of(&job), back;
    uint32_t room = frontier_room(2);
    assert_int_equal(room, 148);
    for (uint32_t i = 0; i <= room; i++) {
        assert_false(f.full);
        frontier_enter(&f, &job, UINT64_MAX / 2 + i, (double[]){i, i});
    }
    assert_true(f.full);
    assert_int_equal(f.count, room);
    frontier_encode(&f, &out);
    assert_false(out.overflow);
    assert_true(frontier_decode(&back, buf_view(&out)));
    assert_int_equal(back.count, room);
    frontier_enter(&f, &job, 1, (double[]){1000, -1}); /* beats all */
    assert_int_equal(f.count, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(values_and_breaches_are_read, set_up),
        cmocka_unit_test_setup(other_bytes_are_refused, set_up),
        cmocka_unit_test_setup(breaches_come_first_then_values_in_order, set_up),
        cmocka_unit_test_setup(one_trial_has_to_reach_all_targets, set_up),
        cmocka_unit_test_setup(the_order_of_arrival_does_not_matter, set_up),
        cmocka_unit_test_setup(it_survives_its_bytes, set_up),
        cmocka_unit_test_setup(a_full_one_says_so, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
