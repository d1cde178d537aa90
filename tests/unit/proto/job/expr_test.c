#include "tests/unit/proto/job/make.h"

#include "proto/job/expr.h"

enum { LEARNER_AT, DEPTH_AT, FAST_AT, RATE_AT };

static struct span names[] = {{(const uint8_t *)"learner", 7},
                              {(const uint8_t *)"depth", 5},
                              {(const uint8_t *)"fast", 4},
                              {(const uint8_t *)"rate", 4}};
static struct expr_names all_names = {.names = names, .count = 4};

static const struct expr *compile(const char *text, struct expr_fault *fault) {
    static struct arena arena;
    arena = fresh_arena();
    return expr_compile(span_text(text), &all_names, &arena, fault);
}

static void conditions_hold_or_not(void **state) {
    (void)state;
    const struct value values[] = {WORD("svm"), INT(4), BOOL(true), NONE};
    static const struct {
        const char *text;
        bool holds;
    } cases[] = {
        {"learner == svm", true},
        {"learner == 'svm'", true},
        {"learner == \"svm\"", true},
        {"svm == learner", true},
        {"learner != svm", false},
        {"learner != forest", true},
        {"depth == 4", true},
        {"depth == 4.0", true},
        {"depth < 4", false},
        {"depth <= 4", true},
        {"depth > 3.5", true},
        {"depth >= 5", false},
        {"3 < depth", true},
        {"-1e1 < depth", true},
        {"fast", true},
        {"not fast", false},
        {"fast == true", true},
        {"fast != true", false},
        {"learner in [knn, svm]", true},
        {"learner in [knn]", false},
        {"not learner in [knn, lda]", true},
        {"depth in [1, 2, 4]", true},
        {"learner == svm and depth < 3", false},
        {"learner == svm or depth < 3", true},
        {"learner == knn or depth == 4 and fast", true},
        {"(learner == knn or depth == 4) and not fast", false},
        {"not (learner == knn or depth == 5)", true},
        {"not not fast", true},
        {"learner==svm and(depth==4)", true},
        {"learner == depth", false},
        {"learner\n ==\t svm", true},
    };
    for (uint32_t i = 0; i < COUNT(cases); i++) {
        struct expr_fault fault;
        const struct expr *e = compile(cases[i].text, &fault);
        if (e == NULL)
            fail_msg("%s: %s", cases[i].text, fault.what);
        if (expr_true(e, values) != cases[i].holds)
            fail_msg("%s should be %s", cases[i].text, cases[i].holds ? "true" : "false");
    }
}

