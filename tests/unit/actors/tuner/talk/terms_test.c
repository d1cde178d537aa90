/* What init says of a search beside its space, and how much memory there is for it. */
#include "tests/unit/actors/tuner/talk/talk_stage.h"

#define XY                                                                                         \
    "{\"name\":\"x\",\"type\":\"int\",\"low\":0,\"high\":3},"                                      \
    "{\"name\":\"y\",\"type\":\"int\",\"low\":0,\"high\":3}"
#define INIT_XY(terms) "{\"op\":\"init\"," terms ",\"space\":[" XY "]}"

static void where_keeps_configurations_out(void **state) {
    (void)state;
    expect(INIT_XY("\"where\":[\"x + y <= 2\",\"x != 1\"]"), "{}");
    for (int i = 0; i < 4; i++) { /* 00 01 02 20 */
        int id, x, y;
        assert_int_equal(
            sscanf(say(ASK), "{\"id\":%d,\"params\":{\"x\":%d,\"y\":%d}}", &id, &x, &y), 3);
        assert_true(x + y <= 2 && x != 1);
    }
    expect(ASK, "{\"wait\":true}");
    expect(INIT_XY("\"where\":\"x > y\""), "{}"); /* one needs no list */
    expect_error(INIT_XY("\"where\":[\"x > 1\",\"xx > 1\"]"),
                 "where[1]: 'xx' is not a parameter, did you mean 'x'?");
    expect_error(INIT_XY("\"where\":[3]"), "where[0]: expected text in quotes, not 3");
    expect_error(INIT_XY("\"where\":\" \""), "where: the condition is empty");
    expect_error(
        INIT_XY("\"where\":\"x + y > 6\""),
        "where: no configuration was found that it allows, in 4096 draws and a search from "
        "there");
}

static void what_is_tried_first_comes_first(void **state) {
    (void)state;
    expect(INIT_XY("\"try_first\":[{\"x\":3,\"y\":1},{\"y\":0,\"x\":2}],\"where\":\"x > 1\""),
           "{}");
    expect(ASK, "{\"id\":0,\"params\":{\"x\":3,\"y\":1}}");
    expect(ASK, "{\"id\":1,\"params\":{\"x\":2,\"y\":0}}");
    assert_non_null(strstr(say(ASK), "\"id\":2"));
    expect_error(INIT_XY("\"try_first\":[{\"x\":3,\"y\":1},{\"x\":1,\"y\":1}],\"where\":\"x > 1\""),
                 "try_first[1]: where[0], \\\"x > 1\\\", keeps it out");
    expect_error(INIT_XY("\"try_first\":[{\"x\":3,\"y\":1},{\"y\":1,\"x\":3}]"),
                 "try_first[1]: the same as try_first[0]; \\\"repeat\\\" runs one several times");
    expect("{\"op\":\"init\",\"try_first\":[{\"x\":3}],\"space\":[{\"name\":\"x\",\"type\":\"int\","
           "\"low\":1,\"high\":4},{\"name\":\"one\",\"type\":\"cat\",\"choices\":[\"only\"]}]}",
           "{}"); /* of a constant nothing need be said */
    expect(ASK, "{\"id\":0,\"params\":{\"x\":3,\"one\":\"only\"}}");
    expect_error(INIT_XY("\"try_first\":[{\"x\":3}]"),
                 "try_first[0], \\\"y\\\": it is missing, and active in this configuration");
    expect_error(INIT_XY("\"try_first\":[{\"x\":3,\"y\":9}]"),
                 "try_first[0], \\\"y\\\": 9 is not one of its values");
    expect_error(
        INIT_XY("\"budget\":1,\"try_first\":[{\"x\":3,\"y\":1},{\"x\":2,\"y\":1}]"),
        "try_first: 2 configurations, expected at most 1, as \\\"budget\\\" has, and 16384 values "
        "in all");
}

