/* Requests of clients and their answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/executor/metrics.h"
#include "actors/gateway/ask.h"
#include "tests/unit/actors/gateway/gateway_stage.h"

/* ---- hello, submit, cancel, resume ---- */

static void hello_is_answered_with_who_is_here(void **state) {
    struct gateway_stage *g = *state;
    client_says(
        g, 5,
        &(struct msg){.kind = MSG_hello, .hello = {.ticket = 8, .protocol = PROTOCOL_VERSION}});
    assert_int_equal(rows_of(g, 5), 1);
    const struct msg_welcome *w = &told(g, 5, 0, MSG_welcome)->welcome;
    assert_int_equal(w->ticket, 8);
    assert_int_equal(w->protocol, PROTOCOL_VERSION);
    assert_true(node_id_equal(&w->node, &g->facts->node.id));
    assert_true(span_is(w->version, "9.9"));
    assert_int_equal(w->slots, 3);
    client_says(g, 5, &(struct msg){.kind = MSG_hello, .hello = {.ticket = 9, .protocol = 2}});
    expect_refused(g, 5, 9, ERR_BAD_MESSAGE,
                   "client and node speak different protocols; use the same version of zyg");
}

static void a_submit_is_accepted_when_it_is_durable(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id;
    g->stage->slow = true;
    struct span bundle = job_bundle(g->facts, 1, &id);
    client_says(
        g, 5,
        &(struct msg){.kind = MSG_submit, .submit = {.ticket = 8, .bundle = bundle, .run = true}});
    assert_int_equal(rows_of(g, 5), 0);
    assert_true(stage_save(g->stage));
    const struct msg_accepted *accepted = &told(g, 5, 0, MSG_accepted)->accepted;
    assert_int_equal(accepted->ticket, 8);
    assert_true(job_id_equal(&accepted->job, &id));
    assert_int_equal(rows_of(g, 5), 1);
    assert_int_equal(stage_count(g->stage, ROOM_SCHED, MSG_job_open), 1);
}

static void a_submit_that_watches_hears_the_rows_as_well(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id;
    struct span bundle = job_bundle(g->facts, 1, &id);
    client_says(
        g, 5,
        &(struct msg){.kind = MSG_submit,
                      .submit = {.ticket = 8, .bundle = bundle, .run = true, .watch = true}});
    assert_int_equal(rows_of(g, 5), 2);
    (void)told(g, 5, 0, MSG_accepted);
    assert_int_equal(told(g, 5, 1, MSG_job_row)->job_row.ticket, 8);
    stage_pass(g->stage, 1000);
    say_began(g, &id, 0, 1);
    assert_int_equal(rows_of(g, 5), 3);
    assert_int_equal(told(g, 5, 2, MSG_job_row)->job_row.ticket, 8);
}

static void a_bad_submit_is_refused_with_the_reason(void **state) {
    struct gateway_stage *g = *state;
    client_says(
        g, 5, &(struct msg){.kind = MSG_submit, .submit = {.ticket = 8, .bundle = span_text("?")}});
    expect_refused(g, 5, 8, ERR_BAD_FACT, "not a bundle of facts: expected an array");
}

static void two_clients_get_their_own_answers(void **state) {
    struct gateway_stage *g = *state;
    struct job_id first, second;
    g->stage->slow = true;
    struct span bundle = job_bundle(g->facts, 1, &first);
    client_says(g, 5, &(struct msg){.kind = MSG_submit, .submit = {.ticket = 8, .bundle = bundle}});
    bundle = job_bundle(g->facts, 2, &second);
    stage_tell(g->stage, ROOM_GATEWAY, ROOM_CLIENTS, 6,
               &(struct msg){.kind = MSG_submit, .submit = {.ticket = 8, .bundle = bundle}});
    while (stage_save(g->stage))
        ;
    assert_true(job_id_equal(&told(g, 5, 0, MSG_accepted)->accepted.job, &first));
    assert_true(job_id_equal(&told(g, 6, 0, MSG_accepted)->accepted.job, &second));
}