/* learner svm, depth 4, fast true, rate 0.25. */
static void arithmetic_is_that_of_doubles(void **state) {
    (void)state;
    const struct value values[] = {WORD("svm"), INT(4), BOOL(true), FLOAT(0.25)};
    static const struct {
        const char *text;
        enum expr_truth truth;
    } cases[] = {
        {"depth + rate == 4.25", EXPR_YES},
        {"depth - rate - 1 == 2.75", EXPR_YES}, /* from the left */
        {"depth / 2 / 2 == 1", EXPR_YES},
        {"2 + 3 * depth == 14", EXPR_YES}, /* products first */
        {"(2 + 3) * depth == 20", EXPR_YES},
        {"-depth + 5 == 1", EXPR_YES},
        {"- - depth == 4", EXPR_YES},
        {"-(depth + 1) == -5", EXPR_YES},
        {"+depth == +4", EXPR_YES},
        {"depth-1 == 3", EXPR_YES}, /* parameters and numbers: a difference */
        {"depth-rate == 3.75", EXPR_YES},
        {"depth+1e-1 > 4", EXPR_YES},
        {"1-depth == -3", EXPR_YES},
        {"learner == depth-first", EXPR_NO}, /* first is no parameter: one word of text */
        {"learner != a-b-c", EXPR_YES},
        {"depth*depth == 16", EXPR_YES},
        {"depth % 3 == 1", EXPR_YES},
        {"-depth % 3 == 2", EXPR_YES}, /* the sign of the divisor */
        {"depth % -3 == -2", EXPR_YES},
        {"depth % 2.5 == 1.5", EXPR_YES},
        {"rate * 3 / depth == 0.1875", EXPR_YES},
        {"min(depth, rate, 3) == 0.25", EXPR_YES},
        {"max(depth, rate) == 4", EXPR_YES},
        {"max(rate) == 0.25", EXPR_YES},
        {"max(-depth, -rate) == -rate", EXPR_YES},
        {"abs(rate - 1) == 0.75", EXPR_YES},
        {"sqrt(depth) == 2", EXPR_YES},
        {"floor(rate + 0.5) + ceil(rate) == 1", EXPR_YES},
        {"depth in [rate * 16, 7]", EXPR_YES},
        {"depth + 1 in [4, 6]", EXPR_NO},
        {"not depth + 1 > 4", EXPR_NO},
        {"depth + 1 > 4 and rate < 1", EXPR_YES},
        {"(depth) > 3 and (fast)", EXPR_YES},
        {"depth / (rate - 0.25) > 1", EXPR_UNKNOWN},
        {"depth % 0 == 0", EXPR_UNKNOWN},
        {"not depth / 0 > 1", EXPR_UNKNOWN},
        {"depth * 1e308 > 1", EXPR_UNKNOWN}, /* beyond doubles */
        {"sqrt(-depth) > 1", EXPR_UNKNOWN},
        {"learner + 1 > 1", EXPR_UNKNOWN},
        {"depth / 0 > 1 or fast", EXPR_YES},
        {"rate * 0 + 0.1 + 0.2 > 0.3", EXPR_YES}, /* 0.30000000000000004 */
    };
    for (uint32_t i = 0; i < COUNT(cases); i++) {
        struct expr_fault fault;
        const struct expr *e = compile(cases[i].text, &fault);
        if (e == NULL)
            fail_msg("%s: %s", cases[i].text, fault.what);
        if (expr_truth(e, values) != cases[i].truth)
            fail_msg("%s should be %d", cases[i].text, (int)cases[i].truth);
    }
}

static void misses_say_how_far(void **state) {
    (void)state;
    const struct value values[] = {WORD("svm"), INT(4), BOOL(true), FLOAT(0.25)};
    static const struct {
        const char *text;
        double miss;
    } cases[] = {
        {"depth <= 4", 0},
        {"depth <= 2", 1},           /* (4 - 2) / 2 */
        {"depth >= 10", 0.6},        /* (10 - 4) / 10 */
        {"16 <= depth", 0.75},       /* (16 - 4) / 16 */
        {"depth <= 0", 4},           /* 0 measures nothing */
        {"depth + rate <= 1", 3.25}, /* (4.25 - 1) / 1 */
        {"depth <= rate", 3.75},     /* no constant */
        {"depth < 4", 1e-300},       /* there, but for the smallest step */
        {"depth == 8", 0.5},
        {"depth != 4", 1},
        {"not depth >= 2", 1},
        {"depth in [8, 5]", 0.2},
        {"not depth in [8, 4]", 1},
        {"learner == knn", 1},
        {"not fast", 1},
        {"depth <= 2 and rate >= 0.5", 1.5},
        {"depth <= 2 or rate >= 0.5", 0.5},
        {"not (depth > 2 or rate < 0.5)", 1.5}, /* De Morgan */
        {"not (depth > 2 and rate < 0.5)", 0.5},
        {"depth / 0 < 1", 0}, /* unknown */
        {"depth * 1e200 < 1", 1e100},
    };
    for (uint32_t i = 0; i < COUNT(cases); i++) {
        struct expr_fault fault;
        const struct expr *e = compile(cases[i].text, &fault);
        if (e == NULL)
            fail_msg("%s: %s", cases[i].text, fault.what);
        if (expr_miss(e, values) != cases[i].miss)
            fail_msg("%s is missed by %.17g", cases[i].text, expr_miss(e, values));
    }
}

