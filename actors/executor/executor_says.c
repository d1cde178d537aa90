#include "actors/executor/executor_state.h"

#include "proto/base/check.h"

#include <assert.h>
#include <signal.h>
#include <string.h>

void executor_say_capacity(const struct executor *e, struct says *out) {
    struct msg m = {.kind = MSG_capacity};
    m.capacity.slots = e->launcher_down || e->shortage.on ? 0 : executor_room(e);
    say(out, &m);
}

void executor_say_unfit(int64_t error, struct span what, struct says *out) {
    char memory[2 * CAUSE_BYTES];
    struct buf text = buf_of(memory, sizeof memory);
    cause_put(&text, what, CAUSE_BYTES);
    buf_text(&text, shortage_remedy(error));
    say(out, &(struct msg){.kind = MSG_unfit, .unfit.what = buf_view(&text)});
}

void executor_say_fit(struct says *out) {
    say(out, &(struct msg){.kind = MSG_unfit});
}

static void say_note(const struct buf *text, struct says *out) {
    say(out, &(struct msg){.kind = MSG_note, .note.text = buf_view(text)});
}

void executor_say_narrow(const struct executor *e, struct says *out) {
    char memory[2 * CAUSE_BYTES];
    struct buf text = buf_of(memory, sizeof memory);
    buf_text(&text, "runs at most ");
    buf_u64(&text, executor_room(e));
    buf_text(&text, " of ");
    buf_u64(&text, e->slots);
    buf_text(&text, " trials at once for now: ");
    buf_text(&text, e->narrow_why);
    buf_text(&text, shortage_remedy(e->narrow_error));
    say_note(&text, out);
}

void executor_say_wide(struct says *out) {
    static const char said[] = "runs as many trials at once as before";
    say(out, &(struct msg){.kind = MSG_note, .note.text = span_text(said)});
}

void executor_say_wary(uint64_t lost, struct says *out) {
    char memory[256];
    struct buf text = buf_of(memory, sizeof memory);
    buf_text(&text, "zyg-run died; ");
    buf_u64(&text, lost);
    buf_text(&text, lost == 1 ? " trial is" : " trials are");
    buf_text(&text,
             " given out again. From now on each has a parent of its own, in case one kills it");
    say_note(&text, out);
}

void executor_say_look(struct executor *e, struct says *out) {
    static const char itself[] =
        "/proc/self/exe"; /* zyg-run, which ends when nobody holds its socket */
    char memory[COMMAND_SCRATCH_MAX];
    struct buf scratch = buf_of(memory, sizeof memory);
    static_assert(SHORTAGE_LOOK_BYTES <= sizeof e->result, "room for its parameters");
    memset(e->result, 0, SHORTAGE_LOOK_BYTES);
    buf_text(&scratch, e->runs);
    buf_text(&scratch, "/.look/0");
    e->shortage.look = ++e->run;
    say(out, &(struct msg){.kind = MSG_spawn,
                           .spawn = {.run = e->shortage.look,
                                     .argv = span_of(itself, sizeof itself),
                                     .dir = span_text("/"),
                                     .scratch = buf_view(&scratch),
                                     .params = span_of(e->result, SHORTAGE_LOOK_BYTES)}});
}

static void say_kill(const struct trial *t, int signal, struct says *out) {
    struct msg m = {.kind = MSG_kill};
    m.kill.run = t->run;
    m.kill.signal = signal;
    say(out, &m);
}

void executor_say_acts(const struct trial *t, enum trial_acts acts, struct says *out) {
    if (acts & ACT_TERM)
        say_kill(t, SIGTERM, out);
    if (acts & ACT_KILL)
        say_kill(t, SIGKILL, out);
}

/* The outcome of `result`, with what was kept of the trial when there is one. */
static void say_outcome(struct executor *e, const struct msg *result, const struct trial *t,
                        struct says *out) {
    struct buf bytes = buf_of(e->result, sizeof e->result);
    struct buf series = buf_of(e->series, sizeof e->series);
    struct buf tail = buf_of(e->tail, sizeof e->tail);
    struct msg m = {.kind = MSG_outcome};
    ensure(msg_encode(result, &bytes));
    m.outcome.result = buf_view(&bytes);
    if (t != NULL) {
        m.outcome.trials = e->jobs[t->job].ended_with;
        metrics_encode_series(&t->metrics, &series);
        printout_tail(&t->printout, &tail);
        m.outcome.series = buf_view(&series);
        m.outcome.log_bytes = t->printout.bytes;
        m.outcome.log_head = printout_head(&t->printout);
        m.outcome.log_tail = buf_view(&tail);
    }
    say(out, &m);
}

void executor_say_trial_outcome(struct executor *e, struct trial *t, struct says *out) {
    struct buf metrics = buf_of(e->metrics, sizeof e->metrics);
    uint8_t others_memory[16 * JOB_METRICS_MAX], curve_memory[CURVE_BYTES];
    struct buf others = buf_of(others_memory, sizeof others_memory);
    struct buf curve = buf_of(curve_memory, sizeof curve_memory);
    struct msg m = {.kind = MSG_result_fact};
    struct msg_result_fact *result = &m.result_fact;
    bool lost = t->verdict == TRIAL_LOST; /* nobody keeps what it printed */
    result->job = e->jobs[t->job].id;
    result->slot = t->slot;
    result->attempt = t->attempt;
    result->config = span_of(t->config, t->config_len);
    result->status = (uint64_t)t->verdict;
    result->has_value = trial_status_well(t->verdict) && trial_value(t, &result->value);
    if (result->has_value)
        contract_put_others(&t->contract, t->rules, &others);
    if (result->has_value && climb_has_rungs(&t->climb) && t->climb.curve.told > 0)
        curve_encode(&t->climb.curve, &curve);
    result->others = buf_view(&others);
    result->curve = buf_view(&curve);
    metrics_encode(&t->metrics, &metrics);
    result->metrics = buf_view(&metrics);
    result->began = t->began.wall;
    result->run_ms = t->run_ms;
    result->cpu_ms = t->exit.cpu_ms;
    result->rss_kib = t->exit.rss_kib;
    result->cause = span_text(t->cause);
    say_outcome(e, &m, lost ? NULL : t, out);
}

void executor_say_refusal(struct executor *e, const struct msg_lease *lease,
                          enum trial_status status, const char *cause, struct moment at,
                          struct says *out) {
    struct msg m = {.kind = MSG_result_fact};
    char memory[CAUSE_BYTES];
    struct buf text = buf_of(memory, sizeof memory);
    cause_put(&text, span_text(cause), sizeof memory);
    m.result_fact.job = lease->job;
    m.result_fact.slot = lease->slot;
    m.result_fact.attempt = lease->attempt;
    if (lease->config.len <= LIMIT_JOB_SPEC_BYTES)
        m.result_fact.config = lease->config;
    m.result_fact.status = (uint64_t)status;
    m.result_fact.began = at.wall;
    m.result_fact.cause = buf_view(&text);
    say_outcome(e, &m, NULL, out);
}