static void a_cancellation_and_a_resume_are_answered(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 4, 1);
    client_says(g, 5, &(struct msg){.kind = MSG_resume, .resume = {.ticket = 2, .job = id}});
    assert_int_equal(told(g, 5, 0, MSG_accepted)->accepted.ticket, 2);
    struct span bundle = cancel_bundle(g->facts, &g->facts->stranger, &id);
    client_says(g, 5,
                &(struct msg){.kind = MSG_control, .control = {.ticket = 3, .bundle = bundle}});
    expect_refused(g, 5, 3, ERR_NOT_ALLOWED, "only the job's owner may cancel it");
    bundle = cancel_bundle(g->facts, &g->facts->user, &id);
    client_says(g, 5,
                &(struct msg){.kind = MSG_control, .control = {.ticket = 4, .bundle = bundle}});
    assert_int_equal(told(g, 5, 0, MSG_accepted)->accepted.ticket, 4);
    client_says(g, 5, &(struct msg){.kind = MSG_resume, .resume = {.ticket = 5, .job = id}});
    expect_refused(g, 5, 5, ERR_NOT_FOUND, "the job was cancelled; nothing undoes that");
}

static void while_the_disk_refuses_nothing_new_is_taken(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 4, 0), other;
    store_mem_set_full(g->stage->store, true);
    say_outcome(g->facts, &id, 0, TRIAL_DONE, 0.5);
    struct span bundle = job_bundle(g->facts, 2, &other);
    client_says(g, 5, &(struct msg){.kind = MSG_submit, .submit = {.ticket = 8, .bundle = bundle}});
    const struct msg_refused *refused = &told(g, 5, 0, MSG_refused)->refused;
    assert_int_equal(refused->code, ERR_STORE_FULL);
    assert_true(refused->what.len > 0);
    client_says(g, 5, &(struct msg){.kind = MSG_show_job, .show_job = {.ticket = 9, .job = id}});
    assert_true(told(g, 5, 0, MSG_job_row)->job_row.cause.len > 0); /* says what it waits for */
    store_mem_set_full(g->stage->store, false);
    stage_pass(g->stage, 250);
    client_says(g, 5, &(struct msg){.kind = MSG_show_job, .show_job = {.ticket = 9, .job = id}});
    assert_int_equal(told(g, 5, 0, MSG_job_row)->job_row.cause.len, 0);
    client_says(g, 5, &(struct msg){.kind = MSG_submit, .submit = {.ticket = 8, .bundle = bundle}});
    (void)told(g, 5, 0, MSG_accepted);
}

static void a_client_that_has_left_is_told_nothing(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id;
    g->stage->slow = true;
    struct span bundle = job_bundle(g->facts, 1, &id);
    client_says(g, 5, &(struct msg){.kind = MSG_submit, .submit = {.ticket = 8, .bundle = bundle}});
    stage_tell(g->stage, ROOM_GATEWAY, ROOM_CLIENTS, 5,
               &(struct msg){.kind = MSG_left, .left.peer = 5});
    while (stage_save(g->stage))
        ;
    assert_int_equal(rows_of(g, 5), 0);
    assert_int_equal(stored_row(g->facts, &id).state, JOB_OPEN); /* what it asked for is done */
}

static void more_questions_than_fit_are_refused_as_busy(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id;
    g->stage->slow = true;
    struct span bundle = job_bundle(g->facts, 1, &id);
    stage_forget(g->stage);
    for (uint64_t i = 0; i <= ASKS; i++)
        stage_tell(g->stage, ROOM_GATEWAY, ROOM_CLIENTS, 100 + (uint32_t)i,
                   &(struct msg){.kind = MSG_submit, .submit = {.ticket = i, .bundle = bundle}});
    expect_refused(g, 100 + ASKS, ASKS, ERR_BUSY, "too many questions at once; try again");
    assert_int_equal(rows_of(g, 100), 0);
    while (stage_save(g->stage))
        ;
    for (uint32_t i = 0; i < ASKS; i++)
        (void)told(g, 100 + i, 0, MSG_accepted);
}

