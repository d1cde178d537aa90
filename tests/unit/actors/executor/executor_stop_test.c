#include "tests/unit/actors/executor/executor_world.h"

static void the_time_stops_and_kills(void **state) {
    (void)state;
    open_job(&job_a);
    uint64_t number = run(&job_a, 1);
    spawned(number, 1000);
    step(NULL, 30999);
    assert_int_equal(said_count, 0);
    step(NULL, 31000);
    assert_killed(number, SIGTERM);
    assert_true(core.deadline(core.self) == 41000);
    step(NULL, 41000);
    assert_killed(number, SIGKILL);
    assert_true(core.deadline(core.self) == 71000);
    output_end(number, 41001);
    exited(number, 0, 41001);
    assert_outcome(TRIAL_TIMED_OUT, "ran longer than limits.wall (30 s); it printed nothing");
}

static void a_flood_is_stopped(void **state) {
    (void)state;
    static char text[50001];
    memset(text, 'x', sizeof text - 1);
    open_job(&job_a);
    uint64_t number = run(&job_a, 1);
    spawned(number, 100);
    output(number, text, 100);
    output(number, text, 100);
    assert_int_equal(said_count, 0);
    output(number, "x", 100);
    assert_killed(number, SIGTERM);
    output_end(number, 200);
    exited(number, 0, 200);
    assert_int_equal(result().status, TRIAL_FLOODED);
    const struct msg_outcome *o = &find(MSG_outcome)->outcome;
    assert_int_equal(o->log_bytes, 100001);
    assert_int_equal(o->log_head.len, LIMIT_LOG_HEAD_BYTES);
    assert_int_equal(o->log_tail.len, LIMIT_LOG_TAIL_BYTES);
}

static void a_cancelled_job_is_stopped_and_forgotten(void **state) {
    (void)state;
    open_job(&job_a);
    open_job(&job_b);
    uint64_t a = run(&job_a, 1);
    uint64_t b = run(&job_b, 1);
    spawned(a, 100);
    spawned(b, 100);
    shut_job(&job_a, JOB_CANCELLED, 200);
    assert_killed(a, SIGTERM);
    lease(&job_a, 2, 300);
    assert_outcome(TRIAL_LOST, "its job does not run here");
    output_end(a, 400);
    exited(a, 0, 400);
    assert_outcome(TRIAL_CANCELLED, "stopped because its job ended");
    output_end(b, 400);
    assert_int_equal(said_count, 0); /* the other one goes on */
    open_job(&job_a);                /* it is as if it had never been here */
    run(&job_a, 1);
}

static void it_says_with_how_many_trials_its_job_was_over(void **state) {
    (void)state;
    open_job(&job_a);
    const uint64_t a = run(&job_a, 1);
    spawned(a, 100);
    struct msg shut = {.kind = MSG_job_shut};
    shut.job_shut = (struct msg_job_shut){.job = job_a, .state = JOB_DONE, .trials = 6};
    step(&shut, 200);
    open_job(&job_a); /* it got more, and goes on meanwhile */
    output_end(a, 400);
    exited(a, 0, 400);
    assert_outcome(TRIAL_CANCELLED, "stopped because its job ended");
    assert_int_equal(find(MSG_outcome)->outcome.trials, 6);
}

static void the_launcher_goes_and_comes_back(void **state) {
    (void)state;
    open_job(&job_a);
    uint64_t a = run(&job_a, 1);
    run(&job_a, 2);
    spawned(a, 100);
    output(a, "acc=1\n", 100);
    launcher_down();
    assert_capacity(0);
    assert_int_equal(count(MSG_outcome), 2);
    struct msg up = {.kind = MSG_launcher_up};
    step(&up, 600);
    assert_capacity(SLOTS);
    exited(a, 0, 700); /* of a former life */
    assert_int_equal(said_count, 0);
    assert_true(run(&job_a, 1) > a);
}

