#include "actors/executor/trial.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct trial trial;
static struct reading_rules rules;
static const struct limits limits = {.wall = 30000, .grace = 10000, .output = 1000};

static struct moment at(when_ms now) {
    return (struct moment){.now = now, .wall = 1700000000000 + now};
}

static void begin(const struct limits *with) {
    static const uint8_t config[] = {0x91, 0x01};
    struct msg_lease lease = {.slot = 7, .attempt = 2, .config = span_of(config, sizeof config)};
    rules = (struct reading_rules){.objective = span_text("acc"), .objectives_count = 1};
    trial_init(&trial, &lease, &rules, with, at(1000));
    trial.run = 1;
    trial_check(&trial);
}

static int set_up(void **state) {
    (void)state;
    begin(&limits);
    return 0;
}

static enum trial_acts hear(enum trial_news news, enum stop stop, const struct msg *msg,
                            when_ms now) {
    const struct trial_heard heard = {.news = news, .stop = stop, .msg = msg, .at = at(now)};
    enum trial_acts acts = trial_hear(&trial, &heard);
    trial_check(&trial);
    return acts;
}

static enum trial_acts spawned(when_ms now) {
    return hear(NEWS_SPAWNED, STOP_NONE, NULL, now);
}

static enum trial_acts stopped(enum stop stop, when_ms now) {
    return hear(NEWS_STOP, stop, NULL, now);
}

static enum trial_acts due(when_ms now) {
    return hear(NEWS_DUE, STOP_NONE, NULL, now);
}

static enum trial_acts output_end(when_ms now) {
    return hear(NEWS_OUTPUT_END, STOP_NONE, NULL, now);
}

static enum trial_acts exited(int64_t status, int64_t signal, when_ms now) {
    struct msg m = {.kind = MSG_exited};
    m.exited.status = status;
    m.exited.signal = signal;
    m.exited.cpu_ms = 5;
    m.exited.rss_kib = 6;
    return hear(NEWS_EXITED, STOP_NONE, &m, now);
}

static enum trial_acts print(const char *text, when_ms now) {
    enum trial_acts acts = trial_print(&trial, span_text(text), false, at(now));
    trial_check(&trial);
    return acts;
}

static void assert_verdict(enum trial_status verdict, const char *cause) {
    assert_int_equal(trial.life, LIFE_OVER);
    assert_string_equal(trial_status_name(trial.verdict), trial_status_name(verdict));
    assert_string_equal(trial.cause, cause);
}

/* A whole life: it prints this and ends like that. */
static void live(const char *text, int64_t status, int64_t signal) {
    begin(&limits);
    assert_int_equal(spawned(1100), ACT_NONE);
    print(text, 1200);
    output_end(1300);
    assert_int_equal(exited(status, signal, 1400), ACT_NONE);
}

static void a_good_life(void **state) {
    (void)state;
    assert_int_equal(trial.life, LIFE_STARTING);
    assert_true(trial.due == WHEN_NEVER);
    assert_int_equal(spawned(1100), ACT_NONE);
    assert_int_equal(trial.life, LIFE_RUNNING);
    assert_true(trial.due == 31100);
    assert_true(trial.began.wall == 1700000001100);
    assert_int_equal(print("acc=0.5\nacc=0.75", 1200), ACT_NONE);
    assert_int_equal(exited(0, 0, 1300), ACT_NONE);
    assert_int_equal(trial.life, LIFE_EXITED);
    print("\nacc=0.875", 1350); /* what was still in the pipe */
    output_end(1400);
    assert_verdict(TRIAL_DONE, "");
    assert_true(trial.contract.told[0].value == 0.875); /* the last line had no end */
    assert_int_equal(trial.run_ms, 200);
    assert_int_equal(trial.exit.cpu_ms, 5);
    assert_int_equal(trial.metrics.items[0].count, 3);
    assert_int_equal(trial.metrics.points[0].after, 100);
}