static void what_no_client_may_say_is_dropped(void **state) {
    struct gateway_stage *g = *state;
    client_says(g, 5, &(struct msg){.kind = MSG_ailing, .ailing.code = ERR_STORE});
    client_says(g, 5, &(struct msg){.kind = MSG_start, .start.slots = 77});
    assert_int_equal(rows_of(g, 5), 0);
    client_says(g, 5, &(struct msg){.kind = MSG_hello, .hello.protocol = PROTOCOL_VERSION});
    assert_int_equal(told(g, 5, 0, MSG_welcome)->welcome.slots, 3);
}

/* ---- jobs ---- */

static uint64_t list_jobs(struct gateway_stage *g, struct span after, uint64_t limit,
                          uint8_t *cursor, size_t *cursor_len) {
    client_says(g, 5,
                &(struct msg){.kind = MSG_list_jobs,
                              .list_jobs = {.ticket = 3, .after = after, .limit = limit}});
    uint32_t rows = rows_of(g, 5) - 1;
    const struct msg_end *end = &told(g, 5, rows, MSG_end)->end;
    assert_int_equal(end->ticket, 3);
    memcpy(cursor, end->cursor.data, end->cursor.len);
    *cursor_len = end->cursor.len;
    return end->more ? rows : rows + 1000; /* the last page is told apart */
}

static void jobs_are_listed_newest_first_page_by_page(void **state) {
    struct gateway_stage *g = *state;
    struct job_id ids[5];
    for (uint64_t i = 0; i < 5; i++)
        ids[i] = job_with_trials(g, i, 4, 0);
    uint8_t cursor[STORE_KEY_BYTES_MAX];
    size_t len;
    assert_int_equal(list_jobs(g, (struct span){0}, 2, cursor, &len), 2);
    assert_true(job_id_equal(&told(g, 5, 0, MSG_job_row)->job_row.job, &ids[4]));
    assert_true(job_id_equal(&told(g, 5, 1, MSG_job_row)->job_row.job, &ids[3]));
    assert_true(told(g, 5, 1, MSG_job_row)->job_row.active);
    assert_int_equal(list_jobs(g, span_of(cursor, len), 2, cursor, &len), 2);
    assert_true(job_id_equal(&told(g, 5, 0, MSG_job_row)->job_row.job, &ids[2]));
    assert_int_equal(list_jobs(g, span_of(cursor, len), 2, cursor, &len), 1001);
    assert_true(job_id_equal(&told(g, 5, 0, MSG_job_row)->job_row.job, &ids[0]));
    assert_int_equal(list_jobs(g, (struct span){0}, 0, cursor, &len), 1005);
}

static void a_cursor_this_node_never_gave_is_refused(void **state) {
    struct gateway_stage *g = *state;
    static const uint8_t huge[STORE_KEY_BYTES_MAX + 1];
    client_says(g, 5,
                &(struct msg){.kind = MSG_list_jobs,
                              .list_jobs = {.ticket = 3, .after = span_of(huge, sizeof huge)}});
    expect_refused(g, 5, 3, ERR_BAD_MESSAGE, "a cursor that this node did not give");
}

/* How many jobs the text means; the first is *id. */
static uint32_t find(struct gateway_stage *g, const char *selector, struct job_id *id) {
    client_says(
        g, 5,
        &(struct msg){.kind = MSG_find, .find = {.ticket = 3, .selector = span_text(selector)}});
    uint32_t rows = rows_of(g, 5) - 1;
    (void)told(g, 5, rows, MSG_end);
    if (rows > 0)
        *id = told(g, 5, 0, MSG_job_row)->job_row.job;
    return rows;
}

