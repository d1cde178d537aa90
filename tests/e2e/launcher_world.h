/* launcher_world - a board with the launcher, the real zyg-run behind it, and an executor that only listens. */
#ifndef ZYG_LAUNCHER_WORLD_H
#define ZYG_LAUNCHER_WORLD_H

#include "actors/executor/launcher.h"
#include "actors/executor/launcher_kin.h"
#include "proto/base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { RUNS_MAX = 64, PATIENCE_MS = 20000, HEARD_BYTES = 2 << 20 };

/* What the executor would have heard of one run. */
struct heard {
    bool spawned, failed, exited, output_end;
    bool late_output; /* after output_end, or output_end after exited */
    bool orphan;
    bool saved; /* so it was with its last output */
    int64_t pid, error, status, signal, cpu_ms;
    uint64_t rss_kib, bytes;
    char what[512];
    char output[4096];
};

struct world {
    char dir[64];
    struct board *board;
    struct launcher *launcher;
    struct heard runs[RUNS_MAX];
    bool kept;        /* what is ordered from now on has a keeper */
    bool saves;       /* ... and its checkpoint folder is looked at */
    const char *from; /* ... and begins with that one's checkpoint; NULL: nobody's */
    int downs, ups;
    bool down_unable;
    char down_what[256];
};

static uint8_t state_id[LAUNCHER_STATE_BYTES] = {0xc0, 0xff, 0xee, 0x01};

/* A sweep goes through the whole machine: another run of these tests must have another state. */
static inline void choose_state(void) {
    pid_t pid = getpid();
    memcpy(state_id + 4, &pid, sizeof pid);
}

static inline void keep_text(char *out, size_t cap, struct span text) {
    size_t len = text.len < cap - 1 ? text.len : cap - 1;
    memcpy(out, text.data, len);
    out[len] = '\0';
}

static inline void keep_output(struct heard *h, struct span bytes) {
    assert_true(h->spawned);
    for (size_t i = 0; i < bytes.len && h->bytes + i < sizeof h->output - 1; i++)
        h->output[h->bytes + i] = (char)bytes.data[i];
    h->bytes += bytes.len;
    h->late_output = h->late_output || h->output_end;
}

static inline void hear(void *self, const struct event *event, struct moment at, struct says *out) {
    struct world *w = self;
    const struct msg *m = &event->msg;
    (void)at;
    (void)out;
    switch (m->kind) {
    case MSG_spawned:
        w->runs[m->spawned.run].spawned = true;
        w->runs[m->spawned.run].pid = m->spawned.pid;
        break;
    case MSG_spawn_failed: {
        struct heard *h = &w->runs[m->spawn_failed.run];
        h->failed = true;
        h->error = m->spawn_failed.error;
        keep_text(h->what, sizeof h->what, m->spawn_failed.what);
        break;
    }
    case MSG_output:
        keep_output(&w->runs[m->output.run], m->output.bytes);
        w->runs[m->output.run].saved = m->output.saved;
        break;
    case MSG_output_end: {
        struct heard *h = &w->runs[m->output_end.run];
        h->late_output = h->late_output || h->exited || h->output_end;
        h->output_end = true;
        break;
    }
    case MSG_exited: {
        struct heard *h = &w->runs[m->exited.run];
        h->exited = true;
        h->status = m->exited.status;
        h->signal = m->exited.signal;
        h->cpu_ms = m->exited.cpu_ms;
        h->rss_kib = m->exited.rss_kib;
        h->orphan = m->exited.orphan;
        break;
    }
    case MSG_launcher_down:
        w->downs++;
        w->down_unable = m->launcher_down.unable;
        keep_text(w->down_what, sizeof w->down_what, m->launcher_down.what);
        break;
    case MSG_launcher_up: w->ups++; break;
    default: fail_msg("unexpected %s", msg_name(m->kind));
    }
}

static inline when_ms never(const void *self) {
    (void)self;
    return WHEN_NEVER;
}

static inline const char *zyg_run_path(void) {
    static char path[PATH_MAX];
    const char *bin = getenv("ZYG_BIN");
    snprintf(path, sizeof path, "%s/zyg-run", bin != NULL ? bin : "build/bin");
    return path;
}

static inline void seat_launcher(struct world *w, const char *program) {
    struct launcher_config config = {.program = program};
    struct err err;
    memcpy(config.state, state_id, sizeof state_id);
    w->launcher = launcher_new(w->board, &config, &err);
    if (w->launcher == NULL)
        fail_msg("%s", err.what);
    struct port port = launcher_port(w->launcher);
    board_seat_port(w->board, &port);
}

