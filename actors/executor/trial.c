#include "actors/executor/trial.h"

#include "actors/executor/shortage.h"
#include "proto/base/check.h"
#include "proto/base/num.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

enum {
    /* Output of a program that has ended is read within this time, or never. */
    OUTPUT_PATIENCE_MS = 5000,
    /* Nobody wants what it could still save: its place is free within 2 s. */
    CANCEL_GRACE_MS = 1500,
    KILL_PATIENCE_MS = 30000, /* what has not died of KILL by then may never */
    HURRY_PATIENCE_MS = 1000, /* the same when somebody waits for the end of zyg */
    /* Of zyg-run while only this slot ran: chance. What kills its parent does so every time, and the launcher's pauses grow
     * meanwhile; what is only long and unlucky must not be blamed. */
    DEATHS_BORNE = 5,
    EXIT_INFEASIBLE = 65,
    EXIT_TRANSIENT = 75,
    EXIT_AGAIN = 85,
    EXIT_SIGNALLED = 128 /* plus the number: how a shell says that a signal ended a command */
};

void trial_init(struct trial *t, const struct msg_lease *lease, const struct reading_rules *rules,
                const struct limits *limits, struct moment at) {
    ensure(lease->config.len <= sizeof t->config);
    memset(t, 0, offsetof(struct trial, contract));
    t->life = LIFE_STARTING;
    t->slot = lease->slot;
    t->attempt = lease->attempt;
    t->rules = rules;
    t->limits = *limits;
    t->due = WHEN_NEVER;
    t->began = at;
    contract_init(&t->contract);
    metrics_init(&t->metrics);
    printout_init(&t->printout);
    t->config_len = (uint32_t)lease->config.len;
    if (lease->config.len > 0)
        memcpy(t->config, lease->config.data, lease->config.len);
}

/* ---- output ---- */

struct listener {
    struct trial *trial;
    struct moment at;
};

static bool is_awaited(const struct trial *t, struct span name) {
    return name.len > 0 && metrics_find(&t->metrics, name) == NULL;
}

/* What the search wants to know always finds a place, however many other names a trial prints before it. */
static bool has_place(const struct trial *t, struct span name) {
    uint32_t awaited = is_awaited(t, t->rules->objective);
    for (uint32_t i = 0; i < t->rules->others_count; i++)
        awaited += is_awaited(t, t->rules->others[i]);
    return t->metrics.count + awaited < LIMIT_METRICS || reading_wants(t->rules, name) ||
           metrics_find(&t->metrics, name) != NULL;
}

static void tell_climb(struct trial *t, const struct contract_news *news) {
    struct value metrics[JOB_METRICS_MAX];
    double value = news->value;
    if (!climb_has_rungs(&t->climb))
        return;
    (void)trial_value(t, &value);
    metrics[0] = (struct value){.kind = VALUE_FLOAT, .real = value};
    for (uint32_t i = 1; i <= t->rules->others_count; i++) {
        const struct contract_told *told = &t->contract.told[i];
        metrics[i] =
            (struct value){.kind = told->has_value ? VALUE_FLOAT : VALUE_NONE, .real = told->value};
    }
    climb_measure(&t->climb, metrics);
    climb_tell(&t->climb, news->step, news->value);
}

static void hear_metric(void *context, const struct contract_news *news) {
    struct listener *listener = context;
    struct trial *t = listener->trial;
    if (news->kind == CONTRACT_CHECKPOINT)
        climb_save(&t->climb);
    if (news->kind != CONTRACT_METRIC && news->kind != CONTRACT_FINAL)
        return;
    if (!has_place(t, news->name)) {
        t->metrics.dropped_names++;
        return;
    }
    if (span_equal(news->name, t->rules->objective) &&
        (news->kind == CONTRACT_METRIC || news->step != STEP_NONE))
        tell_climb(t, news);
    dur_ms after = listener->at.now - t->began.now;
    metrics_add(&t->metrics, news->name, news->step, news->value, after);
}

static bool is_flooded(const struct trial *t) {
    return t->limits.output > 0 && t->printout.bytes > t->limits.output;
}

enum trial_acts trial_print(struct trial *t, struct span bytes, bool saved, struct moment at) {
    struct listener listener = {.trial = t, .at = at};
    const struct contract_sink sink = {.context = &listener, .hear = hear_metric};
    if (saved)
        climb_save(&t->climb);
    printout_add(&t->printout, bytes);
    contract_feed(&t->contract, t->rules, bytes, &sink);
    if (!is_flooded(t))
        return ACT_NONE;
    const struct trial_heard flooded = {.news = NEWS_STOP, .stop = STOP_FLOOD, .at = at};
    return trial_hear(t, &flooded);
}