static void exit_codes_are_classified(void **state) {
    (void)state;
    live("acc=1", 0, 0);
    assert_verdict(TRIAL_DONE, "");
    live("loss=1", 0, 0);
    assert_verdict(TRIAL_NO_METRIC, "never printed 'acc'; printed 'loss'; last line: \"loss=1\"");
    live("acc=1", 65, 0);
    assert_verdict(TRIAL_INFEASIBLE, "exit 65; last line: \"acc=1\"");
    live("::zyg {\"infeasible\": \"too\\u0000 large\"}", 1, 0);
    assert_verdict(TRIAL_INFEASIBLE, "\"too\""); /* a zero ends it */
    live("::zyg {\"infeasible\": \"too large\"}", 0, 0);
    assert_verdict(TRIAL_INFEASIBLE, "\"too large\"");
    live("acc=1\nno licence", 75, 0);
    assert_verdict(TRIAL_TRANSIENT, "exit 75; last line: \"no licence\"");
    live("acc=1", 85, 0);
    assert_verdict(TRIAL_AGAIN, "exit 85; last line: \"acc=1\"");
    live("", 3, 0);
    assert_verdict(TRIAL_CRASHED, "exit 3; it printed nothing");
    live("x", 127, 0);
    assert_verdict(TRIAL_CRASHED, "exit 127 (a shell did not find a command); last line: \"x\"");
    live("acc=1", 0, SIGSEGV);
    assert_verdict(TRIAL_CRASHED, "killed by SIGSEGV (11); last line: \"acc=1\"");
}

static void signals_that_zyg_did_not_send_interrupt(void **state) {
    (void)state;
    live("acc=1", 0, SIGTERM);
    assert_verdict(TRIAL_INTERRUPTED, "killed by SIGTERM (15); last line: \"acc=1\"");
    live("acc=1", 0, SIGINT);
    assert_verdict(TRIAL_INTERRUPTED, "killed by SIGINT (2); last line: \"acc=1\"");
    live("", 130, 0);
    assert_verdict(TRIAL_INTERRUPTED,
                   "exit 130 (something in it was ended by SIGINT); it printed nothing");
    live("", 143, 0);
    assert_verdict(TRIAL_INTERRUPTED,
                   "exit 143 (something in it was ended by SIGTERM); it printed nothing");
    live("", 128 + SIGHUP, 0);
    assert_verdict(TRIAL_CRASHED, "exit 129; it printed nothing");
    live("", SIGTERM, 0); /* a small number is a status, not a signal */
    assert_verdict(TRIAL_CRASHED, "exit 15; it printed nothing");
    live("::zyg {\"infeasible\": \"too large\"}", 143, 0); /* it had said what matters */
    assert_verdict(TRIAL_INFEASIBLE, "\"too large\"");
}

static void what_zyg_stops_is_not_called_interrupted(void **state) {
    (void)state;
    static const struct {
        enum stop stop;
        enum trial_status verdict;
    } cases[] = {
        {STOP_WALL, TRIAL_TIMED_OUT}, {STOP_CANCEL, TRIAL_CANCELLED}, {STOP_QUIT, TRIAL_LOST}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int by_status = 0; by_status < 2; by_status++) {
            begin(&limits);
            spawned(1100);
            assert_int_equal(stopped(cases[i].stop, 1200), ACT_TERM);
            output_end(1300);
            exited(by_status ? 143 : 0, by_status ? 0 : SIGTERM, 1300);
            assert_int_equal(trial.verdict, cases[i].verdict);
        }
    }
}

static void without_an_objective_exit_0_is_enough(void **state) {
    (void)state;
    rules.objective = (struct span){0};
    rules.objectives_count = 0;
    spawned(1100);
    output_end(1200);
    exited(0, 0, 1300);
    assert_verdict(TRIAL_DONE, "");
}

