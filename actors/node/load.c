#include "actors/node/load.h"

#include "actors/executor/launcher_kin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the machine ---- */

/* "cpu  USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL GUEST ...": guests are in USER already. */
uint64_t load_parse(struct span text) {
    char line[256];
    uint64_t t[8];
    size_t len = text.len < sizeof line - 1 ? text.len : sizeof line - 1;
    if (len > 0)
        memcpy(line, text.data, len);
    line[len] = '\0';
    if (sscanf(line,
               "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64 " %" SCNu64,
               &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) != 8)
        return 0;
    return t[0] + t[1] + t[2] + t[5] + t[6] + t[7];
}

static uint64_t read_machine(void) {
    char text[256];
    int fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, text, sizeof text);
    close(fd);
    return got > 0 ? load_parse(span_of(text, (size_t)got)) : 0;
}

/* ---- this process and all it has started ---- */

enum { WALK_MAX = 4096 }; /* threads in all that one look takes in: the node waits for it */

struct kin_walk {
    uint32_t waiting;
    uint32_t seen;
    bool too_many;
    pid_t pids[WALK_MAX];
};

static void push(void *context, pid_t pid) {
    struct kin_walk *w = context;
    if (w->waiting < WALK_MAX)
        w->pids[w->waiting++] = pid;
    else
        w->too_many = true;
}

/* Children belong to the thread that started them. */
static void push_children(struct kin_walk *w, pid_t pid) {
    char path[320];
    snprintf(path, sizeof path, "/proc/%jd/task", (intmax_t)pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL)
        return;
    for (struct dirent *task = readdir(tasks); task != NULL && !w->too_many;
         task = readdir(tasks)) {
        if (task->d_name[0] == '.')
            continue;
        w->too_many = ++w->seen > WALK_MAX;
        snprintf(path, sizeof path, "/proc/%jd/task/%s/children", (intmax_t)pid, task->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        kin_children(fd, push, w);
        close(fd);
    }
    closedir(tasks);
}

/* False: there are too many of them. */
static bool read_own(uint64_t *ticks) {
    struct kin_walk w = {.waiting = 1, .pids = {getpid()}};
    *ticks = 0;
    while (w.waiting > 0 && !w.too_many) {
        pid_t pid = w.pids[--w.waiting];
        struct kin_stat stat;
        if (kin_stat(pid, &stat))
            *ticks += stat.ticks;
        push_children(&w, pid);
    }
    return !w.too_many;
}

struct load_sample load_read(void) {
    struct load_sample sample = {.all = read_machine()};
    if (sample.all > 0 && !read_own(&sample.own))
        sample.all = 0;
    return sample;
}

/* ---- the load ---- */

static uint64_t grown(uint64_t before, uint64_t after) {
    return after > before ? after - before : 0;
}

bool load_changed(struct load *l, const struct load_sample *sample, uint64_t ticks_second,
                  when_ms now) {
    const struct load before = *l;
    l->begun = true;
    l->at = now;
    l->last = *sample;
    if (!before.begun || before.last.all == 0 || sample->all == 0 || now <= before.at)
        return false;
    uint64_t all = grown(before.last.all, sample->all);
    uint64_t others = grown(grown(before.last.own, sample->own), all);
    uint64_t busy = others * 1000 * 1000 / (ticks_second * (uint64_t)(now - before.at));
    uint64_t change = grown(busy, before.said) + grown(before.said, busy);
    if (change < LOAD_NOTICED || change < before.said / 8)
        return false;
    l->said = busy;
    return true;
}
