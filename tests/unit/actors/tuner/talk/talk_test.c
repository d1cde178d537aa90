/* The ask-tell protocol: what is said, what is answered. */
#include "tests/unit/actors/tuner/talk/talk_stage.h"

#define SPACE_OF(params) "{\"op\":\"init\",\"seed\":3,\"space\":[" params "]}"
#define KERNEL "{\"name\":\"kernel\",\"type\":\"cat\",\"choices\":[\"rbf\",\"poly\"]}"
#define DEGREE                                                                                     \
    "{\"name\":\"degree\",\"type\":\"int\",\"low\":2,\"high\":4,\"log\":false,"                    \
    "\"when\":{\"param\":\"kernel\",\"in\":[\"poly\"]}}"
#define COEF                                                                                       \
    "{\"name\":\"coef\",\"type\":\"float\",\"low\":0,\"high\":1,\"when\":{\"param\":\"degree\","   \
    "\"in\":[3,4]}}"

static void a_search_is_asked_and_told(void **state) {
    (void)state;
    expect(SPACE_OF("{\"name\":\"a\",\"type\":\"cat\",\"choices\":[1,2.0,true,\"x\"]}"), "{}");
    bool seen[4] = {false};
    static const char *const values[] = {"1", "2.0", "true", "\"x\""};
    for (int id = 0; id < 4; id++) {
        const char *reply = say(ASK);
        for (int i = 0; i < 4; i++) {
            char wanted[64];
            snprintf(wanted, sizeof wanted, "{\"id\":%d,\"params\":{\"a\":%s}}", id, values[i]);
            seen[i] = seen[i] || strcmp(reply, wanted) == 0;
        }
    }
    for (int i = 0; i < 4; i++)
        assert_true(seen[i]);
    expect(ASK, "{\"wait\":true}");
    expect("{\"op\":\"tell\",\"id\":2,\"state\":\"ok\",\"value\":0.25}", "{}");
    expect("{\"op\":\"tell\",\"id\":1,\"state\":\"failed\"}", "{}");
    expect("{\"value\":-1e-3,\"id\":0,\"state\":\"ok\",\"seconds\":2,\"op\":\"tell\"}", "{}");
    const struct trials *t = study_trials(talk.study);
    assert_int_equal(t->best[0], 0);
    assert_true(t->values[2] == 0.25 && t->seconds[0] == 2);
    assert_int_equal(t->failed_count, 1);
    expect(ASK, "{\"wait\":true}"); /* one runs */
    expect("{\"op\":\"tell\",\"id\":3,\"state\":\"ok\",\"value\":1}", "{}");
    expect(ASK, "{\"wait\":true,\"over\":\"no configuration is left\"}");
    expect("{\"op\":\"quit\"}", "");
    assert_true(talk.over);
}

static void floats_are_written_as_floats_and_read_back(void **state) {
    (void)state;
    expect(SPACE_OF("{\"name\":\"x\",\"type\":\"float\",\"low\":2,\"high\":2},"
                    "{\"name\":\"y\",\"type\":\"float\",\"low\":0.1,\"high\":0.1},"
                    "{\"name\":\"z\",\"type\":\"float\",\"low\":1e22,\"high\":1e22},"
                    "{\"name\":\"i\",\"type\":\"int\",\"low\":-3.0,\"high\":-3}"),
           "{}");
    expect(ASK, "{\"id\":0,\"params\":{\"x\":2.0,\"y\":0.1,\"z\":1e22,\"i\":-3}}");
}

static void choices_may_ascend(void **state) {
    (void)state;
    expect(SPACE_OF("{\"name\":\"size\",\"type\":\"cat\",\"choices\":[\"s\",\"m\",\"l\"],"
                    "\"ordered\":true},"
                    "{\"name\":\"kind\",\"type\":\"cat\",\"choices\":[1,2,3]}"),
           "{}");
    const struct space *space = study_brief(talk.study)->space;
    assert_int_equal(space->dim[0].kind, DIM_STEPS);
    assert_int_equal(space->dim[1].kind, DIM_CHOICE); /* numbers may be names */
    say(ASK);
    expect("{\"op\":\"load\",\"trials\":[{\"params\":{\"size\":\"l\",\"kind\":2},\"value\":4}]}",
           "{}");
    expect("{\"op\":\"init\",\"space\":[{\"name\":\"s\",\"type\":\"cat\",\"choices\":[\"a\",\"b\"],"
           "\"ordered\":null,\"log\":null,\"low\":null,\"when\":null}]}",
           "{}"); /* null: not said */
    assert_false(talk.job.params[0].ordered);
    expect("{\"op\":\"init\",\"space\":[{\"name\":\"s\",\"type\":\"cat\",\"choices\":[\"a\",\"b\","
           "\"c\"],"
           "\"ordered\":true},{\"name\":\"x\",\"type\":\"int\",\"low\":1,\"high\":2,\"when\":\"s "
           ">= b\"}]}",
           "{}");
    struct value values[] = {{.kind = VALUE_TEXT, .text = span_text("b")}, {.kind = VALUE_NONE}};
    assert_true(expr_true(talk.job.params[1].when, values));
    values[0].text = span_text("a");
    assert_true(expr_truth(talk.job.params[1].when, values) == EXPR_NO);
}

