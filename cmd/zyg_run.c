/* zyg-run - starts trials for a node and sees to it that nothing of them is left when they are over.
 *
 *   zyg-run MARK      with descriptor 3 one end of a SOCK_SEQPACKET pair whose other end the node holds
 *
 * One message of proto/messages.def a packet: hears spawn (which also carries the writing end of the output) and kill, says
 * spawned, spawn_failed and exited. MARK names the state folder and this life of zyg-run; every trial finds it, with its
 * number, in ZYG_RUN. When the other end is closed, all that runs is killed and zyg-run ends: no node, no trial.
 * It ends with KIN_UNABLE when the machine does not let it begin (no process, no descriptor).
 * Single-threaded, no memory but its own pages: a fork costs the same however much the node has grown. The process that the
 * node started is the reaper (cmd/run/reaper.h); zyg-run is its child.
 */
#define _GNU_SOURCE
#include "actors/executor/launcher_kin.h"
#include "cmd/run/inherit.h"
#include "cmd/run/reaper.h"
#include "cmd/run/runs.h"
#include "cmd/run/start.h"
#include "proto/base/check.h"
#include "proto/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SOCKET = 3,
    ARGUMENTS_MAX = LIMIT_ARGV_BYTES / 2, /* each has at least a zero behind it */
    VARIABLES_MAX = 8192,
    RUN_VARIABLE_BYTES = 128,
    DIR_BYTES = 4096,
    IDLE_MS = 200 /* without a trial: no other is about to come */
};

extern char **environ;

static struct runs runs;
static struct scratch scratch;
static struct start_late
    *lates; /* of LIMIT_SLOTS_NODE runs, by their place; shared with what is started */
static pid_t reaper;
static bool swept; /* the folders of trials, of what a predecessor left there */

/* ---- the node ---- */