static void open_names_are_found(void **state) {
    (void)state;
    struct span found[3];
    struct expr_names metrics = {.names = found, .most = 3, .open = true};
    struct expr_fault fault;
    struct arena arena = fresh_arena();
    const struct expr *e =
        expr_compile(TEXT("model_mb/8 <= 20 and 'val/acc'-train.acc < 0.1 and model_mb > 0"),
                     &metrics, &arena, &fault);
    assert_non_null(e);
    assert_int_equal(metrics.count, 3);
    assert_text(found[0], "model_mb");
    assert_text(found[1], "val/acc");
    assert_text(found[2], "train.acc");
    const struct value told[] = {FLOAT(100), FLOAT(0.75), FLOAT(0.7)};
    assert_int_equal(expr_truth(e, told), EXPR_YES);
    const struct value untold[] = {FLOAT(100), NONE, FLOAT(0.7)};
    assert_int_equal(expr_truth(e, untold), EXPR_UNKNOWN);
    assert_null(expr_compile(TEXT("ms < 5"), &metrics, &arena, &fault));
    assert_string_equal(fault.what, "more metrics than a job can look at");
    assert_null(expr_compile(TEXT("20 <= 30"), &metrics, &arena, &fault));
    assert_string_equal(fault.what, "expected a metric here");
}

/* rate is inactive: a comparison with it neither holds nor does its opposite. */
static void what_is_inactive_settles_nothing(void **state) {
    (void)state;
    const struct value values[] = {WORD("svm"), INT(4), BOOL(true), NONE};
    static const struct {
        const char *text;
        bool holds;
    } cases[] = {
        {"rate == 1", false},
        {"rate != 1", false},
        {"not rate == 1", false},
        {"rate < 1", false},
        {"not (rate < 1)", false},
        {"rate in [1, 2]", false},
        {"not rate in [1]", false},
        {"rate", false},
        {"not rate", false},
        {"rate == 1 or fast", true},
        {"rate == 1 and fast", false},
        {"not (rate == 1 or fast)", false},
        {"not (rate == 1 and not fast)", true},
        {"depth == rate", false},
        {"not depth == rate", false},
    };
    for (uint32_t i = 0; i < COUNT(cases); i++) {
        struct expr_fault fault;
        const struct expr *e = compile(cases[i].text, &fault);
        assert_non_null(e);
        if (expr_true(e, values) != cases[i].holds)
            fail_msg("%s should be %s", cases[i].text, cases[i].holds ? "true" : "false");
    }
}

static void faults_say_what_and_where(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t at;
        const char *what;
        const char *nearest;
    } cases[] = {
        {"", 0, "expected a parameter or a value here", ""},
        {"learnr == svm", 0, "'learnr' is not a parameter", "learner"},
        {"learner ==", 10, "expected a parameter or a value here", ""},
        {"learner = svm", 8, "write '==' to compare", ""},
        {"fast && depth > 1", 5, "write 'and' instead of '&&'", ""},
        {"fast || depth > 1", 5, "write 'or' instead of '||'", ""},
        {"!fast", 0, "write 'not' instead of '!'", ""},
        {"fast fast", 5, "expected 'and', 'or' or the end here", ""},
        {"(fast", 5, "expected ')' here", ""},
        {"fast)", 4, "expected 'and', 'or' or the end here", ""},
        {"depth in 4", 9, "expected '[' after 'in'", ""},
        {"depth in [4", 11, "expected ',' or ']' here", ""},
        {"depth in []", 10, "expected a parameter or a value here", ""},
        {"depth < high", 8, "'high' is neither a number nor a parameter", ""},
        {"depth < true", 8, "expected a number here", ""},
        {"learner == 'svm", 11, "a quote that is not closed", ""},
        {"depth == 3x", 9, "'3x' is not a number; put text that begins so in quotes", ""},
        {"depth == 4 @", 11, "a character that no condition has", ""},
        {"1 == 1", 0, "expected a parameter here", ""},
        {"true", 0, "expected a parameter here", ""},
        {"svm in [learner]", 0, "'svm' is not a parameter", ""},
        {"and == 1", 0, "expected a parameter or a value here", ""},
        {"fast and", 8, "expected a parameter or a value here", ""},
        {"depth + rat <= 1", 8, "'rat' is neither a number nor a parameter", "rate"},
        {"rate + 1", 0, "this is a number, not true or false: compare it with something", ""},
        {"1 + 1", 0, "expected a parameter here", ""},
        {"2 * 3 == 6", 0, "expected a parameter here", ""},
        {"depth ** 2 < 3", 6, "there are no powers: write x * x", ""},
        {"depth // 2 < 3", 6, "write floor(x / y) instead of '//'", ""},
        {"(depth < 3) + 1 < 2", 1, "this is a condition: it has no value to compare or reckon with",
         ""},
        {"(depth < 3) == true", 1, "this is a condition: it has no value to compare or reckon with",
         ""},
        {"depth in [fast and fast]", 15, "expected ',' or ']' here", ""},
        {"mix(depth, 1) < 2", 0,
         "'mix' is no function; there are abs, ceil, floor, max, min and sqrt", "max"},
        {"min(depth, 1 < 2", 13, "expected ',' or ')' here", ""},
        {"abs(depth, 1) < 2", 0, "this function is of one number", ""},
        {"abs() < 2", 4, "expected a parameter or a value here", ""},
        {"depth + true < 2", 8, "expected a number here", ""},
        {"depth * < 2", 8, "expected a parameter or a value here", ""},
        {"-learner-x < 2", 9, "'x' is neither a number nor a parameter", ""},
        {"depth+rat <= 1", 6, "'rat' is not a parameter", "rate"},
        {"k-nn == depth-nn", 0, "'k-nn' is not a parameter", ""},
        {"'depth' <= 3", 0, "'depth' in quotes is text; a parameter stands without them", ""},
        {"depth + 1 == svm", 13, "'svm' is neither a number nor a parameter", ""},
        {"depth == 1e", 9, "'1e' is not a number; put text that begins so in quotes", ""},
    };
    for (uint32_t i = 0; i < COUNT(cases); i++) {
        struct expr_fault fault;
        if (compile(cases[i].text, &fault) != NULL)
            fail_msg("%s was taken", cases[i].text);
        assert_string_equal(fault.what, cases[i].what);
        if (fault.at != cases[i].at)
            fail_msg("%s: at %zu, expected %zu", cases[i].text, fault.at, cases[i].at);
        assert_text(fault.nearest, cases[i].nearest);
    }
}

