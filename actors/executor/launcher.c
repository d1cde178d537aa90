#define _GNU_SOURCE
#include "actors/executor/launcher.h"

#include "actors/executor/launcher_kin.h"
#include "actors/executor/launcher_orphans.h"
#include "actors/executor/launcher_queue.h"
#include "actors/kit/clock_shell.h"
#include "proto/base/check.h"
#include "proto/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    READ_BYTES = 32768, /* one message of output */
    /* In one launcher_ready, so that nobody waits long behind a trial that prints much. */
    READS_AT_ONCE = 64,
    PIPE_READS_MAX = 64, /* what a pipe can hold, and some more */
    PACKETS_AT_ONCE = 8, /* each may bring all that a pipe held */
    PAUSE_MS_FIRST = 100,
    END_PATIENCE_MS = 5000,
    CHILD_SOCKET = 3
};

extern char **environ;

enum watched_kind { WATCHED_SOCKET, WATCHED_TIMER, WATCHED_PIPE };

/* What an epoll event points to. */
struct watched {
    enum watched_kind kind;
};

struct launched {
    struct watched watched; /* first */
    uint64_t number;        /* 0: free */
    pid_t pid;              /* 0: not known to run */
    int pipe;               /* -1: its end was seen */
    char *checkpoint;       /* that folder, as long as nothing was seen in it; NULL: nobody asks */
    struct timespec
        empty;  /* when that folder last changed, and was still empty much later; 0: not known */
    bool saved; /* something was */
};

struct launcher {
    struct board *board;
    char *program;
    char mark[KIN_MARK_BYTES]; /* STATE:LAUNCHER, of the present zyg-run */
    uint8_t state[LAUNCHER_STATE_BYTES];
    uint64_t began; /* clock ticks: what is older is not ours */
    pid_t pid;    /* of zyg-run's reaper and process group; 0: not started, or between two lives */
    bool down;    /* launcher_down was said, launcher_up not yet */
    int pause_ms; /* before the next start; 0: at once */
    int epoll;
    int socket;
    int timer;
    struct watched socket_watched;
    struct watched timer_watched;
    struct launcher_queue waiting; /* packets the socket has no room for */
    struct launched runs[LIMIT_SLOTS_NODE];
    uint8_t bytes[LIMIT_FRAME_BYTES]; /* a packet or output, while it is handled */
};

/* ---- epoll ---- */

static bool watch(const struct launcher *l, int fd, uint32_t events, struct watched *watched) {
    struct epoll_event event = {.events = events, .data.ptr = watched};
    return epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void watch_for(const struct launcher *l, int fd, uint32_t events, struct watched *watched) {
    struct epoll_event event = {.events = events, .data.ptr = watched};
    epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &event);
}

static void close_fd(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- runs ---- */

static struct launched *find_run(struct launcher *l, uint64_t number) {
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        if (l->runs[i].number == number)
            return &l->runs[i];
    }
    return NULL;
}

static void forget_run(struct launched *run) {
    close_fd(&run->pipe);
    free(run->checkpoint);
    run->checkpoint = NULL;
    run->number = 0;
    run->pid = 0;
}

static void post_output_end(struct launcher *l, struct launched *run) {
    struct msg m = {.kind = MSG_output_end};
    close_fd(&run->pipe);
    m.output_end.run = run->number;
    board_post(l->board, ROOM_LAUNCHER, 0, &m);
}

static bool holds_something(const char *folder) {
    DIR *dir = opendir(folder);
    bool found = false;
    for (struct dirent *entry; dir != NULL && !found && (entry = readdir(dir)) != NULL;)
        found = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (dir != NULL)
        closedir(dir);
    return found;
}

/* Whatever is made in a folder changes it: as long as that was when it was last looked into, nobody has to. A clock may stand
 * still for a moment, so that what changes twice in a second may not show. */
static bool is_as_it_was(struct launched *run) {
    struct stat folder;
    struct timespec now;
    const struct timespec seen = run->empty;
    if (stat(run->checkpoint, &folder) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0)
        return false;
    run->empty = folder.st_mtim.tv_sec + 2 < now.tv_sec ? folder.st_mtim : (struct timespec){0};
    return seen.tv_sec != 0 && seen.tv_sec == folder.st_mtim.tv_sec &&
           seen.tv_nsec == folder.st_mtim.tv_nsec;
}