static void jobs_are_found_by_what_people_type(void **state) {
    struct gateway_stage *g = *state;
    struct job_id ids[300], found;
    for (uint64_t i = 0; i < 300; i++) { /* more than one page */
        g->facts->job.job.name = span_text(i == 1 ? "digits" : "other");
        say_admit(g->facts, 1, job_bundle(g->facts, i, &ids[i]), false);
    }
    assert_int_equal(find(g, "last", &found), 1);
    assert_true(job_id_equal(&found, &ids[299]));
    assert_int_equal(find(g, "digits", &found), 1);
    assert_true(job_id_equal(&found, &ids[1]));
    assert_int_equal(find(g, "other", &found), 299);
    assert_true(job_id_equal(&found, &ids[299]));
    char text[64];
    struct buf out = buf_of(text, sizeof text - 1);
    job_handle_print(&out, span_text("digits"), &ids[1]);
    buf_zero(&out);
    assert_int_equal(find(g, text, &found), 1);
    assert_true(job_id_equal(&found, &ids[1]));
    buf_clear(&out);
    job_id_print(&out, &ids[7]);
    buf_zero(&out);
    assert_int_equal(find(g, text, &found), 1);
    assert_true(job_id_equal(&found, &ids[7]));
    text[12] = '\0';
    assert_int_equal(find(g, text, &found), 1);
    assert_true(job_id_equal(&found, &ids[7]));
    text[3] = '\0'; /* too short to mean one */
    assert_int_equal(find(g, text, &found), 0);
    assert_int_equal(find(g, "nobody", &found), 0);
}

static void a_selector_that_is_none_is_refused(void **state) {
    struct gateway_stage *g = *state;
    static const char lengthy[ASK_SELECTOR_BYTES + 2] =
        "0123456789012345678901234567890123456789012345678901234567890123"
        "01234567890123456789012345678901234567890123456789012345678901234";
    client_says(
        g, 5,
        &(struct msg){.kind = MSG_find, .find = {.ticket = 3, .selector = span_text(lengthy)}});
    expect_refused(g, 5, 3, ERR_NOT_FOUND, "no job has such a name");
    client_says(g, 5, &(struct msg){.kind = MSG_find, .find.ticket = 4});
    expect_refused(g, 5, 4, ERR_NOT_FOUND, "no job has such a name");
}

static void a_job_is_shown_with_what_runs_and_its_description(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 4, 1);
    say_began(g, &id, 1, 1);
    client_says(g, 5, &(struct msg){.kind = MSG_show_job, .show_job = {.ticket = 6, .job = id}});
    assert_int_equal(rows_of(g, 5), 3);
    const struct msg_job_row *row = &told(g, 5, 0, MSG_job_row)->job_row;
    assert_int_equal(row->ticket, 6);
    assert_int_equal(row->running, 1);
    assert_true(row->active);
    assert_int_equal(row->done, 1);
    uint8_t memory[4096];
    struct buf spec = buf_of(memory, sizeof memory);
    assert_true(job_encode(&g->facts->job.job, &spec));
    assert_true(span_equal(told(g, 5, 1, MSG_job_spec)->job_spec.spec, buf_view(&spec)));
    assert_false(told(g, 5, 2, MSG_end)->end.more);
}

/* ---- trials ---- */

static struct msg ask_trials(const struct job_id *id, bool best_first, struct span after,
                             uint64_t limit) {
    return (struct msg){
        .kind = MSG_list_trials,
        .list_trials = {
            .ticket = 4, .job = *id, .best_first = best_first, .after = after, .limit = limit}};
}

static void trials_come_by_number_page_by_page(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 1000, 300);
    struct msg ask = ask_trials(&id, false, (struct span){0}, 0);
    uint8_t cursor[STORE_KEY_BYTES_MAX];
    client_says(g, 5, &ask);
    assert_int_equal(rows_of(g, 5), LIMIT_PAGE_ROWS + 1);
    const struct msg_trial_row *row = &told(g, 5, 3, MSG_trial_row)->trial_row;
    assert_int_equal(row->slot, 3);
    assert_int_equal(row->status, TRIAL_DONE);
    assert_int_equal(row->attempts, 1);
    assert_true(row->value == 0.25);
    assert_true(span_is(row->params, "{\"lr\":0.25}"));
    const struct msg_end *end = &told(g, 5, LIMIT_PAGE_ROWS, MSG_end)->end;
    assert_true(end->more);
    memcpy(cursor, end->cursor.data, end->cursor.len);
    ask = ask_trials(&id, false, span_of(cursor, end->cursor.len), 100000);
    client_says(g, 5, &ask);
    assert_int_equal(rows_of(g, 5), 300 - LIMIT_PAGE_ROWS + 1);
    assert_int_equal(told(g, 5, 0, MSG_trial_row)->trial_row.slot, LIMIT_PAGE_ROWS);
    assert_false(told(g, 5, 300 - LIMIT_PAGE_ROWS, MSG_end)->end.more);
}

