#include "tests/unit/actors/tuner/searched.h"

#include "actors/tuner/model/tpe_model.h"

#include <math.h>

enum { TRIALS = 3000 };

static struct test_job test;
static struct searched search;
static struct tpe_model model;
static void *memory;

static void assert_near(double got, double wanted, double error) {
    if (!(fabs(got - wanted) <= error))
        fail_msg("%.9g instead of %.9g", got, wanted);
}

static void begin(void) {
    job_begin(&test, METHOD_TPE, TRIALS);
    add_range(&test, "x", PARAM_FLOAT, 0, 1);
    job_end(&test);
    search_begin(&search, &test.job, TRIALS);
    size_t size = tpe_model_bytes(&search.space);
    memory = malloc(size);
    struct arena arena = arena_of(memory, size);
    assert_true(tpe_model_init(&model, &search.space, &arena));
}

static void end(void) {
    free(memory);
    search_end(&search);
}

static uint32_t start(double x) {
    return trials_add(&search.trials, &(struct value){.kind = VALUE_FLOAT, .real = x});
}

static void trial(double x, double value, double breach) {
    trials_end(&search.trials, start(x), ENDED_WELL, &value, breach, 0);
}

static double score(double x) {
    return tpe_model_score(&model, &x);
}

/* Of 20 trials two are good: ceil(0.1 * 20). The best of the others is worth 5, the good ones 1 and
 * 4: 4 and 1 below it, on average 2.5; so 1.6 and 0.4 beside an even kernel of 1, all over 3. */
static void good_ones_weigh_by_improvement(void **state) {
    (void)state;
    begin();
    for (uint32_t i = 0; i < 18; i++)
        trial(0.5 + i * 0.02, 5 + i, 0);
    trial(0.1, 1, 0);
    trial(0.2, 4, 0);
    tpe_model_fit(&model, &search.trials, 0);
    assert_int_equal(model.good.count, 3);
    assert_int_equal(model.others.count, 19);
    assert_near(model.good.weights[0], 1.0 / 3, 1e-12);
    assert_near(model.good.weights[1], 1.6 / 3, 1e-12);
    assert_near(model.good.weights[2], 0.4 / 3, 1e-12);
    assert_true(score(0.1) > score(0.2));
    assert_true(score(0.2) > score(0.7));
    end();
}

/* No more than 25 are good, and equal values, or an order by broken constraints, leave all alike. */
static void flat_when_improvement_says_nothing(void **state) {
    (void)state;
    for (int broken = 0; broken < 2; broken++) {
        begin();
        for (uint32_t i = 0; i < 300; i++)
            trial(i / 300.0, broken ? i : 7, broken ? 1 : 0);
        tpe_model_fit(&model, &search.trials, 0);
        assert_int_equal(model.good.count, 26);
        for (uint32_t k = 0; k < 26; k++)
            assert_near(model.good.weights[k], 1.0 / 26, 1e-12);
        end();
    }
}

static void running_and_failed_ones_repel(void **state) {
    (void)state;
    begin();
    for (uint32_t i = 0; i < 20; i++)
        trial(i / 20.0, fabs(i / 20.0 - 0.5), 0);
    tpe_model_fit(&model, &search.trials, 0);
    double before = score(0.5);
    uint32_t place = start(0.51);
    tpe_model_fit(&model, &search.trials, 0);
    double running = score(0.5);
    assert_true(running < before);
    trials_end(&search.trials, place, ENDED_BADLY, NULL, 0, 0);
    tpe_model_fit(&model, &search.trials, 0);
    assert_near(score(0.5), running, 1e-9);
    end();
}

/* Of very many trials the newest half of what is counted, and every so many of those before. */
static void no_more_than_so_many_count(void **state) {
    (void)state;
    begin();
    for (uint32_t i = 0; i < 2400; i++)
        trial(i / 3000.0, 3000 - i, 0);
    for (uint32_t i = 0; i < 400; i++)
        start(0.9);
    tpe_model_fit(&model, &search.trials, 0);
    assert_int_equal(model.good.count, 1 + TPE_GOOD_MOST);
    const float *at = model.others.at;
    uint32_t running = 0, older = 0;
    for (uint32_t k = 1; k < model.others.count; k++) {
        running += at[k] > 0.89f;
        older += at[k] < 2300 / 3000.0f;
    }
    assert_int_equal(running, 400);
    assert_int_equal(older, 500);
    assert_int_equal(model.others.count, 1 + 400 + 500 + 100 - TPE_GOOD_MOST);
    end();
}