static bool has_saved(struct launched *run) {
    if (run->checkpoint == NULL || is_as_it_was(run) || !holds_something(run->checkpoint))
        return run->saved;
    free(run->checkpoint);
    run->checkpoint = NULL;
    return run->saved = true;
}

/* Posts what is in the pipe, one message; false when there is nothing more now. */
static bool read_pipe(struct launcher *l, struct launched *run) {
    ssize_t got = read(run->pipe, l->bytes, READ_BYTES);
    if (got < 0)
        return errno == EINTR;
    if (got == 0) {
        post_output_end(l, run);
        return false;
    }
    struct msg m = {.kind = MSG_output};
    m.output.run = run->number;
    m.output.bytes = span_of(l->bytes, (size_t)got);
    m.output.saved = has_saved(run);
    board_post(l->board, ROOM_LAUNCHER, 0, &m);
    return true;
}

/* A run that ended a moment ago has no pipe any more; one that is not known to run yet can wait. */
static void pipe_ready(struct launcher *l, struct launched *run) {
    if (run->pipe >= 0 && run->pid > 0)
        read_pipe(l, run);
}

/* ---- packets to zyg-run ---- */

static void post_spawn_failed(struct launcher *l, uint64_t run, int error, const char *what) {
    char text[256];
    struct msg m = {.kind = MSG_spawn_failed};
    snprintf(text, sizeof text, "%s: %s", what, strerrordesc_np(error));
    m.spawn_failed.run = run;
    m.spawn_failed.error = error;
    m.spawn_failed.what = span_text(text);
    board_post(l->board, ROOM_LAUNCHER, 0, &m);
}

/* A spawn that can never be sent is answered here; for a kill (run 0) nobody waits. */
static void send_waiting(struct launcher *l) {
    struct launcher_refused refused;
    enum launcher_queue_state state;
    while ((state = launcher_queue_send(&l->waiting, l->socket, &refused)) == QUEUE_REFUSED) {
        struct launched *run = refused.run == 0 ? NULL : find_run(l, refused.run);
        if (run == NULL)
            continue;
        forget_run(run);
        post_spawn_failed(l, refused.run, refused.error,
                          "cannot hand over its command, variables and parameters");
    }
    watch_for(l, l->socket, state == QUEUE_EMPTY ? EPOLLIN : EPOLLIN | EPOLLOUT,
              &l->socket_watched);
}

/* Takes the descriptor. */
static void send_message(struct launcher *l, const struct msg *m, uint64_t run, int descriptor) {
    struct buf frame = buf_of(l->bytes, sizeof l->bytes);
    bool was_empty = launcher_queue_is_empty(&l->waiting);
    ensure(msg_encode(m, &frame));
    launcher_queue_add(&l->waiting, buf_view(&frame), run, descriptor);
    if (was_empty)
        send_waiting(l);
}

/* ---- zyg-run's life ---- */

static void make_mark(struct launcher *l) {
    uint8_t life[8];
    struct buf mark = buf_of(l->mark, sizeof l->mark - 1);
    ensure(getrandom(life, sizeof life, 0) == (ssize_t)sizeof life);
    buf_hex(&mark, l->state, sizeof l->state);
    buf_byte(&mark, ':');
    buf_hex(&mark, life, sizeof life);
    buf_zero(&mark);
}

/* This process's environment and the mark of zyg-run itself, which is run 0. */
static char **make_environment(const char *variable) {
    size_t count = 0;
    while (environ[count] != NULL)
        count++;
    char **env = calloc(count + 2, sizeof *env);
    ensure(env != NULL);
    env[0] = (char *)(uintptr_t)variable;
    size_t kept = 1;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environ[i], KIN_VARIABLE, strlen(KIN_VARIABLE)) != 0)
            env[kept++] = environ[i];
    }
    return env;
}

