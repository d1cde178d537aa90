#include "actors/executor/reading.h"

#include "proto/base/num.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const form_names[] = {
    [FORM_NONE] = "nothing",   [FORM_ZYG] = "zyg line",     [FORM_TUNE] = "[tune-metric] line",
    [FORM_JSON] = "JSON line", [FORM_PAIRS] = "name=value", [FORM_PATTERN] = "pattern",
};

static struct readings readings;
static struct reading_rules rules;

/* "form|step|name=value name!=nan *final=value ?unusable=value" */
static const char *shown(void) {
    static char memory[4096];
    struct buf out = buf_of(memory, sizeof memory - 1);
    buf_text(&out, form_names[readings.form]);
    buf_byte(&out, '|');
    if (readings.step != STEP_NONE)
        buf_i64(&out, readings.step);
    buf_byte(&out, '|');
    for (uint32_t i = 0; i < readings.count; i++) {
        const struct reading *r = &readings.items[i];
        buf_text(&out, i > 0 ? " " : "");
        buf_text(&out, r->final ? "*" : "");
        buf_text(&out, r->usable ? "" : "?");
        buf_text(&out, r->name);
        buf_byte(&out, '=');
        if (r->finite)
            num_print(&out, r->value);
        else
            buf_text(&out, "!");
    }
    memory[out.len] = '\0';
    return memory;
}

static void assert_reads(const char *line, const char *expected) {
    readings_take(&readings, span_text(line), &rules);
    if (strcmp(shown(), expected) != 0)
        fail_msg("%s\n  reads    %s\n  expected %s", line, shown(), expected);
}

static int automatic(void **state) {
    (void)state;
    rules = (struct reading_rules){.objective = span_text("val_acc")};
    return 0;
}

static void zyg_lines(void **state) {
    (void)state;
    assert_reads("::zyg {\"step\": 3, \"val_acc\": 0.91}", "zyg line|3|val_acc=0.91");
    assert_reads("  ::zyg {\"val_acc\": 0.91, \"step\": 3, \"loss\":1e-3}  ",
                 "zyg line|3|val_acc=0.91 loss=0.001");
    assert_reads("::zyg{\"val_acc\":1}", "zyg line||val_acc=1");
    assert_reads("::zyg {\"final\": {\"val_acc\": 0.5, \"f1\": 2}}",
                 "zyg line||*val_acc=0.5 *f1=2");
    assert_reads("::zyg {\"final\": 0.5}", "zyg line||*val_acc=0.5");
    assert_reads("::zyg {\"val_acc\": \"0.5\"}", "zyg line||val_acc=0.5");
    assert_reads("::zyg {\"val_acc\": NaN, \"loss\": -Infinity, \"x\": null}",
                 "zyg line||val_acc=! loss=! x=!");
    assert_reads("::zyg {\"note\": \"so NaN\", \"val_acc\": 1}", "zyg line||val_acc=1");
    assert_reads("::zyg {\"a\": [1, {\"b\": 2}], \"c\": true, \"val_acc\": 1}",
                 "zyg line||val_acc=1");
    assert_reads("::zyg {\"val acc\": 1}", "zyg line||?val acc=1");
    assert_reads("::zyg {}", "zyg line||");
}

static void zyg_words(void **state) {
    (void)state;
    assert_reads("::zyg {\"checkpoint\": \"ck/3\", \"step\": 3}", "zyg line|3|");
    assert_true(readings.checkpoint);
    assert_false(readings.infeasible);
    assert_string_equal(readings.text, "ck/3");
    assert_reads("::zyg {\"infeasible\": \"batch too large\"}", "zyg line||");
    assert_true(readings.infeasible);
    assert_string_equal(readings.text, "batch too large");
    assert_reads("::zyg {\"infeasible\": 1}", "zyg line||infeasible=1");
    assert_false(readings.infeasible);
}

