#include "cmd/cli/session.h"

#include <errno.h>
#include <string.h>

#include "actors/kit/clock_shell.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/measures.h"
#include "cmd/cli/progress.h"
#include "cmd/cli/screen.h"
#include "cmd/cli/show_job.h"
#include "cmd/cli/signals.h"
#include "proto/job_row.h"
#include "proto/status.h"

enum {
    PAINT_MS = 100,       /* between two pictures */
    TICK_MS = 500,        /* the clock in the block moves */
    RATE_AFTER_MS = 1000, /* a rate over less says nothing */
    IDLE_MS = 3000 /* whoever runs the job may just have been killed: the next one needs a moment */
};

struct session {
    struct client *client;
    const struct subject *subject;
    const struct session_plan *plan;
    struct screen screen;
    struct progress_told told;
    struct msg_job_row row; /* what was heard last; put aside in the client */
    dur_ms elapsed;         /* the job was run for so long at ... */
    when_ms elapsed_at;
    when_ms began;
    uint64_t finished_at_start;
    when_ms painted;
    when_ms deadline;
    when_ms idle_until; /* somebody must run the job by then; WHEN_NEVER: it is run */
    bool asks_again;    /* the node did not know the job, but may in a moment */
    bool lost;          /* a node that was asked is gone */
    bool alone;         /* it was said that this process runs it */
    bool dirty;         /* heard, but not painted yet */
};

/* How a session ends, when it does. */
enum ending {
    ENDING_NONE,
    ENDING_OVER,
    ENDING_INTERRUPTED,
    ENDING_TIMED_OUT,
    ENDING_IDLE,
    ENDING_UNREAD, /* what is shown cannot be written */
    ENDING_FAILED
};

/* The node says how long the job was run when results are kept; in between its clock is ours. */
static dur_ms session_elapsed(const struct session *s) {
    bool runs = s->row.state == JOB_OPEN && s->row.active;
    return s->elapsed + (runs ? clock_now() - s->elapsed_at : 0);
}

static struct progress_look session_look(const struct session *s) {
    when_ms now = clock_now();
    struct progress_look look = {
        .width = s->screen.width,
        .color = s->screen.color,
        .elapsed = session_elapsed(s),
    };
    uint64_t finished = job_row_over(&s->row);
    if (finished > s->finished_at_start && now - s->began >= RATE_AFTER_MS)
        look.rate = (double)(finished - s->finished_at_start) * 1000 / (double)(now - s->began);
    return look;
}

/* Trouble is told to those who want to hear nothing else, too. */
static void session_warn(struct session *s) {
    uint8_t memory[PROGRESS_BYTES];
    struct buf text = buf_of(memory, sizeof memory);
    progress_trouble(&text, &s->told, &s->row);
    fwrite(text.data, 1, text.len, stderr);
}

static void session_paint(struct session *s) {
    uint8_t memory[PROGRESS_BYTES];
    struct buf text = buf_of(memory, sizeof memory);
    struct progress_look look = session_look(s);
    bool silent = s->plan->quiet || s->plan->end_only;
    s->dirty = false;
    s->painted = clock_now();
    if (s->screen.live && !silent) {
        progress_block(&text, &s->row, &look);
        screen_block(&s->screen, buf_view(&text));
        return;
    }
    session_warn(s);
    if (silent)
        return;
    progress_news(&text, &s->told, &s->row, &look);
    if (text.len > 0)
        screen_print(&s->screen, buf_view(&text));
}

static void session_hear(struct session *s) {
    struct msg kept;
    dur_ms elapsed = session_elapsed(s);
    client_keep(s->client);
    client_kept(s->client, &kept);
    s->row = kept.job_row;
    /* At the end it is what every other look says; before, time does not go back. */
    const bool over = s->row.state != JOB_OPEN;
    s->elapsed = over || s->row.run_ms > elapsed ? s->row.run_ms : elapsed;
    s->elapsed_at = clock_now();
    s->dirty = true;
}

/* What a refusal means for the session. */
static enum ending session_refusal(struct session *s, const struct err *err) {
    s->asks_again = err->code == ERR_NOT_FOUND && client_may_be_behind(s->client);
    return err->code == ERR_INTERRUPTED ? ENDING_INTERRUPTED
           : s->asks_again              ? ENDING_NONE
                                        : ENDING_FAILED;
}

