#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64 /* else a 32-bit system opens no file beyond 2 GiB */
#include "cmd/run/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    /* Whatever may have taken the file's place since it was looked at, this neither follows it nor waits for it. */
    SOURCE_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
    TARGET_FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
    RANGE_BYTES = 8 << 20, /* a signal is heard between two of them */
    BLOCK_BYTES = 65536,
    PERMISSIONS = 0777
};

/* One time through the folder. */
struct pass {
    bool stirred; /* something was gone, or was not there the time before */
    uint64_t left_out;
};

/* One entry, and where it goes to by the same name. */
struct place {
    int from, to;
    const char *name;
};

static bool is_dots(const char *name) {
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* It was there a moment ago; now it is not, or is something else. */
static bool is_gone(int error) {
    return error == ENOENT || error == ELOOP || error == ENOTDIR || error == ENXIO;
}

/* The entries of an open folder, from the first; the descriptor stays as it is. */
static DIR *list(int folder) {
    int fd = openat(folder, ".", FOLDER_FLAGS);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    int error = errno;
    if (fd >= 0 && dir == NULL)
        close(fd);
    errno = error;
    return dir;
}

/* NULL: the end (errno 0) or an error. */
static const struct dirent *next_entry(DIR *dir) {
    const struct dirent *entry;
    do {
        errno = 0;
        entry = readdir(dir);
    } while (entry != NULL && is_dots(entry->d_name));
    return entry;
}

/* ---- files ---- */

static int write_all(int to, const uint8_t *bytes, size_t len) {
    for (size_t at = 0; at < len;) {
        ssize_t put = write(to, bytes + at, len - at);
        if (put < 0 && errno != EINTR)
            return errno;
        at += put > 0 ? (size_t)put : 0;
    }
    return 0;
}

/* The way that every file system knows, for what is left. */
static int read_and_write(int from, int to, uint64_t left) {
    static uint8_t block[BLOCK_BYTES];
    while (left > 0) {
        ssize_t got = read(from, block, left < sizeof block ? (size_t)left : sizeof block);
        if (got == 0)
            return 0; /* it was shortened */
        if (got < 0 && errno != EINTR)
            return errno;
        int error = got < 0 ? 0 : write_all(to, block, (size_t)got);
        if (error != 0)
            return error;
        left -= got > 0 ? (uint64_t)got : 0;
    }
    return 0;
}

/* As many bytes as it had when it was opened: one that grows has an end, too. */
static int copy_bytes(int from, int to, uint64_t size) {
    if (ioctl(to, FICLONE, from) == 0)
        return 0;
    while (size > 0) {
        size_t range = size < RANGE_BYTES ? (size_t)size : RANGE_BYTES;
        ssize_t got = copy_file_range(from, NULL, to, NULL, range, 0);
        if (got <= 0)
            return read_and_write(from, to, size); /* what hinders that, too, is told by it */
        size -= (uint64_t)got;
    }
    return 0;
}

static int fill_target(const struct place *p, int from, const struct stat *stat,
                       struct pass *pass) {
    int to = openat(p->to, p->name, TARGET_FLAGS, S_IRUSR | S_IWUSR);
    if (to < 0)
        return errno == EEXIST ? 0 : errno; /* copied the time before */
    pass->stirred = true;
    int error = copy_bytes(from, to, (uint64_t)stat->st_size);
    if (error == 0 && fchmod(to, stat->st_mode & PERMISSIONS) != 0)
        error = errno;
    if (close(to) != 0 && error == 0)
        error = errno;
    return error;
}

static int copy_file(const struct place *p, struct pass *pass) {
    struct stat stat;
    int from = openat(p->from, p->name, SOURCE_FLAGS);
    if (from < 0 && !is_gone(errno))
        return errno;
    pass->stirred = pass->stirred || from < 0;
    if (from < 0)
        return 0;
    int error = fstat(from, &stat) != 0 ? errno : 0;
    if (error == 0 && S_ISREG(stat.st_mode))
        error = fill_target(p, from, &stat, pass);
    close(from);
    return error;
}

/* ---- links ---- */

static bool stays_within(const char *target) {
    if (target[0] == '/' || target[0] == '\0')
        return false;
    for (const char *part = target; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return false;
    }
    return true;
}

static int copy_link(const struct place *p, struct pass *pass) {
    char target[PATH_MAX];
    ssize_t len = readlinkat(p->from, p->name, target, sizeof target);
    if (len < 0 && (is_gone(errno) || errno == EINVAL)) {
        pass->stirred = true;
        return 0;
    }
    if (len < 0)
        return errno;
    if (len < (ssize_t)sizeof target)
        target[len] = '\0';
    if (len == (ssize_t)sizeof target || !stays_within(target)) {
        pass->left_out++;
        return 0;
    }
    if (symlinkat(target, p->to, p->name) != 0)
        return errno == EEXIST ? 0 : errno;
    pass->stirred = true;
    return 0;
}

/* ---- folders ---- */

static int copy_entries(int from, int to, int depth, struct pass *pass);

/* It can be written to by its owner, whatever it was: it is to be filled. */
static int fill_folder(const struct place *p, int from, int depth, struct pass *pass) {
    struct stat stat;
    if (fstat(from, &stat) != 0)
        return errno;
    if (mkdirat(p->to, p->name, S_IRWXU) != 0 && errno != EEXIST)
        return errno;
    int to = openat(p->to, p->name, FOLDER_FLAGS);
    if (to < 0)
        return is_gone(errno) ? 0 : errno; /* it was a file the time before */
    int error = fchmod(to, (stat.st_mode & PERMISSIONS) | S_IRWXU) != 0 ? errno : 0;
    if (error == 0)
        error = copy_entries(from, to, depth + 1, pass);
    close(to);
    return error;
}

static int copy_subfolder(const struct place *p, int depth, struct pass *pass) {
    if (depth == COPY_DEPTH_MAX)
        return ENAMETOOLONG;
    int from = openat(p->from, p->name, FOLDER_FLAGS);
    if (from < 0 && !is_gone(errno))
        return errno;
    pass->stirred = pass->stirred || from < 0;
    if (from < 0)
        return 0;
    int error = fill_folder(p, from, depth, pass);
    close(from);
    return error;
}

static int copy_entry(const struct place *p, int depth, struct pass *pass) {
    struct stat stat;
    if (fstatat(p->from, p->name, &stat, AT_SYMLINK_NOFOLLOW) != 0) {
        pass->stirred = true;
        return is_gone(errno) ? 0 : errno;
    }
    switch (stat.st_mode & S_IFMT) {
    case S_IFREG: return copy_file(p, pass);
    case S_IFDIR: return copy_subfolder(p, depth, pass);
    case S_IFLNK: return copy_link(p, pass);
    default: pass->left_out++; return 0;
    }
}

static int copy_entries(int from, int to, int depth, struct pass *pass) {
    const struct dirent *entry;
    int error = 0;
    DIR *dir = list(from);
    if (dir == NULL)
        return is_gone(errno) ? 0 : errno;
    while (error == 0 && (entry = next_entry(dir)) != NULL)
        error = copy_entry(&(struct place){from, to, entry->d_name}, depth, pass);
    if (error == 0 && !is_gone(errno)) /* of next_entry */
        error = errno;
    closedir(dir);
    return error;
}

int copy_folder(int from, int to, uint64_t *left_out) {
    int error = 0;
    bool stirred = true;
    for (int i = 0; i < COPY_PASSES && stirred && error == 0; i++) {
        struct pass pass = {.stirred = false};
        error = copy_entries(from, to, 0, &pass);
        stirred = pass.stirred;
        *left_out = pass.left_out;
    }
    return error;
}

/* ---- removing ---- */

static int remove_entry(int folder, const char *name, int depth);

static int remove_entries(int folder, int depth) {
    const struct dirent *entry;
    int error = 0;
    DIR *dir = list(folder);
    if (dir == NULL)
        return errno;
    while (error == 0 && (entry = next_entry(dir)) != NULL)
        error = remove_entry(folder, entry->d_name, depth);
    if (error == 0)
        error = errno; /* of next_entry */
    closedir(dir);
    return error;
}

static int remove_subfolder(int folder, const char *name, int depth) {
    if (depth > COPY_DEPTH_MAX)
        return ENAMETOOLONG;
    int fd = openat(folder, name, FOLDER_FLAGS);
    if (fd < 0)
        return errno;
    int error = remove_entries(fd, depth + 1);
    close(fd);
    if (error == 0 && unlinkat(folder, name, AT_REMOVEDIR) != 0)
        error = errno;
    return error;
}

static int remove_entry(int folder, const char *name, int depth) {
    if (unlinkat(folder, name, 0) == 0)
        return 0;
    return errno == EISDIR || errno == EPERM ? remove_subfolder(folder, name, depth) : errno;
}

int copy_remove(int parent, const char *name) {
    int error = remove_entry(parent, name, 0);
    return error == ENOENT ? 0 : error;
}
