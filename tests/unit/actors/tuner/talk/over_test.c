/* When a search is over, and how it goes on. */
#include "tests/unit/actors/tuner/talk/talk_stage.h"

static void patience_ends_the_search(void **state) {
    (void)state;
    expect("{\"op\":\"init\",\"patience\":2,\"space\":[" RATE "]}", "{}");
    for (int i = 0; i < 4; i++)
        assert_non_null(strstr(say(ASK), "\"params\""));
    expect("{\"op\":\"tell\",\"id\":2,\"state\":\"ok\",\"value\":0.5}", "{}");
    expect("{\"op\":\"tell\",\"id\":1,\"state\":\"ok\",\"value\":0.5}", "{}");
    expect("{\"op\":\"tell\",\"id\":0,\"state\":\"failed\"}", "{}");
    assert_non_null(strstr(say(ASK), "\"params\""));
    expect("{\"op\":\"tell\",\"id\":3,\"state\":\"ok\",\"value\":0.6}", "{}");
    expect(ASK, "{\"wait\":true,\"over\":\"no better in 2 trials\"}");
    expect(ASK, "{\"wait\":true,\"over\":\"no better in 2 trials\"}");
    expect("{\"op\":\"tell\",\"id\":4,\"state\":\"ok\",\"value\":0.4}", "{}"); /* it still ran */
    assert_non_null(strstr(say(ASK), "\"params\""));
    expect("{\"op\":\"load\",\"trials\":[{\"params\":{\"rate\":0.5},\"value\":0.1}]}", "{}");
    expect("{\"op\":\"tell\",\"id\":5,\"state\":\"ok\",\"value\":0.2}", "{}");
    assert_non_null(strstr(say(ASK), "{\"id\":7,"));
    expect("{\"op\":\"tell\",\"id\":7,\"state\":\"ok\",\"value\":0.1}", "{}");
    expect(ASK, "{\"wait\":true,\"over\":\"no better in 2 trials\"}");
    expect_error("{\"op\":\"init\",\"patience\":0,\"space\":[" RATE "]}",
                 "init, \\\"patience\\\": expected a whole number from 1 to 1000000000, not 0");
}

/* Of several objectives whoever comes upon the front is better, wherever; who is as good as another is not, nor who breaks a
 * constraint once somebody keeps it. */
static void the_front_moves_or_it_is_over(void **state) {
    static const struct {
        int values[2], mb;
    } steps[] = {{{5, 5}, 22}, {{9, 9}, 21}, {{1, 1}, 23}, {{4, 4}, 1},  {{6, 3}, 1},
                 {{3, 6}, 1},  {{6, 3}, 1},  {{5, 3}, 1},  {{0, 0}, 21}, {{4, 5}, 1}};
    char line[200];
    (void)state;
    expect("{\"op\":\"init\",\"patience\":2,\"objectives\":[\"min\",\"min\"],\"constraints\":[\"mb "
           "<= 20\"],"
           "\"space\":[" RATE "]}",
           "{}");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_non_null(strstr(say(ASK), "\"params\""));
        snprintf(line, sizeof line,
                 "{\"op\":\"tell\",\"id\":%zu,\"state\":\"ok\",\"values\":[%d,%d],\"metrics\":{"
                 "\"mb\":%d}}",
                 i, steps[i].values[0], steps[i].values[1], steps[i].mb);
        expect(line, "{}");
    }
    expect(ASK, "{\"wait\":true,\"over\":\"no better in 2 trials\"}");
}

/* A bowl: what is left to gain is soon less than anybody cares for. */
#define FADE "{\"name\":\"fade\",\"type\":\"float\",\"low\":0,\"high\":1}"
static void the_search_ends_when_nothing_is_expected(void **state) {
    char line[160];
    int id = 0;
    double rate = 0, fade = 0, least = 1;
    (void)state;
    expect("{\"op\":\"init\",\"method\":\"gp\",\"workers\":1,\"patience\":\"auto\",\"space\":[" RATE
           "," FADE "]}",
           "{}");
    for (int i = 0; i < 60; i++) {
        if (sscanf(say(ASK), "{\"id\":%d,\"params\":{\"rate\":%lf,\"fade\":%lf", &id, &rate,
                   &fade) != 3)
            break;
        double value = (rate - 0.3) * (rate - 0.3) + (fade - 0.6) * (fade - 0.6);
        least = value < least ? value : least;
        snprintf(line, sizeof line, "{\"op\":\"tell\",\"id\":%d,\"state\":\"ok\",\"value\":%.17g}",
                 id, value);
        expect(line, "{}");
    }
    assert_true(id >= 8 + 11 - 1 && id < 50); /* a process knows something from 8 on */
    assert_true(least < 1e-4);
    expect(ASK, "{\"wait\":true,\"over\":\"no further improvement expected\"}");

    expect("{\"op\":\"extend\",\"budget\":201}", "{}"); /* as with any patience */
    assert_non_null(strstr(say(ASK), "\"params\""));

    /* Whoever gets ever better is let. */
    expect("{\"op\":\"init\",\"method\":\"gp\",\"workers\":1,\"patience\":\"auto\",\"space\":[" RATE
           "]}",
           "{}");
    for (int i = 0; i < 50; i++) {
        assert_non_null(strstr(say(ASK), "\"params\""));
        snprintf(line, sizeof line, "{\"op\":\"tell\",\"id\":%d,\"state\":\"ok\",\"value\":%d}", i,
                 -i);
        expect(line, "{}");
    }
#define REFUSED                                                                                    \
    "init, \\\"patience\\\": \\\"auto\\\" goes with the methods auto and gp and one objective, "   \
    "without learning curves and \\\"cost_aware\\\""
    expect_error("{\"op\":\"init\",\"method\":\"tpe\",\"patience\":\"auto\",\"space\":[" RATE "]}",
                 REFUSED);
    expect_error(
        "{\"op\":\"init\",\"method\":\"gp\",\"steps\":9,\"patience\":\"auto\",\"space\":[" RATE
        "]}",
        REFUSED);
    expect_error("{\"op\":\"init\",\"method\":\"gp\",\"cost_aware\":true,\"patience\":\"auto\","
                 "\"space\":[" RATE "]}",
                 REFUSED);
    expect_error("{\"op\":\"init\",\"method\":\"auto\",\"objectives\":[\"min\",\"min\"],"
                 "\"patience\":\"auto\","
                 "\"space\":[" RATE "]}",
                 REFUSED);
#undef REFUSED
    expect_error("{\"op\":\"init\",\"patience\":\"long\",\"space\":[" RATE "]}",
                 "init, \\\"patience\\\": expected \\\"auto\\\" or a whole number from 1 to "
                 "1000000000, not \\\"long\\\"");
}

