#define _GNU_SOURCE
#include "actors/executor/early.h"
#include "tests/unit/actors/executor/executor_world.h"

static void bad_configs_are_refused(void **state) {
    (void)state;
    struct err err;
    struct executor_config c = {.runs = "/x", .slots = 0};
    void *memory = executor;
    assert_null(executor_init(memory, memory_size, &c, &err));
    c.slots = LIMIT_SLOTS_NODE + 1;
    assert_null(executor_init(memory, memory_size, &c, &err));
    assert_string_equal(err.what, "a node runs 1 to 256 trials at once");
    c = (struct executor_config){.runs = "runs", .slots = 1};
    assert_null(executor_init(memory, memory_size, &c, &err));
    c.runs = "";
    assert_null(executor_init(memory, memory_size, &c, &err));
}

static void it_says_how_many_may_run(void **state) {
    (void)state;
    assert_capacity(SLOTS);
    start(2);
    assert_capacity(2);
    start(1000);
    assert_capacity(SLOTS);
}

static void a_trial_from_lease_to_outcome(void **state) {
    (void)state;
    open_job(&job_a);
    lease(&job_a, 17, 100);
    assert_int_equal(said_count, 1);
    const struct msg_spawn *spawn = &said[0].spawn;
    assert_true(span_is(spawn->dir, "/some/dir"));
    assert_true(span_is(spawn->scratch, "/state/runs/aa010000000000000000000000000000/17"));
    assert_true(span_is(spawn->params, "{\"lr\":0.5}"));
    assert_memory_equal(spawn->argv.data, "./train\0--lr=0.5", 17);
    assert_non_null(memmem(spawn->env.data, spawn->env.len, "ZYG_CPUS=2", 11)); /* 8 for 3 places */
    uint64_t number = spawn->run;
    assert_true(core.deadline(core.self) == WHEN_NEVER);

    spawned(number, 200);
    assert_int_equal(said_count, 0);
    assert_true(core.deadline(core.self) == 30200);

    output(number, "epoch=1 acc=0.5 loss=2\nepoch=2 acc=0.75\n", 300);
    output(number, "and so on\n", 350);
    assert_int_equal(said_count, 0);
    output_end(number, 400);
    assert_int_equal(said_count, 0);
    exited(number, 0, 450);
    assert_int_equal(said_count, 1);

    struct msg_result_fact r = result();
    const struct msg_outcome *o = &find(MSG_outcome)->outcome;
    assert_true(job_id_equal(&r.job, &job_a));
    assert_true(r.slot == 17 && r.attempt == 1 && r.status == TRIAL_DONE && r.has_value &&
                r.value == 0.75);
    assert_true(r.began == 1700000000200 && r.run_ms == 250 && r.cpu_ms == 12 && r.rss_kib == 345);
    assert_int_equal(r.cause.len, 0);
    assert_true(span_equal(r.config, span_of(config, config_len)));
    struct metrics_reader reader = metrics_read(r.metrics);
    struct metric metric;
    assert_true(metrics_next(&reader, &metric));
    assert_string_equal(metric.name, "acc");
    assert_true(metric.least == 0.5 && metric.count == 2);
    reader = metrics_read(o->series);
    struct point point;
    assert_true(series_next(&reader, &point) && point.value == 0.5 && point.after == 100);
    assert_int_equal(o->log_bytes, 50);
    assert_int_equal(o->log_head.len, 50);
    assert_int_equal(o->log_tail.len, 0);
    assert_true(span_starts(o->log_head, "epoch=1 acc"));
    assert_true(core.deadline(core.self) == WHEN_NEVER);
    exited(number, 0, 500); /* said twice: nobody cares */
    assert_int_equal(said_count, 0);
}

static void outcomes_go_to_those_who_need_them(void **state) {
    (void)state;
    open_job(&job_a);
    uint64_t number = run(&job_a, 1);
    output_end(number, 100);
    exited(number, 1, 100);
    struct span rest = buf_view(&says.frames);
    bool heard[ROOM_COUNT] = {false};
    while (rest.len > 0)
        heard[frame_take(&rest).to] = true;
    assert_true(heard[ROOM_FACTS] && heard[ROOM_SCHED] && heard[ROOM_LEADER]);
}

