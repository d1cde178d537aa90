/* Trials of a job with rungs: what the executor says of them, and how they end when they were judged. */
#include "tests/unit/actors/executor/executor_world.h"

#include "actors/executor/executor_state.h"
#include "proto/job/curve.h"

/* Rungs at 1, 3, 9; 27 is the full length. Less is better. */
static struct span make_curves(const struct condition *constraints, uint32_t count) {
    static uint8_t memory[4096];
    static uint8_t arena_memory[JOB_ARENA_BYTES];
    struct arena arena = arena_of(arena_memory, sizeof arena_memory);
    struct buf out = buf_of(memory, sizeof memory);
    struct job job;
    struct err err;
    assert_true(job_decode(&job, make_spec("loss", NULL), &arena, &err));
    job.objectives[0].goal = GOAL_MINIMIZE;
    job.rungs = (struct job_rungs){.steps = 27, .policy = RUNGS_ASHA};
    job.constraints = constraints;
    job.constraints_count = count;
    assert_true(job_encode(&job, &out));
    return buf_view(&out);
}

static void open_curves(const struct condition *constraints, uint32_t count) {
    open_job_with(&job_a, make_curves(constraints, count));
}

static void open_job_with_rungs(void) {
    open_curves(NULL, 0);
}

static uint64_t running(uint64_t slot) {
    open_job_with_rungs();
    uint64_t number = run(&job_a, slot);
    spawned(number, 100);
    return number;
}

static void verdict(uint64_t slot, uint64_t attempt, bool pause, when_ms now) {
    struct msg m = {.kind = MSG_verdict};
    m.verdict.job = job_a;
    m.verdict.slot = slot;
    m.verdict.attempt = attempt;
    m.verdict.pause = pause;
    step(&m, now);
}

static void end_with(uint64_t number, int64_t status, int64_t signal) {
    struct msg m = {.kind = MSG_exited};
    m.exited.run = number;
    m.exited.status = status;
    m.exited.signal = signal;
    output_end(number, 2000);
    step(&m, 2000);
}

/* The index-th rung it has just said. */
static struct msg_reached_fact reached(uint32_t index, struct curve *curve) {
    struct msg m;
    struct err err;
    for (uint32_t i = 0; i < said_count; i++) {
        if (said[i].kind != MSG_reached || index-- > 0)
            continue;
        assert_true(msg_decode(&m, said[i].reached.fact, &err));
        assert_int_equal(m.kind, MSG_reached_fact);
        assert_true(curve_decode(curve, m.reached_fact.curve));
        return m.reached_fact;
    }
    fail_msg("no such rung was said");
    return (struct msg_reached_fact){0};
}

/* What a line says beside the objective counts there, wherever in the line it stands; what was told
 * before stays, also what an attempt before has told as long as this one has not told all. */
static void constraints_are_told_with_the_rung(void **state) {
    (void)state;
    static const struct condition both[] = {{.text = {(const uint8_t *)"mb <= 20", 8}},
                                            {.text = {(const uint8_t *)"points >= 0", 11}}};
    struct curve curve;
    open_curves(both, 2);
    uint64_t number = run(&job_a, 1);
    spawned(number, 100);
    output(number, "step=1 loss=1\n", 200);
    reached(0, &curve);
    assert_true(curve.breach == 0); /* not told yet */
    output(number, "points=1\nstep=3 loss=1 mb=30\n", 300);
    reached(0, &curve);
    assert_true(curve.breach == 0.5);
    output(number, "mb=15\nstep=9 loss=1\n", 400);
    reached(0, &curve);
    assert_true(curve.breach == 0);

    uint8_t memory[CURVE_BYTES];
    struct buf before = buf_of(memory, sizeof memory);
    curve = (struct curve){.step = 1, .told = 1, .improved = 1, .breach = 2};
    curve_encode(&curve, &before);
    struct msg m = {.kind = MSG_lease,
                    .lease = {.job = job_a,
                              .slot = 2,
                              .attempt = 2,
                              .config = span_of(config, config_len),
                              .curve = buf_view(&before)}};
    step(&m, 500);
    spawned(number + 1, 500);
    output(number + 1, "mb=20\nstep=3 loss=1\n", 600);
    reached(0, &curve);
    assert_true(curve.breach == 2);
    output(number + 1, "points=0\nstep=9 loss=1\n", 600);
    reached(0, &curve);
    assert_true(curve.breach == 0);
}