static void the_wall_limit_stops_it(void **state) {
    (void)state;
    spawned(1100);
    print("acc=1\nstill at it", 1200);
    assert_int_equal(due(31100), ACT_TERM);
    assert_int_equal(trial.life, LIFE_STOPPING);
    assert_true(trial.due == 41100);
    assert_int_equal(stopped(STOP_QUIT, 31150), ACT_NONE);
    assert_true(trial.due == 41100);
    assert_int_equal(stopped(STOP_CANCEL, 31200), ACT_NONE); /* the first reason stays */
    assert_true(trial.due == 32700);                         /* but now somebody waits */
    assert_int_equal(stopped(STOP_CANCEL, 31300), ACT_NONE);
    assert_true(trial.due == 32700);
    assert_int_equal(due(41100), ACT_KILL);
    assert_int_equal(trial.life, LIFE_KILLING);
    assert_true(trial.due == 71100);
    output_end(41200);
    exited(0, SIGKILL, 41200);
    assert_verdict(TRIAL_TIMED_OUT,
                   "ran longer than limits.wall (30 s); last line: \"still at it\"");
}

static void no_limits_no_deadlines(void **state) {
    (void)state;
    const struct limits none = {.grace = 0};
    begin(&none);
    spawned(1100);
    assert_true(trial.due == WHEN_NEVER);
    for (int i = 0; i < 100; i++)
        assert_int_equal(print("0123456789 0123456789 0123456789\n", 1200), ACT_NONE);
    assert_int_equal(stopped(STOP_CANCEL, 1300), ACT_TERM);
    assert_true(trial.due == 1300); /* no grace */
}

static void a_cancelled_one_is_given_less_than_two_seconds(void **state) {
    (void)state;
    spawned(1100);
    assert_int_equal(stopped(STOP_CANCEL, 2000), ACT_TERM);
    assert_true(trial.due == 3500);
    const struct limits short_grace = {.grace = 300};
    begin(&short_grace);
    spawned(1100);
    assert_int_equal(stopped(STOP_CANCEL, 2000), ACT_TERM);
    assert_true(trial.due == 2300); /* a job may ask for less */
    begin(&limits);
    spawned(1100);
    assert_int_equal(stopped(STOP_QUIT, 2000), ACT_TERM);
    assert_true(trial.due == 12000);
}

static void a_flood_stops_it(void **state) {
    (void)state;
    spawned(1100);
    for (int i = 0; i < 10; i++) /* exactly what is allowed */
        assert_int_equal(print("0123456789012345678901234567890123456789012345678901234567890123456"
                               "789012345678901234567890123456789",
                               1200),
                         ACT_NONE);
    assert_int_equal(print("x", 1300), ACT_TERM);
    assert_int_equal(print("y", 1300), ACT_NONE); /* told once */
    assert_int_equal(trial.printout.bytes, 1002);
    exited(0, SIGTERM, 1400);
    output_end(1400);
    assert_int_equal(trial.verdict, TRIAL_FLOODED);
    assert_memory_equal(trial.cause, "printed more than limits.output (1000 ", 38);
}

static void a_flood_is_one_even_when_it_has_ended(void **state) {
    (void)state;
    char text[1102];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    spawned(1100);
    exited(0, 0, 1200);
    assert_int_equal(print(text, 1300), ACT_NONE);
    output_end(1300);
    assert_int_equal(trial.verdict, TRIAL_FLOODED);
}