/* What is decided is the rungs' affair; here it is said. */
static void learning_curves_are_reported(void **state) {
    (void)state;
    expect("{\"op\":\"init\",\"steps\":9,\"scheduler\":\"asha\",\"space\":[" KERNEL "]}", "{}");
    say(ASK);
    expect("{\"op\":\"report\",\"id\":0,\"step\":1,\"value\":0.5}", "{\"action\":\"pause\"}");
    expect_error("{\"op\":\"report\",\"id\":0,\"step\":2,\"value\":0.5}",
                 "report, \\\"id\\\": trial 0 is paused until an ask resumes it");
    say(ASK);
    expect_error("{\"op\":\"report\",\"id\":1,\"step\":10,\"value\":0.5}",
                 "report, \\\"step\\\": expected a whole number from 1 to 9, not 10");
    expect("{\"op\":\"report\",\"id\":1,\"step\":1,\"value\":0.4}", "{\"action\":\"pause\"}");
    expect(ASK, "{\"id\":1,\"resume\":true}"); /* there are no other configurations */
    expect("{\"op\":\"report\",\"id\":1,\"step\":2,\"value\":0.3}", "{\"action\":\"continue\"}");
    /* From an older checkpoint: no step forward, though it counts for its best. */
    expect("{\"op\":\"report\",\"id\":1,\"step\":1,\"value\":0.2}", "{\"action\":\"continue\"}");
    const struct trials *t = study_trials(talk.study);
    assert_true(t->values[1] == 0.2 && t->curve[(size_t)1 * t->rungs] == 0.4);
    expect("{\"op\":\"tell\",\"id\":1,\"state\":\"stopped\",\"value\":0.3,\"step\":2}", "{}");
    expect_error("{\"op\":\"report\",\"id\":1,\"step\":3,\"value\":0.5}",
                 "report, \\\"id\\\": trial 1 is over already");
}

static void where_rungs_stand_can_be_said(void **state) {
    (void)state;
#define WITH_RUNGS(text)                                                                           \
    "{\"op\":\"init\",\"steps\":9,\"scheduler\":\"asha\",\"rungs\":" text ",\"space\":[" KERNEL "]}"
    expect(WITH_RUNGS("{\"min\":2,\"eta\":2,\"patience\":1}"), "{}");
    say(ASK);
    expect("{\"op\":\"report\",\"id\":0,\"step\":1,\"value\":0.5}", "{\"action\":\"continue\"}");
    expect("{\"op\":\"report\",\"id\":0,\"step\":2,\"value\":0.5}", "{\"action\":\"pause\"}");
    expect_error(WITH_RUNGS("{\"min\":10}"),
                 "init, \\\"min\\\" of rungs: expected a whole number from 1 to 9, not 10");
    expect_error(
        "{\"op\":\"init\",\"rungs\":{\"min\":3},\"space\":[" KERNEL "]}",
        "init, \\\"rungs\\\": they stand on learning curves, expected \\\"steps\\\", their "
        "length");
    expect_error("{\"op\":\"init\",\"scheduler\":\"asha\",\"space\":[" KERNEL "]}",
                 "init, \\\"scheduler\\\": \\\"asha\\\" looks at learning curves, expected "
                 "\\\"steps\\\", their length");
    expect("{\"op\":\"init\",\"scheduler\":\"auto\",\"space\":[" KERNEL "]}", "{}");
    expect_error(WITH_RUNGS("{\"eta\":1}"),
                 "init, \\\"eta\\\" of rungs: expected a whole number from 2 to 16, not 1");
    expect_error(
        WITH_RUNGS("{\"grace\":1}"),
        "init, \\\"rungs\\\": there is no key \\\"grace\\\" here, expected min, eta, patience");
}

