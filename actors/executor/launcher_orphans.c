#define _GNU_SOURCE
#include "actors/executor/launcher_orphans.h"

#include "actors/executor/launcher.h"
#include "actors/executor/launcher_kin.h"
#include "actors/kit/clock_shell.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { END_PATIENCE_MS = 5000, ORPHANS_AT_ONCE = 256 };

/* ---- children of this process ---- */

bool orphans_reap(pid_t pid, int *status, when_ms until) {
    struct pollfd fd = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    dur_ms rest = until - clock_now();
    if (fd.fd >= 0) {
        poll(&fd, 1, rest > 0 ? (int)rest : 0);
        close(fd.fd);
    }
    return waitpid(pid, status, WNOHANG) != 0; /* or it is no child of ours any more */
}

struct orphan_hunt {
    const char *mark;
    uint64_t began;
    size_t count;
    pid_t pids[ORPHANS_AT_ONCE];
};

static void kill_orphan(void *context, pid_t child) {
    struct orphan_hunt *hunt = context;
    char found[KIN_MARK_BYTES];
    struct kin_stat stat;
    uint64_t run;
    bool ours = kin_mark(child, found) ? kin_mark_run(found, hunt->mark, &run)
                                       : kin_stat(child, &stat) && stat.began >= hunt->began;
    if (ours && hunt->count < ORPHANS_AT_ONCE && kill(child, SIGKILL) == 0)
        hunt->pids[hunt->count++] = child;
}

/* The kernel gives orphans to any thread of the process. */
static void kill_orphans(struct orphan_hunt *hunt) {
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *task; tasks != NULL && (task = readdir(tasks)) != NULL;) {
        char path[64];
        if (task->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%.20s/children", task->d_name);
        int children = open(path, O_RDONLY | O_CLOEXEC);
        if (children < 0)
            continue;
        kin_children(children, kill_orphan, hunt);
        close(children);
    }
    if (tasks != NULL)
        closedir(tasks);
}

void orphans_kill(const char *mark, uint64_t began, when_ms until) {
    bool any;
    /* Again while some have died: their children have come here meanwhile. */
    do {
        struct orphan_hunt hunt = {.mark = mark, .began = began};
        any = false;
        kill_orphans(&hunt);
        for (size_t i = 0; i < hunt.count; i++)
            any = orphans_reap(hunt.pids[i], NULL, until) || any;
    } while (any && clock_now() < until);
}

/* ---- processes of a predecessor ---- */

/* Run 0 is the predecessor's zyg-run and its reaper, which end by themselves and know their own better than we do: they get
 * the time. A descriptor of the process, because its number may be given to another one meanwhile. */
static void end_process(int process, bool is_zyg_run) {
    struct pollfd fd = {.fd = process, .events = POLLIN};
    if (is_zyg_run)
        pidfd_send_signal(process, SIGCONT, NULL,
                          0); /* one that was stopped has not noticed that it is alone */
    if (is_zyg_run && poll(&fd, 1, END_PATIENCE_MS) > 0)
        return;
    pidfd_send_signal(process, SIGKILL, NULL, 0);
    poll(&fd, 1, END_PATIENCE_MS);
}

static bool is_ancestor_or_self(pid_t pid) {
    struct kin_stat stat;
    pid_t at = getpid();
    while (at > 1 && at != pid && kin_stat(at, &stat))
        at = stat.parent;
    return at == pid;
}

/* Ends the process if it carries a mark of this state folder. */
static bool sweep_one(pid_t pid, const char *state) {
    char mark[KIN_MARK_BYTES];
    int process = pidfd_open(pid, 0); /* first: then the mark is of the process that is ended */
    if (process < 0)
        return false;
    bool ours = kin_mark(pid, mark) && strncmp(mark, state, strlen(state)) == 0 &&
                !is_ancestor_or_self(pid);
    const char *run = ours ? strrchr(mark, ':') : NULL;
    if (ours)
        end_process(process, run != NULL && strcmp(run, ":0") == 0);
    close(process);
    return ours;
}

/* Ends every process that carries a mark of this state folder; answers how many. */
static uint32_t sweep(const char *state) {
    uint32_t count = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *entry; proc != NULL && (entry = readdir(proc)) != NULL;) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && sweep_one(pid, state))
            count++;
    }
    if (proc != NULL)
        closedir(proc);
    return count;
}

uint32_t launcher_sweep(const uint8_t state[LAUNCHER_STATE_BYTES]) {
    enum { ROUNDS_MAX = 8 };
    char text[2 * LAUNCHER_STATE_BYTES + 2];
    struct buf prefix = buf_of(text, sizeof text);
    buf_hex(&prefix, state, LAUNCHER_STATE_BYTES);
    buf_byte(&prefix, ':');
    buf_zero(&prefix);
    uint32_t swept = 0;
    /* Again while there were any: one may have started another while we looked. */
    for (uint32_t round = 0, found = 1; round < ROUNDS_MAX && found > 0; round++) {
        found = sweep(text);
        swept += found;
    }
    return swept;
}
