#define _GNU_SOURCE

#include "cmd/cli/one_trial.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sodium.h>

#include "actors/executor/executor.h"
#include "actors/executor/launcher.h"
#include "actors/kit/board.h"
#include "actors/kit/clock_shell.h"
#include "cmd/cli/signals.h"
#include "cmd/cli/try_folder.h"
#include "proto/base/check.h"
#include "proto/base/ids.h"

enum { WAIT_MS_MAX = 60000, CONFIG_BYTES = LIMIT_JOB_SPEC_BYTES + 16 * LIMIT_PARAMS + 16 };

struct stage {
    const struct one_trial *trial;
    struct verdict *verdict;
    struct board *board;
    struct executor *executor;
    struct launcher *launcher;
    int signals; /* signalfd */
    int signal;  /* the first one that came */
    struct try_folder folder;
    struct job_id job;
    uint8_t config[CONFIG_BYTES];
    size_t config_len;
    bool leased;
    bool over;
};

static struct moment moment_now(void) {
    return (struct moment){.now = clock_now(), .wall = clock_wall()};
}

static void outcome_take(struct stage *s, const struct msg_outcome *outcome) {
    struct msg m;
    struct err ignored;
    bool read = msg_decode(&m, outcome->result, &ignored);
    ensure(read); /* our own executor said it a moment ago */
    const struct msg_result_fact *result = &m.result_fact;
    struct verdict *v = s->verdict;
    bool known = trial_status_of(result->status, &v->status);
    ensure(known);
    v->has_value = result->has_value;
    v->value = result->value;
    struct buf others = buf_of(v->others, sizeof v->others);
    buf_span(&others, result->others);
    v->others_len = others.len;
    v->run_ms = result->run_ms;
    v->cpu_ms = result->cpu_ms;
    v->rss_kib = result->rss_kib;
    snprintf(v->cause, sizeof v->cause, "%.*s", (int)result->cause.len,
             (const char *)result->cause.data);
    s->over = true;
}

static void lease_post(struct stage *s) {
    struct msg lease = {.kind = MSG_lease,
                        .lease = {.job = s->job,
                                  .slot = s->trial->slot,
                                  .attempt = 1,
                                  .config = span_of(s->config, s->config_len)}};
    s->leased = true;
    board_post_to(s->board, ROOM_EXECUTOR, ROOM_SCHED, 0, &lease);
}

/* Sits where sched would: gives out the one trial there is and takes its outcome. */
static void sched_perform(void *self, const struct event *event) {
    struct stage *s = self;
    if (event->msg.kind == MSG_capacity && event->msg.capacity.slots > 0 && !s->leased)
        lease_post(s);
    if (event->msg.kind == MSG_outcome)
        outcome_take(s, &event->msg.outcome);
}

static void stage_see(void *context, enum room to, const struct event *event) {
    const struct stage *s = context;
    if (to == ROOM_EXECUTOR && event->msg.kind == MSG_output)
        s->trial->heard(s->trial->context, event->msg.output.bytes);
}

static void quit_post(struct stage *s) {
    struct msg quit = {.kind = MSG_quit, .quit = {.why = ERR_INTERRUPTED}};
    board_post_to(s->board, ROOM_EXECUTOR, ROOM_NODE, 0, &quit);
}

static void interrupts_take(struct stage *s) {
    int number;
    while ((number = signals_take(s->signals)) != 0) {
        if (s->signal == 0 && signal_hurries(number))
            quit_post(s); /* this one counts for two */
        if (s->signal == 0)
            s->signal = number;
        quit_post(s);
    }
}

static void stage_begin(struct stage *s) {
    const struct job_file *file = s->trial->file;
    struct msg open = {.kind = MSG_job_open, .job_open = {.job = s->job, .spec = file->spec}};
    struct msg start = {.kind = MSG_start, .start = {.slots = 1}};
    struct buf config = buf_of(s->config, sizeof s->config);
    config_encode(&config, s->trial->values, file->job.params_count);
    ensure(!config.overflow); /* its texts come from the job or from one command line */
    s->config_len = config.len;
    board_post_to(s->board, ROOM_EXECUTOR, ROOM_FACTS, 0, &open);
    board_post_to(s->board, ROOM_EXECUTOR, ROOM_NODE, 0, &start);
    board_run(s->board, moment_now());
}

