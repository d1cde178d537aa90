/* Trials of one job in another, and what a job knows from the start. */
#include "tests/unit/proto/job/make.h"

#include "proto/job/carry.h"

static struct param old_params[PARAMS], new_params[PARAMS + 1];
static struct job from, to;
static struct value values[LIMIT_PARAMS];
static struct carry_why why;
static struct job_fault fault;
static struct err err;
static uint8_t more_memory[JOB_ARENA_BYTES];

static void begin(void) {
    from = job_example(old_params);
    to = job_example(new_params);
}

static void check_both(void) {
    struct arena a = fresh_arena(), b = arena_of(more_memory, sizeof more_memory);
    from.params = old_params; /* a check makes copies */
    to.params = new_params;
    assert_true(job_check(&from, &a, &fault));
    if (!job_check(&to, &b, &fault))
        fail_msg("%s: %s", fault.where, fault.what);
}

#define CONSTANT_WORD(word)                                                                        \
    {                                                                                              \
        .kind = VALUE_TEXT, .text = {(const uint8_t *)(word), sizeof(word) - 1 }                   \
    }
static const struct value of_svm[PARAMS] = {[GAMMA] = {.kind = VALUE_FLOAT, .real = 0.1},
                                            [LEARNER] = CONSTANT_WORD("svm"),
                                            [KERNEL] = CONSTANT_WORD("rbf"),
                                            [C] = {.kind = VALUE_FLOAT, .real = 1.5},
                                            [NEIGHBORS] = {.kind = VALUE_NONE}};
static const struct value of_knn[PARAMS] = {[GAMMA] = {.kind = VALUE_NONE},
                                            [LEARNER] = CONSTANT_WORD("knn"),
                                            [KERNEL] = {.kind = VALUE_NONE},
                                            [C] = {.kind = VALUE_NONE},
                                            [NEIGHBORS] = {.kind = VALUE_INT, .integer = 3}};

static void the_same_space_carries_all(void **state) {
    (void)state;
    begin();
    check_both();
    assert_int_equal(job_carry(&from, of_svm, &to, values, &why), CARRIED_WHOLE);
    assert_value(&values[C], FLOAT(1.5));
    assert_value(&values[LEARNER], WORD("svm"));
    assert_ptr_equal(values[LEARNER].text.data, to.params[LEARNER].choices[0].text.data);
    assert_int_equal(values[NEIGHBORS].kind, VALUE_NONE);
}

/* Another range is no other space, as far as the values are inside. */
static void values_have_to_fit(void **state) {
    (void)state;
    begin();
    new_params[C].high = 1;
    check_both();
    assert_int_equal(job_carry(&from, of_svm, &to, values, &why), CARRIED_NOT);
    assert_int_equal(why.what, CARRY_OUTSIDE);
    assert_int_equal(why.param, C);
    new_params[C].high = 8;
    check_both();
    assert_int_equal(job_carry(&from, of_svm, &to, values, &why), CARRIED_WHOLE);
}

static void constants_are_filled_in(void **state) {
    (void)state;
    begin();
    new_params[PARAMS] =
        (struct param){.name = TEXT("epochs"), .kind = PARAM_INT, .low = 5, .high = 5};
    to.params_count = PARAMS + 1;
    check_both();
    assert_int_equal(job_carry(&from, of_svm, &to, values, &why), CARRIED_WHOLE);
    assert_value(&values[PARAMS], INT(5));
    struct value back[PARAMS];
    assert_int_equal(job_carry(&to, values, &from, back, &why), CARRIED_WHOLE);
}

/* A parameter that the old job had not stands in its middle; a trial that says nothing of what is
 * searched says nothing. */
static void what_is_not_said_makes_it_part(void **state) {
    (void)state;
    begin();
    new_params[PARAMS] =
        (struct param){.name = TEXT("epochs"), .kind = PARAM_INT, .low = 5, .high = 8};
    to.params_count = PARAMS + 1;
    check_both();
    assert_int_equal(job_carry(&from, of_svm, &to, values, &why), CARRIED_IN_PART);
    assert_value(&values[C], FLOAT(1.5));
    assert_value(&values[PARAMS], INT(7));
    new_params[PARAMS].step = 3;
    check_both();
    assert_int_equal(job_carry(&from, of_svm, &to, values, &why), CARRIED_IN_PART);
    assert_value(&values[PARAMS], INT(5));
    begin();
    new_params[0] = new_params[PARAMS];
    to.params_count = to.argv_count = 1;
    to.env_count = 0;
    check_both();
    assert_int_equal(job_carry(&from, of_svm, &to, values, &why), CARRIED_NOT);
    assert_int_equal(why.what, CARRY_MISSING);
    assert_int_equal(why.param, 0);
}

/* What is not searched here may be why it was good there. */
static void what_nobody_asks_for_makes_it_part(void **state) {
    (void)state;
    begin();
    new_params[NEIGHBORS].name = TEXT("leaves");
    new_params[NEIGHBORS].when_text = TEXT("learner == lda");
    check_both();
    assert_int_equal(job_carry(&from, of_svm, &to, values, &why), CARRIED_WHOLE);
    assert_int_equal(job_carry(&from, of_knn, &to, values, &why), CARRIED_IN_PART);
    assert_value(&values[LEARNER], WORD("knn"));
}

