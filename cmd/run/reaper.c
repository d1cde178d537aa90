#define _GNU_SOURCE
#include "cmd/run/reaper.h"

#include "actors/executor/launcher_kin.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- ending children ---- */

static void kill_one(void *context, pid_t child) {
    (void)context;
    kill(child, SIGKILL);
}

/* Reaps those that have died; *any tells whether there were some. False: no child is left. */
static bool reap_dead(bool *any) {
    pid_t got;
    *any = false;
    while ((got = waitpid(-1, NULL, WNOHANG)) > 0)
        *any = true;
    return got == 0;
}

bool reaper_end_children(void) {
    const struct timespec patience = {.tv_sec = REAPER_PATIENCE_S};
    sigset_t death;
    bool any, all = true;
    int children = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    sigemptyset(&death);
    sigaddset(&death, SIGCHLD);
    while (reap_dead(&any)) {
        /* Killed again and again, because what dies leaves its children here. */
        if (children >= 0)
            kin_children(children, kill_one, NULL);
        if (!any && sigtimedwait(&death, NULL, &patience) < 0 && errno == EAGAIN) {
            all = false;
            break;
        }
    }
    if (children >= 0)
        close(children);
    return all;
}

/* ---- the process ---- */

static _Noreturn void reap(pid_t zyg_run, const sigset_t *asks) {
    int status;
    for (;;) {
        pid_t got = waitpid(zyg_run, &status, WNOHANG | WUNTRACED);
        if (got == zyg_run && !WIFSTOPPED(status))
            break;
        if (got == zyg_run)
            kill(zyg_run, SIGCONT); /* no trial may stop all others by stopping its parent */
        int number = sigwaitinfo(asks, NULL);
        if (number > 0 && number != SIGCHLD) {
            kill(zyg_run, number);
            kill(zyg_run, SIGCONT); /* one that was stopped would not notice */
        }
    }
    bool unable = WIFEXITED(status) && WEXITSTATUS(status) == KIN_UNABLE;
    _exit(!reaper_end_children() ? 1 : unable ? KIN_UNABLE : 0);
}

/* Gets SIGTERM, which is blocked and waits to be read, when `parent` dies or has died already. */
static void end_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        raise(SIGTERM);
}

bool reaper_fork(const sigset_t *asks, int socket) {
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
    close(socket); /* so that the node sees at once when zyg-run has died */
    end_with(node);
    reap(pid, asks);
}