static void launcher_up(void) {
    struct msg up = {.kind = MSG_launcher_up};
    step(&up, 600);
}

/* An attempt of the slot goes down with the launcher, alone. */
static void go_down(uint64_t slot) {
    spawned(run(&job_a, slot), 200);
    launcher_down();
}

static struct msg_spawn spawn_of(uint64_t slot) {
    run(&job_a, slot);
    return said[0].spawn;
}

static void assert_note(const char *text) {
    assert_int_equal(count(MSG_note), 1);
    assert_true(span_is(find(MSG_note)->note.text, text));
}

/* Once it has died under trials, whoever kills its parent is known at once. People are told once. */
static void who_runs_after_a_death_has_a_keeper(void **state) {
    (void)state;
    open_job(&job_a);
    struct msg_spawn first = spawn_of(1);
    assert_false(first.kept);
    spawned(first.run, 100);
    assert_false(spawn_of(2).kept);
    launcher_down();
    assert_note("zyg-run died; 2 trials are given out again. From now on each has a parent of its "
                "own, in case one kills it");
    launcher_up();
    struct msg_spawn again = spawn_of(1);
    assert_true(again.kept);
    spawned(again.run, 700);
    struct msg m = {.kind = MSG_exited,
                    .exited = {.run = again.run, .signal = SIGKILL, .orphan = true}};
    output_end(again.run, 800);
    step(&m, 800);
    assert_outcome(TRIAL_CRASHED,
                   "its parent, of zyg-run, was killed while it ran; does it kill its parent?");
    spawned(spawn_of(3).run, 900);
    launcher_down();
    assert_int_equal(count(MSG_note), 0);
    launcher_up();
    assert_true(spawn_of(3).kept);
}

/* Nor does a zyg-run that died with nothing to do, or could not begin, say anything about trials. */
static void a_death_without_trials_makes_nobody_wary(void **state) {
    (void)state;
    open_job(&job_a);
    launcher_down();
    assert_int_equal(count(MSG_note), 0);
    launcher_up();
    assert_false(spawn_of(1).kept);
}

static void a_trial_that_kills_zyg_run_is_found_out(void **state) {
    (void)state;
    static const char *const causes[] = {
        "zyg-run died 6 times while only this trial ran; does it kill its parent?",
        "zyg-run died 7 times while only this trial ran; does it kill its parent?",
    };
    open_job(&job_a);
    for (int i = 0; i < 7; i++) {
        go_down(7);
        if (i < 5)
            assert_outcome(TRIAL_LOST, "lost with zyg-run: \"zyg-run was killed\"");
        else
            assert_outcome(TRIAL_CRASHED, causes[i - 5]);
        lease(&job_a, 7, 550); /* that it cannot run now says nothing about it */
        assert_outcome(TRIAL_LOST, "trials could not be started");
        launcher_up();
    }
    go_down(8); /* nobody has said that of another slot */
    assert_int_equal(result().status, TRIAL_LOST);
}

/* Of two that always go down together one may be innocent: they run one at a time until it is known which. */
static void suspects_run_apart(void **state) {
    (void)state;
    open_job(&job_a);
    for (int i = 0; i < 3; i++) {
        spawned(run(&job_a, 1), 100);
        go_down(2);
        assert_int_equal(count(MSG_outcome), 2);
        launcher_up();
        assert_capacity(i < 2 ? SLOTS : 1);
    }
    uint64_t innocent = run(&job_a, 1);
    spawned(innocent, 700);
    lease(&job_a, 2, 700);
    assert_outcome(TRIAL_LOST, "no place was free for it");
    output_end(innocent, 800);
    exited(innocent, 0, 800);
    assert_int_equal(result().status, TRIAL_NO_METRIC); /* its own end, whatever it is */
    for (int i = 0; i < 6; i++) {
        go_down(2);
        assert_int_equal(result().status, i < 5 ? TRIAL_LOST : TRIAL_CRASHED);
        launcher_up();
        assert_capacity(1);
    }
    shut_job(&job_a, JOB_CANCELLED, 900);
    assert_capacity(SLOTS); /* nobody is left who could be suspected */
}

