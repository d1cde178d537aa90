/* The machine itself cannot start trials: nobody is charged, nothing is taken, and it is seen when it can again. */
#include "actors/executor/shortage.h"
#include "tests/unit/actors/executor/executor_world.h"

#include <errno.h>

static void spawn_failed(uint64_t run, int64_t error, const char *what, when_ms now) {
    struct msg m = {.kind = MSG_spawn_failed};
    m.spawn_failed.run = run;
    m.spawn_failed.error = error;
    m.spawn_failed.what = span_text(what);
    step(&m, now);
}

static void assert_unfit(const char *what) {
    assert_int_equal(count(MSG_unfit), 1);
    assert_true(span_is(find(MSG_unfit)->unfit.what, what));
}

/* A look is due at `now`, and not before; answers its run. */
static uint64_t look(when_ms now) {
    assert_true(core.deadline(core.self) == now);
    step(NULL, now - 1);
    assert_int_equal(said_count, 0);
    step(NULL, now);
    assert_int_equal(said_count, 1);
    const struct msg *m = find(MSG_spawn);
    assert_non_null(m);
    assert_true(span_is(m->spawn.scratch, "/state/runs/.look/0"));
    assert_int_equal(m->spawn.params.len, SHORTAGE_LOOK_BYTES);
    assert_true(core.deadline(core.self) == WHEN_NEVER);
    return m->spawn.run;
}

static void nobody_is_charged_and_nothing_taken(void **state) {
    (void)state;
    open_job(&job_a);
    uint64_t first = run(&job_a, 1), second = run(&job_a, 2);
    spawn_failed(first, ENOSPC, "cannot make the folder '/r': No space left on device", 200);
    assert_outcome(TRIAL_LOST, "cannot make the folder '/r': No space left on device");
    assert_capacity(0);
    assert_unfit("cannot make the folder '/r': No space left on device; free some space to go on");
    spawn_failed(second, ENOSPC, "the same", 300); /* no news but the words */
    assert_int_equal(count(MSG_capacity), 0);
    assert_int_equal(result().status, TRIAL_LOST);
    lease(&job_a, 3, 400);
    assert_outcome(TRIAL_LOST, "trials could not be started");
    assert_int_equal(count(MSG_spawn), 0);
}

static void it_looks_until_it_can_again(void **state) {
    (void)state;
    open_job(&job_a);
    spawn_failed(run(&job_a, 1), EMFILE, "no pipe", 1000);
    static const when_ms pauses[] = {2000, 4000, 8000, 8000};
    when_ms now = 2000;
    for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++) {
        spawn_failed(look(now), EMFILE, "no pipe", now);
        assert_unfit("no pipe; allow more open files (ulimit -n) or fewer slots");
        assert_int_equal(said_count, 1);
        now += pauses[i];
    }
    uint64_t number = look(now);
    spawned(number, now);
    assert_capacity(SLOTS);
    assert_unfit("");
    output(number, "zyg-run is started by zyg", now);
    output_end(number, now);
    exited(number, 2, now);
    assert_int_equal(said_count, 0);
    spawned(run(&job_a, 1), now);
}

static void one_that_is_soon_short_again_waits_longer(void **state) {
    (void)state;
    open_job(&job_a);
    spawn_failed(run(&job_a, 1), EAGAIN, "no process", 1000);
    spawned(look(2000), 2000);
    spawn_failed(run(&job_a, 1), EAGAIN, "no process", 10000);
    spawned(look(12000), 12000);
    spawn_failed(run(&job_a, 1), EAGAIN, "no process", 72000);
    (void)look(73000);
}

static void assert_note(const char *text) {
    assert_int_equal(said_count, 1);
    assert_int_equal(said[0].kind, MSG_note);
    assert_true(span_is(said[0].note.text, text));
}

/* As many as could be started go on, one more is tried after a minute, then after two; people are told once. */
static void where_some_can_run_so_many_do(void **state) {
    (void)state;
    open_job(&job_a);
    spawned(run(&job_a, 1), 1000);
    spawned(run(&job_a, 2), 1000);
    spawn_failed(run(&job_a, 3), EMFILE, "no pipe", 1000);
    assert_outcome(TRIAL_LOST, "no pipe");
    assert_capacity(2);
    assert_int_equal(count(MSG_unfit), 0);
    lease(&job_a, 3, 1000);
    assert_outcome(TRIAL_LOST, "no place was free for it");
    step(NULL, 1199);
    assert_int_equal(said_count, 0);
    assert_true(core.deadline(core.self) == 1200);
    step(NULL, 1200);
    assert_note("runs at most 2 of 3 trials at once for now: no pipe; allow more open files "
                "(ulimit -n) or fewer slots");
    when_ms now = 1000;
    for (dur_ms pause = 60000; pause <= 240000; pause *= 2) {
        step(NULL, now + pause - 1);
        assert_int_equal(count(MSG_capacity), 0);
        step(NULL, now + pause);
        assert_capacity(SLOTS);
        now += pause;
        if (pause == 240000)
            break;
        now += 10;
        spawn_failed(run(&job_a, 3), EMFILE, "no pipe", now);
        assert_capacity(2);
        assert_int_equal(count(MSG_note), 0);
    }
    step(NULL, now + 239999);
    assert_int_equal(said_count, 0);
    step(NULL, now + 240000);
    assert_note("runs as many trials at once as before");
}

