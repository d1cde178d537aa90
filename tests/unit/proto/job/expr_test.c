#include "tests/unit/proto/job/make.h"

#include "proto/job/expr.h"

enum { LEARNER_AT, DEPTH_AT, FAST_AT, RATE_AT };

static const struct span names[] = {{(const uint8_t *)"learner", 7},
                                    {(const uint8_t *)"depth", 5},
                                    {(const uint8_t *)"fast", 4},
                                    {(const uint8_t *)"rate", 4}};
static const struct expr_names all_names = {names, 4};

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
        const char *word;
    } cases[] = {
        {"", 0, "expected a parameter or a value here", ""},
        {"learnr == svm", 0, "'learnr' is not a parameter", "learnr"},
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
        {"depth < high", 8, "'high' is neither a number nor a parameter", "high"},
        {"depth < true", 8, "expected a number here", ""},
        {"learner == 'svm", 11, "a quote that is not closed", ""},
        {"depth == 3x", 9, "'3x' is not a number; put text that begins so in quotes", ""},
        {"depth == 4 @", 11, "a character that no condition has", ""},
        {"1 == 1", 0, "expected a parameter here", ""},
        {"true", 0, "expected a parameter here", ""},
        {"svm in [learner]", 0, "'svm' is not a parameter", "svm"},
        {"and == 1", 0, "expected a parameter or a value here", ""},
        {"fast and", 8, "expected a parameter or a value here", ""},
    };
    for (uint32_t i = 0; i < COUNT(cases); i++) {
        struct expr_fault fault;
        if (compile(cases[i].text, &fault) != NULL)
            fail_msg("%s was taken", cases[i].text);
        assert_string_equal(fault.what, cases[i].what);
        if (fault.at != cases[i].at)
            fail_msg("%s: at %zu, expected %zu", cases[i].text, fault.at, cases[i].at);
        assert_text(fault.word, cases[i].word);
    }
}

static void size_and_depth_are_bounded(void **state) {
    (void)state;
    char text[4096];
    struct expr_fault fault;
    struct buf out = buf_of(text, sizeof text - 1);
    for (int i = 0; i < EXPR_NODES_MAX; i++)
        buf_text(&out, i == 0 ? "fast" : " or fast");
    text[out.len] = '\0';
    assert_null(compile(text, &fault));
    assert_string_equal(fault.what, "a condition longer than 128 parts");

    memset(text, '(', 16);
    snprintf(text + 15, sizeof text - 15, "fast)))))))))))))))");
    assert_non_null(compile(text, &fault));
    snprintf(text + 16, sizeof text - 16, "fast))))))))))))))))");
    text[15] = '(';
    assert_null(compile(text, &fault));
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
    buf_span(&seen->out, names[use->param]);
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
        compile("fast and (learner in [a, b] or not depth > 3) and rate == depth", &fault);
    assert_non_null(e);
    expr_visit(e, note_use, &seen);
    assert_text(buf_view(&seen.out),
                "fast tested @0;learner equals a@22;learner equals b@25;depth ordered 3@43;"
                "rate equals @50;depth equals @58;");
}

static void reserved_words_are_known(void **state) {
    (void)state;
    assert_true(expr_reserved(TEXT("and")));
    assert_true(expr_reserved(TEXT("true")));
    assert_false(expr_reserved(TEXT("nor")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_hold_or_not),
        cmocka_unit_test(what_is_inactive_settles_nothing),
        cmocka_unit_test(faults_say_what_and_where),
        cmocka_unit_test(size_and_depth_are_bounded),
        cmocka_unit_test(a_full_arena_is_a_fault),
        cmocka_unit_test(every_mention_is_visited),
        cmocka_unit_test(reserved_words_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
