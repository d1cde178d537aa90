#define _GNU_SOURCE
#include "cmd/run/start.h"

#include "cmd/run/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HELD_FDS_MAX = 256, KEEPER_LOOK_MS = 20, KEEPER_STOPS_MAX = 50 };

/* ---- where the program is ---- */

static const char *variable(const struct start *s, const char *name) {
    const char *value = NULL;
    size_t len = strlen(name);
    for (const char *const *entry = s->env; *entry != NULL; entry++) {
        if (strncmp(*entry, name, len) == 0 && (*entry)[len] == '=')
            value = *entry + len + 1;
    }
    return value;
}

static bool has_slash(const char *text) {
    return strchr(text, '/') != NULL;
}

static bool is_file(const char *path) {
    struct stat stat_of_path;
    return stat(path, &stat_of_path) == 0 && S_ISREG(stat_of_path.st_mode);
}

/* The path as this process, which stays where it is, has to say it. */
static bool put_path(char out[START_PATH_MAX], const struct start *s, const char *folder,
                     size_t len, const char *name) {
    int put = len > 0 && folder[0] == '/'
                  ? snprintf(out, START_PATH_MAX, "%.*s/%s", (int)len, folder, name)
              : len > 0
                  ? snprintf(out, START_PATH_MAX, "%s/%.*s/%s", s->dir, (int)len, folder, name)
                  : snprintf(out, START_PATH_MAX, "%s/%s", s->dir, name);
    return put > 0 && put < START_PATH_MAX;
}

/* Looks through PATH as the trial has it; answers errno or 0. A name with a slash is taken from the trial's folder. */
static int find_program(char out[START_PATH_MAX], const struct start *s) {
    const char *name = s->argv[0];
    if (has_slash(name)) {
        if (name[0] != '/')
            return put_path(out, s, "", 0, name) ? 0 : ENAMETOOLONG;
        return snprintf(out, START_PATH_MAX, "%s", name) < START_PATH_MAX ? 0 : ENAMETOOLONG;
    }
    const char *path = variable(s, "PATH");
    int error = ENOENT;
    if (name[0] == '\0')
        return ENOENT;
    if (path == NULL)
        path = "/usr/local/bin:/usr/bin:/bin";
    for (const char *end;; path = end + 1) {
        end = strchrnul(path, ':');
        if (put_path(out, s, path, (size_t)(end - path), name) && is_file(out)) {
            if (access(out, X_OK) == 0)
                return 0;
            error = EACCES;
        }
        if (*end == '\0')
            return error;
    }
}

/* ---- the child ---- */

/* What is seen of a start. The child names itself before it becomes the program: a keeper may be killed by it before it can
 * tell anybody. */
struct seen {
    pid_t pid;
    struct start_failure failure;
};

/* Of the parent's descriptors: neither the node's socket, nor a pipe by which somebody knows that the start is over. */
static void hold_nothing(void) {
    if (close_range(STDERR_FILENO + 1, ~0u, 0) == 0)
        return;
    for (int fd = STDERR_FILENO + 1; fd < HELD_FDS_MAX; fd++)
        close(fd); /* a kernel that lacks it */
}

static void leave_parent(const struct start *s, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); /* it died before it could be followed */
    setsid();
    dup2(s->output, STDOUT_FILENO);
    dup2(s->output, STDERR_FILENO);
    hold_nothing();
}