static inline int set_up(void **state) {
    struct world *w = calloc(1, sizeof *w);
    const char *tmp = getenv("TMPDIR");
    assert_non_null(w);
    snprintf(w->dir, sizeof w->dir, "%.40s/zyg-XXXXXX",
             tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
    assert_non_null(mkdtemp(w->dir));
    w->board = board_new();
    choose_state();
    seat_launcher(w, zyg_run_path());
    struct core core = {.room = ROOM_EXECUTOR, .self = w, .step = hear, .deadline = never};
    board_seat_core(w->board, &core);
    *state = w;
    return 0;
}

static inline void remove_tree(const char *path) {
    char command[PATH_MAX];
    snprintf(command, sizeof command, "%s", path);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", command, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

static inline int tear_down(void **state) {
    struct world *w = *state;
    launcher_destroy(&w->launcher);
    assert_null(w->launcher);
    board_destroy(&w->board);
    remove_tree(w->dir);
    free(w);
    return 0;
}

/* ---- asking and waiting ---- */

static inline const char *scratch_of(const struct world *w, uint64_t run) {
    static char path[128];
    snprintf(path, sizeof path, "%s/runs/job/%d", w->dir, (int)run);
    return path;
}

static const struct moment start_of_time = {0, 0};

static inline void order(struct world *w, uint64_t run, struct span argv, const char *dir,
                         struct span params) {
    static const char env[] = "ZYG_TRIAL=4\0GREETING=hello";
    struct msg m = {.kind = MSG_spawn};
    m.spawn.run = run;
    m.spawn.argv = argv;
    m.spawn.env = span_of(env, sizeof env);
    m.spawn.dir = span_text(dir);
    m.spawn.scratch = span_text(scratch_of(w, run));
    m.spawn.params = params;
    m.spawn.kept = w->kept;
    m.spawn.saves = w->saves;
    if (w->from != NULL)
        m.spawn.from = span_text(w->from);
    board_post(w->board, ROOM_EXECUTOR, 0, &m);
    board_run(w->board, start_of_time);
}

static inline void order_shell(struct world *w, uint64_t run, const char *script) {
    char argv[2048];
    int len = snprintf(argv, sizeof argv, "/bin/sh%c-c%c%s", 0, 0, script);
    order(w, run, span_of(argv, (size_t)len + 1), w->dir, span_text("{\"lr\": 1}"));
}

static inline void order_program(struct world *w, uint64_t run, const char *program) {
    order(w, run, span_of(program, strlen(program) + 1), w->dir, span_text("{}"));
}

static inline void order_kill(struct world *w, uint64_t run, int signal) {
    struct msg m = {.kind = MSG_kill};
    m.kill.run = run;
    m.kill.signal = signal;
    board_post(w->board, ROOM_EXECUTOR, 0, &m);
    board_run(w->board, start_of_time);
}

static inline void turn(struct world *w) {
    struct pollfd fd = {.fd = launcher_fd(w->launcher), .events = POLLIN};
    if (poll(&fd, 1, PATIENCE_MS) != 1)
        fail_msg("nothing came for %d ms", PATIENCE_MS);
    launcher_ready(w->launcher);
    board_run(w->board, start_of_time);
}

static inline struct heard *wait_over(struct world *w, uint64_t run) {
    struct heard *h = &w->runs[run];
    while (!h->exited && !h->failed)
        turn(w);
    assert_false(h->late_output);
    assert_true(h->failed || h->output_end);
    return h;
}

static inline void wait_output(struct world *w, uint64_t run, const char *text) {
    while (strstr(w->runs[run].output, text) == NULL)
        turn(w);
}

static inline void assert_gone(pid_t pid) {
    assert_true(pid > 0);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static inline pid_t number_after(const char *text, const char *word) {
    const char *at = strstr(text, word);
    assert_non_null(at);
    return (pid_t)strtol(at + strlen(word), NULL, 10);
}

struct children {
    int count;
    pid_t last;
};

static inline void count_child(void *context, pid_t child) {
    struct children *children = context;
    children->count++;
    children->last = child;
}

/* The only child of a process (0: of this one) with a single thread. */
static inline pid_t only_child(pid_t parent) {
    char path[64] = "/proc/thread-self/children";
    struct children children = {0};
    if (parent > 0)
        snprintf(path, sizeof path, "/proc/%jd/task/%jd/children", (intmax_t)parent,
                 (intmax_t)parent);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        kin_children(fd, count_child, &children);
        close(fd);
    }
    assert_int_equal(children.count, 1);
    return children.last;
}

static inline pid_t reaper_pid(void) {
    return only_child(0);
}

static inline pid_t zyg_run_pid(void) {
    return only_child(reaper_pid());
}

static inline bool exists(const char *path) {
    struct stat stat_of_path;
    return lstat(path, &stat_of_path) == 0;
}

#endif