/* (30 - 20) / 20 above the bound; what is not known counts as BREACH_UNKNOWN. */
static void constraints_are_about_metrics(void **state) {
    (void)state;
#define TOLD(id, rest) "{\"op\":\"tell\",\"id\":" #id ",\"state\":\"ok\"," rest "}"
    expect(INIT_XY("\"constraints\":[\"model_mb <= 20\",\"value < 8\"]"), "{}");
    for (int i = 0; i < 5; i++)
        say(ASK);
    expect(TOLD(0, "\"value\":1,\"metrics\":{\"model_mb\":30,\"other\":\"text\"}"), "{}");
    expect(TOLD(1, "\"value\":2,\"metrics\":{\"model_mb\":20}"), "{}");
    expect(TOLD(2, "\"value\":0,\"metrics\":{\"model_mb\":null}"), "{}");
    expect_error(
        TOLD(3, "\"value\":0"),
        "tell: there is no \\\"metrics\\\":{\\\"model_mb\\\":NUMBER}, which a constraint is "
        "about");
    expect_error(
        TOLD(3, "\"value\":0,\"metrics\":{\"model_mb\":\"2\"}"),
        "tell, \\\"metrics\\\", \\\"model_mb\\\": expected a finite number, not \\\"2\\\"");
    expect("{\"op\":\"tell\",\"id\":4,\"state\":\"stopped\",\"value\":0}", "{}");
    const struct trials *t = study_trials(talk.study);
    assert_true(t->breaches[0] == 0.5 && t->breaches[1] == 0);
    assert_true(t->breaches[2] == BREACH_UNKNOWN && t->breaches[4] == BREACH_UNKNOWN);
    assert_int_equal(t->best[0], 1);
    expect_error(INIT_XY("\"constraints\":\"model_mb =< 20\""),
                 "constraints[0]: write '==' to compare");
    expect_error(INIT_XY("\"constraints\":[\"mb < 2\",\"mb + x < 2\"]"),
                 "constraints[1]: 'x' is a parameter, and constraints are about what trials print; "
                 "parameters belong in 'where'");
}

/* Nobody is told to stop for what he has not said; and that is not learned. */
static void constraints_are_told_on_the_way(void **state) {
    (void)state;
#define AT(id, value, rest)                                                                        \
    "{\"op\":\"report\",\"id\":" #id ",\"step\":1,\"value\":" #value rest "}"
    expect(INIT_XY("\"constraints\":[\"mb <= 20\",\"value > 0\"],\"target\":1,\"steps\":9,"
                   "\"scheduler\":\"asha\",\"rungs\":{\"min\":1}"),
           "{}");
    for (int i = 0; i < 5; i++)
        say(ASK);
    expect(AT(0, 5, ",\"metrics\":{\"mb\":30}"), "{\"action\":\"pause\"}");
    expect(AT(1, 6, ",\"metrics\":{\"mb\":10}"), "{\"action\":\"pause\"}");
    expect(AT(2, 7, ""), "{\"action\":\"pause\"}");
    expect(AT(3, 4, ",\"metrics\":{\"mb\":40}"), "{\"action\":\"pause\"}");
    expect_error(AT(4, 4, ",\"metrics\":{\"mb\":\"4\"}"),
                 "report, \\\"metrics\\\", \\\"mb\\\": expected a finite number, not \\\"4\\\"");
    expect("{\"op\":\"ask\"}", "{\"id\":1,\"resume\":true}");
    const struct trials *t = study_trials(talk.study);
    assert_true(t->breaches[0] == 0.5 && t->breaches[1] == 0 && t->breaches[3] == 1);
    expect("{\"op\":\"tell\",\"id\":4,\"state\":\"stopped\",\"value\":0.5}", "{}");
    assert_true(t->untold[4] && t->breaches[4] == 0);
    say(ASK); /* the target is not reached: it is not known whether it keeps the constraint */
    assert_null(strstr(reply_memory, "over"));
    expect("{\"op\":\"tell\",\"id\":1,\"state\":\"ok\",\"value\":6,\"metrics\":{\"mb\":10}}", "{}");
    assert_int_equal(t->best[0], 1);
}

