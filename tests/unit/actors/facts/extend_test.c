/* A job gets more trials, while it runs and when it is over; who asks for what cannot be hears why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/job/curve.h"
#include "tests/unit/actors/facts/authors.h"

static struct span extend_bundle_at(struct facts_stage *f, const struct signer *who,
                                    const struct job_id *id, uint64_t trials, wall_ms wall) {
    return one_fact(
        f, who,
        &(struct msg){
            .kind = MSG_control_fact,
            .control_fact = {.job = *id, .verb = CONTROL_EXTEND, .wall = wall, .trials = trials}});
}

static struct span extend_bundle(struct facts_stage *f, const struct job_id *id, uint64_t trials) {
    return extend_bundle_at(f, &f->user, id, trials, 5000);
}

static void say_extend(struct facts_stage *f, uint64_t ticket, const struct job_id *id,
                       uint64_t trials) {
    say_admit(f, ticket, extend_bundle(f, id, trials), false);
}

static struct msg done_of(const struct job_id *id, uint64_t trials) {
    return (struct msg){.kind = MSG_end_fact,
                        .end_fact = {.job = *id,
                                     .state = JOB_DONE,
                                     .cause = span_text("no better in 2 trials"),
                                     .wall = 4321,
                                     .trials = trials}};
}

static uint64_t open_trials(struct facts_stage *f, enum room room, uint32_t which) {
    const struct msg *m = stage_heard(f->stage, room, MSG_job_open, which);
    assert_non_null(m);
    return m->job_open.trials;
}

static void a_job_that_runs_gets_more(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    assert_int_equal(open_trials(f, ROOM_SCHED, 0), 4);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.5);
    say_outcome(f, &id, 5, TRIAL_DONE, 0.25); /* it has no such slot yet */
    assert_int_equal(stored_row(f, &id).done, 1);
    say_extend(f, 7, &id, 6);
    expect_answer(f, 7, ERR_NONE, "");
    const enum room rooms[] = {ROOM_TUNER, ROOM_SCHED};
    for (int i = 0; i < 2; i++) {
        const struct msg *m = stage_heard(f->stage, rooms[i], MSG_job_extended, 0);
        assert_true(m != NULL && m->job_extended.trials == 6);
    }
    assert_true(stage_place(f->stage, ROOM_TUNER, MSG_job_extended) <
                stage_place(f->stage, ROOM_SCHED, MSG_job_extended));
    assert_int_equal(stored_row(f, &id).trials, 6);
    assert_int_equal(stored_events(f, "extended from 4 to 6 trials by its owner"), 1);
    for (uint64_t slot = 1; slot < 5; slot++)
        say_outcome(f, &id, slot, TRIAL_DONE, 0.5);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    say_outcome(f, &id, 5, TRIAL_DONE, 0.25);
    assert_int_equal(stored_row(f, &id).state, JOB_DONE);
    assert_int_equal(stored_row(f, &id).done, 6);
    assert_int_equal(stored_row(f, &id).best_slot, 5);
}

static void a_job_that_is_done_goes_on(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    for (uint64_t slot = 0; slot < 4; slot++)
        say_outcome(f, &id, slot, TRIAL_DONE, 0.5);
    assert_int_equal(stored_row(f, &id).state, JOB_DONE);
    say_extend(f, 7, &id, 6);
    expect_answer(f, 7, ERR_NONE, "");
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    assert_int_equal(stored_row(f, &id).finished, 0);
    assert_int_equal(stored_row(f, &id).trials, 6);
    assert_null(stage_heard(f->stage, ROOM_SCHED, MSG_job_open, 1)); /* nobody has asked for it */
    say_want(f, 8, &id);
    expect_answer(f, 8, ERR_NONE, "");
    assert_int_equal(open_trials(f, ROOM_TUNER, 1), 6);
    assert_int_equal(open_trials(f, ROOM_SCHED, 1), 6);
    say_outcome(f, &id, 4, TRIAL_DONE, 0.25);
    facts_stage_crash(f, true); /* and it still has them */
    assert_int_equal(open_trials(f, ROOM_SCHED, 0), 6);
    say_outcome(f, &id, 5, TRIAL_DONE, 0.5);
    assert_int_equal(stored_row(f, &id).state, JOB_DONE);
    assert_int_equal(stored_row(f, &id).done, 6);
    assert_int_equal(stored_row(f, &id).best_slot, 4);
}