/* Five of a population at its first look; the worst ends and goes on as a copy of the best. */
static void a_population_is_copied_from(void **state) {
    static const char population[] =
        "{\"op\":\"init\",\"steps\":27,\"scheduler\":\"pbt\",\"from\":true,\"workers\":5,\"space\":"
        "[{\"name\":\"x\",\"type\":\"float\",\"low\":0,\"high\":1}]}";
    char line[80];
    (void)state;
    expect_error("{\"op\":\"init\",\"steps\":27,\"scheduler\":\"pbt\",\"space\":[" KERNEL "]}",
                 "init, \\\"scheduler\\\": in \\\"pbt\\\" trials go on from the checkpoints of "
                 "others, expected \\\"from\\\":true, that they can");
#define POPULATION(steps, rungs)                                                                   \
    "{\"op\":\"init\",\"steps\":" steps ",\"scheduler\":\"pbt\",\"from\":true,\"rungs\":" rungs    \
    ",\"space\":[" KERNEL "]}"
    expect_error(
        POPULATION("2", "{}"),
        "init, \\\"steps\\\": \\\"pbt\\\" compares members twice before the end, or copies "
        "nobody: expected 3 or more, not 2");
    expect_error(
        POPULATION("27", "{\"min\":27}"),
        "init, \\\"min\\\" of rungs: \\\"pbt\\\" compares members twice before the end, or "
        "copies nobody: expected 1 to 13, not 27");
    expect_error(
        POPULATION("27", "{\"min\":14}"),
        "init, \\\"min\\\" of rungs: \\\"pbt\\\" compares members twice before the end, or "
        "copies nobody: expected 1 to 13, not 14");
    expect(POPULATION("27", "{\"min\":13}"), "{}");
    expect(POPULATION("3", "{}"), "{}");
    expect(population, "{}");
    for (int i = 0; i < 5; i++)
        say(ASK);
    for (int step = 1; step <= 6; step++) {
        for (int i = 0; i < 5; i++) {
            snprintf(line, sizeof line, "{\"op\":\"report\",\"id\":%d,\"step\":%d,\"value\":%d}", i,
                     step, 10 * i);
            bool worst = i == 4 && step == 6; /* when noise is known to be none */
            expect(line, worst ? "{\"action\":\"stop\"}" : "{\"action\":\"continue\"}");
        }
    }
    expect("{\"op\":\"tell\",\"id\":4,\"state\":\"stopped\",\"value\":40,\"step\":6}", "{}");
    const char *reply = say(ASK);
    assert_non_null(strstr(reply, "\"id\":5"));
    assert_non_null(strstr(reply, "\"from\":0"));
}

static void objectives_have_their_own_sense(void **state) {
    (void)state;
    expect("{\"op\":\"init\",\"objectives\":[\"min\",\"max\"],\"space\":[" KERNEL "]}", "{}");
    say(ASK);
    expect_error("{\"op\":\"tell\",\"id\":0,\"state\":\"ok\",\"value\":1}",
                 "tell: there is no \\\"values\\\":[...] with 2 numbers");
    expect_error("{\"op\":\"tell\",\"id\":0,\"state\":\"ok\",\"values\":[1,2,3]}",
                 "tell, \\\"values\\\": 3 numbers, expected 2");
    expect("{\"op\":\"tell\",\"id\":0,\"state\":\"ok\",\"values\":[1,2]}", "{}");
    const struct trials *t = study_trials(talk.study);
    assert_true(t->values[0] == 1 && t->values[1] == -2);
}

static void conditions_nest(void **state) {
    (void)state;
    expect(SPACE_OF(KERNEL "," DEGREE "," COEF), "{}");
    bool deep = false;
    for (int i = 0; i < 30; i++) {
        const char *reply = say(ASK);
        bool poly = strstr(reply, "poly") != NULL;
        bool two = strstr(reply, "\"degree\":2") != NULL;
        assert_true((strstr(reply, "degree") != NULL) == poly);
        assert_true((strstr(reply, "coef") != NULL) == (poly && !two));
        deep = deep || strstr(reply, "coef") != NULL;
    }
    assert_true(deep);
}