static void a_target_ends_the_search(void **state) {
    (void)state;
    expect(INIT_XY("\"target\":0.5,\"constraints\":\"mb < 9\""), "{}");
    for (int i = 0; i < 3; i++)
        say(ASK);
    expect(TOLD(0, "\"value\":0.6,\"metrics\":{\"mb\":1}"), "{}");
    expect(TOLD(1, "\"value\":0.4,\"metrics\":{\"mb\":9}"), "{}"); /* breaks a constraint */
    assert_non_null(strstr(say(ASK), "\"id\":3"));
    expect(TOLD(2, "\"value\":0.5,\"metrics\":{\"mb\":8}"), "{}");
    expect(ASK, "{\"wait\":true,\"over\":\"target reached\"}");
    expect(INIT_XY("\"target\":0.5,\"objectives\":[\"max\"]"), "{}");
    say(ASK);
    expect(TOLD(0, "\"value\":0.4"), "{}");
    assert_non_null(strstr(say(ASK), "\"id\":1"));
    expect("{\"op\":\"load\",\"trials\":[{\"params\":{\"x\":0,\"y\":0},\"value\":0.7}]}", "{}");
    expect(ASK, "{\"wait\":true,\"over\":\"target reached\"}");
    expect_error(INIT_XY("\"target\":\"low\""),
                 "init, \\\"target\\\": expected a finite number, not \\\"low\\\"");
}

static void objectives_may_have_names(void **state) {
    (void)state;
    expect(INIT_XY("\"objectives\":[{\"metric\":\"loss\",\"goal\":\"min\",\"target\":1},"
                   "{\"metric\":\"speed\",\"goal\":\"maximize\",\"target\":5}]"),
           "{}");
    for (int i = 0; i < 3; i++)
        say(ASK);
    expect_error(TOLD(0, "\"metrics\":{\"loss\":2}"),
                 "tell, \\\"metrics\\\": there is no \\\"speed\\\", expected a number");
    expect(TOLD(0, "\"metrics\":{\"speed\":4,\"loss\":0.5}"), "{}");
    expect(TOLD(1, "\"values\":[2,6]"), "{}");
    assert_non_null(strstr(say(ASK), "\"id\":3")); /* neither reaches both */
    expect(TOLD(2, "\"values\":[1,5]"), "{}");
    expect(ASK, "{\"wait\":true,\"over\":\"target reached\"}");
    const struct trials *t = study_trials(talk.study);
    assert_true(t->values[0] == 0.5 && t->values[1] == -4);
    expect_error(INIT_XY("\"objectives\":[{\"metric\":\"loss\"}]"),
                 "init, objectives[0]: there is no \\\"goal\\\", expected minimize or maximize");
    expect_error(INIT_XY("\"objectives\":[{\"metric\":\"a\",\"goal\":\"min\"},{\"metric\":\"a\","
                         "\"goal\":\"min\"}]"),
                 "init, objectives[1], \\\"metric\\\": \\\"a\\\" comes twice");
    expect_error(INIT_XY("\"objectives\":[\"min\",\"max\"],\"target\":1"),
                 "init, \\\"target\\\": of an objective beside others it stands in "
                 "\\\"objectives\\\":[{\\\"metric\\\":...,\\\"goal\\\":...,\\\"target\\\":...}]");
}

/* Runs 0 to 2 are of one configuration, 3 to 5 of the next: means of all values, and of what they break the constraint by. */
static void several_are_means_of_their_runs_too(void **state) {
    (void)state;
    expect(
        INIT_XY("\"repeat\":3,\"objectives\":[{\"metric\":\"loss\",\"goal\":\"min\",\"target\":2},"
                "{\"metric\":\"speed\",\"goal\":\"max\"}],\"constraints\":[\"mb <= 10\"]"),
        "{}");
    for (int i = 0; i < 9; i++)
        say(ASK);
    expect(TOLD(2, "\"metrics\":{\"loss\":3,\"speed\":1,\"mb\":10}"), "{}");
    expect(TOLD(0, "\"metrics\":{\"loss\":1,\"speed\":2,\"mb\":5}"), "{}");
    expect(TOLD(3, "\"metrics\":{\"loss\":1,\"speed\":1,\"mb\":1}"), "{}");
    expect(TOLD(4, "\"metrics\":{\"loss\":1,\"speed\":1,\"mb\":1}"), "{}");
    const struct trials *t = study_trials(talk.study);
    assert_int_equal(t->ended_count, 0);
    expect(TOLD(5, "\"metrics\":{\"loss\":1,\"speed\":1,\"mb\":13}"), "{}");
    assert_true(t->ended_count == 1 && t->breaches[1] == (13 - 10) / 10. / 3);
    assert_null(strstr(
        say(ASK), "over")); /* 1 is no more than 2, but one of its runs breaks the constraint */
    expect(TOLD(1, "\"metrics\":{\"loss\":2,\"speed\":3,\"mb\":9}"), "{}");
    assert_true(t->values[0] == 2 && t->values[1] == -2 && t->breaches[0] == 0);
    expect(ASK, "{\"wait\":true,\"over\":\"target reached\"}");
}

