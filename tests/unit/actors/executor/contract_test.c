#include "actors/executor/cause.h"
#include "actors/executor/contract.h"
#include "proto/base/mp.h"
#include "proto/base/num.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct contract contract;
static struct reading_rules rules;
static char heard_memory[8192];
static struct buf heard;

/* "kind:name@step=value;" for each piece of news. */
static void hear(void *context, const struct contract_news *news) {
    static const char kinds[] = "mfcinb";
    (void)context;
    buf_byte(&heard, (uint8_t)kinds[news->kind]);
    buf_byte(&heard, ':');
    buf_span(&heard, news->kind == CONTRACT_CHECKPOINT || news->kind == CONTRACT_INFEASIBLE
                         ? news->text
                         : news->name);
    if (news->step != STEP_NONE) {
        buf_byte(&heard, '@');
        buf_i64(&heard, news->step);
    }
    if (news->kind == CONTRACT_METRIC || news->kind == CONTRACT_FINAL) {
        buf_byte(&heard, '=');
        num_print(&heard, news->value);
    }
    buf_byte(&heard, ';');
}

static const struct contract_sink sink = {.hear = hear};

static int set_up(void **state) {
    (void)state;
    rules = (struct reading_rules){.objective = span_text("val_acc"), .objectives_count = 1};
    heard = buf_of(heard_memory, sizeof heard_memory - 1);
    contract_init(&contract);
    return 0;
}

static void print(const char *text) {
    contract_feed(&contract, &rules, span_text(text), &sink);
}

static void assert_heard(const char *expected) {
    heard_memory[heard.len] = '\0';
    assert_string_equal(heard_memory, expected);
    buf_clear(&heard);
}

static void assert_missing(const char *expected) {
    char memory[CAUSE_BYTES + 1];
    struct buf out = buf_of(memory, CAUSE_BYTES);
    contract_missing(&contract, &rules, &out);
    assert_false(out.overflow);
    assert_true(span_is_utf8(buf_view(&out)));
    memory[out.len] = '\0';
    assert_string_equal(memory, expected);
}

static void lines_come_in_pieces(void **state) {
    (void)state;
    print("val_");
    print("acc=0");
    assert_heard("");
    print(".5\nloss=");
    assert_heard("m:val_acc=0.5;");
    print("1 epoch=2\r50%\rval_acc=0.75\r\n\n");
    assert_heard("m:loss@2=1;m:val_acc=0.75;");
    print("val_acc=0.875");
    assert_heard("");
    contract_end(&contract, &rules, &sink);
    assert_heard("m:val_acc=0.875;");
    assert_int_equal(contract.lines, 5);
    assert_true(contract.told[0].has_value && contract.told[0].value == 0.875);
}

static void one_byte_at_a_time_reads_the_same(void **state) {
    (void)state;
    const char *text =
        "x\x1b[1mval_acc\x1b[0m: 0.5\n::zyg {\"step\":1,\"loss\":2}\rval_acc=1\b\b\bval_acc=2\n";
    print(text);
    char whole[sizeof heard_memory];
    memcpy(whole, heard_memory, heard.len);
    whole[heard.len] = '\0';
    buf_clear(&heard);
    contract_init(&contract);
    for (const char *p = text; *p != '\0'; p++)
        contract_feed(&contract, &rules, span_of(p, 1), &sink);
    assert_heard(whole);
}

static void colours_and_progress_bars_are_no_obstacle(void **state) {
    (void)state;
    print("\x1b[1m313/313\x1b[0m \x1b[32m\xe2\x94\x81\xe2\x94\x81\x1b[0m\x1b[37m\x1b[0m 2ms/step - "
          "val_acc: 0.87 - loss: 0.35\n");
    assert_heard("m:val_acc=0.87;m:loss=0.35;");
    print("val_acc: 0.1\b\b\b\b\b\b\b\b\b\b\b\bval_acc: 0.2\b\b\n");
    assert_heard("m:val_acc=0.1;m:val_acc=0.2;");
    print("\x1bMval_acc=3\n\x1b[\nval_acc=4\n");
    assert_heard("m:val_acc=3;m:val_acc=4;");
}

static void long_lines_are_cut(void **state) {
    (void)state;
    char line[LIMIT_LINE_BYTES + 100];
    memset(line, '.', sizeof line);
    memcpy(line, "val_acc=0.5 ", 12);
    memcpy(line + LIMIT_LINE_BYTES, " val_acc=7", 10);
    contract_feed(&contract, &rules, span_of(line, sizeof line), &sink);
    print("\nval_acc=0.75\n");
    assert_heard("m:val_acc=0.5;m:val_acc=0.75;");
}

static void the_final_value_wins(void **state) {
    (void)state;
    print("val_acc=0.5\n::zyg {\"final\": {\"val_acc\": 0.25}}\nval_acc=0.75\n");
    assert_heard("m:val_acc=0.5;f:val_acc=0.25;m:val_acc=0.75;");
    assert_true(contract.told[0].value == 0.25);
    print("::zyg {\"final\": 0.125}\n");
    assert_true(contract.told[0].value == 0.125);
}

static void words_are_heard(void **state) {
    (void)state;
    print("::zyg {\"checkpoint\": \"ck/3\", \"step\": 3}\n::zyg {\"infeasible\": \"too "
          "large\"}\n::zyg {oops}\n");
    assert_heard("c:ck/3@3;i:too large;b:;");
    assert_true(contract.infeasible);
    assert_string_equal(contract.why, "too large");
    assert_int_equal(contract.bad_lines, 1);
}