static void a_lease_may_come_before_its_job(void **state) {
    (void)state;
    lease(&job_a, 1, 100);
    lease(&job_b, 7, 120);
    lease(&job_a, 2, 140);
    assert_int_equal(said_count, 0);
    step(&(struct msg){.kind = MSG_job_open,
                       .job_open = {.job = job_a, .spec = make_spec("acc", NULL)}},
         150);
    assert_int_equal(count(MSG_spawn), 2);
    assert_true(core.deadline(core.self) == 120 + EARLY_MS);
    step(NULL, 119 + EARLY_MS);
    assert_int_equal(said_count, 0);
    step(NULL, 120 + EARLY_MS);
    assert_outcome(TRIAL_LOST, "its job does not run here");
    assert_int_equal(result().slot, 7);
    assert_true(result().began == 1700000000120 + EARLY_MS);
}

static void lease_from(uint64_t slot, uint64_t from) {
    struct msg m = {.kind = MSG_lease};
    m.lease.job = job_a;
    m.lease.slot = slot;
    m.lease.attempt = 1;
    m.lease.config = span_of(config, config_len);
    m.lease.from = from;
    step(&m, 100);
}

static void a_trial_may_begin_with_anothers_checkpoint(void **state) {
    (void)state;
    lease_from(1, 1); /* before its job is open here */
    assert_int_equal(said_count, 0);
    step(&(struct msg){.kind = MSG_job_open,
                       .job_open = {.job = job_a, .spec = make_spec("acc", NULL)}},
         150);
    const struct msg_spawn *spawn = &find(MSG_spawn)->spawn;
    assert_true(span_is(spawn->from, "/state/runs/aa010000000000000000000000000000/0"));
    assert_true(span_is(spawn->scratch, "/state/runs/aa010000000000000000000000000000/1"));
    assert_non_null(memmem(spawn->env.data, spawn->env.len, "\0ZYG_PARENT=0", 14));
    lease_from(2, 1000000000);
    assert_true(span_is(find(MSG_spawn)->spawn.from,
                        "/state/runs/aa010000000000000000000000000000/999999999"));
    assert_true(find(MSG_spawn)->spawn.from_ends); /* that one does not run here */
    run(&job_a, 3);
    assert_int_equal(said[0].spawn.from.len, 0);
    assert_false(said[0].spawn.from_ends);
    assert_null(memmem(said[0].spawn.env.data, said[0].spawn.env.len, "ZYG_PARENT", 10));
}

static void not_with_that_of_one_which_ends(void **state) {
    (void)state;
    open_job(&job_a);
    const uint64_t parent = run(&job_a, 0);
    spawned(parent, 100);
    lease_from(1, 1);
    assert_false(find(MSG_spawn)->spawn.from_ends);
    exited(parent, 0, 200); /* its output is not at its end */
    lease_from(2, 1);
    assert_true(find(MSG_spawn)->spawn.from_ends);
}

static void nor_with_its_own_or_that_of_no_trial(void **state) {
    (void)state;
    open_job(&job_a);
    lease_from(4, 5);
    assert_outcome(TRIAL_NO_START, "it is to begin with the checkpoint of trial 4, which is no "
                                   "other trial of its job");
    lease_from(4, 1000000001);
    assert_outcome(TRIAL_NO_START, "it is to begin with the checkpoint of trial 1000000000, which "
                                   "is no other trial of its job");
    lease_from(4, UINT64_MAX);
    assert_int_equal(result().status, TRIAL_NO_START);
    assert_int_equal(count(MSG_spawn), 0);
}