static void the_best_trials_come_first(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 100, 20); /* minimized: the last slot is the best */
    say_outcome(g->facts, &id, 30, TRIAL_CRASHED, 0);  /* no value, no rank */
    struct msg ask = ask_trials(&id, true, (struct span){0}, 3);
    client_says(g, 5, &ask);
    assert_int_equal(rows_of(g, 5), 4);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(told(g, 5, i, MSG_trial_row)->trial_row.slot, 19 - i);
    const struct msg_end *end = &told(g, 5, 3, MSG_end)->end;
    assert_true(end->more);
    uint8_t cursor[STORE_KEY_BYTES_MAX];
    memcpy(cursor, end->cursor.data, end->cursor.len);
    ask = ask_trials(&id, true, span_of(cursor, end->cursor.len), 100);
    client_says(g, 5, &ask);
    assert_int_equal(rows_of(g, 5), 18);
    assert_int_equal(told(g, 5, 0, MSG_trial_row)->trial_row.slot, 16);
    assert_int_equal(told(g, 5, 16, MSG_trial_row)->trial_row.slot, 0);
    assert_false(told(g, 5, 17, MSG_end)->end.more);
}

static void a_job_without_trials_has_an_end(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 100, 0);
    for (int best = 0; best < 2; best++) {
        struct msg ask = ask_trials(&id, best != 0, (struct span){0}, 3);
        client_says(g, 5, &ask);
        assert_int_equal(rows_of(g, 5), 1);
        assert_false(told(g, 5, 0, MSG_end)->end.more);
    }
}

static void a_trial_that_runs_is_shown_as_running(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = job_with_trials(g, 1, 100, 1);
    say_proposed(g->facts, &id, 1);
    say_began(g, &id, 1, 2);
    struct msg ask = ask_trials(&id, false, (struct span){0}, 0);
    client_says(g, 5, &ask);
    const struct msg_trial_row *row = &told(g, 5, 1, MSG_trial_row)->trial_row;
    assert_true(row->running);
    assert_int_equal(row->status, TRIAL_OPEN);
    assert_int_equal(row->attempts, 2);
    assert_int_equal(row->began, BEGAN);
    assert_false(told(g, 5, 0, MSG_trial_row)->trial_row.running);
}

static void questions_about_a_job_nobody_knows_are_refused(void **state) {
    struct gateway_stage *g = *state;
    const struct job_id id = {.bytes = {8}};
    client_says(g, 5, &(struct msg){.kind = MSG_show_job, .show_job = {.ticket = 1, .job = id}});
    expect_refused(g, 5, 1, ERR_NOT_FOUND, "there is no such job here");
    struct msg ask = ask_trials(&id, true, (struct span){0}, 0);
    client_says(g, 5, &ask);
    expect_refused(g, 5, 4, ERR_NOT_FOUND, "there is no such job here");
    client_says(g, 5,
                &(struct msg){.kind = MSG_read_series, .read_series = {.ticket = 2, .job = id}});
    expect_refused(g, 5, 2, ERR_NOT_FOUND, "there is no such trial here");
}

/* ---- logs, curves, events ---- */

