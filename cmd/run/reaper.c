#define _GNU_SOURCE
#include "cmd/run/reaper.h"

#include "actors/executor/launcher_kin.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CHILDREN_AT_ONCE = 512, /* more are found when these are gone */
    PATIENCE_S = 5          /* for what does not die of KILL: the node waits behind it */
};

void reaper_end_children(void) {
    pid_t pids[CHILDREN_AT_ONCE];
    int children = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    do {
        size_t count = children < 0 ? 0 : kin_children(children, pids, CHILDREN_AT_ONCE);
        for (size_t i = 0; i < count; i++)
            kill(pids[i], SIGKILL);
    } while (waitpid(-1, NULL, 0) >= 0 || errno != ECHILD);
    if (children >= 0)
        close(children);
}

/* Reaps zyg-run if it has ended. */
static bool has_ended(pid_t zyg_run, int *status) {
    return waitpid(zyg_run, status, WNOHANG) == zyg_run;
}

static _Noreturn void reap(pid_t zyg_run, const sigset_t *asks) {
    int status;
    while (!has_ended(zyg_run, &status)) {
        int number = sigwaitinfo(asks, NULL);
        if (number > 0 && number != SIGCHLD) {
            kill(zyg_run, number);
            kill(zyg_run, SIGCONT); /* one that was stopped would not notice */
        }
    }
    alarm(PATIENCE_S);
    reaper_end_children();
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* Gets SIGTERM, which is blocked and waits to be read, when `parent` dies or has died already. */
static void end_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        raise(SIGTERM);
}

bool reaper_fork(const sigset_t *asks) {
    const pid_t node = getppid(), reaper = getpid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t pid = fork();
    if (pid < 0)
        return false;
    if (pid == 0) {
        end_with(reaper);
        return true;
    }
    prctl(PR_SET_NAME, REAPER_NAME);
    end_with(node);
    reap(pid, asks);
}