/* Starts zyg-run with `theirs` as descriptor 3: clean signals, nothing else open, no terminal. Answers errno or 0. */
static int spawn_zyg_run(struct launcher *l, int theirs) {
    posix_spawnattr_t attr;
    posix_spawn_file_actions_t actions;
    sigset_t none, all;
    char *argv[] = {l->program, l->mark, NULL};
    char variable[KIN_MARK_BYTES + 16];
    snprintf(variable, sizeof variable, KIN_VARIABLE "%s:0", l->mark);
    char **env = make_environment(variable);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attr);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_setflags(&attr,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawn_file_actions_adddup2(&actions, theirs, CHILD_SOCKET);
    posix_spawn_file_actions_addclosefrom_np(&actions, CHILD_SOCKET + 1);
    int error = posix_spawn(&l->pid, l->program, &actions, &attr, argv, env);
    free(env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    if (error != 0)
        l->pid = 0;
    return error;
}

static int make_sockets(int pair[2]) {
    const int bytes = 2 * LIMIT_FRAME_BYTES;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return errno;
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    return 0;
}

/* Errno or 0. */
static int start(struct launcher *l) {
    int pair[2];
    int error = make_sockets(pair);
    if (error != 0)
        return error;
    make_mark(l);
    if (pair[1] == CHILD_SOCKET) /* a dup2 onto itself would keep close-on-exec */
        fcntl(pair[1], F_SETFD, 0);
    error = watch(l, pair[0], EPOLLIN, &l->socket_watched) ? spawn_zyg_run(l, pair[1]) : errno;
    close(pair[1]);
    if (error != 0) {
        close(pair[0]);
        return error;
    }
    l->socket = pair[0];
    return 0;
}

static void set_timer(const struct launcher *l) {
    struct itimerspec when = {
        .it_value = {.tv_sec = l->pause_ms / 1000, .tv_nsec = l->pause_ms % 1000 * 1000000}};
    if (l->pause_ms == 0)
        when.it_value.tv_nsec = 1; /* a zero would disarm it */
    timerfd_settime(l->timer, 0, &when, NULL);
}

static void post_down(struct launcher *l, bool unable, const char *what) {
    struct msg m = {.kind = MSG_launcher_down, .launcher_down.unable = unable};
    l->down = true;
    m.launcher_down.what = span_text(what);
    board_post(l->board, ROOM_LAUNCHER, 0, &m);
    set_timer(l);
    l->pause_ms = l->pause_ms == 0 ? PAUSE_MS_FIRST : 2 * l->pause_ms;
    if (l->pause_ms > LAUNCHER_PAUSE_MS_MAX)
        l->pause_ms = LAUNCHER_PAUSE_MS_MAX;
}

static void post_not_started(struct launcher *l, int error) {
    char what[256];
    snprintf(what, sizeof what, "zyg-run cannot be started: %s", strerrordesc_np(error));
    post_down(l, true, what);
}

static void start_again(struct launcher *l) {
    uint64_t expirations;
    if (read(l->timer, &expirations, sizeof expirations) < 0 || !l->down)
        return;
    int error = start(l);
    if (error != 0) {
        post_not_started(l, error);
        return;
    }
    l->down = false;
    struct msg m = {.kind = MSG_launcher_up};
    m.launcher_up.pid = l->pid;
    board_post(l->board, ROOM_LAUNCHER, 0, &m);
}

/* Ends zyg-run's life on this side: nothing of it and of its trials is left after this, but what does not die of KILL within
 * END_PATIENCE_MS: the node cannot wait for that. True: it could not even begin. */
static bool bury(struct launcher *l) {
    int status = SIGKILL;         /* as if it was killed, until it is known how it ended */
    shutdown(l->socket, SHUT_WR); /* if it lives, that tells it to end, and it knows its own best */
    kill(-l->pid, SIGCONT);       /* one that was stopped would not notice */
    if (!orphans_reap(l->pid, &status, clock_now() + END_PATIENCE_MS)) {
        kill(-l->pid, SIGKILL);
        orphans_reap(l->pid, &status, clock_now() + END_PATIENCE_MS);
    }
    l->pid = 0;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        orphans_kill(l->mark, l->began, clock_now() + END_PATIENCE_MS);
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        if (l->runs[i].number != 0)
            forget_run(&l->runs[i]);
    }
    launcher_queue_clear(&l->waiting);
    close_fd(&l->socket);
    return WIFEXITED(status) && WEXITSTATUS(status) == KIN_UNABLE;
}