/* An attempt that printed 100 bytes of which two parts were kept, and reported two metrics. */
static void say_rich_outcome(struct gateway_stage *g, const struct job_id *id,
                             enum trial_status status) {
    static struct metrics metrics;
    uint8_t result_memory[1024], metrics_memory[512], series_memory[512];
    struct buf result = buf_of(result_memory, sizeof result_memory);
    struct buf names = buf_of(metrics_memory, sizeof metrics_memory);
    struct buf series = buf_of(series_memory, sizeof series_memory);
    metrics_init(&metrics);
    assert_true(metrics_add(&metrics, span_text("loss"), 1, 0.5, 10));
    assert_true(metrics_add(&metrics, span_text("accuracy"), -1, 0.75, 11));
    assert_true(metrics_add(&metrics, span_text("loss"), 2, 0.25, 20));
    metrics_encode(&metrics, &names);
    metrics_encode_series(&metrics, &series);
    const struct msg m = {.kind = MSG_result_fact,
                          .result_fact = {.job = *id,
                                          .slot = 0,
                                          .attempt = ++g->facts->attempts[id->bytes[0]][0],
                                          .config = config_bytes(0.5),
                                          .status = status,
                                          .has_value = status == TRIAL_DONE,
                                          .value = 0.25,
                                          .metrics = buf_view(&names)}};
    assert_true(msg_encode(&m, &result));
    stage_say(g->stage, ROOM_EXECUTOR,
              &(struct msg){.kind = MSG_outcome,
                            .outcome = {.result = buf_view(&result),
                                        .series = buf_view(&series),
                                        .log_bytes = 100,
                                        .log_head = span_text("head"),
                                        .log_tail = span_text("the tail")}});
    stage_pass(g->stage, GATHER_MS);
}

static void a_log_comes_with_its_gap(void **state) {
    struct gateway_stage *g = *state;
    g->facts->job.job.retry.crash = 1;
    struct job_id id = open_job(g->facts, 1);
    say_rich_outcome(g, &id, TRIAL_CRASHED);
    say_rich_outcome(g, &id, TRIAL_DONE);
    for (uint64_t attempt = 0; attempt <= 2; attempt++) { /* 0: the last */
        client_says(g, 5,
                    &(struct msg){.kind = MSG_read_log,
                                  .read_log = {.ticket = 6, .job = id, .attempt = attempt}});
        assert_int_equal(rows_of(g, 5), 3);
        const struct msg_log_part *head = &told(g, 5, 0, MSG_log_part)->log_part;
        const struct msg_log_part *tail = &told(g, 5, 1, MSG_log_part)->log_part;
        assert_true(span_is(head->bytes, "head"));
        assert_int_equal(head->offset, 0);
        assert_int_equal(head->attempt, attempt == 0 ? 2 : attempt);
        assert_true(span_is(tail->bytes, "the tail"));
        assert_int_equal(tail->offset, 92);
        (void)told(g, 5, 2, MSG_end);
    }
    client_says(
        g, 5,
        &(struct msg){.kind = MSG_read_log, .read_log = {.ticket = 6, .job = id, .attempt = 3}});
    assert_int_equal(rows_of(g, 5), 1); /* an attempt that was never made printed nothing */
    (void)told(g, 5, 0, MSG_end);
}

static void curves_come_with_the_names_of_their_metrics(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = open_job(g->facts, 1);
    say_rich_outcome(g, &id, TRIAL_DONE);
    client_says(g, 5,
                &(struct msg){.kind = MSG_read_series, .read_series = {.ticket = 6, .job = id}});
    assert_int_equal(rows_of(g, 5), 4);
    static const char *const names[] = {"loss", "accuracy", "loss"};
    static const int64_t steps[] = {1, -1, 2}, after[] = {10, 11, 20};
    static const double values[] = {0.5, 0.75, 0.25};
    for (uint32_t i = 0; i < 3; i++) {
        const struct msg_point_row *row = &told(g, 5, i, MSG_point_row)->point_row;
        assert_true(span_is(row->metric, names[i]));
        assert_int_equal(row->step, steps[i]);
        assert_true(row->value == values[i]);
        assert_int_equal(row->after_ms, after[i]);
    }
    (void)told(g, 5, 3, MSG_end);
    struct msg ask = ask_trials(&id, false, (struct span){0}, 0);
    client_says(g, 5, &ask);
    assert_true(span_is(told(g, 5, 0, MSG_trial_row)->trial_row.metrics,
                        "{\"loss\":{\"last\":0.25,\"min\":0.25,\"max\":0.5},"
                        "\"accuracy\":{\"last\":0.75,\"min\":0.75,\"max\":0.75}}"));
}