static bool tell(const struct msg *m) {
    uint8_t memory[4096];
    struct buf frame = buf_of(memory, sizeof memory);
    ensure(msg_encode(m, &frame));
    ssize_t sent;
    do
        sent = send(SOCKET, frame.data, frame.len, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

static bool tell_failed(uint64_t run, int error, struct span what) {
    struct msg m = {.kind = MSG_spawn_failed};
    m.spawn_failed.run = run;
    m.spawn_failed.error = error;
    m.spawn_failed.what = what;
    if (!span_is_utf8(m.spawn_failed.what)) /* a name in another encoding */
        m.spawn_failed.what = span_text("cannot start it: its name is not UTF-8 and it failed");
    return tell(&m);
}

static bool tell_exited(const struct run *run) {
    struct msg m = {.kind = MSG_exited};
    const struct timeval *user = &run->usage.ru_utime;
    const struct timeval *system = &run->usage.ru_stime;
    m.exited.run = run->number;
    m.exited.status = WIFEXITED(run->status) ? WEXITSTATUS(run->status) : 0;
    m.exited.signal = WIFSIGNALED(run->status) ? WTERMSIG(run->status) : 0;
    m.exited.cpu_ms =
        (user->tv_sec + system->tv_sec) * INT64_C(1000) + (user->tv_usec + system->tv_usec) / 1000;
    m.exited.rss_kib = (uint64_t)run->usage.ru_maxrss;
    m.exited.orphan = run->orphan;
    return tell(&m);
}

static struct start_late *late_of(const struct run *run) {
    return &lates[run - runs.items];
}

/* How it ended; or, where it had a checkpoint to copy first, that it could not be started after that. */
static bool tell_end(const struct run *run) {
    struct start_late *late = late_of(run);
    const int error = late->error;
    if (error == 0)
        return tell_exited(run);
    late->error = 0;
    return tell_failed(run->number, error, span_of(late->what, late->len));
}

/* ---- spawn ---- */

/* Points `out` at each of the zero-terminated texts; false when they are not that, or too many. */
static bool split_texts(struct span texts, const char **out, size_t cap, size_t *count) {
    if (texts.len > 0 && texts.data[texts.len - 1] != 0)
        return false;
    for (size_t at = 0; at < texts.len;) {
        const char *text = (const char *)texts.data + at;
        if (*count == cap)
            return false;
        out[(*count)++] = text;
        at += strlen(text) + 1;
    }
    return true;
}

static bool same_name(const char *a, const char *b) {
    size_t len = strcspn(a, "=");
    return strncmp(a, b, len + 1) == 0;
}

/* What a trial must not see of this process's own environment: CZMQ's switches, and what only some trials have, of an outer
 * one. */
static bool is_private(const char *variable) {
    return strncmp(variable, "ZSYS_", 5) == 0 || strncmp(variable, "ZYG_P_", 6) == 0 ||
           same_name(variable, "ZYG_DEADLINE=") || same_name(variable, "ZYG_BUDGET=") ||
           same_name(variable, "ZYG_PARENT=");
}

/* The trial's own variables, then what it inherits and does not set itself. */
static bool fill_env(struct span env, const char *run_variable, const char *dir_variable,
                     const char **out) {
    size_t count = 0;
    out[count++] = run_variable;
    out[count++] = dir_variable;
    if (!split_texts(env, out, VARIABLES_MAX - 1, &count))
        return false;
    size_t own = count;
    for (char **inherited = environ; *inherited != NULL && count < VARIABLES_MAX - 1; inherited++) {
        bool skip = is_private(*inherited);
        for (size_t i = 0; i < own && !skip; i++)
            skip = same_name(*inherited, out[i]);
        if (!skip)
            out[count++] = *inherited;
    }
    out[count] = NULL;
    return true;
}

/* A text without zero bytes as a C string. */
static bool copy_text(char *out, size_t cap, struct span text) {
    if (text.len >= cap || (text.len > 0 && memchr(text.data, 0, text.len) != NULL))
        return false;
    if (text.len > 0)
        memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return text.len > 0;
}

struct order {
    char scratch[SCRATCH_PATH_MAX];
    char from[SCRATCH_PATH_MAX];
    char run_variable[RUN_VARIABLE_BYTES];
    char dir_variable[DIR_BYTES + 4];
    const char *argv[ARGUMENTS_MAX + 1];
    const char *env[VARIABLES_MAX];
    struct start start;
};

static struct order order; /* of the spawn being done; large, so not on the stack */

static bool read_order(const struct msg_spawn *m, int output) {
    char *dir = order.dir_variable + strlen("PWD=");
    size_t count = 0;
    memcpy(order.dir_variable, "PWD=", 4);
    int len = snprintf(order.run_variable, sizeof order.run_variable, KIN_VARIABLE "%s:%ju",
                       runs.mark, (uintmax_t)m->run);
    if (len >= (int)sizeof order.run_variable || !copy_text(dir, DIR_BYTES, m->dir) ||
        !copy_text(order.scratch, sizeof order.scratch, m->scratch) ||
        (m->from.len > 0 && !copy_text(order.from, sizeof order.from, m->from)) ||
        !split_texts(m->argv, order.argv, ARGUMENTS_MAX, &count) || count == 0 ||
        !fill_env(m->env, order.run_variable, order.dir_variable, order.env))
        return false;
    order.argv[count] = NULL;
    order.start = (struct start){.argv = order.argv,
                                 .env = order.env,
                                 .dir = dir,
                                 .scratch = order.scratch,
                                 .from = m->from.len > 0 ? order.from : NULL,
                                 .from_ends = m->from_ends,
                                 .output = output,
                                 .kept = m->kept};
    return true;
}

static bool spawn(const struct msg_spawn *m, int output) {
    uint8_t memory[2048];
    struct buf what = buf_of(memory, sizeof memory);
    struct start_failure failure;
    if (!read_order(m, output)) {
        buf_text(&what, "cannot start it: its command, variables or folder cannot be used");
        return tell_failed(m->run, EINVAL, buf_view(&what));
    }
    if (runs_use(&runs, order.scratch)) {
        buf_text(&what, "cannot start it: an earlier attempt in '");
        buf_text(&what, order.scratch);
        buf_text(&what, "' could not be killed yet");
        return tell_failed(m->run, EBUSY, buf_view(&what));
    }
    if (!swept)
        scratch_sweep(order.scratch);
    swept = true;
    int error = scratch_make(&scratch, order.scratch, m->params);
    if (error != 0) {
        buf_text(&what, "cannot make the folder '");
        buf_text(&what, order.scratch);
        buf_text(&what, "': ");
        buf_text(&what, strerrordesc_np(error));
        return tell_failed(m->run, error, buf_view(&what));
    }
    if (!inherit_is_due(order.scratch))
        order.start.from = NULL;
    order.start.late = late_of(runs_find(&runs, 0)); /* the place that it will have */
    uint64_t began = kin_now();
    pid_t keeper, pid = start_program(&order.start, &failure, &keeper);
    if (pid < 0) {
        scratch_leave(&scratch, order.scratch);
        start_explain(&order.start, &failure, &what);
        return tell_failed(m->run, failure.error, buf_view(&what));
    }
    struct run *run = runs_add(&runs, m->run, pid, keeper, began);
    ensure(run != NULL); /* hear() has seen that there is a place */
    memcpy(run->scratch, order.scratch, strlen(order.scratch) + 1);
    struct msg answer = {.kind = MSG_spawned};
    answer.spawned.run = m->run;
    answer.spawned.pid = pid;
    return tell(&answer);
}

static void kill_run(const struct msg_kill *m) {
    const struct run *run = m->run == 0 ? NULL : runs_find(&runs, m->run);
    if (run != NULL && !run->ended && m->signal > 0 && m->signal < NSIG)
        kill(-run->pid, (int)m->signal);
}

/* ---- packets ---- */

/* The descriptor that came with the packet, or -1. */
static int take_descriptor(struct msghdr *header) {
    int fd = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
            c->cmsg_len == CMSG_LEN(sizeof fd))
            memcpy(&fd, CMSG_DATA(c), sizeof fd);
    }
    return fd;
}

