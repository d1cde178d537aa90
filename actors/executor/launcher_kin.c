#include "actors/executor/launcher_kin.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FLAG_EXITING = 0x4 /* the kernel's PF_EXITING */ };

static int open_proc(pid_t pid, const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%jd/%s", (intmax_t)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* ---- marks ---- */

/* Reads an environment byte by byte, however long it is. */
struct mark_search {
    size_t matched; /* bytes of KIN_VARIABLE that this entry began with */
    size_t at;      /* bytes of this entry */
    size_t len;     /* bytes of the mark */
};

/* True when the mark is complete. */
static bool search_byte(struct mark_search *s, char byte, char mark[KIN_MARK_BYTES]) {
    const size_t whole = strlen(KIN_VARIABLE);
    if (byte == '\0') {
        bool found = s->matched == whole;
        if (!found)
            *s = (struct mark_search){0};
        return found;
    }
    if (s->matched == whole) {
        if (s->len < KIN_MARK_BYTES - 1)
            mark[s->len++] = byte;
    } else if (s->at == s->matched && byte == KIN_VARIABLE[s->matched]) {
        s->matched++;
    }
    s->at++;
    return false;
}

bool kin_mark(pid_t pid, char mark[KIN_MARK_BYTES]) {
    char bytes[4096];
    struct mark_search search = {0};
    bool found = false;
    int fd = open_proc(pid, "environ");
    if (fd < 0)
        return false;
    ssize_t got;
    while (!found && (got = read(fd, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < got && !found; i++)
            found = search_byte(&search, bytes[i], mark);
    }
    close(fd);
    mark[search.len] = '\0';
    return found;
}

bool kin_is_becoming(pid_t pid) {
    char byte;
    struct kin_stat stat;
    int fd = open_proc(pid, "cmdline");
    if (fd < 0)
        return false;
    ssize_t got = read(fd, &byte, 1);
    close(fd);
    return got == 0 && kin_stat(pid, &stat) && !stat.exiting;
}

bool kin_mark_run(const char *mark, const char *prefix, uint64_t *run) {
    size_t len = strlen(prefix);
    if (strncmp(mark, prefix, len) != 0 || mark[len] != ':')
        return false;
    char *end;
    errno = 0;
    *run = strtoull(mark + len + 1, &end, 10);
    return errno == 0 && end != mark + len + 1 && *end == '\0';
}

/* ---- what the kernel tells ---- */

bool kin_stat(pid_t pid, struct kin_stat *out) {
    char text[1024];
    int fd = open_proc(pid, "stat");
    if (fd < 0)
        return false;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    if (got <= 0)
        return false;
    text[got] = '\0';
    /* The name in parentheses may itself hold anything; field 3 is the state, 4 the parent, 5 the group, 9 the
     * flags, 14 to 17 the processor time, 22 the start (proc(5)). */
    const char *rest = strrchr(text, ')');
    intmax_t parent, group;
    uint64_t began, user, system;
    int64_t children_user, children_system;
    char life;
    unsigned int flags;
    if (rest == NULL || sscanf(rest,
                               ") %c %jd %jd %*d %*d %*d %u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
                               " %" SCNd64 " %" SCNd64 " %*d %*d %*d %*d %" SCNu64,
                               &life, &parent, &group, &flags, &user, &system, &children_user,
                               &children_system, &began) != 9)
        return false;
    *out = (struct kin_stat){.parent = (pid_t)parent,
                             .group = (pid_t)group,
                             .exiting = life == 'Z' || (flags & FLAG_EXITING) != 0,
                             .began = began,
                             .ticks = user + system + (uint64_t)children_user +
                                      (uint64_t)children_system};
    return true;
}

uint64_t kin_now(void) {
    struct timespec now;
    uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * ticks + (uint64_t)now.tv_nsec * ticks / 1000000000;
}

void kin_children(int fd, void (*visit)(void *context, pid_t child), void *context) {
    char text[4096];
    off_t offset = 0;
    intmax_t pid = 0;
    ssize_t got;
    while ((got = pread(fd, text, sizeof text, offset)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            if (text[i] >= '0' && text[i] <= '9') {
                pid = pid * 10 + (text[i] - '0');
            } else if (pid > 0) {
                visit(context, (pid_t)pid);
                pid = 0;
            }
        }
        offset += got;
    }
}