static void stops_have_their_status(void **state) {
    (void)state;
    static const struct {
        enum stop stop;
        enum trial_status status;
        const char *cause;
    } cases[] = {
        {STOP_CANCEL, TRIAL_CANCELLED, "stopped because its job ended"},
        {STOP_QUIT, TRIAL_LOST, "stopped because zyg was stopped"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(&limits);
        spawned(1100);
        print("acc=1", 1150);
        assert_int_equal(stopped(cases[i].stop, 1200), ACT_TERM);
        output_end(1300);
        exited(0, 0, 1300); /* however it ends */
        assert_verdict(cases[i].status, cases[i].cause);
    }
}

static void it_may_be_stopped_before_it_runs(void **state) {
    (void)state;
    assert_int_equal(stopped(STOP_CANCEL, 1050),
                     ACT_TERM); /* the signal follows the order to start */
    assert_int_equal(spawned(1100), ACT_NONE);
    assert_int_equal(trial.life, LIFE_STOPPING);
    exited(0, SIGTERM, 1200);
    output_end(1200);
    assert_verdict(TRIAL_CANCELLED, "stopped because its job ended");

    struct msg failed = {.kind = MSG_spawn_failed};
    failed.spawn_failed.error = ENOENT;
    begin(&limits);
    stopped(STOP_QUIT, 1050);
    hear(NEWS_FAILED, STOP_NONE, &failed, 1100);
    assert_verdict(TRIAL_LOST, "stopped because zyg was stopped");
}

static void hurry_kills_at_once(void **state) {
    (void)state;
    spawned(1100);
    assert_int_equal(hear(NEWS_HURRY, STOP_QUIT, NULL, 1200), ACT_KILL);
    assert_int_equal(trial.life, LIFE_KILLING);
    output_end(1300);
    exited(0, SIGKILL, 1300);
    assert_int_equal(trial.verdict, TRIAL_LOST);
    begin(&limits);
    spawned(1100);
    stopped(STOP_CANCEL, 1200);
    assert_int_equal(hear(NEWS_HURRY, STOP_QUIT, NULL, 1300), ACT_KILL);
    output_end(1300);
    exited(0, SIGKILL, 1300);
    assert_int_equal(trial.verdict, TRIAL_CANCELLED);
}

static void what_cannot_be_killed_is_given_up(void **state) {
    (void)state;
    static const struct {
        enum stop stop;
        enum stop time;
        enum trial_status status;
    } cases[] = {
        {STOP_WALL, STOP_NONE, TRIAL_CRASHED},     {STOP_FLOOD, STOP_NONE, TRIAL_CRASHED},
        {STOP_CANCEL, STOP_NONE, TRIAL_CANCELLED}, {STOP_QUIT, STOP_QUIT, TRIAL_LOST},
        {STOP_WALL, STOP_QUIT, TRIAL_LOST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(&limits);
        spawned(1100);
        stopped(cases[i].stop, 1200);
        assert_int_equal(due(11200), ACT_KILL);
        assert_true(trial.due == 41200);
        assert_int_equal(hear(NEWS_DUE, cases[i].time, NULL, 41200), ACT_NONE);
        assert_verdict(cases[i].status, "could not be killed");
        assert_int_equal(trial.run_ms, 40100);
        exited(0, SIGKILL, 50000); /* at last; nobody cares */
        assert_verdict(cases[i].status, "could not be killed");
    }
    begin(&limits); /* somebody is in a great hurry */
    spawned(1100);
    stopped(STOP_QUIT, 1200);
    assert_int_equal(hear(NEWS_HURRY, STOP_QUIT, NULL, 1300), ACT_KILL);
    assert_int_equal(hear(NEWS_HURRY, STOP_QUIT, NULL, 1400), ACT_NONE);
    assert_verdict(TRIAL_LOST, "could not be killed");
    begin(&limits); /* it had come to its limit before */
    spawned(1100);
    due(31100);
    due(41100);
    assert_int_equal(stopped(STOP_QUIT, 41200), ACT_NONE);
    hear(NEWS_HURRY, STOP_QUIT, NULL, 41300);
    assert_verdict(TRIAL_LOST, "could not be killed");
}

static void failures_to_start_are_told(void **state) {
    (void)state;
    struct msg m = {.kind = MSG_spawn_failed};
    m.spawn_failed.error = ENOENT;
    m.spawn_failed.what = span_text("cannot start 'trian.py': it was not found in PATH");
    assert_int_equal(hear(NEWS_FAILED, STOP_NONE, &m, 1100), ACT_NONE);
    assert_verdict(TRIAL_NO_START, "cannot start 'trian.py': it was not found in PATH");
    begin(&limits);
    spawned(1100); /* and had a checkpoint to copy first */
    assert_int_equal(hear(NEWS_FAILED, STOP_NONE, &m, 9100), ACT_NONE);
    assert_verdict(TRIAL_NO_START, "cannot start 'trian.py': it was not found in PATH");
    static const struct {
        int64_t error;
        enum trial_status verdict;
    } table[] = {
        {ETXTBSY, TRIAL_TRANSIENT}, {EBUSY, TRIAL_TRANSIENT}, {ENOSPC, TRIAL_LOST},
        {EDQUOT, TRIAL_LOST},       {EROFS, TRIAL_LOST},      {EIO, TRIAL_NO_START},
        {ENOMEM, TRIAL_LOST},       {EMFILE, TRIAL_LOST},     {ENFILE, TRIAL_LOST},
        {EAGAIN, TRIAL_LOST},       {EACCES, TRIAL_NO_START}, {E2BIG, TRIAL_NO_START},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        begin(&limits);
        m.spawn_failed.error = table[i].error;
        hear(NEWS_FAILED, STOP_NONE, &m, 1100);
        assert_int_equal(trial.verdict, table[i].verdict);
    }
}

static void it_dies_with_the_launcher(void **state) {
    (void)state;
    struct msg m = {.kind = MSG_launcher_down};
    m.launcher_down.what = span_text("zyg-run was killed");
    static const enum life lives[] = {LIFE_STARTING, LIFE_RUNNING, LIFE_STOPPING, LIFE_KILLING,
                                      LIFE_EXITED};
    for (size_t i = 0; i < sizeof lives / sizeof lives[0]; i++) {
        begin(&limits);
        if (lives[i] != LIFE_STARTING)
            spawned(1100);
        if (lives[i] == LIFE_STOPPING)
            stopped(STOP_CANCEL, 1200);
        if (lives[i] == LIFE_KILLING)
            hear(NEWS_HURRY, STOP_QUIT, NULL, 1200);
        if (lives[i] == LIFE_EXITED)
            exited(0, 0, 1200);
        assert_int_equal(trial.life, lives[i]);
        hear(NEWS_GONE, STOP_NONE, &m, 1300);
        assert_verdict(TRIAL_LOST, "lost with zyg-run: \"zyg-run was killed\"");
    }
}

static void it_may_be_what_kills_the_launcher(void **state) {
    (void)state;
    struct msg m = {.kind = MSG_launcher_down};
    m.launcher_down.what = span_text("zyg-run was killed");
    struct trial_heard gone = {.news = NEWS_GONE, .msg = &m, .deaths = 5, .at = at(1300)};
    trial_hear(&trial, &gone);
    assert_verdict(TRIAL_LOST, "lost with zyg-run: \"zyg-run was killed\"");
    assert_false(trial.suspected);
    begin(&limits);
    spawned(1100);
    gone.deaths = 6;
    trial_hear(&trial, &gone);
    assert_verdict(TRIAL_CRASHED,
                   "zyg-run died 6 times while only this trial ran; does it kill its parent?");
    assert_true(trial.suspected);
    assert_int_equal(trial.run_ms, 200);
}

static void only_what_runs_and_may_is_suspect(void **state) {
    (void)state;
    static const struct {
        enum stop stop;
        bool suspect;
    } cases[] = {{STOP_WALL, true}, {STOP_FLOOD, true}, {STOP_CANCEL, false}, {STOP_QUIT, false}};
    assert_true(trial_is_suspect(&trial)); /* it may have run without our knowing yet */
    spawned(1100);
    assert_true(trial_is_suspect(&trial));
    exited(0, 0, 1200);
    assert_false(trial_is_suspect(&trial));
    output_end(1200);
    assert_false(trial_is_suspect(&trial));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(&limits);
        spawned(1100);
        stopped(cases[i].stop, 1200);
        assert_int_equal(trial_is_suspect(&trial), cases[i].suspect);
        due(11200);
        assert_int_equal(trial.life, LIFE_KILLING);
        assert_int_equal(trial_is_suspect(&trial), cases[i].suspect);
    }
}

static void output_without_an_end_is_not_waited_for_for_ever(void **state) {
    (void)state;
    spawned(1100);
    print("acc=1\n", 1200);
    exited(0, 0, 1300);
    assert_int_equal(trial.life, LIFE_EXITED);
    assert_true(trial.due == 6300);
    due(6300);
    assert_verdict(TRIAL_DONE, "");
}

static void what_is_over_stays_over(void **state) {
    (void)state;
    live("acc=1", 0, 0);
    spawned(1500);
    stopped(STOP_CANCEL, 1500);
    hear(NEWS_HURRY, STOP_QUIT, NULL, 1500);
    output_end(1500);
    exited(3, 0, 1500);
    due(9999);
    assert_verdict(TRIAL_DONE, "");
}

static void the_objective_always_finds_a_place(void **state) {
    (void)state;
    struct limits much = limits;
    much.output = 0;
    begin(&much);
    spawned(1100);
    for (int i = 0; i < 2 * LIMIT_METRICS; i++) {
        char line[] = {'m', (char)('A' + i / 26), (char)('A' + i % 26), '=', '1', '\n', 0};
        print(line, 1200);
    }
    assert_int_equal(trial.metrics.count, LIMIT_METRICS - 1);
    assert_int_equal(trial.metrics.dropped_names, LIMIT_METRICS + 1);
    print("acc=1\n", 1300);
    assert_non_null(metrics_find(&trial.metrics, span_text("acc")));
    print("mAA=2\n", 1300); /* a known name still counts */
    assert_int_equal(trial.metrics.items[0].count, 2);
}

static void so_does_what_else_the_search_wants(void **state) {
    (void)state;
    const struct span others[] = {span_text("ms"), span_text("top@5")};
    struct limits much = limits;
    much.output = 0;
    begin(&much);
    rules.others = others;
    rules.others_count = 2;
    spawned(1100);
    print("ms=3\n", 1200);
    for (int i = 0; i < 2 * LIMIT_METRICS; i++) {
        char line[] = {'m', (char)('A' + i / 26), (char)('A' + i % 26), '=', '1', '\n', 0};
        print(line, 1200);
    }
    assert_int_equal(trial.metrics.count, LIMIT_METRICS - 2);
    print("top@5=0.5\nacc=1\nnew=1\n", 1300);
    assert_int_equal(trial.metrics.count, LIMIT_METRICS);
    assert_non_null(metrics_find(&trial.metrics, span_text("top@5")));
    assert_non_null(metrics_find(&trial.metrics, span_text("acc")));
    assert_null(metrics_find(&trial.metrics, span_text("new")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_good_life, set_up),
        cmocka_unit_test_setup(exit_codes_are_classified, set_up),
        cmocka_unit_test_setup(signals_that_zyg_did_not_send_interrupt, set_up),
        cmocka_unit_test_setup(what_zyg_stops_is_not_called_interrupted, set_up),
        cmocka_unit_test_setup(without_an_objective_exit_0_is_enough, set_up),
        cmocka_unit_test_setup(the_wall_limit_stops_it, set_up),
        cmocka_unit_test_setup(no_limits_no_deadlines, set_up),
        cmocka_unit_test_setup(a_cancelled_one_is_given_less_than_two_seconds, set_up),
        cmocka_unit_test_setup(a_flood_stops_it, set_up),
        cmocka_unit_test_setup(a_flood_is_one_even_when_it_has_ended, set_up),
        cmocka_unit_test_setup(stops_have_their_status, set_up),
        cmocka_unit_test_setup(it_may_be_stopped_before_it_runs, set_up),
        cmocka_unit_test_setup(hurry_kills_at_once, set_up),
        cmocka_unit_test_setup(what_cannot_be_killed_is_given_up, set_up),
        cmocka_unit_test_setup(failures_to_start_are_told, set_up),
        cmocka_unit_test_setup(it_dies_with_the_launcher, set_up),
        cmocka_unit_test_setup(it_may_be_what_kills_the_launcher, set_up),
        cmocka_unit_test_setup(only_what_runs_and_may_is_suspect, set_up),
        cmocka_unit_test_setup(output_without_an_end_is_not_waited_for_for_ever, set_up),
        cmocka_unit_test_setup(what_is_over_stays_over, set_up),
        cmocka_unit_test_setup(the_objective_always_finds_a_place, set_up),
        cmocka_unit_test_setup(so_does_what_else_the_search_wants, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