static void size_and_depth_are_bounded(void **state) {
    (void)state;
    char text[4096];
    struct expr_fault fault;
    struct buf out = buf_of(text, sizeof text - 1);
    for (int i = 0; i < EXPR_NODES_MAX; i++) /* and the node that joins them */
        buf_text(&out, i == 0 ? "fast" : " or fast");
    text[out.len] = '\0';
    assert_null(compile(text, &fault));
    assert_string_equal(fault.what, "a condition longer than 256 parts");

    memset(text, '(', 16);
    snprintf(text + 15, sizeof text - 15, "fast)))))))))))))))");
    assert_non_null(compile(text, &fault));
    snprintf(text + 16, sizeof text - 16, "fast))))))))))))))))");
    text[15] = '(';
    assert_null(compile(text, &fault));
    assert_string_equal(fault.what, "nested deeper than 16");
    assert_null(compile("- - - - - - - - - - - - - - - - depth < 1", &fault));
    assert_string_equal(fault.what, "nested deeper than 16");
    assert_null(
        compile("not not not not not not not not not not not not not not not not fast", &fault));
    assert_string_equal(fault.what, "nested deeper than 16");
}

static void a_full_arena_is_a_fault(void **state) {
    (void)state;
    uint8_t memory[64];
    struct arena small = arena_of(memory, sizeof memory);
    struct expr_fault fault;
    assert_null(expr_compile(TEXT("fast and depth > 1"), &all_names, &small, &fault));
    assert_string_equal(fault.what, "there is no memory left for this condition");
}

struct seen {
    char text[400];
    struct buf out;
};

static void note_use(void *context, const struct expr_use *use) {
    static const char *const hows[] = {"tested", "equals", "ordered"};
    struct seen *seen = context;
    buf_span(&seen->out, names[use->name]);
    buf_byte(&seen->out, ' ');
    buf_text(&seen->out, hows[use->how]);
    buf_byte(&seen->out, ' ');
    if (use->with != NULL)
        value_print(&seen->out, use->with);
    buf_byte(&seen->out, '@');
    buf_u64(&seen->out, use->at);
    buf_byte(&seen->out, ';');
}

static void every_mention_is_visited(void **state) {
    (void)state;
    struct expr_fault fault;
    struct seen seen;
    seen.out = buf_of(seen.text, sizeof seen.text);
    const struct expr *e =
        compile("fast and (learner in [a, b] or not depth > 3) and rate == depth and depth - -2 * "
                "max(rate, 1) == -1",
                &fault);
    assert_non_null(e);
    expr_visit(e, note_use, &seen);
    assert_text(buf_view(&seen.out),
                "fast tested @0;learner equals a@22;learner equals b@25;depth ordered 3@43;"
                "rate equals @50;depth equals @58;depth ordered @68;rate ordered @85;");
    assert_int_equal(expr_size(e), 23);
}