static void rungs_are_said_as_they_are_reached(void **state) {
    (void)state;
    struct curve curve;
    uint64_t number = running(5);
    output(number, "step=1 loss=0.5\n", 200);
    assert_int_equal(said_count, 1);
    struct msg_reached_fact fact = reached(0, &curve);
    assert_true(job_id_equal(&fact.job, &job_a) && fact.slot == 5 && fact.attempt == 1);
    assert_true(span_equal(fact.config, span_of(config, config_len)) && !fact.saved);
    assert_true(curve.step == 1 && curve.best == 0.5);
    output(number, "step=2 loss=0.25\nstep=2 val=7\n", 300);
    assert_int_equal(said_count, 0);
    output(number, "::zyg {\"checkpoint\": \"a\"}\nstep=3 loss=0.75\nstep=9 lo", 400);
    assert_int_equal(said_count, 1);
    output(number, "ss=0.125\n", 500);
    assert_int_equal(said_count, 1);
    fact = reached(0, &curve);
    assert_true(fact.saved && curve.step == 9 && curve.best == 0.125 && curve.told == 4);
    output(number, "step=27 loss=0.25\n", 600);
    assert_int_equal(said_count, 0);
    end_with(number, 0, 0);
    assert_outcome(TRIAL_DONE, "");
    assert_true(result().value == 0.125); /* it is worth its best */
    assert_true(curve_decode(&curve, result().curve));
    assert_true(curve.step == 27 && curve.told == 5 && curve.last == 0.25);
}

static void what_comes_at_once_is_said_in_order(void **state) {
    (void)state;
    struct curve curve;
    uint64_t number = running(5);
    output(number, "step=1 loss=0.5\nstep=2 loss=0.75\nstep=3 loss=0.25\nstep=9 loss=1\n", 200);
    assert_int_equal(count(MSG_reached), 3);
    (void)reached(0, &curve);
    assert_true(curve.step == 1 && curve.best == 0.5);
    (void)reached(1, &curve);
    assert_true(curve.step == 3 && curve.best == 0.25);
    (void)reached(2, &curve);
    assert_true(curve.step == 9 && curve.best == 0.25);
    /* What it printed last is said before how it ended. */
    uint64_t other = run(&job_a, 6);
    spawned(other, 300);
    output(other, "step=1 loss=0.5", 300);
    end_with(other, 0, 0);
    assert_int_equal(said_count, 2);
    assert_int_equal(said[0].kind, MSG_reached);
    assert_int_equal(said[1].kind, MSG_outcome);
}