static void conditions_may_be_text(void **state) {
    (void)state;
    expect(SPACE_OF(KERNEL ",{\"name\":\"degree\",\"type\":\"int\",\"low\":2,\"high\":8,\"step\":3,"
                           "\"when\":\"kernel != rbf\"}"),
           "{}");
    for (int i = 0; i < 4; i++) {
        const char *reply = say(ASK);
        assert_true((strstr(reply, "degree") != NULL) == (strstr(reply, "poly") != NULL));
    }
    expect(ASK, "{\"wait\":true}"); /* rbf, and poly with 2, 5, 8 */
    expect_error(SPACE_OF(KERNEL ",{\"name\":\"degree\",\"type\":\"int\",\"low\":2,\"high\":8,"
                                 "\"when\":\"kernle != rbf\"}"),
                 "space, \\\"degree.when\\\": 'kernle' is not a parameter, did you mean 'kernel'?");
}

/* Names are their maker's, however odd. */
static void names_may_be_anything(void **state) {
    (void)state;
    expect(SPACE_OF("{\"name\":\"in\",\"type\":\"cat\",\"choices\":[\"a'b\\\"\"]},"
                    "{\"name\":\"a b\",\"type\":\"int\",\"low\":1,\"high\":1,"
                    "\"when\":{\"param\":\"in\",\"in\":[\"a'b\\\"\"]}},"
                    "{\"name\":\"A B\",\"type\":\"int\",\"low\":1,\"high\":1}"),
           "{}");
    expect(ASK, "{\"id\":0,\"params\":{\"in\":\"a'b\\\"\",\"a b\":1,\"A B\":1}}");
}

static void earlier_trials_are_loaded(void **state) {
    (void)state;
    expect(SPACE_OF(KERNEL "," DEGREE), "{}");
    expect("{\"op\":\"load\",\"trials\":[{\"params\":{\"kernel\":\"rbf\"},\"value\":4},"
           "{\"params\":{\"degree\":3.0,\"kernel\":\"poly\"},\"value\":3,\"seconds\":1.5},"
           "{\"params\":{\"degree\":2,\"kernel\":\"poly\"},\"value\":null}]}",
           "{}");
    const struct trials *t = study_trials(talk.study);
    assert_int_equal(t->ended_count, 2);
    assert_int_equal(t->failed_count, 1);
    assert_int_equal(t->best[0], 1);
    expect(ASK,
           "{\"id\":3,\"params\":{\"kernel\":\"poly\",\"degree\":4}}"); /* the one that is left */
    expect(ASK, "{\"wait\":true}");
}

/* All or none of a load. */
static void a_bad_load_changes_nothing(void **state) {
    (void)state;
    expect(SPACE_OF(KERNEL "," DEGREE), "{}");
#define LOAD(second)                                                                               \
    "{\"op\":\"load\",\"trials\":[{\"params\":{\"kernel\":\"rbf\"},\"value\":4}," second "]}"
    expect_error(
        LOAD("{\"params\":{\"kernel\":\"poly\"},\"value\":1}"),
        "load, trials[1], \\\"degree\\\": it is missing, and active in this configuration");
    expect_error(LOAD("{\"params\":{\"kernel\":\"rbf\",\"degree\":3},\"value\":1}"),
                 "load, trials[1], \\\"degree\\\": it is not active in this configuration");
    expect_error(LOAD("{\"params\":{\"kernel\":\"poly\",\"degree\":5},\"value\":1}"),
                 "load, trials[1], \\\"degree\\\": 5 is not one of its values");
    expect_error(LOAD("{\"params\":{\"kernel\":\"rbf\",\"kernel\":\"rbf\"},\"value\":1}"),
                 "load, trials[1], \\\"kernel\\\": it comes twice");
    expect_error(
        LOAD("{\"params\":{\"kernal\":\"rbf\"},\"value\":1}"),
        "load, trials[1]: there is no parameter \\\"kernal\\\", did you mean \\\"kernel\\\"?");
    expect_error(LOAD("{\"params\":{\"kernel\":\"rbf\"}}"),
                 "load, trials[1]: there is no \\\"value\\\"");
#undef LOAD
    assert_int_equal(study_trials(talk.study)->count, 0);
}