static bool hear(struct span packet, int output) {
    struct msg m;
    struct err err;
    if (!msg_decode(&m, packet, &err)) {
        fprintf(stderr, "zyg-run: %s\n", err.what);
        return false;
    }
    if (m.kind == MSG_kill)
        kill_run(&m.kill);
    if (m.kind != MSG_spawn)
        return true;
    /* A run without a descriptor, a number or a place was never ordered by a node of ours. */
    if (output < 0 || m.spawn.run == 0 || runs_find(&runs, 0) == NULL)
        return false;
    return spawn(&m.spawn, output);
}

/* One packet; false when the node is gone. */
static bool receive(void) {
    static uint8_t frame[LIMIT_FRAME_BYTES];
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {.iov_base = frame, .iov_len = sizeof frame};
    struct msghdr header = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    ssize_t got = recvmsg(SOCKET, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got == 0 || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
        return false;
    int output = take_descriptor(&header);
    bool fine = hear(span_of(frame, (size_t)got), output);
    if (output >= 0)
        close(output);
    return fine;
}

/* ---- the loop ---- */

/* Says which runs are over; false when the node is gone. */
static bool tell_over(void) {
    struct run *run;
    runs_reap(&runs);
    while ((run = runs_over(&runs)) != NULL) {
        scratch_leave(&scratch, run->scratch);
        bool told = tell_end(run);
        runs_free(&runs, run);
        if (!told)
            return false;
        runs_reap(&runs);
    }
    return true;
}

/* False when a signal asks for the end: the reaper hands it on, or was killed. What a trial sends to its parent is none. */
static bool take_signals(int fd) {
    struct signalfd_siginfo info[8];
    ssize_t got = read(fd, info, sizeof info);
    for (size_t i = 0; got > 0 && i < (size_t)got / sizeof info[0]; i++) {
        pid_t sender = (pid_t)info[i].ssi_pid;
        if (info[i].ssi_signo != SIGCHLD && (sender == reaper || sender == getpid()))
            return false;
    }
    return true;
}

static void serve(int signals) {
    struct pollfd fds[] = {{.fd = SOCKET, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    for (;;) {
        bool tidy = scratch.spares_count > 0 && runs_is_idle(&runs);
        int ready = poll(fds, 2, tidy ? IDLE_MS : -1);
        if (ready < 0 && errno != EINTR)
            return;
        if (ready == 0)
            scratch_clear(&scratch);
        if (fds[1].revents != 0 && (!take_signals(signals) || !tell_over()))
            return;
        if (fds[0].revents != 0 && !receive())
            return;
    }
}

static bool take_lates(void) {
    lates = mmap(NULL, LIMIT_SLOTS_NODE * sizeof *lates, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return lates != MAP_FAILED;
}

/* What every trial inherits is set once, here. Fills in the signals that are read and not handled. */
static bool prepare(sigset_t *asks) {
    const struct rlimit none = {0, 0};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        return false;
    close(null);
    fcntl(SOCKET, F_SETFD, FD_CLOEXEC);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    setrlimit(RLIMIT_CORE, &none);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(asks);
    sigaddset(asks, SIGCHLD);
    sigaddset(asks, SIGTERM);
    sigaddset(asks, SIGINT);
    sigaddset(asks, SIGHUP);
    return sigprocmask(SIG_SETMASK, asks, NULL) == 0;
}

int main(int argc, char **argv) {
    int type = 0;
    socklen_t len = sizeof type;
    if (argc != 2 || getsockopt(SOCKET, SOL_SOCKET, SO_TYPE, &type, &len) != 0 ||
        type != SOCK_SEQPACKET) {
        fprintf(stderr,
                "zyg-run is started by zyg and zyg-node; it has nothing to say to people.\n");
        return 2;
    }
    sigset_t asks;
    int signals = -1;
    reaper = getpid(); /* and not the child with which this goes on */
    if (prepare(&asks) && reaper_fork(&asks, SOCKET) && runs_init(&runs, argv[1]) && take_lates())
        signals = signalfd(-1, &asks, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) {
        fprintf(stderr, "zyg-run: %s\n", strerrordesc_np(errno));
        return KIN_UNABLE;
    }
    serve(signals);
    runs_kill_all(&runs);
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        if (runs.items[i].number != 0)
            scratch_leave(&scratch, runs.items[i].scratch);
    }
    scratch_clear(&scratch);
    /* At once: a leak checker would stop this process to look at it, and the SIGCONT of a reaper or node that wants to see it
     * go would undo that for ever. There is no heap to check. */
    _exit(0);
}