/* ---- packets from zyg-run ---- */

/* All that was printed comes before the end: nobody is left who could print more. */
static void take_end(struct launcher *l, struct launched *run, const struct msg *m) {
    for (int i = 0; i < PIPE_READS_MAX && run->pipe >= 0 && read_pipe(l, run); i++)
        ;
    if (run->pipe >= 0)
        post_output_end(l, run);
    forget_run(run);
    l->pause_ms = 0; /* only now: a trial that kills zyg-run has been started, too */
    board_post(l->board, ROOM_LAUNCHER, 0, m);
}

static void take_message(struct launcher *l, const struct msg *m) {
    struct launched *run;
    switch (m->kind) {
    case MSG_spawned:
        run = find_run(l, m->spawned.run);
        if (m->spawned.run == 0 || run == NULL)
            return;
        run->pid = (pid_t)m->spawned.pid;
        watch_for(l, run->pipe, EPOLLIN, &run->watched);
        board_post(l->board, ROOM_LAUNCHER, 0, m);
        return;
    case MSG_spawn_failed:
        run = find_run(l, m->spawn_failed.run);
        if (m->spawn_failed.run == 0 || run == NULL)
            return;
        if (run->pid > 0) {
            take_end(l, run, m);
            return;
        }
        forget_run(run);
        board_post(l->board, ROOM_LAUNCHER, 0, m);
        return;
    case MSG_exited:
        run = find_run(l, m->exited.run);
        if (m->exited.run != 0 && run != NULL)
            take_end(l, run, m);
        return;
    default: return; /* zyg-run says nothing else */
    }
}

/* False when nothing more is there now, or zyg-run is gone (and was buried). */
static bool read_packet(struct launcher *l) {
    uint8_t packet[4096 + 512];
    struct msg m;
    struct err err;
    ssize_t got = recv(l->socket, packet, sizeof packet, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got > 0 && msg_decode(&m, span_of(packet, (size_t)got), &err)) {
        take_message(l, &m);
        return true;
    }
    bool unable = bury(l);
    post_down(l, unable,
              got > 0 ? "zyg-run said what cannot be understood"
              : unable
                  ? "zyg-run cannot begin; allow more processes (ulimit -u) or more open files "
                    "(ulimit -n)"
                  : "zyg-run died");
    return false;
}

static void socket_ready(struct launcher *l, uint32_t events) {
    if (events & EPOLLOUT)
        send_waiting(l);
    for (int i = 0; i < PACKETS_AT_ONCE && read_packet(l); i++)
        ;
}

/* ---- what is asked ---- */

/* NULL: nobody wants to know what is in it. */
static char *checkpoint_of(const struct msg_spawn *m) {
    static const char name[] = "/checkpoint";
    if (!m->saves)
        return NULL;
    char *path = malloc(m->scratch.len + sizeof name);
    ensure(path != NULL);
    struct buf out = buf_of(path, m->scratch.len + sizeof name);
    buf_span(&out, m->scratch);
    buf_put(&out, name, sizeof name);
    return path;
}

static void spawn(struct launcher *l, const struct msg *m) {
    static const char no_pipe[] = "cannot make a pipe for its output";
    int pipe[2];
    if (l->pid == 0 && !l->down) { /* the first one */
        int error = start(l);
        if (error != 0)
            post_not_started(l, error);
    }
    if (l->pid == 0)
        return; /* launcher_down is on its way: it is the answer */
    struct launched *run = find_run(l, 0);
    if (run ==
        NULL) { /* the executor has no more places than this, but it gives up what cannot be killed */
        post_spawn_failed(l, m->spawn.run, EBUSY, "too many trials cannot be killed");
        return;
    }
    if (pipe2(pipe, O_CLOEXEC) != 0) {
        post_spawn_failed(l, m->spawn.run, errno, no_pipe);
        return;
    }
    /* Only our end: O_NONBLOCK belongs to the open pipe end, and trials expect theirs to block. */
    fcntl(pipe[0], F_SETFL, O_NONBLOCK);
    *run = (struct launched){.watched = {WATCHED_PIPE},
                             .number = m->spawn.run,
                             .pipe = pipe[0],
                             .checkpoint = checkpoint_of(&m->spawn)};
    /* Its output is waited for once it is known to run, so that the board hears of it in that order. */
    if (!watch(l, pipe[0], 0, &run->watched)) {
        int error = errno;
        forget_run(run);
        close(pipe[1]);
        post_spawn_failed(l, m->spawn.run, error, no_pipe);
        return;
    }
    send_message(l, m, m->spawn.run, pipe[1]);
}