static void what_is_no_request_is_refused(void **state) {
    (void)state;
    expect_error("[]", "request: expected an object {...}");
    expect_error("{\"id\":1}",
                 "request: there is no \\\"op\\\", expected init, ask, report, tell, load, "
                 "extend, importance, best or quit");
    expect_error("{\"op\":\"aks\"}",
                 "request, \\\"op\\\": \\\"aks\\\" is not known, expected one of "
                 "init, ask, report, tell, load, extend, importance, best, quit");
    expect_error("{\"op\":\"init\",\"xyzzy\":3}",
                 "init: there is no key \\\"xyzzy\\\" here, expected op, protocol, seed, budget, "
                 "workers, steps, method, scheduler, rungs, from, explain, patience, repeat, "
                 "cost_aware, space, objectives, target, where, constraints, try_first");
    expect_error("{\"op\":\"init\",\"scheduler\":\"ahsa\"}",
                 "init, \\\"scheduler\\\": \\\"ahsa\\\" is not known, expected one of auto, none, "
                 "asha, asha-stop, hyperband, median, pasha, finish, pbt");
    expect_error("{\"op\":\"init\",\"method\":\"grid\"}",
                 "init, \\\"method\\\": \\\"grid\\\" is not known, expected one of random, nsga2, "
                 "sobol, tpe, gp, auto, evolution, pareto");
    expect_error("{\"op\":\"init\",\"workers\":0}",
                 "init, \\\"workers\\\": expected a whole number from 1 to 1000000, not 0");
    expect_error(ASK, "ask: there is no study, expected an init");
    expect(SPACE_OF(KERNEL), "{}");
    expect_error("{\"op\":\"ask\"", "ask: not JSON at byte 11, expected a comma or }");
    expect_error("{\"op\":\"ask\",\"n\":2}", "ask: there is no key \\\"n\\\" here, expected op");
    expect_error("{\"op\":\"ask\",\"op\":\"ask\"}", "ask: the key \\\"op\\\" comes twice");
    say(ASK);
    expect_error("{\"op\":\"report\",\"id\":0,\"step\":1,\"value\":1}",
                 "report: this search has no learning curves: init did not say their "
                 "\\\"steps\\\"");
#define TELL(rest) "{\"op\":\"tell\",\"id\":0" rest "}"
    expect_error(TELL(""), "tell: there is no \\\"state\\\", expected ok, stopped or failed");
    expect_error(TELL(",\"state\":\"ok\""), "tell: there is no \\\"value\\\"");
    expect_error(TELL(",\"state\":\"ok\",\"value\":\"1\""),
                 "tell, \\\"value\\\": expected a finite number, not \\\"1\\\"");
    expect_error(TELL(",\"state\":\"ok\",\"value\":NaN"),
                 "tell: not JSON at byte 41, which knows neither NaN nor infinity, expected a "
                 "finite number, or of a trial without one \\\"state\\\":\\\"failed\\\"");
    static const char *const written[] = {"-Infinity", "nan", "-nan", "inf"};
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        char line[100];
        snprintf(line, sizeof line, TELL(",\"state\":\"ok\",\"value\":%s"), written[i]);
        assert_non_null(strstr(say(line), "knows neither NaN nor infinity"));
    }
    expect_error(TELL(",\"state\":\"ok\",\"value\":nil"),
                 "tell: not JSON at byte 42, expected a value");
    expect_error(TELL(",\"state\":\"ok\",\"value\":info"),
                 "tell: not JSON at byte 41, expected a value");
    expect_error(TELL(",\"state\":\"ok\",\"value\":1e999"),
                 "tell: not JSON at byte 41, expected a number of ordinary size and length");
    expect_error(TELL(",\"state\":\"ok\",\"value\":1,\"seconds\":-1"),
                 "tell, \\\"seconds\\\": expected no less than 0");
    expect_error("{\"op\":\"tell\",\"id\":1,\"state\":\"failed\"}",
                 "tell, \\\"id\\\": there is no trial 1");
    expect_error(TELL(",\"state\":\"failed\",\"value\":3"),
                 "tell: what failed has no value, expected \\\"state\\\" ok or stopped, or no "
                 "\\\"value\\\"");
    expect(TELL(",\"state\":\"failed\",\"value\":null"), "{}");
    expect_error(TELL(",\"state\":\"failed\""), "tell, \\\"id\\\": trial 0 is over already");
#undef TELL
}

