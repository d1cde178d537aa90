#include "actors/node/node.h"

#include "proto/base/check.h"

#include <czmq.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

extern char **environ;

/* CZMQ reads settings from variables that a user's shell may happen to have; ours are in the code. */
static void forget_variables(const char *prefix) {
    size_t len = strlen(prefix);
    for (char **variable = environ; *variable != NULL;) {
        char name[128];
        const char *equals = strchr(*variable, '=');
        size_t name_len = equals == NULL ? 0 : (size_t)(equals - *variable);
        if (strncmp(*variable, prefix, len) != 0 || name_len == 0 || name_len >= sizeof name) {
            variable++;
            continue;
        }
        memcpy(name, *variable, name_len);
        name[name_len] = '\0';
        unsetenv(name); /* the next one moves to this place */
    }
}

/* As many as may be. libzmq and CZMQ abort when there are none left, so too few are an error before they are asked. */
static void raise_descriptors(void) {
    enum { LEAST = 64, MOST = 65536 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max < MOST ? limit.rlim_max : MOST;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= LEAST)
        return;
    fprintf(stderr, "zyg: only %ju open files are allowed (ulimit -n), at least %d are needed\n",
            (uintmax_t)limit.rlim_cur, LEAST);
    _exit(1);
}

/* A standard stream that is closed would become the first file or socket that is opened, and what is printed would go there.
 * Opened the wrong way round, its use is an error. */
static void hold_standard_streams(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            ensure(open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) <= fd);
    }
}

/* The store is a mapped file; one that was cut short, or a disk that fails, shows as this signal. */
static void on_bus_error(int number) {
    static const char text[] =
        "zyg: a file in the state folder is shorter than it was, or its disk "
        "fails; restore STATE/store from a copy, or move it away\n";
    (void)number;
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    _exit(written < 0 ? 2 : 1);
}

/* At once: three for each connection to another node that this one has begun, two for each thread, and some that are closed and
 * not gone yet. libzmq fills a table of so many when it starts: of all it can have, 65,535, that is 770 KiB. */
enum { SOCKETS_MAX = 1024 };

void process_prepare(void) {
    sigset_t all;
    hold_standard_streams();
    sigfillset(&all);
    /* Blocked in every thread that is made from now on: signals are read from a descriptor (signalfd), because a handled
     * one ends CZMQ's waits in the middle. Faults stay as they are. */
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGABRT);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGBUS, on_bus_error);
    mallopt(M_ARENA_MAX, 2); /* one heap a thread would cost more than all of ours */
    /* Large blocks go back to the system when they are freed. Left to itself glibc would keep such as have been freed once, and
     * clear them when they are taken again. What is free of the rest goes when the node rests (store_actor). */
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
    mallopt(M_TRIM_THRESHOLD, 1 << 20);
    forget_variables("ZSYS_");
    ensure(sodium_init() >= 0);
    raise_descriptors();
    zsys_handler_set(NULL);
    zsys_set_logstream(stderr);
    zsys_set_max_sockets(SOCKETS_MAX);
}

void process_end(int status) {
    fflush(NULL);
#ifdef __SANITIZE_ADDRESS__
    exit(status); /* leaks are looked for there */
#else
    /* CZMQ's handler at exit sleeps 200 ms when the thread of an actor that has ended is still closing its pipe. Ours have
     * ended, nothing is left to hand over. */
    _exit(status);
#endif
}