static void a_jobs_history_comes_oldest_first(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = open_job(g->facts, 1);
    wall_ms begin = g->stage->at.wall;
    stage_pass(g->stage, 5);
    say_outcome(g->facts, &id, 0, TRIAL_DONE, 0.5);
    say_outcome(g->facts, &id, 1, TRIAL_CRASHED, 0);
    client_says(g, 5,
                &(struct msg){.kind = MSG_read_events,
                              .read_events = {.ticket = 6, .job = id, .limit = 2}});
    assert_int_equal(rows_of(g, 5), 3);
    assert_true(span_is(told(g, 5, 0, MSG_event_row)->event_row.text, "submitted"));
    assert_int_equal(told(g, 5, 0, MSG_event_row)->event_row.wall, begin);
    assert_true(span_is(told(g, 5, 1, MSG_event_row)->event_row.text, "best loss 0.5 by #0"));
    assert_int_equal(told(g, 5, 1, MSG_event_row)->event_row.wall, begin + 5);
    const struct msg_end *end = &told(g, 5, 2, MSG_end)->end;
    assert_true(end->more);
    uint8_t cursor[STORE_KEY_BYTES_MAX];
    memcpy(cursor, end->cursor.data, end->cursor.len);
    client_says(
        g, 5,
        &(struct msg){
            .kind = MSG_read_events,
            .read_events = {.ticket = 7, .job = id, .after = span_of(cursor, end->cursor.len)}});
    assert_int_equal(rows_of(g, 5), 2);
    assert_true(span_is(told(g, 5, 0, MSG_event_row)->event_row.text, "#1 crashed: it said no"));
    assert_false(told(g, 5, 1, MSG_end)->end.more);
}

/* As they were signed, with the configurations of trials where they are asked for. */
static void what_was_proposed_can_be_read(void **state) {
    struct gateway_stage *g = *state;
    struct job_id id = open_job(g->facts, 1);
    for (uint64_t slot = 0; slot < 3; slot++)
        stage_say(g->stage, ROOM_TUNER,
                  &(struct msg){.kind = MSG_proposed,
                                .proposed = {.job = id,
                                             .slot = slot,
                                             .config = config_bytes(0.5),
                                             .known = span_text("known")}});
    stage_pass(g->stage, GATHER_MS);
    client_says(g, 5,
                &(struct msg){.kind = MSG_list_proposals,
                              .list_proposals = {.ticket = 6, .job = id, .limit = 2}});
    assert_int_equal(rows_of(g, 5), 3);
    const struct msg_proposal_row *row = &told(g, 5, 1, MSG_proposal_row)->proposal_row;
    assert_int_equal(row->slot, 1);
    assert_true(node_id_equal(&row->author, &g->facts->node.id));
    assert_true(span_equal(row->config, config_bytes(0.5)) && span_is(row->known, "known"));
    assert_int_equal(row->number, told(g, 5, 0, MSG_proposal_row)->proposal_row.number + 1);
    assert_true(told(g, 5, 2, MSG_end)->end.more);
    struct msg ask = ask_trials(&id, false, (struct span){0}, 0);
    client_says(g, 5, &ask);
    assert_int_equal(told(g, 5, 0, MSG_trial_row)->trial_row.config.len, 0);
    ask.list_trials.configs = true;
    client_says(g, 5, &ask);
    assert_true(span_equal(told(g, 5, 0, MSG_trial_row)->trial_row.config, config_bytes(0.5)));
}

static void a_store_that_cannot_be_read_refuses_the_question(void **state) {
    struct gateway_stage *g = *state;
    board_seat_port(g->stage->board, &(struct port){.room = ROOM_STORE});
    client_says(g, 5, &(struct msg){.kind = MSG_list_jobs, .list_jobs.ticket = 3});
    uint64_t ticket = stage_heard(g->stage, ROOM_STORE, MSG_scan, 0)->scan.ticket;
    stage_tell(g->stage, ROOM_GATEWAY, ROOM_STORE, 0,
               &(struct msg){.kind = MSG_rows, .rows = {.ticket = ticket, .code = ERR_STORE}});
    expect_refused(g, 5, 3, ERR_STORE, "the store could not be read");
    stage_tell(g->stage, ROOM_GATEWAY, ROOM_STORE, 0, /* nobody waits for it any more */
               &(struct msg){.kind = MSG_rows, .rows = {.ticket = ticket}});
    assert_int_equal(rows_of(g, 5), 1);
}