static void a_bad_space_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *params, *what;
    } table[] = {
        {"{\"type\":\"int\"}", "space[0]: there is no \\\"name\\\""},
        {"{\"name\":\"\",\"type\":\"int\"}",
         "space[0]: a \\\"name\\\" of 0 bytes, expected 1 to 200"},
        {"{\"name\":\"a\"}",
         "space[0] \\\"a\\\": there is no \\\"type\\\", expected float, int or cat"},
        {"{\"name\":\"a\",\"type\":\"real\"}",
         "space[0] \\\"a\\\", \\\"type\\\": \\\"real\\\" is not "
         "known, expected one of float, int, cat"},
        {"{\"name\":\"a\",\"type\":\"int\",\"low\":1}",
         "space[0] \\\"a\\\": a range needs \\\"low\\\" and \\\"high\\\""},
        {"{\"name\":\"a\",\"type\":\"int\",\"low\":1.5,\"high\":3}",
         "space, \\\"a.low\\\": an int runs between whole numbers from -9007199254740992 to "
         "9007199254740992, not from 1.5"},
        {"{\"name\":\"a\",\"type\":\"float\",\"low\":0,\"high\":3,\"log\":true}",
         "space[0] \\\"a\\\": with \\\"log\\\":true \\\"low\\\" must be greater than 0, not 0"},
        {"{\"name\":\"a\",\"type\":\"float\",\"low\":0,\"high\":3,\"step\":4}",
         "space, \\\"a.step\\\": a step of 4 is longer than the range from 0 to 3"},
        {"{\"name\":\"a\",\"type\":\"cat\",\"choices\":[1,1.0]}",
         "space, \\\"a.choices[1]\\\": the value '1' twice"},
        {"{\"name\":\"a.min\",\"type\":\"cat\",\"choices\":[]}",
         "space, \\\"a.min.choices\\\": a parameter needs at least one value"},
        {"{\"name\":\"a\",\"type\":\"float\",\"low\":1,\"high\":3,\"log\":true,\"step\":1}",
         "space[0] \\\"a\\\": \\\"step\\\" does not go with \\\"log\\\":true"},
        {"{\"name\":\"a\",\"type\":\"int\",\"low\":1,\"high\":3,\"ordered\":true}",
         "space[0] \\\"a\\\": \\\"ordered\\\" does not go with \\\"type\\\":\\\"int\\\""},
        {"{\"name\":\"a\",\"type\":\"cat\",\"choices\":[1],\"ordered\":1}",
         "space[0] \\\"a\\\", \\\"ordered\\\": expected true or false, not 1"},
        {"{\"name\":\"a\",\"type\":\"cat\",\"choices\":\"abc\"}",
         "space[0] \\\"a\\\", \\\"choices\\\": expected a list [...]"},
        {"", "space: the list is empty, expected parameters"},
        {"{\"name\":\"a\",\"type\":\"cat\",\"choices\":[null]}",
         "space[0] \\\"a\\\", choices[0]: expected text, a number, true or false, not null"},
        {"{\"name\":\"a\",\"type\":\"cat\",\"choices\":[1],\"low\":1}",
         "space[0] \\\"a\\\": \\\"low\\\" does not go with \\\"type\\\":\\\"cat\\\""},
        {KERNEL "," KERNEL,
         "space[1]: the \\\"name\\\" \\\"kernel\\\" is that of space[0] already"},
        {KERNEL ",{\"name\":\"a\",\"type\":\"cat\",\"choices\":[1],"
                "\"when\":{\"param\":\"kernel\",\"in\":[\"sigmoid\"]}}",
         "space[1] \\\"a\\\", \\\"when\\\": \\\"sigmoid\\\" is no value of \\\"kernel\\\""},
        {KERNEL
         ",{\"name\":\"a\",\"type\":\"cat\",\"choices\":[1],\"when\":{\"param\":\"kernel\"}}",
         "space[1] \\\"a\\\", \\\"when\\\": expected {\\\"param\\\":NAME,\\\"in\\\":[VALUE,...]}"},
        {"{\"name\":\"a\",\"type\":\"cat\",\"choices\":[1],\"when\":{\"param\":\"a\",\"in\":[1]}}",
         "space, \\\"a.when\\\": whether 'a' is active depends, in a circle, on itself"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char line[1024];
        snprintf(line, sizeof line, "{\"op\":\"init\",\"space\":[%s]}", table[i].params);
        expect_error(line, table[i].what);
        expect_error(ASK, "ask: there is no study, expected an init");
    }
    expect_error("{\"op\":\"init\",\"space\":[],\"protocol\":2}",
                 "init, \\\"protocol\\\": expected a whole number from 1 to 1, not 2");
    expect_error("{\"op\":\"init\",\"space\":[],\"objectives\":[]}",
                 "init, \\\"objectives\\\": the list is empty");
}

/* Of a reply to ask: its params, and its id by the way. */
static void ask_again(int id, char params[256]) {
    int read = -1;
    assert_int_equal(sscanf(say(ASK), "{\"id\":%d,\"params\":%255s", &read, params), 2);
    assert_int_equal(read, id);
}