static void let_signals_in(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Returns only when it failed, with errno. */
static enum start_step enter(const struct start *s, const char *program) {
    if (chdir(s->dir) != 0)
        return START_DIR;
    let_signals_in();
    execve(program, (char *const *)s->argv, (char *const *)s->env);
    return START_EXEC;
}

/* Runs in the memory of the parent: only system calls, nothing written but what is seen. */
static _Noreturn void become(const struct start *s, const char *program, pid_t parent,
                             volatile struct seen *seen) {
    leave_parent(s, parent);
    seen->pid = getpid();
    seen->failure.step = enter(s, program);
    seen->failure.error = errno;
    _exit(127);
}

static void print(const struct buf *text) {
    if (text->len > 0 && write(STDERR_FILENO, text->data, text->len) < 0)
        _exit(127); /* nobody reads what it prints any more */
}

static void tell_late(const struct start *s, const struct start_failure *failure) {
    struct buf what = buf_of(s->late->what, sizeof s->late->what);
    start_explain(s, failure, &what);
    s->late->len = what.len;
    s->late->error = failure->error;
}

/* Runs in memory of its own. A file that grows beyond what it may have (ulimit -f) is a failure and not the end. */
static _Noreturn void inherit_and_become(const struct start *s, const char *program, pid_t parent) {
    uint8_t memory[START_PATH_MAX + 512];
    struct buf line = buf_of(memory, sizeof memory);
    leave_parent(s, parent);
    let_signals_in();
    signal(SIGXFSZ, SIG_IGN);
    const struct inherited end = inherit(s->from, s->from_ends, s->scratch);
    signal(SIGXFSZ, SIG_DFL);
    inherit_explain(&end, s->from, &line);
    print(&line);
    const enum start_step step = enter(s, program);
    tell_late(s, &(struct start_failure){.step = step, .error = errno});
    _exit(127);
}

/* Until nobody has the pipe open: the child has its session, or is dead. Nobody else knows of it so far. */
static void wait_for_session(int pipe) {
    char none;
    while (read(pipe, &none, sizeof none) < 0 && errno == EINTR)
        ;
}

/* What would hinder it after the copying is better known before: 0 or errno. */
static int hindrance(const struct start *s, const char *program, enum start_step *step) {
    *step = START_DIR;
    if (access(s->dir, X_OK) != 0)
        return errno;
    *step = START_EXEC;
    if (access(program, X_OK) != 0)
        return errno;
    return is_file(program) ? 0 : EACCES;
}

static void fork_and_inherit(const struct start *s, const char *program,
                             volatile struct seen *seen) {
    const pid_t parent = getpid();
    enum start_step step;
    int pair[2];
    int error = hindrance(s, program, &step);
    if (error != 0) {
        seen->failure.step = step;
        seen->failure.error = error;
        return;
    }
    if (pipe2(pair, O_CLOEXEC) != 0) {
        seen->failure.error = errno;
        return;
    }
    pid_t pid = fork();
    if (pid == 0)
        inherit_and_become(s, program, parent);
    if (pid < 0)
        seen->failure.error = errno;
    else
        seen->pid = pid;
    close(pair[1]);
    if (pid > 0)
        wait_for_session(pair[0]);
    close(pair[0]);
}

static void fork_and_become(const struct start *s, const char *program,
                            volatile struct seen *seen) {
    const pid_t parent = getpid();
    if (s->from != NULL) {
        fork_and_inherit(s, program, seen);
        return;
    }
    pid_t pid = vfork();
    if (pid == 0)
        become(s, program, parent, seen);
    if (pid < 0)
        seen->failure.error = errno;
}

/* ---- the keeper ---- */

static _Noreturn void keep(const struct start *s, const char *program, pid_t parent,
                           volatile struct seen *seen) {
    siginfo_t info;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent)
        fork_and_become(s, program, seen);
    hold_nothing();
    if (seen->pid != 0 && seen->failure.error == 0)
        while (waitid(P_PID, (id_t)seen->pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
            ;
    _exit(0);
}

/* Until nobody has the pipe open: the program runs, or the keeper has ended. The program may have stopped it; one that does so
 * again and again would have all others wait, and loses its keeper. */
static void wait_for_end(int pipe, pid_t keeper) {
    struct pollfd fd = {.fd = pipe};
    int stops = 0;
    while (poll(&fd, 1, KEEPER_LOOK_MS) <= 0) {
        siginfo_t info = {0};
        stops +=
            waitid(P_PID, (id_t)keeper, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid == keeper;
        kill(keeper, stops < KEEPER_STOPS_MAX ? SIGCONT : SIGKILL);
    }
}

static pid_t fork_keeper(const struct start *s, const char *program, volatile struct seen *seen) {
    const pid_t parent = getpid();
    int pair[2];
    if (pipe2(pair, O_CLOEXEC) != 0) {
        seen->failure.error = errno;
        return 0;
    }
    pid_t keeper = fork();
    if (keeper == 0)
        keep(s, program, parent, seen);
    int error = errno;
    close(pair[1]);
    if (keeper > 0)
        wait_for_end(pair[0], keeper);
    close(pair[0]);
    if (keeper < 0)
        seen->failure.error = error;
    else if (seen->pid == 0 && seen->failure.error == 0)
        seen->failure.error = ECHILD; /* somebody killed it at once */
    return keeper < 0 ? 0 : keeper;
}

/* What is seen lies in memory that the keeper shares. */
static pid_t start_kept(const struct start *s, const char *program, volatile struct seen *seen) {
    struct seen *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        seen->failure.error = errno;
        return 0;
    }
    *shared = (struct seen){.failure.step = START_FORK};
    pid_t keeper = fork_keeper(s, program, shared);
    *seen = *shared;
    munmap(shared, sizeof *shared);
    return keeper;
}

pid_t start_program(const struct start *s, struct start_failure *failure, pid_t *keeper) {
    char program[START_PATH_MAX];
    volatile struct seen seen = {.failure.step = START_FORK};
    *keeper = 0;
    *failure = (struct start_failure){.step = START_NAME, .error = find_program(program, s)};
    if (failure->error != 0)
        return -1;
    if (s->kept)
        *keeper = start_kept(s, program, &seen);
    else
        fork_and_become(s, program, &seen);
    *failure = (struct start_failure){.step = seen.failure.step, .error = seen.failure.error};
    /* Children that failed are left to the caller's reaping of unknown children. */
    return seen.failure.error != 0 ? -1 : seen.pid;
}

/* ---- why it failed ---- */

/* The interpreter after #!, when the file has such a line. */
static bool read_interpreter(const char *path, char out[256]) {
    char line[256];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    ssize_t got = read(fd, line, sizeof line - 1);
    close(fd);
    if (got < 3 || line[0] != '#' || line[1] != '!')
        return false;
    line[got] = '\0';
    const char *name = line + 2 + strspn(line + 2, " \t");
    size_t len = strcspn(name, " \t\r\n");
    memcpy(out, name, len);
    out[len] = '\0';
    return len > 0;
}

static void explain_missing(const struct start *s, const char *path, struct buf *out) {
    char interpreter[256];
    bool exists = is_file(path);
    if (!has_slash(s->argv[0])) {
        buf_text(out, "it was not found in PATH");
        if (exists) {
            buf_text(out, "; the working folder has one: write './");
            buf_text(out, s->argv[0]);
            buf_text(out, "'");
        }
    } else if (exists && read_interpreter(path, interpreter)) {
        buf_text(out, "its interpreter '");
        buf_text(out, interpreter);
        buf_text(out, "' was not found");
    } else if (exists) {
        buf_text(out, "the loader it needs was not found");
    } else {
        buf_text(out, "it was not found in '");
        buf_text(out, s->argv[0][0] == '/' ? "/" : s->dir);
        buf_text(out, "'");
    }
}

static void explain_program(const struct start *s, int error, struct buf *out) {
    char path[START_PATH_MAX];
    struct stat stat_of_path;
    bool known =
        s->argv[0][0] == '/' ? find_program(path, s) == 0 : put_path(path, s, "", 0, s->argv[0]);
    if (!known)
        path[0] = '\0';
    buf_text(out, "cannot start '");
    buf_text(out, s->argv[0]);
    buf_text(out, "': ");
    if (error == ENOENT)
        explain_missing(s, path, out);
    else if (error == EACCES && stat(path, &stat_of_path) == 0 && S_ISDIR(stat_of_path.st_mode))
        buf_text(out, "it is a folder");
    else if (error == EACCES)
        buf_text(out, "it may not be executed (chmod +x it, or name its interpreter first)");
    else if (error == ENOEXEC)
        buf_text(out, "it is no program and its first line names no interpreter (#!...)");
    else if (error == E2BIG)
        buf_text(out, "its arguments and variables are too long for the system");
    else
        buf_text(out, strerrordesc_np(error));
}

void start_explain(const struct start *s, const struct start_failure *failure, struct buf *out) {
    switch (failure->step) {
    case START_DIR:
        buf_text(out, "cannot start in '");
        buf_text(out, s->dir);
        buf_text(out, failure->error == ENOENT ? "': there is no such folder" : "': ");
        if (failure->error != ENOENT)
            buf_text(out, strerrordesc_np(failure->error));
        break;
    case START_FORK:
        buf_text(out, "cannot start another process: ");
        buf_text(out, strerrordesc_np(failure->error));
        break;
    case START_NAME:
    case START_EXEC: explain_program(s, failure->error, out); break;
    }
}