static void few_leases_may_be_early(void **state) {
    (void)state;
    for (uint64_t slot = 0; slot < EARLY_MOST; slot++) {
        lease(&job_a, slot, 100);
        assert_int_equal(said_count, 0);
    }
    lease(&job_a, EARLY_MOST, 100);
    assert_outcome(TRIAL_LOST, "its job does not run here");
    assert_int_equal(result().slot, EARLY_MOST);
    step(&(struct msg){.kind = MSG_quit}, 101);
    assert_int_equal(count(MSG_outcome), EARLY_MOST);
    assert_int_equal(count(MSG_quiet), 1);
    lease(&job_a, 1, 102);
    assert_outcome(TRIAL_LOST, "zyg was being stopped");
}

static void leases_that_cannot_run_are_lost_at_once(void **state) {
    (void)state;
    open_job(&job_a);
    for (uint64_t slot = 0; slot < SLOTS; slot++)
        run(&job_a, slot);
    lease(&job_a, 9, 100);
    assert_outcome(TRIAL_LOST, "no place was free for it");
    assert_int_equal(result().slot, 9);
    launcher_down();
    lease(&job_a, 9, 100);
    assert_outcome(TRIAL_LOST, "trials could not be started");
    quit(100);
    lease(&job_a, 9, 100);
    assert_outcome(TRIAL_LOST, "zyg was being stopped");
}

static void a_slot_runs_once_at_a_time(void **state) {
    (void)state;
    open_job(&job_a);
    open_job(&job_b);
    uint64_t first = run(&job_a, 4);
    lease(&job_a, 4, 100);
    assert_outcome(TRIAL_LOST, "an earlier attempt was still running");
    uint64_t other = run(&job_b, 4); /* another job's is another one */
    assert_int_not_equal(first, other);
}

static void fewer_slots_than_places(void **state) {
    (void)state;
    open_job(&job_a);
    start(1);
    run(&job_a, 1);
    lease(&job_a, 2, 100);
    assert_outcome(TRIAL_LOST, "no place was free for it");
    start(0);
    assert_capacity(0);
}

static void what_cannot_start_says_why(void **state) {
    (void)state;
    open_job_with(&job_a, span_text("no job"));
    lease(&job_a, 1, 100);
    assert_int_equal(result().status, TRIAL_NO_START);
    assert_true(result().cause.len > 0);
    open_job_with(&job_b, make_spec("acc", "acc ([[:digits:]]+)"));
    lease(&job_b, 1, 100);
    assert_int_equal(result().status, TRIAL_NO_START);
    assert_true(span_starts(result().cause, "pattern 'acc ([[:digits:]]+)'"));
    shut_job(&job_a, JOB_DONE, 100);
    open_job(&job_a);
    config_len--; /* a configuration of something else */
    lease(&job_a, 1, 100);
    assert_outcome(TRIAL_NO_START, "its configuration cannot be read");
    config_len++;
    uint64_t number = run(&job_a, 1);
    struct msg m = {.kind = MSG_spawn_failed};
    m.spawn_failed.run = number;
    m.spawn_failed.error = 2;
    m.spawn_failed.what = span_text("cannot start './train': it was not found in '/some/dir'");
    step(&m, 200);
    assert_outcome(TRIAL_NO_START, "cannot start './train': it was not found in '/some/dir'");
}

static void patterns_are_read(void **state) {
    (void)state;
    open_job_with(&job_a, make_spec("acc", "Accuracy = ([0-9.]+)%"));
    uint64_t number = run(&job_a, 1);
    spawned(number, 100);
    output(number, "Cross Validation Accuracy = 97.5%\n", 150);
    output_end(number, 200);
    exited(number, 0, 200);
    assert_true(result().value == 97.5);
}

