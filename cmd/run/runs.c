#define _GNU_SOURCE
#include "cmd/run/runs.h"

#include "actors/executor/launcher_kin.h"
#include "cmd/run/reaper.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MARK_TRIES = 200 };

bool runs_init(struct runs *r, const char *mark) {
    r->mark = mark;
    r->children = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    return r->children >= 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
}

struct run *runs_add(struct runs *r, uint64_t number, pid_t pid, pid_t keeper, uint64_t began) {
    struct run *run = runs_find(r, 0);
    if (run == NULL)
        return NULL;
    r->count++;
    run->number = number;
    run->pid = pid;
    run->keeper = keeper;
    r->keepers += keeper != 0;
    run->began = began;
    run->ended = run->orphan = run->held = false;
    return run;
}

struct run *runs_find(struct runs *r, uint64_t number) {
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        if (r->items[i].number == number)
            return &r->items[i];
    }
    return NULL;
}

bool runs_use(const struct runs *r, const char *scratch) {
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        if (r->items[i].number != 0 && strcmp(r->items[i].scratch, scratch) == 0)
            return true;
    }
    return false;
}

void runs_free(struct runs *r, struct run *run) {
    run->number = 0;
    r->count--;
}

bool runs_is_idle(const struct runs *r) {
    return r->count == 0;
}

static struct run *find_leader(struct runs *r, pid_t pid) {
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        if (r->items[i].number != 0 && !r->items[i].ended && r->items[i].pid == pid)
            return &r->items[i];
    }
    return NULL;
}

/* ---- keepers ---- */

static struct run *find_kept(struct runs *r, pid_t keeper) {
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE && r->keepers > 0; i++) {
        if (r->items[i].number != 0 && r->items[i].keeper == keeper)
            return &r->items[i];
    }
    return NULL;
}

/* It has ended, or is about to: its run has come to this process. */
static void end_keeper(struct runs *r, struct run *run) {
    int status = 0;
    waitpid(run->keeper, &status, 0);
    run->keeper = 0;
    r->keepers--;
    if (run->ended || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return;
    run->orphan = true;
    kill(-run->pid, SIGKILL); /* it may not want to die with its parent */
}

/* A stopped one would not see the end of its run. */
static void wake_keepers(struct runs *r) {
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE && r->keepers > 0; i++) {
        siginfo_t info = {0};
        pid_t keeper = r->items[i].number != 0 ? r->items[i].keeper : 0;
        if (keeper != 0 && waitid(P_PID, (id_t)keeper, &info, WSTOPPED | WNOHANG) == 0 &&
            info.si_pid != 0)
            kill(keeper, SIGCONT);
    }
}

/* ---- ends ---- */

void runs_reap(struct runs *r) {
    siginfo_t info = {0};
    wake_keepers(r);
    /* A zombie keeps its number from being given to another process, so the group is killed before the leader is reaped. */
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
        struct run *run = find_leader(r, info.si_pid);
        struct run *kept = find_kept(r, info.si_pid);
        if (kept != NULL) {
            end_keeper(r, kept);
        } else if (run == NULL) {
            waitpid(info.si_pid, NULL, 0);
        } else {
            if (run->keeper != 0)
                end_keeper(r, run);
            kill(-run->pid, SIGKILL);
            wait4(run->pid, &run->status, 0, &run->usage);
            run->ended = true;
        }
        info.si_pid = 0;
    }
}

/* ---- what is left of runs that have ended ---- */

/* What can be known of a child that is nobody's leader. */
struct descendant {
    pid_t pid;
    struct kin_stat stat;
    bool is_known;   /* its mark or its group names the run */
    struct run *run; /* that one; NULL: it is over */
};

static bool began_before(const struct run *run, const struct descendant *d) {
    return run->number != 0 && run->began <= d->stat.began;
}

/* One that becomes another program has no mark for a moment, and is soon past that. */
static bool find_mark(pid_t pid, char mark[KIN_MARK_BYTES]) {
    const struct timespec nap = {.tv_nsec = 100000};
    for (int tries = 0; tries < MARK_TRIES; tries++) {
        if (kin_mark(pid, mark))
            return true;
        if (!kin_is_becoming(pid))
            return kin_mark(pid, mark);
        nanosleep(&nap, NULL);
    }
    return false;
}

/* A mark is believed when its run was there before the process: numbers can be written by anybody. */
static void read_mark(struct runs *r, struct descendant *d) {
    char mark[KIN_MARK_BYTES];
    uint64_t number;
    if (!find_mark(d->pid, mark) || !kin_mark_run(mark, r->mark, &number) || number == 0)
        return;
    struct run *run = runs_find(r, number);
    d->is_known = run == NULL || began_before(run, d);
    d->run = run;
}

static void read_group(struct runs *r, struct descendant *d) {
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE && !d->is_known; i++) {
        struct run *run = &r->items[i];
        if (run->pid != d->stat.group || !began_before(run, d))
            continue;
        d->is_known = true;
        d->run = run;
    }
}

/* It may belong to a run that goes on. */
static bool is_wanted(const struct runs *r, const struct descendant *d) {
    if (d->is_known)
        return d->run != NULL && !d->run->ended;
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        if (!r->items[i].ended && began_before(&r->items[i], d))
            return true;
    }
    return false;
}

static void hold_back(struct runs *r, const struct descendant *d) {
    if (d->is_known && d->run != NULL)
        d->run->held = true;
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE && !d->is_known; i++) {
        if (began_before(&r->items[i], d))
            r->items[i].held = true;
    }
}

/* What dies already, by itself or of its group's KILL, is waited for like what is killed here: its end will be heard of. */
static void hunt_one(void *context, pid_t pid) {
    struct runs *r = context;
    struct descendant d = {.pid = pid};
    if (find_leader(r, pid) != NULL || find_kept(r, pid) != NULL || !kin_stat(pid, &d.stat))
        return;
    read_mark(r, &d);
    read_group(r, &d);
    if (!d.stat.exiting && is_wanted(r, &d))
        return;
    kill(pid, SIGKILL);
    hold_back(r, &d);
}

/* False: there is none. Places that were never used are not written to, and so cost no memory. */
static bool let_go_of_ended(struct runs *r) {
    bool any = false;
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        if (r->items[i].number == 0 || !r->items[i].ended)
            continue;
        r->items[i].held = false;
        any = true;
    }
    return any;
}

struct run *runs_over(struct runs *r) {
    if (!let_go_of_ended(r))
        return NULL;
    kin_children(r->children, hunt_one, r);
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        struct run *run = &r->items[i];
        if (run->number != 0 && run->ended && !run->held)
            return run;
    }
    return NULL;
}

void runs_kill_all(struct runs *r) {
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        if (r->items[i].number != 0 && !r->items[i].ended)
            kill(-r->items[i].pid, SIGKILL);
    }
    reaper_end_children();
}