/* In a cluster. Who the folder's own client is, and what certificates are good for, guests_test.c looks at. */
static void nothing_but_hello_is_heard_of_a_stranger(void **state) {
    struct gateway_stage *g = *state;
    static const uint8_t own[32] = {7}, stranger[32] = {8};
    struct gateway_config config = {.version = "9.9", .guests = {.open = true, .owner = {7}}};
    gateway_init(g->memory, &config);
    client_says(g, 5, &(struct msg){.kind = MSG_list_jobs, .list_jobs.ticket = 3});
    expect_refused(g, 5, 3, ERR_UNREACHABLE, "say hello first");
    client_says(g, 5,
                &(struct msg){.kind = MSG_met, .met = {.peer = 5, .curve = span_of(stranger, 32)}});
    client_says(g, 5, &(struct msg){.kind = MSG_hello, .hello = {.ticket = 4, .protocol = 1}});
    expect_refused(g, 5, 4, ERR_NOT_ALLOWED,
                   "this key is not known here, and no certificate came with it; enter the cluster "
                   "first: zyg cluster join TOKEN");
    assert_int_equal(stage_count(g->stage, ROOM_NODE, MSG_note), 1);
    client_says(g, 5, &(struct msg){.kind = MSG_submit, .submit.ticket = 6});
    expect_refused(g, 5, 6, ERR_UNREACHABLE, "say hello first");
    assert_int_equal(stage_count(g->stage, ROOM_FACTS, MSG_admit), 0);

    client_says(g, 5,
                &(struct msg){.kind = MSG_met, .met = {.peer = 5, .curve = span_of(own, 32)}});
    client_says(g, 5, &(struct msg){.kind = MSG_hello, .hello = {.ticket = 7, .protocol = 1}});
    assert_int_equal(told(g, 5, 0, MSG_welcome)->welcome.ticket, 7);
    client_says(g, 5, &(struct msg){.kind = MSG_list_jobs, .list_jobs.ticket = 8});
    assert_int_equal(stage_count(g->stage, ROOM_STORE, MSG_scan), 1);
    client_says(g, 5, &(struct msg){.kind = MSG_left, .left.peer = 5});
    client_says(g, 5, &(struct msg){.kind = MSG_list_jobs, .list_jobs.ticket = 9});
    expect_refused(g, 5, 9, ERR_UNREACHABLE, "say hello first");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGED(hello_is_answered_with_who_is_here),
        STAGED(a_submit_is_accepted_when_it_is_durable),
        STAGED(a_submit_that_watches_hears_the_rows_as_well),
        STAGED(a_bad_submit_is_refused_with_the_reason),
        STAGED(two_clients_get_their_own_answers),
        STAGED(a_cancellation_and_a_resume_are_answered),
        STAGED(while_the_disk_refuses_nothing_new_is_taken),
        STAGED(a_client_that_has_left_is_told_nothing),
        STAGED(more_questions_than_fit_are_refused_as_busy),
        STAGED(what_no_client_may_say_is_dropped),
        STAGED(jobs_are_listed_newest_first_page_by_page),
        STAGED(a_cursor_this_node_never_gave_is_refused),
        STAGED(jobs_are_found_by_what_people_type),
        STAGED(a_selector_that_is_none_is_refused),
        STAGED(a_job_is_shown_with_what_runs_and_its_description),
        STAGED(trials_come_by_number_page_by_page),
        STAGED(the_best_trials_come_first),
        STAGED(a_job_without_trials_has_an_end),
        STAGED(a_trial_that_runs_is_shown_as_running),
        STAGED(questions_about_a_job_nobody_knows_are_refused),
        STAGED(a_log_comes_with_its_gap),
        STAGED(curves_come_with_the_names_of_their_metrics),
        STAGED(what_was_proposed_can_be_read),
        STAGED(a_jobs_history_comes_oldest_first),
        STAGED(a_store_that_cannot_be_read_refuses_the_question),
        STAGED(nothing_but_hello_is_heard_of_a_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
