#define _GNU_SOURCE /* nftw */

#include "cmd/cli/try_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "zyg-try-"

enum { REMOVE_DEPTH = 16 /* descriptors that nftw may hold at once */ };

static const char *parent_folder(void) {
    const char *parent = getenv("TMPDIR");
    return parent != NULL && parent[0] == '/' ? parent : "/tmp";
}

static bool join(char out[PATH_MAX], const char *folder, const char *name) {
    int len = snprintf(out, PATH_MAX, "%s/%s", folder, name);
    return len > 0 && len < PATH_MAX;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk) {
    (void)info;
    (void)kind;
    (void)walk;
    remove(path);
    return 0; /* the rest goes all the same */
}

/* The lock of a folder of ours whose process is gone; -1: it is somebody else's, or in use, or
 * left on purpose. */
static int deserted_lock(const char *folder) {
    char path[PATH_MAX];
    struct stat info;
    if (lstat(folder, &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != geteuid() ||
        !join(path, folder, "lock"))
        return -1;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void deserted_remove(const char *parent) {
    DIR *dir = opendir(parent);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char path[PATH_MAX];
        if (strncmp(entry->d_name, PREFIX, sizeof PREFIX - 1) != 0 ||
            !join(path, parent, entry->d_name))
            continue;
        int lock = deserted_lock(path);
        if (lock < 0)
            continue;
        nftw(path, remove_one, REMOVE_DEPTH, FTW_DEPTH | FTW_PHYS);
        close(lock);
    }
    if (dir != NULL)
        closedir(dir);
}

/* It gets its name when it is held, so that nobody finds it free. */
static int lock_make(const char *folder) {
    char temporary[PATH_MAX], path[PATH_MAX];
    if (!join(temporary, folder, "lock.new") || !join(path, folder, "lock"))
        return -1;
    int fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX) == 0 && rename(temporary, path) == 0)
        return fd;
    int error = errno;
    if (fd >= 0)
        close(fd);
    unlink(temporary);
    errno = error;
    return -1;
}

bool try_folder_make(struct try_folder *f, struct err *err) {
    const char *parent = parent_folder();
    f->lock = -1;
    deserted_remove(parent);
    if (snprintf(f->path, sizeof f->path, "%s/" PREFIX "XXXXXX", parent) >= (int)sizeof f->path)
        return err_set(err, ERR_SYSTEM, "TMPDIR is too long a path");
    if (mkdtemp(f->path) == NULL)
        return err_set(err, ERR_SYSTEM, "cannot make a folder in %.100s: %s", parent,
                       strerror(errno));
    f->lock = lock_make(f->path);
    if (f->lock >= 0)
        return true;
    int error = errno;
    rmdir(f->path);
    return err_set(err, ERR_SYSTEM, "cannot write in %.100s: %s", parent, strerror(error));
}

bool try_folder_leave(struct try_folder *f) {
    char path[PATH_MAX];
    if (join(path, f->path, "lock"))
        unlink(path);
    close(f->lock);
    f->lock = -1;
    return rmdir(f->path) != 0 && errno == ENOTEMPTY;
}
