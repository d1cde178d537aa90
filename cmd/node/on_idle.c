#include "cmd/node/on_idle.h"

#include "cmd/node/tell.h"
#include "proto/base/num.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IDLE_LEAST_MS = 1000, DAY_MS = 24 * 3600 * 1000, DAYS_MOST = 365 };

extern char **environ;

/* ---- the options ---- */

bool on_idle_read_time(struct on_idle *o, const char *text, struct err *err) {
    dur_ms idle;
    if (!num_parse_duration(span_text(text), &idle))
        return err_set(err, ERR_USAGE, "--idle %.80s: expected a duration such as 30s, 5m or 2h",
                       text);
    if (idle < IDLE_LEAST_MS || idle > (dur_ms)DAYS_MOST * DAY_MS)
        return err_set(err, ERR_USAGE, "--idle %.80s: expected 1s to %dd", text, DAYS_MOST);
    o->idle_ms = idle;
    return true;
}

bool on_idle_read_action(struct on_idle *o, const char *text, struct err *err) {
    static const char exec[] = "exec:";
    if (strcmp(text, "exit") == 0) {
        o->action = IDLE_EXIT;
    } else if (strcmp(text, "poweroff") == 0) {
        o->action = IDLE_POWEROFF;
    } else if (strncmp(text, exec, sizeof exec - 1) == 0 && text[sizeof exec - 1] != '\0') {
        o->action = IDLE_EXEC;
        o->command = text + sizeof exec - 1;
    } else {
        return err_set(err, ERR_USAGE, "--on-idle %.80s: expected exit, poweroff or exec:COMMAND",
                       text);
    }
    return true;
}

bool on_idle_settle(struct on_idle *o, struct err *err) {
    if (o->action != IDLE_NONE && o->idle_ms == 0)
        return err_set(err, ERR_USAGE,
                       "--on-idle says what to do, not when: add --idle TIME, such as --idle 10m");
    if (o->idle_ms != 0 && o->action == IDLE_NONE)
        o->action = IDLE_EXIT;
    return true;
}

/* ---- programs ---- */

void on_idle_export(const struct on_idle *o, const struct node *node, const char *state_dir) {
    char seconds[32], id[24] = "", handle[CLUSTER_NAME_BYTES_MAX + 8] = "";
    struct buf self = buf_of(id, sizeof id - 1), cluster = buf_of(handle, sizeof handle - 1);
    if (o->action != IDLE_EXEC)
        return;
    node_id_print(&self, node_self(node));
    snprintf(seconds, sizeof seconds, "%lld", (long long)(o->idle_ms / 1000));
    setenv("ZYG_NODE", id, true);
    setenv("ZYG_NODE_NAME", node_name(node), true);
    setenv("ZYG_STATE", state_dir, true);
    setenv("ZYG_IDLE", seconds, true);
    if (node_cluster(node) == NULL)
        return;
    cluster_handle_print(&cluster, node_cluster(node)->name, node_cluster(node)->key);
    setenv("ZYG_CLUSTER_NAME", handle, true);
}

/* Signals are as in a program that just began. False: it could not be started, errno says why. */
static bool run(const char *const *argv, int *status) {
    posix_spawnattr_t attributes;
    sigset_t none, all;
    pid_t pid;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    errno = posix_spawnp(&pid, argv[0], NULL, &attributes, (char *const *)(uintptr_t)argv, environ);
    posix_spawnattr_destroy(&attributes);
    if (errno != 0)
        return false;
    while (waitpid(pid, status, 0) < 0) {
        if (errno != EINTR)
            return false;
    }
    return true;
}

/* Nothing is under way any more: whoever wants this process to end may have it. */
static void let_signals_through(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int exit_status(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- the actions ---- */

static int do_exec(const struct on_idle *o, bool quiet) {
    const char *const argv[] = {"/bin/sh", "-c", o->command, NULL};
    int status = 0;
    if (!run(argv, &status)) {
        tell("zyg-node: --on-idle: cannot start /bin/sh: %s\n", strerror(errno));
        return err_exit_status(ERR_SYSTEM);
    }
    if (status == 0 && quiet)
        return 0;
    tell("zyg-node: --on-idle: '%.200s' ended with %s %d\n", o->command,
         WIFSIGNALED(status) ? "signal" : "status",
         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return exit_status(status);
}

static bool systemd_runs(void) {
    return access("/run/systemd/system", F_OK) == 0;
}

static int do_poweroff(void) {
    const char *const argv[] = {"systemctl", "poweroff", NULL};
    int status = 0;
    bool started = run(argv, &status);
    if (started && status == 0)
        return 0;
    if (!systemd_runs() && geteuid() == 0) {
        sync();
        reboot(RB_POWER_OFF);
        tell("zyg-node: --on-idle poweroff: the kernel refused: %s\n", strerror(errno));
    } else if (started) {
        tell("zyg-node: --on-idle poweroff: systemctl poweroff ended with status %d\n",
             exit_status(status));
    } else {
        tell("zyg-node: --on-idle poweroff: cannot start systemctl: %s\n", strerror(errno));
    }
    return err_exit_status(ERR_SYSTEM);
}

int on_idle_do(const struct on_idle *o, bool quiet) {
    char time[64] = "";
    struct buf text = buf_of(time, sizeof time - 1);
    num_print_duration(&text, o->idle_ms);
    if (!quiet)
        tell("zyg-node: was idle for %s%s\n", time,
             o->action == IDLE_POWEROFF ? ", powers this machine off" : "");
    let_signals_through();
    switch (o->action) {
    case IDLE_EXEC: return do_exec(o, quiet);
    case IDLE_POWEROFF: return do_poweroff();
    case IDLE_NONE:
    case IDLE_EXIT: break;
    }
    return 0;
}