static void broken_zyg_lines_say_what_was_expected(void **state) {
    (void)state;
    assert_reads("::zyg {\"val_acc\": 0.91", "zyg line||");
    assert_string_equal(readings.bad, "a comma or }");
    assert_int_equal(readings.bad_at, 22);
    assert_reads("::zyg {'val_acc': 0.91}", "zyg line||");
    assert_string_equal(readings.bad, "a key in quotes");
    assert_reads("::zyg val_acc=0.91", "zyg line||");
    assert_non_null(readings.bad);
    assert_reads("::zyg {\"val_acc\": 1} and more", "zyg line||");
    assert_string_equal(readings.bad, "nothing more");
    assert_reads("::zygote val_acc=1", "name=value||val_acc=1");
    assert_null(readings.bad);
}

static void syne_tune_lines(void **state) {
    (void)state;
    assert_reads("[tune-metric]: {\"epoch\": 1, \"val_acc\": 0.3, \"st_worker_timestamp\": 16.5, "
                 "\"st_worker_iter\": 0}",
                 "[tune-metric] line|0|val_acc=0.3");
    assert_reads("12:00 [tune-metric]: {\"epoch\": 4, \"val_acc\": 0.3} \\n",
                 "[tune-metric] line|4|val_acc=0.3");
    assert_reads("[tune-metric]: nothing", "[tune-metric] line||");
    assert_non_null(readings.bad);
}

static void whole_lines_of_json(void **state) {
    (void)state;
    assert_reads("{\"val_acc\": 0.9, \"loss\": 0.1, \"epoch\": 2, \"who\": \"me\"}",
                 "JSON line|2|val_acc=0.9 loss=0.1");
    assert_reads("{\"metric\": \"val_acc\", \"value\": \"0.9\"}", "JSON line||val_acc=0.9");
    assert_reads("{\"value\": 0.9, \"step\": 7, \"metric\": \"val_acc\", \"other\": 1}",
                 "JSON line|7|val_acc=0.9");
    assert_reads("{\"val_acc\": \"0.9\", \"loss\": \"0.1\", \"global_step\": \"3\"}",
                 "JSON line|3|val_acc=0.9");
    assert_reads("{\"val_acc\": NaN}", "JSON line||val_acc=!");
    assert_reads("{'loss': 0.25, 'val_acc': 0.5, 'epoch': 1.0}",
                 "name=value|1|loss=0.25 val_acc=0.5");
    assert_reads("{\"val_acc\": 0.5} tail", "name=value||val_acc=0.5");
}

static void pairs(void **state) {
    (void)state;
    assert_reads("val_acc=0.91", "name=value||val_acc=0.91");
    assert_reads("val_acc = 0.91, loss: 1e-3; lr=+.5 (f1: 7)",
                 "name=value||val_acc=0.91 loss=0.001 lr=0.5 f1=7");
    assert_reads("val_acc=0.77,loss=1", "name=value||val_acc=0.77 loss=1");
    assert_reads("val_acc=0.77, 3 left", "name=value||val_acc=0.77");
    assert_reads("val_acc=0.77,", "name=value||val_acc=0.77");
    assert_reads("val_acc=0,84 loss=1", "name=value||loss=1");
    assert_reads("epoch=3 step=150 val_acc=0.91", "name=value|150|val_acc=0.91");
    assert_reads("Epoch 3/10 - loss: 0.5 - val_acc: 0.7", "name=value|3|loss=0.5 val_acc=0.7");
    assert_reads("[step 12] val_acc=1", "name=value|12|val_acc=1");
    assert_reads("epoch=3/10: val_acc=1", "name=value|3|val_acc=1");
    assert_reads("Cross Validation Accuracy = 97.5%", "name=value||Accuracy=97.5");
    assert_reads("the val_acc is val_acc=0.5.", "name=value||val_acc=0.5");
    assert_reads("train/loss=0.5 a.b:c=1", "name=value||train/loss=0.5 a.b:c=1");
    assert_reads("INFO:root:val_acc=0.5", "name=value||val_acc=0.5");
    assert_reads("WARNING:my.module:loss: 0.5", "name=value||loss=0.5");
    assert_reads("best=val_acc=0.5", "name=value||val_acc=0.5");
    assert_reads("val_acc=nan loss=inf x: -Infinity", "name=value||val_acc=! loss=! x=!");
    assert_reads("\"val_acc\": 0.5, 'f1': '0.25'", "name=value||val_acc=0.5");
    assert_reads("\tval_acc:0.5|loss:0.25", "name=value||val_acc=0.5 loss=0.25");
}