bool trial_value(const struct trial *t, double *value) {
    const struct contract_told *c = &t->contract.told[0];
    double best;
    if (!c->has_value)
        return climb_value(&t->climb, value); /* of attempts before */
    *value = c->value;
    if (!c->has_final && climb_value(&t->climb, &best) && job_better(t->climb.job, best, c->value))
        *value = best;
    return true;
}

/* ---- verdict ---- */

static const enum trial_status stop_status[STOP_COUNT] = {
    [STOP_WALL] = TRIAL_TIMED_OUT, [STOP_FLOOD] = TRIAL_FLOODED, [STOP_CANCEL] = TRIAL_CANCELLED,
    [STOP_QUIT] = TRIAL_LOST,      [STOP_EARLY] = TRIAL_STOPPED, [STOP_PAUSE] = TRIAL_PAUSED,
};

static void explain_stop(const struct trial *t, struct buf *cause) {
    switch (t->stop) {
    case STOP_WALL:
        buf_text(cause, "ran longer than limits.wall (");
        num_print_duration(cause, t->limits.wall);
        buf_text(cause, ")");
        cause_last_line(cause, contract_last_line(&t->contract));
        break;
    case STOP_FLOOD:
        buf_text(cause, "printed more than limits.output (");
        num_print_size(cause, t->limits.output);
        buf_text(cause, ")");
        cause_last_line(cause, contract_last_line(&t->contract));
        break;
    case STOP_CANCEL: buf_text(cause, "stopped because its job ended"); break;
    case STOP_QUIT: buf_text(cause, "stopped because zyg was stopped"); break;
    case STOP_EARLY:
    case STOP_PAUSE: climb_explain(&t->climb, t->stop == STOP_PAUSE, cause); break;
    case STOP_NONE:
    case STOP_COUNT: break;
    }
}

/* INT or TERM that zyg did not send: judge() does not ask when zyg had a reason to stop it. */
static bool was_interrupted(const struct msg_exited *exit) {
    int64_t signal = exit->signal != 0 ? exit->signal : exit->status - EXIT_SIGNALLED;
    return signal == SIGINT || signal == SIGTERM;
}

static enum trial_status judge_exit(const struct trial *t, struct buf *cause) {
    const struct contract *c = &t->contract;
    bool exited = t->exit.signal == 0;
    if (t->exit.orphan) {
        buf_text(cause,
                 "its parent, of zyg-run, was killed while it ran; does it kill its parent?");
        return TRIAL_CRASHED;
    }
    if (c->infeasible || (exited && t->exit.status == EXIT_INFEASIBLE)) {
        if (c->infeasible && c->why[0] != '\0')
            cause_quote(cause, '"', span_text(c->why), READING_TEXT_BYTES + 16);
        else
            cause_ended(cause, t->exit.status, t->exit.signal, contract_last_line(c));
        return TRIAL_INFEASIBLE;
    }
    if (exited && t->exit.status == 0) {
        double value;
        bool valued = trial_value(t, &value);     /* with rungs, of attempts before as well */
        if (valued && climb_is_missed(&t->climb)) /* people think that it was compared */
            climb_explain_missed(&t->climb, t->rules->objective, cause);
        if (contract_is_whole(c, t->rules) || (valued && t->rules->objectives_count == 1))
            return TRIAL_DONE;
        contract_missing(c, t->rules, cause);
        return TRIAL_NO_METRIC;
    }
    cause_ended(cause, t->exit.status, t->exit.signal, contract_last_line(c));
    if (exited && t->exit.status == EXIT_TRANSIENT)
        return TRIAL_TRANSIENT;
    if (exited && t->exit.status == EXIT_AGAIN)
        return TRIAL_AGAIN;
    return was_interrupted(&t->exit) ? TRIAL_INTERRUPTED : TRIAL_CRASHED;
}

static void end(struct trial *t, enum trial_status verdict, const struct buf *cause) {
    t->life = LIFE_OVER;
    t->due = WHEN_NEVER;
    t->verdict = verdict;
    t->cause[cause->len] = '\0';
}

static struct buf cause_of(struct trial *t) {
    return buf_of(t->cause, CAUSE_BYTES);
}

