/* The ask-tell protocol where results are noisy: what is run again, what is recommended. */
#include "tests/unit/actors/tuner/talk/talk_stage.h"

static void tell_of(int id, const char *value) {
    char line[128];
    snprintf(line, sizeof line, "{\"op\":\"tell\",\"id\":%d,\"state\":\"ok\",\"value\":%s}", id,
             value);
    expect(line, "{}");
}

static void the_best_is_told(void **state) {
    (void)state;
    expect_error("{\"op\":\"best\"}", "best: there is no study, expected an init");
    expect("{\"op\":\"init\",\"objectives\":[\"max\"],\"repeat\":2,\"space\":[" RATE "]}", "{}");
    expect("{\"op\":\"best\"}", "{}");
    for (int id = 0; id < 4; id++)
        say(ASK);
    tell_of(0, "1");
    expect("{\"op\":\"best\"}", "{}");
    tell_of(1, "2");
    tell_of(2, "3");
    tell_of(3, "4");
    expect("{\"op\":\"best\"}", "{\"id\":2,\"value\":3.5,\"runs\":2,\"expected\":3.5}");
    expect("{\"op\":\"init\",\"constraints\":[\"mb <= 20\"],\"space\":[" RATE "]}", "{}");
    say(ASK);
    say(ASK);
    expect("{\"op\":\"tell\",\"id\":0,\"state\":\"ok\",\"value\":1,\"metrics\":{\"mb\":21}}", "{}");
    expect("{\"op\":\"best\"}", "{}");
    expect("{\"op\":\"tell\",\"id\":1,\"state\":\"ok\",\"value\":2,\"metrics\":{\"mb\":20}}", "{}");
    expect("{\"op\":\"best\"}", "{\"id\":1,\"value\":2,\"runs\":1,\"expected\":2}");
    expect("{\"op\":\"init\",\"objectives\":[\"max\",\"min\"],\"space\":[" RATE "]}", "{}");
    expect_error("{\"op\":\"best\"}",
                 "best: it goes with one objective: of several there is no best");
}

/* Of one n not the same twice. */
static void tell_of_number(int id, int n) {
    char value[32];
    snprintf(value, sizeof value, "%d.%d", abs(n - 15), 10 + id * 37 % 90);
    tell_of(id, value);
}

/* Until all is tried, and then until nobody doubts which is the best. */
static void what_is_noisy_is_run_again(void **state) {
    char begin[128];
    int id, reruns = 0;
    (void)state;
    expect("{\"op\":\"init\",\"method\":\"gp\",\"repeat\":\"auto\",\"explain\":true,\"budget\":80,"
           "\"space\":[{\"name\":\"n\",\"type\":\"int\",\"low\":1,\"high\":30}]}",
           "{}");
    for (id = 0; id < 60; id++) {
        const char *reply = say(ASK);
        snprintf(begin, sizeof begin, "{\"id\":%d,\"params\":{\"n\":", id);
        if (strncmp(reply, begin, strlen(begin)) != 0)
            break;
        reruns += strstr(reply, "\"by\":\"again\"") != NULL;
        tell_of_number(id, (int)strtol(reply + strlen(begin), NULL, 10));
    }
    assert_true(id > 40 && reruns >= id - 30);
    assert_null(strstr(say("{\"op\":\"best\"}"), "\"runs\":1,"));
}

/* Each of twelve was tried: the best is run once more, and only when that comes to something else are
 * others, too. */
static void where_nothing_is_left_one_more_run_tells_whether_there_is_noise(void **state) {
    enum { ALL = 12 };
    (void)state;
    for (int noisy = 0; noisy < 2; noisy++) {
        int id;
        expect("{\"op\":\"init\",\"method\":\"gp\",\"repeat\":\"auto\",\"explain\":true,\"space\":"
               "[{\"name\":\"n\",\"type\":\"int\",\"low\":1,\"high\":12}]}",
               "{}");
        for (id = 0; id < 2 * ALL; id++) {
            const char *reply = say(ASK), *n = strstr(reply, "\"n\":");
            if (n == NULL)
                break;
            assert_true((strstr(reply, "\"by\":\"again\"") != NULL) == (id >= ALL));
            const int value = abs((int)strtol(n + 4, NULL, 10) - 5);
            assert_true(id != ALL || value == 0);
            char text[32];
            snprintf(text, sizeof text, "%d.%d", value, id >= ALL ? noisy * id % 7 : 0);
            tell_of(id, text);
        }
        assert_int_equal(id, noisy ? 2 * ALL : ALL + 1);
    }
}

static void it_is_refused_where_it_cannot_be(void **state) {
    (void)state;
#define INIT(more) "{\"op\":\"init\",\"repeat\":\"auto\"," more ",\"space\":[" RATE "]}"
    static const char bad[] = "init, \\\"repeat\\\": \\\"auto\\\" goes with one objective, without "
                              "\\\"cost_aware\\\", and with the methods auto, gp and tpe";
    expect_error(INIT("\"method\":\"sobol\""), bad);
    expect_error(INIT("\"method\":\"auto\",\"objectives\":[\"min\",\"min\"]"), bad);
    expect_error(INIT("\"method\":\"auto\",\"cost_aware\":true"), bad);
    expect_error(INIT("\"method\":\"auto\",\"steps\":5"),
                 "init, \\\"repeat\\\": it does not go with learning curves, whose \\\"steps\\\" "
                 "are 5");
    expect_error(INIT("\"method\":\"auto\",\"constraints\":[\"mb <= 2\"]"),
                 "init, \\\"repeat\\\": \\\"auto\\\" goes without \\\"constraints\\\"");
    expect(INIT("\"method\":\"tpe\""), "{}");
#undef INIT
    expect_error("{\"op\":\"init\",\"repeat\":\"yes\",\"space\":[" RATE "]}",
                 "init, \\\"repeat\\\": expected \\\"auto\\\" or a whole number from 1 to 64, not "
                 "\\\"yes\\\"");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
    const struct CMUnitTest tests[] = {
        TEST(the_best_is_told),
        TEST(what_is_noisy_is_run_again),
        TEST(where_nothing_is_left_one_more_run_tells_whether_there_is_noise),
        TEST(it_is_refused_where_it_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