static void what_is_not_finite_is_counted(void **state) {
    (void)state;
    print("val_acc=nan\nval_acc=inf loss=nan\n");
    assert_heard("n:val_acc;n:val_acc;n:loss;");
    assert_false(contract.told[0].has_value);
    assert_int_equal(contract.told[0].not_finite, 2);
    assert_missing("'val_acc' was never a finite number (2 times nan or inf); last line: "
                   "\"val_acc=inf loss=nan\"");
}

static void what_is_missing_is_explained(void **state) {
    (void)state;
    assert_missing("never printed 'val_acc'; it printed nothing");
    print("hello\n");
    assert_missing("never printed 'val_acc'; printed nothing like a metric; last line: \"hello\"");
    print("loss=1 val-acc=0.5\nloss=2\n");
    assert_missing("never printed 'val_acc'; printed 'loss', 'val-acc'; nearest: 'val-acc'; last "
                   "line: \"loss=2\"");
}

static void the_nearest_name_may_hold_the_wanted_one(void **state) {
    (void)state;
    print("loss=1 Mean-Val-Acc=2\n");
    assert_missing(
        "never printed 'val_acc'; printed 'loss', 'Mean-Val-Acc'; nearest: 'Mean-Val-Acc'; "
        "last line: \"loss=1 Mean-Val-Acc=2\"");
}

/* Two objectives and the metric of a constraint; only what an objective lacks is missed. */
static void each_objective_is_awaited(void **state) {
    (void)state;
    static const struct span others[] = {{(const uint8_t *)"model_mb", 8},
                                         {(const uint8_t *)"latency", 7}};
    rules = (struct reading_rules){.objective = span_text("val_acc"),
                                   .others = others,
                                   .others_count = 2,
                                   .objectives_count = 2};
    uint8_t memory[64];
    struct buf told = buf_of(memory, sizeof memory);
    assert_missing("never printed 'val_acc'; nor 'model_mb'; it printed nothing");
    print("val_acc=0.5\n"); /* which is like a metric */
    assert_missing("never printed 'model_mb'; last line: \"val_acc=0.5\"");
    print("val_acc=0.5 model-mb=3\n");
    assert_false(contract_is_whole(&contract, &rules));
    assert_missing("never printed 'model_mb'; printed 'model-mb'; nearest: 'model-mb'; last line: "
                   "\"val_acc=0.5 model-mb=3\"");
    print("model_mb=inf\n");
    assert_missing("'model_mb' was never a finite number (1 time nan or inf); last line: "
                   "\"model_mb=inf\"");
    print("model_mb=4\n::zyg {\"final\": {\"model_mb\": 5}}\nmodel_mb=6\n");
    assert_true(contract_is_whole(&contract, &rules));
    contract_put_others(&contract, &rules, &told);
    struct mp in = mp_of(buf_view(&told));
    assert_int_equal(mp_array(&in), 2);
    assert_true(mp_f64(&in) == 5); /* its last word */
    mp_nil(&in);                   /* the latency was not told, and need not be */
    assert_true(mp_done(&in));
}

static void a_broken_zyg_line_is_explained(void **state) {
    (void)state;
    print("::zyg {'val_acc': 0.5}\n");
    assert_missing("never printed 'val_acc'; printed nothing like a metric; a line meant for zyg "
                   "is no JSON: expected "
                   "a key in quotes; last line: \"::zyg {'val_acc': 0.5}\"");
}

static void an_unmatched_pattern_is_explained(void **state) {
    (void)state;
    struct err err;
    struct metric_pattern pattern = {span_text("acc"), span_text("Accuracy = ([0-9.]+)%")};
    struct job job = {.objectives = {{.metric = span_text("acc")}},
                      .objectives_count = 1,
                      .patterns = &pattern,
                      .patterns_count = 1};
    assert_true(reading_rules_init(&rules, &job, &err));
    print("accuracy: 97%\n");
    assert_missing("no line matched the pattern of 'acc'; last line: \"accuracy: 97%\"");
    print("Accuracy = 97%\n");
    assert_heard("m:acc=97;");
    reading_rules_release(&rules);
}

static void a_cause_fits_whatever_was_printed(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        char line[LIMIT_NAME_BYTES + 8];
        memset(line, 'a' + i, LIMIT_NAME_BYTES);
        memcpy(line + LIMIT_NAME_BYTES, "=1\n", 4);
        print(line);
    }
    print("::zyg {\"a\x01\": 2}\n");
    print("\xff\xfe\x01");
    for (int i = 0; i < 400; i++)
        print("\xff");
    print("\n");
    char memory[CAUSE_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    contract_missing(&contract, &rules, &out);
    assert_false(out.overflow);
    assert_true(span_is_utf8(buf_view(&out)));
    assert_int_equal(contract.seen_count, CONTRACT_SEEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lines_come_in_pieces, set_up),
        cmocka_unit_test_setup(one_byte_at_a_time_reads_the_same, set_up),
        cmocka_unit_test_setup(colours_and_progress_bars_are_no_obstacle, set_up),
        cmocka_unit_test_setup(long_lines_are_cut, set_up),
        cmocka_unit_test_setup(the_final_value_wins, set_up),
        cmocka_unit_test_setup(words_are_heard, set_up),
        cmocka_unit_test_setup(what_is_not_finite_is_counted, set_up),
        cmocka_unit_test_setup(what_is_missing_is_explained, set_up),
        cmocka_unit_test_setup(the_nearest_name_may_hold_the_wanted_one, set_up),
        cmocka_unit_test_setup(each_objective_is_awaited, set_up),
        cmocka_unit_test_setup(a_broken_zyg_line_is_explained, set_up),
        cmocka_unit_test_setup(an_unmatched_pattern_is_explained, set_up),
        cmocka_unit_test_setup(a_cause_fits_whatever_was_printed, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