static void what_only_looks_like_pairs(void **state) {
    (void)state;
    static const char *const lines[] = {
        "",
        "   ",
        "12:30:45 started",
        "eta: 0:12",
        "took: 3.5s",
        "acc=high",
        "x == 3",
        "x >= 3",
        "x != 3",
        "http://host:8080",
        "--lr=0.1",
        "a=0x10",
        "=3",
        ": 3",
        "pr\xc3\xa9nom",
        "n\xc3\xa9t=3",
        "val_acc=",
        "val_acc:",
        "3=4",
        "1.5:2",
        "a=1_000",
        "acc=0,84",
        "acc=1,000",
        "acc=1,000.5",
        "acc: 0.9,0.8",
        "acc=1.,5",
        "step=1,000",
        "Epoch 1,000",
        "a=1e",
        "v1=2.3.4",
        "path/: 3",
        "$home=3",
        "correct: 9/10",
        "a =\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        readings_take(&readings, span_text(lines[i]), &rules);
        if (readings.count != 0)
            fail_msg("'%s' reads %s", lines[i], shown());
    }
}

static void the_objective_may_have_any_name(void **state) {
    (void)state;
    rules = (struct reading_rules){.objective = span_text("step")};
    assert_reads("epoch=2 step=7", "name=value|2|step=7");
    rules.objective = span_text("pr\xc3\xa9"
                                "cision");
    assert_reads("the pr\xc3\xa9"
                 "cision: 0.5",
                 "name=value||pr\xc3\xa9"
                 "cision=0.5");
    rules.objective = span_text("top@5");
    assert_reads("top@5=0.5 stop@5=0.25", "name=value||top@5=0.5");
    const struct span others[] = {span_text("epoch"), span_text("top@5"), span_text("s@5")};
    rules =
        (struct reading_rules){.objective = span_text("acc"), .others = others, .others_count = 3};
    assert_reads("epoch=2 step=7 acc=1", "name=value|7|epoch=2 acc=1");
    assert_reads("top@5=0.5 s@5=1", "name=value||top@5=0.5 s@5=1");
    assert_reads("{\"top@5\": \"0.5\"}", "JSON line||top@5=0.5");
    rules = (struct reading_rules){.patterns_count = 0};
    assert_reads("a=1", "name=value||a=1");
    assert_reads("::zyg {\"final\": 1}", "zyg line||");
}

static void what_the_job_calls_a_step_goes_first(void **state) {
    (void)state;
    rules = (struct reading_rules){.objective = span_text("loss"), .unit = span_text("Epochs")};
    assert_reads("step=1200 epoch=3 loss=0.5", "name=value|3|loss=0.5");
    assert_reads("Epoch 3/10 step 1200 loss: 0.5", "name=value|3|loss=0.5");
    assert_reads("{\"step\": 1200, \"epochs\": 3, \"loss\": 0.5}", "JSON line|3|loss=0.5");
    assert_reads("step=1200 loss=0.5", "name=value|1200|loss=0.5");
    rules.unit = span_text("trees");
    assert_reads("tree 40 loss=0.5", "name=value|40|loss=0.5");
    assert_reads("trees: 41 loss=0.5", "name=value|41|loss=0.5");
    rules.unit = span_text("s");
    assert_reads("=3 loss=0.5", "name=value||loss=0.5");
    rules.unit = span_text("loss"); /* what the search wants to know is a metric first of all */
    assert_reads("loss=3", "name=value||loss=3");
    rules.unit = (struct span){0};
    assert_reads("trees=41 loss=0.5", "name=value||trees=41 loss=0.5");
}