static void an_agent_goes_on_by_itself(void **state) {
    struct facts_stage *f = *state;
    facts_stage_crash(f, true);
    struct job_id id = open_job(f, 1);
    for (uint64_t slot = 0; slot < 4; slot++)
        say_outcome(f, &id, slot, TRIAL_DONE, 0.5);
    say_extend(f, 7, &id, 6);
    assert_int_equal(open_trials(f, ROOM_SCHED, 1), 6);
}

static void patience_begins_anew(void **state) {
    struct facts_stage *f = *state;
    f->job.job.patience = 2;
    struct job_id id = open_job(f, 1);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.25);
    say_outcome(f, &id, 1, TRIAL_DONE, 0.5);
    say_outcome(f, &id, 2, TRIAL_DONE, 0.5);
    assert_true(span_is(stored_row(f, &id).cause, "no better in 2 trials"));
    say_extend(f, 7, &id, 6);
    say_want(f, 8, &id);
    expect_answer(f, 8, ERR_NONE, "");
    assert_int_equal(stored_row(f, &id).cause.len, 0);
    say_outcome(f, &id, 3, TRIAL_DONE, 0.5);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
    say_outcome(f, &id, 4, TRIAL_DONE, 0.5);
    assert_int_equal(stored_row(f, &id).state, JOB_DONE);
    assert_int_equal(stored_row(f, &id).done, 5);
}

static void hope_begins_anew(void **state) {
    struct facts_stage *f = *state;
    f->job.job.method = METHOD_GP;
    f->job.job.until_hopeless = true;
    struct job_id id = open_job(f, 1);
    const struct msg hopeless = {.kind = MSG_exhausted,
                                 .exhausted = {.job = id, .trials = 4, .hopeless = true}};
    say_outcome(f, &id, 0, TRIAL_DONE, 0.25);
    stage_tell(f->stage, ROOM_FACTS, ROOM_SCHED, 0, &hopeless);
    assert_int_equal(stored_row(f, &id).state, JOB_DONE);
    say_extend(f, 7, &id, 6);
    say_want(f, 8, &id);
    expect_answer(f, 8, ERR_NONE, "");
    assert_int_equal(open_trials(f, ROOM_SCHED, 1), 6);
    stage_tell(f->stage, ROOM_FACTS, ROOM_SCHED, 0, &hopeless); /* late, about four */
    say_outcome(f, &id, 1, TRIAL_DONE, 0.5);
    assert_int_equal(stored_row(f, &id).state, JOB_OPEN);
}

static void what_cannot_be_is_refused(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    say_extend(f, 1, &id, 4);
    expect_answer(f, 1, ERR_USAGE, "the job has 4 trials already, expected more");
    say_extend(f, 2, &id, (uint64_t)LIMIT_SLOTS_JOB + 1);
    expect_answer(f, 2, ERR_USAGE, "a job has 1 to 1000000000 trials");
    say_admit(f, 3, extend_bundle_at(f, &f->stranger, &id, 6, 5000), false);
    expect_answer(f, 3, ERR_NOT_ALLOWED, "only the job's owner may extend it");
    say_extend(f, 4, &(struct job_id){{9}}, 6);
    expect_answer(f, 4, ERR_NOT_FOUND, "there is no such job here");
    assert_int_equal(stored_row(f, &id).trials, 4);

    say_admit(f, 5, cancel_bundle(f, &f->user, &id), false);
    say_extend(f, 6, &id, 6);
    expect_answer(f, 6, ERR_CANCELLED, "the job was cancelled; nothing undoes that");

    f->job.job.objectives[0].has_target = true;
    f->job.job.objectives[0].target = 0.3;
    struct job_id good = open_job(f, 2);
    say_outcome(f, &good, 0, TRIAL_DONE, 0.25);
    say_extend(f, 7, &good, 6);
    expect_answer(f, 7, ERR_JOB_FAILED,
                  "the job has reached its target; more trials would not be run");
    struct job_id bad = open_job(f, 3);
    for (uint64_t slot = 0; slot < 4; slot++)
        say_outcome(f, &bad, slot, TRIAL_CRASHED, 0);
    say_extend(f, 8, &bad, 6);
    expect_answer(f, 8, ERR_JOB_FAILED, "the job has failed; submit it again");
}