static void launcher_perform(void *self, const struct event *event) {
    struct launcher *l = self;
    if (event->msg.kind == MSG_spawn) {
        spawn(l, &event->msg);
    } else if (event->msg.kind == MSG_kill && l->pid != 0) {
        send_message(l, &event->msg, 0, -1);
        kill(-l->pid, SIGCONT); /* one that was stopped would not hear it */
    }
}

static void spare_bytes(void *self, const struct spare *spare) {
    struct launcher *l = self;
    spare_take(spare, l->bytes, sizeof l->bytes);
}

struct port launcher_port(struct launcher *l) {
    return (struct port){
        .room = ROOM_LAUNCHER, .self = l, .perform = launcher_perform, .spare = spare_bytes};
}

int launcher_fd(const struct launcher *l) {
    return l->epoll;
}

void launcher_ready(struct launcher *l) {
    struct epoll_event events[READS_AT_ONCE];
    int count = epoll_wait(l->epoll, events, READS_AT_ONCE, 0);
    for (int i = 0; i < count; i++) {
        struct watched *watched = events[i].data.ptr;
        if (watched->kind == WATCHED_TIMER)
            start_again(l);
        else if (watched->kind == WATCHED_SOCKET)
            socket_ready(l, events[i].events);
    }
    for (int i = 0; i < count; i++) {
        struct watched *watched = events[i].data.ptr;
        if (watched->kind == WATCHED_PIPE)
            pipe_ready(l, (struct launched *)watched);
    }
}

/* ---- making and ending ---- */

bool launcher_beside(char *out, size_t cap, struct err *err) {
    static const char name[] = "zyg-run";
    ssize_t len = readlink("/proc/self/exe", out, cap);
    if (len < 0)
        return err_set(err, ERR_LAUNCHER, "cannot tell where %s is: %s", name, strerror(errno));
    while (len > 0 && out[len - 1] != '/')
        len--;
    if ((size_t)len + sizeof name > cap)
        return err_set(err, ERR_LAUNCHER, "the path of %s is too long", name);
    memcpy(out + len, name, sizeof name);
    return true;
}

struct launcher *launcher_new(struct board *board, const struct launcher_config *config,
                              struct err *err) {
    if (access(config->program, X_OK) != 0) {
        err_set(err, ERR_LAUNCHER, "zyg-run is not at '%s': %s", config->program,
                strerrordesc_np(errno));
        return NULL;
    }
    struct launcher *l = calloc(1, sizeof *l);
    ensure(l != NULL);
    l->board = board;
    l->program = strdup(config->program);
    ensure(l->program != NULL);
    memcpy(l->state, config->state, sizeof l->state);
    l->began = kin_now();
    launcher_queue_init(&l->waiting);
    l->socket = -1;
    l->socket_watched.kind = WATCHED_SOCKET;
    l->timer_watched.kind = WATCHED_TIMER;
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++)
        l->runs[i].pipe = -1;
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (l->epoll < 0 || l->timer < 0 || !watch(l, l->timer, EPOLLIN, &l->timer_watched) ||
        prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        err_set(err, ERR_SYSTEM, "cannot prepare to start trials: %s", strerrordesc_np(errno));
        launcher_destroy(&l);
        return NULL;
    }
    return l;
}

void launcher_destroy(struct launcher **launcher) {
    struct launcher *l = *launcher;
    if (l == NULL)
        return;
    if (l->pid > 0)
        (void)bury(l);
    close_fd(&l->timer);
    close_fd(&l->epoll);
    free(l->program);
    free(l);
    *launcher = NULL;
}