static void tell_run(int id, const char *rest) {
    char line[128];
    snprintf(line, sizeof line, "{\"op\":\"tell\",\"id\":%d,\"state\":%s}", id, rest);
    expect(line, "{}");
}

static void a_configuration_is_worth_the_mean_of_its_runs(void **state) {
    char first[256], other[256];
    double mean = 0;
    (void)state;
    expect("{\"op\":\"init\",\"repeat\":3,\"patience\":6,\"space\":[" RATE "]}", "{}");
    for (int id = 0; id < 6; id++) {
        ask_again(id, id % 3 == 0 ? first : other);
        assert_true(id % 3 == 0 || strcmp(first, other) == 0);
    }
    tell_run(2, "\"ok\",\"value\":4,\"seconds\":3");
    tell_run(0, "\"ok\",\"value\":1,\"seconds\":6");
    const struct trials *t = study_trials(talk.study);
    assert_int_equal(t->count, 2);
    assert_int_equal(t->ended_count, 0);
    expect_error("{\"op\":\"tell\",\"id\":0,\"state\":\"ok\",\"value\":1}",
                 "tell, \\\"id\\\": trial 0 is over already");
    expect_error("{\"op\":\"tell\",\"id\":6,\"state\":\"ok\",\"value\":1}",
                 "tell, \\\"id\\\": there is no trial 6");
    tell_run(1, "\"ok\",\"value\":1");
    mean = t->values[0];
    assert_true(mean == 2 && t->seconds[0] == 3 && t->ended_count == 1);
    tell_run(3, "\"failed\""); /* and so did the configuration */
    assert_int_equal(t->states[1], ENDED_BADLY);
    tell_run(4, "\"ok\",\"value\":0");
    assert_true(t->best_count == 1 && t->states[1] == ENDED_BADLY);
    ask_again(6, first);
    expect_error("{\"op\":\"tell\",\"id\":8,\"state\":\"ok\",\"value\":1}",
                 "tell, \\\"id\\\": trial 8 is over already"); /* it has not begun */
    tell_run(6, "\"failed\"");
    ask_again(9, first); /* no further run of what has failed */
    for (int id = 10; id < 15; id++)
        ask_again(id, other);
    for (int id = 9; id < 15; id++)
        tell_run(id, "\"ok\",\"value\":2");
    expect(ASK, "{\"wait\":true,\"over\":\"no better in 2 configurations of 3 trials each\"}");
    expect_error("{\"op\":\"init\",\"repeat\":65,\"space\":[" RATE "]}",
                 "init, \\\"repeat\\\": expected a whole number from 1 to 64, not 65");
    expect_error(
        "{\"op\":\"init\",\"repeat\":2,\"steps\":9,\"space\":[" RATE "]}",
        "init, \\\"repeat\\\": it does not go with learning curves, whose \\\"steps\\\" are 9");
}

static void cost_is_looked_at_where_it_can_be(void **state) {
    (void)state;
    expect("{\"op\":\"init\",\"cost_aware\":true,\"method\":\"tpe\",\"space\":[" RATE "]}", "{}");
    assert_true(talk.job.cost_aware);
    say(ASK);
    expect_error("{\"op\":\"tell\",\"id\":0,\"state\":\"ok\",\"value\":1}",
                 "tell: there is no \\\"seconds\\\":NUMBER, which \\\"cost_aware\\\" looks at");
    expect("{\"op\":\"tell\",\"id\":0,\"state\":\"ok\",\"value\":1,\"seconds\":null}", "{}");
    expect("{\"op\":\"init\",\"space\":[" RATE "]}", "{}");
    assert_false(talk.job.cost_aware);
    expect_error(
        "{\"op\":\"init\",\"cost_aware\":true,\"method\":\"sobol\",\"space\":[" RATE "]}",
        "init, \\\"cost_aware\\\": it goes with the methods auto, gp and tpe, with two to 4 "
        "objectives auto and pareto");
    expect("{\"op\":\"init\",\"method\":\"auto\",\"cost_aware\":true,\"objectives\":[\"min\","
           "\"max\"],\"space\":[" RATE "]}",
           "{}");
}

static void init_begins_anew(void **state) {
    (void)state;
    expect(SPACE_OF(KERNEL), "{}");
    say(ASK);
    expect(SPACE_OF("{\"name\":\"x\",\"type\":\"int\",\"low\":1,\"high\":1}"), "{}");
    assert_int_equal(blocks, 2);
    expect(ASK, "{\"id\":0,\"params\":{\"x\":1}}");
}