static void where_keeps_out(void **state) {
    static const struct condition conditions[] = {
        {.text = {(const uint8_t *)"C + gamma <= 1.55", 17}}};
    (void)state;
    begin();
    to.where = conditions;
    to.where_count = 1;
    check_both();
    assert_int_equal(job_carry(&from, of_svm, &to, values, &why), CARRIED_NOT);
    assert_int_equal(why.what, CARRY_FORBIDDEN);
    assert_int_equal(job_carry(&from, of_knn, &to, values, &why), CARRIED_WHOLE);
}

static const struct known_trial history[] = {
    {.values = of_svm, .value = 0.75, .run_ms = 1200},
    {.values = of_knn, .failed = true},
};

static void history_survives_its_bytes(void **state) {
    static uint8_t memory[2][8192];
    (void)state;
    begin();
    to.method = METHOD_TPE;
    check_both();
    struct buf plain = buf_of(memory[0], sizeof memory[0]);
    assert_true(job_encode(&to, &plain));
    to.history = history;
    to.history_count = 2;
    check_both();
    struct buf out = buf_of(memory[1], sizeof memory[1]), again;
    assert_true(job_encode(&to, &out));
    assert_int_equal(memory[1][2], 17);
    assert_memory_equal(memory[1] + 3, memory[0] + 1, plain.len - 1);
    struct arena arena = fresh_arena();
    struct job back;
    if (!job_decode(&back, buf_view(&out), &arena, &err))
        fail_msg("%s", err.what);
    assert_int_equal(back.history_count, 2);
    assert_value(&back.history[0].values[C], FLOAT(1.5));
    assert_true(back.history[0].value == 0.75 && back.history[0].run_ms == 1200);
    assert_false(back.history[0].failed);
    assert_true(back.history[1].failed);
    assert_value(&back.history[1].values[NEIGHBORS], INT(3));
    again = buf_of(memory[0], sizeof memory[0]);
    assert_true(job_encode(&back, &again));
    assert_true(span_equal(buf_view(&again), buf_view(&out)));
    for (size_t len = 0; len < out.len; len++) {
        arena = fresh_arena();
        assert_false(job_decode(&back, span_of(out.data, len), &arena, &err));
    }
}

/* Bytes that other histories have are what they always were. */
static void how_far_an_earlier_trial_breaks_constraints_is_known(void **state) {
    static const struct condition small = {.text = {(const uint8_t *)"mb <= 8", 7}};
    static uint8_t memory[2][8192];
    struct known_trial broken[] = {history[0], history[1]};
    (void)state;
    begin();
    to.method = METHOD_TPE;
    to.constraints = &small;
    to.constraints_count = 1;
    to.history = broken;
    to.history_count = 2;
    check_both();
    struct buf without = buf_of(memory[0], sizeof memory[0]);
    assert_true(job_encode(&to, &without));
    broken[0].breach = 0.5;
    struct buf out = buf_of(memory[1], sizeof memory[1]);
    assert_true(job_encode(&to, &out));
    assert_int_equal(out.len, without.len + 9);
    struct arena arena = fresh_arena();
    struct job back;
    if (!job_decode(&back, buf_view(&out), &arena, &err))
        fail_msg("%s", err.what);
    assert_true(back.history[0].breach == 0.5 && back.history[1].breach == 0);
}

static void assert_no_history(const char *what) {
    struct arena arena = arena_of(more_memory, sizeof more_memory);
    to.params = new_params;
    assert_false(job_check(&to, &arena, &fault));
    assert_string_equal(fault.where, "search.learn_from");
    assert_string_equal(fault.what, what);
}

static void history_is_checked(void **state) {
    struct known_trial one = history[0];
    struct value other[PARAMS];
    (void)state;
    begin();
    to.history = &one;
    to.history_count = 1;
    assert_no_history("earlier trials need one objective and a method that learns");
    to.method = METHOD_TPE;
    to.history_count = HISTORY_MAX + 1;
    assert_no_history("1025 earlier trials are too many");
    to.history_count = 1;
    check_both();
    memcpy(other, of_svm, sizeof other);
    other[C] = FLOAT(1.25);
    one.values = other;
    assert_no_history("the earlier trial 0 is none of this search");
    one = (struct known_trial){.values = of_svm, .breach = 1}; /* of what? */
    assert_no_history("the earlier trial 0 is none of this search");
    one = (struct known_trial){.values = of_svm, .value = 1.0 / 0.0};
    assert_no_history("the earlier trial 0 is none of this search");
    one = (struct known_trial){.values = of_svm, .value = 1, .failed = true};
    assert_no_history("the earlier trial 0 is none of this search");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_space_carries_all),
        cmocka_unit_test(values_have_to_fit),
        cmocka_unit_test(constants_are_filled_in),
        cmocka_unit_test(what_is_not_said_makes_it_part),
        cmocka_unit_test(what_nobody_asks_for_makes_it_part),
        cmocka_unit_test(where_keeps_out),
        cmocka_unit_test(history_survives_its_bytes),
        cmocka_unit_test(how_far_an_earlier_trial_breaks_constraints_is_known),
        cmocka_unit_test(history_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
