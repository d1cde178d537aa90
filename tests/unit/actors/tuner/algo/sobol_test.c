#include "tests/unit/actors/tuner/searched.h"

#include <math.h>
#include <stdlib.h>

enum { POINTS = 256 };

/* Static, as it is large. */
static struct test_job test;

struct sought {
    struct searched searched;
    void *memory;
    void *state;
};

static void begin(struct sought *s) {
    search_begin(&s->searched, &test.job, POINTS);
    size_t size = algo_sobol.bytes(&s->searched.brief);
    s->memory = malloc(size);
    struct arena arena = arena_of(s->memory, size);
    s->state = algo_sobol.init(&s->searched.brief, &arena);
    assert_non_null(s->state);
}

static void end(struct sought *s) {
    free(s->memory);
    search_end(&s->searched);
}

static void propose(struct sought *s, uint64_t number, struct value *values) {
    uint32_t wrong;
    assert_true(algo_sobol.propose(s->state, &s->searched.brief, number, values));
    assert_true(job_config_valid(&test.job, values, &wrong));
    trials_add(&s->searched.trials, values);
}

/* Each of 256 points in a 256th part of its own, in every coordinate; random points would leave more
 * than a third of the parts empty. The first two coordinates: one in each cell of a 16 x 16 board. */
static void points_are_spread_evenly(void **state) {
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d"};
    struct sought s;
    bool parts[4][POINTS] = {{false}}, board[POINTS] = {false};
    job_begin(&test, METHOD_SOBOL, POINTS);
    for (int i = 0; i < 4; i++)
        add_range(&test, names[i], PARAM_FLOAT, 0, POINTS);
    job_end(&test);
    begin(&s);
    for (uint64_t number = 0; number < POINTS; number++) {
        struct value v[JOB_PARAMS_MAX];
        propose(&s, number, v);
        for (int i = 0; i < 4; i++)
            parts[i][(int)v[i].real] = true;
        board[(int)(v[0].real / 16) * 16 + (int)(v[1].real / 16)] = true;
    }
    for (int part = 0; part < POINTS; part++) {
        assert_true(board[part]);
        for (int i = 0; i < 4; i++)
            assert_true(parts[i][part]);
    }
    end(&s);
}

/* Ints and choices get equal shares, to a point: 256 points, 8 values. */
static void cells_get_equal_shares(void **state) {
    (void)state;
    struct sought s;
    int whole[8] = {0}, choice[4] = {0};
    job_begin(&test, METHOD_SOBOL, POINTS);
    add_range(&test, "whole", PARAM_INT, 0, 7);
    add_choice(&test, "choice", (const char *const[]){"a", "b", "c", "d", NULL});
    add_range(&test, "real", PARAM_FLOAT, 0, 1);
    job_end(&test);
    begin(&s);
    for (uint64_t number = 0; number < POINTS; number++) {
        struct value v[JOB_PARAMS_MAX];
        propose(&s, number, v);
        whole[v[0].integer]++;
        choice[v[1].text.data[0] - 'a']++;
    }
    for (int i = 0; i < 8; i++)
        assert_int_equal(whole[i], POINTS / 8);
    for (int i = 0; i < 4; i++)
        assert_int_equal(choice[i], POINTS / 4);
    end(&s);
}

/* Of those that have it, a conditional parameter keeps the evenness of its own coordinate: with
 * half of the points, no fourth of its range gets less than half or more than double its share. */
static void conditions_keep_their_coordinate(void **state) {
    (void)state;
    struct sought s;
    int quarters[4] = {0}, count = 0;
    job_conditional(&test, METHOD_SOBOL, POINTS);
    begin(&s);
    for (uint64_t number = 0; number < POINTS; number++) {
        struct value v[JOB_PARAMS_MAX];
        propose(&s, number, v);
        if (v[1].kind == VALUE_NONE)
            continue;
        quarters[(int)(space_unit(&s.searched.space, 1, &v[1]) * 4)]++;
        count++;
        if (number >= 180) /* forests, five of them, are long used up */
            assert_true(span_is(v[0].text, "svm"));
    }
    assert_true(count == POINTS - 5);
    for (int i = 0; i < 4; i++)
        assert_true(quarters[i] > count / 8 && quarters[i] < count / 2);
    end(&s);
}

/* Same seed and number, same point; another seed, another. */
static void the_seed_scrambles(void **state) {
    (void)state;
    double first[3];
    for (int i = 0; i < 3; i++) {
        struct sought s;
        struct value v[JOB_PARAMS_MAX];
        job_begin(&test, METHOD_SOBOL, POINTS);
        add_range(&test, "x", PARAM_FLOAT, 0, 1);
        job_end(&test);
        test.job.seed = i == 2 ? 99 : 7;
        begin(&s);
        propose(&s, 5, v);
        first[i] = v[0].real;
        end(&s);
    }
    assert_true(first[0] == first[1]);
    assert_true(first[0] != first[2]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_spread_evenly),
        cmocka_unit_test(cells_get_equal_shares),
        cmocka_unit_test(conditions_keep_their_coordinate),
        cmocka_unit_test(the_seed_scrambles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