/* Asks the node to run the job, when that is wanted, and to tell about it. */
static enum ending session_ask(struct session *s, struct err *err) {
    s->asks_again = false;
    if (s->plan->run && !s->row.active) {
        struct msg resume = {.kind = MSG_resume, .resume = {.job = s->subject->job}};
        struct msg answer;
        if (!client_call(s->client, &resume, MSG_accepted, &answer, err))
            return session_refusal(s, err);
    }
    struct msg watch = {.kind = MSG_watch, .watch = {.job = s->subject->job, .on = true}};
    return client_ask(s->client, &watch, err) ? ENDING_NONE : ENDING_FAILED;
}

/* Nobody else runs the job. Once: so it stays. */
static void session_say_alone(struct session *s) {
    if (s->alone || !s->plan->run || s->plan->quiet || s->row.state != JOB_OPEN ||
        !client_embedded(s->client))
        return;
    s->alone = true;
    fprintf(stderr, "no node runs here%s: it runs in this process, and stops with it\n",
            s->lost ? " any more" : "");
}

static enum ending session_reopen(struct session *s, struct err *err) {
    screen_clear(&s->screen); /* it may take long, and then something is said below */
    s->lost = true;
    if (!client_reopen(s->client, err))
        return err->code == ERR_INTERRUPTED ? ENDING_INTERRUPTED : ENDING_FAILED;
    s->row.active = false;
    session_say_alone(s);
    return session_ask(s, err);
}

/* A node that was started for this look runs nothing, unless another process comes and asks it to;
 * false: none came. */
static bool session_has_hope(struct session *s) {
    when_ms now = clock_now();
    if (s->plan->run || s->row.active || !client_embedded(s->client))
        s->idle_until = WHEN_NEVER;
    else if (s->idle_until == WHEN_NEVER)
        s->idle_until = now + IDLE_MS;
    return now < s->idle_until;
}

/* How long to listen before something else is to be done. */
static dur_ms session_patience(const struct session *s) {
    when_ms now = clock_now();
    when_ms until = when_sooner(s->deadline, s->idle_until);
    if (s->dirty)
        until = when_sooner(until, s->painted + PAINT_MS);
    else if (s->screen.live && !s->plan->quiet && !s->plan->end_only)
        until = when_sooner(until, s->painted + TICK_MS);
    if (until == WHEN_NEVER)
        return -1;
    return until > now ? until - now : 0;
}

static enum ending session_step(struct session *s, struct err *err) {
    struct msg answer;
    if (s->asks_again) {
        client_pause(s->client);
        return session_ask(s, err);
    }
    switch (client_next(s->client, &answer, session_patience(s), err)) {
    case CLIENT_ANSWER:
        if (answer.kind == MSG_job_row)
            session_hear(s);
        break;
    case CLIENT_TIMEOUT:
        if (clock_now() >= s->deadline)
            return ENDING_TIMED_OUT;
        break;
    case CLIENT_RESIZED:
        screen_measure(&s->screen);
        s->dirty = true;
        break;
    case CLIENT_SIGNAL: return ENDING_INTERRUPTED;
    case CLIENT_LOST: return session_reopen(s, err);
    case CLIENT_REFUSED: return session_refusal(s, err);
    }
    if (s->row.state != JOB_OPEN)
        return ENDING_OVER;
    if (clock_now() - s->painted >= (s->dirty ? PAINT_MS : TICK_MS))
        session_paint(s);
    /* Nobody reads any more: someone who only watched may go; a job is run to its end all the
     * same. */
    if (s->screen.broken && !s->plan->run)
        return s->screen.error == EPIPE ? ENDING_INTERRUPTED : ENDING_UNREAD;
    return session_has_hope(s) ? ENDING_NONE : ENDING_IDLE;
}

static bool session_written(const struct session *s, struct err *err) {
    return !s->screen.broken || s->screen.error == EPIPE ||
           err_set(err, ERR_SYSTEM, "cannot write the output: %s", strerror(s->screen.error));
}

/* A node that goes on without this process forgets it. */
static void session_leave(struct session *s) {
    client_hush(s->client);
    client_close(&s->client);
}

/* The summary for programs: what `zyg show` would say now. */
static bool session_tell(struct session *s, struct err *err) {
    if (s->plan->format != FORMAT_JSON)
        return true;
    struct args args = {.format = s->plan->format};
    struct subject subject = *s->subject;
    subject.row = s->row;
    return job_show(s->client, &args, &subject, false, err);
}

