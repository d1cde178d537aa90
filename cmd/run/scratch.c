#define _GNU_SOURCE
#include "cmd/run/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    LOOKS_MAX = 4096 /* folders that a sweep looks at: the first trial waits for it */
};

/* ---- making ---- */

static bool put_parent(const char *path, char out[SCRATCH_PATH_MAX]) {
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path || slash - path >= SCRATCH_PATH_MAX)
        return false;
    memcpy(out, path, (size_t)(slash - path));
    out[slash - path] = '\0';
    return true;
}

/* Like mkdir -p; answers errno or 0. */
static int make_folder(const char *path) {
    char parent[SCRATCH_PATH_MAX];
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    if (errno != ENOENT || !put_parent(path, parent))
        return errno;
    int error = make_folder(parent);
    if (error != 0)
        return error;
    return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : errno;
}

static int make_subfolder(int folder, const char *name) {
    return mkdirat(folder, name, 0700) == 0 || errno == EEXIST ? 0 : errno;
}

/* Writes over what is there rather than truncating it first: some file systems write a truncated file out at once. */
static int write_params(int folder, struct span params) {
    int fd = openat(folder, "params.json", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    int error = 0;
    off_t len = (off_t)params.len;
    while (params.len > 0 && error == 0) {
        ssize_t put = write(fd, params.data, params.len);
        if (put >= 0)
            params = span_from(params, (size_t)put);
        else if (errno != EINTR)
            error = errno;
    }
    if (error == 0 && ftruncate(fd, len) != 0)
        error = errno;
    close(fd);
    return error;
}

static int fill_folder(const char *path, bool is_spare, struct span params) {
    int folder = open(path, FOLDER_FLAGS);
    if (folder < 0)
        return errno;
    int error = is_spare ? 0 : make_subfolder(folder, "output");
    if (error == 0 && !is_spare)
        error = make_subfolder(folder, "checkpoint");
    if (error == 0)
        error = write_params(folder, params);
    close(folder);
    return error;
}

/* ---- removing ---- */

/* True when the folder holds nothing but these names (ended by NULL). */
static bool holds_only(int folder, const char *const *names) {
    _Alignas(struct dirent64) char bytes[1024];
    ssize_t got;
    while ((got = getdents64(folder, bytes, sizeof bytes)) > 0) {
        for (ssize_t at = 0; at < got;) {
            const struct dirent64 *entry = (const struct dirent64 *)(bytes + at);
            const char *const *name = names;
            while (*name != NULL && strcmp(*name, entry->d_name) != 0)
                name++;
            if (*name == NULL && strcmp(entry->d_name, ".") != 0 &&
                strcmp(entry->d_name, "..") != 0)
                return false;
            at += entry->d_reclen;
        }
    }
    return got == 0;
}

static bool is_empty(int folder, const char *name) {
    static const char *const nothing[] = {NULL};
    int fd = openat(folder, name, FOLDER_FLAGS);
    bool empty = fd >= 0 && holds_only(fd, nothing);
    if (fd >= 0)
        close(fd);
    return empty;
}

/* params.json is written over for the next trial, so nobody else may know it by another name. */
static bool is_own_file(int folder, const char *name) {
    struct stat stat;
    return fstatat(folder, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(stat.st_mode) &&
           stat.st_nlink == 1;
}

static bool is_unused(const char *path) {
    static const char *const made[] = {"output", "checkpoint", "params.json", NULL};
    int folder = open(path, FOLDER_FLAGS);
    if (folder < 0)
        return false;
    bool unused = holds_only(folder, made) && is_own_file(folder, "params.json") &&
                  is_empty(folder, "output") && is_empty(folder, "checkpoint");
    close(folder);
    return unused;
}

static void remove_parent(const char *path) {
    char parent[SCRATCH_PATH_MAX];
    if (put_parent(path, parent))
        rmdir(parent); /* goes when this was the last trial of its job */
}

/* params.json and every folder that is empty. */
static void remove_empty(const char *path) {
    int folder = open(path, FOLDER_FLAGS);
    if (folder < 0)
        return;
    unlinkat(folder, "params.json", 0);
    unlinkat(folder, "output", AT_REMOVEDIR);
    unlinkat(folder, "checkpoint", AT_REMOVEDIR);
    close(folder);
    if (rmdir(path) == 0)
        remove_parent(path);
}

/* ---- what a killed predecessor left ---- */

static bool is_empty_or_missing(int folder, const char *name) {
    return is_empty(folder, name) || faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
}

/* Like is_unused, but its making or removing may have been interrupted. */
static bool is_left_over(const char *path) {
    static const char *const made[] = {"output", "checkpoint", "params.json", NULL};
    int folder = open(path, FOLDER_FLAGS);
    if (folder < 0)
        return false;
    bool left_over = holds_only(folder, made) &&
                     (is_own_file(folder, "params.json") ||
                      faccessat(folder, "params.json", F_OK, AT_SYMLINK_NOFOLLOW) != 0) &&
                     is_empty_or_missing(folder, "output") &&
                     is_empty_or_missing(folder, "checkpoint");
    close(folder);
    return left_over;
}

static bool is_slot(const char *name) {
    return name[0] != '\0' && name[strspn(name, "0123456789")] == '\0';
}

static bool join_path(char out[SCRATCH_PATH_MAX], const char *folder, const char *name) {
    int len = snprintf(out, SCRATCH_PATH_MAX, "%s/%s", folder, name);
    return len > 0 && len < SCRATCH_PATH_MAX;
}

static void sweep_job(const char *job, uint32_t *looks) {
    char slot[SCRATCH_PATH_MAX];
    DIR *folder = opendir(job);
    for (struct dirent *entry; folder != NULL && *looks > 0 && (entry = readdir(folder)) != NULL;) {
        if (!is_slot(entry->d_name) || !join_path(slot, job, entry->d_name))
            continue;
        --*looks;
        if (is_left_over(slot))
            remove_empty(slot);
    }
    if (folder != NULL)
        closedir(folder);
    rmdir(job); /* only if it is empty */
}

void scratch_sweep(const char *path) {
    char job[SCRATCH_PATH_MAX], folder_path[SCRATCH_PATH_MAX];
    uint32_t looks = LOOKS_MAX;
    if (!put_parent(path, job) || !put_parent(job, folder_path))
        return;
    DIR *folder = opendir(folder_path);
    for (struct dirent *entry; folder != NULL && looks > 0 && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.' || !join_path(job, folder_path, entry->d_name))
            continue;
        looks--;
        sweep_job(job, &looks);
    }
    if (folder != NULL)
        closedir(folder);
}

/* ---- spares ---- */

static void drop_spare(struct scratch *s, uint32_t i) {
    s->spares_count--;
    if (i != s->spares_count)
        memcpy(s->spares[i], s->spares[s->spares_count], SCRATCH_PATH_MAX);
}

/* The spare that has this very path, else the newest. */
static uint32_t choose_spare(const struct scratch *s, const char *path) {
    for (uint32_t i = 0; i < s->spares_count; i++) {
        if (strcmp(s->spares[i], path) == 0)
            return i;
    }
    return s->spares_count - 1;
}

/* True when `path` is a former spare now. A folder that is there already and holds something stays as it is. */
static bool take_spare(struct scratch *s, const char *path) {
    char parent[SCRATCH_PATH_MAX];
    if (s->spares_count == 0)
        return false;
    uint32_t i = choose_spare(s, path);
    bool taken = rename(s->spares[i], path) == 0;
    if (!taken && errno == ENOENT && put_parent(path, parent) && make_folder(parent) == 0)
        taken = rename(s->spares[i], path) == 0;
    if (!taken)
        return false;
    remove_parent(s->spares[i]); /* the folder of another job, perhaps */
    drop_spare(s, i);
    return true;
}

int scratch_make(struct scratch *s, const char *path, struct span params) {
    bool is_spare = take_spare(s, path);
    int error = is_spare ? 0 : make_folder(path);
    if (error == 0)
        error = fill_folder(path, is_spare, params);
    return error;
}

void scratch_leave(struct scratch *s, const char *path) {
    if (s->spares_count < LIMIT_SLOTS_NODE && is_unused(path))
        snprintf(s->spares[s->spares_count++], SCRATCH_PATH_MAX, "%s", path);
    else
        remove_empty(path);
}

void scratch_clear(struct scratch *s) {
    while (s->spares_count > 0)
        remove_empty(s->spares[--s->spares_count]);
}