static void curves_are_of_one_objective(void **state) {
    (void)state;
    expect_error(INIT_XY("\"objectives\":[\"min\",\"max\"],\"steps\":9"),
                 "init, \\\"steps\\\": learning curves are of one objective: of several, leave "
                 "\\\"steps\\\" out and tell what each trial came to in the end");
    expect(INIT_XY("\"objectives\":[\"min\",\"max\"],\"steps\":1,\"method\":\"random\""), "{}");
}
#undef TOLD

/* A space of LIMIT_PARAMS numbers: a study by a Gaussian process needs about 7 MiB. */
static void little_memory_makes_the_method_lighter(void **state) {
    static char line[8192];
    static const struct {
        size_t kib;
        const char *reply;
        enum method method;
    } table[] = {
        {0, "{}", METHOD_AUTO},
        {16384, "{}", METHOD_AUTO},
        {4096, "{\"note\":\"memory is short: tpe proposes in place of auto\"}", METHOD_TPE},
        {1024, "{\"note\":\"memory is short: random proposes in place of auto\"}", METHOD_RANDOM},
        {512,
         "{\"error\":\"init: it needs 1 MiB of memory, more than there is: expected a smaller "
         "\\\"budget\\\" or space, or more memory\"}",
         0},
    };
    (void)state;
    int len = snprintf(line, sizeof line, "{\"op\":\"init\",\"method\":\"auto\",\"space\":[");
    for (int i = 0; i < LIMIT_PARAMS; i++)
        len += snprintf(line + len, sizeof line - (size_t)len,
                        "%s{\"name\":\"p%d\",\"type\":\"float\",\"low\":0,\"high\":1}",
                        i == 0 ? "" : ",", i);
    snprintf(line + len, sizeof line - (size_t)len, "]}");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        talk.setup.memory = table[i].kib << 10;
        expect(line, table[i].reply);
        assert_int_equal(talk.job.method, talk.study != NULL ? table[i].method : METHOD_RANDOM);
        assert_true(table[i].kib == 0 || talk.for_job.bytes + talk.for_study.bytes <= table[i].kib
                                                                                          << 10);
    }
}

static void several_objectives_want_a_method_that_looks_at_all(void **state) {
    (void)state;
#define INIT(method)                                                                               \
    INIT_XY("\"budget\":9,\"objectives\":[\"min\",\"max\"],\"method\":\"" method "\"")
    expect(INIT("nsga2"), "{}");
    expect(INIT("random"), "{}");
    expect(INIT("tpe"), "{\"note\":\"tpe looks at the first objective alone; auto, pareto and "
                        "nsga2 look at all 2\"}");
    talk.setup.memory = 1 << 20;
    expect(INIT("auto"), "{\"note\":\"memory is short: nsga2 proposes in place of auto\"}");
#undef INIT
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
    const struct CMUnitTest tests[] = {
        TEST(where_keeps_configurations_out),
        TEST(what_is_tried_first_comes_first),
        TEST(constraints_are_about_metrics),
        TEST(constraints_are_told_on_the_way),
        TEST(a_target_ends_the_search),
        TEST(objectives_may_have_names),
        TEST(several_are_means_of_their_runs_too),
        TEST(curves_are_of_one_objective),
        TEST(little_memory_makes_the_method_lighter),
        TEST(several_objectives_want_a_method_that_looks_at_all),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