/* It was to end at a rung, and had come to its end by itself meanwhile. */
static bool has_outrun(const struct trial *t) {
    bool judged = t->stop == STOP_EARLY || t->stop == STOP_PAUSE;
    bool ended_well = t->exit.signal == 0 && t->exit.status == 0 && t->contract.told[0].has_value;
    return judged && ended_well && (t->contract.told[0].has_final || climb_is_whole(&t->climb));
}

/* It has ended and all it printed was read. */
static void judge(struct trial *t, struct moment at) {
    struct listener listener = {.trial = t, .at = at};
    const struct contract_sink sink = {.context = &listener, .hear = hear_metric};
    struct buf cause = cause_of(t);
    contract_end(&t->contract, t->rules, &sink);
    if (t->stop == STOP_NONE && is_flooded(t)) /* it ended before that was seen */
        t->stop = STOP_FLOOD;
    enum trial_status verdict;
    if (t->stop != STOP_NONE && !has_outrun(t)) {
        explain_stop(t, &cause);
        verdict = stop_status[t->stop];
    } else {
        verdict = judge_exit(t, &cause);
    }
    end(t, verdict, &cause);
}

/* ---- what happens in each state ---- */

static enum trial_acts ignore(struct trial *t, const struct trial_heard *heard) {
    (void)t;
    (void)heard;
    return ACT_NONE;
}

static when_ms after(struct moment at, dur_ms wait) {
    return at.now > WHEN_NEVER - 1 - wait ? WHEN_NEVER - 1 : at.now + wait;
}

static enum trial_acts start(struct trial *t, const struct trial_heard *heard) {
    t->life = LIFE_RUNNING;
    t->began = heard->at;
    t->due = t->limits.wall > 0 ? after(heard->at, t->limits.wall) : WHEN_NEVER;
    return ACT_NONE;
}

/* It was to be stopped before it was known to run; the signal follows it. */
static enum trial_acts start_late(struct trial *t, const struct trial_heard *heard) {
    t->began = heard->at;
    return ACT_NONE;
}

/* What is needed is just in use: its program is being written, its folder belongs to an earlier attempt that does not die. The
 * scheduler waits before it tries again. */
static bool passes_by_itself(int64_t error) {
    return error == ETXTBSY || error == EBUSY;
}

static enum trial_status judge_start(int64_t error) {
    if (shortage_is(error))
        return TRIAL_LOST; /* the machine's own: as if it had never begun */
    return passes_by_itself(error) ? TRIAL_TRANSIENT : TRIAL_NO_START;
}

static enum trial_acts fail(struct trial *t, const struct trial_heard *heard) {
    const struct msg_spawn_failed *failed = &heard->msg->spawn_failed;
    struct buf cause = cause_of(t);
    if (t->stop != STOP_NONE) {
        explain_stop(t, &cause);
        end(t, stop_status[t->stop], &cause);
        return ACT_NONE;
    }
    size_t len = failed->what.len < CAUSE_BYTES ? failed->what.len : CAUSE_BYTES;
    while (len < failed->what.len && len > 0 && (failed->what.data[len] & 0xc0) == 0x80)
        len--; /* cut between two characters */
    buf_put(&cause, failed->what.data, len);
    end(t, judge_start(failed->error), &cause);
    return ACT_NONE;
}

static dur_ms grace_of(const struct trial *t, enum stop stop) {
    bool hurries = stop == STOP_CANCEL && t->limits.grace > CANCEL_GRACE_MS;
    return hurries ? CANCEL_GRACE_MS : t->limits.grace;
}

static enum trial_acts stop_for(struct trial *t, enum stop stop, struct moment at) {
    t->life = LIFE_STOPPING;
    t->stop = stop;
    t->due = after(at, grace_of(t, stop));
    return ACT_TERM;
}

/* The first reason stays; its grace may be longer than what is left now. */
static enum trial_acts stop_sooner(struct trial *t, const struct trial_heard *heard) {
    when_ms due = after(heard->at, grace_of(t, heard->stop));
    if (heard->stop == STOP_CANCEL && due < t->due)
        t->due = due;
    return ACT_NONE;
}

static enum trial_acts stop(struct trial *t, const struct trial_heard *heard) {
    return stop_for(t, heard->stop, heard->at);
}

static enum trial_acts stop_late(struct trial *t, const struct trial_heard *heard) {
    return stop_for(t, STOP_WALL, heard->at);
}

static enum trial_acts kill_now(struct trial *t, const struct trial_heard *heard) {
    t->life = LIFE_KILLING;
    if (t->stop == STOP_NONE)
        t->stop = heard->stop;
    t->due = after(heard->at, heard->news == NEWS_HURRY ? HURRY_PATIENCE_MS : KILL_PATIENCE_MS);
    return ACT_KILL;
}

