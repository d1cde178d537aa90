#define _GNU_SOURCE
#include "cmd/run/runs.h"

#include "actors/executor/launcher_kin.h"
#include "cmd/run/reaper.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN_AT_ONCE = 512 }; /* more are found when these are gone */

bool runs_init(struct runs *r, const char *mark) {
    r->mark = mark;
    r->children = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
}

struct run *runs_add(struct runs *r, uint64_t number, pid_t pid, uint64_t began) {
    struct run *run = runs_find(r, 0);
    if (run == NULL)
        return NULL;
    r->count++;
    run->number = number;
    run->pid = pid;
    run->began = began;
    run->ended = false;
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

void runs_reap(struct runs *r) {
    siginfo_t info = {0};
    /* A zombie keeps its number from being given to another process, so the group is killed before the leader is reaped. */
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
        struct run *run = find_leader(r, info.si_pid);
        if (run == NULL) {
            waitpid(info.si_pid, NULL, 0);
        } else {
            kill(-run->pid, SIGKILL);
            wait4(run->pid, &run->status, 0, &run->usage);
            run->ended = true;
        }
        info.si_pid = 0;
    }
}

/* Whether a child that is nobody's leader belongs to nothing that is still alive. */
static bool is_left_over(struct runs *r, pid_t pid) {
    char mark[KIN_MARK_BYTES];
    uint64_t number;
    struct kin_stat child;
    if (kin_mark(pid, mark) && kin_mark_run(mark, r->mark, &number)) {
        const struct run *run = runs_find(r, number);
        return run == NULL || run->ended;
    }
    /* What dies by itself or of its group's KILL is waited for like what is killed here. */
    if (!kin_stat(pid, &child) || child.exiting)
        return true;
    bool may_belong = false;
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        const struct run *run = &r->items[i];
        if (run->number != 0 && run->pid == child.group)
            return run->ended;
        if (run->number != 0 && !run->ended && run->began <= child.began)
            may_belong = true;
    }
    return !may_belong;
}

/* Kills what is left of the runs that have ended; false when there was nothing. */
static bool hunt(struct runs *r) {
    pid_t pids[CHILDREN_AT_ONCE];
    bool any = false;
    size_t count = r->children < 0 ? 0 : kin_children(r->children, pids, CHILDREN_AT_ONCE);
    for (size_t i = 0; i < count; i++) {
        if (find_leader(r, pids[i]) == NULL && is_left_over(r, pids[i]) &&
            kill(pids[i], SIGKILL) == 0)
            any = true; /* its end will be heard of */
    }
    return any;
}

struct run *runs_over(struct runs *r) {
    for (uint32_t i = 0; i < LIMIT_SLOTS_NODE; i++) {
        struct run *run = &r->items[i];
        if (run->number != 0 && run->ended && !hunt(r))
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