static bool stage_turn(struct stage *s, struct err *err) {
    when_ms wait = board_deadline(s->board) - moment_now().now;
    wait = wait < 0 ? 0 : when_sooner(wait, WAIT_MS_MAX);
    struct pollfd items[] = {
        {.fd = launcher_fd(s->launcher), .events = POLLIN},
        {.fd = s->signals, .events = POLLIN},
    };
    if (poll(items, 2, (int)wait) < 0 && errno != EINTR)
        return err_set(err, ERR_SYSTEM, "cannot wait for the trial: %s", strerror(errno));
    if (items[0].revents != 0)
        launcher_ready(s->launcher);
    if (items[1].revents != 0)
        interrupts_take(s);
    board_run(s->board, moment_now());
    board_wake(s->board, moment_now());
    return true;
}

static bool stage_play(struct stage *s, struct err *err) {
    stage_begin(s);
    while (!s->over) {
        if (!stage_turn(s, err))
            return false;
    }
    return s->signal == 0 || err_set(err, ERR_INTERRUPTED, "interrupted");
}

static bool executor_seat(struct stage *s, void *memory, struct err *err) {
    const struct executor_config config = {.runs = s->folder.path, .slots = 1, .cpus = 1};
    s->executor = executor_init(memory, executor_memory(1), &config, err);
    if (s->executor == NULL)
        return false;
    struct core core = executor_core(s->executor);
    struct port sched = {.room = ROOM_SCHED, .self = s, .perform = sched_perform};
    board_seat_core(s->board, &core);
    board_seat_port(s->board, &sched);
    board_watch(s->board, stage_see, s);
    return true;
}

static bool launcher_seat(struct stage *s, struct err *err) {
    char program[PATH_MAX];
    struct launcher_config config = {.program = program};
    if (!launcher_beside(program, sizeof program, err))
        return false;
    randombytes_buf(config.state, sizeof config.state);
    s->launcher = launcher_new(s->board, &config, err);
    if (s->launcher == NULL)
        return false;
    struct port port = launcher_port(s->launcher);
    board_seat_port(s->board, &port);
    return true;
}

/* zyg-run removes a trial's folder when nothing was left in it, so only empty folders can be
 * removed here. */
static void runs_remove(struct stage *s) {
    char folder[TRY_FOLDER_BYTES + 2 * JOB_ID_BYTES + 2];
    struct buf path = buf_of(folder, sizeof folder - 1);
    buf_text(&path, s->folder.path);
    buf_byte(&path, '/');
    job_id_print(&path, &s->job);
    folder[path.len] = '\0';
    rmdir(folder);
    if (try_folder_leave(&s->folder))
        snprintf(s->verdict->left, sizeof s->verdict->left, "%s", s->folder.path);
}

static bool stage_run(struct stage *s, struct err *err) {
    size_t size = executor_memory(1);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return err_set(err, ERR_SYSTEM, "there is no memory left");
    bool ok = executor_seat(s, memory, err) && launcher_seat(s, err) && stage_play(s, err);
    if (s->launcher != NULL)
        launcher_destroy(&s->launcher);
    if (s->executor != NULL)
        executor_release(s->executor);
    munmap(memory, size);
    return ok;
}

bool one_trial_run(const struct one_trial *t, struct verdict *verdict, struct err *err) {
    struct stage *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_set(err, ERR_SYSTEM, "there is no memory left");
    *verdict = (struct verdict){.status = TRIAL_OPEN};
    *s = (struct stage){.trial = t, .verdict = verdict, .signals = -1};
    /* An interrupt before this ends the program; from here on it leaves nothing behind. */
    bool ok = signals_open(&s->signals, false, err) && try_folder_make(&s->folder, err);
    if (ok) {
        s->board = board_new();
        ok = stage_run(s, err);
        board_destroy(&s->board);
        runs_remove(s);
    }
    if (s->signals >= 0)
        close(s->signals);
    free(s);
    return ok;
}