/* It cannot be killed, such as one that waits for a file server. zyg-run sees to it that it is gone some day. */
static enum trial_acts give_up(struct trial *t, const struct trial_heard *heard) {
    struct buf cause = cause_of(t);
    enum trial_status verdict = stop_status[t->stop];
    if (heard->stop == STOP_QUIT)
        verdict = TRIAL_LOST;
    else if (t->stop == STOP_WALL || t->stop == STOP_FLOOD)
        verdict = TRIAL_CRASHED;
    t->run_ms = heard->at.now - t->began.now;
    buf_text(&cause, "could not be killed");
    end(t, verdict, &cause);
    return ACT_NONE;
}

static enum trial_acts mute(struct trial *t, const struct trial_heard *heard) {
    (void)heard;
    t->output_over = true;
    return ACT_NONE;
}

static enum trial_acts leave(struct trial *t, const struct trial_heard *heard) {
    t->exit = heard->msg->exited;
    t->run_ms = heard->at.now - t->began.now;
    t->life = LIFE_EXITED;
    t->due = after(heard->at, OUTPUT_PATIENCE_MS);
    if (t->output_over)
        judge(t, heard->at);
    return ACT_NONE;
}

static enum trial_acts finish(struct trial *t, const struct trial_heard *heard) {
    judge(t, heard->at);
    return ACT_NONE;
}

static enum trial_acts lose(struct trial *t, const struct trial_heard *heard) {
    struct buf cause = cause_of(t);
    t->run_ms = heard->at.now - t->began.now;
    t->suspected = heard->deaths > DEATHS_BORNE;
    if (t->suspected) {
        buf_text(&cause, "zyg-run died ");
        buf_u64(&cause, heard->deaths);
        buf_text(&cause, " times while only this trial ran; does it kill its parent?");
    } else {
        buf_text(&cause, "lost with zyg-run: ");
        cause_quote(&cause, '"', heard->msg->launcher_down.what, CAUSE_QUOTE_BYTES);
    }
    end(t, t->suspected ? TRIAL_CRASHED : TRIAL_LOST, &cause);
    return ACT_NONE;
}

/* clang-format off */
static enum trial_acts (*const steps[LIFE_COUNT][NEWS_COUNT])(struct trial *,
                                                              const struct trial_heard *) = {
    /*                 SPAWNED     FAILED  STOP    HURRY     DUE        OUTPUT_END EXITED  GONE */
    [LIFE_FREE]     = {ignore,     ignore, ignore, ignore,   ignore,    ignore,    ignore, ignore},
    [LIFE_STARTING] = {start,      fail,   stop,   kill_now, ignore,    mute,      leave,  lose},
    [LIFE_RUNNING]  = {ignore,     fail,   stop,   kill_now, stop_late, mute,      leave,  lose},
    [LIFE_STOPPING] = {start_late, fail, stop_sooner, kill_now, kill_now, mute,    leave,  lose},
    [LIFE_KILLING]  = {start_late, fail,   ignore, give_up,  give_up,   mute,      leave,  lose},
    [LIFE_EXITED]   = {ignore,     ignore, ignore, ignore,   finish,    finish,    ignore, lose},
    [LIFE_OVER]     = {ignore,     ignore, ignore, ignore,   ignore,    ignore,    ignore, ignore},
};
/* clang-format on */

enum trial_acts trial_hear(struct trial *t, const struct trial_heard *heard) {
    return steps[t->life][heard->news](t, heard);
}

bool trial_is_suspect(const struct trial *t) {
    bool wanted = t->stop != STOP_CANCEL && t->stop != STOP_QUIT;
    return t->life >= LIFE_STARTING && t->life <= LIFE_KILLING && wanted;
}

void trial_check(const struct trial *t) {
    bool timed = t->life == LIFE_STOPPING || t->life == LIFE_KILLING || t->life == LIFE_EXITED;
    ensure(t->life < LIFE_COUNT);
    ensure(t->life == LIFE_FREE || t->run > 0);
    ensure(!timed || t->due != WHEN_NEVER);
    ensure(t->life != LIFE_OVER || t->verdict != TRIAL_OPEN);
    ensure((t->life != LIFE_STOPPING && t->life != LIFE_KILLING) || t->stop != STOP_NONE);
    ensure(t->life != LIFE_RUNNING || t->stop == STOP_NONE);
}