/* A slot that never runs here again does not keep the others waiting for ever. */
static void suspicion_ends_with_time(void **state) {
    (void)state;
    open_job(&job_a);
    for (int i = 0; i < 3; i++) {
        spawned(run(&job_a, 1), 100);
        go_down(2);
        launcher_up();
    }
    assert_capacity(1);
    assert_int_equal(core.deadline(core.self), 500 + 600000);
    const struct msg time_passes = {.kind = MSG_NONE};
    step(&time_passes, 500 + 600000 - 1);
    assert_int_equal(said_count, 0);
    step(&time_passes, 500 + 600000);
    assert_capacity(SLOTS);
}

static void a_normal_end_clears_of_suspicion(void **state) {
    (void)state;
    open_job(&job_a);
    for (int i = 0; i < 5; i++) {
        go_down(7);
        launcher_up();
    }
    uint64_t number = run(&job_a, 7);
    output_end(number, 200);
    exited(number, 1, 200);
    assert_int_equal(result().status, TRIAL_CRASHED);
    go_down(7);
    assert_int_equal(result().status, TRIAL_LOST);
}

static void what_cannot_be_killed_does_not_keep_its_place(void **state) {
    (void)state;
    open_job(&job_a);
    start(1);
    uint64_t number = run(&job_a, 1);
    spawned(number, 1000);
    step(NULL, 31000);
    step(NULL, 41000);
    assert_killed(number, SIGKILL);
    step(NULL, 71000);
    assert_outcome(TRIAL_CRASHED, "could not be killed");
    uint64_t next = run(&job_a, 2);
    exited(number, 0, 72000); /* at last */
    assert_int_equal(said_count, 0);
    output_end(next, 73000);
    exited(next, 1, 73000);
    assert_int_equal(result().slot, 2);
}

static void what_cannot_be_killed_does_not_keep_zyg_from_ending(void **state) {
    (void)state;
    open_job(&job_a);
    spawned(run(&job_a, 1), 1000);
    step(NULL, 31000);
    step(NULL, 41000);
    quit(50000); /* after the signals of limits.wall */
    assert_int_equal(said_count, 0);
    step(NULL, 71000);
    assert_outcome(TRIAL_LOST, "could not be killed");
    assert_int_equal(count(MSG_quiet), 1);
}

/* Such as when zyg-run was stopped: nobody answers. */
static void a_second_quit_ends_within_a_second(void **state) {
    (void)state;
    open_job(&job_a);
    uint64_t a = run(&job_a, 1);
    run(&job_a, 2); /* is not even known to run */
    spawned(a, 1000);
    quit(1100);
    assert_int_equal(count(MSG_kill), 2);
    quit(1200);
    assert_int_equal(count(MSG_kill), 2);
    assert_true(core.deadline(core.self) == 2200);
    step(NULL, 2199);
    assert_int_equal(said_count, 0);
    step(NULL, 2200);
    assert_int_equal(count(MSG_outcome), 2);
    assert_int_equal(count(MSG_quiet), 1);
}

static void a_third_quit_waits_for_nothing(void **state) {
    (void)state;
    open_job(&job_a);
    uint64_t number = run(&job_a, 1);
    spawned(number, 1000);
    quit(1100);
    assert_killed(number, SIGTERM);
    quit(1200);
    assert_killed(number, SIGKILL);
    quit(1300);
    assert_outcome(TRIAL_LOST, "could not be killed");
    assert_int_equal(count(MSG_quiet), 1);
}