/* After a moment in which hardly any ran, a large machine is soon as large as before. */
static void it_grows_twice_as_much_each_time(void **state) {
    (void)state;
    static const uint32_t rooms[] = {4, 6, 10, 18, 34, 64, 0};
    struct shortage s = {0};
    when_ms now = 1000;
    shortage_narrows(&s, 3, now);
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        now += 60000;
        assert_false(shortage_grows(&s, 64, now - 1));
        assert_true(shortage_grows(&s, 64, now));
        assert_int_equal(s.room, rooms[i]);
    }
    assert_true(shortage_wakes(&s) == WHEN_NEVER);
}

/* What was too many makes it slow, and what goes well quick again. */
static void after_too_many_it_begins_with_one_again(void **state) {
    (void)state;
    static const dur_ms pauses[] = {240000, 240000, 120000, 60000, 60000};
    static const uint32_t rooms[] = {5, 7, 11, 19, 35};
    struct shortage s = {0};
    when_ms now = 0;
    shortage_narrows(&s, 4, now);
    assert_true(shortage_grows(&s, 64, now += 60000));
    shortage_narrows(&s, 4, now);
    assert_true(shortage_grows(&s, 64, now += 120000));
    shortage_narrows(&s, 4, now);
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        now += pauses[i];
        assert_false(shortage_grows(&s, 64, now - 1));
        assert_true(shortage_grows(&s, 64, now));
        assert_int_equal(s.room, rooms[i]);
    }
}

/* Several begin together: how many can is known when the last has failed, and that none can is another matter. */
static void of_several_that_begin_together_so_many_as_could_go_on(void **state) {
    (void)state;
    open_job(&job_a);
    uint64_t first = run(&job_a, 1), second = run(&job_a, 2), third = run(&job_a, 3);
    spawn_failed(third, EAGAIN, "no process", 200);
    assert_capacity(2);
    spawn_failed(second, EAGAIN, "no process", 200);
    assert_capacity(1);
    spawn_failed(first, EAGAIN, "no process", 200);
    assert_capacity(0);
    assert_unfit("no process; allow more processes (ulimit -u) or fewer slots");
    spawned(look(1200), 1200);
    assert_capacity(SLOTS);
    assert_int_equal(count(MSG_note), 0);
}

/* However few run: where the next would meet the same, none is taken. */
static void a_full_disk_is_full_for_all(void **state) {
    (void)state;
    open_job(&job_a);
    spawned(run(&job_a, 1), 1000);
    spawn_failed(run(&job_a, 2), ENOSPC, "no space", 1000);
    assert_capacity(0);
}

/* What a look met was not the machine's own: so trials can be started. */
static void a_look_that_fails_otherwise_is_enough(void **state) {
    (void)state;
    open_job(&job_a);
    spawn_failed(run(&job_a, 1), ENOMEM, "no memory", 1000);
    spawn_failed(look(2000), ENOENT, "there is no /proc", 2000);
    assert_capacity(SLOTS);
    assert_unfit("");
}

static void down(bool unable, when_ms now) {
    struct msg m = {.kind = MSG_launcher_down};
    m.launcher_down.what = span_text("zyg-run cannot begin");
    m.launcher_down.unable = unable;
    step(&m, now);
}

static void up(when_ms now) {
    step(&(struct msg){.kind = MSG_launcher_up, .launcher_up.pid = 77}, now);
}

/* However often: a trial that is alone with it each time did not kill it. */
static void a_launcher_that_cannot_begin_is_nobodys_fault(void **state) {
    (void)state;
    open_job(&job_a);
    for (when_ms now = 1000; now < 20000; now += 1000) {
        (void)run(&job_a, 1);
        down(true, now);
        assert_int_equal(result().status, TRIAL_LOST);
        assert_unfit("zyg-run cannot begin");
        assert_true(core.deadline(core.self) == WHEN_NEVER);
        up(now + 10);
        const struct msg *m = find(MSG_spawn);
        assert_non_null(m); /* at once: is it well now? */
        assert_int_equal(find(MSG_capacity)->capacity.slots, 0);
        spawned(m->spawn.run, now + 20);
        assert_capacity(SLOTS);
    }
}

static void it_dies_during_a_look(void **state) {
    (void)state;
    open_job(&job_a);
    spawn_failed(run(&job_a, 1), ENOSPC, "no space", 1000);
    uint64_t number = look(2000);
    down(false, 2100);
    spawned(number, 2200); /* nobody waits for it now */
    assert_int_equal(said_count, 0);
    up(2300);
    spawned(find(MSG_spawn)->spawn.run, 2400);
    assert_capacity(SLOTS);
}

static void who_quits_does_not_look(void **state) {
    (void)state;
    open_job(&job_a);
    spawn_failed(run(&job_a, 1), ENOSPC, "no space", 1000);
    quit(1500);
    assert_true(core.deadline(core.self) == WHEN_NEVER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_is_charged_and_nothing_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_looks_until_it_can_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_is_soon_short_again_waits_longer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_look_that_fails_otherwise_is_enough, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_launcher_that_cannot_begin_is_nobodys_fault, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(where_some_can_run_so_many_do, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_several_that_begin_together_so_many_as_could_go_on,
                                        set_up, tear_down),
        cmocka_unit_test(it_grows_twice_as_much_each_time),
        cmocka_unit_test(after_too_many_it_begins_with_one_again),
        cmocka_unit_test_setup_teardown(a_full_disk_is_full_for_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_dies_during_a_look, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_quits_does_not_look, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