static void many_pairs_are_bounded(void **state) {
    (void)state;
    char line[LIMIT_LINE_BYTES + 1];
    for (size_t i = 0; i < LIMIT_LINE_BYTES; i++)
        line[i] = "a=1 "[i % 4];
    readings_take(&readings, span_of(line, LIMIT_LINE_BYTES), &rules);
    assert_int_equal(readings.count, READINGS_MAX);
    readings_take(&readings, span_of(line, LIMIT_LINE_BYTES + 1), &rules);
    assert_int_equal(readings.count, 0);
}

static void names(void **state) {
    (void)state;
    char longest[LIMIT_NAME_BYTES + 1];
    memset(longest, 'a', sizeof longest);
    assert_true(metric_name_valid(span_text("train/val:acc-1.x_Y")));
    assert_false(metric_name_valid(span_text("")));
    assert_false(metric_name_valid(span_text("a b")));
    assert_false(metric_name_valid(span_of("a\0b", 3)));
    assert_true(metric_name_valid(span_of(longest, LIMIT_NAME_BYTES)));
    assert_false(metric_name_valid(span_of(longest, LIMIT_NAME_BYTES + 1)));
}

static void patterns(void **state) {
    (void)state;
    struct err err;
    struct metric_pattern list[] = {
        {span_text("acc"), span_text("Accuracy = ([0-9.]+)%")},
        {span_text("epoch"), span_text("^Epoch ([0-9]+)")},
        {span_text("loss"), span_text("loss (.*)$")},
    };
    struct job job = {.objectives = {{.metric = span_text("acc")}},
                      .objectives_count = 1,
                      .patterns = list,
                      .patterns_count = 3};
    assert_true(reading_rules_init(&rules, &job, &err));
    assert_reads("Cross Validation Accuracy = 97.5%", "pattern||acc=97.5");
    assert_reads("Epoch 4 Accuracy = 1%", "pattern|4|acc=1");
    assert_reads("loss  nan ", "pattern||loss=!");
    assert_reads("loss high", "pattern||");
    assert_reads("acc=0.5", "pattern||"); /* nothing but the patterns counts */
    assert_reads("::zyg {\"acc\": 1}", "pattern||");
    reading_rules_release(&rules);
    reading_rules_release(&rules);
}

static void bad_patterns_are_refused(void **state) {
    (void)state;
    struct err err;
    struct metric_pattern list[] = {{span_text("acc"), span_text("a(b)")},
                                    {span_text("x"), span_text("[")}};
    struct job job = {.patterns = list, .patterns_count = 2};
    assert_false(reading_rules_init(&rules, &job, &err));
    assert_int_equal(err.code, ERR_BAD_JOB_FILE);
    assert_non_null(strstr(err.what, "pattern '['"));
    assert_int_equal(rules.patterns_count, 0);
    list[1].pattern = span_text("no group");
    assert_false(reading_rules_init(&rules, &job, &err));
    assert_string_equal(err.what, "pattern 'no group' has not exactly one group");
    list[1].pattern = span_text("(a)(b)");
    assert_false(reading_rules_init(&rules, &job, &err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(zyg_lines, automatic),
        cmocka_unit_test_setup(zyg_words, automatic),
        cmocka_unit_test_setup(broken_zyg_lines_say_what_was_expected, automatic),
        cmocka_unit_test_setup(syne_tune_lines, automatic),
        cmocka_unit_test_setup(whole_lines_of_json, automatic),
        cmocka_unit_test_setup(pairs, automatic),
        cmocka_unit_test_setup(what_only_looks_like_pairs, automatic),
        cmocka_unit_test_setup(the_objective_may_have_any_name, automatic),
        cmocka_unit_test_setup(what_the_job_calls_a_step_goes_first, automatic),
        cmocka_unit_test_setup(many_pairs_are_bounded, automatic),
        cmocka_unit_test(names),
        cmocka_unit_test(patterns),
        cmocka_unit_test(bad_patterns_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
