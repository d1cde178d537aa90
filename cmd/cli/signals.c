#include "cmd/cli/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t signals_all(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGQUIT);
    return set;
}

void signals_default(void) {
    sigset_t set = signals_all();
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

bool signals_open(int *fd, bool resized, struct err *err) {
    sigset_t set = signals_all();
    if (resized)
        sigaddset(&set, SIGWINCH);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    *fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return *fd >= 0 || err_set(err, ERR_SYSTEM, "cannot wait for signals: %s", strerror(errno));
}

int signals_take(int fd) {
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) != (ssize_t)sizeof info)
        return 0;
    return (int)info.ssi_signo;
}

bool signal_hurries(int number) {
    return number == SIGQUIT;
}