/* The first is the best as long as nobody has told more: the second is better, though it breaks what that
 * one may have kept, and only one more was not. */
static void who_told_all_is_better_than_who_did_not(void **state) {
    (void)state;
    expect(
        "{\"op\":\"init\",\"patience\":2,\"steps\":9,\"scheduler\":\"asha-stop\",\"constraints\":"
        "[\"mb <= 2\"],\"space\":[" RATE "]}",
        "{}");
    for (int i = 0; i < 3; i++)
        assert_non_null(strstr(say(ASK), "\"params\""));
    expect("{\"op\":\"tell\",\"id\":0,\"state\":\"stopped\",\"value\":1,\"step\":1}", "{}");
    for (int i = 1; i < 3; i++) {
        char line[100];
        snprintf(line, sizeof line,
                 "{\"op\":\"tell\",\"id\":%d,\"state\":\"ok\",\"value\":%d,\"metrics\":{\"mb\":5}}",
                 i, i);
        expect(line, "{}");
    }
    assert_non_null(strstr(say(ASK), "{\"id\":3,"));
}

static void a_search_that_is_over_goes_on(void **state) {
    (void)state;
    expect_error("{\"op\":\"extend\",\"budget\":9}", "extend: there is no study, expected an init");
    expect("{\"op\":\"init\",\"patience\":2,\"budget\":4,\"method\":\"tpe\",\"cost_aware\":true,"
           "\"space\":[{\"name\":"
           "\"rate\",\"type\":\"float\",\"low\":0,\"high\":1}]}",
           "{}");
    for (int i = 0; i < 3; i++) {
        char line[100];
        assert_non_null(strstr(say(ASK), "\"params\""));
        snprintf(line, sizeof line,
                 "{\"op\":\"tell\",\"id\":%d,\"state\":\"ok\",\"value\":0.5,\"seconds\":1}", i);
        expect(line, "{}");
    }
    expect(ASK, "{\"wait\":true,\"over\":\"no better in 2 trials\"}");
    expect_error("{\"op\":\"extend\"}",
                 "extend: there is no \\\"budget\\\":NUMBER, how many trials there will be in all");
    expect_error("{\"op\":\"extend\",\"budget\":4}",
                 "extend, \\\"budget\\\": expected a whole number from 5 to 204, not 4");
    expect("{\"op\":\"extend\",\"budget\":40}", "{}");
    assert_int_equal(study_brief(talk.study)->budget, 40);
    assert_non_null(strstr(say(ASK), "{\"id\":3,"));
    expect("{\"op\":\"tell\",\"id\":3,\"state\":\"ok\",\"value\":0.5,\"seconds\":1}", "{}");
    assert_non_null(strstr(say(ASK), "{\"id\":4,"));
}

/* 4 and the stage's 100 beyond. */
static void a_search_without_room_is_over_when_nothing_runs(void **state) {
    (void)state;
    expect("{\"op\":\"init\",\"budget\":4,\"method\":\"random\",\"space\":[" FADE "]}", "{}");
    for (int i = 0; i < 104; i++) {
        char line[100];
        assert_non_null(strstr(say(ASK), "\"params\""));
        if (i > 0) {
            snprintf(line, sizeof line, "{\"op\":\"tell\",\"id\":%d,\"state\":\"failed\"}", i);
            expect(line, "{}");
        }
    }
    expect(ASK, "{\"wait\":true}");
    expect("{\"op\":\"tell\",\"id\":0,\"state\":\"failed\"}", "{}");
    expect(ASK, "{\"wait\":true,\"over\":\"no room for more trials\"}");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
    const struct CMUnitTest tests[] = {
        TEST(patience_ends_the_search),
        TEST(the_front_moves_or_it_is_over),
        TEST(the_search_ends_when_nothing_is_expected),
        TEST(who_told_all_is_better_than_who_did_not),
        TEST(a_search_that_is_over_goes_on),
        TEST(a_search_without_room_is_over_when_nothing_runs),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