static void reserved_words_are_known(void **state) {
    (void)state;
    assert_true(expr_reserved(TEXT("and")));
    assert_true(expr_reserved(TEXT("true")));
    assert_false(expr_reserved(TEXT("nor")));
}

/* Of learner; the others are none. */
static struct value words[4];

static bool choices_of(const void *context, uint32_t name, struct expr_choices *out) {
    *out = (struct expr_choices){.values = words, .count = 4, .ordered = *(const bool *)context};
    return name == LEARNER_AT;
}

static const struct expr *compile_ordered(const char *text, bool ordered,
                                          struct expr_fault *fault) {
    static struct arena arena;
    struct expr_names known = all_names;
    const struct value all[] = {WORD("tiny"), WORD("small"), INT(7), WORD("large")};
    memcpy(words, all, sizeof words);
    known.choices = choices_of;
    known.context = &ordered;
    arena = fresh_arena();
    return expr_compile(span_text(text), &known, &arena, fault);
}

static void ordered_choices_are_compared_by_their_order(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *holds; /* for which words */
    } cases[] = {
        {"learner >= small", "0111"},
        {"learner > small", "0011"},
        {"learner < large", "1110"},
        {"learner <= tiny", "1000"},
        {"small <= learner", "0111"},
        {"'large' > learner", "1110"},
        {"not learner < small", "0111"},
        {"learner > tiny and learner < large", "0110"},
        {"learner < large and depth > 3", "1110"},
        {"learner == small", "0100"},
        {"learner >= 7", "0010"},
    };
    struct expr_fault fault;
    for (uint32_t i = 0; i < COUNT(cases); i++) {
        const struct expr *e = compile_ordered(cases[i].text, true, &fault);
        if (e == NULL)
            fail_msg("%s: %s", cases[i].text, fault.what);
        for (uint32_t word = 0; word < 4; word++) {
            const struct value values[] = {words[word], INT(4), NONE, NONE};
            bool holds = expr_true(e, values);
            if (holds != (cases[i].holds[word] == '1'))
                fail_msg("%s with word %u", cases[i].text, word);
            assert_true((expr_miss(e, values) > 0) == (expr_truth(e, values) == EXPR_NO));
        }
        const struct value inactive[] = {NONE, INT(4), NONE, NONE};
        assert_true(expr_truth(e, inactive) == EXPR_UNKNOWN);
    }
}

static void what_has_no_order_is_said(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool ordered;
        size_t at;
        const char *what, *nearest;
    } cases[] = {
        {"learner >= small", false, 0,
         "'learner' has no order: say 'ordered: true' of it, or compare with == or in", ""},
        {"learner >= smal", true, 11, "'smal' is not a value of 'learner'", "small"},
        {"learner > large", true, 10, "'large' is the last value: none is behind it", ""},
        {"tiny > learner", true, 0, "'tiny' is the first value: none is before it", ""},
        {"depth >= small", true, 9, "'small' is neither a number nor a parameter", ""},
        {"learner + 1 >= small", true, 15, "'small' is neither a number nor a parameter", ""},
    };
    struct expr_fault fault;
    for (uint32_t i = 0; i < COUNT(cases); i++) {
        assert_null(compile_ordered(cases[i].text, cases[i].ordered, &fault));
        assert_string_equal(fault.what, cases[i].what);
        assert_int_equal(fault.at, cases[i].at);
        assert_true(span_is(fault.nearest, cases[i].nearest));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordered_choices_are_compared_by_their_order),
        cmocka_unit_test(what_has_no_order_is_said),
        cmocka_unit_test(conditions_hold_or_not),
        cmocka_unit_test(arithmetic_is_that_of_doubles),
        cmocka_unit_test(misses_say_how_far),
        cmocka_unit_test(open_names_are_found),
        cmocka_unit_test(what_is_inactive_settles_nothing),
        cmocka_unit_test(faults_say_what_and_where),
        cmocka_unit_test(size_and_depth_are_bounded),
        cmocka_unit_test(a_full_arena_is_a_fault),
        cmocka_unit_test(every_mention_is_visited),
        cmocka_unit_test(reserved_words_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