static int session_over(struct session *s) {
    uint8_t memory[PROGRESS_BYTES];
    struct buf text = buf_of(memory, sizeof memory);
    struct progress_look look = session_look(s);
    struct err err;
    if (s->plan->format == FORMAT_TABLE || !s->plan->quiet)
        progress_end(&text, &s->row, &look);
    if (text.len > 0)
        screen_print(&s->screen, buf_view(&text));
    const bool failed = s->row.state == JOB_FAILED || measures_none_kept(&s->row);
    int status = failed                     ? err_exit_status(ERR_JOB_FAILED)
                 : s->row.state == JOB_DONE ? 0
                                            : err_exit_status(ERR_CANCELLED);
    bool told = session_written(s, &err) && session_tell(s, &err);
    client_close(&s->client);
    return told ? status : cli_fail(&err);
}

static int session_interrupted(struct session *s) {
    const char *handle = s->subject->handle;
    bool embedded = client_embedded(s->client);
    bool waits =
        embedded && (s->plan->run || s->row.active) && !signal_hurries(client_signal(s->client));
    screen_clear(&s->screen);
    if (waits && !s->plan->quiet)
        fprintf(stderr, "stopping the trials that run; Ctrl-C again kills them at once\n");
    session_leave(s);
    /* How many are finished is not said: more of them end while the node stops. */
    if (embedded)
        fprintf(stderr, "%s is kept; go on:  zyg resume %s\n", handle, handle);
    else
        fprintf(stderr, "%s goes on without you; look again:  zyg watch %s\n", handle, handle);
    return err_exit_status(ERR_INTERRUPTED);
}

static int session_refused(struct session *s, enum err_code code, const char *why) {
    struct err err;
    screen_clear(&s->screen);
    err_set(&err, code, "%s %s: %llu of %llu trials are finished", s->subject->handle, why,
            (unsigned long long)job_row_over(&s->row), (unsigned long long)s->row.trials);
    session_leave(s);
    return cli_fail(&err);
}

int session_follow(struct client **c, const struct subject *subject,
                   const struct session_plan *plan) {
    struct session s = {
        .client = *c,
        .subject = subject,
        .plan = plan,
        .screen = screen_of(plan->format == FORMAT_TABLE ? stdout : stderr),
        .row = subject->row,
        .began = clock_now(),
        .deadline = WHEN_NEVER,
        .idle_until = WHEN_NEVER,
    };
    *c = NULL;
    s.told.fresh = plan->fresh;
    s.elapsed = s.row.run_ms;
    s.elapsed_at = s.began;
    s.finished_at_start = job_row_over(&s.row);
    if (plan->timeout >= 0)
        s.deadline = s.began + plan->timeout;

    session_say_alone(&s);

    struct err err = {0};
    bool told = plan->watched && s.row.active;
    enum ending ending = s.row.state != JOB_OPEN ? ENDING_OVER
                         : told                  ? ENDING_NONE
                                                 : session_ask(&s, &err);
    while (ending == ENDING_NONE)
        ending = session_step(&s, &err);
    switch (ending) {
    case ENDING_OVER: return session_over(&s);
    case ENDING_INTERRUPTED: return session_interrupted(&s);
    case ENDING_TIMED_OUT: return session_refused(&s, ERR_TIMED_OUT, "is not over yet");
    case ENDING_IDLE: {
        int status = session_refused(&s, ERR_UNREACHABLE, "is run by nobody now");
        fprintf(stderr, "go on:  zyg resume %s\n", subject->handle);
        return status;
    }
    case ENDING_UNREAD:
        session_written(&s, &err);
        session_leave(&s);
        return cli_fail(&err);
    default:
        screen_clear(&s.screen);
        client_close(&s.client);
        return cli_fail(&err);
    }
}

void session_say_next(struct client *c, const struct subject *s) {
    if (client_autorun(c) || s->row.active)
        fprintf(stderr, "it runs; watch it:  zyg watch %s   stop it:  zyg cancel %s\n", s->handle,
                s->handle);
    else
        fprintf(stderr, "it is kept, but no agent runs here; run it:  zyg resume %s\n", s->handle);
}

int session_verb(int argc, char **argv, const struct args_option *options,
                 struct session_plan *plan) {
    const struct args_rules rules = {
        .options = options, .formats = SESSION_FORMATS, .most = 1, .operand = "JOB"};
    struct args args;
    int status;
    if (!cli_args(&args, argc, argv, &rules, &status))
        return status;
    plan->quiet = args.quiet;
    plan->format = args.format;
    struct err err;
    struct subject subject;
    struct client *c = look_open(&args, &subject, &err);
    if (c == NULL || !subject_is_job(&subject, &err))
        return look_end(&c, false, &err);
    return session_follow(&c, &subject, plan);
}