static void a_grid_has_no_more_than_its_points(void **state) {
    struct facts_stage *f = *state;
    job_begin(&f->job, METHOD_GRID, 2);
    add_range(&f->job, "n", PARAM_INT, 1, 3);
    f->job.job.objectives[0] = (struct objective){.metric = span_text("loss")};
    f->job.job.objectives_count = 1;
    job_end(&f->job);
    struct job_id id = open_job(f, 1);
    say_extend(f, 1, &id, 4);
    expect_answer(f, 1, ERR_USAGE, "search.trials is 4, but there are only 3 configurations");
    say_extend(f, 2, &id, 3);
    expect_answer(f, 2, ERR_NONE, "");
}

static void who_asks_again_is_answered_again(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = open_job(f, 1);
    for (uint64_t i = 0; i < 2; i++) {
        say_extend(f, 1 + i, &id, 6);
        expect_answer(f, 1 + i, ERR_NONE, "");
    }
    for (uint64_t slot = 0; slot < 6; slot++)
        say_outcome(f, &id, slot, TRIAL_DONE, 0.5);
    assert_int_equal(stored_row(f, &id).state, JOB_DONE);
    say_extend(f, 3, &id, 6); /* it has had them */
    expect_answer(f, 3, ERR_NONE, "");
    assert_int_equal(stored_row(f, &id).state, JOB_DONE);
    assert_int_equal(stored_events(f, "extended"), 1);
}

static void configurations_of_the_new_slots_have_means(void **state) {
    struct facts_stage *f = *state;
    f->job.job.repeat = 2;
    struct job_id id = open_job(f, 1);
    say_extend(f, 1, &id, 5);
    expect_answer(f, 1, ERR_USAGE,
                  "5 trials are no multiple of 'repeat', 2, the trials of one configuration");
    say_extend(f, 2, &id, 6);
    say_outcome(f, &id, 0, TRIAL_DONE, 0.5);
    say_outcome(f, &id, 1, TRIAL_DONE, 0.5);
    say_outcome(f, &id, 4, TRIAL_DONE, 0.25);
    assert_int_equal(stored_row(f, &id).best_slot, 0); /* one run of it is missing */
    facts_stage_crash(f, true);
    assert_int_equal(stored_row(f, &id).best_slot, 0);
    say_outcome(f, &id, 5, TRIAL_DONE, 0.125);
    assert_int_equal(stored_row(f, &id).best_slot, 4);
    assert_true(stored_row(f, &id).best_value == 0.1875);
}

/* What gives a job more slots may be put off until the job itself is known: what is heard of these slots meanwhile is not
 * forgotten. */
static void new_slots_are_heard_of_before_the_job(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *b = author_new(f, 41), *c = author_new(f, 42);
    lead(f, false);
    struct job_id id;
    uint8_t kept[4096];
    struct span job = job_bundle(f, 1, &id);
    memcpy(kept, job.data, job.len);
    job.data = kept;
    hear(f, PEER, author_carries(b, extend_bundle(f, &id, 6)));
    hear_fact(f, b, result_of(&id, 5, 1, TRIAL_DONE, 0.5));
    hear(f, PEER, author_carries(a, job));
    hear(f, PEER, author_carries(c, extend_bundle(f, &id, 6)));
    hear_fact(f, c, result_of(&id, 4, 1, TRIAL_DONE, 0.25));
    stage_pass(f->stage, 1000);
    assert_int_equal(stored_row(f, &id).trials, 6);
    assert_int_equal(stored_row(f, &id).done, 2);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_backlog), 0);
}

/* How a trial stood at a rung is kept like what it printed, whatever is known of its job by then. */
static void a_new_slot_at_a_rung_is_kept_before_it_is_known(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    lead(f, false);
    struct job_id id = hear_job(f, a, 1);
    hear_fact(f, a,
              (struct msg){.kind = MSG_reached_fact,
                           .reached_fact = {.job = id, .slot = 5, .attempt = 1}});
    stage_pass(f->stage, 1000);
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_stands), 1);
    assert_null(stage_heard(f->stage, ROOM_TUNER, MSG_stands, 0));
}