static void many_jobs_come_and_go(void **state) {
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (uint8_t i = 0; i < LIMIT_JOBS_OPEN; i++) {
            const struct job_id id = {{1, i}};
            open_job(&id);
        }
        lease(&job_a, 1, 100);
        step(NULL, 100 + EARLY_MS);
        assert_outcome(TRIAL_LOST, "its job does not run here");
        const struct job_id last = {{1, LIMIT_JOBS_OPEN - 1}};
        uint64_t number = run(&last, (uint64_t)round);
        spawned(number, 100);
        shut_job(&last, JOB_CANCELLED, 100);
        open_job(&job_a); /* the one before it has not quite ended yet */
        uint64_t next = run(&job_a, 1);
        output_end(number, 100);
        exited(number, 0, 100);
        output_end(next, 100);
        exited(next, 0, 100);
        shut_job(&job_a, JOB_DONE, 100);
        for (uint8_t i = 0; i < LIMIT_JOBS_OPEN - 1; i++) {
            const struct job_id id = {{1, i}};
            shut_job(&id, JOB_DONE, 100);
            assert_int_equal(said_count, 0);
        }
    }
}

static void expect_printed(uint32_t index, uint64_t attempt, uint64_t offset, const char *text) {
    assert_true(index < said_count);
    assert_int_equal(said[index].kind, MSG_printed);
    const struct msg_printed *p = &said[index].printed;
    assert_true(job_id_equal(&p->job, &job_a) && p->slot == 1 && !p->over);
    assert_int_equal(p->attempt, attempt);
    assert_int_equal(p->offset, offset);
    assert_true(span_is(p->bytes, text));
}

static void followed_output_is_said(void **state) {
    (void)state;
    open_job(&job_a);
    follow(1, true, 0, 0);
    assert_int_equal(said_count, 1);
    assert_true(said[0].printed.over && said[0].printed.attempt == 0); /* nothing runs */
    uint64_t number = run(&job_a, 1);
    spawned(number, 100);
    output(number, "head\n", 100);
    assert_int_equal(said_count, 0);
    follow(1, true, 0, 0);
    assert_int_equal(said_count, 1);
    expect_printed(0, 1, 0, "head\n");
    follow(1, true, 1, 5);
    expect_printed(0, 1, 5, ""); /* all that was kept was said */
    output(number, "live", 110);
    assert_int_equal(said_count, 1);
    expect_printed(0, 1, 5, "live");
    follow(1, false, 1, 9);
    output(number, "nobody", 120);
    assert_int_equal(said_count, 0);
    follow(1, true, 1, 9); /* goes on */
    expect_printed(0, 1, 9, "nobody");
    follow(1, true, 1, 15);
    output(number, "end", 130);
    output_end(number, 400);
    exited(number, 0, 450);
    assert_int_equal(said_count, 2);
    assert_int_equal(said[0].kind, MSG_outcome);
    assert_true(said[1].printed.over && !said[1].printed.lost && said[1].printed.offset == 18);
}

static void a_lost_trial_is_over_and_lost(void **state) {
    (void)state;
    open_job(&job_a);
    uint64_t number = run(&job_a, 1);
    spawned(number, 100);
    output(number, "head\n", 100);
    follow(1, true, 0, 0);
    output(number, "rest\n", 100);
    assert_int_equal(said_count, 0); /* the first part has not come yet */
    launcher_down();
    assert_int_equal(said_count, 5);
    assert_int_equal(said[0].kind, MSG_note);
    assert_int_equal(said[1].kind, MSG_capacity);
    assert_int_equal(said[2].kind, MSG_outcome);
    expect_printed(3, 1, 5, "rest\n");
    assert_true(said[4].printed.over && said[4].printed.lost && said[4].printed.offset == 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bad_configs_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_says_how_many_may_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_trial_from_lease_to_outcome, set_up, tear_down),
        cmocka_unit_test_setup_teardown(outcomes_go_to_those_who_need_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lease_may_come_before_its_job, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_trial_may_begin_with_anothers_checkpoint, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(not_with_that_of_one_which_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nor_with_its_own_or_that_of_no_trial, set_up, tear_down),
        cmocka_unit_test_setup_teardown(few_leases_may_be_early, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leases_that_cannot_run_are_lost_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_slot_runs_once_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fewer_slots_than_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_start_says_why, set_up, tear_down),
        cmocka_unit_test_setup_teardown(patterns_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_jobs_come_and_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(followed_output_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lost_trial_is_over_and_lost, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