static void quitting_stops_everything_then_is_quiet(void **state) {
    (void)state;
    open_job(&job_a);
    uint64_t a = run(&job_a, 1);
    uint64_t b = run(&job_a, 2);
    spawned(a, 100);
    spawned(b, 100);
    quit(200);
    assert_int_equal(count(MSG_kill), 2);
    assert_null(find(MSG_quiet));
    output_end(a, 300);
    exited(a, 0, 300);
    assert_outcome(TRIAL_LOST, "stopped because zyg was stopped");
    assert_null(find(MSG_quiet));
    quit(400); /* somebody is in a hurry */
    assert_killed(b, SIGKILL);
    output_end(b, 500);
    exited(b, 0, 500);
    assert_int_equal(count(MSG_quiet), 1);
    assert_int_equal(find(MSG_quiet)->quiet.room, ROOM_EXECUTOR);
    assert_int_equal(said[said_count - 1].kind, MSG_quiet); /* the last word */
    step(NULL, 600);
    assert_int_equal(said_count, 0);
}

static void quitting_with_nothing_to_stop_is_quiet_at_once(void **state) {
    (void)state;
    quit(100);
    assert_int_equal(said_count, 1);
    assert_int_equal(said[0].kind, MSG_quiet);
}

/* In a client, which has a live screen. */
static void a_silent_one_says_no_note(void **state) {
    (void)state;
    struct err err;
    struct executor_config c = {.runs = "/state/runs", .slots = SLOTS, .cpus = 1, .silent = true};
    void *memory = executor;
    executor_release(executor);
    memset(memory, 0, memory_size);
    executor = executor_init(memory, memory_size, &c, &err);
    core = executor_core(executor);
    start(SLOTS);
    open_job(&job_a);
    spawned(run(&job_a, 1), 100);
    launcher_down();
    assert_int_equal(count(MSG_note), 0);
    launcher_up();
    assert_true(spawn_of(1).kept);
}

/* However many trials end in one step, what it says has room: the rest follows in the steps after it. */
static void many_outcomes_are_spread_over_steps(void **state) {
    (void)state;
    struct err err;
    enum { MANY = 60 };
    static char text[60001];
    struct executor_config c = {.runs = "/state/runs", .slots = MANY, .cpus = 1};
    tear_down(NULL);
    memory_size = executor_memory(MANY);
    void *memory =
        mmap(NULL, memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    executor = executor_init(memory, memory_size, &c, &err);
    core = executor_core(executor);
    start(MANY);
    open_job(&job_a);
    memset(text, 'x', sizeof text - 1);
    uint64_t first = 0;
    for (uint64_t slot = 0; slot < MANY; slot++) {
        uint64_t number = run(&job_a, slot);
        first = first == 0 ? number : first;
        spawned(number, 100);
        output(number, text, 100);
        exited(number, 1, 200);
    }
    assert_true(core.deadline(core.self) == 5200);
    step(NULL, 5200); /* the end of none of their outputs was heard of */
    uint32_t total = count(MSG_outcome);
    assert_in_range(total, 5, MANY - 1);
    while (total < MANY) {
        assert_true(core.deadline(core.self) <= 5200);
        step(NULL, 5200);
        assert_true(count(MSG_outcome) > 0);
        total += count(MSG_outcome);
    }
    assert_int_equal(total, MANY);
    assert_true(core.deadline(core.self) == WHEN_NEVER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_time_stops_and_kills, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flood_is_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cancelled_job_is_stopped_and_forgotten, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(it_says_with_how_many_trials_its_job_was_over, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_launcher_goes_and_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_trial_that_kills_zyg_run_is_found_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_runs_after_a_death_has_a_keeper, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_death_without_trials_makes_nobody_wary, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_silent_one_says_no_note, set_up, tear_down),
        cmocka_unit_test_setup_teardown(suspects_run_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(suspicion_ends_with_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_normal_end_clears_of_suspicion, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_killed_does_not_keep_its_place, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_killed_does_not_keep_zyg_from_ending, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_second_quit_ends_within_a_second, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_third_quit_waits_for_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(quitting_stops_everything_then_is_quiet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(quitting_with_nothing_to_stop_is_quiet_at_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(many_outcomes_are_spread_over_steps, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