static void who_proposed_is_said_when_asked_for(void **state) {
    (void)state;
    expect("{\"op\":\"init\",\"explain\":true,\"space\":[" KERNEL "]}", "{}");
    assert_non_null(strstr(say(ASK), ",\"by\":\"random\"}"));
}

/* Same seed, same answers; another seed, others. */
static void the_seed_decides(void **state) {
    (void)state;
    char first[256], again[256], other[256];
    char *const replies[] = {first, again, other};
    for (int i = 0; i < 3; i++) {
        char line[256];
        snprintf(line, sizeof line,
                 "{\"op\":\"init\",\"seed\":%d,\"space\":[{\"name\":\"x\",\"type\":\"float\","
                 "\"low\":0,\"high\":1}]}",
                 i / 2);
        expect(line, "{}");
        snprintf(replies[i], 256, "%.255s", say(ASK));
    }
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
}

/* x is half of the value, and y is what it is worth by the second objective; u is in neither. */
static void what_matters_is_told(void **state) {
    (void)state;
    static const char request[] = "{\"op\":\"importance\"}";
    expect_error(request, "importance: there is no study, expected an init");
    expect("{\"op\":\"init\",\"seed\":3,\"objectives\":[\"min\",\"max\"],\"space\":["
           "{\"name\":\"u\",\"type\":\"float\",\"low\":0,\"high\":1},"
           "{\"name\":\"x\",\"type\":\"float\",\"low\":0,\"high\":1},"
           "{\"name\":\"y\",\"type\":\"float\",\"low\":0,\"high\":1}]}",
           "{}");
    for (int i = 0; i < 25; i++) {
        double u, x, y;
        char line[256];
        assert_int_equal(
            sscanf(say(ASK), "{\"id\":%*d,\"params\":{\"u\":%lf,\"x\":%lf,\"y\":%lf", &u, &x, &y),
            3);
        snprintf(line, sizeof line,
                 "{\"op\":\"tell\",\"id\":%d,\"state\":\"ok\",\"values\":[%.17g,%.17g]}", i, x + y,
                 y);
        expect(line, "{}");
        if (i == 10)
            expect(request,
                   "{\"importance\":[{\"verdict\":\"few\",\"trials\":11,\"used\":11,\"tau\":0,"
                   "\"params\":[],\"pairs\":[]},{\"verdict\":\"few\",\"trials\":11,"
                   "\"used\":11,\"tau\":0,\"params\":[],\"pairs\":[]}]}");
    }
    const char *first = say(request);
    const char *second = strstr(first + 20, "verdict");
    double alone, total;
    assert_non_null(strstr(first, "[{\"verdict\":\"known\",\"trials\":25,\"used\":25,"));
    assert_non_null(second);
    assert_int_equal(
        sscanf(strstr(first, "\"x\""), "\"x\",\"alone\":%lf,\"total\":%lf", &alone, &total), 2);
    assert_true(alone > 0.4 && alone < 0.6);
    assert_int_equal(
        sscanf(strstr(second, "\"y\""), "\"y\",\"alone\":%lf,\"total\":%lf", &alone, &total), 2);
    assert_true(alone > 0.95 && total > 0.95);
    expect_error("{\"op\":\"importance\",\"id\":1}",
                 "importance: there is no key \\\"id\\\" here, expected op");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
    const struct CMUnitTest tests[] = {
        TEST(a_search_is_asked_and_told),
        TEST(floats_are_written_as_floats_and_read_back),
        TEST(choices_may_ascend),
        TEST(learning_curves_are_reported),
        TEST(where_rungs_stand_can_be_said),
        TEST(a_population_is_copied_from),
        TEST(objectives_have_their_own_sense),
        TEST(conditions_nest),
        TEST(conditions_may_be_text),
        TEST(names_may_be_anything),
        TEST(earlier_trials_are_loaded),
        TEST(a_bad_load_changes_nothing),
        TEST(what_is_no_request_is_refused),
        TEST(a_bad_space_is_refused),
        TEST(a_configuration_is_worth_the_mean_of_its_runs),
        TEST(cost_is_looked_at_where_it_can_be),
        TEST(init_begins_anew),
        TEST(who_proposed_is_said_when_asked_for),
        TEST(the_seed_decides),
        TEST(what_matters_is_told),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