static void one_that_was_judged_ends(void **state) {
    (void)state;
    static const struct {
        bool pause;
        int64_t status, signal;
        enum trial_status expected;
        const char *cause;
    } cases[] = {
        {false, 0, SIGTERM, TRIAL_STOPPED,
         "stopped early at step 4 of 27: others were better there; its best was at step 2"},
        {true, 0, SIGTERM, TRIAL_PAUSED,
         "paused at step 4 of 27: others go first; its best was at step 2"},
        {true, 0, 0, TRIAL_PAUSED,
         "paused at step 4 of 27: others go first; its best was at step 2"},
        {true, 85, 0, TRIAL_PAUSED,
         "paused at step 4 of 27: others go first; its best was at step 2"},
        {true, 1, 0, TRIAL_PAUSED,
         "paused at step 4 of 27: others go first; its best was at step 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t number = running(i);
        output(number, "step=1 loss=0.5\nstep=2 loss=0.25\nstep=3 loss=0.5\n", 200);
        verdict(i, 1, cases[i].pause, 1000);
        assert_int_equal(said_count, 1);
        assert_killed(number, SIGTERM);
        verdict(i, 1, cases[i].pause, 1100); /* it is said again */
        assert_int_equal(said_count, 0);
        output(number, "step=4 loss=0.5\n", 1200);
        end_with(number, cases[i].status, cases[i].signal);
        assert_outcome(cases[i].expected, cases[i].cause);
        assert_true(result().has_value && result().value == 0.25);
    }
}

static void one_that_does_not_listen_is_killed(void **state) {
    (void)state;
    uint64_t number = running(5);
    output(number, "step=1 loss=0.5\n", 200);
    verdict(5, 1, true, 1000);
    assert_true(core.deadline(core.self) == 11000); /* all of its grace: it saves its checkpoint */
    output(number, "step=3 loss=0.5\n", 1200);
    assert_int_equal(said_count, 0); /* it is judged no more */
    step(NULL, 11000);
    assert_killed(number, SIGKILL);
    end_with(number, 0, SIGKILL);
    assert_outcome(TRIAL_PAUSED, "paused at step 3 of 27: others go first; its best was at step 1");
}

static void one_that_outruns_its_verdict_is_done(void **state) {
    (void)state;
    uint64_t number = running(5);
    output(number, "step=9 loss=0.5\n", 200);
    verdict(5, 1, false, 1000);
    output(number, "step=27 loss=0.25\n", 1100);
    end_with(number, 0, 0);
    assert_outcome(TRIAL_DONE, "");
    assert_true(result().value == 0.25);
    number = running(6); /* it says itself that this is its last word */
    output(number, "step=9 loss=0.5\n::zyg {\"final\": {\"loss\": 0.75}}\n", 200);
    verdict(6, 1, true, 1000);
    end_with(number, 0, 0);
    assert_outcome(TRIAL_DONE, "");
    assert_true(result().value == 0.75);
    number = running(7);
    output(number, "step=27 loss=0.5\n", 200);
    verdict(7, 1, true, 1000);
    end_with(number, 3, 0);
    assert_outcome(TRIAL_PAUSED, "paused at step 27 of 27: others go first");
}

static void late_and_wrong_verdicts_are_dropped(void **state) {
    (void)state;
    uint64_t number = running(5);
    verdict(5, 1, true, 200); /* it has not come to a rung */
    verdict(4, 1, true, 200);
    output(number, "step=1 loss=0.5\n", 300);
    verdict(5, 2, true, 400); /* of another attempt */
    assert_int_equal(said_count, 0);
    exited(number, 0, 500);
    verdict(5, 1, true, 600); /* its output is still read */
    output_end(number, 700);
    assert_outcome(TRIAL_DONE, "");
    verdict(5, 1, true, 800);
    assert_int_equal(said_count, 0);
    assert_int_equal(executor->moot, 5);
    open_job(&job_b); /* has no rungs */
    number = run(&job_b, 1);
    spawned(number, 900);
    output(number, "step=9 acc=0.5\n", 900);
    struct msg m = {.kind = MSG_verdict, .verdict = {.job = job_b, .slot = 1, .attempt = 1}};
    step(&m, 900);
    assert_int_equal(said_count, 0);
    assert_int_equal(executor->moot, 6);
}

static void a_cancel_that_came_first_stands(void **state) {
    (void)state;
    uint64_t number = running(5);
    output(number, "step=1 loss=0.5\n", 200);
    shut_job(&job_a, JOB_CANCELLED, 300);
    verdict(5, 1, true, 400);
    assert_int_equal(said_count, 0);
    end_with(number, 0, SIGTERM);
    assert_outcome(TRIAL_CANCELLED, "stopped because its job ended");
}

static void a_lease_that_waits_keeps_its_curve(void **state) {
    (void)state;
    const struct curve until = {.step = 3, .told = 3, .improved = 2, .best = 0.25, .last = 0.5};
    uint8_t memory[CURVE_BYTES + 1];
    struct buf curve = buf_of(memory, sizeof memory);
    curve_encode(&until, &curve);
    struct msg m = {.kind = MSG_lease,
                    .lease = {.job = job_b,
                              .slot = 5,
                              .attempt = 2,
                              .config = span_of(config, config_len),
                              .curve = buf_view(&curve)}};
    step(&m, 100);
    assert_int_equal(said_count, 0);
    m.lease.slot = 6; /* of another one's, it waits with its own */
    m.lease.curve.len = 0;
    step(&m, 100);
    m.lease.slot = 7;
    m.lease.curve = span_of(memory, sizeof memory); /* no curve is so long */
    step(&m, 100);
    assert_outcome(TRIAL_LOST, "its job does not run here");
    memset(memory, 0xc1, sizeof memory);
    step(&(struct msg){.kind = MSG_job_open,
                       .job_open = {.job = job_b, .spec = make_curves(NULL, 0)}},
         150);
    assert_int_equal(count(MSG_spawn), 2);
    assert_true(executor->trials[0].slot == 5 && executor->trials[0].climb.curve.step == 3);
    assert_true(executor->trials[1].slot == 6 && executor->trials[1].climb.curve.step == 0);
}

static void a_later_attempt_goes_on(void **state) {
    (void)state;
    const struct curve until = {.step = 3, .told = 3, .improved = 2, .best = 0.25, .last = 0.5};
    uint8_t memory[CURVE_BYTES];
    struct buf curve = buf_of(memory, sizeof memory);
    curve_encode(&until, &curve);
    open_job_with_rungs();
    struct msg m = {.kind = MSG_lease,
                    .lease = {.job = job_a,
                              .slot = 5,
                              .attempt = 2,
                              .config = span_of(config, config_len),
                              .curve = buf_view(&curve)}};
    step(&m, 100);
    uint64_t number = find(MSG_spawn)->spawn.run;
    assert_true(find(MSG_spawn)->spawn.saves);
    spawned(number, 100);
    m = (struct msg){.kind = MSG_output};
    m.output.run = number;
    m.output.bytes = span_text("step=2 loss=0.1\nstep=3 loss=0.1\nstep=4 loss=0.5\n");
    m.output.saved = true; /* what it goes on from */
    step(&m, 200);
    assert_int_equal(said_count, 0);
    assert_true(executor->trials[0].climb.saved);
    verdict(5, 2, true, 300); /* another one that was given the same attempt has come further */
    assert_int_equal(said_count, 0);
    output(number, "step=9 loss=0.5\n", 300);
    verdict(5, 2, true, 400);
    assert_killed(number, SIGTERM);
    end_with(number, 0, SIGTERM);
    assert_outcome(TRIAL_PAUSED, "paused at step 9 of 27: others go first; its best was at step 2");
    assert_true(result().value == 0.25);
    m = (struct msg){.kind = MSG_lease,
                     .lease = {.job = job_a,
                               .slot = 5,
                               .attempt = 3,
                               .config = span_of(config, config_len),
                               .curve = buf_view(&curve)}};
    step(&m, 3000);
    number = find(MSG_spawn)->spawn.run;
    spawned(number, 3000);
    end_with(number, 0, 0); /* it had come to its end when it was paused: there is nothing to say */
    assert_outcome(TRIAL_DONE, "");
    assert_true(result().value == 0.25);
}

static void who_cannot_be_compared_is_told(void **state) {
    (void)state;
    open_job(&job_b);
    uint64_t number = run(&job_b, 1); /* a job without rungs is told nothing */
    spawned(number, 100);
    output(number, "acc=0.5\n", 200);
    end_with(number, 0, 0);
    assert_outcome(TRIAL_DONE, "");
    number = running(5);
    output(number, "step=0 loss=0.5\n", 200);
    end_with(number, 0, 0);
    assert_outcome(TRIAL_DONE, "could not be compared with others: the first rung is at step 1, "
                               "'loss' was told at no step");
    assert_true(result().value == 0.5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rungs_are_said_as_they_are_reached, set_up, tear_down),
        cmocka_unit_test_setup_teardown(constraints_are_told_with_the_rung, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_comes_at_once_is_said_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_was_judged_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_does_not_listen_is_killed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_outruns_its_verdict_is_done, set_up, tear_down),
        cmocka_unit_test_setup_teardown(late_and_wrong_verdicts_are_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cancel_that_came_first_stands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lease_that_waits_keeps_its_curve, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_later_attempt_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_cannot_be_compared_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