/* A job with rungs and four slots, of whose slots 5 and 7 it is heard that they stood at the first one. */
static struct job_id hear_new_slots(struct facts_stage *f, struct author *a) {
    uint8_t memory[CURVE_BYTES];
    struct buf bytes = buf_of(memory, sizeof memory);
    struct curve curve = {0};
    f->job.job.rungs.steps = 9;
    struct job_id id = hear_job(f, a, 1);
    (void)curve_tell(&curve, 1, 0.5);
    curve_encode(&curve, &bytes);
    struct msg fact = {.kind = MSG_reached_fact,
                       .reached_fact = {.job = id,
                                        .slot = 5,
                                        .attempt = 1,
                                        .config = config_bytes(0.5),
                                        .curve = buf_view(&bytes)}};
    hear_fact(f, a, fact);
    fact.reached_fact.slot = 7;
    hear_fact(f, a, fact);
    stage_pass(f->stage, 1000);
    return id;
}

/* ... and told when the job has such a slot. */
static void a_new_slot_at_a_rung_is_told_once_it_is_known(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = hear_new_slots(f, author_new(f, 40));
    assert_null(stage_heard(f->stage, ROOM_TUNER, MSG_stands, 0));
    say_extend(f, 7, &id, 6);
    stage_pass(f->stage, 1000);
    const enum room rooms[] = {ROOM_TUNER, ROOM_SCHED};
    for (int i = 0; i < 2; i++) {
        const struct msg *m = stage_heard(f->stage, rooms[i], MSG_stands, 0);
        assert_true(m != NULL && m->stands.slot == 5);
        assert_int_equal(stage_count(f->stage, rooms[i], MSG_stands), 1);
    }
    assert_true(stage_place(f->stage, ROOM_TUNER, MSG_job_extended) <
                stage_place(f->stage, ROOM_TUNER, MSG_stands));
}

static void perform_without_stands(void *self, const struct event *event) {
    const struct stage *s = self;
    const struct msg *m = &event->msg;
    const struct msg unread = {.kind = MSG_rows,
                               .rows = {.ticket = m->scan.ticket, .code = ERR_STORE}};
    if (m->kind == MSG_scan && m->scan.table == TABLE_stands)
        board_post_to(s->board, event->from, ROOM_STORE, 0, &unread);
    else
        stage_perform(self, event);
}

/* A disk that cannot read them holds up nothing else: the job goes on without, and hears of them when it opens again. */
static void a_new_slot_that_cannot_be_read_is_told_when_the_job_opens(void **state) {
    struct facts_stage *f = *state;
    struct job_id id = hear_new_slots(f, author_new(f, 40));
    board_seat_port(
        f->stage->board,
        &(struct port){.room = ROOM_STORE, .self = f->stage, .perform = perform_without_stands});
    for (uint64_t i = 0; i < 2; i++) {
        say_extend(f, 7 + i, &id, 6 + i);
        stage_pass(f->stage, 1000);
        const struct msg *m = stage_heard(f->stage, ROOM_TUNER, MSG_job_extended, (uint32_t)i);
        assert_true(m != NULL && m->job_extended.trials == 6 + i);
        stage_seat_store(f->stage); /* it can be read again */
    }
    assert_int_equal(stage_count(f->stage, ROOM_TUNER, MSG_job_open), 1);
    assert_null(stage_heard(f->stage, ROOM_TUNER, MSG_stands, 0));
    facts_stage_crash(f, true);
    lead(f, false);
    stage_pass(f->stage, 1000);
    const struct msg *m = stage_heard(f->stage, ROOM_TUNER, MSG_stands, 0);
    assert_true(m != NULL && m->stands.slot == 5);
}