static void nothing_known_no_model(void **state) {
    (void)state;
    begin();
    assert_false(tpe_model_fit(&model, &search.trials, 0));
    trials_end(&search.trials, start(0.5), ENDED_BADLY, NULL, 0, 0);
    start(0.25);
    assert_false(tpe_model_fit(&model, &search.trials, 0));
    trial(0.75, 3, 0);
    assert_true(tpe_model_fit(&model, &search.trials, 0));
    end();
}

static void begin_curves(uint32_t rungs) {
    begin();
    search_end(&search);
    size_t size = trials_bytes(&search.space, 1, rungs, TRIALS) + 1024;
    search.memory = malloc(size);
    struct arena arena = arena_of(search.memory, size);
    assert_true(trials_init(&search.trials, &search.space, 1, rungs, TRIALS, &arena));
}

/* Ten have told their end alone: two of twelve are good, and as no rung has four values below it,
 * it is told by the ends. With fewer than four in all, at the rung that most have told. */
static void who_told_its_end_alone_is_no_curve(void **state) {
    (void)state;
    struct tpe_split split;
    begin_curves(3);
    uint32_t curve = start(0.1);
    trials_curve(&search.trials, curve, 0, -5);
    tpe_split(&split, &search.trials);
    assert_int_equal(split.count, 1);
    assert_int_equal(split.good[0], curve);
    for (uint32_t i = 0; i < 10; i++) {
        uint32_t place = start(i / 10.0);
        double end = i == 7 ? -1 : 1.0 + i;
        trials_curve(&search.trials, place, 2, end);
        trials_end(&search.trials, place, ENDED_WELL, &end, 0, 0);
    }
    trials_curve(&search.trials, start(0.2), 0, -6);
    tpe_split(&split, &search.trials);
    assert_int_equal(split.known, 12);
    assert_int_equal(split.count, 2);
    assert_int_equal(split.good[0], curve + 1 + 7);
    assert_int_equal(split.good[1], curve + 1 + 0);
    end();
}

/* 30 trials have reached the first rung, 12 the second, 2 the third, none the last: three are good,
 * the rung that six have reached is the second, and the best there are places 2, 1, 0. */
static void curves_are_told_at_one_rung(void **state) {
    (void)state;
    begin_curves(4);
    for (uint32_t i = 0; i < 30; i++) {
        uint32_t place = start(i / 30.0);
        trials_curve(&search.trials, place, 0, 10.0 - i / 10.0);
        if (i < 12)
            trials_curve(&search.trials, place, 1, i < 3 ? 3.0 - i : 5.0 + i);
        if (i > 9 && i < 12)
            trials_curve(&search.trials, place, 2, 0.5);
        if (i % 2 == 0)
            trials_pause(&search.trials, place);
    }
    struct tpe_split split;
    tpe_split(&split, &search.trials);
    assert_int_equal(split.known, 30);
    assert_int_equal(split.count, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(split.good[i], 2 - i);
    /* the next is worth 8: 7, 6, 5 below it, 6 on average */
    assert_near(split.weights[0], 7.0 / 6, 1e-12);
    assert_near(split.weights[2], 5.0 / 6, 1e-12);
    assert_true(tpe_model_fit(&model, &search.trials, 0));
    assert_int_equal(model.others.count, 1 + 27);
    end();
}

/* Two of twenty are good. The best values break a constraint: the best that breaks none comes first,
 * then, as all others break one, that which breaks it least. */
static void what_breaks_constraints_is_not_good(void **state) {
    (void)state;
    struct tpe_split split;
    begin_curves(2);
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t place = start(i / 20.0);
        double value = i == 5 ? 100 : i;
        trials_curve(&search.trials, place, 1, value);
        trials_end(&search.trials, place, ENDED_WELL, &value, i == 5 ? 0 : i == 9 ? 0.25 : 1, 0);
    }
    tpe_split(&split, &search.trials);
    assert_int_equal(split.count, 2);
    assert_int_equal(split.good[0], 5);
    assert_int_equal(split.good[1], 9);
    assert_near(split.weights[0], 1, 0);
    assert_near(split.weights[1], 1, 0);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones_weigh_by_improvement),
        cmocka_unit_test(flat_when_improvement_says_nothing),
        cmocka_unit_test(running_and_failed_ones_repel),
        cmocka_unit_test(no_more_than_so_many_count),
        cmocka_unit_test(nothing_known_no_model),
        cmocka_unit_test(curves_are_told_at_one_rung),
        cmocka_unit_test(what_breaks_constraints_is_not_good),
        cmocka_unit_test(who_told_its_end_alone_is_no_curve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