/* Of extensions the most trials hold, and an end of the time when there were fewer ends nothing. */
static void the_order_does_not_matter(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40), *b = author_new(f, 41);
    lead(f, false);
    f->job.job.patience = 2;
    struct job_id id[6];
    for (uint64_t i = 0; i < 6; i++) {
        static const uint8_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                             {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        id[i] = hear_job(f, a, 1 + i);
        for (uint32_t k = 0; k < 3; k++) {
            if (orders[i][k] == 2)
                hear_fact(f, b, done_of(&id[i], k % 2 == 0 ? 4 : 0));
            else
                hear(f, PEER, author_carries(a, extend_bundle(f, &id[i], 6u + orders[i][k])));
        }
        stage_pass(f->stage, 100);
        assert_int_equal(stored_row(f, &id[i]).trials, 7);
        assert_int_equal(stored_row(f, &id[i]).state, JOB_OPEN);
        assert_true(span_equal(stored_row(f, &id[i]).extension, extend_bundle(f, &id[i], 7)));
    }
    hear_fact(f, b, done_of(&id[0], 7));
    assert_int_equal(stored_row(f, &id[0]).state, JOB_DONE);
    hear(f, PEER, author_carries(a, cancel_bundle(f, &f->user, &id[1])));
    hear(f, PEER, author_carries(a, extend_bundle(f, &id[1], 9)));
    assert_int_equal(stored_row(f, &id[1]).state, JOB_CANCELLED);
    assert_int_equal(stored_row(f, &id[1]).trials, 9);
}

/* Two who ask for as many at once: the same bundle stands, whichever came first. */
static void of_as_many_the_lowest_bundle_stands(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    lead(f, false);
    struct span stands[2];
    uint8_t memory[2][SEAT_EXTENSION_BYTES];
    struct job_id id = hear_job(f, a, 1);
    for (int i = 0; i < 2; i++) {
        hear(f, PEER, author_carries(a, extend_bundle_at(f, &f->user, &id, 6, 5000 + i)));
        const struct span now = stored_row(f, &id).extension;
        memcpy(memory[i], now.data, now.len);
        stands[i] = span_of(memory[i], now.len);
    }
    assert_true(span_compare(stands[1], stands[0]) <= 0);
    const struct span asked[] = {extend_bundle_at(f, &f->user, &id, 6, 5000)};
    assert_true(span_compare(stands[1], asked[0]) <= 0);
    assert_true(span_compare(stands[1], extend_bundle_at(f, &f->user, &id, 6, 5001)) <= 0);
}

/* What a bundle in this log says. */
static enum msg_kind kind_at(struct facts_stage *f, size_t row) {
    struct span key, value;
    struct bundle b;
    struct msg fact;
    struct err err;
    store_mem_row(f->stage->store, TABLE_log, row, &key, &value);
    assert_true(bundle_peek(&b, value, &err) && bundle_next(&b, &fact, &err));
    return fact.kind;
}

/* Of two nodes one has heard of it, and says so before the first of its facts that needs it. */
static void what_depends_on_it_comes_behind_it_in_each_log(void **state) {
    struct facts_stage *f = *state;
    struct author *a = author_new(f, 40);
    lead(f, false);
    struct job_id id = hear_job(f, a, 1);
    hear(f, PEER, author_carries(a, extend_bundle(f, &id, 6)));
    assert_int_equal(store_mem_rows(f->stage->store, TABLE_log), 2);
    say_outcome(f, &id, 5, TRIAL_DONE, 0.5);
    stage_pass(f->stage, 1000);
    assert_int_equal(kind_at(f, 2), MSG_carried_fact);
    assert_int_equal(kind_at(f, 3), MSG_result_fact);
    const size_t rows = store_mem_rows(f->stage->store, TABLE_log);
    say_outcome(f, &id, 4, TRIAL_DONE, 0.5);
    stage_pass(f->stage, 1000);
    assert_int_equal(kind_at(f, rows), MSG_result_fact); /* once is enough */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ALONE(a_job_that_runs_gets_more),
        ALONE(a_job_that_is_done_goes_on),
        ALONE(an_agent_goes_on_by_itself),
        ALONE(patience_begins_anew),
        ALONE(hope_begins_anew),
        ALONE(what_cannot_be_is_refused),
        ALONE(a_grid_has_no_more_than_its_points),
        ALONE(who_asks_again_is_answered_again),
        ALONE(configurations_of_the_new_slots_have_means),
        AMONG(new_slots_are_heard_of_before_the_job),
        AMONG(a_new_slot_at_a_rung_is_kept_before_it_is_known),
        AMONG(a_new_slot_at_a_rung_is_told_once_it_is_known),
        AMONG(a_new_slot_that_cannot_be_read_is_told_when_the_job_opens),
        AMONG(the_order_does_not_matter),
        AMONG(of_as_many_the_lowest_bundle_stands),
        AMONG(what_depends_on_it_comes_behind_it_in_each_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
